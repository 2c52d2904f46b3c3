//! The text of segment lists.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::segment::{Kind, LAYOUTS, Layout, Segment, TYPE_A, Tail, WEIGHT, bottom};
use super::value::{BEHAVIOR, Behavior, Label};
use super::{flags, number, raw, too_long};
use crate::attr::number::decimal;
use crate::text::{TextError, Word, Words};

/// Reads `weight 1 segment TYPE … segment TYPE …` and appends the octets; both can be left out.
pub(super) fn parse_list(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let mut parts: Vec<Part> = Vec::new();
    let mut octets = 0_usize;
    if words.accept("weight") {
        let weight: u32 = number(words, "0 to 4294967295")?;
        let value = [[0; 2].as_slice(), &weight.to_be_bytes()].concat();
        parts.push(Part { code: WEIGHT, value, bottom_is_stated: false });
    }
    while let Some(word) = words.peek().filter(|word| word.is("segment")) {
        words.next_word();
        let part = parse_segment(words)?;
        octets = octets.saturating_add(part.value.len());
        if octets > usize::from(u16::MAX) {
            return Err(too_long(word));
        }
        parts.push(part);
    }
    let bottom = bottom(parts.iter().map(|part| part.code)).and_then(|n| parts.get_mut(n));
    if let Some(part) = bottom.filter(|part| !part.bottom_is_stated)
        && let [_, _, _, _, octet, _] = part.value.as_mut_slice()
    {
        *octet |= 1;
    }
    for Part { code, value, .. } in &parts {
        // `parse_segment` bounds the length.
        out.extend_from_slice(&[*code, u8::try_from(value.len()).unwrap_or_default()]);
        out.extend_from_slice(value);
    }
    Ok(())
}

/// One TLV of a segment list as a text says it.
struct Part {
    code: u8,
    value: Vec<u8>,
    /// Whether the text says where the bottom of the label stack is.
    bottom_is_stated: bool,
}

/// Reads `type-a mpls 16001` and the like.
fn parse_segment(words: &mut Words<'_>) -> Result<Part, TextError> {
    let word = words.expect("a segment type")?;
    if word.is("tlv") {
        let (code, value) = raw(words)?;
        if value.len() > 255 {
            return Err(too_long(word));
        }
        return Ok(Part { code, value, bottom_is_stated: false });
    }
    let letter = word.text.strip_prefix("type-");
    let known = |layout: &&Layout| letter.is_some_and(|letter| layout.name.eq_ignore_ascii_case(letter));
    let layout = LAYOUTS.iter().find(known).ok_or_else(|| {
        TextError::new(word, "unknown segment type").hint("type-a to type-k, or tlv and type and octets")
    })?;
    Draft::default().parse(layout, words)
}

/// A segment while its words are read, which stand in any order.
#[derive(Default)]
struct Draft<'a> {
    fields: [Option<Word<'a>>; 4],
    algorithm: Option<u8>,
    sid: Option<Ipv6Addr>,
    label: Option<Label>,
    /// Traffic class, bottom of stack and time to live, as far as they are given.
    entry: Label,
    behavior: Option<Behavior>,
    flags: Option<u8>,
}

impl<'a> Draft<'a> {
    fn parse(mut self, layout: &Layout, words: &mut Words<'a>) -> Result<Part, TextError> {
        let Layout { code, has_algorithm, fields, tail, .. } = layout;
        let labelled = *code == TYPE_A || *tail == Tail::Label;
        let mut bottom_is_stated = false;
        while let Some(name) = words.peek().filter(|word| !word.quoted) {
            if labelled && self.entry.field(name, words)? {
                bottom_is_stated |= name.text == "s";
                continue;
            }
            let place = fields.iter().position(|(word, ..)| *word == name.text);
            let again = if let Some(place) = place.and_then(|n| self.fields.get_mut(n)) {
                words.next_word();
                place.replace(words.expect("a value")?).is_some()
            } else {
                let known = match name.text {
                    "algorithm" => *has_algorithm,
                    "sid" => matches!(tail, Tail::Label | Tail::Srv6),
                    BEHAVIOR => matches!(tail, Tail::Behavior | Tail::Srv6),
                    "flags" => true,
                    _ => false,
                };
                if !known {
                    break;
                }
                words.next_word();
                match (name.text, tail) {
                    ("algorithm", _) => self.algorithm.replace(number(words, "0 to 255")?).is_some(),
                    ("sid", Tail::Label) => self.label.replace(Label::parse(words)?).is_some(),
                    ("sid", _) => self.sid.replace(address(words.expect("a SID")?, V6)?).is_some(),
                    ("flags", _) => self.flags.replace(flags(words)?).is_some(),
                    _ => self.behavior.replace(Behavior::parse(words)?).is_some(),
                }
            };
            if again {
                return Err(TextError::new(name, "this is given twice"));
            }
        }
        self.write(layout, words).map(|value| Part { code: *code, value, bottom_is_stated })
    }

    fn write(self, layout: &Layout, words: &Words<'_>) -> Result<Vec<u8>, TextError> {
        let missing = |name: &'static str| match words.peek() {
            Some(next) => TextError::new(next, format!("{name} and its value must stand before this")),
            None => words.end(name),
        };
        let mut value = vec![0, 0];
        for ((word, _, kind), given) in layout.fields.iter().zip(self.fields) {
            let given = given.ok_or_else(|| missing(word))?;
            match kind {
                Kind::Label => {
                    let label = Label::parse(&mut Words::new(given.text))
                        .map_err(|error| TextError { at: given.at, ..error })?;
                    value.extend_from_slice(&label.with(self.entry).octets());
                }
                Kind::Number => {
                    let number: u32 = decimal(given.text)
                        .ok_or_else(|| TextError::new(given, "invalid number").hint("0 to 4294967295"))?;
                    value.extend_from_slice(&number.to_be_bytes());
                }
                Kind::V4 => value.extend_from_slice(&address::<Ipv4Addr>(given, V4)?.octets()),
                Kind::V6 => value.extend_from_slice(&address::<Ipv6Addr>(given, V6)?.octets()),
            }
        }
        let algorithm = match (layout.has_algorithm, self.algorithm) {
            (true, None) => return Err(missing("algorithm")),
            (_, algorithm) => algorithm.unwrap_or_default(),
        };
        if let Some(label) = self.label {
            value.extend_from_slice(&label.with(self.entry).octets());
        }
        if let Some(sid) = self.sid {
            value.extend_from_slice(&sid.octets());
        }
        if let Some(behavior) = self.behavior {
            value.extend_from_slice(&behavior.octets());
        }
        // What is there is what a reader of these octets finds.
        let implied = Segment::read(layout.code, &value).map_or(0, |segment| segment.implied());
        if let [flags, octet, ..] = value.as_mut_slice() {
            (*flags, *octet) = (self.flags.unwrap_or(implied), algorithm);
        }
        Ok(value)
    }
}

const V4: &str = "an IPv4 address such as 10.0.0.1";
const V6: &str = "an IPv6 address such as fc00::1";

fn address<T: std::str::FromStr>(word: Word<'_>, hint: &'static str) -> Result<T, TextError> {
    word.text.parse().map_err(|_| TextError::new(word, "invalid address").hint(hint))
}
