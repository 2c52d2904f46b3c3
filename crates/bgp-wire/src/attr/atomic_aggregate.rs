//! ATOMIC_AGGREGATE (RFC 4271 section 5.1.6): well-known, no octets.
//!
//! Any other length: attribute discard (RFC 7606 section 7.6).

use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of ATOMIC_AGGREGATE.
#[derive(Debug)]
pub struct AtomicAggregate;

impl Attribute for AtomicAggregate {
    const CODE: AttrCode = AttrCode::ATOMIC_AGGREGATE;
    const FLAGS: u8 = flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Discard;
    const KEYWORDS: &'static [&'static str] = &["atomic-aggregate"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if value.is_empty() { Ok(()) } else { Err(fault::<Self>("the length must be 0")) }
    }

    fn parse(_: &mut Words<'_>, _: &mut Vec<u8>) -> Result<(), TextError> {
        Ok(())
    }

    fn emit<E: Emit>(_: &[u8], out: &mut E) {
        out.boolean(true);
    }

    fn print(_: &[u8], out: &mut String) {
        out.push_str("atomic-aggregate");
    }
}
