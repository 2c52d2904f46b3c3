//! Ways for people and scripts to give commands: a Unix socket, and the original's pair of named pipes.
//!
//! Who comes this way is a client: to the reactor a helper without a process, that may command every neighbor and
//! hears no events. Its lines are parsed in its own task, as helpers' lines are.

mod pipes;
mod socket;

use std::path::PathBuf;

pub(crate) use pipes::open as open_pipes;
pub(crate) use socket::{AdminHandle, AdminSocket, WAITING};

/// Where clients find the daemon.
#[derive(Clone, Debug, Default)]
pub struct Admin {
    /// The Unix socket to be made.
    pub socket: Option<PathBuf>,
    /// The named pipe that commands come from, and the one that answers go to; both exist.
    pub pipes: Option<(PathBuf, PathBuf)>,
}

/// Clients that are served at once; one more is told so and sent away.
pub(crate) const CLIENTS: usize = 256;

/// What a client too many is told: the words of the original.
pub(crate) const TOO_MANY: &[u8] = b"error: maximum concurrent clients reached\nerror\n";

/// What clients hear when the daemon stops.
pub(crate) const FAREWELL: &[u8] = b"shutdown\n";
