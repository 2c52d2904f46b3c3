//! TOML.

use bgp_wire::Family;

use crate::diag::At;
use crate::env::ApiVersion;
use crate::migrate::lines::Lines;
use crate::migrate::plan::Plan;
use crate::migrate::settings::{self, Setting, Shown};
use crate::model::{Messages, Overflow, RouteSet};
use crate::raw::{Body, Raw, RawApi, RawProcess};

/// Prints a whole configuration.
pub(super) fn print(raw: &Raw, plan: &Plan<'_>, out: &mut Lines) {
    for process in &raw.processes {
        self::process(process, out);
    }
    for (name, template) in &plan.templates {
        let path = format!("template.{}", key(&name.value));
        out.gap();
        out.push(format!("[{path}]"), Some(name.at));
        body(&path, template, None, out);
    }
    for neighbor in &plan.neighbors {
        out.gap();
        out.push("[[neighbor]]", Some(neighbor.at));
        if !neighbor.inherit.is_empty() {
            let names: Vec<String> = neighbor.inherit.iter().map(|name| quoted(&name.value)).collect();
            out.push(format!("inherit = [{}]", names.join(", ")), neighbor.inherit.first().map(|n| n.at));
        }
        body("neighbor", &neighbor.body, neighbor.families.as_deref(), out);
    }
    let mut section = None;
    for setting in &raw.settings {
        if section != Some(&setting.section.value) {
            out.gap();
            out.push(format!("[settings.{}]", key(&setting.section.value)), Some(setting.section.at));
            section = Some(&setting.section.value);
        }
        out.push(
            format!("{} = {}", key(&setting.option.value), quoted(&setting.value.value)),
            Some(setting.value.at),
        );
    }
}

fn process(process: &RawProcess, out: &mut Lines) {
    out.gap();
    out.push(format!("[process.{}]", key(&process.name.value)), Some(process.name.at));
    if let Some(run) = &process.run {
        let words: Vec<String> = run.value.iter().map(|word| quoted(&word.value)).collect();
        out.push(format!("run = [{}]", words.join(", ")), Some(run.at));
    }
    if let Some(encoder) = &process.encoder {
        out.push(format!("encoder = {}", quoted(encoder.value.name())), Some(encoder.at));
    }
    for (name, flag) in [("respawn", &process.respawn), ("ack", &process.ack)] {
        if let Some(flag) = flag {
            out.push(format!("{name} = {}", flag.value), Some(flag.at));
        }
    }
    if let Some(api) = &process.api {
        out.push(format!("api = {}", api_name(api.value)), Some(api.at));
    }
    if let Some(overflow) = &process.overflow {
        out.push(format!("overflow = {}", quoted(overflow_name(overflow.value))), Some(overflow.at));
    }
    for (name, octets) in [("queue-bytes", &process.queue_bytes), ("spill-bytes", &process.spill_bytes)] {
        if let Some(octets) = octets {
            out.push(format!("{name} = {}", octets.value), Some(octets.at));
        }
    }
    if let Some(end) = &process.on_exit {
        out.push(format!("on-exit = {}", quoted(&settings::on_exit(end.value))), Some(end.at));
    }
}

pub(super) const fn api_name(version: ApiVersion) -> &'static str {
    match version {
        ApiVersion::V4 => "4",
        ApiVersion::V6 => "6",
    }
}

pub(super) const fn overflow_name(overflow: Overflow) -> &'static str {
    match overflow {
        Overflow::Spill => "spill",
        Overflow::Block => "block",
        Overflow::Gap => "gap",
    }
}

fn body(path: &str, body: &Body, families: Option<&[Family]>, out: &mut Lines) {
    if let Some(At { value: (address, length), at }) = &body.peer_address {
        let range = length.map_or_else(String::new, |length| format!("/{length}"));
        out.push(format!("peer-address = {}", quoted(&format!("{address}{range}"))), Some(*at));
    }
    all(&settings::own(body), out);
    list("families", body.families.as_ref(), ToString::to_string, out);
    list("add-path", body.add_path_families.as_ref(), |f| settings::add_path(body, *f), out);
    let next_hop =
        |(family, afi): &(Family, bgp_wire::Afi)| format!("{family} {}", afi.name().unwrap_or_default());
    list("nexthop", body.next_hop_families.as_ref(), next_hop, out);
    list("operational", body.messages.as_ref(), |message| settings::operational(message), out);
    if let Some(key) = &body.tcp_ao {
        out.gap();
        out.push(format!("[{path}.tcp-ao]"), Some(key.at));
        all(&settings::tcp_ao(&key.value), out);
    }
    let capability = settings::capability(body);
    if !capability.is_empty() {
        out.gap();
        out.push(format!("[{path}.capability]"), None);
        all(&capability, out);
    }
    for block in &body.api {
        out.gap();
        let header = if body.api.len() == 1 { format!("[{path}.api]") } else { format!("[[{path}.api]]") };
        out.push(header, Some(block.at));
        api(block, out);
    }
    if body.routes.iter().any(|set| !set.routes().is_empty()) {
        out.gap();
        out.push(format!("[{path}.static]"), None);
        out.push("routes = [", None);
        out.deeper();
        body.routes.iter().for_each(|set| routes(set, families, out));
        out.back();
        out.push("]", None);
    }
}

fn all(settings: &[Setting], out: &mut Lines) {
    for one in settings {
        setting(one, out);
    }
}

fn setting(setting: &Setting, out: &mut Lines) {
    let value = match &setting.value {
        Shown::Text(text) => quoted(text),
        Shown::Number(number) => number.to_string(),
        Shown::Truth(truth) => truth.to_string(),
        Shown::Off => "false".to_owned(),
    };
    out.push(format!("{} = {value}", setting.key), Some(setting.at));
}

fn list<T>(name: &str, list: Option<&At<Vec<At<T>>>>, show: impl Fn(&T) -> String, out: &mut Lines) {
    let Some(list) = list else { return };
    let all: Vec<String> = list.value.iter().map(|item| quoted(&show(&item.value))).collect();
    out.push(format!("{name} = [{}]", all.join(", ")), Some(list.at));
}

fn api(api: &RawApi, out: &mut Lines) {
    let names = |names: &[At<String>]| {
        let all: Vec<String> = names.iter().map(|name| quoted(&name.value)).collect();
        all.join(", ")
    };
    if let Some(name) = &api.name {
        out.push(format!("name = {}", quoted(&name.value)), Some(name.at));
    }
    for (name, list) in [("processes", &api.processes), ("processes-match", &api.processes_match)] {
        if let Some(first) = list.first() {
            out.push(format!("{name} = [{}]", names(list)), Some(first.at));
        }
    }
    for (name, flag) in flags(api) {
        if flag {
            out.push(format!("{name} = true"), None);
        }
    }
    for (name, messages) in [("receive", &api.receive), ("send", &api.send)] {
        if let Some(messages) = messages {
            let words: Vec<String> = words(messages.value).map(quoted).collect();
            out.push(format!("{name} = [{}]", words.join(", ")), Some(messages.at));
        }
    }
}

pub(super) const fn flags(api: &RawApi) -> [(&'static str, bool); 4] {
    [
        ("neighbor-changes", api.neighbor_changes),
        ("negotiated", api.negotiated),
        ("fsm", api.fsm),
        ("signal", api.signal),
    ]
}

/// The words of `receive` and `send`.
pub(super) fn words(messages: Messages) -> impl Iterator<Item = &'static str> {
    [
        ("parsed", messages.parsed),
        ("packets", messages.packets),
        ("consolidate", messages.consolidate),
        ("open", messages.open),
        ("update", messages.update),
        ("notification", messages.notification),
        ("keepalive", messages.keepalive),
        ("refresh", messages.refresh),
        ("operational", messages.operational),
    ]
    .into_iter()
    .filter_map(|(word, is)| is.then_some(word))
}

fn routes(set: &RouteSet, families: Option<&[Family]>, out: &mut Lines) {
    for (i, route) in set.routes().iter().enumerate() {
        let family = route.nlri.family();
        let line = quoted(&super::exabgp::plain(route).unwrap_or_else(|| route.to_text()));
        if families.is_none_or(|all| all.contains(&family)) {
            out.push(format!("{line},"), set.place(i));
        } else {
            out.push(format!("# not sent, {family} is not among families: {line},"), set.place(i));
        }
    }
}

/// A name as a key.
fn key(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !name.is_empty() && name.bytes().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A text as a string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", crate::variables::escaped(text).replace("${", "$${"))
}
