//! Configurations for the daemon under test, put together from helpers and peers.

use super::{control::Control, peer::Peer};
use anyhow::Result;
use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// The AS number of the daemon.
pub const LOCAL_AS: u32 = 65000;
/// The AS number of every peer.
pub const PEER_AS: u32 = 65001;
/// Where the daemon connects from.
pub const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A configuration under construction.
#[derive(Clone, Debug)]
pub struct Toml {
    bench: PathBuf,
    processes: Vec<(String, Vec<String>, String)>,
    neighbors: Vec<Neighbor>,
}

/// A neighbor of the daemon.
#[derive(Clone, Debug)]
pub struct Neighbor {
    address: SocketAddr,
    hold: u16,
    families: &'static str,
    hears: Vec<String>,
    more: String,
}

impl Neighbor {
    /// A session with that peer, IPv4 unicast, hold time 180 s.
    pub fn new(peer: &Peer) -> Self {
        Self::at(peer.address())
    }

    /// The same, of any listener.
    pub fn at(address: SocketAddr) -> Self {
        Self { address, hold: 180, families: "ipv4 unicast", hears: Vec::new(), more: String::new() }
    }

    /// With that hold time in seconds.
    #[must_use]
    pub fn hold(mut self, seconds: u16) -> Self {
        self.hold = seconds;
        self
    }

    /// With that family instead.
    #[must_use]
    pub fn family(mut self, family: &'static str) -> Self {
        self.families = family;
        self
    }

    /// A process hears its UPDATEs.
    #[must_use]
    pub fn heard_by(mut self, process: &str) -> Self {
        self.hears.push(process.to_owned());
        self
    }

    /// With more settings, a line each.
    #[must_use]
    pub fn with(mut self, line: &str) -> Self {
        self.more += line;
        self.more.push('\n');
        self
    }
}

impl Toml {
    /// Helpers are modes of this `bench` binary.
    pub fn new(bench: &Path) -> Self {
        Self { bench: bench.to_owned(), processes: Vec::new(), neighbors: Vec::new() }
    }

    /// A helper that obeys the test: its mode and further arguments.
    #[must_use]
    pub fn helper(mut self, control: &Control, name: &str, mode: &str, args: &[&str]) -> Self {
        let path = control.path().to_string_lossy().into_owned();
        let mut run: Vec<String> =
            ["helper", mode, "--control", &path, "--name", name].map(str::to_owned).to_vec();
        run.extend(args.iter().map(ToString::to_string));
        run.insert(0, self.bench.to_string_lossy().into_owned());
        self.processes.push((name.to_owned(), run, String::new()));
        self
    }

    /// A helper that obeys nobody: a way to misbehave.
    #[must_use]
    pub fn misbehave(mut self, name: &str, how: &str) -> Self {
        let bench = self.bench.to_string_lossy().into_owned();
        let run = [&bench, "helper", "misbehave", how].map(str::to_owned).to_vec();
        self.processes.push((name.to_owned(), run, String::new()));
        self
    }

    /// Any program.
    #[must_use]
    pub fn run(mut self, name: &str, run: &[&str]) -> Self {
        self.processes.push((name.to_owned(), run.iter().map(ToString::to_string).collect(), String::new()));
        self
    }

    /// A setting of the process added last.
    #[must_use]
    pub fn set(mut self, line: &str) -> Self {
        if let Some((_, _, more)) = self.processes.last_mut() {
            *more += line;
            more.push('\n');
        }
        self
    }

    /// A neighbor.
    #[must_use]
    pub fn neighbor(mut self, neighbor: Neighbor) -> Self {
        self.neighbors.push(neighbor);
        self
    }

    /// The text.
    pub fn text(&self) -> Result<String> {
        let mut out = String::new();
        for (name, run, more) in &self.processes {
            let run = serde_json::to_string(run)?;
            write!(out, "[process.{name}]\nrun = {run}\nencoder = \"json\"\n{more}\n")?;
        }
        for n in &self.neighbors {
            let local = if n.address.is_ipv4() { IpAddr::from(LOCAL) } else { "::1".parse()? };
            write!(
                out,
                "[[neighbor]]\npeer-address = \"{}\"\nconnect = {}\nlocal-address = \"{local}\"\nlocal-as = {LOCAL_AS}\n\
                 peer-as = {PEER_AS}\nrouter-id = \"10.0.0.1\"\nhold-time = {}\nfamilies = [\"{}\"]\n{}",
                n.address.ip(),
                n.address.port(),
                n.hold,
                n.families,
                n.more,
            )?;
            let names: Vec<&String> = self.processes.iter().map(|(name, ..)| name).collect();
            let (hears, others): (Vec<&String>, Vec<&String>) =
                names.into_iter().partition(|n_| n.hears.contains(n_));
            for (processes, receive) in [(others, ""), (hears, "receive = [\"parsed\", \"update\"]\n")] {
                if !processes.is_empty() {
                    write!(
                        out,
                        "[[neighbor.api]]\nprocesses = {}\n{receive}",
                        serde_json::to_string(&processes)?
                    )?;
                }
            }
            out.push('\n');
        }
        Ok(out)
    }
}
