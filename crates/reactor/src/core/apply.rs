//! The steps of helpers, done in order, a bounded number of them in a turn.

use api::batch::{RouteStep, Step, Target, Terms};
use api::command::Command;
use api_process::HelperId;
use config::env::Compat;
use rib::{Applied, OwnerId, PeerId, Store, StoreError, TargetId, Watchdogs};
use smallvec::SmallVec;

use super::life::{Lives, NoLease};
use super::{Reactor, STEPS};

/// Why a route was not taken; for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("no neighbor that this helper may command matches")]
    Nobody,
    #[error("no neighbor has the family {0} configured")]
    NoFamily(bgp_wire::Family),
    #[error("there is more than a batch may hold: 1048576 routes, 64 MiB")]
    TooMuch,
    #[error("a line of it was refused")]
    Line,
    #[error("{0}")]
    Lease(#[from] NoLease),
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Reactor {
    /// Does steps of one helper until its turn is over, it has none left, or it must wait.
    pub(super) fn steps(&mut self, id: HelperId) {
        if !self.advance(id) {
            return;
        }
        let in_sequence = self.in_sequence();
        let mut budget = STEPS;
        while budget > 0 {
            if !self.ask_receipt(id) {
                return;
            }
            let Some(helper) = self.helpers.get_mut(&id) else { return };
            let Some(work) = helper.inbox.front_mut() else { return };
            match work.steps.peek() {
                None => {
                    let done = helper.inbox.pop_front();
                    if helper.client && helper.outstanding > 0 {
                        helper.kept = done;
                    }
                    if in_sequence {
                        let everyone = self.peers.iter().map(|p| p.id).collect();
                        helper.wait_for_peers(everyone);
                    }
                }
                Some(Step::Route(_)) => budget = budget.saturating_sub(self.routes(id, budget)),
                Some(Step::Note(_)) => {
                    // Answers that are all different are not free for a helper that does not read them.
                    if !helper.handle.outbox().has_data_room() {
                        self.wait_for_room(id);
                        return;
                    }
                    if let Some(Step::Note(note)) = work.steps.next() {
                        helper.note = Some(note);
                    }
                }
                Some(Step::Command(_, command)) => {
                    budget = budget.saturating_sub(1);
                    // What is sent again is what was there before it, and not what comes after.
                    let flush = in_sequence && matches!(**command, Command::FlushAdjRibOut);
                    if flush && !helper.unsent.is_empty() {
                        let everyone = self.peers.iter().map(|p| p.id).collect();
                        helper.wait_for_peers(everyone);
                        continue;
                    }
                    if !self.command(id) {
                        return;
                    }
                    if flush && let Some(helper) = self.helpers.get_mut(&id) {
                        let everyone = self.peers.iter().map(|p| p.id).collect();
                        helper.wait_for_peers(everyone);
                    }
                }
                Some(Step::Refused(_)) => {
                    budget = budget.saturating_sub(1);
                    if let Some(Step::Refused(error)) = helper.inbox.front_mut().and_then(|w| w.steps.next())
                    {
                        helper.complain(&format_args!("a line is refused: {error}"));
                        helper.spoil();
                        helper.answer(false);
                    }
                }
            }
        }
    }

    /// Whether changes reach the wire one after the other, as in ExaBGP, whose reactor does a line in a turn: a change of
    /// what has just been changed then waits until peers have taken the earlier one.
    pub(super) fn in_sequence(&self) -> bool {
        self.config.settings.bgp.compat != Compat::Native
    }

    /// Applies the routes that follow one another, under one lock; how many.
    fn routes(&mut self, id: HelperId, budget: usize) -> usize {
        // What selectors mean is found before the lock is taken.
        let targets = self.targets_ahead(id, budget);
        if self.helpers.get(&id).is_some_and(|h| h.open.is_some()) {
            return self.collect(id, &targets, budget);
        }
        let in_sequence = self.in_sequence();
        let Some(helper) = self.helpers.get_mut(&id) else { return budget };
        let owner = helper.working_owner();
        let mut done = 0usize;
        let mut touched: SmallVec<[TargetId; 4]> = SmallVec::new();
        let mut woken: Vec<PeerId> = Vec::new();
        // Lines that are owed a plain answer: given at once, as each would take the queue's lock.
        let mut plain = 0u32;
        {
            let mut store = self.common.store.write();
            while done < budget {
                let Some(work) = helper.inbox.front_mut() else { break };
                let Some(Step::Route(next)) = work.steps.peek() else { break };
                if in_sequence && !helper.unsent.insert(next.nlri.clone()) {
                    let everyone = self.peers.iter().map(|p| p.id).collect();
                    helper.wait_for_peers(everyone);
                    break;
                }
                let Some(Step::Route(step)) = work.steps.next() else { break };
                done = done.saturating_add(1);
                let target = targets.iter().find(|(t, _)| *t == step.target).and_then(|(_, found)| *found);
                let ends_line = step.ends_line;
                if helper.counts()
                    && let Some(target) = target
                {
                    helper.reached = store.reach(target, step.nlri.family());
                }
                let lives = &mut self.lives;
                match apply(&mut store, &mut self.watchdogs, lives, step, target, owner, in_sequence) {
                    Ok(Applied::Unchanged | Applied::Unknown) => {}
                    Ok(_) => {
                        if let Some(target) = target.filter(|t| !touched.contains(t)) {
                            touched.push(target);
                        }
                    }
                    Err(refusal) => {
                        helper.line_failed = true;
                        helper.complain(&format_args!("a route is refused: {refusal}"));
                    }
                }
                if ends_line {
                    let failed = std::mem::take(&mut helper.line_failed);
                    if failed || helper.counts() {
                        helper.answer_done(std::mem::take(&mut plain));
                        helper.answer(!failed);
                    } else {
                        plain = plain.saturating_add(1);
                    }
                    if helper.receipt.is_some() {
                        break;
                    }
                }
            }
            helper.answer_done(plain);
            for target in touched {
                woken.extend(store.members(target));
            }
        }
        // Peers whose turn it is are asked to take what there is, see `wait_for_peers`: not before, for what a command of the
        // same batch takes back never was.
        if !in_sequence {
            self.wake(&woken);
        }
        done.max(1)
    }

    /// What the targets of the next routes mean.
    fn targets_ahead(&mut self, id: HelperId, budget: usize) -> SmallVec<[(Target, Option<TargetId>); 2]> {
        let mut wanted: SmallVec<[Target; 2]> = SmallVec::new();
        if let Some(work) = self.helpers.get(&id).and_then(|h| h.inbox.front()) {
            let ahead = work.steps.iter().take(budget);
            for step in ahead {
                let Step::Route(route) = step else { break };
                if wanted.last() != Some(&route.target) && !wanted.contains(&route.target) {
                    wanted.push(route.target);
                }
            }
        }
        wanted.into_iter().map(|target| (target, self.target_of_step(id, target))).collect()
    }
}

/// Applies one route to the store.
pub(super) fn apply(
    store: &mut Store,
    watchdogs: &mut Watchdogs,
    lives: &mut Lives,
    step: RouteStep,
    target: Option<TargetId>,
    owner: OwnerId,
    in_sequence: bool,
) -> Result<Applied, Refusal> {
    let target = target.ok_or(Refusal::Nobody)?;
    let family = step.nlri.family();
    let group = match step.terms.as_deref() {
        Some(Terms::Life(life)) => {
            let term = lives.term(life)?;
            let Some(attributes) = step.attributes else { return Err(Refusal::Nobody) };
            let applied = store.announce(target, step.nlri.clone(), attributes, owner)?;
            if applied == Applied::NoTarget {
                return Err(Refusal::NoFamily(family));
            }
            lives.expiry.hold(store, target, step.nlri, owner, term)?;
            return Ok(applied);
        }
        Some(Terms::Watchdog(group)) => Some(group),
        None => None,
    };
    if !lives.expiry.is_empty() {
        lives.expiry.release(store, target, &step.nlri);
    }
    let announced = step.attributes.clone().filter(|_| !step.withdraws);
    let applied = match (announced, group) {
        (None, _) if in_sequence => store.part(target, step.nlri.as_ref(), step.attributes)?,
        (None, _) => store.withdraw(target, step.nlri.as_ref())?,
        (Some(attributes), None) => store.announce(target, step.nlri, attributes, owner)?,
        (Some(attributes), Some(group)) => {
            watchdogs.insert(store, &group.name, step.nlri, attributes, target, owner, group.withdrawn)?
        }
    };
    match applied {
        Applied::NoTarget => Err(Refusal::NoFamily(family)),
        applied => Ok(applied),
    }
}
