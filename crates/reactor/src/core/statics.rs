//! Static routes on their way into the store and out of it, a bounded number at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use config::model::{RouteSet, StaticRoute};
use rib::{Applied, Attrs, Expiry, Interner, PeerId, SharedStore, Store, StoreError, TargetId, Watchdogs};
use route_text::Clause;

use super::CONFIGURATION;

/// What is to be done with routes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Act {
    /// They are announced, or put into their watchdog group.
    Announce,
    /// They are withdrawn, and taken out of their watchdog group.
    Withdraw,
    /// They are taken out of their watchdog group: others take their places.
    Ungroup,
}

/// Some routes of one set, for some peers at once.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) act: Act,
    pub(super) set: Arc<RouteSet>,
    /// Where in the set the routes are; none for all of them.
    pub(super) places: Option<Vec<u32>>,
    pub(super) peers: Vec<PeerId>,
}

impl Errand {
    fn route(&self, at: usize) -> Option<&StaticRoute> {
        let place = match &self.places {
            None => at,
            Some(places) => usize::try_from(*places.get(at)?).ok()?,
        };
        self.set.routes().get(place)
    }
}

/// Errands to be run, in order.
#[derive(Debug, Default)]
pub(super) struct Errands {
    waiting: VecDeque<Errand>,
    /// How far the first one is, and whom it is for.
    current: Option<(TargetId, usize)>,
    clauses: Clauses,
    /// Routes that the store did not take, and why the first of them.
    pub(super) refused: usize,
    pub(super) reason: Option<StoreError>,
}

impl Errands {
    pub(super) fn push(&mut self, errand: Errand) {
        if !errand.peers.is_empty() {
            self.waiting.push_back(errand);
        }
    }

    /// Adds errands that have not been begun.
    pub(super) fn append(&mut self, mut others: Self) {
        self.waiting.append(&mut others.waiting);
    }

    /// Does up to `budget` routes under one lock. Returns the peers for whom there is news; `None` when all is done.
    pub(super) fn step(
        &mut self,
        store: &SharedStore,
        interner: &Interner,
        watchdogs: &mut Watchdogs,
        expiry: &mut Expiry,
        budget: usize,
    ) -> Option<Vec<PeerId>> {
        self.waiting.front()?;
        let mut store = store.write();
        let mut news = Vec::new();
        let mut left = budget;
        while left > 0 {
            let Some(errand) = self.waiting.front() else { break };
            let (targets, from) = match self.current {
                Some(current) => current,
                None => match store.targets_of(&errand.peers) {
                    Ok(targets) => (targets, 0),
                    Err(e) => {
                        let all = errand.places.as_ref().map_or(errand.set.routes().len(), Vec::len);
                        self.refused = self.refused.saturating_add(all);
                        self.reason.get_or_insert(e);
                        self.waiting.pop_front();
                        continue;
                    }
                },
            };
            let (mut at, mut changed) = (from, false);
            let mut over = false;
            while left > 0 {
                let Some(route) = errand.route(at) else {
                    over = true;
                    break;
                };
                (at, left) = (at.saturating_add(1), left.saturating_sub(1));
                let place = Place { targets, peers: &errand.peers };
                match place.put(errand.act, route, &mut store, interner, watchdogs, &mut self.clauses) {
                    Ok(applied) => {
                        // What the configuration says about a route stands, whatever a helper has said before.
                        if !expiry.is_empty() && errand.act != Act::Ungroup {
                            expiry.release(&mut store, targets, &route.nlri);
                        }
                        changed |= !matches!(applied, Applied::Unchanged | Applied::Unknown);
                    }
                    Err(e) => {
                        self.refused = self.refused.saturating_add(1);
                        self.reason.get_or_insert(e);
                    }
                }
            }
            if changed {
                news.extend_from_slice(&errand.peers);
            }
            self.current = (!over).then_some((targets, at));
            if over {
                store.release_targets(targets);
                self.waiting.pop_front();
                // An errand without routes costs something too.
                left = left.saturating_sub(1);
            }
        }
        drop(store);
        news.sort_unstable();
        news.dedup();
        Some(news)
    }
}

/// Where a route belongs.
struct Place<'a> {
    targets: TargetId,
    peers: &'a [PeerId],
}

impl Place<'_> {
    fn put(
        &self,
        act: Act,
        StaticRoute { nlri, clause }: &StaticRoute,
        store: &mut Store,
        interner: &Interner,
        watchdogs: &mut Watchdogs,
        clauses: &mut Clauses,
    ) -> Result<Applied, StoreError> {
        if act == Act::Announce {
            let attrs = clauses.intern(clause, interner);
            let Some(name) = &clause.watchdog else {
                return store.announce(self.targets, nlri.clone(), attrs, CONFIGURATION);
            };
            let (nlri, parked) = (nlri.clone(), clause.withdrawn);
            let mut withdrawn = Applied::Unknown;
            if parked {
                // It may have been announced until now.
                withdrawn = store.withdraw(self.targets, nlri.as_ref())?;
            }
            let put = watchdogs.insert(store, name, nlri, attrs, self.targets, CONFIGURATION, parked)?;
            return Ok(if parked { withdrawn } else { put });
        }
        if let Some(name) = &clause.watchdog {
            watchdogs.forget_route(store, name, nlri, self.peers);
        }
        if act == Act::Withdraw {
            store.withdraw(self.targets, nlri.as_ref())
        } else {
            Ok(Applied::Unchanged)
        }
    }
}

/// Interned attributes of clauses, which the routes of a configuration share, by the clauses' addresses.
#[derive(Debug, Default)]
struct Clauses(HashMap<usize, (Arc<Clause>, Attrs), foldhash::fast::RandomState>);

impl Clauses {
    fn intern(&mut self, clause: &Arc<Clause>, interner: &Interner) -> Attrs {
        // The clause is kept, so that its address stays its own.
        let known = self.0.entry(Arc::as_ptr(clause).addr());
        let make = || (Arc::clone(clause), interner.intern(clause.attributes.clone()));
        Arc::clone(&known.or_insert_with(make).1)
    }
}
