//! AIGP (RFC 7311): optional non-transitive; TLVs, of which type 1 is the accumulated metric.
//!
//! A malformed one is discarded, the route stays. It is accepted and sent only where the session is set to (RFC 7311
//! section 3.4). TLVs of other types are kept and ignored.

use std::fmt::Write as _;

use crate::attr::number::{decimal, hex_digits};
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, HexCase};
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of AIGP.
#[derive(Debug)]
pub struct Aigp;

/// Type and length of the metric TLV.
const METRIC: [u8; 3] = [1, 0, 11];

/// Takes a TLV off: type, and content without the three octets of type and length.
fn tlv(value: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [kind, high, low, ..] = value else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let (whole, rest) = value.split_at_checked(length)?;
    Some((*kind, whole.get(3..)?, rest))
}

/// The metric: the first TLV of type 1, eight octets.
pub fn metric(value: &[u8]) -> Option<[u8; 8]> {
    let mut rest = value;
    while let Some((kind, content, tail)) = tlv(rest) {
        if kind == 1 {
            return content.try_into().ok();
        }
        rest = tail;
    }
    None
}

impl Attribute for Aigp {
    const CODE: AttrCode = AttrCode::AIGP;
    const FLAGS: u8 = flag::OPTIONAL;
    const ON_ERROR: Treatment = Treatment::Discard;
    // An attribute that most speakers must not even look at is no reason to lose a route.
    const ON_FLAGS: Treatment = Treatment::Discard;
    const KEYWORDS: &'static [&'static str] = &["aigp"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        let mut rest = value;
        while !rest.is_empty() {
            let Some((kind, content, tail)) = tlv(rest) else {
                return Err(fault::<Self>("a TLV is cut short or longer than the attribute"));
            };
            if kind == 1 && content.len() != 8 {
                return Err(fault::<Self>("the length of the metric TLV must be 11"));
            }
            rest = tail;
        }
        if metric(value).is_some() { Ok(()) } else { Err(fault::<Self>("there is no metric TLV")) }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("an accumulated metric")?;
        let number = match hex_digits(word.text) {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => decimal(word.text),
        };
        let number = number.ok_or_else(|| {
            TextError::new(word, "invalid accumulated metric")
                .hint("a 64-bit number, decimal or hexadecimal with 0x")
        })?;
        out.extend_from_slice(&METRIC);
        out.extend_from_slice(&number.to_be_bytes());
        Ok(())
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.hex("0x", &metric(value).unwrap_or_default(), HexCase::Lower);
    }

    fn print(value: &[u8], out: &mut String) {
        let _ = write!(out, "aigp 0x{:016x}", u64::from_be_bytes(metric(value).unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::{emitted, parsed, printed};

    #[test]
    fn text_octets_and_emission() {
        let wire = [1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0x64];
        assert_eq!(parsed::<Aigp>("100").unwrap(), wire);
        assert_eq!(parsed::<Aigp>("0x64").unwrap(), wire);
        assert_eq!(printed::<Aigp>(&wire), "aigp 0x0000000000000064");
        assert_eq!(emitted::<Aigp>(&wire), r#""0x0000000000000064""#);
        for text in ["", "x", "0x", "18446744073709551616", "-1"] {
            assert!(parsed::<Aigp>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn other_tlvs_are_skipped_and_broken_ones_found() {
        let ctx = DecodeCtx::default();
        let two = [2, 0, 4, 1, 1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 5];
        assert_eq!(Aigp::check(&two, &ctx), Ok(()));
        assert_eq!(metric(&two), Some([0, 0, 0, 0, 0, 0, 0, 5]));
        for value in
            [&[][..], &[1], &[1, 0, 2], &[1, 0, 0], &[1, 0, 10, 0, 0, 0, 0, 0, 0, 0], &[2, 0, 3], &[2, 0, 9]]
        {
            assert!(Aigp::check(value, &ctx).is_err(), "{value:?}");
        }
    }
}
