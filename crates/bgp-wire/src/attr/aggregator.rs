//! AGGREGATOR (RFC 4271 section 5.1.7, RFC 6793): optional transitive; AS number and IPv4 address.
//!
//! A length other than 6, or 8 with four-octet AS numbers: attribute discard (RFC 7606 section 7.7). AS number 0 makes
//! it malformed too (RFC 7607 section 2). Canonical octets: AS number in four octets, address.

use std::fmt;
use std::net::Ipv4Addr;

use crate::attr::number::{asn, ipv4};
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of AGGREGATOR.
#[derive(Debug)]
pub struct Aggregator;

/// Prints `65000:10.0.0.1`.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([asn, address], []) = self.0.as_chunks::<4>() else { return f.write_str("invalid") };
        write!(f, "{}:{}", u32::from_be_bytes(*asn), Ipv4Addr::from(*address))
    }
}

impl Attribute for Aggregator {
    const CODE: AttrCode = AttrCode::AGGREGATOR;
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Discard;
    const KEYWORDS: &'static [&'static str] = &["aggregator"];

    fn check(value: &[u8], ctx: &DecodeCtx) -> Result<(), Fault> {
        let (length, reason) =
            if ctx.asn4 { (8, "the length must be 8") } else { (6, "the length must be 6") };
        if value.len() != length {
            return Err(fault::<Self>(reason));
        }
        let asn = value.get(..length.saturating_sub(4)).unwrap_or_default();
        if asn.iter().all(|b| *b == 0) { Err(fault::<Self>("the AS number is 0")) } else { Ok(()) }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let enclosed = words.accept("(");
        let word = words.expect("an aggregator")?;
        let error = || TextError::new(word, "invalid aggregator").hint("aggregator ( 65000:10.0.0.1 )");
        let (number, address) = word.text.split_once(':').ok_or_else(error)?;
        let number = asn(number).ok_or_else(error)?;
        let address = ipv4(crate::text::Word { text: address, ..word }, "invalid aggregator address")?;
        if enclosed {
            let close = words.expect("a closing ')'")?;
            if !close.is(")") {
                return Err(TextError::new(close, "a closing ')' must follow the aggregator"));
            }
        }
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(&address.octets());
        Ok(())
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.display(&Shown(value));
    }

    fn print(value: &[u8], out: &mut String) {
        use std::fmt::Write as _;
        let _ = write!(out, "aggregator ( {} )", Shown(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::{parsed, printed};

    #[test]
    fn with_and_without_parentheses() {
        let wire = [0, 1, 0x11, 0x70, 1, 2, 3, 4];
        for text in ["( 70000:1.2.3.4 )", "(70000:1.2.3.4)", "70000:1.2.3.4"] {
            assert_eq!(parsed::<Aggregator>(text).unwrap(), wire);
        }
        assert_eq!(printed::<Aggregator>(&wire), "aggregator ( 70000:1.2.3.4 )");
        for text in ["( 70000:1.2.3.4", "70000", "x:1.2.3.4", "1:1.2.3", "( 1:1.2.3.4 ]"] {
            assert!(parsed::<Aggregator>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_length_depends_on_the_session_and_as_0_is_refused() {
        let new = DecodeCtx::default();
        let old = DecodeCtx { asn4: false, ..new };
        assert_eq!(Aggregator::check(&[0, 0, 0, 1, 1, 2, 3, 4], &new), Ok(()));
        assert_eq!(Aggregator::check(&[0, 1, 1, 2, 3, 4], &old), Ok(()));
        assert!(Aggregator::check(&[0, 0, 0, 1, 1, 2, 3, 4], &old).is_err());
        assert!(Aggregator::check(&[0, 0, 0, 0, 1, 2, 3, 4], &new).is_err());
        assert!(Aggregator::check(&[0, 0, 1, 2, 3, 4], &old).is_err());
    }
}
