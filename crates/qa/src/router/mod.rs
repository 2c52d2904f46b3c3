//! Foreign BGP daemons as peers in tests: BIRD, FRR, GoBGP, OpenBGPD. Each runs in the foreground with a configuration of its
//! own in a temporary folder, on a loopback address of its own, and is asked through its own command-line tool.

mod bird;
mod bulk;
mod frr;
mod gobgp;
mod openbgpd;

pub use bird::Bird;
pub use bulk::{Bulk, bird_routes};
pub use frr::Frr;
pub use gobgp::Gobgp;
pub use openbgpd::Openbgpd;

use crate::update::Prefix;
use anyhow::{Result, bail, ensure};
use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::atomic::{AtomicU32, Ordering},
};
use tokio::{process::Command, time::Instant};

/// The MED of every route that a foreign daemon originates.
pub const MED: u32 = 50;
/// The second half of the community on every route that a foreign daemon originates; the first is its ASN.
pub const COMMUNITY: u16 = 7;

/// The session between a foreign daemon and the one under test, from the foreign side.
#[derive(Clone, Debug)]
pub struct Peering {
    /// Address of the foreign daemon.
    pub router: Ipv4Addr,
    /// Port on which it listens.
    pub router_port: u16,
    /// Its ASN, below 65536.
    pub router_as: u16,
    /// Address of the daemon under test.
    pub peer: Ipv4Addr,
    /// Port on which that listens.
    pub peer_port: u16,
    /// Its ASN.
    pub peer_as: u16,
    /// Whether the foreign daemon opens the connection; otherwise it waits for it.
    pub active: bool,
    /// TCP MD5 key (BIRD and FRR).
    pub password: Option<String>,
    /// Hold time in seconds.
    pub hold: u16,
    /// Whether it offers graceful restart.
    pub graceful: bool,
    /// Prefixes that it originates.
    pub originate: Vec<Prefix>,
}

impl Peering {
    /// Two loopback addresses that no other test uses, eBGP, the foreign daemon waiting, three originated routes.
    ///
    /// # Panics
    /// Never: the prefixes it parses are constants.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let [_, _, high, low] = std::process::id().to_be_bytes();
        // 127.64.0.0/10 is far from what people use by hand; a process id and a count name a pair of addresses in it.
        let pair = u8::try_from(NEXT.fetch_add(1, Ordering::Relaxed) % 60).unwrap_or(0);
        let address = |n: u8| Ipv4Addr::new(127, 64 + (high & 63), low, 1 + pair * 4 + n);
        Self {
            router: address(0),
            router_port: 1790,
            router_as: 65001,
            peer: address(1),
            peer_port: 1790,
            peer_as: 65000,
            active: false,
            password: None,
            hold: 9,
            graceful: false,
            originate: ["198.51.100.0/24", "203.0.113.128/25", "2001:db8:51::/48"]
                .map(|p| p.parse().expect("a constant prefix"))
                .to_vec(),
        }
    }

    /// Next hop of the IPv4 routes that the foreign daemon announces (GoBGP refuses loopback addresses there).
    pub fn next_hop4(&self) -> Ipv4Addr {
        Ipv4Addr::new(192, 0, 2, self.router.octets()[3])
    }

    /// Next hop of its IPv6 routes.
    pub fn next_hop6(&self) -> Ipv6Addr {
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(self.router.octets()[3]))
    }

    /// Next hop of its routes of that family.
    pub fn next_hop(&self, ipv6: bool) -> IpAddr {
        if ipv6 { self.next_hop6().into() } else { self.next_hop4().into() }
    }

    /// Its BGP identifier.
    pub fn router_id(&self) -> Ipv4Addr {
        let [_, _, c, d] = self.router.octets();
        Ipv4Addr::new(10, 9, c, d)
    }
}

impl Default for Peering {
    fn default() -> Self {
        Self::new()
    }
}

/// A route as a foreign daemon holds it, received from the daemon under test.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Seen {
    /// Prefix.
    pub prefix: String,
    /// Next hop.
    pub next_hop: String,
    /// ASNs of the AS_PATH, all sequences together.
    pub as_path: Vec<u32>,
    /// `igp`, `egp` or `incomplete`.
    pub origin: String,
    /// MULTI_EXIT_DISC.
    pub med: Option<u32>,
    /// COMMUNITIES, sorted.
    pub communities: Vec<(u16, u16)>,
    /// LARGE_COMMUNITY, sorted.
    pub large: Vec<(u32, u32, u32)>,
}

/// What every driver can do.
pub trait Router: Sized + Send {
    /// Its name.
    const NAME: &'static str;

    /// Whether it is installed (see [`crate::expect::installed`]).
    fn installed() -> bool;

    /// Starts it and waits until its command-line tool answers.
    fn start(peering: &Peering, deadline: Instant) -> impl Future<Output = Result<Self>> + Send;

    /// Whether the session is Established.
    fn established(&self) -> impl Future<Output = Result<bool>> + Send;

    /// What it has received of one family, sorted by prefix.
    fn routes(&self, ipv6: bool) -> impl Future<Output = Result<Vec<Seen>>> + Send;

    /// Whether its tool can make it ask for a route refresh (GoBGP keeps what it received and looks there).
    const ASKS_REFRESH: bool = true;

    /// Whether it sends its routes again when asked on a session with enhanced refresh (RFC 7313). Debian's FRR 8.4 does so
    /// with plain refresh only, and OpenBGPD 7.7 not at all, because nothing has changed.
    const ANSWERS_REFRESH: bool = true;

    /// Makes it ask for a route refresh of all families.
    fn refresh(&self) -> impl Future<Output = Result<()>> + Send;

    /// Makes it reset the session.
    fn reset(&self) -> impl Future<Output = Result<()>> + Send;

    /// Ends it in order.
    fn stop(self) -> impl Future<Output = Result<()>> + Send;

    /// Kills it, as a crash would; its peer sees a closed connection.
    fn crash(self) -> impl Future<Output = ()> + Send;

    /// What it printed.
    fn log(&self) -> String;
}

/// Runs a command-line tool and gives its standard output; an error when it fails.
async fn ask(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program).args(args).kill_on_drop(true).output().await?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{program} {}: {}\n{text}{}",
        args.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}

/// JSON that must be there.
fn parse_json(text: &str) -> Result<serde_json::Value> {
    serde_json::from_str(text).map_err(|e| anyhow::anyhow!("{e} in {text:?}"))
}

fn number(value: &serde_json::Value) -> Option<u32> {
    value.as_u64().and_then(|n| u32::try_from(n).ok())
}

/// `65000:1` or `(65000,1)`, three or two parts.
fn numbers(text: &str) -> Result<Vec<u32>> {
    let parts = text.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty());
    Ok(parts.map(str::parse).collect::<Result<_, _>>()?)
}

impl Seen {
    /// Adds a community of two parts, or a large one of three.
    fn community(&mut self, text: &str) -> Result<()> {
        match numbers(text)?.as_slice() {
            [a, b] => self.communities.push((u16::try_from(*a)?, u16::try_from(*b)?)),
            [a, b, c] => self.large.push((*a, *b, *c)),
            _ => bail!("{text:?} is no community"),
        }
        Ok(())
    }

    fn sorted(mut routes: Vec<Self>) -> Vec<Self> {
        for route in &mut routes {
            route.communities.sort_unstable();
            route.large.sort_unstable();
        }
        routes.sort();
        routes
    }
}
