//! What all these tests stand on: a daemon with a configuration in ExaBGP's language, one peer, and what that peer holds.

use anyhow::{Context as _, Result, ensure};
use qa::{
    daemon::{Daemon, Setup},
    expect::within,
    open::OpenSpec,
    speaker::{Listener, Session},
    update::{Prefix, Routes},
};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

/// Seconds that anything may take.
pub(crate) const LIMIT: u64 = 60;

/// ORIGIN and the like, by code; the next hop of the route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Route {
    pub(crate) next_hop: Option<IpAddr>,
    pub(crate) attributes: BTreeMap<u8, Vec<u8>>,
    pub(crate) as_path: Vec<u32>,
}

/// What the peer holds.
#[derive(Default, Debug)]
pub(crate) struct Table {
    /// Unicast.
    pub(crate) routes: BTreeMap<Prefix, Route>,
    /// All else: AFI, SAFI and what follows (the next hop is empty for flow rules), with the attributes.
    pub(crate) other: BTreeMap<Vec<u8>, Route>,
}

impl Table {
    fn apply(&mut self, update: &Routes) {
        let route = Route {
            next_hop: update.next_hop,
            attributes: update.attributes.iter().map(|(_, code, value)| (*code, value.clone())).collect(),
            as_path: update.as_path(),
        };
        update.withdrawn.iter().for_each(|p| drop(self.routes.remove(p)));
        self.routes.extend(update.announced.iter().map(|p| (*p, route.clone())));
        for (code, value) in &update.other {
            let (family, rest) = value.split_at(3);
            if *code == 15 {
                self.other.remove(value);
                continue;
            }
            // Length of the next hop, the next hop, a reserved octet.
            let nlri = &rest[usize::from(rest[0]) + 2..];
            self.other.insert([family, nlri].concat(), route.clone());
        }
    }

    /// The prefixes, as text.
    pub(crate) fn prefixes(&self) -> Vec<String> {
        self.routes.keys().map(ToString::to_string).collect()
    }

    /// The route to a prefix.
    pub(crate) fn route(&self, prefix: &str) -> Result<&Route> {
        self.routes
            .get(&prefix.parse()?)
            .with_context(|| format!("no route to {prefix}, only {:?}", self.prefixes()))
    }
}

/// A daemon, its peer and the peer's table.
pub(crate) struct Stage {
    pub(crate) daemon: Daemon,
    pub(crate) peer: Session,
    pub(crate) table: Table,
    _listener: Listener,
}

impl Stage {
    /// Starts the daemon; the configuration is made for the port that the peer listens on.
    pub(crate) async fn up(open: OpenSpec, setup: impl FnOnce(u16) -> Result<Setup>) -> Result<Self> {
        Self::up_at(Ipv4Addr::LOCALHOST.into(), open, setup).await
    }

    /// The same with a peer at that address.
    pub(crate) async fn up_at(
        address: IpAddr,
        open: OpenSpec,
        setup: impl FnOnce(u16) -> Result<Setup>,
    ) -> Result<Self> {
        let listener = Listener::bind(address)?;
        let daemon = setup(listener.address()?.port())?.start()?;
        let peer = listener.session(&open, within(LIMIT)).await;
        let peer = peer.with_context(|| daemon.process.log.text())?;
        Ok(Self { daemon, peer, table: Table::default(), _listener: listener })
    }

    /// Waits until the peer's table is as wanted.
    pub(crate) async fn until(&mut self, what: &str, enough: impl Fn(&Table) -> bool) -> Result<&Table> {
        let deadline = within(LIMIT);
        while !enough(&self.table) {
            let update = self.peer.update(deadline).await.with_context(|| self.said(what))?;
            let routes = Routes::read(&update).with_context(|| format!("malformed: {update:?}"))?;
            self.table.apply(&routes);
        }
        Ok(&self.table)
    }

    /// Waits until the peer has exactly these prefixes.
    pub(crate) async fn holds(&mut self, prefixes: &[&str]) -> Result<&Table> {
        let mut wanted: Vec<Prefix> = prefixes.iter().map(|p| p.parse()).collect::<Result<_>>()?;
        wanted.sort_unstable();
        self.until(&format!("{prefixes:?}"), |t| t.routes.keys().copied().eq(wanted.iter().copied())).await
    }

    /// Ends the daemon, which must go in order.
    pub(crate) async fn stop(self) -> Result<()> {
        self.daemon.stop(Duration::from_secs(5)).await
    }

    fn said(&self, what: &str) -> String {
        let (routes, other) = (self.table.prefixes(), &self.table.other);
        format!(
            "waiting for {what}; the peer has {routes:?} {other:02x?}; the daemon said:\n{}",
            self.daemon.process.log.text()
        )
    }
}

/// The peer's OPEN: AS 65001.
pub(crate) fn peer() -> OpenSpec {
    OpenSpec::new(65001, Ipv4Addr::new(10, 0, 0, 9))
}

/// The usual statements of a neighbor, for a peer on that port.
pub(crate) fn neighbor(port: u16, more: &str) -> String {
    format!(
        "neighbor 127.0.0.1 {{\n  router-id 10.0.0.1;\n  local-address 127.0.0.1;\n  local-as 65000;\n  peer-as 65001;\n  connect {port};\n{more}}}\n"
    )
}

/// The attribute of that code as four-octet numbers.
pub(crate) fn numbers(route: &Route, code: u8) -> Vec<u32> {
    let value = route.attributes.get(&code).map(Vec::as_slice).unwrap_or_default();
    value.chunks_exact(4).filter_map(|c| c.try_into().ok()).map(u32::from_be_bytes).collect()
}

/// A standard community.
pub(crate) fn community(asn: u32, value: u32) -> u32 {
    asn << 16 | value
}

/// The folder where `qa/clients` has installed the clients that are on PyPI. Says so aloud when it is not there; with
/// `QA_REQUIRE_CLIENTS=1` (as in CI) that is a failure.
///
/// # Panics
/// When they are required and missing.
pub(crate) fn installed(client: &str, needs: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/clients");
    let there = folder.join(needs).exists();
    if !there {
        let required = std::env::var_os("QA_REQUIRE_CLIENTS").is_some_and(|v| v == "1");
        assert!(!required, "{client} is required here and not installed: run qa/clients");
        eprintln!("SKIPPED: {client} is not installed (run qa/clients)");
    }
    there.then(|| folder.canonicalize().expect("it is there"))
}

/// A TCP port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// One HTTP request to a port of this machine; the answer's status and body. Waits for the server to be there.
pub(crate) async fn http(
    port: u16,
    method: &str,
    path: &str,
    kind: &str,
    body: &str,
) -> Result<(u16, String)> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let connect = || async { Ok(tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()) };
    let mut stream = qa::expect::poll("the web server of the client", within(LIMIT), connect).await?;
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let exchange = async {
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout_at(Instant::now() + Duration::from_secs(LIMIT), exchange).await??;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    ensure!(!head.is_empty(), "no answer");
    Ok((status, body.to_owned()))
}
