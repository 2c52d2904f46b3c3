//! ORIGINATOR_ID (RFC 4456 section 8): optional non-transitive, a router identifier, within an AS only.
//!
//! From an external peer it is discarded; from an internal one a length other than 4 means treat-as-withdraw (RFC 7606
//! section 7.9).

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use crate::attr::med::number;
use crate::attr::number::ipv4;
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of ORIGINATOR_ID.
#[derive(Debug)]
pub struct OriginatorId;

impl Attribute for OriginatorId {
    const CODE: AttrCode = AttrCode::ORIGINATOR_ID;
    const FLAGS: u8 = flag::OPTIONAL;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["originator-id"];
    const INTERNAL: bool = true;

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if value.len() == 4 { Ok(()) } else { Err(fault::<Self>("the length must be 4")) }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("an originator identifier")?;
        out.extend_from_slice(&ipv4(word, "invalid originator identifier")?.octets());
        Ok(())
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.address(Ipv4Addr::from(number(value)).into());
    }

    fn print(value: &[u8], out: &mut String) {
        let _ = write!(out, "originator-id {}", Ipv4Addr::from(number(value)));
    }
}
