//! ExaBGP's language.

use std::sync::Arc;

use bgp_wire::msg::operational::Operational;
use bgp_wire::text::Words;
use bgp_wire::{Family, Safi};
use route_text::Action;

use crate::diag::{At, Span};
use crate::migrate::lines::Lines;
use crate::migrate::plan::Plan;
use crate::migrate::settings::{self, Setting, Shown};
use crate::migrate::toml::{api_name, flags, overflow_name, words};
use crate::model::{RouteSet, StaticRoute};
use crate::raw::{Body, Raw, RawApi, RawProcess};

/// Prints a whole configuration.
pub(super) fn print(raw: &Raw, plan: &Plan<'_>, out: &mut Lines) {
    // Without an encoder a helper gets JSON in TOML, unless the settings say otherwise, and text here.
    let set = |s: &&crate::env::RawSetting| s.section.value == "api" && s.option.value == "encoder";
    let encoder = raw.settings.iter().find(set).map_or("json", |s| s.value.value.as_str());
    for process in &raw.processes {
        self::process(process, encoder, out);
    }
    if !plan.templates.is_empty() {
        out.gap();
        open("template", None, out);
        for (name, template) in &plan.templates {
            open(&format!("neighbor {}", name.value), Some(name.at), out);
            body(template, None, out);
            close(out);
        }
        close(out);
    }
    for neighbor in &plan.neighbors {
        out.gap();
        let peer = neighbor.body.peer_address.as_ref().map(|peer| peer.value);
        let (address, length) = peer.unzip();
        let range = length.flatten().map_or_else(String::new, |length| format!("/{length}"));
        let address = address.map(|a| a.to_string()).unwrap_or_default();
        open(&format!("neighbor {address}{range}"), Some(neighbor.at), out);
        for name in neighbor.inherit {
            out.push(format!("inherit {};", word(&name.value)), Some(name.at));
        }
        body(&neighbor.body, neighbor.families.as_deref(), out);
        close(out);
    }
    if !raw.settings.is_empty() {
        out.gap();
        open("settings", None, out);
        for setting in &raw.settings {
            let (section, option) = (&setting.section.value, &setting.option.value);
            let value = word(&setting.value.value);
            out.push(format!("{section} {{ {option} {value}; }}"), Some(setting.value.at));
        }
        close(out);
    }
}

fn open(header: &str, at: Option<Span>, out: &mut Lines) {
    out.push(format!("{header} {{"), at);
    out.deeper();
}

fn close(out: &mut Lines) {
    out.back();
    out.push("}", None);
}

fn process(process: &RawProcess, encoder: &str, out: &mut Lines) {
    out.gap();
    open(&format!("process {}", word(&process.name.value)), Some(process.name.at), out);
    if let Some(run) = &process.run {
        // Variables of `run` are its shell's: here a dollar is a dollar.
        let words: Vec<String> = run.value.iter().map(|text| quoted(&text.value)).collect();
        out.push(format!("run {};", words.join(" ")), Some(run.at));
    }
    match &process.encoder {
        Some(encoder) => out.push(format!("encoder {};", encoder.value.name()), Some(encoder.at)),
        None => out.push(format!("encoder {encoder};"), None),
    }
    for (name, flag) in [("respawn", &process.respawn), ("ack", &process.ack)] {
        if let Some(flag) = flag {
            out.push(format!("{name} {};", flag.value), Some(flag.at));
        }
    }
    if let Some(api) = &process.api {
        out.push(format!("api {};", api_name(api.value)), Some(api.at));
    }
    if let Some(overflow) = &process.overflow {
        out.push(format!("overflow {};", overflow_name(overflow.value)), Some(overflow.at));
    }
    for (name, octets) in [("queue-bytes", &process.queue_bytes), ("spill-bytes", &process.spill_bytes)] {
        if let Some(octets) = octets {
            out.push(format!("{name} {};", octets.value), Some(octets.at));
        }
    }
    if let Some(end) = &process.on_exit {
        out.push(format!("on-exit {};", settings::on_exit(end.value)), Some(end.at));
    }
    close(out);
}

fn body(body: &Body, families: Option<&[Family]>, out: &mut Lines) {
    all(&settings::own(body), out);
    list("family", body.families.as_ref(), ToString::to_string, out);
    list("add-path", body.add_path_families.as_ref(), |f| settings::add_path(body, *f), out);
    let next_hop =
        |(family, afi): &(Family, bgp_wire::Afi)| format!("{family} {}", afi.name().unwrap_or_default());
    list("nexthop", body.next_hop_families.as_ref(), next_hop, out);
    let message = |message: &Arc<Operational>| {
        settings::operational(message).replace('\\', "\\\\").replace("${", "$${")
    };
    list("operational", body.messages.as_ref(), message, out);
    if let Some(key) = &body.tcp_ao {
        open("tcp-ao", Some(key.at), out);
        all(&settings::tcp_ao(&key.value), out);
        close(out);
    }
    let capability = settings::capability(body);
    if !capability.is_empty() {
        open("capability", None, out);
        all(&capability, out);
        close(out);
    }
    body.api.iter().for_each(|block| api(block, out));
    body.routes.iter().for_each(|set| routes(set, families, out));
}

fn all(settings: &[Setting], out: &mut Lines) {
    for one in settings {
        setting(one, out);
    }
}

fn setting(setting: &Setting, out: &mut Lines) {
    let value = match &setting.value {
        Shown::Text(text) => word(text),
        Shown::Number(number) => number.to_string(),
        Shown::Truth(truth) => truth.to_string(),
        Shown::Off => "disable".to_owned(),
    };
    out.push(format!("{} {value};", setting.key), Some(setting.at));
}

fn list<T>(name: &str, list: Option<&At<Vec<At<T>>>>, show: impl Fn(&T) -> String, out: &mut Lines) {
    let Some(list) = list else { return };
    open(name, Some(list.at), out);
    for item in &list.value {
        out.push(format!("{};", show(&item.value)), Some(item.at));
    }
    close(out);
}

fn api(api: &RawApi, out: &mut Lines) {
    let name = api.name.as_ref().map_or_else(String::new, |name| format!(" {}", word(&name.value)));
    open(&format!("api{name}"), Some(api.at), out);
    for (name, list) in [("processes", &api.processes), ("processes-match", &api.processes_match)] {
        if let Some(first) = list.first() {
            let all: Vec<String> = list.iter().map(|name| word(&name.value)).collect();
            out.push(format!("{name} [ {} ];", all.join(" ")), Some(first.at));
        }
    }
    for (name, flag) in flags(api) {
        if flag {
            out.push(format!("{name};"), None);
        }
    }
    for (name, messages) in [("receive", &api.receive), ("send", &api.send)] {
        if let Some(messages) = messages {
            open(name, Some(messages.at), out);
            words(messages.value).for_each(|word| out.push(format!("{word};"), None));
            close(out);
        }
    }
    close(out);
}

/// Routes in sections of their order, because the order is that of the UPDATEs.
fn routes(set: &RouteSet, families: Option<&[Family]>, out: &mut Lines) {
    let mut section: Option<String> = None;
    for (i, route) in set.routes().iter().enumerate() {
        let family = route.nlri.family();
        let (name, line) = if let Some(line) = plain(route) {
            ("static".to_owned(), format!("route {line}"))
        } else {
            let text = route.to_text();
            let afi = family.afi.name().unwrap_or_default();
            let rest = text.strip_prefix(afi).unwrap_or_default().trim_start().to_owned();
            (format!("announce {{ {afi}"), rest)
        };
        if section.as_ref() != Some(&name) {
            if section.is_some_and(|name| name.contains('{')) {
                out.back();
                out.push("} }", None);
            } else if i > 0 {
                close(out);
            }
            open(&name, None, out);
            section = Some(name);
        }
        let line = line.replace('\\', "\\\\").replace("${", "$${");
        if families.is_none_or(|all| all.contains(&family)) {
            out.push(format!("{line};"), set.place(i));
        } else {
            out.push(format!("# not sent, {family} is not among the families: {line};"), set.place(i));
        }
    }
    match section {
        Some(name) if name.contains('{') => {
            out.back();
            out.push("} }", None);
        }
        Some(_) => close(out),
        None => {}
    }
}

/// A route of a prefix alone, without its family's name, if that means the same.
pub(super) fn plain(route: &StaticRoute) -> Option<String> {
    let family = route.nlri.family();
    if !matches!(family.safi, Safi::UNICAST | Safi::MULTICAST | Safi::NLRI_MPLS | Safi::MPLS_VPN) {
        return None;
    }
    let text = route.to_text();
    let rest = text.strip_prefix(&family.to_string())?.trim_start();
    let read = route_text::parse_line(&mut Words::new(rest), Action::Announce).ok()?;
    (read.nlris.first() == Some(&route.nlri)).then(|| rest.to_owned())
}

/// A text as one word whose variables are none.
fn word(text: &str) -> String {
    quoted(text).replace("${", "$${")
}

/// A text as one word.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\");
    let special = |b: u8| b.is_ascii_whitespace() || b"[](),;{}#\"'".contains(&b);
    if !text.is_empty() && !text.bytes().any(special) {
        return text;
    }
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}
