//! Neighbors, and what a session with one is made from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use bgp_wire::cap::{
    self, RawCapability, add_path::Direction, graceful_restart::GracefulRestart,
    long_lived_restart::LongLivedFamily, role::Role,
};
use bgp_wire::msg::Operational;
use bgp_wire::{Afi, Asn, Family, Safi};
use route_text::PeerName;

use crate::model::{Api, RouteSet, StaticRoute, TcpAo};
use crate::secret::Secret;

/// A neighbor, or a range of them.
#[derive(Clone, Debug)]
pub struct Neighbor {
    /// Its name and key; holds the addresses, AS numbers and router identifier.
    pub name: PeerName,
    /// For people; empty when not given.
    pub description: String,
    /// Hold time in seconds that we propose; 0 for none (RFC 4271 section 4.2).
    pub hold_time: u16,
    /// Seconds that the peer may refuse to read before the session ends (RFC 9687); 0 for ever. Without a value, the
    /// greater of 8 minutes and twice the hold time, as the RFC recommends.
    pub send_hold_time: Option<u16>,
    /// Never connect out.
    pub passive: bool,
    /// Port of a listener of its own.
    pub listen: Option<u16>,
    /// Port to connect to.
    pub connect: u16,
    /// TTL of what we send.
    pub outgoing_ttl: Option<u8>,
    /// Least TTL of what we accept (RFC 5082).
    pub incoming_ttl: Option<u8>,
    /// Key of TCP MD5 (RFC 2385).
    pub md5: Option<Secret>,
    /// Key of TCP-AO (RFC 5925).
    pub tcp_ao: Option<TcpAo>,
    /// Address to bind to, for connections and for the neighbor's own listener; `md5-ip`, else `local-address`.
    pub bind: Option<IpAddr>,
    /// Interface to bind outgoing connections to.
    pub source_interface: Option<String>,
    /// Put routes with the same attributes into one UPDATE.
    pub group_updates: bool,
    /// Accepted from ExaBGP's language, without effect there too.
    pub auto_flush: bool,
    /// Keep what the peer announces.
    pub adj_rib_in: bool,
    /// Keep what we announce, for route refresh and for the next session.
    pub adj_rib_out: bool,
    /// Leave End-of-RIB to the helpers.
    pub manual_eor: bool,
    /// Messages a second.
    pub rate_limit: Option<NonZeroU32>,
    /// Of a range: neighbors that there may be of it at a time.
    pub range_limit: Option<NonZeroU32>,
    /// For the host name capability.
    pub host_name: Option<String>,
    /// For the host name capability.
    pub domain_name: Option<String>,
    /// Our link-local address, for next hops.
    pub local_link_local: Option<Ipv6Addr>,
    /// OPERATIONAL messages that a session begins with.
    pub operational: Vec<Arc<Operational>>,
    /// Families to offer, in the order of the OPEN.
    pub families: Vec<Family>,
    /// Capabilities to offer.
    pub capability: Capability,
    /// Helpers.
    pub api: Api,
    /// Static routes; sets that come from a template are shared between neighbors.
    pub routes: Vec<Arc<RouteSet>>,
}

/// What to offer in the OPEN, beside the families.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capability {
    /// Four-octet AS numbers (RFC 6793).
    pub asn4: bool,
    /// Messages of 65,535 octets (RFC 8654).
    pub extended_message: bool,
    /// Restart time in seconds (RFC 4724).
    pub graceful_restart: Option<u16>,
    /// Seconds that the peer is asked to keep our routes after that (RFC 9494).
    pub long_lived_graceful_restart: Option<u32>,
    /// Several paths to one prefix (RFC 7911).
    pub add_path: AddPath,
    /// Families that `add_path` is for.
    pub add_path_families: Vec<Family>,
    /// Most paths to one prefix that we take (draft-abraitis-idr-addpath-paths-limit).
    pub paths_limits: Vec<(Family, u16)>,
    /// Route refresh, plain (RFC 2918) and enhanced (RFC 7313).
    pub route_refresh: bool,
    /// Next hops of the other address family (RFC 8950): the family and the next hop's AFI. Empty for none.
    pub next_hop: Vec<(Family, Afi)>,
    /// AIGP may be sent and is accepted (RFC 7311); not part of the OPEN.
    pub aigp: bool,
    /// Name and version of this program.
    pub software_version: bool,
    /// What we are to the peer (RFC 9234).
    pub role: Option<Role>,
    /// A peer that does not say its role is refused.
    pub role_strict: bool,
    /// OPERATIONAL messages (draft-ietf-idr-operational-message).
    pub operational: bool,
    /// Offered, and demanded of the peer; all families stay on one session.
    pub multi_session: bool,
    /// Link-local next hops (draft-ietf-idr-linklocal-capability).
    pub link_local_nexthop: bool,
    /// The link-local next hop goes without the global one.
    pub link_local_prefer: bool,
}

/// Directions of ADD-PATH.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum AddPath {
    /// Not offered.
    #[default]
    Disabled,
    /// We send several paths.
    Send,
    /// We accept several paths.
    Receive,
    /// Both.
    Both,
}

impl Neighbor {
    /// The static routes of all its sets.
    pub fn static_routes(&self) -> impl Iterator<Item = &StaticRoute> {
        self.routes.iter().flat_map(|set| set.routes())
    }

    /// The capabilities of our OPEN, in the order of ExaBGP's.
    ///
    /// `local_as` is the session's: with an automatic one, the peer's. `restarting` is the Restart State bit of
    /// RFC 4724: set on the first OPEN after the daemon's start. `version` is what software-version shows.
    pub fn capabilities(&self, local_as: Asn, restarting: bool, version: &str) -> Vec<RawCapability> {
        let wanted = &self.capability;
        let mut all: Vec<RawCapability> =
            self.families.iter().map(|f| cap::multiprotocol::encode(*f)).collect();
        if wanted.asn4 {
            all.push(cap::asn4::encode(local_as));
        }
        if !wanted.next_hop.is_empty() {
            all.push(cap::nexthop::encode(&wanted.next_hop));
        }
        let direction = match wanted.add_path {
            AddPath::Disabled => None,
            AddPath::Send => Some(Direction::Send),
            AddPath::Receive => Some(Direction::Receive),
            AddPath::Both => Some(Direction::Both),
        };
        if let (Some(direction), false) = (direction, wanted.add_path_families.is_empty()) {
            let entries: Vec<_> = wanted.add_path_families.iter().map(|f| (*f, direction)).collect();
            all.push(cap::add_path::encode(&entries));
            if !wanted.paths_limits.is_empty() {
                all.push(cap::paths_limit::encode(&wanted.paths_limits));
            }
        }
        if let Some(time) = wanted.graceful_restart {
            let families = self.families.iter().map(|f| (*f, true)).collect();
            all.push(GracefulRestart { restarting, notification: false, time, families }.encode());
            if let Some(time) = wanted.long_lived_graceful_restart {
                let kept = |family: &Family| LongLivedFamily { family: *family, forwarding: true, time };
                let families: Vec<_> = self.families.iter().map(kept).collect();
                all.push(cap::long_lived_restart::encode(&families));
            }
        }
        if wanted.route_refresh {
            all.push(cap::route_refresh::encode());
            all.push(cap::enhanced_refresh::encode());
        }
        if wanted.operational {
            all.push(cap::operational::encode());
        }
        if wanted.extended_message {
            all.push(cap::extended_message::encode());
        }
        if self.host_name.is_some() || self.domain_name.is_some() {
            let text = |name: &Option<String>| name.clone().unwrap_or_default();
            all.push(cap::hostname::encode(&text(&self.host_name), &text(&self.domain_name)));
        }
        if wanted.software_version {
            all.push(cap::software_version::encode(version));
        }
        if wanted.link_local_nexthop {
            all.push(cap::link_local::encode());
        }
        if let Some(role) = wanted.role {
            all.push(cap::role::encode(role));
        }
        if wanted.multi_session {
            all.extend(cap::multisession::encode());
        }
        all
    }

    /// What "next-hop self" means on a session with our address `local`: for IPv4 routes and for IPv6 routes. An
    /// IPv4 route over an IPv6 session gets the router identifier; an IPv6 route over an IPv4 session has none.
    pub fn self_addresses(&self, local: IpAddr) -> (Option<Ipv4Addr>, Option<Ipv6Addr>) {
        match local {
            IpAddr::V4(v4) => (Some(v4), None),
            IpAddr::V6(v6) => (self.name.router_id, Some(v6)),
        }
    }

    /// Families that ADD-PATH can be offered for (unicast and labelled ones, as ExaBGP does).
    pub(crate) fn takes_add_path(family: Family) -> bool {
        matches!(family.afi, Afi::IPV4 | Afi::IPV6)
            && matches!(family.safi, Safi::UNICAST | Safi::NLRI_MPLS | Safi::MPLS_VPN | Safi::MUP)
    }

    /// Families whose next hop may be of the other address family (RFC 8950 section 4).
    pub(crate) fn takes_other_next_hop(family: Family) -> bool {
        family.afi == Afi::IPV4
            && matches!(family.safi, Safi::UNICAST | Safi::MULTICAST | Safi::NLRI_MPLS | Safi::MPLS_VPN)
    }
}
