//! Helpers of the attribute tests: text and JSON of one value.

use std::fmt::Write as _;

use crate::attr::Attribute;
use crate::emit::{Emit, HexCase, Spacing};
use crate::text::{TextError, Words};

/// Octets of a text, all of which must be read.
pub(crate) fn parsed<A: Attribute>(text: &str) -> Result<Vec<u8>, TextError> {
    let (mut words, mut out) = (Words::new(text), Vec::new());
    A::parse(&mut words, &mut out)?;
    match words.next_word() {
        None => Ok(out),
        Some(word) => Err(TextError::new(word, "left over")),
    }
}

pub(crate) fn printed<A: Attribute>(value: &[u8]) -> String {
    let mut out = String::new();
    A::print(value, &mut out);
    out
}

pub(crate) fn written<A: Attribute>(value: &[u8]) -> String {
    let mut out = String::new();
    A::print_input(value, &mut out);
    out
}

pub(crate) fn emitted<A: Attribute>(value: &[u8]) -> String {
    let mut out = Json::default();
    A::emit(value, &mut out);
    out.text
}

/// A plain JSON writer with the spacing of the dialects.
#[derive(Default)]
pub(crate) struct Json {
    pub(crate) text: String,
    open: Vec<(Spacing, usize)>,
    keyed: bool,
}

impl Json {
    fn separate(&mut self) {
        if std::mem::take(&mut self.keyed) {
            return;
        }
        if let Some((spacing, count)) = self.open.last_mut() {
            match (*count, *spacing) {
                (0, Spacing::Tight) => {}
                (0, _) => self.text.push(' '),
                (n, Spacing::Odd) if n > 1 => self.text.push_str(" , "),
                _ => self.text.push_str(", "),
            }
            *count += 1;
        }
    }

    fn begin(&mut self, bracket: char, spacing: Spacing) {
        self.separate();
        self.text.push(bracket);
        self.open.push((spacing, 0));
    }

    fn end(&mut self, bracket: char) {
        if let Some((Spacing::Wide | Spacing::Odd, _)) = self.open.pop() {
            self.text.push(' ');
        }
        self.text.push(bracket);
    }
}

impl Emit for Json {
    fn begin_object(&mut self, spacing: Spacing) {
        self.begin('{', spacing);
    }
    fn end_object(&mut self) {
        self.end('}');
    }
    fn begin_list(&mut self, spacing: Spacing) {
        self.begin('[', spacing);
    }
    fn end_list(&mut self) {
        self.end(']');
    }
    fn key(&mut self, key: &str) {
        self.separate();
        let _ = write!(self.text, "\"{key}\": ");
        self.keyed = true;
    }
    fn text(&mut self, value: &str) {
        self.separate();
        self.text.push_str(&serde_json::to_string(value).unwrap());
    }
    fn number(&mut self, value: u64) {
        self.separate();
        let _ = write!(self.text, "{value}");
    }
    fn null(&mut self) {
        self.separate();
        self.text.push_str("null");
    }
    fn large_number(&mut self, digits: &dyn std::fmt::Display) {
        self.separate();
        let _ = write!(self.text, "{digits}");
    }
    fn boolean(&mut self, value: bool) {
        self.separate();
        let _ = write!(self.text, "{value}");
    }
    fn hex(&mut self, prefix: &str, bytes: &[u8], case: HexCase) {
        let mut digits = String::new();
        for byte in bytes {
            let _ = write!(digits, "{byte:02x}");
        }
        let digits = if case == HexCase::Upper { digits.to_uppercase() } else { digits };
        self.text(&format!("{prefix}{digits}"));
    }
    fn display(&mut self, value: &dyn std::fmt::Display) {
        self.text(&value.to_string());
    }
}
