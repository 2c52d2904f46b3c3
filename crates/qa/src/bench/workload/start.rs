//! W6: from the start of the program to the last route of its configuration.

use super::{STEP, figures, said, seconds};
use crate::{
    bench::{
        clock,
        contender::{Contender, Plan},
        peer::Peer,
        work::{Figures, spec},
    },
    expect::within,
    process::Usage,
};
use anyhow::{Context, Result};
use std::time::Duration;

/// `count` static routes, in ExaBGP's language or each daemon's own.
pub async fn start(daemon: Contender, count: u32, conf: bool) -> Result<Figures> {
    let mut peer = Peer::listen(&spec(2, count, false))?;
    let plan = Plan { peers: vec![peer.address()], routes: count, conf, ..Plan::default() };
    let (running, begun) = {
        let running = daemon.start(&plan)?;
        (running, clock::now())
    };
    let done = peer.until("all routes", within(STEP), |p| p.held == count).await;
    let done = done.with_context(|| said(&running))?;
    peer.sink(|s| s.check())?;
    let nothing = Usage { rss: 0, peak_rss: 0, context_switches: 0, cpu: Duration::ZERO };
    let end = done.complete_at.context("it was there")?;
    let usage = running.usage()?;
    let figures = figures(seconds(begun, end), &nothing, &usage, done.updates);
    let figures = Figures { end_rss: Some(usage.rss), ..figures };
    running.end().await;
    Ok(figures)
}
