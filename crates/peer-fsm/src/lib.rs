//! The RFC 4271 state machine of one peer, sans-IO: octets and times in, octets, deadlines and events out.
//!
//! A [`Peer`] knows neither sockets nor clocks. Its owner holds up to two connections for it, [`Leg::Outgoing`] and
//! [`Leg::Incoming`] (RFC 4271 section 6.8), reports what happens, and does what it is told.
//!
//! # The contract
//!
//! Feed it with one of
//!
//! * [`Peer::handle_command`]: start, stop, teardown, refresh;
//! * [`Peer::handle_accept`]: the peer connected; the answer is taken, refused, or taken instead of an older one;
//! * [`Peer::handle_io`]: the connection asked for is up, has failed, or has ended;
//! * [`Peer::handle_bytes`]: unread octets of a leg; the answer is how many were used. Each message goes to the
//!   [`MessageSink`] as it lies in the buffer, UPDATE bodies without a copy. It stops early when an event waits
//!   (so that events and messages keep their order) or the sink says so: **drain, then call again until it uses
//!   nothing**;
//! * [`Peer::handle_written`]: after each write to a socket, for the send hold timer (RFC 9687);
//! * [`Peer::handle_timeout`]: the deadline has come. It may answer [`Wanted::Read`]: look for unread octets, then call
//!   again; only then a hold timer expires. Keepalives never wait for this;
//!
//! always with `now`, which must never go back. After *each* call drain, in any order, until each has nothing more:
//!
//! * [`Peer::poll_event`]: what happened;
//! * [`Peer::poll_io`]: connect, or close with the last octets (a NOTIFICATION is only ever sent that way, so it can't be
//!   followed by anything);
//! * [`Peer::poll_transmit`]: control messages (OPEN, KEEPALIVE, ROUTE-REFRESH) of a leg;
//!
//! and then arm one sleep for [`Peer::poll_timeout`].
//!
//! # UPDATEs
//!
//! The peer makes none. While [`Peer::established`] says so, the owner packs routes for the given [`Negotiated`](bgp_wire::negotiated::Negotiated), into a
//! buffer of its own, and writes control octets first at every message boundary: a KEEPALIVE overtakes any number of
//! queued UPDATEs. The initial routes and the End-of-RIB markers (RFC 4724 section 2) follow [`Event::Up`].
//!
//! # Where we differ from RFC 4271 section 8, and why
//!
//! * While the back-off after a failure runs the state is Active, not Idle: a peer that connects is welcome at once.
//! * Collisions are resolved as soon as both identifiers are known, also against a connection in OpenSent (section 6.8
//!   permits it when the identifier is known by other means: it is, from the other connection). Both sides then decide
//!   alike at the same time, and it can't happen that each closes the connection the other one keeps.
//! * A second incoming connection replaces an older incoming one that is not established: the peer has forgotten it.
//! * Where the peer can restart gracefully, a new connection takes the place of an established session that is older than
//!   [`PeerConfig::open_wait`] (RFC 4724 section 4.2): after its OPEN, or at once if the session is incoming too. A younger
//!   session treats it as a collision.
//! * Any message restarts the hold timer, and unread octets keep the session up when we are the ones who don't read.
#![cfg_attr(
    not(any(test, feature = "testing")),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

mod backoff;
mod config;
mod event;
mod io;
mod peer;
mod random;
mod sink;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;
mod timer;

pub use config::PeerConfig;
pub use event::{DownReason, Event, State};
pub use io::{Accept, Command, CommandError, Io, IoAction, Leg, StopReason, Wanted};
pub use peer::Peer;
pub use sink::MessageSink;
