//! W2: prefixes of one peer to a helper as JSON; of daemons without helpers, into their tables only.

use super::{SESSION, STEP, figures, helper, said, seconds};
use crate::{
    bench::{
        clock,
        contender::{Contender, Plan, Running},
        control::Control,
        peer::Peer,
        table,
        toml::PEER_AS,
        work::{Figures, spec},
    },
    expect::within,
};
use anyhow::{Context, Result, bail};
use std::{path::Path, time::Duration};
use tokio::time::Instant;

/// What is sent, and how it is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// UPDATEs of 8 to 10 prefixes.
    Table,
    /// UPDATEs of one prefix.
    Single,
    /// The table, as packets and parsed in one event.
    Consolidated,
}

/// `count` prefixes.
pub async fn receive(bench: &Path, daemon: Contender, count: u32, form: Form) -> Result<Figures> {
    let mut control = Control::new()?;
    let mut peer = Peer::listen(&spec(2, 0, false))?;
    let mut plan = Plan { peers: vec![peer.address()], ..Plan::default() };
    plan.consolidate = form == Form::Consolidated;
    let talks = matches!(daemon, Contender::Ours | Contender::Exabgp);
    if talks {
        plan.helpers
            .push(("count".into(), helper(bench, &control, "count", &["--count", &count.to_string()])));
        plan.heard = Some((0, "count".into()));
    }
    let running = daemon.start(&plan)?;
    let said = || said(&running);
    let mut link =
        if talks { Some(control.helper("count", within(STEP)).await.with_context(said)?) } else { None };
    let messages = match form {
        Form::Single => table::single_updates(count, PEER_AS),
        _ => table::updates(count, PEER_AS, 0),
    };
    peer.until("the session", within(SESSION), |p| p.up).await.with_context(said)?;
    let before = running.usage()?;
    let pour = peer.pour(messages, 1);
    let reached = match &mut link {
        Some(link) => Some(link.numbers("reached", within(STEP)).await.with_context(said)?),
        None => None,
    };
    let (start, written) = pour.end(within(STEP)).await?;
    let (end, lines) = match reached {
        Some(reached) => (reached[0], reached[1]),
        None => (quiet(&running, written).await?, 0),
    };
    let figures = figures(seconds(start, end), &before, &running.usage()?, lines);
    running.end().await;
    Ok(figures)
}

/// When it had nothing more to do: it has used no CPU for 300 ms, which do not count. In steps of the clock's 10 ms.
async fn quiet(running: &Running, written: u64) -> Result<u64> {
    let deadline = Instant::now() + Duration::from_secs(STEP);
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    let (mut last, mut since) = (running.usage()?.cpu, written);
    loop {
        ticks.tick().await;
        let (cpu, now) = (running.usage()?.cpu, clock::now());
        if cpu > last + Duration::from_millis(10) {
            (last, since) = (cpu, now);
        } else if now.saturating_sub(since) > 300_000_000 {
            return Ok(since);
        }
        if Instant::now() > deadline {
            bail!("it never comes to rest");
        }
    }
}
