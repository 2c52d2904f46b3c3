//! EXTENDED COMMUNITIES (RFC 4360): optional transitive, a list of eight-octet values, sorted here.
//!
//! A length that is 0 or no multiple of 8: treat-as-withdraw (RFC 7606 section 7.14).

pub mod flow;
mod kinds;
mod words;

use crate::attr::number::hex_octets;
use crate::attr::{Attribute, Fault, fault, flag, list};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, Spacing};
use crate::error::Treatment;
use crate::text::{TextError, Word, Words};
pub use kinds::Shown;

/// Codec of EXTENDED COMMUNITIES.
#[derive(Debug)]
pub struct ExtendedCommunity;

fn parse_one(word: Word<'_>) -> Result<[u8; 8], TextError> {
    if word.text.starts_with("0x") || word.text.starts_with("0X") {
        let octets = hex_octets(word.text).map(Iterator::collect::<Vec<u8>>);
        return octets.and_then(|o| o.try_into().ok()).ok_or_else(|| {
            TextError::new(word, "invalid extended community")
                .hint("0x must be followed by 16 hexadecimal digits")
        });
    }
    words::parse(word.text)
        .unwrap_or_else(|| kinds::parse(word.text))
        .map_err(|reason| TextError::new(word, reason).hint("target:65000:1, or 0x and 16 digits"))
}

/// Gives route targets and origins of four-octet ASes (RFC 5668) the type of those of IPv4 addresses (RFC 4360 section
/// 3.2), as ExaBGP writes them, and brings the list in order again.
pub(crate) fn mistype(value: &mut Vec<u8>) {
    for item in value.chunks_exact_mut(8) {
        if let [kind @ 0x02, 0x02 | 0x03, ..] = item {
            *kind = 0x01;
        }
    }
    list::sort::<8>(value, false);
}

impl Attribute for ExtendedCommunity {
    const CODE: AttrCode = AttrCode::EXTENDED_COMMUNITY;
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["extended-community"];
    const MERGES: bool = true;

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if list::whole::<8>(value) {
            Ok(())
        } else {
            Err(fault::<Self>("the length must be a multiple of 8, not 0"))
        }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        words.list("an extended community", false, |word| {
            out.extend_from_slice(&parse_one(word)?);
            Ok(())
        })
    }

    fn normalise(value: &mut Vec<u8>) {
        list::sort::<8>(value, false);
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.begin_list(Spacing::Wide);
        for item in list::items(&list::sorted::<8>(value, false)) {
            out.begin_object(Spacing::Wide);
            out.key("value");
            out.number(u64::from_be_bytes(*item));
            out.key("string");
            out.display(&Shown(*item));
            out.end_object();
        }
        out.end_list();
    }

    fn print(value: &[u8], out: &mut String) {
        use std::fmt::Write as _;
        out.push_str("extended-community");
        list::print(list::items(&list::sorted::<8>(value, false)), out, |item, out| {
            let _ = write!(out, "{}", Shown(*item));
        });
    }

    fn print_input(value: &[u8], out: &mut String) {
        out.push_str("extended-community");
        list::print(list::items(&list::sorted::<8>(value, false)), out, |item, out| {
            // Several values share a printed form (4-octet AS 65000 and AS 65000), and some can't be entered.
            let shown = Shown(*item).to_string();
            if kinds::parse(&shown) == Ok(*item) {
                out.push_str(&shown);
            } else {
                out.push_str(&words::print(*item).unwrap_or_else(|| kinds::hex(*item)));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::{emitted, parsed, printed, written};

    #[test]
    fn a_four_octet_as_can_be_given_the_type_of_an_address() {
        let mut value =
            [[0, 2, 0, 200, 0, 0, 7, 208], [1, 2, 10, 0, 0, 1, 0, 1], [2, 2, 0, 1, 0x13, 0xC8, 0x17, 0x70]]
                .concat();
        mistype(&mut value);
        let expected =
            [[0, 2, 0, 200, 0, 0, 7, 208], [1, 2, 0, 1, 0x13, 0xC8, 0x17, 0x70], [1, 2, 10, 0, 0, 1, 0, 1]];
        assert_eq!(value, expected.concat());
    }

    #[test]
    fn one_and_several() {
        let one = parsed::<ExtendedCommunity>("target:65000:1").unwrap();
        assert_eq!(printed::<ExtendedCommunity>(&one), "extended-community target:65000:1");
        let mut several = parsed::<ExtendedCommunity>("[ origin:65000:1 target:65000:1 ]").unwrap();
        ExtendedCommunity::normalise(&mut several);
        assert_eq!(
            printed::<ExtendedCommunity>(&several),
            "extended-community [ target:65000:1 origin:65000:0.0.0.1 ]"
        );
        assert_eq!(written::<ExtendedCommunity>(&several), printed::<ExtendedCommunity>(&several));
        let text = r#"[ { "value": 842122827661313, "string": "target:65000:1" } ]"#;
        assert_eq!(emitted::<ExtendedCommunity>(&one), text);
    }

    #[test]
    fn what_cannot_be_entered_is_written_as_digits() {
        let value = [0x02, 0x02, 0, 0, 0xfd, 0xe8, 0, 1, 0x80, 0x09, 0, 0, 0, 0, 0, 10];
        let shown = "extended-community [ target:65000:1 mark 10 ]";
        assert_eq!(printed::<ExtendedCommunity>(&value), shown);
        let text = "extended-community [ 0x02020000FDE80001 0x800900000000000A ]";
        assert_eq!(written::<ExtendedCommunity>(&value), text);
    }

    #[test]
    fn commas_and_short_digits_are_refused() {
        for text in
            ["[ target:1:1 , target:2:2 ]", "0x00", "0x0002fde80000000100", "target:1", "[ target:1:1", ""]
        {
            assert!(parsed::<ExtendedCommunity>(text).is_err(), "{text}");
        }
    }
}
