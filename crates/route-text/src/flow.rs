//! Flow rules: what to match, and what to do with it.
//!
//! Two forms say the same: matches and actions one after the other, or sorted into blocks, as in
//! `flow route NAME { rd 65000:1; match { source 10.0.0.0/24; } then { discard; } }`.

use std::net::IpAddr;

use bgp_wire::attr::extended_community::ExtendedCommunity;
use bgp_wire::attr::extended_community::flow::{self as action, Direction};
use bgp_wire::attr::ipv6_extended_community::{self as ipv6, Ipv6ExtendedCommunity};
use bgp_wire::attr::{Attribute, NextHop};
use bgp_wire::nlri::flow::Rule;
use bgp_wire::{AttrCode, Family, Safi};
use smallvec::SmallVec;

use crate::clause::Draft;
use crate::keyword;
use crate::route::{Action, Routes};
use crate::suggest::closest;
use crate::{TextError, Word, Words};

/// Words that introduce an action.
const ACTIONS: &[&str] = &[
    "accept",
    "discard",
    "rate-limit",
    "redirect",
    "redirect-to-nexthop",
    "redirect-to-nexthop-ietf",
    "copy",
    "mark",
    "action",
    "interface-set",
];

/// Octets per second over which a rate is brought down to this.
const MAX_RATE: f32 = 1e12;

/// Whether routes of a family are flow rules.
pub(crate) fn is_flow(family: Family) -> bool {
    matches!(family.safi, Safi::FLOW | Safi::FLOW_VPN)
}

/// Reads one flow rule, to the end of the text: matches, actions, attributes, `rd` and `next-hop` in any order. The
/// words `flow` and `route` may precede it. Without `family` the rule tells it: a route distinguisher makes it a VPN's,
/// an IPv6 prefix makes it IPv6.
pub fn parse_flow(
    family: Option<Family>,
    words: &mut Words<'_>,
    action: Action,
) -> Result<Routes, TextError> {
    words.accept("flow");
    words.accept("route");
    let mut draft = Draft::default();
    let mut ahead = *words;
    let name = ahead.next_word().filter(|word| !word.text.starts_with('{'));
    if let Some(name) = name.filter(|_| ahead.peek().is_some_and(|word| word.text.starts_with('{'))) {
        draft.name = Some(name.text.into());
        *words = ahead;
    }
    if !words.rest().starts_with('{') {
        return rule(family, words, action, draft);
    }
    let flat = flatten(words)?;
    rule(family, &mut Words::new(&flat), action, draft)
}

/// The text of a rule in blocks with spaces in the place of what is not said in one line, so that all other words
/// stay where they are.
fn flatten(words: &Words<'_>) -> Result<String, TextError> {
    let rest = words.rest();
    let mut depth = 0_usize;
    for (at, sign) in rest.char_indices() {
        depth = match sign {
            '{' => depth.saturating_add(1),
            '}' => depth.saturating_sub(1),
            _ => depth,
        };
        if depth == 0 {
            let left = rest.get(at..).unwrap_or_default();
            let left = left.strip_prefix('}').unwrap_or(left).trim_start_matches(';');
            if let Some(word) = Words::new(left).next_word() {
                let start = words.end("").at.saturating_sub(left.len());
                let word = Word { at: start.saturating_add(word.at), ..word };
                return Err(TextError::new(word, "nothing can stand behind the closing '}'"));
            }
            break;
        }
    }
    if depth > 0 {
        return Err(words.end("a closing '}'"));
    }
    // The error at the end of a text stands at its length, so white space at the end stays too.
    let start = words.end("").at.saturating_sub(rest.len());
    let mut flat = " ".repeat(start);
    flat.extend(rest.chars().map(|c| if matches!(c, '{' | '}' | ';') { ' ' } else { c }));
    Ok(flat)
}

fn rule(
    family: Option<Family>,
    words: &mut Words<'_>,
    action: Action,
    mut draft: Draft,
) -> Result<Routes, TextError> {
    let mut rule = family.map_or_else(Rule::new, Rule::of);
    while let Some(word) = words.next_word() {
        if word.is("match") || word.is("then") || word.is("scope") {
            continue;
        }
        if rule.accept(word, words)? || act(word, words, &mut draft)? {
            continue;
        }
        if word.is("split") {
            return Err(TextError::new(word, "a flow rule can't be split"));
        }
        keyword::parse(word, words, &mut draft).map_err(|error| suggest(word, error))?;
    }
    let nlri = rule.finish(words)?;
    let clause = draft.finish();
    let given = clause.attributes.get(AttrCode::EXTENDED_COMMUNITY).unwrap_or_default();
    let to_next_hop = given.as_chunks::<8>().0.iter().any(|item| item.starts_with(&[0x08, 0x00]));
    if action == Action::Announce && to_next_hop && clause.attributes.next_hop() == NextHop::Unset {
        return Err(words
            .end("next-hop")
            .hint("redirect-to-nexthop needs next-hop ADDRESS, or next-hop self"));
    }
    clause.check(nlri.family(), action, words)?;
    Ok(Routes { nlris: SmallVec::from_buf([nlri.with_path_id(clause.path_id)]), clause })
}

/// An unknown keyword may have been meant to be a match or an action.
#[cold]
fn suggest(word: Word<'_>, error: TextError) -> TextError {
    if error.at != word.at || !error.hint.is_empty() {
        return error;
    }
    match closest(word.text, Rule::keywords().chain(ACTIONS.iter().copied())) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error,
    }
}

fn add<A: Attribute>(draft: &mut Draft, value: &[u8], word: Word<'_>) -> Result<(), TextError> {
    draft.attributes.merge::<A>(value.to_vec()).map_err(|e| TextError::new(word, e.to_string()))
}

/// Reads what `keyword` introduces, if it is an action.
fn act(keyword: Word<'_>, words: &mut Words<'_>, draft: &mut Draft) -> Result<bool, TextError> {
    if keyword.quoted {
        return Ok(false);
    }
    let community = match keyword.text {
        "accept" => return Ok(true),
        "discard" => action::rate_limit(0.0),
        "rate-limit" => rate(words)?,
        "redirect" => redirect(words.expect("a route target or an address")?, draft)?,
        "redirect-to-nexthop" => action::next_hop(false),
        "copy" => {
            let next_hop = address(words.expect("an address")?)?;
            draft.attributes.next_hop(NextHop::Address(next_hop));
            action::next_hop(true)
        }
        "redirect-to-nexthop-ietf" => match address(words.expect("an address")?)? {
            IpAddr::V4(ip) => action::redirect_to_next_hop(ip),
            IpAddr::V6(ip) => {
                let value = ipv6::redirect_to_next_hop(ip);
                return add::<Ipv6ExtendedCommunity>(draft, &value, keyword).map(|()| true);
            }
        },
        "mark" => {
            let word = words.expect("a DSCP value")?;
            let dscp = digits(word.text).filter(|n| *n < 64);
            action::mark(dscp.ok_or_else(|| TextError::new(word, "this is no DSCP value").hint("0 to 63"))?)
        }
        "action" => {
            let word = words.expect("an action")?;
            match word.text {
                "sample" => action::action(true, false),
                "terminal" => action::action(false, true),
                "sample-terminal" => action::action(true, true),
                _ => {
                    let hint = "sample, terminal or sample-terminal";
                    return Err(TextError::new(word, "invalid flow action").hint(hint));
                }
            }
        }
        "interface-set" => {
            let mut sets = Vec::new();
            words.list("an interface set", false, |word| {
                sets.extend_from_slice(&interface_set(word)?);
                Ok(())
            })?;
            return add::<ExtendedCommunity>(draft, &sets, keyword).map(|()| true);
        }
        _ => return Ok(false),
    };
    add::<ExtendedCommunity>(draft, &community, keyword).map(|()| true)
}

fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn address(word: Word<'_>) -> Result<IpAddr, TextError> {
    word.text.parse().map_err(|_| TextError::new(word, "this is no address"))
}

/// `NUMBER`, `NUMBER bytes` or `NUMBER packets`, each a second.
fn rate(words: &mut Words<'_>) -> Result<[u8; 8], TextError> {
    let word = words.expect("a rate")?;
    // A 32-bit float is what the wire has (RFC 8955 section 7.1).
    let rate = digits::<f32>(word.text).ok_or_else(|| {
        TextError::new(word, "this is no rate").hint("a number of octets per second, or NUMBER packets")
    })?;
    if words.accept("packets") {
        return Ok(action::rate_limit_packets(rate.min(MAX_RATE)));
    }
    words.accept("bytes");
    Ok(action::rate_limit(rate.min(MAX_RATE)))
}

/// `ASN:NUMBER`, a VPN; or an address, which becomes the next hop.
fn redirect(word: Word<'_>, draft: &mut Draft) -> Result<[u8; 8], TextError> {
    if let Ok(address) = word.text.parse::<IpAddr>() {
        draft.attributes.next_hop(NextHop::Address(address));
        return Ok(action::next_hop(false));
    }
    let target = word.text.split_once(':').and_then(|(asn, number)| {
        let (asn, number) = (digits::<u32>(asn)?, digits::<u32>(number)?);
        action::redirect(asn, number)
    });
    target.ok_or_else(|| {
        TextError::new(word, "this is nothing to redirect to")
            .hint("ASN:NUMBER, the number up to 65535 with an AS number over 65535, or an address")
    })
}

/// `transitive:input:65000:1`; without the first part it is transitive.
fn interface_set(word: Word<'_>) -> Result<[u8; 8], TextError> {
    let error = || {
        TextError::new(word, "this is no interface set").hint(
            "transitive or non-transitive, input, output or input-output, an AS number, a number up to 16383, \
             joined by colons",
        )
    };
    let (transitive, rest) = match word.text.split_once(':') {
        Some(("transitive", rest)) => (true, rest),
        Some(("non-transitive", rest)) => (false, rest),
        _ => (true, word.text),
    };
    let mut fields = rest.split(':');
    let mut next = || fields.next();
    let (Some(direction), Some(asn), Some(group), None) = (next(), next(), next(), next()) else {
        return Err(error());
    };
    let direction = match direction {
        "input" => Direction::Input,
        "output" => Direction::Output,
        "input-output" => Direction::Both,
        _ => return Err(error()),
    };
    let asn = digits(asn).ok_or_else(error)?;
    let group = digits(group).filter(|n| *n < 1 << 14).ok_or_else(error)?;
    Ok(action::interface_set(transitive, direction, asn, group))
}
