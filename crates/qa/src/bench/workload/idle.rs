//! W5: established sessions with nothing to say.

use super::{SESSION, figures, peers, said};
use crate::{
    bench::{
        contender::{Contender, Plan},
        peer::Peer,
        work::Figures,
    },
    expect::within,
};
use anyhow::{Context, Result};
use std::time::Duration;

/// `n` sessions for `seconds`; the messages are context switches.
pub async fn idle(daemon: Contender, n: u16, seconds: u64) -> Result<Figures> {
    let mut peers = peers(n, 0)?;
    let plan = Plan { peers: peers.iter().map(Peer::address).collect(), ..Plan::default() };
    let running = daemon.start(&plan)?;
    for peer in &mut peers {
        peer.until("the session", within(SESSION), |p| p.up).await.with_context(|| said(&running))?;
    }
    // What the start has left to do is no idleness.
    let mut ticks = tokio::time::interval(Duration::from_secs(2));
    ticks.tick().await;
    ticks.tick().await;
    let before = running.usage()?;
    let mut ticks = tokio::time::interval(Duration::from_secs(seconds));
    ticks.tick().await;
    ticks.tick().await;
    let after = running.usage()?;
    let switches = after.context_switches.saturating_sub(before.context_switches);
    #[expect(clippy::cast_precision_loss, reason = "seconds of a benchmark")]
    let figures = figures(seconds as f64, &before, &after, switches);
    running.end().await;
    Ok(figures)
}
