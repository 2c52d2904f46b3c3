//! TLVs with several fields: a row of the table says which, one walk checks, prints and reads all of them.
//!
//! Text: the fields between brackets, in any order, as in `[ flags 0x30 weight 10 sids [ 24001 ] ]`. What is not given
//! is 0; addresses must be given.

use std::fmt::Write as _;

use crate::attr::number::decimal;
use crate::cursor::Reader;
use crate::nlri::bgp_ls::tlv::{self, Tlvs};
use crate::nlri::bgp_ls::value::{address, octets};
use crate::text::{TextError, Word, Words};

/// SID/label sub-TLV (RFC 9085 section 2.1.1).
pub(super) const SID: u16 = 1161;
/// SRv6 SID structure (RFC 9514 section 8).
pub(super) const STRUCTURE: u16 = 1252;

/// What a field is on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    /// A number of so many octets.
    Number(usize),
    /// So many octets that are written in hexadecimal: flags, IS-IS systems.
    Hex(usize),
    /// So many reserved octets.
    Reserved(usize),
    /// An address of so many octets.
    Address(usize),
    /// SIDs to the end, labels of three octets where both bits (V, L) of the flags are set, indexes of four where none
    /// is.
    Sids(u8, u8),
    /// Ranges to the end: size (3), then a sub-TLV with the first SID.
    Ranges,
    /// Sub-TLVs to the end.
    Subs,
}

/// A field and its word.
pub(super) type Named = (&'static str, Field);

/// Octets of a label or an index: `None` where the bits of the flags disagree.
fn sid_size(flags: u8, (v, l): (u8, u8)) -> Option<usize> {
    match (flags & v != 0, flags & l != 0) {
        (true, true) => Some(3),
        (false, false) => Some(4),
        _ => None,
    }
}

pub(super) fn number(octets: &[u8]) -> u64 {
    octets.iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte))
}

/// SIDs, and the octets that make none.
pub(super) fn sids(flags: u8, bits: (u8, u8), octets: &[u8]) -> (Vec<u64>, &[u8]) {
    let Some(size) = sid_size(flags, bits) else { return (Vec::new(), octets) };
    let whole = octets.len().checked_div(size).unwrap_or_default().saturating_mul(size);
    let (sids, rest) = octets.split_at_checked(whole).unwrap_or_default();
    // A label has 20 bits, the upper four are reserved.
    let mask = if size == 3 { 0xF_FFFF } else { u64::MAX };
    (sids.chunks_exact(size).map(|sid| number(sid) & mask).collect(), rest)
}

/// Ranges: first SID with the octets it takes, and size. `None` where they are not whole.
pub(super) fn ranges(octets: &[u8]) -> Option<Vec<(u64, usize, u64)>> {
    let mut r = Reader::new(octets);
    let mut all = Vec::new();
    while !r.is_empty() {
        let size = r.u24("range").ok()?;
        let kind = r.u16("sub-TLV").ok()?;
        let length = usize::from(r.u16("length").ok()?);
        let sid = r.take(length, "SID").ok()?;
        if kind != SID || !matches!(length, 3 | 4) {
            return None;
        }
        all.push((number(sid), length, size.into()));
    }
    Some(all)
}

/// The octets of each field; the last one of those that go to the end has all that is left. `None` when the value ends
/// too early, too late, or has sub-TLVs that are not whole.
pub(super) fn split<'a>(fields: &[Named], value: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    let mut r = Reader::new(value);
    let mut all = Vec::new();
    for (_, field) in fields {
        let octets = match field {
            Field::Number(n) | Field::Hex(n) | Field::Reserved(n) | Field::Address(n) => {
                r.take(*n, "field").ok()?
            }
            Field::Sids(..) | Field::Ranges | Field::Subs => r.take_rest(),
        };
        let whole = match field {
            Field::Ranges => ranges(octets).is_some(),
            Field::Subs => tlv::all(octets, |_, _| true),
            _ => true,
        };
        if !whole {
            return None;
        }
        all.push(octets);
    }
    r.is_empty().then_some(all)
}

fn flags(fields: &[Named], values: &[&[u8]]) -> u8 {
    let both = fields.iter().zip(values).find(|((name, _), _)| *name == "flags");
    both.and_then(|(_, value)| value.first()).copied().unwrap_or_default()
}

pub(super) fn hex(octets: &[u8], out: &mut String) {
    out.push_str("0x");
    for byte in octets {
        let _ = write!(out, "{byte:02x}");
    }
}

/// Appends a value that [`split`] takes apart.
pub(super) fn print(fields: &[Named], value: &[u8], out: &mut String) {
    let values = split(fields, value).unwrap_or_default();
    out.push('[');
    for ((name, field), octets) in fields.iter().zip(&values) {
        let _ = match field {
            Field::Reserved(_) => Ok(()),
            Field::Number(_) => write!(out, " {name} {}", number(octets)),
            Field::Address(_) => address(octets).map_or(Ok(()), |address| write!(out, " {name} {address}")),
            Field::Hex(_) => {
                let _ = write!(out, " {name} ");
                hex(octets, out);
                Ok(())
            }
            Field::Sids(v, l) => {
                let _ = write!(out, " {name} [");
                let (sids, _) = sids(flags(fields, &values), (*v, *l), octets);
                let _ = sids.iter().try_for_each(|sid| write!(out, " {sid}"));
                write!(out, " ]")
            }
            Field::Ranges => {
                let _ = write!(out, " {name} [");
                for (sid, length, size) in ranges(octets).unwrap_or_default() {
                    let _ = write!(out, " {sid}:{size}{}", if length == 4 { ":index" } else { "" });
                }
                write!(out, " ]")
            }
            Field::Subs => {
                print_subs(octets, out);
                Ok(())
            }
        };
    }
    out.push_str(" ]");
}

fn print_subs(octets: &[u8], out: &mut String) {
    for (code, value) in Tlvs(octets) {
        out.push(' ');
        match value {
            [block, node, function, argument] if code == STRUCTURE => {
                let _ = write!(out, "structure [ {block} {node} {function} {argument} ]");
            }
            _ => tlv::print(code, value, out),
        }
    }
}

fn wrong(word: Word<'_>, what: &'static str, hint: impl Into<std::borrow::Cow<'static, str>>) -> TextError {
    TextError::new(word, what).hint(hint)
}

/// Reads the fields between brackets and appends them in wire order.
pub(super) fn parse(fields: &[Named], words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let open = words.expect("the fields of a TLV")?;
    let known = || {
        let names = fields.iter().map(|(name, _)| *name).filter(|name| !name.is_empty());
        names.collect::<Vec<_>>().join(", ")
    };
    if !open.is("[") {
        return Err(wrong(open, "these fields stand between brackets", known()));
    }
    let mut given: Vec<Option<Words<'_>>> = vec![None; fields.len()];
    let mut subs = Vec::new();
    let close = loop {
        let name = words.expect("a closing ']'")?;
        if name.is("]") {
            break name;
        }
        let has_subs = fields.iter().any(|(_, field)| *field == Field::Subs);
        if has_subs && name.is("tlv") {
            let (code, value) = tlv::parse(words)?;
            if !tlv::push(code, &value, &mut subs) {
                return Err(TextError::new(name, "this is too long for a TLV"));
            }
            continue;
        }
        if has_subs && name.is("structure") {
            let mut value = Vec::new();
            words.list("a length in bits", false, |word| {
                value.push(decimal(word.text).ok_or_else(|| wrong(word, "invalid length", "0 to 255"))?);
                Ok(())
            })?;
            if value.len() != 4 || !tlv::push(STRUCTURE, &value, &mut subs) {
                let hint = "lengths of block, node, function and argument, as in [ 32 16 16 0 ]";
                return Err(wrong(name, "a structure has four lengths", hint));
            }
            continue;
        }
        let place = fields.iter().zip(&mut given).find(|((field, _), _)| !field.is_empty() && name.is(field));
        let Some((_, place)) = place else { return Err(wrong(name, "unknown field", known())) };
        if place.replace(*words).is_some() {
            return Err(TextError::new(name, "this is given twice"));
        }
        // The value is read when those before it are known; here it is only passed over.
        words.list("a value", false, |_| Ok(()))?;
    };
    let mut sid_flags = 0;
    for ((name, field), place) in fields.iter().zip(given) {
        let start = out.len();
        match (place, field) {
            (Some(mut words), _) => value(*field, sid_flags, &mut words, out)?,
            (None, Field::Number(n) | Field::Hex(n) | Field::Reserved(n)) => {
                out.resize(out.len().saturating_add(*n), 0);
            }
            (None, Field::Address(_)) => {
                return Err(TextError::new(close, format!("{name} must stand before this")));
            }
            (None, _) => {}
        }
        if *name == "flags" {
            sid_flags = out.get(start).copied().unwrap_or_default();
        }
    }
    out.extend_from_slice(&subs);
    Ok(())
}

/// Appends the low octets of a number that fits in them.
pub(super) fn low(number: u64, octets: usize, out: &mut Vec<u8>) -> Option<()> {
    let bytes = number.to_be_bytes();
    let (high, low) = bytes.split_at_checked(bytes.len().checked_sub(octets)?)?;
    high.iter().all(|byte| *byte == 0).then(|| out.extend_from_slice(low))
}

fn value(field: Field, flags: u8, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    match field {
        Field::Number(n) => {
            let word = words.expect("a number")?;
            let number = decimal::<u64>(word.text).and_then(|number| low(number, n, out));
            number.ok_or_else(|| wrong(word, "invalid number", format!("a number of {n} octets")))
        }
        Field::Hex(n) => {
            let word = words.expect("octets")?;
            let octets = tlv::hex(word)?;
            if octets.len() != n {
                return Err(wrong(word, "wrong number of octets", format!("0x and {n} octets")));
            }
            out.extend_from_slice(&octets);
            Ok(())
        }
        Field::Address(n) => {
            let word = words.expect("an address")?;
            let hint = if n == 4 { "an IPv4 address" } else { "an IPv6 address" };
            let address = word.text.parse().ok().map(octets).filter(|octets| octets.len() == n);
            out.extend_from_slice(&address.ok_or_else(|| wrong(word, "invalid address", hint))?);
            Ok(())
        }
        Field::Sids(v, l) => words.list("a SID", false, |word| {
            let hint = "flags V and L are set for labels, none of them for indexes";
            let size = sid_size(flags, (v, l));
            let size = size.ok_or_else(|| wrong(word, "the flags don't tell what this is", hint))?;
            let most = if size == 3 { 0xF_FFFF } else { u64::from(u32::MAX) };
            let sid = decimal(word.text).filter(|sid| *sid <= most);
            sid.and_then(|sid| low(sid, size, out))
                .ok_or_else(|| wrong(word, "invalid SID", format!("0 to {most}")))
        }),
        Field::Ranges => words.list("a range", false, |word| {
            let (text, size) = match word.text.strip_suffix(":index") {
                Some(text) => (text, 4),
                None => (word.text, 3),
            };
            let hint = "FIRST:SIZE, as in 16000:8000, or FIRST:SIZE:index";
            let both = text.split_once(':');
            let both = both.and_then(|(first, count)| Some((decimal(first)?, decimal(count)?)));
            let mut range = Vec::new();
            let written = both.and_then(|(first, count)| {
                low(count, 3, &mut range)?;
                let mut sid = Vec::new();
                low(first, size, &mut sid)?;
                tlv::push(SID, &sid, &mut range).then_some(())
            });
            written.ok_or_else(|| wrong(word, "invalid range", hint))?;
            out.extend_from_slice(&range);
            Ok(())
        }),
        Field::Reserved(_) | Field::Subs => Ok(()),
    }
}
