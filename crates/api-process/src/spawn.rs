//! A process, its group, its pipes, and the signals it gets.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Stdio;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

use crate::{Error, Spec};

/// Asked for each of stdin and stdout: fewer switches between the helper and us. The system's
/// default does when this is refused.
const PIPE_BYTES: i32 = 1 << 20;

/// A helper's process just started.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) pid: u32,
    pub(crate) stdin: pipe::Sender,
    pub(crate) stdout: pipe::Receiver,
    pub(crate) stderr: pipe::Receiver,
}

/// Starts the program of `spec` as the leader of a new process group.
pub(crate) fn spawn(spec: &Spec) -> Result<Process, Error> {
    let mut command = Command::new(&spec.program);
    command
        .args(&spec.args)
        .current_dir(&spec.cwd)
        .env("TERM", "dumb")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        // Only for a runtime that is torn down around us: at any other end the group is killed
        // and the child reaped by its task.
        .kill_on_drop(true);
    for (name, value) in &spec.env {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(gid) = spec.gid {
        command.gid(gid);
    }
    if let Some(uid) = spec.uid {
        command.uid(uid);
    }
    let mut child =
        command.spawn().map_err(|source| Error::Spawn { program: spec.program.clone(), source })?;
    let pid = child.id().unwrap_or(0);
    match attach(&mut child) {
        Ok((stdin, stdout, stderr)) => Ok(Process { child, pid, stdin, stdout, stderr }),
        Err(error) => {
            signal_group(pid, Signal::SIGKILL);
            Err(Error::Pipes(error))
        }
    }
}

fn attach(child: &mut Child) -> io::Result<(pipe::Sender, pipe::Receiver, pipe::Receiver)> {
    let missing = || io::Error::from(io::ErrorKind::BrokenPipe);
    let stdin = child.stdin.take().ok_or_else(missing)?.into_owned_fd()?;
    let stdout = child.stdout.take().ok_or_else(missing)?.into_owned_fd()?;
    let stderr = child.stderr.take().ok_or_else(missing)?.into_owned_fd()?;
    enlarge(&stdin);
    enlarge(&stdout);
    Ok((
        pipe::Sender::from_owned_fd(stdin)?,
        pipe::Receiver::from_owned_fd(stdout)?,
        pipe::Receiver::from_owned_fd(stderr)?,
    ))
}

fn enlarge(pipe: &OwnedFd) {
    // Refused when the user's pipe memory is used up: the default size then does.
    let _ = fcntl(pipe, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
}

/// Sends `signal` to the whole process group led by `pid`; nothing if it is gone.
///
/// The number can not have passed to another group as long as a member of this one lives or its
/// leader is not reaped; we signal after that only at once after the reaping.
pub(crate) fn signal_group(pid: u32, signal: Signal) {
    let Ok(raw) = i32::try_from(pid) else { return };
    // 0 would be our own group, 1 is init's.
    if raw <= 1 {
        return;
    }
    match killpg(Pid::from_raw(raw), signal) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => tracing::warn!(pid, %signal, %error, "can not signal a process group"),
    }
}

/// Reads what is in the pipe now, whatever the event loop knows of it: after the process has
/// ended, `WouldBlock` from here is the truth.
pub(crate) fn read_now(pipe: impl AsFd, space: &mut [u8]) -> io::Result<usize> {
    Ok(nix::unistd::read(pipe, space)?)
}

/// Seed for jitter: different for each helper and each daemon, repeatability does not matter here.
pub(crate) fn seed() -> u64 {
    use std::io::Read;
    let mut bytes = [0; 8];
    // Without it all helpers merely share their jitter.
    let _ = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    u64::from_ne_bytes(bytes)
}
