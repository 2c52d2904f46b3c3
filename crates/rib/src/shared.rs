//! The store behind its lock, and what a peer task does with it.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bgp_wire::msg::update;
use bgp_wire::{EncodeCtx, Family, Nlri};
use bytes::Bytes;

use crate::batch::{Batch, PackReport};
use crate::limit::PathsLimit;
use crate::segments::{Segment, SelfAddresses};
use crate::store::{Progress, Store, Walk};
use crate::{Attrs, PeerId};

/// Tombstones that a peer which has caught up looks at.
const CARE: usize = 256;
/// Rounds of that for a peer that goes down.
const FAREWELL: usize = 256;

/// The store, shared by the one writer and the peers.
///
/// Hold a guard for bounded work only (see the [crate documentation](crate)), and never across an await.
#[derive(Clone, Debug, Default)]
pub struct SharedStore(Arc<RwLock<Store>>);

impl SharedStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Locks for reading.
    pub fn read(&self) -> RwLockReadGuard<'_, Store> {
        // A panic under the lock resets whoever panicked; the others go on with what is there.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks for writing.
    pub fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of a peer is established: returns what its task reads with.
    pub fn peer_up(&self, peer: PeerId, ctx: EncodeCtx) -> PeerReader {
        let mut store = self.write();
        let initial = store.peer_up(peer, &ctx);
        let session = store.session_of(peer);
        drop(store);
        let (batch, scratch) = (Batch::new(), Vec::new());
        let limit = PathsLimit::default();
        let earlier = Vec::new();
        PeerReader { store: self.clone(), peer, session, ctx, initial, earlier, batch, scratch, limit }
    }
}

/// What a peer task reads its messages from, for the time of one session. Dropping it takes the peer down.
#[derive(Debug)]
pub struct PeerReader {
    store: SharedStore,
    peer: PeerId,
    session: u64,
    ctx: EncodeCtx,
    initial: u64,
    earlier: Vec<(Nlri, Attrs)>,
    batch: Batch,
    scratch: Vec<u8>,
    limit: PathsLimit,
}

/// What [`PeerReader::next`] found.
#[derive(Debug)]
pub enum Next {
    /// Messages to send. [`PeerReader::commit`] them when they own buffer space; dropped, they will come again.
    Messages(Packed),
    /// Nothing to send for now, but the budget ended before the newest change was seen: call again.
    More,
    /// The peer has been sent everything up to this version.
    UpToDate(u64),
}

/// Whole BGP messages, and how far they bring the peer.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The messages.
    pub bytes: Bytes,
    /// What they hold.
    pub report: PackReport,
    to: u64,
}

impl Packed {
    /// The version up to which the peer has been told everything with these messages.
    pub const fn through(&self) -> u64 {
        self.to
    }
}

impl PeerReader {
    /// Has each of these routes announced just before the route of its NLRI in the initial table, if there is one: for
    /// sequences of messages that have both.
    pub fn precede(&mut self, earlier: Vec<(Nlri, Attrs)>) {
        self.earlier = earlier;
    }

    /// The peer.
    pub const fn peer(&self) -> PeerId {
        self.peer
    }

    /// The version up to which the initial table goes: at [`Next::UpToDate`] of at least this, the End-of-RIB
    /// markers are due (RFC 4724 section 2).
    pub const fn initial(&self) -> u64 {
        self.initial
    }

    /// From now on no more paths to one prefix of a family are sent than its limit says. To be called before the first
    /// [`Self::next`].
    pub fn limit_paths(&mut self, limits: Vec<(Family, u16)>) {
        self.limit = PathsLimit::new(limits);
    }

    /// The next messages, visiting up to `budget` changes ([`crate::READ_BUDGET`]). Call it when there is room for
    /// some tens of kilobytes, after each wake-up and each [`Self::commit`], until [`Next::UpToDate`].
    pub fn next(&mut self, budget: usize) -> Next {
        let own: SelfAddresses = (self.ctx.self_v4, self.ctx.self_v6);
        let store = self.store.read();
        // What others were sent may have more paths than this peer takes.
        if self.limit.is_empty()
            && self.earlier.is_empty()
            && let Some(shared) = store.shared(self.peer, own)
        {
            return Next::Messages(Packed { bytes: shared.bytes, report: shared.report, to: shared.to });
        }
        let progress = store.collect(self.peer, self.ctx.families, budget, &mut self.batch);
        if self.batch.is_empty() {
            store.commit(&self.batch);
            drop(store);
            if matches!(progress, Progress::UpToDate(version) if version >= self.initial) {
                self.earlier.clear();
            }
            return match progress {
                Progress::More => Next::More,
                Progress::UpToDate(_) if self.care() => Next::More,
                Progress::UpToDate(version) => Next::UpToDate(version),
            };
        }
        drop(store);
        let alone = !self.earlier.is_empty();
        let (bytes, report) = self.pack();
        let store = self.store.read();
        if !alone && store.worth_sharing(&self.batch) {
            store.segments().insert(Segment {
                class: store.class_of(self.peer),
                from: self.batch.from,
                to: self.batch.to,
                packed_at: self.batch.collected_at,
                logs: self.batch.logs.clone(),
                own: self.batch.uses_self().then_some(own),
                bytes: bytes.clone(),
                report: report.clone(),
            });
        }
        drop(store);
        self.batch.clear();
        Next::Messages(Packed { bytes, report, to: self.batch.to })
    }

    /// The messages own buffer space: they count as sent.
    pub fn commit(&mut self, packed: &Packed) {
        self.store.read().commit_to(self.peer, self.session, packed.to);
    }

    /// Starts sending again what was sent of `family` (of all if `None`): for a ROUTE-REFRESH or a flush.
    pub fn walk(&self, family: Option<Family>) -> Walk {
        self.store.read().walk(self.peer, family)
    }

    /// The next messages of a walk; not to be committed. After [`Next::UpToDate`] go on with [`Self::next`] until
    /// [`Walk::complete_at`], then the End-of-RR marker is due.
    pub fn next_of_walk(&mut self, walk: &mut Walk, budget: usize) -> Next {
        let families = self.ctx.families;
        let progress = self.store.read().collect_walk(self.peer, families, budget, walk, &mut self.batch);
        if self.batch.is_empty() {
            return match progress {
                Progress::More => Next::More,
                Progress::UpToDate(version) => Next::UpToDate(version),
            };
        }
        let (bytes, report) = self.pack();
        self.batch.clear();
        Next::Messages(Packed { bytes, report, to: 0 })
    }

    fn pack(&mut self) -> (Bytes, PackReport) {
        self.scratch.clear();
        let refused =
            if self.limit.is_empty() { Vec::new() } else { self.batch.limit_paths(&mut self.limit) };
        let before = if self.earlier.is_empty() { (0, 0) } else { self.pack_earlier() };
        let mut report = self.batch.pack(&self.ctx, &mut self.scratch);
        report.refused.extend(refused);
        report.messages = report.messages.saturating_add(before.0);
        report.announced = report.announced.saturating_add(before.1);
        // A copy of the right size: what is shared is kept, and would keep the room to spare too.
        (Bytes::copy_from_slice(&self.scratch), report)
    }

    /// Packs what comes before the routes of the batch: messages and routes.
    #[cold]
    fn pack_earlier(&mut self) -> (u32, u32) {
        let now: HashSet<Nlri> = self.batch.announcements().map(|(nlri, _)| nlri.to_owned()).collect();
        let (mut messages, mut routes) = (0_u32, 0_u32);
        let (ctx, out) = (&self.ctx, &mut self.scratch);
        self.earlier.retain(|(nlri, attrs)| {
            if !now.contains(nlri) {
                return true;
            }
            // One that can't be encoded is no loss: it would be replaced at once.
            if let Ok(n) = update::announce(ctx, attrs, nlri.family(), std::iter::once(nlri.as_ref()), out) {
                messages = messages.saturating_add(n);
                routes = routes.saturating_add(1);
            }
            false
        });
        (messages, routes)
    }

    /// Drops tombstones, now that this peer has caught up: with no writer active nobody else would. True if it is
    /// worth while to call again.
    fn care(&self) -> bool {
        let needed = self.store.read().needs_maintenance();
        let try_write = || self.store.0.try_write().ok();
        needed
            && try_write().is_some_and(|mut store| {
                store.maintain(CARE);
                store.needs_maintenance()
            })
    }
}

impl Drop for PeerReader {
    fn drop(&mut self) {
        let mut store = self.store.write();
        if store.session_of(self.peer) == self.session {
            store.peer_down(self.peer);
        }
        drop(store);
        // A peer that was stuck may have been all that kept them.
        for _ in 0..FAREWELL {
            if !self.care() {
                break;
            }
        }
    }
}
