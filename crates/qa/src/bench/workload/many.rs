//! W8: many sessions that come up at once, then routes for one of them.

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
    process::Usage,
};
use anyhow::{Context, Result, ensure};
use std::{path::Path, time::Duration};

/// `n` sessions, and `count` routes to the last of them; the time is until all are established.
pub async fn many(bench: &Path, n: u16, count: u32) -> Result<Figures> {
    let mut control = Control::new()?;
    let mut peers = peers(n, count)?;
    let chosen = peers.last().context("at least one")?.address().ip();
    let number = count.to_string();
    let selector = format!("neighbor {chosen} ");
    let args = ["--count", &number, "--answers", "--selector", &selector];
    let plan = Plan {
        peers: peers.iter().map(Peer::address).collect(),
        helpers: vec![("announce".into(), helper(bench, &control, "announce", &args))],
        ..Plan::default()
    };
    let running = Contender::Ours.start(&plan)?;
    let begun = clock::now();
    for peer in &mut peers {
        peer.until("the session", within(SESSION), |p| p.ends_of_rib > 0)
            .await
            .with_context(|| said(&running))?;
    }
    let up = clock::now();
    let mut link = control.helper("announce", within(STEP)).await?;
    link.tell("announce 0").await?;
    let last = peers.last_mut().context("at least one")?;
    last.until("its routes", within(STEP), |p| p.held == count).await.with_context(|| said(&running))?;
    last.sink(|s| s.check())?;
    let others = peers.iter().rev().skip(1).map(|p| p.progress().announced).sum::<u64>();
    ensure!(others == 0, "{others} routes have come to peers that they are not for");
    let nothing = Usage { rss: 0, peak_rss: 0, context_switches: 0, cpu: Duration::ZERO };
    let figures = figures(seconds(begun, up), &nothing, &running.usage()?, u64::from(n));
    running.end().await;
    Ok(figures)
}
