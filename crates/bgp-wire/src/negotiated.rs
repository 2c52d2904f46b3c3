//! What two OPENs agree on: derived once when a session comes up, then only read.

use crate::cap::add_path::{self, Direction};
use crate::cap::graceful_restart::GracefulRestart;
use crate::cap::long_lived_restart::{self, LongLivedFamily};
use crate::cap::multisession;
use crate::cap::nexthop;
use crate::cap::paths_limit;
use crate::cap::role::{self, Role};
use crate::code::{Afi, Asn, CapCode};
use crate::ctx::{DecodeCtx, EncodeCtx, PeerKind};
use crate::emit::{Emit, Spacing};
use crate::family::{Family, FamilySet};
use crate::msg::frame::{MAX_EXTENDED_MESSAGE, MAX_MESSAGE};
use crate::msg::open::Open;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Which kind of route refresh both sides have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refresh {
    /// None.
    Absent,
    /// Requests (RFC 2918).
    Normal,
    /// Requests, and markers around the answer (RFC 7313).
    Enhanced,
}

impl Refresh {
    /// As events spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Normal => "normal",
            Self::Enhanced => "enhanced",
        }
    }
}

/// The terms of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Negotiated {
    /// Families that both sides offered, in the order of the peer's OPEN. Empty when a side offered none: then no
    /// route is sent, and only plain IPv4 unicast NLRI are understood.
    pub families: Vec<Family>,
    /// Seconds; the smaller of the two, 0 for no keepalives (RFC 4271 section 4.2).
    pub hold_time: u16,
    /// AS numbers in messages have four octets (RFC 6793).
    pub asn4: bool,
    /// Families that we send with path identifiers (RFC 7911).
    pub add_path_send: FamilySet,
    /// Families that we receive with path identifiers (RFC 7911).
    pub add_path_receive: FamilySet,
    /// Most paths to one prefix that the peer takes (draft-abraitis-idr-addpath-paths-limit), of families that we send
    /// with path identifiers.
    pub paths_limit: Vec<(Family, u16)>,
    /// Families that may have a next hop of the given address family, on both sides (RFC 8950), in our order.
    pub next_hop: Vec<(Family, Afi)>,
    /// Route refresh (RFC 2918, RFC 7313).
    pub refresh: Refresh,
    /// Largest message in octets: 4,096, or 65,535 (RFC 8654).
    pub max_message: u16,
    /// OPERATIONAL messages.
    pub operational: bool,
    /// Both have multisession (draft-ietf-idr-bgp-multisession). All families share one session all the same.
    pub multisession: bool,
    /// Link-local next hops (draft-ietf-idr-linklocal-capability).
    pub link_local: bool,
    /// What the peer said about its restarts, when both sides have graceful restart (RFC 4724).
    pub graceful_restart: Option<GracefulRestart>,
    /// What the peer said about long absences, when both sides have that and graceful restart (RFC 9494).
    pub long_lived: Vec<LongLivedFamily>,
    /// Our AS.
    pub local_as: Asn,
    /// The peer's AS.
    pub peer_as: Asn,
    /// iBGP or eBGP.
    pub peer: PeerKind,
    /// Our role, which RFC 9234 section 5 asks for whether or not the peer has one; of external sessions only.
    pub role: Option<Role>,
    /// Our OPEN.
    pub sent: Open,
    /// The peer's OPEN.
    pub received: Open,
}

impl Negotiated {
    /// What `sent` and `received` agree on. `received` is validated already.
    pub fn new(sent: Open, received: Open) -> Self {
        let both = |code| sent.has(code) && received.has(code);
        let ours = sent.families();
        let mut families = received.families();
        families.retain(|family| ours.contains(family));
        let refresh = if both(CapCode::ENHANCED_ROUTE_REFRESH) {
            Refresh::Enhanced
        } else if both(CapCode::ROUTE_REFRESH) {
            Refresh::Normal
        } else {
            Refresh::Absent
        };
        let (local_as, peer_as) = (sent.four_octet_asn(), received.four_octet_asn());
        let graceful_restart = received.graceful_restart().filter(|_| sent.has(CapCode::GRACEFUL_RESTART));
        // RFC 9494 section 4.2: without graceful restart it is ignored.
        let long_lived = if graceful_restart.is_some() && both(CapCode::LONG_LIVED_RESTART) {
            long_lived_restart::families(received.values(CapCode::LONG_LIVED_RESTART))
        } else {
            Vec::new()
        };
        let peer = if local_as == peer_as { PeerKind::Internal } else { PeerKind::External };
        let ours = role::roles(sent.values(CapCode::ROLE)).next();
        let add_path_send = add_path(&families, &sent, &received);
        let mut paths_limit = paths_limit::limits(received.values(CapCode::PATHS_LIMIT));
        paths_limit.retain(|(family, _)| add_path_send.contains(*family));
        Self {
            paths_limit,
            role: ours.filter(|_| peer == PeerKind::External),
            hold_time: sent.hold_time.min(received.hold_time),
            asn4: both(CapCode::ASN4),
            add_path_send,
            add_path_receive: add_path(&families, &received, &sent),
            next_hop: next_hop(&sent, &received),
            refresh,
            max_message: if both(CapCode::EXTENDED_MESSAGE) { MAX_EXTENDED_MESSAGE } else { MAX_MESSAGE },
            operational: both(CapCode::OPERATIONAL),
            multisession: sent.has(CapCode::MULTISESSION) && multisession::answers(&received.capabilities),
            link_local: both(CapCode::LINK_LOCAL_NEXTHOP),
            long_lived,
            graceful_restart,
            local_as,
            peer_as,
            peer,
            families,
            sent,
            received,
        }
    }

    /// Seconds between two KEEPALIVEs: a third of the hold time (RFC 4271 section 4.4), 0 for none.
    pub const fn keepalive_interval(&self) -> u16 {
        self.hold_time / 3
    }

    /// The families as a set.
    pub fn family_set(&self) -> FamilySet {
        self.families.iter().copied().collect()
    }

    /// Families that only we, and that only the peer offered: worth a warning, no reason to end the session.
    pub fn unshared_families(&self) -> (Vec<Family>, Vec<Family>) {
        let only = |open: &Open| open.families().into_iter().filter(|f| !self.families.contains(f)).collect();
        (only(&self.sent), only(&self.received))
    }

    /// What reading this peer's messages depends on; `aigp` is the neighbor's setting.
    pub fn decode_ctx(&self, aigp: bool) -> DecodeCtx {
        DecodeCtx {
            asn4: self.asn4,
            add_path: self.add_path_receive,
            extended_next_hop: self.extended_next_hop(),
            families: self.family_set(),
            peer: self.peer,
            role: self.role,
            peer_as: self.peer_as,
            aigp,
        }
    }

    /// What writing messages for this peer depends on; the arguments are the neighbor's settings.
    pub fn encode_ctx(
        &self,
        aigp: bool,
        group_updates: bool,
        self_v4: Option<Ipv4Addr>,
        self_v6: Option<Ipv6Addr>,
    ) -> EncodeCtx {
        EncodeCtx {
            asn4: self.asn4,
            add_path: self.add_path_send,
            extended_next_hop: self.extended_next_hop(),
            families: self.family_set(),
            peer: self.peer,
            role: self.role,
            local_as: self.local_as,
            max_message: self.max_message,
            aigp,
            group_updates,
            sequence: crate::ctx::Sequence::default(),
            self_link_local: None,
            self_v4,
            self_v6,
        }
    }

    fn extended_next_hop(&self) -> FamilySet {
        self.next_hop.iter().filter(|(family, afi)| family.afi != *afi).map(|(family, _)| *family).collect()
    }

    /// Emits the object of the `negotiated` event.
    pub fn emit<E: Emit>(&self, out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("message_size");
        out.number(u64::from(self.max_message));
        out.key("hold_time");
        out.number(u64::from(self.hold_time));
        out.key("asn4");
        out.boolean(self.asn4);
        out.key("multisession");
        out.boolean(self.multisession);
        out.key("operational");
        out.boolean(self.operational);
        out.key("refresh");
        out.text(self.refresh.name());
        out.key("families");
        list(self.families.iter(), out);
        out.key("nexthop");
        list(self.next_hop.iter().map(|(family, afi)| format!("{family} {afi}")), out);
        out.key("add_path");
        out.begin_object(Spacing::Tight);
        out.key("send");
        list(self.add_path_send.iter(), out);
        out.key("receive");
        list(self.add_path_receive.iter(), out);
        out.end_object();
        out.end_object();
    }
}

fn list<E: Emit>(items: impl Iterator<Item = impl std::fmt::Display>, out: &mut E) {
    out.begin_list(Spacing::Tight);
    items.for_each(|item| out.display(&item));
    out.end_list();
}

/// Families of which `sender` sends and `receiver` receives several paths.
fn add_path(families: &[Family], sender: &Open, receiver: &Open) -> FamilySet {
    let able = |open: &Open, wanted: fn(Direction) -> bool| -> FamilySet {
        let entries = open.values(CapCode::ADD_PATH).flat_map(add_path::entries);
        entries
            .filter(|(family, d)| families.contains(family) && wanted(*d))
            .map(|(family, _)| family)
            .collect()
    };
    able(sender, Direction::sends).intersection(able(receiver, Direction::receives))
}

/// Entries of the extended next hop capability that both sides have.
fn next_hop(sent: &Open, received: &Open) -> Vec<(Family, Afi)> {
    let entries =
        |open: &Open| -> Vec<_> { open.values(CapCode::NEXTHOP).flat_map(nexthop::entries).collect() };
    let theirs = entries(received);
    let mut shared = Vec::new();
    for entry in entries(sent) {
        if theirs.contains(&entry) && !shared.contains(&entry) {
            shared.push(entry);
        }
    }
    shared
}

#[cfg(test)]
mod tests;
