//! What all sections have in common: statements one by one, and what is said when braces or semicolons are missing.

use crate::clauses::Clauses;
use crate::conf::lexer::{End, Lexer, Statement, Token, Tokens};
use crate::conf::prepare::Prepared;
use crate::diag::{At, Diag, Diags, Span};
use crate::secret::is_secret;
use crate::suggest;
use crate::value::{Refusal, Scalar, Value};

/// Reads a file; sections of it are functions in files of their own.
pub(super) struct Reader<'a, 'd> {
    prepared: &'a Prepared<'a>,
    lexer: Lexer<'a>,
    pub(super) diags: &'d mut Diags,
    pub(super) clauses: Clauses,
    /// Sections that are open, outermost first, each with its keyword's place.
    open: Vec<(&'static str, Span)>,
    /// A statement that belongs into an outer section, because braces are missing, and how many sections are open
    /// there.
    pending: Option<(Statement<'a>, usize)>,
    /// The statement that was just handed out stood before a `}`.
    closing: bool,
    /// The file ended with open sections, and that was said.
    ended: bool,
}

/// Sections that stand on the top level alone.
const ROOT: [&str; 2] = ["neighbor", "template"];

impl<'a, 'd> Reader<'a, 'd> {
    pub(super) fn new(prepared: &'a Prepared<'a>, clauses: Clauses, diags: &'d mut Diags) -> Self {
        let lexer = Lexer::new(&prepared.text);
        Self {
            prepared,
            lexer,
            diags,
            clauses,
            open: Vec::new(),
            pending: None,
            closing: false,
            ended: false,
        }
    }

    /// A place of the text as one of the file.
    pub(super) fn span(&self, at: usize, end: usize) -> Span {
        Span { start: self.prepared.place(at), end: self.prepared.place(end) }
    }

    /// The place of a word.
    pub(super) fn at(&self, token: &Token<'_>) -> Span {
        self.span(token.at, token.end)
    }

    /// The place of a statement's keyword, or of what ends it when there is none.
    pub(super) fn keyword_at(&self, statement: &Statement<'_>) -> Span {
        match statement.keyword().len() {
            0 => self.span(statement.at, statement.stop.saturating_add(1)),
            length => self.span(statement.at, statement.at.saturating_add(length)),
        }
    }

    /// The section that is read.
    pub(super) fn section(&self) -> &'static str {
        self.open.last().map_or("", |(name, _)| name)
    }

    /// Hands the statements of the top level to `each`.
    pub(super) fn root(&mut self, mut each: impl FnMut(&mut Self, &Statement<'a>)) {
        loop {
            while let Some(statement) = self.next() {
                each(self, &statement);
            }
            if self.pending.is_none() {
                break;
            }
        }
    }

    /// Hands the statements of the section that `header` opens to `each`, up to its closing brace.
    pub(super) fn block(
        &mut self,
        name: &'static str,
        header: &Statement<'a>,
        mut each: impl FnMut(&mut Self, &Statement<'a>),
    ) {
        if header.end != End::Open {
            let at = self.keyword_at(header);
            let keyword = header.keyword();
            self.diags.push(
                Diag::error(format!("{keyword} is a section"), at)
                    .hint(format!("write {keyword} {{, its statements, and }}")),
            );
            return;
        }
        // No language of ours nests deeper: what does is no configuration, and must not eat the stack.
        self.open.push((name, self.keyword_at(header)));
        while let Some(statement) = self.next() {
            each(self, &statement);
        }
        self.open.pop();
    }

    /// Reads over the section that `header` opens, if it opens one.
    pub(super) fn skip(&mut self, header: &Statement<'a>) {
        if header.end != End::Open {
            return;
        }
        let mut depth = 1usize;
        while let Some(statement) = self.lexer.next() {
            self.hide(&statement);
            match statement.end {
                End::Open => depth = depth.saturating_add(1),
                End::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// The next statement of the section that is read; none when it is closed.
    pub(super) fn next(&mut self) -> Option<Statement<'a>> {
        if let Some((statement, depth)) = self.pending {
            if depth == self.open.len() {
                self.pending = None;
                return Some(statement);
            }
            return None;
        }
        if std::mem::take(&mut self.closing) {
            return None;
        }
        loop {
            let Some(mut statement) = self.lexer.next() else {
                self.not_closed();
                return None;
            };
            self.hide(&statement);
            match statement.end {
                End::Close if statement.text.is_empty() => {
                    if !self.open.is_empty() {
                        return None;
                    }
                    self.extra_brace(&statement);
                    return None;
                }
                End::Close => {
                    self.unended(&statement);
                    statement.end = End::Semicolon;
                    if self.open.is_empty() {
                        self.extra_brace(&statement);
                        return None;
                    }
                    self.closing = true;
                }
                End::Line => {
                    if self.lexer.accept_open() {
                        let at = self.span(statement.at, statement.stop);
                        self.diags.push(
                            Diag::error(
                                format!("the '{{' of {} is on another line", statement.keyword()),
                                at,
                            )
                            .hint(format!("write {} {{", statement.text)),
                        );
                        statement.end = End::Open;
                    } else {
                        self.unended(&statement);
                        statement.end = End::Semicolon;
                    }
                }
                End::Quote(open) => {
                    let at = self.span(open, open.saturating_add(1));
                    self.diags
                        .push(Diag::error("this quotation is not closed on its line", at).hint(
                            "close it; a quote can't be part of a text that is quoted in the same way",
                        ));
                    statement.end = End::Semicolon;
                }
                End::Semicolon if statement.text.is_empty() => {
                    let at = self.keyword_at(&statement);
                    self.diags.push(Diag::warning("nothing stands before this ';'", at).hint("remove it"));
                    continue;
                }
                End::Open if statement.text.is_empty() => {
                    let at = self.keyword_at(&statement);
                    self.diags
                        .push(Diag::error("this section has no name", at).hint("as in neighbor 192.0.2.1 {"));
                    self.skip(&statement);
                    continue;
                }
                End::Semicolon | End::Open => {}
            }
            if self.belongs_to_root(&statement) {
                self.move_out(statement, 0);
                return None;
            }
            return Some(statement);
        }
    }

    /// Whether a statement opens a section of the top level within another one.
    fn belongs_to_root(&self, statement: &Statement<'_>) -> bool {
        let keyword = statement.keyword();
        let parent = self.section();
        let nested = matches!((parent, keyword), ("template" | "group", "neighbor"));
        // What 3.x wrote into neighbors is indented there.
        let first_column = || {
            let place = self.prepared.place(statement.at);
            place.checked_sub(1).is_none_or(|before| self.starts_line(before))
        };
        !self.open.is_empty()
            && statement.end == End::Open
            && !nested
            && (ROOT.contains(&keyword) || (matches!(keyword, "process" | "group") && first_column()))
    }

    fn starts_line(&self, before: usize) -> bool {
        self.prepared.text.as_bytes().get(before) == Some(&b'\n')
    }

    /// Ends sections until `depth` of them are open, where the statement belongs.
    fn move_out(&mut self, statement: Statement<'a>, depth: usize) {
        let Some((name, opened)) = self.open.last().copied() else { return };
        let at = self.keyword_at(&statement);
        let keyword = statement.keyword();
        self.diags.push(
            Diag::error(format!("{keyword} stands within {name}, which is not closed"), at)
                .related(opened, "opened here")
                .hint("add '}' before it"),
        );
        self.pending = Some((statement, depth));
    }

    /// A statement that is unknown here: moves it to the neighbor when it is a section of one, else reports it.
    /// `known` are the words that would have been right.
    pub(super) fn unknown(&mut self, statement: &Statement<'a>, known: &[&str]) {
        let keyword = statement.keyword();
        let neighbor = self.open.iter().rposition(|(name, _)| matches!(*name, "neighbor" | "group"));
        if let Some(index) = neighbor
            && index.saturating_add(1) < self.open.len()
            && statement.end == End::Open
            && super::neighbor::SECTIONS.contains(&keyword)
            && self.section() != "announce"
        {
            self.move_out(*statement, index.saturating_add(1));
            return;
        }
        let section = match self.section() {
            "" => "the top level".to_owned(),
            name => name.to_owned(),
        };
        let at = self.keyword_at(statement);
        let what = if statement.end == End::Open { "section" } else { "keyword" };
        let diag = Diag::error(format!("invalid {what} \"{keyword}\" in {section}"), at);
        let diag = match super::legacy::instead(&section, keyword) {
            Some(hint) => diag.hint(hint),
            None => suggest::add(diag, keyword, known.iter().copied()),
        };
        self.diags.push_unknown(diag);
        self.skip(statement);
    }

    fn unended(&mut self, statement: &Statement<'_>) {
        let end = statement.at.saturating_add(statement.text.len());
        let last = statement.text.trim_end().rfind([' ', '\t']).map_or(0, |i| i.saturating_add(1));
        let at = self.span(statement.at.saturating_add(last), end);
        let last = statement.text.get(last..).unwrap_or_default();
        let hint = format!("write {last};");
        let keyword = statement.keyword();
        // The word itself may be a secret.
        let hint = if is_secret(keyword) { "add it".to_owned() } else { hint };
        self.diags.push(Diag::error("a ';' is missing at the end of this statement", at).hint(hint));
    }

    fn not_closed(&mut self) {
        let Some((name, at)) = self.open.last() else { return };
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let hint = match self.open.len() {
            1 => "add '}' where it ends".to_owned(),
            n => format!("add '}}' where it ends; {n} sections are open at the end of the file"),
        };
        self.diags.push(Diag::warning(format!("{name} is not closed"), *at).hint(hint));
    }

    /// ExaBGP reads no further, and so do we, but not in silence.
    fn extra_brace(&mut self, statement: &Statement<'_>) {
        let at = self.span(statement.stop, statement.stop.saturating_add(1));
        if !self.lexer.at_end() {
            self.diags.push(
                Diag::warning("this '}' closes nothing: everything behind it is ignored", at)
                    .hint("remove it"),
            );
        }
        self.lexer = Lexer::new("");
    }

    /// Hides the values of passwords, misspelt keywords included.
    fn hide(&mut self, statement: &Statement<'_>) {
        if is_secret(statement.keyword()) {
            let (_, at) = statement.rest();
            let at = self.span(at, statement.stop);
            self.diags.hide(at);
        }
    }

    /// Says that words behind a complete statement mean nothing.
    pub(super) fn no_more(&mut self, words: &Tokens<'a>, from: usize) {
        if let (Some(first), Some(last)) = (words.get(from), words.last()) {
            let at = self.span(first.at, last.end);
            self.diags.push(Diag::warning("this is ignored", at).hint("remove it, or is a ';' missing?"));
        }
    }

    /// The one value of a statement. `bare` is what the keyword alone means; without it, that is an error.
    pub(super) fn value<T>(
        &mut self,
        statement: &Statement<'a>,
        bare: Option<T>,
        read: impl Fn(Scalar<'_>) -> Value<T>,
    ) -> Option<At<T>> {
        let keyword = statement.keyword();
        if statement.end == End::Open {
            let at = self.keyword_at(statement);
            self.diags.push(
                Diag::error(format!("{keyword} is no section"), at).hint(format!("write {keyword} VALUE;")),
            );
            self.skip(statement);
            return None;
        }
        let words = statement.words();
        let Some(word) = words.get(1) else {
            let at = self.keyword_at(statement);
            if bare.is_none() {
                let what = read(Scalar::Text("")).err().map(|refusal| refusal.hint).unwrap_or_default();
                self.diags.push(Diag::error(format!("{keyword} has no value"), at).hint(what));
            }
            return bare.map(|value| At::new(value, at));
        };
        self.no_more(&words, 2);
        self.read(keyword, word, read)
    }

    /// One word as a value.
    pub(super) fn read<T>(
        &mut self,
        keyword: &str,
        word: &Token<'_>,
        read: impl Fn(Scalar<'_>) -> Value<T>,
    ) -> Option<At<T>> {
        let at = self.at(word);
        match read(Scalar::Text(&word.text)) {
            Ok(value) => Some(At::new(value, at)),
            Err(Refusal { message, hint }) => {
                self.diags.push(Diag::error(format!("{keyword}: {message}"), at).hint(hint));
                None
            }
        }
    }

    /// The values of a statement: one word, or several between brackets; commas between them are blanks when
    /// `commas` says so. None when the brackets are wrong.
    pub(super) fn list(
        &mut self,
        statement: &Statement<'a>,
        commas: bool,
        single: bool,
    ) -> Option<Vec<Token<'a>>> {
        let keyword = statement.keyword();
        let words = statement.words();
        let at = self.keyword_at(statement);
        match words.get(1) {
            Some(open) if open.is("[") => {
                let close = words.iter().position(|w| w.is("]"));
                let Some(close) = close else {
                    let at = self.at(open);
                    self.diags.push(
                        Diag::error(format!("this list of {keyword} is not closed"), at)
                            .hint("add ' ]' behind its last word"),
                    );
                    return None;
                };
                self.no_more(&words, close.saturating_add(1));
                let inside = words.iter().take(close).skip(2);
                Some(inside.filter(|w| !commas || !w.is(",")).cloned().collect())
            }
            Some(word) if single => {
                self.no_more(&words, 2);
                Some(vec![word.clone()])
            }
            Some(word) => {
                let at = self.at(word);
                self.diags.push(
                    Diag::error(format!("{keyword} is a list"), at)
                        .hint(format!("write {keyword} [ {} ];", word.text)),
                );
                None
            }
            None => {
                self.diags.push(
                    Diag::error(format!("{keyword} has no value"), at)
                        .hint(format!("write {keyword} [ NAME ];")),
                );
                None
            }
        }
    }
}
