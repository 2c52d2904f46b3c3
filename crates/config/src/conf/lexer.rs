//! Statements and words of ExaBGP's language, read one by one; nothing is copied.

use std::borrow::Cow;

use smallvec::SmallVec;

/// What ends a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// `;`
    Semicolon,
    /// `{`
    Open,
    /// `}`
    Close,
    /// The end of its line, which is a mistake.
    Line,
    /// The end of its line, inside a quotation that starts here.
    Quote(usize),
}

/// The words up to `;`, `{` or `}`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement<'a> {
    /// All of it without what ends it; may be empty before `}`.
    pub(super) text: &'a str,
    /// Octet of the text where it starts.
    pub(super) at: usize,
    /// What ends it.
    pub(super) end: End,
    /// Octet of the text where that stands.
    pub(super) stop: usize,
}

/// A word and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Token<'a> {
    /// Without its quotes.
    pub(super) text: Cow<'a, str>,
    /// First octet in the text.
    pub(super) at: usize,
    /// Octet behind the last.
    pub(super) end: usize,
    /// Whether any of it was quoted: punctuation in quotes is none.
    pub(super) quoted: bool,
}

impl Token<'_> {
    /// Whether this is the unquoted `text`.
    pub(super) fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }
}

/// The words of one statement; most have two.
pub(super) type Tokens<'a> = SmallVec<[Token<'a>; 4]>;

/// Reads statements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether only blanks and comments are left.
    pub(super) fn at_end(mut self) -> bool {
        self.skip();
        self.at >= self.text.len()
    }

    /// Reads over `{`, if it is the next thing.
    pub(super) fn accept_open(&mut self) -> bool {
        let mut ahead = *self;
        ahead.skip();
        let found = ahead.text.as_bytes().get(ahead.at) == Some(&b'{');
        if found {
            ahead.at = ahead.at.saturating_add(1);
            *self = ahead;
        }
        found
    }

    /// Reads over blanks and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(blank) = rest.iter().position(|b| !b.is_ascii_whitespace()) else {
                self.at = self.text.len();
                return;
            };
            self.at = self.at.saturating_add(blank);
            if rest.get(blank) != Some(&b'#') {
                return;
            }
            let rest = rest.get(blank..).unwrap_or_default();
            let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            self.at = self.at.saturating_add(length);
        }
    }

    /// Reads the next statement.
    pub(super) fn next(&mut self) -> Option<Statement<'a>> {
        self.skip();
        let start = self.at;
        let bytes = self.text.as_bytes();
        if start >= bytes.len() {
            return None;
        }
        let mut at = start;
        let end = loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(plain) = rest.iter().position(|b| SPECIAL.contains(b)) else {
                at = bytes.len();
                break End::Line;
            };
            at = at.saturating_add(plain);
            match rest.get(plain) {
                Some(b';') => break End::Semicolon,
                Some(b'{') => break End::Open,
                Some(b'}') => break End::Close,
                Some(quote @ (b'"' | b'\'')) => {
                    let inside = rest.get(plain.saturating_add(1)..).unwrap_or_default();
                    let close = inside.iter().position(|b| b == quote || *b == b'\n');
                    let closed = close.filter(|close| inside.get(*close) == Some(quote));
                    let Some(closed) = closed else {
                        let open = at;
                        at = at.saturating_add(1).saturating_add(close.unwrap_or(inside.len()));
                        break End::Quote(open);
                    };
                    at = at.saturating_add(closed).saturating_add(2);
                }
                // A line end, or a comment, which lasts until there.
                _ => break End::Line,
            }
        };
        let one = usize::from(matches!(end, End::Semicolon | End::Open | End::Close));
        self.at = at.saturating_add(one);
        let text = self.text.get(start..at).unwrap_or_default().trim_end();
        Some(Statement { text, at: start, end, stop: at })
    }
}

/// What ends a statement or may hide what does.
const SPECIAL: &[u8] = b";{}\"'#\n";

impl<'a> Statement<'a> {
    /// The first word, which is the keyword; empty when there is none.
    pub(super) fn keyword(&self) -> &'a str {
        let length = self.text.find(|c: char| c.is_ascii_whitespace() || "[],\"'".contains(c));
        self.text.get(..length.unwrap_or(self.text.len())).unwrap_or_default()
    }

    /// What follows the keyword, and where it starts.
    pub(super) fn rest(&self) -> (&'a str, usize) {
        let length = self.keyword().len();
        (self.text.get(length..).unwrap_or_default(), self.at.saturating_add(length))
    }

    /// All words.
    pub(super) fn words(&self) -> Tokens<'a> {
        let mut words = Tokens::new();
        let mut at = 0;
        while let Some(word) = word(self.text, self.at, &mut at) {
            words.push(word);
        }
        words
    }
}

/// Reads the word at `at`, if there is one more. `base` is where the text starts.
fn word<'a>(text: &'a str, base: usize, at: &mut usize) -> Option<Token<'a>> {
    let bytes = text.as_bytes();
    let blank = bytes.get(*at..)?.iter().position(|b| !b.is_ascii_whitespace())?;
    let start = at.saturating_add(blank);
    let token = |text: Cow<'a, str>, end: usize, quoted| Token {
        text,
        at: base.saturating_add(start),
        end: base.saturating_add(end),
        quoted,
    };
    let body = start.saturating_add(1);
    if matches!(bytes.get(start), Some(b'[' | b']' | b',')) {
        *at = body;
        return Some(token(Cow::Borrowed(text.get(start..body)?), body, false));
    }
    let tail = bytes.get(start..)?;
    let stops = |b: &u8| b.is_ascii_whitespace() || b"[],\"'".contains(b);
    let length = tail.iter().position(stops).unwrap_or(tail.len());
    let end = start.saturating_add(length);
    let plain = text.get(start..end)?;
    let Some(quote) = bytes.get(end).filter(|b| matches!(b, b'"' | b'\'')) else {
        *at = end;
        return Some(token(Cow::Borrowed(plain), end, false));
    };
    // What is glued to a quotation in front of it belongs to it.
    let open = end.saturating_add(1);
    let inside = bytes.get(open..)?;
    let close = open.saturating_add(inside.iter().position(|b| b == quote).unwrap_or(inside.len()));
    let content = text.get(open..close)?;
    *at = close.saturating_add(1).min(bytes.len());
    let content =
        if plain.is_empty() { Cow::Borrowed(content) } else { Cow::Owned(format!("{plain}{content}")) };
    Some(token(content, *at, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(text: &str) -> Vec<(&str, End)> {
        let mut lexer = Lexer::new(text);
        std::iter::from_fn(|| lexer.next()).map(|s| (s.text, s.end)).collect()
    }

    fn words(text: &str) -> Vec<String> {
        let mut lexer = Lexer::new(text);
        let statement = lexer.next().unwrap();
        statement
            .words()
            .iter()
            .map(|w| if w.quoted { format!("<{}>", w.text) } else { w.text.to_string() })
            .collect()
    }

    #[test]
    fn statements_end_where_they_are_ended() {
        assert_eq!(
            statements("a b; c { d e; } # f {\n g h\n i"),
            [
                ("a b", End::Semicolon),
                ("c", End::Open),
                ("d e", End::Semicolon),
                ("", End::Close),
                ("g h", End::Line),
                ("i", End::Line)
            ]
        );
        assert_eq!(statements("a # b;\r\nc;"), [("a", End::Line), ("c", End::Semicolon)]);
        assert_eq!(statements(" \n# only\n"), []);
    }

    #[test]
    fn quotes_hide_what_is_special() {
        assert_eq!(
            statements("a \"b; { } # c\"; d 'e;';"),
            [("a \"b; { } # c\"", End::Semicolon), ("d 'e;'", End::Semicolon)]
        );
        assert_eq!(statements("a \"b;\nc;"), [("a \"b;", End::Quote(2)), ("c", End::Semicolon)]);
    }

    #[test]
    fn words_are_split_as_exabgp_does() {
        assert_eq!(words("a [b,c](d) x\"y z\"w;"), ["a", "[", "b", ",", "c", "]", "(d)", "<xy z>", "w"]);
        assert_eq!(words("md5-password '';"), ["md5-password", "<>"]);
    }
}
