//! A small owner: starts helpers, collects what they send, fails instead of hanging.
#![allow(dead_code, unreachable_pub, reason = "each test file compiles its own copy and uses a part")]

use std::path::Path;
use std::time::Duration;

use api_process::{
    Company, Consumer, Credit, Error, Fill, FromHelper, HelperHandle, HelperId, Kind, Lines, Notice, Outbox,
    Owner, Spec, Timing, start,
};
use bytes::Bytes;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// One thing on a helper's stdout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Line(Vec<u8>),
    Oversized(usize),
    Half(Vec<u8>),
}

/// A line for comparisons.
pub fn line(text: &str) -> Seen {
    Seen::Line(text.as_bytes().to_vec())
}

/// Collects; panics when told to.
#[derive(Default)]
pub struct Collect {
    pub seen: Vec<Seen>,
    pub panic_on_first: Option<&'static [u8]>,
}

impl Consumer for Collect {
    type Batch = Vec<Seen>;

    fn started(&mut self, _generation: u32, _outbox: &Outbox) {
        self.seen.clear();
    }

    fn line(&mut self, line: &[u8]) -> Fill {
        assert!(self.panic_on_first.take_if(|bad| *bad == line).is_none(), "told to panic");
        self.seen.push(Seen::Line(line.to_vec()));
        if self.seen.len() >= 256 { Fill::Full } else { Fill::More }
    }

    fn notice(&mut self, notice: Notice<'_>) {
        self.seen.push(match notice {
            Notice::Oversized { head } => Seen::Oversized(head.len()),
            Notice::HalfLine { piece } => Seen::Half(piece.to_vec()),
        });
    }

    fn take(&mut self) -> Option<Vec<Seen>> {
        (!self.seen.is_empty()).then(|| std::mem::take(&mut self.seen))
    }
}

/// Anything longer than this is a hang.
const HANG: Duration = Duration::from_mins(1);

/// Fails a test that would hang.
pub async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, future).await.unwrap_or_else(|_| panic!("hangs: {what}"))
}

/// Waits for something outside our process, which can not tell us.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(2));
    in_time(what, async {
        while !condition() {
            tick.tick().await;
        }
    })
    .await;
}

/// The owner of a test's helpers.
pub struct Rig {
    pub owner: Owner<Vec<Seen>>,
    pub rx: mpsc::Receiver<FromHelper<Vec<Seen>>>,
}

impl Rig {
    pub fn new() -> Self {
        Self::with_channel(16)
    }

    pub fn with_channel(bound: usize) -> Self {
        let (tx, rx) = mpsc::channel(bound);
        let owner = Owner {
            tx,
            tracker: TaskTracker::new(),
            token: CancellationToken::new(),
            ending: CancellationToken::new(),
            company: Company::default(),
        };
        Self { owner, rx }
    }

    pub fn start(&self, id: u32, spec: Spec) -> HelperHandle {
        self.start_with(id, spec, Collect::default())
    }

    pub fn start_with(&self, id: u32, spec: Spec, consumer: Collect) -> HelperHandle {
        let lines =
            Lines::new(|lost| Bytes::from(format!("gap {lost}\n"))).farewell(|| Bytes::from_static(b"bye\n"));
        start(&self.owner, HelperId(id), spec, lines, consumer)
    }

    pub async fn next(&mut self) -> FromHelper<Vec<Seen>> {
        in_time("no message", self.rx.recv()).await.expect("a helper lives")
    }

    /// The next message of helper `id`, which must be `Started`.
    pub async fn started(&mut self, id: u32) -> u32 {
        loop {
            let message = self.next().await;
            if message.id == HelperId(id) {
                match message.kind {
                    Kind::Started { pid } => return pid,
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    /// Lines of helper `id` until one is `last`, dropping what others say.
    pub async fn lines_to(&mut self, id: u32, last: &str) -> Vec<Seen> {
        let mut all = Vec::new();
        loop {
            let message = self.next().await;
            match message.kind {
                Kind::Batch { batch, .. } if message.id == HelperId(id) => all.extend(batch),
                Kind::Exited { .. } | Kind::Failed { .. } if message.id == HelperId(id) => {
                    panic!("{message:?} after {all:?}")
                }
                _ => {}
            }
            if all.last() == Some(&line(last)) {
                return all;
            }
        }
    }

    /// Everything of helper `id` until its process has ended.
    pub async fn life_of(&mut self, id: u32) -> Ended {
        let mut ended = Ended::default();
        loop {
            let message = self.next().await;
            if message.id != HelperId(id) {
                continue;
            }
            match message.kind {
                Kind::Started { pid } => ended.pid = pid,
                Kind::Batch { batch, credit } => {
                    ended.seen.extend(batch);
                    ended.credits.push(credit);
                    ended.credits.clear();
                }
                Kind::Failed { reason, .. } => ended.failures.push(reason),
                Kind::Exited { status, respawn_after } => {
                    use std::os::unix::process::ExitStatusExt;
                    ended.code = status.and_then(|status| status.code());
                    ended.signal = status.and_then(|status| status.signal());
                    ended.respawn_after = respawn_after;
                    return ended;
                }
            }
        }
    }

    /// Stops everything without reading another message.
    pub async fn shutdown(self) {
        self.owner.token.cancel();
        self.owner.tracker.close();
        in_time("shutdown", self.owner.tracker.wait()).await;
    }
}

/// A process's life.
#[derive(Debug, Default)]
pub struct Ended {
    pub pid: u32,
    pub seen: Vec<Seen>,
    pub failures: Vec<Error>,
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub respawn_after: Option<Duration>,
    credits: Vec<Credit>,
}

/// A shell script as a helper that is not respawned, with short delays at its end.
pub fn shell(name: &str, script: &str) -> Spec {
    let mut spec = Spec::new(name, "/bin/sh");
    spec.args = vec!["-c".into(), script.into()];
    spec.respawn = false;
    spec.timing = Timing {
        term_after: Duration::from_millis(20),
        kill_after: Duration::from_millis(100),
        ..Timing::default()
    };
    spec
}

/// A python script as a helper.
pub fn python(name: &str, script: &str) -> Spec {
    let mut spec = shell(name, "");
    spec.program = "python3".into();
    spec.args = vec!["-c".into(), script.into()];
    spec
}

/// Answers each line with itself.
pub const ECHO: &str = "while read -r line; do echo \"$line\"; done";

/// Signals a helper's process.
pub fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
}

/// Not there at all, not even as a zombie of ours.
pub fn is_reaped(pid: u32) -> bool {
    assert!(pid > 1);
    !Path::new(&format!("/proc/{pid}")).exists()
}

/// Not running; a process that is not our child may wait for its own parent to reap it.
pub fn is_dead(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return true;
    };
    stat.rsplit(')').next().unwrap().trim_start().starts_with('Z')
}
