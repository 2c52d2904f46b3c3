//! The entries of one NLRI.
//!
//! Nearly always there is one. A few are a linked list, walked for each change. When each of a thousand peers has
//! attributes of its own for the same prefix, walking would make every change cost a thousand steps: such an NLRI
//! is *wide* and has a table from peer to entry, so that a change costs as many steps as it has targets.

use std::collections::HashMap;

use bgp_wire::NlriRef;
use bgp_wire::nlri::Nlri;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::Store;
use crate::index::same_key;
use crate::{PeerId, TargetId};

/// No further entry.
pub(super) const NONE: u32 = u32::MAX;
/// Marks the number of a [`Wide`] in the index.
const WIDE: u32 = 1 << 31;
/// A list longer than this becomes wide.
const LONGEST: usize = 8;
/// A wide NLRI with no more entries than this becomes a list.
const SHORTEST: usize = 4;

/// Numbers of entries.
pub(super) type Entries = SmallVec<[u32; 8]>;

/// An NLRI with many entries.
#[derive(Debug)]
pub(crate) struct Wide {
    nlri: Nlri,
    by_peer: HashMap<PeerId, u32, RandomState>,
    entries: usize,
}

impl Store {
    /// What the index holds for an NLRI: an entry, or a marked [`Wide`].
    #[inline]
    pub(super) fn head(&self, hash: u32, nlri: NlriRef<'_>) -> Option<u32> {
        self.index.find(hash, |head| {
            let found = if head & WIDE == 0 {
                self.entries.get(head).map(|e| &e.nlri)
            } else {
                self.wide.get(head & !WIDE).map(|w| &w.nlri)
            };
            found.is_some_and(|n| same_key(n, nlri))
        })
    }

    /// The entry, if it is the only one of its NLRI.
    #[inline]
    pub(super) fn only(&self, head: u32) -> Option<u32> {
        (head & WIDE == 0 && self.entries.get(head)?.next == NONE).then_some(head)
    }

    /// The entries of `head` with a member of `targets`.
    pub(super) fn overlapping(&self, head: u32, targets: TargetId) -> Entries {
        let Some(set) = self.sets.get(targets) else { return Entries::new() };
        if let Some(wide) = self.wide_of(head) {
            let mut found: Entries = set.bits.iter().filter_map(|p| wide.by_peer.get(&p).copied()).collect();
            found.sort_unstable();
            found.dedup();
            return found;
        }
        let meets = |e: &u32| {
            let other = self.entries.get(*e).and_then(|e| self.sets.get(e.targets));
            other.is_some_and(|s| !s.bits.is_disjoint(&set.bits))
        };
        self.list(head).filter(meets).collect()
    }

    /// Brings list, table and index in line after a change.
    ///
    /// `freed` are entries that go, all members of which are in `targets`; they must still be in the slab. `stays`
    /// are all other entries with a member in `targets` as of now, new ones among them.
    pub(super) fn relink(
        &mut self,
        hash: u32,
        head: Option<u32>,
        targets: TargetId,
        freed: &[u32],
        stays: &[u32],
    ) {
        if let Some(head) = head
            && head & WIDE != 0
        {
            return self.relink_wide(hash, head, targets, freed, stays);
        }
        let mut list: Entries = head.into_iter().flat_map(|h| self.list(h)).collect();
        list.retain(|e| !freed.contains(e));
        let new: Entries = stays.iter().copied().filter(|e| !list.contains(e)).collect();
        list.extend(new);
        if list.len() > LONGEST {
            return self.widen(hash, head, &list);
        }
        self.link(&list);
        self.point(hash, head, list.first().copied());
    }

    fn relink_wide(&mut self, hash: u32, head: u32, targets: TargetId, freed: &[u32], stays: &[u32]) {
        let Some(wide) = self.wide.get_mut(head & !WIDE) else { return };
        let sets = &self.sets;
        let members = sets.get(targets).into_iter().flat_map(|s| s.bits.iter());
        let mut known = Entries::new();
        for member in members {
            known.extend(wide.by_peer.remove(&member));
        }
        known.sort_unstable();
        wide.entries = wide.entries.saturating_sub(freed.len());
        for number in stays {
            if known.binary_search(number).is_err() {
                // Entries that shrank are not in `stays`, so one that was not there is new.
                wide.entries += 1;
            }
            let set = self.entries.get(*number).and_then(|e| sets.get(e.targets));
            let members = set.into_iter().flat_map(|s| s.bits.iter());
            wide.by_peer.extend(members.map(|p| (p, *number)));
        }
        if wide.entries > SHORTEST {
            return;
        }
        let mut list: Entries = wide.by_peer.values().copied().collect();
        list.sort_unstable();
        list.dedup();
        self.wide.remove(head & !WIDE);
        self.link(&list);
        self.point(hash, Some(head), list.first().copied());
    }

    /// Makes a table of a list that has become long.
    #[cold]
    fn widen(&mut self, hash: u32, head: Option<u32>, list: &[u32]) {
        let mut by_peer = HashMap::default();
        for number in list {
            let set = self.entries.get(*number).and_then(|e| self.sets.get(e.targets));
            by_peer.extend(set.into_iter().flat_map(|s| s.bits.iter()).map(|p| (p, *number)));
        }
        let nlri = list.first().and_then(|e| self.entries.get(*e)).map(|e| e.nlri.clone());
        let new = nlri.and_then(|nlri| self.wide.insert(Wide { nlri, by_peer, entries: list.len() }));
        if let Some(number) = new {
            self.point(hash, head, Some(number | WIDE));
        } else {
            // No number is left for a table: a long list is slow, not wrong.
            self.link(list);
            self.point(hash, head, list.first().copied());
        }
    }

    fn link(&mut self, list: &[u32]) {
        let nexts = list.iter().skip(1).copied().chain([NONE]);
        for (number, next) in list.iter().zip(nexts) {
            if let Some(entry) = self.entries.get_mut(*number) {
                entry.next = next;
            }
        }
    }

    /// Makes the index point to `new` in the place of `old`.
    fn point(&mut self, hash: u32, old: Option<u32>, new: Option<u32>) {
        match (old, new) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => self.index.replace(hash, old, new),
            (Some(old), None) => self.index.remove(hash, old),
            (None, Some(new)) => self.index.insert(hash, new),
            (None, None) => {}
        }
    }

    fn list(&self, head: u32) -> impl Iterator<Item = u32> + '_ {
        let next = |e: &u32| self.entries.get(*e).map(|e| e.next).filter(|n| *n != NONE);
        std::iter::successors(Some(head), next)
    }

    fn wide_of(&self, head: u32) -> Option<&Wide> {
        if head & WIDE == 0 { None } else { self.wide.get(head & !WIDE) }
    }
}
