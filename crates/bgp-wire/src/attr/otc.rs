//! ONLY_TO_CUSTOMER (RFC 9234 section 5): optional transitive, the AS number that first sent the route to a customer
//! or peer, in four octets whatever was negotiated.
//!
//! > "The OTC Attribute is considered malformed if the length value is not 4. An UPDATE message with a malformed OTC
//! > Attribute SHALL be handled using the approach of treat-as-withdraw."

use std::fmt::Write as _;

use crate::attr::number::asn;
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of ONLY_TO_CUSTOMER.
#[derive(Debug)]
pub struct Otc;

/// The AS number, unless the value is malformed.
pub fn asn_of(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_be_bytes)
}

impl Attribute for Otc {
    const CODE: AttrCode = AttrCode::OTC;
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["otc"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if value.len() == 4 { Ok(()) } else { Err(fault::<Self>("the length must be 4")) }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("an AS number")?;
        let number = asn(word.text)
            .ok_or_else(|| TextError::new(word, "invalid AS number").hint("otc 65000, or 1.10 in asdot"))?;
        out.extend_from_slice(&number.to_be_bytes());
        Ok(())
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.number(asn_of(value).unwrap_or_default().into());
    }

    fn print(value: &[u8], out: &mut String) {
        let _ = write!(out, "otc {}", asn_of(value).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::{emitted, parsed, printed};

    #[test]
    fn text_octets_and_emission() {
        for (text, wire) in [("65000", [0, 0, 0xfd, 0xe8]), ("1.10", [0, 1, 0, 10]), ("4294967295", [255; 4])]
        {
            assert_eq!(parsed::<Otc>(text).unwrap(), wire);
        }
        assert_eq!(printed::<Otc>(&[0, 0, 0xfd, 0xe8]), "otc 65000");
        assert_eq!(emitted::<Otc>(&[0, 0, 0xfd, 0xe8]), "65000");
        for text in ["", "4294967296", "-1", "x"] {
            assert!(parsed::<Otc>(text).is_err(), "{text}");
        }
    }

    /// In October 2025 one of 1,024 octets went round the world and took sessions down.
    #[test]
    fn another_length_is_treated_as_withdrawal() {
        for length in [0, 1, 3, 5, 8, 1024] {
            let fault = Otc::check(&vec![1; length], &DecodeCtx::default()).unwrap_err();
            assert_eq!(fault.treatment, Treatment::Withdraw);
        }
        assert_eq!(Otc::check(&[0; 4], &DecodeCtx::default()), Ok(()));
    }
}
