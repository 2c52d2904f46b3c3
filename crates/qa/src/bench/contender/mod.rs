//! The daemons that are compared: each file writes one daemon's configuration and says how to start it.

mod bird;
mod exabgp;
mod frr;
mod gobgp;
mod openbgpd;
mod ours;

use super::toml::{LOCAL, LOCAL_AS, PEER_AS};
use crate::process::{Process, Usage};
use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio::process::Command;

/// A daemon.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contender {
    /// exabgp-rs
    Ours,
    /// ExaBGP 5.0.15, installed from PyPI into target/
    Exabgp,
    /// BIRD 2
    Bird,
    /// FRR's bgpd
    Frr,
    /// GoBGP
    Gobgp,
    /// OpenBGPD
    Openbgpd,
}

/// What a daemon is to do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Peers, which listen; each on an address of its own.
    pub peers: Vec<SocketAddr>,
    /// Helper processes: name and command line; for those that have helpers.
    pub helpers: Vec<(String, Vec<String>)>,
    /// The helper that hears the UPDATEs of the peer of this number.
    pub heard: Option<(usize, String)>,
    /// Packets and parsed form in one event.
    pub consolidate: bool,
    /// Routes of the generated table in the configuration.
    pub routes: u32,
    /// IPv6 unicast instead of IPv4.
    pub ipv6: bool,
    /// The configuration is in ExaBGP's language, where a daemon knows others.
    pub conf: bool,
}

/// A daemon at work.
#[derive(Debug)]
pub struct Running {
    /// The process; its `log` is what it printed.
    pub process: Process,
    /// Its configuration and sockets.
    pub folder: TempDir,
}

impl Contender {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Ours, Self::Exabgp, Self::Bird, Self::Frr, Self::Gobgp, Self::Openbgpd];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "exabgp-rs",
            Self::Exabgp => "exabgp 5.0.15",
            Self::Bird => "bird",
            Self::Frr => "frr",
            Self::Gobgp => "gobgp",
            Self::Openbgpd => "openbgpd",
        }
    }

    /// Whether it can be run here; says aloud why not.
    pub fn ready(self) -> bool {
        let programs: &[&str] = match self {
            Self::Ours => return true,
            Self::Exabgp => match exabgp::install() {
                Ok(_) => return true,
                Err(e) => {
                    eprintln!("SKIPPED: exabgp 5.0.15: {e:#}");
                    return false;
                }
            },
            Self::Bird => &[bird::BIRD, bird::BIRDC],
            Self::Frr => &[frr::BGPD],
            Self::Gobgp => &[gobgp::GOBGPD],
            Self::Openbgpd => &[openbgpd::BGPD],
        };
        crate::expect::installed(self.name(), programs)
    }

    /// Starts it.
    pub fn start(self, plan: &Plan) -> Result<Running> {
        let folder = tempfile::tempdir()?;
        let command = match self {
            Self::Ours => ours::command(plan, folder.path())?,
            Self::Exabgp => exabgp::command(plan, folder.path())?,
            Self::Bird => bird::command(plan, folder.path())?,
            Self::Frr => frr::command(plan, folder.path())?,
            Self::Gobgp => gobgp::command(plan, folder.path())?,
            Self::Openbgpd => openbgpd::command(plan, folder.path())?,
        };
        Ok(Running { process: Process::start(command)?, folder })
    }
}

impl Running {
    /// Memory and CPU of all its processes, helpers of the benchmark left out.
    pub fn usage(&self) -> Result<Usage> {
        let mut all = crate::process::usage(self.process.pid())?;
        for (pid, line) in self.process.descendants() {
            if line.contains("helper") && line.contains("--control") {
                continue;
            }
            let Ok(one) = crate::process::usage(pid) else { continue };
            all.rss += one.rss;
            all.peak_rss += one.peak_rss;
            all.cpu += one.cpu;
            all.context_switches += one.context_switches;
        }
        Ok(all)
    }

    /// Runs a tool in its folder to its end.
    async fn tool(&self, program: &str, args: &[&str]) -> Result<String> {
        let output =
            Command::new(program).args(args).current_dir(self.folder.path()).kill_on_drop(true).output();
        let output = tokio::time::timeout(Duration::from_secs(200), output).await.context("too slow")??;
        anyhow::ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Has BIRD read routes that stand in a file of its configuration's folder by now.
    pub async fn bird_configure(&self) -> Result<()> {
        self.tool(bird::BIRDC, &["-s", "bird.sock", "configure"]).await.map(drop)
    }

    /// Writes BIRD's file of static routes.
    pub fn bird_routes(&self, count: u32) -> Result<()> {
        Ok(fs::write(self.folder.path().join("routes.conf"), bird::routes(count))?)
    }

    /// Kills it: what it does at its end is no part of a workload.
    pub async fn end(mut self) {
        self.process.kill().await;
    }
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
