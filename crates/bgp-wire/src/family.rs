//! The table of address families: number, name and NLRI codec of each.

use std::fmt;
use std::str::FromStr;

use crate::code::{Afi, Safi};
use crate::emit::Emit;
use crate::error::DecodeError;
use crate::nlri::{self, NlriCodec};
use crate::text::{TextError, Words};

/// An address family: AFI and SAFI. Unknown pairs are carried too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family {
    /// Address family identifier.
    pub afi: Afi,
    /// Subsequent address family identifier.
    pub safi: Safi,
}

/// Declares the families this program speaks: `(AFI, SAFI) CONST => codec type`.
///
/// The table only chooses types; it generates the constants, the dense index, and the dispatch to the codec.
macro_rules! families {
    ($($(#[$meta:meta])* ($afi:ident, $safi:ident) $konst:ident => $codec:ty;)+) => {
        impl Family {
            $($(#[$meta])* pub const $konst: Self = Self { afi: Afi::$afi, safi: Safi::$safi };)+

            /// Every family with a codec, in the order of "family all".
            pub const ALL: &'static [Self] = &[$(Self::$konst),+];
        }

        /// A row of the table. Codecs are chosen by it, as a comparison of two numbers with each row costs more with
        /// every family that is added.
        #[derive(Clone, Copy)]
        #[repr(u8)]
        #[expect(non_camel_case_types, reason = "the names of the constants")]
        enum Row {
            $($konst),+
        }

        /// The rows in order.
        const ROWS: &[Row] = &[$(Row::$konst),+];

        #[inline(never)]
        fn split_by_table<'a>(family: Family, r: &mut crate::cursor::Reader<'a>) -> Result<&'a [u8], DecodeError> {
            match row(family) {
                $(Some(Row::$konst) => <$codec as NlriCodec>::split(family, r),)+
                None => nlri::opaque::Opaque::split(family, r),
            }
        }

        /// The part of the wire octets that identifies the route.
        pub(crate) fn identity(family: Family, wire: &[u8]) -> &[u8] {
            match row(family) {
                $(Some(Row::$konst) => <$codec as NlriCodec>::identity(wire),)+
                None => wire,
            }
        }

        /// What tells routes with equal identity octets apart.
        pub(crate) fn identity_length(family: Family, wire: &[u8]) -> u8 {
            match row(family) {
                $(Some(Row::$konst) => <$codec as NlriCodec>::identity_length(wire),)+
                None => 0,
            }
        }

        /// Emits one NLRI's own members.
        pub(crate) fn emit<E: Emit>(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
            match row(family) {
                $(Some(Row::$konst) => <$codec as NlriCodec>::emit(family, wire, path_id, out),)+
                None => nlri::opaque::Opaque::emit(family, wire, path_id, out),
            }
        }

        /// Prints one NLRI as text.
        pub(crate) fn print(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut String) {
            match row(family) {
                $(Some(Row::$konst) => <$codec as NlriCodec>::print(family, wire, path_id, out),)+
                None => nlri::opaque::Opaque::print(family, wire, path_id, out),
            }
        }

        /// Parses the text of one NLRI and appends its wire octets.
        pub(crate) fn parse(family: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
            match row(family) {
                $(Some(Row::$konst) => <$codec as NlriCodec>::parse(family, words, out),)+
                None => nlri::opaque::Opaque::parse(family, words, out),
            }
        }

        /// Next-hop lengths of MP_REACH_NLRI that are legal without extended next hop.
        pub(crate) fn next_hop_lengths(family: Family) -> &'static [usize] {
            match row(family) {
                $(Some(Row::$konst) => <$codec as NlriCodec>::next_hop_lengths(family),)+
                None => &[],
            }
        }
    };
}

/// Takes one NLRI (without path identifier) off `r`, checked, as its wire octets.
#[inline]
pub(crate) fn split<'a>(family: Family, r: &mut crate::cursor::Reader<'a>) -> Result<&'a [u8], DecodeError> {
    // Fast path: nearly every route is of these. What the other codecs need of registers is not its business.
    if matches!(family, Family::IPV4_UNICAST | Family::IPV6_UNICAST) {
        return nlri::inet::Inet::split(family, r);
    }
    split_by_table(family, r)
}

families! {
    /// IPv4 unicast (RFC 4271).
    (IPV4, UNICAST) IPV4_UNICAST => nlri::inet::Inet;
    /// IPv4 multicast (RFC 4760).
    (IPV4, MULTICAST) IPV4_MULTICAST => nlri::inet::Inet;
    /// IPv4 with labels (RFC 8277).
    (IPV4, NLRI_MPLS) IPV4_NLRI_MPLS => nlri::labelled::Labelled;
    /// Multicast VPN, IPv4 (RFC 6514).
    (IPV4, MCAST_VPN) IPV4_MCAST_VPN => nlri::mvpn::Mvpn;
    /// Mobile user plane, IPv4 (draft-ietf-bess-mup-safi).
    (IPV4, MUP) IPV4_MUP => nlri::mup::Mup;
    /// IPv4 VPN (RFC 4364).
    (IPV4, MPLS_VPN) IPV4_MPLS_VPN => nlri::labelled::Labelled;
    /// Route target membership (RFC 4684).
    (IPV4, RTC) IPV4_RTC => nlri::rtc::Rtc;
    /// IPv4 flow specification (RFC 8955).
    (IPV4, FLOW) IPV4_FLOW => nlri::flow::Flow;
    /// IPv4 flow specification for VPNs (RFC 8955).
    (IPV4, FLOW_VPN) IPV4_FLOW_VPN => nlri::flow::Flow;
    /// IPv6 unicast (RFC 2545).
    (IPV6, UNICAST) IPV6_UNICAST => nlri::inet::Inet;
    /// IPv6 multicast (RFC 2545).
    (IPV6, MULTICAST) IPV6_MULTICAST => nlri::inet::Inet;
    /// IPv6 with labels (RFC 8277).
    (IPV6, NLRI_MPLS) IPV6_NLRI_MPLS => nlri::labelled::Labelled;
    /// Multicast VPN, IPv6 (RFC 6514).
    (IPV6, MCAST_VPN) IPV6_MCAST_VPN => nlri::mvpn::Mvpn;
    /// Mobile user plane, IPv6 (draft-ietf-bess-mup-safi).
    (IPV6, MUP) IPV6_MUP => nlri::mup::Mup;
    /// IPv6 VPN (RFC 4659).
    (IPV6, MPLS_VPN) IPV6_MPLS_VPN => nlri::labelled::Labelled;
    /// IPv6 flow specification (RFC 8956).
    (IPV6, FLOW) IPV6_FLOW => nlri::flow::Flow;
    /// IPv6 flow specification for VPNs (RFC 8956).
    (IPV6, FLOW_VPN) IPV6_FLOW_VPN => nlri::flow::Flow;
    /// VPLS (RFC 4761).
    (L2VPN, VPLS) L2VPN_VPLS => nlri::vpls::Vpls;
    /// EVPN (RFC 7432).
    (L2VPN, EVPN) L2VPN_EVPN => nlri::evpn::Evpn;
    /// BGP-LS (RFC 9552).
    (BGP_LS, BGP_LS) BGP_LS => nlri::bgp_ls::BgpLs;
    /// BGP-LS with route distinguishers (RFC 9552).
    (BGP_LS, BGP_LS_VPN) BGP_LS_VPN => nlri::bgp_ls::BgpLs;
    /// Segment routing policies with IPv4 endpoints (RFC 9830).
    (IPV4, SR_POLICY) IPV4_SR_POLICY => nlri::sr_policy::SrPolicy;
    /// Segment routing policies with IPv6 endpoints (RFC 9830).
    (IPV6, SR_POLICY) IPV6_SR_POLICY => nlri::sr_policy::SrPolicy;
}

impl Family {
    /// A family from its two numbers.
    pub const fn new(afi: u16, safi: u8) -> Self {
        Self { afi: Afi(afi), safi: Safi(safi) }
    }

    /// Position in [`Family::ALL`], for families with a codec.
    #[expect(clippy::as_conversions, reason = "the row's number")]
    pub fn index(self) -> Option<u8> {
        row(self).map(|row| row as u8)
    }

    /// Whether next hops have a route distinguisher, of zero, in front of each address (RFC 4364 section 4.3.2,
    /// RFC 9552 section 5.5).
    pub(crate) fn has_vpn_next_hop(self) -> bool {
        matches!(self.safi, Safi::MPLS_VPN | Safi::BGP_LS_VPN)
    }

    /// Whether an announcement must have a next hop: a flow specification needs none (RFC 8955 section 4).
    pub fn needs_next_hop(self) -> bool {
        !next_hop_lengths(self).contains(&0)
    }

    /// Whether announcements without MP_REACH_NLRI are possible: the fields of RFC 4271 carry this family.
    pub fn is_ipv4_unicast(self) -> bool {
        self == Self::IPV4_UNICAST
    }
}

/// Rows by address family and SAFI.
#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "done by the compiler")]
static LOOKUP: [[Option<Row>; 256]; 4] = {
    let mut table = [[None; 256]; 4];
    let mut i = 0;
    while i < ROWS.len() {
        let family = Family::ALL[i];
        table[address_family(family.afi)][family.safi.0 as usize] = Some(ROWS[i]);
        i += 1;
    }
    table
};

/// The row of a family, if it has a codec.
fn row(family: Family) -> Option<Row> {
    LOOKUP.get(address_family(family.afi))?.get(usize::from(family.safi.0)).copied().flatten()
}

/// The place of an AFI in [`LOOKUP`]; past its end if no family with a codec has it.
const fn address_family(afi: Afi) -> usize {
    match afi {
        Afi::IPV4 => 0,
        Afi::IPV6 => 1,
        Afi::L2VPN => 2,
        Afi::BGP_LS => 3,
        _ => usize::MAX,
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.afi, self.safi)
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that names no family.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no address family")]
pub struct UnknownFamily(pub String);

impl FromStr for Family {
    type Err = UnknownFamily;

    /// Reads `"ipv4 unicast"` or `"ipv4/unicast"`; the SAFI in any case.
    fn from_str(text: &str) -> Result<Self, UnknownFamily> {
        let unknown = || UnknownFamily(text.to_owned());
        let (afi, safi) = text.trim().split_once([' ', '/']).ok_or_else(unknown)?;
        let safi = safi.trim().to_ascii_lowercase();
        let named = Self::ALL.iter().find(|f| f.afi.name() == Some(afi) && f.safi.name() == Some(&*safi));
        named.copied().ok_or_else(unknown)
    }
}

/// A set of families with a codec, as a bit set. Unknown families can't be members.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FamilySet(u64);

impl FamilySet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// Adds a family; one without codec is ignored.
    pub fn insert(&mut self, family: Family) {
        self.0 |= Self::bit(family);
    }

    /// Removes a family.
    pub fn remove(&mut self, family: Family) {
        self.0 &= !Self::bit(family);
    }

    /// Whether the family is a member.
    pub fn contains(self, family: Family) -> bool {
        self.0 & Self::bit(family) != 0
    }

    /// Whether there is no member.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of [`Family::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Family> {
        Family::ALL.iter().copied().filter(move |f| self.contains(*f))
    }

    /// Members of both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn bit(family: Family) -> u64 {
        // Fast path: the family of nearly every route is the first of the table.
        if family == Family::IPV4_UNICAST {
            return 1;
        }
        family.index().and_then(|i| 1u64.checked_shl(u32::from(i))).unwrap_or(0)
    }
}

impl FromIterator<Family> for FamilySet {
    fn from_iter<I: IntoIterator<Item = Family>>(families: I) -> Self {
        let mut set = Self::EMPTY;
        families.into_iter().for_each(|f| set.insert(f));
        set
    }
}

impl fmt::Debug for FamilySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_print_and_parse() {
        for family in Family::ALL {
            assert_eq!(family.to_string().parse(), Ok(*family));
            assert_eq!(family.to_string().replace(' ', "/").parse(), Ok(*family));
        }
        assert_eq!("ipv4 Unicast".parse(), Ok(Family::IPV4_UNICAST));
        assert!("ipv4 bogus".parse::<Family>().is_err());
        assert_eq!(Family::new(25, 99).to_string(), "l2vpn unknown safi 99");
    }

    #[test]
    fn the_first_row_is_ipv4_unicast() {
        assert_eq!(Family::IPV4_UNICAST.index(), Some(0), "FamilySet::bit relies on it");
        assert!(Family::ALL.len() <= 64, "FamilySet is 64 bits wide");
    }

    #[test]
    fn the_index_is_the_position() {
        for (i, family) in Family::ALL.iter().enumerate() {
            assert_eq!(family.index().map(usize::from), Some(i), "{family}");
        }
        for (afi, safi) in [(1, 99), (9, 1), (0, 0), (16388, 1), (25, 1)] {
            assert_eq!(Family::new(afi, safi).index(), None, "{afi} {safi}");
        }
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let set: FamilySet =
            [Family::IPV6_UNICAST, Family::IPV4_UNICAST, Family::new(9, 9)].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Family::IPV4_UNICAST, Family::IPV6_UNICAST]);
        assert!(!set.contains(Family::IPV4_MULTICAST));
    }
}
