//! What stands before a command and says how it is to be answered: `id 17 ack written announce route …`.

use route_text::{TextError, Words};

use super::Parser;
use crate::batch::{AckLevel, Note, Step};
use crate::error::CommandError;

/// Octets of an id: it is kept until the answer, and comes back in it.
const ID: usize = 128;

impl Parser {
    /// Takes a line that is answered with an object, or that may be.
    pub(super) fn noted(&mut self, line: &[u8]) {
        let (rest, at) = match self.prefix(line) {
            Ok(at) => (line.get(at..).unwrap_or_default(), at),
            Err(error) => {
                if self.json {
                    self.note(None, AckLevel::default());
                }
                self.batch.steps.push(Step::Refused(Box::new(error)));
                return;
            }
        };
        if self.fast(rest) {
            return;
        }
        self.slow_lines = self.slow_lines.saturating_add(1);
        if let Err(mut error) = self.slow(rest) {
            error.at = error.at.saturating_add(at);
            self.batch.steps.push(Step::Refused(Box::new(error)));
        }
    }

    /// Reads `id ID` and `ack LEVEL`; where the command begins.
    fn prefix(&mut self, line: &[u8]) -> Result<usize, CommandError> {
        let (mut id, mut level) = (None, None);
        if line.starts_with(b"id ") || line.starts_with(b"ack ") {
            let text = std::str::from_utf8(line)
                .map_err(|e| CommandError::line(e.valid_up_to(), "the line is not UTF-8"))?;
            let mut words = Words::new(text);
            if words.accept("id") {
                id = Some(read_id(&mut words)?);
            }
            if words.accept("ack") {
                level = Some(read_level(&mut words)?);
            }
            let command = words.peek().ok_or_else(|| words.end("a command"))?.at;
            self.note(id, level.unwrap_or_default());
            return Ok(command);
        }
        self.note(None, AckLevel::default());
        Ok(0)
    }

    /// The line under way is answered so.
    pub(super) fn note(&mut self, id: Option<Box<str>>, level: AckLevel) {
        let note = Note { id, line: self.lines, level, json: true };
        self.batch.steps.push(Step::Note(Box::new(note)));
    }

    /// The line under way is answered once it is written.
    pub(super) fn note_sync(&mut self) {
        if let Some(Step::Note(note)) = self.batch.steps.last_mut() {
            note.level = AckLevel::Written;
            return;
        }
        let note = Note { id: None, line: self.lines, level: AckLevel::Written, json: false };
        self.batch.steps.push(Step::Note(Box::new(note)));
    }
}

fn read_id(words: &mut Words<'_>) -> Result<Box<str>, TextError> {
    let word = words.expect("an id")?;
    if word.text.len() > ID {
        return Err(TextError::new(word, "this id is too long").hint("up to 128 octets"));
    }
    Ok(word.text.into())
}

fn read_level(words: &mut Words<'_>) -> Result<AckLevel, TextError> {
    let word = words.expect("when to answer")?;
    match word.text {
        "parsed" => Ok(AckLevel::Parsed),
        "queued" => Ok(AckLevel::Queued),
        "written" => Ok(AckLevel::Written),
        _ => Err(TextError::new(word, "there is no such moment").hint("parsed, queued or written")),
    }
}
