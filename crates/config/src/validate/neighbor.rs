//! Neighbors: defaults, what must be there, what contradicts itself.

use std::net::IpAddr;
use std::sync::Arc;

use bgp_wire::cap::graceful_restart::MAX_TIME;
use bgp_wire::cap::hostname::MAX_NAMES;
use bgp_wire::{Afi, Asn, Family};
use route_text::{FamilyAllowed, PeerName};

use crate::diag::{At, Diag, Diags, Span};
use crate::env::Settings;
use crate::model::{AddPath, Capability, Neighbor, TcpAo};
use crate::raw::{Body, Dialect};
use crate::secret::{Secret, base64};
use crate::validate::api;

/// The value of a field, or its default.
fn or<T: Clone>(field: Option<&At<T>>, default: T) -> T {
    field.as_ref().map_or(default, |f| f.value.clone())
}

pub(super) fn validate(
    at: Span,
    body: &Body,
    settings: &Settings,
    processes: &[&str],
    dialect: Dialect,
    diags: &mut Diags,
) -> Option<Neighbor> {
    let api = api::resolve(&body.api, processes, diags);
    let families = families(body, diags);
    let hold_time = or(body.hold_time.as_ref(), 180);
    let capability = capability(body, &families, hold_time, dialect, diags);
    let md5 = md5(body, diags);
    names(body, diags);
    let tcp_ao = tcp_ao(body, diags);
    let passive = or(body.passive.as_ref(), settings.bgp.passive);
    let name = name(at, body, passive || settings.bgp.passive, dialect, diags);
    if let Some(name) = &name {
        addresses(name, body, diags);
        routes(name, body, &families, dialect, diags);
    }
    let mut adj_rib_out = or(body.adj_rib_out.as_ref(), true);
    if let (true, Some(At { value: false, at })) = (capability.route_refresh, &body.adj_rib_out) {
        diags.push(
            Diag::warning("route-refresh needs adj-rib-out: it is kept", *at)
                .hint("remove this line, or route-refresh"),
        );
        adj_rib_out = true;
    }
    let name = name?;
    Some(Neighbor {
        bind: body.md5_ip.as_ref().map(|ip| ip.value).or(name.local),
        name,
        description: or(body.description.as_ref(), String::new()),
        hold_time,
        send_hold_time: body.send_hold_time.as_ref().map(|time| time.value),
        passive: passive || settings.bgp.passive,
        listen: body.listen.as_ref().map(|port| port.value),
        connect: or(body.connect.as_ref(), settings.outgoing_port),
        outgoing_ttl: or(body.outgoing_ttl.as_ref(), None),
        incoming_ttl: or(body.incoming_ttl.as_ref(), None),
        md5,
        tcp_ao,
        source_interface: body.source_interface.as_ref().map(|name| name.value.clone()),
        group_updates: or(body.group_updates.as_ref(), true),
        auto_flush: or(body.auto_flush.as_ref(), true),
        adj_rib_in: or(body.adj_rib_in.as_ref(), true),
        adj_rib_out,
        manual_eor: or(body.manual_eor.as_ref(), false),
        rate_limit: or(body.rate_limit.as_ref(), None),
        range_limit: or(body.range_limit.as_ref(), None),
        host_name: body.host_name.as_ref().map(|name| name.value.clone()),
        domain_name: body.domain_name.as_ref().map(|name| name.value.clone()),
        local_link_local: body.local_link_local.as_ref().map(|own| own.value),
        operational: body
            .messages
            .iter()
            .flat_map(|list| &list.value)
            .map(|m| Arc::clone(&m.value))
            .collect(),
        families,
        capability,
        api,
        routes: body.routes.clone(),
    })
}

/// Host and domain name go into one capability.
fn names(body: &Body, diags: &mut Diags) {
    let length = |name: &Option<At<String>>| name.as_ref().map_or(0, |name| name.value.len());
    let (host, domain) = (length(&body.host_name), length(&body.domain_name));
    let most = MAX_NAMES;
    if let (true, Some(name)) =
        (host.saturating_add(domain) > most, body.domain_name.as_ref().or(body.host_name.as_ref()))
    {
        let message = format!("host-name and domain-name have {} octets", host.saturating_add(domain));
        diags.push(Diag::error(message, name.at).hint(format!("one capability holds {most} of them")));
    }
}

/// What a neighbor must have: addresses, AS numbers, router identifier.
fn name(at: Span, body: &Body, passive: bool, dialect: Dialect, diags: &mut Diags) -> Option<PeerName> {
    let mut missing = |what: &str, hint: &str| {
        if body.wrong.contains(&what) {
            return; // it is there, and has been complained about
        }
        diags.push(Diag::error(format!("this neighbor has no {what}"), at).hint(hint));
    };
    if body.peer_address.is_none() {
        missing(
            "peer-address",
            dialect.say("as in peer-address = \"192.0.2.1\"", "as in neighbor 192.0.2.1 {"),
        );
    }
    if body.local_as.is_none() {
        let (toml, exabgp) = (
            "as in local-as = 65000, or \"auto\" for that of the peer",
            "as in local-as 65000;, or auto for that of the peer",
        );
        missing("local-as", dialect.say(toml, exabgp));
    }
    if body.peer_as.is_none() {
        missing(
            "peer-as",
            dialect
                .say("as in peer-as = 65001, or \"auto\" for any", "as in peer-as 65001;, or auto for any"),
        );
    }
    let local = or(body.local_address.as_ref(), None);
    let written = body.router_id.as_ref().map(|id| id.value);
    let router_id = written.or(match local {
        Some(IpAddr::V4(v4)) if !v4.is_unspecified() => Some(v4),
        _ => None,
    });
    if router_id.is_none() && !body.wrong.contains(&"local-address") {
        let hint = dialect.say(
            "as in router-id = \"192.0.2.2\"; only an IPv4 local-address can stand in for it",
            "as in router-id 192.0.2.2;, only an IPv4 local-address can stand in for it",
        );
        missing("router-id", hint);
    }
    let (peer, range) = body.peer_address.as_ref()?.value;
    if let (Some(_), false, Some(peer)) = (range, passive, &body.peer_address) {
        diags.push(Diag::error("a range of peers can't be connected to", peer.at).hint(dialect.say(
            "add passive = true, or write a single address",
            "add passive;, or write a single address",
        )));
    }
    Some(PeerName {
        peer,
        range,
        local,
        local_as: body.local_as.as_ref()?.value,
        peer_as: body.peer_as.as_ref()?.value,
        router_id: Some(router_id?),
        family_allowed: FamilyAllowed::InOpen,
    })
}

/// Addresses of one neighbor are of one address family, and a listener needs one.
fn addresses(name: &PeerName, body: &Body, diags: &mut Diags) {
    let other = |address: IpAddr| address.is_ipv4() != name.peer.is_ipv4();
    let family = if name.peer.is_ipv4() { "IPv4" } else { "IPv6" };
    let places = [
        ("local-address", name.local, body.local_address.as_ref().map(|a| a.at)),
        ("md5-ip", body.md5_ip.as_ref().map(|a| a.value), body.md5_ip.as_ref().map(|a| a.at)),
    ];
    for (key, address, at) in places {
        if let (Some(address), Some(at)) = (address, at)
            && other(address)
        {
            let mut diag =
                Diag::error(format!("{key} and peer-address are of different address families"), at)
                    .hint(format!("an {family} address"));
            diag.related = body.peer_address.as_ref().map(|peer| (peer.at, "the peer"));
            diags.push(diag);
        }
    }
    if let (Some(listen), None, None) = (&body.listen, name.local, &body.md5_ip) {
        diags.push(
            Diag::error("listen needs an address to listen on", listen.at)
                .hint("add local-address with an address of ours"),
        );
    }
}

fn families(body: &Body, diags: &mut Diags) -> Vec<Family> {
    let Some(list) = &body.families else { return Family::ALL.to_vec() };
    let families = distinct(&list.value, "family", diags);
    // An empty list is what leaving it out is.
    if families.is_empty() { Family::ALL.to_vec() } else { families }
}

/// The values of a list, each once.
fn distinct<T: Copy + PartialEq>(list: &[At<T>], what: &str, diags: &mut Diags) -> Vec<T> {
    let mut values: Vec<T> = Vec::new();
    for (i, item) in list.iter().enumerate() {
        if let Some(first) = list.iter().take(i).find(|other| other.value == item.value) {
            diags.push(
                Diag::error(format!("this {what} is there twice"), item.at)
                    .related(first.at, "the first")
                    .hint("remove one"),
            );
        } else {
            values.push(item.value);
        }
    }
    values
}

fn capability(
    body: &Body,
    families: &[Family],
    hold_time: u16,
    dialect: Dialect,
    diags: &mut Diags,
) -> Capability {
    let add_path = or(body.add_path.as_ref(), AddPath::Disabled);
    let mut add_path_families: Vec<Family> =
        families.iter().copied().filter(|f| Neighbor::takes_add_path(*f)).collect();
    if let Some(list) = &body.add_path_families {
        for family in &list.value {
            if !add_path_families.contains(&family.value) {
                let why = if families.contains(&family.value) {
                    "it can't have several paths"
                } else {
                    "it is not among families"
                };
                diags
                    .push(Diag::warning(format!("add-path: {} is left out: {why}", family.value), family.at));
            }
        }
        let wanted = distinct(&list.value, "family", diags);
        add_path_families.retain(|f| wanted.contains(f));
        if add_path == AddPath::Disabled && !wanted.is_empty() {
            diags.push(
                Diag::warning("these families have no effect without the add-path capability", list.at).hint(
                    dialect.say(
                        "add add-path = \"send/receive\" below [neighbor.capability]",
                        "add capability { add-path send/receive; }",
                    ),
                ),
            );
        }
    }
    role(body, dialect, diags);
    without_capability(body, dialect, diags);
    Capability {
        asn4: or(body.asn4.as_ref(), true),
        extended_message: or(body.extended_message.as_ref(), true),
        // 0 stands for the hold time, which may not fit in the 12 bits of RFC 4724.
        graceful_restart: or(body.graceful_restart.as_ref(), None).map(|time| match time {
            0 => hold_time.min(MAX_TIME),
            time => time,
        }),
        long_lived_graceful_restart: or(body.long_lived_graceful_restart.as_ref(), None),
        add_path,
        paths_limits: paths_limits(body, &add_path_families),
        add_path_families,
        route_refresh: or(body.route_refresh.as_ref(), false),
        next_hop: next_hop(body, families, diags),
        aigp: or(body.aigp.as_ref(), false),
        software_version: or(body.software_version.as_ref(), false),
        role: body.role.as_ref().map(|role| role.value),
        role_strict: or(body.role_strict.as_ref(), false),
        operational: or(body.operational.as_ref(), false),
        multi_session: or(body.multi_session.as_ref(), false),
        link_local_nexthop: or(body.link_local_nexthop.as_ref(), false),
        link_local_prefer: or(body.link_local_prefer.as_ref(), false),
    }
}

/// Roles are for external peers (RFC 9234 section 4).
fn role(body: &Body, dialect: Dialect, diags: &mut Diags) {
    let asn = |field: &Option<At<Option<Asn>>>| field.as_ref().map(|f| f.value);
    let (ours, theirs) = (asn(&body.local_as), asn(&body.peer_as));
    let internal = ours == Some(None) || matches!((ours, theirs), (Some(Some(a)), Some(Some(b))) if a == b);
    match (&body.role, &body.role_strict) {
        (Some(role), _) if internal => {
            diags.push(
                Diag::error("a role needs an external peer, and this one is in our own AS", role.at)
                    .hint("remove it (RFC 9234 is about sessions between ASes)"),
            );
        }
        (None, Some(At { value: true, at })) => {
            diags.push(Diag::warning("role-strict has no effect without a role", *at).hint(
                dialect.say("add role = \"customer\", or what we are", "add role customer;, or what we are"),
            ));
        }
        _ => {}
    }
}

/// The limits of families that ADD-PATH is for.
fn paths_limits(body: &Body, families: &[Family]) -> Vec<(Family, u16)> {
    let limits = body.paths_limits.iter().flat_map(|list| &list.value).map(|limit| limit.value);
    limits.filter(|(family, _)| families.contains(family)).collect()
}

/// What needs a capability that is not offered.
fn without_capability(body: &Body, dialect: Dialect, diags: &mut Diags) {
    let mut says = |what: &str, at: Span, capability: &str| {
        let hint = dialect.say("set it below [neighbor.capability]", "add it to the section capability");
        diags.push(Diag::warning(format!("{what} has no effect without {capability}"), at).hint(hint));
    };
    if let (Some(messages), false) = (&body.messages, or(body.operational.as_ref(), false)) {
        says("this", messages.at, "the capability operational");
    }
    let restarts = or(body.graceful_restart.as_ref(), None).is_some();
    if let (Some(At { value: Some(_), at }), false) = (&body.long_lived_graceful_restart, restarts) {
        says("long-lived-graceful-restart", *at, "the capability graceful-restart");
    }
    let link_local = or(body.link_local_nexthop.as_ref(), false);
    if let (Some(own), false) = (&body.local_link_local, link_local) {
        says("local-link-local", own.at, "the capability link-local-nexthop");
    }
    if let (Some(At { value: true, at }), None) = (&body.link_local_prefer, &body.local_link_local) {
        diags.push(
            Diag::warning("link-local-prefer has no effect without local-link-local", *at)
                .hint("add local-link-local with our address"),
        );
    }
}

/// Next hops of the other address family: on when listed, off when switched off, all when only switched on.
fn next_hop(body: &Body, families: &[Family], diags: &mut Diags) -> Vec<(Family, Afi)> {
    let wanted = body.next_hop.as_ref().map(|flag| flag.value);
    let listed = body.next_hop_families.as_ref().map(|list| distinct(&list.value, "family", diags));
    let possible = |family: Family| families.contains(&family) && Neighbor::takes_other_next_hop(family);
    if let Some(list) = &body.next_hop_families {
        for item in list.value.iter().filter(|item| !possible(item.value.0)) {
            let (family, _) = item.value;
            let why = if families.contains(&family) {
                "RFC 8950 is for IPv4 routes"
            } else {
                "it is not among families"
            };
            diags.push(Diag::warning(format!("nexthop: {family} is left out: {why}"), item.at));
        }
    }
    match (wanted, listed) {
        (Some(false), _) | (None, None) => Vec::new(),
        (_, Some(list)) => list.into_iter().filter(|(family, _)| possible(*family)).collect(),
        (Some(true), None) => {
            families.iter().copied().filter(|f| possible(*f)).map(|f| (f, Afi::IPV6)).collect()
        }
    }
}

/// Longest key of TCP MD5 and of TCP-AO that Linux takes, in octets (`TCP_MD5SIG_MAXKEYLEN`, `TCP_AO_MAXKEYLEN`).
const MAX_KEY: usize = 80;

fn md5(body: &Body, diags: &mut Diags) -> Option<Secret> {
    let written = body.md5_password.as_ref()?;
    key("md5-password", written, or(body.md5_base64.as_ref(), false), "md5-base64", diags)
}

/// The octets of a key.
fn key(name: &str, written: &At<Secret>, is_base64: bool, switch: &str, diags: &mut Diags) -> Option<Secret> {
    let At { value: written, at } = written;
    let mut octets = written.reveal().to_vec();
    if is_base64 {
        match std::str::from_utf8(&octets).map_err(|_| "it is no text").and_then(base64) {
            Ok(decoded) if decoded.is_empty() => {
                diags.push(Diag::error(format!("{name} decodes to an empty key"), *at));
                return None;
            }
            Ok(decoded) => octets = decoded,
            Err(why) => {
                diags.push(
                    Diag::error(format!("{name} is not base64: {why}"), *at)
                        .hint(format!("encode it, or remove {switch}")),
                );
                return None;
            }
        }
    }
    if octets.len() > MAX_KEY {
        diags.push(Diag::error(format!("{name} has {} octets", octets.len()), *at).hint("80 at most"));
        return None;
    }
    Some(Secret::new(octets))
}

fn tcp_ao(body: &Body, diags: &mut Diags) -> Option<TcpAo> {
    let At { value: ao, at } = body.tcp_ao.as_ref()?;
    let parts = [
        ("keyid", ao.id.is_none()),
        ("algorithm", ao.algorithm.is_none()),
        ("password", ao.password.is_none()),
    ];
    let missing: Vec<&str> = parts.iter().filter(|(_, missing)| *missing).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        diags.push(Diag::error(format!("incomplete tcp-ao, missing {}", missing.join(", ")), *at));
    }
    if let Some(md5) = &body.md5_password {
        diags.push(
            Diag::error("tcp-ao and md5-password exclude each other", *at)
                .related(md5.at, "md5-password")
                .hint("remove one"),
        );
    }
    Some(TcpAo {
        id: ao.id.as_ref()?.value,
        algorithm: ao.algorithm.as_ref()?.value,
        key: key("password", ao.password.as_ref()?, or(ao.base64.as_ref(), false), "base64", diags)?,
    })
}

/// Routes must be of families that are offered, and "next-hop self" must mean something.
fn routes(name: &PeerName, body: &Body, families: &[Family], dialect: Dialect, diags: &mut Diags) {
    for kind in body.routes.iter().flat_map(|set| set.kinds()) {
        if !families.contains(&kind.family) {
            let message =
                format!("this route is {}, which is not among the neighbor's families", kind.family);
            diags.push(match dialect {
                Dialect::Toml => {
                    Diag::error(message, kind.at).hint(format!("add \"{}\" to families", kind.family))
                }
                // ExaBGP leaves these out in silence, so there are files that work with them.
                Dialect::ExaBgp if kind.family == Family::IPV4_UNICAST => {
                    Diag::warning(format!("{message}: it is not sent"), kind.at)
                        .hint("add family { ipv4 unicast; }")
                }
                Dialect::ExaBgp => {
                    Diag::error(message, kind.at).hint(format!("add family {{ {}; }}", kind.family))
                }
            });
        }
        // An IPv4 route over IPv6 gets the router identifier; an IPv6 route over IPv4 has nothing to get.
        if kind.next_hop_self && kind.family.afi == Afi::IPV6 && name.peer.is_ipv4() {
            diags.push(
                Diag::error("next-hop self of an IPv6 route needs an IPv6 session", kind.at)
                    .hint("write the address of the next hop"),
            );
        }
    }
}
