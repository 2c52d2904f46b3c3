//! Whole route lines.

use std::net::IpAddr;

use bgp_wire::nlri::inet;
use bgp_wire::{Family, Nlri};
use smallvec::{SmallVec, smallvec};

use crate::clause::{Clause, Draft, parse_clause};
use crate::keyword;
use crate::route::{Action, Routes};
use crate::suggest::closest;
use crate::{TextError, Words};

/// The family that a prefix of a `route` line has: multicast for IPv4 class D (224.0.0.0/4), unicast for all others,
/// IPv6 multicast addresses included.
pub fn route_family(address: IpAddr) -> Family {
    match address {
        IpAddr::V4(v4) if v4.is_multicast() => Family::IPV4_MULTICAST,
        IpAddr::V4(_) => Family::IPV4_UNICAST,
        IpAddr::V6(_) => Family::IPV6_UNICAST,
    }
}

/// Reads the prefix of a `route` line; the prefix tells the family. A bare address is a host route.
pub fn parse_prefix(words: &mut Words<'_>) -> Result<Nlri, TextError> {
    let (address, length) = inet::parse_prefix(words.expect("a prefix")?)?;
    Ok(inet::nlri(route_family(address), address, length))
}

/// Reads what follows the word `route`: a prefix and its clause, to the end of the text.
pub fn parse_route(words: &mut Words<'_>, action: Action) -> Result<Routes, TextError> {
    with_clause(None, words, action)
}

/// Reads what follows the words of a family, as in `ipv4 unicast`: NLRI and clause, to the end of the text.
pub fn parse_family_route(
    family: Family,
    words: &mut Words<'_>,
    action: Action,
) -> Result<Routes, TextError> {
    with_clause(Some(family), words, action)
}

fn with_clause(family: Option<Family>, words: &mut Words<'_>, action: Action) -> Result<Routes, TextError> {
    let word = words.peek().ok_or_else(|| words.end("a prefix"))?;
    let nlri = match family {
        None => parse_prefix(words)?,
        Some(family) => Nlri::parse(family, words)?,
    };
    let clause = parse_clause(words)?;
    clause.check(nlri.family(), action, words)?;
    Ok(Routes { nlris: clause.expand(nlri, word)?, clause })
}

/// Reads what follows the word `attributes`: a clause, the word `nlri`, and prefixes that share it, to the end of
/// the text.
pub fn parse_attributes(words: &mut Words<'_>, action: Action) -> Result<Routes, TextError> {
    let mut draft = Draft::default();
    loop {
        let word = words.expect("the word nlri before the prefixes")?;
        if word.is("nlri") {
            break;
        }
        keyword::parse(word, words, &mut draft)?;
    }
    let clause: Clause = draft.finish();
    let mut nlris: SmallVec<[Nlri; 1]> = smallvec![];
    while let Some(word) = words.peek() {
        nlris.extend(clause.expand(parse_prefix(words)?, word)?);
    }
    let Some(first) = nlris.first() else {
        return Err(words.end("a prefix"));
    };
    clause.check(first.family(), action, words)?;
    Ok(Routes { nlris, clause })
}

/// Reads the two words of a family, as in `ipv4 unicast`.
pub fn parse_family(words: &mut Words<'_>) -> Result<Family, TextError> {
    let afi = words.expect("an address family")?;
    let afis = || Family::ALL.iter().filter_map(|f| f.afi.name());
    if !afis().any(|name| afi.is(name)) {
        let error = TextError::new(afi, "this is no address family");
        return Err(match closest(afi.text, afis()) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint("as in ipv4 unicast"),
        });
    }
    let safi = words.expect("the second word of the address family")?;
    let of_afi = || Family::ALL.iter().filter(|f| f.afi.name() == Some(afi.text));
    let named = |f: &&Family| f.safi.name().is_some_and(|name| safi.text.eq_ignore_ascii_case(name));
    of_afi().find(named).copied().ok_or_else(|| {
        let known: Vec<&str> = of_afi().filter_map(|f| f.safi.name()).collect();
        TextError::new(safi, format!("there is no such {} family", afi.text)).hint(known.join(", "))
    })
}

/// Reads a whole line in any of the forms of a configuration: `route …`, `attributes … nlri …`, `ipv4 unicast …`, or
/// a prefix at once.
pub fn parse_line(words: &mut Words<'_>, action: Action) -> Result<Routes, TextError> {
    let word = words.peek().ok_or_else(|| words.end("a route"))?;
    if words.accept("route") {
        parse_route(words, action)
    } else if words.accept("attributes") || words.accept("attribute") {
        parse_attributes(words, action)
    } else if word.text.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':') && is_prefix(word.text) {
        parse_route(words, action)
    } else if Family::ALL.iter().any(|f| f.afi.name().is_some_and(|name| word.is(name))) {
        let family = parse_family(words)?;
        parse_family_route(family, words, action)
    } else {
        let hint = "a line starts with route, attributes, a family such as ipv4 unicast, or a prefix";
        Err(TextError::new(word, "this is no route").hint(hint))
    }
}

/// Whether a word is meant to be a prefix, right or wrong.
fn is_prefix(word: &str) -> bool {
    word.contains(['.', ':', '/'])
}
