//! What changed between two configurations, and what a reload has to do about it.

use std::collections::HashMap;

use bgp_wire::{Family, NlriRef};
use route_text::PeerName;

use crate::model::{Config, Neighbor, Process, StaticRoute};

/// What changed from one configuration to another. Apply it; if that fails, apply [`Diff::flip`].
#[derive(Debug, Default)]
pub struct Diff<'a> {
    /// Neighbors in the old configuration only: their sessions end and their routes are forgotten.
    pub removed: Vec<&'a Neighbor>,
    /// Neighbors in the new configuration only.
    pub added: Vec<&'a Neighbor>,
    /// Neighbors in both that differ.
    pub changed: Vec<NeighborChange<'a>>,
    /// Processes in the old configuration only.
    pub processes_removed: Vec<&'a Process>,
    /// Processes in the new configuration only.
    pub processes_added: Vec<&'a Process>,
    /// Processes in both that differ: the old and the new one.
    pub processes_changed: Vec<(&'a Process, &'a Process)>,
}

/// A neighbor that differs.
#[derive(Debug)]
pub struct NeighborChange<'a> {
    /// As it was.
    pub old: &'a Neighbor,
    /// As it is.
    pub new: &'a Neighbor,
    /// What must happen to its session.
    pub session: Session,
    /// Static routes that are gone: to be withdrawn.
    pub withdraw: Vec<&'a StaticRoute>,
    /// Static routes that are new or differ: to be announced.
    pub announce: Vec<&'a StaticRoute>,
}

/// What a change means for a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Session {
    /// It goes on; what else changed counts at once (helpers) or with the next session.
    Keep,
    /// It ends with Cease "Peer De-configured" (6,3) and starts again at once: what changed is said in the OPEN or
    /// belongs to the connection.
    Restart,
}

/// Compares two configurations. Neighbors are the same when their names are, so one whose address, AS number or
/// router identifier changed is another neighbor.
pub fn diff<'a>(old: &'a Config, new: &'a Config) -> Diff<'a> {
    let mut diff = Diff::default();
    let by_name: HashMap<&PeerName, &Neighbor> = old.neighbors.iter().map(|n| (&n.name, n)).collect();
    let kept: HashMap<&PeerName, &Neighbor> = new.neighbors.iter().map(|n| (&n.name, n)).collect();
    diff.removed.extend(old.neighbors.iter().filter(|n| !kept.contains_key(&n.name)));
    for neighbor in &new.neighbors {
        match by_name.get(&neighbor.name) {
            None => diff.added.push(neighbor),
            Some(old) => diff.changed.extend(compare(old, neighbor)),
        }
    }
    diff.processes_removed.extend(old.processes.iter().filter(|p| new.process(&p.name).is_none()));
    for process in &new.processes {
        match old.process(&process.name) {
            None => diff.processes_added.push(process),
            Some(old) if old != process => diff.processes_changed.push((old, process)),
            Some(_) => {}
        }
    }
    diff
}

impl<'a> Diff<'a> {
    /// The way back.
    #[must_use]
    pub fn flip(self) -> Self {
        let flip = |change: NeighborChange<'a>| {
            // What is gone and what differs comes back; what is new and does not come back goes.
            let (withdraw, announce) = routes(change.new, change.old);
            NeighborChange { old: change.new, new: change.old, session: change.session, withdraw, announce }
        };
        Self {
            removed: self.added,
            added: self.removed,
            changed: self.changed.into_iter().map(flip).collect(),
            processes_removed: self.processes_added,
            processes_added: self.processes_removed,
            processes_changed: self.processes_changed.into_iter().map(|(old, new)| (new, old)).collect(),
        }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty()
            && self.added.is_empty()
            && self.changed.is_empty()
            && self.processes_removed.is_empty()
            && self.processes_added.is_empty()
            && self.processes_changed.is_empty()
    }
}

fn compare<'a>(old: &'a Neighbor, new: &'a Neighbor) -> Option<NeighborChange<'a>> {
    let session = session(old, new);
    let (withdraw, announce) = routes(old, new);
    let quiet = session == Session::Keep && withdraw.is_empty() && announce.is_empty() && !other(old, new);
    (!quiet).then_some(NeighborChange { old, new, session, withdraw, announce })
}

/// Whether what changed is part of the OPEN or of the connection.
fn session(old: &Neighbor, new: &Neighbor) -> Session {
    let same = old.passive == new.passive
        && old.listen == new.listen
        && old.connect == new.connect
        && old.hold_time == new.hold_time
        && old.send_hold_time == new.send_hold_time
        && old.rate_limit == new.rate_limit
        && old.host_name == new.host_name
        && old.domain_name == new.domain_name
        && old.md5 == new.md5
        && old.bind == new.bind
        && old.incoming_ttl == new.incoming_ttl
        && old.outgoing_ttl == new.outgoing_ttl
        && old.group_updates == new.group_updates
        && old.auto_flush == new.auto_flush
        && old.adj_rib_in == new.adj_rib_in
        && old.adj_rib_out == new.adj_rib_out
        && old.capability == new.capability
        && old.families == new.families;
    if same { Session::Keep } else { Session::Restart }
}

/// Whether anything changed that a session need not know.
fn other(old: &Neighbor, new: &Neighbor) -> bool {
    old.description != new.description
        || old.source_interface != new.source_interface
        || old.manual_eor != new.manual_eor
        || old.api != new.api
}

/// What identifies a route towards a neighbor: family, path identifier and the identifying part of its octets.
type Key<'a> = (Family, Option<u32>, &'a [u8], u8);

fn key(nlri: NlriRef<'_>) -> Key<'_> {
    (nlri.family, nlri.path_id, nlri.identity(), nlri.identity_length())
}

/// The routes to withdraw and to announce, in the order of their files.
fn routes<'a>(old: &'a Neighbor, new: &'a Neighbor) -> (Vec<&'a StaticRoute>, Vec<&'a StaticRoute>) {
    // The last route of a key is the one that stands.
    let last = |neighbor: &'a Neighbor| -> HashMap<Key<'a>, &'a StaticRoute> {
        neighbor.static_routes().map(|route| (key(route.nlri.as_ref()), route)).collect()
    };
    let (before, after) = (last(old), last(new));
    let stands = |all: &HashMap<Key<'_>, &StaticRoute>, route: &StaticRoute| {
        all.get(&key(route.nlri.as_ref())).is_some_and(|last| std::ptr::eq(*last, route))
    };
    let gone =
        |route: &&'a StaticRoute| stands(&before, route) && !after.contains_key(&key(route.nlri.as_ref()));
    let fresh = |route: &&'a StaticRoute| {
        stands(&after, route) && before.get(&key(route.nlri.as_ref())).is_none_or(|old| old != route)
    };
    let withdraw = old.static_routes().filter(gone).collect();
    let announce = new.static_routes().filter(fresh).collect();
    (withdraw, announce)
}
