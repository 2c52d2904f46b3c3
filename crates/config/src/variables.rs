//! Environment variables in configurations: `${NAME}`, `${NAME:-VALUE}`, and `$${` for the text `${` itself. And, in
//! ExaBGP's language, `include FILE;`, which is found by the same look through the text.
//!
//! They are replaced before anything is parsed. In TOML only texts can hold variables, in ExaBGP's language everything
//! but comments and `run`, whose shells have variables of their own. A value never ends what it stands in: what would
//! is escaped or refused.

use std::fmt::Write as _;

use crate::Language;
use crate::diag::Span;
use crate::env::Environment;

/// What is wrong with a variable, and what to do instead.
type Wrong = (String, String);

/// What is not parsed as it was written.
#[derive(Debug)]
pub(crate) enum Found {
    /// The first octet of `$${`.
    Escape(Span),
    /// A variable and its value as it can stand there.
    Variable { at: Span, value: Result<String, Wrong> },
    /// A whole statement; `path` is the file's name without quotes, `ended` says whether there is a semicolon.
    Include { at: Span, path: Span, ended: bool },
}

impl Found {
    /// What it takes the place of.
    pub(crate) const fn at(&self) -> Span {
        match self {
            Self::Escape(at) | Self::Variable { at, .. } | Self::Include { at, .. } => *at,
        }
    }
}

/// What the scanner is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Within {
    Nothing,
    Comment,
    /// A quotation: its quote, how many of them, and whether a backslash escapes.
    Quotes(u8, usize, bool),
}

/// Finds variables and included files. Knows where texts and comments are; of the grammar nothing else.
pub(crate) struct Scanner<'t, 'e> {
    text: &'t str,
    language: Language,
    environment: &'e Environment,
    at: usize,
    within: Within,
    /// Octet where the statement starts, in ExaBGP's language.
    statement: Option<usize>,
}

impl Iterator for Scanner<'_, '_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let octet = self.rest().bytes().next()?;
            let found = match octet {
                b'$' if self.may_expand() => self.variable(),
                b'i' if self.statement.is_none() && self.within == Within::Nothing => self.include(),
                _ => None,
            };
            if let Some(found) = found {
                self.at = match found {
                    // The rest of what was escaped is text.
                    Found::Escape(at) => at.end.saturating_add("${".len()),
                    _ => found.at().end,
                };
                return Some(found);
            }
            self.step(octet);
        }
    }
}

impl<'t, 'e> Scanner<'t, 'e> {
    pub(crate) const fn new(text: &'t str, language: Language, environment: &'e Environment) -> Self {
        Self { text, language, environment, at: 0, within: Within::Nothing, statement: None }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn span(&self, length: usize) -> Span {
        Span { start: self.at, end: self.at.saturating_add(length) }
    }

    /// What begins with a dollar here, if it is ours.
    fn variable(&mut self) -> Option<Found> {
        if self.rest().starts_with("$${") {
            return Some(Found::Escape(self.span(1)));
        }
        let variable = Variable::read(self.rest())?;
        if self.within == Within::Nothing {
            self.statement.get_or_insert(self.at);
        }
        let value = variable.value(self.environment, self.language, self.within);
        Some(Found::Variable { at: self.span(variable.length), value })
    }

    /// The statement `include FILE;`, if it is one.
    fn include(&self) -> Option<Found> {
        let rest = self.rest();
        let name = rest.strip_prefix("include").filter(|_| self.language == Language::ExaBgp)?;
        name.strip_prefix([' ', '\t', '"', '\''])?;
        let line = rest.split(['\n', '#']).next().unwrap_or_default();
        let ended = line.find(';');
        let statement = line.get(..ended.unwrap_or(line.len()))?.trim_end();
        let quoted = statement.strip_prefix("include")?.trim();
        let quote = |c: char| c == '"' || c == '\'';
        let path = quoted.trim_matches(quote);
        let behind = quoted.len().saturating_sub(quoted.trim_start_matches(quote).len());
        let start = self.at.saturating_add(statement.rfind(quoted)?).saturating_add(behind);
        let path = Span { start, end: start.saturating_add(path.len()) };
        let length = ended.map_or(statement.len(), |at| at.saturating_add(1));
        Some(Found::Include { at: self.span(length), path, ended: ended.is_some() })
    }

    /// Whether variables are replaced here.
    fn may_expand(&self) -> bool {
        match (self.language, self.within) {
            (_, Within::Comment) | (Language::Toml, Within::Nothing) => false,
            (Language::Toml, Within::Quotes(..)) => true,
            (Language::ExaBgp, _) => {
                let statement = self.statement.and_then(|at| self.text.get(at..self.at)).unwrap_or_default();
                statement.split_ascii_whitespace().next() != Some("run")
            }
        }
    }

    /// Goes over one octet, or over all quotes that open or close a text.
    fn step(&mut self, octet: u8) {
        let mut width = 1usize;
        match (self.within, octet) {
            // Quotes of one line are not closed by another: that is a mistake, and the next line tells nothing wrong.
            (Within::Comment | Within::Quotes(_, 1, _), b'\n') => self.within = Within::Nothing,
            (Within::Nothing, b'#') => self.within = Within::Comment,
            (Within::Nothing, quote @ (b'"' | b'\'')) => {
                self.statement.get_or_insert(self.at);
                let many = self.language == Language::Toml && self.quotes(quote) >= 3;
                width = if many { 3 } else { 1 };
                let escapes = self.language == Language::Toml && quote == b'"';
                self.within = Within::Quotes(quote, width, escapes);
            }
            (Within::Nothing, b';' | b'{' | b'}') => self.statement = None,
            (Within::Nothing, octet) if !octet.is_ascii_whitespace() => {
                self.statement.get_or_insert(self.at);
            }
            (Within::Quotes(_, _, true), b'\\') => width = 2,
            (Within::Quotes(quote, count, _), octet) if octet == quote && self.quotes(quote) >= count => {
                // A text in three quotes may end in quotes of its own: the last three close it.
                width = if count == 1 { 1 } else { self.quotes(quote).min(5) };
                self.within = Within::Nothing;
            }
            _ => {}
        }
        self.at = self.at.saturating_add(width);
        while !self.text.is_char_boundary(self.at) && self.at < self.text.len() {
            self.at = self.at.saturating_add(1);
        }
    }

    /// How many quotes stand here.
    fn quotes(&self, quote: u8) -> usize {
        self.rest().bytes().take_while(|b| *b == quote).count()
    }
}

/// The comments of a text, each up to the end of its line.
pub(crate) fn comments(text: &str, language: Language, environment: &Environment) -> Vec<Span> {
    let mut scanner = Scanner::new(text, language, environment);
    let mut found = Vec::new();
    while let Some(octet) = scanner.rest().bytes().next() {
        if scanner.within == Within::Nothing && octet == b'#' {
            let length = scanner.rest().lines().next().map_or(0, str::len);
            found.push(scanner.span(length));
        }
        scanner.step(octet);
    }
    found
}

/// A text that is no part of either language, as a file's name is, with its variables replaced.
pub(crate) fn plain(text: &str, environment: &Environment) -> Result<String, Wrong> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, _)) = rest.split_once("${") {
        out.push_str(before);
        let here = rest.get(before.len()..).unwrap_or_default();
        let variable = Variable::read(here);
        let length = variable.as_ref().map_or("${".len(), |v| v.length);
        match variable {
            Some(variable) => out.push_str(&variable.find(environment)?.0),
            None => out.push_str("${"),
        }
        rest = here.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

/// A variable as written.
struct Variable<'t> {
    name: &'t str,
    /// What stands for a variable that is not set, or empty.
    default: Option<&'t str>,
    /// Octets from `$` to `}`.
    length: usize,
}

impl<'t> Variable<'t> {
    /// The variable at the start of a text; what else begins with `${` is none of ours.
    fn read(text: &'t str) -> Option<Self> {
        let inside = text.strip_prefix("${")?;
        let (inside, _) = inside.split_once('}')?;
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let first = name.bytes().next()?;
        let is_name = !first.is_ascii_digit() && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric());
        let one_line = !default.unwrap_or_default().contains(['\n', '"', '\'']);
        let length = inside.len().saturating_add("${}".len());
        (is_name && one_line).then_some(Self { name, default, length })
    }

    /// Its value, and whether it was written in the file.
    fn find(&self, environment: &Environment) -> Result<(String, bool), Wrong> {
        let name = self.name;
        match (environment.get(name), self.default) {
            (Some(value), default) if default.is_none() || !value.is_empty() => match value.to_str() {
                Some(value) => Ok((value.to_owned(), false)),
                None => Err((format!("the environment variable {name} is no UTF-8 text"), String::new())),
            },
            (_, Some(default)) => Ok((default.to_owned(), true)),
            (_, None) => {
                let hint = format!("set it, or write ${{{name}:-VALUE}}; $${{{name}}} is the text itself");
                Err((format!("the environment variable {name} is not set"), hint))
            }
        }
    }

    /// Its value as it can stand where it is written.
    fn value(&self, environment: &Environment, language: Language, within: Within) -> Result<String, Wrong> {
        let (value, own) = self.find(environment)?;
        if own {
            // Written in the file, so already in the file's own form.
            return Ok(value);
        }
        if let Within::Quotes(_, _, true) = within {
            return Ok(escaped(&value));
        }
        let name = self.name;
        let ends = |c: char| match within {
            Within::Quotes(quote, ..) => c == char::from(quote),
            _ => language == Language::ExaBgp && ";{}\"'#".contains(c),
        };
        match value.chars().find(|c| ends(*c) || (c.is_control() && *c != '\t')) {
            // The value may be a password: only the character is shown.
            Some(c) => Err((
                format!("the environment variable {name} holds {c:?}, which can't stand here"),
                format!("put ${{{name}}} into other quotes, or leave that character out"),
            )),
            // ExaBGP's language resolves escapes wherever they are.
            None if language == Language::ExaBgp => Ok(value.replace('\\', "\\\\")),
            None => Ok(value),
        }
    }
}

/// A value within TOML's basic strings.
pub(crate) fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
