//! What neighbors and templates hold.

use std::sync::Arc;

use bgp_wire::Family;
use bgp_wire::msg::Operational;
use route_text::{Words, parse_operational};
use toml::de::DeValue;

use crate::clauses::Clauses;
use crate::diag::{At, Diag, Diags};
use crate::raw::{Body, RawTcpAo};
use crate::secret::Secret;
use crate::toml::api;
use crate::toml::fields::Fields;
use crate::toml::routes;
use crate::value::{self, Scalar, Value};

/// What people write on the top level when they forget the header.
pub(super) const KEYS: [&str; 12] = [
    "peer-address",
    "local-address",
    "local-as",
    "peer-as",
    "router-id",
    "hold-time",
    "passive",
    "families",
    "capability",
    "api",
    "static",
    "inherit",
];

/// Names of other programs, and of old versions, for what a neighbor has.
const OTHERS: [(&str, &str); 14] = [
    ("ttl-security", "write incoming-ttl"),
    ("multihop", "write outgoing-ttl"),
    ("ebgp-multihop", "write outgoing-ttl"),
    ("password", "write md5-password"),
    ("update-source", "write local-address"),
    ("remote-as", "write peer-as"),
    ("address", "write peer-address"),
    ("neighbor", "write peer-address"),
    ("port", "write connect, or listen"),
    ("family", "write families, a list as in [\"ipv4 unicast\"]"),
    ("graceful-restart", "this belongs below [neighbor.capability]"),
    ("asn4", "this belongs below [neighbor.capability]"),
    ("routes", "this belongs below [neighbor.static]"),
    ("processes", "this belongs below [neighbor.api]"),
];

/// Reads what is common to neighbors and templates.
pub(super) fn body(fields: &mut Fields<'_, '_>, clauses: &mut Clauses, diags: &mut Diags) -> Body {
    let mut body = Body {
        peer_address: fields.scalar("peer-address", value::peer, diags),
        local_address: fields.scalar("local-address", value::auto_ip, diags),
        local_as: fields.scalar("local-as", value::auto_asn, diags),
        peer_as: fields.scalar("peer-as", value::auto_asn, diags),
        router_id: fields.scalar("router-id", value::router_id, diags),
        description: fields.scalar("description", value::string, diags),
        host_name: fields.scalar("host-name", value::host_name, diags),
        domain_name: fields.scalar("domain-name", value::host_name, diags),
        hold_time: fields.scalar("hold-time", value::hold_time, diags),
        send_hold_time: fields.scalar("send-hold-time", value::seconds, diags),
        rate_limit: fields.scalar("rate-limit", value::rate, diags),
        range_limit: fields.scalar("range-limit", value::range_limit, diags),
        passive: fields.scalar("passive", value::boolean, diags),
        listen: fields.scalar("listen", value::port, diags),
        connect: fields.scalar("connect", value::port, diags),
        outgoing_ttl: fields.scalar("outgoing-ttl", value::ttl, diags),
        incoming_ttl: fields.scalar("incoming-ttl", value::ttl, diags),
        md5_password: fields.scalar("md5-password", secret, diags),
        md5_base64: fields.scalar("md5-base64", value::boolean, diags),
        md5_ip: fields.scalar("md5-ip", value::ip, diags),
        source_interface: fields.scalar("source-interface", value::name, diags),
        group_updates: fields.scalar("group-updates", value::boolean, diags),
        auto_flush: fields.scalar("auto-flush", value::boolean, diags),
        adj_rib_in: fields.scalar("adj-rib-in", value::boolean, diags),
        adj_rib_out: fields.scalar("adj-rib-out", value::boolean, diags),
        manual_eor: fields.scalar("manual-eor", value::boolean, diags),
        local_link_local: fields.scalar("local-link-local", value::link_local, diags),
        families: families(fields, diags),
        ..Body::default()
    };
    if let Some(list) = restriction(fields, "add-path", value::add_path_family, diags) {
        let limits = list.value.iter().filter_map(|f| Some(At::new((f.value.0, f.value.1?), f.at)));
        body.paths_limits = Some(At::new(limits.collect(), list.at));
        let families = list.value.iter().map(|f| At::new(f.value.0, f.at));
        body.add_path_families = Some(At::new(families.collect(), list.at));
    }
    body.messages = fields.list("operational", operational, diags);
    body.next_hop_families = restriction(fields, "nexthop", value::next_hop, diags);
    body.tcp_ao = tcp_ao(fields, diags);
    capability(fields, &mut body, diags);
    body.api = api::read(fields, diags);
    if let Some(mut table) = fields.table("static", diags) {
        body.routes.extend(routes::read(&mut table, clauses, diags));
        table.finish(diags);
    }
    others(fields, diags);
    body.wrong = fields.wrong().to_vec();
    body
}

/// A list of families, alone or as `families` of a table: `add-path = […]`, `[neighbor.add-path] families = […]`.
fn restriction<T>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    read: fn(Scalar<'_>) -> Value<T>,
    diags: &mut Diags,
) -> Option<At<Vec<At<T>>>> {
    if !matches!(fields.get(key)?.get_ref(), DeValue::Table(_)) {
        return fields.list(key, read, diags);
    }
    let mut table = fields.table(key, diags)?;
    let list = table.list("families", read, diags);
    table.finish(diags);
    list
}

/// `[neighbor.tcp-ao]`
fn tcp_ao(fields: &mut Fields<'_, '_>, diags: &mut Diags) -> Option<At<RawTcpAo>> {
    let mut table = fields.table("tcp-ao", diags)?;
    let ao = RawTcpAo {
        id: table.scalar("keyid", value::key_id, diags),
        algorithm: table.scalar("algorithm", value::ao_algorithm, diags),
        password: table.scalar("password", secret, diags),
        base64: table.scalar("base64", value::boolean, diags),
    };
    let at = table.at();
    table.finish(diags);
    Some(At::new(ao, at))
}

fn capability(fields: &mut Fields<'_, '_>, body: &mut Body, diags: &mut Diags) {
    let Some(mut table) = fields.table("capability", diags) else { return };
    body.asn4 = table.scalar("asn4", value::boolean, diags);
    body.extended_message = table.scalar("extended-message", value::boolean, diags);
    body.graceful_restart = table.scalar("graceful-restart", value::graceful_restart, diags);
    body.long_lived_graceful_restart = table.scalar("long-lived-graceful-restart", value::long_lived, diags);
    body.multi_session = table.scalar("multi-session", value::boolean, diags);
    body.operational = table.scalar("operational", value::boolean, diags);
    body.add_path = table.scalar("add-path", value::add_path, diags);
    body.route_refresh = table.scalar("route-refresh", value::boolean, diags);
    body.next_hop = table.scalar("nexthop", value::boolean, diags);
    body.aigp = table.scalar("aigp", value::boolean, diags);
    body.software_version = table.scalar("software-version", value::boolean, diags);
    body.link_local_nexthop = table.scalar("link-local-nexthop", value::boolean, diags);
    body.link_local_prefer = table.scalar("link-local-prefer", value::boolean, diags);
    body.role = table.scalar("role", value::role, diags);
    body.role_strict = table.scalar("role-strict", value::boolean, diags);
    table.finish(diags);
}

/// A message in the words of the command that sends one.
fn operational(value: Scalar<'_>) -> Value<Arc<Operational>> {
    let Scalar::Text(text) = value else {
        return value::refuse(
            value,
            "an operational message",
            "as in \"asm afi ipv4 safi unicast advisory 'hello'\"",
        );
    };
    parse_operational(&mut Words::new(text)).map(Arc::new).map_err(|error| value::Refusal {
        message: match error.word.as_str() {
            "" => error.message.to_string(),
            word => format!("{}: '{word}'", error.message),
        },
        hint: error.hint.to_string(),
    })
}

/// The key as it is written; `md5-base64` is only known later.
fn secret(value: Scalar<'_>) -> Value<Secret> {
    match value {
        Scalar::Text("") => value::refuse(value, "a password", "leave md5-password out to use none"),
        Scalar::Text(text) => Ok(Secret::new(text.as_bytes())),
        // Never repeat the value: it may be a password all the same.
        _ => value::refuse(Scalar::Other("this"), "a password", "write it in quotes"),
    }
}

/// `families`: names, or the word `all`, which is what leaving it out means too.
fn families(fields: &mut Fields<'_, '_>, diags: &mut Diags) -> Option<At<Vec<At<Family>>>> {
    let all = |value: Scalar<'_>| match value {
        Scalar::Text("all") => Ok(None),
        value => value::family(value).map(Some),
    };
    let list = fields.list("families", all, diags)?;
    let named: Vec<At<Family>> =
        list.value.iter().filter_map(|f| f.value.map(|family| At::new(family, f.at))).collect();
    let all = list.value.iter().find(|f| f.value.is_none());
    match (all, named.is_empty()) {
        (Some(_), true) => None,
        (Some(all), false) => {
            diags.push(
                Diag::error("all can't be combined with other families", all.at)
                    .hint("leave one of them out"),
            );
            None
        }
        (None, _) => Some(At::new(named, list.at)),
    }
}

/// Names that are not ours, with what to write instead.
fn others(fields: &mut Fields<'_, '_>, diags: &mut Diags) {
    for (name, hint) in OTHERS {
        fields.refuse(name, hint, diags);
    }
}
