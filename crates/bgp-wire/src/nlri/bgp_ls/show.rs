//! BGP-LS routes in events, member for member as ExaBGP has them.

use super::Parts;
use super::descriptor::{
    INTERFACE_V4, INTERFACE_V6, LINK_IDENTIFIERS, LOCAL_NODE, NEIGHBOR_V4, NEIGHBOR_V6, NODE,
    OSPF_ROUTE_TYPE, PREFIX, REMOTE_NODE, ROUTER_ID, SRV6_SID, TOPOLOGIES, row,
};
use super::tlv::Tlvs;
use super::value::{Kind, address, pair, prefix, router_id, topologies};
use crate::emit::{Emit, HexCase, LinkState, RouteNextHop, Spacing};

/// Emits the members of a route that is as its type says.
pub(super) fn members<E: Emit>(parts: &Parts<'_>, out: &mut E) {
    out.key("ls-nlri-type");
    out.text(parts.kind.2);
    out.key("l3-routing-topology");
    out.number(parts.identifier);
    out.key("protocol-id");
    out.number(parts.protocol.into());
    match parts.kind.0 {
        1 => {
            node(parts, LOCAL_NODE, "node-descriptors", out);
            next_hop(LinkState::Merged, out);
        }
        2 => link(parts, out),
        6 => sid(parts, out),
        _ => reach(parts, out),
    }
    if let Some(rd) = parts.rd {
        out.key("rd");
        out.display(&rd);
    }
    if matches!(parts.kind.0, 1 | 3 | 4) {
        next_hop(LinkState::Listed, out);
    }
}

/// Node descriptors: a list of objects of one member each.
fn node<E: Emit>(parts: &Parts<'_>, code: u16, key: &str, out: &mut E) {
    out.key(key);
    out.begin_list(Spacing::Wide);
    for (code, value) in Tlvs(parts.find(code).unwrap_or_default()) {
        out.begin_object(Spacing::Wide);
        match row(NODE, code) {
            Some((ROUTER_ID, ..)) => router(value, out),
            Some((_, name, Kind::V4)) => {
                out.key(name);
                if let Some(address) = address(value) {
                    out.address(address);
                }
            }
            Some((code, name, _)) => {
                out.key(name);
                let number = value.iter().take(4).fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
                // The BGP-LS identifier is text where scripts read it.
                if code == 513 { out.display(&number) } else { out.number(number) }
            }
            None => {
                out.key(&format!("generic-lsid-{code}"));
                out.hex("0x", value, HexCase::Upper);
            }
        }
        out.end_object();
    }
    out.end_list();
}

/// An IGP router identifier: the length tells the protocol.
fn router<E: Emit>(value: &[u8], out: &mut E) {
    out.key("router-id");
    match value {
        [router @ .., _, _, _, _] if value.len() == 8 => {
            out.display(&router_id(router, ""));
            out.key("designated-router-id");
            out.display(&router_id(value.get(4..).unwrap_or_default(), ""));
        }
        [.., pseudonode] if value.len() == 7 => {
            out.display(&router_id(value, ""));
            out.key("psn");
            out.display(pseudonode);
        }
        _ => out.display(&router_id(value, "")),
    }
}

/// The next hop, where a dialect shows it in the route, at the place where it is told in `way`.
fn next_hop<E: Emit>(way: LinkState, out: &mut E) {
    if out.link_state() != way {
        return;
    }
    match out.route_next_hop() {
        RouteNextHop::Elsewhere => {}
        RouteNextHop::Unset => {
            out.key("nexthop");
            out.text("None");
        }
        RouteNextHop::Address(address) => {
            out.key("nexthop");
            out.address(address);
        }
    }
}

fn addresses<E: Emit>(parts: &Parts<'_>, codes: [u16; 2], out: &mut E) {
    out.begin_list(Spacing::Wide);
    for (_, value) in Tlvs(parts.descriptors).filter(|(code, _)| codes.contains(code)) {
        if let Some(address) = address(value) {
            out.address(address);
        }
    }
    out.end_list();
}

fn topology_ids<'a>(parts: &Parts<'a>) -> impl Iterator<Item = u16> + use<'a> {
    Tlvs(parts.descriptors).filter(|(code, _)| *code == TOPOLOGIES).flat_map(|(_, value)| topologies(value))
}

fn link<E: Emit>(parts: &Parts<'_>, out: &mut E) {
    node(parts, LOCAL_NODE, "local-node-descriptors", out);
    node(parts, REMOTE_NODE, "remote-node-descriptors", out);
    out.key("interface-addresses");
    addresses(parts, [INTERFACE_V4, INTERFACE_V6], out);
    out.key("neighbor-addresses");
    addresses(parts, [NEIGHBOR_V4, NEIGHBOR_V6], out);
    out.key("multi-topology-ids");
    out.begin_list(Spacing::Wide);
    topology_ids(parts).for_each(|id| out.number(id.into()));
    out.end_list();
    out.key("link-identifiers");
    out.begin_list(Spacing::Wide);
    for (_, value) in Tlvs(parts.descriptors).filter(|(code, _)| *code == LINK_IDENTIFIERS) {
        let (local, remote) = pair(value).unwrap_or_default();
        out.begin_object(Spacing::Wide);
        out.key("link-local-id");
        out.number(local.into());
        out.key("link-remote-id");
        out.number(remote.into());
        out.end_object();
    }
    out.end_list();
}

fn reach<E: Emit>(parts: &Parts<'_>, out: &mut E) {
    node(parts, LOCAL_NODE, "node-descriptors", out);
    if let Some((address, length)) = parts.find(PREFIX).and_then(|value| prefix(value, parts.is_v4())) {
        out.key("ip-reachability-tlv");
        match out.link_state() {
            LinkState::Merged => out.address(address),
            LinkState::Listed => out.prefix(address, length),
        }
        out.key("ip-reach-prefix");
        out.prefix(address, length);
    }
    next_hop(LinkState::Merged, out);
    if let Some([kind]) = parts.find(OSPF_ROUTE_TYPE) {
        out.key("ospf-route-type");
        out.number((*kind).into());
    }
}

fn sid<E: Emit>(parts: &Parts<'_>, out: &mut E) {
    node(parts, LOCAL_NODE, "node-descriptors", out);
    out.key("srv6-sid-descriptors");
    out.begin_object(Spacing::Tight);
    if topology_ids(parts).next().is_some() {
        out.key("multi-topology-ids");
        out.begin_list(Spacing::Tight);
        topology_ids(parts).for_each(|id| out.display(&id));
        out.end_list();
    }
    if let Some(address) = parts.find(SRV6_SID).and_then(address) {
        out.key("srv6-sid");
        out.address(address);
    }
    out.end_object();
}
