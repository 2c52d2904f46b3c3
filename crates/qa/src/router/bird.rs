//! BIRD 2.

use super::{COMMUNITY, MED, Peering, Router, Seen, ask, numbers};
use crate::{expect, process::Process};
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use std::{fmt::Write as _, fs, path::PathBuf};
use tempfile::TempDir;
use tokio::{process::Command, time::Instant};

const BIRD: &str = "/usr/sbin/bird";
const BIRDC: &str = "/usr/sbin/birdc";

/// A running BIRD.
#[derive(Debug)]
pub struct Bird {
    process: Process,
    socket: String,
    folder: TempDir,
}

/// The configuration.
fn config(p: &Peering) -> String {
    let mut out = format!("router id {};\nlog stderr all;\nprotocol device {{ }}\n", p.router_id());
    for (name, family, ipv6) in [("s4", "ipv4", false), ("s6", "ipv6", true)] {
        let _ = writeln!(out, "protocol static {name} {{ {family};");
        for prefix in p.originate.iter().filter(|x| x.address.is_ipv6() == ipv6) {
            let attributes = format!("bgp_community.add(({},{COMMUNITY}));", p.router_as);
            let _ = writeln!(out, "  route {prefix} blackhole {{ {attributes} }};");
        }
        out.push_str("}\n");
    }
    let passive = if p.active { "no" } else { "yes" };
    let graceful = if p.graceful { "on" } else { "off" };
    let password = p.password.as_ref().map_or_else(String::new, |w| format!("  password \"{w}\";\n"));
    let _ = write!(
        out,
        "filter sending {{ if source != RTS_STATIC then reject; bgp_med = {MED}; accept; }}\nprotocol bgp peer {{\n  strict bind yes;\n  local {} port {} as {};\n  neighbor {} port {} as {};\n  multihop 5;\n  \
         passive {passive};\n  hold time {};\n  connect delay time 0;\n  connect retry time 1;\n  error wait time 1, 1;\n  \
         graceful restart {graceful};\n{password}  \
         ipv4 {{ import all; export filter sending; next hop address {}; }};\n  \
         ipv6 {{ import all; export filter sending; next hop address {}; }};\n}}\n",
        p.router,
        p.router_port,
        p.router_as,
        p.peer,
        p.peer_port,
        p.peer_as,
        p.hold,
        p.next_hop4(),
        p.next_hop6(),
    );
    out
}

impl Bird {
    pub(super) async fn ask(&self, command: &str) -> Result<String> {
        let mut args = vec!["-s", &self.socket];
        args.extend(command.split(' '));
        ask(BIRDC, &args).await
    }

    fn spawn(folder: &TempDir, recover: bool) -> Result<Process> {
        let path = |name: &str| -> PathBuf { folder.path().join(name) };
        let mut command = Command::new(BIRD);
        command.arg("-f").arg("-c").arg(path("bird.conf"));
        command.arg("-s").arg(path("bird.sock")).arg("-P").arg(path("bird.pid"));
        if recover {
            command.arg("-R");
        }
        Process::start(command)
    }

    async fn ready(self, deadline: Instant) -> Result<Self> {
        expect::poll("bird answers", deadline, || async { self.ask("show status").await.map(Some) })
            .await
            .with_context(|| self.log())?;
        Ok(self)
    }

    /// After a crash: starts again in the same folder, as a router that recovers from a graceful restart.
    pub async fn recover(folder: TempDir, deadline: Instant) -> Result<Self> {
        let socket = folder.path().join("bird.sock").to_string_lossy().into_owned();
        // A crash leaves the socket behind, which would answer nobody.
        let _ = fs::remove_file(&socket);
        Self { process: Self::spawn(&folder, true)?, socket, folder }.ready(deadline).await
    }

    /// Kills it and keeps its folder for [`Bird::recover`].
    pub async fn crash_to_recover(mut self) -> TempDir {
        self.process.kill().await;
        self.folder
    }
}

impl Router for Bird {
    const NAME: &'static str = "bird";

    fn installed() -> bool {
        expect::installed(Self::NAME, &[BIRD, BIRDC])
    }

    async fn start(peering: &Peering, deadline: Instant) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("bird.conf"), config(peering))?;
        let socket = folder.path().join("bird.sock").to_string_lossy().into_owned();
        Self { process: Self::spawn(&folder, false)?, socket, folder }.ready(deadline).await
    }

    async fn established(&self) -> Result<bool> {
        Ok(self.ask("show protocols peer").await?.contains("Established"))
    }

    async fn routes(&self, ipv6: bool) -> Result<Vec<Seen>> {
        let table = if ipv6 { "master6" } else { "master4" };
        parse(&self.ask(&format!("show route protocol peer table {table} all")).await?)
    }

    async fn refresh(&self) -> Result<()> {
        self.ask("reload in peer").await.map(drop)
    }

    async fn reset(&self) -> Result<()> {
        self.ask("restart peer").await.map(drop)
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

/// Reads `show route ... all`: a line that starts with the prefix, then indented attributes.
fn parse(text: &str) -> Result<Vec<Seen>> {
    let mut out: Vec<Seen> = Vec::new();
    for line in text.lines() {
        if let Some(first) = line.split_whitespace().next()
            && first.contains('/')
            && !line.starts_with(char::is_whitespace)
        {
            out.push(Seen { prefix: first.to_owned(), ..Seen::default() });
        }
        let Some((name, value)) = line.trim().strip_prefix("BGP.").and_then(|l| l.split_once(": ")) else {
            continue;
        };
        let Some(route) = out.last_mut() else { continue };
        match name {
            "origin" => route.origin = value.to_lowercase(),
            "as_path" => route.as_path = numbers(value)?,
            // The second address, if there is one, is link-local.
            "next_hop" => value.split(' ').next().unwrap_or_default().clone_into(&mut route.next_hop),
            "med" => route.med = Some(value.parse()?),
            "community" | "large_community" => {
                for one in value.split(')').map(str::trim).filter(|c| !c.is_empty()) {
                    route.community(one)?;
                }
            }
            _ => {}
        }
    }
    Ok(Seen::sorted(out))
}
