//! Clients that are no processes of ours: whoever connects to a socket, or writes into a named pipe.
//!
//! A client is a helper without a process: its lines go the same way ([`Consumer`], batches, credits), its answers
//! wait in an [`Outbox`] of its own, and it has a task of its own with one `select!`. So the same laws hold: one that
//! does not read its answers is no longer read, and nobody else notices.

mod link;

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, PollSemaphore, PollSender};

pub use link::Link;

use crate::company::{Company, give_way};
use crate::handle::{HelperHandle, Owner, caught};
use crate::split::{Item, Splitter};
use crate::{Consumer, Credit, Error, Fill, FromHelper, HelperId, Kind, Lines, Notice, Outbox, Spec};

/// Bytes taken from the outbox for one write.
const WRITE: usize = 64 << 10;

/// A client has one life only.
const GENERATION: u32 = 1;

/// How a client is served.
#[derive(Clone, Debug)]
pub struct ClientSpec {
    /// Its name in the log.
    pub name: String,
    /// Longest line accepted, in bytes, without the newline.
    pub max_line: usize,
    /// Memory for unread answers, in bytes; beyond it the client's lines are not read.
    pub queue_bytes: usize,
    /// Batches it may have under way.
    pub credits: usize,
    /// How long answers may wait without a byte being read; then a connection is dropped, and of a named pipe, which
    /// everyone shares, the answers that nobody wants are discarded.
    pub stalled_after: Duration,
    /// From the farewell to the end.
    pub leave_within: Duration,
    /// The last line that it gets when it is told to leave.
    pub farewell: Bytes,
}

impl ClientSpec {
    /// A client with every setting at its default.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            max_line: 64 << 20,
            queue_bytes: 4 << 20,
            credits: 4,
            stalled_after: Duration::from_mins(10),
            leave_within: Duration::from_millis(600),
            farewell: Bytes::new(),
        }
    }
}

/// Serves a client in a task of its own.
///
/// The owner gets [`Kind::Batch`] for its lines and [`Kind::Exited`], without status, when it is gone; answers go to
/// the handle's outbox, generation 1. When the client has said all that it wants to say (it shut down its sending
/// side), it is still answered in full, then the connection is closed.
pub fn attach<C: Consumer>(
    owner: &Owner<C::Batch>,
    id: HelperId,
    spec: ClientSpec,
    link: Link,
    consumer: C,
) -> HelperHandle {
    let mut bounds = Spec::new(spec.name.as_str(), "");
    bounds.queue_bytes = spec.queue_bytes;
    // A client gets no events, so none are ever lost.
    let outbox = Outbox::new(&bounds, Lines::new(|_| Bytes::new()));
    outbox.open(GENERATION);
    let handle = HelperHandle::new(owner, id, &spec.name, outbox.clone());
    let credits = Arc::new(Semaphore::new(spec.credits.max(1)));
    let client = Client {
        id,
        lines: Splitter::new(spec.max_line),
        consumer,
        outbox,
        link,
        stop: handle.stop_token(),
        company: owner.company.clone(),
        mail: PollSender::new(owner.tx.clone()),
        wanted: PollSemaphore::new(Arc::clone(&credits)),
        credits,
        credit: None,
        input: false,
        more: false,
        worked: false,
        listens: true,
        state: State::Open,
        buf: Vec::new(),
        written: 0,
        progress: Instant::now(),
        spec,
    };
    let (tx, token, over) = (owner.tx.clone(), owner.token.clone(), handle.clone());
    drop(owner.tracker.spawn(async move {
        let name = over.name().to_owned();
        if let Err(text) = caught(client.run()).await {
            tracing::error!(target: "api", client = %name, "its task failed: {text}");
        }
        over.outbox().close();
        let kind = Kind::Exited { status: None, respawn_after: None };
        tokio::select! {
            _ = tx.send(FromHelper { id, generation: GENERATION, kind }) => {}
            () = token.cancelled() => {}
        }
        over.set_ended();
    }));
    handle
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Its lines are read.
    Open,
    /// It has said everything; its last commands are being done.
    Finished,
    /// What waits is written, until then.
    Leaving { until: Option<Instant> },
    /// Gone.
    Over,
}

enum Wake {
    Stop,
    Deadline,
    Readable,
    Credit(Option<OwnedSemaphorePermit>),
    Permit { open: bool },
    Room,
    Writable,
    Done,
}

struct Client<C: Consumer> {
    id: HelperId,
    spec: ClientSpec,
    link: Link,
    lines: Splitter,
    consumer: C,
    outbox: Outbox,
    stop: CancellationToken,
    company: Company,
    mail: PollSender<FromHelper<C::Batch>>,
    wanted: PollSemaphore,
    credits: Arc<Semaphore>,
    credit: Option<OwnedSemaphorePermit>,
    /// Bytes are there, on the link or (with `more`) in `lines`.
    input: bool,
    /// `lines` holds complete lines.
    more: bool,
    /// This turn has cost time: others first.
    worked: bool,
    /// It still takes answers.
    listens: bool,
    state: State,
    buf: Vec<u8>,
    written: usize,
    /// When a byte was last taken by the client, or nothing was there to take.
    progress: Instant,
}

impl<C: Consumer> Client<C> {
    async fn run(mut self) {
        self.consumer.started(GENERATION, &self.outbox);
        while self.state != State::Over {
            let reads = self.state == State::Open;
            let has_room = self.outbox.has_data_room();
            let ready = reads && has_room && self.input;
            let (wants_credit, wants_permit) =
                (ready && self.credit.is_none(), ready && self.credit.is_some());
            if !wants_permit {
                self.mail.abort_send();
            }
            if std::mem::take(&mut self.worked) {
                let stays = self.company.has_others(self.id, Instant::now());
                give_way(stays).await;
            }
            let stopping = matches!(self.state, State::Leaving { until: Some(_) });
            let deadline = self.deadline();
            let all = u32::try_from(self.spec.credits.max(1)).unwrap_or(u32::MAX);
            let wake = tokio::select! {
                () = self.stop.cancelled(), if !stopping => Wake::Stop,
                () = until(deadline) => Wake::Deadline,
                () = self.link.readable(), if reads && !self.input && has_room => Wake::Readable,
                credit = poll_fn(|context| self.wanted.poll_acquire(context)), if wants_credit
                    => Wake::Credit(credit),
                permit = poll_fn(|context| self.mail.poll_reserve(context)), if wants_permit
                    => Wake::Permit { open: permit.is_ok() },
                () = self.outbox.data_room(), if reads && !has_room => Wake::Room,
                () = writable(&self.link, &self.outbox, self.written < self.buf.len()), if self.listens
                    => Wake::Writable,
                // Every batch is done, and so answered, when every credit is back.
                _ = self.credits.acquire_many(all), if self.state == State::Finished => Wake::Done,
            };
            self.handle(wake);
        }
    }

    fn handle(&mut self, wake: Wake) {
        match wake {
            Wake::Stop if !self.listens => self.state = State::Over,
            Wake::Stop => {
                self.outbox.reply(GENERATION, self.spec.farewell.clone());
                self.leave(Instant::now().checked_add(self.spec.leave_within));
            }
            Wake::Deadline => self.on_deadline(),
            Wake::Readable => self.input = true,
            Wake::Credit(credit) => self.credit = credit,
            Wake::Permit { open: true } => {
                self.worked = true;
                self.on_permit();
            }
            Wake::Room => {}
            Wake::Writable => {
                self.worked = true;
                self.write();
            }
            Wake::Done if self.listens => self.leave(None),
            Wake::Done | Wake::Permit { open: false } => self.state = State::Over,
        }
    }

    fn leave(&mut self, until: Option<Instant>) {
        self.outbox.finish();
        self.credit = None;
        self.input = false;
        self.state = State::Leaving { until };
    }

    fn deadline(&self) -> Option<Instant> {
        let leaves = match self.state {
            State::Leaving { until } => until,
            _ => None,
        };
        let waiting = self.written < self.buf.len();
        let stalls = if waiting { self.progress.checked_add(self.spec.stalled_after) } else { None };
        leaves.into_iter().chain(stalls).min()
    }

    fn on_deadline(&mut self) {
        if matches!(self.state, State::Leaving { .. }) || !self.link.is_shared() {
            if matches!(self.state, State::Open) {
                let client = &self.spec.name;
                tracing::warn!(target: "api", %client, "it does not read its answers: dropped");
            }
            self.state = State::Over;
            return;
        }
        // Whoever asked is gone; who comes next must not read the answers of another.
        self.outbox.close();
        self.outbox.open(GENERATION);
        self.buf.clear();
        self.written = 0;
        self.link.discard();
    }

    /// The owner's channel has a place for us: use it or give it back.
    fn on_permit(&mut self) {
        let end = !self.more && self.read();
        let (lines, consumer, name) = (&mut self.lines, &mut self.consumer, &self.spec.name);
        let fed = catch_unwind(AssertUnwindSafe(|| feed(lines, consumer, end)));
        let Ok((batch, more)) = fed else {
            self.mail.abort_send();
            let reason = Error::Consumer("a line could not be read".to_owned());
            tracing::error!(target: "api", client = %name, "{reason}");
            self.state = State::Over;
            return;
        };
        self.more = more;
        match (batch, self.credit.take()) {
            (Some(batch), Some(credit)) => {
                self.company.spoke(self.id, Instant::now());
                let kind = Kind::Batch { batch, credit: Credit(credit) };
                let message = FromHelper { id: self.id, generation: GENERATION, kind };
                // Fails only when the owner is gone, which the next reservation says too.
                let _ = self.mail.send_item(message);
            }
            (_, credit) => {
                self.credit = credit;
                self.mail.abort_send();
            }
        }
        if end {
            self.credit = None;
            self.state = State::Finished;
        }
    }

    /// Reads once; true at the end of the stream.
    fn read(&mut self) -> bool {
        match self.link.try_read(self.lines.space()) {
            Ok(0) => true,
            Ok(n) => {
                self.lines.filled(n);
                false
            }
            Err(error) => match error.kind() {
                std::io::ErrorKind::Interrupted => false,
                std::io::ErrorKind::WouldBlock => {
                    self.input = false;
                    false
                }
                _ => true,
            },
        }
    }

    fn write(&mut self) {
        if self.written >= self.buf.len() {
            self.buf.clear();
            self.written = 0;
            self.progress = Instant::now();
            let end = self.outbox.fill(&mut self.buf, WRITE);
            if self.buf.is_empty() {
                self.buf = Vec::new();
                if end {
                    self.state = State::Over;
                }
                return;
            }
        }
        match self.link.try_write(self.buf.get(self.written..).unwrap_or_default()) {
            Ok(n) => {
                self.written = self.written.saturating_add(n);
                self.progress = Instant::now();
            }
            Err(e)
                if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted) => {}
            Err(_) => {
                // It has gone without waiting for its answers; what it had said before is still read and done.
                self.outbox.close();
                self.buf.clear();
                self.written = 0;
                self.listens = false;
                if matches!(self.state, State::Leaving { .. }) {
                    self.state = State::Over;
                }
            }
        }
    }
}

/// Gives lines to the consumer until its batch is full; the batch, and whether lines are left.
fn feed<C: Consumer>(lines: &mut Splitter, consumer: &mut C, end: bool) -> (Option<C::Batch>, bool) {
    while let Some(item) = lines.next() {
        match item {
            Item::Line(line) => {
                if consumer.line(line) == Fill::Full {
                    return (consumer.take(), true);
                }
            }
            Item::Oversized(head) => consumer.notice(Notice::Oversized { head }),
        }
    }
    if end && let Some(piece) = lines.finish() {
        consumer.notice(Notice::HalfLine { piece });
    }
    (consumer.take(), false)
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

async fn writable(link: &Link, outbox: &Outbox, waiting: bool) {
    if waiting { link.writable().await } else { outbox.ready().await }
}

#[cfg(test)]
mod tests;
