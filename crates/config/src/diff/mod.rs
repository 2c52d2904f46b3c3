//! What changed between two configurations, and what a reload has to do about it.

mod routes;

use std::collections::HashMap;
use std::sync::Arc;

use route_text::PeerName;

use crate::model::{Capability, Config, Neighbor, Process, StaticRoute};
pub use routes::{Chosen, Memo, RouteChanges};

/// What changed from one configuration to another. The way back is the difference of the two the other way round.
#[derive(Debug, Default)]
pub struct Diff<'a> {
    /// Neighbors in the old configuration only: their sessions end and their routes are forgotten.
    pub removed: Vec<&'a Neighbor>,
    /// Neighbors in the new configuration only, with the routes that they are to be announced.
    pub added: Vec<Added<'a>>,
    /// Neighbors in both that differ.
    pub changed: Vec<NeighborChange<'a>>,
    /// Processes in the old configuration only.
    pub processes_removed: Vec<&'a Process>,
    /// Processes in the new configuration only.
    pub processes_added: Vec<&'a Process>,
    /// Processes in both that differ: the old and the new one.
    pub processes_changed: Vec<(&'a Process, &'a Process)>,
}

/// A neighbor that was not there before.
#[derive(Debug)]
pub struct Added<'a> {
    /// As it is.
    pub neighbor: &'a Neighbor,
    /// All its routes, to be announced.
    pub routes: Arc<RouteChanges<'a>>,
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
    /// Its static routes. Neighbors with the same lists of routes share it.
    pub routes: Arc<RouteChanges<'a>>,
}

impl<'a> NeighborChange<'a> {
    /// Static routes that are gone: to be withdrawn.
    pub fn withdraw(&self) -> impl Iterator<Item = &'a StaticRoute> {
        self.routes.withdraw.iter().flat_map(Chosen::routes)
    }

    /// Static routes that are new or differ: to be announced.
    pub fn announce(&self) -> impl Iterator<Item = &'a StaticRoute> {
        self.routes.announce.iter().flat_map(Chosen::routes)
    }
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
    let mut memo = Memo::default();
    let by_name: HashMap<&PeerName, &Neighbor> = old.neighbors.iter().map(|n| (&n.name, n)).collect();
    let kept: HashMap<&PeerName, &Neighbor> = new.neighbors.iter().map(|n| (&n.name, n)).collect();
    diff.removed.extend(old.neighbors.iter().filter(|n| !kept.contains_key(&n.name)));
    for neighbor in &new.neighbors {
        match by_name.get(&neighbor.name) {
            None => diff.added.push(Added { neighbor, routes: memo.routes(&[], &neighbor.routes) }),
            Some(old) => diff.changed.extend(compare(old, neighbor, &mut memo)),
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

impl Diff<'_> {
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

fn compare<'a>(old: &'a Neighbor, new: &'a Neighbor, memo: &mut Memo<'a>) -> Option<NeighborChange<'a>> {
    let session = session(old, new);
    let routes = memo.routes(&old.routes, &new.routes);
    let quiet = session == Session::Keep && routes.is_empty() && !other(old, new);
    (!quiet).then_some(NeighborChange { old, new, session, routes })
}

/// Whether what changed is part of the OPEN or of the connection.
fn session(old: &Neighbor, new: &Neighbor) -> Session {
    // The lists `add-path` and `nexthop` count with the next session, as in the original.
    let (add_path_families, next_hop) =
        (old.capability.add_path_families.clone(), old.capability.next_hop.clone());
    let same = old.passive == new.passive
        && old.listen == new.listen
        && old.connect == new.connect
        && old.hold_time == new.hold_time
        && old.send_hold_time == new.send_hold_time
        && old.rate_limit == new.rate_limit
        && old.host_name == new.host_name
        && old.domain_name == new.domain_name
        && old.md5 == new.md5
        && old.tcp_ao == new.tcp_ao
        && old.bind == new.bind
        && old.incoming_ttl == new.incoming_ttl
        && old.outgoing_ttl == new.outgoing_ttl
        && old.group_updates == new.group_updates
        && old.auto_flush == new.auto_flush
        && old.adj_rib_in == new.adj_rib_in
        && old.adj_rib_out == new.adj_rib_out
        && old.families == new.families
        && old.local_link_local == new.local_link_local
        && old.operational == new.operational
        && old.capability == Capability { add_path_families, next_hop, ..new.capability.clone() };
    if same { Session::Keep } else { Session::Restart }
}

/// Whether anything changed that a session need not know.
fn other(old: &Neighbor, new: &Neighbor) -> bool {
    old.description != new.description
        || old.source_interface != new.source_interface
        || old.manual_eor != new.manual_eor
        || old.capability != new.capability
        || old.api != new.api
}
