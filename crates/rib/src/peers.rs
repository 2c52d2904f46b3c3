//! The peers as the store sees them: options, session, and how far each has read.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bgp_wire::FamilySet;

use crate::{PeerId, TargetId};

/// Settings of a peer that decide what the store does for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerOptions {
    /// Keep what was sent, so that it can be replayed after a reconnect and on route refresh, and so that an
    /// announcement that changes nothing is not sent again.
    pub adj_rib_out: bool,
    /// Configured families; routes of others are not for this peer.
    pub families: FamilySet,
}

#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) options: PeerOptions,
    pub(crate) removed: bool,
    pub(crate) up: bool,
    /// Version of the store when it came up.
    pub(crate) up_at: u64,
    /// Counts sessions, so that what belongs to an old one is recognised.
    pub(crate) session: u64,
    /// Encode class (see `segments`).
    pub(crate) class: u32,
    /// Target sets it is a member of. At zero the number of a removed peer can be given out again.
    pub(crate) memberships: u32,
    /// Target sets it is a member of whose log is not empty.
    pub(crate) logs: Vec<TargetId>,
    /// Version up to which what it has to know owns buffer space.
    pub(crate) cursor: AtomicU64,
    /// Version up to which changes were copied out for it: what it may come to know.
    pub(crate) reach: AtomicU64,
    /// Where the cursor was when the peer began to catch up,
    pub(crate) run_from: AtomicU64,
    /// and the version of the store then. Of what was withdrawn by then it has seen nothing on the way.
    pub(crate) run_at: AtomicU64,
}

impl Peer {
    pub(crate) fn cursor(&self) -> u64 {
        self.cursor.load(Relaxed)
    }

    /// Tells which routes the peer may hold when it goes on from its cursor: a function of the version since which
    /// a route may have been there, and of the version of its last change.
    ///
    /// The first criterion is whether the cursor has passed the former. That alone is true too often for a peer
    /// which catches up over many batches: it passes versions at which there is nothing any more.
    pub(crate) fn holds(&self, version: u64) -> impl Fn(u64, u64) -> Held + use<> {
        let from = self.cursor();
        if from >= self.run_at.load(Relaxed) {
            self.run_from.store(from, Relaxed);
            self.run_at.store(version, Relaxed);
        }
        let (run_from, run_at) = (self.run_from.load(Relaxed), self.run_at.load(Relaxed));
        move |since, version| {
            if since > from {
                Held::No
            } else if since > run_from && version <= run_at {
                Held::NotByThisPeer
            } else {
                Held::Maybe
            }
        }
    }

    pub(crate) fn reach(&self) -> u64 {
        self.reach.load(Relaxed)
    }
}

/// Whether a peer may hold a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Held {
    /// No peer with this cursor does.
    No,
    /// This one does not, others with the same cursor may.
    NotByThisPeer,
    /// It may.
    Maybe,
}

#[derive(Debug, Default)]
pub(crate) struct Peers(Vec<Peer>);

impl Peers {
    pub(crate) fn get(&self, id: PeerId) -> Option<&Peer> {
        self.0.get(id.0 as usize)
    }

    pub(crate) fn get_mut(&mut self, id: PeerId) -> Option<&mut Peer> {
        self.0.get_mut(id.0 as usize)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        (0..).map(PeerId).zip(&self.0)
    }

    pub(crate) fn up(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        self.iter().filter(|(_, p)| p.up)
    }

    /// A new peer, in the place of a removed one that no target set knows any more if there is one.
    pub(crate) fn add(&mut self, options: PeerOptions) -> PeerId {
        let free = self.0.iter().position(|p| p.removed && p.memberships == 0);
        let place = free.unwrap_or(self.0.len());
        let session = self.0.get(place).map_or(0, |p| p.session);
        let peer = Peer {
            options,
            removed: false,
            up: false,
            up_at: 0,
            session,
            class: 0,
            memberships: 0,
            logs: Vec::new(),
            cursor: AtomicU64::new(0),
            reach: AtomicU64::new(0),
            run_from: AtomicU64::new(0),
            run_at: AtomicU64::new(0),
        };
        match self.0.get_mut(place) {
            Some(slot) => *slot = peer,
            None => self.0.push(peer),
        }
        PeerId(u32::try_from(place).unwrap_or(u32::MAX))
    }
}
