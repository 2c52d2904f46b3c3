//! The routes of an UPDATE: by family, then by next hop.
//!
//! An UPDATE has up to four fields with routes, and two of them can be of one family: a key must not stand twice, so
//! fields are gathered by key. Plain prefixes, which are nearly all routes there are, are written without going
//! through [`Emit`](bgp_wire::emit::Emit); a test holds both ways together.

use std::net::IpAddr;

use bgp_wire::attr::NextHop;
use bgp_wire::emit::{Emit as _, Spacing};
use bgp_wire::nlri::{NlriRun, inet};
use bgp_wire::{Afi, Family, NlriRef, Safi};

use crate::encode::address;
use crate::encode::writer::JsonWriter;

/// Appends `{ "<family>": { "<next hop>": [ <nlri>, … ] } }`.
pub(super) fn announce<'a, I>(runs: impl Fn() -> I, out: &mut Vec<u8>)
where
    I: Iterator<Item = (NextHop, NlriRun<'a>)>,
{
    out.push(b'{');
    for family in firsts(|| runs().map(|(_, run)| run.family())) {
        key(b" \"", out);
        family_name(family, out);
        out.extend_from_slice(b"\": {");
        let of_family = || runs().filter(|(_, run)| run.family() == family);
        for next_hop in firsts(|| of_family().flat_map(|(next_hop, _)| keys(next_hop))) {
            key(b" \"", out);
            match next_hop {
                None => out.extend_from_slice(b"no-nexthop"),
                Some(address) => address::ip(address, out),
            }
            out.extend_from_slice(b"\": ");
            list(of_family().filter(|(n, _)| keys(*n).any(|k| k == next_hop)).map(|(_, run)| run), out);
        }
        out.extend_from_slice(b" }");
    }
    out.extend_from_slice(b" }");
}

/// Appends `{ "<family>": [ <nlri>, … ] }`.
pub(super) fn withdraw<'a, I>(runs: impl Fn() -> I, out: &mut Vec<u8>)
where
    I: Iterator<Item = (NextHop, NlriRun<'a>)>,
{
    out.push(b'{');
    for family in firsts(|| runs().map(|(_, run)| run.family())) {
        key(b" \"", out);
        family_name(family, out);
        out.extend_from_slice(b"\": ");
        list(runs().map(|(_, run)| run).filter(|run| run.family() == family), out);
    }
    out.extend_from_slice(b" }");
}

/// Appends the start of a key, after a comma unless it is the first.
fn key(start: &[u8], out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.extend_from_slice(start);
}

/// Each value of an iteration of very few, at its first appearance.
fn firsts<T: PartialEq, I: Iterator<Item = T>>(items: impl Fn() -> I) -> impl Iterator<Item = T> {
    items().enumerate().filter_map(move |(i, item)| items().take(i).all(|i| i != item).then_some(item))
}

/// The keys of a next hop; none is that of routes without. Two for a global and a link-local address, as the original
/// has it.
fn keys(next_hop: NextHop) -> impl Iterator<Item = Option<IpAddr>> {
    let (first, second) = match next_hop {
        NextHop::Unset | NextHop::SelfAddress => (None, None),
        NextHop::Address(address) => (Some(address), None),
        NextHop::Pair(global, local) => (Some(global.into()), Some(Some(local.into()))),
    };
    std::iter::once(first).chain(second)
}

fn family_name(family: Family, out: &mut Vec<u8>) {
    match (family.afi.name(), family.safi.name()) {
        (Some(afi), Some(safi)) => {
            out.extend_from_slice(afi.as_bytes());
            out.push(b' ');
            out.extend_from_slice(safi.as_bytes());
        }
        _ => out.extend_from_slice(family.to_string().as_bytes()),
    }
}

/// Whether the routes of a family are prefixes and nothing else.
fn is_plain(family: Family) -> bool {
    matches!(family.afi, Afi::IPV4 | Afi::IPV6) && matches!(family.safi, Safi::UNICAST | Safi::MULTICAST)
}

/// Appends the routes of some fields of one family as a list.
fn list<'a>(runs: impl Iterator<Item = NlriRun<'a>>, out: &mut Vec<u8>) {
    let mut runs = runs.peekable();
    if runs.peek().is_some_and(|run| is_plain(run.family())) {
        out.push(b'[');
        let mut start: &[u8] = b" { \"nlri\": \"";
        for nlri in runs.flat_map(|run| run.iter()) {
            out.extend_from_slice(start);
            plain(nlri, out);
            start = b", { \"nlri\": \"";
        }
        out.extend_from_slice(b" ]");
        return;
    }
    let mut w = JsonWriter::new(out);
    w.begin_list(Spacing::Wide);
    for nlri in runs.flat_map(|run| run.iter()) {
        nlri.emit(&mut w);
    }
    w.end_list();
}

/// Appends what follows `{ "nlri": "`.
fn plain(nlri: NlriRef<'_>, out: &mut Vec<u8>) {
    match inet::prefix(nlri) {
        (IpAddr::V4(address), length) => address::v4_prefix(address, length, out),
        (IpAddr::V6(address), length) => {
            address::v6(address, out);
            out.push(b'/');
            address::number(length.into(), out);
        }
    }
    if let Some(id) = nlri.path_id {
        out.extend_from_slice(b"\", \"path-information\": \"");
        address::v4(id.into(), out);
    }
    out.extend_from_slice(b"\" }");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_prefixes_are_what_their_codec_emits(
            octets: [u8; 16], length in 0u8..=128, path_id: Option<u32>, multicast: bool
        ) {
            let afi = if length <= 32 && octets[0] & 1 == 0 { 1 } else { 2 };
            let family = Family::new(afi, if multicast { 2 } else { 1 });
            let mut bytes = path_id.map_or(Vec::new(), |id| id.to_be_bytes().to_vec());
            bytes.push(length);
            bytes.extend_from_slice(&octets[..usize::from(length.div_ceil(8))]);
            let run = NlriRun::check(family, path_id.is_some(), &bytes, 0).unwrap();
            let mut fast = Vec::new();
            list([run, run].into_iter(), &mut fast);
            let mut emitted = Vec::new();
            let mut w = JsonWriter::new(&mut emitted);
            w.begin_list(Spacing::Wide);
            run.iter().chain(run.iter()).for_each(|nlri| nlri.emit(&mut w));
            w.end_list();
            prop_assert_eq!(String::from_utf8(fast).unwrap(), String::from_utf8(emitted).unwrap());
        }
    }
}
