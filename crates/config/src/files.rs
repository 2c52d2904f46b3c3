//! The files that one configuration is made of, and where each octet that was parsed is from.
//!
//! What is parsed is not always what was written: included files stand where they are included, and variables have
//! become their values. Parsers know nothing of it: their places are those of what they parse. [`Files::explain`] makes
//! places of what was written of them, in all files one after the other, which is what a report shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Language;
use crate::diag::{Diag, Diags, Source, Span};
use crate::env::Environment;
use crate::variables::{Found, Scanner, plain};

/// Most files that one configuration may have: files that include files grow without end otherwise.
const MAX_FILES: usize = 1000;

/// One file.
#[derive(Debug)]
struct File {
    source: Arc<Source>,
    folder: PathBuf,
    /// What makes it the same file under another name.
    identity: PathBuf,
    /// Octet where it starts in all files one after the other.
    start: usize,
    /// The file that includes it.
    parent: Option<usize>,
}

/// Octets of what is parsed, and what was written.
#[derive(Clone, Copy, Debug)]
struct Piece {
    parsed: Span,
    written: Span,
    /// Octet for octet; otherwise a variable and its value.
    verbatim: bool,
}

/// All files of a configuration.
#[derive(Debug)]
pub(crate) struct Files<'e> {
    environment: &'e Environment,
    language: Language,
    all: Vec<File>,
    /// In the order of what is parsed. What is before the first is parsed as it was written.
    pieces: Vec<Piece>,
    /// Octets that parsers got.
    parsed: usize,
    /// What is wrong with variables and included files, at places of what was written.
    wrong: Vec<Diag>,
    has_variables: bool,
}

impl<'e> Files<'e> {
    /// Whether the value of a variable stands in what was parsed.
    pub(crate) const fn has_variables(&self) -> bool {
        self.has_variables
    }

    /// Those of a configuration whose main file is `main`, in `folder`.
    pub(crate) fn new(main: Source, folder: &Path, language: Language, environment: &'e Environment) -> Self {
        let identity = identity(Path::new(&main.path));
        let main =
            File { source: Arc::new(main), folder: folder.to_owned(), identity, start: 0, parent: None };
        Self {
            environment,
            language,
            all: vec![main],
            pieces: Vec::new(),
            parsed: 0,
            wrong: Vec::new(),
            has_variables: false,
        }
    }

    /// The texts that were written, and where each starts in all files one after the other.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.all.iter().map(|file| (file.start, file.source.text.as_str()))
    }

    /// Where variables have their values from.
    pub(crate) const fn environment(&self) -> &'e Environment {
        self.environment
    }

    /// The main file as it is parsed; in ExaBGP's language with what it includes.
    pub(crate) fn main(&mut self) -> Arc<Source> {
        let Some(source) = self.all.first().map(|file| file.source.clone()) else { return Arc::default() };
        let includes = self.language == Language::ExaBgp && source.text.contains("include");
        if !includes && !source.text.contains("${") {
            // It may be all the routes there are: it is parsed where it is.
            self.parsed = source.text.len();
            return source;
        }
        let mut text = String::with_capacity(source.text.len());
        self.append(0, &source.text, &mut text);
        self.parsed = text.len();
        Arc::new(Source { path: source.path.clone(), text })
    }

    /// A file that is parsed after the others, as a text of its own; `at` is the place where it is included. Blanks
    /// stand for what was parsed before it, so that no place means two things.
    pub(crate) fn document(&mut self, path: &str, at: Span) -> Option<Source> {
        let at = self.written(at);
        let index = self.include(path, at)?;
        let source = self.all.get(index)?.source.clone();
        let mut text = " ".repeat(self.parsed);
        self.append(index, &source.text, &mut text);
        self.parsed = text.len();
        Some(Source { path: source.path.clone(), text })
    }

    /// Appends a file as it is parsed.
    fn append(&mut self, index: usize, text: &str, out: &mut String) {
        let start = self.all.get(index).map_or(0, |file| file.start);
        let mut copied = 0usize;
        for found in Scanner::new(text, self.language, self.environment) {
            let at = found.at();
            self.verbatim(text, Span { start: copied, end: at.start }, start, out);
            copied = at.end;
            let written = at.moved(start);
            match found {
                Found::Escape(_) => {}
                Found::Variable { value: Ok(value), .. } => {
                    self.has_variables = true;
                    let from = out.len();
                    out.push_str(&value);
                    let parsed = Span { start: from, end: out.len() };
                    self.pieces.push(Piece { parsed, written, verbatim: false });
                }
                Found::Variable { value: Err((message, hint)), .. } => {
                    self.wrong.push(Diag::error(message, written).hint(hint));
                    // A word that is never right: what is said about it is not told.
                    let from = out.len();
                    out.push('?');
                    let parsed = Span { start: from, end: out.len() };
                    self.pieces.push(Piece { parsed, written, verbatim: false });
                }
                Found::Include { path, ended, .. } => {
                    if !ended {
                        self.wrong.push(
                            Diag::error("a ';' is missing at the end of this statement", written)
                                .hint("write include \"FILE\";"),
                        );
                    }
                    let place = path.moved(start);
                    let path = text.get(path.start..path.end).unwrap_or_default();
                    match plain(path, self.environment) {
                        Ok(path) => {
                            if let Some(index) = self.include(&path, place)
                                && let Some(source) = self.all.get(index).map(|file| file.source.clone())
                            {
                                self.append(index, &source.text, out);
                                // Its last line may be a comment.
                                out.push('\n');
                            }
                        }
                        Err((message, hint)) => self.wrong.push(Diag::error(message, place).hint(hint)),
                    }
                }
            }
        }
        self.verbatim(text, Span { start: copied, end: text.len() }, start, out);
    }

    fn verbatim(&mut self, text: &str, at: Span, start: usize, out: &mut String) {
        let from = out.len();
        out.push_str(text.get(at.start..at.end).unwrap_or_default());
        if out.len() > from {
            let parsed = Span { start: from, end: out.len() };
            self.pieces.push(Piece { parsed, written: at.moved(start), verbatim: true });
        }
    }

    /// Reads a file that is included at a place; none, and why, when it can't be.
    fn include(&mut self, path: &str, at: Span) -> Option<usize> {
        let mut refuse = |message: String, hint: String| {
            self.wrong.push(Diag::error(message, at).hint(hint));
            None
        };
        let parent = self.all.iter().rposition(|file| file.start <= at.start)?;
        let includer = self.all.get(parent)?;
        if path.is_empty() {
            return refuse("include names no file".to_owned(), "as in include \"peers.conf\"".to_owned());
        }
        let full = includer.folder.join(path);
        let identity = identity(&full);
        let mut above = Some(parent);
        while let Some(file) = above.and_then(|index| self.all.get(index)) {
            if file.identity == identity {
                let chain = format!("{path} is read already, and this is part of it");
                return refuse(format!("{path} includes itself"), chain);
            }
            above = file.parent;
        }
        if self.all.len() >= MAX_FILES {
            return refuse(format!("more than {MAX_FILES} files are included"), String::new());
        }
        let text = match std::fs::read(&full).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(e)) => {
                let octet = e.utf8_error().valid_up_to();
                return refuse(format!("{path}: octet {octet} is no UTF-8 text"), String::new());
            }
            Err(e) => {
                let hint =
                    format!("looked for {}; a path is relative to the file it stands in", full.display());
                return refuse(format!("{path} can't be read: {e}"), hint);
            }
        };
        let source = Source { path: full.display().to_string(), text };
        let language = Language::of(&source);
        if language != self.language && !is_blank(&source.text) {
            let (own, other) = match self.language {
                Language::Toml => ("TOML", "ExaBGP's language"),
                Language::ExaBgp => ("ExaBGP's language", "TOML"),
            };
            return refuse(
                format!("{path} is {other}, and this file is {own}"),
                format!("exabgp-rs migrate {path} translates it"),
            );
        }
        let start = self.all.last().map_or(0, |last| last.start.saturating_add(last.source.text.len()));
        let folder = full.parent().unwrap_or(Path::new("")).to_owned();
        // One octet between files, so that the end of one is not the start of the next.
        let start = start.saturating_add(1);
        self.all.push(File { source: Arc::new(source), folder, identity, start, parent: Some(parent) });
        self.all.len().checked_sub(1)
    }

    /// The place of what was written, for one of what was parsed.
    pub(crate) fn written(&self, span: Span) -> Span {
        let piece = |index: Option<usize>| index.and_then(|i| self.pieces.get(i));
        let before = self.pieces.partition_point(|p| p.parsed.start <= span.start);
        let start = match piece(before.checked_sub(1)) {
            Some(p) if !p.verbatim && span.start < p.parsed.end => p.written.start,
            Some(p) => {
                p.written.start.saturating_add(span.start.saturating_sub(p.parsed.start)).min(p.written.end)
            }
            None => span.start,
        };
        let before = self.pieces.partition_point(|p| p.parsed.start < span.end);
        let end = match piece(before.checked_sub(1)) {
            Some(p) if !p.verbatim => p.written.end,
            Some(p) => {
                p.written.start.saturating_add(span.end.saturating_sub(p.parsed.start)).min(p.written.end)
            }
            None => span.end,
        };
        Span { start, end: end.max(start) }
    }

    /// Moves what was found to the places of what was written, and adds what is wrong with variables and included
    /// files; what a variable's lack led to is not told. Returns the files.
    pub(crate) fn explain(self, diags: &mut Diags) -> Vec<(usize, Arc<Source>)> {
        if !self.pieces.is_empty() {
            diags.relocate(|span| self.written(span));
        }
        let wrong: Vec<Span> = self.wrong.iter().filter_map(|d| d.at).collect();
        let one_line = |at: Span| {
            let file = self.all.iter().rfind(|file| file.start <= at.start);
            file.is_some_and(|file| {
                let (start, end) = (at.start.saturating_sub(file.start), at.end.saturating_sub(file.start));
                file.source.text.get(start..end).is_some_and(|text| !text.contains('\n'))
            })
        };
        if !wrong.is_empty() {
            diags.retain(|at| !wrong.iter().any(|w| at.start < w.end && w.start < at.end) || !one_line(at));
        }
        self.wrong.into_iter().for_each(|diag| diags.push(diag));
        self.all.into_iter().map(|file| (file.start, file.source)).collect()
    }
}

fn identity(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether a text has only comments.
fn is_blank(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}
