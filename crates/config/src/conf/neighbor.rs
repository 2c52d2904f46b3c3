//! What neighbors, templates and groups hold.

use crate::conf::lexer::{End, Statement};
use crate::conf::reader::Reader;
use crate::conf::{api, capability, family, legacy, operational, routes, tcp_ao, values};
use crate::diag::{At, Diag};
use crate::raw::{Body, Raw};
use crate::value;

/// Sections of a neighbor.
pub(super) const SECTIONS: [&str; 11] = [
    "capability",
    "family",
    "add-path",
    "nexthop",
    "api",
    "operational",
    "static",
    "announce",
    "flow",
    "l2vpn",
    "tcp-ao",
];

/// Keywords of a neighbor.
pub(super) const KEYWORDS: [&str; 28] = [
    "inherit",
    "description",
    "host-name",
    "domain-name",
    "router-id",
    "hold-time",
    "send-hold-time",
    "rate-limit",
    "range-limit",
    "local-address",
    "source-interface",
    "peer-address",
    "local-as",
    "peer-as",
    "passive",
    "listen",
    "connect",
    "outgoing-ttl",
    "incoming-ttl",
    "md5-password",
    "md5-base64",
    "md5-ip",
    "group-updates",
    "auto-flush",
    "adj-rib-out",
    "adj-rib-in",
    "manual-eor",
    "local-link-local",
];

/// One statement of a neighbor.
pub(super) fn statement<'a>(
    reader: &mut Reader<'a, '_>,
    s: &Statement<'a>,
    body: &mut Body,
    inherit: &mut Vec<At<String>>,
    raw: &mut Raw,
) {
    // A value that is there and wrong is not missing.
    macro_rules! set {
        ($field:ident, $key:literal, $bare:expr, $read:expr) => {{
            let value = reader.value(s, $bare, $read);
            if value.is_none() {
                body.wrong.push($key);
            } else {
                body.$field = value;
            }
        }};
    }
    let routes = match s.keyword() {
        "inherit" => {
            let names = reader.list(s, true, true).unwrap_or_default();
            inherit.extend(names.into_iter().map(|name| At::new(name.text.to_string(), reader.at(&name))));
            return;
        }
        "description" => return set!(description, "description", Some(String::new()), value::string),
        "host-name" => return set!(host_name, "host-name", None, value::host_name),
        "domain-name" => return set!(domain_name, "domain-name", None, value::host_name),
        "router-id" => return set!(router_id, "router-id", None, value::router_id),
        "hold-time" => return set!(hold_time, "hold-time", None, value::hold_time),
        "send-hold-time" => return set!(send_hold_time, "send-hold-time", None, value::seconds),
        "rate-limit" => return set!(rate_limit, "rate-limit", None, values::rate),
        "range-limit" => return set!(range_limit, "range-limit", None, value::range_limit),
        "local-address" => return set!(local_address, "local-address", None, value::auto_ip),
        "source-interface" => {
            if s.words().len() < 2 {
                let at = reader.keyword_at(s);
                reader.diags.push(Diag::warning("source-interface names none: it is ignored", at));
                return;
            }
            return set!(source_interface, "source-interface", None, value::name);
        }
        "peer-address" => return set!(peer_address, "peer-address", None, value::peer),
        "local-as" => return set!(local_as, "local-as", None, value::auto_asn),
        "peer-as" => return set!(peer_as, "peer-as", None, value::auto_asn),
        "passive" => return set!(passive, "passive", Some(true), values::boolean),
        "listen" => {
            body.listen = reader.value(s, None, values::port).and_then(|p| Some(At::new(p.value?, p.at)));
            return;
        }
        "connect" => {
            body.connect = reader.value(s, None, values::port).and_then(|p| Some(At::new(p.value?, p.at)));
            return;
        }
        "outgoing-ttl" => return set!(outgoing_ttl, "outgoing-ttl", None, values::ttl),
        "incoming-ttl" => return set!(incoming_ttl, "incoming-ttl", None, values::ttl),
        "md5-password" => return set!(md5_password, "md5-password", None, values::secret),
        "md5-base64" => return set!(md5_base64, "md5-base64", Some(false), values::auto_boolean),
        "md5-ip" => return set!(md5_ip, "md5-ip", None, value::ip),
        "group-updates" => return set!(group_updates, "group-updates", Some(true), values::boolean),
        "auto-flush" => return set!(auto_flush, "auto-flush", Some(true), values::boolean),
        "adj-rib-out" => {
            bare_is_false(reader, s);
            return set!(adj_rib_out, "adj-rib-out", Some(false), values::boolean);
        }
        "adj-rib-in" => {
            bare_is_false(reader, s);
            return set!(adj_rib_in, "adj-rib-in", Some(false), values::boolean);
        }
        "manual-eor" => {
            bare_is_false(reader, s);
            return set!(manual_eor, "manual-eor", Some(false), values::boolean);
        }
        "local-link-local" => return set!(local_link_local, "local-link-local", None, value::link_local),
        "capability" => return capability::read(reader, s, body),
        "family" => return family::families(reader, s, body),
        "add-path" => return family::add_path(reader, s, body),
        "nexthop" => return family::next_hops(reader, s, body),
        "api" => return api::read(reader, s, body),
        "operational" => return operational::read(reader, s, body),
        "tcp-ao" => return tcp_ao::read(reader, s, body),
        "static" => routes::fixed(reader, s),
        "announce" => routes::announce(reader, s),
        "flow" => routes::flow(reader, s),
        "l2vpn" => routes::l2vpn(reader, s),
        _ if legacy::statement(reader, s, body, raw) => return,
        _ => {
            let known: Vec<&str> = if s.end == End::Open {
                SECTIONS.to_vec()
            } else {
                KEYWORDS.iter().chain(SECTIONS.iter()).copied().collect()
            };
            return reader.unknown(s, &known);
        }
    };
    body.routes.extend(routes);
}

/// Warns of the keywords that read like a wish and mean its opposite.
pub(super) fn bare_is_false<'a>(reader: &mut Reader<'a, '_>, s: &Statement<'a>) {
    if s.end != End::Open && s.words().len() == 1 {
        let at = reader.keyword_at(s);
        let keyword = s.keyword();
        reader.diags.push(
            Diag::warning(format!("{keyword} alone means false"), at)
                .hint(format!("write {keyword} true; or {keyword} false;")),
        );
    }
}
