//! The workloads, each a run of its own with a daemon of its own.

use super::{
    control::Control,
    peer::{Peer, Spec},
    table,
    toml::{LOCAL_AS, Neighbor, PEER_AS, Toml},
};
use crate::{
    daemon::{Daemon, Setup},
    expect::within,
    open::OpenSpec,
};
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
    time::Duration,
};

/// Seconds that one step of a run may take.
const STEP: u64 = 120;

/// What one run gave.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figures {
    /// Seconds from the first octet written to the last route arrived.
    pub wall: f64,
    /// CPU seconds of the daemon in that time, at a resolution of 10 ms.
    pub cpu: f64,
    /// Largest resident memory of the daemon in octets.
    pub peak_rss: u64,
    /// Resident memory when the sessions were up and no route was there yet.
    pub idle_rss: u64,
    /// UPDATE messages on the wire, or JSON lines.
    pub messages: u64,
}

/// An exact peer at 127.0.0.`n` that expects `count` routes.
pub fn spec(n: u8, count: u32, keep: bool) -> Spec {
    let ip = Ipv4Addr::new(127, 0, 0, n);
    Spec {
        ip: IpAddr::from(ip),
        open: OpenSpec::new(PEER_AS, ip),
        count,
        keep,
        receive_buffer: None,
        urgent: false,
    }
}

/// Starts a daemon; what it logs is kept short.
pub fn start(toml: &Toml) -> Result<Daemon> {
    Setup::new(toml.text()?).start()
}

/// W1 and W7: `count` routes from a helper to one peer. With `answers` the helper reads its standard input, without it never.
/// With `each` it writes line by line.
pub async fn inject(bench: &Path, count: u32, answers: bool, each: bool) -> Result<Figures> {
    let mut control = Control::new()?;
    let mut peer = Peer::listen(&spec(2, count, true))?;
    let number = count.to_string();
    let mut args = vec!["--count", &number];
    if answers {
        args.push("--answers");
    }
    if each {
        args.push("--each");
    }
    let toml = Toml::new(bench).helper(&control, "announce", "announce", &args);
    let daemon = start(&toml.neighbor(Neighbor::new(&peer)))?;
    let said = || daemon.process.log.text();
    let mut helper = control.helper("announce", within(STEP)).await.with_context(said)?;
    // The initial table is empty, so this End-of-RIB is the end of the start.
    peer.until("the session", within(STEP), |p| p.ends_of_rib > 0).await.with_context(said)?;
    let before = daemon.usage()?;
    helper.tell("announce 0").await?;
    let progress =
        peer.until("all routes", within(STEP), |p| p.complete_at.is_some()).await.with_context(said)?;
    let after = daemon.usage()?;
    let times = helper.numbers("wrote", within(STEP)).await?;
    if answers {
        let answered = helper.numbers("answered", within(STEP)).await?;
        ensure!(answered[..2] == [u64::from(count), 0], "answers: {answered:?}");
    }
    peer.sink(|s| s.verify(LOCAL_AS, 0))?;
    let end = progress.complete_at.context("it was there")?;
    let figures = Figures {
        wall: seconds(times[0], end),
        cpu: after.cpu.saturating_sub(before.cpu).as_secs_f64(),
        peak_rss: daemon.usage()?.peak_rss,
        idle_rss: before.rss,
        messages: progress.updates,
    };
    daemon.stop(Duration::from_secs(10)).await?;
    Ok(figures)
}

/// W2: `count` prefixes from one peer to a helper as JSON.
pub async fn receive(bench: &Path, count: u32) -> Result<Figures> {
    let mut control = Control::new()?;
    let mut peer = Peer::listen(&spec(2, 0, false))?;
    let toml = Toml::new(bench).helper(&control, "count", "count", &["--count", &count.to_string()]);
    let neighbor = Neighbor::new(&peer).heard_by("count").with("adj-rib-in = false");
    let daemon = start(&toml.neighbor(neighbor))?;
    let said = || daemon.process.log.text();
    let mut helper = control.helper("count", within(STEP)).await.with_context(said)?;
    let updates = table::updates(count, PEER_AS, 0);
    peer.until("the session", within(STEP), |p| p.ends_of_rib > 0).await.with_context(said)?;
    let before = daemon.usage()?;
    let pour = peer.pour(updates, 1);
    let reached = helper.numbers("reached", within(STEP)).await.with_context(said)?;
    let after = daemon.usage()?;
    let (first, _) = pour.end(within(STEP)).await?;
    let figures = Figures {
        wall: seconds(first, reached[0]),
        cpu: after.cpu.saturating_sub(before.cpu).as_secs_f64(),
        peak_rss: daemon.usage()?.peak_rss,
        idle_rss: before.rss,
        messages: reached[1],
    };
    daemon.stop(Duration::from_secs(10)).await?;
    Ok(figures)
}

fn seconds(from: u64, to: u64) -> f64 {
    Duration::from_nanos(to.saturating_sub(from)).as_secs_f64()
}
