//! JSON of ExaBGP 3.4: the dialect that calls itself `3.4.8`.
//!
//! Routes are keys of objects, numbers of the envelope are strings, the neighbor has `ip`, AS_PATH is a list. Kept from
//! the original although odd: KEEPALIVE and UPDATE have no direction, a NOTIFICATION stands beside the neighbor and in
//! it. Not kept: a second route whose key stood already (one prefix, two path identifiers) would be lost to readers, so
//! the identifier is part of such a key; times keep their fraction.

mod route;
mod update;

use bgp_wire::cap::KeyStyle;
use bgp_wire::emit::{Emit as _, HexCase, Spacing};
use bgp_wire::negotiated::Negotiated;

use super::writer::{JsonWriter, quoted};
use super::{Dialect, Encoder, Stamp, Style, address};
use crate::event::{Class, Content, Direction, Event, Form, Host, PeerHead, Raw};

/// The row of [`super::ENCODERS`].
pub(super) static DIALECT: Dialect = Dialect {
    name: "json-3.4",
    version: "3.4.8",
    summary: "one JSON object per line, as ExaBGP 3.4 writes it",
    // Those came later.
    tells: |class| !matches!(class, Class::Fsm | Class::Negotiated | Class::Signal),
    encoder: |host, peer| Box::new(Json3::new(host, peer)),
    shutdown: |host, time, out| {
        open(&host_part(host), time, None, "notification", out);
        out.extend_from_slice(b"\"notification\": \"shutdown\"}\n");
    },
    gap: |host, time, lost, out| {
        open(&host_part(host), time, None, "gap", out);
        out.extend_from_slice(b"\"lost\": ");
        address::number(lost, out);
        out.extend_from_slice(b"}\n");
    },
    expired: |host, time, what, out| {
        open(&host_part(host), time, None, "expired", out);
        out.extend_from_slice(b"\"expired\": ");
        super::expired(what, out);
        out.extend_from_slice(b"}\n");
    },
};

/// What of the envelope does not change: from the time to the counter.
fn host_part(host: &Host) -> Vec<u8> {
    let mut text = b", \"host\" : ".to_vec();
    quoted(&host.name, &mut text);
    text.extend_from_slice(b", \"pid\" : \"");
    address::number(host.pid.into(), &mut text);
    text.extend_from_slice(b"\", \"ppid\" : \"");
    address::number(host.ppid.into(), &mut text);
    text.extend_from_slice(b"\", ");
    text
}

/// Appends the envelope up to what follows the type.
fn open(host: &[u8], time: f64, counter: Option<u64>, kind: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{ \"exabgp\": \"3.4.8\", \"time\": ");
    super::seconds(time, out);
    out.extend_from_slice(host);
    if let Some(counter) = counter {
        out.extend_from_slice(b"\"counter\": ");
        address::number(counter, out);
        out.extend_from_slice(b", ");
    }
    out.extend_from_slice(b"\"type\": \"");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\", ");
}

/// Writes the events of one peer.
struct Json3 {
    host: Vec<u8>,
    /// From `"neighbor": {` to where the content starts, without comma.
    head: Vec<u8>,
    /// Number of the last route that has no prefix to be named by.
    unique: u64,
}

impl Json3 {
    fn new(host: &Host, peer: &PeerHead) -> Self {
        let mut head = b"\"neighbor\": ".to_vec();
        let mut w = JsonWriter::new(&mut head);
        let text = |asn: Option<bgp_wire::Asn>| asn.map_or_else(|| "None".to_owned(), |a| a.0.to_string());
        w.begin_object(Spacing::Wide);
        w.key("ip");
        w.address(peer.peer);
        w.key("address");
        w.begin_object(Spacing::Wide);
        w.key("local");
        match peer.local {
            Some(local) => w.address(local),
            None => w.null(),
        }
        w.key("peer");
        w.address(peer.peer);
        w.end_object();
        w.key("asn");
        w.begin_object(Spacing::Wide);
        w.key("local");
        w.text(&text(peer.local_as));
        w.key("peer");
        w.text(&text(peer.peer_as));
        w.end_object();
        Self { host: host_part(host), head, unique: 0 }
    }

    /// Appends everything before an event's content, the neighbor open.
    fn open(&self, stamp: Stamp, kind: &str, raw: Option<Raw<'_>>, out: &mut Vec<u8>) {
        open(&self.host, stamp.time, Some(stamp.counter), kind, out);
        if let Some(raw) = raw {
            for (name, octets) in [("header", raw.header), ("body", raw.body)] {
                if !octets.is_empty() {
                    out.push(b'"');
                    out.extend_from_slice(name.as_bytes());
                    out.extend_from_slice(b"\": \"0x");
                    address::hex(octets, b'A', out);
                    out.extend_from_slice(b"\", ");
                }
            }
        }
        out.extend_from_slice(&self.head);
    }

    fn state(&self, stamp: Stamp, state: &str, reason: Option<&str>, out: &mut Vec<u8>) {
        self.open(stamp, "state", None, out);
        out.extend_from_slice(b", \"state\": ");
        quoted(state, out);
        if let Some(reason) = reason {
            out.extend_from_slice(b", \"reason\": ");
            quoted(reason, out);
        }
    }

    /// The octets of a message, undecoded.
    fn packet(&self, stamp: Stamp, direction: Direction, category: u8, raw: Raw<'_>, out: &mut Vec<u8>) {
        self.open(stamp, "raw", None, out);
        out.extend_from_slice(b", \"message\": ");
        let mut w = JsonWriter::new(out);
        w.begin_object(Spacing::Wide);
        w.key(if direction == Direction::Send { "sent" } else { "received" });
        w.number(category.into());
        w.key("header");
        w.hex("0x", raw.header, HexCase::Upper);
        w.key("body");
        w.hex("0x", raw.body, HexCase::Upper);
        w.end_object();
    }

    fn message(
        &mut self,
        stamp: Stamp,
        direction: Direction,
        raw: Option<Raw<'_>>,
        content: &Content<'_, '_>,
        out: &mut Vec<u8>,
    ) {
        if let Content::Notification(message) = content {
            let mut inside = Vec::new();
            let mut w = JsonWriter::new(&mut inside);
            w.begin_object(Spacing::Wide);
            w.key("code");
            w.number(message.code.into());
            w.key("subcode");
            w.number(message.subcode.into());
            w.key("data");
            w.hex("0x", message.rendered().as_bytes(), HexCase::Upper);
            w.end_object();
            open(&self.host, stamp.time, Some(stamp.counter), "notification", out);
            out.extend_from_slice(b"\"notification\": ");
            out.extend_from_slice(&inside);
            out.extend_from_slice(b", ");
            out.extend_from_slice(&self.head);
            out.extend_from_slice(b", \"notification\": ");
            out.extend_from_slice(&inside);
            return;
        }
        self.open(stamp, content.kind().name(), raw, out);
        match content {
            Content::Open(message) => {
                // `received` and `sent`: the words of this dialect.
                let (way, keys) = match direction {
                    Direction::Send => ("sent", KeyStyle::Name),
                    Direction::Receive => ("received", KeyStyle::Code),
                };
                out.extend_from_slice(b", \"direction\": ");
                quoted(way, out);
                out.extend_from_slice(b", \"open\": ");
                message.emit(keys, &mut JsonWriter::new(out));
            }
            Content::Update(message) => {
                out.extend_from_slice(b", \"message\": ");
                update::write(message, &mut self.unique, out);
            }
            Content::RouteRefresh(message) => {
                out.extend_from_slice(b", \"route-refresh\": ");
                message.emit(&mut JsonWriter::new(out));
            }
            Content::Operational(message) => {
                out.extend_from_slice(b", \"operational\": ");
                message.emit(&mut JsonWriter::new(out));
            }
            Content::Keepalive | Content::Notification(_) => {}
        }
    }
}

impl Encoder for Json3 {
    fn encode(&mut self, stamp: Stamp, event: &Event<'_, '_>, style: Style, out: &mut Vec<u8>) {
        match event {
            Event::Connected => self.state(stamp, "connected", None, out),
            Event::Up => self.state(stamp, "up", None, out),
            Event::Down { reason } => self.state(stamp, "down", Some(reason), out),
            Event::Message { direction, raw, content } if style.form == Form::Packets => {
                self.packet(stamp, *direction, content.kind().message_type().0, *raw, out);
            }
            Event::Message { direction, raw, content } => {
                let octets = (style.form == Form::Consolidated).then_some(*raw);
                self.message(stamp, *direction, octets, content, out);
            }
            Event::Undecoded { kind, raw } => {
                self.packet(stamp, Direction::Receive, kind.message_type().0, *raw, out);
            }
            Event::Fsm { .. } | Event::Negotiated(_) | Event::Signal { .. } => return,
        }
        out.extend_from_slice(b" } }\n");
    }

    fn negotiated(&mut self, _: &Negotiated) {}
}
