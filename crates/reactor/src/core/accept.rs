//! Incoming connections and whose they are.

use std::net::IpAddr;
use std::sync::Arc;

use bgp_wire::Notification;
use config::model::Neighbor;
use route_text::PeerName;
use tracing::{info, warn};

use super::Reactor;
use crate::listener::Accepted;
use crate::peer::ToPeer;

impl Reactor {
    /// Gives a connection to the peer it comes from.
    pub(super) fn accept(&mut self, accepted: Accepted) {
        if self.shutdown.is_some() {
            return;
        }
        let (from, to) = (accepted.from.ip().to_canonical(), accepted.to.ip().to_canonical());
        if let Some(peer) = self.peers.at(from, to) {
            if peer.commands.try_send(ToPeer::Accept(accepted.stream)).is_err() {
                // Its queue is full of commands; the peer will try again.
                warn!(target: "network", "a connection from {from} comes too soon after others and is closed");
            }
            return;
        }
        let ranges: Vec<Arc<Neighbor>> = self
            .config
            .neighbors
            .iter()
            .filter(|n| covers(n, from, to))
            .map(|n| Arc::new(n.clone()))
            .collect();
        match &*ranges {
            [range] if self.is_full(range) => {
                refuse(&accepted, 8, "the range has as many peers as it may have");
            }
            [range] => self.generate(range, from, to, accepted),
            [] => refuse(&accepted, 3, "no session configured for the peer"),
            _ => refuse(&accepted, 5, "could not accept the connection (more than one neighbor match)"),
        }
    }

    /// Whether a range has all the neighbors that it may have; those that are about to go do not count.
    fn is_full(&self, range: &Neighbor) -> bool {
        let Some(limit) = range.range_limit else { return false };
        let made = self.peers.iter().filter(|peer| peer.range.as_ref() == Some(&range.name)).count();
        u32::try_from(made).is_ok_and(|made| made >= limit.get())
    }

    /// Makes a neighbor for a connection from a range; it lives as long as its session.
    fn generate(&mut self, range: &Neighbor, from: IpAddr, to: IpAddr, accepted: Accepted) {
        let mut neighbor = range.clone();
        let router_id = range.name.router_id.or(match to {
            IpAddr::V4(v4) => Some(v4),
            IpAddr::V6(_) => None,
        });
        neighbor.name =
            PeerName { peer: from, range: None, local: Some(to), router_id, ..range.name.clone() };
        neighbor.passive = true;
        info!(target: "network", "{} is made for a connection from its range", neighbor.name);
        match self.add_peer(Arc::new(neighbor), range.name.clone()) {
            Ok(id) => {
                if let Some(peer) = self.peers.get(id) {
                    let _ = peer.commands.try_send(ToPeer::Accept(accepted.stream));
                }
            }
            Err(e) => warn!(target: "network", "a connection from {from} is closed: {e}"),
        }
    }
}

/// Whether a neighbor is a range that `from` is in. A range starts at the address that is written.
fn covers(neighbor: &Neighbor, from: IpAddr, to: IpAddr) -> bool {
    let name = &neighbor.name;
    let Some(length) = name.range else { return false };
    if name.local.is_some_and(|local| local != to) {
        return false;
    }
    match (name.peer, from) {
        (IpAddr::V4(first), IpAddr::V4(from)) => {
            let size = 1u64.checked_shl(32u32.saturating_sub(length.into())).unwrap_or(u64::MAX);
            let (first, from) = (u64::from(first.to_bits()), u64::from(from.to_bits()));
            from >= first && from.saturating_sub(first) < size
        }
        (IpAddr::V6(first), IpAddr::V6(from)) => {
            let size = 1u128.checked_shl(128u32.saturating_sub(length.into())).unwrap_or(u128::MAX);
            let (first, from) = (first.to_bits(), from.to_bits());
            from >= first && from.saturating_sub(first) < size
        }
        _ => false,
    }
}

/// Closes a connection that nobody wants, with a Cease as far as the socket takes it at once.
fn refuse(accepted: &Accepted, subcode: u8, text: &'static str) {
    warn!(target: "network", "a connection from {} to {} is refused: {text}", accepted.from, accepted.to);
    let mut message = Vec::new();
    Notification::with_data(6, subcode, text).encode(&mut message);
    let _ = accepted.stream.try_write(&message);
}
