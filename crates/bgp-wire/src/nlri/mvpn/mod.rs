//! Multicast VPN routes (RFC 6514 section 4): route type (1), length (1), value. One table says what each is made of.
//!
//! A route of another type, or whose value is not as its type says, is kept and shown as octets: the length tells where
//! the next one starts, so one odd route costs neither the session nor its neighbours (RFC 7606 section 5.4).
//!
//! Text: the word of the route type, then its fields in any order, as in
//! `source-join source 10.0.0.1 group 239.0.0.1 rd 65000:1 source-as 65000`; or `raw` and the octets.

mod field;

use std::fmt::Write as _;

use self::field::{Kind, Value, is_route};
use crate::cursor::Reader;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::NlriCodec;
use crate::nlri::shared;
use crate::text::{TextError, Words};

/// Codec of multicast VPN routes.
#[derive(Debug)]
pub struct Mvpn;

/// One field: word in text, key in events, kind.
type Field = (&'static str, &'static str, Kind);

const RD: Field = ("rd", "rd", Kind::Rd);
const SOURCE_AS: Field = ("source-as", "source-as", Kind::Asn);
const SOURCE: Field = ("source", "source", Kind::Sized);
const GROUP: Field = ("group", "group", Kind::Sized);
const ORIGINATOR: Field = ("originator", "originator", Kind::Rest);

/// One route type: its number, its word in text, its name in events, and its fields in wire order.
struct RouteType {
    code: u8,
    word: &'static str,
    name: &'static str,
    fields: &'static [Field],
}

const TYPES: [RouteType; 7] = [
    RouteType {
        code: 1,
        word: "intra-as-i-pmsi",
        name: "Intra-AS I-PMSI A-D Route",
        fields: &[RD, ORIGINATOR],
    },
    RouteType {
        code: 2,
        word: "inter-as-i-pmsi",
        name: "Inter-AS I-PMSI A-D Route",
        fields: &[RD, SOURCE_AS],
    },
    RouteType {
        code: 3,
        word: "s-pmsi",
        name: "S-PMSI A-D Route",
        fields: &[RD, ("source", "source", Kind::Wildcard), ("group", "group", Kind::Wildcard), ORIGINATOR],
    },
    RouteType {
        code: 4,
        word: "leaf-ad",
        name: "Leaf A-D Route",
        fields: &[("route-key", "route-key", Kind::Key), ORIGINATOR],
    },
    RouteType { code: 5, word: "source-ad", name: "Source Active A-D Route", fields: &[RD, SOURCE, GROUP] },
    RouteType {
        code: 6,
        word: "shared-join",
        name: "C-Multicast Shared Tree Join route",
        // The rendezvous point stands where the source does, and under its key.
        fields: &[RD, SOURCE_AS, ("rp", "source", Kind::Sized), GROUP],
    },
    RouteType {
        code: 7,
        word: "source-join",
        name: "C-Multicast Source Tree Join route",
        fields: &[RD, SOURCE_AS, SOURCE, GROUP],
    },
];

/// Reads a route: its type and the values of its fields, all of them or none.
fn read(wire: &[u8]) -> Option<(&'static RouteType, Vec<Value<'_>>)> {
    let [code, _, value @ ..] = wire else { return None };
    let kind = TYPES.iter().find(|t| t.code == *code).filter(|_| is_route(wire))?;
    let mut r = Reader::new(value);
    let values = kind.fields.iter().map(|(.., kind)| kind.read(&mut r)).collect::<Option<_>>()?;
    r.is_empty().then_some((kind, values))
}

/// Parses the fields of a route, in any order, and appends them in wire order.
fn parse_fields(kind: &RouteType, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let mut values: Vec<Option<Vec<u8>>> = vec![None; kind.fields.len()];
    while let Some(name) = words.peek().filter(|w| !w.quoted) {
        let mut fields = kind.fields.iter().zip(&mut values);
        let Some(((.., field), place)) = fields.find(|((word, ..), _)| name.text == *word) else { break };
        words.next_word();
        let mut value = Vec::new();
        field.parse(words, &mut value)?;
        if place.replace(value).is_some() {
            return Err(TextError::new(name, "this is given twice"));
        }
    }
    for ((word, ..), value) in kind.fields.iter().zip(values) {
        let value = value.ok_or_else(|| match words.peek() {
            Some(next) => TextError::new(next, format!("{word} and its value must stand before this")),
            None => words.end(word),
        })?;
        out.extend_from_slice(&value);
    }
    Ok(())
}

impl NlriCodec for Mvpn {
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let [_, length, ..] = r.rest() else { return Err(error("route type and length are missing")) };
        let whole = usize::from(*length).saturating_add(2);
        r.take(whole, "route").map_err(|_| error("the route is longer than the field"))
    }

    fn next_hop_lengths(_: Family) -> &'static [usize] {
        // Of either address family (RFC 6515 section 2).
        &[4, 16]
    }

    fn emit<E: Emit>(_: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
        let route = read(wire);
        out.begin_object(Spacing::Wide);
        out.key("code");
        out.number(wire.first().copied().unwrap_or_default().into());
        out.key("parsed");
        out.boolean(route.is_some());
        out.key("raw");
        out.hex("", wire, HexCase::Upper);
        if let Some((kind, values)) = route {
            out.key("name");
            out.text(kind.name);
            for ((_, key, _), value) in kind.fields.iter().zip(values) {
                out.key(key);
                value.emit(out);
            }
        }
        shared::emit_path_id(path_id, out);
        out.end_object();
    }

    fn print(_: Family, wire: &[u8], path_id: Option<u32>, out: &mut String) {
        if let Some((kind, values)) = read(wire) {
            out.push_str(kind.word);
            for ((word, ..), value) in kind.fields.iter().zip(values) {
                let _ = write!(out, " {word} ");
                value.print(out);
            }
        } else {
            shared::print_raw(wire, out);
        }
        shared::print_path_id(path_id, out);
    }

    fn parse(_: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a multicast VPN route type")?;
        if word.is("raw") {
            return shared::parse_raw(
                words,
                is_route,
                [
                    "the octets of a route",
                    "this is no multicast VPN route",
                    "0x, then type, length and value in hexadecimal",
                ],
                out,
            );
        }
        let kind = TYPES.iter().find(|t| word.is(t.word)).ok_or_else(|| {
            let known: Vec<&str> = TYPES.iter().map(|t| t.word).collect();
            TextError::new(word, "unknown multicast VPN route type")
                .hint(format!("{} or raw", known.join(", ")))
        })?;
        let mut value = Vec::new();
        parse_fields(kind, words, &mut value)?;
        let Ok(length) = u8::try_from(value.len()) else {
            return Err(TextError::new(word, "this route is longer than 255 octets"));
        };
        out.extend_from_slice(&[kind.code, length]);
        out.extend_from_slice(&value);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
