//! Type (2), length (2), value: how every part of BGP-LS is packed (RFC 9552 section 5.1).

use crate::attr::number::{decimal, hex_octets};
use crate::text::{TextError, Word, Words};

/// TLVs of one nesting level; ends where the octets make no whole TLV.
#[derive(Clone, Debug)]
pub(crate) struct Tlvs<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Tlvs<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let ([a, b, c, d], rest) = self.0.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*c, *d])))?;
        self.0 = rest;
        Some((u16::from_be_bytes([*a, *b]), value))
    }
}

/// Whether the octets are whole TLVs, each of which `fine` likes.
pub(crate) fn all(octets: &[u8], mut fine: impl FnMut(u16, &[u8]) -> bool) -> bool {
    let mut tlvs = Tlvs(octets);
    tlvs.by_ref().all(|(code, value)| fine(code, value)) && tlvs.0.is_empty()
}

/// Appends one TLV; false, and nothing is appended, when its value is longer than a length can say.
#[must_use]
pub(crate) fn push(code: u16, value: &[u8], out: &mut Vec<u8>) -> bool {
    let Ok(length) = u16::try_from(value.len()) else { return false };
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value);
    true
}

/// Appends the form that says any TLV: `tlv 9999 0x0102`.
pub(crate) fn print(code: u16, value: &[u8], out: &mut String) {
    use std::fmt::Write as _;
    let _ = write!(out, "tlv {code} 0x");
    for byte in value {
        let _ = write!(out, "{byte:02x}");
    }
}

/// Reads what follows the word `tlv`.
pub(crate) fn parse(words: &mut Words<'_>) -> Result<(u16, Vec<u8>), TextError> {
    let word = words.expect("the type of a TLV")?;
    let code = decimal(word.text).filter(|_| !word.text.is_empty());
    let code = code.ok_or_else(|| TextError::new(word, "invalid TLV type").hint("0 to 65535"))?;
    let word = words.expect("the value of a TLV")?;
    hex(word).map(|value| (code, value))
}

/// Octets as `0x` and an even number of digits.
pub(crate) fn hex(word: Word<'_>) -> Result<Vec<u8>, TextError> {
    let octets = hex_octets(word.text).map(Iterator::collect);
    octets.ok_or_else(|| {
        TextError::new(word, "invalid octets").hint("0x and an even number of hexadecimal digits")
    })
}
