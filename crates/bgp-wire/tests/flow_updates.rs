//! Flow specifications in whole UPDATEs: next hops of each length, and what resets the session.

use bgp_wire::msg::update::decode;
use bgp_wire::{DecodeCtx, Family, FamilySet};

const ATTRIBUTES: &str = "4001010040020e02030000fde80000fde900011170400504000000c8";

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn ctx() -> DecodeCtx {
    let families: FamilySet = Family::ALL.iter().copied().collect();
    DecodeCtx { asn4: true, families, ..DecodeCtx::default() }
}

fn body(attributes: &str) -> Vec<u8> {
    let mut body = vec![0, 0];
    body.extend_from_slice(&u16::try_from(attributes.len() / 2).unwrap().to_be_bytes());
    body.extend(octets(attributes));
    body
}

#[test]
fn announcements_with_and_without_next_hop() {
    for (reach, family, next_hop, text) in [
        (
            "800e0b00018500000501180a0000",
            Family::IPV4_FLOW,
            "no-nexthop",
            "flow destination-ipv4 10.0.0.0/24",
        ),
        (
            "800e0f000185040a000001000501180a0000",
            Family::IPV4_FLOW,
            "10.0.0.1",
            "flow destination-ipv4 10.0.0.0/24",
        ),
        (
            "800e190002860000130000fde80000000101400020010db800000001",
            Family::IPV6_FLOW_VPN,
            "no-nexthop",
            "flow destination-ipv6 2001:db8:0:1::/64/0 rd 65000:1",
        ),
    ] {
        let body = body(&format!("{ATTRIBUTES}{reach}"));
        let update = decode(&body, &ctx()).unwrap();
        let all: Vec<_> =
            update.announcements().map(|(f, nh, n)| (f, nh.to_string(), n.to_string())).collect();
        assert_eq!(all, [(family, next_hop.to_owned(), text.to_owned())], "{reach}");
    }
}

#[test]
fn withdrawals() {
    let body = body("800f090001850501180a0000");
    let update = decode(&body, &ctx()).unwrap();
    let all: Vec<_> = update.withdrawals().map(|(_, _, n)| n.to_string()).collect();
    assert_eq!(all, ["flow destination-ipv4 10.0.0.0/24"]);
}

#[test]
fn what_resets_the_session() {
    for (reach, subcode) in [
        // A next hop with a route distinguisher.
        ("800e1f0001860c00000000000000000a000001000d0000fde80000000101180a0000", 9),
        // An unknown component; components in the wrong order; a rule cut short.
        ("800e0e00018500000801180a00000e8102", 10),
        ("800e0e00018500000804815001180a0000", 10),
        ("800e0a00018500000401180a00", 10),
    ] {
        let error = decode(&body(&format!("{ATTRIBUTES}{reach}")), &ctx()).unwrap_err();
        let notification = error.notification();
        assert_eq!((notification.code, notification.subcode), (3, subcode), "{reach}");
    }
}

#[test]
fn ipv6_extended_communities_are_checked() {
    let reach = "800e0b00018500000501180a0000";
    let good = body(&format!("{ATTRIBUTES}c01914000c20010db80000000000000000000000010000{reach}"));
    assert_eq!(decode(&good, &ctx()).unwrap().announcements().count(), 1);
    let bad = body(&format!("{ATTRIBUTES}c0190700000000000000{reach}"));
    let update = decode(&bad, &ctx()).unwrap();
    // RFC 7606 section 7.15: treat-as-withdraw.
    assert_eq!((update.announcements().count(), update.withdrawals().count()), (0, 1));
}
