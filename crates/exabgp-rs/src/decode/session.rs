//! The session that messages are decoded as part of: one that is made up, or that of a configuration's neighbor.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use api::event::PeerHead;
use bgp_wire::ctx::Sequence;
use bgp_wire::{Asn, DecodeCtx, EncodeCtx, Family, FamilySet, PeerKind};
use config::Sources;
use config::env::Compat;
use config::model::{AddPath, Neighbor};

/// AS number of both sides of the session that is made up.
const ASN: Asn = Asn(65533);

/// What a message's meaning depends on.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Both sides, as events tell them.
    pub(crate) head: PeerHead,
    /// How messages of the peer are read.
    pub(crate) decode: DecodeCtx,
    /// How messages to the peer are written.
    pub(crate) encode: EncodeCtx,
}

/// What the command line asks of a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes<'a> {
    /// The only family.
    pub(crate) family: Option<Family>,
    /// NLRI have path identifiers.
    pub(crate) path_information: bool,
    /// Take the first neighbor of this file.
    pub(crate) configuration: Option<&'a Path>,
}

impl Session {
    /// The session of the command line.
    pub(crate) fn new(wishes: Wishes<'_>, compat: Compat, sources: &Sources) -> Result<Self> {
        let mut session = match wishes.configuration {
            Some(file) => {
                let loaded = config::load(file, sources).map_err(|e| anyhow!("{e}"))?;
                let Some(neighbor) = loaded.config.neighbors.first() else {
                    bail!("{}: there is no neighbor", file.display());
                };
                Self::of(neighbor)
            }
            None => Self::made_up(compat),
        };
        session.encode.sequence = match compat {
            Compat::Native => Sequence::Native,
            Compat::V5 => Sequence::ExaBgp5,
            Compat::V6 => Sequence::ExaBgp6,
        };
        if let Some(family) = wishes.family {
            let one: FamilySet = [family].into_iter().collect();
            session.decode.families = one;
            session.encode.families = one;
        }
        if wishes.path_information {
            session.decode.add_path = session.decode.families;
            session.encode.add_path = session.encode.families;
        }
        Ok(session)
    }

    /// ExaBGP's own: both sides 127.0.0.1 and AS 65533, all families. Versions differ in the router identifier.
    fn made_up(compat: Compat) -> Self {
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let router_id = match compat {
            Compat::V6 => Ipv4Addr::LOCALHOST,
            Compat::V5 | Compat::Native => Ipv4Addr::new(10, 0, 0, 2),
        };
        let all: FamilySet = Family::ALL.iter().copied().collect();
        Self {
            head: PeerHead {
                local: Some(here),
                peer: here,
                local_as: Some(ASN),
                peer_as: Some(ASN),
                router_id: Some(router_id),
            },
            decode: DecodeCtx { extended_next_hop: all, ..DecodeCtx::default() },
            encode: EncodeCtx { self_v4: Some(Ipv4Addr::LOCALHOST), ..EncodeCtx::default() },
        }
    }

    /// That of a neighbor that agrees to everything we offer.
    fn of(neighbor: &Neighbor) -> Self {
        let name = &neighbor.name;
        let families: FamilySet = neighbor.families.iter().copied().collect();
        let paths: FamilySet = neighbor.capability.add_path_families.iter().copied().collect();
        let when = |wanted: bool| if wanted { paths } else { FamilySet::EMPTY };
        let direction = neighbor.capability.add_path;
        let other = neighbor.capability.next_hop.iter().filter(|(family, afi)| family.afi != *afi);
        let extended_next_hop: FamilySet = other.map(|(family, _)| *family).collect();
        let local_as = name.local_as.or(name.peer_as).unwrap_or(ASN);
        let internal = name.peer_as.is_none_or(|asn| asn == local_as);
        let peer = if internal { PeerKind::Internal } else { PeerKind::External };
        let local = name.local.unwrap_or(name.peer);
        let (self_v4, self_v6) = neighbor.self_addresses(local);
        let asn4 = neighbor.capability.asn4;
        let aigp = neighbor.capability.aigp;
        Self {
            head: PeerHead {
                local: name.local,
                peer: name.peer,
                local_as: name.local_as,
                peer_as: name.peer_as,
                router_id: name.router_id,
            },
            decode: DecodeCtx {
                role: None,
                peer_as: DecodeCtx::default().peer_as,
                asn4,
                add_path: when(matches!(direction, AddPath::Receive | AddPath::Both)),
                extended_next_hop,
                families,
                peer,
                aigp,
            },
            encode: EncodeCtx {
                role: None,
                asn4,
                add_path: when(matches!(direction, AddPath::Send | AddPath::Both)),
                extended_next_hop,
                families,
                peer,
                local_as,
                max_message: if neighbor.capability.extended_message { 65535 } else { 4096 },
                aigp,
                group_updates: neighbor.group_updates,
                self_v4,
                self_v6,
                self_link_local: None,
                sequence: Sequence::default(),
            },
        }
    }
}
