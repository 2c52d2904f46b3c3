//! The helpers as the reactor knows them: what they wait for, and how they are answered.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use api::batch::{Batch, Step, Target};
use api::command::AckSwitch;
use api::reply::Acks;
use api_process::{Credit, HelperHandle};
use bytes::Bytes;
use config::model::Process;
use rib::TargetId;
use route_text::Selector;
use tracing::warn;

use super::tasks::LongTask;
use crate::limiter::{Limiter, Verdict};

/// One helper and what it has under way.
#[derive(Debug)]
pub(super) struct HelperEntry {
    pub(super) process: Process,
    pub(super) handle: HelperHandle,
    /// Which of its processes runs.
    generation: u32,
    acks: Acks,
    /// Batches that are not done, at most as many as it has credits.
    pub(super) inbox: VecDeque<Work>,
    /// A command that takes more than one turn; the next step waits for it.
    pub(super) task: Option<LongTask>,
    /// One of the routes of the line under way was refused.
    pub(super) line_failed: bool,
    /// Peers it may command; none until they are known.
    pub(super) attached: Option<TargetId>,
    /// Peers that its selectors mean.
    pub(super) selected: HashMap<Arc<Selector>, Option<TargetId>>,
    limiter: Limiter,
}

/// Steps that are not done.
#[derive(Debug)]
pub(super) struct Steps(VecDeque<Step>);

impl Steps {
    pub(super) fn peek(&self) -> Option<&Step> {
        self.0.front()
    }

    pub(super) fn next(&mut self) -> Option<Step> {
        self.0.pop_front()
    }

    pub(super) fn put_back(&mut self, step: Step) {
        self.0.push_front(step);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Step> {
        self.0.iter()
    }
}

/// A batch and how far it is.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) steps: Steps,
    pub(super) selectors: Vec<Arc<Selector>>,
    /// Which of the helper's processes wrote it: nobody else is answered.
    generation: u32,
    #[expect(dead_code, reason = "held for its Drop: the helper may then send another batch")]
    credit: Credit,
}

impl Work {
    pub(super) fn new(batch: Batch, generation: u32, credit: Credit) -> Self {
        Self { steps: Steps(VecDeque::from(batch.steps)), selectors: batch.selectors, generation, credit }
    }

    /// The selector of a target; none when none was written.
    pub(super) fn selector(&self, target: Target) -> Option<&Arc<Selector>> {
        match target {
            Target::Attached => None,
            Target::Selected(index) => self.selectors.get(usize::try_from(index).ok()?),
        }
    }
}

impl HelperEntry {
    pub(super) fn new(process: Process, handle: HelperHandle, ack: bool) -> Self {
        let acks = Acks::new(ack && process.ack);
        Self {
            process,
            handle,
            generation: 1,
            acks,
            inbox: VecDeque::new(),
            task: None,
            line_failed: false,
            attached: None,
            selected: HashMap::new(),
            limiter: Limiter::default(),
        }
    }

    /// Another process has taken its place: it is answered as the settings say.
    pub(super) fn started(&mut self, generation: u32, ack: bool) {
        self.generation = generation;
        self.acks = Acks::new(ack && self.process.ack);
    }

    /// The process whose lines are being done; what it is owed is forgotten when it is gone.
    pub(super) fn answered(&self) -> u32 {
        self.inbox.front().map_or(self.generation, |work| work.generation)
    }

    /// Answers one command.
    pub(super) fn answer(&self, done: bool) {
        if let Some(answer) = self.acks.answer(done) {
            self.tell(answer);
        }
    }

    /// Writes lines that are no acknowledgement.
    pub(super) fn tell(&self, text: &'static [u8]) {
        self.handle.outbox().reply(self.answered(), Bytes::from_static(text));
    }

    /// Switches acknowledgements.
    pub(super) fn switch(&mut self, switch: AckSwitch) {
        if self.answered() != self.generation {
            // The process that asked is gone; its successor begins as the settings say.
            return;
        }
        if let Some(answer) = self.acks.switch(switch) {
            self.tell(answer);
        }
    }

    /// Says in the log why something was refused, a few times a second at most.
    pub(super) fn complain(&mut self, what: &dyn std::fmt::Display) {
        match self.limiter.ask(Instant::now()) {
            Verdict::Drop => {}
            Verdict::Pass { dropped } => {
                if dropped > 0 {
                    warn!(target: "api", "{}: {dropped} more refusals were not logged", self.process.name);
                }
                warn!(target: "api", "{}: {what}", self.process.name);
            }
        }
    }

    /// Whether it has steps that can be done now.
    pub(super) fn is_runnable(&self) -> bool {
        match &self.task {
            Some(task) => task.is_runnable(),
            None => !self.inbox.is_empty(),
        }
    }
}
