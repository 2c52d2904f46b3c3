//! ORIGIN (RFC 4271 section 5.1.1): well-known mandatory, one octet.
//!
//! > "If the ORIGIN attribute has an undefined value, then … treat-as-withdraw" (RFC 7606 section 7.1)

use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of ORIGIN.
#[derive(Debug)]
pub struct Origin;

/// Names of the values 0, 1 and 2.
const NAMES: [&str; 3] = ["igp", "egp", "incomplete"];

fn name(value: &[u8]) -> &'static str {
    let index = value.first().map_or(usize::MAX, |v| usize::from(*v));
    NAMES.get(index).copied().unwrap_or("invalid")
}

impl Attribute for Origin {
    const CODE: AttrCode = AttrCode::ORIGIN;
    const FLAGS: u8 = flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["origin"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        match value {
            [0..=2] => Ok(()),
            [_] => Err(Fault { subcode: 6, ..fault::<Self>("the value must be 0, 1 or 2") }),
            _ => Err(fault::<Self>("the length must be 1")),
        }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("an origin")?;
        let known = (0u8..).zip(NAMES).find(|(_, name)| word.text.eq_ignore_ascii_case(name));
        let Some((value, _)) = known else {
            return Err(TextError::new(word, "unknown origin").hint("igp, egp or incomplete"));
        };
        out.push(value);
        Ok(())
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.text(name(value));
    }

    fn print(value: &[u8], out: &mut String) {
        out.push_str("origin ");
        out.push_str(name(value));
    }
}
