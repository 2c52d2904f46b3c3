//! The keywords of a clause: attributes come from the table of `bgp-wire`, the others are here.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use bgp_wire::AttrCode;
use bgp_wire::attr::tunnel_encap::PolicyWords;
use bgp_wire::attr::{self, NextHop};
use bgp_wire::nlri::labelled;
use bgp_wire::nlri::rd::RouteDistinguisher;

use crate::clause::{Draft, Life};
use crate::suggest::closest;
use crate::{TextError, Word, Words};

/// Keywords that name no attribute of the table.
const OTHERS: &[&str] = &[
    "next-hop",
    "path-information",
    "label",
    "rd",
    "route-distinguisher",
    "endpoint",
    "base",
    "offset",
    "size",
    "split",
    "name",
    "watchdog",
    "withdraw",
    "ttl",
    "lease",
    "attribute",
];

/// Reads what `keyword` introduces.
pub(crate) fn parse(keyword: Word<'_>, words: &mut Words<'_>, draft: &mut Draft) -> Result<(), TextError> {
    match keyword.text {
        _ if keyword.quoted => Err(TextError::new(keyword, "a keyword is not quoted")),
        "next-hop" => {
            let next_hop = next_hop(words.expect("a next hop")?)?;
            draft.attributes.next_hop(next_hop);
            Ok(())
        }
        "path-information" => set(&mut draft.path_id, path_id(words.expect("a path identifier")?)?),
        "label" => {
            let labels = labelled::parse_labels(words)?;
            if draft.parts.labels.is_empty() {
                draft.parts.labels = labels.into();
            }
            Ok(())
        }
        "rd" | "route-distinguisher" => {
            set(&mut draft.parts.rd, RouteDistinguisher::parse(words.expect("a route distinguisher")?)?)
        }
        text if draft.parts.block.parse(text, words)? => Ok(()),
        "split" => set(&mut draft.split, split(words.expect("a prefix length")?)?),
        "name" => set(&mut draft.name, words.expect("a name")?.text.into()),
        "watchdog" if draft.life.is_some() => Err(guarded(keyword)),
        "watchdog" => set(&mut draft.watchdog, watchdog(words.expect("a watchdog name")?)?),
        "withdraw" => {
            draft.withdrawn = true;
            Ok(())
        }
        "ttl" | "lease" if draft.watchdog.is_some() => Err(guarded(keyword)),
        "ttl" => live(Life::Ttl(seconds(words.expect("a number of seconds")?)?), keyword, draft),
        "lease" => live(Life::Lease(lease_name(words.expect("the name of a lease")?)?), keyword, draft),
        "attribute" => generic(words, draft),
        text if attr::parse(text, words, &mut draft.attributes)? => Ok(()),
        _ if draft.policy.parse(keyword, words)? => Ok(()),
        _ => Err(unknown(keyword)),
    }
}

/// The first occurrence stands.
#[expect(clippy::unnecessary_wraps, reason = "ends the arms of a match whose other arms can fail")]
fn set<T>(place: &mut Option<T>, value: T) -> Result<(), TextError> {
    place.get_or_insert(value);
    Ok(())
}

#[cold]
fn unknown(word: Word<'_>) -> TextError {
    let error = TextError::new(word, "unknown keyword");
    match closest(word.text, attr::keywords().chain(OTHERS.iter().copied()).chain(PolicyWords::keywords())) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error,
    }
}

fn next_hop(word: Word<'_>) -> Result<NextHop, TextError> {
    if word.text.eq_ignore_ascii_case("self") {
        return Ok(NextHop::SelfAddress);
    }
    let address: Result<IpAddr, _> = word.text.parse();
    address
        .map(NextHop::Address)
        .map_err(|_| TextError::new(word, "this is no next hop").hint("an IP address, or self"))
}

fn path_id(word: Word<'_>) -> Result<u32, TextError> {
    let dotted = || word.text.parse::<Ipv4Addr>().ok().map(u32::from);
    decimal(word.text).or_else(dotted).ok_or_else(|| {
        TextError::new(word, "this is no path identifier")
            .hint("a number from 0 to 4294967295, or a dotted quad")
    })
}

/// A number of digits alone: `str::parse` would take a sign too.
fn decimal<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.starts_with('+') { None } else { text.parse().ok() }
}

fn split(word: Word<'_>) -> Result<u8, TextError> {
    let length = word.text.strip_prefix('/').and_then(decimal).filter(|n| *n <= 128);
    length.ok_or_else(|| {
        TextError::new(word, "this is no prefix length to split to").hint("a slash and a number, as in /24")
    })
}

fn watchdog(word: Word<'_>) -> Result<Box<str>, TextError> {
    match word.text {
        "announce" | "withdraw" => {
            Err(TextError::new(word, "this word is reserved and can't be a watchdog name")
                .hint("choose another name"))
        }
        name => Ok(name.into()),
    }
}

/// A route has one life: with two of them nobody could tell which ends it.
fn live(life: Life, word: Word<'_>, draft: &mut Draft) -> Result<(), TextError> {
    match draft.life.replace(life) {
        None => Ok(()),
        Some(_) => Err(TextError::new(word, "the life of this route has been told already")
            .hint("one of ttl SECONDS and lease NAME, once")),
    }
}

#[cold]
fn guarded(word: Word<'_>) -> TextError {
    TextError::new(word, "a route of a watchdog group has no ttl and no lease")
        .hint("leave the one or the other away")
}

/// Reads a time to live, in seconds.
pub fn seconds(word: Word<'_>) -> Result<NonZeroU32, TextError> {
    decimal(word.text).ok_or_else(|| {
        TextError::new(word, "this is no time").hint("a number of seconds from 1 to 4294967295")
    })
}

/// Reads the name of a lease: it goes into events and the log as it is.
pub fn lease_name(word: Word<'_>) -> Result<Box<str>, TextError> {
    let fits = (1..=128).contains(&word.text.len()) && word.text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(word.text.into())
    } else {
        Err(TextError::new(word, "this is no name for a lease")
            .hint("up to 128 letters, digits and signs, without spaces"))
    }
}

/// Attributes that are made for each message, and so can't be given as octets, and what to write instead.
const MADE: &[(AttrCode, &str)] = &[
    (AttrCode::NEXT_HOP, "write next-hop"),
    (AttrCode::MP_REACH, "it is made from the prefix and next-hop"),
    (AttrCode::MP_UNREACH, "withdraw the route instead"),
    (AttrCode::AS4_PATH, "write as-path"),
    (AttrCode::AS4_AGGREGATOR, "write aggregator"),
];

/// `attribute [ 0xCODE 0xFLAGS 0xDATA ]`
fn generic(words: &mut Words<'_>, draft: &mut Draft) -> Result<(), TextError> {
    let shape = "attribute [ 0xCODE 0xFLAGS 0xDATA ]";
    let open = words.expect("an attribute in brackets")?;
    if !open.is("[") {
        return Err(TextError::new(open, "an opening '[' is missing").hint(shape));
    }
    let code_word = words.expect("an attribute code")?;
    let code = AttrCode(octet(code_word).ok_or_else(|| {
        TextError::new(code_word, "this is no attribute code").hint("0x and two hexadecimal digits")
    })?);
    if let Some((_, instead)) = MADE.iter().find(|(made, _)| *made == code) {
        return Err(TextError::new(code_word, format!("{code} can't be given as octets")).hint(*instead));
    }
    let word = words.expect("attribute flags")?;
    let flags = octet(word).ok_or_else(|| {
        TextError::new(word, "these are no attribute flags").hint("0x and two hexadecimal digits")
    })?;
    let word = words.expect("attribute octets")?;
    let data = octets(word).ok_or_else(|| {
        TextError::new(word, "these are no attribute octets")
            .hint("0x and an even number of hexadecimal digits")
    })?;
    // No message holds more (RFC 8654), and the block of attributes could not say the length.
    if data.len() > usize::from(u16::MAX) {
        return Err(TextError::new(
            Word { text: word.text.get(..16).unwrap_or(""), ..word },
            "more octets than a message holds",
        ));
    }
    let close = words.expect("a closing ']'")?;
    if !close.is("]") {
        return Err(TextError::new(close, "a closing ']' is missing").hint(shape));
    }
    draft.attributes.raw(code, flags, &data);
    Ok(())
}

fn octet(word: Word<'_>) -> Option<u8> {
    let digits = word.text.strip_prefix("0x").or_else(|| word.text.strip_prefix("0X"))?;
    if digits.starts_with('+') { None } else { u8::from_str_radix(digits, 16).ok() }
}

fn octets(word: Word<'_>) -> Option<Vec<u8>> {
    let digits = word.text.strip_prefix("0x").or_else(|| word.text.strip_prefix("0X"))?;
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some((digit(*high)? << 4) | digit(*low)?),
            _ => None,
        })
        .collect()
}
