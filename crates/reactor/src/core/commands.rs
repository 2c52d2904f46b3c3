//! What commands do that are no routes.

use std::sync::Arc;

use api::batch::Step;
use api::command::{Command, NeighborForm, Rib};
use api::reply;
use api_process::HelperId;
use bgp_wire::msg::operational::Kind;
use bgp_wire::msg::refresh::{RefreshSubtype, RouteRefresh};
use bgp_wire::{Family, Notification};
use config::env::RoutesFormat;
use peer_fsm::State;
use rib::PeerId;
use route_text::Selector;

use super::Reactor;
use super::jobs::{Job, Wanted};
use super::tasks::LongTask;
use crate::peer::ToPeer;

/// Whom a command reached.
#[derive(Debug)]
enum Sent {
    /// All that were meant, so many.
    All(Vec<PeerId>),
    /// Nobody was meant.
    Nobody,
    /// This peer's queue is full: nothing was sent, the command is to be tried again.
    Full(PeerId),
}

impl Reactor {
    /// Does the command a helper is at; whether it may go on with the next step.
    pub(super) fn command(&mut self, id: HelperId) -> bool {
        let Some(work) = self.helpers.get_mut(&id).and_then(|h| h.inbox.front_mut()) else { return false };
        let Some(Step::Command(target, _)) = work.steps.peek() else { return true };
        let selector = work.selector(*target).cloned();
        let Some(Step::Command(target, command)) = work.steps.next() else { return true };
        let selector = selector.as_deref();
        if self.is_refused_in_batch(id, &command) {
            return true;
        }
        match *command {
            Command::EndOfRib(family) => {
                let sent = self.to_established(id, selector, || ToPeer::EndOfRib(family));
                self.outcome(id, sent, (target, command))
            }
            Command::RouteRefresh(family) => {
                let sent = self.to_established(id, selector, || refresh(family));
                self.outcome(id, sent, (target, command))
            }
            Command::Operational(ref message) => {
                let message = Arc::clone(message);
                // A static advisory is for sessions to come, too.
                let sent = if message.kind == Kind::ASM {
                    let meant = self.meant(id, selector);
                    self.send(&meant, || ToPeer::Operational(Arc::clone(&message)))
                } else {
                    self.to_established(id, selector, || ToPeer::Operational(Arc::clone(&message)))
                };
                self.outcome(id, sent, (target, command))
            }
            Command::FlushAdjRibOut => {
                let sent = self.to_established(id, selector, || ToPeer::Flush(None));
                self.outcome(id, sent, (target, command))
            }
            Command::Teardown(subcode) => {
                let teardown = || ToPeer::Teardown(Notification::named(6, subcode));
                let meant = self.meant(id, selector);
                let sent = self.send(&meant, teardown);
                self.outcome(id, sent, (target, command))
            }
            Command::ClearAdjRib(Rib::In) => {
                let meant = self.meant(id, selector);
                for peer in meant.iter().filter_map(|id| self.peers.get(*id)) {
                    peer.shared.adj_rib_in().clear();
                }
                let Some(helper) = self.helpers.get_mut(&id) else { return false };
                helper.reached.clone_from(&meant);
                if meant.is_empty() {
                    helper.complain(&"no neighbor that this helper may command matches");
                }
                helper.answer(!meant.is_empty());
                true
            }
            Command::ClearAdjRib(Rib::Out) => self.clear_out(id, selector),
            Command::Watchdog { action, name } => {
                let Some(helper) = self.helpers.get_mut(&id) else { return false };
                let name = name.unwrap_or_else(|| helper.process.name.as_str().into());
                helper.task = Some(LongTask::Watchdog { action, name, from: 0 });
                self.advance(id)
            }
            Command::Lease { name, act } => self.lease(id, &name, act),
            Command::ShowNeighbor { address, form } => {
                let form = if self.is_v6(id) { NeighborForm::Json } else { form };
                let text = self.show_neighbor(selector, address, form);
                self.job(id, Job::text(text))
            }
            Command::ShowAdjRib { rib, address, families, prefix, status, extensive, json } => {
                let chosen = self.peers.iter().filter(|p| address.is_none_or(|a| a == p.name().peer));
                let chosen = chosen.filter(|p| selector.is_none_or(|s| s.matches(p.name())));
                let json = json || self.is_v6(id);
                let second = self.config.settings.api.show_routes_format == RoutesFormat::V2;
                let form = reply::adj_rib::RouteForm::new(extensive, json, second);
                let job =
                    Job::routes(&self.common.store, rib, Wanted { families, prefix, status }, form, chosen);
                self.job(id, job)
            }
            Command::Grouped { announced, withdrawn } => self.grouped(id, announced, withdrawn),
            Command::Begin => self.begin_batch(id),
            Command::Commit => self.commit_batch(id),
            Command::Rollback => self.roll_back(id),
            other => self.converse(id, other),
        }
    }

    pub(super) fn answer(&mut self, id: HelperId, done: bool) {
        if let Some(helper) = self.helpers.get_mut(&id) {
            helper.answer(done);
        }
    }

    /// Writes lines through a job, since they may be many for a helper that does not read.
    pub(super) fn tell(&mut self, id: HelperId, text: Vec<u8>) -> bool {
        self.job(id, Job::text(text))
    }

    /// Answers a command that went to peers, or puts it back to be tried again.
    fn outcome(&mut self, id: HelperId, sent: Sent, step: (api::batch::Target, Box<Command>)) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        match sent {
            Sent::All(reached) => {
                helper.reached = reached;
                helper.answer(true);
            }
            Sent::Nobody => {
                helper.complain(&"no neighbor that this helper may command matches, or none is established");
                helper.answer(false);
            }
            Sent::Full(peer) => {
                if let Some(work) = helper.inbox.front_mut() {
                    let (target, command) = step;
                    work.steps.put_back(Step::Command(target, command));
                }
                helper.task = Some(LongTask::PeerQueue(peer));
                return false;
            }
        }
        true
    }

    /// Tells the established ones of the peers that are meant.
    fn to_established(
        &self,
        id: HelperId,
        selector: Option<&Selector>,
        command: impl Fn() -> ToPeer,
    ) -> Sent {
        let mut meant = self.meant(id, selector);
        let established =
            |id: &PeerId| self.peers.get(*id).is_some_and(|p| p.shared.status().state == State::Established);
        meant.retain(established);
        self.send(&meant, command)
    }

    /// Tells peers, all or none.
    fn send(&self, peers: &[PeerId], command: impl Fn() -> ToPeer) -> Sent {
        if peers.is_empty() {
            return Sent::Nobody;
        }
        let entries = || peers.iter().filter_map(|id| self.peers.get(*id));
        // Nobody else fills these queues, so what has room now has room below.
        if let Some(full) = entries().find(|p| p.commands.capacity() == 0 && !p.commands.is_closed()) {
            return Sent::Full(full.id);
        }
        for peer in entries() {
            let _ = peer.commands.try_send(command());
        }
        Sent::All(peers.to_vec())
    }

    fn clear_out(&mut self, id: HelperId, selector: Option<&Selector>) -> bool {
        let meant = self.meant(id, selector);
        let mut store = self.common.store.write();
        let targets = if meant.is_empty() { None } else { store.targets_of(&meant).ok() };
        let sweep = store.sweep();
        drop(store);
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        helper.reached = meant;
        let Some(targets) = targets else {
            helper.complain(&"no neighbor that this helper may command matches");
            helper.answer(false);
            return true;
        };
        helper.task = Some(LongTask::Clear { targets, sweep });
        self.advance(id)
    }

    fn show_neighbor(
        &self,
        selector: Option<&Selector>,
        address: Option<std::net::IpAddr>,
        form: NeighborForm,
    ) -> Vec<u8> {
        use reply::neighbor;
        let peers = self.peers.iter().filter(|p| address.is_none_or(|a| a == p.name().peer));
        let peers = peers.filter(|p| selector.is_none_or(|s| s.matches(p.name())));
        let mut text = String::new();
        match form {
            NeighborForm::Choices => return neighbor::CHOICES.to_vec(),
            NeighborForm::Json => {
                let views: Vec<_> = peers.map(super::views::neighbor).collect();
                let mut out = Vec::new();
                neighbor::json(&views, &mut out);
                return out;
            }
            NeighborForm::Summary => {
                neighbor::summary_header(&mut text);
                peers.for_each(|p| neighbor::summary(&super::views::neighbor(p), &mut text));
            }
            NeighborForm::Extensive => {
                peers.for_each(|p| neighbor::extensive(&super::views::neighbor(p), &mut text));
            }
            NeighborForm::Configuration => {
                peers.for_each(|p| text.push_str(&super::views::configuration(&p.neighbor)));
            }
        }
        text.into_bytes()
    }

    /// Has a job write the answer of a helper's command; its next step waits for it.
    pub(super) fn job(&mut self, id: HelperId, job: Job) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        helper.task = Some(LongTask::Job);
        let (outbox, generation) = (helper.handle.outbox().clone(), helper.answered());
        let token = self.token.child_token();
        let finished = self.finished.clone();
        self.common.tracker.spawn(job.run(id, outbox, generation, finished, token));
        false
    }
}

fn refresh(family: Family) -> ToPeer {
    ToPeer::Refresh(RouteRefresh { family, subtype: RefreshSubtype::Query })
}
