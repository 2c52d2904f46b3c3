//! What a peer reports.

use std::fmt;
use std::sync::Arc;

use bgp_wire::msg::{Open, RouteRefresh};
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{MessageType, Notification};
use bytes::Bytes;

use crate::io::Leg;

/// The six states of RFC 4271 section 8.2.2. Of two connections the one that is further counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Nothing is tried.
    Idle,
    /// Waiting for the peer to connect, or for the next try.
    Active,
    /// A TCP connection is being made, or (`local-as auto`) the peer's OPEN is awaited before ours is sent.
    Connect,
    /// Our OPEN has been sent.
    OpenSent,
    /// Both OPENs are known, the first KEEPALIVE is awaited.
    OpenConfirm,
    /// Routes flow.
    Established,
}

impl State {
    /// The name in capitals, as in the `fsm` events of helpers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "IDLE",
            Self::Active => "ACTIVE",
            Self::Connect => "CONNECT",
            Self::OpenSent => "OPENSENT",
            Self::OpenConfirm => "OPENCONFIRM",
            Self::Established => "ESTABLISHED",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why there is no connection any more. `Display` gives the `reason` of the helpers' `down` event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DownReason {
    /// The peer sent a NOTIFICATION.
    NotificationReceived(Notification),
    /// We sent one.
    NotificationSent(Notification),
    /// The connection ended without one; the cause, for logs.
    Closed(String),
    /// [`crate::StopReason::ShuttingDown`].
    ShuttingDown,
    /// [`crate::StopReason::Removed`].
    Removed,
    /// Closed silently, so that the peer keeps our routes (RFC 4724).
    GracefulRestart,
}

impl fmt::Display for DownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotificationReceived(n) => write!(f, "notification received ({},{})", n.code, n.subcode),
            Self::NotificationSent(n) => write!(f, "notification sent ({},{})", n.code, n.subcode),
            Self::Closed(_) => f.write_str("closing connection"),
            Self::ShuttingDown => f.write_str("stop, message [shutting down]"),
            Self::Removed => f.write_str("stop, message [removed]"),
            Self::GracefulRestart => {
                f.write_str("graceful restarted negotiated, closing without sending any notification")
            }
        }
    }
}

/// What happened, in order. `Connected` and `Down` come in pairs, `Up` only between them; nothing follows `Stopped`
/// but a new `Start`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The state of the peer changed.
    State {
        /// Before.
        from: State,
        /// Now.
        to: State,
    },
    /// The first TCP connection is up; a second one is not reported.
    Connected(Leg),
    /// An outgoing TCP connection could not be made; why, for people.
    ConnectFailed(String),
    /// A control message (OPEN, KEEPALIVE, NOTIFICATION, ROUTE-REFRESH) was queued: the whole message, for raw
    /// packet events and counters. The decoded form of OPEN and NOTIFICATION follows.
    Sent {
        /// On which connection.
        leg: Leg,
        /// Type of the message.
        kind: MessageType,
        /// Header and body.
        raw: Bytes,
    },
    /// Our OPEN, after its `Sent`.
    OpenSent(Leg, Arc<Open>),
    /// The peer's OPEN, valid.
    OpenReceived(Leg, Arc<Open>),
    /// Both OPENs are compared.
    Negotiated(Leg, Arc<Negotiated>),
    /// The session is established.
    Up(Leg, Arc<Negotiated>),
    /// The peer wants routes again, or marks a refresh of its own. Route refresh was negotiated; whether the family was,
    /// and the subtype is known, is the owner's to look at (RFC 2918 section 4: ignored otherwise).
    RefreshReceived(RouteRefresh),
    /// A NOTIFICATION we sent, after its `Sent`.
    NotificationSent(Leg, Notification),
    /// A NOTIFICATION from the peer.
    NotificationReceived(Leg, Notification),
    /// The last connection is gone.
    Down(DownReason),
    /// [`crate::PeerConfig::attempts`] sessions were tried; `Stopped` follows.
    AttemptsExhausted,
    /// The peer has come to rest. What [`crate::Peer::poll_io`] still has is to be done.
    Stopped,
}
