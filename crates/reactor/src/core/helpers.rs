//! The helpers as the reactor knows them: what they wait for, and how they are answered.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use api::batch::{AckLevel, Batch, Note, Step, Target};
use api::command::{AckSwitch, Grammar};
use api::reply::{Acks, answer};
use api_process::{Credit, HelperHandle};
use bgp_wire::Nlri;
use bytes::Bytes;
use config::env::ApiVersion;
use config::model::Process;
use rib::{OwnerId, PeerId, TargetId};
use route_text::Selector;
use tracing::warn;

use super::batches::Open;
use super::receipts::Wanted;
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
    /// The form of its answers.
    pub(super) grammar: Grammar,
    /// How the line under way is to be answered, if not by a word.
    pub(super) note: Option<Box<Note>>,
    /// Neighbors that the line under way has reached.
    pub(super) reached: Vec<PeerId>,
    /// Every command is answered when it is written.
    pub(super) sync: bool,
    /// The answer that peers are to be asked about before anything else is done.
    pub(super) receipt: Option<Wanted>,
    /// What it has changed since peers last took everything, where changes reach the wire one after the other. No more
    /// than a batch holds.
    pub(super) unsent: HashSet<Nlri>,
    /// Answers that peers have been asked about.
    pub(super) outstanding: usize,
    /// Why the line under way was refused.
    reason: Option<String>,
    /// What it has begun and not committed.
    pub(super) open: Option<Box<Open>>,
    /// Peers it may command; none until they are known.
    pub(super) attached: Option<TargetId>,
    /// Peers that its selectors mean.
    pub(super) selected: HashMap<Arc<Selector>, Option<TargetId>>,
    limiter: Limiter,
    /// The last batch of a client that is owed answers which peers have to be asked about: as long as it is here, the
    /// client is not taken for answered in full.
    pub(super) kept: Option<Work>,
    /// It is no process, but someone at the socket: commands everyone, hears no events.
    pub(super) client: bool,
    /// A client that is not there any more.
    pub(super) gone: bool,
    /// Started by a reload that is not over: nothing of what it says is done yet.
    pub(super) fresh: bool,
    /// In whose name its routes are announced.
    pub(super) owner: OwnerId,
}

/// What became of a command that was to be written to peers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Concluded {
    /// Peers to which all of it has been written.
    pub(super) written: usize,
    /// Peers whose session ended before.
    pub(super) lost: usize,
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
    /// In whose name its routes are announced.
    pub(super) owner: OwnerId,
    #[expect(dead_code, reason = "held for its Drop: the helper may then send another batch")]
    credit: Credit,
}

impl Work {
    pub(super) fn new(batch: Batch, generation: u32, credit: Credit, owner: OwnerId) -> Self {
        let steps = Steps(VecDeque::from(batch.steps));
        Self { steps, selectors: batch.selectors, generation, owner, credit }
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
    pub(super) fn new(process: Process, handle: HelperHandle, ack: bool, owner: OwnerId) -> Self {
        let grammar = grammar(&process);
        let acks = Acks::new(ack && process.ack);
        Self {
            process,
            handle,
            generation: 1,
            acks,
            inbox: VecDeque::new(),
            task: None,
            line_failed: false,
            grammar,
            note: None,
            reached: Vec::new(),
            sync: false,
            receipt: None,
            unsent: HashSet::new(),
            outstanding: 0,
            reason: None,
            open: None,
            attached: None,
            selected: HashMap::new(),
            limiter: Limiter::default(),
            kept: None,
            client: false,
            gone: false,
            fresh: false,
            owner,
        }
    }

    /// Another process has taken its place: it is answered as the settings say.
    pub(super) fn started(&mut self, generation: u32, ack: bool) {
        self.generation = generation;
        self.open = None;
        self.sync = false;
        self.receipt = None;
        self.unsent.clear();
        self.acks = Acks::new(ack && self.process.ack);
        self.grammar = grammar(&self.process);
    }

    /// The process whose lines are being done; what it is owed is forgotten when it is gone.
    pub(super) fn answered(&self) -> u32 {
        self.inbox.front().map_or(self.generation, |work| work.generation)
    }

    /// In whose name the lines are done that are being done.
    pub(super) fn working_owner(&self) -> OwnerId {
        self.inbox.front().map_or(self.owner, |work| work.owner)
    }

    /// Whether it is the process whose routes have this owner.
    pub(super) fn owns(&self, owner: OwnerId) -> bool {
        !self.client && self.owner == owner
    }

    /// Answers one command.
    pub(super) fn answer(&mut self, done: bool) {
        let (note, reason) = (self.note.take(), self.reason.take());
        let reached = std::mem::take(&mut self.reached);
        let written = self.sync || note.as_ref().is_some_and(|note| note.level == AckLevel::Written);
        if done && written && !reached.is_empty() {
            self.receipt = Some(Wanted { note, reached, generation: self.answered(), silent: false });
            return;
        }
        if let Some(note) = note.filter(|note| note.json) {
            // Who gives an id wants to hear of it, acknowledgements or not.
            if self.acks.enabled() || note.id.is_some() {
                self.tell_all(answer::object(&note, done, reached.len(), reason.as_deref()));
            }
            return;
        }
        if !done
            && self.grammar == Grammar::V6
            && self.acks.enabled()
            && let Some(reason) = reason
        {
            // Best effort: a helper that reads nothing is not owed the reasons.
            self.handle.outbox().push_data(self.answered(), answer::reason(&reason).into());
        }
        if let Some(answer) = self.acks.answer(done) {
            self.tell(answer);
        }
    }

    /// Answers lines that did what they say and ask for no more than a word.
    pub(super) fn answer_done(&self, lines: u32) {
        if let Some(word) = self.acks.answer(true).filter(|_| lines > 0) {
            self.handle.outbox().replies(self.answered(), Bytes::from_static(word), lines);
        }
    }

    /// Before its next step, peers that are up and can be written to are to have taken what there is.
    pub(super) fn wait_for_peers(&mut self, everyone: Vec<PeerId>) {
        self.unsent.clear();
        let wanted = Wanted { note: None, reached: everyone, generation: self.answered(), silent: true };
        self.receipt.get_or_insert(wanted);
    }

    /// Whether the line under way is answered with more than a word.
    pub(super) const fn counts(&self) -> bool {
        self.note.is_some() || self.sync
    }

    /// Answers a command whose octets have been written, as far as there were sessions.
    pub(super) fn conclude(&self, wanted: Wanted, outcome: Concluded) {
        if wanted.silent {
            return;
        }
        let outbox = self.handle.outbox();
        match wanted.note.filter(|note| note.json) {
            Some(note) => {
                if self.acks.enabled() || note.id.is_some() {
                    let text = answer::written(&note, wanted.reached.len(), outcome.written, outcome.lost);
                    outbox.reply(wanted.generation, Bytes::from(text));
                }
            }
            None => {
                if let Some(word) = self.acks.answer(true) {
                    outbox.reply(wanted.generation, Bytes::from_static(word));
                }
            }
        }
    }

    /// Writes lines that are no acknowledgement, always different ones: see that there is room for them.
    pub(super) fn tell_all(&self, text: Vec<u8>) {
        self.handle.outbox().reply(self.answered(), Bytes::from(text));
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
        if let Some(note) = self.note.take().filter(|note| note.json) {
            let _ = self.acks.switch(switch);
            if note.id.is_some() || switch != AckSwitch::Silence {
                self.tell_all(answer::object(&note, true, 0, None));
            }
            return;
        }
        if let Some(answer) = self.acks.switch(switch) {
            self.tell(answer);
        }
    }

    /// Says in the log why something was refused, a few times a second at most.
    pub(super) fn complain(&mut self, what: &dyn std::fmt::Display) {
        // The first of several is what the others follow from.
        if (self.note.is_some() || self.grammar == Grammar::V6) && self.reason.is_none() {
            self.reason = Some(what.to_string());
        }
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

    /// Has the answer to come say why the command is refused, where it can. The log is told by whoever refuses.
    pub(super) fn because(&mut self, reason: &str) {
        if (self.note.is_some() || self.grammar == Grammar::V6) && self.reason.is_none() {
            self.reason = Some(reason.to_owned());
        }
    }

    /// Whether it has steps that can be done now.
    pub(super) fn is_runnable(&self) -> bool {
        match &self.task {
            _ if self.fresh => false,
            Some(task) => task.is_runnable(),
            None => !self.inbox.is_empty() || self.receipt.is_some(),
        }
    }
}

/// The form of the answers that a process begins with.
const fn grammar(process: &Process) -> Grammar {
    match process.api {
        ApiVersion::V4 => Grammar::V4,
        ApiVersion::V6 => Grammar::V6,
    }
}
