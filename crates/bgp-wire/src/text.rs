//! Words of a route line: a lazy cursor over text with places for errors.
//!
//! Brackets, parentheses and commas are words of their own wherever they stand, as in API commands. White space
//! separates words, quotes (`"` or `'`) keep it. Nothing is allocated and nothing is read twice.

use std::borrow::Cow;

use thiserror::Error;

/// A word that was refused, with what was expected in its place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}", self.message, self.describe())]
pub struct TextError {
    /// Octet offset of the offending word in the text.
    pub at: usize,
    /// The offending word; empty at the end of the text.
    pub word: String,
    /// What is wrong with it, for people.
    pub message: Cow<'static, str>,
    /// What to write instead, for people; may be empty.
    pub hint: Cow<'static, str>,
}

impl TextError {
    /// An error about `word`.
    #[cold]
    pub fn new(word: Word<'_>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { at: word.at, word: word.text.to_owned(), message: message.into(), hint: Cow::Borrowed("") }
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = hint.into();
        self
    }

    fn describe(&self) -> String {
        let mut text = String::new();
        if self.word.is_empty() {
            text.push_str(" at the end of the line");
        } else {
            text.push_str(": '");
            text.push_str(&self.word);
            text.push('\'');
        }
        if !self.hint.is_empty() {
            text.push_str(" (");
            text.push_str(&self.hint);
            text.push(')');
        }
        text
    }
}

/// One word and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word without its quotes.
    pub text: &'a str,
    /// Octet offset in the text.
    pub at: usize,
    /// Whether it was quoted (a quoted `[` opens no list).
    pub quoted: bool,
}

impl Word<'_> {
    /// Whether this is the unquoted punctuation or keyword `text`.
    pub fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }
}

/// The words of a text, read one by one.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    text: &'a str,
    at: usize,
}

const PUNCTUATION: &[u8] = b"[](),";

impl<'a> Words<'a> {
    /// Reads the words of `text`.
    pub const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Octet offset reached.
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// The text not read yet, without leading white space.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("").trim_start()
    }

    /// The next word, without reading it.
    pub fn peek(&self) -> Option<Word<'a>> {
        let mut ahead = *self;
        ahead.next_word()
    }

    /// Reads the next word, if there is one.
    pub fn next_word(&mut self) -> Option<Word<'a>> {
        let bytes = self.text.as_bytes();
        let blank = bytes.get(self.at..)?.iter().position(|b| !b.is_ascii_whitespace());
        let start = self.at.saturating_add(blank?);
        let first = *bytes.get(start)?;
        let body = start.saturating_add(1);
        if PUNCTUATION.contains(&first) {
            self.at = body;
            return Some(Word { text: self.text.get(start..body)?, at: start, quoted: false });
        }
        if first == b'"' || first == b'\'' {
            let tail = bytes.get(body..)?;
            let length = tail.iter().position(|b| *b == first).unwrap_or(tail.len());
            let end = body.saturating_add(length);
            self.at = end.saturating_add(1).min(bytes.len());
            return Some(Word { text: self.text.get(body..end)?, at: start, quoted: true });
        }
        let tail = bytes.get(start..)?;
        let length = tail.iter().position(|b| b.is_ascii_whitespace() || PUNCTUATION.contains(b));
        let end = start.saturating_add(length.unwrap_or(tail.len()));
        self.at = end;
        Some(Word { text: self.text.get(start..end)?, at: start, quoted: false })
    }

    /// Reads over all that is left.
    pub const fn skip_all(&mut self) {
        self.at = self.text.len();
    }

    /// Reads the next word, which must be there; `what` says what was expected.
    pub fn expect(&mut self, what: &'static str) -> Result<Word<'a>, TextError> {
        self.next_word().ok_or_else(|| self.end(what))
    }

    /// Reads the next word if it is the unquoted `text`.
    pub fn accept(&mut self, text: &str) -> bool {
        let mut ahead = *self;
        let found = ahead.next_word().is_some_and(|w| w.is(text));
        if found {
            *self = ahead;
        }
        found
    }

    /// Reads one value, or several between brackets `[ a b ]`, and gives each to `each`. Commas between values are
    /// refused unless `commas` is set.
    pub fn list(
        &mut self,
        what: &'static str,
        commas: bool,
        mut each: impl FnMut(Word<'a>) -> Result<(), TextError>,
    ) -> Result<(), TextError> {
        if !self.accept("[") {
            return each(self.expect(what)?);
        }
        loop {
            let word = self.next_word().ok_or_else(|| self.end("a closing ']'"))?;
            if word.is("]") {
                return Ok(());
            }
            if commas && word.is(",") {
                continue;
            }
            each(word)?;
        }
    }

    /// The error of a text that ends too early.
    #[cold]
    pub fn end(&self, what: &'static str) -> TextError {
        let word = Word { text: "", at: self.text.len(), quoted: false };
        TextError::new(word, format!("{what} is missing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(&str, usize)> {
        let mut w = Words::new(text);
        std::iter::from_fn(|| w.next_word()).map(|w| (w.text, w.at)).collect()
    }

    #[test]
    fn punctuation_stands_alone() {
        assert_eq!(
            words(" a [1,2]\tb"),
            [("a", 1), ("[", 3), ("1", 4), (",", 5), ("2", 6), ("]", 7), ("b", 9)]
        );
        assert_eq!(words("x \"a [b] c\" 'd"), [("x", 0), ("a [b] c", 2), ("d", 12)]);
        assert_eq!(words("   "), []);
        assert_eq!(words("é (ü)"), [("é", 0), ("(", 3), ("ü", 4), (")", 6)]);
    }

    #[test]
    fn lists_take_one_or_many() {
        let collect = |text, commas| {
            let mut out = Vec::new();
            let mut w = Words::new(text);
            w.list("a value", commas, |word| {
                out.push(word.text.to_owned());
                Ok(())
            })
            .map(|()| (out, w.rest().to_owned()))
        };
        assert_eq!(collect("1 2", false), Ok((vec!["1".into()], "2".into())));
        assert_eq!(collect("[1 2] 3", false), Ok((vec!["1".into(), "2".into()], "3".into())));
        assert_eq!(collect("[1,2]", true), Ok((vec!["1".into(), "2".into()], String::new())));
        let error = collect("[1 2", false).unwrap_err();
        assert_eq!(error.to_string(), "a closing ']' is missing at the end of the line");
    }
}
