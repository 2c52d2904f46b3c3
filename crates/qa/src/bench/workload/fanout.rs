//! W3: the same routes to many peers.

use super::{SESSION, STEP, figures, helper, peers, said, seconds};
use crate::{
    bench::{
        clock,
        contender::{Contender, Plan},
        control::Control,
        peer::Peer,
        work::Figures,
    },
    expect::within,
};
use anyhow::{Context, Result};
use std::path::Path;

/// `count` routes to each of `n` peers; until the last one has all.
pub async fn fanout(bench: &Path, daemon: Contender, n: u16, count: u32) -> Result<Figures> {
    let mut control = Control::new()?;
    let mut peers = peers(n, count)?;
    let mut plan = Plan { peers: peers.iter().map(Peer::address).collect(), ..Plan::default() };
    let helped = daemon != Contender::Bird;
    if helped {
        let number = count.to_string();
        let args = ["--count", &number, "--answers"];
        plan.helpers.push(("announce".into(), helper(bench, &control, "announce", &args)));
    }
    let running = daemon.start(&plan)?;
    let said = || said(&running);
    for peer in &mut peers {
        peer.until("the session", within(SESSION), |p| p.ends_of_rib > 0).await.with_context(said)?;
    }
    let before = running.usage()?;
    let mut start = clock::now();
    let mut link = None;
    if helped {
        let mut announce = control.helper("announce", within(STEP)).await.with_context(said)?;
        announce.tell("announce 0").await?;
        start = announce.numbers("wrote", within(STEP)).await?[0];
        link = Some(announce);
    } else {
        running.bird_routes(count)?;
        start = start.max(clock::now());
        running.bird_configure().await?;
    }
    let (mut end, mut messages) = (0, 0);
    for peer in &mut peers {
        let done = peer.until("all routes", within(STEP), |p| p.held == count).await.with_context(said)?;
        peer.sink(|s| s.check())?;
        end = end.max(done.complete_at.context("it was there")?);
        messages += done.updates;
    }
    drop(link);
    let figures = figures(seconds(start, end), &before, &running.usage()?, messages);
    running.end().await;
    Ok(figures)
}
