//! Named groups of routes that helpers switch on and off.

use std::collections::HashMap;

use bgp_wire::nlri::Nlri;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

use crate::{Applied, Attrs, OwnerId, PeerId, Store, StoreError, TargetId};

/// Routes by the name of their watchdog. A group that is switched off keeps its routes, ready to be announced again.
///
/// The target sets of its routes are held by the group.
#[derive(Debug, Default)]
pub struct Watchdogs {
    groups: HashMap<Box<str>, Group, RandomState>,
}

#[derive(Debug, Default)]
struct Group {
    /// In the order of their coming, but for those that took the place of one that has been forgotten.
    routes: Vec<Option<Guarded>>,
    /// Places without a route.
    free: Vec<usize>,
    /// Where in `routes` those of an NLRI are: groups may be large.
    places: HashMap<Nlri, SmallVec<[usize; 1]>, RandomState>,
}

#[derive(Debug)]
struct Guarded {
    nlri: Nlri,
    attrs: Attrs,
    targets: TargetId,
    owner: OwnerId,
}

/// How far switching a group has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WatchdogStep {
    /// There are more routes: go on from this place.
    More(usize),
    /// All were switched, or there is no such group.
    Done,
}

impl Watchdogs {
    /// No groups.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a route into a group and announces it, unless it starts parked (`withdrawn`).
    ///
    /// It takes the place of the group's route with the same NLRI and targets.
    #[expect(clippy::too_many_arguments, reason = "a route and where it belongs")]
    pub fn insert(
        &mut self,
        store: &mut Store,
        name: &str,
        nlri: Nlri,
        attrs: Attrs,
        targets: TargetId,
        owner: OwnerId,
        withdrawn: bool,
    ) -> Result<Applied, StoreError> {
        store.hold_targets(targets)?;
        let applied = if withdrawn {
            Ok(Applied::Unchanged)
        } else {
            store.announce(targets, nlri.clone(), attrs.clone(), owner)
        };
        let guarded = Guarded { nlri, attrs, targets, owner };
        let released = match (&applied, self.groups.get_mut(name)) {
            (Err(_), _) => Some(targets),
            (Ok(_), Some(group)) => group.put(guarded),
            (Ok(_), None) => self.groups.entry(name.into()).or_default().put(guarded),
        };
        if let Some(released) = released {
            store.release_targets(released);
        }
        applied
    }

    /// Announces the routes of a group, up to `budget` of them from `from` on (0 to start).
    pub fn announce(
        &self,
        store: &mut Store,
        name: &str,
        from: usize,
        budget: usize,
    ) -> Result<WatchdogStep, StoreError> {
        self.each(name, from, budget, |g| {
            store.announce(g.targets, g.nlri.clone(), g.attrs.clone(), g.owner).map(drop)
        })
    }

    /// Withdraws the routes of a group and parks them, up to `budget` of them from `from` on (0 to start).
    pub fn withdraw(
        &self,
        store: &mut Store,
        name: &str,
        from: usize,
        budget: usize,
    ) -> Result<WatchdogStep, StoreError> {
        self.each(name, from, budget, |g| store.withdraw(g.targets, g.nlri.as_ref()).map(drop))
    }

    /// Takes the routes of an owner out of all groups. The routes stay announced if they are.
    pub fn forget(&mut self, store: &mut Store, owner: OwnerId) {
        for group in self.groups.values_mut() {
            for place in 0..group.routes.len() {
                if group.routes.get(place).is_some_and(|r| r.as_ref().is_some_and(|g| g.owner == owner)) {
                    group.take(place, store);
                }
            }
        }
        self.groups.retain(|_, group| !group.places.is_empty());
    }

    /// Takes a route out of a group for some peers; others keep it. It stays announced if it is.
    pub fn forget_route(&mut self, store: &mut Store, name: &str, nlri: &Nlri, peers: &[PeerId]) {
        let Some(group) = self.groups.get_mut(name) else { return };
        for place in group.places.get(nlri).cloned().unwrap_or_default() {
            group.narrow(place, store, peers);
        }
        if group.places.is_empty() {
            self.groups.remove(name);
        }
    }

    /// The names of all groups.
    pub fn names(&self) -> Vec<Box<str>> {
        self.groups.keys().cloned().collect()
    }

    /// Takes the routes of a group away from peers that are no more, up to `budget` of them from `from` on.
    pub fn forget_peers(
        &mut self,
        store: &mut Store,
        name: &str,
        peers: &[PeerId],
        from: usize,
        budget: usize,
    ) -> WatchdogStep {
        let Some(group) = self.groups.get_mut(name) else { return WatchdogStep::Done };
        let to = group.routes.len().min(from.saturating_add(budget.max(1)));
        (from..to).for_each(|place| group.narrow(place, store, peers));
        if to < group.routes.len() {
            return WatchdogStep::More(to);
        }
        if group.places.is_empty() {
            self.groups.remove(name);
        }
        WatchdogStep::Done
    }

    /// Whether there is a group of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.groups.contains_key(name)
    }

    fn each(
        &self,
        name: &str,
        from: usize,
        budget: usize,
        mut act: impl FnMut(&Guarded) -> Result<(), StoreError>,
    ) -> Result<WatchdogStep, StoreError> {
        let Some(rest) = self.groups.get(name).and_then(|g| g.routes.get(from..)) else {
            return Ok(WatchdogStep::Done);
        };
        let budget = budget.max(1);
        rest.iter().take(budget).flatten().try_for_each(&mut act)?;
        Ok(if rest.len() > budget { WatchdogStep::More(from + budget) } else { WatchdogStep::Done })
    }
}

impl Group {
    /// Adds a route, in the place of the one with the same NLRI and targets; the hold that is given back for it.
    fn put(&mut self, guarded: Guarded) -> Option<TargetId> {
        let places = self.places.entry(guarded.nlri.clone()).or_default();
        let same = |place: &&usize| {
            self.routes.get(**place).and_then(Option::as_ref).is_some_and(|g| g.targets == guarded.targets)
        };
        if let Some(place) = places.iter().find(same)
            && let Some(old) = self.routes.get_mut(*place)
        {
            return old.replace(guarded).map(|old| old.targets);
        }
        let free = self.free.pop().and_then(|place| Some((place, self.routes.get_mut(place)?)));
        if let Some((place, slot)) = free {
            *slot = Some(guarded);
            places.push(place);
        } else {
            places.push(self.routes.len());
            self.routes.push(Some(guarded));
        }
        None
    }

    /// Forgets the route of a place.
    fn take(&mut self, place: usize, store: &mut Store) {
        let Some(gone) = self.routes.get_mut(place).and_then(Option::take) else { return };
        if let Some(places) = self.places.get_mut(&gone.nlri) {
            places.retain(|p| *p != place);
            if places.is_empty() {
                self.places.remove(&gone.nlri);
            }
        }
        store.release_targets(gone.targets);
        self.free.push(place);
    }

    /// Takes the route of a place away from some peers.
    fn narrow(&mut self, place: usize, store: &mut Store, peers: &[PeerId]) {
        let Some(guarded) = self.routes.get_mut(place).and_then(Option::as_mut) else { return };
        if !peers.iter().any(|p| store.contains(guarded.targets, *p)) {
            return;
        }
        match store.targets_without(guarded.targets, peers) {
            Ok(Some(rest)) => store.release_targets(std::mem::replace(&mut guarded.targets, rest)),
            Ok(None) | Err(_) => self.take(place, store),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::PeerOptions;
    use bgp_wire::{Family, NextHop, RouteAttributes};

    #[test]
    fn groups_are_switched_in_steps() {
        let mut store = Store::new();
        let families = [Family::IPV4_UNICAST].into_iter().collect();
        let peer = store.add_peer(PeerOptions { adj_rib_out: true, families });
        let targets = store.targets_of(&[peer]).unwrap();
        let attrs = Arc::new(RouteAttributes::new(NextHop::Unset, []));
        let mut dogs = Watchdogs::new();
        for n in 0..10u8 {
            let nlri = Nlri::from_wire(Family::IPV4_UNICAST, None, &[8, n]);
            let parked = n < 4;
            dogs.insert(
                &mut store,
                "dog",
                nlri,
                Arc::clone(&attrs),
                targets,
                OwnerId(u32::from(n % 2)),
                parked,
            )
            .unwrap();
        }
        // Once more, with the same key: it takes the place of the first.
        let again = Nlri::from_wire(Family::IPV4_UNICAST, None, &[8, 9]);
        dogs.insert(&mut store, "dog", again, Arc::clone(&attrs), targets, OwnerId(1), false).unwrap();
        assert_eq!(store.stats().routes, 6);
        assert_eq!(dogs.announce(&mut store, "dog", 0, 3), Ok(WatchdogStep::More(3)));
        assert_eq!(dogs.announce(&mut store, "dog", 3, 30), Ok(WatchdogStep::Done));
        assert_eq!(store.stats().routes, 10);
        assert_eq!(
            dogs.withdraw(&mut store, "cat", 0, 30),
            Ok(WatchdogStep::Done),
            "unknown names do nothing"
        );
        assert_eq!(dogs.withdraw(&mut store, "dog", 0, 30), Ok(WatchdogStep::Done));
        assert_eq!(store.stats().routes, 0);
        dogs.forget(&mut store, OwnerId(0));
        assert_eq!(dogs.announce(&mut store, "dog", 0, 30), Ok(WatchdogStep::Done));
        assert_eq!(store.stats().routes, 5);
        dogs.forget(&mut store, OwnerId(1));
        assert!(!dogs.contains("dog"));
    }

    #[test]
    fn a_parked_route_keeps_its_peers_and_loses_those_that_leave() {
        let mut store = Store::new();
        let families = [Family::IPV4_UNICAST].into_iter().collect();
        let peers: Vec<PeerId> =
            (0..3).map(|_| store.add_peer(PeerOptions { adj_rib_out: true, families })).collect();
        let attrs = Arc::new(RouteAttributes::new(NextHop::Unset, []));
        let nlri = |n: u8| Nlri::from_wire(Family::IPV4_UNICAST, None, &[8, n]);
        let mut dogs = Watchdogs::new();
        let both = store.targets_of(&peers[..2]).unwrap();
        for n in 0..4 {
            dogs.insert(&mut store, "dog", nlri(n), Arc::clone(&attrs), both, OwnerId(0), true).unwrap();
        }
        store.release_targets(both);
        // Without a hold of the group's own, this would get the number of the set above.
        let other = store.targets_of(&peers[2..]).unwrap();
        dogs.forget_route(&mut store, "dog", &nlri(0), &peers[..1]);
        dogs.forget_route(&mut store, "dog", &nlri(1), &peers[..2]);
        assert_eq!(dogs.announce(&mut store, "dog", 0, 30), Ok(WatchdogStep::Done));
        let count = |store: &Store| peers.iter().map(|p| store.routes_of(*p)).collect::<Vec<_>>();
        assert_eq!(count(&store), [2, 3, 0]);
        store.release_targets(other);
        // A peer that is gone, in steps.
        assert_eq!(dogs.forget_peers(&mut store, "dog", &peers[1..2], 0, 3), WatchdogStep::More(3));
        assert_eq!(dogs.forget_peers(&mut store, "dog", &peers[1..2], 3, 3), WatchdogStep::Done);
        assert_eq!(dogs.withdraw(&mut store, "dog", 0, 30), Ok(WatchdogStep::Done));
        assert_eq!(count(&store), [0, 3, 0]);
        assert_eq!(dogs.names().len(), 1);
    }
}
