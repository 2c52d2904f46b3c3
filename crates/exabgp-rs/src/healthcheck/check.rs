//! Running shell commands: the check, and what is to be done when the state changes.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    // A group of its own, so that what it started ends with it.
    shell.args(["-c", command]).stdin(Stdio::null()).process_group(0).kill_on_drop(true);
    shell
}

/// How a check went.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It ended with 0.
    Good,
    /// It ended otherwise; what it printed.
    Bad(String),
    /// It took too long and was killed.
    TooLong,
    /// It could not be started.
    NotRun(std::io::Error),
}

/// Runs a check, for `limit` at most; zero for as long as it takes.
pub(super) async fn check(command: &str, limit: Duration) -> Outcome {
    let child = shell(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = match child {
        Ok(child) => child,
        Err(e) => return Outcome::NotRun(e),
    };
    let group = group(&child);
    let output = child.wait_with_output();
    let output = if limit.is_zero() {
        output.await
    } else if let Ok(output) = tokio::time::timeout(limit, output).await {
        output
    } else {
        kill(group);
        return Outcome::TooLong;
    };
    match output {
        Ok(output) if output.status.success() => Outcome::Good,
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Outcome::Bad(format!("{} {}", code(output.status), String::from_utf8_lossy(&text).trim()))
        }
        Err(e) => Outcome::NotRun(e),
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| status.signal().map_or(-1, i32::saturating_neg))
}

fn group(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw)
}

fn kill(group: Option<Pid>) {
    if let Some(group) = group {
        // It may have ended meanwhile.
        let _ = killpg(group, Signal::SIGKILL);
    }
}

/// Runs a command to be run in a state, and waits for it.
pub(super) async fn hook(command: &str, state: &str) -> std::io::Result<ExitStatus> {
    shell(command).env("STATE", state).stdout(Stdio::null()).stderr(Stdio::null()).status().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_check_is_good_bad_or_too_long() {
        let short = Duration::from_millis(100);
        assert!(matches!(check("exit 0", Duration::ZERO).await, Outcome::Good));
        let Outcome::Bad(text) = check("echo why; exit 3", Duration::from_mins(1)).await else { panic!() };
        assert_eq!(text, "3 why");
        assert!(matches!(check("sleep 1000", short).await, Outcome::TooLong));
    }
}
