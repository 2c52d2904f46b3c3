//! What a peer has still to be told.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::Ordering::Relaxed;

use bgp_wire::{Family, FamilySet};
use smallvec::SmallVec;

use super::{Entry, Store};
use crate::batch::Batch;
use crate::log::Items;
use crate::peers::Held;
use crate::segments::{LogRef, SelfAddresses, Shared};
use crate::{PeerId, TargetId};

/// How far a [`Store::collect`] came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// There is more behind this batch.
    More,
    /// With this batch the peer has everything up to this version, the newest one.
    UpToDate(u64),
}

/// A second walk of a peer, over what it has been sent already: the answer to a ROUTE-REFRESH (RFC 2918 section 4)
/// and to `flush adj-rib out`.
#[derive(Clone, Debug)]
pub struct Walk {
    family: Option<Family>,
    session: u64,
    from: u64,
    to: u64,
    complete_at: Option<u64>,
}

impl Walk {
    /// Once the walk is over: the version that the peer's own cursor must reach before everything the walk is about
    /// has been sent. Routes that changed while it went on are left to the cursor, and an End-of-RR marker sent before
    /// they are would make the peer drop them for a moment (RFC 7313 section 4.2).
    pub const fn complete_at(&self) -> Option<u64> {
        self.complete_at
    }
}

impl Store {
    /// Copies what the peer has to be told next into `batch` (emptied first), visiting up to `budget` changes.
    ///
    /// `families` are the negotiated ones; changes of others are passed over. Nothing counts as told until
    /// [`Store::commit`], so a batch that could not be delivered is collected again. Batches of one peer must be
    /// sent in the order in which they are collected, each committed before the next is collected.
    pub fn collect(&self, peer: PeerId, families: FamilySet, budget: usize, batch: &mut Batch) -> Progress {
        let Some(slot) = self.peers.get(peer).filter(|p| p.up) else {
            batch.reset(peer, 0, self.version, self.version);
            return Progress::UpToDate(self.version);
        };
        let from = slot.cursor();
        batch.reset(peer, slot.session, from, self.version);
        let holds = slot.holds(self.version);
        let mut partings = self.partings(peer, from);
        let mut visit = |log: TargetId, entry: &Entry| {
            if entry.targets != log {
                batch.shareable = false;
                if !self.sets.contains(entry.targets, peer) {
                    return;
                }
            }
            if families.contains(entry.nlri.family()) {
                let held = holds(entry.since, entry.version);
                match &entry.attrs {
                    Some(attrs) => batch.announce(&entry.nlri, attrs, held == Held::Maybe),
                    None if held == Held::Maybe => {
                        let parting = partings.remove(&entry.nlri);
                        batch.withdraw(&entry.nlri, parting.and_then(|p| p.attrs.as_ref()));
                    }
                    None if held == Held::NotByThisPeer => batch.shareable = false,
                    None => {}
                }
            }
        };
        let last = self.visit_logs(&slot.logs, from, budget, &mut visit);
        let to = last.unwrap_or(self.version);
        // The session begins without withdrawals of what was before.
        let mut left: Vec<_> = partings
            .into_values()
            .filter(|p| (slot.up_at.saturating_add(1)..=to).contains(&p.version))
            .collect();
        left.sort_unstable_by_key(|p| p.version);
        for parting in left.into_iter().filter(|p| families.contains(p.nlri.family())) {
            batch.withdraw(&parting.nlri, parting.attrs.as_ref());
            batch.shareable = false;
        }
        batch.to = to;
        batch.complete = last.is_none();
        for log in &slot.logs {
            if let Some(set) = self.sets.get(*log)
                && set.log.any_between(from, to)
            {
                batch.logs.push(LogRef { set: *log, serial: set.serial });
            }
        }
        slot.reach.fetch_max(to, Relaxed);
        self.max_reach.fetch_max(to, Relaxed);
        if batch.complete { Progress::UpToDate(to) } else { Progress::More }
    }

    /// The batch's packed messages own buffer space: the peer's cursor moves behind it.
    ///
    /// Returns false, and does nothing, if the peer's session is not the one it was collected for.
    pub fn commit(&self, batch: &Batch) -> bool {
        self.commit_to(batch.peer, batch.session, batch.to)
    }

    pub(crate) fn commit_to(&self, peer: PeerId, session: u64, to: u64) -> bool {
        let slot = self.peers.get(peer).filter(|p| p.up && p.session == session);
        if let Some(slot) = slot {
            let from = slot.cursor.fetch_max(to, Relaxed);
            self.gc_credit.fetch_add(to.saturating_sub(from), Relaxed);
        }
        slot.is_some()
    }

    /// Starts a walk over what the peer was sent of `family` (of all if `None`).
    ///
    /// A peer without Adj-RIB-Out has nothing to be walked over.
    pub fn walk(&self, peer: PeerId, family: Option<Family>) -> Walk {
        let slot = self.peers.get(peer).filter(|p| p.up && p.options.adj_rib_out);
        let (session, to) = slot.map_or((0, 0), |p| (p.session, p.cursor()));
        Walk { family, session, from: 0, to, complete_at: None }
    }

    /// Copies the next routes of a walk into `batch`, visiting up to `budget` changes.
    ///
    /// The walk moves on at once: send the batch, or start anew. See [`Walk::complete_at`] for its end.
    pub fn collect_walk(
        &self,
        peer: PeerId,
        families: FamilySet,
        budget: usize,
        walk: &mut Walk,
        batch: &mut Batch,
    ) -> Progress {
        batch.reset(peer, walk.session, walk.from, self.version);
        batch.shareable = false;
        batch.to = 0;
        let slot = self.peers.get(peer).filter(|p| p.up && p.session == walk.session);
        let mut visit = |log: TargetId, entry: &Entry| {
            if entry.version <= walk.to
                && (entry.targets == log || self.sets.contains(entry.targets, peer))
                && families.contains(entry.nlri.family())
                && walk.family.is_none_or(|f| f == entry.nlri.family())
                && let Some(attrs) = &entry.attrs
            {
                batch.announce(&entry.nlri, attrs, true);
            }
        };
        let logs = slot.map_or(&[][..], |p| &p.logs);
        let last = self.visit_logs(logs, walk.from, budget, &mut visit);
        if let Some(last) = last.filter(|last| *last < walk.to) {
            walk.from = last;
            return Progress::More;
        }
        walk.from = walk.to;
        walk.complete_at = Some(self.version);
        Progress::UpToDate(self.version)
    }

    /// Packed messages for the peer's place that another peer of its class has left, if there are any.
    pub(crate) fn shared(&self, peer: PeerId, own: SelfAddresses) -> Option<Shared> {
        let slot = self.peers.get(peer).filter(|p| p.up)?;
        let from = slot.cursor();
        let fits = |logs: &[LogRef], to: u64| {
            logs.iter()
                .all(|l| self.sets.get(l.set).is_some_and(|s| s.serial == l.serial && s.bits.contains(peer)))
                && slot.logs.iter().all(|own| {
                    logs.iter().any(|l| l.set == *own)
                        || !self.sets.get(*own).is_some_and(|s| s.log.any_between(from, to))
                })
        };
        let shared = self.segments().find(slot.class, from, own, fits)?;
        slot.reach.fetch_max(shared.to, Relaxed);
        // They tell of routes that have been withdrawn since they were packed.
        slot.run_at.fetch_min(shared.packed_at, Relaxed);
        self.max_reach.fetch_max(shared.to, Relaxed);
        Some(shared)
    }

    /// Whether a peer of the same class may still want what this batch packs to. Called before the batch is
    /// committed: so nothing in it can have been forgotten by the store yet.
    pub(crate) fn worth_sharing(&self, batch: &Batch) -> bool {
        let Some(slot) = self.peers.get(batch.peer).filter(|p| p.up && p.session == batch.session) else {
            return false;
        };
        batch.shareable
            && self.peers.up().any(|(id, p)| {
                p.class == slot.class
                    && id != batch.peer
                    && p.cursor() <= batch.from
                    && batch.logs.iter().all(|l| self.sets.contains(l.set, id))
            })
    }

    pub(crate) fn class_of(&self, peer: PeerId) -> u32 {
        self.peers.get(peer).map_or(0, |p| p.class)
    }

    pub(crate) fn session_of(&self, peer: PeerId) -> u64 {
        self.peers.get(peer).map_or(0, |p| p.session)
    }

    /// Visits the live items of several logs in the order of their versions. Returns the version after which the
    /// budget ended, or `None` at the end of the logs.
    fn visit_logs(
        &self,
        logs: &[TargetId],
        from: u64,
        budget: usize,
        visit: &mut impl FnMut(TargetId, &Entry),
    ) -> Option<u64> {
        let mut sources: SmallVec<[Source<'_>; 4]> = SmallVec::new();
        for id in logs {
            let Some(log) = self.sets.get(*id).map(|s| &s.log) else { continue };
            if log.last().is_some_and(|last| last > from) {
                let mut items = log.after(from);
                if let Some(head) = items.next() {
                    sources.push(Source { id: *id, head: Some(head), items });
                }
            }
        }
        let mut left = budget.max(1);
        if let [source] = sources.as_mut_slice() {
            return source.run(u64::MAX, &mut left, self, visit);
        }
        let places = sources.iter().enumerate();
        let mut heap: BinaryHeap<_> = places.filter_map(|(i, s)| Some(Reverse((s.head?.0, i)))).collect();
        while let Some(Reverse((_, place))) = heap.pop() {
            let until = heap.peek().map_or(u64::MAX, |Reverse((version, _))| *version);
            let source = sources.get_mut(place)?;
            if let Some(last) = source.run(until, &mut left, self, visit) {
                return Some(last);
            }
            if let Some((version, _)) = source.head {
                heap.push(Reverse((version, place)));
            }
        }
        None
    }
}

/// One log during a merge.
struct Source<'a> {
    id: TargetId,
    head: Option<(u64, u32)>,
    items: Items<'a>,
}

impl Source<'_> {
    /// Visits items up to version `until`. Returns the last version visited if the budget ended before that.
    fn run(
        &mut self,
        until: u64,
        left: &mut usize,
        store: &Store,
        visit: &mut impl FnMut(TargetId, &Entry),
    ) -> Option<u64> {
        while let Some((version, number)) = self.head.filter(|(version, _)| *version < until) {
            if *left == 0 {
                return Some(version - 1);
            }
            *left -= 1;
            if let Some(entry) = store.entries.get(number)
                && entry.version == version
            {
                visit(self.id, entry);
            }
            self.head = self.items.next();
        }
        None
    }
}
