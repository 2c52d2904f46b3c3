//! `capability { … }`

use crate::conf::lexer::{End, Statement};
use crate::conf::neighbor::bare_is_false;
use crate::conf::reader::Reader;
use crate::conf::values;
use crate::diag::Diag;
use crate::raw::Body;
use crate::value;

/// Keywords of the section.
pub(super) const KEYWORDS: [&str; 15] = [
    "nexthop",
    "add-path",
    "asn4",
    "graceful-restart",
    "long-lived-graceful-restart",
    "multi-session",
    "operational",
    "route-refresh",
    "aigp",
    "extended-message",
    "software-version",
    "link-local-nexthop",
    "link-local-prefer",
    "role",
    "role-strict",
];

/// Reads the section.
pub(super) fn read<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, body: &mut Body) {
    reader.block("capability", header, |reader, s| {
        if !statement(reader, s, body) {
            reader.unknown(s, &KEYWORDS);
        }
    });
}

/// One statement of the section, if it is one.
pub(super) fn statement<'a>(reader: &mut Reader<'a, '_>, s: &Statement<'a>, body: &mut Body) -> bool {
    match s.keyword() {
        "asn4" => body.asn4 = reader.value(s, Some(true), values::boolean),
        "extended-message" => body.extended_message = reader.value(s, Some(true), values::boolean),
        "graceful-restart" => {
            body.graceful_restart = reader.value(s, Some(Some(0)), values::graceful_restart);
            let words = s.words();
            let cut = words.get(1).filter(|w| w.text.parse::<u16>().is_ok_and(|time| time > 4095));
            if let Some(word) = cut {
                let at = reader.at(word);
                reader.diags.push(
                    Diag::warning("graceful-restart: 4095 seconds are what fits", at).hint("write 4095"),
                );
            }
        }
        "long-lived-graceful-restart" => {
            body.long_lived_graceful_restart = reader.value(s, None, value::long_lived);
        }
        "multi-session" => body.multi_session = reader.value(s, Some(true), values::boolean),
        "operational" => body.operational = reader.value(s, Some(true), values::boolean),
        "add-path" if s.end != End::Open => body.add_path = reader.value(s, None, value::add_path),
        "route-refresh" => body.route_refresh = reader.value(s, Some(true), values::boolean),
        "nexthop" if s.end != End::Open => body.next_hop = reader.value(s, Some(true), values::boolean),
        "aigp" => body.aigp = reader.value(s, Some(true), values::boolean),
        "software-version" => {
            bare_is_false(reader, s);
            body.software_version = reader.value(s, Some(false), values::boolean);
        }
        "role" => body.role = reader.value(s, None, value::role),
        "role-strict" => body.role_strict = reader.value(s, Some(true), values::boolean),
        "link-local-nexthop" => body.link_local_nexthop = reader.value(s, Some(true), values::boolean),
        "link-local-prefer" => body.link_local_prefer = reader.value(s, Some(false), values::boolean),
        _ => return false,
    }
    true
}
