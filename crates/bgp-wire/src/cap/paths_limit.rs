//! Paths limit (draft-abraitis-idr-addpath-paths-limit): per family AFI (2), SAFI (1), limit (2).

use std::fmt::Write as _;

use super::{CapabilityCodec, RawCapability, Slashed};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};
use crate::family::Family;

/// The codec.
#[derive(Debug)]
pub struct PathsLimit;

/// The capability: how many paths per prefix the speaker wants to receive in each family.
pub fn encode(limits: &[(Family, u16)]) -> RawCapability {
    let mut value = Vec::new();
    for (family, limit) in limits {
        value.extend_from_slice(&family.afi.0.to_be_bytes());
        value.push(family.safi.0);
        value.extend_from_slice(&limit.to_be_bytes());
    }
    RawCapability::new(CapCode::PATHS_LIMIT, value)
}

/// The limits of several values. A limit of 0 says nothing; of several for one family the first counts.
pub fn limits<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Vec<(Family, u16)> {
    let mut limits: Vec<(Family, u16)> = Vec::new();
    for [a, b, safi, high, low] in values.into_iter().flat_map(|value| value.as_chunks::<5>().0) {
        let family = Family::new(u16::from_be_bytes([*a, *b]), *safi);
        let limit = u16::from_be_bytes([*high, *low]);
        if limit != 0 && !limits.iter().any(|(known, _)| *known == family) {
            limits.push((family, limit));
        }
    }
    limits
}

impl CapabilityCodec for PathsLimit {
    const CODE: CapCode = CapCode::PATHS_LIMIT;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        if value.len().is_multiple_of(5) { Ok(()) } else { Err("the value has not 5 octets for each family") }
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("paths-limit");
        for (family, limit) in limits(values.iter().copied()) {
            out.key(&Slashed(family).to_string());
            out.number(limit.into());
        }
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        let limits = limits(values.iter().copied());
        out.push_str("paths-limit(");
        for (n, (family, limit)) in limits.iter().enumerate() {
            // Writing to a String never fails.
            let _ = write!(out, "{}{family} {limit}", if n > 0 { "," } else { "" });
        }
        out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn limits_come_back_once_and_without_zeros() {
        let (v4, v6) = (Family::IPV4_UNICAST, Family::IPV6_UNICAST);
        let capability = encode(&[(v6, 0), (v4, 10), (v4, 11), (v6, 300)]);
        assert_eq!(capability.value.get(5..10), Some(&[0, 1, 1, 0, 10][..]));
        assert_eq!(limits([&*capability.value]), [(v4, 10), (v6, 300)]);
        let (json, text) = testing::shown(&[capability]);
        assert_eq!(json, r#"{ "76": { "name": "paths-limit", "ipv4/unicast": 10, "ipv6/unicast": 300 } }"#);
        assert_eq!(text, "[paths-limit(ipv4 unicast 10,ipv6 unicast 300)]");
    }

    #[test]
    fn wrong_lengths_are_malformed() {
        for length in [1, 4, 6, 254] {
            assert!(PathsLimit::check(&vec![0; length]).is_err());
        }
    }
}
