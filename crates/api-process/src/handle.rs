//! Starting a helper and holding it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use nix::sys::signal::Signal;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::spawn::signal_group;
use crate::supervisor::{Supervisor, panic_text};
use crate::{Company, Consumer, Error, FromHelper, HelperId, Kind, Lines, Outbox, Spec};

/// What all helpers of one owner share.
#[derive(Debug)]
pub struct Owner<B> {
    /// Where messages go. Any bound does; a helper takes a place only with a message in hand, and
    /// places are given in the order of asking, so no helper can starve another.
    pub tx: mpsc::Sender<FromHelper<B>>,
    /// Tracks every task: wait on it at shutdown.
    pub tracker: TaskTracker,
    /// Stops every helper.
    pub token: CancellationToken,
    /// Once cancelled, no helper that ends is started again: the owner is about to stop them all.
    pub ending: CancellationToken,
    /// Who writes lately.
    pub company: Company,
}

impl<B> Clone for Owner<B> {
    fn clone(&self) -> Self {
        Self {
            tx: self.tx.clone(),
            tracker: self.tracker.clone(),
            token: self.token.clone(),
            ending: self.ending.clone(),
            company: self.company.clone(),
        }
    }
}

/// A running helper. Clones are handles to the same one; dropping them changes nothing.
#[derive(Clone, Debug)]
pub struct HelperHandle {
    id: HelperId,
    name: Arc<str>,
    outbox: Outbox,
    stop: CancellationToken,
    ended: CancellationToken,
    restart: Arc<Notify>,
    pid: Arc<AtomicU32>,
}

impl HelperHandle {
    pub(crate) fn new<B>(owner: &Owner<B>, id: HelperId, name: &str, outbox: Outbox) -> Self {
        Self {
            id,
            name: name.into(),
            outbox,
            stop: owner.token.child_token(),
            ended: CancellationToken::new(),
            restart: Arc::new(Notify::new()),
            pid: Arc::new(AtomicU32::new(0)),
        }
    }

    pub(crate) fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    pub(crate) fn set_ended(&self) {
        self.ended.cancel();
    }

    /// The owner's number for it.
    pub fn id(&self) -> HelperId {
        self.id
    }

    /// Its name in the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its stdin queue.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Its process, if it has one now.
    pub fn pid(&self) -> Option<u32> {
        Some(self.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// Ends it for good: farewell line, end of its stdin, then after the delays of
    /// [`Timing`](crate::Timing) SIGTERM and SIGKILL to its group. What it still prints is
    /// discarded. Returns at once; see [`HelperHandle::stopped`].
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Ends its process in the same way and starts a new one at once, also if it had died and
    /// would wait or not come back. Returns at once.
    pub fn restart(&self) {
        self.restart.notify_one();
    }

    /// Waits until its task is over and its process reaped. Cancel safe.
    pub async fn stopped(&self) {
        self.ended.cancelled().await;
    }
}

/// Starts a helper and its task.
///
/// Never fails: a program that can not be executed is reported as [`Kind::Failed`] and tried
/// again as its respawn policy says. Must be called within a tokio runtime with I/O and time.
/// Events may be pushed at once; they wait for the first process.
pub fn start<C: Consumer>(
    owner: &Owner<C::Batch>,
    id: HelperId,
    spec: Spec,
    lines: Lines,
    consumer: C,
) -> HelperHandle {
    let outbox = Outbox::new(&spec, lines);
    outbox.open(1);
    let handle = HelperHandle::new(owner, id, &spec.name, outbox.clone());
    let supervisor = Supervisor::new(
        id,
        spec,
        consumer,
        outbox,
        owner.tx.clone(),
        Signals {
            stop: handle.stop.clone(),
            ending: owner.ending.clone(),
            restart: Arc::clone(&handle.restart),
            pid: Arc::clone(&handle.pid),
            company: owner.company.clone(),
        },
    );
    let task = contained(supervisor, owner.tx.clone(), handle.clone());
    drop(owner.tracker.spawn(task));
    handle
}

/// What a task and its handle say to each other.
#[derive(Debug)]
pub(crate) struct Signals {
    pub(crate) stop: CancellationToken,
    pub(crate) ending: CancellationToken,
    pub(crate) company: Company,
    pub(crate) restart: Arc<Notify>,
    pub(crate) pid: Arc<AtomicU32>,
}

/// Runs the supervisor; if it panics, kills its group and says so: a bug here costs one helper.
async fn contained<C: Consumer>(
    supervisor: Supervisor<C>,
    tx: mpsc::Sender<FromHelper<C::Batch>>,
    handle: HelperHandle,
) {
    let _ended = handle.ended.clone().drop_guard();
    if let Err(text) = caught(supervisor.run()).await {
        tracing::error!(helper = handle.name(), "its supervisor failed: {text}");
        handle.outbox.close();
        signal_group(handle.pid.swap(0, Ordering::Relaxed), Signal::SIGKILL);
        let failed = FromHelper {
            id: handle.id,
            generation: u32::MAX,
            kind: Kind::Failed { reason: Error::Supervisor(text), respawn_after: None },
        };
        tokio::select! {
            _ = tx.send(failed) => {}
            () = handle.stop.cancelled() => {}
        }
    }
}

/// Runs a future; what its panic said, if it panics.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic_text(panic.as_ref()))),
    })
    .await
}
