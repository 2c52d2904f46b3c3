//! UPDATEs as they are sent: route text to octets, for IPv4 and IPv6 unicast and multicast.
//!
//! The tables hold facts about the wire, as octets in hexadecimal.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use bgp_wire::attr::{self, AttributeBuilder};
use bgp_wire::cap::role::Role;
use bgp_wire::code::Asn;
use bgp_wire::msg::update::{announce, end_of_rib, withdraw};
use bgp_wire::text::Words;
use bgp_wire::{EncodeCtx, EncodeError, Family, NextHop, Nlri, PeerKind, RouteAttributes};

fn attributes(text: &str) -> RouteAttributes {
    let (mut words, mut builder) = (Words::new(text), AttributeBuilder::new());
    while let Some(word) = words.next_word() {
        if word.is("next-hop") {
            let value = words.expect("a next hop").unwrap();
            let next_hop = if value.is("self") {
                NextHop::SelfAddress
            } else {
                NextHop::Address(value.text.parse().unwrap())
            };
            builder.next_hop(next_hop);
        } else {
            assert_eq!(attr::parse(word.text, &mut words, &mut builder), Ok(true), "{}", word.text);
        }
    }
    builder.finish()
}

fn nlri(family: Family, text: &str) -> Nlri {
    Nlri::parse(family, &mut Words::new(text)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Splits what was written into bodies, checking the headers.
fn bodies(mut out: &[u8]) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while !out.is_empty() {
        let length = usize::from(u16::from_be_bytes([out[16], out[17]]));
        assert_eq!((&out[..16], out[18]), (&[0xFF; 16][..], 2));
        bodies.push(&out[19..length]);
        out = &out[length..];
    }
    bodies
}

fn ibgp() -> EncodeCtx {
    EncodeCtx {
        local_as: Asn(65000),
        aigp: true,
        self_v4: Some(Ipv4Addr::new(127, 0, 0, 2)),
        ..EncodeCtx::default()
    }
}

fn ebgp() -> EncodeCtx {
    EncodeCtx { peer: PeerKind::External, ..ibgp() }
}

fn announced(ctx: &EncodeCtx, family: Family, route: &str, text: &str) -> String {
    let mut out = Vec::new();
    let count = announce(ctx, &attributes(text), family, [nlri(family, route).as_ref()], &mut out).unwrap();
    assert_eq!(count, 1);
    let bodies = bodies(&out);
    assert_eq!(bodies.len(), 1);
    hex(bodies[0])
}

/// The body of an UPDATE without withdrawn routes.
fn body(attributes: &str, nlri: &str) -> String {
    format!("0000{:04x}{attributes}{nlri}", attributes.len() / 2)
}

const V4: Family = Family::IPV4_UNICAST;
const V6: Family = Family::IPV6_UNICAST;

/// A route to 1.1.1.1 with one attribute, and that attribute on the wire. The others are those of every internal route:
/// ORIGIN, AS_PATH, NEXT_HOP and LOCAL_PREF.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("", ""),
    ("origin igp", ""),
    ("origin egp", "40010101"),
    ("origin INCOMPLETE", "40010102"),
    ("as-path 65000", "40020602010000fde8"),
    ("as-path [ 1 2 3 ]", "40020e0203000000010000000200000003"),
    ("as-path ( 1 2 )", "40020a01020000000100000002"),
    ("as-path []", ""),
    ("as-path 70000", "400206020100011170"),
    ("as-path 1.1", "400206020100010001"),
    ("as-path [ 4294967295 ]", "4002060201ffffffff"),
    ("as-path [ 1 2 ] ( 3 4 )", "4002140202000000010000000201020000000300000004"),
    ("med 100", "80040400000064"),
    ("med 4294967295", "800404ffffffff"),
    ("local-preference 4294967295", "400504ffffffff"),
    ("atomic-aggregate", "400600"),
    ("aggregator ( 65000:1.2.3.4 )", "c007080000fde801020304"),
    ("aggregator 70000:1.2.3.4", "c007080001117001020304"),
    ("community 65000:1", "c00804fde80001"),
    (
        "community [ 65000:1 no-export blackhole 0x12345678 12345 ]",
        "c008140000303912345678fde80001ffff029affffff01",
    ),
    ("community no-advertise", "c00804ffffff02"),
    ("community no-export-subconfed", "c00804ffffff03"),
    ("community nopeer", "c00804ffffff04"),
    ("community no-peer", "c00804ffffff04"),
    ("originator-id 1.2.3.4", "80090401020304"),
    ("cluster-list 1.2.3.4", "800a0401020304"),
    ("cluster-list [ 1.2.3.4 5.6.7.8 ]", "800a080102030405060708"),
    ("extended-community target:65000:1", "c010080002fde800000001"),
    ("extended-community 65000:1", "c010080002fde800000001"),
    // Type 0x02 for the four-octet AS (RFC 5668), where ExaBGP writes 0x01.
    (
        "extended-community [ target:1.2.3.4:5 origin:65000:1 target:70000:5 ]",
        "c010180003fde80000000101020102030400050202000111700005",
    ),
    ("extended-community 0x0002fde800000001", "c010080002fde800000001"),
    ("extended-community target:1:1 extended-community target:2:2", "c0101000020001000000010002000200000002"),
    ("aigp 100", "801a0b01000b0000000000000064"),
    ("large-community 1:2:3", "c0200c000000010000000200000003"),
    ("large-community [ 4:5:6 1:2:3 4:5:6 ]", "c02018000000010000000200000003000000040000000500000006"),
    ("attribute [ 0x99 0xc0 0x0102 ]", "c099020102"),
    ("attribute [ 0x63 0x80 0x0102 ]", "8063020102"),
    ("attribute [ 0x19 0xc0 0x0102 ]", "c019020102"),
    ("med 1 attribute [ 0x04 0xc0 0x01 ]", "c0040101"),
    ("med 10 med 20", "8004040000000a"),
];

#[test]
fn one_attribute_at_a_time() {
    for (text, attribute) in ATTRIBUTES {
        let mut all = vec!["40010100", "400200", "40030401010101", "40050400000064"];
        let code = |attribute: &str| attribute.get(2..4).map(str::to_owned);
        all.retain(|a| code(a) != code(attribute));
        all.push(attribute);
        all.sort_by_key(|a| code(a));
        let expected = body(&all.concat(), "180a0000");
        let text = format!("next-hop 1.1.1.1 {text}");
        assert_eq!(announced(&ibgp(), V4, "10.0.0.0/24", &text), expected, "{text}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn sessions_and_families() {
    let full =
        "next-hop self med 10 community [ 1:2 no-export ] local-preference 200 origin egp as-path [ 1 2 3 ]";
    let two = EncodeCtx { asn4: false, ..ibgp() };
    let add_path = EncodeCtx { add_path: [V4, V6].into_iter().collect(), ..ibgp() };
    for (what, ctx, family, route, text, expected) in [
        (
            "everything, internal",
            ibgp(),
            V4,
            "10.0.1.0/24",
            full,
            "000000354001010140020e02030000000100000002000000034003047f0000028004040000000a400504000000c8c0080800010002ffffff01180a0001",
        ),
        (
            "everything, external: LOCAL_PREF stays at home",
            ebgp(),
            V4,
            "10.0.1.0/24",
            full,
            "0000002e4001010140020e02030000000100000002000000034003047f0000028004040000000ac0080800010002ffffff01180a0001",
        ),
        (
            "plain, external: our AS is the path",
            ebgp(),
            V4,
            "10.0.0.0/24",
            "next-hop 1.2.3.4",
            "000000144001010040020602010000fde840030401020304180a0000",
        ),
        (
            "an empty path is the user's word",
            ebgp(),
            V4,
            "10.0.0.0/24",
            "next-hop 1.2.3.4 as-path [ ]",
            "0000000e4001010040020040030401020304180a0000",
        ),
        (
            "ONLY_TO_CUSTOMER to a customer",
            EncodeCtx { role: Some(Role::PROVIDER), ..ebgp() },
            V4,
            "10.0.0.0/24",
            "next-hop 1.2.3.4 large-community 1:2:3",
            "0000002a4001010040020602010000fde840030401020304c0200c000000010000000200000003c023040000fde8180a0000",
        ),
        (
            "that of the route stays",
            EncodeCtx { role: Some(Role::PROVIDER), ..ebgp() },
            V4,
            "10.0.0.0/24",
            "next-hop 1.2.3.4 otc 1",
            "0000001b4001010040020602010000fde840030401020304c0230400000001180a0000",
        ),
        (
            "none to a provider",
            EncodeCtx { role: Some(Role::CUSTOMER), ..ebgp() },
            V4,
            "10.0.0.0/24",
            "next-hop 1.2.3.4",
            "000000144001010040020602010000fde840030401020304180a0000",
        ),
        (
            "no AIGP where it is off",
            EncodeCtx { aigp: false, ..ibgp() },
            V4,
            "10.0.0.0/24",
            "next-hop 1.2.3.4 aigp 1",
            "00000015400101004002004003040102030440050400000064180a0000",
        ),
        (
            "IPv6",
            ibgp(),
            V6,
            "2001:db8::/32",
            "next-hop 2001:db8::1",
            "0000002b4001010040020040050400000064800e1a0002011020010db8000000000000000000000001002020010db8",
        ),
        (
            "IPv6, external",
            ebgp(),
            V6,
            "2001:db8::/32",
            "next-hop 2001:db8::1",
            "0000002a4001010040020602010000fde8800e1a0002011020010db8000000000000000000000001002020010db8",
        ),
        (
            "IPv6 with an IPv4 next hop: that of four octets, and NEXT_HOP",
            ibgp(),
            V6,
            "2001:db8:1::/48",
            "next-hop 1.2.3.4",
            "00000028400101004002004003040102030440050400000064800e100002010401020304003020010db80001",
        ),
        (
            "IPv4 with an IPv6 next hop",
            ibgp(),
            V4,
            "10.0.2.0/24",
            "next-hop 2001:db8::1",
            "0000002a4001010040020040050400000064800e190001011020010db800000000000000000000000100180a0002",
        ),
        (
            "IPv4 multicast needs MP_REACH_NLRI: the other field says unicast",
            ibgp(),
            Family::IPV4_MULTICAST,
            "224.0.0.0/8",
            "next-hop 1.2.3.4",
            "00000023400101004002004003040102030440050400000064800e0b00010204010203040008e0",
        ),
        (
            "IPv4 multicast, external",
            ebgp(),
            Family::IPV4_MULTICAST,
            "224.0.0.0/8",
            "next-hop 1.2.3.4",
            "000000224001010040020602010000fde840030401020304800e0b00010204010203040008e0",
        ),
        (
            "IPv6 multicast",
            ibgp(),
            Family::IPV6_MULTICAST,
            "2001:db8::/32",
            "next-hop 2001:db8::1",
            "0000002b4001010040020040050400000064800e1a0002021020010db8000000000000000000000001002020010db8",
        ),
        (
            "two-octet AS numbers: AS4_PATH follows AS_PATH, AS4_AGGREGATOR follows AGGREGATOR",
            two,
            V4,
            "10.0.0.0/24",
            "next-hop 1.2.3.4 as-path [ 1 70001 ] aggregator 70000:1.2.3.4 community 1:2",
            "0000004340010100400206020200015ba0c0110a0202000000010001117140030401020304\
             40050400000064c007065ba001020304c012080001117001020304c0080400010002180a0000",
        ),
        (
            "two-octet AS numbers that all fit",
            two,
            V4,
            "10.0.0.0/24",
            "next-hop 1.2.3.4 as-path [ 1 2 ] aggregator 3:1.2.3.4",
            "0000002440010100400206020200010002400304010203 0440050400000064c00706000301020304180a0000",
        ),
        (
            "a path identifier where negotiated, 0 when the route has none",
            add_path,
            V4,
            "10.0.0.0/24",
            "next-hop 1.2.3.4",
            "0000001540010100400200400304010203044005040000006400000000180a0000",
        ),
    ] {
        assert_eq!(announced(&ctx, family, route, text), expected.replace(' ', ""), "{what}");
    }
}

#[test]
fn withdrawals_carry_nothing_else() {
    for (family, routes, expected) in [
        (V4, &["10.0.0.0/24"][..], "0004180a00000000"),
        (V4, &["10.1.0.0/24", "10.2.0.0/24"], "0008180a0100180a02000000"),
        (Family::IPV4_MULTICAST, &["224.0.0.0/8"], "00000008800f0500010208e0"),
        (V6, &["2001:db8::/32"], "0000000b800f080002012020010db8"),
        (Family::IPV6_MULTICAST, &["2001:db8::/32"], "0000000b800f080002022020010db8"),
    ] {
        let routes: Vec<_> = routes.iter().map(|r| nlri(family, r)).collect();
        let mut out = Vec::new();
        assert_eq!(withdraw(&ibgp(), family, routes.iter().map(Nlri::as_ref), &mut out), Ok(1));
        assert_eq!(hex(bodies(&out)[0]), expected);
    }
}

#[test]
fn end_of_rib_markers() {
    for (family, expected) in
        [(V4, "00000000"), (Family::IPV4_MULTICAST, "00000007900f0003000102"), (V6, "00000007900f0003000201")]
    {
        let mut out = Vec::new();
        end_of_rib(family, &mut out);
        assert_eq!(hex(bodies(&out)[0]), expected);
    }
}

fn prefixes(count: u32) -> Vec<Nlri> {
    (0..count).map(|i| nlri(V4, &format!("{}/24", Ipv4Addr::from((10 << 24) | (i << 8))))).collect()
}

#[test]
fn messages_are_filled() {
    let routes = prefixes(2000);
    let attributes = attributes("next-hop 1.2.3.4");
    let lengths = |ctx: &EncodeCtx| {
        let mut out = Vec::new();
        let count = announce(ctx, &attributes, V4, routes.iter().map(Nlri::as_ref), &mut out).unwrap();
        let lengths: Vec<_> = bodies(&out).iter().map(|b| b.len() + 19).collect();
        assert_eq!(lengths.len(), usize::try_from(count).unwrap());
        lengths
    };
    assert_eq!(lengths(&ibgp()), [4096, 3992]);
    assert_eq!(lengths(&EncodeCtx { max_message: 65535, ..ibgp() }), [8044]);
    assert_eq!(lengths(&EncodeCtx { group_updates: false, ..ibgp() }), vec![48; 2000]);

    let mut out = Vec::new();
    assert_eq!(withdraw(&ibgp(), V4, routes.iter().map(Nlri::as_ref), &mut out), Ok(2));
    assert_eq!(bodies(&out).iter().map(|b| b.len() + 19).collect::<Vec<_>>(), [4095, 3951]);
}

#[test]
fn the_mp_attribute_gets_a_long_length_only_when_it_needs_one() {
    let v6: Vec<_> = (0..500_u32).map(|i| nlri(V6, &format!("2001:db8:{i:x}::/48"))).collect();
    for count in [0, 1, 33, 34, 35, 500] {
        let mut out = Vec::new();
        let routes = v6.iter().take(count).map(Nlri::as_ref);
        let messages = announce(&ibgp(), &attributes("next-hop 2001:db8::1"), V6, routes, &mut out).unwrap();
        let bodies = bodies(&out);
        assert_eq!(bodies.len(), usize::try_from(messages).unwrap());
        for body in bodies {
            // After ORIGIN, AS_PATH and LOCAL_PREF; family, next hop and reserved octet are 21.
            let value = body.len() - 4 - 14 - if body[18] == 0x90 { 4 } else { 3 };
            assert_eq!(body[18] == 0x90, value > 255);
            assert!(body.len() + 19 <= 4096);
        }
    }
}

#[test]
fn nothing_is_written_on_failure() {
    let routes = prefixes(3);
    let big = format!("next-hop 1.2.3.4 community [ {} ]", "1:2 ".repeat(1100));
    let nearly =
        format!("next-hop 1.2.3.4 attribute [ 0x63 0xc0 0x{} ]", "00".repeat(4096 - 23 - 21 - 4 - 3));
    for (text, family, what) in [
        ("", V4, "the route has no next hop"),
        ("next-hop self", V6, "next-hop self: the session has no address of the route's address family"),
        (&big, V4, "path attributes: 4448 octets, 4096 at most"),
        (&nearly, V4, "path attributes and one route: 4097 octets, 4096 at most"),
    ] {
        let mut out = vec![1, 2, 3];
        let result = announce(&ibgp(), &attributes(text), family, routes.iter().map(Nlri::as_ref), &mut out);
        assert_eq!(result.map_err(|e: EncodeError| e.to_string()), Err(what.to_owned()));
        assert_eq!(out, [1, 2, 3]);
    }
}

#[test]
fn an_attribute_no_message_can_hold_is_refused_as_text() {
    let list = format!("[ {} ]", "1:2 ".repeat(17_000));
    let error = attr::parse("community", &mut Words::new(&list), &mut AttributeBuilder::new()).unwrap_err();
    assert!(error.to_string().starts_with("an attribute that fits in a message is missing"), "{error}");
}

#[test]
fn text_that_is_shown_and_text_that_parses_back() {
    let text = "next-hop self origin egp as-path [ 1 2 ] ( 3 ) med 10 local-preference 200 atomic-aggregate \
                aggregator ( 65000:1.2.3.4 ) community [ 1:2 no-export ] originator-id 1.2.3.4 cluster-list [ 1.2.3.4 ] \
                extended-community [ target:65000:1 0x4002FDE800000001 ] aigp 0x0000000000000064 \
                large-community [ 1:2:3 4:5:6 ] attribute [ 0x99 0xC0 0x01ff ]";
    let shown = " next-hop self origin egp as-path ( 1 2 ) [ 3 ] med 10 local-preference 200 atomic-aggregate \
                aggregator ( 65000:1.2.3.4 ) community [ 1:2 no-export ] originator-id 1.2.3.4 cluster-list [ 1.2.3.4 ] \
                extended-community [ target:65000:1 target:65000:1 ] aigp 0x0000000000000064 \
                large-community [ 1:2:3 4:5:6 ] attribute [ 0x99 0xC0 0x01ff ]";
    let route = attributes(text);
    assert_eq!(route.to_string(), shown);
    assert_eq!(route.to_route_text(), format!(" {text}"));
    assert_eq!(attributes(&route.to_route_text()), route);
}

#[test]
fn flow_rules_have_a_next_hop_in_mp_reach_only_or_none() {
    for (next_hop, rule, expected) in [
        ("", "source 10.0.0.0/24", "0000001c4001010040020040050400000064800e0b00018500000502180a0000"),
        (
            "next-hop 1.2.3.4 extended-community redirect-to-nexthop",
            "source 10.0.0.0/24",
            "0000002b4001010040020040050400000064c010080800000000000000800e0f0001850401020304000502180a0000",
        ),
    ] {
        let mut out = Vec::new();
        let nlri = nlri(Family::IPV4_FLOW, rule);
        announce(&ibgp(), &attributes(next_hop), Family::IPV4_FLOW, [nlri.as_ref()], &mut out).unwrap();
        assert_eq!(bodies(&out).iter().map(|b| hex(b)).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn an_evpn_route_stands_in_mp_reach_nlri() {
    let route =
        "mac-advertisement rd 10.0.0.1:1 ethernet-tag 100 mac 00:11:22:33:44:55 label 100 ip 10.0.0.99";
    let octets = "022500010a0000010001000000000000000000000000006430001122334455200a000063000641";
    let body = announced(&ibgp(), Family::L2VPN_EVPN, route, "next-hop 10.0.0.1");
    assert!(body.contains(&format!("800e30001946040a00000100{octets}")), "{body}");
}

/// RFC 9234 section 5, egress rule 2; other families than unicast are left alone.
#[test]
fn only_to_customer_goes_to_no_provider() {
    let route = attributes("next-hop 1.2.3.4 otc 65009");
    for role in [Role::CUSTOMER, Role::PEER, Role::ROUTE_SERVER_CLIENT] {
        let ctx = EncodeCtx { role: Some(role), ..ebgp() };
        let mut out = Vec::new();
        let unicast = nlri(V4, "10.0.0.0/24");
        let refused = announce(&ctx, &route, V4, [unicast.as_ref()], &mut out);
        assert!(matches!(refused, Err(EncodeError::Forbidden { .. })), "{refused:?}");
        assert!(out.is_empty());
        let multicast = nlri(Family::IPV4_MULTICAST, "10.0.0.0/24");
        assert_eq!(announce(&ctx, &route, Family::IPV4_MULTICAST, [multicast.as_ref()], &mut out), Ok(1));
    }
}
