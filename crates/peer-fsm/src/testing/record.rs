//! What a side did, checked as it does it.

use std::time::Duration;

use bgp_wire::{DecodeError, MessageType};

use crate::config::PeerConfig;
use crate::event::{Event, State};
use crate::io::Leg;

/// Events and messages of a side.
#[derive(Debug)]
pub struct Record {
    /// What the peer reported, and when.
    pub events: Vec<(Duration, Event)>,
    /// Whole messages it received.
    pub received: Vec<(Leg, MessageType, Vec<u8>)>,
    /// Bodies of UPDATEs.
    pub updates: Vec<Vec<u8>>,
    /// Stop reading after each UPDATE.
    pub pause: bool,
    /// What the next UPDATE is found to be.
    pub verdict: Option<DecodeError>,
    pub(super) up: bool,
    connected: bool,
    stopped: bool,
    state: State,
    hold_time: u16,
}

impl Record {
    pub(super) fn new(config: &PeerConfig) -> Self {
        Self {
            events: Vec::new(),
            received: Vec::new(),
            updates: Vec::new(),
            pause: false,
            verdict: None,
            up: false,
            connected: false,
            stopped: false,
            state: State::Idle,
            hold_time: config.hold_time,
        }
    }

    /// Events come in an order that makes sense.
    pub(super) fn event(&mut self, elapsed: Duration, event: Event) {
        match &event {
            Event::State { from, to } => {
                assert_eq!(*from, self.state, "no state is skipped");
                assert_ne!(from, to);
                assert!(!self.stopped || *from == State::Idle, "rest after Stopped");
                self.stopped = false;
                self.state = *to;
            }
            Event::Stopped => {
                assert_eq!(self.state, State::Idle);
                assert!(!self.connected);
                self.stopped = true;
            }
            _ => assert!(!self.stopped, "nothing after Stopped: {event:?}"),
        }
        match &event {
            Event::Connected(_) => assert!(!std::mem::replace(&mut self.connected, true), "one Connected"),
            Event::Down(_) => {
                assert!(std::mem::take(&mut self.connected), "Down after Connected");
                self.up = false;
            }
            Event::Up(..) => {
                assert!(self.connected, "Up after Connected");
                assert_eq!(self.state, State::Established);
                assert!(!std::mem::replace(&mut self.up, true), "one Up");
            }
            Event::Negotiated(_, negotiated) => assert!(negotiated.hold_time <= self.hold_time),
            _ => {}
        }
        self.events.push((elapsed, event));
    }

    /// The states that were entered, in order.
    pub fn states(&self) -> Vec<State> {
        let entered = |(_, event): &(_, Event)| match event {
            Event::State { to, .. } => Some(*to),
            _ => None,
        };
        self.events.iter().filter_map(entered).collect()
    }

    /// Why the connections ended.
    pub fn downs(&self) -> Vec<String> {
        let down = |(_, event): &(_, Event)| match event {
            Event::Down(reason) => Some(reason.to_string()),
            _ => None,
        };
        self.events.iter().filter_map(down).collect()
    }

    /// When messages of a type were queued, in whole milliseconds.
    pub fn sent(&self, wanted: MessageType) -> Vec<u128> {
        let sent = |(at, event): &(Duration, Event)| match event {
            Event::Sent { kind, .. } if *kind == wanted => Some(at.as_millis()),
            _ => None,
        };
        self.events.iter().filter_map(sent).collect()
    }

    /// Code and subcode of the NOTIFICATIONs received.
    pub fn notified(&self) -> Vec<(u8, u8)> {
        let notified = |(_, event): &(_, Event)| match event {
            Event::NotificationReceived(_, n) => Some((n.code, n.subcode)),
            _ => None,
        };
        self.events.iter().filter_map(notified).collect()
    }
}
