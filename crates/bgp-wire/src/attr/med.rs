//! MULTI_EXIT_DISC (RFC 4271 section 5.1.4): optional non-transitive, four octets.
//!
//! > "An UPDATE message with a malformed MULTI_EXIT_DISC attribute SHALL be handled using the approach of
//! > 'treat-as-withdraw'." (RFC 7606 section 7.4)

use std::fmt::Write as _;

use crate::attr::number::decimal;
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of MULTI_EXIT_DISC.
#[derive(Debug)]
pub struct Med;

/// The number in a four-octet value; 0 for anything else.
pub(crate) fn number(value: &[u8]) -> u32 {
    <[u8; 4]>::try_from(value).map_or(0, u32::from_be_bytes)
}

impl Attribute for Med {
    const CODE: AttrCode = AttrCode::MED;
    const FLAGS: u8 = flag::OPTIONAL;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["med"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if value.len() == 4 { Ok(()) } else { Err(fault::<Self>("the length must be 4")) }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a MED")?;
        let number: u32 = decimal(word.text)
            .ok_or_else(|| TextError::new(word, "invalid MED").hint("a number from 0 to 4294967295"))?;
        out.extend_from_slice(&number.to_be_bytes());
        Ok(())
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.number(number(value).into());
    }

    fn print(value: &[u8], out: &mut String) {
        let _ = write!(out, "med {}", number(value));
    }
}
