//! One direction of a connection: segments in, messages out, in the order in which they were sent.
//!
//! What comes early is kept until what is before it is there, up to a bound; what comes again is dropped. When octets
//! are missing for good, reading goes on at the next marker.

use std::collections::BTreeMap;

use bgp_wire::msg::frame::{Frame, HEADER, frame};

/// Octets that are kept while others before them are missing.
const MAX_ASIDE: usize = 1 << 20;
/// Segments that are kept so.
const MAX_SEGMENTS: usize = 4096;
/// No window is larger (RFC 7323 section 2.3): what is further away belongs to another connection.
const WINDOW: u32 = 1 << 30;
/// Octets of ones that a message starts with (RFC 4271 section 4.1).
const MARKER: usize = 16;

/// What was found in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A whole message.
    Message(&'a [u8]),
    /// So many octets were not captured.
    Missing(u64),
    /// So many octets, up to the next message, belong to none that could be read.
    PassedOver(u64),
}

/// The octets of one direction.
#[derive(Debug)]
pub(super) struct Stream {
    /// Sequence number of the next octet.
    expected: u32,
    /// How many octets there were before it.
    at: u64,
    /// What comes later, by its first octet: the octets and how many are missing behind them.
    aside: BTreeMap<u64, (Vec<u8>, usize)>,
    aside_octets: usize,
    /// Octets in order that make no whole message yet.
    octets: Vec<u8>,
    /// Reading goes on at the next marker.
    lost: bool,
    passed: u64,
}

impl Stream {
    /// A stream whose next octet has the sequence number `expected`, in the middle of a message unless `whole`.
    pub(super) fn new(expected: u32, whole: bool) -> Self {
        Self {
            expected,
            at: 0,
            aside: BTreeMap::new(),
            aside_octets: 0,
            octets: Vec::new(),
            lost: !whole,
            passed: 0,
        }
    }

    /// Whether a SYN with this number opens this very stream: it is sent again when it gets no answer.
    pub(super) fn starts_at(&self, sequence: u32) -> bool {
        u64::from(self.expected.wrapping_sub(sequence)) == self.at
    }

    /// Adds a segment; `missing` octets behind the payload were not captured.
    pub(super) fn push(
        &mut self,
        sequence: u32,
        payload: &[u8],
        missing: usize,
        found: &mut dyn FnMut(Found<'_>),
    ) {
        if payload.is_empty() && missing == 0 {
            return;
        }
        let ahead = sequence.wrapping_sub(self.expected);
        let behind = self.expected.wrapping_sub(sequence);
        if ahead.min(behind) > WINDOW {
            self.end(found);
            *self = Self::new(sequence, false);
        }
        let place = if ahead <= behind {
            self.at.saturating_add(ahead.into())
        } else {
            // What was before the beginning of the capture is no part of it.
            let Some(place) = self.at.checked_sub(behind.into()) else { return };
            place
        };
        let known =
            self.aside.get(&place).map_or(0, |(octets, missing)| octets.len().saturating_add(*missing));
        if payload.len().saturating_add(missing) > known {
            if let Some((old, _)) = self.aside.insert(place, (payload.to_vec(), missing)) {
                self.aside_octets = self.aside_octets.saturating_sub(old.len());
            }
            self.aside_octets = self.aside_octets.saturating_add(payload.len());
        }
        self.drain(found);
        while self.aside_octets > MAX_ASIDE || self.aside.len() > MAX_SEGMENTS {
            self.jump(found);
        }
    }

    /// Takes what is in order.
    fn drain(&mut self, found: &mut dyn FnMut(Found<'_>)) {
        while let Some(entry) = self.aside.first_entry().filter(|entry| *entry.key() <= self.at) {
            let (place, (octets, missing)) = entry.remove_entry();
            self.aside_octets = self.aside_octets.saturating_sub(octets.len());
            let seen = usize::try_from(self.at.saturating_sub(place)).unwrap_or(usize::MAX);
            let end = octets.len().saturating_add(missing);
            if seen >= end {
                continue; // sent again
            }
            let new = octets.get(seen..).unwrap_or_default();
            self.octets.extend_from_slice(new);
            self.advance(new.len());
            self.messages(found);
            let rest = end.saturating_sub(seen).saturating_sub(new.len());
            if rest > 0 {
                self.advance(rest);
                self.lose(rest, found);
            }
        }
    }

    fn advance(&mut self, octets: usize) {
        self.at = self.at.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
        // Sequence numbers count modulo 2^32.
        #[expect(clippy::cast_possible_truncation, reason = "modulo 2^32 is what is wanted")]
        let step = octets as u32;
        self.expected = self.expected.wrapping_add(step);
    }

    /// Gives up what is missing before the first segment that is kept.
    fn jump(&mut self, found: &mut dyn FnMut(Found<'_>)) {
        let Some((place, _)) = self.aside.first_key_value() else { return };
        let gap = usize::try_from(place.saturating_sub(self.at)).unwrap_or(usize::MAX);
        self.advance(gap);
        self.lose(gap, found);
        self.drain(found);
    }

    /// Octets are missing: the message that they belong to can't be read.
    fn lose(&mut self, octets: usize, found: &mut dyn FnMut(Found<'_>)) {
        found(Found::Missing(u64::try_from(octets).unwrap_or(u64::MAX)));
        self.pass(self.octets.len());
        self.lost = true;
    }

    /// Passes over octets that belong to no message.
    fn pass(&mut self, octets: usize) {
        self.passed = self.passed.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
        self.octets.drain(..octets.min(self.octets.len()));
    }

    /// Takes the whole messages off the octets.
    fn messages(&mut self, found: &mut dyn FnMut(Found<'_>)) {
        loop {
            if self.lost {
                let place = marker(&self.octets);
                self.pass(place.unwrap_or_else(|| self.octets.len().saturating_sub(MARKER)));
                if place.is_none() {
                    return;
                }
                self.lost = false;
                if self.passed > 0 {
                    found(Found::PassedOver(std::mem::take(&mut self.passed)));
                }
            }
            match frame(&self.octets, u16::MAX) {
                Ok(Frame::Complete { length, .. }) => {
                    found(Found::Message(self.octets.get(..length).unwrap_or_default()));
                    self.octets.drain(..length.clamp(1, self.octets.len()));
                }
                Ok(Frame::Incomplete { .. }) => return,
                Err(_) => {
                    self.pass(1);
                    self.lost = true;
                }
            }
        }
    }

    /// Tells what is left; nothing more comes.
    pub(super) fn end(&mut self, found: &mut dyn FnMut(Found<'_>)) {
        while !self.aside.is_empty() {
            self.jump(found);
        }
        self.pass(self.octets.len());
        if self.passed > 0 {
            found(Found::PassedOver(std::mem::take(&mut self.passed)));
        }
    }
}

/// Where the next message may begin: sixteen ones and a header that makes sense. The last ones of a message may stand
/// before a marker, so it is the end of a row of ones that counts.
fn marker(octets: &[u8]) -> Option<usize> {
    let mut ones = 0_usize;
    for (place, octet) in octets.iter().enumerate() {
        if *octet == 0xFF {
            ones = ones.saturating_add(1);
            continue;
        }
        let start = place.saturating_sub(MARKER);
        if std::mem::take(&mut ones) >= MARKER {
            let message = octets.get(start..).unwrap_or_default();
            if message.len() < HEADER || frame(message, u16::MAX).is_ok() {
                return Some(start);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A KEEPALIVE, and an UPDATE whose body is `octet` so many times.
    fn keepalive() -> Vec<u8> {
        [&[0xFF; 16][..], &[0, 19, 4]].concat()
    }

    fn update(octet: u8, times: u8) -> Vec<u8> {
        [&[0xFF; 16][..], &[0, 19 + times, 2], &vec![octet; times.into()]].concat()
    }

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl Seen {
        fn note(&mut self, found: Found<'_>) {
            self.0.push(match found {
                Found::Message(message) => format!("{}:{}", message[18], message.len()),
                Found::Missing(octets) => format!("missing {octets}"),
                Found::PassedOver(octets) => format!("passed {octets}"),
            });
        }
    }

    /// Pushes the parts `(from, to)` of a stream that starts at `first`.
    fn run(octets: &[u8], first: u32, whole: bool, parts: &[(usize, usize)]) -> Vec<String> {
        let mut seen = Seen::default();
        let mut stream = Stream::new(first, whole);
        for (from, to) in parts {
            let sequence = first.wrapping_add(u32::try_from(*from).unwrap());
            stream.push(sequence, &octets[*from..*to], 0, &mut |f| seen.note(f));
        }
        stream.end(&mut |f| seen.note(f));
        seen.0
    }

    fn three() -> Vec<u8> {
        [update(1, 30), keepalive(), update(2, 40)].concat()
    }

    #[test]
    fn in_any_order_and_again() {
        let octets = three();
        let all = ["2:49", "4:19", "2:59"];
        assert_eq!(octets.len(), 127);
        for parts in [
            &[(0, 127)][..],
            &[(0, 10), (10, 60), (60, 127)],
            &[(0, 10), (60, 127), (10, 60)],
            &[(0, 10), (60, 127), (30, 61), (5, 50), (0, 40), (10, 60)],
            &[(0, 60), (0, 60), (20, 127), (60, 127)],
            &[(60, 127), (0, 60)],
        ] {
            // Sequence numbers wrap.
            for first in [0, u32::MAX - 50, u32::MAX] {
                assert_eq!(run(&octets, first, true, parts), all, "{parts:?} {first}");
            }
        }
    }

    #[test]
    fn what_is_missing_is_told_and_reading_goes_on_at_the_next_message() {
        let octets = three();
        // The end of the first message is missing, then all of the second.
        assert_eq!(run(&octets, 7, true, &[(0, 40), (49, 127)]), ["missing 9", "passed 40", "4:19", "2:59"]);
        assert_eq!(run(&octets, 7, true, &[(0, 49), (60, 127)]), ["2:49", "missing 11", "passed 8", "2:59"]);
        // The capture begins and ends in the middle of messages.
        assert_eq!(run(&octets, 7, false, &[(20, 100)]), ["missing 20", "passed 29", "4:19", "passed 32"]);
    }

    #[test]
    fn ones_before_a_marker_are_no_part_of_it() {
        let octets = [update(0xFF, 33), keepalive()].concat();
        assert_eq!(run(&octets[25..], 0, false, &[(0, octets.len() - 25)]), ["passed 27", "4:19"]);
    }

    #[test]
    fn what_is_no_message_is_passed_over() {
        let octets = [keepalive(), b"GET / HTTP/1.1\r\n\r\n".to_vec(), keepalive()].concat();
        assert_eq!(run(&octets, 0, true, &[(0, octets.len())]), ["4:19", "passed 18", "4:19"]);
    }

    #[test]
    fn cut_packets_are_missing_octets() {
        let octets = three();
        let mut seen = Seen::default();
        let mut stream = Stream::new(0, true);
        stream.push(0, &octets[..20], 29, &mut |f| seen.note(f));
        stream.push(49, &octets[49..], 0, &mut |f| seen.note(f));
        assert_eq!(seen.0, ["missing 29", "passed 20", "4:19", "2:59"]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut stream = Stream::new(0, true);
        let mut seen = Seen::default();
        for n in 1..=200_u32 {
            stream.push(n * 20_000, &[0; 10_000], 0, &mut |f| seen.note(f));
            assert!(stream.aside_octets <= MAX_ASIDE && stream.octets.len() <= 1 << 16);
        }
        assert!(seen.0.contains(&"missing 20000".to_owned()), "{:?}", seen.0);
    }
}
