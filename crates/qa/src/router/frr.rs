//! FRRouting's bgpd, without zebra.

use super::{COMMUNITY, MED, Peering, Router, Seen, ask, number, numbers, parse_json};
use crate::{expect, process::Process};
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use std::{fmt::Write as _, fs};
use tempfile::TempDir;
use tokio::{process::Command, time::Instant};

const BGPD: &str = "/usr/lib/frr/bgpd";
const VTYSH: &str = "/usr/bin/vtysh";

/// A running bgpd.
#[derive(Debug)]
pub struct Frr {
    process: Process,
    pub(super) peer: String,
    folder: TempDir,
}

fn config(p: &Peering) -> String {
    let n = format!(" neighbor {}", p.peer);
    let mut out = format!(
        "router bgp {}\n bgp router-id {}\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
         no bgp default ipv4-unicast\n bgp disable-ebgp-connected-route-check\n\
         {n} remote-as {}\n{n} port {}\n{n} update-source {}\n{n} timers {} {}\n{n} timers connect 1\n{n} ebgp-multihop 10\n",
        p.router_as,
        p.router_id(),
        p.peer_as,
        p.peer_port,
        p.router,
        p.hold / 3,
        p.hold,
    );
    if !p.active {
        let _ = writeln!(out, "{n} passive");
    }
    if let Some(password) = &p.password {
        let _ = writeln!(out, "{n} password {password}");
    }
    if p.graceful {
        let _ = writeln!(out, "{n} graceful-restart");
    }
    for (family, ipv6) in [("ipv4", false), ("ipv6", true)] {
        let _ = writeln!(out, " address-family {family} unicast\n {n} activate");
        let _ = writeln!(out, " {n} route-map out out");
        for prefix in p.originate.iter().filter(|x| x.address.is_ipv6() == ipv6) {
            let _ = writeln!(out, "  network {prefix}");
        }
        out.push_str(" exit-address-family\n");
    }
    let _ = write!(
        out,
        "route-map out permit 10\n set ip next-hop {}\n set ipv6 next-hop global {}\n set metric {MED}\n set community {}:{COMMUNITY}\n",
        p.next_hop4(),
        p.next_hop6(),
        p.router_as,
    );
    out
}

impl Frr {
    pub(super) async fn ask(&self, command: &str) -> Result<String> {
        let folder = self.folder.path().to_string_lossy();
        ask(VTYSH, &["--vty_socket", &folder, "-c", command]).await
    }
}

impl Router for Frr {
    const NAME: &'static str = "frr";
    const ANSWERS_REFRESH: bool = false;

    fn installed() -> bool {
        expect::installed(Self::NAME, &[BGPD, VTYSH])
    }

    async fn start(peering: &Peering, deadline: Instant) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("bgpd.conf");
        fs::write(&file, config(peering))?;
        let mut command = Command::new(BGPD);
        // No zebra, no change of user, no kernel routes, no TCP terminal.
        command.args(["-Z", "-S", "-n", "-P", "0", "--log", "stdout", "-f"]).arg(file);
        command.arg("-i").arg(folder.path().join("bgpd.pid")).arg("--vty_socket").arg(folder.path());
        command.args(["-p", &peering.router_port.to_string(), "-l", &peering.router.to_string()]);
        let frr = Self { process: Process::start(command)?, peer: peering.peer.to_string(), folder };
        expect::poll("vtysh answers", deadline, || async {
            Ok(frr.ask("show bgp neighbors json").await?.contains(&frr.peer).then_some(()))
        })
        .await
        .with_context(|| frr.log())?;
        Ok(frr)
    }

    async fn established(&self) -> Result<bool> {
        let all = parse_json(&self.ask(&format!("show bgp neighbors {} json", self.peer)).await?)?;
        Ok(all[&self.peer]["bgpState"] == "Established")
    }

    async fn routes(&self, ipv6: bool) -> Result<Vec<Seen>> {
        let family = if ipv6 { "ipv6" } else { "ipv4" };
        let all = self.ask(&format!("show bgp {family} unicast json detail")).await?;
        let all = parse_json(&all)?;
        let mut out = Vec::new();
        for (prefix, entry) in all["routes"].as_object().into_iter().flatten() {
            // Either a list of paths, or an object that holds it.
            let paths = entry.as_array().or_else(|| entry["paths"].as_array());
            for path in paths.into_iter().flatten().filter(|p| p["peer"]["peerId"] == self.peer.as_str()) {
                let global =
                    path["nexthops"].as_array().into_iter().flatten().find(|n| n["scope"] != "link-local");
                let mut seen = Seen {
                    prefix: prefix.clone(),
                    next_hop: global.and_then(|n| n["ip"].as_str()).unwrap_or_default().to_owned(),
                    as_path: numbers(path["aspath"]["string"].as_str().unwrap_or_default())?,
                    origin: path["origin"].as_str().unwrap_or_default().to_lowercase(),
                    med: number(&path["metric"]),
                    ..Seen::default()
                };
                for kind in ["community", "largeCommunity"] {
                    for one in path[kind]["list"].as_array().into_iter().flatten() {
                        seen.community(one.as_str().unwrap_or_default())?;
                    }
                }
                out.push(seen);
            }
        }
        Ok(Seen::sorted(out))
    }

    async fn refresh(&self) -> Result<()> {
        for family in ["ipv4", "ipv6"] {
            self.ask(&format!("clear bgp {family} {} in", self.peer)).await?;
        }
        Ok(())
    }

    async fn reset(&self) -> Result<()> {
        self.ask(&format!("clear bgp {}", self.peer)).await.map(drop)
    }

    async fn stop(mut self) -> Result<()> {
        self.process.signal(Signal::SIGTERM)?;
        self.process.wait(expect::within(10)).await.map(drop)
    }

    async fn crash(mut self) {
        self.process.kill().await;
    }

    fn log(&self) -> String {
        self.process.log.text()
    }
}
