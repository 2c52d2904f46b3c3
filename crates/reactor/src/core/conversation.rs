//! Commands about the daemon and the conversation with one helper.

use std::hash::{BuildHasher as _, RandomState};

use api::command::{Command, Grammar};
use api::reply::{self, neighbor, v6};
use api_process::HelperId;
use tracing::info;

use super::Reactor;
use super::reload::Wish;
use super::tasks::LongTask;
use super::views;

/// A name for this run of the daemon, in the form of RFC 9562 version 4.
pub(super) fn uuid() -> String {
    // The standard library's hash keys are the one source of randomness that needs nothing else.
    let random = |salt: u64| RandomState::new().hash_one(salt);
    let (high, low) = (random(1), random(2));
    let high = (high & !0xF000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

impl Reactor {
    /// Does a command that concerns the daemon or the conversation alone; whether the helper may go on.
    pub(super) fn converse(&mut self, id: HelperId, command: Command) -> bool {
        match command {
            Command::Help => {
                let text = if self.is_v6(id) { v6::help() } else { reply::help() };
                self.tell(id, text)
            }
            Command::Version => {
                let version = &self.options.version;
                let text = if self.is_v6(id) { v6::version(version) } else { reply::version(version) };
                self.tell(id, text)
            }
            Command::ListPeers => {
                let text = self.list_peers();
                self.tell(id, text)
            }
            Command::Status => {
                let text = self.status();
                self.tell(id, text)
            }
            Command::Ping => {
                let text = v6::pong(&self.options.uuid);
                self.tell(id, text)
            }
            Command::QueueStatus => {
                let text = self.queue_status();
                self.tell(id, text)
            }
            Command::Api(grammar) => self.api(id, grammar),
            Command::Sync(on) => {
                if let Some(helper) = self.helpers.get_mut(&id) {
                    helper.sync = on;
                    helper.answer(true);
                }
                true
            }
            Command::Answers { .. } | Command::Bye => {
                self.answer(id, true);
                true
            }
            Command::Shutdown => {
                self.inform(id, reply::SHUTDOWN, v6::SHUTDOWN);
                self.begin_shutdown();
                true
            }
            Command::Reload => {
                let Some(helper) = self.helpers.get_mut(&id) else { return false };
                helper.tell(if helper.grammar == Grammar::V6 { v6::RELOAD } else { reply::RELOAD });
                // It is answered when that is over; what it says meanwhile may be about the new neighbors.
                helper.task = Some(LongTask::Reload);
                let askers = vec![(id, helper.answered())];
                self.reloading.ask(Wish { askers, ..Wish::default() });
                false
            }
            Command::Restart => {
                self.inform(id, reply::RESTART, v6::RESTART);
                self.reloading.ask(Wish { helpers: true, sessions: true, ..Wish::default() });
                true
            }
            Command::Ack(switch) => {
                if let Some(helper) = self.helpers.get_mut(&id) {
                    helper.switch(switch);
                }
                true
            }
            Command::Comment(text) => {
                if let Some(helper) = self.helpers.get(&id) {
                    info!(target: "api", "{}: # {text}", helper.process.name);
                }
                self.answer(id, true);
                true
            }
            Command::Debug(text) => {
                if let Some(helper) = self.helpers.get_mut(&id) {
                    info!(target: "api", "debug info from {} : {text}", helper.process.name);
                    helper.note = None;
                }
                true
            }
            Command::Reset => {
                let Some(helper) = self.helpers.get_mut(&id) else { return false };
                if helper.grammar == Grammar::V6 {
                    helper.tell(v6::RESET);
                    helper.answer(true);
                }
                helper.note = None;
                true
            }
            // The others are not of this kind.
            _ => true,
        }
    }

    /// Writes a short text of ours, for each grammar, and `done`.
    fn inform(&mut self, id: HelperId, text: &'static [u8], object: &'static [u8]) {
        if let Some(helper) = self.helpers.get_mut(&id) {
            helper.tell(if helper.grammar == Grammar::V6 { object } else { text });
            helper.answer(true);
        }
    }

    /// Whether a helper gets the answers of ExaBGP 6.
    pub(super) fn is_v6(&self, id: HelperId) -> bool {
        self.helpers.get(&id).is_some_and(|h| h.grammar == Grammar::V6)
    }

    pub(super) fn list_peers(&self) -> Vec<u8> {
        let views: Vec<neighbor::NeighborView> = self.peers.iter().map(views::neighbor).collect();
        v6::peers(&views)
    }

    pub(super) fn status(&self) -> Vec<u8> {
        let uptime = self.options.started.elapsed();
        let status = v6::Status {
            version: &self.options.version,
            uuid: &self.options.uuid,
            pid: std::process::id(),
            uptime: uptime.as_secs(),
            start_time: crate::clock::since_1970().saturating_sub(uptime).as_secs_f64(),
        };
        v6::status(&status, self.peers.iter().map(|p| (p.name().to_string(), p.shared.status().state.name())))
    }

    pub(super) fn queue_status(&self) -> Vec<u8> {
        let mut queues: Vec<_> = self
            .helpers
            .values()
            .map(|helper| {
                let stats = helper.handle.outbox().stats();
                let memory = u64::try_from(stats.memory).unwrap_or(u64::MAX);
                (helper.process.name.clone(), memory, stats.spilled, stats.lost)
            })
            .collect();
        queues.sort();
        v6::queues(queues)
    }

    /// Tells or changes the form of a helper's answers.
    pub(super) fn api(&mut self, id: HelperId, grammar: Option<Grammar>) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        let number = |grammar| if grammar == Grammar::V6 { 6 } else { 4 };
        let text = match grammar {
            None => v6::api_version(number(helper.grammar)),
            Some(grammar) => {
                helper.grammar = grammar;
                v6::api_version_set(number(grammar))
            }
        };
        self.tell(id, text)
    }

    /// The routes of a line with several commands have been done.
    pub(super) fn grouped(&mut self, id: HelperId, announced: u32, withdrawn: u32) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        let failed = std::mem::take(&mut helper.line_failed);
        if helper.grammar == Grammar::V6 && !failed {
            return self.tell(id, v6::processed(announced, withdrawn));
        }
        helper.answer(!failed);
        true
    }

    /// A helper goes on when it has read enough of its answers.
    pub(super) fn wait_for_room(&mut self, id: HelperId) {
        self.job(id, super::jobs::Job::Room);
    }
}
