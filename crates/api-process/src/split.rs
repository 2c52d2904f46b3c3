//! Lines out of a byte stream, in place and without I/O.
//!
//! Read into [`Splitter::space`], say how much with [`Splitter::filled`], then take
//! [`Splitter::next`] until it gives `None`. Memory is bounded by the longest line accepted plus
//! one read, and is given back after a long line.

/// Bytes asked for by one read.
pub const READ: usize = 256 << 10;

/// What [`Splitter::next`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A line, without its `\n` nor a `\r` before it.
    Line(&'a [u8]),
    /// The first bytes, as many as the limit, of a line longer than the limit (its `\r`
    /// included). The rest of it is skipped; said once per line, as soon as the limit is passed.
    Oversized(&'a [u8]),
}

/// Splits a stream at `\n`. The items don't depend on how the stream is cut into reads.
#[derive(Debug)]
pub struct Splitter {
    /// `start..end` is read and not yet handed out; nothing before `scanned` is a newline.
    buf: Vec<u8>,
    start: usize,
    scanned: usize,
    end: usize,
    /// Inside a line already reported as oversized.
    skipping: bool,
    max_line: usize,
    read: usize,
}

impl Splitter {
    /// Accepts lines of up to `max_line` bytes, reading [`READ`] at a time.
    pub fn new(max_line: usize) -> Self {
        Self::with_read(max_line, READ)
    }

    /// The same with reads of at least `read` bytes (at least one).
    pub fn with_read(max_line: usize, read: usize) -> Self {
        Self { buf: Vec::new(), start: 0, scanned: 0, end: 0, skipping: false, max_line, read: read.max(1) }
    }

    /// Room for the next read; take all items before, or the buffer grows beyond its bound.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.scanned = self.scanned.saturating_sub(self.start);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        // A long line grows the buffer by doubling, so that compaction stays linear; and the
        // memory goes back once it is gone.
        let wanted = self.end.saturating_mul(2).max(self.read);
        // More than a whole line and one read is never kept.
        let wanted = wanted.min(self.max_line.saturating_add(self.read).saturating_add(1));
        let wanted = wanted.max(self.end.saturating_add(self.read));
        if self.buf.len() < wanted {
            self.buf.resize(wanted, 0);
        } else if self.end == 0 && self.buf.len() > self.read {
            self.buf = vec![0; self.read];
        }
        self.buf.get_mut(self.end..).unwrap_or_default()
    }

    /// The first `n` bytes of [`Splitter::space`] were filled.
    pub fn filled(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.buf.len());
    }

    /// The next item among what was read so far.
    #[expect(clippy::should_implement_trait, reason = "items borrow the buffer, which Iterator cannot say")]
    pub fn next(&mut self) -> Option<Item<'_>> {
        loop {
            let unseen = self.buf.get(self.scanned..self.end)?;
            let newline = memchr::memchr(b'\n', unseen).map(|at| self.scanned.saturating_add(at));
            self.scanned = newline.map_or(self.end, |at| at.saturating_add(1));
            let line_end = newline.unwrap_or(self.end);
            if self.skipping {
                self.start = self.scanned;
                newline?;
                self.skipping = false;
                continue;
            }
            let line = self.start..line_end;
            if line.len() > self.max_line {
                let head = self.start..self.start.saturating_add(self.max_line);
                self.skipping = newline.is_none();
                self.start = self.scanned;
                return self.buf.get(head).map(Item::Oversized);
            }
            newline?;
            self.start = self.scanned;
            let line = self.buf.get(line)?;
            return Some(Item::Line(line.strip_suffix(b"\r").unwrap_or(line)));
        }
    }

    /// At the end of the stream: the piece of a line that has no newline, empty if it is the end
    /// of an oversized line; `None` if the stream ended with a line. The splitter starts afresh.
    pub fn finish(&mut self) -> Option<&[u8]> {
        let piece = self.start..self.end;
        let skipping = std::mem::take(&mut self.skipping);
        self.start = 0;
        self.scanned = 0;
        self.end = 0;
        if skipping {
            return Some(&[]);
        }
        self.buf.get(piece).filter(|piece| !piece.is_empty())
    }

    /// Memory held, in bytes.
    pub fn capacity(&self) -> usize {
        self.buf.capacity()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Got {
        Line(Vec<u8>),
        Oversized(Vec<u8>),
        Half(Vec<u8>),
    }

    /// Feeds `stream` cut at `cuts`, smaller where the space is smaller.
    fn run(max_line: usize, read: usize, stream: &[u8], cuts: &[usize]) -> Vec<Got> {
        let mut splitter = Splitter::with_read(max_line, read);
        let mut got = Vec::new();
        let mut rest = stream;
        let mut cuts = cuts.iter().copied().cycle();
        while !rest.is_empty() {
            let space = splitter.space();
            assert!(!space.is_empty());
            let n = cuts.next().unwrap_or(rest.len()).clamp(1, rest.len().min(space.len()));
            space[..n].copy_from_slice(&rest[..n]);
            splitter.filled(n);
            rest = &rest[n..];
            while let Some(item) = splitter.next() {
                got.push(match item {
                    Item::Line(line) => Got::Line(line.to_vec()),
                    Item::Oversized(head) => Got::Oversized(head.to_vec()),
                });
            }
            assert!(splitter.capacity() <= 2 * (max_line + read) + 2 * read + 64);
        }
        if let Some(piece) = splitter.finish() {
            got.push(Got::Half(piece.to_vec()));
        }
        got
    }

    /// The same said naively.
    fn expected(max_line: usize, stream: &[u8]) -> Vec<Got> {
        let mut got = Vec::new();
        let mut pieces = stream.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            let last = pieces.peek().is_none();
            if piece.len() > max_line {
                got.push(Got::Oversized(piece[..max_line].to_vec()));
                if last {
                    got.push(Got::Half(Vec::new()));
                }
            } else if !last {
                got.push(Got::Line(piece.strip_suffix(b"\r").unwrap_or(piece).to_vec()));
            } else if !piece.is_empty() {
                got.push(Got::Half(piece.to_vec()));
            }
        }
        got
    }

    #[test]
    fn every_cut_gives_the_same_lines() {
        let stream = b"one\r\n\ntwo \x00\xff\r\r\nmuch too long\nx\nalso much too long";
        let wanted = expected(6, stream);
        assert_eq!(wanted.len(), 7, "{wanted:?}");
        for first in 1..stream.len() {
            assert_eq!(run(6, 64, stream, &[first, stream.len()]), wanted, "cut at {first}");
        }
        assert_eq!(run(6, 1, stream, &[1]), wanted);
    }

    #[test]
    fn a_line_without_end_is_said_once_at_once_and_costs_no_memory() {
        let mut splitter = Splitter::with_read(1000, 100);
        let mut said = 0;
        for _ in 0..100_000 {
            let space = splitter.space();
            let n = space.len().min(100);
            space[..n].fill(b'x');
            splitter.filled(n);
            while let Some(item) = splitter.next() {
                assert_eq!(item, Item::Oversized(&[b'x'; 1000]));
                said += 1;
            }
            assert!(splitter.capacity() < 4000);
        }
        assert_eq!(said, 1);
        assert_eq!(splitter.finish(), Some(&[][..]));
    }

    #[test]
    fn memory_of_a_long_line_is_given_back() {
        let mut splitter = Splitter::with_read(1 << 20, 1000);
        for byte in std::iter::repeat_n(b'x', 1 << 20).chain([b'\n']) {
            splitter.space()[0] = byte;
            splitter.filled(1);
        }
        assert_eq!(splitter.next(), Some(Item::Line(&vec![b'x'; 1 << 20])));
        assert_eq!(splitter.next(), None);
        splitter.space();
        assert!(splitter.capacity() < 2000);
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(
            stream in proptest::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()], 0..300),
            cuts in proptest::collection::vec(1_usize..40, 1..20),
            max_line in 0_usize..20,
            read in 1_usize..50,
        ) {
            prop_assert_eq!(run(max_line, read, &stream, &cuts), expected(max_line, &stream));
        }
    }
}
