//! The short way for lines of routes.

use std::sync::Arc;

use bgp_wire::nlri::inet;
use bgp_wire::{Afi, Family, Nlri};
use memchr::{memchr, memmem};
use route_text::{Action, Selector, Words, parse_clause, route_family};

use super::{Parser, Ready, prefix, terms};
use crate::batch::Target;

/// The commands that have a short way, and the family that they name.
const ROUTES: [(&[u8], Action, Option<Family>); 6] = [
    (b"announce route ", Action::Announce, None),
    (b"withdraw route ", Action::Withdraw, None),
    (b"announce ipv4 unicast ", Action::Announce, Some(Family::IPV4_UNICAST)),
    (b"announce ipv6 unicast ", Action::Announce, Some(Family::IPV6_UNICAST)),
    (b"withdraw ipv4 unicast ", Action::Withdraw, Some(Family::IPV4_UNICAST)),
    (b"withdraw ipv6 unicast ", Action::Withdraw, Some(Family::IPV6_UNICAST)),
];

/// The commands for many prefixes that have a short way.
const ATTRIBUTES: [(&[u8], Action); 4] = [
    (b"announce attributes ", Action::Announce),
    (b"announce attribute ", Action::Announce),
    (b"withdraw attributes ", Action::Withdraw),
    (b"withdraw attribute ", Action::Withdraw),
];

impl Parser {
    /// Takes a line, trimmed, if it is of a common form and right. False: nothing was done with it.
    pub(super) fn fast(&mut self, line: &[u8]) -> bool {
        let Some((target, command)) = self.target(line) else { return false };
        for (words, action, family) in ROUTES {
            if let Some(rest) = command.strip_prefix(words) {
                return self.fast_route(action, family, rest, target).is_some();
            }
        }
        for (words, action) in ATTRIBUTES {
            if let Some(rest) = command.strip_prefix(words) {
                let before = self.batch.steps.len();
                let done = self.fast_attributes(action, rest, target).is_some();
                if !done {
                    self.batch.steps.truncate(before);
                }
                return done;
            }
        }
        false
    }

    /// The target of a line and what follows its selector.
    fn target<'l>(&mut self, line: &'l [u8]) -> Option<(Target, &'l [u8])> {
        // In the grammar of ExaBGP 6 the word is another one.
        let peers = line.starts_with(b"peer ");
        if !peers && !line.starts_with(b"neighbor ") {
            return Some((Target::Attached, line));
        }
        if let Some(target) = self.last
            && let Some(rest) = line.strip_prefix(self.last_text.as_slice())
            && (rest.starts_with(b"announce ") || rest.starts_with(b"withdraw "))
        {
            return Some((target, rest));
        }
        let start = memmem::find(line, b" announce ").or_else(|| memmem::find(line, b" withdraw "))?;
        let (text, command) = line.split_at_checked(start.checked_add(1)?)?;
        let known = self.selectors.get(text).cloned();
        let selector = if let Some(known) = known {
            known
        } else {
            let mut words = Words::new(std::str::from_utf8(text).ok()?);
            let selector = if peers {
                words.next_word();
                Selector::parse_peers(&mut words).ok()?
            } else {
                Selector::parse(&mut words).ok()??
            };
            let selector = Arc::new(selector);
            if !words.rest().is_empty() || memchr(0, text).is_some() {
                return None;
            }
            self.selectors.insert(text, Arc::clone(&selector));
            selector
        };
        let target = self.batch.select(&selector);
        self.last = Some(target);
        self.last_text.clear();
        self.last_text.extend_from_slice(text);
        Some((target, command))
    }

    fn fast_route(
        &mut self,
        action: Action,
        family: Option<Family>,
        text: &[u8],
        target: Target,
    ) -> Option<()> {
        let end = memchr(b' ', text).unwrap_or(text.len());
        let (prefix, clause) = text.split_at_checked(end)?;
        let clause = clause.trim_ascii_start();
        let nlri = nlri(prefix, family)?;
        if clause.is_empty() && action == Action::Withdraw {
            self.route(nlri, action, None, None, target);
        } else {
            let ready = self.ready(clause, action)?;
            self.ready_route(nlri, ready, action, target);
        }
        self.end_line();
        Some(())
    }

    fn fast_attributes(&mut self, action: Action, text: &[u8], target: Target) -> Option<()> {
        let start = memmem::find(text, b" nlri ")?;
        let (clause, prefixes) = text.split_at_checked(start)?;
        // A quoted word could hold what looks like the end of the clause.
        if clause.iter().any(|b| matches!(b, b'"' | b'\'')) {
            return None;
        }
        let ready = self.ready(clause.trim_ascii(), action)?;
        let prefixes = prefixes.strip_prefix(b" nlri ")?;
        for prefix in prefixes.split(|b| *b == b' ').filter(|p| !p.is_empty()) {
            self.ready_route(nlri(prefix, None)?, ready.clone(), action, target);
        }
        self.end_line();
        Some(())
    }

    fn ready_route(&mut self, nlri: Nlri, ready: Ready, action: Action, target: Target) {
        let nlri = if ready.path_id.is_some() { nlri.with_path_id(ready.path_id) } else { nlri };
        let terms = ready.terms.filter(|_| action == Action::Announce);
        self.route(nlri, action, Some(ready.attributes), terms, target);
    }

    /// What a clause says. None if it is wrong, incomplete, asks for a split or has labels and the like: the long way
    /// knows what to do then.
    fn ready(&mut self, text: &[u8], action: Action) -> Option<Ready> {
        let usable = |ready: &Ready| ready.complete || action == Action::Withdraw;
        if let Some(known) = self.clauses.get(text) {
            return Some(known.clone()).filter(usable);
        }
        if memchr(0, text).is_some() {
            return None;
        }
        let clause = parse_clause(&mut Words::new(std::str::from_utf8(text).ok()?)).ok()?;
        if clause.split.is_some() || !clause.parts.is_empty() {
            return None;
        }
        let ready = Ready {
            complete: clause.attributes.next_hop() != bgp_wire::NextHop::Unset,
            attributes: self.interner.intern(clause.attributes),
            path_id: clause.path_id,
            terms: terms(clause.watchdog, clause.withdrawn, clause.life),
        };
        self.clauses.insert(text, ready.clone());
        Some(ready).filter(usable)
    }
}

/// The NLRI of a prefix; of the family its address belongs to, unless one is named.
fn nlri(text: &[u8], family: Option<Family>) -> Option<Nlri> {
    let (address, length) = prefix::parse(text)?;
    let family = match family {
        None => route_family(address),
        Some(family) if (family.afi == Afi::IPV4) == address.is_ipv4() => family,
        Some(_) => return None,
    };
    Some(inet::nlri(family, address, length))
}
