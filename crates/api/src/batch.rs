//! What a helper's task hands over: its lines as steps, in their order.

use std::sync::Arc;

use bgp_wire::Nlri;
use rib::Attrs;
use route_text::{Life, Selector};

use crate::command::Command;
use crate::error::CommandError;

/// The lines that were there to be read, parsed. Every line makes one step, but that a line of many routes makes one
/// step per route; each line but the silent ones is owed one answer, at the step that [`Step::answers`].
#[derive(Debug, Default)]
pub struct Batch {
    /// What is to be done, in the order of the lines.
    pub steps: Vec<Step>,
    /// The selectors that [`Target::Selected`] points into.
    pub selectors: Vec<Arc<Selector>>,
}

/// Which neighbors a step is meant for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Target {
    /// No selector was written: every neighbor the helper is attached to; every neighbor for `show`.
    #[default]
    Attached,
    /// Those that match this one of [`Batch::selectors`], and that the helper is attached to.
    Selected(u32),
}

/// One thing to do.
#[derive(Debug)]
pub enum Step {
    /// Announce or withdraw a route.
    Route(RouteStep),
    /// Anything else.
    Command(Target, Box<Command>),
    /// How the line that follows is to be answered.
    Note(Box<Note>),
    /// A line that makes no sense: `error` for the helper, the rest for the log.
    Refused(Box<CommandError>),
}

/// One route.
#[derive(Debug)]
pub struct RouteStep {
    /// What is reachable.
    pub nlri: Nlri,
    /// How; of a withdrawal what it says beside the NLRI, if anything: there are sequences of messages that send it.
    pub attributes: Option<Attrs>,
    /// What is said about it that is not sent.
    pub terms: Option<Arc<Terms>>,
    /// Whom to tell.
    pub target: Target,
    /// It is withdrawn.
    pub withdraws: bool,
    /// The last route of its line: time for the answer, which is `error` if nobody matched or any of them failed.
    pub ends_line: bool,
}

/// How a line is to be answered, if not by a bare word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What the helper calls it; it comes back in the answer.
    pub id: Option<Box<str>>,
    /// Which line of the helper's process it is, from 1 on, empty ones counted.
    pub line: u64,
    /// When it is answered.
    pub level: AckLevel,
    /// Whether the answer is an object; a bare word otherwise.
    pub json: bool,
}

/// When a command is answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum AckLevel {
    /// When it has been understood and is under way.
    Parsed,
    /// When its routes are where peers take them from.
    #[default]
    Queued,
    /// When its octets have been written to every peer that it reached and whose session is up.
    Written,
}

impl AckLevel {
    /// Its name in commands and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parsed => "parsed",
            Self::Queued => "queued",
            Self::Written => "written",
        }
    }
}

/// On which terms a route is announced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Terms {
    /// It belongs to a group that is switched on and off.
    Watchdog(Watchdog),
    /// It expires.
    Life(Life),
}

/// What a route says about its watchdog group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Watchdog {
    /// Name of the group.
    pub name: Box<str>,
    /// Held back until the group is announced.
    pub withdrawn: bool,
}

impl Step {
    /// Whether the helper is owed an answer after this step, acknowledgements being on.
    pub fn answers(&self) -> bool {
        match self {
            Self::Route(route) => route.ends_line,
            Self::Command(_, command) => command.answers(),
            Self::Note(_) => false,
            Self::Refused(_) => true,
        }
    }
}

impl Batch {
    /// The selector of a target; none for [`Target::Attached`].
    pub fn selector(&self, target: Target) -> Option<&Selector> {
        match target {
            Target::Attached => None,
            Target::Selected(index) => {
                usize::try_from(index).ok().and_then(|i| self.selectors.get(i)).map(|s| &**s)
            }
        }
    }

    /// A target for a selector. Neighbouring lines mostly share theirs, so only the last few are compared.
    pub(crate) fn select(&mut self, selector: &Arc<Selector>) -> Target {
        let known = self.selectors.iter().enumerate().rev().take(4).find(|(_, s)| Arc::ptr_eq(s, selector));
        let index = known.map_or(self.selectors.len(), |(i, _)| i);
        if index == self.selectors.len() {
            self.selectors.push(selector.clone());
        }
        Target::Selected(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_cache_line() {
        assert!(size_of::<Step>() <= 72, "{}", size_of::<Step>());
    }
}
