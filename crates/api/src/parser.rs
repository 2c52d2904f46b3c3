//! A helper's lines into steps, in the helper's own task.
//!
//! Lines of routes are most of what helpers write, and most of them repeat what stands after the prefix. So the
//! common forms take a short way: the prefix is read here, the text after it is looked up in a memo, and nothing is
//! allocated. Whatever the short way does not understand goes the long way, through [`crate::command`], which also
//! says what is wrong with it: both accept the same lines.

mod fast;
mod note;
mod prefix;

use std::sync::Arc;

use bgp_wire::Nlri;
use rib::{Attrs, Interner, Memo};
use route_text::{Action, Life, Routes, Selector, Words};

use crate::batch::{AckLevel, Batch, RouteStep, Step, Target, Terms, Watchdog};
use crate::command::{self, Command, Parsed};
use crate::error::CommandError;

/// What a line costs that goes the long way, in lines that go the short one: finding out what a wrong word was meant to
/// be is the most of it.
const SLOW: usize = 16;

/// Makes steps of one helper's lines.
#[derive(Debug)]
pub struct Parser {
    interner: Arc<Interner>,
    clauses: Memo<Ready>,
    selectors: Memo<Arc<Selector>>,
    /// The selector of the last line that went the short way, and its text with the space after it.
    last: Option<Target>,
    last_text: Vec<u8>,
    batch: Batch,
    /// Lines since the last batch that went the long way.
    slow_lines: usize,
    /// Lines of this process so far.
    lines: u64,
    /// Every answer is to be an object.
    json: bool,
}

/// What stands after a prefix, ready to be used again.
#[derive(Clone, Debug)]
struct Ready {
    attributes: Attrs,
    path_id: Option<u32>,
    terms: Option<Arc<Terms>>,
    /// It has a next hop, so it can be announced.
    complete: bool,
}

impl Parser {
    /// A parser for one helper. The interner is everyone's.
    pub fn new(interner: Arc<Interner>) -> Self {
        Self {
            interner,
            clauses: Memo::new(),
            selectors: Memo::new(),
            last: None,
            last_text: Vec::new(),
            batch: Batch::default(),
            slow_lines: 0,
            lines: 0,
            json: false,
        }
    }

    /// Takes a line, without its end: any octets at all. Empty lines are passed over, all others make at least one
    /// step.
    pub fn line(&mut self, line: &[u8]) {
        self.lines = self.lines.wrapping_add(1);
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        if self.json || line.starts_with(b"id ") || line.starts_with(b"ack ") {
            return self.noted(line);
        }
        if self.fast(line) {
            return;
        }
        self.slow_lines = self.slow_lines.saturating_add(1);
        if let Err(error) = self.slow(line) {
            self.batch.steps.push(Step::Refused(Box::new(error)));
        }
    }

    /// Takes note of a line that was longer than `limit` octets and was not read.
    pub fn oversized(&mut self, limit: usize) {
        self.lines = self.lines.wrapping_add(1);
        if self.json {
            self.note(None, AckLevel::default());
        }
        let error = CommandError::line(limit, "the line is too long");
        self.batch.steps.push(Step::Refused(Box::new(error)));
    }

    /// Steps taken so far: when to hand them over is the caller's choice. One line of `split` or of many NLRI can
    /// make up to a million.
    pub fn steps(&self) -> usize {
        self.batch.steps.len()
    }

    /// What the steps so far have cost, in steps of the short way: a turn should be over after some thousand.
    pub fn effort(&self) -> usize {
        self.slow_lines.saturating_mul(SLOW).saturating_add(self.steps())
    }

    /// Hands over the steps; none if there are none.
    pub fn take(&mut self) -> Option<Batch> {
        self.slow_lines = 0;
        if self.batch.steps.is_empty() {
            return None;
        }
        self.last = None;
        // The next batch will be about as long.
        let next =
            Batch { steps: Vec::with_capacity(self.batch.steps.len().min(1024)), selectors: Vec::new() };
        Some(std::mem::replace(&mut self.batch, next))
    }

    /// Forgets the steps: another process took the helper's place.
    pub fn clear(&mut self) {
        self.batch = Batch::default();
        self.last = None;
        (self.lines, self.json) = (0, false);
    }

    /// The way that knows everything.
    fn slow(&mut self, line: &[u8]) -> Result<(), CommandError> {
        let text = std::str::from_utf8(line)
            .map_err(|e| CommandError::line(e.valid_up_to(), "the line is not UTF-8"))?;
        if let Some(at) = memchr::memchr(0, line) {
            return Err(CommandError::line(at, "the line holds a NUL"));
        }
        if let Some(comment) = text.strip_prefix('#') {
            let comment = Command::Comment(comment.trim().into());
            self.batch.steps.push(Step::Command(Target::Attached, Box::new(comment)));
            return Ok(());
        }
        let (selector, parsed) = self.read(text)?;
        let target = selector.map_or(Target::Attached, |s| self.batch.select(&Arc::new(s)));
        match parsed {
            Parsed::Routes(action, routes) => {
                self.routes(action, routes, target);
                self.end_line();
            }
            Parsed::Group(all) => {
                let count = |wanted| {
                    let routes = all.iter().filter(|(action, _)| *action == wanted);
                    let nlris: usize = routes.map(|(_, routes)| routes.nlris.len()).sum();
                    u32::try_from(nlris).unwrap_or(u32::MAX)
                };
                let (announced, withdrawn) = (count(Action::Announce), count(Action::Withdraw));
                for (action, routes) in all {
                    self.routes(action, routes, target);
                }
                let done = Command::Grouped { announced, withdrawn };
                self.batch.steps.push(Step::Command(target, Box::new(done)));
            }
            Parsed::Command(command) => {
                if let Command::Answers { json } = command {
                    self.json = json;
                }
                self.batch.steps.push(Step::Command(target, Box::new(command)));
            }
        }
        Ok(())
    }

    /// Reads a line in either grammar. `sync` may end it, and asks for an answer once all is written.
    fn read(&mut self, text: &str) -> Result<(Option<Selector>, Parsed), CommandError> {
        let error = match command::read(Words::new(text)) {
            Ok(read) => return Ok(read),
            Err(error) => error,
        };
        match text.strip_suffix(" sync").map(|shorter| command::read(Words::new(shorter))) {
            Some(Ok(read)) => {
                self.note_sync();
                Ok(read)
            }
            _ => Err(error.into()),
        }
    }

    fn routes(&mut self, action: Action, routes: Routes, target: Target) {
        let announce = action == Action::Announce;
        let clause = routes.clause;
        let terms = terms(clause.watchdog, clause.withdrawn, clause.life).filter(|_| announce);
        let attributes = self.interner.intern(clause.attributes);
        for nlri in routes.nlris {
            self.route(nlri, action, Some(Arc::clone(&attributes)), terms.clone(), target);
        }
    }

    fn route(
        &mut self,
        nlri: Nlri,
        action: Action,
        attributes: Option<Attrs>,
        terms: Option<Arc<Terms>>,
        target: Target,
    ) {
        let withdraws = action == Action::Withdraw;
        let step = RouteStep { nlri, attributes, terms, target, withdraws, ends_line: false };
        self.batch.steps.push(Step::Route(step));
    }

    /// The route last added is the last of its line.
    fn end_line(&mut self) {
        if let Some(Step::Route(route)) = self.batch.steps.last_mut() {
            route.ends_line = true;
        }
    }
}

/// What a clause says beside its attributes: a clause with both is refused before.
fn terms(watchdog: Option<Box<str>>, withdrawn: bool, life: Option<Life>) -> Option<Arc<Terms>> {
    let watchdog = watchdog.map(|name| Terms::Watchdog(Watchdog { name, withdrawn }));
    watchdog.or(life.map(Terms::Life)).map(Arc::new)
}

#[cfg(test)]
mod tests;
