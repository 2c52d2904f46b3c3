//! The values that descriptors have: how each is checked, written as text, and read.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::tlv;
use crate::attr::number::{asn, decimal};
use crate::nlri::inet;
use crate::text::{TextError, Word, Words};

/// What the octets of a descriptor mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A 32-bit number.
    Number,
    /// An AS number.
    Asn,
    /// One octet.
    Octet,
    /// An IPv4 address.
    V4,
    /// An IPv6 address.
    V6,
    /// An IGP router identifier (RFC 9552 section 5.2.1.4).
    RouterId,
    /// Local and remote link identifier (RFC 5307 section 1.1).
    Pair,
    /// Multi-topology identifiers of 12 bits (RFC 9552 section 5.2.2.1).
    Topologies,
    /// Prefix length in bits (1), then as many octets as it takes (RFC 9552 section 5.2.3.2).
    Prefix,
}

/// Multi-topology identifiers, without the reserved bits.
pub(super) fn topologies(value: &[u8]) -> impl Iterator<Item = u16> {
    value.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair) & 0xFFF)
}

/// Local and remote link identifier.
pub(super) fn pair(value: &[u8]) -> Option<(u32, u32)> {
    let both = u64::from_be_bytes(value.try_into().ok()?);
    Some((u32::try_from(both >> 32).ok()?, u32::try_from(both & 0xFFFF_FFFF).ok()?))
}

/// A prefix; octets that are not sent are 0.
pub(super) fn prefix(value: &[u8], v4: bool) -> Option<(IpAddr, u8)> {
    let (length, octets) = value.split_first()?;
    let (bits, most) = if v4 { (32, 4) } else { (128, 16) };
    if *length > bits || octets.len() > most || octets.len() < usize::from(length.div_ceil(8)) {
        return None;
    }
    let mut whole = [0; 16];
    whole.get_mut(..octets.len())?.copy_from_slice(octets);
    let [a, b, c, d, ..] = whole;
    let address = if v4 { Ipv4Addr::new(a, b, c, d).into() } else { Ipv6Addr::from(whole).into() };
    Some((address, *length))
}

/// An address of 4 or 16 octets.
pub(crate) fn address(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => <[u8; 4]>::try_from(value).ok().map(|a| Ipv4Addr::from(a).into()),
        16 => <[u8; 16]>::try_from(value).ok().map(|a| Ipv6Addr::from(a).into()),
        _ => None,
    }
}

/// Octets of an address.
pub(crate) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// A router identifier as text: one address or two (OSPF, of a router and of the network it is the designated router
/// of), or digits (IS-IS).
pub(super) fn router_id(value: &[u8], between: &str) -> String {
    let mut text = String::new();
    match value.as_chunks::<4>() {
        ([router], []) => text = Ipv4Addr::from(*router).to_string(),
        ([router, designated], []) => {
            let _ = write!(text, "{}{between}{}", Ipv4Addr::from(*router), Ipv4Addr::from(*designated));
        }
        _ => value.iter().for_each(|byte| {
            let _ = write!(text, "{byte:02x}");
        }),
    }
    text
}

impl Kind {
    /// Whether the octets are a value of this kind. `v4` tells the address family of prefixes.
    pub(super) fn fits(self, value: &[u8], v4: bool) -> bool {
        match self {
            Self::Number | Self::Asn | Self::V4 => value.len() == 4,
            Self::Octet => value.len() == 1,
            Self::V6 => value.len() == 16,
            Self::RouterId => !value.is_empty(),
            Self::Pair => value.len() == 8,
            Self::Topologies => value.len().is_multiple_of(2),
            Self::Prefix => prefix(value, v4).is_some(),
        }
    }

    /// Appends the value as text; nothing sensible when it is none of this kind.
    pub(super) fn print(self, value: &[u8], v4: bool, out: &mut String) {
        match self {
            Self::Number | Self::Asn | Self::Octet => {
                let number = value.iter().take(4).fold(0_u32, |n, byte| n << 8 | u32::from(*byte));
                let _ = write!(out, "{number}");
            }
            Self::V4 | Self::V6 => {
                if let Some(address) = address(value) {
                    let _ = write!(out, "{address}");
                }
            }
            Self::RouterId => out.push_str(&router_id(value, "/")),
            Self::Pair => {
                let (local, remote) = pair(value).unwrap_or_default();
                let _ = write!(out, "{local}:{remote}");
            }
            Self::Topologies => {
                out.push('[');
                topologies(value).for_each(|id| {
                    let _ = write!(out, " {id}");
                });
                out.push_str(" ]");
            }
            Self::Prefix => {
                if let Some((address, length)) = prefix(value, v4) {
                    let _ = write!(out, "{address}/{length}");
                }
            }
        }
    }

    /// Reads a value. `v4` tells the address family that a prefix must have.
    pub(super) fn parse(self, words: &mut Words<'_>, v4: bool) -> Result<Vec<u8>, TextError> {
        if self == Self::Topologies {
            let mut out = Vec::new();
            words.list("a multi-topology identifier", false, |word| {
                let id = decimal::<u16>(word.text).filter(|id| *id < 0x1000);
                let id = id.ok_or_else(|| wrong(word, "invalid multi-topology identifier", "0 to 4095"))?;
                out.extend_from_slice(&id.to_be_bytes());
                Ok(())
            })?;
            return Ok(out);
        }
        let word = words.expect("a value")?;
        let text = word.text;
        let (value, hint): (Option<Vec<u8>>, _) = match self {
            Self::Number => (decimal(text).map(be32), "a 32-bit number"),
            Self::Asn => (asn(text).map(be32), "an AS number"),
            Self::Octet => (decimal(text).map(|n: u8| vec![n]), "0 to 255"),
            Self::V4 => (text.parse().ok().map(|a: Ipv4Addr| a.octets().to_vec()), "an IPv4 address"),
            Self::V6 => (text.parse().ok().map(|a: Ipv6Addr| a.octets().to_vec()), "an IPv6 address"),
            Self::RouterId => {
                (parse_router_id(text), "10.0.0.1, 10.0.0.1/10.0.0.2, or digits as in 000000000001")
            }
            Self::Pair => {
                let both = text.split_once(':').and_then(|(a, b)| Some((decimal(a)?, decimal(b)?)));
                (both.map(|(a, b)| [be32(a), be32(b)].concat()), "LOCAL:REMOTE, two 32-bit numbers")
            }
            Self::Prefix | Self::Topologies => {
                let (address, length) = inet::parse_prefix(word)?;
                let mut value = octets(address);
                value.truncate(usize::from(length.div_ceil(8)));
                value.insert(0, length);
                let hint = if v4 { "an IPv4 prefix" } else { "an IPv6 prefix" };
                ((address.is_ipv4() == v4).then_some(value), hint)
            }
        };
        value.ok_or_else(|| wrong(word, "invalid value", hint))
    }
}

fn wrong(word: Word<'_>, what: &'static str, hint: &'static str) -> TextError {
    TextError::new(word, what).hint(hint)
}

fn be32(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn parse_router_id(text: &str) -> Option<Vec<u8>> {
    let v4 = |text: &str| text.parse::<Ipv4Addr>().ok().map(|a| a.octets().to_vec());
    if let Some((router, designated)) = text.split_once('/') {
        return Some([v4(router)?, v4(designated)?].concat());
    }
    v4(text).or_else(|| {
        // IS-IS systems may be written in groups, as in 0000.0000.0001.
        let mut groups = text.split('.').rev();
        let last = groups.next().is_some_and(|g| matches!(g.len(), 2 | 4));
        let grouped = text.contains('.') && last && groups.all(|g| g.len() == 4);
        let digits = if grouped { text.replace('.', "") } else { text.to_owned() };
        let word = Word { text: &format!("0x{digits}"), at: 0, quoted: false };
        tlv::hex(word).ok().filter(|octets| !octets.is_empty())
    })
}
