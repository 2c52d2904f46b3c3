//! `show neighbor`: from what the caller knows of each neighbor to lines.

mod json;
mod text;

use std::net::{IpAddr, Ipv4Addr};

use bgp_wire::{Asn, Family};

pub use json::json;
pub use text::{extensive, summary, summary_header};

/// What `show neighbor` without a choice of form tells.
pub const CHOICES: &[u8] = b"please specify summary, extensive or configuration\n\
                             you can filter by peer ip address adding it after the word neighbor\n";

/// Everything about one neighbor. What only a session can tell is none while there is none.
#[derive(Clone, Debug)]
pub struct NeighborView {
    /// The peer's address.
    pub peer: IpAddr,
    /// Our address; none while the kernel has not chosen it.
    pub local: Option<IpAddr>,
    /// RFC 4271 name of the state, in capitals.
    pub state: &'static str,
    /// Seconds since the session came up, or since it went down; none if it never was up.
    pub since: Option<u64>,
    /// Whether the session is Established.
    pub up: bool,
    /// AS numbers.
    pub asn: Sides<Option<Asn>>,
    /// Router identifiers.
    pub router_id: Sides<Option<Ipv4Addr>>,
    /// Hold times in seconds.
    pub hold_time: Sides<Option<u16>>,
    /// Capabilities, in the order of [`CAPABILITIES`].
    pub capabilities: [Sides<Option<bool>>; 7],
    /// Families that either side has.
    pub families: Vec<FamilyView>,
    /// Messages counted since the session came up, in the order of [`MESSAGES`].
    pub messages: [Messages; 5],
    /// The neighbor as it stands in the configuration; whole lines.
    pub configuration: String,
}

/// Ours and the peer's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sides<T> {
    /// Ours.
    pub local: T,
    /// The peer's.
    pub peer: T,
}

/// One family of a neighbor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FamilyView {
    /// Which.
    pub family: Family,
    /// Who has it.
    pub offered: Sides<Option<bool>>,
    /// Who wants to send or receive several paths of it.
    pub add_path: Sides<Option<bool>>,
    /// What came of it: several paths are sent, received.
    pub paths: Paths,
}

/// ADD-PATH as agreed on for one family (RFC 7911).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Paths {
    /// We send several paths.
    pub send: bool,
    /// We receive several paths.
    pub receive: bool,
}

impl Paths {
    const fn name(self) -> &'static str {
        match (self.send, self.receive) {
            (true, true) => "send/receive",
            (true, false) => "send",
            (false, true) => "receive",
            (false, false) => "disabled",
        }
    }
}

/// Messages of one type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Messages {
    /// To the peer.
    pub sent: u64,
    /// From the peer.
    pub received: u64,
}

/// Names of [`NeighborView::capabilities`].
pub const CAPABILITIES: [&str; 7] = [
    "asn4",
    "route-refresh",
    "multi-session",
    "operational",
    "add-path",
    "extended-message",
    "graceful-restart",
];

/// Names of [`NeighborView::messages`].
pub const MESSAGES: [&str; 5] = ["open", "notification", "keepalive", "update", "refresh"];

/// Position of `update` in [`MESSAGES`].
const UPDATE: usize = 3;

impl NeighborView {
    /// All messages.
    fn total(&self) -> Messages {
        self.messages.iter().fold(Messages::default(), |a, b| Messages {
            sent: a.sent.saturating_add(b.sent),
            received: a.received.saturating_add(b.received),
        })
    }
}

#[cfg(test)]
mod tests;
