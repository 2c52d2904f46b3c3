//! What a fast peer knows about the messages it was sent: which routes of the generated table it holds, exactly, and how long
//! each probe was under way. No input or output here, and one look at each octet.

use super::{clock, table};
use crate::frame::{HEADER, KEEPALIVE, NOTIFICATION, UPDATE};
use anyhow::{Result, bail, ensure};

/// Probes are host routes of this network, 198.18.0.0/15, which RFC 2544 sets apart for measurements.
pub const PROBES: u32 = 0xc612_0000;
/// Messages that were not understood, of which the first few are kept.
const STRANGE: usize = 8;

/// What has arrived so far, in numbers.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Sessions that came up.
    pub sessions: u32,
    /// Whether one is up now.
    pub up: bool,
    /// Routes of the table that are held.
    pub held: u32,
    /// When all were held for the first time.
    pub complete_at: Option<u64>,
    /// When none was held any more, after some were.
    pub empty_at: Option<u64>,
    /// The newest round seen (see [`table::set`]).
    pub round: u32,
    /// Routes of that round.
    pub of_round: u32,
    /// UPDATE messages.
    pub updates: u64,
    /// KEEPALIVE messages.
    pub keepalives: u64,
    /// End-of-RIB markers.
    pub ends_of_rib: u64,
    /// Prefixes announced, repeats too.
    pub announced: u64,
    /// Prefixes withdrawn, repeats too.
    pub withdrawn: u64,
    /// Probes.
    pub probes: u32,
    /// The longest time without UPDATE or KEEPALIVE, in nanoseconds: each restarts the peer's hold timer (RFC 4271
    /// section 4.4), so this is what the daemon's timer has to keep short.
    pub longest_silence: u64,
    /// Code and subcode of the NOTIFICATION that ended the last session.
    pub notification: Option<(u8, u8)>,
}

/// A table under construction.
#[derive(Debug, Default)]
pub struct Sink {
    /// The numbers.
    pub progress: Progress,
    count: u32,
    held: Vec<u64>,
    rounds: Vec<u32>,
    keep: bool,
    kept: Vec<u8>,
    probes: Vec<u64>,
    strange: Vec<String>,
    alive_at: Option<u64>,
    rest: Vec<u8>,
}

impl Sink {
    /// Expects the first `count` routes of the generated table. With `keep` the messages are kept for [`Sink::verify`].
    pub fn new(count: u32, keep: bool) -> Self {
        let words = (count as usize).div_ceil(64);
        Self {
            count,
            held: vec![0; words],
            rounds: vec![0; count as usize],
            keep,
            kept: Vec::with_capacity(if keep { count as usize * 16 } else { 0 }),
            ..Self::default()
        }
    }

    /// A session is up: nothing is held at its start.
    pub fn up(&mut self, at: u64) {
        self.held.fill(0);
        self.rounds.fill(0);
        self.rest.clear();
        self.alive_at = Some(at);
        let p = &mut self.progress;
        (p.sessions, p.up, p.held, p.round, p.of_round) = (p.sessions + 1, true, 0, 0, 0);
        p.notification = None;
    }

    /// The session is gone.
    pub fn down(&mut self) {
        self.progress.up = false;
        self.alive_at = None;
    }

    /// Takes octets that were read at that time.
    pub fn take(&mut self, bytes: &[u8], at: u64) -> Result<()> {
        let mut rest = std::mem::take(&mut self.rest);
        let used = if rest.is_empty() {
            self.messages(bytes, at)?
        } else {
            // Complete the message that was cut, then go on in place.
            let mut used = 0;
            for wanted in [HEADER, 0] {
                let wanted = if wanted == 0 { length(&rest)? } else { wanted };
                let more = wanted.saturating_sub(rest.len()).min(bytes.len() - used);
                rest.extend_from_slice(&bytes[used..used + more]);
                used += more;
                if rest.len() < wanted {
                    self.rest = rest;
                    return Ok(());
                }
            }
            self.messages(&rest, at)?;
            rest.clear();
            used + self.messages(&bytes[used..], at)?
        };
        rest.extend_from_slice(&bytes[used..]);
        self.rest = rest;
        Ok(())
    }

    fn messages(&mut self, bytes: &[u8], at: u64) -> Result<usize> {
        let mut used = 0;
        while bytes.len() - used >= HEADER {
            let length = length(&bytes[used..])?;
            let Some(message) = bytes.get(used..used + length) else { break };
            self.message(message[18], &message[HEADER..], at);
            used += length;
        }
        Ok(used)
    }

    fn message(&mut self, kind: u8, body: &[u8], at: u64) {
        match kind {
            UPDATE => {
                self.alive(at);
                self.progress.updates += 1;
                if self.update(body, at).is_none() && self.strange.len() < STRANGE {
                    self.strange.push(crate::hex::show(body));
                }
            }
            KEEPALIVE => {
                self.alive(at);
                self.progress.keepalives += 1;
            }
            NOTIFICATION => {
                self.progress.notification = body.first().copied().zip(body.get(1).copied());
            }
            _ => {}
        }
    }

    fn alive(&mut self, at: u64) {
        let silence = self.alive_at.map_or(0, |before| at.saturating_sub(before));
        self.progress.longest_silence = self.progress.longest_silence.max(silence);
        self.alive_at = Some(at);
    }

    /// The time since the last UPDATE or KEEPALIVE counts too, when there was none since.
    pub fn silence(&self, now: u64) -> u64 {
        self.alive_at.map_or(0, |at| now.saturating_sub(at)).max(self.progress.longest_silence)
    }

    /// `None` for what is no well-formed UPDATE with IPv4 routes of the table.
    fn update(&mut self, body: &[u8], at: u64) -> Option<()> {
        let (withdrawn, rest) = block(body)?;
        let (attributes, nlri) = block(rest)?;
        if let Some(routes) = reach(attributes) {
            return self.ipv6(routes, at);
        }
        if withdrawn.is_empty() && nlri.is_empty() {
            // RFC 4724 section 2: nothing, or an MP_UNREACH_NLRI without routes.
            self.progress.ends_of_rib += u64::from(matches!(attributes.len(), 0 | 6 | 7));
            return Some(());
        }
        if self.keep {
            self.kept.extend_from_slice(&u16::try_from(body.len()).ok()?.to_be_bytes());
            self.kept.extend_from_slice(body);
        }
        for route in prefixes(withdrawn) {
            let (address, length) = route?;
            self.progress.withdrawn += 1;
            if length == 32 && address & 0xfffe_0000 == PROBES {
                continue;
            }
            let i = table::index(address, length).filter(|i| *i < self.count)?;
            let (word, bit) = (&mut self.held[i as usize / 64], 1 << (i % 64));
            if *word & bit != 0 {
                *word &= !bit;
                self.progress.held -= 1;
                self.rounds[i as usize] = 0;
            }
        }
        if !withdrawn.is_empty() && self.progress.held == 0 {
            self.progress.empty_at = Some(at);
        }
        let med = if nlri.is_empty() { 0 } else { med(attributes)? };
        for route in prefixes(nlri) {
            let (address, length) = route?;
            self.progress.announced += 1;
            if length == 32 && address & 0xfffe_0000 == PROBES {
                self.probes.push(clock::between(med, clock::stamp(at)));
                self.progress.probes += 1;
                continue;
            }
            let i = table::index(address, length).filter(|i| *i < self.count)?;
            self.hold(i, med, at);
        }
        Some(())
    }

    /// The table as IPv6 prefixes (see [`super::shape::IPV6`]).
    fn ipv6(&mut self, mut routes: &[u8], at: u64) -> Option<()> {
        while let [length, rest @ ..] = routes {
            let (prefix, after) = rest.split_at_checked(usize::from(*length).div_ceil(8))?;
            let (front, value) = prefix.split_first_chunk::<2>()?;
            let mut address = [0; 4];
            address.get_mut(..value.len())?.copy_from_slice(value);
            let length = length.checked_sub(16)?;
            let i = table::index(u32::from_be_bytes(address), length).filter(|i| *i < self.count)?;
            if *front != super::shape::IPV6.to_be_bytes() {
                return None;
            }
            self.progress.announced += 1;
            self.hold(i, 0, at);
            routes = after;
        }
        Some(())
    }

    fn hold(&mut self, i: u32, med: u32, at: u64) {
        let p = &mut self.progress;
        let (word, bit) = (&mut self.held[i as usize / 64], 1 << (i % 64));
        if *word & bit == 0 {
            *word |= bit;
            p.held += 1;
            if p.held == self.count && p.complete_at.is_none() {
                p.complete_at = Some(at);
            }
        }
        // The MED of a later round is a million and its number.
        let round = med.saturating_sub(1_000_000);
        if round > p.round {
            (p.round, p.of_round) = (round, 0);
        }
        if round == p.round && round > 0 && self.rounds[i as usize] != round {
            p.of_round += 1;
        } else if round < p.round && self.rounds[i as usize] == p.round {
            // An older word after a newer one: the newer is no longer in force.
            p.of_round -= 1;
        }
        self.rounds[i as usize] = round;
    }

    /// How long each probe was under way, in nanoseconds, of those that came since this was last asked.
    pub fn take_probes(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.probes)
    }

    /// Forgets silences so far: what follows is measured on its own.
    pub fn forget(&mut self, now: u64) {
        self.progress.longest_silence = 0;
        self.alive_at = self.alive_at.map(|_| now);
    }

    /// Everything held, and no message that was not understood.
    pub fn check(&self) -> Result<()> {
        ensure!(self.strange.is_empty(), "messages that should not have come: {:?}", self.strange);
        if self.progress.held != self.count {
            let missing = (0..self.count).find(|i| self.held[*i as usize / 64] >> (i % 64) & 1 == 0);
            bail!("{} of {} routes, without {missing:?}", self.progress.held, self.count);
        }
        Ok(())
    }

    /// Everything held, and in each kept message the attributes are those of its routes.
    pub fn verify(&self, first: u32, round: u32) -> Result<()> {
        self.check()?;
        let mut kept = self.kept.as_slice();
        while let Some((body, rest)) = block(kept) {
            kept = rest;
            let (attributes, nlri) = block(body).and_then(|(_, rest)| block(rest)).unwrap_or_default();
            for (address, length) in prefixes(nlri).flatten() {
                let Some(i) = table::index(address, length) else { continue };
                let wanted = table::attributes(&table::set(table::set_of(i), first, round));
                ensure!(
                    attributes == wanted,
                    "route {i} has {} instead of {}",
                    crate::hex::show(attributes),
                    crate::hex::show(&wanted)
                );
            }
        }
        Ok(())
    }
}

fn length(message: &[u8]) -> Result<usize> {
    let length = usize::from(u16::from_be_bytes([message[16], message[17]]));
    ensure!(message[..16] == crate::frame::MARKER && length >= HEADER, "this is no BGP");
    Ok(length)
}

/// What a length of two octets is in front of, and what follows.
fn block(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// Prefixes one after the other; a malformed one is `None` and the last.
fn prefixes(mut bytes: &[u8]) -> impl Iterator<Item = Option<(u32, u8)>> + '_ {
    std::iter::from_fn(move || {
        let (&length, rest) = bytes.split_first()?;
        let octets = usize::from(length).div_ceil(8);
        let mut address = [0; 4];
        let (Some(value), Some(place)) = (rest.get(..octets), address.get_mut(..octets)) else {
            bytes = &[];
            return Some(None);
        };
        place.copy_from_slice(value);
        bytes = &rest[octets..];
        Some(Some((u32::from_be_bytes(address), length)))
    })
}

/// The value of the first attribute of that code, empty if there is none; `None` for attributes that are not well-formed.
fn attribute(mut attributes: &[u8], wanted: u8) -> Option<&[u8]> {
    while let [flags, code, rest @ ..] = attributes {
        let (length, rest) = if flags & 0x10 == 0 {
            rest.split_first().map(|(l, rest)| (usize::from(*l), rest))?
        } else {
            rest.split_first_chunk::<2>().map(|(l, rest)| (usize::from(u16::from_be_bytes(*l)), rest))?
        };
        let (value, rest) = rest.split_at_checked(length)?;
        if *code == wanted {
            return Some(value);
        }
        attributes = rest;
    }
    Some(&[])
}

/// The MED among the attributes, or zero.
fn med(attributes: &[u8]) -> Option<u32> {
    match attribute(attributes, 4)? {
        [] => Some(0),
        value => value.try_into().ok().map(u32::from_be_bytes),
    }
}

/// The routes of an MP_REACH_NLRI for IPv6 unicast (RFC 4760 section 3).
fn reach(attributes: &[u8]) -> Option<&[u8]> {
    let [0, 2, 1, next_hop, rest @ ..] = attribute(attributes, 14)? else { return None };
    rest.get(usize::from(*next_hop) + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Message;

    fn sink(count: u32) -> Sink {
        let mut sink = Sink::new(count, true);
        sink.up(0);
        sink
    }

    #[test]
    fn a_whole_table_is_complete_wherever_it_is_cut() {
        let bytes = table::updates(100, 65000, 0);
        for step in [1, 7, 18, 19, 20, 64, 1000, bytes.len()] {
            let mut s = sink(100);
            for (n, chunk) in bytes.chunks(step).enumerate() {
                s.take(chunk, n as u64 + 1).unwrap();
            }
            s.verify(65000, 0).unwrap();
            assert_eq!(s.progress.complete_at, Some(bytes.len().div_ceil(step) as u64));
            assert!(s.verify(65001, 0).is_err(), "attributes of another table must not pass");
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_told() {
        let mut s = sink(101);
        s.take(&table::updates(100, 65000, 0), 1).unwrap();
        assert!(s.check().unwrap_err().to_string().contains("without Some(100)"));
        let mut s = sink(99);
        s.take(&table::updates(100, 65000, 0), 1).unwrap();
        assert!(s.check().unwrap_err().to_string().contains("should not have come"));
        assert!(s.take(&[0; 30], 2).is_err());
    }

    #[test]
    fn the_last_round_counts() {
        let mut s = sink(30);
        for round in [0, 3, 2, 4] {
            s.take(&table::updates(30, 65000, round), 1).unwrap();
        }
        assert_eq!((s.progress.round, s.progress.of_round), (4, 30));
        s.take(&table::updates(10, 65000, 2), 2).unwrap();
        assert_eq!((s.progress.round, s.progress.of_round), (4, 20));
    }

    #[test]
    fn probes_and_silence_are_measured() {
        let mut s = sink(0);
        let set = table::Set { as_path: vec![1], communities: Vec::new(), med: Some(5) };
        let attributes = table::attributes(&set);
        let mut body = vec![0, 0, 0, u8::try_from(attributes.len()).unwrap()];
        body.extend_from_slice(&attributes);
        body.extend_from_slice(&[32, 198, 19, 0, 1]);
        s.take(Message::new(UPDATE, &body).bytes(), 9_000).unwrap();
        s.take(Message::keepalive().bytes(), 10_000).unwrap();
        assert_eq!(s.take_probes(), [4_000]);
        assert_eq!((s.progress.longest_silence, s.silence(30_000)), (9_000, 20_000));
        s.check().unwrap();
    }

    #[test]
    fn withdrawn_routes_are_no_longer_held() {
        let mut s = sink(1);
        s.take(&table::updates(1, 65000, 0), 1).unwrap();
        let (address, length) = table::prefix(0);
        let mut nlri = vec![length];
        nlri.extend_from_slice(&address.to_be_bytes()[..usize::from(length).div_ceil(8)]);
        let body = [&[0, u8::try_from(nlri.len()).unwrap()][..], &nlri, &[0, 0]].concat();
        s.take(Message::new(UPDATE, &body).bytes(), 7).unwrap();
        assert_eq!((s.progress.held, s.progress.empty_at), (0, Some(7)));
    }
}
