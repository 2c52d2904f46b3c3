//! The words of mobile user plane routes.

use std::fmt::{self, Write as _};
use std::net::IpAddr;

use super::route::{Body, Prefix, Route};
use crate::attr::number::decimal;
use crate::code::Afi;
use crate::nlri::inet::{max_length, parse_prefix};
use crate::nlri::rd::RouteDistinguisher as Rd;
use crate::text::{TextError, Word, Words};

/// Word of each route type, by its number less one.
pub(super) const WORDS: [&str; 4] = ["mup-isd", "mup-dsd", "mup-t1st", "mup-t2st"];

/// Values of the named fields, as far as they are written.
#[derive(Default)]
struct Fields<'a> {
    rd: Option<Word<'a>>,
    teid: Option<Word<'a>>,
    qfi: Option<Word<'a>>,
    endpoint: Option<Word<'a>>,
    source: Option<Word<'a>>,
}

impl<'a> Fields<'a> {
    /// Takes named values as long as they are some that the type has.
    fn take(code: u8, words: &mut Words<'a>) -> Result<Self, TextError> {
        let mut fields = Self::default();
        while let Some(name) = words.peek().filter(|w| !w.quoted) {
            let place = match (name.text, code) {
                ("rd", _) => &mut fields.rd,
                ("teid", 3 | 4) => &mut fields.teid,
                ("qfi", 3) => &mut fields.qfi,
                ("endpoint", 3) => &mut fields.endpoint,
                ("source", 3) => &mut fields.source,
                _ => break,
            };
            words.next_word();
            if place.replace(words.expect("a value")?).is_some() {
                return Err(TextError::new(name, "this is given twice"));
            }
        }
        Ok(fields)
    }
}

fn needed<'a>(value: Option<Word<'a>>, name: &'static str, words: &Words<'_>) -> Result<Word<'a>, TextError> {
    value.ok_or_else(|| match words.peek() {
        Some(next) => TextError::new(next, format!("{name} and its value must stand before this")),
        None => words.end(name),
    })
}

fn address(word: Word<'_>) -> Result<IpAddr, TextError> {
    word.text.parse().map_err(|_| TextError::new(word, "invalid address").hint("10.0.0.1 or 2001:db8::1"))
}

fn of_family(afi: Afi, word: Word<'_>, address: IpAddr) -> Result<(), TextError> {
    if (afi == Afi::IPV4) == address.is_ipv4() {
        return Ok(());
    }
    let other = if afi == Afi::IPV4 { "ipv6 mup" } else { "ipv4 mup" };
    Err(TextError::new(word, "this is of the other address family").hint(format!("write {other} before it")))
}

fn prefix(afi: Afi, word: Word<'_>) -> Result<Prefix, TextError> {
    let prefix = parse_prefix(word)?;
    of_family(afi, word, prefix.0)?;
    Ok(prefix)
}

fn number<T: std::str::FromStr>(word: Word<'_>, hint: &'static str) -> Result<T, TextError> {
    decimal(word.text).ok_or_else(|| TextError::new(word, "invalid number").hint(hint))
}

/// `12345/32`: an identifier and how many bits of it are meant; it must fit into their octets.
fn teid(word: Word<'_>) -> Result<(u32, u8), TextError> {
    let parts = word.text.split_once('/').and_then(|(n, bits)| Some((decimal(n)?, decimal(bits)?)));
    parts
        .filter(|(n, bits): &(u32, u8)| {
            *bits <= 32 && u64::from(*n).checked_shr(u32::from(bits.div_ceil(8)).saturating_mul(8)) == Some(0)
        })
        .ok_or_else(|| {
            TextError::new(word, "invalid TEID").hint("a number and its length in bits, 0 to 32: 12345/32")
        })
}

/// Reads a route; the word of its type is taken already.
pub(super) fn parse(afi: Afi, code: u8, words: &mut Words<'_>) -> Result<Route, TextError> {
    let first = words.expect(if code % 2 == 1 { "a prefix" } else { "an address" })?;
    // Before the fields, so that the first wrong word is the one that is named.
    let (at, length) = if code % 2 == 1 { prefix(afi, first)? } else { (address(first)?, max_length(afi)) };
    of_family(afi, first, at)?;
    let fields = Fields::take(code, words)?;
    let rd = Rd::parse(needed(fields.rd, "rd", words)?)?;
    let body = match code {
        1 => Body::Interwork((at, length)),
        2 => Body::Direct(at),
        3 => Body::Session1 {
            prefix: (at, length),
            teid: number(needed(fields.teid, "teid", words)?, "0 to 4294967295")?,
            qfi: number(needed(fields.qfi, "qfi", words)?, "0 to 255")?,
            endpoint: address(needed(fields.endpoint, "endpoint", words)?)?,
            source: fields.source.map(address).transpose()?,
        },
        _ => {
            let (teid, bits) = teid(needed(fields.teid, "teid", words)?)?;
            Body::Session2 { endpoint: at, teid, bits }
        }
    };
    Ok(Route { rd, body })
}

/// Appends the text that [`parse`] reads back.
pub(super) fn print(route: &Route, out: &mut String) -> fmt::Result {
    let word = WORDS.get(usize::from(route.code()).saturating_sub(1)).copied().unwrap_or_default();
    let rd = route.rd.input();
    match route.body {
        Body::Interwork((address, length)) => write!(out, "{word} {address}/{length} rd {rd}"),
        Body::Direct(address) => write!(out, "{word} {address} rd {rd}"),
        Body::Session1 { prefix: (address, length), teid, qfi, endpoint, source } => {
            write!(out, "{word} {address}/{length} rd {rd} teid {teid} qfi {qfi} endpoint {endpoint}")?;
            source.map_or(Ok(()), |source| write!(out, " source {source}"))
        }
        Body::Session2 { endpoint, teid, bits } => {
            write!(out, "{word} {endpoint} rd {rd} teid {teid}/{bits}")
        }
    }
}
