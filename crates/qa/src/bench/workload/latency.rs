//! W4: how long one announce each 10 ms is under way, idle, and while another peer sends full tables without pause or
//! another helper announces without pause. For daemons without helpers a third peer's announcement stands for the helper's.

use super::{SESSION, STEP, figures, helper, said};
use crate::{
    bench::{
        clock,
        contender::{Contender, Plan},
        control::Control,
        peer::{Peer, Spec},
        run::quantile,
        sink::{PROBES, Sink},
        table,
        toml::PEER_AS,
        work::{Figures, spec},
    },
    expect::within,
    frame::{Message, UPDATE},
};
use anyhow::{Context, Result};
use std::{path::Path, time::Duration};

/// What goes on beside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    /// Nothing.
    Idle,
    /// Another peer sends tables.
    Tables,
    /// Another helper floods.
    Flood,
}

const EACH: Duration = Duration::from_millis(10);
/// Routes of a table and of a flood's round.
const COUNT: u32 = 1_000_000;

/// `n` announcements.
pub async fn latency(bench: &Path, daemon: Contender, load: Load, n: u32) -> Result<Figures> {
    let mut control = Control::new()?;
    let count = if load == Load::Idle { 0 } else { COUNT };
    let mut main = Peer::listen(&Spec { urgent: true, ..spec(2, count, false) })?;
    let (mut source, mut third) = (Peer::listen(&spec(3, 0, false))?, Peer::listen(&spec(4, 0, false))?);
    let mut plan = Plan { peers: vec![main.address()], ..Plan::default() };
    let talks = matches!(daemon, Contender::Ours | Contender::Exabgp);
    if load == Load::Tables {
        plan.peers.push(source.address());
    }
    if talks {
        plan.helpers.push(("probe".into(), helper(bench, &control, "probe", &[])));
        let number = count.to_string();
        match load {
            Load::Idle => {}
            Load::Flood => {
                plan.helpers
                    .push(("announce".into(), helper(bench, &control, "announce", &["--count", &number])));
            }
            Load::Tables => {
                plan.helpers.push(("count".into(), helper(bench, &control, "count", &["--count", &number])));
                plan.heard = Some((1, "count".into()));
            }
        }
    } else {
        plan.peers.push(third.address());
    }
    let running = daemon.start(&plan)?;
    let said = || said(&running);
    main.until("the session", within(SESSION), |p| p.ends_of_rib > 0).await.with_context(said)?;
    let before = running.usage()?;
    let mut links = Vec::new();
    let mut pour = None;
    match load {
        Load::Idle => {}
        Load::Flood => {
            let mut flood = control.helper("announce", within(STEP)).await.with_context(said)?;
            flood.tell("flood").await?;
            main.until("the flood", within(STEP), |p| p.round > 0).await.with_context(said)?;
            links.push(flood);
        }
        Load::Tables => {
            source.until("the source", within(STEP), |p| p.up).await.with_context(said)?;
            pour = Some(source.pour(table::updates(count, PEER_AS, 0), u32::MAX));
        }
    }
    if talks {
        let mut probe = control.helper("probe", within(STEP)).await.with_context(said)?;
        probe.tell("go").await?;
        links.push(probe);
        let mut ticks = tokio::time::interval(EACH * n);
        ticks.tick().await;
        drop(main.sink(Sink::take_probes));
        ticks.tick().await;
    } else {
        third.until("the third session", within(STEP), |p| p.up).await.with_context(said)?;
        let mut ticks = tokio::time::interval(EACH);
        for i in 0..n {
            ticks.tick().await;
            third.pour(probe(i), 1).end(within(STEP)).await?;
        }
    }
    let times = main.sink(Sink::take_probes);
    anyhow::ensure!(
        times.len() * 10 >= n as usize * 8,
        "only {} of {n} announcements have arrived",
        times.len()
    );
    let mut figures =
        figures(quantile(&times, 0.5).as_secs_f64(), &before, &running.usage()?, times.len() as u64);
    figures.latency = Some([0.5, 0.99, 1.0].map(|q| quantile(&times, q).as_secs_f64() * 1e3));
    drop((links, pour));
    running.end().await;
    Ok(figures)
}

/// An UPDATE with a host route and the time.
fn probe(i: u32) -> Vec<u8> {
    let set =
        table::Set { as_path: vec![PEER_AS], communities: Vec::new(), med: Some(clock::stamp(clock::now())) };
    let attributes = table::attributes(&set);
    let length = u16::try_from(attributes.len()).unwrap_or_default();
    let mut body = [&[0, 0][..], &length.to_be_bytes(), &attributes].concat();
    body.push(32);
    body.extend_from_slice(&(PROBES | i & 0x1_ffff).to_be_bytes());
    Message::new(UPDATE, &body).bytes().to_vec()
}
