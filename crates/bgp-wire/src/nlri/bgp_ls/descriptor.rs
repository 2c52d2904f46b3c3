//! The tables of descriptors: those of an NLRI and, inside two of them, those of a node. A row is type, word and kind.

use super::tlv::{self, Tlvs};
use super::value::Kind;
use crate::text::{TextError, Word, Words};

/// Local and remote node descriptors (RFC 9552 sections 5.2.1.2 and 5.2.1.3).
pub(super) const LOCAL_NODE: u16 = 256;
pub(super) const REMOTE_NODE: u16 = 257;
pub(super) const LINK_IDENTIFIERS: u16 = 258;
pub(super) const INTERFACE_V4: u16 = 259;
pub(super) const NEIGHBOR_V4: u16 = 260;
pub(super) const INTERFACE_V6: u16 = 261;
pub(super) const NEIGHBOR_V6: u16 = 262;
pub(super) const TOPOLOGIES: u16 = 263;
pub(super) const OSPF_ROUTE_TYPE: u16 = 264;
pub(super) const PREFIX: u16 = 265;
pub(super) const SRV6_SID: u16 = 518;
pub(super) const ROUTER_ID: u16 = 515;

/// One descriptor.
pub(super) type Row = (u16, &'static str, Kind);

/// Link descriptors (RFC 9552 table 4), prefix descriptors (table 5), SRv6 SID descriptors (RFC 9514 section 6.1).
pub(super) const NLRI: &[Row] = &[
    (LINK_IDENTIFIERS, "link-identifiers", Kind::Pair),
    (INTERFACE_V4, "interface-address", Kind::V4),
    (NEIGHBOR_V4, "neighbor-address", Kind::V4),
    (INTERFACE_V6, "interface-address", Kind::V6),
    (NEIGHBOR_V6, "neighbor-address", Kind::V6),
    (TOPOLOGIES, "multi-topology-ids", Kind::Topologies),
    (OSPF_ROUTE_TYPE, "ospf-route-type", Kind::Octet),
    (PREFIX, "prefix", Kind::Prefix),
    (SRV6_SID, "srv6-sid", Kind::V6),
];

/// Node descriptors (RFC 9552 section 5.2.1.4, RFC 9086 section 4).
pub(super) const NODE: &[Row] = &[
    (512, "autonomous-system", Kind::Asn),
    (513, "bgp-ls-identifier", Kind::Number),
    (514, "ospf-area-id", Kind::V4),
    (ROUTER_ID, "router-id", Kind::RouterId),
    (516, "bgp-router-id", Kind::V4),
    (517, "confederation-member-as", Kind::Asn),
];

/// The row of a type.
pub(super) fn row(table: &'static [Row], code: u16) -> Option<Row> {
    table.iter().find(|(known, ..)| *known == code).copied()
}

/// Whether the octets are node descriptors; unknown ones are always fine.
pub(super) fn is_node(octets: &[u8]) -> bool {
    tlv::all(octets, |code, value| row(NODE, code).is_none_or(|(_, _, kind)| kind.fits(value, true)))
}

/// Appends descriptors as text, each with a leading space. What its own word can't say is written as octets.
pub(super) fn print(octets: &[u8], table: &'static [Row], v4: bool, out: &mut String) {
    for (code, value) in Tlvs(octets) {
        out.push(' ');
        let start = out.len();
        match (code, row(table, code)) {
            (LOCAL_NODE | REMOTE_NODE, _) if table == NLRI && is_node(value) => {
                out.push_str(if code == LOCAL_NODE { "local-node [" } else { "remote-node [" });
                print(value, NODE, v4, out);
                out.push_str(" ]");
            }
            (_, Some((_, name, kind))) if kind.fits(value, v4) => {
                out.push_str(name);
                out.push(' ');
                kind.print(value, v4, out);
            }
            _ => tlv::print(code, value, out),
        }
        let mut words = Words::new(out.get(start..).unwrap_or_default());
        let back = words.next_word().map(|word| one(word, &mut words, table, v4));
        if !matches!(back, Some(Ok(Some((c, v)))) if c == code && v == value) {
            out.truncate(start);
            tlv::print(code, value, out);
        }
    }
}

/// Reads what `word` introduces; `None` when it is no word of a descriptor.
fn one(
    word: Word<'_>,
    words: &mut Words<'_>,
    table: &'static [Row],
    v4: bool,
) -> Result<Option<(u16, Vec<u8>)>, TextError> {
    if word.quoted {
        return Ok(None);
    }
    if word.text == "tlv" {
        return tlv::parse(words).map(Some);
    }
    if table == NLRI && matches!(word.text, "local-node" | "remote-node") {
        let code = if word.text == "local-node" { LOCAL_NODE } else { REMOTE_NODE };
        return node(words).map(|value| Some((code, value)));
    }
    let mut rows = table.iter().filter(|(_, name, _)| word.text == *name);
    let Some((code, _, kind)) = rows.next() else { return Ok(None) };
    // Addresses are of either family: the word is the same, the type is not.
    if let Some((other, _, other_kind)) = rows.next()
        && words.peek().is_some_and(|value| value.text.contains(':'))
    {
        return other_kind.parse(words, v4).map(|value| Some((*other, value)));
    }
    kind.parse(words, v4).map(|value| Some((*code, value)))
}

/// Reads the node descriptors between brackets.
fn node(words: &mut Words<'_>) -> Result<Vec<u8>, TextError> {
    let open = words.expect("the node descriptors")?;
    if !open.is("[") {
        return Err(TextError::new(open, "node descriptors stand between brackets")
            .hint("[ autonomous-system 65000 router-id 10.0.0.1 ]"));
    }
    let out = parse(words, NODE, true)?;
    let close = words.expect("a closing ']'")?;
    if close.is("]") {
        return Ok(out);
    }
    let known: Vec<&str> = NODE.iter().map(|(_, name, _)| *name).collect();
    Err(TextError::new(close, "unknown node descriptor").hint(known.join(", ")))
}

/// Reads descriptors as long as the words are theirs, and puts them into the order of RFC 9552 section 5.1: by type,
/// then by value.
pub(super) fn parse(words: &mut Words<'_>, table: &'static [Row], v4: bool) -> Result<Vec<u8>, TextError> {
    let mut all = Vec::new();
    loop {
        let mut ahead = *words;
        let Some(word) = ahead.next_word() else { break };
        let Some(descriptor) = one(word, &mut ahead, table, v4)? else { break };
        *words = ahead;
        all.push((word, descriptor));
    }
    all.sort_by(|(_, a), (_, b)| a.cmp(b));
    let mut out = Vec::new();
    for (word, (code, value)) in &all {
        if !tlv::push(*code, value, &mut out) {
            return Err(TextError::new(*word, "this is too long for a descriptor"));
        }
    }
    Ok(out)
}
