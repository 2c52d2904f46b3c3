//! Peers as `show neighbor` tells them.

use std::fmt::Write as _;

use api::reply::neighbor::{FamilyView, Messages, NeighborView, Paths, Sides};
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{CapCode, Family, MessageType};
use config::model::{AddPath, Neighbor};
use peer_fsm::State;

use super::peers::PeerEntry;

/// Message types in the order of `show neighbor`.
const TYPES: [MessageType; 5] = [
    MessageType::OPEN,
    MessageType::NOTIFICATION,
    MessageType::KEEPALIVE,
    MessageType::UPDATE,
    MessageType::ROUTE_REFRESH,
];

/// Everything about one peer.
pub(super) fn neighbor(peer: &PeerEntry) -> NeighborView {
    let (neighbor, name, status) = (&*peer.neighbor, peer.name(), peer.shared.status());
    let negotiated = status.negotiated.as_deref();
    let wanted = &neighbor.capability;
    let capability = |local: bool, code: CapCode| Sides {
        local: Some(local),
        peer: negotiated.map(|n| n.received.has(code)),
    };
    NeighborView {
        peer: name.peer,
        local: status.local.map(|l| l.ip()).or(name.local),
        state: status.state.name(),
        since: Some(status.since.elapsed().as_secs()),
        up: status.state == State::Established,
        asn: Sides {
            local: name.local_as.or(negotiated.map(|n| n.local_as)),
            peer: name.peer_as.or(negotiated.map(|n| n.peer_as)),
        },
        router_id: Sides { local: name.router_id, peer: negotiated.map(|n| n.received.router_id) },
        hold_time: Sides { local: Some(neighbor.hold_time), peer: negotiated.map(|n| n.received.hold_time) },
        capabilities: [
            capability(wanted.asn4, CapCode::ASN4),
            capability(wanted.route_refresh, CapCode::ROUTE_REFRESH),
            capability(wanted.multi_session, CapCode(68)),
            capability(wanted.operational, CapCode(185)),
            capability(wanted.add_path != AddPath::Disabled, CapCode::ADD_PATH),
            capability(wanted.extended_message, CapCode::EXTENDED_MESSAGE),
            capability(wanted.graceful_restart.is_some(), CapCode::GRACEFUL_RESTART),
        ],
        families: families(neighbor, negotiated),
        messages: TYPES.map(|kind| Messages {
            sent: peer.shared.sent.get(kind),
            received: peer.shared.received.get(kind),
        }),
        configuration: configuration(neighbor),
    }
}

fn families(neighbor: &Neighbor, negotiated: Option<&Negotiated>) -> Vec<FamilyView> {
    let ours = &neighbor.families;
    let theirs = negotiated.map(|n| n.received.families());
    let mut all: Vec<Family> = ours.clone();
    all.extend(theirs.iter().flatten().filter(|f| !ours.contains(f)));
    let wanted = &neighbor.capability;
    let view = |family: Family| FamilyView {
        family,
        offered: Sides {
            local: Some(ours.contains(&family)),
            peer: theirs.as_ref().map(|t| t.contains(&family)),
        },
        add_path: Sides {
            local: Some(wanted.add_path != AddPath::Disabled && wanted.add_path_families.contains(&family)),
            peer: negotiated.map(|n| n.add_path_send.contains(family) || n.add_path_receive.contains(family)),
        },
        paths: Paths {
            send: negotiated.is_some_and(|n| n.add_path_send.contains(family)),
            receive: negotiated.is_some_and(|n| n.add_path_receive.contains(family)),
        },
    };
    all.into_iter().map(view).collect()
}

/// A neighbor in the words of ExaBGP's language, as `show neighbor configuration` tells it. Keys are not told.
pub(super) fn configuration(neighbor: &Neighbor) -> String {
    let name = &neighbor.name;
    let mut out = String::new();
    let auto = |value: Option<String>| value.unwrap_or_else(|| "auto".to_owned());
    let on = |value: bool| if value { "true" } else { "false" };
    let _ = writeln!(out, "neighbor {} {{", name.peer);
    if !neighbor.description.is_empty() {
        let _ = writeln!(out, "\tdescription \"{}\";", neighbor.description.escape_default());
    }
    if let Some(id) = name.router_id {
        let _ = writeln!(out, "\trouter-id {id};");
    }
    let _ = writeln!(out, "\tlocal-address {};", auto(name.local.map(|a| a.to_string())));
    let _ = writeln!(out, "\tlocal-as {};", auto(name.local_as.map(|a| a.to_string())));
    let _ = writeln!(out, "\tpeer-as {};", auto(name.peer_as.map(|a| a.to_string())));
    let _ = writeln!(out, "\thold-time {};", neighbor.hold_time);
    for (word, value) in [
        ("passive", neighbor.passive),
        ("group-updates", neighbor.group_updates),
        ("adj-rib-in", neighbor.adj_rib_in),
        ("adj-rib-out", neighbor.adj_rib_out),
        ("manual-eor", neighbor.manual_eor),
    ] {
        let _ = writeln!(out, "\t{word} {};", on(value));
    }
    out.push_str("\tfamily {\n");
    for family in &neighbor.families {
        let _ = writeln!(out, "\t\t{family};");
    }
    out.push_str("\t}\n}\n");
    out
}
