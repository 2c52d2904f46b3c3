//! Text events of ExaBGP 5.0: `neighbor 127.0.0.1 up`, each followed by an empty line.
//!
//! An UPDATE is a block of lines from `update start` to `update end`; withdrawn routes first. Whatever a peer sent is
//! escaped: a line is printable ASCII, so nothing that a peer chooses can end it or look like the next one.

use std::fmt::Write as _;

use bgp_wire::attr::{self, NextHop};
use bgp_wire::code::AttrCode;
use bgp_wire::msg::update::Update;
use bgp_wire::negotiated::Negotiated;
use bgp_wire::nlri::NlriRef;

use super::address;
use super::{Dialect, Encoder, Stamp, Style};
use crate::event::{Class, Content, Direction, Event, Form, PeerHead, Raw};
use crate::route::as_path;

/// The row of [`super::ENCODERS`].
pub(super) static DIALECT: Dialect = Dialect {
    name: "text",
    version: "5.0.0",
    summary: "lines of text, as ExaBGP 5.0 writes them",
    tells: |class| !matches!(class, Class::Fsm | Class::Negotiated | Class::Signal),
    encoder: |_, peer| Box::new(Text::new(peer)),
    shutdown: |host, _, out| {
        out.extend_from_slice(format!("shutdown {} {}\n\n", host.pid, host.ppid).as_bytes());
    },
    gap: |_, _, lost, out| out.extend_from_slice(format!("gap {lost}\n\n").as_bytes()),
    expired: |_, _, what, out| {
        let route = what.route.map(|nlri| format!(" route {} {nlri}", nlri.family)).unwrap_or_default();
        let lease = what.lease.map(|name| format!(" lease {name}")).unwrap_or_default();
        out.extend_from_slice(format!("expired{route}{lease}\n\n").as_bytes());
    },
};

/// Writes the events of one peer.
struct Text {
    /// `neighbor 127.0.0.1 `
    head: Vec<u8>,
    /// ` origin igp …` of the UPDATE in hand.
    attributes: Vec<u8>,
    /// What a codec prints before it is escaped.
    scratch: String,
}

impl Text {
    fn new(peer: &PeerHead) -> Self {
        let mut head = b"neighbor ".to_vec();
        address::ip(peer.peer, &mut head);
        head.push(b' ');
        Self { head, attributes: Vec::new(), scratch: String::new() }
    }

    fn message(
        &mut self,
        direction: Direction,
        content: &Content<'_, '_>,
        raw: Option<Raw<'_>>,
        out: &mut Vec<u8>,
    ) {
        if let Content::Update(update) = content {
            return self.update(direction, update, raw, out);
        }
        self.start(direction, out);
        self.scratch.clear();
        match content {
            Content::Open(open) => {
                self.scratch.push_str("open ");
                open.print(&mut self.scratch);
            }
            Content::Notification(n) => {
                out.extend_from_slice(b"notification code ");
                address::number(n.code.into(), out);
                out.extend_from_slice(b" subcode ");
                address::number(n.subcode.into(), out);
                out.extend_from_slice(b" data 0x");
                address::hex(n.rendered().as_bytes(), b'A', out);
            }
            Content::RouteRefresh(r) => {
                let (afi, safi) = (r.family.afi, r.family.safi);
                let subtype = r.subtype.name();
                // Writing to a String can't fail.
                let _ = write!(self.scratch, "route-refresh afi {afi} safi {safi} {subtype}");
            }
            Content::Operational(message) => {
                self.scratch.push_str("operational ");
                message.print(&mut self.scratch);
            }
            Content::Keepalive => out.extend_from_slice(b"keepalive"),
            Content::Update(_) => {}
        }
        foreign(&self.scratch, out);
        octets(raw, out);
        out.push(b'\n');
    }

    fn start(&self, direction: Direction, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(direction.name().as_bytes());
        out.push(b' ');
    }

    fn update(&mut self, direction: Direction, update: &Update<'_>, raw: Option<Raw<'_>>, out: &mut Vec<u8>) {
        self.start(direction, out);
        out.extend_from_slice(b"update start\n");
        if let Some(family) = update.end_of_rib() {
            self.start(direction, out);
            let line = format!("update route eor {}/{} ({family})\n", family.afi.0, family.safi.0);
            out.extend_from_slice(line.as_bytes());
        } else {
            self.routes(direction, update, out);
        }
        if raw.is_some() {
            octets(raw, out);
            out.push(b'\n');
        }
        self.start(direction, out);
        out.extend_from_slice(b"update end\n");
    }

    fn routes(&mut self, direction: Direction, update: &Update<'_>, out: &mut Vec<u8>) {
        self.attributes.clear();
        for a in update.attributes.iter().filter(|a| !attr::silent(a.code, a.value)) {
            self.scratch.clear();
            if a.code == AttrCode::AS_PATH {
                as_path(a.value, &mut self.scratch);
            } else {
                attr::print(a.code, a.flags, a.value, &mut self.scratch);
            }
            self.attributes.push(b' ');
            foreign(&self.scratch, &mut self.attributes);
        }
        for (_, next_hop, nlri) in update.withdrawals() {
            self.route(direction, b"update withdrawn ", nlri, next_hop, out);
            out.push(b'\n');
        }
        for (_, next_hop, nlri) in update.announcements() {
            self.route(direction, b"update announced ", nlri, next_hop, out);
            out.extend_from_slice(&self.attributes);
            out.push(b'\n');
        }
    }

    fn route(
        &mut self,
        way: Direction,
        what: &[u8],
        nlri: NlriRef<'_>,
        next_hop: NextHop,
        out: &mut Vec<u8>,
    ) {
        self.start(way, out);
        out.extend_from_slice(what);
        self.scratch.clear();
        nlri.print(&mut self.scratch);
        foreign(&self.scratch, out);
        let address = match next_hop {
            NextHop::Address(address) => address,
            NextHop::Pair(global, _) => global.into(),
            NextHop::Unset | NextHop::SelfAddress => return,
        };
        out.extend_from_slice(b" next-hop ");
        address::ip(address, out);
    }
}

impl Encoder for Text {
    fn encode(&mut self, _: Stamp, event: &Event<'_, '_>, style: Style, out: &mut Vec<u8>) {
        let raw_line = |direction: Direction, kind: u8, raw: Raw<'_>, out: &mut Vec<u8>| {
            self.start(direction, out);
            address::number(kind.into(), out);
            octets(Some(raw), out);
            out.push(b'\n');
        };
        match event {
            Event::Connected => {
                out.extend_from_slice(&self.head);
                out.extend_from_slice(b"connected\n");
            }
            Event::Up => {
                out.extend_from_slice(&self.head);
                out.extend_from_slice(b"up\n");
            }
            Event::Down { reason } => {
                out.extend_from_slice(&self.head);
                out.extend_from_slice(b"down - ");
                foreign(reason, out);
                out.push(b'\n');
            }
            Event::Message { direction, raw, content } if style.form == Form::Packets => {
                raw_line(*direction, content.kind().message_type().0, *raw, out);
            }
            Event::Message { direction, raw, content } => {
                let raw = (style.form == Form::Consolidated).then_some(*raw);
                self.message(*direction, content, raw, out);
                // The original has no empty line after these.
                if let Content::Operational(_) = content {
                    return;
                }
            }
            Event::Undecoded { kind, raw } => raw_line(Direction::Receive, kind.message_type().0, *raw, out),
            Event::Fsm { .. } | Event::Negotiated(_) | Event::Signal { .. } => return,
        }
        out.push(b'\n');
    }

    fn negotiated(&mut self, _: &Negotiated) {}
}

/// Appends ` header 0x… body 0x…`, without body when there is none.
fn octets(raw: Option<Raw<'_>>, out: &mut Vec<u8>) {
    let Some(raw) = raw else { return };
    out.extend_from_slice(b" header 0x");
    address::hex(raw.header, b'A', out);
    if !raw.body.is_empty() {
        out.extend_from_slice(b" body 0x");
        address::hex(raw.body, b'A', out);
    }
}

/// Appends text that may be a peer's: everything but printable ASCII as `\xNN`, `\uNNNN` or `\UNNNNNNNN`.
fn foreign(text: &str, out: &mut Vec<u8>) {
    for c in text.chars() {
        match u32::from(c) {
            0x20..=0x7E => out.extend(u8::try_from(c)),
            n @ ..=0xFF => out.extend_from_slice(format!("\\x{n:02x}").as_bytes()),
            n @ ..=0xFFFF => out.extend_from_slice(format!("\\u{n:04x}").as_bytes()),
            n => out.extend_from_slice(format!("\\U{n:08x}").as_bytes()),
        }
    }
}
