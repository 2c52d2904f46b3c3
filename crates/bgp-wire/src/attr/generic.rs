//! Attributes without a codec: kept byte for byte, shown as hexadecimal digits, entered as
//! `attribute [ 0xCODE 0xFLAGS 0xDATA ]`. Users may enter known codes too: what they write is sent as it is.

use std::fmt::Write as _;

use crate::attr::AttributeBuilder;
use crate::attr::builder::MAX_VALUE;
use crate::attr::number::{hex_digits, hex_octets};
use crate::code::AttrCode;
use crate::emit::{Emit, HexCase};
use crate::text::{TextError, Word, Words};

/// The word that introduces a generic attribute.
pub const KEYWORD: &str = "attribute";

/// Emits a value as `"0x…"`.
pub fn emit<E: Emit>(value: &[u8], out: &mut E) {
    out.hex("0x", value, HexCase::Lower);
}

/// Prints the attribute as text that parses back.
pub fn print(code: AttrCode, flags: u8, value: &[u8], out: &mut String) {
    let _ = write!(out, "{KEYWORD} [ 0x{:02X} 0x{flags:02X} 0x", code.0);
    for byte in value {
        let _ = write!(out, "{byte:02x}");
    }
    out.push_str(" ]");
}

fn octet(word: Word<'_>, what: &'static str) -> Result<u8, TextError> {
    let value = hex_digits(word.text).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    value.ok_or_else(|| TextError::new(word, what).hint("one octet in hexadecimal, as in 0x40"))
}

/// Parses what follows the keyword. The attribute replaces one of the same code.
pub fn parse(words: &mut Words<'_>, builder: &mut AttributeBuilder) -> Result<(), TextError> {
    let open = words.expect("an attribute")?;
    if !open.is("[") {
        return Err(
            TextError::new(open, "an attribute starts with '['").hint("attribute [ 0x63 0xC0 0x0102 ]")
        );
    }
    let word = words.expect("an attribute code")?;
    let code = AttrCode(octet(word, "invalid attribute code")?);
    if matches!(code, AttrCode::MP_REACH | AttrCode::MP_UNREACH) {
        return Err(TextError::new(word, "this attribute is made of the routes and can't be given"));
    }
    let flags = octet(words.expect("attribute flags")?, "invalid attribute flags")?;
    let word = words.expect("attribute data")?;
    let error = |what| TextError::new(word, what).hint("0x and an even number of hexadecimal digits");
    let data = hex_octets(word.text).ok_or_else(|| error("invalid attribute data"))?;
    if data.len() > MAX_VALUE {
        return Err(TextError::new(Word { text: "", ..word }, "more attribute data than a message holds"));
    }
    builder.replace(code, flags, data.collect());
    let close = words.expect("a closing ']'")?;
    if close.is("]") { Ok(()) } else { Err(TextError::new(close, "a closing ']' must follow the data")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Result<Vec<u8>, TextError> {
        let mut builder = AttributeBuilder::new();
        let mut words = Words::new(text);
        while let Some(word) = words.next_word() {
            assert!(crate::attr::parse(word.text, &mut words, &mut builder)?, "{}", word.text);
        }
        Ok(builder.finish().block().to_vec())
    }

    #[test]
    fn what_is_written_is_kept() {
        assert_eq!(block("attribute [ 0x99 0xc0 0x0102 ]"), Ok(vec![0xc0, 0x99, 2, 1, 2]));
        assert_eq!(
            block("attribute [ 0x63 0x90 0x01 ]"),
            Ok(vec![0x90, 0x63, 0, 1, 1]),
            "extended length as asked"
        );
        assert_eq!(block("attribute [ 0x63 0x80 0x ]"), Ok(vec![0x80, 0x63, 0]));
    }

    #[test]
    fn it_replaces_a_typed_one_and_is_not_replaced() {
        let expected = Ok(vec![0xc0, 4, 1, 7]);
        assert_eq!(block("med 5 attribute [ 0x04 0xc0 0x07 ]"), expected);
        assert_eq!(block("attribute [ 0x04 0xc0 0x07 ] med 5"), expected);
    }

    #[test]
    fn wrong_ones_are_refused() {
        for text in [
            "attribute [ 99 0xc0 0x0102 ]",
            "attribute [ 0x99 192 0x0102 ]",
            "attribute [ 0x99 0xc0 0102 ]",
            "attribute [ 0x99 0xc0 0x010 ]",
            "attribute [ 0x100 0xc0 0x01 ]",
            "attribute [ 0x0e 0x80 0x01 ]",
            "attribute [ 0x99 0xc0 0x01",
            "attribute 0x99 0xc0 0x01",
            "attribute [ 0x99 0xc0 0x+1 ]",
        ] {
            assert!(block(text).is_err(), "{text}");
        }
    }
}
