//! What decoding and encoding depend on: small `Copy` values, derived once from the two OPENs of a session.

use crate::Family;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::cap::role::Role;
use crate::code::{Asn, Safi};
use crate::family::FamilySet;

/// Whether the peer is in our own autonomous system.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PeerKind {
    /// The same AS on both sides (iBGP).
    Internal,
    /// Different ASes (eBGP).
    External,
}

/// What decoding a received message depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecodeCtx {
    /// AS numbers in AS_PATH and AGGREGATOR have four octets (RFC 6793).
    pub asn4: bool,
    /// Families whose NLRI carry a path identifier (RFC 7911).
    pub add_path: FamilySet,
    /// Families whose next hop may be of the other address family (RFC 8950).
    pub extended_next_hop: FamilySet,
    /// Families that were negotiated; MP attributes of others are an error.
    pub families: FamilySet,
    /// iBGP or eBGP.
    pub peer: PeerKind,
    /// Our role towards an external peer (RFC 9234), where one is configured.
    pub role: Option<Role>,
    /// The peer's AS number, which a peer's ONLY_TO_CUSTOMER must have (RFC 9234 section 5).
    pub peer_as: Asn,
    /// AIGP is accepted from this peer (a local setting, RFC 7311 section 3.4).
    pub aigp: bool,
}

/// What encoding a message depends on. Peers with equal contexts form an encode class and share packed UPDATEs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct EncodeCtx {
    /// AS numbers in AS_PATH and AGGREGATOR have four octets (RFC 6793).
    pub asn4: bool,
    /// Families whose NLRI carry a path identifier (RFC 7911).
    pub add_path: FamilySet,
    /// Families that may have a next hop of the other address family (RFC 8950).
    pub extended_next_hop: FamilySet,
    /// Families that were negotiated; routes of others are not sent.
    pub families: FamilySet,
    /// iBGP or eBGP.
    pub peer: PeerKind,
    /// Our role towards an external peer (RFC 9234), where one is configured.
    pub role: Option<Role>,
    /// Our own AS number on this session; the AS_PATH that an eBGP route without one gets.
    pub local_as: Asn,
    /// Largest message in octets: 4,096, or 65,535 with extended messages (RFC 8654).
    pub max_message: u16,
    /// AIGP may be sent to this peer (a local setting, RFC 7311 section 3.4).
    pub aigp: bool,
    /// Put NLRI with the same attributes into one UPDATE.
    pub group_updates: bool,
    /// Whose sequence of messages is reproduced.
    pub sequence: Sequence,
    /// What "next-hop self" means for routes with an IPv4 next hop.
    pub self_v4: Option<Ipv4Addr>,
    /// What "next-hop self" means for routes with an IPv6 next hop.
    pub self_v6: Option<Ipv6Addr>,
    /// Our link-local address, to stand beside `self_v6` (RFC 2545 section 3).
    pub self_link_local: Option<Ipv6Addr>,
}

impl Default for DecodeCtx {
    /// Two four-octet-AS speakers in one AS, all families, no ADD-PATH.
    fn default() -> Self {
        Self {
            asn4: true,
            add_path: FamilySet::EMPTY,
            extended_next_hop: FamilySet::EMPTY,
            families: Family::ALL.iter().copied().collect(),
            peer: PeerKind::Internal,
            role: None,
            peer_as: Asn(65533),
            aigp: false,
        }
    }
}

impl Default for EncodeCtx {
    /// Two four-octet-AS speakers in AS 65533, all families, no ADD-PATH, 4,096 octets.
    fn default() -> Self {
        Self {
            asn4: true,
            add_path: FamilySet::EMPTY,
            extended_next_hop: FamilySet::EMPTY,
            families: Family::ALL.iter().copied().collect(),
            peer: PeerKind::Internal,
            role: None,
            local_as: Asn(65533),
            max_message: 4096,
            aigp: false,
            group_updates: true,
            sequence: Sequence::Native,
            self_v4: None,
            self_v6: None,
            self_link_local: None,
        }
    }
}

/// Whose sequence of messages is reproduced, octet for octet, where there is a choice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Sequence {
    /// Ours: as few messages as the routes fit in.
    #[default]
    Native,
    /// That of ExaBGP 5.0.
    ExaBgp5,
    /// That of ExaBGP 6.
    ExaBgp6,
}

impl EncodeCtx {
    /// Whether NLRI of a family share a message. ExaBGP groups two families only.
    pub const fn groups(&self, family: Family) -> bool {
        let grouped = matches!(self.sequence, Sequence::Native)
            || matches!((family.afi.0, family.safi.0), (1, 1) | (1 | 2, 5));
        self.group_updates && grouped
    }

    /// Whether communities of four-octet ASes are written as if the number were an IPv4 address.
    pub(crate) fn mistypes_four_octet_as(&self) -> bool {
        self.sequence != Sequence::Native
    }

    /// The link-local address that stands beside next hops which were given. Theirs is not known, so only ExaBGP 6 does
    /// that: it takes our own, whosever the next hop is.
    pub(crate) fn beside_given(&self) -> Option<Ipv6Addr> {
        self.self_link_local.filter(|_| self.sequence == Sequence::ExaBgp6)
    }

    /// Whether withdrawals of a family have attributes beside them.
    pub(crate) fn explains_withdrawals(&self, family: Family) -> bool {
        self.sequence == Sequence::ExaBgp5 && !matches!(family.safi, Safi::UNICAST | Safi::MULTICAST)
    }

    /// Whether the NLRI of a message are in order, as ExaBGP has them.
    pub fn sorts(&self) -> bool {
        self.sequence != Sequence::Native
    }
}
