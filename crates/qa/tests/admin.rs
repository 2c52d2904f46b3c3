//! The administrative socket, the named pipes and the command line client, against a real daemon.

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use qa::{
    daemon::{Daemon, Setup, binary},
    expect::within,
    process::Process,
};
use std::{fmt::Write as _, path::PathBuf, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixStream, unix::pipe},
    process::Command,
};

const CONFIG: &str = "[[neighbor]]\npeer-address = \"127.0.0.9\"\nlocal-address = \"127.0.0.1\"\nlocal-as = 65000\n\
    peer-as = 65001\nrouter-id = \"127.0.0.1\"\nconnect = 1\npassive = true\n";

struct Ground {
    daemon: Daemon,
    folder: TempDir,
}

impl Ground {
    /// A daemon with a socket, and with pipes when they are wanted.
    async fn new(pipes: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        if pipes {
            for name in ["exabgp.in", "exabgp.out"] {
                nix::unistd::mkfifo(
                    &folder.path().join(name),
                    nix::sys::stat::Mode::from_bits_truncate(0o600),
                )?;
            }
        }
        let name = folder.path().join("exabgp");
        let setup = Setup::new(CONFIG)
            .env("exabgp_api_cli", "true")
            .env("exabgp_tcp_bind", "")
            .env("exabgp_api_socketname", &format!("{}.sock", name.display()))
            .env("exabgp_api_pipename", &name.display().to_string());
        let daemon = setup.start()?;
        let last = if pipes { "to read responses" } else { "the command line's socket is" };
        daemon.process.log.line(last, within(60)).await?;
        Ok(Self { daemon, folder })
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("exabgp.sock")
    }

    async fn connect(&self) -> Result<UnixStream> {
        Ok(UnixStream::connect(self.socket()).await?)
    }

    /// The command line client with these words; what it printed and its exit code.
    async fn cli(&self, words: &[&str], input: &str) -> Result<(String, String, Option<i32>)> {
        let mut command = Command::new(binary()?);
        command.arg("cli").args(words);
        self.run(command, input).await
    }

    async fn run(&self, mut command: Command, input: &str) -> Result<(String, String, Option<i32>)> {
        command.env("exabgp_cli_socket", self.socket()).kill_on_drop(true);
        command.stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().context("no input")?;
        let write = async move { stdin.write_all(input.as_bytes()).await };
        // It may end before it has read everything.
        let (output, _) = tokio::join!(child.wait_with_output(), write);
        let output = output?;
        let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
        Ok((text(output.stdout), text(output.stderr), output.status.code()))
    }
}

/// Commands in an order of their own for each client, and exactly what each is answered.
fn talk(client: u32, count: u32) -> (String, String) {
    let (mut said, mut wanted) = (String::new(), String::new());
    let mut state = client;
    for n in 0..count {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (command, answer) = match state >> 30 {
            0 => {
                let route = format!("10.{client}.{}.{}/32", n >> 8, n & 255);
                (format!("announce route {route} next-hop 192.0.2.1"), "done".to_owned())
            }
            1 => (format!("announce nonsense {n}"), "error".to_owned()),
            2 => {
                let line = n + 1;
                let id = format!("{client}-{n}");
                (
                    format!("id {id} announce route 10.{client}.255.0/24 next-hop 192.0.2.1"),
                    format!(
                        "{{\"answer\": \"done\", \"id\": \"{id}\", \"line\": {line}, \"level\": \"queued\", \"neighbors\": 1}}"
                    ),
                )
            }
            _ => (format!("# {client} says {n}"), "done".to_owned()),
        };
        let _ = writeln!(said, "{command}");
        let _ = writeln!(wanted, "{answer}");
    }
    (said, wanted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_clients_each_get_their_own_answers_whatever_others_do() -> Result<()> {
    let ground = Ground::new(false).await?;
    // One that never reads what it asks for, and one that goes in the middle of its words.
    let mut stopped = ground.connect().await?;
    let mut held = tokio::task::JoinSet::new();
    held.spawn(async move { while stopped.write_all(&b"help\n".repeat(1000)).await.is_ok() {} });
    let mut dead = ground.connect().await?;
    dead.write_all(b"show adj-rib out\nannounce route 10.99.0.0/16 next-h").await?;
    drop(dead);
    let mut clients = tokio::task::JoinSet::new();
    for client in 1..=20 {
        let stream = ground.connect().await?;
        clients.spawn(async move {
            let (said, wanted) = talk(client, 5000);
            let (mut read, mut write) = stream.into_split();
            let write = async move { write.write_all(said.as_bytes()).await };
            let mut told = String::new();
            let (wrote, read) = tokio::join!(write, read.read_to_string(&mut told));
            wrote.and(read)?;
            ensure!(told == wanted, "client {client} was told something else than it asked for");
            Ok(())
        });
    }
    while let Some(done) = clients.join_next().await {
        done??;
    }
    ensure!(held.try_join_next().is_none(), "the one that does not read was to be held back, not dropped");
    drop(held);
    // What is there now is what the twenty have announced.
    let (routes, _, code) = ground.cli(&["show", "adj-rib", "out"], "").await?;
    let announced: usize = (1..=20)
        .map(|c| talk(c, 5000).0.lines().filter(|l| l.starts_with("announce route")).count() + 1)
        .sum();
    ensure!(
        code == Some(0) && routes.lines().count() == announced,
        "{} of {announced}",
        routes.lines().count()
    );
    ensure!(!routes.contains("10.99.0.0"), "half a line is no command");
    ground.daemon.stop(Duration::from_secs(5)).await?;
    ensure!(!ground.folder.path().join("exabgp.sock").exists(), "the socket is left behind");
    Ok(())
}

#[tokio::test]
async fn a_client_hears_that_the_daemon_stops() -> Result<()> {
    let ground = Ground::new(false).await?;
    let mut stream = BufReader::new(ground.connect().await?);
    stream.write_all(b"version\n").await?;
    let mut line = String::new();
    while line != "done\n" {
        line.clear();
        ensure!(stream.read_line(&mut line).await? > 0, "no answer");
    }
    ground.daemon.process.signal(Signal::SIGTERM)?;
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await?;
    ensure!(rest == "shutdown\n", "{rest:?}");
    ground.daemon.stop(Duration::from_secs(5)).await.or(Ok(()))
}

/// As a program that knows ExaBGP's pipes does it (aioexabgp): one for commands, one for answers.
#[tokio::test]
async fn the_pair_of_pipes_serves_one_client_after_the_other() -> Result<()> {
    let ground = Ground::new(true).await?;
    for round in 0..3 {
        let path = |name: &str| ground.folder.path().join(name);
        let mut answers = BufReader::new(pipe::OpenOptions::new().open_receiver(path("exabgp.out"))?);
        let mut commands = pipe::OpenOptions::new().open_sender(path("exabgp.in"))?;
        let text = format!("announce route 10.0.{round}.0/24 next-hop 192.0.2.1\nnonsense\n");
        commands.write_all(text.as_bytes()).await?;
        for wanted in ["done\n", "error\n"] {
            let mut line = String::new();
            answers.read_line(&mut line).await?;
            ensure!(line == wanted, "round {round}: {line:?}");
        }
    }
    let (routes, said, code) = ground.cli(&["--pipe", "show", "adj-rib", "out"], "").await?;
    // The name is the settings', which the client reads as the daemon does.
    ensure!(
        code == Some(1) && routes.is_empty() && said.contains("could not find ExaBGP's named pipes"),
        "{said}"
    );
    let name = ground.folder.path().join("exabgp").display().to_string();
    let (routes, said, code) = ground.cli(&["--pipename", &name, "--pipe", "s", "a", "o"], "").await?;
    ensure!(code == Some(0) && routes.lines().count() == 4, "{routes}{said}");
    ensure!(routes.starts_with("command: show adj-rib out\n"), "{routes}");
    ground.daemon.stop(Duration::from_secs(5)).await
}

#[tokio::test]
async fn the_command_line_says_how_it_went() -> Result<()> {
    let ground = Ground::new(false).await?;
    let (out, _, code) =
        ground.cli(&["announce", "route", "10.0.0.0/24", "next-hop", "192.0.2.1"], "").await?;
    ensure!((out.as_str(), code) == ("", Some(0)), "{out:?} {code:?}");
    let (_, said, code) = ground.cli(&["nonsense"], "").await?;
    ensure!(code == Some(1) && said.contains("ExaBGP returns an error"), "{said}");
    let (out, _, code) = ground.cli(&["--json", "show", "adj-rib", "out"], "").await?;
    let lines: Vec<serde_json::Value> = out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(code == Some(0) && lines.len() == 2 && lines[1]["answer"] == "done", "{out}");
    let (out, ..) = ground.cli(&["show", "adj-rib", "out", "10.0.0.0/8", "longer", "status"], "").await?;
    ensure!(out == "127.0.0.9 ipv4 unicast 10.0.0.0/24 next-hop 192.0.2.1 pending\n", "{out}");
    let (out, _, code) = ground.cli(&["show", "adj-rib", "out", "10.0.0.0/8"], "").await?;
    ensure!(out.is_empty() && code == Some(0), "{out}");
    // Many, from standard input: which of them failed is said.
    let (_, said, code) = ground.cli(&[], "version\n\nnonsense\nwithdraw route 10.0.0.0/24\n").await?;
    ensure!(code == Some(1) && said.contains("line 3: error: nonsense") && said.contains("1 of 3"), "{said}");
    let mut many = String::new();
    (0..30_000).for_each(|n| {
        let _ = writeln!(many, "announce route 10.1.{}.{}/32 next-hop 192.0.2.1", n >> 8, n & 255);
    });
    let file = ground.folder.path().join("commands");
    std::fs::write(&file, &many)?;
    let name = file.display().to_string();
    let (_, said, code) = ground.cli(&["--batch", &name], "").await?;
    ensure!(code == Some(0), "{said}");
    let (out, ..) = ground.cli(&["show", "adj-rib", "out"], "").await?;
    ensure!(out.lines().count() == 30_000, "{}", out.lines().count());
    // Whoever waits for octets to be written is answered before the connection ends.
    let (out, said, code) = ground
        .cli(&["id", "a", "ack", "written", "announce", "route", "10.2.0.0/24", "next-hop", "192.0.2.1"], "")
        .await?;
    ensure!(code == Some(0) && out.contains("\"id\": \"a\""), "{out}{said}");
    // Under ExaBGP's name, as exabgp_exporter calls it: the exit status is the original's.
    let exabgpcli = ground.folder.path().join("exabgpcli");
    std::os::unix::fs::symlink(binary()?, &exabgpcli)?;
    let mut command = Command::new(&exabgpcli);
    command.args(["--root", "/", "show", "neighbor", "summary"]);
    let (out, _, code) = ground.run(command, "").await?;
    let header = "Peer            AS        up/down state       |     #sent     #recvd";
    ensure!(code == Some(0) && out.lines().next() == Some(header), "{out}");
    let mut command = Command::new(&exabgpcli);
    command.arg("nonsense");
    let (_, said, code) = ground.run(command, "").await?;
    ensure!(code == Some(0) && said.contains("ExaBGP returns an error"), "{said}");
    ground.daemon.stop(Duration::from_secs(5)).await?;
    let nobody = Process::start({
        let mut command = Command::new(&exabgpcli);
        command.args(["--pipename", "nobody-has-this-name", "version"]);
        command
    })?;
    nobody.log.line("could not find ExaBGP's Unix socket", within(20)).await?;
    Ok(())
}
