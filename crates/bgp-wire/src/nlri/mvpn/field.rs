//! The fields that multicast VPN routes are made of.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attr::number::{asn, hex_octets};
use crate::cursor::Reader;
use crate::emit::{Emit, HexCase};
use crate::nlri::rd::RouteDistinguisher as Rd;
use crate::text::{TextError, Word, Words};

/// What a field is on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Route distinguisher (8).
    Rd,
    /// AS number (4).
    Asn,
    /// Length in bits (1), then an address.
    Sized,
    /// The same, or a length of 0 that stands for all addresses (RFC 6625 section 2).
    Wildcard,
    /// An address of 4 or 16 octets that is the rest of the route.
    Rest,
    /// A whole route: type (1), length (1), value (RFC 6514 section 4.4).
    Key,
}

/// A field with its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value<'a> {
    Rd(Rd),
    Asn(u32),
    Address(IpAddr),
    Any,
    Key(&'a [u8]),
}

fn address(r: &mut Reader<'_>, octets: usize) -> Option<IpAddr> {
    match octets {
        4 => r.array::<4>("address").ok().map(|a| Ipv4Addr::from(a).into()),
        16 => r.array::<16>("address").ok().map(|a| Ipv6Addr::from(a).into()),
        _ => None,
    }
}

impl Kind {
    /// Takes a value off.
    pub(super) fn read<'a>(self, r: &mut Reader<'a>) -> Option<Value<'a>> {
        match self {
            Self::Rd => r.array("RD").ok().map(|rd| Value::Rd(Rd(rd))),
            Self::Asn => r.u32("source AS").ok().map(Value::Asn),
            Self::Sized | Self::Wildcard => match r.u8("length").ok()? {
                0 if self == Self::Wildcard => Some(Value::Any),
                bits if bits.is_multiple_of(8) => address(r, usize::from(bits / 8)).map(Value::Address),
                _ => None,
            },
            Self::Rest => {
                let left = r.rest().len();
                address(r, left).map(Value::Address)
            }
            Self::Key => {
                let [_, length, ..] = r.rest() else { return None };
                r.take(usize::from(*length).saturating_add(2), "route key").ok().map(Value::Key)
            }
        }
    }

    /// Reads a value and appends its octets.
    pub(super) fn parse(self, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a value")?;
        match self {
            Self::Rd => out.extend_from_slice(&Rd::parse(word)?.0),
            Self::Asn => {
                let number = asn(word.text).filter(|_| !word.text.is_empty());
                let number = number.ok_or_else(|| wrong(word, "invalid AS number", "as in 65000"))?;
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Wildcard if word.is("*") => out.push(0),
            Self::Sized | Self::Wildcard | Self::Rest => {
                let address = word.text.parse();
                let address =
                    address.map_err(|_| wrong(word, "invalid address", "10.0.0.1 or 2001:db8::1"))?;
                if self != Self::Rest {
                    out.push(if matches!(address, IpAddr::V4(_)) { 32 } else { 128 });
                }
                match address {
                    IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
                    IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
                }
            }
            Self::Key => {
                let octets: Option<Vec<u8>> = hex_octets(word.text).map(Iterator::collect);
                let octets = octets.filter(|o| is_route(o));
                let hint = "0x, then type, length and value in hexadecimal";
                out.extend_from_slice(&octets.ok_or_else(|| wrong(word, "this is no route", hint))?);
            }
        }
        Ok(())
    }
}

/// Whether octets are type, length and as much value as the length says.
pub(super) fn is_route(octets: &[u8]) -> bool {
    matches!(octets, [_, length, value @ ..] if usize::from(*length) == value.len())
}

impl Value<'_> {
    /// Appends the form that [`Kind::parse`] reads back.
    pub(super) fn print(self, out: &mut String) {
        let _ = match self {
            Self::Rd(rd) => write!(out, "{}", rd.input()),
            Self::Asn(number) => write!(out, "{number}"),
            Self::Address(address) => write!(out, "{address}"),
            Self::Any => write!(out, "*"),
            Self::Key(octets) => {
                out.push_str("0x");
                octets.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
            }
        };
    }

    /// Emits the value; AS numbers are text where scripts read them.
    pub(super) fn emit<E: Emit>(self, out: &mut E) {
        match self {
            Self::Rd(rd) => out.display(&rd),
            Self::Asn(number) => out.display(&number),
            Self::Address(address) => out.address(address),
            Self::Any => out.text("*"),
            Self::Key(octets) => out.hex("", octets, HexCase::Upper),
        }
    }
}

fn wrong(word: Word<'_>, what: &'static str, hint: &'static str) -> TextError {
    TextError::new(word, what).hint(hint)
}
