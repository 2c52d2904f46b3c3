//! TLVs in events, member for member as ExaBGP has them.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{self, Named, STRUCTURE, number};
use super::shape::{Shape, field, floats, subs};
use super::table::{Row, row};
use crate::emit::{Emit, HexCase, LinkState, Spacing};
use crate::nlri::bgp_ls::tlv::Tlvs;
use crate::nlri::bgp_ls::value::address;

const ADJACENCY: &[&str] = &["F", "B", "V", "L", "S", "P"];
const PREFIX: &[&str] = &["R", "N", "P", "E", "V", "L"];
const END_X: &[&str] = &["B", "S", "P"];
/// From the least significant bit on (RFC 5307 section 1.2); one name is misspelt where scripts read it.
const PROTECTION: [&str; 6] =
    ["ExtraTrafic", "Unprotected", "Shared", "Dedicated 1:1", "Dedicated 1+1", "Enhanced"];

/// What a member of the object is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Named(&'static str),
    Generic(u16),
}

/// The keys of a TLV, and whether several of it are a list; those whose values are not as their row says are shown as
/// octets.
fn keys(code: u16, value: &[u8], way: LinkState) -> (Option<&'static Row>, bool, Vec<Key>) {
    let row = row(code).filter(|row| !row.keys(way).0.is_empty() && row.shape.fits(value));
    match row {
        Some(row) => {
            let (keys, list) = row.keys(way);
            (Some(row), list, keys.iter().copied().map(Key::Named).collect())
        }
        None => (None, true, vec![Key::Generic(code)]),
    }
}

/// Emits all TLVs as members of an open object: lists where several can be, of others the last one, as readers of JSON
/// take it when a key stands twice.
pub(super) fn members<E: Emit>(value: &[u8], out: &mut E) {
    let way = out.link_state();
    let tlvs: Vec<(u16, &[u8])> = Tlvs(value).collect();
    let mut places: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for (i, (code, value)) in tlvs.iter().enumerate() {
        for key in keys(*code, value, way).2 {
            places.entry(key).or_default().push(i);
        }
    }
    // Where TLVs are listed the lists come first.
    let passes: &[Option<bool>] = match way {
        LinkState::Merged => &[None],
        LinkState::Listed => &[Some(true), Some(false)],
    };
    for pass in passes {
        for (i, (code, value)) in tlvs.iter().enumerate() {
            let (row, list, keys) = keys(*code, value, way);
            if pass.is_some_and(|lists| lists != list) {
                continue;
            }
            for (member, key) in keys.into_iter().enumerate() {
                let places = places.get(&key).map(Vec::as_slice).unwrap_or_default();
                if (if list { places.first() } else { places.last() }) != Some(&i) {
                    continue;
                }
                match key {
                    Key::Named(name) => out.key(name),
                    Key::Generic(code) => out.key(&format!("generic-lsid-{code}")),
                }
                match row {
                    Some(row) if !list => emit(row, member, value, out),
                    _ => {
                        let all = places.iter().filter_map(|place| tlvs.get(*place));
                        several(row, member, all, out);
                    }
                }
            }
        }
    }
}

/// A list of the values of several TLVs, as octets when they have no row.
fn several<'a, E: Emit>(
    row: Option<&Row>,
    member: usize,
    tlvs: impl Iterator<Item = &'a (u16, &'a [u8])>,
    out: &mut E,
) {
    let wide = row.is_some_and(|row| matches!(row.shape, Shape::EndX(_)));
    out.begin_list(if wide && out.link_state() == LinkState::Merged {
        Spacing::Wide
    } else {
        Spacing::Tight
    });
    for (code, value) in tlvs {
        // TLVs of two types can have one key.
        match row.and_then(|_| super::table::row(*code)) {
            Some(row) => emit(row, member, value, out),
            None => out.hex("0x", value, HexCase::Upper),
        }
    }
    out.end_list();
}

/// An object of named bits, the most significant one first.
fn flags<E: Emit>(names: &[&str], octet: u8, out: &mut E) {
    bits(names.iter().zip((0..8).map(|bit| octet.leading_bit(bit))), out);
}

fn bits<'n, E: Emit>(bits: impl Iterator<Item = (&'n &'n str, bool)>, out: &mut E) {
    out.begin_object(Spacing::Tight);
    for (name, set) in bits {
        out.key(name);
        out.number(set.into());
    }
    out.key("RSV");
    out.number(0);
    out.end_object();
}

trait Bits {
    /// A bit, counted from the most significant one.
    fn leading_bit(self, bit: u32) -> bool;
}

impl Bits for u8 {
    fn leading_bit(self, bit: u32) -> bool {
        0x80_u8.checked_shr(bit).is_some_and(|mask| self & mask != 0)
    }
}

fn numbers<E: Emit>(numbers: impl Iterator<Item = u64>, out: &mut E) {
    out.begin_list(Spacing::Tight);
    numbers.for_each(|n| out.number(n));
    out.end_list();
}

fn first(octets: &[u8]) -> u8 {
    octets.first().copied().unwrap_or_default()
}

/// Emits one value, or the part of it that is the `member`th of its keys.
fn emit<E: Emit>(row: &Row, member: usize, value: &[u8], out: &mut E) {
    let listed = out.link_state() == LinkState::Listed;
    match row.shape {
        Shape::Opaque if listed => out.hex("", value, HexCase::Lower),
        Shape::PrefixSid(fields) if listed => {
            out.begin_object(Spacing::Tight);
            for (member, key) in row.keys.iter().enumerate() {
                out.key(key);
                prefix_sid(fields, member, value, out);
            }
            out.end_object();
        }
        Shape::Flags(_, names) => flags(names, first(value), out),
        Shape::LinkProtection => {
            let octet = first(value);
            let set = (0..8).map(|bit| octet.reverse_bits().leading_bit(bit));
            bits(PROTECTION.iter().zip(set), out);
        }
        Shape::Number(..) => out.number(number(value)),
        Shape::Float => floats(value).take(1).for_each(|float| out.fraction(float.into())),
        Shape::Floats => {
            out.begin_list(Spacing::Tight);
            floats(value).for_each(|float| out.fraction(float.into()));
            out.end_list();
        }
        Shape::Numbers(octets) => numbers(value.chunks_exact(octets).map(number), out),
        Shape::Octets => numbers(value.iter().copied().map(u64::from), out),
        Shape::Address(_) => match address(value) {
            Some(address) => out.address(address),
            None => out.null(),
        },
        Shape::Name | Shape::Opaque => out.text(&String::from_utf8_lossy(value)),
        Shape::Area => area(value, out),
        Shape::Srv6Capabilities => {
            out.begin_object(Spacing::Tight);
            out.key("flags");
            out.begin_object(Spacing::Tight);
            // The bit itself, not whether it is set: scripts know it so.
            out.key("O");
            out.number((first(value) & 0x40).into());
            out.end_object();
            out.end_object();
        }
        Shape::Structure => structure(value, out),
        Shape::Record(fields) => record(row, fields, value, out),
        Shape::Capabilities(fields) if member == 0 => {
            flags(&["I", "V"], first(field(fields, "flags", value)), out);
        }
        Shape::Capabilities(fields) => {
            out.begin_list(Spacing::Tight);
            for (sid, _, size) in record::ranges(field(fields, "ranges", value)).unwrap_or_default() {
                numbers([size, sid].into_iter(), out);
            }
            out.end_list();
        }
        Shape::Adjacency(fields) => adjacency(fields, value, out),
        Shape::LanAdjacency(fields) => lan_adjacency(fields, value, out),
        Shape::PrefixSid(fields) => prefix_sid(fields, member, value, out),
        Shape::EndX(fields) => end_x(row, fields, value, out),
        Shape::Locator(fields) => {
            out.begin_object(Spacing::Tight);
            out.key("flags");
            flags(&["D"], first(field(fields, "flags", value)), out);
            algorithm(fields, value, out);
            out.key("metric");
            out.number(number(field(fields, "metric", value)));
            out.end_object();
        }
        Shape::Behavior(fields) => {
            out.begin_object(Spacing::Tight);
            out.key("endpoint-behavior");
            out.number(number(field(fields, "behavior", value)));
            // No bit of it has a name (RFC 9514 section 7.1).
            out.key("flags");
            numbers([].into_iter(), out);
            algorithm(fields, value, out);
            out.end_object();
        }
    }
}

/// A link loss of 1 in percent (RFC 8571 section 2.4).
const LOSS_UNIT: f64 = 0.000_003;

/// Link identifiers (RFC 9552 section 5.2.2), performance metrics (RFC 8571).
fn record<E: Emit>(row: &Row, fields: &[Named], value: &[u8], out: &mut E) {
    let get = |name| number(field(fields, name, value));
    let numbers: &[(&str, &str)] = match row.code {
        258 => &[("local-id", "local"), ("remote-id", "remote")],
        1114 => &[("delay-us", "delay")],
        1115 => &[("min-delay-us", "min"), ("max-delay-us", "max")],
        1116 => return out.number(get("variation")),
        1117 => &[],
        // Rows without keys never come here.
        _ => return out.hex("0x", value, HexCase::Upper),
    };
    out.begin_object(Spacing::Tight);
    for (key, name) in numbers {
        out.key(key);
        out.number(get(name));
    }
    if row.code == 1117 {
        out.key("loss-percent");
        let loss = u32::try_from(get("loss")).unwrap_or_default();
        // As many digits as the unit has, without the noise of the multiplication.
        out.fraction((f64::from(loss) * LOSS_UNIT * 1e6).round() / 1e6);
    }
    if row.code != 258 {
        out.key("anomalous");
        out.boolean(first(field(fields, "flags", value)).leading_bit(0));
    }
    out.end_object();
}

fn algorithm<E: Emit>(fields: &[Named], value: &[u8], out: &mut E) {
    out.key("algorithm");
    out.number(number(field(fields, "algorithm", value)));
}

fn weight<E: Emit>(fields: &[Named], value: &[u8], out: &mut E) {
    out.key("weight");
    out.number(number(field(fields, "weight", value)));
}

/// An area address as one large number; as octets when it is longer than any address is.
fn area<E: Emit>(value: &[u8], out: &mut E) {
    if value.len() > 16 {
        return out.hex("0x", value, HexCase::Upper);
    }
    let number = value.iter().fold(0_u128, |n, byte| n << 8 | u128::from(*byte));
    out.display(&number);
}

/// The list of SIDs, then the list of what is none, each under its key.
fn sids<E: Emit>(fields: &[Named], bits: (u8, u8), value: &[u8], keys: [Option<&str>; 2], out: &mut E) {
    let octets = field(fields, "sids", value);
    let (sids, rest) = record::sids(first(field(fields, "flags", value)), bits, octets);
    let [known, unknown] = keys;
    if let Some(key) = known {
        out.key(key);
        numbers(sids.into_iter(), out);
    }
    if let Some(key) = unknown {
        out.key(key);
        undecoded(rest, out);
    }
}

fn undecoded<E: Emit>(rest: &[u8], out: &mut E) {
    out.begin_list(Spacing::Tight);
    if !rest.is_empty() {
        out.hex("0x", rest, HexCase::Upper);
    }
    out.end_list();
}

fn adjacency<E: Emit>(fields: &[Named], value: &[u8], out: &mut E) {
    out.begin_object(Spacing::Tight);
    out.key("flags");
    flags(ADJACENCY, first(field(fields, "flags", value)), out);
    sids(fields, (0x20, 0x10), value, [Some("sids"), None], out);
    weight(fields, value, out);
    sids(fields, (0x20, 0x10), value, [None, Some("undecoded-sids")], out);
    out.end_object();
}

fn lan_adjacency<E: Emit>(fields: &[Named], value: &[u8], out: &mut E) {
    out.begin_object(Spacing::Tight);
    out.key("flags");
    flags(ADJACENCY, first(field(fields, "flags", value)), out);
    weight(fields, value, out);
    out.key("system-id");
    out.hex("", field(fields, "system-id", value), HexCase::Lower);
    sids(fields, (0x20, 0x10), value, [Some("sids"), Some("undecoded")], out);
    out.end_object();
}

fn prefix_sid<E: Emit>(fields: &[Named], member: usize, value: &[u8], out: &mut E) {
    let octet = first(field(fields, "flags", value));
    let (known, rest) = record::sids(octet, (0x08, 0x04), field(fields, "sids", value));
    match member {
        0 => flags(PREFIX, octet, out),
        1 => numbers(known.into_iter(), out),
        2 => undecoded(rest, out),
        _ => out.number(number(field(fields, "algorithm", value))),
    }
}

fn end_x<E: Emit>(row: &Row, fields: &[Named], value: &[u8], out: &mut E) {
    let lan = fields.iter().map(|(name, _)| *name).find(|name| matches!(*name, "system-id" | "neighbor-id"));
    out.begin_object(Spacing::Tight);
    out.key("flags");
    flags(END_X, first(field(fields, "flags", value)), out);
    if let Some(name) = lan {
        out.key("neighbor-id");
        let octets = field(fields, name, value);
        match address(octets) {
            Some(address) => out.address(address),
            None => out.hex("", octets, HexCase::Lower),
        }
    }
    out.key("behavior");
    out.number(number(field(fields, "behavior", value)));
    algorithm(fields, value, out);
    weight(fields, value, out);
    if let Some(sid) = address(field(fields, "sid", value)) {
        out.key("sid");
        out.address(sid);
    }
    let mut seen = BTreeSet::new();
    for (code, sub) in Tlvs(subs(fields, value)) {
        if !seen.insert(code) {
            continue;
        }
        if code == STRUCTURE && sub.len() == 4 {
            out.key("srv6-sid-structure");
            structure(sub, out);
            continue;
        }
        out.key(&match row.code {
            _ if out.link_state() == LinkState::Listed => format!("unknown-subtlv-{code}"),
            1106 => format!("subtlv-not-implemented-{code}"),
            _ => format!("{code}-undecoded"),
        });
        out.hex("0x", sub, HexCase::Upper);
    }
    out.end_object();
}

fn structure<E: Emit>(value: &[u8], out: &mut E) {
    out.begin_object(Spacing::Tight);
    for (key, length) in ["loc_block_len", "loc_node_len", "func_len", "arg_len"].into_iter().zip(value) {
        out.key(key);
        out.number((*length).into());
    }
    out.end_object();
}
