//! Named groups of routes that helpers switch on and off.

use std::collections::HashMap;

use bgp_wire::nlri::Nlri;
use foldhash::fast::RandomState;

use crate::{Applied, Attrs, OwnerId, Store, StoreError, TargetId};

/// Routes by the name of their watchdog. A group that is switched off keeps its routes, ready to be announced again.
///
/// The target sets in it are the caller's: they must stay held as long as the routes are here.
#[derive(Debug, Default)]
pub struct Watchdogs {
    groups: HashMap<Box<str>, Group, RandomState>,
}

#[derive(Debug, Default)]
struct Group {
    routes: Vec<Guarded>,
    /// Where in `routes` each is: groups may be large.
    places: HashMap<(Nlri, TargetId), usize, RandomState>,
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
        let applied = if withdrawn {
            Applied::Unchanged
        } else {
            store.announce(targets, nlri.clone(), attrs.clone(), owner)?
        };
        let guarded = Guarded { nlri, attrs, targets, owner };
        match self.groups.get_mut(name) {
            Some(group) => group.put(guarded),
            None => self.groups.entry(name.into()).or_default().put(guarded),
        }
        Ok(applied)
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

    /// Takes the routes of an owner out of all groups, as when its configuration is loaded anew. The routes stay
    /// announced if they are. Calls `forgotten` with each target set, for its release.
    pub fn forget(&mut self, owner: OwnerId, mut forgotten: impl FnMut(TargetId)) {
        for group in self.groups.values_mut() {
            group.places.clear();
            for guarded in std::mem::take(&mut group.routes) {
                if guarded.owner == owner {
                    forgotten(guarded.targets);
                } else {
                    group.put(guarded);
                }
            }
        }
        self.groups.retain(|_, group| !group.routes.is_empty());
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
        rest.iter().take(budget).try_for_each(&mut act)?;
        Ok(if rest.len() > budget { WatchdogStep::More(from + budget) } else { WatchdogStep::Done })
    }
}

impl Group {
    fn put(&mut self, guarded: Guarded) {
        let next = self.routes.len();
        let place = *self.places.entry((guarded.nlri.clone(), guarded.targets)).or_insert(next);
        match self.routes.get_mut(place) {
            Some(old) => *old = guarded,
            None => self.routes.push(guarded),
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
        let mut forgotten = 0;
        dogs.forget(OwnerId(0), |_| forgotten += 1);
        assert_eq!(dogs.announce(&mut store, "dog", 0, 30), Ok(WatchdogStep::Done));
        assert_eq!((forgotten, store.stats().routes), (5, 5));
        dogs.forget(OwnerId(1), |_| {});
        assert!(!dogs.contains("dog"));
    }
}
