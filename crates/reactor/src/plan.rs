//! From the configuration to what tasks are given.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::encode::Dialect;
use api::event::{Class, Direction, Format, Host, MessageKind, PeerHead, Subscription};
use api_process::{HelperHandle, Lines, Overflow, Spec};
use bgp_wire::ctx::Sequence;
use bgp_wire::{Asn, CapCode};
use bytes::Bytes;
use config::env::{Compat, Settings};
use config::model::{self, ApiBlock, Messages, Neighbor, Process, Program};
use peer_fsm::PeerConfig;
use rib::PeerId;

use crate::connect::{Auth, Endpoint, Key};
use crate::peer::{Audience, Member, PeerSettings};

/// What a plan needs to know beside the configuration.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) settings: &'a Settings,
    /// What software-version shows.
    pub(crate) version: &'a str,
    /// When sessions are to begin (`tcp.delay`); none for at once.
    pub(crate) begin: Option<std::time::Instant>,
    /// The daemon has just started: the Restart State bit is set (RFC 4724 section 3).
    pub(crate) restarting: bool,
}

/// Everything the task of a neighbor needs.
pub(crate) fn peer(
    id: PeerId,
    incarnation: u64,
    neighbor: &Neighbor,
    ground: &Ground<'_>,
    audience: Audience,
) -> PeerSettings {
    let name = &neighbor.name;
    // Without a router identifier of its own, a range takes each peer's address.
    let router_id = name.router_id.unwrap_or_else(|| match name.peer {
        IpAddr::V4(v4) => v4,
        IpAddr::V6(_) => std::net::Ipv4Addr::new(0, 0, 0, 1),
    });
    let mut capabilities =
        neighbor.capabilities(name.local_as.unwrap_or(Asn(0)), ground.restarting, &shown(ground));
    if name.local_as.is_none() {
        // The number is the peer's, known when its OPEN has come: the state machine adds the capability then.
        capabilities.retain(|c| c.code != CapCode::ASN4);
    }
    let attempts = ground.settings.tcp.attempts;
    let sequence = match ground.settings.bgp.compat {
        Compat::Native => Sequence::Native,
        Compat::V5 => Sequence::ExaBgp5,
        Compat::V6 => Sequence::ExaBgp6,
    };
    let fsm = PeerConfig {
        local_as: name.local_as,
        peer_as: name.peer_as,
        router_id,
        hold_time: neighbor.hold_time,
        capabilities,
        asn4: neighbor.capability.asn4,
        strict_role: neighbor.capability.role_strict,
        passive: neighbor.passive || ground.settings.bgp.passive,
        restarting: ground.restarting,
        open_wait: Duration::from_secs(ground.settings.bgp.openwait.into()),
        send_hold: neighbor.send_hold_time.map(|s| Duration::from_secs(s.into())),
        attempts: (attempts > 0).then_some(attempts),
        sequence,
        ..PeerConfig::default()
    };
    let endpoint = Endpoint {
        peer: name.peer,
        port: neighbor.connect,
        local: neighbor.bind,
        interface: neighbor.source_interface.clone(),
        ttl: neighbor.outgoing_ttl,
        min_ttl: neighbor.incoming_ttl,
        auth: auth(neighbor),
    };
    PeerSettings {
        id,
        incarnation,
        name: format!("neighbor {}", name.peer).into(),
        fsm,
        endpoint,
        aigp: neighbor.capability.aigp,
        group_updates: neighbor.group_updates,
        sequence,
        earlier: Vec::new(),
        manual_eor: neighbor.manual_eor,
        operational: neighbor.operational.clone(),
        link_local: neighbor.local_link_local.map(|own| (own, neighbor.capability.link_local_prefer)),
        adj_rib_in: neighbor.adj_rib_in,
        pace: neighbor.rate_limit.map_or(Duration::ZERO, |limit| Duration::from_secs(1) / limit.get()),
        begin: ground.begin,
        audience,
        seed: u64::from(id.index()) ^ u64::from(std::process::id()).rotate_left(32),
    }
}

/// What the segments of a neighbor's connections are authenticated with.
pub(crate) fn auth(neighbor: &Neighbor) -> Option<Auth> {
    let key = |secret: &config::Secret| Key(secret.reveal().to_vec());
    match (&neighbor.tcp_ao, &neighbor.md5) {
        (Some(ao), _) => Some(Auth::Ao { id: ao.id, algorithm: ao.algorithm.kernel(), key: key(&ao.key) }),
        (None, Some(md5)) => Some(Auth::Md5(key(md5))),
        (None, None) => None,
    }
}

/// What software-version says.
fn shown(ground: &Ground<'_>) -> String {
    match ground.settings.bgp.compat {
        Compat::Native => ground.version.to_owned(),
        Compat::V5 | Compat::V6 => format!("ExaBGP/{}", ground.version),
    }
}

/// Who listens to a neighbor.
pub(crate) fn audience<'a>(
    host: &Arc<Host>,
    neighbor: &Neighbor,
    local: Option<IpAddr>,
    helpers: impl Iterator<Item = (&'a Process, &'a HelperHandle)>,
) -> Audience {
    let name = &neighbor.name;
    let head = PeerHead {
        local: local.or(name.local),
        peer: name.peer,
        local_as: name.local_as,
        peer_as: name.peer_as,
        router_id: name.router_id,
    };
    let members = helpers.filter_map(|(process, handle)| {
        let blocks = neighbor.api.blocks.iter().filter(|b| b.processes.contains(&process.name));
        let subscription = blocks.map(subscription).reduce(Subscription::union)?;
        Some(Member {
            id: handle.id(),
            outbox: handle.outbox().clone(),
            dialect: dialect(process),
            subscription,
        })
    });
    Audience { host: Arc::clone(host), head, members: members.collect() }
}

/// How a process is written to.
pub(crate) fn dialect(process: &Process) -> &'static Dialect {
    // The table has them all: a test shows a row that is missing.
    Dialect::named(process.encoder.name()).unwrap_or(api::encode::DEFAULT)
}

fn subscription(block: &ApiBlock) -> Subscription {
    let mut all = Subscription::NONE;
    for (wanted, class) in [
        (block.neighbor_changes, Class::State),
        (block.negotiated, Class::Negotiated),
        (block.fsm, Class::Fsm),
        (block.signal, Class::Signal),
    ] {
        if wanted {
            all = all.with(class);
        }
    }
    for (direction, messages) in [(Direction::Receive, &block.receive), (Direction::Send, &block.send)] {
        for kind in kinds(messages) {
            for format in formats(messages) {
                all = all.with_message(kind, direction, format);
            }
        }
    }
    all
}

fn kinds(messages: &Messages) -> impl Iterator<Item = MessageKind> {
    let all = [
        (messages.open, MessageKind::Open),
        (messages.update, MessageKind::Update),
        (messages.notification, MessageKind::Notification),
        (messages.keepalive, MessageKind::Keepalive),
        (messages.refresh, MessageKind::Refresh),
        (messages.operational, MessageKind::Operational),
    ];
    all.into_iter().filter_map(|(wanted, kind)| wanted.then_some(kind))
}

fn formats(messages: &Messages) -> impl Iterator<Item = Format> {
    let all = [
        (messages.parsed, Format::Parsed),
        (messages.packets, Format::Packets),
        (messages.consolidate, Format::Consolidate),
    ];
    all.into_iter().filter_map(|(wanted, format)| wanted.then_some(format))
}

/// How a helper process is run.
pub(crate) fn helper(process: &Process, settings: &Settings, own: &Path, cwd: &Path) -> Spec {
    let program = match &process.program {
        Program::Own => own.to_path_buf(),
        Program::Path(path) => path.clone(),
    };
    let mut spec = Spec::new(&process.name, program);
    spec.args = process.args.iter().map(OsString::from).collect();
    // The original removes its own command line bridge's mark; ours never sets it, but may have inherited it.
    spec.env = vec![("exabgp_cli_pipe".into(), None)];
    spec.cwd = cwd.to_path_buf();
    // A line of 64 MiB holds two million prefixes; memory is taken as a line grows.
    spec.max_line = 64 << 20;
    spec.respawn = process.respawn && settings.api.respawn;
    spec.overflow = match process.overflow {
        model::Overflow::Spill => Overflow::Spill,
        model::Overflow::Block => Overflow::Block,
        model::Overflow::Gap => Overflow::Gap,
    };
    spec.queue_bytes = process.queue_bytes;
    spec.spill_bytes = process.spill_bytes;
    spec
}

/// What a helper's queue writes on its own account, in the helper's dialect.
pub(crate) fn lines(process: &Process, host: &Arc<Host>) -> Lines {
    let dialect = dialect(process);
    let (gap_host, end_host) = (Arc::clone(host), Arc::clone(host));
    Lines::new(move |lost| {
        let mut out = Vec::new();
        (dialect.gap)(&gap_host, crate::clock::seconds(), lost, &mut out);
        Bytes::from(out)
    })
    .farewell(move || {
        let mut out = Vec::new();
        (dialect.shutdown)(&end_host, crate::clock::seconds(), &mut out);
        Bytes::from(out)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoder_has_its_dialect() {
        for (name, _) in model::Encoder::ALL {
            assert_eq!(Dialect::named(name).map(|d| d.name), Some(name));
        }
    }
}
