//! The part of a queue that is on disk: a ring of bytes in an unlinked temporary file.
//!
//! Writes and reads are made in line, not on another thread: they are at most [`CHUNK`] bytes (or
//! one pushed piece if that is larger) between the page cache and memory, about 50 microseconds,
//! and the kernel's own throttling of dirty pages, the worst case, is bounded. In exchange a burst
//! is never lost only because another thread was late. Freeing a large file can take longer, so a
//! file that is no longer needed is handed out ([`Spill::take_retired`]) to be dropped elsewhere.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// Bytes collected before a write.
const CHUNK: usize = 128 << 10;

/// First in, first out, at most `limit` bytes of it.
#[derive(Debug)]
pub(super) struct Spill {
    dir: Option<PathBuf>,
    limit: u64,
    file: Option<File>,
    retired: Option<File>,
    /// Positions only grow; the place in the file is the position modulo `limit`.
    read: u64,
    written: u64,
    /// What comes after `written`, from `tail_read` on.
    tail: Vec<u8>,
    tail_read: usize,
    /// A write failed: what is accepted is still served from `tail`, nothing more is accepted
    /// until all was read.
    broken: bool,
}

impl Spill {
    pub(super) fn new(dir: Option<PathBuf>, limit: u64) -> Self {
        Self {
            dir,
            limit,
            file: None,
            retired: None,
            read: 0,
            written: 0,
            tail: Vec::new(),
            tail_read: 0,
            broken: false,
        }
    }

    /// Bytes waiting, on disk and about to be.
    pub(super) fn len(&self) -> u64 {
        let tail = self.tail.len().saturating_sub(self.tail_read);
        self.written.saturating_sub(self.read).saturating_add(u64::try_from(tail).unwrap_or(u64::MAX))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether at least half of the bound is free and the file works.
    pub(super) fn has_recovered(&self) -> bool {
        !self.broken && self.len() <= self.limit / 2
    }

    /// Memory held, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.tail.capacity()
    }

    /// Appends all of `bytes`, or nothing (false) if they don't fit or the file fails.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.broken || self.len().saturating_add(more) > self.limit {
            return false;
        }
        self.tail.extend_from_slice(bytes);
        if self.tail.len() >= CHUNK
            && let Err(error) = self.flush()
        {
            tracing::error!(%error, "can not spill events to a temporary file");
            self.broken = true;
        }
        true
    }

    fn flush(&mut self) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => match &self.dir {
                Some(dir) => tempfile::tempfile_in(dir)?,
                None => tempfile::tempfile()?,
            },
        };
        let file = self.file.insert(file);
        let bytes = self.tail.get(self.tail_read..).unwrap_or_default();
        let at = self.written.checked_rem(self.limit).unwrap_or(0);
        let to_edge = usize::try_from(self.limit.saturating_sub(at)).unwrap_or(usize::MAX);
        let (first, wrapped) = bytes.split_at_checked(to_edge).unwrap_or((bytes, &[]));
        file.write_all_at(first, at)?;
        file.write_all_at(wrapped, 0)?;
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.written = self.written.saturating_add(more);
        self.tail.clear();
        self.tail_read = 0;
        Ok(())
    }

    /// Moves up to `n` bytes to the end of `out`; returns how many, never 0 if any wait.
    pub(super) fn pop(&mut self, out: &mut Vec<u8>, n: usize) -> io::Result<usize> {
        let on_disk = self.written.saturating_sub(self.read);
        let moved = if on_disk > 0 {
            let at = self.read.checked_rem(self.limit).unwrap_or(0);
            let contiguous = on_disk.min(self.limit.saturating_sub(at));
            let n = n.min(usize::try_from(contiguous).unwrap_or(usize::MAX));
            let old = out.len();
            out.resize(old.saturating_add(n), 0);
            let space = out.get_mut(old..).unwrap_or_default();
            let outcome = match &self.file {
                Some(file) => file.read_exact_at(space, at),
                None => Err(io::ErrorKind::NotFound.into()),
            };
            if let Err(error) = outcome {
                out.truncate(old);
                return Err(error);
            }
            self.read = self.read.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
            n
        } else {
            let waiting = self.tail.get(self.tail_read..).unwrap_or_default();
            let piece = waiting.get(..n).unwrap_or(waiting);
            out.extend_from_slice(piece);
            let n = piece.len();
            self.tail_read = self.tail_read.saturating_add(n);
            n
        };
        self.reset_if_empty();
        Ok(moved)
    }

    /// Forgets the next `n` bytes.
    pub(super) fn skip(&mut self, n: u64) {
        let on_disk = self.written.saturating_sub(self.read).min(n);
        self.read = self.read.saturating_add(on_disk);
        let rest = usize::try_from(n.saturating_sub(on_disk)).unwrap_or(usize::MAX);
        self.tail_read = self.tail_read.saturating_add(rest).min(self.tail.len());
        self.reset_if_empty();
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.skip(u64::MAX);
    }

    fn reset_if_empty(&mut self) {
        if self.is_empty() {
            self.read = 0;
            self.written = 0;
            self.tail = Vec::new();
            self.tail_read = 0;
            self.broken = false;
            self.retired = self.file.take().or_else(|| self.retired.take());
        }
    }

    /// Makes reads fail.
    #[cfg(test)]
    pub(super) fn break_file(&mut self) {
        self.file = File::open("/dev/null").ok();
    }

    /// A file whose bytes are no longer needed.
    pub(super) fn take_retired(&mut self) -> Option<File> {
        self.retired.take()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_directory_that_refuses_files_loses_nothing_that_was_accepted() {
        let mut spill = Spill::new(Some("/proc/self/no-such-place".into()), 1 << 30);
        let piece = vec![b'x'; 1000];
        let mut accepted = 0;
        while spill.push(&piece) {
            accepted += piece.len();
        }
        assert!((CHUNK..=CHUNK + 1000).contains(&accepted));
        assert!(!spill.has_recovered());
        let mut out = Vec::new();
        while spill.pop(&mut out, 777).unwrap() > 0 {}
        assert_eq!(out.len(), accepted);
        assert!(spill.has_recovered(), "a new attempt is made once all was read");
    }

    #[test]
    fn nothing_fits_in_nothing() {
        let mut spill = Spill::new(None, 0);
        assert!(!spill.push(b"x"));
        assert!(spill.push(b""));
        let mut out = Vec::new();
        assert_eq!(spill.pop(&mut out, 10).unwrap(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn first_in_first_out_around_the_ring(
            steps in proptest::collection::vec((0_usize..60_000, 0_usize..40_000), 1..120),
            limit in 150_000_u64..600_000,
        ) {
            let mut spill = Spill::new(None, limit);
            let mut model: std::collections::VecDeque<u8> = std::collections::VecDeque::new();
            let mut byte = 0_u8;
            for (push, pop) in steps {
                let bytes: Vec<u8> = (0..push).map(|_| { byte = byte.wrapping_mul(5).wrapping_add(1); byte }).collect();
                let fits = model.len() + push <= usize::try_from(limit).unwrap();
                prop_assert_eq!(spill.push(&bytes), fits);
                if fits {
                    model.extend(bytes);
                }
                let mut out = Vec::new();
                let n = spill.pop(&mut out, pop).unwrap();
                prop_assert_eq!(n, out.len());
                prop_assert!(n > 0 || pop == 0 || model.is_empty());
                let wanted: Vec<u8> = model.drain(..n).collect();
                prop_assert!(out == wanted);
                prop_assert_eq!(spill.len(), model.len() as u64);
            }
        }
    }
}
