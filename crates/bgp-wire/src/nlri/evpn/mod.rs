//! EVPN routes (RFC 7432 section 7, RFC 9136 section 3): route type (1), length (1), value. One file per route type.
//!
//! A route of another type, or whose value is not as its type says, is kept and shown as octets: the length tells
//! where the next one starts, so one odd route costs neither the session nor its neighbours (RFC 7606 section 5.4).
//!
//! Text: the word of the route type, then its fields in any order, as in
//! `mac-advertisement rd 65000:1 esi - ethernet-tag 100 mac 00:11:22:33:44:55 label 100 ip 10.0.0.1`; or `raw` and the
//! octets.

mod ethernet_ad;
mod fields;
mod ip_prefix;
mod mac_ip;
mod multicast;
mod segment;

use crate::cursor::Reader;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::NlriCodec;
use crate::nlri::shared;
use crate::text::{TextError, Words};

/// Codec of EVPN routes.
#[derive(Debug)]
pub struct Evpn;

/// What a route type looks like: the file of each implements this, the `route_types!` table names it.
trait RouteType: Sized {
    /// Route type.
    const CODE: u8;
    /// Its name in events.
    const NAME: &'static str;
    /// The word that introduces it in text.
    const WORD: &'static str;
    /// Octets at the end that are no part of the key, where their number is fixed.
    const BESIDES_KEY: usize = 0;

    /// Reads a value; [`read`] makes sure that nothing is left over.
    fn decode(r: &mut Reader<'_>) -> Option<Self>;

    /// Octets at the end that are no part of the key.
    fn besides_key(&self) -> usize {
        Self::BESIDES_KEY
    }

    /// Emits the members of its own.
    fn emit<E: Emit>(&self, out: &mut E);

    /// Whether [`RouteType::print`] says everything.
    fn printable(&self) -> bool {
        true
    }

    /// Prints its fields, each with a leading space.
    fn print(&self, out: &mut String);

    /// Parses its fields and appends the value.
    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError>;
}

/// Reads a value as a whole.
fn read<T: RouteType>(value: &[u8]) -> Option<T> {
    let mut r = Reader::new(value);
    let route = T::decode(&mut r)?;
    r.is_empty().then_some(route)
}

/// Declares the route types this program knows. The table only chooses types.
macro_rules! route_types {
    ($($module:ident::$kind:ident;)+) => {
        /// The name of a route that can be read.
        fn name(code: u8, value: &[u8]) -> Option<&'static str> {
            match code {
                $(<$module::$kind as RouteType>::CODE => {
                    read::<$module::$kind>(value).map(|_| <$module::$kind as RouteType>::NAME)
                })+
                _ => None,
            }
        }

        fn besides_key(code: u8, value: &[u8]) -> usize {
            match code {
                $(<$module::$kind as RouteType>::CODE => {
                    read::<$module::$kind>(value).map_or(0, |route| route.besides_key())
                })+
                _ => 0,
            }
        }

        fn emit_members<E: Emit>(code: u8, value: &[u8], out: &mut E) {
            match code {
                $(<$module::$kind as RouteType>::CODE => {
                    if let Some(route) = read::<$module::$kind>(value) {
                        route.emit(out);
                    }
                })+
                _ => {}
            }
        }

        /// Prints a route that its fields can say; false when they can't.
        fn print_fields(code: u8, value: &[u8], out: &mut String) -> bool {
            match code {
                $(<$module::$kind as RouteType>::CODE => {
                    let Some(route) = read::<$module::$kind>(value).filter(RouteType::printable) else {
                        return false;
                    };
                    out.push_str(<$module::$kind as RouteType>::WORD);
                    route.print(out);
                    true
                })+
                _ => false,
            }
        }

        /// Parses what follows the word of a route type; `None` when it is no such word.
        fn parse_fields(word: &str, words: &mut Words<'_>, out: &mut Vec<u8>) -> Option<Result<u8, TextError>> {
            $(if word == <$module::$kind as RouteType>::WORD {
                let parsed = <$module::$kind as RouteType>::parse(words, out);
                return Some(parsed.map(|()| <$module::$kind as RouteType>::CODE));
            })+
            None
        }
    };
}

route_types! {
    ethernet_ad::EthernetAd;
    mac_ip::MacIp;
    multicast::Multicast;
    segment::Segment;
    ip_prefix::IpPrefix;
}

/// Route type and value of canonical octets.
fn parts(wire: &[u8]) -> (u8, &[u8]) {
    match wire {
        [code, _, value @ ..] => (*code, value),
        _ => (0, &[]),
    }
}

/// Whether these are the octets of one route.
fn is_route(octets: &[u8]) -> bool {
    matches!(octets, [_, length, value @ ..] if usize::from(*length) == value.len())
}

impl NlriCodec for Evpn {
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let [_, length, ..] = r.rest() else { return Err(error("route type and length are missing")) };
        let whole = usize::from(*length).saturating_add(2);
        r.take(whole, "route").map_err(|_| error("the route is longer than the field"))
    }

    /// Labels and, in IP prefix routes, the gateway are left out. The ESI of MAC/IP and IP prefix routes, no part of the
    /// key either, stands between parts of it and stays: a route that moves to another segment is withdrawn and
    /// announced, or announced beside the old one.
    fn identity(wire: &[u8]) -> &[u8] {
        let (code, value) = parts(wire);
        let end = wire.len().saturating_sub(besides_key(code, value));
        wire.get(..end).unwrap_or(wire)
    }

    fn next_hop_lengths(_: Family) -> &'static [usize] {
        &[4, 16]
    }

    fn emit<E: Emit>(_: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
        let (code, value) = parts(wire);
        let name = name(code, value);
        out.begin_object(Spacing::Wide);
        out.key("code");
        out.number(code.into());
        out.key("parsed");
        out.boolean(name.is_some());
        out.key("raw");
        out.hex("", wire, HexCase::Upper);
        if let Some(name) = name {
            out.key("name");
            out.text(name);
            emit_members(code, value, out);
        }
        shared::emit_path_id(path_id, out);
        out.end_object();
    }

    fn print(_: Family, wire: &[u8], path_id: Option<u32>, out: &mut String) {
        let (code, value) = parts(wire);
        if !print_fields(code, value, out) {
            shared::print_raw(wire, out);
        }
        shared::print_path_id(path_id, out);
    }

    fn parse(_: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        const HINT: &str = "ethernet-ad, mac-advertisement, multicast, ethernet-segment, ip-prefix or raw";
        let word = words.expect("an EVPN route type")?;
        if word.is("raw") {
            return shared::parse_raw(
                words,
                is_route,
                [
                    "the octets of a route",
                    "this is no EVPN route",
                    "0x, then type, length and value in hexadecimal",
                ],
                out,
            );
        }
        let mut value = Vec::new();
        let parsed = if word.quoted { None } else { parse_fields(word.text, words, &mut value) };
        let code = parsed.ok_or_else(|| TextError::new(word, "unknown EVPN route type").hint(HINT))??;
        // The longest value, an IPv6 prefix route, has 58 octets.
        out.extend_from_slice(&[code, u8::try_from(value.len()).unwrap_or_default()]);
        out.extend_from_slice(&value);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
