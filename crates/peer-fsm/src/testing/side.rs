//! One endpoint with its sockets.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use bgp_wire::negotiated::Negotiated;
use bgp_wire::{DecodeError, MessageType};

use super::record::Record;
use crate::config::PeerConfig;
use crate::io::Leg;
use crate::peer::Peer;
use crate::sink::MessageSink;

/// A peer, what its owner holds for it, and what it did.
#[derive(Debug)]
pub struct Side {
    /// The peer.
    pub peer: Peer,
    /// Which link each leg is.
    pub sockets: [Option<usize>; 2],
    /// Octets that arrived and have not been used.
    pub unread: [Vec<u8>; 2],
    /// Connections are accepted by the system.
    pub listening: bool,
    /// The owner reads what arrives; otherwise only when it has to.
    pub reading: bool,
    /// What happened.
    pub record: Record,
}

impl Side {
    pub(crate) fn new(config: PeerConfig, seed: u64) -> Self {
        Self {
            record: Record::new(&config),
            peer: Peer::new(config, seed),
            sockets: [None; 2],
            unread: [Vec::new(), Vec::new()],
            listening: true,
            reading: true,
        }
    }

    /// When the peer wants to be called.
    pub fn deadline(&self) -> Option<Instant> {
        self.peer.poll_timeout()
    }

    pub(super) fn take(&mut self, leg: Leg, link: usize) {
        assert_eq!(self.sockets[leg as usize].replace(link), None, "the leg was free");
        self.unread[leg as usize].clear();
    }

    pub(super) fn forget(&mut self, link: usize) {
        if let Some(leg) = self.leg_of(link) {
            self.sockets[leg as usize] = None;
            self.unread[leg as usize].clear();
        }
    }

    pub(super) fn leg_of(&self, link: usize) -> Option<Leg> {
        Leg::BOTH.into_iter().find(|leg| self.sockets[*leg as usize] == Some(link))
    }

    /// Offers unread octets once; how many were used.
    pub(crate) fn offer(&mut self, now: Instant, leg: Leg) -> usize {
        let unread = &mut self.unread[leg as usize];
        let used = self.peer.handle_bytes(now, leg, unread, &mut self.record);
        unread.drain(..used);
        used
    }

    /// Takes the events, and checks what must always hold.
    pub(crate) fn note(&mut self, elapsed: Duration) {
        while let Some(event) = self.peer.poll_event() {
            self.record.event(elapsed, event);
        }
        assert!(self.peer.established_count() <= 1, "never two established connections");
    }
}

impl MessageSink for Record {
    fn message(&mut self, leg: Leg, kind: MessageType, raw: &[u8]) {
        self.received.push((leg, kind, raw.to_vec()));
    }

    fn update(&mut self, body: &[u8], _: &Negotiated) -> Result<ControlFlow<()>, DecodeError> {
        assert!(self.up, "an UPDATE after Up");
        self.updates.push(body.to_vec());
        match self.verdict.take() {
            Some(error) => Err(error),
            None if self.pause => Ok(ControlFlow::Break(())),
            None => Ok(ControlFlow::Continue(())),
        }
    }
}
