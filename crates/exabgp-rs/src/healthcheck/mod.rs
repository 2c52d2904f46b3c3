//! `exabgp-rs healthcheck`: a helper that checks a service and announces its addresses while it works.
//!
//! The same options, commands and states as ExaBGP's program of that name, so that configurations which run it keep
//! working. The states are in `machine`, the commands in `lines`; this is the loop around them.

mod addresses;
mod check;
mod lines;
mod log;
mod machine;
pub mod network;
pub mod options;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use nix::unistd::{Group, User, setresgid, setresuid};
use tokio::io::{AsyncBufReadExt as _, BufReader, Stdin};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use addresses::Addresses;
use check::Outcome;
use log::{Level, Log};
use machine::{Found, Machine, State};
use network::Network;
use options::Healthcheck;

/// Runs until it is told to end, or with `--interval 0` until it has announced something.
pub fn run(options: &Healthcheck) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let log = Log::new(options)?;
    let code = runtime.block_on(async {
        match Check::start(options, &log).await? {
            Some(mut check) => check.run().await,
            None => Ok(ExitCode::FAILURE),
        }
    });
    // A thread of its own may still wait for an answer.
    runtime.shutdown_background();
    code.inspect_err(|e| log.say(Level::Error, &format!("{e:#}")))
}

/// Puts the options of a file (`--config FILE`) in front of those of the command line.
pub fn with_file(words: Vec<OsString>) -> Result<Vec<OsString>> {
    let mut file = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.to_str() {
            Some("-F" | "--config") => file = rest.next().cloned(),
            Some(text) => file = text.strip_prefix("--config=").map(Into::into).or(file),
            None => {}
        }
    }
    let Some(file) = file else { return Ok(words) };
    let text = std::fs::read_to_string(&file).with_context(|| file.to_string_lossy().into_owned())?;
    let (head, tail) = words.split_at(words.len().min(2));
    let of_file = options::of_file(&text).into_iter().map(OsString::from);
    Ok(head.iter().cloned().chain(of_file).chain(tail.iter().cloned()).collect())
}

struct Check<'a> {
    options: &'a Healthcheck,
    log: &'a Log,
    addresses: Addresses,
    /// What is set up, in the order of the options.
    networks: Vec<Network>,
    /// What is announced, in the order of the metrics.
    announced: Vec<Network>,
    machine: Machine,
    /// Answers of the daemon; none when nobody waits for them.
    answers: Option<BufReader<Stdin>>,
    end: [Signal; 2],
}

impl<'a> Check<'a> {
    async fn start(options: &'a Healthcheck, log: &'a Log) -> Result<Option<Self>> {
        let mut addresses = Addresses::new(options)?;
        let networks = match &options.ips[..] {
            [] => addresses.of_loopback(options.label_exact_match).await?,
            ips => ips.to_vec(),
        };
        if networks.is_empty() {
            log.say(Level::Error, "No IP found");
            return Ok(None);
        }
        if let Some(file) = &options.pid {
            std::fs::write(file, format!("{}\n", std::process::id()))
                .with_context(|| file.display().to_string())?;
        }
        if !options.no_ip_setup && !options.dynamic_ip_setup {
            addresses.add(&networks).await?;
        }
        drop_privileges(options)?;
        let waits = !options.no_ack && !std::io::stdout().is_terminal();
        Ok(Some(Self {
            options,
            log,
            addresses,
            announced: lines::networks(options, &networks),
            networks,
            machine: Machine::new(options.rise, options.fall),
            answers: waits.then(|| BufReader::new(tokio::io::stdin())),
            end: [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?],
        }))
    }

    async fn run(&mut self) -> Result<ExitCode> {
        loop {
            let found = tokio::select! {
                found = find(self.options, self.log) => found,
                () = ended(&mut self.end) => return self.exit().await,
            };
            let changed = self.machine.step(found);
            if changed {
                self.entered().await?;
            }
            let state = self.machine.state;
            if state.announces() && (changed || !self.options.debounce) && !self.tell(state).await? {
                return self.exit().await;
            }
            if self.options.interval.is_zero() && state.announces() {
                self.log.say(Level::Info, "interval set to zero, exiting after the announcement");
                return Ok(ExitCode::SUCCESS);
            }
            let pause = match state {
                State::Rising | State::Falling => self.options.fast_interval,
                _ => self.options.interval,
            };
            tokio::select! {
                () = tokio::time::sleep_until(Instant::now() + pause) => {}
                () = ended(&mut self.end) => return self.exit().await,
            }
        }
    }

    /// What is to be done when a state begins.
    async fn entered(&mut self) -> Result<()> {
        let state = self.machine.state;
        self.log.say(Level::Debug, &format!("Transition to {}", state.name()));
        if self.options.dynamic_ip_setup {
            match state {
                State::Up => {
                    self.log.say(Level::Info, "service up, restoring loopback and ip-ifname ips");
                    self.addresses.add(&self.networks).await?;
                }
                State::Down | State::Disabled => {
                    self.log.say(Level::Info, "service down, deleting setup ips");
                    self.remove().await;
                }
                _ => {}
            }
        }
        let options = self.options;
        let more: &[String] = match state {
            State::Up => &options.up_execute,
            State::Down => &options.down_execute,
            State::Disabled => &options.disabled_execute,
            _ => &[],
        };
        for command in options.execute.iter().chain(more) {
            let ended = check::hook(command, state.name()).await;
            self.log.say(Level::Debug, &format!("`{command}` ended: {ended:?}"));
        }
        Ok(())
    }

    async fn remove(&mut self) {
        let added = self.addresses.added();
        for problem in self.addresses.remove(&added).await {
            self.log.say(Level::Warning, &problem);
        }
    }

    /// Writes the commands for a state, each with its answer. False when told to end meanwhile.
    async fn tell(&mut self, state: State) -> Result<bool> {
        self.log.say(Level::Info, &format!("send announces for {} state to ExaBGP", state.name()));
        for command in lines::commands(self.options, &self.announced, state) {
            self.log.say(Level::Debug, &format!("exabgp: {command}"));
            let mut out = std::io::stdout().lock();
            writeln!(out, "{command}").and_then(|()| out.flush()).context("the daemon is gone")?;
            drop(out);
            let Some(answers) = &mut self.answers else { continue };
            let mut answer = String::new();
            tokio::select! {
                read = answers.read_line(&mut answer) => {
                    if read.context("the daemon is gone")? == 0 {
                        // Nobody answers any more.
                        self.answers = None;
                    }
                }
                () = ended(&mut self.end), if state != State::Exit => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Takes everything back.
    async fn exit(&mut self) -> Result<ExitCode> {
        // The daemon may be ending too: who waits for its answers would wait in vain.
        self.answers = None;
        self.tell(State::Exit).await?;
        if !self.addresses.added().is_empty() {
            self.log.say(Level::Info, "exiting, deleting setup ips");
            self.remove().await;
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn ended(signals: &mut [Signal; 2]) {
    let [terminate, interrupt] = signals;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Finds out how the service is.
async fn find(options: &Healthcheck, log: &Log) -> Found {
    if options.disable.as_ref().is_some_and(|file| file.exists()) {
        return Found::Disabled;
    }
    let Some(command) = &options.command else { return Found::Good };
    match check::check(command, options.timeout).await {
        Outcome::Good => return Found::Good,
        Outcome::Bad(what) => log.say(Level::Info, &format!("Check command was unsuccessful: {what}")),
        Outcome::TooLong => {
            log.say(Level::Warning, &format!("Timeout ({:?}) while running check command", options.timeout));
        }
        Outcome::NotRun(e) => log.say(Level::Error, &format!("the check can't be run: {e}")),
    }
    Found::Bad
}

fn drop_privileges(options: &Healthcheck) -> Result<()> {
    if let Some(name) = &options.group {
        let group = Group::from_name(name)?.with_context(|| format!("there is no group {name}"))?;
        setresgid(group.gid, group.gid, group.gid).with_context(|| format!("can't become group {name}"))?;
    }
    if let Some(name) = &options.user {
        let user = User::from_name(name)?.with_context(|| format!("there is no user {name}"))?;
        setresuid(user.uid, user.uid, user.uid).with_context(|| format!("can't become user {name}"))?;
    }
    Ok(())
}
