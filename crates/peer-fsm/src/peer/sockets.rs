//! Connections come and go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bgp_wire::msg::Open;
use bgp_wire::{Asn, MessageType, Notification};

use super::connection::{Connection, Phase};
use super::{Farewell, Peer, collision, encode, open};
use crate::event::{DownReason, Event};
use crate::io::{Accept, Io, IoAction, Leg};
use crate::timer::{LegTimer, Timer};

/// RFC 9687 section 5: "the greater of 8 minutes or 2 times the negotiated Hold Time".
const SEND_HOLD: Duration = Duration::from_mins(8);

impl Peer {
    /// A socket event of a leg. Those of a leg that has been closed are ignored.
    pub fn handle_io(&mut self, now: Instant, leg: Leg, io: Io) {
        let Some(connection) = self.connection(leg) else { return };
        let connecting = matches!(connection.phase, Phase::Connecting);
        match io {
            Io::Connected if connecting => self.connected(now, leg),
            Io::Connected => {}
            Io::ConnectFailed(why) | Io::Closed(why) => {
                self.leave(leg, Farewell::Gone);
                if connecting {
                    self.events.push_back(Event::ConnectFailed(why.clone()));
                }
                self.ended(now, DownReason::Closed(why));
            }
        }
    }

    /// The peer connected to us.
    pub fn handle_accept(&mut self, now: Instant) -> Accept {
        if !self.running {
            // RFC 4486 section 4: Connection Rejected.
            return refuse(Notification::named(6, 5));
        }
        let mut replaces = None;
        match self.established().map(|(leg, _)| leg) {
            Some(leg) if !self.may_have_restarted(now, leg) => {
                let text = "could not accept the connection, already established";
                return refuse(Notification::shutdown(6, 7, text));
            }
            Some(Leg::Incoming) => {
                replaces = self.last_octets(Leg::Incoming, Farewell::Silent);
                self.down(DownReason::Closed("the peer restarted".into()));
            }
            Some(Leg::Outgoing) | None => {
                if self.incoming.is_some() {
                    replaces = self.last_octets(Leg::Incoming, Farewell::Say(collision()));
                }
            }
        }
        if self.outgoing.is_none() {
            self.attempts = self.attempts.saturating_add(1);
        }
        self.timers.set(Timer::Retry, None);
        self.incoming = Some(Connection::new(Phase::Opening { sent: None }));
        self.connected(now, Leg::Incoming);
        Accept::Taken { replaces }
    }

    /// Says how a write to the socket went, for the send hold timer (RFC 9687): `accepted` octets were taken,
    /// `waiting` tells whether there are more that were not.
    pub fn handle_written(&mut self, now: Instant, leg: Leg, accepted: usize, waiting: bool) {
        let Some(connection) = self.connection(leg) else { return };
        let timer = Timer::Leg(LegTimer::SendHold, leg);
        let twice_hold = connection.phase.hold_time().map(|hold| hold.saturating_mul(2));
        let wait = self.config.send_hold.unwrap_or(twice_hold.unwrap_or_default().max(SEND_HOLD));
        if !waiting || wait.is_zero() {
            self.timers.set(timer, None);
        } else if accepted > 0 || self.timers.get(timer).is_none() {
            self.timers.set(timer, now.checked_add(wait));
        }
    }

    /// Begins an outgoing connection.
    pub(super) fn connect(&mut self, now: Instant) {
        self.timers.set(Timer::Retry, None);
        self.attempts = self.attempts.saturating_add(1);
        self.outgoing = Some(Connection::new(Phase::Connecting));
        let timer = Timer::Leg(LegTimer::Connect, Leg::Outgoing);
        self.timers.set(timer, now.checked_add(self.config.connect_timeout));
        self.actions.push_back(IoAction::Connect);
        self.report_state();
    }

    /// TCP is up.
    fn connected(&mut self, now: Instant, leg: Leg) {
        self.timers.clear_leg(leg);
        self.report_connected(leg);
        self.enter(leg, Phase::Opening { sent: None });
        // RFC 4271 section 8.2.2: the hold timer runs with a large value until the peer's OPEN is there.
        self.restart_hold(now, leg);
        if let Some(local_as) = self.config.local_as {
            self.send_open(leg, local_as);
        }
    }

    /// Sends our OPEN. It can't be too long: what does not fit is refused with the configuration.
    pub(super) fn send_open(&mut self, leg: Leg, local_as: Asn) -> Option<Arc<Open>> {
        let open = Arc::new(open::ours(&self.config, local_as, self.restarting));
        let mut message = Vec::new();
        if open.encode(&mut message).is_err() {
            return None;
        }
        self.send(leg, MessageType::OPEN, &message);
        self.events.push_back(Event::OpenSent(leg, Arc::clone(&open)));
        self.enter(leg, Phase::Opening { sent: Some(Arc::clone(&open)) });
        Some(open)
    }

    /// Whether a new connection may mean that the peer restarted, so that the established session is dead and kept
    /// only by our not knowing (RFC 4724 section 4.2). Not while the session is young: then it is a collision.
    pub(super) fn may_have_restarted(&self, now: Instant, established: Leg) -> bool {
        let Some(connection) = self.connection(established) else { return false };
        let Phase::Established { since, .. } = &connection.phase else { return false };
        connection.phase.keeps_forwarding() && now.saturating_duration_since(*since) >= self.config.open_wait
    }
}

fn refuse(notification: Notification) -> Accept {
    let farewell = encode(&notification);
    Accept::Refused { notification, farewell }
}
