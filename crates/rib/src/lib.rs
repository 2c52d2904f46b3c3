//! The shared route store: attribute interner, per-peer cursors and UPDATE packing.
//!
//! A route is held once however many peers it goes to. Every accepted change gets the next *version*; a peer is a
//! cursor into the versions. The initial table after a session comes up, the increments that follow, and what a peer
//! that lagged behind still has to hear are all the same walk from the cursor to the newest version, so changes
//! coalesce by construction: whoever looks sees the last intention for each NLRI and nothing else, and a peer that
//! does not read makes no queue grow. Why it has this shape: `docs/adr/0001-route-store.md`.
//!
//! | part | what it does |
//! |---|---|
//! | [`Interner`], [`Memo`] | one `Arc` per attribute set; text of a clause to its value in one comparison |
//! | [`Store`] | routes, target sets, change logs, peers; announce, withdraw, clear, show |
//! | [`Batch`] | changes copied out under a short read lock, grouped for packing |
//! | [`SharedStore`], [`PeerReader`] | the store behind its lock, and what a peer task uses: packed, shared `Bytes` |
//! | [`Watchdogs`] | named groups of routes that are switched on and off |
//! | [`Expiry`] | routes that are announced for a time, and leases |
//! | [`AdjRibIn`] | what one peer has announced to us |
//!
//! # Locks
//! No function here waits for anything but a lock, and every lock is held for bounded work: a reader visits at most
//! its budget of log items (callers use up to [`READ_BUDGET`]), a writer should apply at most [`WRITE_BUDGET`]
//! operations per hold, and [`Store::clear`], [`Store::show`] and [`Store::maintain`] take budgets of their own.
//! Nothing here knows a clock or an executor.
//!
//! Nothing a peer, helper or file says can index out of bounds here. `arithmetic_side_effects` is left out of the
//! denied lints: the sums are of counters and versions that this crate counts up itself, one by one, in 64 bits.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod adj_rib_in;
mod batch;
mod bits;
mod error;
mod expiry;
mod index;
mod intern;
mod limit;
mod log;
mod memo;
mod peers;
mod retention;
mod segments;
mod shared;
mod slab;
mod store;
mod targets;
mod watchdog;

use std::fmt;
use std::sync::Arc;

use bgp_wire::RouteAttributes;

pub use adj_rib_in::AdjRibIn;
pub use batch::{Batch, PackReport, Refused};
pub use error::StoreError;
pub use expiry::{Expiry, Gone, LeaseId, Term};
pub use intern::Interner;
pub use memo::Memo;
pub use peers::PeerOptions;
pub use retention::{Fate, Retention};
pub use shared::{Next, Packed, PeerReader, SharedStore};
pub use store::{Applied, Progress, Route, ShowFilter, Stats, Step, Store, Sweep, Walk};
pub use watchdog::{WatchdogStep, Watchdogs};

/// An interned attribute set: equal sets of one [`Interner`] are the same allocation, so they compare by address.
pub type Attrs = Arc<RouteAttributes>;

/// Most log items a reader should visit per lock hold: about 40 µs of work.
pub const READ_BUDGET: usize = 1024;

/// Most operations a writer should apply per lock hold: about 30 µs of work.
pub const WRITE_BUDGET: usize = 256;

/// A peer (a configured neighbor) of the store. Stays the same over its sessions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub(crate) u32);

impl PeerId {
    /// Its number: small and dense, for tables of the caller.
    pub const fn index(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "peer {}", self.0)
    }
}

/// An interned set of peers. Valid from [`Store::targets_of`] until its [`Store::release_targets`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TargetId(pub(crate) u32);

impl fmt::Debug for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "targets {}", self.0)
    }
}

/// Who announced a route: the configuration, a helper, a client. The numbers are the caller's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct OwnerId(pub u32);
