//! Routes that are announced for a time only, and leases that many of them share.
//!
//! The times are milliseconds of a clock that the caller reads.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use bgp_wire::nlri::Nlri;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

use crate::slab::Slab;
use crate::{Applied, OwnerId, Store, StoreError, TargetId};

/// Leases that there may be at a time.
const LEASES: usize = 4096;

/// Routes looked at for each one that is added, to find those that are not announced any more.
const PATROL: usize = 2;

/// The routes that expire, beside the store that they are in: whoever announces or withdraws tells both.
///
/// Each NLRI has here what the store has of it for a time only, as disjoint target sets, held.
#[derive(Debug, Default)]
pub struct Expiry {
    routes: Slab<Timed>,
    /// Where in `routes` those of an NLRI are.
    places: HashMap<Nlri, SmallVec<[u32; 1]>, RandomState>,
    /// When which route is due.
    due: BTreeSet<(u64, u32)>,
    leases: HashMap<LeaseId, Lease, RandomState>,
    names: HashMap<Arc<str>, LeaseId, RandomState>,
    /// When which lease is due.
    leases_due: BTreeSet<(u64, LeaseId)>,
    /// Leases that are over and still have routes.
    over: VecDeque<LeaseId>,
    next_lease: u64,
    patrol: u32,
}

/// A lease that there is, or was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LeaseId(u64);

/// How long a route is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Term {
    /// Until this time.
    Until(u64),
    /// As long as the lease.
    Lease(LeaseId),
}

#[derive(Debug)]
struct Timed {
    nlri: Nlri,
    targets: TargetId,
    owner: OwnerId,
    term: Term,
}

#[derive(Debug)]
struct Lease {
    name: Arc<str>,
    owner: OwnerId,
    period: u64,
    until: u64,
    routes: BTreeSet<u32>,
    /// It ended because it was not renewed; of those routes are told.
    told: bool,
}

/// Something that has expired. Its target set is held until the call that tells it is over.
#[derive(Clone, Copy, Debug)]
pub enum Gone<'a> {
    /// A route has been withdrawn.
    Route {
        /// What was reachable.
        nlri: &'a Nlri,
        /// How many peers it had.
        peers: usize,
        /// Who announced it.
        owner: OwnerId,
        /// The lease that was not renewed, if it was that.
        lease: Option<&'a str>,
    },
    /// A lease was not renewed: its routes follow.
    Lease {
        /// Its name.
        name: &'a str,
        /// How many routes it has.
        routes: usize,
        /// Who renewed it last.
        owner: OwnerId,
    },
}

impl Expiry {
    /// Nothing that expires.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many routes expire.
    pub const fn len(&self) -> usize {
        self.routes.len()
    }

    /// Whether no route expires.
    pub const fn is_empty(&self) -> bool {
        self.routes.len() == 0
    }

    /// A route has been announced, for a time. Called again it says how long from now on.
    pub fn hold(
        &mut self,
        store: &mut Store,
        targets: TargetId,
        nlri: Nlri,
        owner: OwnerId,
        term: Term,
    ) -> Result<(), StoreError> {
        let same = |place: &u32| self.routes.get(*place).is_some_and(|r| r.targets == targets);
        let known = self.places.get(&nlri).and_then(|places| places.iter().copied().find(same));
        if let Some(place) = known {
            let old = self.routes.get_mut(place).map(|route| {
                route.owner = owner;
                std::mem::replace(&mut route.term, term)
            });
            if old != Some(term) {
                if let Some(old) = old {
                    self.unlink(place, old);
                }
                self.link(place, term);
            }
            return Ok(());
        }
        self.release(store, targets, &nlri);
        self.walk_on(store);
        store.hold_targets(targets)?;
        let route = Timed { nlri: nlri.clone(), targets, owner, term };
        let Some(place) = self.routes.insert(route) else {
            store.release_targets(targets);
            return Err(StoreError::Full { max: Slab::<Timed>::MAX });
        };
        self.places.entry(nlri).or_default().push(place);
        self.link(place, term);
        Ok(())
    }

    /// A route has been announced for good, or withdrawn: for these peers it does not expire any more.
    pub fn release(&mut self, store: &mut Store, targets: TargetId, nlri: &Nlri) {
        let Some(places) = self.places.get(nlri).cloned() else { return };
        let mut leaving = Vec::new();
        for place in places {
            let Some(route) = self.routes.get_mut(place) else { continue };
            if route.targets == targets {
                self.forget(store, place);
                continue;
            }
            if leaving.is_empty() {
                leaving.extend(store.members(targets));
            }
            match store.targets_without(route.targets, &leaving) {
                Ok(Some(rest)) => {
                    let old = std::mem::replace(&mut route.targets, rest);
                    store.release_targets(old);
                }
                Ok(None) => self.forget(store, place),
                // There is no number left for so many sets: it expires for all, which nobody has asked for less.
                Err(_) => {}
            }
        }
    }

    /// Begins a lease, or renews the one of this name, for `period` from `now` on. None when there are too many.
    pub fn begin(&mut self, name: &str, owner: OwnerId, period: u64, now: u64) -> Option<LeaseId> {
        let until = now.saturating_add(period);
        let id = match self.names.get(name) {
            Some(id) => *id,
            None if self.names.len() >= LEASES => return None,
            None => {
                let (id, name) = (LeaseId(self.next_lease), Arc::<str>::from(name));
                self.next_lease += 1;
                self.names.insert(Arc::clone(&name), id);
                let routes = BTreeSet::new();
                self.leases.insert(id, Lease { name, owner, period, until, routes, told: false });
                id
            }
        };
        if let Some(lease) = self.leases.get_mut(&id) {
            self.leases_due.remove(&(lease.until, id));
            (lease.owner, lease.period, lease.until) = (owner, period, until);
            self.leases_due.insert((until, id));
        }
        Some(id)
    }

    /// Renews a lease for as long as it was asked for last. Whether there is one.
    pub fn renew(&mut self, name: &str, owner: OwnerId, now: u64) -> bool {
        let period = self.lease(name).and_then(|id| self.leases.get(&id)).map(|lease| lease.period);
        period.is_some_and(|period| self.begin(name, owner, period, now).is_some())
    }

    /// Ends a lease before its time: [`Self::expire`] withdraws its routes and tells nobody. Whether there was one.
    pub fn end(&mut self, name: &str) -> bool {
        let Some(id) = self.lease(name) else { return false };
        self.finish(id, false);
        true
    }

    /// The lease of a name.
    pub fn lease(&self, name: &str) -> Option<LeaseId> {
        self.names.get(name).copied()
    }

    /// When the next call of [`Self::expire`] is due.
    pub fn next(&self) -> Option<u64> {
        if !self.over.is_empty() {
            return Some(0);
        }
        let route = self.due.first().map(|(at, _)| *at);
        let lease = self.leases_due.first().map(|(at, _)| *at);
        route.into_iter().chain(lease).min()
    }

    /// Withdraws up to `budget` routes whose time is over at `now`. Calls `gone` with each that was still there, and
    /// `news` with the target sets whose peers are to be woken.
    pub fn expire(
        &mut self,
        store: &mut Store,
        now: u64,
        budget: usize,
        mut gone: impl FnMut(Gone<'_>),
        mut news: impl FnMut(&Store, TargetId),
    ) {
        while let Some((at, id)) = self.leases_due.first().copied()
            && at <= now
        {
            if let Some(lease) = self.leases.get(&id) {
                gone(Gone::Lease { name: &lease.name, routes: lease.routes.len(), owner: lease.owner });
            }
            self.finish(id, true);
        }
        for _ in 0..budget.max(1) {
            let (place, lease, told) = match self.over.front() {
                Some(id) => {
                    let Some(lease) = self.leases.get(id) else {
                        self.over.pop_front();
                        continue;
                    };
                    let Some(place) = lease.routes.first() else {
                        self.leases.remove(id);
                        self.over.pop_front();
                        continue;
                    };
                    (*place, Some(Arc::clone(&lease.name)), lease.told)
                }
                None => match self.due.first() {
                    Some((at, place)) if *at <= now => (*place, None, true),
                    _ => return,
                },
            };
            let Some(route) = self.routes.get(place) else { return };
            let (nlri, targets, owner) = (route.nlri.clone(), route.targets, route.owner);
            let peers = store.reach(targets, nlri.family()).len();
            if store.withdraw(targets, nlri.as_ref()) == Ok(Applied::Withdrawn) {
                news(store, targets);
                if told {
                    gone(Gone::Route { nlri: &nlri, peers, owner, lease: lease.as_deref() });
                }
            }
            self.forget(store, place);
        }
    }

    fn finish(&mut self, id: LeaseId, told: bool) {
        let Some(lease) = self.leases.get_mut(&id) else { return };
        lease.told = told;
        self.leases_due.remove(&(lease.until, id));
        self.names.remove(&lease.name);
        self.over.push_back(id);
    }

    fn link(&mut self, place: u32, term: Term) {
        match term {
            Term::Until(at) => {
                self.due.insert((at, place));
            }
            Term::Lease(id) => {
                if let Some(lease) = self.leases.get_mut(&id) {
                    lease.routes.insert(place);
                }
            }
        }
    }

    fn unlink(&mut self, place: u32, term: Term) {
        match term {
            Term::Until(at) => {
                self.due.remove(&(at, place));
            }
            Term::Lease(id) => {
                if let Some(lease) = self.leases.get_mut(&id) {
                    lease.routes.remove(&place);
                }
            }
        }
    }

    fn forget(&mut self, store: &mut Store, place: u32) {
        let Some(route) = self.routes.remove(place) else { return };
        self.unlink(place, route.term);
        store.release_targets(route.targets);
        if let Some(places) = self.places.get_mut(&route.nlri) {
            places.retain(|other| *other != place);
            if places.is_empty() {
                self.places.remove(&route.nlri);
            }
        }
    }

    /// Forgets routes that were withdrawn by a walk over the store, which does not tell: a few for each that comes, so
    /// that there are never many more here than in the store.
    fn walk_on(&mut self, store: &mut Store) {
        for _ in 0..PATROL {
            let place = self.patrol;
            self.patrol = if place >= self.routes.end() { 0 } else { place + 1 };
            let stale = self.routes.get(place).is_some_and(|r| !store.announces(r.targets, r.nlri.as_ref()));
            if stale {
                self.forget(store, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Attrs, PeerId, PeerOptions, ShowFilter, Step};
    use bgp_wire::{Family, NextHop, RouteAttributes};

    struct Ground {
        store: Store,
        expiry: Expiry,
        attrs: Attrs,
        peers: Vec<PeerId>,
        sets: [TargetId; 3],
    }

    /// Both peers, the first, the second.
    const BOTH: usize = 0;
    const FIRST: usize = 1;
    const ME: OwnerId = OwnerId(7);

    fn nlri(n: u8) -> Nlri {
        Nlri::from_wire(Family::IPV4_UNICAST, None, &[8, n])
    }

    impl Ground {
        fn new() -> Self {
            let mut store = Store::new();
            let families = [Family::IPV4_UNICAST].into_iter().collect();
            let mut add = || store.add_peer(PeerOptions { adj_rib_out: true, families });
            let peers = vec![add(), add()];
            let sets = [&peers[..], &peers[..1], &peers[1..]].map(|p| store.targets_of(p).unwrap());
            let attrs = Arc::new(RouteAttributes::new(NextHop::Unset, []));
            Self { store, expiry: Expiry::new(), attrs, peers, sets }
        }

        fn announce(&mut self, set: usize, n: u8, term: Option<Term>) -> Applied {
            let targets = self.sets[set];
            let applied = self.store.announce(targets, nlri(n), Arc::clone(&self.attrs), ME).unwrap();
            match term {
                Some(term) => self.expiry.hold(&mut self.store, targets, nlri(n), ME, term).unwrap(),
                None => self.expiry.release(&mut self.store, targets, &nlri(n)),
            }
            applied
        }

        fn expire(&mut self, now: u64, budget: usize) -> Vec<String> {
            let mut told = Vec::new();
            let gone = |gone: Gone<'_>| {
                told.push(match gone {
                    Gone::Route { nlri, peers, lease, .. } => {
                        format!("{nlri} {peers} {}", lease.unwrap_or("-"))
                    }
                    Gone::Lease { name, routes, .. } => format!("{name}: {routes}"),
                });
            };
            self.expiry.expire(&mut self.store, now, budget, gone, |_, _| {});
            told
        }

        fn routes(&self, peer: usize) -> usize {
            self.store.routes_of(self.peers[peer])
        }
    }

    #[test]
    fn a_route_goes_at_its_time_unless_it_is_renewed() {
        let mut g = Ground::new();
        g.announce(BOTH, 1, Some(Term::Until(1000)));
        g.announce(BOTH, 2, Some(Term::Until(1000)));
        g.announce(BOTH, 3, Some(Term::Until(2000)));
        let version = g.store.version();
        assert_eq!(g.announce(BOTH, 1, Some(Term::Until(1500))), Applied::Unchanged);
        assert_eq!(g.store.version(), version, "nothing is sent for a renewal");
        assert_eq!(g.expiry.next(), Some(1000));
        assert!(g.expire(999, 10).is_empty());
        assert_eq!(g.expire(1000, 10), ["2.0.0.0/8 2 -"]);
        // A shorter time counts as well.
        g.announce(BOTH, 3, Some(Term::Until(1100)));
        assert_eq!(g.expire(1500, 1), ["3.0.0.0/8 2 -"], "the budget is kept");
        assert_eq!(g.expire(1500, 1), ["1.0.0.0/8 2 -"]);
        assert_eq!((g.expiry.next(), g.expiry.len(), g.routes(0)), (None, 0, 0));
        assert!(g.expiry.places.is_empty());
    }

    #[test]
    fn only_who_was_told_for_a_time_loses_it() {
        let mut g = Ground::new();
        g.announce(BOTH, 1, Some(Term::Until(10)));
        g.announce(FIRST, 1, None);
        g.announce(BOTH, 2, Some(Term::Until(10)));
        g.store.withdraw(g.sets[FIRST], nlri(2).as_ref()).unwrap();
        g.expiry.release(&mut g.store, g.sets[FIRST], &nlri(2));
        g.announce(FIRST, 2, None);
        assert_eq!(g.expire(10, 10), ["1.0.0.0/8 1 -", "2.0.0.0/8 1 -"]);
        assert_eq!((g.routes(0), g.routes(1)), (2, 0));
        // What was withdrawn meanwhile is not told.
        g.announce(BOTH, 3, Some(Term::Until(10)));
        g.store.withdraw(g.sets[BOTH], nlri(3).as_ref()).unwrap();
        assert!(g.expire(10, 10).is_empty());
    }

    #[test]
    fn a_lease_takes_its_routes_along() {
        let mut g = Ground::new();
        let lease = g.expiry.begin("web", ME, 100, 0).unwrap();
        for n in 1..=3 {
            g.announce(BOTH, n, Some(Term::Lease(lease)));
        }
        // Renewing one route changes nothing, and a route may leave.
        g.announce(BOTH, 1, Some(Term::Lease(lease)));
        g.announce(BOTH, 3, None);
        assert!(g.expiry.renew("web", ME, 50));
        assert!(g.expire(149, 10).is_empty());
        assert_eq!(g.expire(150, 1), ["web: 2", "1.0.0.0/8 2 web"]);
        assert!(!g.expiry.renew("web", ME, 150), "it is over");
        // A new one of the same name takes over what has not gone yet.
        let next = g.expiry.begin("web", ME, 100, 150).unwrap();
        g.announce(BOTH, 2, Some(Term::Lease(next)));
        assert!(g.expire(150, 10).is_empty());
        assert_eq!((g.routes(0), g.expiry.next()), (2, Some(250)));
        assert!(g.expiry.end("web") && !g.expiry.end("web"));
        assert!(g.expire(150, 10).is_empty(), "who ends it knows");
        assert_eq!((g.routes(0), g.expiry.next(), g.expiry.leases.len()), (1, None, 0));
    }

    #[test]
    fn what_a_walk_clears_is_forgotten() {
        let mut g = Ground::new();
        for _ in 0..10 {
            for n in 0..100 {
                g.announce(BOTH, n, Some(Term::Until(u64::from(n) + 1000)));
            }
            let mut sweep = g.store.sweep();
            let all = ShowFilter::default();
            assert_eq!(g.store.clear(g.sets[BOTH], &all, &mut sweep, 1 << 20), Ok(Step::Done));
            for n in 100..200 {
                g.announce(BOTH, n, Some(Term::Until(1000)));
            }
            assert!(g.expiry.len() <= 200, "{}", g.expiry.len());
        }
        let sets = g.store.stats().target_sets;
        g.expire(5000, 10_000);
        assert_eq!((g.expiry.len(), g.store.stats().target_sets), (0, sets));
    }
}
