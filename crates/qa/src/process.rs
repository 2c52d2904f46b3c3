//! Child processes of a test: own process group, output captured and awaited line by line, nothing left behind.

use anyhow::{Context, Result, bail};
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use std::{
    fs,
    process::{ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout_at},
};

/// Environment variable that marks everything started by one test, so that what it leaves behind can be found wherever it went.
const MARK: &str = "EXABGP_RS_QA_MARK";
/// Octets of output kept: the beginning is dropped when there are more.
const KEPT: usize = 4 << 20;

/// What a child printed, standard output and standard error together, as it arrived.
#[derive(Clone, Debug)]
pub struct Log {
    text: Arc<Mutex<Vec<u8>>>,
    grown: watch::Sender<u64>,
}

impl Default for Log {
    fn default() -> Self {
        Self { text: Arc::default(), grown: watch::Sender::new(0) }
    }
}

impl Log {
    /// Everything kept so far; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Waits until a line contains `needle` and gives the first such line.
    pub async fn line(&self, needle: &str, deadline: Instant) -> Result<String> {
        self.nth_line(needle, 1, deadline).await
    }

    /// Waits until at least `n` lines contain `needle` and gives the `n`th.
    pub async fn nth_line(&self, needle: &str, n: usize, deadline: Instant) -> Result<String> {
        let mut grown = self.grown.subscribe();
        loop {
            grown.mark_unchanged();
            if let Some(line) = self.text().lines().filter(|l| l.contains(needle)).nth(n - 1) {
                return Ok(line.to_owned());
            }
            match timeout_at(deadline, grown.changed()).await {
                Ok(Ok(())) => {}
                _ => bail!("{n} line(s) with {needle:?} did not come; the output was:\n{}", self.text()),
            }
        }
    }

    fn push(&self, bytes: &[u8]) {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.extend_from_slice(bytes);
        if text.len() > KEPT {
            let surplus = text.len() - KEPT / 2;
            text.drain(..surplus);
        }
        drop(text);
        self.grown.send_modify(|n| *n += 1);
    }

    async fn follow(self, mut from: impl AsyncRead + Unpin) {
        let mut chunk = vec![0; 16 << 10];
        while let Ok(n @ 1..) = from.read(&mut chunk).await {
            self.push(&chunk[..n]);
        }
    }
}

/// A child in a process group of its own. Dropping it kills it and everything it started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    guard: Child,
    pid: Pid,
    mark: String,
    readers: JoinSet<()>,
    /// What it printed.
    pub log: Log,
}

impl Process {
    /// Starts the command with its standard input closed and its output captured.
    pub fn start(mut command: Command) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mark = format!("{}.{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        command.env(MARK, &mark).process_group(0).kill_on_drop(true);
        // Helpers that say two things in one write do so on every machine, unless a test wants it otherwise.
        if !command.as_std().get_envs().any(|(name, _)| name == "PYTHONUNBUFFERED") {
            command.env_remove("PYTHONUNBUFFERED");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.as_std().get_program().to_string_lossy()))?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).context("the child has no process id")?;
        let pid = Pid::from_raw(pid);
        let guard = guard(pid)?;
        let log = Log::default();
        let mut readers = JoinSet::new();
        if let Some(out) = child.stdout.take() {
            readers.spawn(log.clone().follow(out));
        }
        if let Some(err) = child.stderr.take() {
            readers.spawn(log.clone().follow(err));
        }
        Ok(Self { child, guard, pid, mark, readers, log })
    }

    /// Its process id, which is that of its group too.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Sends it a signal; an error when it has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill(self.pid, signal).with_context(|| format!("cannot send {signal}"))
    }

    /// Waits until it ends by itself.
    pub async fn wait(&mut self, deadline: Instant) -> Result<ExitStatus> {
        match timeout_at(deadline, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!("process {} did not end in time", self.pid),
        }
    }

    /// Whether it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// After its end: reads what is left in its pipes. Whoever holds them open longer than a second is not waited for.
    pub async fn drain(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(1);
        while let Ok(Some(_)) = timeout_at(deadline, self.readers.join_next()).await {}
    }

    /// Command lines of the processes of this test that are alive now, apart from the child itself.
    pub fn leftovers(&self) -> Vec<String> {
        marked(&self.mark)
            .into_iter()
            .filter(|pid| *pid != self.pid && !is_killed(*pid))
            .map(|pid| {
                let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                format!("{pid}: {}", String::from_utf8_lossy(&line).replace('\0', " ").trim_end())
            })
            .collect()
    }

    /// Processes and command lines of what it started and is alive.
    pub fn descendants(&self) -> Vec<(Pid, String)> {
        let rest = marked(&self.mark).into_iter().filter(|pid| *pid != self.pid);
        rest.map(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            (pid, String::from_utf8_lossy(&line).replace('\0', " "))
        })
        .collect()
    }

    /// Kills it and everything it started, in whatever group, and waits for its own end.
    pub async fn kill(&mut self) {
        self.kill_all();
        let _ = self.child.wait().await;
        self.drain().await;
    }

    fn kill_all(&mut self) {
        if self.ended().is_none() {
            let _ = killpg(self.pid, Signal::SIGKILL);
        }
        let _ = self.guard.start_kill();
        // A process that is being forked right now escapes one look, so look until there is none.
        for _ in 0..5 {
            let rest = marked(&self.mark);
            let alive = rest.iter().filter(|pid| kill(**pid, Signal::SIGKILL) != Err(Errno::ESRCH)).count();
            if alive == 0 {
                break;
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_all();
    }
}

/// A shell that kills the group when this process ends, however it ends: nothing is dropped when a test is killed itself.
fn guard(group: Pid) -> Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", "read -r line; kill -KILL \"-$0\"", &group.to_string()]);
    // A group of its own, so that it outlives Ctrl-C on the terminal.
    command.process_group(0).kill_on_drop(true);
    // The pipe is closed when this process is gone: that is what the shell waits for.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().context("cannot start sh")
}

/// Processes whose environment carries the mark. Zombies have no environment any more and so do not count.
fn marked(mark: &str) -> Vec<Pid> {
    let entry = format!("{MARK}={mark}");
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    folder
        .filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|b| *b == 0).any(|e| e == entry.as_bytes())
        })
        .map(Pid::from_raw)
        .collect()
}

/// Figures of a live process from `/proc`.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Resident memory in octets.
    pub rss: u64,
    /// Largest resident memory so far in octets.
    pub peak_rss: u64,
    /// Voluntary and involuntary context switches of all its threads.
    pub context_switches: u64,
    /// CPU time used, user and system.
    pub cpu: Duration,
}

/// Reads the figures of a process.
pub fn usage(pid: Pid) -> Result<Usage> {
    let field = |text: &str, name: &str| -> u64 {
        let line = text.lines().find_map(|l| l.strip_prefix(name));
        line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mut context_switches = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(thread?.path().join("status")).unwrap_or_default();
        context_switches +=
            field(&text, "voluntary_ctxt_switches:") + field(&text, "nonvoluntary_ctxt_switches:");
    }
    // Fields 14 and 15 of proc(5) stat, counted after the name in parentheses, in ticks of a hundredth of a second.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Ok(Usage {
        rss: field(&status, "VmRSS:") * 1024,
        peak_rss: field(&status, "VmHWM:") * 1024,
        context_switches,
        cpu: Duration::from_millis(ticks * 10),
    })
}

/// Whether a process has been killed and only waits for its turn to die: on a busy machine that takes a while.
fn is_killed(pid: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let pending = |line: &str| {
        let mask = line.strip_prefix("SigPnd:").or_else(|| line.strip_prefix("ShdPnd:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    };
    let sigkill = 1 << (Signal::SIGKILL as i32 - 1);
    status.lines().filter_map(pending).any(|mask| mask & sigkill != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    fn shell(script: &str) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start(command).unwrap()
    }

    #[tokio::test]
    async fn lines_are_awaited_and_their_absence_is_an_error() {
        let mut p = shell("echo one; echo two >&2; echo one more");
        assert_eq!(p.log.line("two", soon()).await.unwrap(), "two");
        assert_eq!(p.log.nth_line("one", 2, soon()).await.unwrap(), "one more");
        assert!(p.wait(soon()).await.unwrap().success());
        p.drain().await;
        assert!(p.log.line("three", Instant::now()).await.is_err());
    }

    #[tokio::test]
    async fn descendants_in_other_groups_are_found_and_killed() {
        let mut p = shell("setsid sh -c 'echo ready; exec sleep 1000' & wait");
        p.log.line("ready", soon()).await.unwrap();
        p.log.line("ready", soon()).await.unwrap();
        assert_eq!(p.leftovers().len(), 1, "{:?}", p.leftovers());
        p.kill().await;
        assert_eq!(p.leftovers(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn the_guard_kills_the_group_when_its_pipe_closes() {
        let mut p = shell("echo up; exec sleep 1000");
        p.log.line("up", soon()).await.unwrap();
        drop(p.guard.stdin.take());
        assert!(!p.wait(soon()).await.unwrap().success());
    }

    #[tokio::test]
    async fn only_a_kill_counts_as_killed() {
        let p = shell("echo up; exec sleep 1000");
        p.log.line("up", soon()).await.unwrap();
        assert!(!is_killed(p.pid()), "it runs");
        killpg(p.pid(), Signal::SIGSTOP).unwrap();
        killpg(p.pid(), Signal::SIGTERM).unwrap();
        // A stopped process keeps SIGTERM pending: that is no kill, and it would be a leftover.
        assert!(!is_killed(p.pid()));
    }

    #[tokio::test]
    async fn usage_is_read() {
        let p = shell("echo up; sleep 1000; :");
        p.log.line("up", soon()).await.unwrap();
        let u = usage(p.pid()).unwrap();
        assert!(u.rss > 0 && u.peak_rss >= u.rss, "{u:?}");
    }
}
