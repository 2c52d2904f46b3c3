//! Doing what a plan says, in steps: each is bounded, and between two of them everyone else has a turn.

use std::collections::HashMap;
use std::sync::Arc;

use api::reply::reload::Reloaded;
use api_process::HelperId;
use config::model::{Config, Neighbor};
use peer_fsm::StopReason;
use rib::PeerId;
use route_text::PeerName;
use smallvec::SmallVec;

use super::super::Reactor;
use super::super::setup::{static_routes, store_options};
use super::super::statics::{Errand, Errands};
use super::plan::{Fate, Plan, Work};
use crate::peer::ToPeer;

/// Neighbors that are looked at in one step.
const NEIGHBORS: usize = 16;

/// What has been done of a plan.
#[derive(Debug)]
pub(super) struct Application {
    plan: Plan,
    old: Arc<Config>,
    stage: Stage,
    /// How far the stage is.
    at: usize,
    /// The peers of the plan's neighbors: of a range, those that have come from it.
    peers: Vec<SmallVec<[PeerId; 1]>>,
    errands: Errands,
    /// Neighbors that are begun anew because their peers had stopped for good.
    revived: Vec<usize>,
    /// Peers whose tasks go on and have to learn what is new.
    listeners: Vec<PeerId>,
    told: Reloaded,
    /// Peers' tasks that were started before are older than this reload.
    since: u64,
}

/// In this order: what is withdrawn is of families that a neighbor may be about to lose, what is announced of families
/// that it may be about to get, and a session that starts finds all of its routes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Begin,
    Remove,
    Withdraw,
    Configure,
    Announce,
    Sessions,
    Audiences,
}

/// A reload that has been done.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) told: Reloaded,
    pub(super) since: u64,
}

impl Application {
    pub(super) fn new(plan: Plan, old: Arc<Config>, since: u64) -> Self {
        Self {
            plan,
            old,
            stage: Stage::Begin,
            at: 0,
            peers: Vec::new(),
            errands: Errands::default(),
            revived: Vec::new(),
            listeners: Vec::new(),
            told: Reloaded::default(),
            since,
        }
    }

    fn next(&mut self, stage: Stage) {
        (self.stage, self.at) = (stage, 0);
    }

    /// The next few of `all` places; whether these are the last.
    fn places(&mut self, all: usize) -> (std::ops::Range<usize>, bool) {
        let to = self.at.saturating_add(NEIGHBORS).min(all);
        (std::mem::replace(&mut self.at, to)..to, to == all)
    }

    fn errands(&mut self, works: Vec<Work>) {
        for Work { act, set, places, neighbors } in works {
            let peers = neighbors.iter().filter_map(|n| self.peers.get(*n)).flatten().copied().collect();
            self.errands.push(Errand { act, set, places, peers });
        }
    }

    fn failed(&mut self, why: String) {
        self.told.refused.get_or_insert(why);
    }
}

impl Reactor {
    /// The next step. An error only before anything has been changed; the outcome when all is done.
    pub(super) fn apply_step(&mut self, a: &mut Application) -> Result<Option<Applied>, String> {
        match a.stage {
            Stage::Begin => self.apply_begin(a)?,
            Stage::Remove => {
                let (places, last) = a.places(a.plan.removed.len());
                for name in a.plan.removed.get(places).unwrap_or_default() {
                    for id in self.peers.of(name) {
                        a.told.sessions_ended = a.told.sessions_ended.saturating_add(1);
                        self.leave(id, StopReason::Removed);
                        if let Some(peer) = self.peers.get_mut(id) {
                            // It is there until it has said goodbye; a million routes are not let go of then.
                            let neighbor = Neighbor { routes: Vec::new(), ..Neighbor::clone(&peer.neighbor) };
                            peer.neighbor = Arc::new(neighbor);
                        }
                    }
                }
                if last {
                    let works = std::mem::take(&mut a.plan.withdraw);
                    a.told.routes_withdrawn = count(a, &works);
                    a.errands(works);
                    a.next(Stage::Withdraw);
                }
            }
            Stage::Withdraw => {
                if !self.errand_step(&mut a.errands) {
                    a.next(Stage::Configure);
                }
            }
            Stage::Configure => self.apply_options(a),
            Stage::Announce => {
                if !self.errand_step(&mut a.errands) {
                    if let Some(why) = a.errands.reason.take() {
                        a.failed(format!("{} routes are not announced: {why}", a.errands.refused));
                    }
                    a.next(Stage::Sessions);
                }
            }
            Stage::Sessions => self.apply_sessions(a),
            Stage::Audiences => {
                let (places, last) = a.places(a.listeners.len());
                a.listeners.get(places).unwrap_or_default().iter().for_each(|id| self.tell_standing(*id));
                if last {
                    return Ok(Some(self.apply_end(a)));
                }
            }
        }
        Ok(None)
    }

    /// Listeners first: they are what may fail. Then the configuration is the new one.
    fn apply_begin(&mut self, a: &mut Application) -> Result<(), String> {
        self.listen(&a.plan.new).map_err(|e| e.to_string())?;
        self.config = Arc::clone(&a.plan.new);
        if let Err(e) = self.change_listeners() {
            a.failed(e.to_string());
        }
        let processes = std::mem::take(&mut a.plan.processes);
        a.told.helpers_stopped = processes.removed.len();
        a.told.helpers_restarted = processes.changed.len();
        a.told.helpers_started = processes.added.len();
        let changed = processes.changed.iter().map(|p| &p.name);
        for name in processes.removed.iter().chain(changed) {
            if let Some(id) = self.helper_named(name)
                && let Some(helper) = self.helpers.remove(&id)
            {
                helper.handle.stop();
                self.owners.leave(&helper.process);
                self.let_go(helper);
            }
        }
        for process in processes.changed.iter().chain(&processes.added) {
            self.start_helper(process, true);
        }
        let mut peers: HashMap<&PeerName, SmallVec<[PeerId; 1]>> = HashMap::new();
        for peer in self.peers.iter() {
            peers.entry(peer.origin()).or_default().push(peer.id);
        }
        a.peers = a.plan.neighbors.iter().map(|(n, _)| peers.remove(&n.name).unwrap_or_default()).collect();
        a.next(Stage::Remove);
        Ok(())
    }

    /// What the store has to know: options of peers that change, and new peers.
    fn apply_options(&mut self, a: &mut Application) {
        let (places, last) = a.places(a.plan.neighbors.len());
        for n in places {
            let (Some((neighbor, fate)), Some(peers)) = (a.plan.neighbors.get_mut(n), a.peers.get_mut(n))
            else {
                continue;
            };
            if neighbor.name.range.is_some() && *fate == Fate::Start {
                // A range has no session of its own.
                *fate = Fate::Keep;
            }
            if neighbor.name.range.is_none() && *fate == Fate::Restart && peers.is_empty() {
                *fate = Fate::Start;
                a.revived.push(n);
            }
            let options = store_options(neighbor);
            match fate {
                Fate::Keep => {}
                Fate::Restart => {
                    peers.iter().for_each(|id| self.common.store.write().configure_peer(*id, options));
                }
                Fate::Start => peers.push(self.common.store.write().add_peer(options)),
            }
        }
        if last {
            let works = std::mem::take(&mut a.plan.announce);
            a.told.routes_announced = count(a, &works);
            let revived = std::mem::take(&mut a.revived);
            a.errands(works);
            let neighbors = revived.iter().filter_map(|n| {
                Some((*a.peers.get(*n)?.first()?, &**a.plan.neighbors.get(*n).map(|(neighbor, _)| neighbor)?))
            });
            a.errands.append(static_routes(&neighbors.collect::<Vec<_>>()));
            a.next(Stage::Announce);
        }
    }

    fn apply_sessions(&mut self, a: &mut Application) {
        let (places, last) = a.places(a.plan.neighbors.len());
        for n in places {
            let (Some((neighbor, fate)), Some(peers)) = (a.plan.neighbors.get(n), a.peers.get(n)) else {
                continue;
            };
            let count = peers.len();
            for id in peers.clone() {
                match fate {
                    Fate::Start => self.start_peer(id, Arc::clone(neighbor), None),
                    Fate::Keep => self.replace_neighbor(id, neighbor),
                    Fate::Restart if neighbor.name.range.is_some() => {
                        self.leave(id, StopReason::Reconfigured);
                    }
                    Fate::Restart => {
                        // The new task takes over the number, and with it the routes; the old one says goodbye by
                        // itself.
                        self.leave(id, StopReason::Reconfigured);
                        self.peers.remove(id);
                        self.no_receipts(id);
                        self.start_peer(id, Arc::clone(neighbor), None);
                    }
                }
            }
            let counter = match fate {
                Fate::Keep => continue,
                Fate::Restart => &mut a.told.sessions_reset,
                Fate::Start => &mut a.told.sessions_started,
            };
            *counter = counter.saturating_add(count);
        }
        if last {
            self.retarget();
            let older = self.peers.iter().filter(|peer| peer.incarnation <= a.since);
            a.listeners = older.map(|peer| peer.id).collect();
            a.next(Stage::Audiences);
        }
    }

    fn apply_end(&mut self, a: &mut Application) -> Applied {
        // A million routes are not let go of in one turn.
        let old = Arc::clone(&a.old);
        a.old = Arc::clone(&self.config);
        let _ = std::thread::Builder::new().name("reload-end".into()).spawn(move || drop(old));
        Applied { told: std::mem::take(&mut a.told), since: a.since }
    }

    /// A peer whose session goes on gets its neighbor's new definition.
    fn replace_neighbor(&mut self, id: PeerId, neighbor: &Arc<Neighbor>) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        peer.neighbor = if peer.range.is_some() {
            // It is called by its own addresses.
            let (name, passive) = (peer.neighbor.name.clone(), peer.neighbor.passive);
            Arc::new(Neighbor { name, passive, ..Neighbor::clone(neighbor) })
        } else {
            Arc::clone(neighbor)
        };
    }

    /// A peer's task learns who listens now, and what counts for its next session. Nothing is lost when it is busy:
    /// the newest word replaces the one before.
    fn tell_standing(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get(id).filter(|peer| !peer.leaving) else { return };
        let local = peer.shared.status().local.map(|l| l.ip());
        let settings = self.peer_settings(id, peer.incarnation, &peer.neighbor, local);
        peer.standing.send_replace(Arc::new(settings));
    }

    /// Drops every session that this reload has not started.
    pub(super) fn restart_sessions(&mut self, since: u64) {
        let notification = bgp_wire::Notification::shutdown(6, 4, "restart");
        let older = self.peers.iter().filter(|peer| peer.incarnation <= since);
        let older: Vec<PeerId> = older.map(|peer| peer.id).collect();
        for id in older {
            let Some(peer) = self.peers.get(id) else { continue };
            if peer.commands.try_send(ToPeer::Teardown(notification.clone())).is_ok() {
                continue;
            }
            // Its queue is full: a new task does the same.
            let (neighbor, range) = (Arc::clone(&peer.neighbor), peer.range.clone());
            self.leave(id, StopReason::Reconfigured);
            self.peers.remove(id);
            self.no_receipts(id);
            self.start_peer(id, neighbor, range);
        }
    }

    fn errand_step(&mut self, errands: &mut Errands) -> bool {
        let common = &self.common;
        let (watchdogs, expiry) = (&mut self.watchdogs, &mut self.lives.expiry);
        let news = errands.step(&common.store, &common.interner, watchdogs, expiry, rib::WRITE_BUDGET);
        news.map(|peers| self.wake(&peers)).is_some()
    }

    fn helper_named(&self, name: &str) -> Option<HelperId> {
        self.helpers.iter().find(|(_, h)| !h.client && h.process.name == name).map(|(id, _)| *id)
    }
}

/// Routes that pieces of work change, once for each peer.
fn count(a: &Application, works: &[Work]) -> usize {
    use super::super::statics::Act;
    let peers =
        |w: &Work| w.neighbors.iter().filter_map(|n| a.peers.get(*n)).map(SmallVec::len).sum::<usize>();
    let changes = works.iter().filter(|w| w.act != Act::Ungroup).map(|w| w.routes().saturating_mul(peers(w)));
    changes.fold(0, usize::saturating_add)
}
