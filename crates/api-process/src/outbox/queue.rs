//! The order of what waits for a helper: pure state, no locks, no tasks.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

use super::spill::Spill;
use crate::{Overflow, Spec};

/// Memory a segment costs besides its bytes.
const COST: usize = size_of::<Segment>();

/// Runs of answers up to this many bytes are moved to disk rather than kept between pieces of it.
const FOLD: u64 = 4096;

/// A piece of the queue.
#[derive(Debug)]
enum Segment {
    /// An event, or several in one piece.
    Event(Bytes),
    /// A piece of a large answer.
    Data(Bytes),
    /// The same answer `count` times.
    Run { text: Bytes, count: u64 },
    /// The next `len` bytes of the spill; `events` of them were pushed.
    Spilled { len: u64, events: u64 },
    /// Here `lost` events are missing.
    Gap { lost: u64 },
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// In memory.
    Queued,
    /// In order, on disk.
    Spilled,
    /// Not kept: counted in the gap marker the helper will read at this place.
    Dropped,
    /// Not kept: here it is, wait for [`Outbox::event_room`](crate::Outbox::event_room)
    /// (for [`Outbox::data_room`](crate::Outbox::data_room) if it was data).
    Full(Bytes),
    /// There is no process that could read it, or it has closed its stdin.
    Closed,
}

#[derive(Debug)]
pub(super) struct Queue {
    segments: VecDeque<Segment>,
    /// Number of the first segment, to find the gap marker again after others were taken.
    first: u64,
    events: usize,
    replies: usize,
    spill: Spill,
    overflow: Overflow,
    bound: usize,
    /// Events are being dropped; their marker is the segment of this number.
    losing: Option<u64>,
    lost: u64,
    /// What was handed out ends within a line.
    mid_line: bool,
}

impl Queue {
    pub(super) fn new(spec: &Spec) -> Self {
        Self {
            segments: VecDeque::new(),
            first: 0,
            events: 0,
            replies: 0,
            spill: Spill::new(spec.spill_dir.clone(), spec.spill_bytes),
            overflow: spec.overflow,
            bound: spec.queue_bytes.max(1),
            losing: None,
            lost: 0,
            mid_line: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Memory in use by events and by answers, in bytes.
    pub(super) fn memory(&self) -> (usize, usize) {
        (self.events, self.replies)
    }

    pub(super) fn spill(&self) -> &Spill {
        &self.spill
    }

    pub(super) fn spill_mut(&mut self) -> &mut Spill {
        &mut self.spill
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Forgets everything, the count of lost events too.
    pub(super) fn clear(&mut self) {
        self.segments = VecDeque::new();
        self.first = 0;
        self.events = 0;
        self.replies = 0;
        self.spill.clear();
        self.losing = None;
        self.lost = 0;
        self.mid_line = false;
    }

    /// `count` events in one piece.
    pub(super) fn event(&mut self, bytes: Bytes, count: u32) -> Pushed {
        if bytes.is_empty() {
            return Pushed::Queued;
        }
        if self.losing.is_some() && !self.has_recovered() {
            return self.lose(count);
        }
        self.losing = None;
        match self.overflow {
            Overflow::Block if self.events >= self.bound.saturating_mul(2) => Pushed::Full(bytes),
            Overflow::Gap if self.events >= self.bound => self.lose(count),
            Overflow::Spill if self.events >= self.bound || !self.spill.is_empty() => {
                self.fold();
                if self.spill_piece(&bytes, u64::from(count)) { Pushed::Spilled } else { self.lose(count) }
            }
            _ => {
                self.events = self.events.saturating_add(bytes.len()).saturating_add(COST);
                self.segments.push_back(Segment::Event(bytes));
                Pushed::Queued
            }
        }
    }

    /// An answer, `times` over; always accepted, and free if it repeats the one before.
    pub(super) fn reply(&mut self, text: Bytes, times: u64) {
        if text.is_empty() || times == 0 {
            return;
        }
        if let Some(Segment::Run { text: last, count }) = self.segments.back_mut()
            && *last == text
        {
            *count = count.saturating_add(times);
            return;
        }
        if self.overflow == Overflow::Spill && (!self.spill.is_empty() || self.replies >= self.bound / 2) {
            self.fold();
        }
        self.replies = self.replies.saturating_add(text.len()).saturating_add(COST);
        self.segments.push_back(Segment::Run { text, count: times });
    }

    /// A piece of a large answer.
    pub(super) fn data(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        self.replies = self.replies.saturating_add(bytes.len()).saturating_add(COST);
        self.segments.push_back(Segment::Data(bytes));
    }

    /// Whether dropping can end. Half of the bound must be free, or markers would alternate with
    /// single events.
    fn has_recovered(&self) -> bool {
        if self.spill.is_empty() { self.events <= self.bound / 2 } else { self.spill.has_recovered() }
    }

    fn lose(&mut self, count: u32) -> Pushed {
        let count = u64::from(count);
        self.lost = self.lost.saturating_add(count);
        let open = self
            .losing
            .and_then(|number| usize::try_from(number.checked_sub(self.first)?).ok())
            .and_then(|at| self.segments.get_mut(at));
        if let Some(Segment::Gap { lost }) = open {
            *lost = lost.saturating_add(count);
        } else {
            let waiting = u64::try_from(self.segments.len()).unwrap_or(u64::MAX);
            self.losing = Some(self.first.saturating_add(waiting));
            self.segments.push_back(Segment::Gap { lost: count });
        }
        Pushed::Dropped
    }

    fn spill_piece(&mut self, bytes: &[u8], count: u64) -> bool {
        if !self.spill.push(bytes) {
            return false;
        }
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if let Some(Segment::Spilled { len, events }) = self.segments.back_mut() {
            *len = len.saturating_add(more);
            *events = events.saturating_add(count);
        } else {
            self.segments.push_back(Segment::Spilled { len: more, events: count });
        }
        true
    }

    /// Moves a short run of answers at the end to disk, so that answers between events don't
    /// cost a segment each.
    fn fold(&mut self) {
        let Some(Segment::Run { text, count }) = self.segments.back() else {
            return;
        };
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if size.saturating_mul(*count) > FOLD {
            return;
        }
        let text = text.clone();
        let bytes = text.repeat(usize::try_from(*count).unwrap_or(0));
        let run = self.segments.pop_back();
        if self.spill_piece(&bytes, 0) {
            self.replies = self.replies.saturating_sub(text.len().saturating_add(COST));
        } else {
            self.segments.extend(run);
        }
    }

    fn drop_first(&mut self) {
        self.segments.pop_front();
        self.first = self.first.saturating_add(1);
        if self.segments.is_empty() && self.segments.capacity() > 1024 {
            self.segments = VecDeque::new();
        }
    }

    /// Moves bytes to `out` until it holds `limit` (a single answer or marker may exceed it).
    pub(super) fn fill(&mut self, out: &mut Vec<u8>, limit: usize, gap: &dyn Fn(u64) -> Bytes) {
        self.take(out, limit, gap);
        self.mid_line = out.last().map_or(self.mid_line, |byte| *byte != b'\n');
    }

    fn take(&mut self, out: &mut Vec<u8>, limit: usize, gap: &dyn Fn(u64) -> Bytes) {
        loop {
            let room = limit.saturating_sub(out.len());
            let Some(first) = self.segments.front_mut() else {
                return;
            };
            if room == 0 {
                return;
            }
            match first {
                Segment::Event(bytes) | Segment::Data(bytes) => {
                    let n = bytes.len().min(room);
                    out.extend_from_slice(bytes.get(..n).unwrap_or_default());
                    bytes.advance(n);
                    let done = bytes.is_empty();
                    let freed = if done { n.saturating_add(COST) } else { n };
                    let account = match first {
                        Segment::Event(_) => &mut self.events,
                        _ => &mut self.replies,
                    };
                    *account = account.saturating_sub(freed);
                    if done {
                        self.drop_first();
                    }
                }
                Segment::Run { text, count } => {
                    let fitting = room.checked_div(text.len()).unwrap_or(0);
                    if fitting == 0 && !out.is_empty() {
                        return;
                    }
                    let n = u64::try_from(fitting).unwrap_or(u64::MAX).clamp(1, *count);
                    for _ in 0..n {
                        out.extend_from_slice(text);
                    }
                    *count = count.saturating_sub(n);
                    if *count == 0 {
                        let freed = text.len().saturating_add(COST);
                        self.replies = self.replies.saturating_sub(freed);
                        self.drop_first();
                    }
                }
                Segment::Spilled { len, events } => {
                    let n = room.min(usize::try_from(*len).unwrap_or(usize::MAX));
                    match self.spill.pop(out, n) {
                        Ok(n) if n > 0 => {
                            *len = len.saturating_sub(u64::try_from(n).unwrap_or(0));
                        }
                        outcome => {
                            let error = outcome.err();
                            tracing::error!(?error, "can not read spilled events back");
                            // The marker needs a line of its own; what precedes is lost too.
                            if out.last().map_or(self.mid_line, |byte| *byte != b'\n') {
                                out.push(b'\n');
                            }
                            let lost = *events;
                            self.spill.skip(*len);
                            self.lost = self.lost.saturating_add(lost);
                            *first = Segment::Gap { lost };
                            continue;
                        }
                    }
                    if *len == 0 {
                        self.drop_first();
                    }
                }
                Segment::Gap { lost } => {
                    let line = gap(*lost);
                    out.extend_from_slice(&line);
                    self.drop_first();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spill_file_that_can_not_be_read_becomes_a_gap_and_the_rest_follows() {
        let mut spec = Spec::new("test", "/bin/true");
        spec.queue_bytes = 1;
        let mut queue = Queue::new(&spec);
        let gap = |lost: u64| Bytes::from(format!("gap {lost}\n"));
        assert_eq!(queue.event("first\n".into(), 1), Pushed::Queued);
        let piece = Bytes::from(format!("{}\n", "x".repeat(999)));
        for _ in 0..1000 {
            assert_eq!(queue.event(piece.clone(), 2), Pushed::Spilled);
        }
        let long = "an answer too long to be folded into the spill ".repeat(100) + "\n";
        queue.reply(long.clone().into(), 1);
        let mut out = Vec::new();
        queue.fill(&mut out, 6 + 500, &gap);
        queue.spill_mut().break_file();
        let mut rest = Vec::new();
        queue.fill(&mut rest, 1 << 20, &gap);
        assert_eq!(String::from_utf8(rest).unwrap(), format!("\ngap 2000\n{long}"));
        assert!(queue.is_empty() && queue.spill().is_empty());
        assert_eq!(queue.memory(), (0, 0));
        assert_eq!(queue.event("after\n".into(), 1), Pushed::Queued);
    }
}
