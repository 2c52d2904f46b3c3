//! A peer's whole life: connections, octets and time in any order.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use bgp_wire::cap::{RawCapability, asn4, extended_message};
use bgp_wire::msg::{keepalive, update};
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{Asn, CapCode, DecodeError, MessageType, Notification, Open};
use peer_fsm::{Accept, Command, Io, IoAction, Leg, MessageSink, Peer, PeerConfig, StopReason, Wanted};

use crate::targets::choice;

/// Decodes what the reactor would.
struct Sink;

impl MessageSink for Sink {
    fn message(&mut self, _: Leg, _: MessageType, raw: &[u8]) {
        assert!(raw.len() >= 19, "whole messages");
    }

    fn update(&mut self, body: &[u8], negotiated: &Negotiated) -> Result<ControlFlow<()>, DecodeError> {
        update::decode(body, &negotiated.decode_ctx(true)).map(|_| ControlFlow::Continue(()))
    }
}

/// The peer and its sockets.
struct Owner {
    peer: Peer,
    now: Instant,
    open: [bool; 2],
    connecting: bool,
    unread: [Vec<u8>; 2],
}

fn config() -> PeerConfig {
    PeerConfig {
        local_as: Some(Asn(65000)),
        peer_as: None,
        router_id: [10, 0, 0, 2].into(),
        capabilities: vec![
            RawCapability::new(CapCode::MULTIPROTOCOL, [0, 1, 0, 1]),
            RawCapability::new(CapCode::MULTIPROTOCOL, [0, 2, 0, 1]),
            RawCapability::empty(CapCode::ROUTE_REFRESH),
            extended_message::encode(),
        ],
        ..PeerConfig::default()
    }
}

/// What the other side says when it behaves.
fn hello() -> Vec<u8> {
    let capabilities = config().capabilities.into_iter().chain([asn4::encode(Asn(65001))]).collect();
    let open = Open { asn: 65001, hold_time: 180, router_id: [10, 0, 0, 1].into(), capabilities };
    let mut out = Vec::new();
    open.encode(&mut out).expect("a small OPEN");
    out
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 19).unwrap_or(u16::MAX);
    [&[0xFF; 16][..], &length.to_be_bytes(), &[kind], body].concat()
}

impl Owner {
    /// Does what the peer asks for until it asks for nothing.
    fn settle(&mut self) {
        while self.peer.poll_event().is_some() {}
        while let Some(action) = self.peer.poll_io() {
            match action {
                IoAction::Connect => self.connecting = true,
                IoAction::Close { leg, .. } => {
                    self.open[leg as usize] = false;
                    self.unread[leg as usize].clear();
                    if leg == Leg::Outgoing {
                        self.connecting = false;
                    }
                }
            }
        }
        for leg in Leg::BOTH {
            let mut out = Vec::new();
            self.peer.poll_transmit(leg, &mut out);
            assert!(out.is_empty() || self.open[leg as usize], "nothing is said on a closed connection");
        }
    }

    /// Offers what has arrived.
    fn read(&mut self, leg: Leg) {
        loop {
            let unread = &mut self.unread[leg as usize];
            let used = self.peer.handle_bytes(self.now, leg, unread, &mut Sink);
            assert!(used <= unread.len());
            unread.drain(..used);
            self.settle();
            if used == 0 {
                return;
            }
        }
    }

    fn give(&mut self, leg: Leg, octets: &[u8]) {
        if self.open[leg as usize] {
            self.unread[leg as usize].extend_from_slice(octets);
            self.read(leg);
        }
    }

    /// Lets time pass with all its deadlines.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..1000 {
            let Some(next) = self.peer.poll_timeout().filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = next.max(self.now);
            if let Wanted::Read(leg) = self.peer.handle_timeout(self.now) {
                self.read(leg);
            }
            self.settle();
        }
        panic!("deadlines without end");
    }

    /// Commands that can't be done now are refused, which is fine.
    fn command(&mut self, command: Command) {
        let _ = self.peer.handle_command(self.now, command);
    }

    fn act(&mut self, action: u8, data: &[u8]) {
        let leg = if action & 0x80 == 0 { Leg::Outgoing } else { Leg::Incoming };
        match action & 0x0F {
            0 => self.give(leg, data),
            kind @ 1..=6 => self.give(leg, &message(kind, data)),
            7 => self.give(leg, &hello()),
            8 => self.give(leg, &keepalive()),
            9 => self.pass(Duration::from_millis(u64::from(data.first().copied().unwrap_or(1)) * 1000)),
            10 if self.connecting => {
                self.connecting = false;
                self.open[0] = true;
                self.peer.handle_io(self.now, Leg::Outgoing, Io::Connected);
            }
            10 | 11 => {
                if let Accept::Taken { .. } = self.peer.handle_accept(self.now) {
                    self.open[1] = true;
                    self.unread[1].clear();
                }
            }
            12 => {
                if std::mem::take(&mut self.open[leg as usize]) {
                    self.unread[leg as usize].clear();
                    self.peer.handle_io(self.now, leg, Io::Closed("the network".to_owned()));
                }
            }
            13 => self.command(Command::Start),
            14 => self.command(Command::Teardown(Notification::named(6, 4))),
            _ => self.command(Command::Stop(StopReason::ShuttingDown("bye".to_owned()))),
        }
        self.settle();
    }
}

/// Plays a script: an action, how many octets belong to it, the octets.
#[expect(clippy::disallowed_methods, reason = "some instant is needed to count from")]
pub(crate) fn session(mut data: &[u8]) {
    let now = Instant::now();
    let unread = [Vec::new(), Vec::new()];
    let mut owner = Owner { peer: Peer::new(config(), 7), now, open: [false; 2], connecting: false, unread };
    owner.act(13, &[]);
    for _ in 0..64 {
        if data.is_empty() {
            return;
        }
        let (action, length) = (choice(&mut data), usize::from(choice(&mut data)));
        let (own, rest) = data.split_at(length.min(data.len()));
        owner.act(action, own);
        data = rest;
    }
}
