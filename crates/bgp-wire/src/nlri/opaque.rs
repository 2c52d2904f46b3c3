//! NLRI of families without a codec: the whole field is one opaque value, kept byte for byte.

use crate::cursor::Reader;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::NlriCodec;
use crate::text::{TextError, Words};

/// Codec of unknown families.
#[derive(Debug)]
pub struct Opaque;

impl NlriCodec for Opaque {
    fn split<'a>(_: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        Ok(r.take_rest())
    }

    fn next_hop_lengths(_: Family) -> &'static [usize] {
        &[]
    }

    fn emit<E: Emit>(_: Family, wire: &[u8], _: Option<u32>, out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("parsed");
        out.boolean(false);
        out.key("raw");
        out.hex("", wire, HexCase::Upper);
        out.end_object();
    }

    fn print(family: Family, wire: &[u8], _: Option<u32>, out: &mut String) {
        use std::fmt::Write as _;
        let _ = write!(out, "afi {} safi {} 0x", family.afi, family.safi);
        for byte in wire {
            let _ = write!(out, "{byte:02X}");
        }
    }

    fn parse(family: Family, words: &mut Words<'_>, _: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a route")?;
        Err(TextError::new(word, format!("no route of family {family} can be written")))
    }
}
