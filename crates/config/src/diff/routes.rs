//! What changed between two lists of static routes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bgp_wire::Family;

use crate::model::{RouteSet, StaticRoute};

/// Some of the routes of one set, in its order.
#[derive(Clone, Debug)]
pub struct Chosen<'a> {
    /// The set.
    pub set: &'a Arc<RouteSet>,
    /// Where in the set they are; none for all of them.
    pub places: Option<Vec<u32>>,
}

impl<'a> Chosen<'a> {
    /// The routes.
    pub fn routes(&self) -> impl Iterator<Item = &'a StaticRoute> + use<'a> {
        let places = self.places.clone();
        let all = if places.is_none() { self.set.routes() } else { &[] };
        let set = self.set;
        let some = places.unwrap_or_default().into_iter();
        all.iter().chain(some.filter_map(move |place| set.routes().get(usize::try_from(place).ok()?)))
    }
}

/// What changed for neighbors with the same lists of routes.
#[derive(Debug, Default)]
pub struct RouteChanges<'a> {
    /// Routes of the old sets that are gone.
    pub withdraw: Vec<Chosen<'a>>,
    /// Routes of the old sets that are replaced and were in a watchdog group: to be taken out of it.
    pub ungroup: Vec<Chosen<'a>>,
    /// Routes of the new sets that are new or differ.
    pub announce: Vec<Chosen<'a>>,
}

impl RouteChanges<'_> {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.withdraw.is_empty() && self.announce.is_empty()
    }
}

/// What identifies a route towards a neighbor: family, path identifier and the identifying part of its octets.
type Key<'a> = (Family, Option<u32>, &'a [u8], u8);

fn key(route: &StaticRoute) -> Key<'_> {
    let nlri = route.nlri.as_ref();
    (nlri.family, nlri.path_id, nlri.identity(), nlri.identity_length())
}

/// A list of sets by their addresses: those who take them from one template have the same.
type List = Vec<*const RouteSet>;

/// Comparisons of lists that have been made: many neighbors share theirs.
#[derive(Debug, Default)]
pub struct Memo<'a>(HashMap<(List, List), Arc<RouteChanges<'a>>>);

impl<'a> Memo<'a> {
    /// What changes from one list of sets to another.
    pub fn routes(&mut self, old: &'a [Arc<RouteSet>], new: &'a [Arc<RouteSet>]) -> Arc<RouteChanges<'a>> {
        let list = |sets: &[Arc<RouteSet>]| sets.iter().map(Arc::as_ptr).collect();
        let made = self.0.entry((list(old), list(new)));
        Arc::clone(made.or_insert_with(|| Arc::new(compare(old, new))))
    }
}

fn all(sets: &[Arc<RouteSet>]) -> impl Iterator<Item = &StaticRoute> + Clone {
    sets.iter().flat_map(|set| set.routes())
}

/// The routes to withdraw and to announce, in the order of their files.
fn compare<'a>(old: &'a [Arc<RouteSet>], new: &'a [Arc<RouteSet>]) -> RouteChanges<'a> {
    // Where at most values were edited, no table of all routes is needed.
    if all(old).map(key).eq(all(new).map(key)) {
        return edited(old, new);
    }
    if let (true, [only]) = (old.is_empty(), new) {
        // In the order of the set, so that the last of a key stands.
        return RouteChanges {
            announce: vec![Chosen { set: only, places: None }],
            ..RouteChanges::default()
        };
    }
    let last =
        |sets: &'a [Arc<RouteSet>]| all(sets).map(|route| (key(route), route)).collect::<HashMap<_, _>>();
    let (before, after) = (last(old), last(new));
    let stands = |table: &HashMap<Key<'_>, &StaticRoute>, route: &StaticRoute| {
        table.get(&key(route)).is_some_and(|last| std::ptr::eq(*last, route))
    };
    let replaced = |old: &StaticRoute| after.get(&key(old)).is_some_and(|new| *new != old);
    RouteChanges {
        withdraw: choose(old, |route| stands(&before, route) && !after.contains_key(&key(route))),
        ungroup: choose(old, |route| is_grouped(route) && stands(&before, route) && replaced(route)),
        announce: choose(new, |route| {
            stands(&after, route) && before.get(&key(route)).is_none_or(|old| *old != route)
        }),
    }
}

/// The same for lists whose keys are the same, one by one.
fn edited<'a>(old: &'a [Arc<RouteSet>], new: &'a [Arc<RouteSet>]) -> RouteChanges<'a> {
    let pairs = || all(old).zip(all(new));
    // Only the last route of a key counts, in both: which of the keys in question have come already, from behind.
    let questioned: HashSet<Key<'_>> =
        pairs().filter(|(old, new)| old != new).map(|(_, new)| key(new)).collect();
    if questioned.is_empty() {
        return RouteChanges::default();
    }
    let mut standing: HashMap<Key<'_>, (&StaticRoute, &StaticRoute)> = HashMap::new();
    for (old, new) in pairs().filter(|(_, new)| questioned.contains(&key(new))) {
        standing.insert(key(new), (old, new));
    }
    standing.retain(|_, (old, new)| old != new);
    let is = |route: &StaticRoute, of: fn(&(&'a StaticRoute, &'a StaticRoute)) -> &'a StaticRoute| {
        standing.get(&key(route)).is_some_and(|pair| std::ptr::eq(of(pair), route))
    };
    RouteChanges {
        withdraw: Vec::new(),
        ungroup: choose(old, |route| is_grouped(route) && is(route, |(old, _)| old)),
        announce: choose(new, |route| is(route, |(_, new)| new)),
    }
}

fn is_grouped(route: &StaticRoute) -> bool {
    route.clause.watchdog.is_some()
}

fn choose<'a>(sets: &'a [Arc<RouteSet>], mut wanted: impl FnMut(&'a StaticRoute) -> bool) -> Vec<Chosen<'a>> {
    let mut chosen = Vec::new();
    for set in sets {
        let places = set.routes().iter().zip(0u32..).filter(|(route, _)| wanted(route));
        let places: Vec<u32> = places.map(|(_, place)| place).collect();
        if !places.is_empty() {
            let all = places.len() == set.routes().len();
            chosen.push(Chosen { set, places: (!all).then_some(places) });
        }
    }
    chosen
}
