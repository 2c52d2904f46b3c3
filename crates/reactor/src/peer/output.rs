//! Bytes on their way to one connection: packed UPDATEs in order, control messages past them at a message boundary.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::{Buf as _, Bytes};
use tokio::net::TcpStream;

/// Packed bytes that may wait for a socket. Beyond it the peer packs no more and its cursor stays where it is.
pub(crate) const BOUND: usize = 256 * 1024;

/// Most pieces given to one `writev`.
const PIECES: usize = 32;

/// The queue of one connection. Every piece holds whole messages; only the first may be partly written.
#[derive(Debug, Default)]
pub(crate) struct Output {
    queue: VecDeque<Bytes>,
    /// Leading pieces that no control message may overtake: a partly written one and earlier control messages.
    fixed: usize,
    /// Octets of the first piece that are written.
    written: usize,
    /// Octets not written yet.
    waiting: usize,
    /// Octets to be written before each of these is due.
    receipts: VecDeque<(usize, u64)>,
}

impl Output {
    /// Octets not written yet.
    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether more UPDATEs may be packed.
    pub(crate) const fn has_room(&self) -> bool {
        self.waiting < BOUND
    }

    /// Queues whole messages behind everything else.
    pub(crate) fn bulk(&mut self, messages: Bytes) {
        if !messages.is_empty() {
            self.waiting = self.waiting.saturating_add(messages.len());
            self.queue.push_back(messages);
        }
    }

    /// Takes note that everything queued so far must be written before [`Self::receipts`] gives this out.
    pub(crate) fn receipt(&mut self, token: u64) {
        self.receipts.push_back((self.waiting, token));
    }

    /// What is due now.
    pub(crate) fn receipts(&mut self) -> Vec<u64> {
        let due = self.receipts.partition_point(|(left, _)| *left == 0);
        self.receipts.drain(..due).map(|(_, token)| token).collect()
    }

    /// Queues messages that must not wait behind UPDATEs: they go out after the message that is being written.
    pub(crate) fn control(&mut self, messages: Bytes) {
        if messages.is_empty() {
            return;
        }
        self.split_front();
        self.waiting = self.waiting.saturating_add(messages.len());
        for (left, _) in &mut self.receipts {
            *left = left.saturating_add(messages.len());
        }
        let at = self.fixed.min(self.queue.len());
        self.queue.insert(at, messages);
        self.fixed = at.saturating_add(1);
    }

    /// Drops everything that is not control or already begun: nothing may follow a NOTIFICATION, and nothing is
    /// worth being sent before it.
    pub(crate) fn drop_bulk(&mut self) {
        // What was to be written before them never will be.
        self.receipts.clear();
        self.split_front();
        while self.queue.len() > self.fixed {
            let dropped = self.queue.pop_back().map_or(0, |piece| piece.len());
            self.waiting = self.waiting.saturating_sub(dropped);
        }
    }

    /// Cuts a partly written first piece at the end of the message that is being written.
    fn split_front(&mut self) {
        if self.written == 0 || self.fixed > 0 {
            return;
        }
        let Some(front) = self.queue.front_mut() else { return };
        let mut boundary = 0usize;
        while boundary < self.written {
            // Octets 16 and 17 of a message are its length (RFC 4271 section 4.1).
            let Some([high, low]) = front.get(boundary.saturating_add(16)..).and_then(|r| r.first_chunk())
            else {
                boundary = front.len();
                break;
            };
            boundary = boundary.saturating_add(usize::from(u16::from_be_bytes([*high, *low])).max(19));
        }
        if boundary < front.len() {
            let rest = front.split_off(boundary);
            self.queue.insert(1, rest);
        }
        self.fixed = 1;
    }

    /// Writes as much as the socket takes now. Returns the octets written.
    pub(crate) fn write(&mut self, stream: &TcpStream) -> io::Result<usize> {
        let mut total = 0usize;
        while self.waiting > 0 {
            let done = {
                let mut slices = [IoSlice::new(&[]); PIECES];
                let mut skip = self.written;
                for (slice, piece) in slices.iter_mut().zip(&self.queue) {
                    *slice = IoSlice::new(piece.get(skip..).unwrap_or_default());
                    skip = 0;
                }
                let used = self.queue.len().min(PIECES);
                match stream.try_write_vectored(slices.get(..used).unwrap_or_default()) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(n) => n,
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                    Err(e) => return Err(e),
                }
            };
            total = total.saturating_add(done);
            self.advance(done);
        }
        Ok(total)
    }

    fn advance(&mut self, mut done: usize) {
        self.waiting = self.waiting.saturating_sub(done);
        for (left, _) in &mut self.receipts {
            *left = left.saturating_sub(done);
        }
        while let Some(front) = self.queue.front() {
            let left = front.remaining().saturating_sub(self.written);
            if done < left {
                self.written = self.written.saturating_add(done);
                return;
            }
            done = done.saturating_sub(left);
            self.queue.pop_front();
            self.fixed = self.fixed.saturating_sub(1);
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u16, tag: u8) -> Vec<u8> {
        let mut m = vec![0xFF; 16];
        m.extend_from_slice(&length.to_be_bytes());
        m.resize(usize::from(length), tag);
        m
    }

    /// Takes everything, as a socket would that accepts any amount.
    fn drain(out: &mut Output) -> Vec<u8> {
        let mut all = Vec::new();
        let first = out.written;
        for (i, piece) in out.queue.iter().enumerate() {
            all.extend_from_slice(&piece[if i == 0 { first } else { 0 }..]);
        }
        out.advance(all.len());
        all
    }

    #[test]
    fn control_overtakes_at_a_message_boundary() {
        let mut out = Output::default();
        let bulk = [message(30, 1), message(40, 2)].concat();
        out.bulk(bulk.clone().into());
        out.advance(10); // inside the first message
        out.control(message(19, 4).into());
        out.control(message(20, 5).into());
        let expected = [&bulk[10..30], &message(19, 4), &message(20, 5), &bulk[30..]].concat();
        assert_eq!(drain(&mut out), expected);
        assert_eq!(out.waiting(), 0);
        assert_eq!(out.fixed, 0);
    }

    #[test]
    fn control_goes_first_when_nothing_is_begun() {
        let mut out = Output::default();
        out.bulk(message(30, 1).into());
        out.control(message(19, 4).into());
        assert_eq!(drain(&mut out), [message(19, 4), message(30, 1)].concat());
    }

    #[test]
    fn dropping_keeps_what_is_begun_and_control() {
        let mut out = Output::default();
        let bulk = [message(30, 1), message(40, 2)].concat();
        out.bulk(bulk.clone().into());
        out.bulk(message(50, 3).into());
        out.advance(29);
        out.control(message(21, 9).into());
        out.drop_bulk();
        assert_eq!(drain(&mut out), [&bulk[29..30], &message(21, 9)].concat());
        assert_eq!(out.waiting(), 0);
    }

    #[test]
    fn a_boundary_reached_exactly_needs_no_split() {
        let mut out = Output::default();
        let bulk = [message(30, 1), message(40, 2)].concat();
        out.bulk(bulk.clone().into());
        out.advance(30);
        out.control(message(19, 4).into());
        assert_eq!(drain(&mut out), [message(19, 4), message(40, 2)].concat());
    }

    #[test]
    fn receipts_are_due_when_all_before_them_is_written() {
        let mut out = Output::default();
        out.receipt(1);
        assert_eq!(out.receipts(), [1], "nothing was before it");
        out.bulk(message(30, 1).into());
        out.receipt(2);
        out.bulk(message(40, 2).into());
        out.receipt(3);
        out.advance(29);
        assert_eq!(out.receipts(), []);
        // It overtakes the second message, so that this is later than it was.
        out.control(message(19, 4).into());
        out.advance(1 + 19);
        assert_eq!(out.receipts(), [2]);
        out.advance(39);
        assert_eq!(out.receipts(), []);
        out.advance(1);
        assert_eq!(out.receipts(), [3]);
    }
}
