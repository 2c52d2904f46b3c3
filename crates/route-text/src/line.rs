//! Whole route lines.

use std::net::IpAddr;

use bgp_wire::nlri::{inet, sr_policy};
use bgp_wire::{Family, Nlri};
use smallvec::{SmallVec, smallvec};

use crate::clause::{Clause, Draft, parse_clause};
use crate::flow;
use crate::keyword;
use crate::nlri;
use crate::route::{Action, Routes};
use crate::suggest::closest;
use crate::{TextError, Word, Words};

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
    let word = words.peek().ok_or_else(|| words.end("a prefix"))?;
    with_clause(parse_prefix(words)?, word, words, action)
}

/// Reads what follows the words of a family, as in `ipv4 unicast`: NLRI and clause, to the end of the text.
pub fn parse_family_route(
    family: Family,
    words: &mut Words<'_>,
    action: Action,
) -> Result<Routes, TextError> {
    if flow::is_flow(family) {
        return flow::parse_flow(Some(family), words, action);
    }
    let word = words.peek().ok_or_else(|| words.end("a prefix"))?;
    with_clause(nlri::parse(family, words)?, word, words, action)
}

fn with_clause(
    nlri: Nlri,
    word: Word<'_>,
    words: &mut Words<'_>,
    action: Action,
) -> Result<Routes, TextError> {
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

/// Reads the NLRI of a route whose family is known; what is left is a clause ([`parse_clause`]). The word returned is
/// where it stands.
pub fn parse_nlri<'a>(family: Family, words: &mut Words<'a>) -> Result<(Nlri, Word<'a>), TextError> {
    let word = words.peek().ok_or_else(|| words.end("a prefix"))?;
    Ok((nlri::parse(family, words)?, word))
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

/// What a line starts with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Head<'a> {
    /// `route PREFIX`, `ipv4 unicast PREFIX` or `PREFIX`: what is left is a clause ([`parse_clause`]).
    Nlri(Nlri, Word<'a>),
    /// `attributes`: what is left is for [`parse_attributes`].
    Attributes,
}

/// Reads the start of a line in any of the forms of a configuration: `route …`, `attributes … nlri …`,
/// `ipv4 unicast …`, `vpls …`, `sr-policy …`, or a prefix at once. The word returned is where the NLRI stands.
pub fn parse_head<'a>(words: &mut Words<'a>) -> Result<Head<'a>, TextError> {
    let mut word = words.peek().ok_or_else(|| words.end("a route"))?;
    let family = if words.accept("route") || is_prefix(word) {
        None
    } else if words.accept("attributes") || words.accept("attribute") {
        return Ok(Head::Attributes);
    } else if Family::ALL.iter().any(|f| f.afi.name().is_some_and(|name| word.is(name))) {
        Some(parse_family(words)?)
    } else if words.accept("vpls") {
        Some(Family::L2VPN_VPLS)
    } else if words.accept("sr-policy") {
        Some(sr_policy::family(*words))
    } else {
        let hint = "a line starts with route, attributes, a family such as ipv4 unicast, or a prefix";
        return Err(TextError::new(word, "this is no route").hint(hint));
    };
    word = words.peek().ok_or_else(|| words.end("a prefix"))?;
    let nlri = match family {
        None => parse_prefix(words)?,
        Some(family) => nlri::parse(family, words)?,
    };
    Ok(Head::Nlri(nlri, word))
}

/// Reads a whole line in any of the forms of [`parse_head`], or a flow rule: `flow route …`, `ipv4 flow …`.
pub fn parse_line(words: &mut Words<'_>, action: Action) -> Result<Routes, TextError> {
    if words.peek().is_some_and(|word| word.is("flow")) {
        return flow::parse_flow(None, words, action);
    }
    let mut ahead = *words;
    if let Some(family) = parse_family(&mut ahead).ok().filter(|family| flow::is_flow(*family)) {
        *words = ahead;
        return flow::parse_flow(Some(family), words, action);
    }
    match parse_head(words)? {
        Head::Attributes => parse_attributes(words, action),
        Head::Nlri(nlri, word) => with_clause(nlri, word, words, action),
    }
}

/// Whether a word is meant to be a prefix, right or wrong.
fn is_prefix(word: Word<'_>) -> bool {
    word.text.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':') && word.text.contains(['.', ':', '/'])
}
