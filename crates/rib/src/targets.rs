//! Interned sets of peers. Each has the change log of the routes that go to exactly its members.

use std::hash::BuildHasher;

use bgp_wire::{Family, FamilySet};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::bits::Bits;
use crate::log::Log;
use crate::peers::Peers;
use crate::slab::Slab;
use crate::{PeerId, StoreError, TargetId};

/// Sets that callers may hold at once. A bound for a helper that makes up ever new neighbor selections.
pub(crate) const MAX_PINNED: usize = 65_536;

#[derive(Debug)]
pub(crate) struct TargetSet {
    pub(crate) bits: Bits,
    pub(crate) log: Log,
    /// Announced routes with this set.
    pub(crate) announced: usize,
    /// Families that all members have configured.
    families: FamilySet,
    /// Whether all members keep an Adj-RIB-Out.
    pub(crate) keeps: bool,
    /// Distinguishes sets that have had the same number.
    pub(crate) serial: u64,
    /// Entries and `narrowed` lists that name it.
    refs: u32,
    /// Callers that hold it.
    pins: u32,
    /// For families that not all members have: the members that do.
    narrowed: Vec<(Family, Option<TargetId>)>,
}

#[derive(Debug)]
pub(crate) struct TargetSets {
    sets: Slab<TargetSet>,
    table: HashTable<u32>,
    hasher: RandomState,
    serial: u64,
    pinned: usize,
}

impl TargetSets {
    pub(crate) fn new() -> Self {
        Self {
            sets: Slab::new(),
            table: HashTable::new(),
            hasher: RandomState::default(),
            serial: 0,
            pinned: 0,
        }
    }

    #[inline]
    pub(crate) fn get(&self, id: TargetId) -> Option<&TargetSet> {
        self.sets.get(id.0)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: TargetId) -> Option<&mut TargetSet> {
        self.sets.get_mut(id.0)
    }

    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TargetId, &TargetSet)> {
        (0..self.sets.end()).filter_map(|i| Some((TargetId(i), self.sets.get(i)?)))
    }

    #[inline]
    pub(crate) fn contains(&self, id: TargetId, peer: PeerId) -> bool {
        self.get(id).is_some_and(|s| s.bits.contains(peer))
    }

    /// The number of a set; a new one is not referenced by anything yet.
    pub(crate) fn intern(&mut self, bits: Bits, peers: &mut Peers) -> Option<TargetId> {
        let hash = self.hasher.hash_one(&bits);
        let found = self.table.find(hash, |i| self.sets.get(*i).is_some_and(|s| s.bits == bits));
        if let Some(number) = found {
            return Some(TargetId(*number));
        }
        self.serial += 1;
        bits.iter().for_each(|p| {
            if let Some(peer) = peers.get_mut(p) {
                peer.memberships += 1;
            }
        });
        let (families, keeps) = common(&bits, peers);
        let set = TargetSet {
            bits,
            log: Log::default(),
            announced: 0,
            families,
            keeps,
            serial: self.serial,
            refs: 0,
            pins: 0,
            narrowed: Vec::new(),
        };
        let number = self.sets.insert(set)?;
        let (sets, hasher) = (&self.sets, &self.hasher);
        self.table.insert_unique(hash, number, |i| hasher.hash_one(sets.get(*i).map(|s| &s.bits)));
        Some(TargetId(number))
    }

    /// Interns a set for a caller, who gives it back with [`Self::unpin`].
    pub(crate) fn pin(&mut self, bits: Bits, peers: &mut Peers) -> Result<TargetId, StoreError> {
        let too_many = StoreError::TooManyTargetSets { max: MAX_PINNED };
        let id = self.intern(bits, peers).ok_or(too_many.clone())?;
        let Some(set) = self.sets.get_mut(id.0) else { return Err(too_many) };
        if set.pins == 0 {
            if self.pinned >= MAX_PINNED {
                self.drop_unused(id, peers);
                return Err(too_many);
            }
            self.pinned += 1;
        }
        set.pins += 1;
        Ok(id)
    }

    /// One more hold for a caller who knows the set to be there.
    pub(crate) fn hold(&mut self, id: TargetId) -> Result<(), StoreError> {
        let set = self.sets.get_mut(id.0).ok_or(StoreError::UnknownTargets(id))?;
        if set.pins == 0 {
            if self.pinned >= MAX_PINNED {
                return Err(StoreError::TooManyTargetSets { max: MAX_PINNED });
            }
            self.pinned += 1;
        }
        set.pins += 1;
        Ok(())
    }

    pub(crate) fn unpin(&mut self, id: TargetId, peers: &mut Peers) {
        let Some(set) = self.sets.get_mut(id.0) else { return };
        if set.pins == 1 {
            self.pinned -= 1;
        }
        set.pins = set.pins.saturating_sub(1);
        self.drop_unused(id, peers);
    }

    pub(crate) fn add_ref(&mut self, id: TargetId) {
        if let Some(set) = self.sets.get_mut(id.0) {
            set.refs += 1;
        }
    }

    pub(crate) fn drop_ref(&mut self, id: TargetId, peers: &mut Peers) {
        if let Some(set) = self.sets.get_mut(id.0) {
            set.refs = set.refs.saturating_sub(1);
            self.drop_unused(id, peers);
        }
    }

    /// Forgets a set that nobody names: no entry, no log item, no caller.
    pub(crate) fn drop_unused(&mut self, id: TargetId, peers: &mut Peers) {
        let unused = |s: &TargetSet| s.refs == 0 && s.pins == 0 && s.log.is_empty();
        if !self.sets.get(id.0).is_some_and(unused) {
            return;
        }
        let Some(set) = self.sets.remove(id.0) else { return };
        if let Ok(entry) = self.table.find_entry(self.hasher.hash_one(&set.bits), |i| *i == id.0) {
            entry.remove();
        }
        set.bits.iter().for_each(|p| {
            if let Some(peer) = peers.get_mut(p) {
                peer.memberships = peer.memberships.saturating_sub(1);
            }
        });
        // One level deep: a narrowed set has the family at every member, so it is not narrowed for it again.
        set.narrowed.into_iter().filter_map(|(_, id)| id).for_each(|id| self.drop_ref(id, peers));
    }

    /// The members of `id` that have `family` configured: `id` itself when all have. `None` when nobody has.
    #[inline]
    pub(crate) fn narrow(
        &mut self,
        id: TargetId,
        family: Family,
        peers: &mut Peers,
    ) -> Result<Option<TargetId>, StoreError> {
        let set = self.sets.get(id.0).ok_or(StoreError::UnknownTargets(id))?;
        if set.families.contains(family) {
            return Ok((!set.bits.is_empty()).then_some(id));
        }
        self.narrow_slow(id, family, peers)
    }

    #[cold]
    fn narrow_slow(
        &mut self,
        id: TargetId,
        family: Family,
        peers: &mut Peers,
    ) -> Result<Option<TargetId>, StoreError> {
        let set = self.sets.get(id.0).ok_or(StoreError::UnknownTargets(id))?;
        if let Some((_, narrowed)) = set.narrowed.iter().find(|(f, _)| *f == family) {
            return Ok(*narrowed);
        }
        let has = |p: &PeerId| peers.get(*p).is_some_and(|peer| peer.options.families.contains(family));
        let bits: Bits = set.bits.iter().filter(has).collect();
        let narrowed = if bits.is_empty() { None } else { self.intern(bits, peers) };
        if let Some(narrowed) = narrowed {
            self.add_ref(narrowed);
        }
        // Families without a codec are no peer's and as many as a helper can count: they are not remembered.
        if family.index().is_some()
            && let Some(set) = self.sets.get_mut(id.0)
        {
            set.narrowed.push((family, narrowed));
        }
        Ok(narrowed)
    }

    /// Options of a peer changed: works out anew what depends on them.
    pub(crate) fn refresh(&mut self, peer: PeerId, peers: &mut Peers) {
        let mut dropped = Vec::new();
        for number in 0..self.sets.end() {
            if let Some(set) = self.sets.get_mut(number)
                && set.bits.contains(peer)
            {
                (set.families, set.keeps) = common(&set.bits, peers);
                dropped.extend(set.narrowed.drain(..).filter_map(|(_, id)| id));
            }
        }
        for id in dropped {
            self.drop_ref(id, peers);
        }
    }

    /// Adds a log item; the first one subscribes the members to the log.
    #[inline]
    pub(crate) fn log(&mut self, id: TargetId, version: u64, entry: u32, peers: &mut Peers) {
        let Some(set) = self.sets.get_mut(id.0) else { return };
        if set.log.is_empty() {
            set.bits.iter().for_each(|p| {
                if let Some(peer) = peers.get_mut(p) {
                    peer.logs.push(id);
                }
            });
        }
        set.log.push(version, entry);
    }

    /// Retires a log item; the last one ends the subscriptions.
    #[inline]
    pub(crate) fn unlog(
        &mut self,
        id: TargetId,
        version: u64,
        peers: &mut Peers,
        is_live: impl Fn(u64, u32) -> bool,
    ) {
        let Some(set) = self.sets.get_mut(id.0) else { return };
        set.log.retire(version, is_live);
        if set.log.is_empty() {
            set.bits.iter().for_each(|p| {
                if let Some(peer) = peers.get_mut(p) {
                    peer.logs.retain(|l| *l != id);
                }
            });
            self.drop_unused(id, peers);
        }
    }
}

/// What all members have in common: families, and keeping an Adj-RIB-Out.
fn common(bits: &Bits, peers: &Peers) -> (FamilySet, bool) {
    let mut families: FamilySet = Family::ALL.iter().copied().collect();
    let mut keeps = true;
    for peer in bits.iter().filter_map(|p| peers.get(p)) {
        families = families.intersection(peer.options.families);
        keeps &= peer.options.adj_rib_out;
    }
    (families, keeps)
}
