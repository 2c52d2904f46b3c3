//! The event loop that joins helpers, peers, sockets and clocks.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod admin;
mod clock;
pub mod connect;
mod core;
mod ingest;
mod limiter;
pub mod listener;
mod peer;
mod plan;
pub mod sockopt;

pub use admin::Admin;
pub use core::{Hook, Options, ReactorError, Reload, run};
