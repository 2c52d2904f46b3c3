//! One connection and how far it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bgp_wire::msg::Open;
use bgp_wire::msg::frame::MAX_MESSAGE;
use bgp_wire::negotiated::Negotiated;

use crate::event::State;
use crate::io::Leg;

/// One of the two connections.
#[derive(Debug)]
pub(super) struct Connection {
    /// How far it is.
    pub(super) phase: Phase,
    /// Control messages that have not been polled yet.
    pub(super) out: Vec<u8>,
    /// The hold time is over and the owner was asked to look for unread octets.
    pub(super) asked: bool,
}

/// How far a connection is, with what is known by then.
#[derive(Debug)]
pub(super) enum Phase {
    /// TCP is being set up; outgoing connections only.
    Connecting,
    /// The peer's OPEN is awaited. Ours has been sent, except with `local-as auto`.
    Opening {
        /// Our OPEN.
        sent: Option<Arc<Open>>,
    },
    /// The peer's first KEEPALIVE is awaited.
    OpenConfirm {
        /// From both OPENs.
        negotiated: Arc<Negotiated>,
    },
    /// Routes flow.
    Established {
        /// From both OPENs.
        negotiated: Arc<Negotiated>,
        /// From when on.
        since: Instant,
    },
}

impl Connection {
    pub(super) const fn new(phase: Phase) -> Self {
        Self { phase, out: Vec::new(), asked: false }
    }

    /// The largest message that may come.
    pub(super) fn max_message(&self) -> u16 {
        self.phase.negotiated().map_or(MAX_MESSAGE, |n| n.max_message)
    }
}

impl Phase {
    /// The state by RFC 4271. To wait for the peer's OPEN without having sent ours is what Connect and Active do while
    /// the DelayOpenTimer runs (section 8.2.2).
    pub(super) const fn state(&self, leg: Leg) -> State {
        match (self, leg) {
            (Self::Connecting, _) | (Self::Opening { sent: None }, Leg::Outgoing) => State::Connect,
            (Self::Opening { sent: None }, Leg::Incoming) => State::Active,
            (Self::Opening { sent: Some(_) }, _) => State::OpenSent,
            (Self::OpenConfirm { .. }, _) => State::OpenConfirm,
            (Self::Established { .. }, _) => State::Established,
        }
    }

    /// What was negotiated, as soon as it is.
    pub(super) const fn negotiated(&self) -> Option<&Arc<Negotiated>> {
        match self {
            Self::Connecting | Self::Opening { .. } => None,
            Self::OpenConfirm { negotiated } | Self::Established { negotiated, .. } => Some(negotiated),
        }
    }

    /// Both sides can restart gracefully (RFC 4724).
    pub(super) fn graceful_restart(&self) -> bool {
        self.negotiated().is_some_and(|n| n.graceful_restart.is_some())
    }

    /// The peer said it may keep forwarding over a restart.
    pub(super) fn keeps_forwarding(&self) -> bool {
        let restart = self.negotiated().and_then(|n| n.graceful_restart.as_ref());
        restart.is_some_and(|restart| !restart.families.is_empty())
    }

    /// The negotiated hold time; `None` when it is 0 and no timers run, or not known yet.
    pub(super) fn hold_time(&self) -> Option<Duration> {
        let seconds = self.negotiated()?.hold_time;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    /// A third of the hold time in whole seconds (RFC 4271 section 4.4).
    pub(super) fn keepalive_interval(&self) -> Option<Duration> {
        let seconds = self.negotiated()?.keepalive_interval();
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }
}
