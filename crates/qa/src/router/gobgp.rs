//! GoBGP.

use super::{COMMUNITY, MED, Peering, Router, Seen, ask, number, parse_json};
use crate::{expect, process::Process};
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::{fmt::Write as _, fs};
use tempfile::TempDir;
use tokio::{process::Command, time::Instant};

const GOBGPD: &str = "/usr/bin/gobgpd";
const GOBGP: &str = "/usr/bin/gobgp";
/// Port of its gRPC interface on the router's own address.
const API_PORT: &str = "50051";

/// A running gobgpd.
#[derive(Debug)]
pub struct Gobgp {
    process: Process,
    host: String,
    pub(super) peer: String,
    _folder: TempDir,
}

fn config(p: &Peering) -> String {
    let mut out = format!(
        "[global.config]\nas = {}\nrouter-id = \"{}\"\nport = {}\nlocal-address-list = [\"{}\"]\n\
         [[neighbors]]\n[neighbors.config]\nneighbor-address = \"{}\"\npeer-as = {}\n",
        p.router_as,
        p.router_id(),
        p.router_port,
        p.router,
        p.peer,
        p.peer_as,
    );
    if let Some(password) = &p.password {
        let _ = writeln!(out, "auth-password = \"{password}\"");
    }
    let _ = write!(
        out,
        "[neighbors.transport.config]\nlocal-address = \"{}\"\nremote-port = {}\npassive-mode = {}\n\
         [neighbors.timers.config]\nhold-time = {}\nkeepalive-interval = {}\nconnect-retry = 1\nidle-hold-time-after-reset = 1\n\
         [neighbors.ebgp-multihop.config]\nenabled = true\nmultihop-ttl = 10\n",
        p.router,
        p.peer_port,
        !p.active,
        p.hold,
        p.hold / 3,
    );
    if p.graceful {
        out.push_str("[neighbors.graceful-restart.config]\nenabled = true\nrestart-time = 20\n");
    }
    for family in ["ipv4-unicast", "ipv6-unicast"] {
        let _ = writeln!(
            out,
            "[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = \"{family}\""
        );
        if p.graceful {
            out.push_str("[neighbors.afi-safis.mp-graceful-restart.config]\nenabled = true\n");
        }
    }
    out
}

impl Gobgp {
    pub(super) async fn ask(&self, command: &str) -> Result<String> {
        let mut args = vec!["-u", &self.host, "-p", API_PORT];
        args.extend(command.split(' '));
        ask(GOBGP, &args).await
    }
}

impl Router for Gobgp {
    const NAME: &'static str = "gobgp";
    const ASKS_REFRESH: bool = false;

    fn installed() -> bool {
        expect::installed(Self::NAME, &[GOBGPD, GOBGP])
    }

    async fn start(peering: &Peering, deadline: Instant) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("gobgpd.toml");
        fs::write(&file, config(peering))?;
        let mut command = Command::new(GOBGPD);
        command.arg("-f").arg(file).args(["-t", "toml", "--pprof-disable", "--api-hosts"]);
        command.arg(format!("{}:{API_PORT}", peering.router));
        let host = peering.router.to_string();
        let gobgp =
            Self { process: Process::start(command)?, host, peer: peering.peer.to_string(), _folder: folder };
        expect::poll("gobgp answers", deadline, || async {
            Ok(gobgp.ask("neighbor").await?.contains(&gobgp.peer).then_some(()))
        })
        .await
        .with_context(|| gobgp.log())?;
        for prefix in &peering.originate {
            let ipv6 = prefix.address.is_ipv6();
            let family = if ipv6 { "ipv6" } else { "ipv4" };
            let (next_hop, asn) = (peering.next_hop(ipv6), peering.router_as);
            let command = format!(
                "global rib add {prefix} origin igp nexthop {next_hop} med {MED} community {asn}:{COMMUNITY} -a {family}"
            );
            gobgp.ask(&command).await?;
        }
        Ok(gobgp)
    }

    async fn established(&self) -> Result<bool> {
        let state = self.ask(&format!("neighbor {} -j", self.peer)).await?;
        // Its states are numbered as in its own gRPC definition.
        Ok(parse_json(&state)?["state"]["session_state"] == 6)
    }

    async fn routes(&self, ipv6: bool) -> Result<Vec<Seen>> {
        let family = if ipv6 { "ipv6" } else { "ipv4" };
        let all = parse_json(&self.ask(&format!("neighbor {} adj-in -a {family} -j", self.peer)).await?)?;
        let mut out = Vec::new();
        for (prefix, paths) in all.as_object().into_iter().flatten() {
            for path in paths.as_array().into_iter().flatten() {
                out.push(route(prefix, &path["attrs"])?);
            }
        }
        Ok(Seen::sorted(out))
    }

    async fn refresh(&self) -> Result<()> {
        self.ask(&format!("neighbor {} softresetin", self.peer)).await.map(drop)
    }

    async fn reset(&self) -> Result<()> {
        // After its own "reset" it stays idle for half a minute, whatever its configuration says.
        self.ask(&format!("neighbor {} disable", self.peer)).await?;
        self.ask(&format!("neighbor {} enable", self.peer)).await.map(drop)
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

/// Its JSON lists attributes by their code.
fn route(prefix: &str, attributes: &Value) -> Result<Seen> {
    let mut seen = Seen { prefix: prefix.to_owned(), ..Seen::default() };
    for attribute in attributes.as_array().into_iter().flatten() {
        let value = &attribute["value"];
        match attribute["type"].as_u64() {
            Some(1) => {
                let names = ["igp", "egp", "incomplete"];
                let index = value.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
                names.get(index).copied().unwrap_or("invalid").clone_into(&mut seen.origin);
            }
            Some(2) => {
                for segment in attribute["as_paths"].as_array().into_iter().flatten() {
                    seen.as_path.extend(segment["asns"].as_array().into_iter().flatten().filter_map(number));
                }
            }
            Some(3 | 14) => attribute["nexthop"].as_str().unwrap_or_default().clone_into(&mut seen.next_hop),
            Some(4) => seen.med = number(&attribute["metric"]),
            Some(8) => {
                for one in attribute["communities"].as_array().into_iter().flatten().filter_map(number) {
                    seen.community(&format!("{}:{}", one >> 16, one & 0xffff))?;
                }
            }
            Some(32) => {
                for one in value.as_array().into_iter().flatten() {
                    let part = |name: &str| number(&one[name]).context("a large community has three numbers");
                    seen.large.push((part("ASN")?, part("LocalData1")?, part("LocalData2")?));
                }
            }
            _ => {}
        }
    }
    Ok(seen)
}
