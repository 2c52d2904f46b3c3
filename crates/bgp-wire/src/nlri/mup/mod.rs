//! Mobile user plane routes (draft-ietf-bess-mup-safi section 3.1): architecture (1), route type (2), length (1), value.
//!
//! A route of another architecture or type, or whose value is not as its type says, is kept and shown as octets: the
//! length tells where the next one starts, so one odd route costs neither the session nor its neighbours (RFC 7606
//! section 5.4).
//!
//! Text: the word of the route type, its prefix or address, then its fields in any order, as in
//! `mup-t1st 192.168.0.2/32 rd 100:100 teid 12345 qfi 9 endpoint 10.0.0.1`; or `raw` and the octets.

mod route;
mod text;

use self::route::{Body, Route, bits_of};
use crate::cursor::Reader;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::NlriCodec;
use crate::nlri::shared;
use crate::text::{TextError, Words};

/// Codec of mobile user plane routes.
#[derive(Debug)]
pub struct Mup;

/// The 3GPP 5G architecture, the only one defined.
const ARCHITECTURE: u8 = 1;

/// Names of the route types in events, by number less one.
const NAMES: [&str; 4] = [
    "InterworkSegmentDiscoveryRoute",
    "DirectSegmentDiscoveryRoute",
    "Type1SessionTransformedRoute",
    "Type2SessionTransformedRoute",
];

/// Architecture, type and value of a route; `None` for octets that are no whole route.
fn parts(wire: &[u8]) -> Option<(u8, u16, &[u8])> {
    match wire {
        [architecture, high, low, length, value @ ..] if usize::from(*length) == value.len() => {
            Some((*architecture, u16::from_be_bytes([*high, *low]), value))
        }
        _ => None,
    }
}

fn read(family: Family, wire: &[u8]) -> Option<Route> {
    let (_, code, value) = parts(wire).filter(|(architecture, ..)| *architecture == ARCHITECTURE)?;
    Route::read(family.afi, code, value)
}

/// Emits the members that a type has beside the common ones, in the order and under the keys that scripts know.
fn emit_route<E: Emit>(route: &Route, out: &mut E) {
    let rd = |out: &mut E| {
        out.key("rd");
        out.display(&route.rd);
    };
    let prefix = |(address, length): (_, u8), out: &mut E| {
        out.key("prefix_ip_len");
        out.number(length.into());
        out.key("prefix_ip");
        out.address(address);
    };
    match route.body {
        Body::Interwork(of) => {
            prefix(of, out);
            rd(out);
        }
        Body::Direct(address) => {
            out.key("ip");
            out.address(address);
            rd(out);
        }
        Body::Session1 { prefix: of, teid, qfi, endpoint, source } => {
            prefix(of, out);
            out.key("teid");
            out.display(&teid);
            out.key("qfi");
            out.display(&qfi);
            rd(out);
            out.key("endpoint_ip_len");
            out.number(bits_of(endpoint).into());
            out.key("endpoint_ip");
            out.address(endpoint);
            out.key("source_ip_len");
            out.number(source.map_or(0, bits_of).into());
            out.key("source_ip");
            // What the original prints for no octets, and scripts compare with.
            match source {
                Some(address) => out.address(address),
                None => out.text("b''"),
            }
        }
        Body::Session2 { endpoint, teid, bits } => {
            out.key("endpoint_len");
            out.number(u64::from(bits_of(endpoint)).saturating_add(bits.into()));
            out.key("endpoint_ip");
            out.address(endpoint);
            rd(out);
            out.key("teid");
            out.display(&teid);
        }
    }
}

impl NlriCodec for Mup {
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let [_, _, _, length, ..] = r.rest() else {
            return Err(error("architecture, route type and length are missing"));
        };
        let whole = usize::from(*length).saturating_add(4);
        r.take(whole, "route").map_err(|_| error("the route is longer than the field"))
    }

    fn next_hop_lengths(_: Family) -> &'static [usize] {
        // Of either address family: the network of the segments has its own.
        &[4, 16]
    }

    fn emit<E: Emit>(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
        let route = read(family, wire);
        let (architecture, code) = parts(wire).map_or((0, 0), |(architecture, code, _)| (architecture, code));
        out.begin_object(Spacing::Wide);
        if let Some(name) = route.and_then(|r| NAMES.get(usize::from(r.code()).saturating_sub(1))) {
            out.key("name");
            out.text(name);
        }
        out.key("arch");
        out.number(architecture.into());
        out.key("code");
        out.number(code.into());
        if let Some(route) = &route {
            emit_route(route, out);
        }
        out.key("raw");
        out.hex("", wire, HexCase::Upper);
        shared::emit_path_id(path_id, out);
        out.end_object();
    }

    fn print(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut String) {
        // Host bits, or a source of no bits, have no words.
        let exact = read(family, wire).filter(|route| {
            let mut again = Vec::new();
            route.write(&mut again);
            again == wire
        });
        if let Some(route) = exact {
            let _ = text::print(&route, out);
        } else {
            shared::print_raw(wire, out);
        }
        shared::print_path_id(path_id, out);
    }

    fn parse(family: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a mobile user plane route type")?;
        if word.is("raw") {
            return shared::parse_raw(
                words,
                |o| parts(o).is_some(),
                [
                    "the octets of a route",
                    "this is no mobile user plane route",
                    "0x, then architecture, type, length and value in hexadecimal",
                ],
                out,
            );
        }
        let code = (1..).zip(text::WORDS).find(|(_, known)| word.is(known)).ok_or_else(|| {
            TextError::new(word, "unknown mobile user plane route type")
                .hint(format!("{} or raw", text::WORDS.join(", ")))
        })?;
        text::parse(family.afi, code.0, words)?.write(out);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
