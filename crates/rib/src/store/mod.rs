//! The store: routes, who gets them, and what changed when.

mod chain;
mod gc;
mod parting;
mod read;
mod sweep;
mod write;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use bgp_wire::nlri::Nlri;
use bgp_wire::{EncodeCtx, Family, NlriRef};

use crate::index::Index;
use crate::peers::{Peer, PeerOptions, Peers};
use crate::segments::Segments;
use crate::slab::Slab;
use crate::targets::TargetSets;
use crate::{Attrs, OwnerId, PeerId, StoreError, TargetId};
use chain::Wide;
use parting::Parting;
pub use read::{Progress, Walk};
pub use sweep::{Route, ShowFilter, Step, Sweep};
pub use write::Applied;

/// One NLRI with one attribute set for one set of peers. Several entries of an NLRI have disjoint target sets.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) nlri: Nlri,
    /// `None`: withdrawn, kept until every peer that may hold it has been told (a tombstone).
    pub(crate) attrs: Option<Attrs>,
    /// Version of its last change; names the one log item that is not stale.
    pub(crate) version: u64,
    /// Version from which on a member may have held a route for this NLRI: whoever has not read that far holds none.
    pub(crate) since: u64,
    pub(crate) targets: TargetId,
    /// The set in whose log the item is: a superset of `targets`, differing from it when members were split off.
    pub(crate) log: TargetId,
    pub(crate) owner: OwnerId,
    /// Next entry of the same NLRI.
    next: u32,
}

/// Routes of all peers, with a cursor for each peer. See the [crate documentation](crate).
///
/// `&self` methods may run at the same time as each other, and `&mut self` ones alone: put it behind a lock, or use
/// [`crate::SharedStore`].
#[derive(Debug)]
pub struct Store {
    pub(crate) entries: Slab<Entry>,
    /// NLRI key to the head of its chain of entries.
    index: Index,
    /// NLRI with many entries.
    wide: Slab<Wide>,
    pub(crate) sets: TargetSets,
    pub(crate) peers: Peers,
    pub(crate) version: u64,
    /// No up peer's `reach` is higher.
    max_reach: AtomicU64,
    /// (entry, version) of tombstones, and of what were some.
    graves: VecDeque<(u32, u64)>,
    tombstones: usize,
    /// Tombstones since the last collection.
    gc_debt: usize,
    /// Tombstones that the current round of the collector has still to look at.
    gc_round: usize,
    /// Changes that peers have read since the round began: what the next round may cost.
    gc_credit: AtomicU64,
    /// Packed messages that peers share. Under the store's lock first, then its own.
    pub(crate) segments: Mutex<Segments>,
    /// The last withdrawals of [`Store::part`].
    partings: VecDeque<Parting>,
}

/// Sizes, for logs, metrics and tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Announced entries: an NLRI with different attributes for two peers counts twice.
    pub routes: usize,
    /// Withdrawn entries that some peer has still to be told of.
    pub tombstones: usize,
    /// Items in change logs, stale ones included.
    pub log_items: usize,
    /// Different sets of peers.
    pub target_sets: usize,
    /// Octets of packed messages kept for sharing.
    pub shared_octets: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    /// A store without peers and routes.
    pub fn new() -> Self {
        Self {
            entries: Slab::new(),
            index: Index::default(),
            wide: Slab::new(),
            sets: TargetSets::new(),
            peers: Peers::default(),
            version: 0,
            max_reach: AtomicU64::new(0),
            graves: VecDeque::new(),
            tombstones: 0,
            gc_debt: 0,
            gc_round: 0,
            gc_credit: AtomicU64::new(0),
            segments: Mutex::new(Segments::default()),
            partings: VecDeque::new(),
        }
    }

    /// Adds a peer, down for now.
    pub fn add_peer(&mut self, options: PeerOptions) -> PeerId {
        self.peers.add(options)
    }

    /// Changes a peer's options. Routes of families it no longer has stay in the store but are not sent, because
    /// the next session does not negotiate them.
    pub fn configure_peer(&mut self, peer: PeerId, options: PeerOptions) {
        if let Some(slot) = self.peers.get_mut(peer).filter(|slot| slot.options != options) {
            slot.options = options;
            self.sets.refresh(peer, &mut self.peers);
        }
    }

    /// Takes a peer down and excludes it from all further announcements.
    ///
    /// [`Store::clear`] its routes afterwards: only those that nobody else gets go, but until then they stay. Its
    /// number is given out again when no target set contains it any more.
    pub fn remove_peer(&mut self, peer: PeerId) {
        self.peer_down(peer);
        if let Some(slot) = self.peers.get_mut(peer) {
            slot.options.families = bgp_wire::FamilySet::EMPTY;
            slot.removed = true;
            self.sets.refresh(peer, &mut self.peers);
        }
    }

    /// The session of a peer is established: from now on there is something to [`Store::collect`] for it.
    ///
    /// A peer that keeps an Adj-RIB-Out starts from nothing and gets everything; one that does not goes on where
    /// it was. Peers with equal `ctx` share packed messages. Returns the version up to which the initial table
    /// goes: the peer is due its End-of-RIB markers (RFC 4724 section 2) when its cursor is there.
    pub fn peer_up(&mut self, peer: PeerId, ctx: &EncodeCtx) -> u64 {
        self.peer_down(peer);
        let class = self.segments_mut().join(ctx);
        if let Some(slot) = self.peers.get_mut(peer) {
            slot.up = true;
            slot.up_at = self.version;
            slot.session += 1;
            slot.class = class;
            if slot.options.adj_rib_out {
                *slot.cursor.get_mut() = 0;
            }
            *slot.reach.get_mut() = *slot.cursor.get_mut();
            *slot.run_at.get_mut() = 0;
            let reach = slot.reach();
            let max = self.max_reach.get_mut();
            *max = reach.max(*max);
        }
        self.version
    }

    /// The session is gone, and with it all that the peer held.
    pub fn peer_down(&mut self, peer: PeerId) {
        let Some(slot) = self.peers.get_mut(peer) else { return };
        if !std::mem::take(&mut slot.up) {
            return;
        }
        let class = slot.class;
        let max = self.peers.up().map(|(_, p)| p.reach()).max().unwrap_or(0);
        *self.max_reach.get_mut() = max;
        // It may have been all that kept them.
        *self.gc_credit.get_mut() += self.graves.len() as u64;
        let segments = self.segments_mut();
        segments.leave(class);
        // What is withdrawn from now on and was announced after `max` leaves no tombstone, because no peer that is
        // up can hold it. Packed messages that reach further would bring it back.
        segments.retain(|s| s.to <= max);
    }

    /// The number for a set of peers, removed and unknown ones left out. Give it back with
    /// [`Store::release_targets`] once for each call; routes keep their sets alive by themselves.
    pub fn targets_of(&mut self, peers: &[PeerId]) -> Result<TargetId, StoreError> {
        let known = |p: &PeerId| self.peers.get(*p).is_some_and(|peer| !peer.removed);
        let bits = peers.iter().copied().filter(known).collect();
        self.sets.pin(bits, &mut self.peers)
    }

    /// One more hold on a target set, given back with [`Store::release_targets`]. Whoever keeps the number beyond the
    /// caller's own hold needs one: numbers of sets that nobody holds are given out again.
    pub fn hold_targets(&mut self, targets: TargetId) -> Result<(), StoreError> {
        self.sets.hold(targets)
    }

    /// The number for what is left of a target set without some of its members; none when nobody is left. It is held
    /// as with [`Store::targets_of`].
    pub fn targets_without(
        &mut self,
        targets: TargetId,
        leaving: &[PeerId],
    ) -> Result<Option<TargetId>, StoreError> {
        let set = self.sets.get(targets).ok_or(StoreError::UnknownTargets(targets))?;
        let bits = set.bits.minus(&leaving.iter().copied().collect());
        if bits.is_empty() { Ok(None) } else { self.sets.pin(bits, &mut self.peers).map(Some) }
    }

    /// The number for all members of some target sets, removed peers included: for [`Store::clear`]. It is held as
    /// with [`Store::targets_of`].
    pub fn union_of(&mut self, sets: &[TargetId]) -> Result<TargetId, StoreError> {
        let members = sets.iter().filter_map(|id| self.sets.get(*id)).flat_map(|set| set.bits.iter());
        let bits = members.collect();
        self.sets.pin(bits, &mut self.peers)
    }

    /// The members of a target set that have a family configured: for those who ask, not for every route.
    pub fn reach(&mut self, targets: TargetId, family: Family) -> Vec<PeerId> {
        match self.sets.narrow(targets, family, &mut self.peers) {
            Ok(Some(narrowed)) => self.members(narrowed).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a route is announced to any member of a target set.
    pub fn announces(&self, targets: TargetId, nlri: NlriRef<'_>) -> bool {
        let head = self.head(self.index.hash(nlri), nlri);
        let over = head.map(|head| self.overlapping(head, targets)).unwrap_or_default();
        over.iter().any(|entry| self.entries.get(*entry).is_some_and(|e| e.attrs.is_some()))
    }

    /// Whether any member of a target set has a family configured.
    pub fn reaches(&mut self, targets: TargetId, family: Family) -> bool {
        matches!(self.sets.narrow(targets, family, &mut self.peers), Ok(Some(_)))
    }

    /// A caller's hold on a target set ends.
    pub fn release_targets(&mut self, targets: TargetId) {
        self.sets.unpin(targets, &mut self.peers);
    }

    /// Whether the set contains the peer. Constant time.
    pub fn contains(&self, targets: TargetId, peer: PeerId) -> bool {
        self.sets.contains(targets, peer)
    }

    /// The members of a target set, ascending: whom to wake after a change.
    pub fn members(&self, targets: TargetId) -> impl Iterator<Item = PeerId> + '_ {
        self.sets.get(targets).into_iter().flat_map(|s| s.bits.iter())
    }

    /// The version of the last change.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Version up to which the peer has what it is to have.
    pub fn cursor(&self, peer: PeerId) -> u64 {
        self.peers.get(peer).map_or(0, Peer::cursor)
    }

    /// How many routes are announced to a peer, sent or not. Takes time in proportion to the number of target sets.
    pub fn routes_of(&self, peer: PeerId) -> usize {
        self.sets.iter().filter(|(_, s)| s.bits.contains(peer)).map(|(_, s)| s.announced).sum()
    }

    /// Sizes. Takes time in proportion to target sets and log chunks.
    pub fn stats(&self) -> Stats {
        Stats {
            routes: self.entries.len() - self.tombstones,
            tombstones: self.tombstones,
            log_items: self.sets.iter().map(|(_, s)| s.log.len()).sum(),
            target_sets: self.sets.len(),
            shared_octets: self.segments().octets(),
        }
    }

    pub(crate) fn segments(&self) -> std::sync::MutexGuard<'_, Segments> {
        // A panic while it was locked leaves at worst a segment too few.
        self.segments.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn segments_mut(&mut self) -> &mut Segments {
        self.segments.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
