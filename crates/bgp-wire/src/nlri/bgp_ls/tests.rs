//! Tests of the BGP-LS codec: ExaBGP's decoding vectors, text both ways, and octets of every kind.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::attr::testing::Json;
use crate::nlri::{Nlri, NlriRun};

const FAMILY: Family = Family::BGP_LS;

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn emitted(family: Family, wire: &[u8]) -> serde_json::Value {
    let mut json = Json::default();
    BgpLs::emit(family, wire, None, &mut json);
    serde_json::from_str(&json.text).unwrap()
}

fn parse(family: Family, text: &str) -> Result<Nlri, TextError> {
    let mut words = Words::new(text);
    let nlri = Nlri::parse(family, &mut words)?;
    match words.next_word() {
        None => Ok(nlri),
        Some(word) => Err(TextError::new(word, "left over")),
    }
}

const OSPF: &str = r#"[ { "autonomous-system": 65000 }, { "bgp-ls-identifier": "0" }, { "ospf-area-id": "0.0.0.0" }, { "router-id": "10.0.0.1" } ]"#;
const ISIS: &str =
    r#"[ { "autonomous-system": 65000 }, { "bgp-ls-identifier": "0" }, { "router-id": "000000000001" } ]"#;

/// Octets, members, text.
fn vectors() -> Vec<(&'static str, String, &'static str)> {
    vec![
        (
            "0001002d03000000000000000001000020020000040000fde802010004000000000202000400000000020300040a000001",
            format!(
                r#""ls-nlri-type": "bgpls-node", "l3-routing-topology": 0, "protocol-id": 3, "node-descriptors": {OSPF}"#
            ),
            "node protocol-id ospfv2 identifier 0 local-node [ autonomous-system 65000 bgp-ls-identifier 0 ospf-area-id 0.0.0.0 router-id 10.0.0.1 ]",
        ),
        (
            "000100280200000000000000000100001b020000040000fde802010004000000000203000700000000000101",
            r#""ls-nlri-type": "bgpls-node", "l3-routing-topology": 0, "protocol-id": 2, "node-descriptors": [ { "autonomous-system": 65000 }, { "bgp-ls-identifier": "0" }, { "router-id": "00000000000101", "psn": "1" } ]"#.into(),
            "node protocol-id isis-l2 identifier 0 local-node [ autonomous-system 65000 bgp-ls-identifier 0 router-id 00000000000101 ]",
        ),
        (
            "0001003103000000000000000001000024020000040000fde802010004000000000202000400000000020300080a0000010a000002",
            r#""ls-nlri-type": "bgpls-node", "l3-routing-topology": 0, "protocol-id": 3, "node-descriptors": [ { "autonomous-system": 65000 }, { "bgp-ls-identifier": "0" }, { "ospf-area-id": "0.0.0.0" }, { "router-id": "10.0.0.1", "designated-router-id": "10.0.0.2" } ]"#.into(),
            "node protocol-id ospfv2 identifier 0 local-node [ autonomous-system 65000 bgp-ls-identifier 0 ospf-area-id 0.0.0.0 router-id 10.0.0.1/10.0.0.2 ]",
        ),
        (
            "0002006d03000000000000000001000020020000040000fde802010004000000000202000400000000020300040a00000101010020020000040000fde802010004000000000202000400000000020300040a000002010200080000000100000002010300040a000101010400040a000102",
            format!(
                r#""ls-nlri-type": "bgpls-link", "l3-routing-topology": 0, "protocol-id": 3, "local-node-descriptors": {OSPF}, "remote-node-descriptors": {}, "interface-addresses": [ "10.0.1.1" ], "neighbor-addresses": [ "10.0.1.2" ], "multi-topology-ids": [  ], "link-identifiers": [ {{ "link-local-id": 1, "link-remote-id": 2 }} ]"#,
                OSPF.replace("10.0.0.1", "10.0.0.2")
            ),
            "link protocol-id ospfv2 identifier 0 local-node [ autonomous-system 65000 bgp-ls-identifier 0 ospf-area-id 0.0.0.0 router-id 10.0.0.1 ] remote-node [ autonomous-system 65000 bgp-ls-identifier 0 ospf-area-id 0.0.0.0 router-id 10.0.0.2 ] link-identifiers 1:2 interface-address 10.0.1.1 neighbor-address 10.0.1.2",
        ),
        (
            "000200740200000000000000000100001a020000040000fde80201000400000000020300060000000000010101001b020000040000fde8020100040000000002030007000000000001010105001020010db80000000000000000000000010106001020010db8000000000000000000000001010700020002",
            format!(
                r#""ls-nlri-type": "bgpls-link", "l3-routing-topology": 0, "protocol-id": 2, "local-node-descriptors": {ISIS}, "remote-node-descriptors": [ {{ "autonomous-system": 65000 }}, {{ "bgp-ls-identifier": "0" }}, {{ "router-id": "00000000000101", "psn": "1" }} ], "interface-addresses": [ "2001:db8::1" ], "neighbor-addresses": [ "2001:db8::1" ], "multi-topology-ids": [ 2 ], "link-identifiers": [  ]"#
            ),
            "link protocol-id isis-l2 identifier 0 local-node [ autonomous-system 65000 bgp-ls-identifier 0 router-id 000000000001 ] remote-node [ autonomous-system 65000 bgp-ls-identifier 0 router-id 00000000000101 ] interface-address 2001:db8::1 neighbor-address 2001:db8::1 multi-topology-ids [ 2 ]",
        ),
        (
            "0002003703000000000000000001000010020000040000fde8020300040a00000101010010020000040000fde8020300040a00000203e70002aabb",
            r#""ls-nlri-type": "bgpls-link", "l3-routing-topology": 0, "protocol-id": 3, "local-node-descriptors": [ { "autonomous-system": 65000 }, { "router-id": "10.0.0.1" } ], "remote-node-descriptors": [ { "autonomous-system": 65000 }, { "router-id": "10.0.0.2" } ], "interface-addresses": [  ], "neighbor-addresses": [  ], "multi-topology-ids": [  ], "link-identifiers": [  ]"#.into(),
            "link protocol-id ospfv2 identifier 0 local-node [ autonomous-system 65000 router-id 10.0.0.1 ] remote-node [ autonomous-system 65000 router-id 10.0.0.2 ] tlv 999 0xaabb",
        ),
        (
            "0003003a03000000000000000001000020020000040000fde802010004000000000202000400000000020300040a000001010800010101090004180a0000",
            format!(
                r#""ls-nlri-type": "bgpls-prefix-v4", "l3-routing-topology": 0, "protocol-id": 3, "node-descriptors": {OSPF}, "ip-reachability-tlv": "10.0.0.0", "ip-reach-prefix": "10.0.0.0/24", "ospf-route-type": 1"#
            ),
            "prefix-v4 protocol-id ospfv2 identifier 0 local-node [ autonomous-system 65000 bgp-ls-identifier 0 ospf-area-id 0.0.0.0 router-id 10.0.0.1 ] ospf-route-type 1 prefix 10.0.0.0/24",
        ),
        (
            "0004003f03000000000000000001000020020000040000fde802010004000000000202000400000000020300040a0000010108000102010900094020010db800000001",
            format!(
                r#""ls-nlri-type": "bgpls-prefix-v6", "l3-routing-topology": 0, "protocol-id": 3, "node-descriptors": {OSPF}, "ip-reachability-tlv": "2001:db8:0:1::", "ip-reach-prefix": "2001:db8:0:1::/64", "ospf-route-type": 2"#
            ),
            "prefix-v6 protocol-id ospfv2 identifier 0 local-node [ autonomous-system 65000 bgp-ls-identifier 0 ospf-area-id 0.0.0.0 router-id 10.0.0.1 ] ospf-route-type 2 prefix 2001:db8:0:1::/64",
        ),
        (
            "000600410200000000000000000100001a020000040000fde802010004000000000203000600000000000101070002000202060010fc000000000000000000000000000001",
            format!(
                r#""ls-nlri-type": "bgpls-srv6sid", "l3-routing-topology": 0, "protocol-id": 2, "node-descriptors": {ISIS}, "srv6-sid-descriptors": {{"multi-topology-ids": ["2"], "srv6-sid": "fc00::1"}}"#
            ),
            "srv6-sid protocol-id isis-l2 identifier 0 local-node [ autonomous-system 65000 bgp-ls-identifier 0 router-id 000000000001 ] multi-topology-ids [ 2 ] srv6-sid fc00::1",
        ),
        (
            "0009001d03000000000000000001000010020000040000fde8020300040a000001",
            r#""code": 9, "parsed": false, "raw": "0009001D03000000000000000001000010020000040000FDE8020300040A000001""#.into(),
            "raw 0x0009001d03000000000000000001000010020000040000fde8020300040a000001",
        ),
        // Those that end a session of the original: kept, as RFC 9552 section 8.2.2 has it.
        (
            "0001002507000000000000000001000018020000040000fde8020400040a000001020500040000fde8",
            r#""ls-nlri-type": "bgpls-node", "l3-routing-topology": 0, "protocol-id": 7, "node-descriptors": [ { "autonomous-system": 65000 }, { "bgp-router-id": "10.0.0.1" }, { "confederation-member-as": 65000 } ]"#.into(),
            "node protocol-id bgp identifier 0 local-node [ autonomous-system 65000 bgp-router-id 10.0.0.1 confederation-member-as 65000 ]",
        ),
        (
            "0001002363000000000000000001000016020000040000fde8020300040a00000103e700020102",
            r#""ls-nlri-type": "bgpls-node", "l3-routing-topology": 0, "protocol-id": 99, "node-descriptors": [ { "autonomous-system": 65000 }, { "router-id": "10.0.0.1" }, { "generic-lsid-999": "0x0102" } ]"#.into(),
            "node protocol-id 99 identifier 0 local-node [ autonomous-system 65000 router-id 10.0.0.1 tlv 999 0x0102 ]",
        ),
    ]
}

#[test]
fn vectors_are_emitted_as_exabgp_does_and_have_a_text() {
    for (hex, members, text) in vectors() {
        let wire = octets(hex);
        let mut r = Reader::new(&wire);
        assert_eq!(BgpLs::split(FAMILY, &mut r).map(<[u8]>::len), Ok(wire.len()), "{hex}");
        let expected: serde_json::Value = serde_json::from_str(&format!("{{ {members} }}")).unwrap();
        assert_eq!(emitted(FAMILY, &wire), expected);
        let nlri = parse(FAMILY, text).unwrap();
        assert_eq!(nlri.to_string(), text);
        assert_eq!(nlri.wire(), wire, "{text}");
    }
}

#[test]
fn members_stand_in_the_order_of_the_original() {
    let mut json = Json::default();
    BgpLs::emit(FAMILY, &octets(vectors()[6].0), Some(5), &mut json);
    let keys: Vec<_> = json.text.split('"').filter(|k| json.text.contains(&format!("\"{k}\":"))).collect();
    assert_eq!(
        keys,
        [
            "ls-nlri-type",
            "l3-routing-topology",
            "protocol-id",
            "node-descriptors",
            "autonomous-system",
            "bgp-ls-identifier",
            "ospf-area-id",
            "router-id",
            "ip-reachability-tlv",
            "ip-reach-prefix",
            "ospf-route-type",
            "path-information"
        ]
    );
}

#[test]
fn the_vpn_family_has_a_route_distinguisher() {
    let wire = octets(
        "000100350000fde80000000103000000000000000001000020020000040000fde802010004000000000202000400000000020300040a000001",
    );
    let json = emitted(Family::BGP_LS_VPN, &wire);
    assert_eq!(json["rd"], "65000:1");
    assert_eq!(json["node-descriptors"][3]["router-id"], "10.0.0.1");
    let text = "node rd 65000:1 protocol-id ospfv2 identifier 0 local-node [ autonomous-system 65000 bgp-ls-identifier 0 ospf-area-id 0.0.0.0 router-id 10.0.0.1 ]";
    let nlri = parse(Family::BGP_LS_VPN, text).unwrap();
    assert_eq!((nlri.wire(), nlri.to_string().as_str()), (&wire[..], text));
    assert_eq!(parse(FAMILY, text).unwrap_err().word, "rd");
    assert_eq!(parse(Family::BGP_LS_VPN, &text.replace("rd 65000:1 ", "")).unwrap_err().word, "");
}

#[test]
fn fields_come_in_any_order() {
    let sorted = "link protocol-id isis-l1 identifier 7 local-node [ autonomous-system 1 router-id 0000.0000.0001 ] remote-node [ router-id 000000000002 ] link-identifiers 1:2 interface-address 10.0.0.1";
    let mixed = "link interface-address 10.0.0.1 remote-node [ router-id 0000.0000.0002 ] identifier 7 link-identifiers 1:2 local-node [ router-id 000000000001 autonomous-system 1 ] protocol-id 1";
    assert_eq!(parse(FAMILY, sorted).unwrap(), parse(FAMILY, mixed).unwrap());
    let mut words = Words::new("node protocol-id bgp local-node [ autonomous-system 1 ] next-hop 10.0.0.1");
    Nlri::parse(FAMILY, &mut words).unwrap();
    assert_eq!(words.rest(), "next-hop 10.0.0.1");
}

#[test]
fn wrong_texts_are_refused_at_the_word() {
    for (text, word) in [
        ("", ""),
        ("bogus", "bogus"),
        ("node local-node [ autonomous-system 1 ]", ""),
        ("node protocol-id bogus", "bogus"),
        ("node protocol-id 256", "256"),
        ("node protocol-id bgp", ""),
        ("node protocol-id bgp next-hop 10.0.0.1", "next-hop"),
        ("node protocol-id bgp protocol-id bgp local-node [ ]", "protocol-id"),
        ("node protocol-id bgp local-node autonomous-system 1", "autonomous-system"),
        ("node protocol-id bgp local-node [ bogus 1 ]", "bogus"),
        ("node protocol-id bgp local-node [ autonomous-system 1", ""),
        ("node protocol-id bgp local-node [ router-id 10.0.0 ]", "10.0.0"),
        ("node protocol-id bgp identifier -1 local-node [ ]", "-1"),
        ("link protocol-id bgp local-node [ ]", ""),
        ("link protocol-id bgp local-node [ ] remote-node [ ] link-identifiers 1", "1"),
        ("link protocol-id bgp local-node [ ] remote-node [ ] multi-topology-ids 4096", "4096"),
        ("prefix-v4 protocol-id bgp local-node [ ] prefix 2001:db8::/32", "2001:db8::/32"),
        ("prefix-v4 protocol-id bgp local-node [ ]", ""),
        ("srv6-sid protocol-id bgp local-node [ ] srv6-sid 10.0.0.1", "10.0.0.1"),
        ("node protocol-id bgp local-node [ ] tlv 65536 0x", "65536"),
        ("node protocol-id bgp local-node [ ] tlv 1 0x0", "0x0"),
        ("raw 0x00010005", "0x00010005"),
    ] {
        let error = parse(FAMILY, text).unwrap_err();
        assert_eq!(error.word, word, "{text}: {error}");
    }
}

fn push(code: u16, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(tlv::push(code, value, &mut out));
    out
}

/// TLVs with the lengths that known ones have, or others.
fn tlvs(codes: &'static [(u16, usize)]) -> impl Strategy<Value = Vec<u8>> {
    let right = prop::sample::select(codes)
        .prop_flat_map(|(code, length)| vec(any::<u8>(), length).prop_map(move |v| push(code, &v)));
    let odd = (510..520_u16, vec(any::<u8>(), 0..9)).prop_map(|(code, v)| push(code, &v));
    let prefix = (0..=32_u8, any::<[u8; 4]>()).prop_map(|(length, address)| {
        let mut value = vec![length];
        value.extend_from_slice(&address[..usize::from(length.div_ceil(8))]);
        push(265, &value)
    });
    vec(prop_oneof![12 => right, 1 => odd, 2 => prefix], 0..5).prop_map(|all| all.concat())
}

const NODE_TLVS: &[(u16, usize)] =
    &[(512, 4), (513, 4), (514, 4), (515, 4), (515, 6), (515, 7), (515, 8), (516, 4), (517, 4)];
const OTHER_TLVS: &[(u16, usize)] =
    &[(258, 8), (259, 4), (260, 4), (261, 16), (262, 16), (263, 2), (263, 6), (264, 1), (518, 16), (999, 3)];

/// A route of any type and family, right or nearly so.
fn route() -> impl Strategy<Value = (Family, Vec<u8>)> {
    let head = (any::<bool>(), 1..8_u16, any::<[u8; 8]>(), 0..11_u8, any::<[u8; 8]>(), any::<bool>());
    (head, tlvs(NODE_TLVS), tlvs(NODE_TLVS), tlvs(OTHER_TLVS)).prop_map(
        |((vpn, code, rd, protocol, id, sorted), local, remote, rest)| {
            let mut all = [push(LOCAL_NODE, &local), rest].concat();
            if code == 2 {
                all.extend(push(REMOTE_NODE, &remote));
            }
            if sorted {
                let mut each: Vec<_> = Tlvs(&all).collect();
                each.sort_unstable();
                all = each.iter().flat_map(|(code, value)| push(*code, value)).collect();
            }
            let rd = if vpn { &rd[..] } else { &[] };
            let family = if vpn { Family::BGP_LS_VPN } else { FAMILY };
            (family, push(code, &[rd, &[protocol], &id, &all].concat()))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn octets_text_octets((family, wire) in route()) {
        let nlri = Nlri::from_wire(family, None, &wire);
        let text = nlri.to_string();
        let back = parse(family, &text).unwrap();
        prop_assert_eq!(back.wire(), &wire[..], "{}", text);
        prop_assert_eq!(back.to_string(), text);
        let json = emitted(family, &wire);
        prop_assert_eq!(json["parsed"] != false, Parts::read(family, &wire).is_some());
    }

    #[test]
    fn any_octets(octets in vec(prop_oneof![2 => 0..9_u8, 1 => any::<u8>()], 0..60), vpn: bool) {
        let family = if vpn { Family::BGP_LS_VPN } else { FAMILY };
        let mut text = String::new();
        BgpLs::print(family, &octets, None, &mut text);
        emitted(family, &octets);
        if let Ok(run) = NlriRun::check(family, false, &octets, 0) {
            for nlri in &run {
                let back = parse(family, &nlri.to_string()).unwrap();
                prop_assert_eq!(back.wire(), nlri.wire);
            }
        }
    }
}
