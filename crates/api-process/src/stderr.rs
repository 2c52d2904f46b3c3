//! A helper's stderr, line by line into the log.

use std::fmt::Write;
use std::io;

use tokio::net::unix::pipe;

use crate::spawn::read_now;
use crate::split::{Item, Splitter};

/// Longest line logged; a longer one is cut.
const LINE: usize = 4096;
/// Read per turn.
const READ: usize = 8192;
/// Most that is read after the process has ended: a last message, not a backlog.
const LAST: usize = 64 << 10;

/// Our end of the pipe, closed or open.
#[derive(Debug)]
pub(crate) struct Stderr {
    pipe: Option<pipe::Receiver>,
    lines: Splitter,
}

impl Stderr {
    pub(crate) fn closed() -> Self {
        Self { pipe: None, lines: Splitter::with_read(LINE, READ) }
    }

    pub(crate) fn open(&mut self, pipe: pipe::Receiver) {
        self.pipe = Some(pipe);
    }

    /// Waits until [`Stderr::log`] has something to do. Cancel safe; for ever once closed.
    pub(crate) async fn ready(&self) {
        match &self.pipe {
            None => std::future::pending().await,
            // An error shows in the read.
            Some(pipe) => drop(pipe.readable().await),
        }
    }

    /// Reads once and logs the lines read.
    pub(crate) fn log(&mut self, helper: &str) {
        let Some(pipe) = &self.pipe else { return };
        let outcome = pipe.try_read(self.lines.space());
        self.took(outcome, helper);
    }

    /// The process has ended: logs what it left in the pipe, and closes.
    pub(crate) fn last(&mut self, helper: &str) {
        let mut budget = LAST;
        while budget > 0
            && let Some(pipe) = &self.pipe
        {
            match read_now(pipe, self.lines.space()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                outcome => {
                    budget = budget.saturating_sub(READ);
                    self.took(outcome, helper);
                }
            }
        }
        if let Some(piece) = self.lines.finish().filter(|piece| !piece.is_empty()) {
            log_line(helper, piece, "");
        }
        self.pipe = None;
    }

    fn took(&mut self, outcome: io::Result<usize>, helper: &str) {
        match outcome {
            Ok(0) => self.pipe = None,
            Ok(n) => self.lines.filled(n),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {}
                _ => self.pipe = None,
            },
        }
        while let Some(item) = self.lines.next() {
            match item {
                Item::Line(line) => log_line(helper, line, ""),
                Item::Oversized(head) => log_line(helper, head, " (cut)"),
            }
        }
    }
}

fn log_line(helper: &str, line: &[u8], suffix: &str) {
    if !line.is_empty() {
        tracing::info!(target: "helper", helper, "{}{suffix}", printable(line));
    }
}

/// Text that can not forge another log line or drive a terminal.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for character in String::from_utf8_lossy(bytes).chars() {
        if character.is_control() && character != '\t' {
            // Writing to a String does not fail.
            let _ = write!(text, "{}", character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_not_forge_the_log() {
        assert_eq!(printable(b"a\tb\r\x1b[31m\xff\0"), "a\tb\\r\\u{1b}[31m\u{fffd}\\u{0}");
    }
}
