//! Walks over all routes in bounded steps: show and clear.

use bgp_wire::Family;
use bgp_wire::nlri::Nlri;

use super::Store;
use crate::{Attrs, OwnerId, PeerId, StoreError, TargetId};

/// Where a walk over all routes is. Start with [`Store::sweep`]; dropping it ends the walk.
///
/// Routes come in the order of their first announcement as long as nothing was withdrawn; new routes may take the
/// places of withdrawn ones.
#[derive(Clone, Debug)]
pub struct Sweep {
    next: u32,
    started: u64,
}

/// Whether a walk goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Call again.
    More,
    /// All have been seen.
    Done,
}

/// An announced route, as shown.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// The NLRI.
    pub nlri: &'a Nlri,
    /// Next hop and attributes.
    pub attrs: &'a Attrs,
    /// Who gets it; ask [`Store::members`].
    pub targets: TargetId,
    /// Who announced it last.
    pub owner: OwnerId,
    /// Version of its last change: a peer whose [`Store::cursor`] is there has been sent it.
    pub version: u64,
}

/// Which routes a walk is about. `None` is "any".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ShowFilter {
    /// Announced to this peer.
    pub peer: Option<PeerId>,
    /// Of this family.
    pub family: Option<Family>,
    /// Announced by this owner.
    pub owner: Option<OwnerId>,
}

impl Store {
    /// Starts a walk over all routes.
    pub const fn sweep(&self) -> Sweep {
        Sweep { next: 0, started: self.version }
    }

    /// Hands the next routes that `filter` lets through to `show`, looking at up to `budget` entries.
    ///
    /// Between steps the store may change: every route that is there during the whole walk is shown once.
    pub fn show(
        &self,
        filter: &ShowFilter,
        sweep: &mut Sweep,
        budget: usize,
        mut show: impl FnMut(Route<'_>),
    ) -> Step {
        for number in self.step(sweep, budget) {
            let Some(entry) = self.entries.get(number) else { continue };
            let Some(attrs) = &entry.attrs else { continue };
            if filter.peer.is_none_or(|p| self.sets.contains(entry.targets, p))
                && filter.family.is_none_or(|f| f == entry.nlri.family())
                && filter.owner.is_none_or(|o| o == entry.owner)
            {
                let (nlri, targets, owner, version) =
                    (&entry.nlri, entry.targets, entry.owner, entry.version);
                show(Route { nlri, attrs, targets, owner, version });
            }
        }
        self.state(sweep)
    }

    /// Withdraws from `targets` the routes that `filter` lets through and that were announced before the walk
    /// started, looking at up to `budget` entries.
    pub fn clear(
        &mut self,
        targets: TargetId,
        filter: &ShowFilter,
        sweep: &mut Sweep,
        budget: usize,
    ) -> Result<Step, StoreError> {
        if self.sets.get(targets).is_none() {
            return Err(StoreError::UnknownTargets(targets));
        }
        let bits = self.bits(targets);
        for number in self.step(sweep, budget) {
            let Some(entry) = self.entries.get(number) else { continue };
            if entry.attrs.is_none()
                || entry.version > sweep.started
                || filter.family.is_some_and(|f| f != entry.nlri.family())
                || filter.owner.is_some_and(|o| o != entry.owner)
                || filter.peer.is_some_and(|p| !self.sets.contains(entry.targets, p))
                || self.sets.get(entry.targets).is_none_or(|set| set.bits.is_disjoint(&bits))
            {
                continue;
            }
            // Only this entry: others of the NLRI may have been announced since.
            let nlri = entry.nlri.clone();
            let members = self.bits(entry.targets).and(&bits);
            if let Some(set) = self.sets.intern(members, &mut self.peers) {
                self.sets.add_ref(set);
                self.withdraw_from(set, nlri.as_ref());
                self.sets.drop_ref(set, &mut self.peers);
            }
        }
        Ok(self.state(sweep))
    }

    /// The entry numbers of the next step.
    fn step(&self, sweep: &mut Sweep, budget: usize) -> std::ops::Range<u32> {
        let from = sweep.next;
        let budget = u32::try_from(budget.max(1)).unwrap_or(u32::MAX);
        sweep.next = from.saturating_add(budget).min(self.entries.end());
        from..sweep.next
    }

    fn state(&self, sweep: &Sweep) -> Step {
        if sweep.next >= self.entries.end() { Step::Done } else { Step::More }
    }
}
