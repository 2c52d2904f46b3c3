//! COMMUNITIES (RFC 1997): optional transitive, a list of four-octet values, sorted here.
//!
//! A length that is 0 or no multiple of 4: treat-as-withdraw (RFC 7606 section 7.8).

use std::fmt::Write as _;

use smallvec::SmallVec;

use crate::attr::number::{decimal, hex_digits};
use crate::attr::{Attribute, Fault, RawAttribute, RouteAttributes, fault, flag, list};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, Spacing};
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of COMMUNITIES.
#[derive(Debug)]
pub struct Community;

/// `LLGR_STALE`: the route is kept although its speaker has been away for long (RFC 9494 section 4.6).
pub const LLGR_STALE: u32 = 0xFFFF_0006;

/// `NO_LLGR`: the route must not be kept so (RFC 9494 section 4.7).
pub const NO_LLGR: u32 = 0xFFFF_0007;

/// Whether a route has a community.
pub fn has(attributes: &RouteAttributes, community: u32) -> bool {
    let value = attributes.get(AttrCode::COMMUNITY).unwrap_or_default();
    value.as_chunks::<4>().0.contains(&community.to_be_bytes())
}

/// The same attributes with a community, once.
#[must_use]
pub fn with(attributes: &RouteAttributes, community: u32) -> RouteAttributes {
    if has(attributes, community) {
        return attributes.clone();
    }
    let mut value = attributes.get(AttrCode::COMMUNITY).unwrap_or_default().to_vec();
    value.extend_from_slice(&community.to_be_bytes());
    let added = RawAttribute { code: AttrCode::COMMUNITY, flags: Community::FLAGS, value: &value };
    let mut all: SmallVec<[RawAttribute<'_>; 10]> =
        attributes.iter().filter(|a| a.code != AttrCode::COMMUNITY).collect();
    let place = all.iter().position(|a| a.code > AttrCode::COMMUNITY).unwrap_or(all.len());
    all.insert(place, added);
    let mut block = Vec::new();
    for a in all {
        super::write_normalised(a, &mut block);
    }
    RouteAttributes::new(attributes.next_hop(), block)
}

/// Well-known communities with a name; where two lines have the same value the first is printed.
const NAMES: [(&str, u32); 6] = [
    ("no-export", 0xFFFF_FF01),
    ("no-advertise", 0xFFFF_FF02),
    ("no-export-subconfed", 0xFFFF_FF03),
    ("no-peer", 0xFFFF_FF04),
    ("nopeer", 0xFFFF_FF04),
    ("blackhole", 0xFFFF_029A),
];

fn parse_one(text: &str) -> Option<u32> {
    if let Some((high, low)) = text.split_once(':') {
        return Some((u32::from(decimal::<u16>(high)?) << 16) | u32::from(decimal::<u16>(low)?));
    }
    if let Some(digits) = hex_digits(text) {
        return u32::from_str_radix(digits, 16).ok();
    }
    let same = |name: &str| {
        name.len() == text.len()
            && name
                .bytes()
                .zip(text.bytes())
                .all(|(n, t)| n == t.to_ascii_lowercase() || (n == b'-' && t == b'_'))
    };
    decimal(text).or_else(|| NAMES.iter().find(|(name, _)| same(name)).map(|(_, value)| *value))
}

impl Attribute for Community {
    const CODE: AttrCode = AttrCode::COMMUNITY;
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["community"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if list::whole::<4>(value) {
            Ok(())
        } else {
            Err(fault::<Self>("the length must be a multiple of 4, not 0"))
        }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        words.list("a community", false, |word| {
            let value = parse_one(word.text).ok_or_else(|| {
                TextError::new(word, "invalid community")
                    .hint("65000:1, a 32-bit number or a name such as no-export")
            })?;
            out.extend_from_slice(&value.to_be_bytes());
            Ok(())
        })?;
        // `community 65000:1 65000:2` of exabgp-rest-api: no keyword looks like the second.
        while let Some(value) = words.peek().filter(|w| w.text.contains(':')).and_then(|w| parse_one(w.text))
        {
            words.next_word();
            out.extend_from_slice(&value.to_be_bytes());
        }
        Ok(())
    }

    fn normalise(value: &mut Vec<u8>) {
        list::sort::<4>(value, false);
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.begin_list(Spacing::Wide);
        for [a, b, c, d] in list::items(&list::sorted::<4>(value, false)) {
            out.begin_list(Spacing::Wide);
            out.number(u16::from_be_bytes([*a, *b]).into());
            out.number(u16::from_be_bytes([*c, *d]).into());
            out.end_list();
        }
        out.end_list();
    }

    fn print(value: &[u8], out: &mut String) {
        out.push_str("community");
        list::print(list::items::<4>(&list::sorted::<4>(value, false)), out, |item, out| {
            let value = u32::from_be_bytes(*item);
            match NAMES.iter().find(|(_, v)| *v == value) {
                Some((name, _)) => out.push_str(name),
                None => {
                    let _ = write!(out, "{}:{}", value >> 16, value & 0xFFFF);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::{emitted, parsed, printed};

    #[test]
    fn values_and_names() {
        let wire = parsed::<Community>("[ 65000:1 No_Export blackhole 0x12345678 12345 ]").unwrap();
        let expected = "community [ 0:12345 4660:22136 65000:1 blackhole no-export ]";
        assert_eq!(printed::<Community>(&wire), expected);
        let bare = parsed::<Community>("65000:1 65000:2").unwrap();
        assert_eq!(printed::<Community>(&bare), "community [ 65000:1 65000:2 ]");
        assert_eq!(printed::<Community>(&parsed::<Community>("nopeer").unwrap()), "community no-peer");
        for text in [
            "65536:1",
            "1:65536",
            "graceful-shutdown",
            "4294967296",
            "0x",
            "[ 1:2 , 3:4 ]",
            "-1",
            "1:2:3",
            "",
        ] {
            assert!(parsed::<Community>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn emission_is_sorted_whatever_was_received() {
        let received = [0xff, 0xff, 0xff, 1, 0xfd, 0xe8, 0, 1];
        assert_eq!(emitted::<Community>(&received), "[ [ 65000, 1 ], [ 65535, 65281 ] ]");
    }

    #[test]
    fn one_more() {
        use crate::attr::NextHop;
        let route = |block: &[u8]| RouteAttributes::new(NextHop::Unset, block);
        let bare = route(&[0x40, 1, 1, 0, 0xC0, 35, 4, 0, 0, 0, 1]);
        assert!(!has(&bare, LLGR_STALE));
        let stale = with(&bare, LLGR_STALE);
        assert_eq!(
            stale.block(),
            [0x40, 1, 1, 0, 0xC0, 8, 4, 0xFF, 0xFF, 0, 6, 0xC0, 35, 4, 0, 0, 0, 1],
            "in the order of the codes"
        );
        assert!(has(&stale, LLGR_STALE) && !has(&stale, NO_LLGR));
        let other = route(&[0xC0, 8, 4, 0xFF, 0xFF, 0xFF, 1]);
        assert_eq!(with(&other, 5).block(), [0xC0, 8, 8, 0, 0, 0, 5, 0xFF, 0xFF, 0xFF, 1], "sorted");
        assert_eq!(with(&stale, LLGR_STALE), stale, "once");
    }
}
