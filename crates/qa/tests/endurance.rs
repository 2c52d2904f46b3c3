//! Never starved, never stalled: what a helper or a peer does wrong costs bounded memory and touches nobody else.
//!
//! Each test watches two peers with a hold time of 3 s: one that is sent everything, and a quiet one (of another family) whose
//! session lives on KEEPALIVEs alone. The tests take turns, as they use the whole machine, and last as long as it takes the
//! quiet peer to hear a number of KEEPALIVEs.

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use qa::{
    bench::{
        clock,
        control::{Control, Link},
        hops::Hops,
        peer::{Peer, Spec},
        quiet::Quiet,
        run::quantile,
        sink::Sink,
        table,
        toml::{Neighbor, PEER_AS, Toml},
        work::spec,
    },
    daemon::{Daemon, Setup},
    expect::within,
};
use std::{path::Path, time::Duration};
use tokio::sync::Mutex;

/// Seconds that a step may take.
const STEP: u64 = 60;
/// Commands that a flood has at least.
const MILLION: u32 = 1_000_000;
/// A KEEPALIVE or an UPDATE is due each second with a hold time of 3 s.
const LATE: Duration = Duration::from_millis(1500);
/// The goal from a helper's line to the wire, with everything else going on.
const PROMPT: Duration = Duration::from_millis(10);
/// What no machine excuses, unless its own scheduler needs a quarter of it.
const STALL: Duration = Duration::from_millis(250);

static ALONE: Mutex<()> = Mutex::const_new(());

/// A daemon between helpers and peers.
struct Rig {
    daemon: Daemon,
    control: Control,
    /// Gets everything.
    main: Peer,
    /// Gets KEEPALIVEs.
    quiet: Peer,
    /// Helpers that have done their work and stay.
    kept: Vec<Link>,
}

impl Rig {
    /// Starts everything and waits until both sessions are up. `more` adds helpers and neighbors.
    async fn start(
        count: u32,
        setup: impl FnOnce(Setup) -> Setup,
        more: impl FnOnce(Toml, &Control) -> Toml,
    ) -> Result<Self> {
        let control = Control::new()?;
        let mut main = Peer::listen(&Spec { urgent: true, ..spec(2, count, false) })?;
        let mut quiet = Peer::listen(&spec(3, 0, false))?;
        let toml = more(Toml::new(Path::new(env!("CARGO_BIN_EXE_bench"))), &control)
            .neighbor(Neighbor::new(&main).hold(3))
            .neighbor(Neighbor::new(&quiet).hold(3).family("ipv6 unicast"));
        let daemon = setup(Setup::new(toml.text()?)).start()?;
        for peer in [&mut main, &mut quiet] {
            let up = peer.until("the session", within(STEP), |p| p.up).await;
            up.with_context(|| daemon.process.log.text())?;
        }
        Ok(Self { daemon, control, main, quiet, kept: Vec::new() })
    }

    async fn helper(&mut self, name: &str) -> Result<Link> {
        self.control.helper(name, within(STEP)).await.with_context(|| self.daemon.process.log.text())
    }

    /// From now on silences count.
    fn watch(&self) {
        self.main.sink(|s| s.forget(clock::now()));
        self.quiet.sink(|s| s.forget(clock::now()));
    }

    /// Waits until the quiet peer has heard `n` more KEEPALIVEs.
    async fn keepalives(&mut self, n: u64) -> Result<()> {
        let before = self.quiet.progress().keepalives;
        let heard = self.quiet.until("KEEPALIVEs", within(STEP), |p| p.keepalives >= before + n || !p.up);
        ensure!(heard.await?.up, "the quiet session is gone");
        Ok(())
    }

    /// Both sessions have lived all the time, and no timer was late.
    fn undisturbed(&self) -> Result<()> {
        for (name, peer) in [("main", &self.main), ("quiet", &self.quiet)] {
            let p = peer.progress();
            ensure!(
                p.up && p.sessions == 1,
                "the {name} session was lost: {p:?}\n{}",
                self.daemon.process.log.text()
            );
            let silence = Duration::from_nanos(peer.sink(|s| s.silence(clock::now())));
            println!("  longest silence at the {name} peer: {silence:.3?}");
            ensure!(silence < LATE, "nothing came to the {name} peer for {silence:?}");
        }
        Ok(())
    }

    /// The daemon's memory has stayed below a bound.
    fn memory(&self, megabytes: u64) -> Result<()> {
        let peak = self.daemon.usage()?.peak_rss / 1_000_000;
        println!("  peak memory of the daemon: {peak} MB");
        ensure!(peak < megabytes, "{peak} MB of memory, more than {megabytes} MB");
        Ok(())
    }

    async fn stop(self) -> Result<()> {
        // The limit of an ordinary stop; what a stop has to bear is a test of its own.
        self.daemon.stop(Duration::from_secs(5)).await
    }
}

/// The helper that never reads its standard input, in full swing.
struct Flood(Link);

impl Flood {
    async fn start(rig: &mut Rig) -> Result<Self> {
        let mut link = rig.helper("flood").await?;
        link.tell("flood").await?;
        // It is in full swing when its first round has begun to arrive.
        rig.main.until("the flood", within(STEP), |p| p.round > 0).await?;
        Ok(Self(link))
    }

    /// Ends it after the round that is under way; all of that round must arrive.
    async fn end(mut self, rig: &mut Rig) -> Result<()> {
        self.0.tell("stop").await?;
        let said = self.0.numbers("flooded", within(STEP)).await?;
        let (round, commands) = (said[0], said[1]);
        println!("  {commands} commands in {round} rounds, no answer read");
        ensure!(commands >= u64::from(MILLION), "only {commands} commands");
        let last = rig
            .main
            .until("the last round", within(STEP), |p| u64::from(p.round) == round && p.of_round == MILLION);
        last.await.with_context(|| rig.daemon.process.log.text())?;
        rig.kept.push(self.0);
        rig.main.sink(|s| s.check())
    }
}

/// The helper whose commands are timed.
struct Probe(Link);

impl Probe {
    async fn start(rig: &mut Rig) -> Result<Self> {
        let mut link = rig.helper("probe").await?;
        link.tell("go").await?;
        Ok(Self(link))
    }

    /// Some seconds of commands, none of which stalls. One attempt: whether the goal of 10 ms is met is said aloud and
    /// not judged: it holds it on most runs, and not on each (ADR 5).
    async fn prompt(&self, rig: &mut Rig) -> Result<()> {
        drop(rig.main.sink(Sink::take_probes));
        let quiet = Quiet::start(rig.daemon.process.pid())?;
        let hops = Hops::start(Duration::from_millis(10))?;
        rig.keepalives(5).await?;
        let foreign = quiet.foreign()?;
        let (times, hops) = (rig.main.sink(Sink::take_probes), hops.end());
        let show = |t: &[u64]| {
            let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|q| quantile(t, q));
            format!("p50 {p50:.3?}, p99 {p99:.3?}, longest {longest:.3?}")
        };
        println!("  {} commands from line to wire: {}", times.len(), show(&times));
        println!("  beside it, three threads that only pass a stamp on: {}", show(&hops));
        ensure!(times.len() >= 300, "only {} commands in 5 s", times.len());
        let p99 = quantile(&times, 0.99);
        if p99 >= PROMPT {
            println!("  GOAL MISSED: p99 {p99:.3?}, not {PROMPT:?}; others used {:.0} %", foreign * 100.0);
        }
        // A stall shows on any machine: the yardstick is what three idle threads need for the same way.
        let limit = STALL.max(quantile(&hops, 0.99) * 4);
        ensure!(p99 < limit, "the p99 from line to wire is {p99:?}, over {limit:?}");
        Ok(())
    }

    /// Every command has arrived.
    async fn end(mut self, rig: &mut Rig) -> Result<()> {
        self.0.tell("stop").await?;
        let sent = self.0.numbers("sent", within(STEP)).await?[0];
        rig.main.until("all probes", within(STEP), |p| u64::from(p.probes) == sent).await?;
        rig.kept.push(self.0);
        Ok(())
    }
}

fn flood(toml: Toml, control: &Control) -> Toml {
    toml.helper(control, "flood", "announce", &["--count", &MILLION.to_string()])
}

fn probe(toml: Toml, control: &Control) -> Toml {
    toml.helper(control, "probe", "probe", &[])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_commands_of_a_helper_that_never_reads() -> Result<()> {
    let _alone = ALONE.lock().await;
    println!("a million commands of a helper that never reads:");
    let mut rig = Rig::start(MILLION, |s| s, flood).await?;
    let flood = Flood::start(&mut rig).await?;
    rig.watch();
    rig.keepalives(6).await?;
    flood.end(&mut rig).await?;
    rig.undisturbed()?;
    rig.memory(500)?;
    rig.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_while_another_helper_commands_each_10_ms() -> Result<()> {
    let _alone = ALONE.lock().await;
    println!("the same while another helper commands each 10 ms:");
    let mut rig = Rig::start(MILLION, |s| s, |t, c| probe(flood(t, c), c)).await?;
    let flood = Flood::start(&mut rig).await?;
    rig.watch();
    let probe = Probe::start(&mut rig).await?;
    probe.prompt(&mut rig).await?;
    probe.end(&mut rig).await?;
    flood.end(&mut rig).await?;
    rig.undisturbed()?;
    rig.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_while_a_peer_pours_in_a_full_table() -> Result<()> {
    let _alone = ALONE.lock().await;
    println!("the same while a peer pours in a full table:");
    let mut source = Peer::listen(&spec(4, 0, false))?;
    let neighbor = Neighbor::new(&source).family("ipv4 unicast").heard_by("count").with("adj-rib-in = false");
    let mut rig = Rig::start(
        MILLION,
        |s| s,
        |t, c| {
            let count = MILLION.to_string();
            let toml = probe(flood(t, c), c).helper(c, "count", "count", &["--count", &count]);
            toml.neighbor(neighbor)
        },
    )
    .await?;
    let mut count = rig.helper("count").await?;
    source.until("the session", within(STEP), |p| p.up).await?;
    let messages = table::updates(MILLION, PEER_AS, 0);
    let flood = Flood::start(&mut rig).await?;
    rig.watch();
    // Over and over, as one table takes less time than a KEEPALIVE.
    let pour = source.pour(messages, u32::MAX);
    let probe = Probe::start(&mut rig).await?;
    count.numbers("reached", within(STEP)).await.with_context(|| rig.daemon.process.log.text())?;
    probe.prompt(&mut rig).await?;
    probe.end(&mut rig).await?;
    pour.finish();
    let (start, end) = pour.end(within(STEP)).await?;
    println!("  the peer poured for {:.3?}", Duration::from_nanos(end - start));
    flood.end(&mut rig).await?;
    rig.undisturbed()?;
    ensure!(source.progress().sessions == 1 && source.progress().up, "the pouring session was lost");
    rig.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_while_another_peer_stops_reading() -> Result<()> {
    let _alone = ALONE.lock().await;
    println!("the same while another peer stops reading:");
    let mut small = spec(4, MILLION, false);
    small.receive_buffer = Some(1 << 20);
    let mut stuck = Peer::listen(&small)?;
    stuck.stop_reading();
    let neighbor = Neighbor::new(&stuck).with("send-hold-time = 3");
    let mut rig = Rig::start(
        MILLION,
        |s| s,
        |t, c| {
            let toml = probe(flood(t, c), c).helper(c, "relay", "relay", &[]);
            toml.neighbor(neighbor.with("[[neighbor.api]]\nprocesses = [\"relay\"]\nneighbor-changes = true"))
        },
    )
    .await?;
    let mut relay = rig.helper("relay").await?;
    stuck.until("the session", within(STEP), |p| p.up).await?;
    let flood = Flood::start(&mut rig).await?;
    rig.watch();
    let probe = Probe::start(&mut rig).await?;
    let down = loop {
        let line = relay.line(within(STEP)).await.with_context(|| rig.daemon.process.log.text())?;
        if line.contains("\"state\": \"down\"") {
            break line;
        }
    };
    println!("  the daemon says of it: {}", down.split("\"reason\": ").nth(1).unwrap_or_default());
    ensure!(
        down.contains("\"peer\": \"127.0.0.4\"") && down.contains("(8,"),
        "not the send hold timer: {down}"
    );
    probe.prompt(&mut rig).await?;
    probe.end(&mut rig).await?;
    flood.end(&mut rig).await?;
    rig.undisturbed()?;
    rig.memory(700)?;
    // When it reads again it gets a new session and everything there is.
    stuck.resume_reading();
    let back = stuck.until("everything", within(STEP), |p| p.sessions > 1 && p.held == MILLION);
    back.await.with_context(|| rig.daemon.process.log.text())?;
    rig.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn helpers_that_misbehave_disturb_nobody() -> Result<()> {
    let _alone = ALONE.lock().await;
    println!("helpers that misbehave disturb nobody:");
    let mut rig = Rig::start(
        100_000,
        |s| s,
        |t, c| {
            let toml = ["stop", "exit", "garbage", "binary", "endless", "silent"]
                .into_iter()
                .fold(t, |t, how| t.misbehave(how, how));
            probe(toml, c).helper(c, "good", "announce", &["--count", "100000", "--answers"])
        },
    )
    .await?;
    rig.watch();
    let probe = Probe::start(&mut rig).await?;
    let mut good = rig.helper("good").await?;
    good.tell("announce 0").await?;
    let answered = {
        good.numbers("wrote", within(STEP)).await?;
        good.numbers("answered", within(STEP)).await?
    };
    ensure!(answered[..2] == [100_000, 0], "answers: {answered:?}");
    rig.main.until("all routes", within(STEP), |p| p.held == 100_000).await?;
    probe.prompt(&mut rig).await?;
    probe.end(&mut rig).await?;
    rig.undisturbed()?;
    rig.memory(150)?;
    rig.stop().await
}

/// Ignores every signal that can be ignored, and so does its child, in another group and with the pipes open.
const IMMORTAL: &str = "#!/bin/sh
trap '' TERM INT HUP PIPE
sleep 1000 &
echo 'announce route 198.18.0.1/32 next-hop 10.99.0.1 med 1'
while :; do sleep 1000; done
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_takes_two_seconds_at_most() -> Result<()> {
    let _alone = ALONE.lock().await;
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        println!("a stop by {signal}, in spite of everybody:");
        let mut small = spec(4, MILLION, false);
        small.receive_buffer = Some(1 << 20);
        let stuck = Peer::listen(&small)?;
        stuck.stop_reading();
        let mut rig = Rig::start(
            MILLION,
            |s| s.helper("immortal.sh", IMMORTAL),
            |t, c| {
                flood(t, c)
                    .run("immortal", &["./immortal.sh"])
                    .misbehave("silent", "silent")
                    .misbehave("stopped", "stop")
                    .misbehave("garbage", "garbage")
                    .neighbor(Neighbor::new(&stuck))
            },
        )
        .await?;
        rig.main.until("the immortal helper", within(STEP), |p| p.probes > 0).await?;
        let _flood = Flood::start(&mut rig).await?;
        let start = clock::now();
        rig.daemon.process.signal(signal)?;
        let limit = Duration::from_secs(2);
        let status = rig.daemon.process.wait(within(2)).await;
        let status = status.with_context(|| rig.daemon.process.log.text())?;
        println!("  {status} after {:.3?}", Duration::from_nanos(clock::now() - start));
        let left = rig.daemon.process.leftovers();
        ensure!(status.success(), "{status}\n{}", rig.daemon.process.log.text());
        ensure!(left.is_empty(), "left running after {limit:?}: {left:?}");
        for peer in [&mut rig.main, &mut rig.quiet] {
            let p = peer.until("the end of the session", within(STEP), |p| !p.up).await?;
            ensure!(p.notification == Some((6, 2)), "instead of a Cease (6,2): {p:?}");
        }
    }
    Ok(())
}
