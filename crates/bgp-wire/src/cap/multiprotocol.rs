//! Multiprotocol extensions (RFC 4760 section 8): AFI (2), reserved (1), SAFI (1); one instance per family.

use super::{CapabilityCodec, RawCapability, Slashed};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};
use crate::family::Family;

/// The codec.
#[derive(Debug)]
pub struct Multiprotocol;

/// The capability that offers one family.
pub fn encode(family: Family) -> RawCapability {
    let [high, low] = family.afi.0.to_be_bytes();
    RawCapability::new(CapCode::MULTIPROTOCOL, [high, low, 0, family.safi.0])
}

/// The family of one value, unless it is malformed.
pub fn family(value: &[u8]) -> Option<Family> {
    // The receiver ignores the reserved octet (RFC 4760 section 8).
    match *value {
        [high, low, _, safi] => Some(Family::new(u16::from_be_bytes([high, low]), safi)),
        _ => None,
    }
}

/// The families of several values, each once, in their order.
pub fn families<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Vec<Family> {
    let mut families = Vec::new();
    for family in values.into_iter().filter_map(family) {
        if !families.contains(&family) {
            families.push(family);
        }
    }
    families
}

impl CapabilityCodec for Multiprotocol {
    const CODE: CapCode = CapCode::MULTIPROTOCOL;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        family(value).map(|_| ()).ok_or("the value has not 4 octets")
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("multiprotocol");
        out.key("families");
        out.begin_list(Spacing::Wide);
        for family in families(values.iter().copied()) {
            out.display(&Slashed(family));
        }
        out.end_list();
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        let names: Vec<String> = families(values.iter().copied()).iter().map(ToString::to_string).collect();
        out.push_str("multiprotocol(");
        out.push_str(&names.join(","));
        out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn one_instance_per_family_becomes_one_object() {
        let sent = [encode(Family::IPV4_UNICAST), encode(Family::IPV6_UNICAST), encode(Family::IPV4_UNICAST)];
        assert_eq!(*sent[1].value, [0, 2, 0, 1]);
        let (json, text) = testing::shown(&sent);
        assert_eq!(
            json,
            r#"{ "1": { "name": "multiprotocol", "families": [ "ipv4/unicast", "ipv6/unicast" ] } }"#
        );
        assert_eq!(text, "[multiprotocol(ipv4 unicast,ipv6 unicast)]");
    }

    #[test]
    fn wrong_lengths_are_malformed() {
        for length in [0, 1, 3, 5, 255] {
            assert!(Multiprotocol::check(&vec![1; length]).is_err());
        }
        assert_eq!(family(&[0, 1, 0xFF, 1]), Some(Family::IPV4_UNICAST), "the reserved octet is ignored");
    }
}
