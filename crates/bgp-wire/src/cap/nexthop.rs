//! Extended next hop encoding (RFC 8950 section 4): per entry AFI (2), SAFI (2), next-hop AFI (2).

use super::{CapabilityCodec, RawCapability, Slashed};
use crate::code::{Afi, CapCode};
use crate::emit::{Emit, Spacing};
use crate::family::Family;

/// The codec.
#[derive(Debug)]
pub struct NextHopEncoding;

/// The capability that accepts next hops of the given address families for the given families.
pub fn encode(entries: &[(Family, Afi)]) -> RawCapability {
    let mut value = Vec::new();
    for (family, next_hop) in entries {
        value.extend_from_slice(&family.afi.0.to_be_bytes());
        value.extend_from_slice(&[0, family.safi.0]);
        value.extend_from_slice(&next_hop.0.to_be_bytes());
    }
    RawCapability::new(CapCode::NEXTHOP, value)
}

/// The entries of a value. SAFIs above 255, which can't exist, are left out.
pub fn entries(value: &[u8]) -> impl Iterator<Item = (Family, Afi)> {
    value.as_chunks::<6>().0.iter().filter_map(|[afi_high, afi_low, high, safi, next_high, next_low]| {
        let family = Family::new(u16::from_be_bytes([*afi_high, *afi_low]), *safi);
        (*high == 0).then_some((family, Afi(u16::from_be_bytes([*next_high, *next_low]))))
    })
}

impl CapabilityCodec for NextHopEncoding {
    const CODE: CapCode = CapCode::NEXTHOP;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        if value.len().is_multiple_of(6) { Ok(()) } else { Err("the value is no multiple of 6 octets") }
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("nexthop");
        out.key("conversion");
        out.begin_list(Spacing::Wide);
        for (family, next_hop) in values.iter().copied().flat_map(entries) {
            out.display(&format_args!("{}/{next_hop}", Slashed(family)));
        }
        out.end_list();
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        let entries = values.iter().copied().flat_map(entries);
        let names: Vec<String> = entries.map(|(family, next_hop)| format!("{family} {next_hop}")).collect();
        out.push_str("nexthop(");
        out.push_str(&names.join(","));
        out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn entries_come_back() {
        let sent = [(Family::IPV4_UNICAST, Afi::IPV6), (Family::IPV4_MULTICAST, Afi::IPV6)];
        let capability = encode(&sent);
        assert_eq!(*capability.value, [0, 1, 0, 1, 0, 2, 0, 1, 0, 2, 0, 2]);
        assert_eq!(entries(&capability.value).collect::<Vec<_>>(), sent);
        let (json, text) = testing::shown(&[encode(&sent[..1])]);
        assert_eq!(json, r#"{ "5": { "name": "nexthop", "conversion": [ "ipv4/unicast/ipv6" ] } }"#);
        assert_eq!(text, "[nexthop(ipv4 unicast ipv6)]");
    }

    #[test]
    fn odd_values() {
        for length in [1, 5, 7, 255] {
            assert!(NextHopEncoding::check(&vec![0; length]).is_err());
        }
        assert_eq!(entries(&[0, 1, 1, 1, 0, 2]).count(), 0, "SAFI 257");
        assert_eq!(NextHopEncoding::check(&[]), Ok(()), "no entry is no error");
    }
}
