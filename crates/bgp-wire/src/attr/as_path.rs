//! AS_PATH (RFC 4271 section 5.1.2, RFC 5065, RFC 6793): well-known mandatory.
//!
//! > "Each AS path segment is represented by a triple \<path segment type, path segment length, path segment
//! > value\>."
//!
//! Canonical octets: segments with four-octet AS numbers. Users write a sequence as `[ 1 2 ]` and a set as `( 1 2 )`;
//! ExaBGP prints them the other way round, and scripts match on that, hence two printers here.

use std::fmt::Write as _;

use crate::attr::number::asn;
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, Spacing};
use crate::error::Treatment;
use crate::text::{TextError, Word, Words};

/// Codec of AS_PATH.
#[derive(Debug)]
pub struct AsPath;

/// A kind of segment (RFC 4271 section 4.3, RFC 5065 section 3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// AS_SET: unordered.
    Set = 1,
    /// AS_SEQUENCE: ordered.
    Sequence = 2,
    /// AS_CONFED_SEQUENCE.
    ConfedSequence = 3,
    /// AS_CONFED_SET.
    ConfedSet = 4,
}

impl Kind {
    /// The kind of a type octet.
    pub const fn from_octet(octet: u8) -> Option<Self> {
        match octet {
            1 => Some(Self::Set),
            2 => Some(Self::Sequence),
            3 => Some(Self::ConfedSequence),
            4 => Some(Self::ConfedSet),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Set => "as-set",
            Self::Sequence => "as-sequence",
            Self::ConfedSequence => "as-confed-sequence",
            Self::ConfedSet => "as-confed-set",
        }
    }

    /// Brackets as ExaBGP prints them.
    const fn printed(self) -> (&'static str, &'static str) {
        match self {
            Self::Set => ("[", "]"),
            Self::Sequence => ("(", ")"),
            Self::ConfedSequence => ("{(", ")}"),
            Self::ConfedSet => ("{[", "]}"),
        }
    }

    /// Brackets as users write them.
    const fn written(self) -> (&'static str, &'static str) {
        match self {
            Self::Set => ("(", ")"),
            Self::Sequence => ("[", "]"),
            Self::ConfedSequence => ("[{", "}]"),
            Self::ConfedSet => ("({", "})"),
        }
    }

    /// Whether the segment belongs to a confederation (RFC 5065).
    pub const fn is_confederation(self) -> bool {
        matches!(self, Self::ConfedSequence | Self::ConfedSet)
    }
}

/// One segment of a path, with AS numbers of `N` octets.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a, const N: usize> {
    /// What the numbers are.
    pub kind: Kind,
    /// The AS numbers, each in network order.
    pub numbers: &'a [[u8; N]],
}

impl<'a> Segment<'a, 4> {
    /// The AS numbers.
    pub fn asns(self) -> impl Iterator<Item = u32> + use<'a> {
        self.numbers.iter().map(|n| u32::from_be_bytes(*n))
    }
}

/// Iterator over the segments of a path whose AS numbers have `N` octets (2 or 4). It ends at the first octets that
/// are no segment; [`Segments::rest`] is empty when there are none.
#[derive(Clone, Debug)]
pub struct Segments<'a, const N: usize>(&'a [u8]);

impl<'a, const N: usize> Segments<'a, N> {
    /// The segments of a value.
    pub const fn new(value: &'a [u8]) -> Self {
        Self(value)
    }

    /// What has not been read.
    pub const fn rest(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a, const N: usize> Iterator for Segments<'a, N> {
    type Item = Segment<'a, N>;

    fn next(&mut self) -> Option<Segment<'a, N>> {
        let [kind, count, tail @ ..] = self.0 else { return None };
        let (numbers, rest) = tail.split_at_checked(usize::from(*count).checked_mul(N)?)?;
        let kind = Kind::from_octet(*kind)?;
        self.0 = rest;
        Some(Segment { kind, numbers: numbers.as_chunks().0 })
    }
}

/// Whether a value is a path of non-empty segments (RFC 7606 section 7.2) without AS number 0 (RFC 7607).
pub(crate) fn check<const N: usize>(value: &[u8]) -> Result<(), &'static str> {
    let mut segments = Segments::<N>::new(value);
    for segment in segments.by_ref() {
        if segment.numbers.is_empty() {
            return Err("a segment is empty");
        }
        if segment.numbers.contains(&[0; N]) {
            return Err("AS number 0 is in the path");
        }
    }
    if segments.rest().is_empty() { Ok(()) } else { Err("a segment is of unknown type or cut short") }
}

/// Appends a segment to a canonical value, as several where it has more than 255 AS numbers.
pub fn push(kind: Kind, asns: &[u32], out: &mut Vec<u8>) {
    for part in asns.chunks(255) {
        out.push(kind as u8);
        out.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        out.extend(part.iter().flat_map(|asn| asn.to_be_bytes()));
    }
}

/// What follows the opening bracket of a segment.
fn parse_segment(open: Word<'_>, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let confed = words.accept("{");
    let (kind, close) = match (open.is("["), confed) {
        (true, false) => (Kind::Sequence, "]"),
        (false, false) => (Kind::Set, ")"),
        (true, true) => (Kind::ConfedSequence, "]"),
        (false, true) => (Kind::ConfedSet, ")"),
    };
    let mut asns = Vec::new();
    loop {
        let word = words.expect("a closing bracket of the AS path")?;
        if confed && word.is("}") {
            let last = words.expect("a closing bracket of the AS path")?;
            if last.is(close) {
                break;
            }
            return Err(TextError::new(last, "unexpected word after '}'"));
        }
        if !confed && word.is(close) {
            break;
        }
        if kind == Kind::Sequence && word.is("(") && !word.quoted {
            // A set among the numbers of a sequence, as programs that read MRT files write it.
            push(kind, &std::mem::take(&mut asns), out);
            parse_segment(word, words, out)?;
            continue;
        }
        if !word.is(",") {
            asns.push(parse_asn(word)?);
        }
    }
    push(kind, &asns, out);
    Ok(())
}

fn parse_asn(word: Word<'_>) -> Result<u32, TextError> {
    asn(word.text).filter(|_| !word.quoted).ok_or_else(|| {
        TextError::new(word, "this is no AS number")
            .hint("as-path [ 65000 65001 ] ( 65002 ), or [ 65000 65001 ( 65002 ) ]")
    })
}

fn print_with(value: &[u8], brackets: fn(Kind) -> (&'static str, &'static str), out: &mut String) {
    out.push_str("as-path");
    for segment in Segments::<4>::new(value) {
        let (open, close) = brackets(segment.kind);
        let _ = write!(out, " {open} ");
        for asn in segment.asns() {
            let _ = write!(out, "{asn} ");
        }
        out.push_str(close);
    }
}

impl Attribute for AsPath {
    const CODE: AttrCode = AttrCode::AS_PATH;
    const FLAGS: u8 = flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["as-path"];

    fn check(value: &[u8], ctx: &DecodeCtx) -> Result<(), Fault> {
        let result = if ctx.asn4 { check::<4>(value) } else { check::<2>(value) };
        // RFC 4271 section 6.3: Malformed AS_PATH.
        result.map_err(|reason| Fault { subcode: 11, ..fault::<Self>(reason) })
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let first = words.expect("an AS path")?;
        if !first.is("[") && !first.is("(") {
            push(Kind::Sequence, &[parse_asn(first)?], out);
            return Ok(());
        }
        parse_segment(first, words, out)?;
        while let Some(open) = words.peek().filter(|w| w.is("[") || w.is("(")) {
            words.next_word();
            parse_segment(open, words, out)?;
        }
        Ok(())
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.begin_object(Spacing::Tight);
        for (index, segment) in Segments::<4>::new(value).enumerate() {
            out.key(itoa::Buffer::new().format(index));
            out.begin_object(Spacing::Tight);
            out.key("element");
            out.text(segment.kind.name());
            out.key("value");
            out.begin_list(Spacing::Tight);
            segment.asns().for_each(|asn| out.number(asn.into()));
            out.end_list();
            out.end_object();
        }
        out.end_object();
    }

    fn silent(value: &[u8]) -> bool {
        value.is_empty()
    }

    fn print(value: &[u8], out: &mut String) {
        print_with(value, Kind::printed, out);
        if value.is_empty() {
            out.push_str(" (  )");
        }
    }

    fn print_input(value: &[u8], out: &mut String) {
        print_with(value, Kind::written, out);
        if value.is_empty() {
            out.push_str(" [ ]");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::{emitted, parsed, printed, written};

    #[test]
    fn text_to_octets_and_back() {
        for (text, wire, shown) in [
            ("[ 1 2 3 ]", &[2, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3][..], "as-path ( 1 2 3 )"),
            ("[1,2]", &[2, 2, 0, 0, 0, 1, 0, 0, 0, 2], "as-path ( 1 2 )"),
            ("( 1 2 )", &[1, 2, 0, 0, 0, 1, 0, 0, 0, 2], "as-path [ 1 2 ]"),
            ("[ 1 ] ( 2 )", &[2, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 2], "as-path ( 1 ) [ 2 ]"),
            (
                "[1 2 (3 4) 5 ]",
                &[2, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 0, 0, 0, 3, 0, 0, 0, 4, 2, 1, 0, 0, 0, 5],
                "as-path ( 1 2 ) [ 3 4 ] ( 5 )",
            ),
            ("[ ( 1 ) ]", &[1, 1, 0, 0, 0, 1], "as-path [ 1 ]"),
            ("[{ 1 }] ({ 2 })", &[3, 1, 0, 0, 0, 1, 4, 1, 0, 0, 0, 2], "as-path {( 1 )} {[ 2 ]}"),
            ("4294967295", &[2, 1, 255, 255, 255, 255], "as-path ( 4294967295 )"),
            ("1.10", &[2, 1, 0, 1, 0, 10], "as-path ( 65546 )"),
            ("[ ]", &[], "as-path (  )"),
        ] {
            assert_eq!(parsed::<AsPath>(text).unwrap(), wire, "{text}");
            assert_eq!(printed::<AsPath>(wire), shown);
            let again = written::<AsPath>(wire);
            assert_eq!(parsed::<AsPath>(again.strip_prefix("as-path ").unwrap()).unwrap(), wire, "{again}");
        }
    }

    #[test]
    fn nested_brackets_and_other_words_are_refused() {
        for text in [
            "[ 1 ( 2 3 4 ]",
            "[ 1 ( 2 ( 3 ) ) ]",
            "[ 1 ( 2 [ 3 ] ) ]",
            "[ 1 [ 2 ] ]",
            "( 1 ( 2 ) )",
            "[ 1 2",
            "AS65000",
            "[ 4294967296 ]",
            "[ 1.65536 ]",
            "[{ 1 ]",
            "-1",
            "1.",
            "",
        ] {
            assert!(parsed::<AsPath>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn long_sequences_are_split() {
        let text = format!("[ {} ]", "7 ".repeat(300));
        let wire = parsed::<AsPath>(&text).unwrap();
        let counts: Vec<_> = Segments::<4>::new(&wire).map(|s| s.numbers.len()).collect();
        assert_eq!(counts, [255, 45]);
    }

    #[test]
    fn emission_is_tight() {
        let wire = [2, 2, 0, 0, 0xfd, 0xe8, 0, 0, 0xfd, 0xe9, 1, 1, 0, 0, 0, 1];
        let expected = r#"{"0": {"element": "as-sequence", "value": [65000, 65001]}, "1": {"element": "as-set", "value": [1]}}"#;
        assert_eq!(emitted::<AsPath>(&wire), expected);
    }

    #[test]
    fn malformed_paths_are_found() {
        for value in [&[2][..], &[2, 1], &[2, 1, 0, 0, 0], &[5, 1, 0, 0, 0, 1], &[2, 0], &[2, 1, 0, 0, 0, 0]]
        {
            assert!(check::<4>(value).is_err(), "{value:?}");
        }
        assert_eq!(check::<4>(&[]), Ok(()));
        assert_eq!(check::<2>(&[2, 1, 0, 1]), Ok(()));
    }
}
