//! The encode vectors of the specification's appendix A, where it is at hand: what ExaBGP 5.0 sends for a command. Where
//! we differ each one is named here, with why; `docs/differences.md` has the same rows for users.

use std::collections::BTreeSet;

use bgp_wire::ctx::Sequence;
use bgp_wire::msg::update::{announce, decode, withdraw};
use bgp_wire::{Asn, DecodeCtx, EncodeCtx, Nlri, PeerKind};
use route_text::{Action, Words, parse_line};

/// Vectors whose octets differ, or that ExaBGP can't send and we can.
const DIFFERENT: &[(&str, &str)] = &[
    ("A6", "IPv4 multicast stands in MP_REACH_NLRI"),
    ("A12", "IPv4 multicast stands in MP_REACH_NLRI"),
    ("A14", "announce ipv4 mpls-vpn is of mpls-vpn"),
    ("A16", "announce ipv6 mpls-vpn is of mpls-vpn"),
    ("A18", "IPv6 multicast is sent"),
    ("A22", "a withdrawal needs no next hop"),
    ("A26", "label 0x800000 in a withdrawal"),
    ("A28", "NLRI as written: the route store sorts them where ExaBGP's sequence is asked for"),
    ("A47", "a prefix with offset begins at the offset"),
    ("A51", "flow-vpn in one line"),
    ("A58", "the word true is a match"),
    ("A60", "rate-limit in packets"),
    ("A63", "next-hop self of a VPLS"),
    ("A77", "SR policy"),
    ("A78", "SR policy"),
    ("A83", "one AS number without brackets"),
    ("A85", "a set among the numbers"),
    ("A91", "one AS number without brackets"),
    ("A92", "one AS number without brackets"),
    ("A121", "color has a word"),
    ("A122", "color has a word"),
    ("A124", "mac-mobility has a word"),
    ("A125", "encap has a word"),
    ("A127", "rate-limit has a word"),
    ("A175", "IPv4 multicast stands in MP_REACH_NLRI"),
];

/// One vector: name, command, whether the session is external, what 5.0 sends (nothing where it fails).
struct Vector {
    name: String,
    command: String,
    external: bool,
    sent: Vec<Vec<u8>>,
}

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn vectors(text: &str) -> Vec<Vector> {
    let start = text.find("## Appendix A").unwrap();
    let end = text.find("## Appendix B").unwrap();
    let mut vectors: Vec<Vector> = Vec::new();
    for line in text[start..end].lines() {
        let head = line.split_once(". ").filter(|(name, _)| {
            name.strip_prefix('A').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        });
        if let Some((name, rest)) = head {
            vectors.push(Vector {
                name: name.to_owned(),
                command: quoted(rest).next().unwrap().to_owned(),
                external: rest.ends_with("(eBGP)"),
                sent: Vec::new(),
            });
        } else if let (Some(sent), Some(vector)) = (line.strip_prefix("  - 5.0 "), vectors.last_mut()) {
            // `…` / `…`; main `…`
            let five = sent.split(';').next().unwrap();
            if five.starts_with('`') {
                vector.sent = quoted(five).map(octets).collect();
            }
        }
    }
    vectors
}

/// The bodies of what we send; nothing where we refuse.
fn ours(vector: &Vector) -> Vec<Vec<u8>> {
    let ctx = EncodeCtx {
        local_as: Asn(65000),
        peer: if vector.external { PeerKind::External } else { PeerKind::Internal },
        aigp: true,
        self_v4: Some([127, 0, 0, 2].into()),
        sequence: Sequence::ExaBgp5,
        ..EncodeCtx::default()
    };
    let (verb, route) = vector.command.split_once(' ').unwrap();
    let action = if verb == "announce" { Action::Announce } else { Action::Withdraw };
    let Ok(routes) = parse_line(&mut Words::new(route), action) else { return Vec::new() };
    let family = routes.nlris[0].family();
    let nlris = routes.nlris.iter().map(Nlri::as_ref);
    let mut out = Vec::new();
    let sent = match action {
        Action::Announce => announce(&ctx, &routes.clause.attributes, family, nlris, &mut out),
        Action::Withdraw => withdraw(&ctx, family, nlris, &mut out),
    };
    if sent.is_err() {
        return Vec::new();
    }
    let mut bodies = Vec::new();
    let mut rest = out.as_slice();
    while !rest.is_empty() {
        let (message, tail) = rest.split_at(usize::from(u16::from_be_bytes([rest[16], rest[17]])));
        bodies.push(message[19..].to_vec());
        rest = tail;
    }
    bodies
}

/// Of withdrawals what is withdrawn: ExaBGP sends attributes too, which mean nothing.
fn withdrawn(bodies: &[Vec<u8>]) -> Vec<Nlri> {
    let ctx = DecodeCtx::default();
    bodies
        .iter()
        .flat_map(|body| {
            let update = decode(body, &ctx).unwrap();
            update.withdrawals().map(|(_, _, nlri)| nlri.to_owned()).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn what_exabgp_sends_is_sent() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/spec/exabgp-wire-and-api.md");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("SKIPPED: {path} is not there");
        return;
    };
    let vectors = vectors(&text);
    assert_eq!(vectors.len(), 175);
    let mut different = BTreeSet::new();
    for vector in &vectors {
        let ours = ours(vector);
        let same = if vector.command.starts_with("withdraw") && !vector.sent.is_empty() && !ours.is_empty() {
            withdrawn(&vector.sent) == withdrawn(&ours)
        } else {
            vector.sent == ours
        };
        if !same {
            different.insert(vector.name.as_str());
        }
    }
    let known: BTreeSet<&str> = DIFFERENT.iter().map(|(name, _)| *name).collect();
    assert_eq!(different, known, "vectors that differ, and those that are known to");
}
