//! What a text meant when it was parsed last.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

/// Slots; two for each hash.
const SLOTS: usize = 4096;
/// Longer texts are not remembered: they are rare, and memory is to be bounded.
const LONGEST: usize = 1024;

/// A bounded memory from text to value, for parsing that repeats.
///
/// A hit costs a comparison with the last text, or a hash and a comparison; nothing is allocated. Texts are compared
/// in full: a hash that collides cannot give a wrong value. Of two texts in the same slot pair the one not used last
/// gives way.
#[derive(Debug)]
pub struct Memo<V> {
    /// Pairs of slots, the one used last first. Empty until the first insertion.
    slots: Vec<Slot<V>>,
    last: usize,
    hasher: RandomState,
}

#[derive(Debug)]
struct Slot<V> {
    hash: u64,
    text: Vec<u8>,
    value: Option<V>,
}

impl<V: Clone> Default for Memo<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Clone> Memo<V> {
    /// An empty memory.
    pub fn new() -> Self {
        Self { slots: Vec::new(), last: 0, hasher: RandomState::default() }
    }

    /// The value of a text.
    #[inline]
    pub fn get(&mut self, text: &[u8]) -> Option<&V> {
        let hit = self.slots.get(self.last).is_some_and(|s| s.value.is_some() && s.text == text);
        if !hit {
            self.last = self.find(text)?;
        }
        self.slots.get(self.last)?.value.as_ref()
    }

    /// Remembers the value of a text.
    pub fn insert(&mut self, text: &[u8], value: V) {
        if text.len() > LONGEST {
            return;
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || Slot { hash: 0, text: Vec::new(), value: None });
        }
        let hash = self.hasher.hash_one(text);
        let first = pair(hash);
        if let Some([a, b]) = self.slots.get_mut(first..first + 2)
            && !(a.hash == hash && a.text == text)
        {
            std::mem::swap(a, b);
        }
        if let Some(slot) = self.slots.get_mut(first) {
            slot.hash = hash;
            // The room of the text that gives way is used again.
            slot.text.clear();
            slot.text.extend_from_slice(text);
            slot.value = Some(value);
        }
        self.last = first;
    }

    /// Forgets everything, as must be done when what texts mean changes.
    pub fn clear(&mut self) {
        self.slots = Vec::new();
    }

    fn find(&mut self, text: &[u8]) -> Option<usize> {
        if self.slots.is_empty() || text.len() > LONGEST {
            return None;
        }
        let hash = self.hasher.hash_one(text);
        let first = pair(hash);
        let [a, b] = self.slots.get_mut(first..first + 2)? else { return None };
        let is = |s: &Slot<V>| s.hash == hash && s.value.is_some() && s.text == text;
        if is(a) {
            return Some(first);
        }
        if is(b) {
            std::mem::swap(a, b);
            return Some(first);
        }
        None
    }
}

/// First slot of the pair for a hash.
fn pair(hash: u64) -> usize {
    usize::try_from(hash >> 40).unwrap_or(0) % (SLOTS / 2) * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_comes_out() {
        let mut memo = Memo::new();
        assert_eq!(memo.get(b""), None);
        memo.insert(b"a", 1);
        memo.insert(b"b", 2);
        assert_eq!((memo.get(b"a").copied(), memo.get(b"b").copied()), (Some(1), Some(2)));
        memo.insert(b"a", 3);
        assert_eq!((memo.get(b"a").copied(), memo.get(b"c")), (Some(3), None));
        memo.clear();
        assert_eq!(memo.get(b"a"), None);
    }

    #[test]
    fn full_it_forgets_but_never_lies() {
        let mut memo = Memo::new();
        for i in 0..50_000u32 {
            memo.insert(&i.to_be_bytes(), i);
            assert_eq!(memo.get(&i.to_be_bytes()), Some(&i), "the newest is there");
        }
        let kept =
            (0..50_000u32).filter(|i| memo.get(&i.to_be_bytes()).inspect(|v| assert_eq!(*v, i)).is_some());
        let kept = kept.count();
        assert!(kept > SLOTS / 2 && kept <= SLOTS, "{kept} kept");
        memo.insert(&[7; LONGEST + 1], 7);
        assert_eq!(memo.get(&[7; LONGEST + 1]), None, "long texts are not kept");
    }
}
