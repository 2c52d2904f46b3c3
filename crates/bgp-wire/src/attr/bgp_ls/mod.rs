//! BGP-LS attribute (RFC 9552 section 5.3; RFC 9085, 9086, 9514, 9351, 8571 and 8814 for more of its TLVs): optional
//! non-transitive; TLVs of type (2), length (2), value. One table names them all.
//!
//! Unknown TLVs are kept. An attribute whose TLVs are not whole, or have a length that they can't have, is discarded,
//! its routes stay (RFC 9552 section 8.2.2).
//!
//! Text: `bgp-ls [ node-name rtr1 local-router-id 10.0.0.1 tlv 9999 0x0102 ]`, sent in the order in which it is written.

mod record;
mod shape;
mod show;
mod table;

use self::table::{TABLE, row};
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, Spacing};
use crate::error::Treatment;
use crate::nlri::bgp_ls::tlv::{self, Tlvs};
use crate::text::{TextError, Word, Words};

/// Codec of the BGP-LS attribute.
#[derive(Debug)]
pub struct BgpLs;

/// Reads what `word` introduces.
fn one(word: Word<'_>, words: &mut Words<'_>) -> Result<(u16, Vec<u8>), TextError> {
    if word.is("tlv") {
        return tlv::parse(words);
    }
    // Addresses of both families have one word.
    let v6 = words.peek().is_some_and(|value| value.text.contains(':'));
    let mut rows = TABLE.iter().filter(|row| word.is(row.word));
    let (first, second) = (rows.next(), rows.next());
    let row = if v6 { second.or(first) } else { first };
    let row = row.ok_or_else(|| {
        let mut known: Vec<&str> = TABLE.iter().map(|row| row.word).collect();
        known.dedup();
        TextError::new(word, "unknown BGP-LS attribute").hint(format!("tlv, {}", known.join(", ")))
    })?;
    let mut value = Vec::new();
    row.shape.parse(words, &mut value)?;
    Ok((row.code, value))
}

impl Attribute for BgpLs {
    const CODE: AttrCode = AttrCode::BGP_LS;
    const FLAGS: u8 = flag::OPTIONAL;
    const ON_ERROR: Treatment = Treatment::Discard;
    const KEYWORDS: &'static [&'static str] = &["bgp-ls"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if !tlv::all(value, |_, _| true) {
            return Err(fault::<Self>("a TLV is longer than the attribute"));
        }
        if !tlv::all(value, |code, value| row(code).is_none_or(|row| row.shape.fits(value))) {
            return Err(fault::<Self>("a TLV has a length that it can't have"));
        }
        Ok(())
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let open = words.expect("the TLVs of bgp-ls")?;
        if !open.is("[") {
            return Err(TextError::new(open, "the TLVs of bgp-ls stand between brackets")
                .hint("bgp-ls [ node-name rtr1 ]"));
        }
        loop {
            let word = words.expect("a closing ']'")?;
            if word.is("]") {
                return Ok(());
            }
            let (code, value) = one(word, words)?;
            if !tlv::push(code, &value, out) {
                return Err(TextError::new(word, "this is too long for a TLV"));
            }
        }
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.begin_object(Spacing::Wide);
        show::members(value, out);
        out.end_object();
    }

    /// What its own word can't say is written as octets.
    fn print(value: &[u8], out: &mut String) {
        out.push_str("bgp-ls [");
        for (code, value) in Tlvs(value) {
            out.push(' ');
            let start = out.len();
            if let Some(row) = row(code).filter(|row| row.shape.fits(value)) {
                out.push_str(row.word);
                out.push(' ');
                row.shape.print(value, out);
                let text = out.get(start..).unwrap_or_default();
                // A name is the peer's: with an end of line in it, it would be a line of its own.
                let one_line = !text.contains(char::is_control);
                let mut words = Words::new(text);
                let back = words.next_word().and_then(|word| one(word, &mut words).ok());
                if one_line
                    && back.is_some_and(|(c, v)| c == code && v == value)
                    && words.next_word().is_none()
                {
                    continue;
                }
                out.truncate(start);
            }
            tlv::print(code, value, out);
        }
        out.push_str(" ]");
    }
}

#[cfg(test)]
mod tests;
