//! What a reload has to do, worked out beside the reactor: from two configurations to a list of things that can be
//! done in small steps.

use std::collections::HashMap;
use std::sync::Arc;

use config::diff::{Chosen, RouteChanges, Session, diff};
use config::model::{Config, Neighbor, Process, RouteSet};
use route_text::PeerName;

use super::super::statics::Act;

/// What a reload has to do.
#[derive(Debug)]
pub(in super::super) struct Plan {
    pub(super) new: Arc<Config>,
    /// The new configuration's neighbors, in its order.
    pub(super) neighbors: Vec<(Arc<Neighbor>, Fate)>,
    pub(super) removed: Vec<PeerName>,
    /// To be done before the options of peers change,
    pub(super) withdraw: Vec<Work>,
    /// and after that.
    pub(super) announce: Vec<Work>,
    pub(super) processes: Processes,
}

/// What becomes of a neighbor of the new configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Its session goes on.
    Keep,
    /// Its session ends and starts again.
    Restart,
    /// It is new.
    Start,
}

/// Routes of one set and the neighbors that they are for, by their places in a list of neighbors.
#[derive(Debug)]
pub(in super::super) struct Work {
    pub(in super::super) act: Act,
    pub(in super::super) set: Arc<RouteSet>,
    pub(in super::super) places: Option<Vec<u32>>,
    pub(in super::super) neighbors: Vec<usize>,
}

impl Work {
    /// How many routes.
    pub(super) fn routes(&self) -> usize {
        self.places.as_ref().map_or(self.set.routes().len(), Vec::len)
    }
}

/// Helper processes to be stopped and started.
#[derive(Debug, Default)]
pub(super) struct Processes {
    pub(super) removed: Vec<String>,
    pub(super) changed: Vec<Process>,
    pub(super) added: Vec<Process>,
}

impl Plan {
    pub(super) fn new(old: &Config, new: Config) -> Self {
        let new = Arc::new(new);
        let changes = diff(old, &new);
        let places: HashMap<&PeerName, usize> = new.neighbors.iter().map(|n| &n.name).zip(0..).collect();
        let mut fates = vec![Fate::Keep; new.neighbors.len()];
        let mut gather = Gather::default();
        let started = changes.added.iter().map(|added| (added.neighbor, Fate::Start, &added.routes));
        let changed = changes.changed.iter().map(|change| {
            let fate = if change.session == Session::Restart { Fate::Restart } else { Fate::Keep };
            (change.new, fate, &change.routes)
        });
        for (neighbor, fate, routes) in started.chain(changed) {
            let Some(place) = places.get(&neighbor.name) else { continue };
            if let Some(slot) = fates.get_mut(*place) {
                *slot = fate;
            }
            gather.add(*place, routes);
        }
        let processes = Processes {
            removed: changes.processes_removed.iter().map(|p| p.name.clone()).collect(),
            changed: changes.processes_changed.iter().map(|(_, p)| (*p).clone()).collect(),
            added: changes.processes_added.iter().map(|p| (*p).clone()).collect(),
        };
        let removed = changes.removed.iter().map(|n| n.name.clone()).collect();
        let neighbors = new.neighbors.iter().cloned().map(Arc::new).zip(fates).collect();
        let (announce, withdraw) = gather.works.into_iter().partition(|work| work.act == Act::Announce);
        Self { new, neighbors, removed, withdraw, announce, processes }
    }
}

/// What a piece of work is known by: neighbors with the same change share it, so that a route stays one entry of the
/// store however many neighbors have it.
type Key = (Act, *const RouteSet, Option<Vec<u32>>);

/// Gathers what is to be done for neighbors.
#[derive(Debug, Default)]
pub(in super::super) struct Gather<'a> {
    pub(in super::super) works: Vec<Work>,
    known: HashMap<Key, usize>,
    /// Works of changes that have been seen, which are kept for their addresses: neighbors share those too.
    seen: HashMap<*const RouteChanges<'a>, (Arc<RouteChanges<'a>>, Vec<usize>)>,
}

impl<'a> Gather<'a> {
    pub(in super::super) fn add(&mut self, neighbor: usize, routes: &Arc<RouteChanges<'a>>) {
        let numbers = if let Some((_, numbers)) = self.seen.get(&Arc::as_ptr(routes)) {
            numbers.clone()
        } else {
            let lists = [
                (Act::Withdraw, &routes.withdraw),
                (Act::Ungroup, &routes.ungroup),
                (Act::Announce, &routes.announce),
            ];
            let all = lists.into_iter().flat_map(|(act, list)| list.iter().map(move |c| (act, c)));
            let numbers: Vec<usize> = all.map(|(act, chosen)| self.number(act, chosen)).collect();
            self.seen.insert(Arc::as_ptr(routes), (Arc::clone(routes), numbers.clone()));
            numbers
        };
        for number in numbers {
            if let Some(work) = self.works.get_mut(number) {
                work.neighbors.push(neighbor);
            }
        }
    }

    fn number(&mut self, act: Act, chosen: &Chosen<'_>) -> usize {
        let key = (act, Arc::as_ptr(chosen.set), chosen.places.clone());
        let next = self.works.len();
        let number = *self.known.entry(key).or_insert(next);
        if number == next {
            let (set, places) = (Arc::clone(chosen.set), chosen.places.clone());
            self.works.push(Work { act, set, places, neighbors: Vec::new() });
        }
        number
    }
}
