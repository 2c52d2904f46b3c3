//! The decode vectors of the specification's appendix B, where it is at hand: what ExaBGP 5.0 says of an UPDATE. Where
//! we differ each one is named here; `docs/differences.md` says why.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bgp_wire::{DecodeCtx, Family, FamilySet};
use serde_json::Value;

use super::common;

/// Vectors that 5.0 has JSON for and we other JSON, or none.
const DIFFERENT: &[(&str, &str)] = &[
    ("B14", "confederation segments have their names"),
    ("B19", "3/2 for an unknown well-known attribute"),
    ("B24", "AS4_AGGREGATOR means nothing on a session with four-octet AS numbers"),
    ("B28", "tunnel encapsulation is known: this one is malformed"),
    ("B36", "OTC is known: this one is malformed"),
    ("B37", "ATTR_SET is known: this one is malformed"),
    ("B47", "the two parts of an origin in their order"),
    ("B50", "communities without a name are shown as octets"),
    ("B51", "the same"),
    ("B54", "the same"),
    ("B58", "the same"),
    ("B63", "the same"),
    ("B67", "the same"),
    ("B68", "the same"),
    ("B69", "the same"),
    ("B70", "the same"),
    ("B71", "rate-limit in packets has a name"),
    ("B72", "communities without a name are shown as octets"),
    ("B73", "the same"),
    ("B75", "the same"),
    ("B76", "the same"),
    ("B78", "the same"),
    ("B99", "a flow rule's next hop is the key of the list"),
    ("B102", "3/10 for an unknown component"),
    ("B103", "the same"),
    ("B122", "multicast VPN type 1 is decoded"),
    ("B149", "an IPv6 prefix with offset is read as RFC 8956 has it"),
    ("B156", "3/10 for components out of order"),
    ("B157", "3/10 for a component cut short"),
    ("B189", "ORIGIN 3 is treated as withdrawn"),
    ("B190", "ORIGIN of two octets is treated as withdrawn"),
    ("B195", "an empty segment is treated as withdrawn"),
    ("B197", "next hop 0.0.0.0 is treated as withdrawn"),
    ("B198", "no next hop is treated as withdrawn"),
    ("B199", "no ORIGIN is treated as withdrawn"),
    ("B224", "COMMUNITIES with wrong flags are treated as withdrawn"),
    ("B228", "3/2 for an unknown well-known attribute"),
    ("B244", "AS 0 is treated as withdrawn"),
    ("B245", "a malformed attribute counts for all families"),
];

/// Of the families that the vectors have NLRI with path identifiers of.
fn context(section: &str) -> DecodeCtx {
    let set = |families: &[Family]| families.iter().copied().collect::<FamilySet>();
    let plain = DecodeCtx { aigp: false, ..DecodeCtx::default() };
    if section.contains("without asn4") {
        DecodeCtx { asn4: false, ..plain }
    } else if section.contains("aigp") {
        DecodeCtx { aigp: true, ..plain }
    } else if section.contains("add-path") {
        let families = [
            Family::IPV4_UNICAST,
            Family::IPV6_UNICAST,
            Family::IPV4_NLRI_MPLS,
            Family::IPV6_NLRI_MPLS,
            Family::IPV4_MPLS_VPN,
            Family::IPV6_MPLS_VPN,
            Family::IPV4_MUP,
        ];
        DecodeCtx { add_path: set(&families), ..plain }
    } else if section.contains("extended next-hop") {
        DecodeCtx { extended_next_hop: set(&[Family::IPV4_UNICAST, Family::IPV4_MPLS_VPN]), ..plain }
    } else {
        plain
    }
}

const AS_PATH: &str = r#""as-path": {"0": {"element": "as-sequence", "value": [65000, 65001, 70000]}}"#;

#[test]
fn what_exabgp_says_is_said() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/spec/exabgp-wire-and-api.md");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("SKIPPED: {path} is not there");
        return;
    };
    let (mut compared, mut different, mut told) = (0, BTreeSet::new(), String::new());
    let (mut name, mut octets, mut ctx) = ("", Vec::new(), context(""));
    for line in text[text.find("## Appendix B").unwrap()..].lines() {
        if line.starts_with("**— session") {
            ctx = context(line);
        } else if let Some((head, _)) = line.split_once(". ").filter(|(head, _)| {
            head.strip_prefix('B').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        }) {
            name = head;
        } else if let Some(hex) = line.strip_prefix("  - hex `") {
            octets = common::octets(hex.trim_end_matches('`'));
        } else if let Some(json) =
            ["  - 5.0 `", "  - both `"].iter().find_map(|start| line.strip_prefix(start))
        {
            let json = json
                .trim_end_matches('`')
                .replace("AP,", &format!("{AS_PATH},"))
                .replace("AP }", &format!("{AS_PATH} }}"));
            // What is no JSON there is not compared.
            let Ok(expected) = serde_json::from_str::<Value>(&json) else { continue };
            compared += 1;
            let line = super::line_in("json", &common::message(2, &octets), &ctx);
            let ours =
                line.map(|line| serde_json::from_str::<Value>(&line).unwrap()["neighbor"]["message"].clone());
            if ours.as_ref() != Some(&expected) {
                different.insert(name);
                let _ = writeln!(told, "{name} ours {ours:?}\ntheirs {expected}");
            }
        }
    }
    let known: BTreeSet<&str> = DIFFERENT.iter().map(|(name, _)| *name).collect();
    assert_eq!(different, known, "vectors that differ, and those that are known to: {told}");
    assert!(compared > 190, "{compared}");
}
