//! VPLS (RFC 4761 section 3.2.2): a block of labels that a VPLS edge device offers to the others.
//!
//! Canonical octets: length of what follows (2), route distinguisher (8), VE identifier (2), VE block offset (2), VE
//! block size (2), label base (3, of which the upper 20 bits). NLRI of other lengths, such as those of RFC 6074, are
//! carried and shown as octets.

use std::fmt::Write as _;

use crate::attr::number::decimal;
use crate::cursor::Reader;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::rd::RouteDistinguisher;
use crate::nlri::{Nlri, NlriCodec};
use crate::text::{TextError, Word, Words};

/// Codec of VPLS.
#[derive(Debug)]
pub struct Vpls;

/// Largest label base.
const MAX_BASE: u32 = 0xF_FFFF;

/// What a route text says about a label block; `None` where it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Block {
    /// VE identifier.
    pub endpoint: Option<u16>,
    /// First label, 20 bits.
    pub base: Option<u32>,
    /// VE block offset.
    pub offset: Option<u16>,
    /// VE block size: how many labels.
    pub size: Option<u16>,
}

impl Block {
    /// Reads what follows `keyword`; false when it is no keyword of a label block. The first occurrence stands.
    pub fn parse(&mut self, keyword: &str, words: &mut Words<'_>) -> Result<bool, TextError> {
        match keyword {
            "endpoint" => set(&mut self.endpoint, small(words)?),
            "offset" => set(&mut self.offset, small(words)?),
            "size" => set(&mut self.size, small(words)?),
            "base" => {
                let word = words.expect("a label base")?;
                let base = decimal(word.text).filter(|n| *n <= MAX_BASE);
                let hint = "a number from 0 to 1048575";
                set(
                    &mut self.base,
                    base.ok_or_else(|| TextError::new(word, "this is no label base").hint(hint))?,
                );
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The NLRI, or the name of the first thing that is missing.
    pub fn nlri(&self, rd: Option<RouteDistinguisher>) -> Result<Nlri, &'static str> {
        let rd = rd.ok_or("rd")?;
        let endpoint = self.endpoint.ok_or("endpoint")?;
        let base = self.base.ok_or("base")?;
        let offset = self.offset.ok_or("offset")?;
        let size = self.size.ok_or("size")?;
        // The lowest bit of the label field is bottom of stack, as other speakers have it.
        let [_, label @ ..] = (base.min(MAX_BASE) << 4 | 1).to_be_bytes();
        let mut wire = vec![0, 17];
        wire.extend_from_slice(&rd.0);
        for number in [endpoint, offset, size] {
            wire.extend_from_slice(&number.to_be_bytes());
        }
        wire.extend_from_slice(&label);
        Ok(Nlri::from_wire(Family::L2VPN_VPLS, None, &wire))
    }
}

/// The first occurrence stands.
fn set<T>(place: &mut Option<T>, value: T) {
    place.get_or_insert(value);
}

fn small(words: &mut Words<'_>) -> Result<u16, TextError> {
    let word = words.expect("a number")?;
    decimal(word.text)
        .ok_or_else(|| TextError::new(word, "this is no 16-bit number").hint("a number from 0 to 65535"))
}

/// The fields of a label block.
struct Fields {
    rd: RouteDistinguisher,
    endpoint: u16,
    offset: u16,
    size: u16,
    base: u32,
}

/// Takes octets of the usual length apart.
fn fields(wire: &[u8]) -> Option<Fields> {
    let octets: [u8; 19] = wire.try_into().ok()?;
    let [_, _, r0, r1, r2, r3, r4, r5, r6, r7, e0, e1, o0, o1, s0, s1, b0, b1, b2] = octets;
    Some(Fields {
        rd: RouteDistinguisher([r0, r1, r2, r3, r4, r5, r6, r7]),
        endpoint: u16::from_be_bytes([e0, e1]),
        offset: u16::from_be_bytes([o0, o1]),
        size: u16::from_be_bytes([s0, s1]),
        base: u32::from_be_bytes([0, b0, b1, b2]) >> 4,
    })
}

impl NlriCodec for Vpls {
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let [high, low, ..] = r.rest() else { return Err(error("the length is missing")) };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        r.take(length.saturating_add(2), "VPLS").map_err(|_| error("the route is cut short"))
    }

    /// Route distinguisher, VE identifier and offset: a device offers one block for each offset.
    fn identity(wire: &[u8]) -> &[u8] {
        match wire.get(2..14) {
            Some(identity) if wire.len() == 19 => identity,
            _ => wire,
        }
    }

    fn next_hop_lengths(_: Family) -> &'static [usize] {
        &[4, 16]
    }

    fn emit<E: Emit>(_: Family, wire: &[u8], _: Option<u32>, out: &mut E) {
        out.begin_object(Spacing::Wide);
        if let Some(Fields { rd, endpoint, offset, size, base }) = fields(wire) {
            out.key("rd");
            out.display(&rd);
            for (key, number) in [
                ("endpoint", u32::from(endpoint)),
                ("base", base),
                ("offset", offset.into()),
                ("size", size.into()),
            ] {
                out.key(key);
                out.number(number.into());
            }
        } else {
            out.key("parsed");
            out.boolean(false);
            out.key("raw");
            out.hex("", wire, HexCase::Upper);
        }
        out.end_object();
    }

    fn print(_: Family, wire: &[u8], _: Option<u32>, out: &mut String) {
        out.push_str("vpls ");
        if let Some(Fields { rd, endpoint, offset, size, base }) = fields(wire) {
            let _ = write!(out, "rd {rd} endpoint {endpoint} base {base} offset {offset} size {size}");
        } else {
            out.push_str("0x");
            for octet in wire {
                let _ = write!(out, "{octet:02X}");
            }
        }
    }

    /// Reads `rd`, `endpoint`, `base`, `offset` and `size`, in any order and nothing between them.
    fn parse(_: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        words.accept("vpls");
        let (mut block, mut rd) = (Block::default(), None);
        let mut before = *words;
        while let Some(word @ Word { quoted: false, text, .. }) = words.next_word() {
            if matches!(text, "rd" | "route-distinguisher") {
                set(&mut rd, RouteDistinguisher::parse(words.expect("a route distinguisher")?)?);
            } else if !block.parse(word.text, words)? {
                break;
            }
            before = *words;
        }
        *words = before;
        let nlri = block.nlri(rd).map_err(|missing| match words.peek() {
            Some(word) => TextError::new(word, format!("{missing} is missing before this")),
            None => words.end(missing),
        })?;
        out.extend_from_slice(nlri.wire());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::Json;
    use crate::nlri::NlriRun;

    const WIRE: [u8; 19] = [0, 17, 0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 0, 5, 0, 1, 0, 8, 0x02, 0xbe, 0x51];

    fn parse(text: &str) -> Result<Nlri, TextError> {
        Nlri::parse(Family::L2VPN_VPLS, &mut Words::new(text))
    }

    #[test]
    fn octets_json_and_text() {
        // Two of them: nothing forbids it.
        let bytes = [WIRE, WIRE].concat();
        let run = NlriRun::check(Family::L2VPN_VPLS, false, &bytes, 0).unwrap();
        assert_eq!(run.iter().count(), 2);
        let nlri = run.iter().next().unwrap();
        let mut out = Json::default();
        nlri.emit(&mut out);
        assert_eq!(out.text, r#"{ "rd": "65000:1", "endpoint": 5, "base": 11237, "offset": 1, "size": 8 }"#);
        let text = "vpls rd 65000:1 endpoint 5 base 11237 offset 1 size 8";
        assert_eq!(nlri.to_string(), text);
        for text in [text, "size 8 offset 1 base 11237 endpoint 5 rd 65000:1 size 9 next-hop self"] {
            assert_eq!(parse(text).unwrap().wire(), WIRE);
        }
    }

    #[test]
    fn the_block_offset_identifies_a_route_and_the_labels_do_not() {
        let identity = |text| parse(text).unwrap().identity().to_vec();
        let first = identity("rd 1:1 endpoint 5 base 100 offset 1 size 8");
        assert_eq!(first, identity("rd 1:1 endpoint 5 base 200 offset 1 size 16"));
        assert_ne!(first, identity("rd 1:1 endpoint 5 base 100 offset 9 size 8"));
        assert_ne!(first, identity("rd 1:2 endpoint 5 base 100 offset 1 size 8"));
    }

    #[test]
    fn other_lengths_are_carried() {
        let wire = [0, 12, 0, 0, 0, 1, 0, 0, 0, 1, 10, 0, 0, 1];
        let run = NlriRun::check(Family::L2VPN_VPLS, false, &wire, 0).unwrap();
        let mut out = Json::default();
        run.iter().next().unwrap().emit(&mut out);
        assert_eq!(out.text, r#"{ "parsed": false, "raw": "000C00000001000000010A000001" }"#);
    }

    #[test]
    fn wrong_octets_and_texts() {
        for wire in [&[0][..], &[0, 17, 0], WIRE.get(..18).unwrap()] {
            assert!(NlriRun::check(Family::L2VPN_VPLS, false, wire, 0).is_err());
        }
        for text in [
            "",
            "rd 1:1 endpoint 5 base 100 offset 1",
            "rd 1:1 endpoint 65536 base 100 offset 1 size 8",
            "rd 1:1 endpoint 5 base 1048576 offset 1 size 8",
            "rd x endpoint 5 base 1 offset 1 size 8",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
