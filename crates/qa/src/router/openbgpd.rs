//! OpenBGPD (its portable form). It drops its privileges, so it can be started by root only.

use super::{COMMUNITY, MED, Peering, Router, Seen, ask, number, numbers, parse_json};
use crate::{expect, process::Process};
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use std::{fmt::Write as _, fs, os::unix::fs::PermissionsExt as _};
use tempfile::TempDir;
use tokio::{process::Command, time::Instant};

const BGPD: &str = "/usr/sbin/bgpd";
const BGPCTL: &str = "/usr/sbin/bgpctl";
/// Where Debian's build confines its processes; its service file creates it.
const CHROOT: &str = "/run/openbgpd";

/// A running bgpd.
#[derive(Debug)]
pub struct Openbgpd {
    process: Process,
    socket: String,
    peer: String,
    _folder: TempDir,
}

fn config(p: &Peering, socket: &str) -> String {
    let mut out = format!(
        "AS {}\nrouter-id {}\nlisten on {} port {}\nsocket \"{socket}\"\nfib-update no\nholdtime {}\nconnect-retry 1\n",
        p.router_as,
        p.router_id(),
        p.router,
        p.router_port,
        p.hold,
    );
    for prefix in &p.originate {
        let next_hop = p.next_hop(prefix.address.is_ipv6());
        let community = format!("community {}:{COMMUNITY}", p.router_as);
        let _ = writeln!(out, "network {prefix} set {{ nexthop {next_hop} metric {MED} {community} }}");
    }
    let _ = write!(
        out,
        "neighbor {} {{\n  remote-as {}\n  local-address {}\n  port {}\n  multihop 5\n  announce IPv4 unicast\n  announce IPv6 unicast\n",
        p.peer, p.peer_as, p.router, p.peer_port,
    );
    if !p.active {
        out.push_str("  passive\n");
    }
    if let Some(password) = &p.password {
        let _ = writeln!(out, "  tcp md5sig password \"{password}\"");
    }
    out + "}\nallow from any\nallow to any\nmatch to any set nexthop no-modify\n"
}

impl Openbgpd {
    async fn ask(&self, command: &str) -> Result<String> {
        let mut args = vec!["-s", &self.socket];
        args.extend(command.split(' '));
        ask(BGPCTL, &args).await
    }
}

impl Router for Openbgpd {
    const NAME: &'static str = "openbgpd";
    const ANSWERS_REFRESH: bool = false;

    fn installed() -> bool {
        if !expect::installed(Self::NAME, &[BGPD, BGPCTL]) {
            return false;
        }
        let root = nix::unistd::geteuid().is_root();
        if !root {
            eprintln!("SKIPPED: openbgpd can be started by root only");
        }
        root
    }

    async fn start(peering: &Peering, deadline: Instant) -> Result<Self> {
        fs::create_dir_all(CHROOT)?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("bgpd.conf");
        let socket = folder.path().join("bgpd.sock").to_string_lossy().into_owned();
        fs::write(&file, config(peering, &socket))?;
        // It refuses a configuration that others can read.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        let mut command = Command::new(BGPD);
        command.arg("-d").arg("-f").arg(file);
        let bgpd = Self {
            process: Process::start(command)?,
            socket,
            peer: peering.peer.to_string(),
            _folder: folder,
        };
        expect::poll("bgpctl answers", deadline, || async {
            Ok(bgpd.ask("show neighbor").await?.contains(&bgpd.peer).then_some(()))
        })
        .await
        .with_context(|| bgpd.log())?;
        Ok(bgpd)
    }

    async fn established(&self) -> Result<bool> {
        let all = parse_json(&self.ask(&format!("-j show neighbor {}", self.peer)).await?)?;
        Ok(all["neighbors"][0]["state"] == "Established")
    }

    async fn routes(&self, ipv6: bool) -> Result<Vec<Seen>> {
        let family = if ipv6 { "inet6" } else { "inet" };
        let all = self.ask(&format!("-j show rib in {family} neighbor {} detail", self.peer)).await?;
        let mut out = Vec::new();
        for entry in parse_json(&all)?["rib"].as_array().into_iter().flatten() {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            let mut seen = Seen {
                prefix: text("prefix"),
                next_hop: entry["exit_nexthop"].as_str().unwrap_or_default().to_owned(),
                as_path: numbers(entry["aspath"].as_str().unwrap_or_default())?,
                origin: text("origin").to_lowercase(),
                ..Seen::default()
            };
            for attribute in entry["attributes"].as_array().into_iter().flatten() {
                if attribute["type"] == "MULTI_EXIT_DISC" {
                    seen.med = number(&attribute["metric"]);
                }
            }
            seen.med = seen.med.or_else(|| number(&entry["metric"]));
            for kind in ["communities", "large_communities"] {
                for one in entry[kind].as_array().into_iter().flatten() {
                    seen.community(one.as_str().unwrap_or_default())?;
                }
            }
            out.push(seen);
        }
        Ok(Seen::sorted(out))
    }

    async fn refresh(&self) -> Result<()> {
        self.ask(&format!("neighbor {} refresh", self.peer)).await.map(drop)
    }

    async fn reset(&self) -> Result<()> {
        self.ask(&format!("neighbor {} clear", self.peer)).await.map(drop)
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
