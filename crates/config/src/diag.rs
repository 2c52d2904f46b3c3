//! What is wrong with a configuration, where, and what to write instead.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A range of octets of a source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// First octet.
    pub start: usize,
    /// Octet after the last.
    pub end: usize,
}

impl Span {
    /// The same octets of a text that starts `by` octets later.
    pub(crate) const fn moved(self, by: usize) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A value and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub at: Span,
}

impl<T> At<T> {
    /// A value that stands at a place.
    pub fn new(value: T, at: Span) -> Self {
        Self { value, at }
    }
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The configuration works, but perhaps not as meant.
    Warning,
    /// The configuration is not used.
    Error,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diag {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; none when it is nowhere in the file.
    pub at: Option<Span>,
    /// What to write instead; may be empty.
    pub hint: String,
    /// Another place that explains it, with what is there.
    pub related: Option<(Span, &'static str)>,
}

impl Diag {
    /// An error.
    pub fn error(message: impl Into<String>, at: Span) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            at: Some(at),
            hint: String::new(),
            related: None,
        }
    }

    /// A warning.
    pub fn warning(message: impl Into<String>, at: Span) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message, at) }
    }

    /// Says what to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Shows another place too.
    #[must_use]
    pub fn related(mut self, at: Span, what: &'static str) -> Self {
        self.related = Some((at, what));
        self
    }
}

/// Most diagnostics that are kept: a file with a million wrong routes is explained by fewer.
const MAX_KEPT: usize = 500;

/// Collects what is wrong while the reading goes on.
#[derive(Clone, Debug, Default)]
pub struct Diags {
    kept: Vec<Diag>,
    /// Places of secrets, which no report shows.
    secrets: Vec<Span>,
    /// Errors found, kept or not.
    errors: usize,
    dropped: usize,
    /// Unknown words are no errors.
    lenient: bool,
}

impl Diags {
    /// Adds one.
    pub fn push(&mut self, diag: Diag) {
        if diag.severity == Severity::Error {
            self.errors = self.errors.saturating_add(1);
        }
        if self.kept.len() < MAX_KEPT {
            self.kept.push(diag);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Adds one about what several neighbors have from the same place, unless it is there already.
    pub(crate) fn push_once(&mut self, diag: Diag) {
        if !self.kept.iter().any(|kept| kept.at == diag.at && kept.message == diag.message) {
            self.push(diag);
        }
    }

    /// Adds one about a word that nobody knows: an error, or only a warning where that was asked for.
    pub(crate) fn push_unknown(&mut self, mut diag: Diag) {
        if self.lenient {
            diag.severity = Severity::Warning;
        }
        self.push(diag);
    }

    /// Takes unknown words as warnings from now on.
    pub(crate) fn lenient(&mut self) {
        self.lenient = true;
    }

    /// Hides a place of the file from the report.
    pub(crate) fn hide(&mut self, at: Span) {
        self.secrets.push(at);
    }

    /// Changes all places.
    pub(crate) fn relocate(&mut self, to: impl Fn(Span) -> Span) {
        for diag in &mut self.kept {
            diag.at = diag.at.map(&to);
            diag.related = diag.related.map(|(at, what)| (to(at), what));
        }
        for secret in &mut self.secrets {
            *secret = to(*secret);
        }
    }

    /// Forgets what was found at some places.
    pub(crate) fn retain(&mut self, keep: impl Fn(Span) -> bool) {
        let errors = &mut self.errors;
        self.kept.retain(|diag| {
            let kept = diag.at.is_none_or(&keep);
            if !kept && diag.severity == Severity::Error {
                *errors = errors.saturating_sub(1);
            }
            kept
        });
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether the configuration can't be used.
    pub const fn has_errors(&self) -> bool {
        self.errors > 0
    }
}

/// A text and the name of its file.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// As the user named it.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// A file of a report.
#[derive(Clone, Debug)]
struct Shown {
    path: String,
    /// Its first line, counted through all files.
    line: usize,
}

/// Everything that was found in one configuration, in the order of its file, included files behind it.
#[derive(Clone, Debug)]
pub struct Report {
    files: Vec<Shown>,
    /// All files, one after the other.
    text: String,
    /// Octet offset of each line.
    lines: Vec<usize>,
    diags: Diags,
}

impl Report {
    /// Sorts what was found by its place in the files, each of which starts at an octet.
    pub(crate) fn new(sources: Vec<(usize, Arc<Source>)>, mut diags: Diags) -> Self {
        let mut text = String::new();
        let mut lines = vec![0];
        let mut files = Vec::new();
        let found = !diags.is_empty();
        for (start, source) in sources {
            let source = Arc::unwrap_or_clone(source);
            if start > 0 && found {
                // The octet between files.
                text.push('\n');
                lines.push(text.len());
            }
            files.push(Shown { path: source.path, line: lines.len().saturating_sub(1) });
            // Nothing of it will be shown when nothing was found, and it may be as large as all the routes in it.
            if found {
                let ends = source.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
                lines.extend(ends.map(|(at, _)| start.saturating_add(at).saturating_add(1)));
                if text.is_empty() {
                    text = source.text;
                } else {
                    text.push_str(&source.text);
                }
            }
        }
        let text = masked(text, &diags.secrets);
        diags.kept.sort_by_key(|d| d.at);
        Self { files, text, lines, diags }
    }

    /// What was found.
    pub fn diags(&self) -> &[Diag] {
        &self.diags.kept
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.diags.is_empty()
    }

    /// Whether the configuration can't be used.
    pub const fn has_errors(&self) -> bool {
        self.diags.has_errors()
    }

    /// One line each, as in `conf.toml:3:8: error: … (…)`, for the log.
    pub fn short_lines(&self) -> impl Iterator<Item = String> + '_ {
        self.diags.kept.iter().map(|d| {
            let severity = match d.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let mut line = match d.at {
                None => format!("{}: {severity}: {}", self.path(), d.message),
                Some(at) => {
                    let (path, line, column) = self.place(at.start);
                    format!("{path}:{line}:{column}: {severity}: {}", d.message)
                }
            };
            if !d.hint.is_empty() {
                let _ = write!(line, " ({})", d.hint);
            }
            line
        })
    }

    /// The main file.
    fn path(&self) -> &str {
        self.files.first().map_or("", |file| file.path.as_str())
    }

    /// File, line and column of an octet, the last two from 1; the column in characters.
    pub fn place(&self, octet: usize) -> (&str, usize, usize) {
        let line = self.line_of(octet);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..octet).unwrap_or("");
        let (path, line) = self.file_of(line);
        (path, line, before.chars().count().saturating_add(1))
    }

    /// The file that a line is in, and its number there, both from 1.
    fn file_of(&self, line: usize) -> (&str, usize) {
        let file = self.files.iter().rfind(|file| file.line < line);
        file.map_or(("", line), |file| (file.path.as_str(), line.saturating_sub(file.line)))
    }

    /// Number of the line that holds an octet, from 1.
    fn line_of(&self, octet: usize) -> usize {
        self.lines.partition_point(|start| *start <= octet).max(1)
    }

    /// For people, with the lines shown; coloured for a terminal.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for diag in &self.diags.kept {
            out.push_str(&renderer.render(&self.groups(diag)));
            out.push_str("\n\n");
        }
        let warnings = self.diags.kept.iter().filter(|d| d.severity == Severity::Warning).count();
        let counted = |n: usize, what: &str| match n {
            0 => None,
            1 => Some(format!("1 {what}")),
            n => Some(format!("{n} {what}s")),
        };
        let counts: Vec<_> = [counted(self.diags.errors, "error"), counted(warnings, "warning")]
            .into_iter()
            .flatten()
            .collect();
        let _ = write!(out, "{}: {}", self.path(), counts.join(", "));
        if self.diags.dropped > 0 {
            let _ = write!(out, ", {} not shown", self.diags.dropped);
        }
        out.push('\n');
        out
    }

    fn groups<'a>(&'a self, diag: &'a Diag) -> Vec<Group<'a>> {
        let level = match diag.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(&diag.message);
        let mut groups = Vec::new();
        match diag.at {
            None => groups.push(Group::with_title(title)),
            Some(at) => {
                let mut group = title.element(self.snippet(at, AnnotationKind::Primary, None));
                if let Some((other, what)) = diag.related {
                    group = group.element(self.snippet(other, AnnotationKind::Context, Some(what)));
                }
                groups.push(group);
            }
        }
        if !diag.hint.is_empty() {
            groups.push(Group::with_title(Level::HELP.secondary_title(&diag.hint)));
        }
        groups
    }

    /// The lines around a span: only these are given to the renderer, whatever the size of the file.
    fn snippet<'a>(
        &'a self,
        at: Span,
        kind: AnnotationKind,
        label: Option<&'a str>,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let text = &self.text;
        let line = self.line_of(at.start);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        // A table may span pages: its first line says enough.
        let end = self.lines.get(line).map_or(text.len(), |next| next.saturating_sub(1));
        let window = text.get(start..end).unwrap_or("");
        let from = at.start.saturating_sub(start).min(window.len());
        let to = at.end.saturating_sub(start).clamp(from, window.len());
        let (path, line) = self.file_of(line);
        Snippet::source(window).line_start(line).path(path).annotation(kind.span(from..to).label(label))
    }
}

/// The text with stars for secrets, octet by octet, so that all places stay where they are.
fn masked(text: String, secrets: &[Span]) -> String {
    if secrets.is_empty() {
        return text;
    }
    let mut octets = text.into_bytes();
    for secret in secrets {
        for octet in octets.get_mut(secret.start..secret.end).unwrap_or_default() {
            if *octet != b'\n' {
                *octet = b'*';
            }
        }
    }
    String::from_utf8(octets).unwrap_or_default()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}
