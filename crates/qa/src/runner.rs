//! Runs one functional test: listens, starts the daemon, plays the peer, judges, and leaves nothing behind.

use crate::{
    case::{Action, Case, Dialect},
    dissect,
    frame::{Framer, Message, NOTIFICATION, OPEN, UPDATE},
    judge::{Judge, Verdict},
    open::Mirror,
    process::Process,
};
use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::{
    fmt::Write as _,
    future::poll_fn,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::watch,
    time::{Instant, timeout_at},
};

/// How all tests of a run are started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The daemon under test.
    pub daemon: PathBuf,
    /// Folder in which it is started.
    pub root: PathBuf,
    /// Whose message sequence is expected.
    pub dialect: Dialect,
    /// Time limit of one test.
    pub limit: Duration,
}

/// How one test ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Name of the test.
    pub name: String,
    /// What went wrong, ready to be shown; `None` when it passed.
    pub failure: Option<String>,
    /// What the daemon printed.
    pub log: String,
    /// How long it took.
    pub took: Duration,
}

/// The decision about a test.
#[derive(Clone, Debug)]
enum Ending {
    /// Everything expected came.
    Met,
    /// The first thing that went wrong.
    Failed(String),
}

impl Ending {
    fn failure(self) -> Option<String> {
        match self {
            Self::Met => None,
            Self::Failed(why) => Some(why),
        }
    }
}

/// What the sessions of a test share.
struct Shared {
    judge: Mutex<Judge>,
    /// Set once.
    verdict: watch::Sender<Option<Ending>>,
    case: Case,
    dialect: Dialect,
    pid: Pid,
}

impl Shared {
    fn judge<T>(&self, f: impl FnOnce(&mut Judge) -> T) -> T {
        f(&mut self.judge.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records the first verdict; later ones are consequences.
    fn decide(&self, ending: Ending) {
        self.verdict.send_if_modified(|v| {
            let first = v.is_none();
            if first {
                *v = Some(ending);
            }
            first
        });
    }
}

/// Runs one test from start to end.
pub async fn run(setup: &Setup, case: Case) -> Outcome {
    let start = Instant::now();
    let name = case.name.clone();
    let (failure, log) = match attempt(setup, case, start + setup.limit).await {
        Ok((failure, log)) => (failure, log),
        Err(error) => (Some(format!("{error:#}")), String::new()),
    };
    Outcome { name, failure, log, took: start.elapsed() }
}

async fn attempt(setup: &Setup, case: Case, deadline: Instant) -> Result<(Option<String>, String)> {
    let address: SocketAddr =
        if case.options.ipv6 { (Ipv6Addr::LOCALHOST, 0).into() } else { (Ipv4Addr::LOCALHOST, 0).into() };
    let listener = TcpListener::bind(address).await.context("cannot listen")?;
    let mut process = Process::start(command(setup, &case, listener.local_addr()?.port()))?;
    let shared = Arc::new(Shared {
        judge: Mutex::new(Judge::new(&case)),
        verdict: watch::Sender::new(None),
        dialect: setup.dialect,
        pid: process.pid(),
        case,
    });
    if shared.judge(|j| j.is_done()) {
        shared.decide(Ending::Met);
    }

    let mut verdict = play(&shared, listener, &mut process, deadline).await;
    if verdict.is_none() {
        verdict = farewell(&mut process, setup.dialect, deadline).await;
    }
    process.kill().await;
    Ok((verdict, process.log.text()))
}

/// The command line and environment that the suites' README describes.
fn command(setup: &Setup, case: &Case, port: u16) -> Command {
    let mut command = Command::new(&setup.daemon);
    command.args(&case.configs).current_dir(&setup.root);
    // The helpers of some suites import a module beside them, which must not leave a cache in the suite.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("exabgp_tcp_port", port.to_string()).env("exabgp_tcp_bind", "");
    command.env("exabgp_tcp_connections", case.options.tcp_connections.unwrap_or(1).to_string());
    command.env("exabgp_api_cli", "false");
    command.env("exabgp_debug_rotate", "true").env("exabgp_debug_configuration", "true");
    command.env("exabgp_version", "5.0.0-0+test").env("exabgp_bgp_compat", setup.dialect.compat());
    if setup.dialect == Dialect::V6 {
        command.env("exabgp_api_version", "4");
    }
    if nix::unistd::geteuid().is_root() {
        command.env("exabgp_daemon_user", "root");
    }
    command.envs(case.options.env.iter().map(|(k, v)| (k, v)));
    command
}

/// The sessions of a test, in the order in which they were accepted. They run in one task and are always polled in that order:
/// what the daemon wrote on an old connection before it opened a new one is judged before what it writes on the new one.
#[derive(Default)]
struct Sessions {
    running: Vec<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Sessions {
    fn add(&mut self, shared: &Arc<Shared>, stream: TcpStream, deadline: Instant) {
        self.running.push(Box::pin(session(Arc::clone(shared), stream, deadline)));
    }

    /// Runs them until one ends.
    async fn turn(&mut self) {
        poll_fn(|context| {
            let before = self.running.len();
            self.running.retain_mut(|session| session.as_mut().poll(context).is_pending());
            if self.running.len() < before { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Plays the peer until a verdict is there, the daemon has gone, or the time is over. `None` is a pass so far.
async fn play(
    shared: &Arc<Shared>,
    listener: TcpListener,
    process: &mut Process,
    deadline: Instant,
) -> Option<String> {
    let mut sessions = Sessions::default();
    let mut verdict = shared.verdict.subscribe();
    let ended = loop {
        tokio::select! {
            biased;
            _ = verdict.wait_for(Option::is_some) => break None,
            () = sessions.turn(), if !sessions.running.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => sessions.add(shared, stream, deadline),
                Err(error) => return Some(format!("cannot accept: {error}")),
            },
            ended = process.wait(deadline) => break Some(ended),
        }
    };
    let decided = || shared.verdict.borrow().clone();
    let status = match ended {
        None => return decided().and_then(Ending::failure),
        Some(Err(_)) => return Some(format!("the time is over\n{}", pending(shared))),
        Some(Ok(status)) => status,
    };
    // What the daemon had sent before its end still counts, even on a connection not accepted yet.
    let listener = listener.into_std().ok();
    while let Some(Ok((stream, _))) = listener.as_ref().map(std::net::TcpListener::accept) {
        if let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) {
            sessions.add(shared, stream, deadline);
        }
    }
    while !sessions.running.is_empty() && timeout_at(deadline, sessions.turn()).await.is_ok() {}
    let early = || Ending::Failed(format!("the daemon ended ({status}) too early\n{}", pending(shared)));
    decided().unwrap_or_else(early).failure()
}

/// After the last expectation: the daemon must end by itself, without error, and leave no process.
async fn farewell(process: &mut Process, dialect: Dialect, deadline: Instant) -> Option<String> {
    let Ok(status) = process.wait(deadline).await else {
        return Some("everything expected came, but the daemon did not end by itself".to_owned());
    };
    if !status.success() {
        return Some(format!("everything expected came, but the daemon ended with {status}"));
    }
    let left = process.leftovers();
    // The original leaves its helpers to find out by themselves.
    (dialect == Dialect::Native && !left.is_empty())
        .then(|| format!("the daemon left running:\n  {}", left.join("\n  ")))
}

fn pending(shared: &Shared) -> String {
    shared.judge(|j| {
        let mut out = String::new();
        for (index, group) in j.left().enumerate() {
            let _ = writeln!(out, "group {} still has {} step(s)", group.name, group.steps.len());
            for step in group.steps.iter().filter(|_| index == 0) {
                match step {
                    crate::case::Step::Expect(m) => {
                        let _ = writeln!(out, "  {}", dissect::brief(m));
                    }
                    crate::case::Step::Closed => out.push_str("  the daemon closes the connection\n"),
                    crate::case::Step::Act(action) => {
                        let _ = writeln!(out, "  to do: {action:?}");
                    }
                }
            }
        }
        out
    })
}

/// One connection of the daemon.
async fn session(shared: Arc<Shared>, stream: TcpStream, deadline: Instant) {
    let mut verdict = shared.verdict.subscribe();
    tokio::select! {
        biased;
        _ = verdict.wait_for(Option::is_some) => {}
        result = Session { shared: &shared, stream, framer: Framer::default() }.run(deadline) => {
            if let Err(error) = result {
                shared.decide(Ending::Failed(format!("{error:#}")));
            }
        }
    }
}

struct Session<'a> {
    shared: &'a Shared,
    stream: TcpStream,
    framer: Framer,
}

impl Session<'_> {
    async fn run(mut self, deadline: Instant) -> Result<()> {
        let mut greeted = false;
        while let Some(message) = self.read(deadline, greeted).await? {
            if greeted {
                self.send(&Message::keepalive()).await;
            } else {
                ensure!(
                    message.kind() == OPEN,
                    "the first message is no OPEN:\n{}",
                    dissect::listing(&message)
                );
                self.greet(&message).await?;
                greeted = true;
            }
            if !self.judge(&message).await? {
                break;
            }
        }
        if self.shared.judge(Judge::closed) {
            self.follow().await?;
        }
        Ok(())
    }

    /// The next message; `None` when the daemon closed the connection.
    async fn read(&mut self, deadline: Instant, greeted: bool) -> Result<Option<Message>> {
        let idle = self.shared.case.options.timeout.filter(|_| greeted).map(Duration::from_secs);
        let limit = idle.map_or(deadline, |idle| deadline.min(Instant::now() + idle));
        let mut chunk = vec![0; 16 << 10];
        loop {
            if let Some(message) = self.framer.message().context("the daemon sent what is no BGP")? {
                return Ok(Some(message));
            }
            match timeout_at(limit, self.stream.read(&mut chunk)).await {
                Ok(Ok(0) | Err(_)) => return Ok(None),
                Ok(Ok(n)) => self.framer.push(&chunk[..n]),
                Err(_) => bail!("no message for too long\n{}", pending(self.shared)),
            }
        }
    }

    /// A daemon that closed meanwhile is noticed by the next read.
    async fn send(&mut self, message: &Message) {
        let _ = self.stream.write_all(message.bytes()).await;
    }

    async fn greet(&mut self, open: &Message) -> Result<()> {
        let options = &self.shared.case.options;
        let mirror = Mirror { asn: options.asn, unknown_capability: options.unknown_capability };
        let answer = mirror.answer(open).context("the daemon's OPEN cannot be answered")?;
        // One write: what comes with the first KEEPALIVE is there when the session is established, on any machine.
        let mut greeting = [answer.bytes(), Message::keepalive().bytes()].concat();
        if options.unknown_message {
            greeting.extend_from_slice(Message::new(255, &[]).bytes());
        }
        if options.default_route && !options.inspect_open {
            // ORIGIN igp, empty AS_PATH, NEXT_HOP 127.0.0.1, LOCAL_PREF 100; 0.0.0.0/32.
            let attributes: &[u8] =
                &[0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 127, 0, 0, 1, 0x40, 5, 4, 0, 0, 0, 100];
            let body = [&[0, 0, 0, 21], attributes, &[32, 0, 0, 0, 0]].concat();
            greeting.extend_from_slice(Message::new(UPDATE, &body).bytes());
        }
        let _ = self.stream.write_all(&greeting).await;
        Ok(())
    }

    /// Judges a message and does what follows from it; false when this connection is over.
    async fn judge(&mut self, message: &Message) -> Result<bool> {
        let (verdict, echo) = self.shared.judge(|j| (j.message(message), j.echo(message)));
        match verdict {
            Verdict::Unexpected { got, group, wanted } => bail!("{}", mismatch(&got, &group, &wanted)),
            Verdict::Passed if message.kind() != OPEN => return Ok(true),
            Verdict::Passed => {}
            Verdict::Matched => {
                for update in &echo {
                    self.send(update).await;
                }
            }
        }
        self.follow().await
    }

    /// Does what the current group starts with; false when the peer closed this connection.
    async fn follow(&mut self) -> Result<bool> {
        let mut open = true;
        while let Some(action) = self.shared.judge(Judge::action) {
            open &= self.act(action).await?;
        }
        if self.shared.judge(|j| j.is_done()) {
            self.shared.decide(Ending::Met);
        }
        Ok(open)
    }

    async fn act(&mut self, action: Action) -> Result<bool> {
        match action {
            Action::Notification(text) => {
                let mut body = match self.shared.dialect {
                    Dialect::V5 => vec![6, 0],
                    Dialect::V6 | Dialect::Native => vec![6, 2, u8::try_from(text.len())?],
                };
                body.extend_from_slice(text.as_bytes());
                self.send(&Message::new(NOTIFICATION, &body)).await;
            }
            Action::Send(message) => self.send(&message).await,
            Action::Octets(octets) => drop(self.stream.write_all(&octets).await),
            Action::Signal(signal) => self.signal(signal)?,
            Action::Close => {
                let _ = self.stream.shutdown().await;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        kill(self.shared.pid, signal).with_context(|| format!("cannot send {signal} to the daemon"))
    }
}

fn mismatch(got: &Message, group: &str, wanted: &[Message]) -> String {
    let raw = |m: &Message| crate::hex::show(&m.bytes()[16..]);
    let Some(nearest) = dissect::nearest(wanted, got) else {
        return format!(
            "nothing was expected (group {group}), but {} came: {}\n{}",
            got.name(),
            raw(got),
            dissect::listing(got)
        );
    };
    format!(
        "{} is not what group {group} expects; the nearest of {} expectation(s), without the marker:\n  - {}\n  + {}\nfirst difference (- expected, + received):\n{}",
        got.name(),
        wanted.len(),
        raw(nearest),
        raw(got),
        dissect::first_difference(nearest, got).unwrap_or_default(),
    )
}
