//! Extended communities that are actions of flow specifications (RFC 8955 section 7).

use std::net::Ipv4Addr;

/// Which interfaces of a group a rule is for (draft-ietf-idr-flowspec-interfaceset).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Packets that come in.
    Input = 1,
    /// Packets that go out.
    Output = 2,
    /// Both.
    Both = 3,
}

/// Traffic rate in octets per second; 0 discards (RFC 8955 section 7.1).
pub fn rate_limit(octets: f32) -> [u8; 8] {
    rate(0x06, octets)
}

/// Traffic rate in packets per second (RFC 8955 section 7.2).
pub fn rate_limit_packets(packets: f32) -> [u8; 8] {
    rate(0x0C, packets)
}

/// The two octets of an AS number stay 0: they mean nothing to the receiver.
fn rate(subtype: u8, rate: f32) -> [u8; 8] {
    let [a, b, c, d] = rate.to_be_bytes();
    [0x80, subtype, 0, 0, a, b, c, d]
}

/// Traffic action: `terminal` stops the evaluation of further rules, as RFC 8955 section 7.3 has it; `sample` logs.
pub fn action(sample: bool, terminal: bool) -> [u8; 8] {
    [0x80, 0x07, 0, 0, 0, 0, 0, u8::from(sample) << 1 | u8::from(terminal)]
}

/// Redirection to the VPN that imports a route target (RFC 8955 section 7.4); `None` when a four-octet AS number
/// comes with a number over 65,535.
pub fn redirect(asn: u32, number: u32) -> Option<[u8; 8]> {
    // Two octets and four, or four and two: either way the six low octets.
    let (kind, value) = match (u16::try_from(asn), u16::try_from(number)) {
        (Ok(_), _) => (0x80_u64, u64::from(asn) << 32 | u64::from(number)),
        (Err(_), Ok(_)) => (0x82, u64::from(asn) << 16 | u64::from(number)),
        (Err(_), Err(_)) => return None,
    };
    Some((kind << 56 | 0x08 << 48 | value).to_be_bytes())
}

/// Marking with a DSCP, 6 bits (RFC 8955 section 7.5).
pub fn mark(dscp: u8) -> [u8; 8] {
    [0x80, 0x09, 0, 0, 0, 0, 0, dscp & 0x3F]
}

/// Redirection, or a copy, to the next hop of the route (draft-simpson-idr-flowspec-redirect-02).
pub fn next_hop(copy: bool) -> [u8; 8] {
    [0x08, 0x00, 0, 0, 0, 0, 0, u8::from(copy)]
}

/// Redirection to an address (draft-ietf-idr-flowspec-redirect-ip); for IPv6 see
/// [`crate::attr::ipv6_extended_community::redirect_to_next_hop`].
pub fn redirect_to_next_hop(address: Ipv4Addr) -> [u8; 8] {
    let [a, b, c, d] = address.octets();
    [0x01, 0x0C, a, b, c, d, 0, 0]
}

/// The interfaces that a rule is for: a group of 14 bits that an AS numbers (draft-ietf-idr-flowspec-interfaceset).
pub fn interface_set(transitive: bool, direction: Direction, asn: u32, group: u16) -> [u8; 8] {
    let [a, b, c, d] = asn.to_be_bytes();
    let [high, low] = ((direction as u16) << 14 | group & 0x3FFF).to_be_bytes();
    [if transitive { 0x07 } else { 0x47 }, 0x02, a, b, c, d, high, low]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::extended_community::Shown;

    #[test]
    fn actions_are_encoded_and_shown() {
        for (value, wire, text) in [
            (rate_limit(0.0), 0x8006_0000_0000_0000_u64, "rate-limit:0"),
            (rate_limit(9600.0), 0x8006_0000_4616_0000, "rate-limit:9600"),
            (rate_limit_packets(1000.0), 0x800C_0000_447A_0000, "rate-limit:1000:packets"),
            (action(true, true), 0x8007_0000_0000_0003, "action sample-terminal"),
            (action(false, true), 0x8007_0000_0000_0001, "action terminal"),
            (redirect(65000, 12345).unwrap(), 0x8008_FDE8_0000_3039, "redirect:65000:12345"),
            (redirect(70000, 1).unwrap(), 0x8208_0001_1170_0001, "0x8208000111700001"),
            (mark(10), 0x8009_0000_0000_000A, "mark 10"),
            (next_hop(false), 0x0800_0000_0000_0000, "redirect-to-nexthop"),
            (next_hop(true), 0x0800_0000_0000_0001, "copy-to-nexthop"),
            (
                redirect_to_next_hop(Ipv4Addr::new(1, 2, 3, 4)),
                0x010C_0102_0304_0000,
                "redirect-to-nexthop-ietf 1.2.3.4",
            ),
            (
                interface_set(true, Direction::Input, 1234, 1234),
                0x0702_0000_04D2_44D2,
                "interface-set:input:1234:1234",
            ),
            (
                interface_set(false, Direction::Output, 5, 6),
                0x4702_0000_0005_8006,
                "interface-set:output:5:6",
            ),
        ] {
            assert_eq!(u64::from_be_bytes(value), wire, "{text}");
            assert_eq!(Shown(value).to_string(), text);
        }
        assert_eq!(redirect(70000, 65536), None);
    }
}
