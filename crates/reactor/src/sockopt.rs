//! Socket options that no crate offers: TCP MD5 keys (RFC 2385) and minimum TTL (RFC 5082).
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

    #[test]
    fn a_minimum_ttl_is_set() {
        let v4 = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        set_min_ttl(&v4, false, 255).unwrap();
        let v6 = Socket::new(Domain::IPV6, Type::STREAM, None).unwrap();
        set_min_ttl(&v6, true, 255).unwrap();
    }
}
