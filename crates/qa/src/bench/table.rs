//! A generated table of IPv4 routes in the proportions of the global one: prefix `i` is a fixed function of `i` that can be
//! undone, so that a receiver knows which route it got without a lookup table; 8, 9 or 10 neighbouring routes share one
//! attribute set, so that a million routes are 111,112 sets.

use crate::frame::{Message, UPDATE};
use std::{fmt::Write as _, io::Write as _, net::Ipv4Addr};

/// Routes that a table may have: more would reach into 127.0.0.0/8 with the shortest prefixes.
pub const MAX: u32 = 2_000_000;
/// NEXT_HOP of every route; some daemons refuse a loopback one.
pub const NEXT_HOP: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

/// Of each hundred routes, how many have which prefix length.
const SHARES: [(u8, u32); 9] =
    [(24, 60), (22, 11), (23, 11), (21, 5), (20, 5), (19, 4), (18, 2), (17, 1), (16, 1)];
/// Where the first prefix of every length starts: 1.0.0.0.
const BASE: u32 = 1 << 24;

/// The length class of each place in a hundred, and which one of its class it is.
const PLACES: [(u8, u32, u32); 100] = places();
/// The other direction: class and number to place.
const SLOTS: [[u32; 60]; 25] = slots();

const fn places() -> [(u8, u32, u32); 100] {
    let mut out = [(0, 0, 0); 100];
    let (mut class, mut n) = (0, 0);
    let mut i: usize = 0;
    while i < 100 {
        if n == SHARES[class].1 {
            class += 1;
            n = 0;
        }
        // 37 and 100 have no common divisor, so this spreads each length over the hundred.
        out[i * 37 % 100] = (SHARES[class].0, SHARES[class].1, n);
        n += 1;
        i += 1;
    }
    out
}

const fn slots() -> [[u32; 60]; 25] {
    let mut out = [[0; 60]; 25];
    let mut i: u32 = 0;
    while i < 100 {
        let (length, _, n) = PLACES[i as usize];
        out[length as usize][n as usize] = i;
        i += 1;
    }
    out
}

/// Prefix `i`: address and length.
pub fn prefix(i: u32) -> (u32, u8) {
    let (length, share, n) = PLACES[(i % 100) as usize];
    let number = i / 100 * share + n;
    ((BASE >> (32 - length)).wrapping_add(number) << (32 - length), length)
}

/// Which route that prefix is, if any could be.
pub fn index(address: u32, length: u8) -> Option<u32> {
    let slots = SLOTS.get(usize::from(length))?;
    let share = match length {
        24 => 60,
        22 | 23 => 11,
        20 | 21 => 5,
        19 => 4,
        18 => 2,
        16 | 17 => 1,
        _ => return None,
    };
    let number = (address >> (32 - length)).checked_sub(BASE >> (32 - length))?;
    let i = (number / share).checked_mul(100)?.checked_add(slots[(number % share) as usize])?;
    (i < MAX && prefix(i).0 == address).then_some(i)
}

/// The attribute set of route `i`: sets have 8, 9 and 10 routes in turn.
pub fn set_of(i: u32) -> u32 {
    i / 27 * 3 + u32::from(i % 27 >= 8) + u32::from(i % 27 >= 17)
}

/// The routes of a set in a table without end.
pub fn routes_of(set: u32) -> std::ops::Range<u32> {
    let start = |s: u32| s / 3 * 27 + [0, 8, 17][(s % 3) as usize];
    start(set)..start(set + 1)
}

/// What the routes of a set say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Set {
    /// AS_PATH, one sequence.
    pub as_path: Vec<u32>,
    /// COMMUNITIES, in ascending order.
    pub communities: Vec<(u16, u16)>,
    /// MULTI_EXIT_DISC.
    pub med: Option<u32>,
}

/// A mixing function (SplitMix64), so that sets look random and are always the same.
fn mix(n: u64) -> u64 {
    let z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn low(n: u64, below: u32) -> u32 {
    u32::try_from(n % u64::from(below)).unwrap_or_default()
}

/// Attribute set number `set`, with an AS_PATH that starts with `first`. In a later `round` every route has a MED that names
/// the round, so that what is the last word on a route can be told.
pub fn set(set: u32, first: u32, round: u32) -> Set {
    let seed = u64::from(set) << 8;
    let mut as_path = vec![first];
    for hop in 0..2 + low(mix(seed), 4) {
        let n = mix(seed + 1 + u64::from(hop));
        let far = (n >> 32).is_multiple_of(8);
        as_path.push(if far { 200_000 + low(n, 100_000) } else { 1000 + low(n, 60_000) });
    }
    let mut communities: Vec<(u16, u16)> = (0..low(mix(seed + 16), 5))
        .map(|c| mix(seed + 17 + u64::from(c)))
        .map(|n| {
            (
                u16::try_from(1000 + low(n, 60_000)).unwrap_or(1),
                u16::try_from(low(n >> 32, 60_000)).unwrap_or(1),
            )
        })
        .collect();
    communities.sort_unstable();
    communities.dedup();
    let med = match round {
        0 => (mix(seed + 32).is_multiple_of(4)).then(|| low(mix(seed + 33), 1000)),
        round => Some(1_000_000 + round),
    };
    Set { as_path, communities, med }
}

/// The path attributes of a set as an eBGP session with four-octet AS numbers carries them, in ascending order.
pub fn attributes(set: &Set) -> Vec<u8> {
    let octet = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
    let mut out = vec![0x40, 1, 1, 0];
    out.extend_from_slice(&[0x40, 2, octet(2 + 4 * set.as_path.len()), 2, octet(set.as_path.len())]);
    out.extend(set.as_path.iter().flat_map(|asn| asn.to_be_bytes()));
    out.extend_from_slice(&[0x40, 3, 4]);
    out.extend_from_slice(&NEXT_HOP.octets());
    if let Some(med) = set.med {
        out.extend_from_slice(&[0x80, 4, 4]);
        out.extend_from_slice(&med.to_be_bytes());
    }
    if !set.communities.is_empty() {
        out.extend_from_slice(&[0xc0, 8, octet(4 * set.communities.len())]);
        for (a, b) in &set.communities {
            out.extend_from_slice(&a.to_be_bytes());
            out.extend_from_slice(&b.to_be_bytes());
        }
    }
    out
}

fn nlri(i: u32, out: &mut Vec<u8>) {
    let (address, length) = prefix(i);
    out.push(length);
    out.extend_from_slice(&address.to_be_bytes()[..usize::from(length).div_ceil(8)]);
}

/// The first `count` routes as UPDATE messages, one per attribute set.
pub fn updates(count: u32, first: u32, round: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(count as usize * 16);
    let mut s = 0;
    while routes_of(s).start < count {
        let attributes = attributes(&set(s, first, round));
        let length = u16::try_from(attributes.len()).unwrap_or_default();
        let mut body = [&[0, 0][..], &length.to_be_bytes(), &attributes].concat();
        routes_of(s).filter(|i| *i < count).for_each(|i| nlri(i, &mut body));
        out.extend_from_slice(Message::new(UPDATE, &body).bytes());
        s += 1;
    }
    out
}

/// The first `count` routes as UPDATE messages of one prefix each.
pub fn single_updates(count: u32, first: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(count as usize * 80);
    for i in 0..count {
        let attributes = attributes(&set(set_of(i), first, 0));
        let length = u16::try_from(attributes.len()).unwrap_or_default();
        let mut body = [&[0, 0][..], &length.to_be_bytes(), &attributes].concat();
        nlri(i, &mut body);
        out.extend_from_slice(Message::new(UPDATE, &body).bytes());
    }
    out
}

/// The first `count` routes as commands, a line each, with the action `announce` or `withdraw`.
pub fn lines(count: u32, action: &str, first: u32, round: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(count as usize * 140);
    let mut clause = String::new();
    let mut current = u32::MAX;
    for i in 0..count {
        if set_of(i) != current {
            current = set_of(i);
            clause = words(&set(current, first, round));
        }
        let (address, length) = prefix(i);
        // Writing into a vector can't fail.
        let _ = writeln!(out, "{action} route {}/{length} {clause}", Ipv4Addr::from(address));
    }
    out
}

/// The same as words of a command.
pub fn words(set: &Set) -> String {
    let list = |mut text: String| {
        text.push_str(" ]");
        text
    };
    let mut out = format!("next-hop {NEXT_HOP} as-path [");
    for asn in &set.as_path {
        let _ = write!(out, " {asn}");
    }
    out = list(out);
    if let Some(med) = set.med {
        let _ = write!(out, " med {med}");
    }
    if !set.communities.is_empty() {
        out.push_str(" community [");
        for (a, b) in &set.communities {
            let _ = write!(out, " {a}:{b}");
        }
        out = list(out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_found_again() {
        let mut seen = std::collections::HashSet::new();
        for i in (0..100_000).chain(MAX - 10_000..MAX) {
            let (address, length) = prefix(i);
            assert_eq!(index(address, length), Some(i));
            assert!(seen.insert((address, length)), "{i}");
            assert!(address < 127 << 24 && address.trailing_zeros() >= 32 - u32::from(length), "{i}");
        }
    }

    #[test]
    fn what_is_no_prefix_of_the_table_is_not_found() {
        assert_eq!(index(0, 24), None);
        assert_eq!(index(0x0102_0301, 24), None);
        assert_eq!(index(u32::MAX, 24), None);
        assert_eq!(index(BASE, 32), None);
        assert_eq!(index(BASE, 0), None);
    }

    #[test]
    fn sets_have_eight_to_ten_routes() {
        for i in 0..1000 {
            assert!(routes_of(set_of(i)).contains(&i), "{i}");
        }
        let sizes: Vec<usize> = (0..6).map(|s| routes_of(s).len()).collect();
        assert_eq!(sizes, [8, 9, 10, 8, 9, 10]);
        assert_eq!(set_of(999_999) + 1, 111_112);
    }

    #[test]
    fn updates_and_lines_say_the_same() {
        let bytes = updates(20, 65001, 0);
        let mut framer = crate::frame::Framer::default();
        framer.push(&bytes);
        let mut prefixes = Vec::new();
        while let Some(message) = framer.message().unwrap() {
            let routes = crate::update::Routes::read(&message).unwrap();
            prefixes.extend(routes.announced.iter().map(ToString::to_string));
        }
        let lines = String::from_utf8(lines(20, "announce", 65001, 0)).unwrap();
        let written: Vec<&str> = lines.lines().map(|l| l.split(' ').nth(2).unwrap()).collect();
        assert_eq!(prefixes, written);
        assert!(lines.lines().all(|l| l.contains(" next-hop 10.99.0.1 as-path [ 65001 ")));
    }
}
