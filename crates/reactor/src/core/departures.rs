//! Peers that are gone: their routes leave the store a bounded number at a time.

use rib::{PeerId, SharedStore, ShowFilter, Step, Sweep, TargetId, WatchdogStep, Watchdogs};

/// Peers whose routes have still to be taken out.
#[derive(Debug, Default)]
pub(super) struct Departures {
    /// Those that wait for the next walk. Each holds its own target set, so its number is not given out again.
    waiting: Vec<(PeerId, TargetId)>,
    walk: Option<Walk>,
}

/// One walk over everything, for all that were waiting when it began.
#[derive(Debug)]
struct Walk {
    peers: Vec<PeerId>,
    targets: TargetId,
    sweep: Sweep,
    /// The routes have been seen: what is left are the watchdog groups.
    swept: bool,
    groups: Vec<Box<str>>,
    from: usize,
}

impl Departures {
    /// Takes a peer out of the store; what it was announced goes step by step.
    pub(super) fn add(&mut self, store: &SharedStore, id: PeerId) {
        let mut store = store.write();
        // Without a number for it the routes stay, unreachable: only with more sets in use than there may be.
        let targets = store.targets_of(&[id]);
        store.remove_peer(id);
        self.waiting.extend(targets.ok().map(|targets| (id, targets)));
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.walk.is_none()
    }

    /// Goes on, with one lock of the store.
    pub(super) fn step(&mut self, store: &SharedStore, watchdogs: &mut Watchdogs) {
        if self.is_idle() {
            return;
        }
        let mut store = store.write();
        let mut walk = if let Some(walk) = self.walk.take() {
            walk
        } else {
            let waiting = std::mem::take(&mut self.waiting);
            let (peers, sets): (Vec<PeerId>, Vec<TargetId>) = waiting.into_iter().unzip();
            let union = store.union_of(&sets);
            for set in sets {
                store.release_targets(set);
            }
            let Ok(targets) = union else { return };
            Walk { peers, targets, sweep: store.sweep(), swept: false, groups: watchdogs.names(), from: 0 }
        };
        if !walk.swept {
            let step = store.clear(walk.targets, &ShowFilter::default(), &mut walk.sweep, rib::WRITE_BUDGET);
            walk.swept = step != Ok(Step::More);
        } else if let Some(name) = walk.groups.last() {
            match watchdogs.forget_peers(&mut store, name, &walk.peers, walk.from, rib::WRITE_BUDGET) {
                WatchdogStep::More(from) => walk.from = from,
                WatchdogStep::Done => {
                    walk.groups.pop();
                    walk.from = 0;
                }
            }
        } else {
            store.release_targets(walk.targets);
            return;
        }
        self.walk = Some(walk);
    }
}
