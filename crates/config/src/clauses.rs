//! Static routes as text, in the one grammar of `route-text`; clauses that were written before are shared.

use std::collections::HashMap;
use std::sync::Arc;

use bgp_wire::text::{TextError, Word, Words};
use bgp_wire::{Family, Nlri, Safi};
use route_text::{
    Action, Clause, Head, Life, Routes, parse_attributes, parse_clause, parse_family, parse_family_route,
    parse_flow, parse_head, parse_nlri,
};

use crate::diag::{Diag, Span};
use crate::model::{RouteSet, StaticRoute};

/// Clauses by their text: a million routes with few attribute sets are parsed and held as few.
pub(crate) struct Clauses {
    known: HashMap<Box<str>, Arc<Clause>>,
    /// Sets of routes remember where each route stands.
    places: bool,
}

impl Clauses {
    pub(crate) fn new(places: bool) -> Self {
        Self { known: HashMap::new(), places }
    }

    /// A set for routes.
    pub(crate) fn set(&self) -> RouteSet {
        RouteSet::new(self.places)
    }

    /// What `words` have left, as a clause.
    fn rest(&mut self, words: &mut Words<'_>) -> Result<Arc<Clause>, TextError> {
        let text = words.rest();
        if let Some(clause) = self.known.get(text) {
            words.skip_all();
            return Ok(clause.clone());
        }
        let clause = Arc::new(parse_clause(words)?);
        self.known.insert(text.into(), clause.clone());
        Ok(clause)
    }

    /// The routes of one line, in any of its forms; `at` is where it stands.
    pub(crate) fn line(&mut self, text: &str, at: Span, set: &mut RouteSet) -> Result<(), TextError> {
        let mut words = Words::new(text);
        if words.peek().is_some_and(|word| word.is("flow")) {
            return self.flow(text, at, set);
        }
        let mut ahead = words;
        if let Ok(family) = parse_family(&mut ahead)
            && matches!(family.safi, Safi::FLOW | Safi::FLOW_VPN)
        {
            return add(parse_family_route(family, &mut ahead, Action::Announce)?, at, set);
        }
        match parse_head(&mut words)? {
            Head::Nlri(nlri, word) => self.nlri(nlri, word, &mut words, at, set),
            Head::Attributes => add(parse_attributes(&mut words, Action::Announce)?, at, set),
        }
    }

    /// The routes of a line whose family is known from elsewhere.
    pub(crate) fn of_family(
        &mut self,
        family: Family,
        text: &str,
        at: Span,
        set: &mut RouteSet,
    ) -> Result<(), TextError> {
        let mut words = Words::new(text);
        if matches!(family.safi, Safi::UNICAST | Safi::MULTICAST) {
            let (nlri, word) = parse_nlri(family, &mut words)?;
            return self.nlri(nlri, word, &mut words, at, set);
        }
        add(parse_family_route(family, &mut words, Action::Announce)?, at, set)
    }

    /// A flow rule.
    #[expect(clippy::unused_self, reason = "flow rules have clauses of their own, for now")]
    pub(crate) fn flow(&mut self, text: &str, at: Span, set: &mut RouteSet) -> Result<(), TextError> {
        add(parse_flow(None, &mut Words::new(text), Action::Announce)?, at, set)
    }

    fn nlri(
        &mut self,
        nlri: Nlri,
        word: Word<'_>,
        words: &mut Words<'_>,
        at: Span,
        set: &mut RouteSet,
    ) -> Result<(), TextError> {
        let clause = self.rest(words)?;
        clause.check(nlri.family(), Action::Announce, words)?;
        lasting(&clause)?;
        for nlri in clause.expand(nlri, word)? {
            set.push(StaticRoute { nlri, clause: clause.clone() }, at);
        }
        Ok(())
    }
}

fn add(routes: Routes, at: Span, set: &mut RouteSet) -> Result<(), TextError> {
    let Routes { nlris, clause } = routes;
    lasting(&clause)?;
    let clause = Arc::new(clause);
    for nlri in nlris {
        set.push(StaticRoute { nlri, clause: clause.clone() }, at);
    }
    Ok(())
}

/// What a configuration announces is there as long as the configuration says so.
fn lasting(clause: &Clause) -> Result<(), TextError> {
    let word = match clause.life {
        None => return Ok(()),
        Some(Life::Ttl(_)) => "ttl",
        Some(Life::Lease(_)) => "lease",
    };
    let error = TextError::new(
        Word { text: word, at: 0, quoted: false },
        "a route of the configuration does not expire",
    );
    Err(error.hint("leave it away, or have a helper announce the route"))
}

/// What is wrong with a route, for people.
pub(crate) fn refused(error: &TextError, at: Span) -> Diag {
    let message = match error.word.as_str() {
        "" => format!("{} at the end", error.message),
        word => format!("{}: '{word}'", error.message),
    };
    Diag::error(message, at).hint(error.hint.clone())
}
