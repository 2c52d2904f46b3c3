//! `begin` … `commit`: routes that are done all or not at all.
//!
//! Lines between them are read, checked and answered, and change nothing. `commit` checks once more, since neighbors
//! may have come and gone, and only then does the first route; like all long commands it is done in bounded steps.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::sync::Arc;

use api::batch::{RouteStep, Step, Target};
use api::command::{Command, Grammar};
use api::reply::v6;
use api_process::HelperId;
use bgp_wire::Family;
use rib::{PeerId, TargetId};
use route_text::Selector;
use smallvec::SmallVec;

use super::apply::{Refusal, apply};
use super::helpers::HelperEntry;
use super::tasks::LongTask;
use super::{Reactor, STEPS};

/// Routes of one batch.
const ROUTES: usize = 1 << 20;

/// Octets of NLRI and attributes of one batch: with [`ROUTES`] it bounds what a helper that never commits can hold,
/// to about 150 MB.
const OCTETS: usize = 64 << 20;

/// What a helper has begun and not committed.
#[derive(Debug, Default)]
pub(super) struct Open {
    routes: VecDeque<RouteStep>,
    octets: usize,
    /// The selectors that the routes' targets point into.
    selectors: Vec<Arc<Selector>>,
    /// What must be there when it is committed.
    needs: HashSet<(Target, Family)>,
    /// A line was refused: it can't be committed.
    failed: bool,
    /// One of its routes was refused while it was being done.
    spoiled: bool,
    count: usize,
    /// Whom it has reached so far.
    woken: Vec<PeerId>,
}

impl Open {
    /// The target with which a route of another batch of lines is kept here.
    fn target(&mut self, selector: Option<&Arc<Selector>>) -> Target {
        let Some(selector) = selector else { return Target::Attached };
        let known = self.selectors.iter().rposition(|s| s == selector);
        let index = known.unwrap_or_else(|| {
            self.selectors.push(Arc::clone(selector));
            self.selectors.len().saturating_sub(1)
        });
        Target::Selected(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn selector(&self, target: Target) -> Option<&Arc<Selector>> {
        match target {
            Target::Attached => None,
            Target::Selected(index) => self.selectors.get(usize::try_from(index).ok()?),
        }
    }
}

impl HelperEntry {
    /// A line between `begin` and `commit` was refused: nothing of it will be done.
    pub(super) fn spoil(&mut self) {
        if let Some(open) = &mut self.open {
            open.failed = true;
            // What has been collected will not be needed.
            open.routes = VecDeque::new();
            open.octets = 0;
        }
    }
}

impl Reactor {
    pub(super) fn begin_batch(&mut self, id: HelperId) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        helper.open = Some(Box::default());
        if helper.grammar == Grammar::V6 {
            helper.tell(v6::STARTED);
        }
        helper.answer(true);
        true
    }

    pub(super) fn roll_back(&mut self, id: HelperId) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        let open = helper.open.take();
        if open.is_none() {
            helper.complain(&"not in group block");
        }
        helper.answer(open.is_some());
        true
    }

    /// Whether a command may not stand in the batch that its helper has begun; it has been answered then.
    pub(super) fn is_refused_in_batch(&mut self, id: HelperId, command: &Command) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return true };
        if helper.open.is_none() || command.is_harmless() || matches!(command, Command::Grouped { .. }) {
            return false;
        }
        helper.complain(&"only routes can be collected between begin and commit");
        helper.spoil();
        if command.answers() {
            helper.answer(false);
        }
        true
    }

    /// Collects the routes that follow one another; how many.
    pub(super) fn collect(
        &mut self,
        id: HelperId,
        targets: &SmallVec<[(Target, Option<TargetId>); 2]>,
        budget: usize,
    ) -> usize {
        let mut done = 0usize;
        while done < budget {
            let Some(helper) = self.helpers.get_mut(&id) else { break };
            let Some(work) = helper.inbox.front_mut() else { break };
            if !matches!(work.steps.peek(), Some(Step::Route(_))) {
                break;
            }
            let Some(Step::Route(mut step)) = work.steps.next() else { break };
            done = done.saturating_add(1);
            let selector = work.selector(step.target).cloned();
            let target = targets.iter().find(|(t, _)| *t == step.target).and_then(|(_, found)| *found);
            let ends_line = step.ends_line;
            let family = step.nlri.family();
            let reached = target.is_some_and(|t| self.common.store.write().reaches(t, family));
            let Some(open) = helper.open.as_mut() else { break };
            let octets = step.attributes.as_ref().map_or(0, |a| a.block().len());
            open.octets = open.octets.saturating_add(octets).saturating_add(step.nlri.as_ref().wire.len());
            let refused = if target.is_none() {
                Some(Refusal::Nobody)
            } else if !reached {
                Some(Refusal::NoFamily(family))
            } else if open.routes.len() >= ROUTES || open.octets > OCTETS {
                Some(Refusal::TooMuch)
            } else {
                None
            };
            if let Some(refusal) = refused {
                helper.line_failed = true;
                helper.complain(&format_args!("a route is refused: {refusal}"));
                helper.spoil();
            } else if !open.failed {
                step.target = open.target(selector.as_ref());
                open.needs.insert((step.target, family));
                open.routes.push_back(step);
            }
            if ends_line {
                let failed = std::mem::take(&mut helper.line_failed);
                helper.answer(!failed);
            }
        }
        done.max(1)
    }

    pub(super) fn commit_batch(&mut self, id: HelperId) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        let Some(mut open) = helper.open.take() else {
            helper.complain(&"not in group block");
            helper.answer(false);
            return true;
        };
        let mut refusal = open.failed.then_some(Refusal::Line);
        for (target, family) in std::mem::take(&mut open.needs) {
            let selector = open.selector(target).cloned();
            let found = self.target(id, selector.as_ref());
            let reached = found.is_some_and(|found| self.common.store.write().reaches(found, family));
            if !reached {
                refusal = refusal.or(Some(Refusal::NoFamily(family)));
            }
        }
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        if let Some(refusal) = refusal {
            helper.complain(&format_args!("nothing of what was begun is done: {refusal}"));
            helper.answer(false);
            return true;
        }
        open.count = open.routes.len();
        helper.task = Some(LongTask::Commit(open));
        self.advance(id)
    }

    /// Does routes of a committed batch, as many as one turn allows; whether all are done.
    pub(super) fn carry_out(&mut self, id: HelperId, mut open: Box<Open>) -> bool {
        let owner = self.helpers.get(&id).map_or(super::owners::CLIENTS, HelperEntry::working_owner);
        let in_sequence = self.in_sequence();
        let mut found: SmallVec<[(Target, Option<TargetId>); 2]> = SmallVec::new();
        for route in open.routes.iter().take(STEPS) {
            if !found.iter().any(|(t, _)| *t == route.target) {
                let selector = open.selector(route.target).cloned();
                found.push((route.target, self.target(id, selector.as_ref())));
            }
        }
        let mut store = self.common.store.write();
        let mut refused = None;
        for _ in 0..STEPS {
            let Some(route) = open.routes.pop_front() else { break };
            let target = found.iter().find(|(t, _)| *t == route.target).and_then(|(_, found)| *found);
            let lives = &mut self.lives;
            let applied = apply(&mut store, &mut self.watchdogs, lives, route, target, owner, in_sequence);
            if let Err(refusal) = applied {
                refused = Some(refusal);
            }
        }
        let mut woken = std::mem::take(&mut open.woken);
        for target in found.iter().filter_map(|(_, target)| *target) {
            woken.extend(store.members(target));
        }
        drop(store);
        self.wake(&woken);
        woken.sort_unstable();
        woken.dedup();
        open.woken = woken;
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        if let Some(refusal) = refused {
            // Only a neighbor that went away after the check can do this: its routes are nobody's.
            open.spoiled = true;
            helper.complain(&format_args!("a committed route is refused: {refusal}"));
        }
        if !open.routes.is_empty() {
            helper.task = Some(LongTask::Commit(open));
            return false;
        }
        helper.reached = std::mem::take(&mut open.woken);
        if helper.grammar == Grammar::V6 && !open.spoiled {
            return self.tell(id, v6::ended(open.count));
        }
        helper.answer(!open.spoiled);
        true
    }
}
