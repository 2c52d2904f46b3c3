//! `show neighbor json`: one line with a list of objects.

use std::net::IpAddr;

use bgp_wire::emit::{Emit as _, Spacing};

use super::{CAPABILITIES, MESSAGES, Messages, NeighborView, Sides};
use crate::encode::JsonWriter;

/// Appends the one line of `show neighbor json`.
pub fn json<'v>(views: impl IntoIterator<Item = &'v NeighborView>, out: &mut Vec<u8>) {
    let mut w = JsonWriter::new(out);
    w.begin_list(Spacing::Tight);
    for view in views {
        object(view, &mut w);
    }
    w.end_list();
    out.push(b'\n');
}

fn object(view: &NeighborView, w: &mut JsonWriter<'_>) {
    w.begin_object(Spacing::Tight);
    w.key("state");
    w.text(if view.up { "up" } else { "down" });
    w.key("duration");
    w.number(view.since.unwrap_or(0));
    w.key("fsm");
    w.text(view.state);
    w.key("local");
    side(view, Side::Local, view.local, w);
    w.key("peer");
    side(view, Side::Peer, Some(view.peer), w);
    w.key("messages");
    w.begin_object(Spacing::Tight);
    messages(view, "sent", |m| m.sent, w);
    messages(view, "received", |m| m.received, w);
    w.end_object();
    let both = |sides: &Sides<Option<bool>>| sides.local == Some(true) && sides.peer == Some(true);
    w.key("capabilities");
    w.begin_list(Spacing::Tight);
    for (name, _) in CAPABILITIES.iter().zip(&view.capabilities).filter(|(_, sides)| both(sides)) {
        w.text(name);
    }
    w.end_list();
    let shared = || view.families.iter().filter(|f| both(&f.offered));
    w.key("families");
    w.begin_list(Spacing::Tight);
    shared().for_each(|f| w.display(&f.family));
    w.end_list();
    w.key("add-path");
    w.begin_object(Spacing::Tight);
    for family in shared() {
        w.key(&family.family.to_string());
        w.text(family.paths.name());
    }
    w.end_object();
    w.end_object();
}

/// Whose half of the view.
#[derive(Clone, Copy)]
enum Side {
    Local,
    Peer,
}

impl Side {
    fn of<T>(self, sides: Sides<T>) -> T {
        match self {
            Self::Local => sides.local,
            Self::Peer => sides.peer,
        }
    }
}

fn side(view: &NeighborView, side: Side, address: Option<IpAddr>, w: &mut JsonWriter<'_>) {
    w.begin_object(Spacing::Tight);
    w.key("capabilities");
    w.begin_object(Spacing::Tight);
    for (name, sides) in CAPABILITIES.iter().zip(&view.capabilities) {
        w.key(name);
        flag(side.of(*sides), w);
    }
    w.end_object();
    for (key, add_path) in [("families", false), ("add-path", true)] {
        w.key(key);
        w.begin_object(Spacing::Tight);
        for family in &view.families {
            w.key(&family.family.to_string());
            flag(side.of(if add_path { family.add_path } else { family.offered }), w);
        }
        w.end_object();
    }
    w.key("address");
    match address {
        Some(address) => w.address(address),
        None => w.null(),
    }
    w.key("as");
    number(side.of(view.asn).map(|asn| asn.0), w);
    w.key("id");
    match side.of(view.router_id) {
        Some(id) => w.address(id.into()),
        None => w.null(),
    }
    w.key("hold");
    number(side.of(view.hold_time).map(u32::from), w);
    w.end_object();
}

fn flag(value: Option<bool>, w: &mut JsonWriter<'_>) {
    match value {
        Some(value) => w.boolean(value),
        None => w.null(),
    }
}

fn number(value: Option<u32>, w: &mut JsonWriter<'_>) {
    match value {
        Some(value) => w.number(value.into()),
        None => w.null(),
    }
}

fn messages(view: &NeighborView, key: &str, count: fn(Messages) -> u64, w: &mut JsonWriter<'_>) {
    w.key(key);
    w.begin_object(Spacing::Tight);
    for (name, messages) in MESSAGES.iter().zip(&view.messages) {
        w.key(name);
        w.number(count(*messages));
    }
    w.key("total");
    w.number(count(view.total()));
    w.end_object();
}
