//! A daemon with a hundred sessions that have nothing to say wakes up for its timers and for what it receives, and for nothing
//! else: its context switches are in proportion to the BGP messages.

use anyhow::{Context, Result, ensure};
use qa::{
    bench::{
        peer::{Peer, Spec},
        toml::{Neighbor, Toml},
        work::spec,
    },
    daemon::Setup,
    expect::within,
};
use std::{net::Ipv4Addr, path::Path, time::Duration};

const PEERS: u8 = 100;
/// KEEPALIVEs are sent each 3 s.
const HOLD: u16 = 9;
/// KEEPALIVEs that a peer hears meanwhile: somewhat less than 20 s.
const HEARD: u64 = 7;
/// Context switches for a message, at most.
const SWITCHES: u64 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_idle_sessions_cost_their_timers() -> Result<()> {
    let mut peers = (1..=PEERS)
        .map(|n| Peer::listen(&Spec { ip: Ipv4Addr::new(127, 0, 1, n).into(), ..spec(n, 0, false) }))
        .collect::<Result<Vec<_>>>()?;
    let toml = Toml::new(Path::new(env!("CARGO_BIN_EXE_bench")));
    let toml = peers.iter().fold(toml, |t, p| t.neighbor(Neighbor::new(p).hold(HOLD)));
    let daemon = Setup::new(toml.text()?).start()?;
    for peer in &mut peers {
        // Once a KEEPALIVE has come in Established, nothing of the start is left to do.
        let up = peer.until("the session", within(60), |p| p.up && p.keepalives > 0).await;
        up.with_context(|| daemon.process.log.text())?;
    }
    let messages =
        |peers: &[Peer]| -> u64 { peers.iter().map(|p| p.progress().keepalives + p.keepalives_sent()).sum() };
    let (before, usage) = (messages(&peers), daemon.usage()?);
    let heard = peers[0].progress().keepalives + HEARD;
    peers[0].until("KEEPALIVEs", within(120), |p| p.keepalives >= heard || !p.up).await?;
    let (after, later) = (messages(&peers), daemon.usage()?);
    let (exchanged, switches) = (after - before, later.context_switches - usage.context_switches);
    println!(
        "{PEERS} sessions, {exchanged} messages, {switches} context switches, CPU {:?}, memory {:.1} MB",
        later.cpu.saturating_sub(usage.cpu),
        f64::from(u32::try_from(later.rss / 1000)?) / 1000.0,
    );
    ensure!(peers.iter().all(|p| p.progress().up && p.progress().sessions == 1), "sessions were lost");
    ensure!(exchanged >= u64::from(PEERS) * (HEARD - 1), "too few messages to judge by");
    ensure!(
        switches <= SWITCHES * exchanged,
        "{switches} context switches for {exchanged} messages: something wakes up without a cause"
    );
    daemon.stop(Duration::from_secs(5)).await
}
