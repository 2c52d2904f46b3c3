//! The health check as the daemon runs it: commands on its standard output, answers on its standard input, `ip` called
//! for addresses (a stand-in on PATH notes how).

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
    answers: Option<ChildStdin>,
}

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let ip = folder.join("ip");
        let script = "#!/bin/sh\necho \"$@\" >> \"$(dirname \"$0\")/calls\"\n\
            case \"$*\" in *show*) echo '1: lo inet 192.0.2.1/32 scope global lo';; esac\n";
        std::fs::write(&ip, script).unwrap();
        std::fs::set_permissions(&ip, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_exabgp-rs"))
            .args(["healthcheck", "--no-syslog", "--silent", "--interval", "0.05", "--fast-interval", "0.02"])
            .args(arguments)
            .env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", folder.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let answers = child.stdin.take();
        Self { child, lines, answers }
    }

    /// The next command; empty at the end.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The next command, answered.
    fn answered(&mut self) -> String {
        let line = self.line();
        self.answers.as_mut().unwrap().write_all(b"done\n").unwrap();
        line
    }

    fn end(mut self) -> Vec<String> {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        let mut rest = Vec::new();
        loop {
            match self.line() {
                line if line.is_empty() => break,
                line => rest.push(line),
            }
        }
        assert!(self.child.wait().unwrap().success());
        rest
    }
}

fn calls(folder: &Path) -> Vec<String> {
    std::fs::read_to_string(folder.join("calls")).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[test]
fn a_service_comes_up_goes_down_and_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good");
    std::fs::write(&good, "").unwrap();
    let command = format!("test -e {}", good.display());
    let mut check = Running::start(
        folder.path(),
        &["--ip", "10.0.0.1/32", "--command", &command, "--rise", "1", "--fall", "2", "--debounce"],
    );
    assert_eq!(check.answered(), "neighbor * announce route 10.0.0.1/32 next-hop self med 100");
    std::fs::remove_file(&good).unwrap();
    assert_eq!(check.answered(), "neighbor * announce route 10.0.0.1/32 next-hop self med 1000");
    assert_eq!(check.end(), ["neighbor * withdraw route 10.0.0.1/32 next-hop self"]);
    assert_eq!(calls(folder.path()), ["address add 10.0.0.1/32 dev lo", "address delete 10.0.0.1/32 dev lo"]);
}

#[test]
fn each_command_waits_for_its_answer_and_the_end_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut check = Running::start(
        folder.path(),
        &["--ip", "10.0.0.1", "--ip", "10.0.0.2", "--rise", "1", "--no-ip-setup", "--path-id", "7"],
    );
    assert!(check.line().contains("10.0.0.1/32"));
    // No answer: what comes next are the withdrawals of the end, not the second announcement.
    let rest = check.end();
    assert_eq!(
        rest,
        [
            "neighbor * withdraw route 10.0.0.1/32 next-hop self path-information 7",
            "neighbor * withdraw route 10.0.0.2/32 next-hop self path-information 7",
        ]
    );
    assert!(calls(folder.path()).is_empty());
}

#[test]
fn one_announcement_of_what_is_on_the_loopback_interface() {
    let folder = tempfile::tempdir().unwrap();
    let options = folder.path().join("options");
    std::fs::write(&options, "# defaults\nup-metric = 5\ncommunity = 65000:1\nno-ack\n").unwrap();
    let hook = format!("echo $STATE >> {}", folder.path().join("states").display());
    let mut check = Running::start(
        folder.path(),
        &["-F", options.to_str().unwrap(), "--rise", "2", "--interval", "0", "--execute", &hook],
    );
    let line = check.line();
    assert_eq!(line, "neighbor * announce route 192.0.2.1/32 next-hop self med 5 community [ 65000:1 ]");
    assert_eq!(check.line(), "");
    assert!(check.child.wait().unwrap().success());
    assert_eq!(std::fs::read_to_string(folder.path().join("states")).unwrap(), "RISING\nUP\n");
}
