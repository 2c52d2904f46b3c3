//! TCP as the peers see it: connections with latency, octets in order but in any pieces, ends, and cuts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bgp_wire::MessageType;
use bgp_wire::msg::frame::{Frame, MAX_EXTENDED_MESSAGE, frame};

use crate::random::Random;

/// What the network does to those who use it.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Shortest time from one side to the other.
    pub latency: Duration,
    /// Random time that a segment may take more. Segments of one connection keep their order, connections do not.
    pub jitter: Duration,
    /// Largest segment; messages are cut into random pieces up to this. 0 leaves them whole.
    pub segment: usize,
    /// One connection of so many is refused; 0 for none.
    pub refuse: u64,
    /// One segment of so many is the last of its connection, which breaks; 0 for none.
    pub break_off: u64,
    /// Nothing is taken from the sides: their windows are closed.
    pub stuck: [bool; 2],
}

/// All connections, past and present.
#[derive(Debug)]
pub struct Network {
    /// How well it works.
    pub faults: Faults,
    links: Vec<Link>,
    /// By time of arrival, then in the order of departure.
    under_way: BTreeMap<(Instant, u64), Arrival>,
    departures: u64,
    random: Random,
}

/// One connection.
#[derive(Debug, Default)]
struct Link {
    /// What each side wrote.
    written: [Vec<u8>; 2],
    /// How much of that has been looked at.
    checked: [usize; 2],
    /// Each side has closed or lost it.
    ended: [bool; 2],
    /// When the last thing for each side arrives: nothing overtakes it.
    last: [Option<Instant>; 2],
}

/// Something reaches a side.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) link: usize,
    pub(super) to: usize,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// The other side connects.
    Syn,
    /// The other side's system has accepted.
    Connected,
    /// The other side's system has refused.
    Refused,
    /// Octets.
    Octets(Vec<u8>),
    /// No more octets will come, and nobody reads at the other side.
    End,
}

impl Network {
    pub(super) fn new(seed: u64) -> Self {
        let faults = Faults {
            latency: Duration::from_millis(10),
            jitter: Duration::ZERO,
            segment: 0,
            refuse: 0,
            break_off: 0,
            stuck: [false; 2],
        };
        let random = Random::new(seed);
        Self { faults, links: Vec::new(), under_way: BTreeMap::new(), departures: 0, random }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.under_way.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn arrive(&mut self, now: Instant) -> Option<Arrival> {
        let first = self.under_way.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    pub(super) fn connect(&mut self, now: Instant, from: usize) -> usize {
        self.links.push(Link::default());
        let link = self.links.len() - 1;
        if self.one_of(self.faults.refuse) {
            self.depart(now, link, from, What::Refused);
        } else {
            self.depart(now, link, 1 - from, What::Syn);
        }
        link
    }

    pub(super) fn connected(&mut self, now: Instant, to: usize, link: usize) {
        self.depart(now, link, to, What::Connected);
    }

    pub(super) fn refuse(&mut self, now: Instant, to: usize, link: usize) {
        self.depart(now, link, to, What::Refused);
    }

    /// Octets from a side; whether they were taken.
    pub(super) fn send(&mut self, now: Instant, from: usize, link: usize, octets: &[u8]) -> bool {
        if self.faults.stuck[from] {
            return false;
        }
        let this = &mut self.links[link];
        if this.ended[from] {
            return true;
        }
        this.written[from].extend_from_slice(octets);
        this.checked[from] = check(&this.written[from], this.checked[from]);
        let mut rest = octets;
        while !rest.is_empty() {
            if self.one_of(self.faults.break_off) {
                self.lose(now, link);
                return true;
            }
            let most = rest.len().min(self.faults.segment);
            let size = if most == 0 {
                rest.len()
            } else {
                1 + usize::try_from(self.below(most as u64)).unwrap_or_default()
            };
            let (piece, tail) = rest.split_at(size);
            self.depart(now, link, 1 - from, What::Octets(piece.to_vec()));
            rest = tail;
        }
        true
    }

    /// A side is through with a connection.
    pub(super) fn end(&mut self, now: Instant, from: usize, link: usize) {
        if !std::mem::replace(&mut self.links[link].ended[from], true) {
            self.depart(now, link, 1 - from, What::End);
        }
    }

    /// Breaks all connections.
    pub(super) fn cut(&mut self, now: Instant) {
        (0..self.links.len()).for_each(|link| self.lose(now, link));
    }

    fn lose(&mut self, now: Instant, link: usize) {
        (0..2).for_each(|side| self.end(now, side, link));
    }

    fn depart(&mut self, now: Instant, link: usize, to: usize, what: What) {
        let jitter = Duration::from_nanos(
            self.below(u64::try_from(self.faults.jitter.as_nanos()).unwrap_or_default() + 1),
        );
        let at = now + self.faults.latency + jitter;
        let last = &mut self.links[link].last[to];
        let at = last.map_or(at, |last| last.max(at));
        *last = Some(at);
        self.departures += 1;
        self.under_way.insert((at, self.departures), Arrival { link, to, what });
    }

    fn one_of(&mut self, n: u64) -> bool {
        n > 0 && self.below(n) == 0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.random.next() % n
    }
}

/// A side writes whole messages, and none after a NOTIFICATION. Where to go on.
fn check(written: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < written.len() {
        let Ok(Frame::Complete { kind, length }) = frame(&written[at..], MAX_EXTENDED_MESSAGE) else {
            panic!("no whole message: {:x?}", &written[at..])
        };
        if kind == MessageType::NOTIFICATION {
            assert_eq!(at + length, written.len(), "nothing after a NOTIFICATION");
            break;
        }
        at += length;
    }
    at
}
