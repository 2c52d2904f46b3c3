//! Flow specifications: packet filters as routes (RFC 8955, for IPv6 RFC 8956).
//!
//! Canonical octets: the length as on the wire (one octet, or two with 0xF in the upper half from 240 octets on), for
//! VPNs the route distinguisher, and the components in ascending order of their types.

mod component;
mod names;
mod operator;
mod prefix;
mod rule;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use crate::code::{Afi, Safi};
use crate::cursor::Reader;
use crate::emit::{Emit, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::NlriCodec;
use crate::nlri::rd::RouteDistinguisher;
use crate::text::{TextError, Words};
use component::{Component, Form};
pub use rule::Rule;

/// Codec of flow specifications.
#[derive(Debug)]
pub struct Flow;

/// Octets that a rule may have: the length has 12 bits (RFC 8955 section 4.1).
const MAX_LENGTH: usize = 0xFFF;

/// Lengths from here on take two octets.
const LONG: u8 = 0xF0;

/// Appends a length; at most [`MAX_LENGTH`].
fn write_length(length: usize, out: &mut Vec<u8>) {
    match u8::try_from(length) {
        Ok(short) if short < LONG => out.push(short),
        _ => {
            let [high, low] = u16::try_from(length).unwrap_or(0xFFF).to_be_bytes();
            out.extend_from_slice(&[LONG | high, low]);
        }
    }
}

/// Octets of the length field and the length it says; `None` when it is cut short.
fn length(octets: &[u8]) -> Option<(usize, usize)> {
    match octets {
        [short, ..] if *short < LONG => Some((1, usize::from(*short))),
        [high, low, ..] => Some((2, usize::from(u16::from_be_bytes([high & 0x0F, *low])))),
        _ => None,
    }
}

/// What follows the length.
fn content(wire: &[u8]) -> &[u8] {
    let (field, _) = length(wire).unwrap_or((0, 0));
    wire.get(field..).unwrap_or_default()
}

/// The route distinguisher, where the family has one, and the components.
fn parts(family: Family, content: &[u8]) -> Option<(Option<[u8; 8]>, &[u8])> {
    if family.safi == Safi::FLOW_VPN {
        return content.split_first_chunk().map(|(rd, rest)| (Some(*rd), rest));
    }
    Some((None, content))
}

fn components(afi: Afi, octets: &[u8]) -> impl Iterator<Item = Result<Component<'_>, &'static str>> {
    let (mut rest, mut after) = (octets, 0);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let found = component::take(afi, &mut rest, after);
        match &found {
            Ok(component) => after = component.kind.code,
            Err(_) => rest = &[],
        }
        Some(found)
    })
}

/// The values of one component as texts, and whether they stand in brackets.
fn values(afi: Afi, component: Component<'_>) -> (Vec<String>, bool) {
    if component.kind.form == Form::Prefix {
        let mut text = String::new();
        prefix::print(afi, component.body, &mut text);
        return (vec![text], false);
    }
    operator::print(component.kind, component.body)
}

impl NlriCodec for Flow {
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let (field, length) = length(r.rest()).ok_or_else(|| error("the length is cut short"))?;
        let wire = r.take(field.saturating_add(length), "flow rule").map_err(|_| error("it is cut short"))?;
        let (_, octets) =
            parts(family, content(wire)).ok_or_else(|| error("the route distinguisher is cut short"))?;
        // RFC 8955 section 4.2.2: order, unknown types and octets that do not fit make the NLRI malformed.
        for component in components(family.afi, octets) {
            component.map_err(error)?;
        }
        Ok(wire)
    }

    fn identity(wire: &[u8]) -> &[u8] {
        // A short length may have been written in two octets.
        content(wire)
    }

    fn next_hop_lengths(family: Family) -> &'static [usize] {
        // RFC 8955 section 4: none, unless an action needs one.
        if family.afi == Afi::IPV4 { &[0, 4] } else { &[0, 16, 32] }
    }

    fn emit<E: Emit>(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
        let (rd, octets) = parts(family, content(wire)).unwrap_or_default();
        out.begin_object(Spacing::Wide);
        for component in components(family.afi, octets).flatten() {
            out.key(component.kind.name(family.afi));
            out.begin_list(Spacing::Wide);
            let (texts, _) = values(family.afi, component);
            for text in &texts {
                out.text(text);
            }
            out.end_list();
        }
        if let Some(rd) = rd {
            out.key("rd");
            out.display(&RouteDistinguisher(rd));
        }
        out.key("string");
        let mut text = String::new();
        Self::print(family, wire, path_id, &mut text);
        out.text(&text);
        out.end_object();
    }

    fn print(family: Family, wire: &[u8], _: Option<u32>, out: &mut String) {
        let (rd, octets) = parts(family, content(wire)).unwrap_or_default();
        out.push_str("flow");
        for component in components(family.afi, octets).flatten() {
            let (texts, several) = values(family.afi, component);
            let (open, close) = if several { ("[ ", " ]") } else { ("", "") };
            let _ = write!(out, " {} {open}{}{close}", component.kind.name(family.afi), texts.join(" "));
        }
        if let Some(rd) = rd {
            let _ = write!(out, " rd {}", RouteDistinguisher(rd));
        }
    }

    /// Reads matches up to the first word that is none. The word `flow` that [`NlriCodec::print`] starts with, and
    /// `route`, may precede them.
    fn parse(family: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let mut rule = Rule::of(family);
        if words.accept("flow") {
            words.accept("route");
        }
        while let Some(word) = words.peek() {
            let mut ahead = *words;
            ahead.next_word();
            if !rule.accept(word, &mut ahead)? {
                break;
            }
            *words = ahead;
        }
        out.extend_from_slice(rule.finish(words)?.wire());
        Ok(())
    }
}
