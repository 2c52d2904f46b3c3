//! LOCAL_PREF (RFC 4271 section 5.1.5): well-known, four octets, within an AS only.
//!
//! From an external peer it is discarded; from an internal one a wrong length means treat-as-withdraw (RFC 7606
//! section 7.5).

use std::fmt::Write as _;

use crate::attr::med::number;
use crate::attr::number::decimal;
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of LOCAL_PREF.
#[derive(Debug)]
pub struct LocalPreference;

impl Attribute for LocalPreference {
    const CODE: AttrCode = AttrCode::LOCAL_PREF;
    const FLAGS: u8 = flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["local-preference"];
    const INTERNAL: bool = true;

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if value.len() == 4 { Ok(()) } else { Err(fault::<Self>("the length must be 4")) }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a local preference")?;
        let number: u32 = decimal(word.text).ok_or_else(|| {
            TextError::new(word, "invalid local preference").hint("a number from 0 to 4294967295")
        })?;
        out.extend_from_slice(&number.to_be_bytes());
        Ok(())
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.number(number(value).into());
    }

    fn print(value: &[u8], out: &mut String) {
        let _ = write!(out, "local-preference {}", number(value));
    }
}
