//! BGP-LS routes (RFC 9552 section 5.2, RFC 9514 section 6): NLRI type (2), length (2), in SAFI 72 a route
//! distinguisher (8), protocol (1), identifier (8), descriptors.
//!
//! A route of another type, or whose descriptors are not as its type says, is kept and shown as octets: the length tells
//! where the next one starts, so one odd route costs neither the session nor its neighbours (RFC 9552 section 8.2.2).
//! Unknown protocols and descriptors are kept in the routes they stand in.
//!
//! Text: the word of the NLRI type, then its fields in any order, as in
//! `node protocol-id ospfv2 local-node [ autonomous-system 65000 router-id 10.0.0.1 ]`; or `raw` and the octets.

mod descriptor;
mod show;
pub(crate) mod tlv;
pub(crate) mod value;

use std::fmt::Write as _;

use self::descriptor::{LOCAL_NODE, NLRI, PREFIX, REMOTE_NODE, SRV6_SID};
use self::tlv::Tlvs;
use crate::attr::number::decimal;
use crate::code::Safi;
use crate::cursor::Reader;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::NlriCodec;
use crate::nlri::rd::RouteDistinguisher as Rd;
use crate::nlri::shared;
use crate::text::{TextError, Word, Words};

/// Codec of BGP-LS routes.
#[derive(Debug)]
pub struct BgpLs;

/// NLRI type, word in text, name in events, descriptors that must be there.
type NlriType = (u16, &'static str, &'static str, &'static [u16]);

const PREFIX_V4: u16 = 3;

/// RFC 9552 table 1, RFC 9514 section 6.
const TYPES: [NlriType; 5] = [
    (1, "node", "bgpls-node", &[LOCAL_NODE]),
    (2, "link", "bgpls-link", &[LOCAL_NODE, REMOTE_NODE]),
    (PREFIX_V4, "prefix-v4", "bgpls-prefix-v4", &[LOCAL_NODE, PREFIX]),
    (4, "prefix-v6", "bgpls-prefix-v6", &[LOCAL_NODE, PREFIX]),
    (6, "srv6-sid", "bgpls-srv6sid", &[LOCAL_NODE, SRV6_SID]),
];

/// IANA "BGP-LS Protocol-IDs", from 1 on.
const PROTOCOLS: [&str; 9] =
    ["isis-l1", "isis-l2", "ospfv2", "direct", "static", "ospfv3", "bgp", "rsvp-te", "segment-routing"];

/// What canonical octets consist of.
#[derive(Clone, Copy)]
struct Parts<'a> {
    kind: NlriType,
    rd: Option<Rd>,
    protocol: u8,
    identifier: u64,
    descriptors: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of a route that is as its type says.
    fn read(family: Family, wire: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(wire);
        let code = r.u16("type").ok()?;
        let length = usize::from(r.u16("length").ok()?);
        let kind = *TYPES.iter().find(|(known, ..)| *known == code)?;
        if length != r.rest().len() {
            return None;
        }
        let rd = if has_rd(family) { Some(Rd(r.array("RD").ok()?)) } else { None };
        let protocol = r.u8("protocol").ok()?;
        let identifier = r.u64("identifier").ok()?;
        let parts = Self { kind, rd, protocol, identifier, descriptors: r.take_rest() };
        parts.is_whole().then_some(parts)
    }

    fn is_v4(&self) -> bool {
        self.kind.0 == PREFIX_V4
    }

    fn is_whole(&self) -> bool {
        let fits = |code, value: &[u8]| match code {
            LOCAL_NODE | REMOTE_NODE => descriptor::is_node(value),
            _ => descriptor::row(NLRI, code).is_none_or(|(_, _, kind)| kind.fits(value, self.is_v4())),
        };
        tlv::all(self.descriptors, fits) && self.kind.3.iter().all(|code| self.find(*code).is_some())
    }

    /// The first descriptor of a type.
    fn find(&self, code: u16) -> Option<&'a [u8]> {
        Tlvs(self.descriptors).find(|(known, _)| *known == code).map(|(_, value)| value)
    }

    fn print(&self, out: &mut String) {
        out.push_str(self.kind.1);
        if let Some(rd) = self.rd {
            let _ = write!(out, " rd {}", rd.input());
        }
        let name = usize::from(self.protocol).checked_sub(1).and_then(|i| PROTOCOLS.get(i));
        let _ = match name {
            Some(name) => write!(out, " protocol-id {name}"),
            None => write!(out, " protocol-id {}", self.protocol),
        };
        let _ = write!(out, " identifier {}", self.identifier);
        descriptor::print(self.descriptors, NLRI, self.is_v4(), out);
    }
}

fn has_rd(family: Family) -> bool {
    family.safi == Safi::BGP_LS_VPN
}

fn protocol(word: Word<'_>) -> Result<u8, TextError> {
    let named = PROTOCOLS.iter().position(|name| word.text == *name).and_then(|i| u8::try_from(i).ok());
    let number = named.map(|i| i.saturating_add(1)).or_else(|| decimal(word.text));
    number.ok_or_else(|| {
        TextError::new(word, "unknown protocol").hint(format!("0 to 255, or {}", PROTOCOLS.join(", ")))
    })
}

/// Reads the fields of a route and appends its octets after the type and the length.
fn fields(family: Family, kind: NlriType, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let v4 = kind.0 == PREFIX_V4;
    let (mut rd, mut from, mut identifier) = (None, None, None);
    let mut descriptors = Vec::new();
    loop {
        let name = words.peek();
        if let Some(name) = name.filter(|w| ["rd", "protocol-id", "identifier"].iter().any(|n| w.is(n))) {
            words.next_word();
            let word = words.expect("a value")?;
            let twice = match name.text {
                "rd" if !has_rd(family) => {
                    let hint = "only routes of bgp-ls bgp-ls-vpn have one";
                    return Err(TextError::new(name, "these routes have no route distinguisher").hint(hint));
                }
                "rd" => rd.replace(Rd::parse(word)?).is_some(),
                "protocol-id" => from.replace(protocol(word)?).is_some(),
                _ => {
                    let number: Option<u64> = decimal(word.text);
                    let number = number
                        .ok_or_else(|| TextError::new(word, "invalid identifier").hint("a 64-bit number"))?;
                    identifier.replace(number).is_some()
                }
            };
            if twice {
                return Err(TextError::new(name, "this is given twice"));
            }
            continue;
        }
        let read = descriptor::parse(words, NLRI, v4)?;
        if read.is_empty() {
            break;
        }
        descriptors.extend_from_slice(&read);
    }
    let missing = |what: &'static str| match words.peek() {
        Some(word) => TextError::new(word, format!("{what} must stand before this")),
        None => words.end(what),
    };
    if has_rd(family) {
        out.extend_from_slice(&rd.ok_or_else(|| missing("the route distinguisher (rd)"))?.0);
    }
    out.push(from.ok_or_else(|| missing("the protocol (protocol-id)"))?);
    out.extend_from_slice(&identifier.unwrap_or_default().to_be_bytes());
    for code in kind.3 {
        if !Tlvs(&descriptors).any(|(known, _)| known == *code) {
            return Err(missing(match *code {
                LOCAL_NODE => "local-node and its descriptors",
                REMOTE_NODE => "remote-node and its descriptors",
                PREFIX => "prefix",
                _ => "srv6-sid",
            }));
        }
    }
    // In the order of their types, however the fields were mixed.
    let mut sorted: Vec<_> = Tlvs(&descriptors).collect();
    sorted.sort_unstable();
    for (code, value) in sorted {
        let _fits = tlv::push(code, value, out);
    }
    Ok(())
}

impl NlriCodec for BgpLs {
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let [_, _, high, low, ..] = r.rest() else { return Err(error("type and length are missing")) };
        let whole = usize::from(u16::from_be_bytes([*high, *low])).saturating_add(4);
        r.take(whole, "route").map_err(|_| error("the route is longer than the field"))
    }

    fn next_hop_lengths(family: Family) -> &'static [usize] {
        if has_rd(family) { &[12, 24] } else { &[4, 16] }
    }

    fn emit<E: Emit>(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
        out.begin_object(Spacing::Wide);
        if let Some(parts) = Parts::read(family, wire) {
            show::members(&parts, out);
        } else {
            out.key("code");
            out.number(match wire {
                [high, low, ..] => u16::from_be_bytes([*high, *low]).into(),
                _ => 0,
            });
            out.key("parsed");
            out.boolean(false);
            out.key("raw");
            out.hex("", wire, HexCase::Upper);
        }
        shared::emit_path_id(path_id, out);
        out.end_object();
    }

    fn print(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut String) {
        let start = out.len();
        if let Some(parts) = Parts::read(family, wire) {
            parts.print(out);
        }
        // Descriptors in another order than they are sent in can't be said by words.
        let mut back = Vec::new();
        let read = Self::parse(family, &mut Words::new(out.get(start..).unwrap_or_default()), &mut back);
        if read.is_err() || back != wire {
            out.truncate(start);
            shared::print_raw(wire, out);
        }
        shared::print_path_id(path_id, out);
    }

    fn parse(family: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a BGP-LS route type")?;
        if word.is("raw") {
            let word = words.expect("the octets of a route")?;
            let octets = tlv::hex(word)?;
            if tlv::all(&octets, |_, value| value.len() == octets.len().saturating_sub(4))
                && !octets.is_empty()
            {
                out.extend_from_slice(&octets);
                return Ok(());
            }
            return Err(TextError::new(word, "this is no BGP-LS route")
                .hint("0x, then type, length and value in hexadecimal"));
        }
        let Some(kind) = TYPES.iter().find(|(_, name, ..)| word.is(name)) else {
            let known: Vec<&str> = TYPES.iter().map(|(_, name, ..)| *name).collect();
            return Err(TextError::new(word, "unknown BGP-LS route type")
                .hint(format!("{} or raw", known.join(", "))));
        };
        let mut body = Vec::new();
        fields(family, *kind, words, &mut body)?;
        if tlv::push(kind.0, &body, out) {
            Ok(())
        } else {
            Err(TextError::new(word, "this route is longer than a message"))
        }
    }
}

#[cfg(test)]
mod tests;
