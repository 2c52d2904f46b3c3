//! The task of one helper: everything it waits for is in one `select!`.
//!
//! ```text
//!            start                     its process ended
//!  Down ----------------> Running -----------------------> Draining (its last lines)
//!   ^  ^                     | stop, restart, end of stdout,     |
//!   |  |    process ended    v panic of the consumer             |
//!   |  +----------------- Leaving (farewell, TERM, KILL)         |
//!   +------------------------------------------------------------+      stopped: Over
//! ```
//!
//! Reading goes through three gates, in this order, so that an idle helper holds nothing that
//! another could use: bytes are there, a credit is free, the owner's channel has a place.

use std::any::Any;
use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::net::unix::pipe;
use tokio::process::Child;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{PollSemaphore, PollSender};

use crate::company::give_way;
use crate::handle::Signals;
use crate::respawn::Backoff;
use crate::spawn::{self, read_now, signal_group};
use crate::split::{Item, Splitter};
use crate::stderr::{Stderr, printable};
use crate::stdin::Stdin;
use crate::{Consumer, Credit, Error, Fill, FromHelper, HelperId, Kind, Notice, Outbox, Spec};

/// Bytes of an oversized line shown in the log.
const SHOWN: usize = 60;

#[derive(Clone, Copy, Debug)]
enum State {
    /// No process.
    Down { respawn_at: Option<Instant> },
    /// A process, its lines delivered.
    Running,
    /// A process that is to end; its lines are discarded.
    Leaving { why: Why, next: Step, at: Instant },
    /// The process is reaped; what it had printed is being delivered.
    Draining { status: Option<ExitStatus> },
    /// Stopped for good: only messages are left, until then.
    Over { until: Instant },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// It closed its stdout, or our consumer failed: as if it had ended by itself.
    Lost,
    Restart,
    Stop,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Term,
    Kill,
    Abandon,
}

/// Why the `select!` returned.
enum Wake {
    Stop,
    Restart,
    Ended(io::Result<ExitStatus>),
    Deadline,
    Stdout,
    Credit(Option<OwnedSemaphorePermit>),
    Permit { open: bool },
    Room,
    Stdin,
    Stderr,
}

pub(crate) struct Supervisor<C: Consumer> {
    id: HelperId,
    generation: u32,
    spec: Spec,
    consumer: C,
    outbox: Outbox,
    signals: Signals,
    backoff: Backoff,
    state: State,
    stopping: bool,

    child: Option<Child>,
    pid: u32,
    stdin: Stdin,
    stdout: Option<pipe::Receiver>,
    stderr: Stderr,

    lines: Splitter,
    /// Bytes are there, in the pipe or (with `more`) in `lines`.
    input: bool,
    /// `lines` holds complete lines.
    more: bool,
    /// This turn has cost time: others first, then the next.
    worked: bool,

    /// Messages other than batches; no more than a few, as nothing is read or started before
    /// they are sent.
    messages: VecDeque<Kind<C::Batch>>,
    mail: PollSender<FromHelper<C::Batch>>,
    credits: PollSemaphore,
    credit: Option<OwnedSemaphorePermit>,
}

impl<C: Consumer> Supervisor<C> {
    pub(crate) fn new(
        id: HelperId,
        spec: Spec,
        consumer: C,
        outbox: Outbox,
        tx: mpsc::Sender<FromHelper<C::Batch>>,
        signals: Signals,
    ) -> Self {
        Self {
            id,
            generation: 0,
            consumer,
            outbox,
            signals,
            backoff: Backoff::new(spec.backoff, spawn::seed()),
            state: State::Down { respawn_at: None },
            stopping: false,
            child: None,
            pid: 0,
            stdin: Stdin::default(),
            stdout: None,
            stderr: Stderr::closed(),
            lines: Splitter::new(spec.max_line),
            input: false,
            more: false,
            worked: false,
            messages: VecDeque::new(),
            mail: PollSender::new(tx),
            credits: PollSemaphore::new(Arc::new(Semaphore::new(spec.credits.max(1)))),
            credit: None,
            spec,
        }
    }

    pub(crate) async fn run(mut self) {
        self.start_process();
        loop {
            if matches!(self.state, State::Over { .. }) && self.messages.is_empty() {
                return;
            }
            let deadline = self.deadline();
            let may_read = self.may_read();
            let has_room = self.outbox.has_data_room();
            let discards = matches!(self.state, State::Leaving { .. });
            let wants_credit = may_read && has_room && self.input && self.credit.is_none();
            let wants_permit =
                !self.messages.is_empty() || (may_read && has_room && self.input && self.credit.is_some());
            if !wants_permit {
                // A place asked for and no longer needed must go to another helper.
                self.mail.abort_send();
            }
            if self.worked {
                // Some arm is ready again and again in a flood: without this the task would keep
                // its worker for as many turns as tokio's budget has units, tens of milliseconds.
                self.worked = false;
                let stays = self.signals.company.has_others(self.id, Instant::now());
                give_way(stays).await;
            }
            let wake = tokio::select! {
                () = self.signals.stop.cancelled(), if !self.stopping => Wake::Stop,
                () = self.signals.restart.notified(), if !self.stopping => Wake::Restart,
                status = ended(&mut self.child) => Wake::Ended(status),
                () = until(deadline) => Wake::Deadline,
                () = readable(self.stdout.as_ref()), if discards || (may_read && !self.input)
                    => Wake::Stdout,
                credit = poll_fn(|context| self.credits.poll_acquire(context)), if wants_credit
                    => Wake::Credit(credit),
                permit = poll_fn(|context| self.mail.poll_reserve(context)), if wants_permit
                    => Wake::Permit { open: permit.is_ok() },
                () = self.outbox.data_room(), if may_read && !has_room => Wake::Room,
                () = self.stdin.ready(&self.outbox) => Wake::Stdin,
                () = self.stderr.ready() => Wake::Stderr,
            };
            self.handle(wake);
        }
    }

    fn handle(&mut self, wake: Wake) {
        self.worked = matches!(wake, Wake::Permit { .. } | Wake::Stdin | Wake::Stdout | Wake::Stderr);
        match wake {
            Wake::Stop => self.on_stop(),
            Wake::Restart => self.on_restart(),
            Wake::Ended(status) => self.on_process_end(status),
            Wake::Deadline => self.on_deadline(),
            Wake::Stdout if matches!(self.state, State::Leaving { .. }) => self.discard(),
            Wake::Stdout => self.input = true,
            Wake::Credit(credit) => self.credit = credit,
            Wake::Permit { open: true } => self.on_permit(),
            Wake::Permit { open: false } => {
                // The owner is gone: nobody is left to report to.
                self.messages.clear();
                self.input = false;
                self.on_stop();
            }
            Wake::Room => {}
            Wake::Stdin => {
                if let Err(error) = self.stdin.write(&self.outbox) {
                    // It may well go on printing commands; only what we would tell it is lost.
                    self.log_closed_stdin(&error);
                    self.outbox.close();
                }
            }
            Wake::Stderr => self.stderr.log(&self.spec.name),
        }
    }

    /// Whether lines may be delivered, whatever else is missing.
    fn may_read(&self) -> bool {
        matches!(self.state, State::Running | State::Draining { .. }) && self.messages.is_empty()
    }

    fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Down { respawn_at } if self.messages.is_empty() => respawn_at,
            State::Leaving { at, .. } => Some(at),
            State::Over { until } => Some(until),
            State::Down { .. } | State::Running | State::Draining { .. } => None,
        }
    }

    fn on_deadline(&mut self) {
        match self.state {
            State::Down { .. } => self.start_process(),
            State::Leaving { why, next, .. } => self.next_step(why, next),
            State::Over { .. } => self.messages.clear(),
            State::Running | State::Draining { .. } => {}
        }
    }

    fn start_process(&mut self) {
        self.generation = self.generation.saturating_add(1);
        self.outbox.open(self.generation);
        let told = catch_unwind(AssertUnwindSafe(|| {
            self.consumer.started(self.generation, &self.outbox);
        }));
        let started = match told {
            Ok(()) => spawn::spawn(&self.spec),
            Err(panic) => Err(Error::Consumer(panic_text(panic.as_ref()))),
        };
        match started {
            Ok(process) => {
                self.backoff.started(Instant::now().into_std());
                self.pid = process.pid;
                self.signals.pid.store(process.pid, Ordering::Relaxed);
                self.child = Some(process.child);
                self.stdin = Stdin::open(process.stdin);
                self.stdout = Some(process.stdout);
                self.stderr.open(process.stderr);
                self.input = false;
                self.more = false;
                self.state = State::Running;
                tracing::debug!(target: "processes", helper = %self.spec.name, pid = self.pid, "helper started");
                self.messages.push_back(Kind::Started { pid: self.pid });
            }
            Err(reason) => {
                self.outbox.close();
                let respawn_after = self.next_attempt(Why::Lost);
                tracing::error!(helper = %self.spec.name, ?respawn_after, "helper failed: {reason}");
                self.messages.push_back(Kind::Failed { reason, respawn_after });
                self.down(respawn_after);
            }
        }
    }

    fn on_stop(&mut self) {
        self.stopping = true;
        match self.state {
            State::Down { .. } => self.down(None),
            State::Running => self.leave(Why::Stop, self.spec.timing.term_after),
            State::Leaving { next, at, .. } => {
                self.state = State::Leaving { why: Why::Stop, next, at };
            }
            State::Draining { status } => self.on_end(status, Why::Stop),
            State::Over { .. } => {}
        }
    }

    fn on_restart(&mut self) {
        match self.state {
            State::Down { .. } => {
                self.backoff.reset();
                self.state = State::Down { respawn_at: Some(Instant::now()) };
            }
            State::Running => self.leave(Why::Restart, self.spec.timing.term_after),
            State::Leaving { why: Why::Lost, next, at } => {
                self.state = State::Leaving { why: Why::Restart, next, at };
            }
            // Its end brings it back unless it is not to respawn: then as if asked when down.
            State::Draining { status } => self.on_end(status, Why::Restart),
            State::Leaving { .. } | State::Over { .. } => {}
        }
    }

    /// Begins to end the process: a last line and the end of its stdin, then `term_after` to end
    /// by itself.
    fn leave(&mut self, why: Why, term_after: Duration) {
        self.outbox.finish();
        self.input = false;
        self.more = false;
        self.credit = None;
        let _ = self.lines.finish();
        self.state = State::Leaving { why, next: Step::Term, at: after(term_after) };
    }

    fn next_step(&mut self, why: Why, step: Step) {
        let (next, wait) = match step {
            Step::Term => {
                signal_group(self.pid, Signal::SIGTERM);
                // A stopped process would not get it.
                signal_group(self.pid, Signal::SIGCONT);
                (Step::Kill, self.spec.timing.kill_after)
            }
            Step::Kill => {
                tracing::warn!(helper = %self.spec.name, pid = self.pid, "helper ignores SIGTERM: killed");
                signal_group(self.pid, Signal::SIGKILL);
                (Step::Abandon, self.spec.timing.abandon_after)
            }
            Step::Abandon => {
                tracing::error!(helper = %self.spec.name, pid = self.pid, "helper does not die: given up");
                // Dropped, it is reaped by the runtime whenever it dies.
                self.child = None;
                self.on_end(None, why);
                return;
            }
        };
        self.state = State::Leaving { why, next, at: after(wait) };
    }

    fn on_process_end(&mut self, status: io::Result<ExitStatus>) {
        // What the leader left behind would hold its pipes, and outlive us.
        signal_group(self.pid, Signal::SIGKILL);
        self.child = None;
        self.signals.pid.store(0, Ordering::Relaxed);
        let status = status.ok();
        if let State::Leaving { why, .. } = self.state {
            self.on_end(status, why);
        } else {
            self.stdin.close();
            self.outbox.close();
            self.input = true;
            self.state = State::Draining { status };
        }
    }

    /// The process is gone and its lines delivered or discarded.
    fn on_end(&mut self, status: Option<ExitStatus>, why: Why) {
        self.signals.pid.store(0, Ordering::Relaxed);
        self.pid = 0;
        self.stdin.close();
        self.stdout = None;
        self.stderr.last(&self.spec.name);
        self.outbox.close();
        self.credit = None;
        self.input = false;
        self.more = false;
        let _ = self.lines.finish();
        let respawn_after = self.next_attempt(why);
        let shown = status.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
        if self.stopping {
            tracing::debug!(target: "processes", helper = %self.spec.name, status = %shown, "helper stopped");
        } else {
            tracing::warn!(helper = %self.spec.name, status = %shown, ?respawn_after, "helper ended");
        }
        self.messages.push_back(Kind::Exited { status, respawn_after });
        self.down(respawn_after);
    }

    fn next_attempt(&mut self, why: Why) -> Option<Duration> {
        if self.stopping || self.signals.ending.is_cancelled() {
            return None;
        }
        if why == Why::Restart {
            self.backoff.reset();
            return Some(Duration::ZERO);
        }
        let delay = self.backoff.died(Instant::now().into_std());
        self.spec.respawn.then_some(delay)
    }

    fn down(&mut self, respawn_after: Option<Duration>) {
        self.state = if self.stopping {
            // The owner may have stopped taking messages: the last ones get a bounded time.
            State::Over { until: after(self.spec.timing.abandon_after) }
        } else {
            State::Down { respawn_at: respawn_after.map(after) }
        };
    }

    /// The owner's channel has a place for us: use it or give it back.
    fn on_permit(&mut self) {
        if let Some(kind) = self.messages.pop_front() {
            self.send(kind);
            return;
        }
        let end = !self.more && self.read();
        let fed =
            catch_unwind(AssertUnwindSafe(|| feed(&mut self.lines, &mut self.consumer, &self.spec, end)));
        match fed {
            Ok((batch, more)) => {
                self.more = more;
                match (batch, self.credit.take()) {
                    (Some(batch), Some(credit)) => {
                        self.signals.company.spoke(self.id, Instant::now());
                        self.send(Kind::Batch { batch, credit: Credit(credit) });
                    }
                    (_, credit) => {
                        self.credit = credit;
                        self.mail.abort_send();
                    }
                }
                if end {
                    self.on_stdout_end(self.spec.timing.term_after);
                }
            }
            Err(panic) => {
                self.mail.abort_send();
                let reason = Error::Consumer(panic_text(panic.as_ref()));
                tracing::error!(helper = %self.spec.name, "helper failed: {reason}");
                self.messages.push_back(Kind::Failed { reason, respawn_after: None });
                self.on_stdout_end(Duration::ZERO);
            }
        }
    }

    fn send(&mut self, kind: Kind<C::Batch>) {
        let message = FromHelper { id: self.id, generation: self.generation, kind };
        // Fails only when the owner is gone, which the next reservation says too.
        let _ = self.mail.send_item(message);
    }

    fn on_stdout_end(&mut self, term_after: Duration) {
        match self.state {
            State::Draining { status } => self.on_end(status, Why::Lost),
            State::Running => {
                self.stdout = None;
                self.leave(Why::Lost, term_after);
            }
            State::Down { .. } | State::Leaving { .. } | State::Over { .. } => {}
        }
    }

    /// Reads once; true at the end of the stream.
    fn read(&mut self) -> bool {
        let Some(stdout) = &self.stdout else {
            return true;
        };
        let ended = matches!(self.state, State::Draining { .. });
        let space = self.lines.space();
        let outcome = if ended { read_now(stdout, space) } else { stdout.try_read(space) };
        match outcome {
            Ok(0) => true,
            Ok(n) => {
                self.lines.filled(n);
                false
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => false,
                io::ErrorKind::WouldBlock => {
                    self.input = false;
                    // A child of the helper outside its group may hold the pipe for ever; all
                    // that the helper itself had printed was read.
                    ended
                }
                _ => true,
            },
        }
    }

    /// Lets a leaving process print, so that it does not hang on its way out.
    fn discard(&mut self) {
        let Some(stdout) = &self.stdout else { return };
        let outcome = stdout.try_read(self.lines.space());
        let blocked = |error: &io::Error| {
            matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
        };
        match outcome {
            Ok(n) if n > 0 => {}
            Err(error) if blocked(&error) => {}
            _ => self.stdout = None,
        }
    }

    fn log_closed_stdin(&self, error: &io::Error) {
        let helper = &self.spec.name;
        if matches!(self.state, State::Running) {
            tracing::warn!(%helper, "helper has closed its stdin, it will be told nothing more: {error}");
        } else {
            tracing::debug!(%helper, "helper has closed its stdin: {error}");
        }
    }
}

/// Gives lines to the consumer until its batch is full; the batch, and whether lines are left.
fn feed<C: Consumer>(
    lines: &mut Splitter,
    consumer: &mut C,
    spec: &Spec,
    end: bool,
) -> (Option<C::Batch>, bool) {
    let helper = &spec.name;
    while let Some(item) = lines.next() {
        match item {
            Item::Line(line) => {
                if consumer.line(line) == Fill::Full {
                    return (consumer.take(), true);
                }
            }
            Item::Oversized(head) => {
                let shown = printable(head.get(..SHOWN).unwrap_or(head));
                tracing::warn!(%helper, limit = spec.max_line, "line too long, skipped: {shown}");
                consumer.notice(Notice::Oversized { head });
            }
        }
    }
    if end && let Some(piece) = lines.finish() {
        let shown = printable(piece.get(..SHOWN).unwrap_or(piece));
        tracing::warn!(%helper, "output ended within a line, dropped: {shown}");
        consumer.notice(Notice::HalfLine { piece });
    }
    (consumer.take(), false)
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic".to_owned())
}

/// Far enough for any delay the clock can not add.
const FAR: Duration = Duration::from_hours(24 * 365);

fn after(delay: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(delay.min(FAR)).unwrap_or(now)
}

async fn ended(child: &mut Option<Child>) -> io::Result<ExitStatus> {
    match child {
        Some(child) => child.wait().await,
        None => pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

async fn readable(stdout: Option<&pipe::Receiver>) {
    match stdout {
        // An error shows in the read.
        Some(stdout) => drop(stdout.readable().await),
        None => pending().await,
    }
}
