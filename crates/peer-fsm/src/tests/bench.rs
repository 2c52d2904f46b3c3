//! One peer alone: what arrives is written by hand, what it does is looked at.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use bgp_wire::cap::graceful_restart::GracefulRestart;
use bgp_wire::cap::{RawCapability, asn4};
use bgp_wire::msg::{Open, RefreshSubtype, RouteRefresh, keepalive};
use bgp_wire::{Asn, CapCode, Family, MessageType, Notification};

use crate::testing::Side;
use crate::{Accept, Command, Event, Io, IoAction, Leg, PeerConfig, State, Wanted};

/// Our side of all tests: AS 65000, 10.0.0.2. The other one is AS 65001, 10.0.0.1 unless a test wants it higher.
pub(super) fn config() -> PeerConfig {
    PeerConfig {
        local_as: Some(Asn(65000)),
        peer_as: Some(Asn(65001)),
        router_id: Ipv4Addr::new(10, 0, 0, 2),
        capabilities: vec![
            RawCapability::new(CapCode::MULTIPROTOCOL, [0, 1, 0, 1]),
            RawCapability::empty(CapCode::ROUTE_REFRESH),
        ],
        ..PeerConfig::default()
    }
}

/// The mirror image of [`config`].
pub(super) fn opposite() -> PeerConfig {
    PeerConfig {
        local_as: Some(Asn(65001)),
        peer_as: Some(Asn(65000)),
        router_id: Ipv4Addr::new(10, 0, 0, 1),
        ..config()
    }
}

/// The graceful restart capability of IPv4 unicast; the configuration sets the R bit, wrongly.
pub(super) fn restart() -> RawCapability {
    let families = vec![(Family::IPV4_UNICAST, true)];
    GracefulRestart { restarting: true, notification: false, time: 120, families }.encode()
}

pub(super) fn with_restart(mut config: PeerConfig) -> PeerConfig {
    config.capabilities.push(restart());
    config
}

/// The OPEN of the opposite side.
pub(super) fn open() -> Open {
    let c = opposite();
    let mut capabilities = c.capabilities;
    capabilities.push(asn4::encode(Asn(65001)));
    Open { asn: 65001, hold_time: 180, router_id: c.router_id, capabilities }
}

pub(super) fn octets(open: &Open) -> Vec<u8> {
    let mut out = Vec::new();
    open.encode(&mut out).unwrap();
    out
}

pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![0xFF; 16];
    out.extend(u16::try_from(body.len() + 19).unwrap().to_be_bytes());
    out.push(kind);
    out.extend(body);
    out
}

/// An End-of-RIB marker of IPv4 unicast.
pub(super) fn update() -> Vec<u8> {
    message(2, &[0, 0, 0, 0])
}

pub(super) fn refresh() -> Vec<u8> {
    query().encode().to_vec()
}

pub(super) fn query() -> RouteRefresh {
    RouteRefresh { family: Family::IPV4_UNICAST, subtype: RefreshSubtype::Query }
}

pub(super) struct Bench {
    pub(super) side: Side,
    pub(super) start: Instant,
    pub(super) now: Instant,
    /// Octets written, and whether the connection was closed after them.
    pub(super) written: [Vec<u8>; 2],
    pub(super) closed: [bool; 2],
    pub(super) connects: Vec<Duration>,
}

impl Bench {
    #[expect(clippy::disallowed_methods, reason = "some instant is needed to count from")]
    pub(super) fn new(config: PeerConfig) -> Self {
        let start = Instant::now();
        Self {
            side: Side::new(config, 7),
            start,
            now: start,
            written: [Vec::new(), Vec::new()],
            closed: [false; 2],
            connects: Vec::new(),
        }
    }

    /// A started peer with the outgoing connection in a state.
    pub(super) fn at(config: PeerConfig, state: State) -> Self {
        let mut bench = Self::new(config);
        bench.command(Command::Start);
        if state >= State::OpenSent {
            bench.io(Leg::Outgoing, Io::Connected);
        }
        if state >= State::OpenConfirm {
            bench.give(Leg::Outgoing, &octets(&open()));
        }
        if state >= State::Established {
            bench.give(Leg::Outgoing, &keepalive());
        }
        assert_eq!(bench.side.peer.state(), state);
        bench
    }

    pub(super) fn command(&mut self, command: Command) {
        self.side.peer.handle_command(self.now, command).unwrap();
        self.settle();
    }

    pub(super) fn io(&mut self, leg: Leg, io: Io) {
        self.closed[leg as usize] = false;
        self.side.peer.handle_io(self.now, leg, io);
        self.settle();
    }

    pub(super) fn accept(&mut self) -> Accept {
        let accept = self.side.peer.handle_accept(self.now);
        if let Accept::Taken { .. } = accept {
            self.closed[1] = false;
            self.written[1].clear();
        }
        self.settle();
        accept
    }

    /// Octets arrive; all that are used are used up.
    pub(super) fn give(&mut self, leg: Leg, octets: &[u8]) {
        self.side.unread[leg as usize].extend(octets);
        while self.side.offer(self.now, leg) > 0 {
            self.settle();
        }
        self.settle();
    }

    /// Time passes, with all its deadlines and nothing to read.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.side.deadline().filter(|next| *next <= end) {
            self.now = next;
            let wanted = self.side.peer.handle_timeout(self.now);
            if let Wanted::Read(_) = wanted {
                assert_ne!(self.side.peer.handle_timeout(self.now), wanted);
            }
            self.settle();
        }
        self.now = end;
    }

    pub(super) fn settle(&mut self) {
        self.side.note(self.now - self.start);
        while let Some(action) = self.side.peer.poll_io() {
            match action {
                IoAction::Connect => self.connects.push(self.now - self.start),
                IoAction::Close { leg, farewell } => {
                    self.written[leg as usize].extend(farewell);
                    self.closed[leg as usize] = true;
                    self.side.unread[leg as usize].clear();
                }
            }
        }
        for leg in Leg::BOTH {
            self.side.peer.poll_transmit(leg, &mut self.written[leg as usize]);
        }
    }

    /// The last message written to a leg before it was closed has to be a NOTIFICATION, this one.
    pub(super) fn farewell(&self, leg: Leg) -> Notification {
        assert!(self.closed[leg as usize], "closed");
        let mut rest = &*self.written[leg as usize];
        loop {
            let length = usize::from(u16::from_be_bytes([rest[16], rest[17]]));
            let (message, tail) = rest.split_at(length);
            if tail.is_empty() {
                assert_eq!(message[18], MessageType::NOTIFICATION.0);
                return Notification::decode(&message[19..]);
            }
            rest = tail;
        }
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.side.record.events.iter().map(|(_, event)| event)
    }
}

/// Messages received by both sides.
pub(super) fn keepalives_of(pair: &crate::testing::Pair) -> usize {
    let keepalive = |(_, kind, _): &&(_, MessageType, _)| *kind == MessageType::KEEPALIVE;
    pair.sides.iter().map(|side| side.record.received.iter().filter(keepalive).count()).sum()
}
