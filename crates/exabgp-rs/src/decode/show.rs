//! A message as a line of JSON, or as the commands that would say the same.

use std::fmt::Write as _;

use api::encode::{Dialect, Encoder, Stamp, Style};
use api::event::{Content, Direction, Event, Form, Host, PeerHead, Raw};
use bgp_wire::attr::NextHop;
use bgp_wire::msg::frame::{Frame, HEADER, frame};
use bgp_wire::msg::{open::Open, operational::Operational, refresh::RouteRefresh, update};
use bgp_wire::{DecodeCtx, DecodeError, Family, MessageType, Notification};
use route_text::Route;

/// How messages are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// Events.
    Json,
    /// Commands; `generic` writes attributes as octets.
    Command {
        /// Attributes as octets.
        generic: bool,
    },
}

/// Shows the messages of one peer.
pub(super) struct Shower {
    shape: Shape,
    encoder: Box<dyn Encoder>,
    line: Vec<u8>,
}

/// What events of a session say, and what the same messages are called here: they came from no session.
const LIVE: &[u8] = b"\"direction\": \"receive\"";
const HERE: &[u8] = b"\"direction\": \"in\"";

impl Shower {
    /// For messages of the peer that `head` tells.
    pub(super) fn new(shape: Shape, dialect: &'static Dialect, host: &Host, head: &PeerHead) -> Self {
        Self { shape, encoder: (dialect.encoder)(host, head), line: Vec::new() }
    }

    /// Appends what a whole message says, as whole lines.
    pub(super) fn message(
        &mut self,
        message: &[u8],
        ctx: &DecodeCtx,
        stamp: Stamp,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        let kind = match frame(message, u16::MAX)? {
            Frame::Complete { kind, length } if length == message.len() => kind,
            _ => {
                let length = message.get(16..18).and_then(|l| Some(u16::from_be_bytes(*l.first_chunk()?)));
                let kind = message.get(18).copied().unwrap_or_default();
                return Err(DecodeError::MessageLength { kind, length: length.unwrap_or_default() });
            }
        };
        let (header, body) = message.split_at_checked(HEADER).unwrap_or_default();
        let raw = Raw { header, body };
        match kind {
            MessageType::OPEN => self.event(raw, Content::Open(&Open::decode(body)?), stamp, out),
            MessageType::UPDATE => {
                let decoded = update::decode(body, ctx)?;
                match self.shape {
                    Shape::Json => self.event(raw, Content::Update(&decoded), stamp, out),
                    Shape::Command { generic } => commands(&decoded, generic, out),
                }
            }
            MessageType::NOTIFICATION => {
                self.event(raw, Content::Notification(&Notification::decode(body)), stamp, out);
            }
            MessageType::ROUTE_REFRESH => {
                self.event(raw, Content::RouteRefresh(&RouteRefresh::decode(body)?), stamp, out);
            }
            MessageType::OPERATIONAL => {
                self.event(raw, Content::Operational(&Operational::decode(body)?), stamp, out);
            }
            MessageType::KEEPALIVE => self.event(raw, Content::Keepalive, stamp, out),
            other => return Err(DecodeError::MessageType(other.0)),
        }
        Ok(())
    }

    /// The direction's member stands before anything that the message says, so the first is the right one.
    fn event(&mut self, raw: Raw<'_>, content: Content<'_, '_>, stamp: Stamp, out: &mut Vec<u8>) {
        self.line.clear();
        let event = Event::Message { direction: Direction::Receive, raw, content };
        let style = Style { form: Form::Parsed, negotiated: false };
        self.encoder.encode(stamp, &event, style, &mut self.line);
        let found = self.line.windows(LIVE.len()).position(|w| w == LIVE);
        match found.and_then(|at| self.line.split_at_checked(at)) {
            Some((before, rest)) => {
                out.extend_from_slice(before);
                out.extend_from_slice(HERE);
                out.extend_from_slice(rest.get(LIVE.len()..).unwrap_or_default());
            }
            None => out.extend_from_slice(&self.line),
        }
    }
}

/// One command a route.
fn commands(update: &update::Update<'_>, generic: bool, out: &mut Vec<u8>) {
    if let Some(family) = update.end_of_rib() {
        out.extend_from_slice(format!("announce eor {family}\n").as_bytes());
        return;
    }
    let plain = |family: Family| {
        let classic =
            [Family::IPV4_UNICAST, Family::IPV6_UNICAST, Family::IPV4_MULTICAST, Family::IPV6_MULTICAST];
        classic.contains(&family)
    };
    for (family, _, nlri) in update.withdrawals() {
        let kind = if plain(family) { "route".to_owned() } else { family.to_string() };
        out.extend_from_slice(format!("withdraw {kind} {nlri}\n").as_bytes());
    }
    for (family, next_hop, nlri) in update.announcements() {
        let attributes = update.route_attributes(next_hop);
        let mut line = String::from("announce ");
        if generic {
            let _ = write!(line, "{family} {nlri}");
            if next_hop != NextHop::Unset {
                let _ = write!(line, " next-hop {next_hop}");
            }
            for a in attributes.iter() {
                let value = super::hex::digits(a.value);
                let _ = write!(line, " attribute [ 0x{:02X} 0x{:02X} 0x{value} ]", a.code.0, a.flags);
            }
        } else {
            let nlri = nlri.to_owned();
            let route = Route { nlri, attributes, watchdog: None, withdrawn: false, name: None };
            let _ = write!(line, "{route}");
        }
        if plain(family)
            && let Some(rest) = line.strip_prefix(&format!("announce {family} "))
        {
            line = format!("announce route {rest}");
        }
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }
}
