//! ATTR_SET (RFC 6368 section 4): optional transitive; the AS number of a customer and the customer's own attributes,
//! carried through a VPN.
//!
//! It is kept byte for byte, shown as octets and entered as a generic attribute: it has no name and no keyword. What
//! makes it malformed is treat-as-withdraw (RFC 6368 section 5, in the words of RFC 7606): no room for the AS
//! number, attributes that overrun it, one that would itself withdraw its route, or one that must not be in it.

use crate::attr::{Attribute, Fault, check, fault, flag, generic};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::cursor::Reader;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of ATTR_SET.
#[derive(Debug)]
pub struct AttrSet;

/// Type code, header and value of the next attribute inside.
fn next<'a>(r: &mut Reader<'a>) -> Option<(AttrCode, &'a [u8])> {
    let flags = r.u8("flags").ok()?;
    let code = AttrCode(r.u8("type code").ok()?);
    let length = match flags & flag::EXTENDED_LENGTH {
        0 => usize::from(r.u8("length").ok()?),
        _ => usize::from(r.u16("length").ok()?),
    };
    r.take(length, "value").ok().map(|value| (code, value))
}

impl Attribute for AttrSet {
    const CODE: AttrCode = AttrCode(128);
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &[];

    fn check(value: &[u8], ctx: &DecodeCtx) -> Result<(), Fault> {
        let mut r = Reader::new(value);
        if r.u32("AS number").is_err() {
            return Err(fault::<Self>("there is no room for the AS number"));
        }
        // RFC 6368 section 4: the AS numbers inside have four octets whatever was negotiated.
        let ctx = DecodeCtx { asn4: true, ..*ctx };
        while !r.is_empty() {
            let Some((code, value)) = next(&mut r) else {
                return Err(fault::<Self>("an attribute inside is cut short"));
            };
            match code {
                AttrCode::NEXT_HOP | AttrCode::MP_REACH | AttrCode::MP_UNREACH => {
                    return Err(fault::<Self>("an attribute inside belongs to a message"));
                }
                // A set within a set is checked no deeper: the nesting is the sender's, our stack is ours.
                Self::CODE if value.len() >= 4 => {}
                Self::CODE => return Err(fault::<Self>("a set inside has no room for the AS number")),
                _ if check(code, value, &ctx).is_err_and(|f| f.treatment >= Treatment::Withdraw) => {
                    return Err(fault::<Self>("an attribute inside is malformed"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn parse(words: &mut Words<'_>, _: &mut Vec<u8>) -> Result<(), TextError> {
        // Never called: there is no keyword.
        Err(TextError::new(words.expect("an attribute")?, "ATTR_SET is entered as a generic attribute"))
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        generic::emit(value, out);
    }

    fn print(value: &[u8], out: &mut String) {
        generic::print(Self::CODE, Self::FLAGS, value, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::Json;
    use crate::attr::{RawAttribute, emit_attributes, to_route_text};

    #[test]
    fn what_is_inside_is_checked() {
        let ctx = DecodeCtx { asn4: false, ..DecodeCtx::default() };
        let set = |inside: &[u8]| AttrSet::check(&[&[0, 0, 0xfd, 0xe8], inside].concat(), &ctx);
        assert_eq!(set(&[]), Ok(()));
        assert_eq!(set(&[0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0, 9]), Ok(()), "four-octet AS numbers");
        assert_eq!(set(&[0xc0, 128, 4, 0, 0, 0, 1]), Ok(()), "a set within a set");
        assert_eq!(set(&[0xc0, 7, 1, 0]), Ok(()), "an aggregator that would be discarded");
        assert_eq!(set(&[0xe0, 0x63, 1, 0]), Ok(()), "an unknown attribute");
        for bad in [
            &[0x40][..],
            &[0x40, 1],
            &[0x40, 1, 2, 0],
            &[0x50, 1, 0],
            &[0x40, 1, 1, 9],
            &[0x40, 3, 4, 10, 0, 0, 1],
            &[0x80, 14, 0],
            &[0x80, 15, 0],
            &[0xc0, 128, 3, 0, 0, 0],
        ] {
            assert_eq!(set(bad).unwrap_err().treatment, Treatment::Withdraw, "{bad:?}");
        }
        for length in 0..4 {
            assert!(AttrSet::check(&vec![0; length], &ctx).is_err());
        }
    }

    #[test]
    fn it_is_shown_as_octets() {
        let a = RawAttribute { code: AttrSet::CODE, flags: 0xe0, value: &[0, 0, 0, 1] };
        let mut json = Json::default();
        json.begin_object(crate::emit::Spacing::Wide);
        emit_attributes([a], &mut json);
        json.end_object();
        assert_eq!(json.text, r#"{ "attribute-0x80-0xE0": "0x00000001" }"#);
        let mut text = String::new();
        to_route_text([a], &mut text);
        assert_eq!(text, " attribute [ 0x80 0xE0 0x00000001 ]");
    }
}
