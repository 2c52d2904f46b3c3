//! The event loop that joins helpers, peers, sockets and clocks.

pub mod connect;
pub mod listener;
pub mod sockopt;
