//! What all workloads and the endurance tests share.

use super::{peer::Spec, toml::PEER_AS};
use crate::open::OpenSpec;
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr};

/// What one run gave.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Figures {
    /// Seconds from the first octet written to the last route arrived.
    pub wall: f64,
    /// CPU seconds of the daemon in that time, at a resolution of 10 ms.
    pub cpu: f64,
    /// Largest resident memory of the daemon in octets.
    pub peak_rss: u64,
    /// Resident memory when the sessions were up and no route was there yet.
    pub idle_rss: u64,
    /// Resident memory at the end, where that is of interest.
    pub end_rss: Option<u64>,
    /// UPDATE messages on the wire, JSON lines, announcements timed, or context switches.
    pub messages: u64,
    /// Milliseconds: median, 99th percentile, longest.
    pub latency: Option<[f64; 3]>,
}

/// An exact peer at 127.0.0.`n` that expects `count` routes.
pub fn spec(n: u8, count: u32, keep: bool) -> Spec {
    let ip = Ipv4Addr::new(127, 0, 0, n);
    Spec {
        ip: IpAddr::from(ip),
        open: OpenSpec::new(PEER_AS, ip),
        count,
        keep,
        receive_buffer: None,
        urgent: false,
    }
}
