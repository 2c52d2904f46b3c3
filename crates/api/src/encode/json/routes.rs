//! The routes of an UPDATE: by family, then by next hop.
//!
//! An UPDATE has up to four fields with routes, and two of them can be of one family: a key must not stand twice, so
//! fields are gathered by key. Plain prefixes, which are nearly all routes there are, are written without going
//! through [`Emit`](bgp_wire::emit::Emit); a test holds both ways together.

use std::net::IpAddr;

use bgp_wire::attr::NextHop;
use bgp_wire::emit::{Emit as _, LinkState, RouteNextHop, Spacing};
use bgp_wire::nlri::{NlriRun, inet};
use bgp_wire::{Afi, Family, NlriRef, Safi};
use smallvec::SmallVec;

use super::flavor::Flavor;
use crate::encode::address;

/// Routes of one field, and where traffic for them goes.
pub(super) type Run<'a> = (NextHop, NlriRun<'a>);

/// Appends `{ "<family>": { "<next hop>": [ <nlri>, … ] } }`.
pub(super) fn announce(flavor: &Flavor, runs: &[Run<'_>], out: &mut Vec<u8>) {
    out.push(b'{');
    for (i, (_, run)) in runs.iter().enumerate() {
        let family = run.family();
        if !is_first(runs, i, family) {
            continue;
        }
        family_key(family, out);
        out.push(b'{');
        // Two fields of two next hops each are the most there can be.
        let mut seen: SmallVec<[Key; 4]> = SmallVec::new();
        let of_family = || runs.iter().filter(|(_, run)| run.family() == family);
        for (next_hop, _) in of_family() {
            for key in keys(*next_hop, flavor.both_next_hops).into_iter().flatten() {
                if seen.contains(&key) {
                    continue;
                }
                seen.push(key);
                next_hop_key(key, out);
                list(
                    flavor,
                    of_family().filter(|(n, _)| keys(*n, flavor.both_next_hops).contains(&Some(key))),
                    key,
                    out,
                );
            }
        }
        out.extend_from_slice(b" }");
    }
    out.extend_from_slice(b" }");
}

/// Appends `{ "<family>": [ <nlri>, … ] }`.
pub(super) fn withdraw(flavor: &Flavor, runs: &[Run<'_>], out: &mut Vec<u8>) {
    out.push(b'{');
    for (i, (_, run)) in runs.iter().enumerate() {
        let family = run.family();
        if is_first(runs, i, family) {
            family_key(family, out);
            list(flavor, runs.iter().filter(|(_, run)| run.family() == family), Key::None, out);
        }
    }
    out.extend_from_slice(b" }");
}

/// Whether no field before the one at `index` has routes of this family.
fn is_first(runs: &[Run<'_>], index: usize, family: Family) -> bool {
    runs.iter().take(index).all(|(_, run)| run.family() != family)
}

/// What the routes with one next hop stand under.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    None,
    Address(IpAddr),
}

/// The keys of a next hop: two for a global and a link-local address, as the original has it.
fn keys(next_hop: NextHop, both: bool) -> [Option<Key>; 2] {
    match next_hop {
        NextHop::Unset | NextHop::SelfAddress => [Some(Key::None), None],
        NextHop::Address(address) => [Some(Key::Address(address)), None],
        NextHop::Pair(global, local) => {
            [Some(Key::Address(global.into())), both.then(|| Key::Address(local.into()))]
        }
    }
}

/// Appends the start of a key, after a comma unless it is the first.
fn key(out: &mut Vec<u8>) {
    out.extend_from_slice(if out.last() == Some(&b'{') { b" \"" } else { b", \"" });
}

fn next_hop_key(next_hop: Key, out: &mut Vec<u8>) {
    key(out);
    match next_hop {
        Key::None => out.extend_from_slice(b"no-nexthop"),
        Key::Address(address) => address::ip(address, out),
    }
    out.extend_from_slice(b"\": ");
}

fn family_key(family: Family, out: &mut Vec<u8>) {
    key(out);
    // The original shows routes of both BGP-LS families under one key; their `rd` tells them apart.
    family_name(if family == Family::BGP_LS_VPN { Family::BGP_LS } else { family }, out);
    out.extend_from_slice(b"\": ");
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

/// Appends the routes of some fields of one family as a list. Some show their next hop once more.
fn list<'r, 'a: 'r>(
    flavor: &Flavor,
    runs: impl Iterator<Item = &'r Run<'a>> + Clone,
    next_hop: Key,
    out: &mut Vec<u8>,
) {
    let runs = runs.map(|(_, run)| run);
    if runs.clone().next().is_some_and(|run| is_plain(run.family())) {
        out.push(b'[');
        let first = out.len();
        for run in runs {
            // About what a prefix takes, so that the buffer grows once.
            out.reserve(run.bytes().len().saturating_mul(9));
            let v4 = run.family().afi == Afi::IPV4;
            for nlri in run {
                let comma = out.len() != first;
                match nlri.wire {
                    _ if flavor.compact && nlri.path_id.is_none() => compact_item(comma, nlri, out),
                    [length, prefix @ ..] if v4 && nlri.path_id.is_none() => {
                        v4_item(comma, *length, prefix, out);
                    }
                    _ => plain_item(comma, nlri, out),
                }
            }
        }
        out.extend_from_slice(b" ]");
        return;
    }
    let mut w = match next_hop {
        // Where next hops come last there is none in a withdrawal.
        Key::None if flavor.link_state == LinkState::Listed => flavor.writer(out),
        Key::None => flavor.writer(out).with_next_hop(RouteNextHop::Unset),
        Key::Address(address) => flavor.writer(out).with_next_hop(RouteNextHop::Address(address)),
    };
    w.begin_list(Spacing::Wide);
    for nlri in runs.flat_map(NlriRun::iter) {
        nlri.emit(&mut w);
    }
    w.end_list();
}

/// What stands before a plain prefix.
const START: &[u8; 13] = b", { \"nlri\": \"";

/// Appends a plain prefix as object, after a comma unless it is the first.
fn plain_item(comma: bool, nlri: NlriRef<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(if comma { START } else { START.strip_prefix(b",").unwrap_or_default() });
    let (address, length) = inet::prefix(nlri);
    address::ip(address, out);
    out.push(b'/');
    address::number(length.into(), out);
    if let Some(id) = nlri.path_id {
        out.extend_from_slice(b"\", \"path-information\": \"");
        address::v4(id.into(), out);
    }
    out.extend_from_slice(b"\" }");
}

/// Appends a plain prefix without path identifier as string.
fn compact_item(comma: bool, nlri: NlriRef<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(if comma { b", \"" } else { b" \"" });
    let (address, length) = inet::prefix(nlri);
    address::ip(address, out);
    out.push(b'/');
    address::number(length.into(), out);
    out.push(b'"');
}

/// The same for the most common of all: IPv4 without path identifier, in one go.
fn v4_item(comma: bool, length: u8, prefix: &[u8], out: &mut Vec<u8>) {
    let octet = |i: usize| prefix.get(i).copied().unwrap_or_default();
    let mut text = [0u8; 48];
    if let Some(place) = text.first_chunk_mut() {
        *place = *START;
    }
    let end = address::v4_prefix([octet(0), octet(1), octet(2), octet(3)], length, START.len(), &mut text);
    let closed = end.saturating_add(3);
    if let Some(place) = text.get_mut(end..closed) {
        place.copy_from_slice(b"\" }");
    }
    out.extend_from_slice(text.get(usize::from(!comma)..closed).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::flavor::{FIVE, FIVE_COMPACT};
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
            for flavor in [&FIVE, &FIVE_COMPACT] {
                let mut fast = Vec::new();
                list(flavor, [(NextHop::Unset, run), (NextHop::Unset, run)].iter(), Key::None, &mut fast);
                let mut emitted = Vec::new();
                let mut w = flavor.writer(&mut emitted);
                w.begin_list(Spacing::Wide);
                run.iter().chain(run.iter()).for_each(|nlri| nlri.emit(&mut w));
                w.end_list();
                prop_assert_eq!(String::from_utf8(fast).unwrap(), String::from_utf8(emitted).unwrap());
            }
        }
    }
}
