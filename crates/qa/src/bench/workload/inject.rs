//! W1 and W7: routes from a helper, or what stands for one, to one established peer.

use super::{SESSION, STEP, figures, helper, said, seconds};
use crate::{
    bench::{
        clock,
        contender::{Contender, Plan},
        control::Control,
        peer::Peer,
        shape::Shape,
        toml::LOCAL_AS,
        work::{Figures, spec},
    },
    expect::within,
};
use anyhow::{Context, Result, ensure};
use clap::ValueEnum as _;
use std::path::Path;

/// How the routes are said.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// The form of the table.
    pub shape: Shape,
    /// The helper reads its answers.
    pub answers: bool,
    /// One write a line.
    pub each: bool,
    /// Then all are withdrawn, which is what is timed.
    pub withdraw: bool,
}

impl Way {
    /// The table, answers read.
    pub const PLAIN: Self = Self { shape: Shape::Table, answers: true, each: false, withdraw: false };
}

/// `count` routes.
pub async fn inject(bench: &Path, daemon: Contender, count: u32, way: Way) -> Result<Figures> {
    let mut control = Control::new()?;
    // Attributes are compared where the table is the generated one as it is.
    let exact = daemon == Contender::Ours && way.shape == Shape::Table;
    let mut peer = Peer::listen(&spec(2, count, exact))?;
    let mut plan = Plan { peers: vec![peer.address()], ipv6: way.shape == Shape::Ipv6, ..Plan::default() };
    if daemon == Contender::Bird {
        return bird(peer, plan, count).await;
    }
    let (number, shape) = (count.to_string(), way.shape.to_possible_value().context("a shape has a name")?);
    let mut args = vec!["--count", &number, "--shape", shape.get_name()];
    args.extend(way.answers.then_some("--answers"));
    args.extend(way.each.then_some("--each"));
    plan.helpers.push(("announce".into(), helper(bench, &control, "announce", &args)));
    let running = daemon.start(&plan)?;
    let said = || said(&running);
    let mut link = control.helper("announce", within(STEP)).await.with_context(said)?;
    // The initial table is empty, so this End-of-RIB is the end of the start.
    peer.until("the session", within(SESSION), |p| p.ends_of_rib > 0).await.with_context(said)?;
    let mut before = running.usage()?;
    link.tell("announce 0").await?;
    let done = peer.until("all routes", within(STEP), |p| p.held == count).await.with_context(said)?;
    let mut end = done.complete_at.context("it was there")?;
    let mut start = link.numbers("wrote", within(STEP)).await?[0];
    if way.answers {
        let lines = link.numbers("answered", within(STEP)).await?;
        ensure!(lines[1] == 0, "{} errors", lines[1]);
    }
    if way.shape == Shape::Flapping {
        // Complete for good only when nothing more comes.
        peer.sink(|s| s.check())?;
    }
    if way.withdraw {
        before = running.usage()?;
        link.tell("withdraw 0").await?;
        let empty =
            peer.until("the end of all routes", within(STEP), |p| p.held == 0).await.with_context(said)?;
        end = empty.empty_at.context("it was empty")?;
        start = link.numbers("wrote", within(STEP)).await?[0];
    } else if exact {
        peer.sink(|s| s.verify(LOCAL_AS, 0))?;
    } else {
        peer.sink(|s| s.check())?;
    }
    let after = running.usage()?;
    let figures = figures(seconds(start, end), &before, &after, peer.progress().updates);
    running.end().await;
    Ok(figures)
}

/// BIRD reads a file of static routes.
async fn bird(mut peer: Peer, plan: Plan, count: u32) -> Result<Figures> {
    let running = Contender::Bird.start(&plan)?;
    peer.until("the session", within(SESSION), |p| p.ends_of_rib > 0)
        .await
        .with_context(|| said(&running))?;
    running.bird_routes(count)?;
    let (before, start) = (running.usage()?, clock::now());
    running.bird_configure().await?;
    let done = peer.until("all routes", within(STEP), |p| p.held == count).await?;
    peer.sink(|s| s.check())?;
    let end = done.complete_at.context("it was there")?;
    let figures = figures(seconds(start, end), &before, &running.usage()?, done.updates);
    running.end().await;
    Ok(figures)
}
