//! The messages that dialects are compared on: routes of every kind with every attribute, sessions' other messages.
//!
//! Routes are written as text and encoded by us; what they mean is then the original's to say.

use api::event::MessageKind;
use bgp_wire::code::Asn;
use bgp_wire::msg::update::{announce, end_of_rib, withdraw};
use bgp_wire::text::Words;
use bgp_wire::{EncodeCtx, Family, Nlri};
use route_text::{Action, parse_line};

/// Clauses that any route can have, one attribute or few at a time.
const CLAUSES: &[&str] = &[
    "",
    "origin igp",
    "origin egp",
    "origin incomplete",
    "med 0",
    "med 4294967295",
    "local-preference 0",
    "local-preference 200",
    "as-path [ 65000 65001 ]",
    "as-path [ 4200000000 70000 1 ]",
    "as-path [ 65000 ] ( 1 2 )",
    "atomic-aggregate",
    "aggregator ( 65000:10.0.0.9 )",
    "aggregator ( 4200000000:10.0.0.9 ) atomic-aggregate",
    "community [ 65000:1 ]",
    "community [ 65000:2 65000:1 no-export no-advertise no-export-subconfed nopeer blackhole ]",
    "large-community [ 65000:1:2 ]",
    "large-community [ 4294967295:4294967295:0 1:2:3 ]",
    "extended-community [ target:65000:100 ]",
    "extended-community [ target:10.0.0.1:5 origin:65000:7 ]",
    "extended-community [ bandwidth:65000:1000 ]",
    "extended-community [ 0x0102030405060708 ]",
    "extended-community [ redirect:65000:12 ]",
    "extended-community [ l2info:19:0:1500:111 ]",
    "originator-id 10.0.0.7",
    "cluster-list [ 1.1.1.1 2.2.2.2 ]",
    "originator-id 10.0.0.7 cluster-list [ 1.1.1.1 ]",
    "attribute [ 0x63 0xE0 0xdeadbeef ]",
    "attribute [ 0x64 0xC0 0x00 ]",
    "origin egp med 10 local-preference 7 as-path [ 1 2 3 ] community [ 1:2 ] large-community [ 1:2:3 ] \
     extended-community [ target:1:2 ] aggregator ( 1:1.2.3.4 ) originator-id 9.9.9.9 cluster-list [ 8.8.8.8 ]",
];

/// Routes without attributes: family, what stands before the attributes.
const ROUTES: &[&str] = &[
    "announce ipv4 unicast 10.0.0.0/24 next-hop 10.0.0.1",
    "announce ipv4 unicast 0.0.0.0/0 next-hop 10.0.0.1",
    "announce ipv4 unicast 10.0.0.1/32 next-hop 192.0.2.255",
    "announce ipv6 unicast 2001:db8::/32 next-hop 2001:db8::1",
    "announce ipv6 unicast ::/0 next-hop 2001:db8:0:0:1::1",
    "announce ipv4 nlri-mpls 10.0.3.0/24 label 100 next-hop 10.0.0.1",
    "announce ipv4 nlri-mpls 10.0.3.0/24 label [ 100 200 ] next-hop 10.0.0.1",
    "announce ipv4 mpls-vpn 10.0.3.0/24 rd 65000:1 label 100 next-hop 10.0.0.1",
    "announce ipv4 mpls-vpn 10.0.3.0/24 rd 10.0.0.1:7 label 0 next-hop 10.0.0.1",
    "announce ipv4 mpls-vpn 10.0.3.0/24 rd 70000:1 label 1048575 next-hop 10.0.0.1",
    "announce ipv6 mpls-vpn 2001:db8::/48 rd 65000:1 label 100 next-hop 2001:db8::1",
    "announce vpls endpoint 5 base 10702 offset 1 size 8 rd 172.30.5.3:13 next-hop 10.0.0.1",
    "announce flow route { match { destination 10.0.0.0/24; } then { discard; } }",
    "announce flow route { match { source 10.0.0.1/32; protocol [ tcp udp ]; port =80; } then { rate-limit 9600; } }",
    "announce flow route { match { destination-port [ >1000&<2000 =3000 ]; tcp-flags [ syn ]; } then { discard; } }",
    "announce flow route { match { icmp-type echo-request; packet-length [ >200&<300 ]; } then { discard; } }",
    "announce flow route { match { dscp 10; fragment [ first-fragment is-fragment ]; } then { mark 20; } }",
    "announce flow route { match { destination 2001:db8::/32; next-header tcp; } then { redirect 65000:12; } }",
    "announce flow route { match { source-port 53; } then { action sample-terminal; } }",
    "announce l2vpn evpn mac-advertisement rd 10.0.0.1:1 ethernet-tag 100 mac 00:11:22:33:44:55 label [ 100 200 ] ip 10.0.0.99 next-hop 10.0.0.1",
    "announce l2vpn evpn mac-advertisement rd 10.0.0.1:1 mac 00:11:22:33:44:55 label 100 next-hop 10.0.0.1",
    "announce l2vpn evpn multicast rd 10.0.0.1:1 ip 10.0.0.9 next-hop 10.0.0.1",
    "announce l2vpn evpn ethernet-segment rd 10.0.0.1:1 esi 00:11:22:33:44:55:66:77:88:99 ip 10.0.0.9 next-hop 10.0.0.1",
    "announce l2vpn evpn ethernet-ad rd 10.0.0.1:1 ethernet-tag 5 label 100 next-hop 10.0.0.1",
    "announce l2vpn evpn ip-prefix rd 10.0.0.1:1 label 100 prefix 10.1.0.0/16 gateway 10.0.0.254 next-hop 10.0.0.1",
];

/// Attributes that only the second half of the routes is combined with.
const FEW: &[&str] = &[
    "med 5",
    "local-preference 200 community [ 65000:1 ] extended-community [ target:65000:100 ]",
    "as-path [ 65000 65001 ] large-community [ 1:2:3 ] originator-id 10.0.0.7",
];

fn ctx() -> EncodeCtx {
    EncodeCtx { local_as: Asn(65000), ..EncodeCtx::default() }
}

fn routes(line: &str) -> (route_text::Routes, Family) {
    let mut words = Words::new(line);
    assert!(words.accept("announce"));
    let routes = parse_line(&mut words, Action::Announce).unwrap_or_else(|e| panic!("{line}: {e}"));
    let family = routes.nlris[0].family();
    (routes, family)
}

/// The UPDATE that announces a line's route.
fn announced(line: &str) -> Vec<u8> {
    let (routes, family) = routes(line);
    let mut out = Vec::new();
    let nlris = routes.nlris.iter().map(Nlri::as_ref);
    announce(&ctx(), &routes.clause.attributes, family, nlris, &mut out)
        .unwrap_or_else(|e| panic!("{line}: {e}"));
    out
}

/// The UPDATE that withdraws it.
fn withdrawn(line: &str) -> Vec<u8> {
    let (routes, family) = routes(line);
    let mut out = Vec::new();
    withdraw(&ctx(), family, routes.nlris.iter().map(Nlri::as_ref), &mut out).unwrap();
    out
}

/// A message of another type.
fn message(kind: MessageKind, body: &[u8]) -> Vec<u8> {
    crate::common::message(kind.message_type().0, body)
}

/// Octets of an OPEN with these capabilities.
fn open(asn: u16, hold: u16, capabilities: &[&str]) -> Vec<u8> {
    let all: Vec<u8> = capabilities.iter().flat_map(|c| crate::common::octets(c)).collect();
    let mut body = vec![4];
    body.extend_from_slice(&asn.to_be_bytes());
    body.extend_from_slice(&hold.to_be_bytes());
    body.extend_from_slice(&[10, 0, 0, 3]);
    let length = u8::try_from(all.len()).unwrap();
    if length == 0 {
        body.push(0);
    } else {
        body.extend_from_slice(&[length + 2, 2, length]);
        body.extend_from_slice(&all);
    }
    message(MessageKind::Open, &body)
}

/// All of them.
pub(crate) fn messages() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (i, route) in ROUTES.iter().enumerate() {
        let clauses = if i < 4 || i % 4 == 1 { CLAUSES } else { FEW };
        let flow = route.contains(" flow ");
        all.push(announced(route));
        all.push(withdrawn(route));
        for clause in clauses.iter().filter(|_| !flow) {
            all.push(announced(&format!("{route} {clause}")));
        }
    }
    for family in [Family::IPV4_UNICAST, Family::IPV6_UNICAST, Family::IPV4_MPLS_VPN, Family::IPV4_FLOW] {
        let mut out = Vec::new();
        end_of_rib(family, &mut out);
        all.push(out);
    }
    for body in ["00010001", "00020001", "00010101", "00010201"] {
        all.push(message(MessageKind::Refresh, &crate::common::octets(body)));
    }
    for code in [(1, 1), (2, 0), (2, 2), (3, 1), (3, 11), (4, 0), (5, 1), (6, 1), (6, 3), (6, 4), (6, 9)] {
        all.push(message(MessageKind::Notification, &[code.0, code.1]));
    }
    for text in
        [&b"\x06\x02\x0bmaintenance"[..], b"\x06\x04\x05reset", b"\x06\x02\x00", b"\x06\x02\x06a\"b\\c\n"]
    {
        all.push(message(MessageKind::Notification, text));
    }
    for capabilities in [
        &[][..],
        &["010400010001"],
        &["010400010001", "010400020001", "41040000fde8"],
        &["0200", "4600", "41040000fde8"],
        &["40020078", "41040000fde8"],
        &["40060078 00010180", "41040000fde8"],
        &["4506 00010001 0001", "45040001 0103"],
        &["0600", "41040000fde8"],
        &["0506 0001 0001 0002", "41040000fde8"],
        &["4909 0472747231 036c6162", "41040000fde8"],
        &["4b06 05 312e322e33", "41040000fde8"],
        &["6303 010203", "41040000fde8"],
    ] {
        all.push(open(65000, 180, capabilities));
    }
    all
}
