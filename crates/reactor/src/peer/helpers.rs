//! What the helpers of one peer hear, and how it waits for those that asked to be waited for.

use std::sync::Arc;

use api::encode::Dialect;
use api::event::{Event, Host, PeerHead, Publisher, Subscription};
use api_process::{HelperId, Outbox, Pushed};
use bytes::Bytes;

/// A helper that listens to a peer.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Which one.
    pub(crate) id: HelperId,
    /// Its queue.
    pub(crate) outbox: Outbox,
    /// Its dialect.
    pub(crate) dialect: &'static Dialect,
    /// What it wants to hear.
    pub(crate) subscription: Subscription,
}

/// All that listen to a peer, and who it is for them.
#[derive(Clone, Debug)]
pub(crate) struct Audience {
    pub(crate) host: Arc<Host>,
    pub(crate) head: PeerHead,
    pub(crate) members: Vec<Member>,
}

/// Encodes events once and hands them to the helpers' queues.
#[derive(Debug)]
pub(crate) struct Helpers {
    pub(crate) publisher: Publisher<usize>,
    audience: Audience,
    /// Events for helpers whose queue is full and whose policy is to have the peer wait.
    waiting: Vec<(usize, Bytes, u32)>,
}

impl Helpers {
    pub(crate) fn new(audience: Audience) -> Self {
        let publisher = Publisher::new(&audience.host, &audience.head, &wishes(&audience));
        Self { publisher, audience, waiting: Vec::new() }
    }

    /// Others listen from now on, or the peer is known better.
    pub(crate) fn change(&mut self, audience: Audience) {
        self.deliver();
        // What waits keeps its helper, whose place among the members may be another now.
        let old = std::mem::take(&mut self.waiting);
        self.waiting = old
            .into_iter()
            .filter_map(|(i, bytes, count)| {
                let id = self.audience.members.get(i)?.id;
                let i = audience.members.iter().position(|m| m.id == id)?;
                Some((i, bytes, count))
            })
            .collect();
        self.publisher.subscribe(&audience.host, &audience.head, &wishes(&audience));
        self.audience = audience;
    }

    /// Our address on the connection is known now.
    pub(crate) fn local_address(&mut self, local: Option<std::net::IpAddr>) {
        if local.is_some() && self.audience.head.local.is_none() {
            let mut audience = self.audience.clone();
            audience.head.local = local;
            self.change(audience);
        }
    }

    /// Who the peer is for them.
    pub(crate) const fn head(&self) -> &PeerHead {
        &self.audience.head
    }

    pub(crate) fn publish(&mut self, time: f64, event: &Event<'_, '_>) {
        self.publisher.publish(time, event);
    }

    pub(crate) fn signal(&mut self, time: f64, number: i32, name: &str) {
        self.publish(time, &Event::Signal { number, name });
    }

    /// Hands out what was published. Never waits: what doesn't fit is kept here, and the peer is not read meanwhile.
    pub(crate) fn deliver(&mut self) {
        let members = &self.audience.members;
        let mut still = Vec::new();
        for (i, bytes, count) in self.waiting.drain(..) {
            // A helper's events stay in order: behind one that waits, all wait.
            let blocked = still.iter().any(|(waiting, _, _)| *waiting == i);
            let left = if blocked { Some(bytes) } else { push(members, i, bytes, count) };
            still.extend(left.map(|bytes| (i, bytes, count)));
        }
        self.publisher.drain(|i, bytes, count| {
            let blocked = still.iter().any(|(waiting, _, _)| waiting == i);
            let left = if blocked { Some(bytes) } else { push(members, *i, bytes, count) };
            still.extend(left.map(|bytes| (*i, bytes, count)));
        });
        self.waiting = still;
    }

    /// Whether the peer may be read.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.is_empty() && self.audience.members.iter().all(|m| m.outbox.has_event_room())
    }

    /// The first helper without room.
    pub(crate) fn full(&self) -> Option<Outbox> {
        self.audience.members.iter().find(|m| !m.outbox.has_event_room()).map(|m| m.outbox.clone())
    }
}

fn push(members: &[Member], i: usize, bytes: Bytes, count: u32) -> Option<Bytes> {
    match members.get(i)?.outbox.push_events(bytes, count) {
        Pushed::Full(bytes) => Some(bytes),
        Pushed::Queued | Pushed::Spilled | Pushed::Dropped | Pushed::Closed => None,
    }
}

fn wishes(audience: &Audience) -> Vec<(usize, &'static Dialect, Subscription)> {
    audience.members.iter().enumerate().map(|(i, m)| (i, m.dialect, m.subscription)).collect()
}
