//! What is done with received messages, while they still lie in the read buffer.

use std::ops::ControlFlow;

use api::event::{Class, Content, Direction, Event, MessageKind, Publisher, Raw};
use bgp_wire::attr::community;
use bgp_wire::error::Treatment;
use bgp_wire::msg::frame::{self, HEADER};
use bgp_wire::msg::open::Open;
use bgp_wire::msg::operational::Operational;
use bgp_wire::msg::refresh::RouteRefresh;
use bgp_wire::msg::update::{self, Update};
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{DecodeCtx, DecodeError, MessageType, Notification};
use peer_fsm::{Leg, MessageSink};
use rib::{Fate, Interner, Retention};
use tracing::warn;

use super::status::PeerShared;

/// Octets of JSON a turn may produce before they are handed out.
const PRODUCED: usize = 512 * 1024;

/// Octets of UPDATEs a turn may decode.
const DECODED: usize = 128 * 1024;

/// Handles received messages for one turn of the peer's task.
pub(crate) struct Sink<'a> {
    pub(crate) name: &'a str,
    pub(crate) publisher: &'a mut Publisher<usize>,
    pub(crate) shared: &'a PeerShared,
    /// Interns what is kept; none when `adj-rib-in` is off.
    pub(crate) keep: Option<&'a Interner>,
    /// What is kept of an earlier session.
    pub(crate) retention: &'a mut Retention,
    /// How to decode UPDATEs, from the moment the session is established.
    pub(crate) decode: DecodeCtx,
    /// Seconds since 1970.
    pub(crate) time: f64,
    /// Octets of UPDATEs decoded in this turn.
    pub(crate) decoded: usize,
}

impl Sink<'_> {
    fn publish(&mut self, event: &Event<'_, '_>) {
        self.publisher.publish(self.time, event);
    }

    /// Says once a turn what was wrong: a peer that sends nothing but errors must not fill the log.
    fn complain(&mut self, update: &Update<'_>) {
        let (Some(first), 0) = (update.errors.first(), self.decoded) else { return };
        let outcome = match update.treatment {
            Treatment::Withdraw => "its routes are treated as withdrawn",
            _ => "the attribute is discarded",
        };
        warn!(target: "peer", "{}: malformed UPDATE, {outcome} (RFC 7606): {first}", self.name);
    }
}

/// Publishes a message that is no UPDATE, in either direction. Undecodable ones go to those who want the octets.
pub(crate) fn publish_control(
    publisher: &mut Publisher<usize>,
    time: f64,
    direction: Direction,
    kind: MessageType,
    raw: &[u8],
) {
    let Some(kind) = MessageKind::of(kind) else { return };
    let Some((header, body)) = raw.split_at_checked(HEADER) else { return };
    if !publisher.wants(Class::Message(kind, direction)) {
        return;
    }
    let raw = Raw { header, body };
    let (open, notification, refresh, operational);
    let content = match kind {
        MessageKind::Keepalive => Some(Content::Keepalive),
        MessageKind::Open => {
            open = Open::decode(body);
            open.as_ref().ok().map(Content::Open)
        }
        MessageKind::Notification => {
            notification = Notification::decode(body);
            Some(Content::Notification(&notification))
        }
        MessageKind::Refresh => {
            refresh = RouteRefresh::decode(body);
            refresh.as_ref().ok().map(Content::RouteRefresh)
        }
        MessageKind::Operational => {
            operational = Operational::decode(body);
            operational.as_ref().ok().map(Content::Operational)
        }
        MessageKind::Update => None,
    };
    let event = match content {
        Some(content) => Event::Message { direction, raw, content },
        None => Event::Undecoded { kind, raw },
    };
    publisher.publish(time, &event);
}

/// Publishes UPDATEs that were packed for the peer. `decode` mirrors what they were encoded with.
pub(crate) fn publish_sent(
    publisher: &mut Publisher<usize>,
    time: f64,
    decode: &DecodeCtx,
    mut packed: &[u8],
) {
    while let Ok(frame::Frame::Complete { length, .. }) = frame::frame(packed, frame::MAX_EXTENDED_MESSAGE) {
        let Some((message, rest)) = packed.split_at_checked(length) else { return };
        packed = rest;
        let Some((header, body)) = message.split_at_checked(HEADER) else { return };
        if let Ok(update) = update::decode(body, decode) {
            let (direction, raw) = (Direction::Send, Raw { header, body });
            publisher.publish(time, &Event::Message { direction, raw, content: Content::Update(&update) });
        }
    }
}

/// Does with the routes of an earlier session what is due.
pub(crate) fn settle_fate(shared: &PeerShared, interner: &Interner, fate: Fate) {
    let mut table = shared.adj_rib_in();
    match fate {
        Fate::Sweep(family) => table.sweep(family),
        Fate::Forget(family) => table.forget(family),
        Fate::LongLived(family) => table.replace(family, |attributes| {
            let wanted = !community::has(attributes, community::NO_LLGR);
            wanted.then(|| interner.intern(community::with(attributes, community::LLGR_STALE)))
        }),
    }
}

/// Applies an UPDATE to what is kept of the peer's routes.
fn keep(shared: &PeerShared, interner: &Interner, update: &Update<'_>) {
    let mut table = shared.adj_rib_in();
    for (_, _, nlri) in update.withdrawals() {
        table.withdraw(nlri);
    }
    for (next_hop, run) in update.announced_runs() {
        let attributes = interner.intern(update.route_attributes(next_hop));
        for nlri in &run {
            table.announce(nlri, &attributes);
        }
    }
}

impl MessageSink for Sink<'_> {
    fn message(&mut self, _: Leg, kind: MessageType, raw: &[u8]) {
        self.shared.received.add(kind, 1);
        if kind != MessageType::UPDATE {
            publish_control(self.publisher, self.time, Direction::Receive, kind, raw);
        }
    }

    fn update(&mut self, body: &[u8], _: &Negotiated) -> Result<ControlFlow<()>, DecodeError> {
        let length = u16::try_from(body.len().saturating_add(HEADER)).unwrap_or(u16::MAX);
        let header = frame::header(MessageType::UPDATE, length);
        let raw = Raw { header: &header, body };
        let update = match update::decode(body, &self.decode) {
            Ok(update) => update,
            Err(e) => {
                self.publish(&Event::Undecoded { kind: MessageKind::Update, raw });
                return Err(e);
            }
        };
        self.complain(&update);
        if update.leaked && self.decoded == 0 {
            warn!(target: "peer", "{}: a route leak (RFC 9234): ONLY_TO_CUSTOMER came from who must not pass it on", self.name);
        }
        self.decoded = self.decoded.saturating_add(body.len());
        if let Some(interner) = self.keep {
            keep(self.shared, interner, &update);
            if let Some(fate) = update.end_of_rib().and_then(|family| self.retention.end_of_rib(family)) {
                settle_fate(self.shared, interner, fate);
            }
        }
        self.publish(&Event::Message {
            direction: Direction::Receive,
            raw,
            content: Content::Update(&update),
        });
        let full = self.decoded > DECODED || self.publisher.pending() > PRODUCED;
        Ok(if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
