//! Values with small stable numbers, in pages: growing never moves what is there, so it never takes long.

/// Slots per page.
const PAGE: u32 = 1024;
/// Pages at most: numbers stay below 2^31, the top bit is the caller's.
const MAX_PAGES: usize = 1 << 21;
/// End of a page's free list.
const NONE: u32 = u32::MAX;

/// Paged storage with free lists. A page without values gives its memory back.
///
/// Numbers ascend in order of insertion as long as nothing was removed; freed numbers are reused, most recently
/// opened page first.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    pages: Vec<Page<T>>,
    /// Pages with a free slot; a page is listed at most once.
    open: Vec<u32>,
    len: usize,
}

#[derive(Debug)]
struct Page<T> {
    slots: Vec<Slot<T>>,
    /// First free slot below `slots.len()`.
    free: u32,
    live: u32,
    listed: bool,
}

#[derive(Debug)]
enum Slot<T> {
    Full(T),
    Free(u32),
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Slab<T> {
    /// How many values fit.
    pub(crate) const MAX: usize = MAX_PAGES * PAGE as usize;

    pub(crate) const fn new() -> Self {
        Self { pages: Vec::new(), open: Vec::new(), len: 0 }
    }

    /// How many values there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// All numbers in use are below this.
    pub(crate) fn end(&self) -> u32 {
        let Some((last, before)) = self.pages.split_last() else { return 0 };
        let end = before.len() * PAGE as usize + last.slots.len();
        u32::try_from(end).unwrap_or(u32::MAX)
    }

    /// Whether there is no room for another value.
    pub(crate) fn is_full(&self) -> bool {
        self.open.is_empty() && self.pages.len() >= MAX_PAGES
    }

    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        match self.pages.get((number / PAGE) as usize)?.slots.get((number % PAGE) as usize)? {
            Slot::Full(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        match self.pages.get_mut((number / PAGE) as usize)?.slots.get_mut((number % PAGE) as usize)? {
            Slot::Full(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    /// Stores a value; `None` when all numbers are taken.
    pub(crate) fn insert(&mut self, value: T) -> Option<u32> {
        let page_number = match self.open.last() {
            Some(page) => *page,
            None => self.add_page()?,
        };
        let page = self.pages.get_mut(page_number as usize)?;
        let slot = if let Some(place) = page.slots.get_mut(page.free as usize) {
            let slot = page.free;
            if let Slot::Free(next) = *place {
                page.free = next;
            }
            *place = Slot::Full(value);
            slot
        } else {
            if page.slots.capacity() == 0 {
                // Whole pages at once: growing step by step would copy each value twice.
                page.slots.reserve_exact(PAGE as usize);
            }
            page.slots.push(Slot::Full(value));
            u32::try_from(page.slots.len() - 1).ok()?
        };
        page.live += 1;
        self.len += 1;
        if page.free == NONE && page.slots.len() == PAGE as usize {
            page.listed = false;
            self.open.pop();
        }
        Some(page_number * PAGE + slot)
    }

    pub(crate) fn remove(&mut self, number: u32) -> Option<T> {
        let page_number = number / PAGE;
        let several = self.open.len() > 1;
        let page = self.pages.get_mut(page_number as usize)?;
        let slot = page.slots.get_mut((number % PAGE) as usize)?;
        if matches!(slot, Slot::Free(_)) {
            return None;
        }
        let removed = std::mem::replace(slot, Slot::Free(page.free));
        page.free = number % PAGE;
        page.live -= 1;
        self.len -= 1;
        if !page.listed {
            page.listed = true;
            self.open.push(page_number);
        }
        // One empty page is kept as it is, so that alternating insert and remove does not allocate.
        if page.live == 0 && several {
            page.slots = Vec::new();
            page.free = NONE;
        }
        match removed {
            Slot::Full(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    fn add_page(&mut self) -> Option<u32> {
        if self.pages.len() >= MAX_PAGES {
            return None;
        }
        let number = u32::try_from(self.pages.len()).ok()?;
        self.pages.push(Page { slots: Vec::new(), free: NONE, live: 0, listed: true });
        self.open.push(number);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_freed_ones_are_reused() {
        let mut slab = Slab::new();
        let numbers: Vec<_> = (0..3000).map(|i| slab.insert(i).unwrap()).collect();
        assert_eq!(numbers, (0..3000).collect::<Vec<_>>());
        assert_eq!(slab.remove(1500), Some(1500));
        assert_eq!(slab.remove(1500), None, "a second remove finds nothing");
        assert_eq!(slab.get(1500), None);
        assert_eq!(slab.insert(7), Some(1500));
        assert_eq!(slab.get(1500), Some(&7));
        assert_eq!(slab.len(), 3000);
    }

    #[test]
    fn empty_pages_give_their_memory_back() {
        let mut slab = Slab::new();
        (0..10_000).for_each(|i| {
            slab.insert(i);
        });
        let pages = slab.pages.len();
        (0..10_000).for_each(|i| assert_eq!(slab.remove(i), Some(i)));
        assert_eq!(slab.len(), 0);
        assert!(slab.pages.iter().filter(|p| p.slots.capacity() > 0).count() <= 1);
        (0..10_000).for_each(|i| {
            slab.insert(i);
        });
        assert_eq!(slab.pages.len(), pages, "the same pages are used again");
    }
}
