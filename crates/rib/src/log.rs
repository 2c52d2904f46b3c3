//! The change log of one target set: which entry got which version, ascending.

use std::collections::VecDeque;

/// Items per chunk.
const CHUNK: usize = 1024;

/// (version, entry) pairs in ascending order of version, eight octets each.
///
/// An item whose entry has moved on to another version is *stale*: readers skip it. Stale items are squeezed out
/// chunk by chunk as soon as they are half of it, so a change costs constant time on average, at most one chunk of
/// work at once, and the log is never more than about twice as long as its live items.
#[derive(Debug, Default)]
pub(crate) struct Log {
    chunks: VecDeque<Chunk>,
}

#[derive(Debug)]
struct Chunk {
    /// Version that the items count from.
    base: u64,
    /// Items that are not stale; a chunk without any is dropped.
    live: u32,
    /// (version - base, entry).
    items: Vec<(u32, u32)>,
}

impl Log {
    /// Whether there is no live item.
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The newest version in it.
    pub(crate) fn last(&self) -> Option<u64> {
        let chunk = self.chunks.back()?;
        chunk.items.last().map(|(delta, _)| chunk.base + u64::from(*delta))
    }

    /// Live and stale items.
    pub(crate) fn len(&self) -> usize {
        self.chunks.iter().map(|c| c.items.len()).sum()
    }

    /// Adds an item; `version` must be newer than all others.
    pub(crate) fn push(&mut self, version: u64, entry: u32) {
        if let Some(chunk) = self.chunks.back_mut()
            && chunk.items.len() < CHUNK
            && let Ok(delta) = u32::try_from(version - chunk.base)
        {
            chunk.items.push((delta, entry));
            chunk.live += 1;
            return;
        }
        self.chunks.push_back(Chunk { base: version, live: 1, items: vec![(0, entry)] });
    }

    /// Marks the item of `version` as stale. `is_live(version, entry)` must already say so.
    pub(crate) fn retire(&mut self, version: u64, is_live: impl Fn(u64, u32) -> bool) {
        let after = match self.chunks.back() {
            Some(chunk) if chunk.base <= version => self.chunks.len(),
            _ => self.chunks.partition_point(|c| c.base <= version),
        };
        let Some(at) = after.checked_sub(1) else { return };
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        chunk.live = chunk.live.saturating_sub(1);
        if chunk.live == 0 {
            self.chunks.remove(at);
        } else if chunk.items.len() >= 2 * chunk.live as usize + 16 {
            let base = chunk.base;
            chunk.items.retain(|(delta, entry)| is_live(base + u64::from(*delta), *entry));
            // The last chunk will grow again.
            if after < self.chunks.len() {
                self.merge(at);
            }
        }
    }

    /// Joins a squeezed chunk with the one before it, so that many small ones don't stay behind.
    fn merge(&mut self, at: usize) {
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        chunk.items.shrink_to_fit();
        let length = chunk.items.len();
        let end = chunk.items.last().map_or(chunk.base, |(delta, _)| chunk.base + u64::from(*delta));
        let Some(before) = at.checked_sub(1).and_then(|i| self.chunks.get(i)) else { return };
        if before.items.len() + length > CHUNK / 2 || u32::try_from(end - before.base).is_err() {
            return;
        }
        let Some(chunk) = self.chunks.remove(at) else { return };
        let Some(before) = self.chunks.get_mut(at - 1) else { return };
        let offset = chunk.base - before.base;
        before.live += chunk.live;
        let moved = chunk.items.into_iter();
        before.items.extend(
            moved.filter_map(|(delta, entry)| Some((u32::try_from(offset + u64::from(delta)).ok()?, entry))),
        );
    }

    /// The items newer than `version`, stale ones included.
    pub(crate) fn after(&self, version: u64) -> Items<'_> {
        // The last chunk that can hold newer items first: that is where a peer that keeps up is.
        let at = match self.chunks.back() {
            Some(chunk) if chunk.base <= version => self.chunks.len() - 1,
            _ => self.chunks.partition_point(|c| c.base <= version).saturating_sub(1),
        };
        let mut items = Items { log: self, next_chunk: at, base: 0, rest: [].iter() };
        items.open();
        let skip =
            items.rest.as_slice().partition_point(|(delta, _)| items.base + u64::from(*delta) <= version);
        items.rest = items.rest.as_slice().get(skip..).unwrap_or_default().iter();
        items
    }

    /// Whether there is an item with a version in (`after`, `to`].
    pub(crate) fn any_between(&self, after: u64, to: u64) -> bool {
        self.last().is_some_and(|last| last > after)
            && self.after(after).next().is_some_and(|(version, _)| version <= to)
    }
}

/// Iterator of [`Log::after`]: (version, entry).
#[derive(Clone, Debug)]
pub(crate) struct Items<'a> {
    log: &'a Log,
    next_chunk: usize,
    base: u64,
    rest: std::slice::Iter<'a, (u32, u32)>,
}

impl Items<'_> {
    /// Enters the next chunk; false at the end of the log.
    fn open(&mut self) -> bool {
        let Some(chunk) = self.log.chunks.get(self.next_chunk) else { return false };
        self.next_chunk += 1;
        self.base = chunk.base;
        self.rest = chunk.items.iter();
        true
    }
}

impl Iterator for Items<'_> {
    type Item = (u64, u32);

    #[inline]
    fn next(&mut self) -> Option<(u64, u32)> {
        loop {
            if let Some((delta, entry)) = self.rest.next() {
                return Some((self.base + u64::from(*delta), *entry));
            }
            if !self.open() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions 1 to n for entries of the same numbers.
    fn filled(n: u32) -> Log {
        let mut log = Log::default();
        (1..=n).for_each(|i| log.push(u64::from(i), i));
        log
    }

    #[test]
    fn reading_starts_anywhere() {
        let log = filled(5000);
        for from in [0, 1, 1023, 1024, 1025, 3000, 4999, 5000, 9000] {
            let versions: Vec<_> = log.after(from).map(|(v, _)| v).collect();
            assert_eq!(versions, (from + 1..=5000).collect::<Vec<_>>(), "from {from}");
        }
        assert_eq!(log.last(), Some(5000));
        assert!(log.any_between(10, 11) && !log.any_between(5000, 6000) && !log.any_between(10, 10));
    }

    #[test]
    fn stale_items_are_squeezed_out() {
        let mut log = filled(10_000);
        let mut newest: Vec<u64> = (0..=10_000).collect();
        // Every entry but each hundredth changes, in an order of its own.
        let mut version = 10_000;
        for i in 0..10_000u64 {
            let entry = i * 7919 % 10_000 + 1;
            if entry % 100 != 0 {
                version += 1;
                let old = newest[usize::try_from(entry).unwrap()];
                newest[usize::try_from(entry).unwrap()] = version;
                log.push(version, u32::try_from(entry).unwrap());
                log.retire(old, |v, e| newest[e as usize] == v);
            }
        }
        let live: Vec<_> = log.after(0).filter(|(v, e)| newest[*e as usize] == *v).collect();
        assert_eq!(live.len(), 10_000);
        assert!(live.is_sorted());
        assert!(log.len() <= 20_000 + 32 * log.chunks.len(), "{} items", log.len());
        assert!(log.chunks.len() < 40, "{} chunks", log.chunks.len());
        for (version, entry) in live {
            newest[entry as usize] = 0;
            log.retire(version, |v, e| newest[e as usize] == v);
        }
        assert!(log.is_empty());
        assert_eq!(log.len(), 0);
    }

    #[test]
    fn versions_far_apart() {
        let mut log = Log::default();
        let versions = [1, u64::from(u32::MAX), u64::from(u32::MAX) + 2, 1 << 40];
        for version in versions {
            log.push(version, 1);
        }
        assert_eq!(log.after(0).map(|(v, _)| v).collect::<Vec<_>>(), versions);
        assert_eq!(log.after(1 << 39).count(), 1);
    }
}
