//! The rows of the benchmark: the workloads W1 to W8, and rows against tuning for one of them.

use super::{
    contender::Contender::{self, Bird, Exabgp, Frr, Gobgp, Openbgpd, Ours},
    floor::Floor,
    shape::Shape,
    work::Figures,
    workload::{Form, Load, Way, fanout, idle, inject, latency, many, receive, start},
};
use anyhow::Result;
use std::path::Path;

/// What a row measures.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// W1, W7.
    Inject(Way),
    /// W2.
    Receive(Form),
    /// W3, with so many peers.
    Fanout(u16),
    /// W4.
    Latency(Load),
    /// W5, with so many sessions.
    Idle(u16),
    /// W6.
    Start {
        /// In ExaBGP's language, else in the daemon's own.
        conf: bool,
    },
    /// W8, with so many sessions.
    Many(u16),
    /// The least.
    Floor(Floor),
}

/// A row to be measured.
#[derive(Clone, Debug)]
pub struct Item {
    /// `W1`.
    pub workload: &'static str,
    /// What exactly.
    pub what: &'static str,
    /// Who.
    pub daemon: Option<Contender>,
    /// Routes; for W4 announcements, for W5 seconds.
    pub count: u32,
    /// What.
    pub work: Work,
    /// Part of the short form.
    pub short: bool,
    /// Once is enough: it takes long.
    pub once: bool,
}

impl Item {
    /// One run.
    pub async fn run(&self, bench: &Path) -> Result<Figures> {
        let (daemon, n) = (self.daemon.unwrap_or(Ours), self.count);
        match self.work {
            Work::Inject(way) => inject(bench, daemon, n, way).await,
            Work::Receive(form) => receive(bench, daemon, n, form).await,
            Work::Fanout(peers) => fanout(bench, daemon, peers, n).await,
            Work::Latency(load) => latency(bench, daemon, load, n).await,
            Work::Idle(peers) => idle(daemon, peers, n.into()).await,
            Work::Start { conf } => start(daemon, n, conf).await,
            Work::Many(peers) => many(bench, peers, n).await,
            Work::Floor(floor) => tokio::task::block_in_place(|| floor.run(n)),
        }
    }
}

/// All rows.
pub fn items() -> Vec<Item> {
    let mut out = Vec::new();
    let mut add = |workload, what, daemon: Contender, count, work, short| {
        let once = daemon == Exabgp;
        out.push(Item { workload, what, daemon: Some(daemon), count, work, short, once });
    };
    let plain = Work::Inject(Way::PLAIN);
    for (what, n, short) in
        [("10k", 10_000, false), ("100k", 100_000, true), ("1M", 1_000_000, true), ("2M", 2_000_000, false)]
    {
        add("W1", what, Ours, n, plain, short);
    }
    add("W1", "1k", Ours, 1000, plain, true);
    add("W1", "1k", Exabgp, 1000, plain, true);
    add("W1", "10k", Exabgp, 10_000, plain, false);
    add("W1", "100k", Bird, 100_000, plain, true);
    add("W1", "1M", Bird, 1_000_000, plain, false);
    for (what, shape) in [
        ("1M, IPv6", Shape::Ipv6),
        ("1M, attributes ... nlri", Shape::Grouped),
        ("1M, sets never repeat", Shape::Unique),
        ("1M, one set", Shape::Same),
        ("1M, random order", Shape::Random),
        ("1M, each announced, withdrawn, announced", Shape::Flapping),
    ] {
        add("W1", what, Ours, 1_000_000, Work::Inject(Way { shape, ..Way::PLAIN }), false);
    }
    add("W1", "1M, one write a line", Ours, 1_000_000, Work::Inject(Way { each: true, ..Way::PLAIN }), false);
    add(
        "W1",
        "1M, all withdrawn",
        Ours,
        1_000_000,
        Work::Inject(Way { withdraw: true, ..Way::PLAIN }),
        false,
    );
    let table = Work::Receive(Form::Table);
    for (what, n, short) in
        [("10k", 10_000, true), ("100k", 100_000, true), ("1M", 1_000_000, true), ("2M", 2_000_000, false)]
    {
        add("W2", what, Ours, n, table, short);
    }
    add("W2", "10k", Exabgp, 10_000, table, true);
    add("W2", "100k", Exabgp, 100_000, table, false);
    add("W2", "1M", Bird, 1_000_000, table, true);
    for daemon in [Frr, Gobgp, Openbgpd] {
        add("W2", "100k", daemon, 100_000, table, true);
    }
    add("W2", "1M, UPDATEs of one prefix", Ours, 1_000_000, Work::Receive(Form::Single), false);
    add("W2", "1M, packets + consolidate", Ours, 1_000_000, Work::Receive(Form::Consolidated), false);
    for daemon in [Ours, Bird] {
        add("W3", "10k to 100 peers", daemon, 10_000, Work::Fanout(100), true);
    }
    add("W3", "1M to 100 peers", Ours, 1_000_000, Work::Fanout(100), false);
    for daemon in [Ours, Exabgp, Bird] {
        add("W4", "idle", daemon, 300, Work::Latency(Load::Idle), daemon != Exabgp);
        add("W4", "beside another peer's tables", daemon, 500, Work::Latency(Load::Tables), daemon != Exabgp);
    }
    add("W4", "beside another helper's flood", Ours, 500, Work::Latency(Load::Flood), true);
    for daemon in Contender::ALL {
        let short = matches!(daemon, Ours | Bird);
        add("W5", "100 sessions", daemon, if short { 5 } else { 30 }, Work::Idle(100), short);
    }
    add("W5", "1,000 sessions", Ours, 30, Work::Idle(1000), false);
    for (daemon, what, n, short) in [
        (Ours, "100k", 100_000, true),
        (Ours, "1M", 1_000_000, false),
        (Ours, "2k", 2000, true),
        (Exabgp, "2k", 2000, true),
        (Exabgp, "100k", 100_000, false),
        (Bird, "100k", 100_000, true),
    ] {
        add("W6", what, daemon, n, Work::Start { conf: false }, short);
    }
    for (what, n, short) in
        [("100k, ExaBGP's language", 100_000, true), ("1M, ExaBGP's language", 1_000_000, false)]
    {
        add("W6", what, Ours, n, Work::Start { conf: true }, short);
    }
    for (what, n, short) in [("100k", 100_000, true), ("1M", 1_000_000, false)] {
        add("W7", what, Ours, n, Work::Inject(Way { answers: false, ..Way::PLAIN }), short);
    }
    add("W8", "1,000 sessions come up", Ours, 1000, Work::Many(1000), false);
    add("W8", "100 sessions come up", Ours, 1000, Work::Many(100), true);
    for floor in Floor::ALL {
        let workload = "floor";
        let what = floor.name();
        out.push(Item {
            workload,
            what,
            daemon: None,
            count: 1_000_000,
            work: Work::Floor(floor),
            short: true,
            once: false,
        });
    }
    out
}
