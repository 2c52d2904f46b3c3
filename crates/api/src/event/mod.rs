//! What can happen to a peer, told without any dialect.

mod publisher;
mod subscription;

use std::net::{IpAddr, Ipv4Addr};

use bgp_wire::error::Notification;
use bgp_wire::msg::open::Open;
use bgp_wire::msg::operational::Operational;
use bgp_wire::msg::refresh::RouteRefresh;
use bgp_wire::msg::update::Update;
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{Asn, NlriRef};

pub use publisher::Publisher;
pub use subscription::{Class, Form, Format, MessageKind, Subscription};

/// Which way a message went.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// From the peer.
    Receive,
    /// To the peer.
    Send,
}

impl Direction {
    /// As events spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Send => "send",
        }
    }
}

/// Who the peer of an event is; what every event about it starts with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerHead {
    /// Our address; none while the kernel has not chosen it.
    pub local: Option<IpAddr>,
    /// The peer's address.
    pub peer: IpAddr,
    /// Our AS number as configured; none when it follows the peer's.
    pub local_as: Option<Asn>,
    /// The peer's AS number as configured; none when any will do.
    pub peer_as: Option<Asn>,
    /// Our router identifier; left out when there is none.
    pub router_id: Option<Ipv4Addr>,
}

/// Who we are: constant for the life of the daemon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Host {
    /// Host name.
    pub name: Box<str>,
    /// Process number of the daemon.
    pub pid: u32,
    /// Process number of its parent.
    pub ppid: u32,
}

/// What has expired: told to who announced it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expired<'a> {
    /// The route; none when a lease is told of as a whole.
    pub route: Option<NlriRef<'a>>,
    /// The lease that was not renewed; none when it was the route's own time.
    pub lease: Option<&'a str>,
    /// Neighbors that had the route, or routes that the lease had.
    pub count: usize,
}

/// The octets of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raw<'a> {
    /// Marker, length and type: 19 octets.
    pub header: &'a [u8],
    /// Everything after the header; may be empty.
    pub body: &'a [u8],
}

/// What a message says, once decoded. `'m` is the receive buffer: an UPDATE stays a view of it.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a, 'm> {
    /// OPEN.
    Open(&'a Open),
    /// UPDATE, an End-of-RIB marker among them.
    Update(&'a Update<'m>),
    /// NOTIFICATION.
    Notification(&'a Notification),
    /// KEEPALIVE.
    Keepalive,
    /// ROUTE-REFRESH.
    RouteRefresh(&'a RouteRefresh),
    /// OPERATIONAL.
    Operational(&'a Operational),
}

impl Content<'_, '_> {
    /// The kind of message.
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Open(_) => MessageKind::Open,
            Self::Update(_) => MessageKind::Update,
            Self::Notification(_) => MessageKind::Notification,
            Self::Keepalive => MessageKind::Keepalive,
            Self::RouteRefresh(_) => MessageKind::Refresh,
            Self::Operational(_) => MessageKind::Operational,
        }
    }
}

/// One thing that happened to a peer.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a, 'm> {
    /// TCP is up.
    Connected,
    /// The session is Established.
    Up,
    /// The session, or the attempt at one, ended.
    Down {
        /// Why, for people and scripts; may hold text of the peer.
        reason: &'a str,
    },
    /// The state machine changed its state.
    Fsm {
        /// RFC 4271 name of the new state, in capitals.
        state: &'a str,
    },
    /// Both OPENs are known.
    Negotiated(&'a Negotiated),
    /// The daemon got a signal.
    Signal {
        /// Its number.
        number: i32,
        /// Its name, as in `SIGTERM`.
        name: &'a str,
    },
    /// A message came or went.
    Message {
        /// Which way.
        direction: Direction,
        /// Its octets.
        raw: Raw<'a>,
        /// What it says.
        content: Content<'a, 'm>,
    },
    /// A message came that can't be decoded: only those who asked for packets hear of it.
    Undecoded {
        /// What its header says it is.
        kind: MessageKind,
        /// Its octets.
        raw: Raw<'a>,
    },
}

impl Event<'_, '_> {
    /// What one subscribes to in order to get it.
    pub const fn class(&self) -> Class {
        match self {
            Self::Connected | Self::Up | Self::Down { .. } => Class::State,
            Self::Fsm { .. } => Class::Fsm,
            Self::Negotiated(_) => Class::Negotiated,
            Self::Signal { .. } => Class::Signal,
            Self::Message { direction, content, .. } => Class::Message(content.kind(), *direction),
            Self::Undecoded { kind, .. } => Class::Message(*kind, Direction::Receive),
        }
    }
}
