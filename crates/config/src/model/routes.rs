//! Static routes: parsed once, shared by every neighbor that has them.

use std::sync::Arc;

use bgp_wire::attr::NextHop;
use bgp_wire::{Family, Nlri};
use route_text::{Clause, Route};

use crate::diag::Span;

/// One static route. Routes written with the same words share one clause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaticRoute {
    /// What is reachable.
    pub nlri: Nlri,
    /// How.
    pub clause: Arc<Clause>,
}

impl StaticRoute {
    /// As it can be announced, with its family: `ipv4 unicast 10.0.0.0/24 next-hop self`.
    pub fn to_text(&self) -> String {
        let Clause { attributes, watchdog, withdrawn, name, .. } = &*self.clause;
        Route {
            nlri: self.nlri.clone(),
            attributes: attributes.clone(),
            watchdog: watchdog.clone(),
            withdrawn: *withdrawn,
            name: name.clone(),
        }
        .to_string()
    }
}

/// What validation needs to know about the routes of a set without looking at each: the first of every kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind {
    /// Their family.
    pub family: Family,
    /// Whether their next hop is "self".
    pub next_hop_self: bool,
    /// Where the first of them stands.
    pub at: Span,
}

/// The routes of one `routes` list.
#[derive(Clone, Debug, Default)]
pub struct RouteSet {
    routes: Vec<StaticRoute>,
    kinds: Vec<Kind>,
    /// Where each route stands; none when nobody wants to know.
    places: Option<Vec<Span>>,
}

impl RouteSet {
    /// A set without routes; `places` says whether it keeps where each of them stands.
    pub(crate) fn new(places: bool) -> Self {
        Self { places: places.then(Vec::new), ..Self::default() }
    }

    /// Where a route stands, if that was kept.
    pub(crate) fn place(&self, index: usize) -> Option<Span> {
        self.places.as_ref()?.get(index).copied()
    }

    /// Adds a route that stands at `at`.
    pub fn push(&mut self, route: StaticRoute, at: Span) {
        let family = route.nlri.family();
        let next_hop_self = route.clause.attributes.next_hop() == NextHop::SelfAddress;
        if !self.kinds.iter().any(|k| k.family == family && k.next_hop_self == next_hop_self) {
            self.kinds.push(Kind { family, next_hop_self, at });
        }
        if let Some(places) = &mut self.places {
            places.push(at);
        }
        self.routes.push(route);
    }

    /// Gives back the room that no route needs.
    pub(crate) fn shrink(&mut self) {
        self.routes.shrink_to_fit();
    }

    /// The routes, as written.
    pub fn routes(&self) -> &[StaticRoute] {
        &self.routes
    }

    /// The kinds among them.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }
}
