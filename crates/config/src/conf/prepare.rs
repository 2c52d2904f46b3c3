//! The first two steps of ExaBGP's lexer, which know nothing of quotes: lines that end in a backslash are joined with
//! the next one, and escapes are resolved. Only a file with a backslash needs them; all others are read in place.

use std::borrow::Cow;

use crate::diag::{Diag, Diags, Span};

/// A text whose continuations and escapes are resolved, and where in the file each of its octets is from.
pub(super) struct Prepared<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where runs of unchanged text start, in this text and in the file. Empty when nothing was changed.
    runs: Vec<(usize, usize)>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(source: &'a str, diags: &mut Diags) -> Self {
        if source.contains('\\') {
            resolve(source, diags)
        } else {
            Self { text: Cow::Borrowed(source), runs: Vec::new() }
        }
    }

    /// The place in the file of an octet of the text.
    pub(super) fn place(&self, at: usize) -> usize {
        let after = self.runs.partition_point(|(start, _)| *start <= at);
        match after.checked_sub(1).and_then(|i| self.runs.get(i)) {
            Some((start, place)) => place.saturating_add(at.saturating_sub(*start)),
            None => at,
        }
    }
}

fn resolve<'a>(source: &'a str, diags: &mut Diags) -> Prepared<'a> {
    let mut out = String::with_capacity(source.len());
    let mut runs = vec![(0, 0)];
    let mut at = 0usize;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(plain) = rest.find('\\') else {
            out.push_str(rest);
            break;
        };
        out.push_str(rest.get(..plain).unwrap_or_default());
        let escape = at.saturating_add(plain);
        let tail = rest.get(plain.saturating_add(1)..).unwrap_or_default();
        let (replacement, length) = one(tail, escape, diags);
        out.extend(replacement);
        at = escape.saturating_add(1).saturating_add(length);
        runs.push((out.len(), at));
    }
    Prepared { text: Cow::Owned(out), runs }
}

/// What a backslash and the text behind it stand for, and how many octets of that text belong to it.
fn one(tail: &str, at: usize, diags: &mut Diags) -> (Option<char>, usize) {
    // Blanks at the end of a line don't count, so a backslash before them is the line's last character.
    let blanks = tail.len().saturating_sub(tail.trim_start_matches([' ', '\t', '\r']).len());
    let behind = tail.get(blanks..).unwrap_or_default();
    if behind.is_empty() {
        return (None, blanks);
    }
    if behind.starts_with('\n') {
        // ExaBGP 5 lets the backslash escape the first character of the next line; 6 removes it, as is meant.
        return (None, blanks.saturating_add(1));
    }
    match tail.chars().next() {
        // A line end within a statement separates words, and only that.
        Some('n' | 'r') => (Some('\r'), 1),
        Some('t') => (Some('\t'), 1),
        Some('b') => (Some('\u{8}'), 1),
        Some('f') => (Some('\u{c}'), 1),
        Some('u') => {
            let digits = tail.get(1..5).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
            let point = digits.and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32);
            if point.is_none() {
                let end = at.saturating_add(2);
                diags.push(
                    Diag::error("this is no character", Span { start: at, end })
                        .hint("\\u and four hexadecimal digits, as in \\u00e9; for a backslash write \\\\"),
                );
            }
            (point, if point.is_some() { 5 } else { 1 })
        }
        Some(other) => (Some(other), other.len_utf8()),
        None => (None, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(text: &str) -> String {
        let mut diags = Diags::default();
        let text = Prepared::new(text, &mut diags).text.into_owned();
        assert!(diags.is_empty());
        text
    }

    #[test]
    fn continuations_join_lines() {
        assert_eq!(prepared("route \\\n  next-hop self;"), "route   next-hop self;");
        // In the first column too, where ExaBGP 5 makes a line end of `\n`.
        assert_eq!(prepared("route \\ \t\nnext-hop self;"), "route next-hop self;");
    }

    #[test]
    fn escapes_are_resolved_before_quotes_are_known() {
        assert_eq!(prepared(r#""a\"b" \# \\d \d \u00e9"#), "\"a\"b\" # \\d d é");
        assert_eq!(prepared("ends \\"), "ends ");
    }

    #[test]
    fn places_are_those_of_the_file() {
        let mut diags = Diags::default();
        let source = "a \\\n b\\td \\\\e";
        let prepared = Prepared::new(source, &mut diags);
        assert_eq!(&*prepared.text, "a  b\td \\e");
        for word in ["a", "b", "d", "e"] {
            let at = prepared.text.find(word).unwrap();
            assert_eq!(prepared.place(at), source.find(word).unwrap(), "{word}");
        }
    }

    #[test]
    fn a_wrong_character_is_an_error() {
        let mut diags = Diags::default();
        Prepared::new("a \\u12", &mut diags);
        assert!(diags.has_errors());
    }
}
