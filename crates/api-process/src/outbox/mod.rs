//! What waits to be written to a helper's stdin: bounded, ordered, never blocking.
//!
//! Answers and events share one queue, so their order is the order in which they were given.
//! What bounds it:
//!
//! | given | bound | at the bound |
//! |---|---|---|
//! | events | [`Spec::queue_bytes`] in memory, then [`Spec::spill_bytes`] on disk | [`Overflow`](crate::Overflow) |
//! | answers | a repeated answer is a count; others `queue_bytes`, then as events to disk | accepted, but the helper's stdout is not read until half is free |
//! | data (large answers) | `queue_bytes`, together with answers | [`Pushed::Full`]: wait for [`Outbox::data_room`] |
//!
//! A bound is passed by at most one piece. No call waits: the longest thing that can happen in one
//! is writing one chunk of a spill file to the page cache.

mod queue;
mod spill;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

pub use self::queue::Pushed;
use self::queue::Queue;
use crate::{Lines, Spec};

/// A helper's stdin queue. Clones are handles to the same queue.
#[derive(Clone, Debug)]
pub struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Bytes to write, or the end. One waiter: who writes.
    ready: Notify,
    /// Room for events or data. Any number of waiters.
    room: Notify,
    lines: Lines,
    bound: usize,
    blocks: bool,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    phase: Phase,
    generation: u32,
    events_full: bool,
    replies_full: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nobody reads: everything given is dropped.
    Closed,
    Open,
    /// What is queued is still written, nothing more is accepted.
    Finishing,
}

/// What a queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Memory, in bytes: events, answers, bookkeeping, and the buffer before the spill file.
    pub memory: usize,
    /// Bytes spilled and not yet written to the helper.
    pub spilled: u64,
    /// Events dropped since the process started.
    pub lost: u64,
}

impl Outbox {
    /// A queue with the bounds of `spec`, closed until [`Outbox::open`].
    ///
    /// [`start`](crate::start) makes one for its helper; others may use it for any client that
    /// reads lines.
    pub fn new(spec: &Spec, lines: Lines) -> Self {
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    queue: Queue::new(spec),
                    phase: Phase::Closed,
                    generation: 0,
                    events_full: false,
                    replies_full: false,
                }),
                ready: Notify::new(),
                room: Notify::new(),
                lines,
                bound: spec.queue_bytes.max(1),
                blocks: spec.overflow == crate::Overflow::Block,
            }),
        }
    }

    /// An answer to a line of process `generation`: whole lines, newline included.
    ///
    /// Always accepted; answers to a process that is gone are forgotten. Made for short ones, and
    /// free for one equal to the previous one: a million unread `done` are one number.
    pub fn reply(&self, generation: u32, text: impl Into<Bytes>) {
        self.replies(generation, text, 1);
    }

    /// The same answer to as many lines as `count` says.
    pub fn replies(&self, generation: u32, text: impl Into<Bytes>, count: u32) {
        let mut state = self.lock();
        if state.phase == Phase::Open && state.generation == generation {
            let was_empty = state.queue.is_empty();
            state.queue.reply(text.into(), count.into());
            self.pushed(&mut state, was_empty);
        }
    }

    /// A piece of a large answer to a line of process `generation`.
    ///
    /// # Returns
    /// [`Pushed::Queued`], [`Pushed::Closed`], or [`Pushed::Full`] with the piece: it then has to
    /// be given again after [`Outbox::data_room`], and before any later answer to that helper.
    pub fn push_data(&self, generation: u32, bytes: Bytes) -> Pushed {
        let mut state = self.lock();
        if state.phase != Phase::Open || state.generation != generation {
            return Pushed::Closed;
        }
        if state.replies_full {
            return Pushed::Full(bytes);
        }
        let was_empty = state.queue.is_empty();
        state.queue.data(bytes);
        self.pushed(&mut state, was_empty);
        Pushed::Queued
    }

    /// One event: whole lines, newline included.
    pub fn push_event(&self, bytes: Bytes) -> Pushed {
        self.push_events(bytes, 1)
    }

    /// `count` events in one piece, which is kept or dropped as a whole.
    ///
    /// A slice keeps the buffer it was cut from alive, and only the slice is counted.
    pub fn push_events(&self, bytes: Bytes, count: u32) -> Pushed {
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return Pushed::Closed;
        }
        let was_empty = state.queue.is_empty();
        let pushed = state.queue.event(bytes, count);
        self.pushed(&mut state, was_empty);
        pushed
    }

    /// False with [`Overflow::Block`](crate::Overflow::Block) from the memory bound on, until half
    /// of it is free: time to stop reading what events come from. Events already made are still
    /// taken, up to twice the bound, so that checking before each read is enough.
    pub fn has_event_room(&self) -> bool {
        !self.lock().events_full
    }

    /// Waits for [`Outbox::has_event_room`]. Cancel safe.
    pub async fn event_room(&self) {
        self.wait_for(|state| !state.events_full).await;
    }

    /// False when unread answers have reached the bound, until half of it is free.
    pub fn has_data_room(&self) -> bool {
        !self.lock().replies_full
    }

    /// Waits for [`Outbox::has_data_room`]. Cancel safe.
    pub async fn data_room(&self) {
        self.wait_for(|state| !state.replies_full).await;
    }

    /// What it holds now.
    pub fn stats(&self) -> Stats {
        let state = self.lock();
        let (events, replies) = state.queue.memory();
        let spill = state.queue.spill();
        Stats {
            memory: events.saturating_add(replies).saturating_add(spill.memory()),
            spilled: spill.len(),
            lost: state.queue.lost(),
        }
    }

    /// Starts afresh for process `generation`: the queue is emptied and accepts.
    pub fn open(&self, generation: u32) {
        self.change(|state| {
            if state.phase != Phase::Open || state.generation != generation {
                state.queue.clear();
            }
            state.phase = Phase::Open;
            state.generation = generation;
        });
    }

    /// Nobody will read any more: forgets everything and accepts nothing.
    pub fn close(&self) {
        self.change(|state| {
            state.queue.clear();
            state.phase = Phase::Closed;
        });
    }

    /// Accepts nothing more but the farewell line, which is queued here, behind all the rest.
    pub fn finish(&self) {
        let farewell = self.shared.lines.farewell.as_ref().map(|line| line());
        self.change(|state| {
            if state.phase == Phase::Open {
                if let Some(line) = farewell {
                    state.queue.data(line);
                }
                state.phase = Phase::Finishing;
            }
        });
    }

    /// For who writes: moves queued bytes to `out` until it holds `limit` (a single answer may
    /// exceed it). True when nothing is left and nothing will come: stdin may be closed.
    pub fn fill(&self, out: &mut Vec<u8>, limit: usize) -> bool {
        let mut state = self.lock();
        state.queue.fill(out, limit, &*self.shared.lines.gap);
        let end = state.phase != Phase::Open && state.queue.is_empty();
        self.settle(state);
        end
    }

    /// For who writes: waits until [`Outbox::fill`] would give bytes or the end. Cancel safe, for
    /// one waiter at a time.
    pub async fn ready(&self) {
        loop {
            {
                let state = self.lock();
                if !state.queue.is_empty() || state.phase != Phase::Open {
                    return;
                }
            }
            self.shared.ready.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Poisoned only by a panic in the owner's gap line; the queue itself is still whole.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pushed(&self, state: &mut State, was_empty: bool) {
        let (events, replies) = state.queue.memory();
        state.events_full |= self.shared.blocks && events >= self.shared.bound;
        state.replies_full |= replies >= self.shared.bound;
        if was_empty && !state.queue.is_empty() {
            self.shared.ready.notify_one();
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        self.settle(state);
        self.shared.ready.notify_one();
    }

    /// After bytes were taken: who waits for room may go on, and a spill file that has done its
    /// work is freed elsewhere.
    fn settle(&self, mut state: MutexGuard<'_, State>) {
        let (events, replies) = state.queue.memory();
        let half = self.shared.bound / 2;
        let had_room = !state.events_full && !state.replies_full;
        state.events_full &= events > half;
        state.replies_full &= replies > half;
        let retired = state.queue.spill_mut().take_retired();
        let wake = !had_room && (!state.events_full || !state.replies_full);
        drop(state);
        if wake {
            self.shared.room.notify_waiters();
        }
        if let Some(file) = retired {
            match tokio::runtime::Handle::try_current() {
                // Not awaited: it ends by itself and nobody needs its end.
                Ok(runtime) => drop(runtime.spawn_blocking(move || drop(file))),
                Err(_) => drop(file),
            }
        }
    }

    async fn wait_for(&self, satisfied: impl Fn(&State) -> bool) {
        loop {
            // Registered before looking, so that no change goes unseen between the two.
            let notified = self.shared.room.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if satisfied(&self.lock()) {
                return;
            }
            notified.await;
        }
    }
}
