//! The peers as the reactor knows them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use config::model::Neighbor;
use rib::PeerId;
use route_text::PeerName;
use tokio::sync::{mpsc, watch};

use crate::peer::{PeerSettings, PeerShared, ToPeer};

/// One peer and its task.
#[derive(Debug)]
pub(super) struct PeerEntry {
    pub(super) id: PeerId,
    /// Which of its tasks.
    pub(super) incarnation: u64,
    pub(super) neighbor: Arc<Neighbor>,
    pub(super) commands: mpsc::Sender<ToPeer>,
    pub(super) shared: Arc<PeerShared>,
    /// It is established, as far as the reactor has heard.
    pub(super) up: bool,
    /// The range that it was made from for a connection; it is gone when its session ends.
    pub(super) range: Option<PeerName>,
    /// What its task is to go by from now on.
    pub(super) standing: watch::Sender<Arc<PeerSettings>>,
    /// Its task has been told to end.
    pub(super) leaving: bool,
}

impl PeerEntry {
    pub(super) fn name(&self) -> &PeerName {
        &self.neighbor.name
    }

    /// The neighbor of the configuration that it is, or was made from.
    pub(super) fn origin(&self) -> &PeerName {
        self.range.as_ref().unwrap_or(&self.neighbor.name)
    }

    /// Whether the peer would come from `from` to `to`.
    fn is_at(&self, from: IpAddr, to: IpAddr) -> bool {
        let name = self.name();
        !self.leaving
            && name.range.is_none()
            && name.peer == from
            && name.local.is_none_or(|local| local == to)
    }
}

/// All peers, in the order of the configuration.
#[derive(Debug, Default)]
pub(super) struct Peers {
    entries: HashMap<PeerId, PeerEntry>,
    order: Vec<PeerId>,
}

impl Peers {
    pub(super) fn add(&mut self, entry: PeerEntry) {
        self.order.push(entry.id);
        self.entries.insert(entry.id, entry);
    }

    pub(super) fn remove(&mut self, id: PeerId) -> Option<PeerEntry> {
        self.order.retain(|other| *other != id);
        self.entries.remove(&id)
    }

    pub(super) fn get(&self, id: PeerId) -> Option<&PeerEntry> {
        self.entries.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: PeerId) -> Option<&mut PeerEntry> {
        self.entries.get_mut(&id)
    }

    /// Those that are not about to go, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &PeerEntry> {
        self.order.iter().filter_map(|id| self.entries.get(id)).filter(|entry| !entry.leaving)
    }

    /// Whether a task has been told to end and has not.
    #[cfg(test)]
    pub(super) fn is_anyone_leaving(&self) -> bool {
        self.entries.values().any(|entry| entry.leaving)
    }

    /// The peers that are a neighbor of the configuration, or were made from it.
    pub(super) fn of(&self, origin: &PeerName) -> Vec<PeerId> {
        self.iter().filter(|entry| entry.origin() == origin).map(|entry| entry.id).collect()
    }

    /// Whether no task is left.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The peer that comes from `from` to `to`.
    pub(super) fn at(&self, from: IpAddr, to: IpAddr) -> Option<&PeerEntry> {
        self.iter().find(|entry| entry.is_at(from, to))
    }
}
