//! A writer of JSON for the tests of this crate, spaced as the dialects space it.

use std::fmt::Write as _;

use crate::cap::{KeyStyle, RawCapability, emit_capabilities, print_capabilities};
use crate::emit::{Emit, HexCase, Spacing};

/// Writes JSON to a string.
#[derive(Default)]
pub(crate) struct Json {
    text: String,
    /// Spacing of each open bracket, and whether it holds something yet.
    open: Vec<(Spacing, bool)>,
    keyed: bool,
}

impl Json {
    /// What was written; panics when a bracket is still open.
    pub(crate) fn finish(self) -> String {
        assert!(self.open.is_empty(), "unbalanced: {}", self.text);
        self.text
    }

    fn separate(&mut self) {
        if std::mem::take(&mut self.keyed) {
            return;
        }
        if let Some((spacing, started)) = self.open.last_mut() {
            match (std::mem::replace(started, true), spacing) {
                (true, _) => self.text.push_str(", "),
                (false, Spacing::Tight) => {}
                (false, _) => self.text.push(' '),
            }
        }
    }

    fn open(&mut self, bracket: char, spacing: Spacing) {
        self.separate();
        self.text.push(bracket);
        self.open.push((spacing, false));
    }

    fn close(&mut self, bracket: char) {
        let (spacing, _) = self.open.pop().unwrap();
        if spacing != Spacing::Tight {
            self.text.push(' ');
        }
        self.text.push(bracket);
    }

    fn raw(&mut self, text: &str) {
        self.separate();
        self.text.push_str(text);
    }
}

impl Emit for Json {
    fn begin_object(&mut self, spacing: Spacing) {
        self.open('{', spacing);
    }
    fn end_object(&mut self) {
        self.close('}');
    }
    fn begin_list(&mut self, spacing: Spacing) {
        self.open('[', spacing);
    }
    fn end_list(&mut self) {
        self.close(']');
    }
    fn key(&mut self, key: &str) {
        self.separate();
        write!(self.text, "\"{key}\": ").unwrap();
        self.keyed = true;
    }
    fn text(&mut self, value: &str) {
        self.raw(&serde_json::to_string(value).unwrap());
    }
    fn number(&mut self, value: u64) {
        self.raw(&value.to_string());
    }
    fn null(&mut self) {
        self.separate();
        self.text.push_str("null");
    }
    fn boolean(&mut self, value: bool) {
        self.raw(&value.to_string());
    }
    fn hex(&mut self, prefix: &str, bytes: &[u8], case: HexCase) {
        self.raw(&format!("\"{prefix}"));
        for byte in bytes {
            match case {
                HexCase::Lower => write!(self.text, "{byte:02x}").unwrap(),
                HexCase::Upper => write!(self.text, "{byte:02X}").unwrap(),
            }
        }
        self.text.push('"');
    }
    fn display(&mut self, value: &dyn std::fmt::Display) {
        self.text(&value.to_string());
    }
}

/// JSON of a received OPEN's capabilities, checked to be JSON, and their text.
pub(crate) fn shown(capabilities: &[RawCapability]) -> (String, String) {
    let mut json = Json::default();
    emit_capabilities(capabilities, KeyStyle::Code, &mut json);
    let json = json.finish();
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
    let mut text = String::new();
    print_capabilities(capabilities, &mut text);
    (json, text)
}
