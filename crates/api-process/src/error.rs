//! What can go wrong with a helper.

use std::io;
use std::path::PathBuf;

/// Why a helper could not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program could not be executed.
    #[error("can not start {}: {source}", program.display())]
    Spawn {
        /// The program as configured.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The process started but its pipes could not be attached to the event loop.
    #[error("can not use the pipes of the process: {0}")]
    Pipes(#[source] io::Error),
    /// The owner's [`Consumer`](crate::Consumer) panicked on this helper's output.
    #[error("internal failure while reading its output: {0}")]
    Consumer(String),
    /// The supervising task itself panicked; the helper is gone for good.
    #[error("internal failure of its supervisor: {0}")]
    Supervisor(String),
}
