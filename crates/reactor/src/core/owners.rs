//! Whose routes are whose, and what becomes of them when their process ends (`on-exit`).
//!
//! A process has a number as long as its routes stay. When they are to go, the process that takes its place gets
//! another one: what it announces again is its own then, and the rest goes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use config::model::{OnExit, Process};
use rib::{OwnerId, PeerId, ShowFilter, Step, Sweep, TargetId};
use tracing::info;

use super::Reactor;

/// Whatever clients of the socket announce: they come and go, and their routes stay.
pub(super) const CLIENTS: OwnerId = OwnerId(1);

/// The numbers of processes, and those that are about to be nobody's.
#[derive(Debug)]
pub(super) struct Owners {
    /// By the name of the process: a reload changes nothing about it.
    names: HashMap<String, OwnerId>,
    next: u32,
    left: Vec<Left>,
    walk: Option<Walk>,
}

/// A process that has ended, and whose routes go with it.
#[derive(Debug)]
struct Left {
    owner: OwnerId,
    name: String,
    due: Instant,
}

/// Routes being withdrawn.
#[derive(Debug)]
struct Walk {
    owner: OwnerId,
    targets: TargetId,
    sweep: Sweep,
}

impl Owners {
    pub(super) fn new() -> Self {
        Self { names: HashMap::new(), next: 2, left: Vec::new(), walk: None }
    }

    /// The number of a process.
    pub(super) fn of(&mut self, name: &str) -> OwnerId {
        if let Some(owner) = self.names.get(name) {
            return *owner;
        }
        let owner = OwnerId(self.next);
        self.next = self.next.saturating_add(1);
        self.names.insert(name.to_owned(), owner);
        owner
    }

    /// A process has ended; what it has said is done still. The number of the one that takes its place.
    pub(super) fn leave(&mut self, process: &Process) -> OwnerId {
        let after = match process.on_exit {
            OnExit::Keep => return self.of(&process.name),
            OnExit::Withdraw => Duration::ZERO,
            OnExit::WithdrawAfter(seconds) => Duration::from_secs(seconds.into()),
        };
        if let Some(owner) = self.names.remove(&process.name) {
            let now = Instant::now();
            let due = now.checked_add(after).unwrap_or(now);
            self.left.push(Left { owner, name: process.name.clone(), due });
        }
        self.of(&process.name)
    }
}

impl Reactor {
    /// Whether routes are being withdrawn, or could be.
    pub(super) fn has_leavers(&self) -> bool {
        self.owners.walk.is_some() || self.leaver(Instant::now()).is_some()
    }

    /// The first of those whose time has come and who have nothing under way.
    fn leaver(&self, now: Instant) -> Option<usize> {
        let works = |owner| self.helpers.values().any(|h| h.inbox.iter().any(|w| w.owner == owner));
        self.owners.left.iter().position(|left| left.due <= now && !works(left.owner))
    }

    /// When somebody's routes are due.
    pub(super) fn next_leaver(&self) -> Option<tokio::time::Instant> {
        // What was due before waits for lines that are not done yet, which is work that goes on by itself.
        let now = Instant::now();
        let due = self.owners.left.iter().map(|left| left.due).filter(|due| *due > now);
        due.min().map(tokio::time::Instant::from_std)
    }

    /// Goes on withdrawing, a bounded number of routes under one lock.
    pub(super) fn leave_step(&mut self) {
        if self.owners.walk.is_none() {
            if self.owners.left.is_empty() {
                return;
            }
            let Some(place) = self.leaver(Instant::now()) else { return };
            let left = self.owners.left.swap_remove(place);
            info!(target: "processes", "{}: its routes are withdrawn", left.name);
            let peers: Vec<PeerId> = self.peers.iter().map(|p| p.id).collect();
            let mut store = self.common.store.write();
            // A group that it switched on is not to bring its routes back.
            self.watchdogs.forget(&mut store, left.owner);
            let Ok(targets) = store.targets_of(&peers) else { return };
            let sweep = store.sweep();
            self.owners.walk = Some(Walk { owner: left.owner, targets, sweep });
        }
        let Some(walk) = &mut self.owners.walk else { return };
        let filter = ShowFilter { owner: Some(walk.owner), ..ShowFilter::default() };
        let mut store = self.common.store.write();
        let before = store.version();
        let step = store.clear(walk.targets, &filter, &mut walk.sweep, rib::WRITE_BUDGET);
        let members: Vec<PeerId> = store.members(walk.targets).collect();
        let changed = store.version() != before;
        if step != Ok(Step::More) {
            store.release_targets(walk.targets);
            self.owners.walk = None;
        }
        drop(store);
        if changed {
            self.wake(&members);
        }
    }
}
