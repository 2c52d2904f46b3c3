//! `[neighbor.api]`, or several `[[neighbor.api]]`.

use toml::de::DeValue;

use crate::diag::{At, Diag, Diags};
use crate::model::Messages;
use crate::raw::RawApi;
use crate::suggest;
use crate::toml::fields::Fields;
use crate::value;

/// Reads all blocks of a neighbor or template.
pub(super) fn read(fields: &mut Fields<'_, '_>, diags: &mut Diags) -> Vec<RawApi> {
    let Some(value) = fields.get("api") else { return Vec::new() };
    let source = fields.source;
    let tables = match value.get_ref() {
        DeValue::Array(array) => array.iter().collect(),
        _ => vec![value],
    };
    tables
        .into_iter()
        .filter_map(|value| Fields::of(source, "api", value, diags).map(|f| block(f, diags)))
        .collect()
}

fn block(mut fields: Fields<'_, '_>, diags: &mut Diags) -> RawApi {
    let mut flag = |fields: &mut Fields<'_, '_>, key| {
        fields.scalar(key, value::boolean, diags).is_some_and(|flag: At<bool>| flag.value)
    };
    let mut api = RawApi {
        at: fields.at(),
        neighbor_changes: flag(&mut fields, "neighbor-changes"),
        negotiated: flag(&mut fields, "negotiated"),
        fsm: flag(&mut fields, "fsm"),
        signal: flag(&mut fields, "signal"),
        ..RawApi::default()
    };
    api.name = fields.scalar("name", value::name, diags);
    api.processes = fields.list("processes", value::name, diags).map(|list| list.value).unwrap_or_default();
    api.processes_match =
        fields.list("processes-match", value::name, diags).map(|list| list.value).unwrap_or_default();
    api.receive = messages(&mut fields, "receive", diags);
    api.send = messages(&mut fields, "send", diags);
    fields.finish(diags);
    api
}

/// Words of `receive` and `send`, forms first.
const WORDS: [&str; 9] = [
    "parsed",
    "packets",
    "consolidate",
    "open",
    "update",
    "notification",
    "keepalive",
    "refresh",
    "operational",
];

fn messages(fields: &mut Fields<'_, '_>, key: &'static str, diags: &mut Diags) -> Option<At<Messages>> {
    let list = fields.list(key, value::name, diags)?;
    let mut messages = Messages::default();
    for word in list.value {
        let flag = match word.value.as_str() {
            "parsed" => &mut messages.parsed,
            "packets" => &mut messages.packets,
            "consolidate" => &mut messages.consolidate,
            "open" => &mut messages.open,
            "update" => &mut messages.update,
            "notification" => &mut messages.notification,
            "keepalive" => &mut messages.keepalive,
            "refresh" => &mut messages.refresh,
            "operational" => &mut messages.operational,
            unknown => {
                let diag = Diag::error(format!("{key}: '{unknown}' is no message and no form"), word.at);
                diags.push(suggest::add(diag, unknown, WORDS));
                continue;
            }
        };
        *flag = true;
    }
    Some(At::new(messages, list.at))
}
