//! Announce and withdraw.

use std::sync::Arc;

use bgp_wire::NlriRef;
use bgp_wire::nlri::Nlri;

use super::chain::{Entries, NONE};
use super::{Entry, Store};
use crate::bits::Bits;
use crate::slab::Slab;
use crate::{Attrs, OwnerId, StoreError, TargetId};

/// What an operation did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// The route is new to its targets.
    New,
    /// It took the place of another one, for some of its targets at least.
    Replaced,
    /// All targets have it already, with these attributes: nothing will be sent.
    Unchanged,
    /// It was announced to some of the targets and is so no more.
    Withdrawn,
    /// Nothing to withdraw: nothing will be sent.
    Unknown,
    /// No target has the family configured.
    NoTarget,
}

impl Store {
    /// Announces a route to all members of `targets` that have its family configured.
    ///
    /// It replaces what they were to have for this NLRI (same family, path identifier and identity octets); peers
    /// outside of `targets` keep theirs. `attrs` come from an [`crate::Interner`], one for the whole store. Announcing what all targets have already changes nothing, unless one of them
    /// keeps no Adj-RIB-Out: then it is sent again.
    pub fn announce(
        &mut self,
        targets: TargetId,
        nlri: Nlri,
        attrs: Attrs,
        owner: OwnerId,
    ) -> Result<Applied, StoreError> {
        let Some(targets) = self.sets.narrow(targets, nlri.family(), &mut self.peers)? else {
            return Ok(Applied::NoTarget);
        };
        if self.entries.is_full() {
            return Err(StoreError::Full { max: Slab::<Entry>::MAX });
        }
        let hash = self.index.hash(nlri.as_ref());
        let Some(head) = self.head(hash, nlri.as_ref()) else {
            let since = self.version + 1;
            if let Some(number) = self.add_entry(targets, nlri, Some(attrs), owner, since) {
                self.index.insert(hash, number);
            }
            return Ok(Applied::New);
        };
        // The common case: one entry, for the same peers.
        if let Some(number) = self.only(head)
            && let Some(entry) = self.entries.get_mut(number)
            && entry.targets == targets
        {
            let keeps = self.sets.get(targets).is_some_and(|s| s.keeps);
            if keeps && entry.is(&nlri, &attrs) {
                entry.owner = owner;
                return Ok(Applied::Unchanged);
            }
            let applied = if entry.attrs.is_some() { Applied::Replaced } else { Applied::New };
            let since = entry.since;
            self.change_entry(number, targets, nlri, attrs, owner, since);
            return Ok(applied);
        }
        Ok(self.announce_over(hash, head, targets, nlri, attrs, owner))
    }

    /// Brings what operations on these NLRI need into the processor's caches.
    ///
    /// Applying an operation is mostly waiting for memory, one access after the other. Looking the NLRI of a batch up
    /// beforehand lets these waits overlap: some 15 % off the time of a batch of 256 among a million routes. It may
    /// be called under a read lock, or not at all.
    pub fn warm<'a>(&self, nlris: impl IntoIterator<Item = NlriRef<'a>>) {
        let mut touched = 0;
        for nlri in nlris {
            let head = self.head(self.index.hash(nlri), nlri);
            if let Some(entry) = head.and_then(|h| self.entries.get(h)) {
                let references = entry.attrs.as_ref().map_or(0, Arc::strong_count);
                touched ^= entry.version ^ references as u64;
            }
        }
        std::hint::black_box(touched);
    }

    /// [`Self::announce`] where other entries of the NLRI exist, for other peers in part.
    fn announce_over(
        &mut self,
        hash: u32,
        head: u32,
        mut targets: TargetId,
        nlri: Nlri,
        attrs: Attrs,
        owner: OwnerId,
    ) -> Applied {
        let mut over = self.overlapping(head, targets);
        if self.sets.get(targets).is_some_and(|s| s.keeps) {
            let mut rest = self.bits(targets);
            // An entry has one owner: where it changes for some of its members only, these are sent it once more.
            let stays = |e: &Entry| {
                let whole = || self.sets.get(e.targets).is_some_and(|set| set.bits.is_subset(&rest));
                e.is(&nlri, &attrs) && (e.owner == owner || whole())
            };
            let (same, other): (Entries, Entries) =
                over.iter().copied().partition(|e| self.entries.get(*e).is_some_and(stays));
            if !same.is_empty() {
                for number in &same {
                    if let Some(entry) = self.entries.get_mut(*number) {
                        entry.owner = owner;
                    }
                }
                for number in same {
                    rest = rest.minus(&self.bits_of(number));
                }
                if rest.is_empty() {
                    return Applied::Unchanged;
                }
                let Some(narrower) = self.sets.intern(rest, &mut self.peers) else {
                    return Applied::Unchanged;
                };
                targets = narrower;
                over = other;
            }
        }
        let bits = self.bits(targets);
        let mut applied = Applied::New;
        let mut since = self.version + 1;
        let mut freed = Entries::new();
        let mut reused = None;
        for number in over {
            let Some(entry) = self.entries.get(number) else { continue };
            since = since.min(entry.since);
            if entry.attrs.is_some() {
                applied = Applied::Replaced;
            }
            let members = self.bits_of(number);
            if !members.is_subset(&bits) {
                self.retarget(number, members.minus(&bits));
            } else if reused.is_none() {
                reused = Some(number);
            } else {
                freed.push(number);
            }
        }
        let number = match reused {
            Some(number) => {
                self.change_entry(number, targets, nlri, attrs, owner, since);
                Some(number)
            }
            None => self.add_entry(targets, nlri, Some(attrs), owner, since),
        };
        self.relink(hash, Some(head), targets, &freed, number.as_slice());
        freed.into_iter().for_each(|e| self.drop_entry(e));
        applied
    }

    /// Withdraws a route from all members of `targets`.
    ///
    /// A peer that may hold it will be told; others never hear of it.
    pub fn withdraw(&mut self, targets: TargetId, nlri: NlriRef<'_>) -> Result<Applied, StoreError> {
        let Some(targets) = self.sets.narrow(targets, nlri.family, &mut self.peers)? else {
            return Ok(Applied::NoTarget);
        };
        if self.entries.is_full() {
            return Err(StoreError::Full { max: Slab::<Entry>::MAX });
        }
        Ok(self.withdraw_from(targets, nlri))
    }

    pub(super) fn withdraw_from(&mut self, targets: TargetId, nlri: NlriRef<'_>) -> Applied {
        let hash = self.index.hash(nlri);
        let Some(head) = self.head(hash, nlri) else { return Applied::Unknown };
        // The common case: one entry, for the same peers.
        if let Some(number) = self.only(head)
            && let Some(entry) = self.entries.get(number)
            && entry.targets == targets
        {
            if entry.attrs.is_none() {
                return Applied::Unknown;
            }
            if entry.since <= *self.max_reach.get_mut() {
                self.bury(number);
                self.pay_gc_debt();
            } else {
                self.index.remove(hash, number);
                self.drop_entry(number);
            }
            return Applied::Withdrawn;
        }
        self.withdraw_over(hash, head, targets)
    }

    /// [`Self::withdraw_from`] where entries of the NLRI are for other peers in part.
    fn withdraw_over(&mut self, hash: u32, head: u32, targets: TargetId) -> Applied {
        let over = self.overlapping(head, targets);
        let bits = self.bits(targets);
        let (mut freed, mut stays) = (Entries::new(), Entries::new());
        let mut applied = Applied::Unknown;
        for number in over {
            let Some(entry) = self.entries.get(number) else { continue };
            if entry.attrs.is_none() {
                stays.push(number);
                continue;
            }
            applied = Applied::Withdrawn;
            let (since, owner) = (entry.since, entry.owner);
            let may_be_held = since <= *self.max_reach.get_mut();
            let members = self.bits_of(number);
            if members.is_subset(&bits) {
                if may_be_held {
                    self.bury(number);
                    stays.push(number);
                } else {
                    freed.push(number);
                }
                continue;
            }
            let nlri = entry.nlri.clone();
            let leaving = members.and(&bits);
            self.retarget(number, members.minus(&bits));
            if may_be_held && let Some(set) = self.sets.intern(leaving, &mut self.peers) {
                stays.extend(self.add_entry(set, nlri, None, owner, since));
            }
        }
        if applied == Applied::Withdrawn {
            self.relink(hash, Some(head), targets, &freed, &stays);
            freed.into_iter().for_each(|e| self.drop_entry(e));
            self.pay_gc_debt();
        }
        applied
    }

    /// A new entry with the next version. The caller links it.
    fn add_entry(
        &mut self,
        targets: TargetId,
        nlri: Nlri,
        attrs: Option<Attrs>,
        owner: OwnerId,
        since: u64,
    ) -> Option<u32> {
        let announced = attrs.is_some();
        let version = self.version + 1;
        let entry = Entry { nlri, attrs, version, since, targets, log: targets, owner, next: NONE };
        let number = self.entries.insert(entry)?;
        self.version = version;
        self.sets.add_ref(targets);
        self.sets.log(targets, version, number, &mut self.peers);
        if announced {
            self.count(targets, 1);
        } else {
            self.dig(number, version);
        }
        Some(number)
    }

    /// Gives an entry new content and the next version.
    fn change_entry(
        &mut self,
        number: u32,
        targets: TargetId,
        nlri: Nlri,
        attrs: Attrs,
        owner: OwnerId,
        since: u64,
    ) {
        let Some(entry) = self.entries.get_mut(number) else { return };
        self.version += 1;
        let old_targets = entry.targets;
        let was_announced = entry.attrs.replace(attrs).is_some();
        entry.nlri = nlri;
        entry.owner = owner;
        entry.since = since;
        entry.targets = targets;
        if was_announced {
            self.count(old_targets, -1);
        } else {
            self.tombstones -= 1;
        }
        self.count(targets, 1);
        if old_targets != targets {
            self.sets.add_ref(targets);
        }
        self.move_item(number, self.version);
        if old_targets != targets {
            self.sets.drop_ref(old_targets, &mut self.peers);
        }
    }

    /// Makes a tombstone of an announced entry.
    fn bury(&mut self, number: u32) {
        let Some(entry) = self.entries.get_mut(number) else { return };
        self.version += 1;
        entry.attrs = None;
        let targets = entry.targets;
        self.count(targets, -1);
        self.move_item(number, self.version);
        self.dig(number, self.version);
    }

    /// Puts an entry's log item to `version` in the log of its targets.
    fn move_item(&mut self, number: u32, version: u64) {
        let Some(entry) = self.entries.get_mut(number) else { return };
        let old = (entry.log, entry.version);
        entry.version = version;
        entry.log = entry.targets;
        let targets = entry.targets;
        // The new one first: a log that is never empty in between keeps its subscribers.
        self.sets.log(targets, version, number, &mut self.peers);
        let entries = &self.entries;
        let live = |version, number| entries.get(number).is_some_and(|e| e.version == version);
        self.sets.unlog(old.0, old.1, &mut self.peers, live);
    }

    /// Takes members away from an entry. For the others nothing changes, so its version and log item stay.
    fn retarget(&mut self, number: u32, members: Bits) {
        let Some(new) = self.sets.intern(members, &mut self.peers) else { return };
        let Some(entry) = self.entries.get_mut(number) else { return };
        let old = std::mem::replace(&mut entry.targets, new);
        let announced = entry.attrs.is_some();
        self.sets.add_ref(new);
        if announced {
            self.count(old, -1);
            self.count(new, 1);
        }
        self.sets.drop_ref(old, &mut self.peers);
    }

    /// Forgets an entry that is not linked any more.
    pub(super) fn drop_entry(&mut self, number: u32) {
        let Some(entry) = self.entries.remove(number) else { return };
        if entry.attrs.is_some() {
            self.count(entry.targets, -1);
        } else {
            self.tombstones -= 1;
        }
        let entries = &self.entries;
        let live = |version, number| entries.get(number).is_some_and(|e| e.version == version);
        self.sets.unlog(entry.log, entry.version, &mut self.peers, live);
        self.sets.drop_ref(entry.targets, &mut self.peers);
    }

    fn count(&mut self, targets: TargetId, by: isize) {
        if let Some(set) = self.sets.get_mut(targets) {
            set.announced = set.announced.saturating_add_signed(by);
        }
    }

    pub(super) fn bits(&self, targets: TargetId) -> Bits {
        self.sets.get(targets).map(|s| s.bits.clone()).unwrap_or_default()
    }

    fn bits_of(&self, number: u32) -> Bits {
        self.entries.get(number).map(|e| self.bits(e.targets)).unwrap_or_default()
    }
}

impl Entry {
    /// Whether announcing this again would change nothing.
    fn is(&self, nlri: &Nlri, attrs: &Attrs) -> bool {
        // By address: comparing contents would fetch both from memory for each change.
        self.attrs.as_ref().is_some_and(|own| Arc::ptr_eq(own, attrs)) && self.nlri == *nlri
    }
}
