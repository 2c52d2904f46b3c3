//! Reload: load, compare, apply what differs. Nothing is touched unless the whole new configuration is right.

use std::net::SocketAddr;
use std::sync::Arc;

use api_process::HelperId;
use config::diff::{Diff, NeighborChange, Session, diff};
use config::model::{Config, Neighbor};
use peer_fsm::StopReason;
use rib::PeerId;
use route_text::PeerName;
use tracing::{error, info, warn};

use super::Reactor;
use super::setup::{Clauses, store_options, wanted_listeners};
use crate::peer::ToPeer;

impl Reactor {
    /// Reads the configuration again and does what changed.
    pub(super) fn reload(&mut self) {
        info!(target: "configuration", "performing reload of exabgp-rs {}", self.options.version);
        match (self.options.reload.0)() {
            Err(why) => {
                error!(target: "configuration", "could not load the new configuration, nothing is changed");
                why.lines().for_each(|line| error!(target: "configuration", "{line}"));
            }
            Ok(new) => {
                self.apply_configuration(new);
                info!(target: "configuration", "loaded new configuration successfully");
            }
        }
    }

    fn apply_configuration(&mut self, new: Config) {
        let old = Arc::clone(&self.config);
        self.config = Arc::new(new);
        let new = Arc::clone(&self.config);
        let changes = diff(&old, &new);
        self.change_listeners(&new);
        self.change_helpers(&changes);
        for neighbor in &changes.removed {
            if let Some(id) = self.peer_named(&neighbor.name) {
                self.withdraw_all(id);
                self.leave(id, StopReason::Removed);
            }
        }
        for neighbor in changes.added.iter().filter(|n| n.name.range.is_none()) {
            if let Err(e) = self.add_peer(Arc::new((*neighbor).clone()), false) {
                warn!(target: "configuration", "{}: {e}", neighbor.name);
            }
        }
        for change in &changes.changed {
            self.change_peer(change);
        }
        self.retarget();
        self.tell_audiences();
    }

    fn change_helpers(&mut self, changes: &Diff<'_>) {
        for process in &changes.processes_removed {
            if let Some(id) = self.helper_named(&process.name)
                && let Some(helper) = self.helpers.remove(&id)
            {
                helper.handle.stop();
            }
        }
        for (_, process) in &changes.processes_changed {
            if let Some(id) = self.helper_named(&process.name)
                && let Some(helper) = self.helpers.remove(&id)
            {
                helper.handle.stop();
            }
            self.start_helper(process);
        }
        for process in &changes.processes_added {
            self.start_helper(process);
        }
    }

    fn change_peer(&mut self, change: &NeighborChange<'_>) {
        let Some(id) = self.peer_named(&change.new.name) else { return };
        self.change_routes(id, change);
        let neighbor = Arc::new(change.new.clone());
        match change.session {
            Session::Keep => {
                if let Some(peer) = self.peers.get_mut(id) {
                    peer.neighbor = neighbor;
                }
            }
            Session::Restart => {
                // The new task takes over the number, and with it the routes; the old one says goodbye by itself.
                self.leave(id, StopReason::Reconfigured);
                self.peers.remove(id);
                self.no_receipts(id);
                self.common.store.write().configure_peer(id, store_options(&neighbor));
                self.start_peer(id, neighbor, false);
            }
        }
    }

    fn change_routes(&mut self, id: PeerId, change: &NeighborChange<'_>) {
        let Ok(targets) = self.common.store.write().targets_of(&[id]) else { return };
        for routes in change.withdraw.chunks(rib::WRITE_BUDGET) {
            let mut store = self.common.store.write();
            for route in routes {
                let _ = store.withdraw(targets, route.nlri.as_ref());
            }
        }
        let routes = change.announce.iter().copied();
        if let Err(e) = self.announce_all(routes, targets, &mut Clauses::default()) {
            warn!(target: "configuration", "{}: {e}", change.new.name);
        }
        self.common.store.write().release_targets(targets);
        self.wake(&[id]);
    }

    /// Opens new listening sockets and closes those that are no longer wanted.
    fn change_listeners(&mut self, new: &Config) {
        let wanted: Vec<SocketAddr> =
            wanted_listeners(new).into_iter().map(|(address, _, _)| address).collect();
        self.listeners.retain(|listener| {
            let keep = wanted.contains(&listener.address);
            if !keep {
                listener.stop();
            }
            keep
        });
        if let Err(e) = self.listen(new) {
            error!(target: "network", "{e}");
        }
    }

    /// Takes a peer's routes out of the store; others keep theirs.
    pub(super) fn withdraw_all(&self, id: PeerId) {
        let store = &self.common.store;
        let Ok(targets) = store.write().targets_of(&[id]) else { return };
        let mut sweep = store.read().sweep();
        let filter = rib::ShowFilter { peer: Some(id), ..rib::ShowFilter::default() };
        // The lock is taken anew for each step: peers read between them.
        while matches!(
            store.write().clear(targets, &filter, &mut sweep, rib::WRITE_BUDGET),
            Ok(rib::Step::More)
        ) {}
        store.write().release_targets(targets);
    }

    /// Every peer's task learns who listens now.
    fn tell_audiences(&mut self) {
        let told: Vec<(PeerId, Arc<Neighbor>)> =
            self.peers.iter().map(|p| (p.id, Arc::clone(&p.neighbor))).collect();
        for (id, neighbor) in told {
            let Some(peer) = self.peers.get(id) else { continue };
            let local = peer.shared.status().local.map(|l| l.ip());
            let audience = self.audience(&neighbor, local);
            if peer.commands.try_send(ToPeer::Audience(audience)).is_err() {
                warn!(target: "reactor", "{}: its helpers change with the next reload", neighbor.name);
            }
        }
    }

    /// Starts every helper anew.
    pub(super) fn restart_helpers(&self) {
        self.helpers.values().filter(|h| !h.client).for_each(|helper| helper.handle.restart());
    }

    /// Drops every session and starts the helpers anew.
    pub(super) fn restart(&mut self) {
        self.reload_wanted = true;
        let notification = bgp_wire::Notification::shutdown(6, 4, "restart");
        for peer in self.peers.iter() {
            let _ = peer.commands.try_send(ToPeer::Teardown(notification.clone()));
        }
        self.restart_helpers();
    }

    fn peer_named(&self, name: &PeerName) -> Option<PeerId> {
        self.peers.iter().find(|p| p.name() == name).map(|p| p.id)
    }

    fn helper_named(&self, name: &str) -> Option<HelperId> {
        self.helpers.iter().find(|(_, h)| !h.client && h.process.name == name).map(|(id, _)| *id)
    }
}
