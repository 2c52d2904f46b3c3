//! BGP-LS in the JSON of ExaBGP 6: other keys, more lists, a route's next hop last.

use bgp_wire::msg::update::{announce, withdraw};
use bgp_wire::text::Words;
use bgp_wire::{EncodeCtx, Family, Nlri};
use route_text::{Action, parse_line};
use serde_json::{Value, json};

use super::common;

const NODE: &str = "node protocol-id ospfv2 local-node [ autonomous-system 65000 router-id 10.0.0.1 ]";
const PREFIX: &str =
    "prefix-v4 protocol-id ospfv2 local-node [ router-id 10.0.0.1 ] prefix 10.1.0.0/16 ospf-route-type 1";

/// The UPDATE object that ExaBGP 6's dialect makes of an UPDATE.
fn update(octets: &[u8]) -> (String, Value) {
    let line = super::line("json-6.0.0", octets).unwrap();
    let event: Value = serde_json::from_str(&line).unwrap();
    (line, event["neighbor"]["message"]["update"].clone())
}

fn route(route: &str, clause: &str) -> (String, Value) {
    let text = format!("bgp-ls bgp-ls {route} next-hop 10.0.0.9 {clause}");
    let routes = parse_line(&mut Words::new(&text), Action::Announce).unwrap();
    let mut out = Vec::new();
    let nlris = routes.nlris.iter().map(Nlri::as_ref);
    announce(&EncodeCtx::default(), &routes.clause.attributes, Family::BGP_LS, nlris, &mut out).unwrap();
    update(&out)
}

#[test]
fn tlvs_by_their_second_names() {
    for (text, expected) in [
        (
            "link-identifiers [ local 1 remote 2 ]",
            json!({"link-local-remote-identifiers": {"local-id": 1, "remote-id": 2}}),
        ),
        ("opaque-node 0xdeadbeef opaque-link 0xcafe", json!({"opaque": "deadbeef", "opaque-link": "cafe"})),
        ("area-id 0x490001 area-id 0x01", json!({"area-ids": ["4784129", "1"]})),
        (
            "local-router-id 10.0.0.1 local-router-id 2001:db8::1",
            json!({"local-router-ids": ["10.0.0.1", "2001:db8::1"]}),
        ),
        (
            "remote-router-id 10.0.0.1 remote-router-id 2001:db8::1",
            json!({"remote-router-ids": ["10.0.0.1", "2001:db8::1"]}),
        ),
        (
            "sr-adj [ flags 0x30 weight 0 sids [ 24001 ] ] sr-adj [ flags 0x30 weight 1 sids [ 24002 ] ]",
            json!({"sr-adjs": [
                {"flags": {"F": 0, "B": 0, "V": 1, "L": 1, "S": 0, "P": 0, "RSV": 0}, "sids": [24001], "weight": 0, "undecoded-sids": []},
                {"flags": {"F": 0, "B": 0, "V": 1, "L": 1, "S": 0, "P": 0, "RSV": 0}, "sids": [24002], "weight": 1, "undecoded-sids": []},
            ]}),
        ),
        (
            "prefix-sid [ flags 0x40 algorithm 0 sids [ 100 ] ]",
            json!({"sr-prefix-sids": [{"sr-prefix-flags": {"R": 0, "N": 1, "P": 0, "E": 0, "V": 0, "L": 0, "RSV": 0},
                "sids": [100], "undecoded-sids": [], "sr-algorithm": 0}]}),
        ),
        (
            "srv6-locator [ flags 0x80 algorithm 0 metric 10 ]",
            json!({"srv6-locators": [{"flags": {"D": 1, "RSV": 0}, "algorithm": 0, "metric": 10}]}),
        ),
        (
            "srv6-endx [ behavior 5 sid fc00::1 tlv 9 0x01 ]",
            json!({"srv6-endx": [{"flags": {"B": 0, "S": 0, "P": 0, "RSV": 0}, "behavior": 5, "algorithm": 0, "weight": 0,
                "sid": "fc00::1", "unknown-subtlv-9": "0x01"}]}),
        ),
        (
            "link-delay [ flags 0x80 delay 100 ] link-delay-min-max [ min 10 max 20 ] delay-variation [ variation 5 ]",
            json!({"unidirectional-link-delay": {"delay-us": 100, "anomalous": true},
                "minmax-unidirectional-link-delay": {"min-delay-us": 10, "max-delay-us": 20, "anomalous": false},
                "unidirectional-delay-variation": 5}),
        ),
        (
            "link-loss [ loss 1000 ] residual-bandwidth 1000000 available-bandwidth 1 utilized-bandwidth 2",
            json!({"unidirectional-link-loss": {"loss-percent": 0.003, "anomalous": false},
                "unidirectional-residual-bandwidth": 1_000_000.0, "unidirectional-available-bandwidth": 1.0,
                "unidirectional-utilized-bandwidth": 2.0}),
        ),
        ("te-metric 10 tlv 9999 0x0102", json!({"te-metric": 10, "generic-lsid-9999": ["0x0102"]})),
    ] {
        let (_, update) = route(NODE, &format!("bgp-ls [ {text} ]"));
        assert_eq!(update["attribute"]["bgp-ls"], expected, "{text}");
    }
}

#[test]
fn lists_come_first() {
    let (line, _) = route(NODE, "bgp-ls [ te-metric 10 local-router-id 10.0.0.1 node-name r tlv 9999 0x01 ]");
    let expected = r#""bgp-ls": { "local-router-ids": ["10.0.0.1"], "generic-lsid-9999": ["0x01"], "te-metric": 10, "node-name": "r" }"#;
    assert!(line.contains(expected), "{line}");
}

#[test]
fn routes_say_their_next_hop_last_and_their_prefix_whole() {
    let (line, update) = route(PREFIX, "");
    assert!(line.contains(r#""ospf-route-type": 1, "nexthop": "10.0.0.9" }"#), "{line}");
    let shown = &update["announce"]["bgp-ls bgp-ls"]["10.0.0.9"][0];
    assert_eq!(shown["ip-reachability-tlv"], "10.1.0.0/16");
    assert!(route(NODE, "").0.contains(r#"], "nexthop": "10.0.0.9" }"#));

    let mut out = Vec::new();
    let nlri = Nlri::parse(Family::BGP_LS, &mut Words::new(PREFIX)).unwrap();
    withdraw(&EncodeCtx::default(), Family::BGP_LS, [nlri.as_ref()], &mut out).unwrap();
    let (line, update) = self::update(&out);
    assert!(update["withdraw"]["bgp-ls bgp-ls"][0].is_object() && !line.contains("nexthop"), "{line}");
}

/// The published decoding cases of BGP-LS, beside the repository where they are at hand.
#[test]
fn what_is_published_is_shown() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/suites/exabgp-main/qa/decoding");
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("SKIPPED: {folder} is not there");
        return;
    };
    let mut seen = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let case = std::fs::read_to_string(&path).unwrap();
        let mut lines = case.lines();
        if !name.starts_with("bgp-ls-") || lines.next() != Some("update bgp-ls bgp-ls") {
            continue;
        }
        let octets = common::octets(lines.next().unwrap());
        let octets = if octets.starts_with(&[0xFF; 16]) { octets } else { common::message(2, &octets) };
        let expected: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        assert_eq!(update(&octets).1, expected["neighbor"]["message"]["update"], "{name}");
        seen += 1;
    }
    assert!(seen >= 7, "{seen}");
}
