//! Octets come in: framing, and what each message means in each phase.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use bgp_wire::cap::{self, role};
use bgp_wire::msg::RouteRefresh;
use bgp_wire::msg::frame::{Frame, HEADER, frame};
use bgp_wire::msg::open::{Expect, Open};
use bgp_wire::negotiated::{Negotiated, Refresh};
use bgp_wire::{Asn, CapCode, DecodeError, MessageType, Notification};

use super::connection::Phase;
use super::{Farewell, Peer, collision};
use crate::event::{DownReason, Event};
use crate::io::Leg;
use crate::sink::MessageSink;
use crate::timer::{LegTimer, Timer};

impl Peer {
    /// Reads the messages at the front of `bytes`; how many octets were used. The rest is to be offered again, with
    /// what came after. Stops early when events or actions wait, and when the sink wants.
    pub fn handle_bytes<S: MessageSink + ?Sized>(
        &mut self,
        now: Instant,
        leg: Leg,
        bytes: &[u8],
        sink: &mut S,
    ) -> usize {
        let mut used: usize = 0;
        while let Some(connection) = self.connection(leg) {
            if matches!(connection.phase, Phase::Connecting) {
                break;
            }
            let rest = bytes.get(used..).unwrap_or_default();
            let (kind, length) = match frame(rest, connection.max_message()) {
                Ok(Frame::Incomplete { .. }) => break,
                Ok(Frame::Complete { kind, length }) => (kind, length),
                Err(error) => {
                    self.fail(now, leg, error.notification_in(self.config.sequence));
                    break;
                }
            };
            let raw = rest.get(..length).unwrap_or_default();
            used = used.saturating_add(length);
            sink.message(leg, kind, raw);
            self.restart_hold(now, leg);
            let flow = self.message(now, leg, kind, raw.get(HEADER..).unwrap_or_default(), sink);
            if flow.is_break() || !self.events.is_empty() || !self.actions.is_empty() {
                break;
            }
        }
        used
    }

    /// Says that octets of a leg are unread, and will stay so because there is no room for what they mean. The peer
    /// is alive, so its hold timer starts again.
    pub fn handle_unread(&mut self, now: Instant, leg: Leg) {
        self.restart_hold(now, leg);
    }

    /// Starts the hold timer again: the peer has been heard.
    pub(super) fn restart_hold(&mut self, now: Instant, leg: Leg) {
        let open_wait = self.config.open_wait;
        let Some(connection) = self.connection_mut(leg) else { return };
        connection.asked = false;
        let time = match &connection.phase {
            Phase::Connecting => None,
            Phase::Opening { .. } => Some(open_wait),
            // With a hold time of 0 too the peer has to confirm some day.
            phase @ Phase::OpenConfirm { .. } => phase.hold_time().or(Some(open_wait)),
            phase @ Phase::Established { .. } => phase.hold_time(),
        };
        self.timers.set(Timer::Leg(LegTimer::Hold, leg), time.and_then(|time| now.checked_add(time)));
    }

    /// One message. The subcodes of error 5 and their data are those of RFC 6608.
    fn message<S: MessageSink + ?Sized>(
        &mut self,
        now: Instant,
        leg: Leg,
        kind: MessageType,
        body: &[u8],
        sink: &mut S,
    ) -> ControlFlow<()> {
        let Some(connection) = self.connection(leg) else { return ControlFlow::Break(()) };
        let unexpected = |subcode| Notification::with_data(5, subcode, vec![kind.0]);
        match (&connection.phase, kind) {
            (_, MessageType::NOTIFICATION) => self.notified(now, leg, body),
            (Phase::Opening { .. }, MessageType::OPEN) => self.opened(now, leg, body),
            (Phase::Connecting | Phase::Opening { .. }, _) => self.fail(now, leg, unexpected(1)),
            (Phase::OpenConfirm { negotiated }, MessageType::KEEPALIVE) => {
                let negotiated = Arc::clone(negotiated);
                self.establish(now, leg, negotiated);
            }
            (Phase::OpenConfirm { .. }, _) => self.fail(now, leg, unexpected(2)),
            // Also with a hold time of 0: RFC 4271 section 4.4 forbids to send them, not to be sent them.
            (Phase::Established { .. }, MessageType::KEEPALIVE) => {}
            (Phase::Established { negotiated, .. }, MessageType::UPDATE) => {
                let result = sink.update(body, negotiated);
                return self.flow(now, leg, result);
            }
            (Phase::Established { negotiated, .. }, MessageType::OPERATIONAL) if negotiated.operational => {
                let result = sink.operational(body, negotiated);
                return self.flow(now, leg, result);
            }
            (Phase::Established { .. }, MessageType::OPERATIONAL) => {
                let unknown = DecodeError::MessageType(kind.0);
                self.fail(now, leg, unknown.notification());
            }
            (Phase::Established { negotiated, .. }, MessageType::ROUTE_REFRESH) => {
                let refresh = negotiated.refresh;
                match RouteRefresh::decode(body) {
                    // RFC 2918 section 4: ignored when it was not negotiated.
                    Ok(_) if matches!(refresh, Refresh::Absent) => {}
                    Ok(message) => self.events.push_back(Event::RefreshReceived(message)),
                    Err(error) => self.fail(now, leg, error.notification()),
                }
            }
            (Phase::Established { .. }, _) => self.fail(now, leg, unexpected(3)),
        }
        ControlFlow::Continue(())
    }

    /// What the sink says after a message.
    fn flow(
        &mut self,
        now: Instant,
        leg: Leg,
        result: Result<ControlFlow<()>, DecodeError>,
    ) -> ControlFlow<()> {
        result.unwrap_or_else(|error| {
            self.fail(now, leg, error.notification());
            ControlFlow::Break(())
        })
    }

    /// A NOTIFICATION ends the connection and is never answered (RFC 4271 section 6.4).
    fn notified(&mut self, now: Instant, leg: Leg, body: &[u8]) {
        let notification = Notification::decode(body);
        self.events.push_back(Event::NotificationReceived(leg, notification.clone()));
        self.leave(leg, Farewell::Silent);
        self.ended(now, DownReason::NotificationReceived(notification));
    }

    /// The peer's OPEN.
    fn opened(&mut self, now: Instant, leg: Leg, body: &[u8]) {
        let open = match Open::decode(body) {
            Ok(open) => Arc::new(open),
            Err(error) => return self.fail(now, leg, error.notification()),
        };
        let local_as = self.config.local_as.unwrap_or_else(|| open.four_octet_asn());
        let expected = Expect {
            peer_as: self.config.peer_as,
            local_as,
            local_id: self.config.router_id,
            role: role::roles(cap::values(&self.config.capabilities, CapCode::ROLE)).next(),
            strict_role: self.config.strict_role,
            multisession: self.config.capabilities.iter().any(|c| c.code == CapCode::MULTISESSION),
        };
        if let Err(error) = open.validate(&expected) {
            return self.fail(now, leg, error.notification());
        }
        self.events.push_back(Event::OpenReceived(leg, Arc::clone(&open)));
        if self.collides(now, leg, local_as, &open) {
            return self.fail(now, leg, collision());
        }
        let sent = match self.connection(leg).map(|c| &c.phase) {
            Some(Phase::Opening { sent: Some(sent) }) => Some(Arc::clone(sent)),
            _ => self.send_open(leg, local_as),
        };
        let Some(sent) = sent else { return self.fail(now, leg, Notification::new(6, 0)) };
        let negotiated = Arc::new(Negotiated::new(Open::clone(&sent), Open::clone(&open)));
        self.events.push_back(Event::Negotiated(leg, Arc::clone(&negotiated)));
        self.enter(leg, Phase::OpenConfirm { negotiated });
        self.send_keepalive(leg);
        self.restart_keepalive(now, leg);
        self.restart_hold(now, leg);
    }

    /// Connection collision detection (RFC 4271 section 6.8) at the arrival of an OPEN. Whether the connection it came
    /// on has to go; if the other one has to, it is gone.
    fn collides(&mut self, now: Instant, leg: Leg, local_as: Asn, open: &Open) -> bool {
        let other = leg.other();
        let Some(connection) = self.connection(other) else { return false };
        match connection.phase {
            Phase::Connecting => false,
            Phase::Established { .. } if self.may_have_restarted(now, other) => {
                // RFC 4724 section 4.2: the old connection is closed without NOTIFICATION.
                self.leave(other, Farewell::Silent);
                self.ended(now, DownReason::Closed("the peer restarted".into()));
                false
            }
            Phase::Established { .. } => true,
            Phase::Opening { .. } | Phase::OpenConfirm { .. } => {
                let stays =
                    survivor((self.config.router_id, local_as), (open.router_id, open.four_octet_asn()));
                if stays == leg {
                    self.leave(other, Farewell::Say(collision()));
                    self.report_state();
                }
                stays != leg
            }
        }
    }

    /// The peer has confirmed.
    fn establish(&mut self, now: Instant, leg: Leg, negotiated: Arc<Negotiated>) {
        // A connection that comes so late collides with an established one (RFC 4271 section 6.8).
        self.leave(leg.other(), Farewell::Say(collision()));
        self.backoff.reset();
        self.restarting = false;
        self.enter(leg, Phase::Established { negotiated: Arc::clone(&negotiated), since: now });
        self.restart_hold(now, leg);
        self.up = true;
        self.events.push_back(Event::Up(leg, negotiated));
    }

    /// Starts the keepalive timer again: we have said something.
    pub(super) fn restart_keepalive(&mut self, now: Instant, leg: Leg) {
        let interval = self.connection(leg).and_then(|c| c.phase.keepalive_interval());
        let at = interval.and_then(|interval| now.checked_add(interval));
        self.timers.set(Timer::Leg(LegTimer::Keepalive, leg), at);
    }
}

/// The connection that stays: the one initiated by the side with the higher identifier (RFC 4271 section 6.8), or with
/// the higher AS number where the identifiers are equal (RFC 6286 section 2.3).
fn survivor(ours: (std::net::Ipv4Addr, Asn), theirs: (std::net::Ipv4Addr, Asn)) -> Leg {
    if ours > theirs { Leg::Outgoing } else { Leg::Incoming }
}
