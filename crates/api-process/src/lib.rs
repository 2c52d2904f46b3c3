//! Supervision of helper processes: pipes, queues, respawn, shutdown.
//!
//! A *helper* is a program that the daemon starts and that talks to it by lines: commands on its
//! stdout, answers and events on its stdin, diagnostics on its stderr. This crate runs any number
//! of them and knows no BGP: a line is bytes, a batch is whatever the owner makes of lines.
//!
//! # The laws kept here
//!
//! * One task per helper, and in it one place that awaits: its `select!`.
//! * A helper that does not read its stdin costs bounded memory ([`Outbox`]) and delays nobody.
//! * A helper that writes faster than the owner takes is not read: its pipe fills, its `print`
//!   blocks, nobody else notices.
//! * A helper that dies, panics its consumer, writes a line without end or ignores SIGTERM harms
//!   only itself. It is restarted with back-off ([`respawn`]) and the daemon never gives up by
//!   itself.
//! * Nothing is left: the process group is killed with its leader, children are always reaped.
//!
//! # Usage
//!
//! ```
//! use std::time::Duration;
//! use api_process::{Company, Consumer, Fill, FromHelper, HelperId, Kind, Lines, Notice, Outbox, Owner, Spec};
//! use bytes::Bytes;
//! use tokio::sync::mpsc;
//! use tokio_util::{sync::CancellationToken, task::TaskTracker};
//!
//! /// Runs in the helper's own task: parse here, so that the reactor only moves pointers.
//! #[derive(Default)]
//! struct Parse { ops: Vec<String> }
//!
//! impl Consumer for Parse {
//!     type Batch = Vec<String>;
//!     /// A new process: forget what the previous one had begun.
//!     fn started(&mut self, _generation: u32, _outbox: &Outbox) { self.ops.clear(); }
//!     /// One line, without its end of line; any bytes at all. `Full` has the batch sent now.
//!     fn line(&mut self, line: &[u8]) -> Fill {
//!         self.ops.push(String::from_utf8_lossy(line).into_owned());
//!         if self.ops.len() >= 256 { Fill::Full } else { Fill::More }
//!     }
//!     /// Over-long or half lines; an over-long one deserves an `error` among the operations.
//!     fn notice(&mut self, _notice: Notice<'_>) {}
//!     /// What was collected, `None` if nothing. Called at the end of each turn.
//!     fn take(&mut self) -> Option<Vec<String>> {
//!         (!self.ops.is_empty()).then(|| std::mem::take(&mut self.ops))
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let (tx, mut rx) = mpsc::channel::<FromHelper<Vec<String>>>(64);
//! let tracker = TaskTracker::new();
//! let token = CancellationToken::new();
//! let owner = Owner { tx, tracker: tracker.clone(), token: token.clone(), ending: CancellationToken::new(), company: Company::default() };
//!
//! let mut spec = Spec::new("watch", "/bin/sh");
//! spec.args = vec!["-c".into(), "echo announce something; read answer".into()];
//! spec.respawn = false;
//! // The owner's words, since this crate speaks no dialect.
//! let lines = Lines::new(|lost| Bytes::from(format!("gap {lost}\n")))
//!     .farewell(|| Bytes::from_static(b"shutdown\n"));
//! let helper = api_process::start(&owner, HelperId(0), spec, lines, Parse::default());
//!
//! // In the reactor's select!: everything of every helper arrives here, in order per helper.
//! while let Some(FromHelper { generation, kind, .. }) = rx.recv().await {
//!     match kind {
//!         Kind::Started { pid } => println!("runs as {pid}"),
//!         Kind::Batch { batch, credit } => {
//!             for _op in &batch {
//!                 // Never blocks; identical consecutive answers are stored as a count.
//!                 helper.outbox().reply(generation, Bytes::from_static(b"done\n"));
//!             }
//!             drop(credit); // the helper may send one more batch: drop it when the work is done
//!         }
//!         Kind::Exited { respawn_after: None, .. } => break, // it will not come back by itself
//!         Kind::Exited { respawn_after: Some(_), .. } => {}
//!         Kind::Failed { reason, .. } => eprintln!("{reason}"),
//!     }
//! }
//!
//! // Shutdown of all, in parallel, within a deadline.
//! token.cancel();
//! tracker.close();
//! let _ = tokio::time::timeout(Duration::from_secs(2), tracker.wait()).await;
//! # });
//! ```
//!
//! ## From a peer's task
//!
//! ```ignore
//! // events of one or many lines, encoded once and shared by all helpers that want them
//! match outbox.push_event(bytes) {
//!     Pushed::Queued | Pushed::Spilled | Pushed::Closed => {}
//!     Pushed::Dropped => {}            // counted; a gap marker will say so to the helper
//!     Pushed::Full(bytes) => pending = Some(bytes), // only with Overflow::Block
//! }
//! // with Overflow::Block the peer's select! guards its socket:
//! //   readable = socket.readable(), if outbox.has_event_room()
//! //   () = outbox.event_room(), if !outbox.has_event_room()
//! ```
//!
//! # Map
//!
//! | module | does |
//! |---|---|
//! | [`respawn`] | pure back-off policy |
//! | [`split`] | pure line splitter |
//! | `consumer` | what the owner implements, and the messages it receives |
//! | `outbox` | byte-bounded stdin queue, spill file, gap marker |
//! | `spawn` | process, group, pipes, signals |
//! | `supervisor` | the task: one `select!` |
//! | `company` | who writes lately, so that a flood lets others through |
//! | `client` | the same for whoever connects to a socket or uses named pipes: [`attach`] |
//! | `handle` | [`start`], [`HelperHandle`] |

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

mod client;
mod company;
mod consumer;
mod error;
mod handle;
mod outbox;
pub mod respawn;
mod spawn;
mod spec;
pub mod split;
mod stderr;
mod stdin;
mod supervisor;

pub use client::{ClientSpec, Link, attach};
pub use company::Company;
pub use consumer::{Consumer, Credit, Fill, FromHelper, HelperId, Kind, Notice};
pub use error::Error;
pub use handle::{HelperHandle, Owner, start};
pub use outbox::{Outbox, Pushed, Stats};
pub use spec::{Lines, Overflow, Spec, Timing};
