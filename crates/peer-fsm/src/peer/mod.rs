//! The peer itself: two connections, the timers, and what waits to be polled.

mod commands;
mod connection;
mod open;
mod receive;
mod sockets;
mod timeout;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bgp_wire::msg::keepalive;
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{MessageType, Notification};
use bytes::{BufMut, Bytes};

use crate::backoff::Backoff;
use crate::config::PeerConfig;
use crate::event::{DownReason, Event, State};
use crate::io::{IoAction, Leg};
use crate::timer::{Timer, Timers};
use connection::{Connection, Phase};

/// Cease: Connection Collision Resolution (RFC 4486), with its name as text.
fn collision() -> Notification {
    Notification::named(6, 7)
}

/// A NOTIFICATION as on the wire.
fn encode(notification: &Notification) -> Vec<u8> {
    let mut octets = Vec::new();
    notification.encode(&mut octets);
    octets
}

/// One BGP peer. See the [crate's documentation](crate) for how to drive it.
#[derive(Debug)]
pub struct Peer {
    config: PeerConfig,
    /// Between `Start` and `Stop`.
    running: bool,
    /// What was last reported.
    state: State,
    outgoing: Option<Connection>,
    incoming: Option<Connection>,
    timers: Timers,
    backoff: Backoff,
    /// Sessions tried since `Start`.
    attempts: u32,
    /// The R bit of graceful restart is still to be set.
    restarting: bool,
    /// `Connected` was reported and `Down` is owed.
    connected: bool,
    /// `Up` was reported since.
    up: bool,
    events: VecDeque<Event>,
    actions: VecDeque<IoAction>,
}

/// How a connection is left.
enum Farewell {
    /// It is gone already.
    Gone,
    /// Without a word.
    Silent,
    /// With a NOTIFICATION, if TCP is up.
    Say(Notification),
}

impl Peer {
    /// A peer at rest. `seed` decides the jitter of its back-off; peers should have different ones.
    pub fn new(config: PeerConfig, seed: u64) -> Self {
        let restarting = config.restarting;
        Self {
            config,
            running: false,
            state: State::Idle,
            outgoing: None,
            incoming: None,
            timers: Timers::default(),
            backoff: Backoff::new(seed),
            attempts: 0,
            restarting,
            connected: false,
            up: false,
            events: VecDeque::new(),
            actions: VecDeque::new(),
        }
    }

    /// Other settings count from the next connection on. What the present session has agreed on stays.
    pub fn configure(&mut self, config: PeerConfig) {
        self.config = config;
    }

    /// The settings it works with.
    pub const fn config(&self) -> &PeerConfig {
        &self.config
    }

    /// The state as last reported.
    pub const fn state(&self) -> State {
        self.state
    }

    /// The connection that carries routes, and what was negotiated on it.
    pub fn established(&self) -> Option<(Leg, &Arc<Negotiated>)> {
        Leg::BOTH.into_iter().find_map(|leg| match &self.connection(leg)?.phase {
            Phase::Established { negotiated, .. } => Some((leg, negotiated)),
            _ => None,
        })
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next thing to do about sockets.
    pub fn poll_io(&mut self) -> Option<IoAction> {
        self.actions.pop_front()
    }

    /// Appends the control messages that wait on a leg to `out`; how many octets.
    pub fn poll_transmit(&mut self, leg: Leg, out: &mut impl BufMut) -> usize {
        let Some(connection) = self.connection_mut(leg) else { return 0 };
        let waiting = std::mem::take(&mut connection.out);
        out.put_slice(&waiting);
        waiting.len()
    }

    /// When [`Peer::handle_timeout`] has to be called, if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// How many connections carry routes: one at most, whatever happens.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn established_count(&self) -> usize {
        let phases = Leg::BOTH.into_iter().filter_map(|leg| Some(&self.connection(leg)?.phase));
        phases.filter(|phase| matches!(phase, Phase::Established { .. })).count()
    }

    fn connection(&self, leg: Leg) -> Option<&Connection> {
        match leg {
            Leg::Outgoing => self.outgoing.as_ref(),
            Leg::Incoming => self.incoming.as_ref(),
        }
    }

    fn connection_mut(&mut self, leg: Leg) -> Option<&mut Connection> {
        self.slot(leg).as_mut()
    }

    fn slot(&mut self, leg: Leg) -> &mut Option<Connection> {
        match leg {
            Leg::Outgoing => &mut self.outgoing,
            Leg::Incoming => &mut self.incoming,
        }
    }

    /// Enters a phase and reports the state that follows from it.
    fn enter(&mut self, leg: Leg, phase: Phase) {
        if let Some(connection) = self.connection_mut(leg) {
            connection.phase = phase;
        }
        self.report_state();
    }

    /// Reports the state that follows from the phases of the connections.
    fn report_state(&mut self) {
        let of_legs = Leg::BOTH.into_iter().filter_map(|leg| Some(self.connection(leg)?.phase.state(leg)));
        let rest = if self.running { State::Active } else { State::Idle };
        let to = of_legs.max().unwrap_or(rest);
        self.set_state(to);
    }

    fn set_state(&mut self, to: State) {
        let from = std::mem::replace(&mut self.state, to);
        if from != to {
            self.events.push_back(Event::State { from, to });
        }
    }

    /// Queues a control message.
    fn send(&mut self, leg: Leg, kind: MessageType, message: &[u8]) {
        let Some(connection) = self.connection_mut(leg) else { return };
        connection.out.extend_from_slice(message);
        self.events.push_back(Event::Sent { leg, kind, raw: Bytes::copy_from_slice(message) });
    }

    fn send_keepalive(&mut self, leg: Leg) {
        self.send(leg, MessageType::KEEPALIVE, &keepalive());
    }

    /// Frees a leg. The connection is closed by the owner, unless it is gone.
    fn leave(&mut self, leg: Leg, farewell: Farewell) {
        if let Some(farewell) = self.last_octets(leg, farewell) {
            self.actions.push_back(IoAction::Close { leg, farewell });
        }
    }

    /// Frees a leg; what is still to be written there, `None` if it is gone.
    fn last_octets(&mut self, leg: Leg, farewell: Farewell) -> Option<Vec<u8>> {
        let connection = self.slot(leg).take()?;
        self.timers.clear_leg(leg);
        match farewell {
            Farewell::Gone => None,
            Farewell::Say(notification) if !matches!(connection.phase, Phase::Connecting) => {
                // Our OPEN may still wait here, and has to come first.
                let mut octets = connection.out;
                octets.extend_from_slice(&self.say(leg, notification));
                Some(octets)
            }
            Farewell::Silent | Farewell::Say(_) => Some(Vec::new()),
        }
    }

    /// Reports a NOTIFICATION as sent; its octets.
    fn say(&mut self, leg: Leg, notification: Notification) -> Bytes {
        let raw = Bytes::from(encode(&notification));
        self.events.push_back(Event::Sent { leg, kind: MessageType::NOTIFICATION, raw: raw.clone() });
        self.events.push_back(Event::NotificationSent(leg, notification));
        raw
    }

    /// Closes one connection because of an error on it.
    fn fail(&mut self, now: Instant, leg: Leg, notification: Notification) {
        self.leave(leg, Farewell::Say(notification.clone()));
        self.ended(now, DownReason::NotificationSent(notification));
    }

    /// A connection has been left: if it was the last one, the session is over.
    fn ended(&mut self, now: Instant, reason: DownReason) {
        if let Some(leg) = Leg::BOTH.into_iter().find(|leg| self.connection(*leg).is_some()) {
            if self.up && self.established().is_none() {
                // The session is over, and the connection that is left is the beginning of another one.
                self.down(reason);
                self.report_connected(leg);
            }
            self.report_state();
            return;
        }
        self.down(reason);
        // Also when the next try begins at once: the session was lost, and that is what Idle tells.
        self.set_state(State::Idle);
        if self.running {
            self.again(now);
        }
    }

    /// Reports that there is a connection, unless that is known.
    fn report_connected(&mut self, leg: Leg) {
        if !std::mem::replace(&mut self.connected, true) {
            self.events.push_back(Event::Connected(leg));
        }
    }

    fn down(&mut self, reason: DownReason) {
        self.up = false;
        if std::mem::take(&mut self.connected) {
            self.events.push_back(Event::Down(reason));
        }
    }

    /// Begins again after a session or a try, unless there were enough.
    fn again(&mut self, now: Instant) {
        if self.config.attempts.is_some_and(|most| self.attempts >= most) {
            self.events.push_back(Event::AttemptsExhausted);
            self.stopped();
            return;
        }
        if !self.config.passive {
            let wait = self.backoff.wait();
            if wait.is_zero() {
                return self.connect(now);
            }
            self.timers.set(Timer::Retry, now.checked_add(wait));
        }
        self.report_state();
    }

    fn stopped(&mut self) {
        self.running = false;
        self.timers.set(Timer::Retry, None);
        self.set_state(State::Idle);
        self.events.push_back(Event::Stopped);
    }
}
