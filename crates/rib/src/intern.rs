//! Each attribute set once.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bgp_wire::RouteAttributes;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::Attrs;

/// Parts with a lock each, so that helpers that parse at the same time seldom meet.
const SHARDS: usize = 16;
/// A part smaller than this is not swept.
const SMALL: usize = 256;

/// Gives equal attribute sets the same allocation.
///
/// Sets that nobody else holds any more are swept out of a part when it has doubled since its last sweep: memory
/// follows the sets in use, and interning costs constant time on average.
#[derive(Debug)]
pub struct Interner {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Shard {
    table: HashTable<(u64, Attrs)>,
    /// Size at which to sweep.
    limit: usize,
}

impl Default for Interner {
    fn default() -> Self {
        Self::new()
    }
}

impl Interner {
    /// An empty table.
    pub fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::default() }
    }

    /// The allocation for these attributes.
    pub fn intern(&self, attributes: RouteAttributes) -> Attrs {
        let hash = self.hasher.hash_one(&attributes);
        let Some(mut shard) = self.shard(hash) else { return Arc::new(attributes) };
        if let Some((_, found)) = shard.table.find(hash, |(h, a)| *h == hash && **a == attributes) {
            return Arc::clone(found);
        }
        if shard.table.len() >= shard.limit.max(SMALL) {
            // Only the table's own handle: nobody can make another one while the part is locked.
            shard.table.retain(|(_, attrs)| Arc::strong_count(attrs) > 1);
            shard.limit = 2 * shard.table.len();
            let room = shard.limit.max(SMALL);
            shard.table.shrink_to(room, |(hash, _)| *hash);
        }
        let attrs = Arc::new(attributes);
        shard.table.insert_unique(hash, (hash, Arc::clone(&attrs)), |(hash, _)| *hash);
        attrs
    }

    /// How many sets are held, those that nobody uses any more included.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).table.len()).sum()
    }

    /// Whether no set is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part for a hash: bits that hashbrown uses for neither the position nor the tag.
    fn shard(&self, hash: u64) -> Option<MutexGuard<'_, Shard>> {
        let place = usize::try_from(hash >> 48).unwrap_or(0) % SHARDS;
        Some(self.shards.get(place)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bgp_wire::NextHop;

    fn set(i: u32) -> RouteAttributes {
        RouteAttributes::new(NextHop::Unset, i.to_be_bytes())
    }

    #[test]
    fn equal_sets_are_one_allocation() {
        let interner = Interner::new();
        assert!(Arc::ptr_eq(&interner.intern(set(1)), &interner.intern(set(1))));
        assert!(!Arc::ptr_eq(&interner.intern(set(1)), &interner.intern(set(2))));
        assert_eq!(interner.len(), 2);
    }

    #[test]
    fn sets_that_never_repeat_do_not_pile_up() {
        let interner = Interner::new();
        let kept: Vec<_> = (0..1000).map(|i| interner.intern(set(i))).collect();
        for i in 1000..200_000 {
            interner.intern(set(i));
        }
        assert!(interner.len() <= SHARDS * SMALL + 2 * kept.len(), "{} held", interner.len());
        for (i, attrs) in (0..).zip(&kept) {
            assert!(Arc::ptr_eq(attrs, &interner.intern(set(i))), "what is in use stays");
        }
    }
}
