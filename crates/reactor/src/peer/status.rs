//! What others may see of a peer while its task runs.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bgp_wire::MessageType;
use bgp_wire::negotiated::Negotiated;
use peer_fsm::State;
use rib::AdjRibIn;
use tokio::sync::Notify;

use super::delivery::Delivery;

/// Shared between a peer's task, the reactor and its jobs.
#[derive(Debug)]
pub(crate) struct PeerShared {
    /// The store has news for this peer; one permit, however many changes.
    pub(crate) news: Notify,
    status: Mutex<Status>,
    /// Messages sent.
    pub(crate) sent: Counters,
    /// Messages received.
    pub(crate) received: Counters,
    /// What the peer announced, when `adj-rib-in` is on.
    adj_rib_in: Mutex<AdjRibIn>,
    /// What has become of the routes for it in this session.
    delivery: Mutex<Delivery>,
}

/// Where a session stands.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    /// State of the machine.
    pub(crate) state: State,
    /// When it came to be established or not.
    pub(crate) since: Instant,
    /// The terms of the session, once established.
    pub(crate) negotiated: Option<Arc<Negotiated>>,
    /// Our end of the connection.
    pub(crate) local: Option<SocketAddr>,
}

/// Messages of each type.
#[derive(Debug, Default)]
pub(crate) struct Counters([AtomicU64; 6]);

impl Counters {
    /// Counts messages of one type.
    pub(crate) fn add(&self, kind: MessageType, n: u64) {
        if let Some(counter) = self.0.get(usize::from(kind.0).wrapping_sub(1)) {
            counter.fetch_add(n, Ordering::Relaxed);
        }
    }

    /// Messages of one type so far.
    pub(crate) fn get(&self, kind: MessageType) -> u64 {
        self.0.get(usize::from(kind.0).wrapping_sub(1)).map_or(0, |c| c.load(Ordering::Relaxed))
    }
}

impl PeerShared {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            news: Notify::new(),
            status: Mutex::new(Status { state: State::Idle, since: now, negotiated: None, local: None }),
            sent: Counters::default(),
            received: Counters::default(),
            adj_rib_in: Mutex::new(AdjRibIn::default()),
            delivery: Mutex::new(Delivery::default()),
        }
    }

    /// A copy of where the session stands.
    pub(crate) fn status(&self) -> Status {
        self.lock().clone()
    }

    /// Changes where the session stands.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.lock());
    }

    /// What the peer announced. Hold it for a bounded piece of work only: the peer's task waits for it.
    pub(crate) fn adj_rib_in(&self) -> MutexGuard<'_, AdjRibIn> {
        self.adj_rib_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has become of the routes for it. As above: for a bounded piece of work.
    pub(crate) fn delivery(&self) -> MutexGuard<'_, Delivery> {
        self.delivery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        // A panic elsewhere must not take this peer down with it.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
