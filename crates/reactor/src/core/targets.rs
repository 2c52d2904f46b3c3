//! Which peers a command is meant for.

use std::sync::Arc;

use api::batch::Target;
use api_process::HelperId;
use rib::{PeerId, TargetId};
use route_text::Selector;

use super::Reactor;

/// Selectors whose peers are remembered for one helper.
const SELECTORS: usize = 1024;

impl Reactor {
    /// The peers a helper means: those that the selector matches, of those it may command.
    pub(super) fn meant(&self, id: HelperId, selector: Option<&Selector>) -> Vec<PeerId> {
        let Some(helper) = self.helpers.get(&id) else { return Vec::new() };
        let peers =
            self.peers.iter().filter(|p| helper.client || p.neighbor.api.may_command(&helper.process.name));
        peers.filter(|p| selector.is_none_or(|s| s.matches(p.name()))).map(|p| p.id).collect()
    }

    /// The target set a helper means; none when nobody is meant.
    pub(super) fn target(&mut self, id: HelperId, selector: Option<&Arc<Selector>>) -> Option<TargetId> {
        let helper = self.helpers.get(&id)?;
        match selector {
            None => return helper.attached,
            Some(selector) => {
                if let Some(known) = helper.selected.get(selector) {
                    return *known;
                }
            }
        }
        let selector = selector?;
        let target = self.target_of(&self.meant(id, Some(selector)));
        let helper = self.helpers.get_mut(&id)?;
        let mut forgotten = Vec::new();
        if helper.selected.len() >= SELECTORS {
            forgotten.extend(helper.selected.drain().filter_map(|(_, target)| target));
        }
        helper.selected.insert(Arc::clone(selector), target);
        let mut store = self.common.store.write();
        for target in forgotten {
            store.release_targets(target);
        }
        target
    }

    /// The target of the step that a helper is at.
    pub(super) fn target_of_step(&mut self, id: HelperId, target: Target) -> Option<TargetId> {
        let work = self.helpers.get(&id)?.inbox.front()?;
        let selector = work.selector(target).cloned();
        if selector.is_none() && target != Target::Attached {
            return None;
        }
        self.target(id, selector.as_ref())
    }

    fn target_of(&self, peers: &[PeerId]) -> Option<TargetId> {
        if peers.is_empty() {
            return None;
        }
        self.common.store.write().targets_of(peers).ok()
    }

    /// Peers came, went or changed hands: what selectors mean is found anew.
    pub(super) fn retarget(&mut self) {
        let ids: Vec<HelperId> = self.helpers.keys().copied().collect();
        for id in ids {
            self.retarget_one(id);
        }
    }

    /// The same for one helper or client.
    pub(super) fn retarget_one(&mut self, id: HelperId) {
        let attached = self.target_of(&self.meant(id, None));
        let Some(helper) = self.helpers.get_mut(&id) else { return };
        let old = std::mem::replace(&mut helper.attached, attached);
        let old = old.into_iter().chain(helper.selected.drain().filter_map(|(_, target)| target));
        let mut store = self.common.store.write();
        old.for_each(|target| store.release_targets(target));
    }
}
