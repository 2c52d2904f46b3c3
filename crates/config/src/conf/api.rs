//! `api [NAME] { … }`

use crate::conf::lexer::Statement;
use crate::conf::reader::Reader;
use crate::conf::values;
use crate::diag::At;
use crate::model::Messages;
use crate::raw::{Body, RawApi};
use crate::value;

/// Keywords of the section.
const KEYWORDS: [&str; 8] =
    ["processes", "processes-match", "neighbor-changes", "negotiated", "fsm", "signal", "send", "receive"];

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

/// Reads one section.
pub(super) fn read<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, body: &mut Body) {
    let words = header.words();
    let mut api = RawApi { at: reader.keyword_at(header), ..RawApi::default() };
    if let Some(word) = words.get(1) {
        api.name = reader.read("api", word, value::name);
        reader.no_more(&words, 2);
    }
    reader.block("api", header, |reader, s| {
        let is = |value: Option<At<bool>>| value.is_some_and(|flag| flag.value);
        match s.keyword() {
            "processes" => api.processes.extend(names(reader, s)),
            "processes-match" => api.processes_match.extend(names(reader, s)),
            "neighbor-changes" => api.neighbor_changes = is(reader.value(s, Some(true), values::boolean)),
            "negotiated" => api.negotiated = is(reader.value(s, Some(true), values::boolean)),
            "fsm" => api.fsm = is(reader.value(s, Some(true), values::boolean)),
            "signal" => api.signal = is(reader.value(s, Some(true), values::boolean)),
            "send" => messages(reader, "send", s, &mut api.send),
            "receive" => messages(reader, "receive", s, &mut api.receive),
            _ => reader.unknown(s, &KEYWORDS),
        }
    });
    body.api.push(api);
}

fn names<'a>(reader: &mut Reader<'a, '_>, s: &Statement<'a>) -> Vec<At<String>> {
    let list = reader.list(s, true, false).unwrap_or_default();
    list.iter().map(|name| At::new(name.text.to_string(), reader.at(name))).collect()
}

/// `receive { … }` or `send { … }`; several of them count together.
fn messages<'a>(
    reader: &mut Reader<'a, '_>,
    name: &'static str,
    header: &Statement<'a>,
    all: &mut Option<At<Messages>>,
) {
    let mut messages = all.map_or(Messages::default(), |m| m.value);
    let at = reader.keyword_at(header);
    reader.block(name, header, |reader, s| {
        let Some(flag) = flag(&mut messages, s.keyword()) else {
            reader.unknown(s, &WORDS);
            return;
        };
        if let Some(value) = reader.value(s, Some(true), values::boolean) {
            *flag = value.value;
        }
    });
    *all = Some(At::new(messages, at));
}

/// The flag that a word of `receive` and `send` stands for.
pub(super) fn flag<'m>(messages: &'m mut Messages, word: &str) -> Option<&'m mut bool> {
    Some(match word {
        "parsed" => &mut messages.parsed,
        "packets" => &mut messages.packets,
        "consolidate" => &mut messages.consolidate,
        "open" => &mut messages.open,
        "update" => &mut messages.update,
        "notification" => &mut messages.notification,
        "keepalive" => &mut messages.keepalive,
        "refresh" => &mut messages.refresh,
        "operational" => &mut messages.operational,
        _ => return None,
    })
}
