//! The lines of the result, and the comments of the original that belong to them.

use crate::Language;
use crate::diag::Span;
use crate::files::Files;
use crate::variables::comments;

/// A line and what it says again.
struct Line {
    indent: usize,
    text: String,
    /// Where it was written.
    at: Option<Span>,
}

/// The lines of the result.
#[derive(Default)]
pub(super) struct Lines {
    lines: Vec<Line>,
    indent: usize,
}

impl Lines {
    /// Adds a line that says again what stands at a place.
    pub(super) fn push(&mut self, text: impl Into<String>, at: Option<Span>) {
        self.lines.push(Line { indent: self.indent, text: text.into(), at });
    }

    /// Adds an empty line, unless there is one or nothing.
    pub(super) fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.text.is_empty()) {
            self.push("", None);
        }
    }

    /// Lines from here on stand deeper.
    pub(super) const fn deeper(&mut self) {
        self.indent = self.indent.saturating_add(1);
    }

    /// And from here on less deep.
    pub(super) const fn back(&mut self) {
        self.indent = self.indent.saturating_sub(1);
    }

    /// All lines, each with its comments. `place` says where in all files a line's origin is.
    pub(super) fn finish(self, place: impl Fn(Span) -> usize, all: &Comments) -> String {
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (i, line) in self.lines.iter().enumerate() {
            places.extend(line.at.map(|at| (place(at), i)));
        }
        places.sort_unstable();
        // Several comments of one line of the result, in their order.
        let mut above: Vec<(usize, &str)> = Vec::new();
        let mut behind: Vec<(usize, &str)> = Vec::new();
        for comment in &all.0 {
            let after = places.partition_point(|(at, _)| *at < comment.at);
            let same_line =
                after.checked_sub(1).and_then(|i| places.get(i)).filter(|(at, _)| *at >= comment.line);
            let none = self.lines.len();
            match same_line {
                Some((_, line)) if !behind.iter().any(|(other, _)| other == line) => {
                    behind.push((*line, &comment.text));
                }
                _ => above.push((places.get(after).map_or(none, |(_, line)| *line), &comment.text)),
            }
        }
        above.sort_by_key(|(line, _)| *line);
        behind.sort_by_key(|(line, _)| *line);
        let (mut above, mut behind) = (above.into_iter().peekable(), behind.into_iter().peekable());
        let mut out = String::new();
        for (i, line) in self.lines.iter().enumerate() {
            let indent = "    ".repeat(line.indent);
            while let Some((_, comment)) = above.next_if(|(at, _)| *at == i) {
                out.extend([indent.as_str(), comment, "\n"]);
            }
            if !line.text.is_empty() {
                out.extend([indent.as_str(), &line.text]);
            }
            if let Some((_, comment)) = behind.next_if(|(at, _)| *at == i) {
                out.extend([" ", comment]);
            }
            out.push('\n');
        }
        for (_, comment) in above {
            out.extend([comment, "\n"]);
        }
        out
    }
}

/// A comment.
struct Comment {
    /// With its `#`.
    text: String,
    /// Its first octet, in all files.
    at: usize,
    /// The first octet of its line.
    line: usize,
}

/// The comments of all files of a configuration.
pub(super) struct Comments(Vec<Comment>);

impl Comments {
    pub(super) fn of(files: &Files<'_>, language: Language) -> Self {
        let mut all = Vec::new();
        for (start, text) in files.texts() {
            for at in comments(text, language, files.environment()) {
                let before = text.get(..at.start).unwrap_or_default();
                let line = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
                all.push(Comment {
                    text: text.get(at.start..at.end).unwrap_or_default().trim_end().to_owned(),
                    at: start.saturating_add(at.start),
                    line: start.saturating_add(line),
                });
            }
        }
        Self(all)
    }
}
