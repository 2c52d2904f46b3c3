//! What ExaBGP 3.x wrote and public programs still generate: taken, with a warning that shows the form of today.

use crate::conf::lexer::{End, Statement};
use crate::conf::reader::Reader;
use crate::conf::{api, capability, neighbor, process, values};
use crate::diag::{At, Diag};
use crate::model::Messages;
use crate::raw::{Body, Raw, RawApi};

/// What to write instead of words that are none of ExaBGP's, by the section where people write them.
pub(super) fn instead(section: &str, keyword: &str) -> Option<&'static str> {
    let words: &[(&str, &str)] = match section {
        "the top level" => {
            &[("peer", "write neighbor"), ("route", "this belongs into neighbor { static { … } }")]
        }
        "neighbor" | "group" => &[
            ("remote-as", "write peer-as"),
            ("update-source", "write local-address"),
            ("password", "write md5-password"),
            ("md5", "write md5-password"),
            ("keepalive", "a third of hold-time; write hold-time"),
            ("hold-timer", "write hold-time"),
            ("holdtime", "write hold-time"),
            ("multihop", "write outgoing-ttl"),
            ("ebgp-multihop", "write outgoing-ttl"),
            ("port", "write connect"),
            ("route", "this belongs into static { … }"),
            ("asn", "write local-as"),
        ],
        "family" => &[("minimal", "list the families, or leave the section out for all")],
        "receive" | "send" => {
            &[("all", "name the messages: open; update; notification; keepalive; refresh; operational")]
        }
        _ => &[],
    };
    words.iter().find(|(word, _)| *word == keyword).map(|(_, hint)| *hint).or_else(|| {
        let outside = !matches!(section, "neighbor" | "group" | "the top level");
        let of_neighbor = neighbor::KEYWORDS.contains(&keyword) || neighbor::SECTIONS.contains(&keyword);
        let of_capability = capability::KEYWORDS.contains(&keyword);
        if outside && of_neighbor {
            Some("this belongs into the neighbor itself")
        } else if of_capability {
            Some("this belongs into capability { … }")
        } else if section == "the top level" && of_neighbor {
            Some("this belongs into a neighbor")
        } else {
            None
        }
    })
}

fn old<'a>(reader: &mut Reader<'a, '_>, s: &Statement<'a>, what: &str, hint: &str) {
    let at = reader.keyword_at(s);
    reader.diags.push(Diag::warning(format!("{what} is of ExaBGP 3"), at).hint(hint.to_owned()));
}

/// `group NAME { … neighbor … }`: what the group says holds for its neighbors.
pub(super) fn group<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, raw: &mut Raw) {
    old(
        reader,
        header,
        "group",
        "write template { neighbor NAME { … } }, and inherit NAME; in each neighbor",
    );
    let mut body = Body::default();
    let mut inherit = Vec::new();
    let first = raw.neighbors.len();
    reader.block("group", header, |reader, s| {
        if s.keyword() == "neighbor" && s.end == End::Open {
            neighbor(reader, s, &Body::default(), raw);
        } else {
            neighbor::statement(reader, s, &mut body, &mut inherit, raw);
        }
    });
    // What stands behind a neighbor in the group holds for it too.
    for neighbor in raw.neighbors.iter_mut().skip(first) {
        neighbor.body.inherit(&body);
        neighbor.inherit.extend(inherit.iter().cloned());
    }
}

/// A statement that neighbors had in 3.x, if it is one.
pub(super) fn statement<'a>(
    reader: &mut Reader<'a, '_>,
    s: &Statement<'a>,
    body: &mut Body,
    raw: &mut Raw,
) -> bool {
    match s.keyword() {
        "process" if s.end == End::Open => {
            old(
                reader,
                s,
                "a process within a neighbor",
                "write process NAME { … } on the top level, and api { processes [ NAME ]; } here",
            );
            helper(reader, s, body, raw);
        }
        "ttl-security" => {
            old(reader, s, "ttl-security", "write outgoing-ttl and incoming-ttl");
            let value = reader.value(s, None, values::ttl);
            body.incoming_ttl = value;
            body.outgoing_ttl = value.map(|ttl| At::new(ttl.value.map(|_| 255), ttl.at));
        }
        name @ ("graceful-restart" | "asn4" | "route-refresh" | "multi-session" | "aigp")
            if s.end != End::Open =>
        {
            old(reader, s, &format!("{name} outside capability"), &format!("write capability {{ {name}; }}"));
            capability::statement(reader, s, body);
        }
        _ => return false,
    }
    true
}

/// `process NAME { run …; receive { … } neighbor-changes; }`: a helper of this neighbor alone.
fn helper<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, body: &mut Body, raw: &mut Raw) {
    let Some(mut process) = process::named(reader, header) else {
        reader.skip(header);
        return;
    };
    let mut api =
        RawApi { at: reader.keyword_at(header), processes: vec![process.name.clone()], ..RawApi::default() };
    let (mut receive, mut send) = (Messages::default(), Messages::default());
    reader.block("process", header, |reader, s| {
        match s.keyword() {
            "receive" | "send" => {
                let receiving = s.keyword() == "receive";
                reader.block(if receiving { "receive" } else { "send" }, s, |reader, s| {
                    let messages = if receiving { &mut receive } else { &mut send };
                    if !event(reader, s, messages, &mut api) {
                        reader.unknown(s, &["parsed", "packets", "update", "neighbor-changes"]);
                    }
                });
            }
            // 3.0 and before.
            "receive-parsed-routes" | "parse-routes" | "receive-routes" | "receive-updates" => {
                (receive.parsed, receive.update) = (true, true);
            }
            "receive-packets" | "receive-raw" => (receive.packets, receive.update) = (true, true),
            "send-packets" => (send.packets, send.update) = (true, true),
            "peer-updates" => api.neighbor_changes = true,
            _ if event(reader, s, &mut receive, &mut api) => {}
            _ if process::statement(reader, s, &mut process) => {}
            _ => reader.unknown(s, &["run", "encoder", "receive", "send", "neighbor-changes"]),
        }
    });
    let at = api.at;
    let told = |messages: Messages| messages.has_type().then(|| At::new(messages, at));
    api.receive = told(receive);
    api.send = told(send);
    body.api.push(api);
    if process.encoder.is_none() {
        // 3.x had text where nothing was said.
        process.encoder = Some(At::new(crate::model::Encoder::Text, at));
    }
    // One helper of a group or of several neighbors was written in each of them.
    let same = raw.processes.iter().any(|known| {
        known.name.value == process.name.value
            && known.run.as_ref().map(|run| run.value.iter().map(|w| &w.value).collect::<Vec<_>>())
                == process.run.as_ref().map(|run| run.value.iter().map(|w| &w.value).collect::<Vec<_>>())
    });
    if !same {
        process::add(reader, process, raw);
    }
}

/// A word of `receive` or `send`.
fn event<'a>(
    reader: &mut Reader<'a, '_>,
    s: &Statement<'a>,
    messages: &mut Messages,
    api: &mut RawApi,
) -> bool {
    match s.keyword() {
        "neighbor-changes" => {
            api.neighbor_changes = reader.value(s, Some(true), values::boolean).is_some_and(|v| v.value);
        }
        "all" => {
            for word in ["open", "update", "notification", "keepalive", "refresh", "operational"] {
                if let Some(flag) = api::flag(messages, word) {
                    *flag = true;
                }
            }
        }
        word => {
            let Some(flag) = api::flag(messages, word) else { return false };
            *flag = reader.value(s, Some(true), values::boolean).is_some_and(|v| v.value);
        }
    }
    true
}
