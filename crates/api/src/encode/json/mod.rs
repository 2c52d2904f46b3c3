//! JSON from ExaBGP 4 on: the dialects that call themselves `4.0.1`, `5.0.0` and `6.0.0`; [`flavor`] has what differs.
//!
//! One line per event. Key order and spacing are those that scripts and test suites compare as text, the odd spaces
//! around some colons and before some brackets included; the output is always valid JSON in printable ASCII.
//!
//! Kept from the original although odd: NLRI with a 32-octet IPv6 next hop stand under both addresses; `direction` is
//! absent from events that are no messages; a raw ROUTE-REFRESH is of type `route-refresh`, a decoded one `refresh`.
//! Not kept: an automatic AS number is `null` (the original writes the bare word `None`, which is no JSON).

mod as_path;
mod flavor;
mod routes;
mod update;

pub(super) use as_path::flat as flat_as_path;
pub(super) use flavor::{JSON4, JSON4_COMPACT, JSON5, JSON5_COMPACT, JSON6, JSON6_COMPACT};

use std::fmt::Display;

use bgp_wire::MessageType;
use bgp_wire::cap::KeyStyle;
use bgp_wire::emit::{Emit as _, HexCase, Spacing};
use bgp_wire::error::Notification;
use bgp_wire::negotiated::Negotiated;

use super::address;
use super::writer::{JsonWriter, quoted};
use super::{Encoder, Stamp, Style, seconds};
use crate::event::{Content, Direction, Event, Expired, Form, Host, PeerHead, Raw};
use flavor::Flavor;

/// Everything in an envelope that does not change from event to event.
struct Envelope {
    /// From the first brace to the time.
    start: Vec<u8>,
    /// From the time to the counter.
    host: Vec<u8>,
}

impl Envelope {
    fn new(version: &'static str, host: &Host) -> Self {
        let mut text = b", \"host\" : ".to_vec();
        quoted(&host.name, &mut text);
        text.extend_from_slice(b", \"pid\" : ");
        address::number(host.pid.into(), &mut text);
        text.extend_from_slice(b", \"ppid\" : ");
        address::number(host.ppid.into(), &mut text);
        let mut start = b"{ \"exabgp\": ".to_vec();
        quoted(version, &mut start);
        start.extend_from_slice(b", \"time\": ");
        Self { start, host: text }
    }

    /// Appends the envelope up to the type's name.
    fn open(&self, time: f64, counter: Option<u64>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.start);
        seconds(time, out);
        out.extend_from_slice(&self.host);
        if let Some(counter) = counter {
            out.extend_from_slice(b", \"counter\": ");
            address::number(counter, out);
        }
        out.extend_from_slice(b", \"type\": \"");
    }
}

fn shutdown(version: &'static str, host: &Host, time: f64, out: &mut Vec<u8>) {
    Envelope::new(version, host).open(time, None, out);
    out.extend_from_slice(b"notification\", \"notification\": \"shutdown\" }\n");
}

/// A type of our own: the original loses events without a word, or stops.
fn gap(version: &'static str, host: &Host, time: f64, lost: u64, out: &mut Vec<u8>) {
    Envelope::new(version, host).open(time, None, out);
    out.extend_from_slice(b"gap\", \"lost\": ");
    address::number(lost, out);
    out.extend_from_slice(b" }\n");
}

fn expired(version: &'static str, host: &Host, time: f64, what: &Expired<'_>, out: &mut Vec<u8>) {
    Envelope::new(version, host).open(time, None, out);
    out.extend_from_slice(b"expired\", \"expired\": ");
    super::expired(what, out);
    out.extend_from_slice(b" }\n");
}

/// Writes the events of one peer.
struct Json {
    flavor: &'static Flavor,
    envelope: Envelope,
    /// From `"neighbor": {` to where the content starts.
    head: Vec<u8>,
    /// `, "negotiated": { … }`, or nothing before it is known.
    negotiated: Vec<u8>,
    /// The attributes of the last UPDATE.
    slot: update::Slot,
}

impl Json {
    fn new(flavor: &'static Flavor, host: &Host, peer: &PeerHead) -> Self {
        let mut head = Vec::new();
        let mut w = JsonWriter::new(&mut head);
        let mut pair =
            |name: &str, local: &dyn Fn(&mut JsonWriter<'_>), peer: &dyn Fn(&mut JsonWriter<'_>)| {
                w.raw().extend_from_slice(name.as_bytes());
                let mut w = JsonWriter::new(w.raw());
                w.begin_object(Spacing::Wide);
                w.key("local");
                local(&mut w);
                w.key("peer");
                peer(&mut w);
                w.end_object();
            };
        pair("\"neighbor\": { \"address\": ", &|w| or_null(w, peer.local), &|w| w.address(peer.peer));
        let asn = |w: &mut JsonWriter<'_>, asn: Option<bgp_wire::Asn>| match asn {
            Some(asn) => w.number(asn.0.into()),
            None => w.null(),
        };
        pair(", \"asn\": ", &|w| asn(w, peer.local_as), &|w| asn(w, peer.peer_as));
        match peer.router_id {
            Some(id) if flavor.router_id => {
                head.extend_from_slice(b", \"router-id\": \"");
                address::v4(id, &mut head);
                head.extend_from_slice(b"\" ");
            }
            None if flavor.router_id => {}
            // Where the identifier came later its space stood already.
            _ => head.push(b' '),
        }
        head.extend_from_slice(b", ");
        let slot = update::Slot::default();
        Self { flavor, envelope: Envelope::new(flavor.version, host), head, negotiated: Vec::new(), slot }
    }

    /// Appends everything before an event's content.
    fn open(&self, stamp: Stamp, kind: &str, raw: Option<Raw<'_>>, out: &mut Vec<u8>) {
        self.envelope.open(stamp.time, Some(stamp.counter), out);
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\", ");
        if let Some(raw) = raw {
            out.extend_from_slice(b"\"header\": \"0x");
            address::hex(raw.header, b'A', out);
            if !raw.body.is_empty() {
                out.extend_from_slice(b"\", \"body\": \"0x");
                address::hex(raw.body, b'A', out);
            }
            out.extend_from_slice(b"\", ");
        }
        out.extend_from_slice(&self.head);
    }

    /// The octets of a message, undecoded.
    fn packet(&self, kind: MessageType, raw: Raw<'_>, style: Style, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"message\": ");
        let mut w = JsonWriter::new(out);
        w.begin_object(Spacing::Wide);
        w.key("category");
        w.number(kind.0.into());
        w.key("header");
        w.hex("0x", raw.header, HexCase::Upper);
        w.key("body");
        w.hex("0x", raw.body, HexCase::Upper);
        w.end_object();
        if style.negotiated || self.flavor.always_negotiated {
            out.extend_from_slice(&self.negotiated);
        }
        out.extend_from_slice(b" ");
    }
}

impl Encoder for Json {
    fn encode(&mut self, stamp: Stamp, event: &Event<'_, '_>, style: Style, out: &mut Vec<u8>) {
        let open = |kind, out: &mut Vec<u8>| self.open(stamp, kind, None, out);
        match event {
            Event::Connected => {
                open("state", out);
                out.extend_from_slice(b"\"state\": \"connected\"");
            }
            Event::Up => {
                open("state", out);
                out.extend_from_slice(b"\"state\": \"up\"");
            }
            Event::Down { reason } => {
                open("state", out);
                out.extend_from_slice(b"\"state\": \"down\", \"reason\": ");
                quoted(reason, out);
            }
            Event::Fsm { state } => {
                open("fsm", out);
                out.extend_from_slice(b"\"state\": ");
                quoted(state, out);
            }
            Event::Negotiated(negotiated) => {
                open("negotiated", out);
                out.extend_from_slice(b"\"negotiated\": ");
                negotiated.emit(&mut JsonWriter::new(out));
                out.extend_from_slice(b" ");
            }
            Event::Signal { number, name } => {
                open("signal", out);
                // The number is a string.
                out.extend_from_slice(b"\"code\": \"");
                out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
                out.extend_from_slice(b"\", \"name\": ");
                quoted(name, out);
            }
            Event::Message { direction, raw, content } => {
                self.message(stamp, *direction, *raw, content, style, out);
            }
            Event::Undecoded { kind, raw } => {
                open(kind.message_type().name().unwrap_or("unknown"), out);
                direct(Direction::Receive, out);
                self.packet(kind.message_type(), *raw, style, out);
            }
        }
        out.extend_from_slice(b" } }\n");
    }

    fn negotiated(&mut self, negotiated: &Negotiated) {
        self.negotiated.clear();
        self.negotiated.extend_from_slice(b", \"negotiated\": ");
        negotiated.emit(&mut JsonWriter::new(&mut self.negotiated));
    }
}

impl Json {
    fn message(
        &mut self,
        stamp: Stamp,
        direction: Direction,
        raw: Raw<'_>,
        content: &Content<'_, '_>,
        style: Style,
        out: &mut Vec<u8>,
    ) {
        let kind = content.kind();
        let message_type = kind.message_type();
        if style.form == Form::Packets {
            self.open(stamp, message_type.name().unwrap_or("unknown"), None, out);
            direct(direction, out);
            return self.packet(message_type, raw, style, out);
        }
        let octets = (style.form == Form::Consolidated).then_some(raw);
        self.open(stamp, kind.name(), octets, out);
        // A KEEPALIVE has nothing after its direction.
        let Content::Keepalive = content else {
            direct(direction, out);
            return self.content(direction, content, style, out);
        };
        out.extend_from_slice(b"\"direction\": \"");
        out.extend_from_slice(direction.name().as_bytes());
        out.extend_from_slice(b"\" ");
    }

    fn content(&mut self, direction: Direction, content: &Content<'_, '_>, style: Style, out: &mut Vec<u8>) {
        match content {
            Content::Open(message) => {
                out.extend_from_slice(b"\"open\": ");
                // A sent OPEN names its capabilities, a received one numbers them.
                let keys = if direction == Direction::Send { KeyStyle::Name } else { KeyStyle::Code };
                message.emit(keys, &mut JsonWriter::new(out));
            }
            Content::Update(message) => {
                out.extend_from_slice(b"\"message\": { ");
                match message.end_of_rib() {
                    Some(family) => {
                        out.extend_from_slice(b"\"eor\": { \"afi\" : ");
                        named(&family.afi, out);
                        out.extend_from_slice(b", \"safi\" : ");
                        named(&family.safi, out);
                        out.extend_from_slice(b" }");
                    }
                    None => update::write(self.flavor, message, &mut self.slot, out),
                }
                out.extend_from_slice(b" }");
                if style.negotiated || self.flavor.always_negotiated {
                    out.extend_from_slice(&self.negotiated);
                }
            }
            Content::Notification(message) => {
                notification(message, self.flavor.message, out);
            }
            Content::RouteRefresh(message) => {
                out.extend_from_slice(b"\"route-refresh\": ");
                message.emit(&mut JsonWriter::new(out));
            }
            Content::Operational(message) => {
                out.extend_from_slice(b"\"operational\": ");
                message.emit(&mut JsonWriter::new(out));
            }
            Content::Keepalive => {}
        }
    }
}

/// Appends the direction of a message.
fn direct(direction: Direction, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"direction\": \"");
    out.extend_from_slice(direction.name().as_bytes());
    out.extend_from_slice(b"\", ");
}

/// The data is told twice: as hexadecimal digits of its text, and as text.
fn notification(message: &Notification, told: bool, out: &mut Vec<u8>) {
    let text = message.rendered();
    out.extend_from_slice(b"\"notification\": ");
    let mut w = JsonWriter::new(out);
    w.begin_object(Spacing::Wide);
    w.key("code");
    w.number(message.code.into());
    w.key("subcode");
    w.number(message.subcode.into());
    w.key("data");
    w.hex("0x", text.as_bytes(), HexCase::Upper);
    if told {
        w.key("message");
        w.text(&text);
    }
    w.end_object();
    out.extend_from_slice(b" ");
}

/// Appends a formatted value as a string.
fn named(value: &dyn Display, out: &mut Vec<u8>) {
    JsonWriter::new(out).display(value);
}

fn or_null(w: &mut JsonWriter<'_>, value: Option<std::net::IpAddr>) {
    match value {
        Some(address) => w.address(address),
        None => w.null(),
    }
}
