//! Tests of the BGP-LS attribute: what ExaBGP shows of each TLV, text both ways, and octets of every kind.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::attr::testing::{emitted, parsed, printed};

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn shown(value: &[u8]) -> Value {
    serde_json::from_str(&emitted::<BgpLs>(value)).unwrap()
}

fn check(value: &[u8]) -> Result<(), Fault> {
    BgpLs::check(value, &DecodeCtx::default())
}

/// Octets, text, members: one TLV each.
#[expect(clippy::too_many_lines, reason = "a table")]
fn vectors() -> Vec<(&'static str, &'static str, Value)> {
    let adjacency = json!({"F": 0, "B": 0, "V": 1, "L": 1, "S": 0, "P": 0, "RSV": 0});
    let structure = json!({"loc_block_len": 32, "loc_node_len": 16, "func_len": 16, "arg_len": 0});
    let end_x = json!({"B": 1, "S": 0, "P": 0, "RSV": 0});
    vec![
        (
            "010200080000000100000002",
            "link-identifiers [ local 1 remote 2 ]",
            json!({"generic-lsid-258": ["0x0000000100000002"]}),
        ),
        ("010a0002010a", "node-msd [ 1 10 ]", json!({"generic-lsid-266": ["0x010A"]})),
        (
            "0400000190",
            "node-flags 0x90",
            json!({"node-flags": {"O": 1, "T": 0, "E": 0, "B": 1, "R": 0, "V": 0, "RSV": 0}}),
        ),
        ("04010004deadbeef", "opaque-node 0xdeadbeef", json!({"opaque": "\u{7ad}\u{fffd}\u{fffd}"})),
        ("0402000472747231", "node-name \"rtr1\"", json!({"node-name": "rtr1"})),
        ("04030003490001", "area-id 0x490001", json!({"area-id": "4784129"})),
        (
            "040300094900000000ff980000",
            "area-id 0x4900000000ff980000",
            json!({"area-id": "1346612317385085419520"}),
        ),
        ("040400040a000001", "local-router-id 10.0.0.1", json!({"local-te-router-ids": ["10.0.0.1"]})),
        (
            "0405001020010db8000000000000000000000001",
            "local-router-id 2001:db8::1",
            json!({"local-te-router-ids": ["2001:db8::1"]}),
        ),
        ("040600040a000002", "remote-router-id 10.0.0.2", json!({"remote-te-router-id": "10.0.0.2"})),
        (
            "0407001020010db8000000000000000000000001",
            "remote-router-id 2001:db8::1",
            json!({"remote-te-router-id": "2001:db8::1"}),
        ),
        (
            "040a000c8000001f4004890003003e80",
            "sr-capabilities [ flags 0x80 ranges [ 16000:8000 ] ]",
            json!({"sr-capability-flags": {"I": 1, "V": 0, "RSV": 0}, "sids": [[8000, 16000]]}),
        ),
        ("040b00020001", "sr-algorithms [ 0 1 ]", json!({"sr-algorithms": [0, 1]})),
        (
            "040c000c00000003e804890003003a98",
            "sr-local-block [ flags 0x00 ranges [ 15000:1000 ] ]",
            json!({"generic-lsid-1036": ["0x00000003E804890003003A98"]}),
        ),
        ("040e000440000000", "srv6-capabilities 0x4000", json!({"srv6-capabilities": {"flags": {"O": 64}}})),
        (
            "040f00048000010a",
            "flex-algorithm [ algorithm 128 metric-type 0 calculation-type 1 priority 10 ]",
            json!({"generic-lsid-1039": ["0x8000010A"]}),
        ),
        ("04400004000000ff", "admin-group 255", json!({"admin-group-mask": 255})),
        (
            "044100044e9502f9",
            "maximum-link-bandwidth 1250000000",
            json!({"maximum-link-bandwidth": 1_250_000_000.0}),
        ),
        (
            "044200044cee6b28",
            "maximum-reservable-link-bandwidth 125000000",
            json!({"maximum-reservable-link-bandwidth": 125_000_000.0}),
        ),
        (
            "0443002000000000000000000000000000000000000000000000000000000000447a0000",
            "unreserved-bandwidth [ 0 0 0 0 0 0 0 1000 ]",
            json!({"unreserved-bandwidth": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1000.0]}),
        ),
        ("044400040000000a", "te-metric 10", json!({"te-metric": 10})),
        (
            "044500020400",
            "link-protection 0x0400",
            json!({"link-protection-flags": {"ExtraTrafic": 0, "Unprotected": 0, "Shared": 1, "Dedicated 1:1": 0, "Dedicated 1+1": 0, "Enhanced": 0, "RSV": 0}}),
        ),
        ("04460001c0", "mpls-mask 0xc0", json!({"mpls-mask": {"LDP": 1, "RSVP-TE": 1, "RSV": 0}})),
        ("0447000300000a", "igp-metric 10", json!({"igp-metric": 10})),
        ("044700010a", "tlv 1095 0x0a", json!({"igp-metric": 10})),
        ("044800080000000100000002", "srlg [ 1 2 ]", json!({"shared-risk-link-groups": [1, 2]})),
        ("04490002cafe", "opaque-link 0xcafe", json!({"opaque-link": "\u{fffd}\u{fffd}"})),
        ("044a000465746830", "link-name \"eth0\"", json!({"link-name": "eth0"})),
        (
            "044b000730000000005dc1",
            "sr-adj [ flags 0x30 weight 0 sids [ 24001 ] ]",
            json!({"sr-adj": {"flags": adjacency.clone(), "sids": [24001], "weight": 0, "undecoded-sids": []}}),
        ),
        (
            "044b000810000000000005dc",
            "tlv 1099 0x10000000000005dc",
            json!({"sr-adj": {"flags": {"F": 0, "B": 0, "V": 0, "L": 1, "S": 0, "P": 0, "RSV": 0}, "sids": [], "weight": 0, "undecoded-sids": ["0x000005DC"]}}),
        ),
        (
            "044c000d30000000010203040506005dc1",
            "sr-adj-lan [ flags 0x30 weight 0 system-id 0x010203040506 sids [ 24001 ] ]",
            json!({"sr-adj-lan-sids": [{"flags": adjacency, "weight": 0, "system-id": "010203040506", "sids": [24001], "undecoded": []}]}),
        ),
        (
            "044d0007c0000000005dc1",
            "peer-node-sid [ flags 0xc0 weight 0 sids [ 24001 ] ]",
            json!({"generic-lsid-1101": ["0xC0000000005DC1"]}),
        ),
        (
            "0452001e000580000a00fc00000000000000000000000000000104e4000420101000",
            "srv6-endx [ behavior 5 flags 0x80 algorithm 0 weight 10 sid fc00::1 structure [ 32 16 16 0 ] ]",
            json!({"srv6-endx": [{"flags": end_x.clone(), "behavior": 5, "algorithm": 0, "weight": 10, "sid": "fc00::1", "srv6-sid-structure": structure.clone()}]}),
        ),
        (
            "0452001e0005ff800a00fc00000000000000000000000000000100630004deadbeef",
            "srv6-endx [ behavior 5 flags 0xff algorithm 128 weight 10 sid fc00::1 tlv 99 0xdeadbeef ]",
            json!({"srv6-endx": [{"flags": {"B": 1, "S": 1, "P": 1, "RSV": 0}, "behavior": 5, "algorithm": 128, "weight": 10, "sid": "fc00::1", "subtlv-not-implemented-99": "0xDEADBEEF"}]}),
        ),
        (
            "04530024000580000a00010203040506fc00000000000000000000000000000104e4000420101000",
            "srv6-lan-endx-isis [ behavior 5 flags 0x80 algorithm 0 weight 10 system-id 0x010203040506 sid fc00::1 structure [ 32 16 16 0 ] ]",
            json!({"srv6-lan-endx-isis": [{"flags": end_x.clone(), "neighbor-id": "010203040506", "behavior": 5, "algorithm": 0, "weight": 10, "sid": "fc00::1", "srv6-sid-structure": structure.clone()}]}),
        ),
        (
            "04540022000580000a000a000009fc00000000000000000000000000000104e4000420101000",
            "srv6-lan-endx-ospf [ behavior 5 flags 0x80 algorithm 0 weight 10 neighbor-id 10.0.0.9 sid fc00::1 structure [ 32 16 16 0 ] ]",
            json!({"srv6-lan-endx-ospf": [{"flags": end_x, "neighbor-id": "10.0.0.9", "behavior": 5, "algorithm": 0, "weight": 10, "sid": "fc00::1", "srv6-sid-structure": structure.clone()}]}),
        ),
        (
            "045a000480000064",
            "link-delay [ flags 0x80 delay 100 ]",
            json!({"generic-lsid-1114": ["0x80000064"]}),
        ),
        (
            "045b00080000000a00000014",
            "link-delay-min-max [ flags 0x00 min 10 max 20 ]",
            json!({"generic-lsid-1115": ["0x0000000A00000014"]}),
        ),
        ("045e000449742400", "residual-bandwidth 1000000", json!({"generic-lsid-1118": ["0x49742400"]})),
        ("0480000180", "igp-flags 0x80", json!({"igp-flags": {"D": 1, "N": 0, "L": 0, "P": 0, "RSV": 0}})),
        ("048100080000000100000002", "route-tags [ 1 2 ]", json!({"igp-route-tags": [1, 2]})),
        ("048200080000000000000005", "extended-route-tags [ 5 ]", json!({"igp-extended-route-tags": [5]})),
        ("0483000400000014", "prefix-metric 20", json!({"prefix-metric": 20})),
        (
            "048400040a000003",
            "ospf-forwarding-address 10.0.0.3",
            json!({"ospf-forwarding-address": "10.0.0.3"}),
        ),
        ("04850002cafe", "opaque-prefix 0xcafe", json!({"opaque-prefix": "\u{fffd}\u{fffd}"})),
        (
            "048600084000000000000064",
            "prefix-sid [ flags 0x40 algorithm 0 sids [ 100 ] ]",
            json!({"sr-prefix-flags": {"R": 0, "N": 1, "P": 0, "E": 0, "V": 0, "L": 0, "RSV": 0}, "sids": [100], "undecoded-sids": [], "sr-algorithm": 0}),
        ),
        (
            "048a0008800000000000000a",
            "srv6-locator [ flags 0x80 algorithm 0 metric 10 ]",
            json!({"srv6-locator": {"flags": {"D": 1, "RSV": 0}, "algorithm": 0, "metric": 10}}),
        ),
        (
            "0492000120",
            "prefix-attribute-flags 0x20",
            json!({"sr-prefix-attribute-flags": {"X": 0, "R": 0, "N": 1, "RSV": 0}}),
        ),
        ("049300040a000004", "source-router-id 10.0.0.4", json!({"sr-source-router-id": "10.0.0.4"})),
        (
            "04e2000400050000",
            "srv6-endpoint-behavior [ behavior 5 flags 0x00 algorithm 0 ]",
            json!({"srv6-endpoint-behavior": {"endpoint-behavior": 5, "flags": [], "algorithm": 0}}),
        ),
        ("04e4000420101000", "srv6-sid-structure [ 32 16 16 0 ]", json!({"srv6-sid-structure": structure})),
        ("270f00020102", "tlv 9999 0x0102", json!({"generic-lsid-9999": ["0x0102"]})),
    ]
}

#[test]
fn each_tlv_is_shown_as_exabgp_does_and_has_a_text() {
    for (hex, text, members) in vectors() {
        let value = octets(hex);
        assert_eq!(check(&value), Ok(()), "{text}");
        assert_eq!(shown(&value), members, "{text}");
        let text = format!("bgp-ls [ {text} ]");
        assert_eq!(printed::<BgpLs>(&value), text);
        assert_eq!(parsed::<BgpLs>(text.strip_prefix("bgp-ls ").unwrap()), Ok(value), "{text}");
    }
}

#[test]
fn the_table_is_in_order_and_each_row_has_a_value() {
    assert!(TABLE.is_sorted_by(|a, b| a.code < b.code));
    for row in TABLE {
        // 192 octets are enough for any fixed part; one length at least is right.
        let lengths = (0..192).filter(|n| row.shape.fits(&vec![0; *n])).count();
        assert!(lengths > 0, "{row:?}");
    }
}

#[test]
fn several_of_one_type() {
    let value = octets(concat!(
        "040400040a000001",
        "0402000161",
        "0405001020010db8000000000000000000000001",
        "270f000101",
        "0402000162",
        "270f000102"
    ));
    assert_eq!(
        emitted::<BgpLs>(&value),
        "{ \"local-te-router-ids\": [\"10.0.0.1\", \"2001:db8::1\"], \"generic-lsid-9999\": [\"0x01\", \"0x02\"], \
         \"node-name\": \"b\" }"
    );
    // Two TLVs have a member of the same name.
    let value = octets("040a000c8000001f4004890003003e80048600084000000000000064");
    assert_eq!(emitted::<BgpLs>(&value).matches("\"sids\"").count(), 1);
}

#[test]
fn malformed_ones_are_discarded() {
    for hex in [
        "0402000a0102",
        "0402",
        "040000020000",
        "0404000501020304ff",
        "04030000",
        "044000030000ff",
        "0443001c00000000000000000000000000000000000000000000000000000000",
        "0447000400000000",
        "04480003000000",
        "044b0003300000",
        "04520015000580000a00fc0000000000000000000000000000",
        "0452001a000580000a00fc00000000000000000000000000000104e40004",
        "040a0009800000003e80048900",
        "04e400032010",
    ] {
        let fault = check(&octets(hex)).unwrap_err();
        assert_eq!(fault.treatment, Treatment::Discard, "{hex}");
    }
}

#[test]
fn wrong_texts_are_refused_at_the_word() {
    for (text, word) in [
        ("node-name rtr1", "node-name"),
        ("[ node-name rtr1", ""),
        ("[ bogus 1 ]", "bogus"),
        ("[ te-metric x ]", "x"),
        ("[ te-metric 4294967296 ]", "4294967296"),
        ("[ igp-metric 16777216 ]", "16777216"),
        ("[ local-router-id 10.0.0 ]", "10.0.0"),
        ("[ maximum-link-bandwidth fast ]", "fast"),
        ("[ node-flags 0x9000 ]", "0x9000"),
        ("[ node-flags 90 ]", "90"),
        ("[ unreserved-bandwidth [ 1 2 x ] ]", "x"),
        ("[ sr-adj 5 ]", "5"),
        ("[ sr-adj [ bogus 5 ] ]", "bogus"),
        ("[ sr-adj [ weight 256 ] ]", "256"),
        ("[ sr-adj [ weight 1 weight 1 ] ]", "weight"),
        ("[ sr-adj [ flags 0x10 sids [ 5 ] ] ]", "5"),
        ("[ sr-adj [ flags 0x30 sids [ 1048576 ] ] ]", "1048576"),
        ("[ srv6-endx [ behavior 5 ] ]", "]"),
        ("[ srv6-endx [ behavior 5 sid 10.0.0.1 ] ]", "10.0.0.1"),
        ("[ srv6-endx [ sid fc00::1 structure [ 1 2 3 ] ] ]", "structure"),
        ("[ srv6-sid-structure 1 ]", "1"),
        ("[ sr-capabilities [ ranges [ 16000 ] ] ]", "16000"),
        ("[ tlv 70000 0x ]", "70000"),
        ("[ tlv 1 2 ]", "2"),
    ] {
        let error = parsed::<BgpLs>(text).unwrap_err();
        assert_eq!(error.word, word, "{text}: {error}");
    }
}

/// TLVs of the table, and others, mostly with lengths that they can have.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let codes: Vec<u16> = TABLE.iter().map(|row| row.code).chain([9999]).collect();
    let octet = prop_oneof![2 => 0..8_u8, 1 => any::<u8>()];
    let tlv = (prop::sample::select(codes), vec(octet, 0..48)).prop_map(|(code, mut value)| {
        if let Some(row) = row(code) {
            while !value.is_empty() && !row.shape.fits(&value) {
                value.pop();
            }
        }
        let mut out = Vec::new();
        assert!(tlv::push(code, &value, &mut out));
        out
    });
    vec(tlv, 0..5).prop_map(|all| all.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn octets_text_octets(value in value()) {
        let text = printed::<BgpLs>(&value);
        let back = parsed::<BgpLs>(text.strip_prefix("bgp-ls ").unwrap());
        prop_assert_eq!(back.as_deref(), Ok(&value[..]), "{}", text);
        shown(&value);
    }

    #[test]
    fn any_octets(value in vec(any::<u8>(), 0..80)) {
        let _ = (check(&value), printed::<BgpLs>(&value), shown(&value));
    }
}
