//! Tests of the tunnel encapsulation codec: ExaBGP's vectors, text both ways, and octets of every kind.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::attr::testing::{emitted, parsed, printed};
use crate::attr::{RawAttribute, to_route_text};

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn policy(text: &str) -> Result<Vec<u8>, TextError> {
    parsed::<TunnelEncap>(&format!("[ sr-policy [ {text} ] ]"))
}

/// JSON of the policy that a text says.
fn json(text: &str) -> String {
    let json = emitted::<TunnelEncap>(&policy(text).unwrap());
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
    json.strip_prefix(r#"{"sr-policy": "#).unwrap().strip_suffix('}').unwrap().to_owned()
}

/// Text and value as ExaBGP's command line gives them.
const VECTORS: [(&str, &str); 4] = [
    (
        "preference 100 binding-sid mpls 1000 \
         segment-list weight 1 segment type-a mpls 16001 segment type-a mpls 16002",
        "000f002c0c060000000000640d061000003e81008000190009060000000000010106000003e810000106000003e82100",
    ),
    (
        "preference 100 srv6-binding-sid fc00::1 priority 5 policy-name \"foo\" candidate-path-name \"bar\" \
         segment-list weight 1 segment type-b srv6 fc00::2 endpoint-behavior 48 32 16 16 0",
        "000f00560c0600000000006414120000fc0000000000000000000000000000010f02050082000400666f6f81000400626172\
         8000250009060000000000010d1a1000fc0000000000000000000000000000020030000020101000",
    ),
    (
        "preference 300 segment-list weight 1 segment type-a mpls 16001 \
         segment-list weight 2 segment type-a mpls 16002",
        "000F00300C0600000000012C8000110009060000000000010106000003E811008000110009060000000000020106000003E82100",
    ),
    (
        "preference 100 segment-list weight 1 segment type-b srv6 2001:db8:1::1",
        "000F00280C0600000000006480001D0009060000000000010D12000020010DB8000100000000000000000001",
    ),
];

#[test]
fn vectors_are_written_as_exabgp_does_and_printed_as_they_are_written() {
    for (text, hex) in VECTORS {
        let wire = octets(hex);
        let value = policy(text).unwrap();
        assert_eq!(value, wire, "{text}");
        assert_eq!(printed::<TunnelEncap>(&value), format!("tunnel-encap [ sr-policy [ {text} ] ]"));
        assert_eq!(TunnelEncap::check(&value, &DecodeCtx::default()), Ok(()));
    }
}

#[test]
fn events_tell_all_of_a_policy() {
    for (text, expected) in [
        (
            "preference 100 binding-sid mpls 1000 segment-list weight 7 segment type-a mpls 16001 tc 5 ttl 64 \
             segment type-a mpls 16002",
            r#"{"preference": 100, "binding-sid": {"type": "mpls", "label": 1000}, "segment-lists": [{"weight": 7, "segments": [{"type": "A", "label": 16001, "tc": 5, "s": false, "ttl": 64}, {"type": "A", "label": 16002, "tc": 0, "s": true, "ttl": 0}]}]}"#,
        ),
        (
            "segment-list binding-sid null priority 5 srv6-binding-sid fc00::1 policy-name foo candidate-path-name \"b r\" enlp 3",
            r#"{"binding-sid": null, "priority": 5, "srv6-binding-sid": "fc00::1", "policy-name": "foo", "candidate-path-name": "b r", "enlp": 3, "segment-lists": [{"weight": 1, "segments": []}]}"#,
        ),
        ("binding-sid srv6 fc00::1", r#"{"binding-sid": {"type": "srv6", "sid": "fc00::1"}}"#),
        ("preference 1 preference 2 sub-tlv 99 0x0102", r#"{"preference": 1, "sub-tlv-99": "0x0102"}"#),
        (
            "segment-list segment tlv 200 0x01",
            r#"{"segment-lists": [{"weight": 1, "segments": [{"type": 200, "raw": "0x01"}]}]}"#,
        ),
    ] {
        assert_eq!(json(text), expected, "{text}");
    }
}

/// Text, octets behind type and length, JSON.
const SEGMENTS: [(&str, &str, &str); 15] = [
    (
        "type-a mpls 16001 s 0",
        "000003e81000",
        r#"{"type": "A", "label": 16001, "tc": 0, "s": false, "ttl": 0}"#,
    ),
    ("type-b srv6 fc00::2", "0000fc000000000000000000000000000002", r#"{"type": "B", "sid": "fc00::2"}"#),
    (
        "type-b srv6 fc00::2 endpoint-behavior 48 32 16 16 0",
        "1000fc0000000000000000000000000000020030000020101000",
        r#"{"type": "B", "sid": "fc00::2", "endpoint-behavior": {"behavior": 48, "lb-length": 32, "ln-length": 16, "fun-length": 16, "arg-length": 0}}"#,
    ),
    (
        "type-c ipv4 1.1.1.1 algorithm 0",
        "400001010101",
        r#"{"type": "C", "ipv4_node": "1.1.1.1", "algorithm": 0}"#,
    ),
    (
        "type-c ipv4 1.1.1.1 algorithm 128 sid 16001",
        "60800101010103e81000",
        r#"{"type": "C", "ipv4_node": "1.1.1.1", "algorithm": 128, "sid": 16001, "tc": 0, "s": false, "ttl": 0}"#,
    ),
    (
        "type-d ipv6 fc00::1 algorithm 1 sid 16002 tc 7 s 1 ttl 255",
        "6001fc00000000000000000000000000000103e82fff",
        r#"{"type": "D", "ipv6_node": "fc00::1", "algorithm": 1, "sid": 16002, "tc": 7, "s": true, "ttl": 255}"#,
    ),
    (
        "type-e local-if-id 2 ipv4 10.0.0.2 sid 16003",
        "2000000000020a00000203e83000",
        r#"{"type": "E", "local_if_id": 2, "ipv4_node": "10.0.0.2", "sid": 16003, "tc": 0, "s": false, "ttl": 0}"#,
    ),
    (
        "type-f local 10.0.0.1 remote 10.0.0.2",
        "00000a0000010a000002",
        r#"{"type": "F", "local_ipv4": "10.0.0.1", "remote_ipv4": "10.0.0.2"}"#,
    ),
    (
        "type-g local-if-id 1 local-ipv6 fe80::1 remote-if-id 2 remote-ipv6 fe80::2",
        "000000000001fe80000000000000000000000000000100000002fe800000000000000000000000000002",
        r#"{"type": "G", "local_if_id": 1, "local_ipv6": "fe80::1", "remote_if_id": 2, "remote_ipv6": "fe80::2"}"#,
    ),
    (
        "type-h local fc00::1 remote fc00::2 sid 16006",
        "2000fc000000000000000000000000000001fc00000000000000000000000000000203e86000",
        r#"{"type": "H", "local_ipv6": "fc00::1", "remote_ipv6": "fc00::2", "sid": 16006, "tc": 0, "s": false, "ttl": 0}"#,
    ),
    (
        "type-i ipv6 fc00::1 algorithm 0 sid fc00::100",
        "6000fc000000000000000000000000000001fc000000000000000000000000000100",
        r#"{"type": "I", "ipv6_node": "fc00::1", "algorithm": 0, "sid": "fc00::100"}"#,
    ),
    (
        "type-i ipv6 fc00::1 algorithm 0 endpoint-behavior 65 32 0 16 0",
        "5000fc0000000000000000000000000000010041000020001000",
        r#"{"type": "I", "ipv6_node": "fc00::1", "algorithm": 0, "endpoint-behavior": {"behavior": 65, "lb-length": 32, "ln-length": 0, "fun-length": 16, "arg-length": 0}}"#,
    ),
    (
        "type-j local-if-id 1 local-ipv6 fe80::1 remote-if-id 2 remote-ipv6 fe80::2 algorithm 0 sid fc00::300",
        "600000000001fe80000000000000000000000000000100000002fe800000000000000000000000000002fc000000000000000000000000000300",
        r#"{"type": "J", "local_if_id": 1, "local_ipv6": "fe80::1", "remote_if_id": 2, "remote_ipv6": "fe80::2", "algorithm": 0, "sid": "fc00::300"}"#,
    ),
    (
        "type-k local fc00::1 remote fc00::2 algorithm 0 sid fc00::5 endpoint-behavior 65 32 0 16 0",
        "7000fc000000000000000000000000000001fc000000000000000000000000000002fc0000000000000000000000000000050041000020001000",
        r#"{"type": "K", "local_ipv6": "fc00::1", "remote_ipv6": "fc00::2", "algorithm": 0, "sid": "fc00::5", "endpoint-behavior": {"behavior": 65, "lb-length": 32, "ln-length": 0, "fun-length": 16, "arg-length": 0}}"#,
    ),
    (
        "type-f local 10.0.0.1 remote 10.0.0.2 flags 0x80",
        "80000a0000010a000002",
        r#"{"type": "F", "local_ipv4": "10.0.0.1", "remote_ipv4": "10.0.0.2"}"#,
    ),
];

#[test]
fn segments_of_every_type() {
    for (text, hex, expected) in SEGMENTS {
        let value = policy(&format!("segment-list segment {text}")).unwrap();
        // Two headers, the reserved octet, type and length.
        assert_eq!(value[10..], octets(hex), "{text}");
        assert_eq!(usize::from(value[9]), hex.len() / 2);
        assert_eq!(
            json(&format!("segment-list segment {text}")),
            format!(r#"{{"segment-lists": [{{"weight": 1, "segments": [{expected}]}}]}}"#)
        );
        assert!(printed::<TunnelEncap>(&value).contains(text), "{text}: {}", printed::<TunnelEncap>(&value));
        for cut in 1..octets(hex).len() {
            let value = [&[0, 15, 0, 0, 128, 0, 0, 0, value[8], 0], &value[10..value.len() - cut]].concat();
            let lengths = |value: &mut Vec<u8>| {
                let n = u8::try_from(value.len()).unwrap();
                (value[3], value[6], value[9]) = (n - 4, n - 7, n - 10);
            };
            let mut value = value;
            lengths(&mut value);
            // Shorter forms are whole when what is left out may be left out.
            if TunnelEncap::check(&value, &DecodeCtx::default()).is_ok() {
                assert!(
                    ["sid", "endpoint-behavior"].iter().any(|word| text.contains(word)),
                    "{text} less {cut}"
                );
            }
        }
    }
}

#[test]
fn other_tunnels_have_a_text_and_show_their_octets() {
    let text = "[ vxlan [ egress-endpoint 10.0.0.1 color 100 sub-tlv 1 0x0102 ] vxlan [ ] 999 [ egress-endpoint next-hop ] \
                gre [ egress-endpoint 2001:db8::1 ] ]";
    let value = parsed::<TunnelEncap>(text).unwrap();
    assert_eq!(TunnelEncap::check(&value, &DecodeCtx::default()), Ok(()));
    assert_eq!(printed::<TunnelEncap>(&value), format!("tunnel-encap {text}"));
    assert_eq!(
        emitted::<TunnelEncap>(&value),
        r#"{"tunnel-type-8": ["0x060A0000000000010A0000010408030B00000000006401020102", "0x"], "tunnel-type-999": "0x0606000000000000", "tunnel-type-2": "0x061600000000000220010DB8000000000000000000000001"}"#
    );
}

#[test]
fn malformed_ones_are_found() {
    let ctx = DecodeCtx::default();
    let treatment = |hex: &str| TunnelEncap::check(&octets(hex), &ctx).unwrap_err().treatment;
    assert_eq!(treatment(""), Treatment::Discard);
    for hex in [
        "000f00",                 // no whole header
        "0011223344556677",       // longer than the attribute
        "000f00020c06",           // a sub-TLV longer than its TLV
        "000f0002800000",         // more octets than the TLV has
        "000f000180",             // no whole sub-TLV
        "000f00030c0100",         // preference of one octet
        "000f00050d03000000",     // binding SID of one octet
        "000f00030e0100",         // ENLP
        "000f00030f0100",         // priority
        "000f000414020000",       // SRv6 binding SID
        "000f0003800000",         // segment list without the reserved octet
        "000f0003810000",         // name without it
        "000f0006800003000102",   // a segment cut short
        "000f000780000400090100", // a weight of one octet
    ] {
        assert_eq!(treatment(hex), Treatment::Withdraw, "{hex}");
    }
    // Other tunnels' fields are theirs.
    assert_eq!(TunnelEncap::check(&octets("000800030c0100"), &ctx), Ok(()));
}

#[test]
fn mistakes_are_named() {
    for (text, error) in [
        ("preference", "invalid number: ']' (0 to 4294967295)"),
        ("priority 256", "invalid number: '256' (0 to 255)"),
        ("binding-sid 5", "invalid binding SID: '5' (mpls LABEL, srv6 ADDRESS, or null)"),
        ("binding-sid mpls 1048576", "invalid label: '1048576' (0 to 1048575)"),
        ("srv6-binding-sid 10.0.0.1", "invalid address: '10.0.0.1' (an IPv6 address such as fc00::1)"),
        ("preference 1 flags 1", "these are no flags: '1' (0x and two hexadecimal digits)"),
        (
            "segment-list segment type-l x",
            "unknown segment type: 'type-l' (type-a to type-k, or tlv and type and octets)",
        ),
        ("segment-list segment type-a srv6 fc00::1", "mpls and its value must stand before this: 'srv6'"),
        (
            "segment-list segment type-c ipv4 1.1.1.1 sid 1",
            "algorithm and its value must stand before this: ']'",
        ),
        (
            "segment-list segment type-f local ::1 remote ::2",
            "invalid address: '::1' (an IPv4 address such as 10.0.0.1)",
        ),
        ("segment-list segment type-f local 1.1.1.1 local 1.1.1.1", "this is given twice: 'local'"),
        ("segment-list segment type-a mpls 1 tc 8", "invalid number: '8' (0 to 7)"),
        ("sub-tlv 1 0x0", "these are no octets: '0x0' (0x and hexadecimal digits)"),
        (
            "preferences 1",
            "unknown part of a tunnel: 'preferences' (preference, binding-sid, enlp, priority, srv6-binding-sid, \
             segment-list, candidate-path-name, policy-name, color, egress-endpoint, sub-tlv)",
        ),
    ] {
        assert_eq!(policy(text).unwrap_err().to_string(), error, "{text}");
    }
    let error = parsed::<TunnelEncap>("[ bogus [ ] ]").unwrap_err().to_string();
    assert!(error.starts_with("unknown tunnel type: 'bogus' (l2tpv3, gre"), "{error}");
}

#[test]
fn too_many_octets_are_refused() {
    let name = "x".repeat(65_536);
    assert_eq!(
        policy(&format!("policy-name {name}")).unwrap_err().message,
        "this is more than a message holds"
    );
    let many = "segment type-h local ::1 remote ::2 ".repeat(2000);
    assert_eq!(
        policy(&format!("segment-list {many}")).unwrap_err().message,
        "this is more than a message holds"
    );
    let tlv = format!("segment-list segment tlv 99 0x{}", "00".repeat(256));
    assert_eq!(policy(&tlv).unwrap_err().message, "this is more than a message holds");
}

/// Whole tunnels with odd things in them.
fn tunnels() -> impl Strategy<Value = Vec<u8>> {
    let part = (
        prop_oneof![4 => 1..20_u8, 1 => any::<u8>()],
        prop_oneof![vec(0..3_u8, 0..60), vec(any::<u8>(), 0..20)],
    )
        .prop_map(|(code, value)| [vec![code, u8::try_from(value.len()).unwrap()], value].concat());
    let list = vec(part, 0..4).prop_map(|parts| [vec![0], parts.concat()].concat());
    let sub = prop_oneof![
        2 => (128..132_u8, list).prop_map(|(code, value)| {
            let [high, low] = u16::try_from(value.len()).unwrap().to_be_bytes();
            [vec![code, high, low], value].concat()
        }),
        3 => (prop_oneof![4 => 4..21_u8, 1 => 0..128_u8], prop_oneof![vec(0..3_u8, 0..28), vec(any::<u8>(), 0..8)])
            .prop_map(|(code, value)| [vec![code, u8::try_from(value.len()).unwrap()], value].concat()),
    ];
    let tunnel =
        (prop_oneof![3 => Just(15_u8), 1 => any::<u8>()], vec(sub, 0..4)).prop_map(|(kind, subs)| {
            let subs = subs.concat();
            let [high, low] = u16::try_from(subs.len()).unwrap().to_be_bytes();
            [vec![0, kind, high, low], subs].concat()
        });
    vec(tunnel, 0..3).prop_map(|tunnels| tunnels.concat())
}

/// The text of one segment, in canonical form.
fn segment() -> impl Strategy<Value = String> {
    let (v4, v6, label) = (any::<std::net::Ipv4Addr>(), any::<std::net::Ipv6Addr>(), 0..1_u32 << 20);
    let behavior = any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!(" endpoint-behavior 65 {a} {b} {c} {d}"));
    let maybe = |text: BoxedStrategy<String>| prop_oneof![Just(String::new()), text].boxed();
    let sid = maybe(label.clone().prop_map(|n| format!(" sid {n}")).boxed());
    let behavior = maybe(behavior.boxed());
    let srv6 = (maybe(v6.clone().prop_map(|a| format!(" sid {a}")).boxed()), behavior.clone())
        .prop_map(|(a, b)| a + &b);
    let link = (any::<u32>(), v6.clone(), any::<u32>(), v6.clone())
        .prop_map(|(a, b, c, d)| format!("local-if-id {a} local-ipv6 {b} remote-if-id {c} remote-ipv6 {d}"));
    let adjacency = (v6.clone(), v6.clone()).prop_map(|(a, b)| format!("local {a} remote {b}"));
    prop_oneof![
        label.prop_map(|n| format!("type-a mpls {n}")),
        (v6.clone(), behavior).prop_map(|(a, b)| format!("type-b srv6 {a}{b}")),
        (v4.clone(), any::<u8>(), sid.clone())
            .prop_map(|(a, n, s)| format!("type-c ipv4 {a} algorithm {n}{s}")),
        (v6.clone(), any::<u8>(), sid.clone())
            .prop_map(|(a, n, s)| format!("type-d ipv6 {a} algorithm {n}{s}")),
        (any::<u32>(), v4.clone(), sid.clone())
            .prop_map(|(n, a, s)| format!("type-e local-if-id {n} ipv4 {a}{s}")),
        (v4.clone(), v4, sid.clone()).prop_map(|(a, b, s)| format!("type-f local {a} remote {b}{s}")),
        (link.clone(), sid.clone()).prop_map(|(l, s)| format!("type-g {l}{s}")),
        (adjacency.clone(), sid).prop_map(|(a, s)| format!("type-h {a}{s}")),
        (v6, any::<u8>(), srv6.clone()).prop_map(|(a, n, s)| format!("type-i ipv6 {a} algorithm {n}{s}")),
        (link, any::<u8>(), srv6.clone()).prop_map(|(l, n, s)| format!("type-j {l} algorithm {n}{s}")),
        (adjacency, any::<u8>(), srv6).prop_map(|(a, n, s)| format!("type-k {a} algorithm {n}{s}")),
    ]
}

fn list() -> impl Strategy<Value = String> {
    (any::<u32>(), vec(segment(), 0..5)).prop_map(|(weight, segments)| {
        segments.iter().fold(format!("segment-list weight {weight}"), |text, s| text + " segment " + s)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn any_whole_tunnels_have_a_text(value in tunnels()) {
        let json = emitted::<TunnelEncap>(&value);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
        if TunnelEncap::check(&value, &DecodeCtx::default()).is_ok() {
            let attribute = RawAttribute { code: TunnelEncap::CODE, flags: TunnelEncap::FLAGS, value: &value };
            let mut text = String::new();
            to_route_text([attribute], &mut text);
            let mut words = Words::new(&text);
            let mut builder = AttributeBuilder::new();
            let keyword = words.next_word().unwrap();
            prop_assert_eq!(crate::attr::parse(keyword.text, &mut words, &mut builder), Ok(true), "{}", text);
            let read = builder.finish();
            prop_assert_eq!(read.get(TunnelEncap::CODE), Some(&*value), "{}", text);
        }
    }

    #[test]
    fn any_policy_of_words_is_printed_as_it_is_written(
        preference: u32, label in 0..1_u32 << 20, name in "[a-z][ -~&&[^\"]]{0,20}", lists in vec(list(), 0..3),
    ) {
        let text = format!("preference {preference} binding-sid mpls {label} policy-name \"{name}\"");
        let text = lists.iter().fold(text, |text, list| text + " " + list);
        let value = policy(&text).unwrap();
        prop_assert_eq!(TunnelEncap::check(&value, &DecodeCtx::default()), Ok(()));
        prop_assert_eq!(printed::<TunnelEncap>(&value), format!("tunnel-encap [ sr-policy [ {text} ] ]"));
        let json = emitted::<TunnelEncap>(&value);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
    }
}
