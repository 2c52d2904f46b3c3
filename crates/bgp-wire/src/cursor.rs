//! Reading and writing octets: a `Copy` reader with absolute offsets, and a writer whose lengths are guards.

use crate::error::{DecodeError, EncodeError};

/// A cursor over received octets that remembers where in the message it stands, so that every error can say where.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, reporting offsets from its start.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// Reads `bytes`, which stand at octet `at` of the message.
    pub const fn at(bytes: &'a [u8], at: usize) -> Self {
        Self { rest: bytes, at }
    }

    /// Octet offset from the start of the message.
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// Octets not read yet.
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether everything has been read.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What has not been read yet, without reading it.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes `n` octets.
    pub fn take(&mut self, n: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(n) {
            Some((head, tail)) => {
                self.rest = tail;
                self.at = self.at.saturating_add(n);
                Ok(head)
            }
            None => Err(self.short(what, n)),
        }
    }

    /// Takes all that is left.
    pub fn take_rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.at = self.at.saturating_add(rest.len());
        self.rest = &[];
        rest
    }

    /// Takes `N` octets as an array.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        match self.rest.split_first_chunk::<N>() {
            Some((head, tail)) => {
                self.rest = tail;
                self.at = self.at.saturating_add(N);
                Ok(*head)
            }
            None => Err(self.short(what, N)),
        }
    }

    /// Takes one octet.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(what).map(|[b]| b)
    }

    /// Takes a 16-bit number in network order.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// Takes a 24-bit number in network order.
    pub fn u24(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.array::<3>(what).map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// Takes a 32-bit number in network order.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// Takes a 64-bit number in network order.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        self.array(what).map(u64::from_be_bytes)
    }

    /// Takes `n` octets as a reader of their own that keeps counting from here.
    pub fn sub(&mut self, n: usize, what: &'static str) -> Result<Reader<'a>, DecodeError> {
        let at = self.at;
        self.take(n, what).map(|bytes| Reader::at(bytes, at))
    }

    #[cold]
    fn short(&self, what: &'static str, needed: usize) -> DecodeError {
        DecodeError::Truncated { what, at: self.at, needed, available: self.rest.len() }
    }
}

/// A writer that cannot exceed its limit and that can be rolled back to any earlier [`Writer::mark`].
///
/// Overflowing writes set a flag and write nothing; [`Writer::full`] tells. The caller packs until full, rolls back
/// the item that did not fit, and closes the message.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
    start: usize,
    limit: usize,
    full: bool,
}

/// A place in a [`Writer`] to return to.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Mark(usize);

/// A length field to be filled in later; see [`Writer::len16`].
#[derive(Debug)]
#[must_use = "the length field stays zero until `Writer::close` is called"]
pub struct Place {
    at: usize,
    width: usize,
}

impl<'b> Writer<'b> {
    /// Appends to `out`, at most `limit` octets from here.
    pub fn new(out: &'b mut Vec<u8>, limit: usize) -> Self {
        let start = out.len();
        Self { out, start, limit, full: false }
    }

    /// Octets written by this writer.
    pub fn len(&self) -> usize {
        self.out.len().saturating_sub(self.start)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Octets that still fit.
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.len())
    }

    /// Whether a write did not fit since the last [`Writer::rollback`].
    pub const fn full(&self) -> bool {
        self.full
    }

    /// The place reached.
    pub fn mark(&self) -> Mark {
        Mark(self.out.len())
    }

    /// Forgets everything written after `mark` and that it did not fit.
    pub fn rollback(&mut self, mark: Mark) {
        self.out.truncate(mark.0.max(self.start));
        self.full = false;
    }

    /// Appends octets.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.full || bytes.len() > self.room() {
            self.full = true;
        } else {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Appends one octet.
    pub fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    /// Appends a 16-bit number in network order.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// Appends the low 24 bits of a number in network order.
    pub fn u24(&mut self, value: u32) {
        let [_, a, b, c] = value.to_be_bytes();
        self.bytes(&[a, b, c]);
    }

    /// Appends a 32-bit number in network order.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// Appends a 64-bit number in network order.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Reserves a one-octet length of what will be written until [`Writer::close`].
    pub fn len8(&mut self) -> Place {
        let at = self.out.len();
        self.u8(0);
        Place { at, width: 1 }
    }

    /// Reserves a two-octet length of what will be written until [`Writer::close`].
    pub fn len16(&mut self) -> Place {
        let at = self.out.len();
        self.u16(0);
        Place { at, width: 2 }
    }

    /// Fills in a reserved length; `what` names the field in the error when the value is too long for it.
    #[expect(clippy::needless_pass_by_value, reason = "a place is filled once: closing consumes it")]
    pub fn close(&mut self, place: Place, what: &'static str) -> Result<(), EncodeError> {
        if self.full {
            return Err(EncodeError::Full { what });
        }
        let actual = self.out.len().saturating_sub(place.at.saturating_add(place.width));
        let max = if place.width == 1 { 0xFF } else { 0xFFFF };
        let bytes = u16::try_from(actual).ok().filter(|n| usize::from(*n) <= max).map(u16::to_be_bytes);
        let Some([high, low]) = bytes else {
            return Err(EncodeError::TooLong { what, actual, max });
        };
        let end = place.at.saturating_add(place.width);
        match self.out.get_mut(place.at..end) {
            Some([one]) => *one = low,
            Some([first, second]) => (*first, *second) = (high, low),
            _ => return Err(EncodeError::Full { what }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_knows_where_it_stands() {
        let mut r = Reader::new(&[1, 2, 3, 4, 5]);
        assert_eq!(r.u16("a"), Ok(0x0102));
        let mut sub = r.sub(2, "b").unwrap();
        assert_eq!(sub.u8("c"), Ok(3));
        assert_eq!(sub.offset(), 3);
        let err = sub.u32("d").unwrap_err();
        assert_eq!(err, DecodeError::Truncated { what: "d", at: 3, needed: 4, available: 1 });
        assert_eq!(r.take_rest(), [5]);
        assert!(r.is_empty());
    }

    #[test]
    fn a_writer_stops_at_its_limit_and_rolls_back() {
        let mut out = vec![9];
        let mut w = Writer::new(&mut out, 4);
        w.u16(1);
        let mark = w.mark();
        w.u32(2);
        assert!(w.full());
        w.rollback(mark);
        w.u16(3);
        assert!(!w.full());
        assert_eq!(out, [9, 0, 1, 0, 3]);
    }

    #[test]
    fn lengths_are_guarded() {
        let mut out = Vec::new();
        let mut w = Writer::new(&mut out, 1000);
        let place = w.len8();
        w.bytes(&[0; 256]);
        assert_eq!(
            w.close(place, "host name"),
            Err(EncodeError::TooLong { what: "host name", actual: 256, max: 255 })
        );
        let mut out = Vec::new();
        let mut w = Writer::new(&mut out, 1000);
        let place = w.len16();
        w.bytes(&[7; 3]);
        assert_eq!(w.close(place, "x"), Ok(()));
        assert_eq!(out, [0, 3, 7, 7, 7]);
    }
}
