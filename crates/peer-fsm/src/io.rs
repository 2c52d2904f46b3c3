//! What passes between a peer and the one who owns its sockets.

use std::sync::Arc;

use bgp_wire::Notification;
use bgp_wire::msg::{Operational, RouteRefresh};
use thiserror::Error;

/// One of the two connections that can exist at once with a peer (RFC 4271 section 6.8).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Leg {
    /// The connection we initiated.
    Outgoing,
    /// The connection the peer initiated.
    Incoming,
}

impl Leg {
    /// Both, in a fixed order.
    pub const BOTH: [Self; 2] = [Self::Outgoing, Self::Incoming];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Outgoing => Self::Incoming,
            Self::Incoming => Self::Outgoing,
        }
    }
}

/// What happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Io {
    /// The TCP connection asked for by [`IoAction::Connect`] is up.
    Connected,
    /// It could not be made; why, for people.
    ConnectFailed(String),
    /// The connection ended without our having closed it; why, for people.
    Closed(String),
}

/// The answer to an incoming connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accept {
    /// The connection is now [`Leg::Incoming`].
    Taken {
        /// Set when another incoming connection was in use: it gets these octets as its last ones (they may be
        /// none) and is closed.
        replaces: Option<Vec<u8>>,
    },
    /// The connection gets these octets, a NOTIFICATION, and is closed.
    Refused {
        /// What the NOTIFICATION says.
        notification: Notification,
        /// The message as on the wire.
        farewell: Vec<u8>,
    },
}

/// What the owner of the sockets has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IoAction {
    /// Start an outgoing TCP connection; answer with [`Io::Connected`] or [`Io::ConnectFailed`].
    Connect,
    /// Give the connection up. Octets of this leg that wait in the owner's buffers are dropped at a message
    /// boundary, `farewell` is written if the socket takes it within a short while, and the socket is closed.
    /// The leg is free from now on: nothing more is to be reported for this connection.
    Close {
        /// Which connection.
        leg: Leg,
        /// The last octets, often a NOTIFICATION, possibly none.
        farewell: Vec<u8>,
    },
}

/// What a peer can be told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Begin: connect, or wait for a connection when passive. Also a new beginning after a stop.
    Start,
    /// End for good, then [`crate::Event::Stopped`].
    Stop(StopReason),
    /// End the session by order of an operator, then begin again at once. Where graceful restart was negotiated
    /// nothing is sent, so that the peer keeps forwarding (RFC 4724 section 4).
    Teardown(Notification),
    /// End the session because of an error found above this crate (helper failure, out of resources), always with
    /// the NOTIFICATION, then begin again after the back-off.
    Fail(Notification),
    /// Send a ROUTE-REFRESH. Those that mark a refresh (BoRR, EoRR) have a place between UPDATEs and are the
    /// owner's to write.
    Refresh(RouteRefresh),
    /// Send an OPERATIONAL message.
    Operational(Arc<Operational>),
}

/// Why a peer stops for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The daemon ends: Cease 6/2 with a text (RFC 9003; cut at 255 octets, may be empty), nothing where graceful
    /// restart was negotiated.
    ShuttingDown(String),
    /// The peer is gone from the configuration: Cease 6/3.
    Removed,
    /// The peer's configuration changed and another [`crate::Peer`] takes its place: Cease 6/3, nothing where graceful
    /// restart was negotiated.
    Reconfigured,
}

/// A command that can't be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// It needs an established session.
    #[error("the session is not established")]
    NotEstablished,
    /// The peer can't refresh routes.
    #[error("route refresh was not negotiated")]
    NoRouteRefresh,
    /// The peer does not know OPERATIONAL messages.
    #[error("operational messages were not negotiated")]
    NoOperational,
    /// It does not fit in a message.
    #[error("the operational message is too long")]
    TooLong,
}

/// What [`crate::Peer::handle_timeout`] needs before time goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Wanted {
    /// Nothing.
    Nothing,
    /// The hold time of this leg is over. Offer its unread octets to [`crate::Peer::handle_bytes`] (or say
    /// [`crate::Peer::handle_unread`] when there are some but no room for what they say), then call again.
    Read(Leg),
}
