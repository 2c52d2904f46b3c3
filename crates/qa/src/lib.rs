//! The functional test harness: scripted BGP speaker, cases, interoperability.
//!
//! An outsider by design: it speaks BGP with a few hundred lines of its own and knows nothing of the daemon's crates, so a
//! mistake there cannot hide here. Being test code it may panic where its own caller is wrong, and uses `anyhow` throughout.

pub mod bench;
pub mod case;
pub mod daemon;
pub mod decoding;
pub mod dissect;
pub mod expect;
pub mod frame;
pub mod helper;
pub mod hex;
pub mod judge;
mod known;
pub mod mrt;
pub mod open;
pub mod parsing;
pub mod process;
pub mod report;
pub mod router;
pub mod runner;
pub mod speaker;
pub mod update;
