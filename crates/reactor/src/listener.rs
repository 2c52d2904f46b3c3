//! Listening sockets: one task each, which hands accepted connections to the reactor.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::connect::Auth;
use crate::sockopt;

/// Connections that may wait for the reactor; further ones wait in the kernel's backlog.
pub const ACCEPTED: usize = 64;

/// How long a listener rests when the process is out of file descriptors; the kernel queues meanwhile.
const REST: Duration = Duration::from_millis(250);

/// A connection someone opened to us.
#[derive(Debug)]
pub struct Accepted {
    /// The connection.
    pub stream: TcpStream,
    /// Who opened it.
    pub from: SocketAddr,
    /// Which of our addresses it came to.
    pub to: SocketAddr,
}

/// A key for segments from one neighbor or from a range of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerKey {
    /// Address of the neighbor or first address of the range.
    pub peer: IpAddr,
    /// Prefix length of a range.
    pub prefix_length: Option<u8>,
    /// The key.
    pub auth: Auth,
}

/// A bound listening socket.
#[derive(Debug)]
pub struct Listener {
    socket: Arc<TcpListener>,
    address: SocketAddr,
    keys: Vec<PeerKey>,
    stop: CancellationToken,
}

/// What of a listener outlives its task: its key setter and its stop switch.
#[derive(Debug)]
pub struct ListenerHandle {
    /// Where it listens.
    pub address: SocketAddr,
    /// The task's: gone when it has closed the socket.
    socket: Weak<TcpListener>,
    keys: Vec<PeerKey>,
    stop: CancellationToken,
}

impl Listener {
    /// Binds and listens. IPv6 sockets take IPv6 only, so that both families can listen on one port.
    ///
    /// # Errors
    /// What the kernel answers, with the address.
    pub fn bind(address: SocketAddr, keys: &[PeerKey], min_ttl: Option<u8>) -> io::Result<Self> {
        let context = |e: io::Error| {
            let hint = match e.kind() {
                io::ErrorKind::PermissionDenied => ": ports below 1024 need root or CAP_NET_BIND_SERVICE",
                io::ErrorKind::AddrInUse => ": another program listens there",
                _ => "",
            };
            io::Error::new(e.kind(), format!("can not bind to {address} ({e}){hint}"))
        };
        let domain = if address.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 };
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP)).map_err(context)?;
        if address.is_ipv6() {
            socket.set_only_v6(true).map_err(context)?;
        }
        socket.set_reuse_address(true).map_err(context)?;
        socket.set_nonblocking(true).map_err(context)?;
        for key in keys {
            change_key(&socket, address, key, true)?;
        }
        if let Some(ttl) = min_ttl {
            sockopt::set_min_ttl(&socket, address.is_ipv6(), ttl).map_err(context)?;
        }
        socket.bind(&address.into()).map_err(context)?;
        socket.listen(1024).map_err(context)?;
        let socket = Arc::new(TcpListener::from_std(socket.into()).map_err(context)?);
        let address = socket.local_addr()?;
        Ok(Self { socket, address, keys: keys.to_vec(), stop: CancellationToken::new() })
    }

    /// Where it listens, the real port included.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts accepting. Stops when `token` or the handle says so.
    pub fn start(
        self,
        to: mpsc::Sender<Accepted>,
        tracker: &TaskTracker,
        token: &CancellationToken,
    ) -> ListenerHandle {
        let stop = token.child_token();
        let handle = ListenerHandle {
            address: self.address,
            socket: Arc::downgrade(&self.socket),
            keys: self.keys.clone(),
            stop: stop.clone(),
        };
        tracker.spawn(Self { stop, ..self }.run(to));
        handle
    }

    async fn run(self, to: mpsc::Sender<Accepted>) {
        let mut resting: Option<Instant> = None;
        info!(target: "network", "listening on {}", self.address);
        loop {
            // A permit first: what can't be handed over stays in the kernel's backlog.
            let accept = async {
                let permit = to.reserve().await.ok()?;
                Some((permit, self.socket.accept().await))
            };
            let until = resting.unwrap_or_else(Instant::now);
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep_until(until), if resting.is_some() => resting = None,
                accepted = accept, if resting.is_none() => match accepted {
                    None => break,
                    Some((permit, Ok((stream, from)))) => {
                        let to = stream.local_addr().unwrap_or(self.address);
                        permit.send(Accepted { stream, from, to });
                    }
                    Some((_, Err(e))) => {
                        warn!(target: "network", "can not accept a connection on {}: {e}", self.address);
                        resting = Instant::now().checked_add(REST);
                    }
                },
            }
        }
        info!(target: "network", "stopped listening on {}", self.address);
    }
}

impl ListenerHandle {
    /// Closes the listening socket.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Has the neighbors of `keys` use these from now on, and removes the keys of others. Connections that are there
    /// keep theirs.
    ///
    /// # Errors
    /// What the kernel answers, with the neighbor; the other keys are set all the same.
    pub fn rekey(&mut self, keys: Vec<PeerKey>, min_ttl: Option<u8>) -> io::Result<()> {
        let Some(socket) = self.socket.upgrade() else { return Ok(()) };
        let mut result = match min_ttl {
            Some(ttl) => sockopt::set_min_ttl(&*socket, self.address.is_ipv6(), ttl),
            None => Ok(()),
        };
        // An MD5 key takes the place of the former one, so there is no moment without; a TCP-AO key has to go first.
        let replaced = |old: &PeerKey| {
            let md5 = |k: &PeerKey| matches!(k.auth, Auth::Md5(_));
            let same = |new: &PeerKey| (new.peer, new.prefix_length) == (old.peer, old.prefix_length);
            md5(old) && keys.iter().any(|new| same(new) && md5(new))
        };
        let gone = self.keys.iter().filter(|old| !keys.contains(old) && !replaced(old));
        let new = keys.iter().filter(|new| !self.keys.contains(new));
        for (key, on) in gone.map(|k| (k, false)).chain(new.map(|k| (k, true))) {
            result = result.and(change_key(&*socket, self.address, key, on));
        }
        self.keys = keys;
        result
    }
}

/// Sets the key for segments from a neighbor, or removes it.
fn change_key(
    socket: &impl std::os::fd::AsFd,
    address: SocketAddr,
    key: &PeerKey,
    on: bool,
) -> io::Result<()> {
    let PeerKey { peer, prefix_length, auth } = key;
    if peer.is_ipv6() != address.is_ipv6() {
        return Ok(());
    }
    let done =
        if on { auth.set(socket, *peer, *prefix_length) } else { auth.remove(socket, *peer, *prefix_length) };
    done.map_err(|e| {
        let text = format!("the {} of neighbor {peer} can't be set on {address}: {e}", auth.name());
        io::Error::new(e.kind(), text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::Key;

    #[tokio::test]
    async fn accepted_connections_reach_the_reactor_and_stopping_closes() {
        let (to, mut accepted) = mpsc::channel(1);
        let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), &[], None).unwrap();
        let handle = listener.start(to, &tracker, &token);
        let client = TcpStream::connect(handle.address).await.unwrap();
        let one = accepted.recv().await.unwrap();
        assert_eq!(one.from, client.local_addr().unwrap());
        handle.stop();
        tracker.close();
        tracker.wait().await;
        assert!(TcpStream::connect(handle.address).await.is_err());
    }

    #[tokio::test]
    async fn keys_can_be_changed_while_it_listens() {
        let (to, mut accepted) = mpsc::channel(1);
        let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
        let peer: IpAddr = "127.0.0.3".parse().unwrap();
        let key =
            |octets: &[u8]| PeerKey { peer, prefix_length: None, auth: Auth::Md5(Key(octets.to_vec())) };
        let mut handle = match Listener::bind("127.0.0.1:0".parse().unwrap(), &[key(b"old")], None) {
            Ok(listener) => listener.start(to, &tracker, &token),
            Err(e) => return eprintln!("SKIPPED: this kernel has no TCP MD5: {e}"),
        };
        let address = handle.address;
        let connect = async |octets: &[u8]| {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind((peer, 0).into()).unwrap();
            sockopt::set_md5_key(&socket, address.ip(), None, octets).unwrap();
            // With a wrong key nothing is answered: the bound is of the failing case only.
            tokio::time::timeout(Duration::from_millis(300), socket.connect(address)).await
        };
        handle.rekey(vec![key(b"new")], None).unwrap();
        assert!(connect(b"old").await.is_err());
        assert!(connect(b"new").await.unwrap().is_ok());
        accepted.recv().await.unwrap();
        handle.rekey(Vec::new(), None).unwrap();
        assert!(connect(b"").await.unwrap().is_ok());
        accepted.recv().await.unwrap();
    }

    #[tokio::test]
    async fn a_taken_address_is_said() {
        let first = Listener::bind("127.0.0.1:0".parse().unwrap(), &[], None).unwrap();
        let error = Listener::bind(first.address(), &[], None).unwrap_err().to_string();
        assert!(error.contains("another program listens there"), "{error}");
    }
}
