//! The two directions of one connection, and what their OPENs make of the messages.

use std::net::SocketAddr;

use api::encode::Stamp;
use api::event::PeerHead;
use bgp_wire::cap::RawCapability;
use bgp_wire::cap::add_path::{self, Direction};
use bgp_wire::code::CapCode;
use bgp_wire::msg::frame::HEADER;
use bgp_wire::msg::open::Open;
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{DecodeCtx, MessageType};

use super::packet::Segment;
use super::stream::{Found, Stream};
use crate::decode::Setup;
use crate::decode::show::Shower;

/// One end of a connection and what it sends.
struct Side {
    address: SocketAddr,
    stream: Option<Stream>,
    open: Option<Open>,
    /// Shows its messages; made anew when an OPEN tells more about the session.
    shower: Option<(Shower, DecodeCtx)>,
    counter: u64,
}

impl Side {
    const fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, open: None, shower: None, counter: 0 }
    }
}

/// Both ends of a connection.
pub(super) struct Conversation {
    sides: [Side; 2],
    time: f64,
}

impl Conversation {
    pub(super) const fn new(one: SocketAddr, other: SocketAddr) -> Self {
        Self { sides: [Side::new(one), Side::new(other)], time: 0.0 }
    }

    /// Takes a segment and tells the messages that are whole now; false when something is wrong or missing.
    pub(super) fn segment(
        &mut self,
        setup: &Setup,
        segment: &Segment<'_>,
        time: f64,
        out: &mut Vec<u8>,
    ) -> bool {
        self.time = time;
        let mut right = true;
        let [one, other] = &mut self.sides;
        let (from, to) = if one.address == segment.source { (one, other) } else { (other, one) };
        // A SYN takes a number of its own (RFC 9293 section 3.4).
        let first = segment.sequence.wrapping_add(segment.syn.into());
        if segment.syn && !from.stream.as_ref().is_some_and(|stream| stream.starts_at(first)) {
            // Another connection between the same ends.
            right &= Self::finish(setup, from, to, time, out);
            *from = Side::new(from.address);
            from.stream = Some(Stream::new(first, true));
            to.shower = None;
        }
        let mut stream = from.stream.take().unwrap_or_else(|| Stream::new(first, false));
        stream.push(first, segment.payload, segment.missing, &mut |found| {
            right &= tell(setup, from, to, &found, time, out);
        });
        from.stream = Some(stream);
        if segment.rst {
            right &= self.end(setup, out);
        }
        right
    }

    /// Tells what is left of both directions.
    pub(super) fn end(&mut self, setup: &Setup, out: &mut Vec<u8>) -> bool {
        let time = self.time;
        let [one, other] = &mut self.sides;
        let first = Self::finish(setup, one, other, time, out);
        Self::finish(setup, other, one, time, out) && first
    }

    fn finish(setup: &Setup, from: &mut Side, to: &mut Side, time: f64, out: &mut Vec<u8>) -> bool {
        let mut right = true;
        if let Some(mut stream) = from.stream.take() {
            stream.end(&mut |found| right &= tell(setup, from, to, &found, time, out));
        }
        right
    }
}

/// Tells what was found in what `from` sent; false when it is wrong or missing.
fn tell(
    setup: &Setup,
    from: &mut Side,
    to: &mut Side,
    found: &Found<'_>,
    time: f64,
    out: &mut Vec<u8>,
) -> bool {
    let (source, destination) = (from.address, to.address);
    match found {
        Found::Missing(octets) => {
            eprintln!("{source} > {destination}: {octets} octets are not in the capture");
            false
        }
        Found::PassedOver(octets) => {
            eprintln!("{source} > {destination}: {octets} octets that make no whole message are passed over");
            true
        }
        Found::Message(message) => {
            if message.get(HEADER.saturating_sub(1)) == Some(&MessageType::OPEN.0) {
                let body = message.get(HEADER..).unwrap_or_default();
                from.open = Open::decode(body).ok();
                (from.shower, to.shower) = (None, None);
            }
            let (mut shower, ctx) = from.shower.take().unwrap_or_else(|| shower(setup, from, to));
            from.counter = from.counter.saturating_add(1);
            let result = shower.message(message, &ctx, Stamp { time, counter: from.counter }, out);
            from.shower = Some((shower, ctx));
            if let Err(e) = &result {
                out.extend_from_slice(b"invalid payload\n");
                eprintln!("{source} > {destination}: {e}");
            }
            result.is_ok()
        }
    }
}

/// How messages of `from` are read and shown, as far as the OPENs seen tell.
fn shower(setup: &Setup, from: &Side, to: &Side) -> (Shower, DecodeCtx) {
    // Of a capture that began late or is of one direction only one OPEN is known: the other side agreed to all of it.
    let opens = match (&from.open, &to.open) {
        (Some(from), Some(to)) => Some((from.clone(), to.clone())),
        (Some(from), None) => Some((from.clone(), agreeing(from))),
        (None, Some(to)) => Some((agreeing(to), to.clone())),
        (None, None) => None,
    };
    let default = setup.session.decode;
    let ctx = opens.map_or(default, |(from, to)| {
        let terms = Negotiated::new(to, from);
        // Whatever a message says is shown: families and next hops are not those of a session of ours.
        DecodeCtx { asn4: terms.asn4, add_path: terms.add_path_receive, aigp: true, ..default }
    });
    let asn = |side: &Side| side.open.as_ref().map(Open::four_octet_asn);
    let head = PeerHead {
        local: Some(to.address.ip()),
        peer: from.address.ip(),
        local_as: asn(to),
        peer_as: asn(from),
        router_id: to.open.as_ref().map(|open| open.router_id),
    };
    (Shower::new(setup.shape, setup.dialect, &setup.host, &head), ctx)
}

/// The OPEN of a side that has all that `open` has, and sends the paths that it receives.
fn agreeing(open: &Open) -> Open {
    let mut open = open.clone();
    for capability in open.capabilities.iter_mut().filter(|c| c.code == CapCode::ADD_PATH) {
        let turned: Vec<_> = add_path::entries(&capability.value)
            .into_iter()
            .map(|(family, direction)| (family, turn(direction)))
            .collect();
        *capability = RawCapability::new(CapCode::ADD_PATH, add_path::encode(&turned).value);
    }
    open
}

const fn turn(direction: Direction) -> Direction {
    match direction {
        Direction::Send => Direction::Receive,
        Direction::Receive => Direction::Send,
        Direction::Both => Direction::Both,
    }
}
