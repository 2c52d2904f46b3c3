//! Socket options that no crate offers: TCP MD5 keys (RFC 2385), TCP-AO keys (RFC 5925) and minimum TTL (RFC 5082).
//!
//! The only `unsafe` of the workspace is the `setsockopt` call below. Failures are always reported: a session whose
//! key could not be set would otherwise come up without authentication.
#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "setsockopt with structs that libc does not have")
)]

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd as _};

/// Longest key that TCP MD5 takes, in octets (`TCP_MD5SIG_MAXKEYLEN`).
pub const MD5_KEY_MAX: usize = 80;

/// `struct tcp_md5sig` of `linux/tcp.h`.
#[cfg(target_os = "linux")]
#[repr(C)]
struct TcpMd5Sig {
    address: libc::sockaddr_storage,
    flags: u8,
    prefix_length: u8,
    key_length: u16,
    interface: libc::c_int,
    key: [u8; MD5_KEY_MAX],
}

/// `TCP_MD5SIG_FLAG_PREFIX` of `linux/tcp.h`.
#[cfg(target_os = "linux")]
const FLAG_PREFIX: u8 = 1;

/// Sets the TCP MD5 key for segments to and from `peer` (all of `peer`/`prefix_length` when given). An empty key
/// removes it. Works on listening and on not yet connected sockets.
///
/// # Errors
/// What the kernel answers, or `InvalidInput` for a key over [`MD5_KEY_MAX`] octets.
#[cfg(target_os = "linux")]
pub fn set_md5_key(
    socket: &impl AsFd,
    peer: IpAddr,
    prefix_length: Option<u8>,
    key: &[u8],
) -> io::Result<()> {
    if key.len() > MD5_KEY_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a TCP MD5 key has 80 octets at most"));
    }
    let address = socket2::SockAddr::from(std::net::SocketAddr::new(peer, 0));
    // SAFETY: a zeroed `tcp_md5sig` is a valid value: integers and arrays only.
    let mut option: TcpMd5Sig = unsafe { std::mem::zeroed() };
    // SAFETY: `SockAddr` holds a `sockaddr_storage`; both are plain data of the same layout.
    option.address = unsafe { std::ptr::read(address.as_ptr().cast()) };
    option.key_length = u16::try_from(key.len()).unwrap_or(0);
    if let Some(place) = option.key.get_mut(..key.len()) {
        place.copy_from_slice(key);
    }
    let name = match prefix_length {
        None => libc::TCP_MD5SIG,
        Some(length) => {
            option.flags = FLAG_PREFIX;
            option.prefix_length = length;
            libc::TCP_MD5SIG_EXT
        }
    };
    let done = set(socket, libc::IPPROTO_TCP, name, &option);
    match done {
        // Removing a key that was never set is no failure.
        Err(e) if key.is_empty() && e.raw_os_error() == Some(libc::ENOENT) => Ok(()),
        other => other,
    }
}

/// Without TCP MD5 in the kernel the request is refused rather than ignored.
#[cfg(not(target_os = "linux"))]
pub fn set_md5_key(_: &impl AsFd, _: IpAddr, _: Option<u8>, _: &[u8]) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "TCP MD5 keys can't be set on this system"))
}

/// `struct tcp_ao_add` of `linux/tcp.h`.
#[cfg(target_os = "linux")]
#[repr(C, align(8))]
struct TcpAoAdd {
    address: libc::sockaddr_storage,
    algorithm: [u8; 64],
    interface: i32,
    /// Bits: use the key for sending at once, ask the peer to use it at once.
    flags: u32,
    reserved: u16,
    prefix_length: u8,
    send_id: u8,
    receive_id: u8,
    mac_length: u8,
    key_flags: u8,
    key_length: u8,
    key: [u8; AO_KEY_MAX],
}

/// `struct tcp_ao_del` of `linux/tcp.h`.
#[cfg(target_os = "linux")]
#[repr(C, align(8))]
struct TcpAoDel {
    address: libc::sockaddr_storage,
    interface: i32,
    flags: u32,
    reserved: u16,
    prefix_length: u8,
    send_id: u8,
    receive_id: u8,
    current: u8,
    next: u8,
    key_flags: u8,
}

/// `TCP_AO_ADD_KEY` and `TCP_AO_DEL_KEY` of `linux/tcp.h`.
#[cfg(target_os = "linux")]
const AO_ADD: libc::c_int = 38;
#[cfg(target_os = "linux")]
const AO_DEL: libc::c_int = 39;

/// Longest key that TCP-AO takes, in octets (`TCP_AO_MAXKEYLEN`).
pub const AO_KEY_MAX: usize = 80;

/// A TCP-AO key (RFC 5925): one number for both directions.
#[derive(Clone, Copy, Debug)]
pub struct AoKey<'a> {
    /// `SendID` and `RecvID`.
    pub id: u8,
    /// The kernel's name of the algorithm, as in `hmac(sha1)`.
    pub algorithm: &'static str,
    /// The key.
    pub key: &'a [u8],
}

/// Octets of a whole address.
#[cfg(target_os = "linux")]
const fn whole(peer: IpAddr) -> u8 {
    if peer.is_ipv6() { 128 } else { 32 }
}

/// An address without port.
#[cfg(target_os = "linux")]
fn storage(peer: IpAddr) -> libc::sockaddr_storage {
    let address = socket2::SockAddr::from(std::net::SocketAddr::new(peer, 0));
    // SAFETY: `SockAddr` holds a `sockaddr_storage`; both are plain data of the same layout.
    unsafe { std::ptr::read(address.as_ptr().cast()) }
}

/// Says of a kernel without TCP-AO what it lacks.
#[cfg(target_os = "linux")]
fn explain(e: io::Error) -> io::Error {
    match e.raw_os_error() {
        Some(libc::ENOPROTOOPT) => io::Error::new(
            io::ErrorKind::Unsupported,
            "this kernel has no TCP-AO: Linux has it from 6.7 on, built with CONFIG_TCP_AO",
        ),
        _ => e,
    }
}

/// Adds the TCP-AO key for segments to and from `peer` (all of `peer`/`prefix_length` when given). Works on listening
/// and on not yet connected sockets.
///
/// # Errors
/// What the kernel answers, `InvalidInput` for a key over [`AO_KEY_MAX`] octets, `Unsupported` where the kernel has no
/// TCP-AO.
#[cfg(target_os = "linux")]
pub fn add_ao_key(
    socket: &impl AsFd,
    peer: IpAddr,
    prefix_length: Option<u8>,
    key: AoKey<'_>,
) -> io::Result<()> {
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "a TCP-AO key has 80 octets at most");
    let mut option = TcpAoAdd {
        address: storage(peer),
        algorithm: [0; 64],
        interface: 0,
        flags: 0,
        reserved: 0,
        prefix_length: prefix_length.unwrap_or_else(|| whole(peer)),
        send_id: key.id,
        receive_id: key.id,
        // The kernel's default: 96 bits (RFC 5926 section 3.2).
        mac_length: 0,
        key_flags: 0,
        key_length: u8::try_from(key.key.len()).map_err(|_| too_long())?,
        key: [0; AO_KEY_MAX],
    };
    option.key.get_mut(..key.key.len()).ok_or_else(too_long)?.copy_from_slice(key.key);
    if let Some(place) = option.algorithm.get_mut(..key.algorithm.len()) {
        place.copy_from_slice(key.algorithm.as_bytes());
    }
    set(socket, libc::IPPROTO_TCP, AO_ADD, &option).map_err(explain)
}

/// Removes a key of [`add_ao_key`] from a listening socket. One that is not there is no failure.
///
/// # Errors
/// What the kernel answers.
#[cfg(target_os = "linux")]
pub fn remove_ao_key(socket: &impl AsFd, peer: IpAddr, prefix_length: Option<u8>, id: u8) -> io::Result<()> {
    let option = TcpAoDel {
        address: storage(peer),
        interface: 0,
        flags: 0,
        reserved: 0,
        prefix_length: prefix_length.unwrap_or_else(|| whole(peer)),
        send_id: id,
        receive_id: id,
        current: 0,
        next: 0,
        key_flags: 0,
    };
    match set(socket, libc::IPPROTO_TCP, AO_DEL, &option) {
        Err(e) if e.raw_os_error() == Some(libc::ENOENT) => Ok(()),
        other => other.map_err(explain),
    }
}

/// Without TCP-AO in the kernel the request is refused rather than ignored.
#[cfg(not(target_os = "linux"))]
pub fn add_ao_key(_: &impl AsFd, _: IpAddr, _: Option<u8>, _: AoKey<'_>) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "TCP-AO keys can't be set on this system"))
}

/// There is none.
#[cfg(not(target_os = "linux"))]
pub fn remove_ao_key(_: &impl AsFd, _: IpAddr, _: Option<u8>, _: u8) -> io::Result<()> {
    Ok(())
}

/// Has the kernel drop segments that arrive with a smaller TTL or hop limit (generalised TTL security, RFC 5082).
///
/// # Errors
/// What the kernel answers.
#[cfg(target_os = "linux")]
pub fn set_min_ttl(socket: &impl AsFd, ipv6: bool, ttl: u8) -> io::Result<()> {
    let value = libc::c_int::from(ttl);
    if ipv6 {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_MINHOPCOUNT, &value)
    } else {
        set(socket, libc::IPPROTO_IP, libc::IP_MINTTL, &value)
    }
}

/// Without the option in the kernel the request is refused rather than ignored.
#[cfg(not(target_os = "linux"))]
pub fn set_min_ttl(_: &impl AsFd, _: bool, _: u8) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "a minimum TTL can't be set on this system"))
}

#[cfg(target_os = "linux")]
fn set<T>(socket: &impl AsFd, level: libc::c_int, name: libc::c_int, value: &T) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<T>())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "the option is too large"))?;
    // SAFETY: the pointer and the length describe `value`, which lives until the call returns; the kernel only reads.
    let result = unsafe {
        libc::setsockopt(socket.as_fd().as_raw_fd(), level, name, std::ptr::from_ref(value).cast(), length)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};

    #[test]
    fn a_key_is_set_and_removed_or_the_failure_is_said() {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let peer = "127.0.0.1".parse().unwrap();
        match set_md5_key(&socket, peer, None, b"secret") {
            Ok(()) => set_md5_key(&socket, peer, None, b"").unwrap(),
            // Kernels built without CONFIG_TCP_MD5SIG say so.
            Err(e) => assert!(matches!(e.raw_os_error(), Some(libc::ENOPROTOOPT | libc::EPERM)), "{e}"),
        }
        let long = set_md5_key(&socket, peer, None, &[0; MD5_KEY_MAX + 1]).unwrap_err();
        assert_eq!(long.kind(), io::ErrorKind::InvalidInput);
    }

    /// Whether the kernel has TCP-AO; a test that needs it says aloud that it is skipped.
    fn has_ao(socket: &Socket, peer: IpAddr, key: AoKey<'_>) -> bool {
        match add_ao_key(socket, peer, None, key) {
            Ok(()) => true,
            Err(e) if e.kind() == io::ErrorKind::Unsupported => {
                eprintln!("SKIPPED: {e}");
                false
            }
            Err(e) => panic!("{e}"),
        }
    }

    #[test]
    fn a_tcp_ao_key_is_added_and_removed_or_the_kernel_has_none() {
        assert_eq!((size_of::<TcpAoAdd>(), size_of::<TcpAoDel>()), (288, 144));
        let peer = "127.0.0.1".parse().unwrap();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let long = AoKey { id: 1, algorithm: "hmac(sha1)", key: &[0; AO_KEY_MAX + 1] };
        assert_eq!(add_ao_key(&socket, peer, None, long).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let key = AoKey { key: b"secret", ..long };
        if has_ao(&socket, peer, key) {
            let again = add_ao_key(&socket, peer, None, key).unwrap_err();
            assert_eq!(again.raw_os_error(), Some(libc::EEXIST));
            for algorithm in ["cmac(aes128)", "hmac(sha256)"] {
                let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
                add_ao_key(&socket, peer, None, AoKey { algorithm, ..key }).unwrap();
                remove_ao_key(&socket, peer, None, 1).unwrap();
                remove_ao_key(&socket, peer, None, 1).unwrap();
            }
        }
    }

    #[test]
    fn a_minimum_ttl_is_set() {
        let v4 = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        set_min_ttl(&v4, false, 255).unwrap();
        let v6 = Socket::new(Domain::IPV6, Type::STREAM, None).unwrap();
        set_min_ttl(&v6, true, 255).unwrap();
    }
}
