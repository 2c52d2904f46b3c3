//! Multiple paths (RFC 7911 section 4): per family AFI (2), SAFI (1), Send/Receive (1).

use super::{CapabilityCodec, RawCapability, Slashed};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};
use crate::family::Family;

/// The codec.
#[derive(Debug)]
pub struct AddPath;

/// What a speaker is able to do with several paths to a prefix.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// Receive them.
    Receive,
    /// Send them.
    Send,
    /// Both.
    Both,
}

impl Direction {
    /// The Send/Receive octet.
    pub const fn octet(self) -> u8 {
        match self {
            Self::Receive => 1,
            Self::Send => 2,
            Self::Both => 3,
        }
    }

    /// The direction of a Send/Receive octet, if it has a meaning.
    pub const fn from_octet(octet: u8) -> Option<Self> {
        match octet {
            1 => Some(Self::Receive),
            2 => Some(Self::Send),
            3 => Some(Self::Both),
            _ => None,
        }
    }

    /// Whether the speaker sends several paths.
    pub const fn sends(self) -> bool {
        matches!(self, Self::Send | Self::Both)
    }

    /// Whether the speaker receives several paths.
    pub const fn receives(self) -> bool {
        matches!(self, Self::Receive | Self::Both)
    }

    /// As configuration and events spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Send => "send",
            Self::Both => "send/receive",
        }
    }
}

/// The capability for the given families; RFC 7911 wants all of them in one instance.
pub fn encode(entries: &[(Family, Direction)]) -> RawCapability {
    let mut value = Vec::new();
    for (family, direction) in entries {
        value.extend_from_slice(&family.afi.0.to_be_bytes());
        value.extend_from_slice(&[family.safi.0, direction.octet()]);
    }
    RawCapability::new(CapCode::ADD_PATH, value)
}

/// The families of a value with their Send/Receive octets as received.
fn octets(value: &[u8]) -> impl Iterator<Item = (Family, u8)> {
    let quads = value.as_chunks::<4>().0.iter();
    quads.map(|[high, low, safi, octet]| (Family::new(u16::from_be_bytes([*high, *low]), *safi), *octet))
}

/// The families of a value with their directions. One tuple that makes no sense leaves none: "the capability SHOULD
/// be treated as not understood and ignored" (RFC 7911 section 4).
pub fn entries(value: &[u8]) -> Vec<(Family, Direction)> {
    let understood = octets(value).map(|(family, octet)| Direction::from_octet(octet).map(|d| (family, d)));
    understood.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// What is shown of several values: each family once, the last tuple counts.
fn shown(values: &[&[u8]]) -> Vec<(Family, String)> {
    let mut shown: Vec<(Family, String)> = Vec::new();
    for (family, octet) in values.iter().copied().flat_map(octets) {
        let name = Direction::from_octet(octet)
            .map_or_else(|| format!("invalid ({octet})"), |d| d.name().to_owned());
        match shown.iter_mut().find(|(known, _)| *known == family) {
            Some((_, last)) => *last = name,
            None => shown.push((family, name)),
        }
    }
    shown
}

impl CapabilityCodec for AddPath {
    const CODE: CapCode = CapCode::ADD_PATH;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        if value.len().is_multiple_of(4) { Ok(()) } else { Err("the value is no multiple of 4 octets") }
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("addpath");
        for (family, direction) in shown(values) {
            out.key(&Slashed(family).to_string());
            out.text(&direction);
        }
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        let names: Vec<String> = shown(values).iter().map(|(family, d)| format!("{d} {family}")).collect();
        out.push_str("addpath(");
        out.push_str(&names.join(","));
        out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn directions_come_back() {
        let sent = [(Family::IPV4_UNICAST, Direction::Both), (Family::IPV6_UNICAST, Direction::Send)];
        let capability = encode(&sent);
        assert_eq!(*capability.value, [0, 1, 1, 3, 0, 2, 1, 2]);
        assert_eq!(entries(&capability.value), sent);
        let (json, text) = testing::shown(&[capability]);
        assert_eq!(
            json,
            r#"{ "69": { "name": "addpath", "ipv4/unicast": "send/receive", "ipv6/unicast": "send" } }"#
        );
        assert_eq!(text, "[addpath(send/receive ipv4 unicast,send ipv6 unicast)]");
    }

    #[test]
    fn senseless_directions_are_shown_but_not_understood() {
        let capability = RawCapability::new(CapCode::ADD_PATH, [0, 1, 1, 7, 0, 2, 1, 3]);
        assert_eq!(entries(&capability.value), []);
        let (json, _) = testing::shown(&[capability]);
        assert_eq!(
            json,
            r#"{ "69": { "name": "addpath", "ipv4/unicast": "invalid (7)", "ipv6/unicast": "send/receive" } }"#
        );
        for length in [1, 3, 5, 255] {
            assert!(AddPath::check(&vec![1; length]).is_err());
        }
    }

    #[test]
    fn a_repeated_family_is_one_key() {
        let (json, _) = testing::shown(&[RawCapability::new(CapCode::ADD_PATH, [0, 1, 1, 1, 0, 1, 1, 2])]);
        assert_eq!(json, r#"{ "69": { "name": "addpath", "ipv4/unicast": "send" } }"#);
    }
}
