//! How a helper is to be run.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::respawn;

/// What is done with events when a helper does not read them and the memory bound is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// Spill in order to an unlinked temporary file up to [`Spec::spill_bytes`], then as `Gap`.
    #[default]
    Spill,
    /// Ask the producers to wait ([`Outbox::has_event_room`](crate::Outbox::has_event_room)).
    Block,
    /// Drop, and tell the helper by one marker how many events are missing.
    Gap,
}

/// How long an ending helper is given for each step.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// From the farewell line and the end of its stdin to SIGTERM.
    pub term_after: Duration,
    /// From SIGTERM to SIGKILL; both go to the whole process group.
    pub kill_after: Duration,
    /// From SIGKILL until it is given up (a process in an uninterruptible system call).
    pub abandon_after: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            term_after: Duration::from_millis(100),
            kill_after: Duration::from_millis(500),
            abandon_after: Duration::from_millis(500),
        }
    }
}

/// A helper as the configuration describes it.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Its name in the log.
    pub name: String,
    /// The program; the owner has resolved it (no search by this crate beyond `execvp`'s).
    pub program: PathBuf,
    /// Its arguments, without the program itself.
    pub args: Vec<OsString>,
    /// Changes to the daemon's environment, applied in order after `TERM=dumb`; `None` removes.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// Working directory; default `/`.
    pub cwd: PathBuf,
    /// User id to run as; `None` keeps ours.
    pub uid: Option<u32>,
    /// Group id to run as; `None` keeps ours.
    pub gid: Option<u32>,
    /// Whether it is started again when it ends by itself.
    pub respawn: bool,
    /// With which delays.
    pub backoff: respawn::Policy,
    /// Time given to an ending helper.
    pub timing: Timing,
    /// Policy for events it does not read.
    pub overflow: Overflow,
    /// Memory for unread events, and as much again for unread answers; default 4 MiB.
    pub queue_bytes: usize,
    /// Disk for unread events; default 1 GiB.
    pub spill_bytes: u64,
    /// Where to spill; default the system's temporary directory.
    pub spill_dir: Option<PathBuf>,
    /// Longest line accepted on its stdout, without the newline; default 1 MiB. Memory for a line
    /// is only taken as the line grows.
    pub max_line: usize,
    /// Batches it may have under way at the owner (see [`Credit`](crate::Credit)); default 4,
    /// at least 1.
    pub credits: usize,
}

impl Spec {
    /// A helper with every setting at its default.
    pub fn new(name: impl Into<String>, program: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            cwd: PathBuf::from("/"),
            uid: None,
            gid: None,
            respawn: true,
            backoff: respawn::Policy::default(),
            timing: Timing::default(),
            overflow: Overflow::default(),
            queue_bytes: 4 << 20,
            spill_bytes: 1 << 30,
            spill_dir: None,
            max_line: 1 << 20,
            credits: 4,
        }
    }
}

type GapLine = dyn Fn(u64) -> Bytes + Send + Sync;
type FarewellLine = dyn Fn() -> Bytes + Send + Sync;

/// The few lines this crate writes on its own account, in the owner's dialect.
///
/// Each callback returns whole lines, newline included, and must not block: it runs with the
/// helper's queue locked.
#[derive(Clone)]
pub struct Lines {
    pub(crate) gap: Arc<GapLine>,
    pub(crate) farewell: Option<Arc<FarewellLine>>,
}

impl Lines {
    /// `gap(lost)` tells the helper that `lost` events are missing at this place.
    pub fn new(gap: impl Fn(u64) -> Bytes + Send + Sync + 'static) -> Self {
        Self { gap: Arc::new(gap), farewell: None }
    }

    /// The last line a helper gets before it is ended, if its queue lets it through in time.
    #[must_use]
    pub fn farewell(mut self, line: impl Fn() -> Bytes + Send + Sync + 'static) -> Self {
        self.farewell = Some(Arc::new(line));
        self
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("farewell", &self.farewell.is_some()).finish_non_exhaustive()
    }
}
