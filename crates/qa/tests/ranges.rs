//! Peers that come from a range, and a daemon without anybody.

use anyhow::{Result, ensure};
use qa::{
    daemon::{Daemon, Setup},
    expect::within,
    open::OpenSpec,
    speaker::{Listener, Session, connect},
};
use std::{net::Ipv4Addr, time::Duration};
use tempfile::TempDir;

/// Seconds for anything that is to happen.
const PATIENCE: u64 = 60;

/// A port that nobody has at the moment.
fn port() -> Result<u16> {
    Ok(Listener::bind(Ipv4Addr::LOCALHOST.into())?.address()?.port())
}

/// Starts it, and waits until it listens and takes signals.
async fn start(setup: Setup) -> Result<(Daemon, TempDir)> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("exabgp.sock").display().to_string();
    let daemon = setup.env("exabgp_api_cli", "true").env("exabgp_api_socketname", &socket).start()?;
    daemon.process.log.line("the command line's socket is", within(PATIENCE)).await?;
    Ok((daemon, folder))
}

#[tokio::test]
async fn a_range_takes_as_many_as_it_may() -> Result<()> {
    let port = port()?;
    let config = "[[neighbor]]\npeer-address = '127.0.9.0/24'\nlocal-address = '127.0.0.1'\nlocal-as = 65000\n\
                  peer-as = 65001\nrouter-id = '127.0.0.1'\npassive = true\nrange-limit = 2\n";
    let setup =
        Setup::new(config).env("exabgp_tcp_bind", "127.0.0.1").env("exabgp_tcp_port", &port.to_string());
    let (daemon, _folder) = start(setup).await?;
    let to = (Ipv4Addr::LOCALHOST, port).into();
    let peer = |n: u8| Ipv4Addr::new(127, 0, 9, n);
    let mut sessions = Vec::new();
    for n in 1..=2 {
        let stream = connect(peer(n).into(), to, within(PATIENCE)).await?;
        let open = OpenSpec::new(65001, peer(n));
        sessions.push(Session::establish(stream, &open, within(PATIENCE)).await?);
    }
    let stream = connect(peer(3).into(), to, within(PATIENCE)).await?;
    let refused = Session::establish(stream, &OpenSpec::new(65001, peer(3)), within(PATIENCE)).await;
    ensure!(refused.is_err(), "there were two already");
    daemon.process.log.line("as many peers as it may have", within(PATIENCE)).await?;
    daemon.stop(Duration::from_secs(10)).await
}

#[tokio::test]
async fn a_daemon_without_neighbors_and_processes_runs() -> Result<()> {
    let setup = Setup::new("").env("exabgp_tcp_bind", "").env("exabgp_tcp_attempts", "1");
    let (daemon, _folder) = start(setup).await?;
    daemon.process.signal(nix::sys::signal::Signal::SIGUSR1)?;
    daemon.process.log.line("loaded new configuration successfully", within(PATIENCE)).await?;
    daemon.stop(Duration::from_secs(10)).await
}
