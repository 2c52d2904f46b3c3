//! Answers that wait until octets have been written to peers (`ack written`, `sync`).

use std::collections::HashMap;

use api::batch::Note;
use api_process::HelperId;
use peer_fsm::State;
use rib::PeerId;

use super::Reactor;
use super::helpers::Concluded;
use super::tasks::LongTask;
use crate::peer::ToPeer;

/// Receipts that one helper may wait for at a time; with more it waits for the newest.
const OUTSTANDING: usize = 1024;

/// An answer that a helper is owed.
#[derive(Debug)]
pub(super) struct Wanted {
    /// How it is to be told.
    pub(super) note: Option<Box<Note>>,
    /// Whom the command reached.
    pub(super) reached: Vec<PeerId>,
    /// The process that is owed it.
    pub(super) generation: u32,
    /// No answer: the helper's next step waits, for as long as peers can be written to.
    pub(super) silent: bool,
}

/// One that peers have been asked about.
#[derive(Debug)]
struct Asked {
    helper: HelperId,
    wanted: Wanted,
    waiting: Vec<PeerId>,
    written: usize,
    lost: usize,
}

/// The answers that wait for peers.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    next: u64,
    asked: HashMap<u64, Asked>,
}

impl Reactor {
    /// Asks the peers that a helper's last command reached to tell when all is written; whether the helper may go on.
    pub(super) fn ask_receipt(&mut self, id: HelperId) -> bool {
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        let Some(wanted) = helper.receipt.take() else { return true };
        let is_up =
            |id: &PeerId| self.peers.get(*id).is_some_and(|p| p.shared.status().state == State::Established);
        let up: Vec<PeerId> = wanted.reached.iter().copied().filter(is_up).collect();
        let entries = || up.iter().filter_map(|id| self.peers.get(*id));
        let full = entries().find(|p| p.commands.capacity() == 0 && !p.commands.is_closed()).map(|p| p.id);
        if let Some(full) = full {
            helper.receipt = Some(wanted);
            helper.task = Some(LongTask::PeerQueue(full));
            return false;
        }
        let token = self.receipts.next;
        let mut waiting = up.clone();
        waiting.retain(|id| {
            let peer = self.peers.get(*id);
            let command = if wanted.silent { ToPeer::Barrier(token) } else { ToPeer::Receipt(token) };
            peer.is_some_and(|p| p.commands.try_send(command).is_ok())
        });
        if waiting.is_empty() {
            helper.conclude(wanted, Concluded { written: 0, lost: up.len() });
            return true;
        }
        self.receipts.next = token.wrapping_add(1);
        helper.outstanding = helper.outstanding.saturating_add(1);
        // Without an id nobody could tell which answer is whose, so it comes in its turn.
        let holds = wanted.note.as_ref().is_none_or(|note| note.id.is_none());
        let holds = holds || helper.outstanding >= OUTSTANDING;
        if holds {
            helper.task = Some(LongTask::Receipt(token));
        }
        self.receipts.asked.insert(token, Asked { helper: id, wanted, waiting, written: 0, lost: 0 });
        !holds
    }

    /// A peer says what became of what it was asked about.
    pub(super) fn receipt(&mut self, peer: PeerId, token: u64, written: bool) {
        let Some(asked) = self.receipts.asked.get_mut(&token) else { return };
        let before = asked.waiting.len();
        asked.waiting.retain(|other| *other != peer);
        if asked.waiting.len() == before {
            return;
        }
        let count = if written { &mut asked.written } else { &mut asked.lost };
        *count = count.saturating_add(1);
        if !asked.waiting.is_empty() {
            return;
        }
        let Some(asked) = self.receipts.asked.remove(&token) else { return };
        let Some(helper) = self.helpers.get_mut(&asked.helper) else { return };
        helper.outstanding = helper.outstanding.saturating_sub(1);
        let kept = if helper.outstanding == 0 { helper.kept.take() } else { None };
        if matches!(helper.task, Some(LongTask::Receipt(waited)) if waited == token) {
            helper.task = None;
        }
        helper.conclude(asked.wanted, Concluded { written: asked.written, lost: asked.lost });
        // Only now has a client heard everything.
        drop(kept);
    }

    /// A peer's task is gone: it will answer nothing.
    pub(super) fn no_receipts(&mut self, peer: PeerId) {
        let asked = self.receipts.asked.iter();
        let tokens: Vec<u64> = asked.filter(|(_, a)| a.waiting.contains(&peer)).map(|(t, _)| *t).collect();
        for token in tokens {
            self.receipt(peer, token, false);
        }
    }
}
