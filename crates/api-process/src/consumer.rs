//! What the owner implements to take a helper's lines, and the messages it gets back.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::{Error, Outbox};

/// The owner's number for a helper; this crate only repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HelperId(pub u32);

impl fmt::Display for HelperId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Whether a batch takes another line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Give the next line if there is one.
    More,
    /// Send the batch before giving another line.
    Full,
}

/// What happened on a helper's stdout that is not a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice<'a> {
    /// A line longer than the limit: it is skipped to its newline, and this is said once, in its
    /// place among the lines, as soon as the limit is passed.
    Oversized {
        /// The first [`Spec::max_line`](crate::Spec::max_line) bytes.
        head: &'a [u8],
    },
    /// The stream ended inside a line; the piece is dropped.
    HalfLine {
        /// The piece; empty if it was the end of an oversized line.
        piece: &'a [u8],
    },
}

/// Takes a helper's lines, in the helper's own task, and makes batches of them.
///
/// No method may block. A panic is contained: the process is ended, [`Kind::Failed`] is sent, the
/// respawn policy applies, and [`Consumer::started`] is called before the next line.
pub trait Consumer: Send + 'static {
    /// What travels to the owner.
    type Batch: Send + 'static;

    /// A new process is about to run: forget what its predecessor had begun.
    ///
    /// `generation` goes with every answer to this process's lines ([`Outbox::reply`]).
    fn started(&mut self, generation: u32, outbox: &Outbox);

    /// One line without its `\n` (nor a `\r` before it): any bytes, perhaps none, not always UTF-8.
    fn line(&mut self, line: &[u8]) -> Fill;

    /// Something else happened on the stream, at this place among the lines.
    fn notice(&mut self, notice: Notice<'_>);

    /// The batch so far, `None` if it is empty.
    ///
    /// Called when all complete lines that were there have been given, or after [`Fill::Full`]:
    /// a single line is never held back to wait for a second.
    fn take(&mut self) -> Option<Self::Batch>;
}

/// A message from a helper's task. The order per helper is the order of events.
#[derive(Debug)]
pub struct FromHelper<B> {
    /// Which helper.
    pub id: HelperId,
    /// Which of its processes: 1 for the first, one more for each attempt to start; `u32::MAX`
    /// with [`Error::Supervisor`], after which nothing more comes from this helper.
    pub generation: u32,
    /// What happened.
    pub kind: Kind<B>,
}

/// What a helper's task has to say.
#[derive(Debug)]
pub enum Kind<B> {
    /// The process runs.
    Started {
        /// Its process id, also its process group.
        pid: u32,
    },
    /// Lines, as the [`Consumer`] made them.
    Batch {
        /// The consumer's batch.
        batch: B,
        /// The right to have one more batch under way. Keep it as long as the work of this batch
        /// should hold back the helper; dropping it gives it back.
        credit: Credit,
    },
    /// The process is gone and reaped; all its lines were sent before.
    Exited {
        /// How it ended; `None` if the kernel did not let it die in time.
        status: Option<ExitStatus>,
        /// When it will be started again; `None`: not until [`HelperHandle::restart`](crate::HelperHandle::restart).
        respawn_after: Option<Duration>,
    },
    /// It could not be started, or our side of it failed.
    Failed {
        /// Why.
        reason: Error,
        /// When a new attempt will be made. Always `None` when an [`Kind::Exited`] follows.
        respawn_after: Option<Duration>,
    },
}

/// One batch's place under way (see [`Kind::Batch`]).
#[derive(Debug)]
#[expect(dead_code, reason = "held for its Drop, which gives the place back")]
pub struct Credit(pub(crate) OwnedSemaphorePermit);
