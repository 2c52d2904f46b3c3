//! Everything a route line says about its prefixes.

use std::num::NonZeroU32;

use bgp_wire::attr::tunnel_encap::PolicyWords;
use bgp_wire::attr::{AttributeBuilder, NextHop};
use bgp_wire::{Family, Nlri, RouteAttributes};
use smallvec::SmallVec;

use crate::keyword;
use crate::nlri::Parts;
use crate::route::Action;
use crate::{TextError, Word, Words};

/// What stands after the prefix of a route line. Depends on nothing but its text, so equal texts have equal clauses:
/// callers memoise by it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clause {
    /// Next hop and path attributes.
    pub attributes: RouteAttributes,
    /// Path identifier (RFC 7911).
    pub path_id: Option<u32>,
    /// What goes into the NLRI: labels, route distinguisher, label block.
    pub parts: Parts,
    /// Announce the sub-prefixes of this length, in bits, instead of the prefix.
    pub split: Option<u8>,
    /// Watchdog group.
    pub watchdog: Option<Box<str>>,
    /// Held back until the watchdog group is announced; never set without a group.
    pub withdrawn: bool,
    /// The author's name for the route; never sent.
    pub name: Option<Box<str>>,
    /// How long it is announced; until it is withdrawn if nothing is said.
    pub life: Option<Life>,
}

/// How long a route is announced if nobody says that it is still wanted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Life {
    /// So many seconds; announcing it again starts anew.
    Ttl(NonZeroU32),
    /// As long as the lease of this name is renewed.
    Lease(Box<str>),
}

/// A clause while its words are read. The first occurrence of a keyword stands, as for attributes.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) attributes: AttributeBuilder,
    pub(crate) path_id: Option<u32>,
    pub(crate) parts: Parts,
    pub(crate) policy: PolicyWords,
    pub(crate) split: Option<u8>,
    pub(crate) watchdog: Option<Box<str>>,
    pub(crate) withdrawn: bool,
    pub(crate) name: Option<Box<str>>,
    pub(crate) life: Option<Life>,
}

impl Draft {
    pub(crate) fn finish(mut self) -> Clause {
        self.parts.policy = !self.policy.is_empty();
        self.policy.finish(&mut self.attributes);
        Clause {
            attributes: self.attributes.finish(),
            path_id: self.path_id,
            parts: self.parts,
            split: self.split,
            // Without a group nobody could ever release the route: ExaBGP ignores the word then, and so do we.
            withdrawn: self.withdrawn && self.watchdog.is_some(),
            watchdog: self.watchdog,
            name: self.name,
            life: self.life,
        }
    }
}

/// Reads everything that is left of `words` as what stands after a prefix.
pub fn parse_clause(words: &mut Words<'_>) -> Result<Clause, TextError> {
    let mut draft = Draft::default();
    while let Some(word) = words.next_word() {
        keyword::parse(word, words, &mut draft)?;
    }
    Ok(draft.finish())
}

impl Clause {
    /// Checks that a route of `family` with this clause is complete. `words`, read to the end, says where the
    /// missing word belongs.
    pub fn check(&self, family: Family, action: Action, words: &Words<'_>) -> Result<(), TextError> {
        if action == Action::Announce
            && family.needs_next_hop()
            && self.attributes.next_hop() == NextHop::Unset
        {
            return Err(words.end("next-hop").hint("add next-hop ADDRESS, or next-hop self"));
        }
        self.parts.check(self.parts.family(family), action == Action::Announce, words)
    }

    /// The NLRI of the routes that `nlri` with this clause stands for: itself, or its parts. `word` is where its
    /// prefix stands.
    pub fn expand(&self, nlri: Nlri, word: Word<'_>) -> Result<SmallVec<[Nlri; 1]>, TextError> {
        let nlri = nlri.with_path_id(self.path_id);
        if self.split.is_none() && self.parts.is_empty() {
            // Nearly every route.
            return Ok(SmallVec::from_buf([nlri]));
        }
        self.parts.expand(nlri, self.split, word)
    }
}
