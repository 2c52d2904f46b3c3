//! The end, in order and in time: listeners, peers, helpers, each phase with a deadline.

use std::time::Duration;

use peer_fsm::StopReason;
use rib::PeerId;
use tokio::time::Instant;
use tracing::{info, warn};

use super::Reactor;
use crate::peer::ToPeer;

/// Time for the peers to say goodbye and for their sockets to drain.
const PEERS: Duration = Duration::from_millis(700);

/// Time for the helpers; their own steps (farewell, SIGTERM, SIGKILL) fit into it.
const HELPERS: Duration = Duration::from_millis(1150);

/// What the daemon is waiting for at its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Peers,
    Helpers,
    Over,
}

/// A shutdown under way. A second signal changes nothing: it is as fast as it can be.
#[derive(Debug)]
pub(super) struct Shutdown {
    phase: Phase,
    deadline: Instant,
}

impl Shutdown {
    pub(super) const fn deadline(&self) -> Instant {
        self.deadline
    }
}

fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}

impl Reactor {
    /// Whether nothing is left to do.
    pub(super) fn is_over(&self) -> bool {
        self.shutdown.as_ref().is_some_and(|s| s.phase == Phase::Over)
    }

    /// Tells everyone to stop. Returns at once.
    pub(super) fn begin_shutdown(&mut self) {
        if self.shutdown.is_some() {
            return;
        }
        info!(target: "reactor", "shutting down");
        // A helper that ends by itself from now on, because of what it hears, has ended for good.
        self.owner.ending.cancel();
        self.admin = None;
        self.listeners.drain(..).for_each(|listener| listener.stop());
        let peers: Vec<PeerId> = self.peers.iter().map(|p| p.id).collect();
        for id in peers {
            self.leave(id, StopReason::ShuttingDown(String::new()));
        }
        self.common.tracker.close();
        self.shutdown = Some(Shutdown { phase: Phase::Peers, deadline: after(PEERS) });
    }

    /// Waits until everyone whom this phase is about has ended.
    pub(super) fn phase_over(&self) -> impl Future<Output = ()> + use<> {
        let tracker = self.shutdown.as_ref().map(|s| match s.phase {
            Phase::Peers => self.common.tracker.clone(),
            Phase::Helpers | Phase::Over => self.owner.tracker.clone(),
        });
        async move {
            match tracker {
                Some(tracker) => tracker.wait().await,
                None => std::future::pending().await,
            }
        }
    }

    /// A phase is done, or its time is over.
    pub(super) fn next_phase(&mut self) {
        let Some(shutdown) = &mut self.shutdown else { return };
        match shutdown.phase {
            Phase::Peers => {
                if !self.common.tracker.is_empty() {
                    warn!(target: "reactor", "{} connections were not closed in time", self.common.tracker.len());
                }
                // What helpers still want to hear is in their queues now; then they are told to stop.
                self.owner.token.cancel();
                self.owner.tracker.close();
                *shutdown = Shutdown { phase: Phase::Helpers, deadline: after(HELPERS) };
                if self.owner.tracker.is_empty() {
                    self.next_phase();
                }
            }
            Phase::Helpers => {
                if !self.owner.tracker.is_empty() {
                    warn!(target: "reactor", "{} helpers did not end in time", self.owner.tracker.len());
                }
                self.token.cancel();
                *shutdown = Shutdown { phase: Phase::Over, deadline: shutdown.deadline };
                info!(target: "reactor", "stopped");
            }
            Phase::Over => {}
        }
    }

    /// Tells a peer's task to end. The task always drains its commands, so a full queue is a matter of moments: then
    /// its channel is closed, which means the same.
    pub(super) fn leave(&mut self, id: PeerId, reason: StopReason) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        peer.leaving = true;
        if peer.commands.try_send(ToPeer::Stop(reason)).is_err() {
            let (closed, _) = tokio::sync::mpsc::channel(1);
            peer.commands = closed;
        }
    }
}
