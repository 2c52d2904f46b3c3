//! Outgoing connections: every option is set before the first SYN leaves, and a failed one fails the connection.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpSocket, TcpStream};

use crate::sockopt;

/// How to reach one neighbor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The neighbor's address.
    pub peer: IpAddr,
    /// TCP port to connect to.
    pub port: u16,
    /// Source address; `None` leaves the choice to the kernel.
    pub local: Option<IpAddr>,
    /// Interface to bind to (`SO_BINDTODEVICE`).
    pub interface: Option<String>,
    /// TTL or hop limit of what we send.
    pub ttl: Option<u8>,
    /// Least TTL or hop limit accepted (RFC 5082).
    pub min_ttl: Option<u8>,
    /// What segments are authenticated with; never printed.
    pub auth: Option<Auth>,
}

/// What the segments of a connection are authenticated with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// TCP MD5 (RFC 2385).
    Md5(Key),
    /// TCP-AO (RFC 5925).
    Ao {
        /// Number of the key, in both directions.
        id: u8,
        /// The kernel's name of the algorithm.
        algorithm: &'static str,
        /// The key.
        key: Key,
    },
}

impl Auth {
    /// What configurations call it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Md5(_) => "md5-password",
            Self::Ao { .. } => "tcp-ao",
        }
    }

    /// Has a socket use it for a peer, or for the peers of a prefix.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn set(
        &self,
        socket: &impl std::os::fd::AsFd,
        peer: IpAddr,
        prefix_length: Option<u8>,
    ) -> io::Result<()> {
        match self {
            Self::Md5(key) => sockopt::set_md5_key(socket, peer, prefix_length, &key.0),
            Self::Ao { id, algorithm, key } => {
                let key = sockopt::AoKey { id: *id, algorithm, key: &key.0 };
                sockopt::add_ao_key(socket, peer, prefix_length, key)
            }
        }
    }

    /// Takes it from a listening socket.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn remove(
        &self,
        socket: &impl std::os::fd::AsFd,
        peer: IpAddr,
        prefix_length: Option<u8>,
    ) -> io::Result<()> {
        match self {
            Self::Md5(_) => sockopt::set_md5_key(socket, peer, prefix_length, &[]),
            Self::Ao { id, .. } => sockopt::remove_ao_key(socket, peer, prefix_length, *id),
        }
    }

    /// Whether the kernel can do it, found out with a socket that is never used.
    ///
    /// # Errors
    /// What the kernel answers, with the neighbor.
    pub fn check(&self, peer: IpAddr, prefix_length: Option<u8>) -> io::Result<()> {
        let domain = if peer.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 };
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        self.set(&socket, peer, prefix_length).map_err(|e| {
            io::Error::new(e.kind(), format!("the {} of neighbor {peer} can't be used: {e}", self.name()))
        })
    }
}

/// A secret that doesn't print.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(pub Vec<u8>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

/// A failure with the step that failed.
fn step(what: &'static str) -> impl Fn(io::Error) -> io::Error {
    move |e| io::Error::new(e.kind(), format!("{what}: {e}"))
}

/// Connects to a neighbor. Cancel-safe: dropping the future closes the socket.
///
/// # Errors
/// The step that failed and what the kernel answered.
pub async fn connect(endpoint: &Endpoint) -> io::Result<TcpStream> {
    let ipv6 = endpoint.peer.is_ipv6();
    let domain = if ipv6 { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP)).map_err(step("socket"))?;
    socket.set_nonblocking(true).map_err(step("non-blocking mode"))?;
    if let Some(interface) = &endpoint.interface {
        socket.bind_device(Some(interface.as_bytes())).map_err(step("source-interface"))?;
    }
    if let Some(auth) = &endpoint.auth {
        auth.set(&socket, endpoint.peer, None).map_err(step(auth.name()))?;
    }
    tune(&socket, ipv6, endpoint.ttl, endpoint.min_ttl)?;
    if let Some(local) = endpoint.local {
        socket.set_reuse_address(true).map_err(step("address reuse"))?;
        socket.bind(&SocketAddr::new(local, 0).into()).map_err(step("local-address"))?;
    }
    let socket = TcpSocket::from_std_stream(socket.into());
    socket.connect(SocketAddr::new(endpoint.peer, endpoint.port)).await
}

/// Options of an established connection, in both directions.
///
/// # Errors
/// The step that failed and what the kernel answered.
pub fn tune(
    socket: &impl std::os::fd::AsFd,
    ipv6: bool,
    ttl: Option<u8>,
    min_ttl: Option<u8>,
) -> io::Result<()> {
    let socket = socket2::SockRef::from(socket);
    // KEEPALIVE and small UPDATEs must not wait for a segment to fill.
    socket.set_tcp_nodelay(true).map_err(step("TCP_NODELAY"))?;
    if let Some(ttl) = ttl {
        let done = if ipv6 { socket.set_unicast_hops_v6(ttl.into()) } else { socket.set_ttl_v4(ttl.into()) };
        done.map_err(step("outgoing-ttl"))?;
    }
    if let Some(ttl) = min_ttl {
        sockopt::set_min_ttl(&*socket, ipv6, ttl).map_err(step("incoming-ttl"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(port: u16) -> Endpoint {
        let local = Some("127.0.0.9".parse().unwrap());
        let peer = "127.0.0.1".parse().unwrap();
        Endpoint { peer, port, local, interface: None, ttl: Some(7), min_ttl: Some(1), auth: None }
    }

    #[tokio::test]
    async fn the_source_address_is_the_configured_one() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = connect(&endpoint(listener.local_addr().unwrap().port())).await.unwrap();
        let (_, from) = listener.accept().await.unwrap();
        assert_eq!(from.ip().to_string(), "127.0.0.9");
        assert_eq!(stream.ttl().unwrap(), 7);
    }

    #[tokio::test]
    async fn a_failed_option_fails_the_connection_and_says_which() {
        let interface = Some("no-such-interface".to_owned());
        let error = connect(&Endpoint { interface, ..endpoint(1) }).await.unwrap_err();
        assert!(error.to_string().starts_with("source-interface: "), "{error}");
        let local = Some("192.0.2.1".parse().unwrap());
        let error = connect(&Endpoint { local, ..endpoint(1) }).await.unwrap_err();
        assert!(error.to_string().starts_with("local-address: "), "{error}");
    }

    /// Both ends with one key, where the kernel has TCP-AO; else what is said instead of a connection without it.
    #[tokio::test]
    async fn tcp_ao_is_used_or_refused() {
        let key = |key: &[u8]| Auth::Ao { id: 7, algorithm: "hmac(sha1)", key: Key(key.to_vec()) };
        let local: IpAddr = "127.0.0.9".parse().unwrap();
        if let Err(e) = key(b"secret").check(local, None) {
            eprintln!("SKIPPED, the refusal aside: {e}");
            assert!(e.to_string().starts_with("the tcp-ao of neighbor 127.0.0.9 can't be used: "), "{e}");
            let auth = Some(key(b"secret"));
            let error = connect(&Endpoint { auth, ..endpoint(1) }).await.unwrap_err().to_string();
            assert!(error.starts_with("tcp-ao: this kernel has no TCP-AO"), "{error}");
            return;
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        key(b"secret").set(&listener, local, None).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let auth = Some(key(b"secret"));
        connect(&Endpoint { auth, ..endpoint(listener.local_addr().unwrap().port()) }).await.unwrap();
        listener.accept().await.unwrap();
    }

    #[test]
    fn keys_do_not_print() {
        assert_eq!(format!("{:?}", Key(b"hunter2".to_vec())), "<secret>");
    }
}
