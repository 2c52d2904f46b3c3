//! Commands that take more than one turn: bounded steps in the reactor, or a job with a task of its own.

use api_process::HelperId;
use rib::{PeerId, ShowFilter, Step, Sweep, TargetId, WRITE_BUDGET, WatchdogStep};
use route_text::Action;

use super::Reactor;
use super::batches::Open;

/// What a helper waits for.
#[derive(Debug)]
pub(super) enum LongTask {
    /// Withdrawing everything from some peers.
    Clear {
        /// Whom from; released at the end.
        targets: TargetId,
        /// How far it is.
        sweep: Sweep,
    },
    /// Switching a watchdog group.
    Watchdog {
        /// Announce or withdraw.
        action: Action,
        /// The group.
        name: Box<str>,
        /// How far it is.
        from: usize,
    },
    /// Doing what was collected since `begin`.
    Commit(Box<Open>),
    /// A job writes the answer; it says when it is done.
    Job,
    /// Peers write what its last command asked for; the answer comes first.
    Receipt(u64),
    /// A reload, which says when it is over.
    Reload,
    /// A peer's command queue is full; the step is done again when there is room.
    PeerQueue(PeerId),
}

impl LongTask {
    /// Whether the reactor itself has something to do for it.
    pub(super) const fn is_runnable(&self) -> bool {
        matches!(self, Self::Clear { .. } | Self::Watchdog { .. } | Self::Commit(_))
    }
}

impl Reactor {
    /// Goes on with what a helper waits for; whether its next step may be done.
    pub(super) fn advance(&mut self, id: HelperId) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        match helper.task.take() {
            None => true,
            Some(
                waits @ (LongTask::Job | LongTask::Receipt(_) | LongTask::Reload | LongTask::PeerQueue(_)),
            ) => {
                helper.task = Some(waits);
                false
            }
            Some(LongTask::Clear { targets, sweep }) => self.clear(id, targets, sweep),
            Some(LongTask::Commit(open)) => self.carry_out(id, open),
            Some(LongTask::Watchdog { action, name, from }) => self.watchdog(id, action, name, from),
        }
    }

    fn clear(&mut self, id: HelperId, targets: TargetId, mut sweep: Sweep) -> bool {
        let mut store = self.common.store.write();
        let step = store.clear(targets, &ShowFilter::default(), &mut sweep, WRITE_BUDGET);
        let members: Vec<PeerId> = store.members(targets).collect();
        let over = !matches!(step, Ok(Step::More));
        if over {
            store.release_targets(targets);
        }
        drop(store);
        self.wake(&members);
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        if over {
            helper.answer(step.is_ok());
        } else {
            helper.task = Some(LongTask::Clear { targets, sweep });
        }
        over
    }

    fn watchdog(&mut self, id: HelperId, action: Action, name: Box<str>, from: usize) -> bool {
        let mut store = self.common.store.write();
        let step = match action {
            Action::Announce => self.watchdogs.announce(&mut store, &name, from, WRITE_BUDGET),
            Action::Withdraw => self.watchdogs.withdraw(&mut store, &name, from, WRITE_BUDGET),
        };
        drop(store);
        // A group may hold routes of any peers.
        let all: Vec<PeerId> = self.peers.iter().map(|p| p.id).collect();
        self.wake(&all);
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        match step {
            Ok(WatchdogStep::More(from)) => {
                helper.task = Some(LongTask::Watchdog { action, name, from });
                false
            }
            Ok(WatchdogStep::Done) => {
                helper.answer(true);
                true
            }
            Err(e) => {
                helper.complain(&format_args!("watchdog {name}: {e}"));
                helper.answer(false);
                true
            }
        }
    }

    /// The first peer that a helper waits for, once its queue has room. Never ends when there is none.
    pub(super) fn peer_room(&self) -> impl Future<Output = PeerId> + use<> {
        let waited = self.helpers.values().find_map(|h| match h.task {
            Some(LongTask::PeerQueue(id)) => Some(id),
            _ => None,
        });
        let queue = waited.and_then(|id| Some((id, self.peers.get(id)?.commands.clone())));
        async move {
            match queue {
                Some((id, commands)) => {
                    let _ = commands.reserve().await;
                    id
                }
                None => std::future::pending().await,
            }
        }
    }

    /// A peer's queue has room again: those who waited for it try again. Also when the peer is gone.
    pub(super) fn peer_has_room(&mut self, id: PeerId) {
        for helper in self.helpers.values_mut() {
            if matches!(helper.task, Some(LongTask::PeerQueue(waited)) if waited == id) {
                helper.task = None;
            }
        }
    }
}
