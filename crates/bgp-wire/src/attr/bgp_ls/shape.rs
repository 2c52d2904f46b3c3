//! What the values of TLVs look like: which are right, and their text both ways.

use std::fmt::Write as _;

use super::record::{self, Field, Named};
use crate::attr::number::decimal;
use crate::nlri::bgp_ls::tlv;
use crate::nlri::bgp_ls::value::{address, octets};
use crate::text::{TextError, Word, Words};

/// The shape of one TLV's value. Fields of records are as [`record::split`] takes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// Named bits from the most significant one on, in so many octets; 0 for one or more.
    Flags(usize, &'static [&'static str]),
    /// Link protection types, whose bits are counted from the least significant one (RFC 5307 section 1.2).
    LinkProtection,
    /// An unsigned number of at least and at most so many octets; it is written with the most.
    Number(usize, usize),
    /// An IEEE floating point number of four octets.
    Float,
    /// Eight of them.
    Floats,
    /// Unsigned numbers of so many octets each.
    Numbers(usize),
    /// Octets, each a number of its own.
    Octets,
    /// An address, written with so many octets; 0 for either. Both lengths are read.
    Address(usize),
    /// Text (UTF-8) of at most 255 octets.
    Name,
    /// An IS-IS area address.
    Area,
    /// Octets without a meaning to others than their author.
    Opaque,
    /// Flags of two octets, and two reserved ones that some leave out (RFC 9514 section 3.1).
    Srv6Capabilities,
    /// Four lengths in bits (RFC 9514 section 8).
    Structure,
    /// Fields of which ExaBGP shows nothing but the octets.
    Record(&'static [Named]),
    /// Segment routing capabilities (RFC 9085 section 2.1.2).
    Capabilities(&'static [Named]),
    /// Adjacency SID (RFC 9085 section 2.2.1).
    Adjacency(&'static [Named]),
    /// LAN adjacency SID (RFC 9085 section 2.2.2).
    LanAdjacency(&'static [Named]),
    /// Prefix SID (RFC 9085 section 2.3.1).
    PrefixSid(&'static [Named]),
    /// SRv6 End.X SID and its LAN forms (RFC 9514 sections 4.1 and 4.2).
    EndX(&'static [Named]),
    /// SRv6 locator (RFC 9514 section 5.1).
    Locator(&'static [Named]),
    /// SRv6 endpoint behavior (RFC 9514 section 7.1).
    Behavior(&'static [Named]),
}

impl Shape {
    /// The fields of a record.
    pub(super) const fn fields(self) -> Option<&'static [Named]> {
        match self {
            Self::Record(fields)
            | Self::Capabilities(fields)
            | Self::Adjacency(fields)
            | Self::LanAdjacency(fields)
            | Self::PrefixSid(fields)
            | Self::EndX(fields)
            | Self::Locator(fields)
            | Self::Behavior(fields) => Some(fields),
            _ => None,
        }
    }

    /// Whether a value is of this shape.
    pub(super) fn fits(self, value: &[u8]) -> bool {
        match self {
            Self::Flags(0, _) | Self::Area => !value.is_empty(),
            Self::Flags(octets, _) => value.len() == octets,
            Self::LinkProtection => value.len() == 2,
            Self::Number(least, most) => (least..=most).contains(&value.len()),
            Self::Float | Self::Structure => value.len() == 4,
            Self::Floats => value.len() == 32,
            Self::Numbers(octets) => value.len().is_multiple_of(octets),
            Self::Octets | Self::Opaque => true,
            Self::Address(_) => matches!(value.len(), 4 | 16),
            Self::Name => value.len() <= 255,
            Self::Srv6Capabilities => value.len() >= 2,
            _ => self.fields().is_some_and(|fields| record::split(fields, value).is_some()),
        }
    }

    /// Appends a value of this shape as text. What it can't say, [`Shape::parse`] shows by giving other octets.
    pub(super) fn print(self, value: &[u8], out: &mut String) {
        let list = |items: &mut dyn Iterator<Item = String>, out: &mut String| {
            out.push('[');
            items.for_each(|item| {
                let _ = write!(out, " {item}");
            });
            out.push_str(" ]");
        };
        match self {
            Self::Flags(..) | Self::LinkProtection | Self::Area | Self::Opaque => record::hex(value, out),
            Self::Srv6Capabilities => record::hex(value.get(..2).unwrap_or_default(), out),
            Self::Number(..) => {
                let _ = write!(out, "{}", record::number(value));
            }
            Self::Float => floats(value).for_each(|float| {
                let _ = write!(out, "{float}");
            }),
            Self::Floats => list(&mut floats(value).map(|float| float.to_string()), out),
            Self::Numbers(octets) => {
                list(&mut value.chunks_exact(octets).map(|n| record::number(n).to_string()), out);
            }
            Self::Octets | Self::Structure => list(&mut value.iter().map(u8::to_string), out),
            Self::Address(_) => {
                if let Some(address) = address(value) {
                    let _ = write!(out, "{address}");
                }
            }
            Self::Name => {
                let text = String::from_utf8_lossy(value);
                let quote = if text.contains('"') { '\'' } else { '"' };
                let _ = write!(out, "{quote}{text}{quote}");
            }
            _ => record::print(self.fields().unwrap_or_default(), value, out),
        }
    }

    /// Reads a value and appends it.
    pub(super) fn parse(self, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        match self {
            Self::Numbers(octets) => {
                words.list("a number", false, |word| number(word, octets, out))?;
            }
            Self::Octets => words.list("a number", false, |word| number(word, 1, out))?,
            Self::Floats => words.list("a number", false, |word| float(word, out))?,
            Self::Structure => {
                let open = words.expect("four lengths")?;
                if !open.is("[") {
                    return Err(
                        TextError::new(open, "the lengths stand between brackets").hint("[ 32 16 16 0 ]")
                    );
                }
                for _ in 0..4 {
                    number(words.expect("four lengths")?, 1, out)?;
                }
                let close = words.expect("a closing ']'")?;
                if !close.is("]") {
                    return Err(TextError::new(close, "a closing ']' must follow four lengths"));
                }
            }
            _ if self.fields().is_some() => record::parse(self.fields().unwrap_or_default(), words, out)?,
            _ => self.word(words.expect("a value")?, out)?,
        }
        Ok(())
    }

    /// Reads a value of one word.
    fn word(self, word: Word<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let wrong = |hint: &'static str| TextError::new(word, "invalid value").hint(hint);
        let start = out.len();
        match self {
            Self::Number(_, most) => return number(word, most, out),
            Self::Float => return float(word, out),
            Self::Address(length) => {
                let address = word.text.parse().map(octets).map_err(|_| wrong("an IP address"))?;
                if length != 0 && address.len() != length {
                    return Err(wrong(if length == 4 { "an IPv4 address" } else { "an IPv6 address" }));
                }
                out.extend_from_slice(&address);
            }
            Self::Name => out.extend_from_slice(word.text.as_bytes()),
            Self::Srv6Capabilities => {
                out.extend_from_slice(&tlv::hex(word)?);
                out.extend_from_slice(&[0, 0]);
                if out.len().saturating_sub(start) != 4 {
                    return Err(wrong("0x and two octets"));
                }
            }
            _ => out.extend_from_slice(&tlv::hex(word)?),
        }
        if self.fits(out.get(start..).unwrap_or_default()) {
            Ok(())
        } else {
            Err(wrong("a value of another length"))
        }
    }
}

/// Floating point numbers of four octets.
pub(super) fn floats(value: &[u8]) -> impl Iterator<Item = f32> {
    value.as_chunks::<4>().0.iter().map(|octets| f32::from_be_bytes(*octets))
}

fn number(word: Word<'_>, octets: usize, out: &mut Vec<u8>) -> Result<(), TextError> {
    let written = decimal(word.text).and_then(|number| record::low(number, octets, out));
    written.ok_or_else(|| TextError::new(word, "invalid number").hint(format!("a number of {octets} octets")))
}

fn float(word: Word<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let number: f32 = word
        .text
        .parse()
        .map_err(|_| TextError::new(word, "invalid number").hint("octets a second, as in 125000000"))?;
    out.extend_from_slice(&number.to_be_bytes());
    Ok(())
}

/// The octets of one field of a record.
pub(super) fn field<'a>(fields: &[Named], name: &str, value: &'a [u8]) -> &'a [u8] {
    let values = record::split(fields, value).unwrap_or_default();
    let mut both = fields.iter().zip(values);
    both.find(|((known, _), _)| *known == name).map(|(_, octets)| octets).unwrap_or_default()
}

/// The sub-TLVs of a record.
pub(super) fn subs<'a>(fields: &[Named], value: &'a [u8]) -> &'a [u8] {
    let last = fields.last().filter(|(_, field)| *field == Field::Subs);
    last.and_then(|_| record::split(fields, value)?.pop()).unwrap_or_default()
}
