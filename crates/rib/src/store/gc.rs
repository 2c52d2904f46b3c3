//! Tombstones: made when a peer may hold what was withdrawn, dropped when every such peer has been told.

use std::sync::atomic::Ordering::Relaxed;

use smallvec::SmallVec;

use super::Store;
use crate::PeerId;

/// A collection runs after so many new tombstones,
const DEBT: usize = 128;
/// and looks at twice as many: faster than they are made, in bounded steps.
const PER_DEBT: usize = 2 * DEBT;

impl Store {
    /// Registers a tombstone.
    pub(super) fn dig(&mut self, number: u32, version: u64) {
        self.tombstones += 1;
        self.gc_debt += 1;
        self.graves.push_back((number, version));
    }

    pub(super) fn pay_gc_debt(&mut self) {
        if self.gc_debt >= DEBT {
            self.maintain(PER_DEBT);
        }
    }

    /// Whether [`Store::maintain`] is worth while: a round has begun, or peers have read as many changes since the
    /// last one as there are tombstones to look at, or all peers have caught up.
    ///
    /// So a peer that is stuck and needs many tombstones does not make the others look at them over and over.
    pub fn needs_maintenance(&self) -> bool {
        !self.graves.is_empty()
            && (self.gc_round > 0
                || self.gc_credit.load(Relaxed) >= self.graves.len() as u64
                || self.peers.up().all(|(_, p)| p.cursor() >= self.version))
    }

    /// Looks at up to `budget` tombstones and drops those that no peer needs. Returns how many it dropped.
    ///
    /// Writers do this as they go; what remains when they rest is for whoever sees a peer catch up
    /// ([`crate::PeerReader::next`]).
    pub fn maintain(&mut self, budget: usize) -> usize {
        self.gc_debt = 0;
        // A tombstone of version v for a route that was there since s is needed by a peer whose cursor is before v
        // (it was not told) and whose reach is not before s (it may hold the route).
        let behind = self.peers.up().filter(|(_, p)| p.cursor() < self.version);
        let mut behind: SmallVec<[(u64, u64, PeerId); 16]> =
            behind.map(|(id, p)| (p.cursor(), p.reach(), id)).collect();
        behind.sort_unstable();
        let (mut since, mut version, mut dropped) = (u64::MAX, 0, 0);
        if self.gc_round == 0 {
            self.gc_round = self.graves.len();
            *self.gc_credit.get_mut() = 0;
        }
        for _ in 0..budget.min(self.gc_round) {
            let Some(grave) = self.graves.pop_front() else { break };
            self.gc_round -= 1;
            let Some(entry) = self.entries.get(grave.0) else { continue };
            if entry.version != grave.1 || entry.attrs.is_some() {
                continue;
            }
            let mut candidates = behind.iter().take_while(|(cursor, ..)| *cursor < entry.version);
            if candidates
                .any(|(_, reach, peer)| *reach >= entry.since && self.sets.contains(entry.targets, *peer))
            {
                self.graves.push_back(grave);
                continue;
            }
            since = since.min(entry.since);
            version = version.max(entry.version);
            dropped += 1;
            self.remove_tombstone(grave.0);
        }
        if dropped > 0 {
            // Messages packed before the withdrawal may announce the route, and nothing would withdraw it any more
            // from a peer that takes them from now on.
            self.segments_mut().retain(|s| s.to < since || s.packed_at >= version);
        }
        if self.graves.capacity() > 4096 && self.graves.len() < self.graves.capacity() / 4 {
            self.graves.shrink_to(self.graves.len() * 2);
        }
        dropped
    }

    fn remove_tombstone(&mut self, number: u32) {
        let Some(entry) = self.entries.get(number) else { return };
        let targets = entry.targets;
        let hash = self.index.hash(entry.nlri.as_ref());
        let head = self.head(hash, entry.nlri.as_ref());
        self.relink(hash, head, targets, &[number], &[]);
        self.drop_entry(number);
    }
}
