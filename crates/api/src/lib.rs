//! Commands, events and their encoders: what helpers write and what they read.
//!
//! Pure: text and bytes in, values and bytes out. Who reads pipes, owns routes or knows the time is above.
//!
//! | module | does |
//! |---|---|
//! | [`command`] | the [`command::COMMANDS`] table: one entry per command, one file per family of commands |
//! | [`parser`] | a helper's lines into a [`batch::Batch`], with memoised attribute clauses |
//! | [`event`] | what can happen, who wants to hear of it, and the [`event::Publisher`] that encodes it once |
//! | [`encode`] | the [`encode::ENCODERS`] table: one entry per dialect, one file each |
//! | [`reply`] | `done`, `error`, and the output of `show`, `help` and `version` |
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

pub mod batch;
pub mod command;
pub mod encode;
mod error;
pub mod event;
pub mod parser;
pub mod reply;
mod route;

pub use batch::Batch;
pub use error::CommandError;
pub use event::Publisher;
pub use parser::Parser;
