//! From an NLRI's key to a number, in a table that grows piece by piece.

use std::hash::{BuildHasher, Hasher};

use bgp_wire::NlriRef;
use bgp_wire::nlri::Nlri;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Pieces. One table of a million entries takes tens of milliseconds to grow, with the store locked; a piece grows
/// in about 20 µs.
const SHARDS: usize = 256;

/// Hash table from NLRI key (family, path identifier, identity octets) to `u32`.
///
/// The hash is stored beside the number, so that growing reads no entries.
#[derive(Debug, Default)]
pub(crate) struct Index {
    shards: Vec<HashTable<(u32, u32)>>,
    hasher: RandomState,
}

impl Index {
    /// The hash that the other functions take.
    #[inline]
    pub(crate) fn hash(&self, nlri: NlriRef<'_>) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        let family = u64::from(nlri.family.afi.0) << 8 | u64::from(nlri.family.safi.0);
        hasher.write_u64(family << 33 | nlri.path_id.map_or(0, |id| 1 << 32 | u64::from(id)));
        hasher.write(nlri.identity());
        let hash = hasher.finish();
        #[expect(clippy::cast_possible_truncation, reason = "32 folded bits are the hash")]
        {
            (hash ^ hash >> 32) as u32
        }
    }

    #[inline]
    pub(crate) fn find(&self, hash: u32, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let shard = self.shards.get(shard(hash))?;
        shard.find(spread(hash), |(h, number)| *h == hash && is(*number)).map(|(_, number)| *number)
    }

    /// Adds a number; the caller knows that the key is not there.
    pub(crate) fn insert(&mut self, hash: u32, number: u32) {
        if self.shards.is_empty() {
            // Not before the first route: an Adj-RIB-In of an idle peer costs nothing.
            self.shards.resize_with(SHARDS, HashTable::new);
        }
        if let Some(shard) = self.shards.get_mut(shard(hash)) {
            shard.insert_unique(spread(hash), (hash, number), |(h, _)| spread(*h));
        }
    }

    /// Puts another number in the place of `old`.
    pub(crate) fn replace(&mut self, hash: u32, old: u32, new: u32) {
        let slot =
            self.shards.get_mut(shard(hash)).and_then(|s| s.find_mut(spread(hash), |e| *e == (hash, old)));
        if let Some((_, number)) = slot {
            *number = new;
        }
    }

    pub(crate) fn remove(&mut self, hash: u32, number: u32) {
        let Some(shard) = self.shards.get_mut(shard(hash)) else { return };
        if let Ok(entry) = shard.find_entry(spread(hash), |e| *e == (hash, number)) {
            entry.remove();
        }
        // Memory follows a mass withdrawal down, at a quarter so that it does not swing.
        if shard.capacity() > 64 && shard.len() < shard.capacity() / 4 {
            shard.shrink_to(shard.len() * 2, |(h, _)| spread(*h));
        }
    }

    /// How many numbers there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(HashTable::len).sum()
    }
}

/// Whether two NLRI are the same route: labels and the like don't count.
#[inline]
pub(crate) fn same_key(a: &Nlri, b: NlriRef<'_>) -> bool {
    a.family() == b.family
        && a.path_id() == b.path_id
        && a.identity() == b.identity()
        && a.identity_length() == b.identity_length()
}

/// The shard: bits that neither the position (low ones) nor the tag (the top seven) in a table of up to 2^17 uses.
const fn shard(hash: u32) -> usize {
    (hash >> 17) as usize % SHARDS
}

/// hashbrown takes the position from the low bits and its tag from the top ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bgp_wire::Family;

    #[test]
    fn keys_differ_by_family_path_and_octets() {
        let index = Index::default();
        let base = Nlri::from_wire(Family::IPV4_UNICAST, None, &[24, 10, 0, 0]);
        let others = [
            Nlri::from_wire(Family::IPV4_MULTICAST, None, &[24, 10, 0, 0]),
            Nlri::from_wire(Family::IPV4_UNICAST, Some(0), &[24, 10, 0, 0]),
            Nlri::from_wire(Family::IPV4_UNICAST, None, &[24, 10, 0, 1]),
        ];
        for other in &others {
            assert!(!same_key(&base, other.as_ref()));
            assert_ne!(index.hash(base.as_ref()), index.hash(other.as_ref()));
        }
        assert!(same_key(&base, base.as_ref()));
    }

    #[test]
    fn labels_are_no_part_of_a_key_and_lengths_are() {
        let index = Index::default();
        let labelled = |wire: &[u8]| Nlri::from_wire(Family::IPV4_NLRI_MPLS, None, wire);
        let base = labelled(&[48, 0, 6, 0x41, 10, 0, 0]);
        for same in [
            &[48, 0, 9, 0x41, 10, 0, 0][..],
            &[48, 0x80, 0, 0, 10, 0, 0],
            &[72, 0, 6, 0x40, 0, 6, 0x51, 10, 0, 0],
        ] {
            let same = labelled(same);
            assert!(same_key(&base, same.as_ref()));
            assert_eq!(index.hash(base.as_ref()), index.hash(same.as_ref()));
        }
        assert!(!same_key(&base, labelled(&[47, 0, 6, 0x41, 10, 0, 0]).as_ref()));
    }

    #[test]
    fn finds_what_was_put_in() {
        let mut index = Index::default();
        assert_eq!(index.find(1, |_| true), None);
        let hashes: Vec<u32> = (0..10_000u32).map(|i| i.wrapping_mul(0x9E37_79B9)).collect();
        hashes.iter().zip(0..).for_each(|(h, n)| index.insert(*h, n));
        hashes.iter().zip(0..).for_each(|(h, n)| assert_eq!(index.find(*h, |m| m == n), Some(n)));
        index.replace(hashes[5], 5, 77_777);
        assert_eq!(index.find(hashes[5], |_| true), Some(77_777));
        index.replace(hashes[5], 77_777, 5);
        hashes.iter().zip(0..).for_each(|(h, n)| index.remove(*h, n));
        assert_eq!(index.len(), 0);
    }
}
