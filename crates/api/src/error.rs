//! Why a line was refused.

use std::borrow::Cow;
use std::fmt::Write as _;

use route_text::TextError;
use thiserror::Error;

/// Octets of an offending word that are kept: a line may have a million, and this goes into the log.
const WORD: usize = 80;

/// A line that was refused. The helper is told `error`; this is for the log and for dialects that say more.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}", .message, self.describe())]
pub struct CommandError {
    /// Octet offset of the offending word in the line.
    pub at: usize,
    /// The offending word, shortened when long; empty at the end of the line.
    pub word: Box<str>,
    /// What is wrong, for people.
    pub message: Cow<'static, str>,
    /// What to write instead, for people; may be empty.
    pub hint: Cow<'static, str>,
}

impl CommandError {
    /// An error about the line as a whole, from octet `at` on.
    #[cold]
    pub(crate) fn line(at: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self { at, word: "".into(), message: message.into(), hint: Cow::Borrowed("") }
    }

    fn describe(&self) -> String {
        let mut text = String::new();
        if !self.word.is_empty() {
            text = format!(": '{}'", self.word.escape_debug());
        }
        let _ = write!(text, " at octet {}", self.at);
        if !self.hint.is_empty() {
            let _ = write!(text, " ({})", self.hint);
        }
        text
    }
}

impl From<TextError> for CommandError {
    fn from(error: TextError) -> Self {
        let mut word = error.word;
        if word.len() > WORD {
            let end = (0..=WORD).rev().find(|i| word.is_char_boundary(*i)).unwrap_or(0);
            word.truncate(end);
            word.push('…');
        }
        Self { at: error.at, word: word.into(), message: error.message, hint: error.hint }
    }
}

#[cfg(test)]
mod tests {
    use route_text::Word;

    use super::*;

    #[test]
    fn errors_say_where_and_stay_short() {
        let word = "é".repeat(1_000_000);
        let error =
            TextError::new(Word { text: &word, at: 7, quoted: false }, "unknown keyword").hint("write med");
        let text = CommandError::from(error).to_string();
        assert!(
            text.starts_with("unknown keyword: 'éé") && text.ends_with("…' at octet 7 (write med)"),
            "{text}"
        );
        assert!(text.len() < 200);
    }
}
