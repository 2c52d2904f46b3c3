//! LARGE_COMMUNITY (RFC 8092): optional transitive, a set of three four-octet numbers, sorted here.
//!
//! Duplicates are neither sent nor kept when received (section 5). A length that is 0 or no multiple of 12:
//! treat-as-withdraw (section 6).

use std::fmt::Write as _;

use crate::attr::number::{decimal, hex_digits};
use crate::attr::{Attribute, Fault, fault, flag, list};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, Spacing};
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of LARGE_COMMUNITY.
#[derive(Debug)]
pub struct LargeCommunity;

fn parse_one(text: &str) -> Option<[u8; 12]> {
    if let Some(digits) = hex_digits(text).filter(|d| d.len() <= 24) {
        let [_, _, _, _, low @ ..] = u128::from_str_radix(digits, 16).ok()?.to_be_bytes();
        return Some(low);
    }
    let mut value = [0; 12];
    let mut parts = text.split(':');
    for place in value.as_chunks_mut::<4>().0 {
        *place = decimal::<u32>(parts.next()?)?.to_be_bytes();
    }
    parts.next().is_none().then_some(value)
}

fn numbers(item: &[u8; 12]) -> impl Iterator<Item = u32> {
    item.as_chunks::<4>().0.iter().map(|n| u32::from_be_bytes(*n))
}

impl Attribute for LargeCommunity {
    const CODE: AttrCode = AttrCode::LARGE_COMMUNITY;
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["large-community"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if list::whole::<12>(value) {
            Ok(())
        } else {
            Err(fault::<Self>("the length must be a multiple of 12, not 0"))
        }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        words.list("a large community", false, |word| {
            let value = parse_one(word.text).ok_or_else(|| {
                TextError::new(word, "invalid large community").hint("three 32-bit numbers, as in 65000:1:2")
            })?;
            out.extend_from_slice(&value);
            Ok(())
        })
    }

    fn normalise(value: &mut Vec<u8>) {
        list::sort::<12>(value, true);
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.begin_list(Spacing::Wide);
        for item in list::items(&list::sorted::<12>(value, true)) {
            out.begin_list(Spacing::Odd);
            numbers(item).for_each(|n| out.number(n.into()));
            out.end_list();
        }
        out.end_list();
    }

    fn print(value: &[u8], out: &mut String) {
        out.push_str("large-community");
        list::print(list::items(&list::sorted::<12>(value, true)), out, |item, out| {
            for (index, number) in numbers(item).enumerate() {
                let colon = if index == 0 { "" } else { ":" };
                let _ = write!(out, "{colon}{number}");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::{emitted, parsed, printed};

    #[test]
    fn a_sorted_set() {
        let wire =
            parsed::<LargeCommunity>("[ 65000:1:2 1:2:3 65000:1:2 0x000000010000000200000004 ]").unwrap();
        assert_eq!(printed::<LargeCommunity>(&wire), "large-community [ 1:2:3 1:2:4 65000:1:2 ]");
        assert_eq!(emitted::<LargeCommunity>(&wire), "[ [ 1, 2 , 3 ], [ 1, 2 , 4 ], [ 65000, 1 , 2 ] ]");
        let twice = parsed::<LargeCommunity>("[ 1:2:3 1:2:3 ]").unwrap();
        assert_eq!(printed::<LargeCommunity>(&twice), "large-community 1:2:3", "sorted already, but no set");
        for text in ["1:2", "1:2:3:4", "1:2:4294967296", "a:b:c", "0x0000000100000002000000041", "1::2"] {
            assert!(parsed::<LargeCommunity>(text).is_err(), "{text}");
        }
    }
}
