//! The beginning: listeners, helpers, peers, and the routes of the configuration.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api_process::{HelperHandle, HelperId};
use bgp_wire::FamilySet;
use config::model::{Config, Neighbor, Process, RouteSet, StaticRoute};
use rib::{Attrs, PeerId, PeerOptions, StoreError, TargetId};
use route_text::Clause;
use tokio::sync::mpsc;

use super::helpers::HelperEntry;
use super::peers::PeerEntry;
use super::{CONFIGURATION, Hook, Reactor, ReactorError};
use crate::admin::Admin;
use crate::connect::Key;
use crate::ingest::Ingest;
use crate::listener::{Listener, PeerKey};
use crate::peer::{Audience, COMMANDS, PeerShared, PeerTask};
use crate::plan::{self, Ground};

impl Reactor {
    /// Starts everything that the configuration asks for.
    pub(super) fn start(
        &mut self,
        config: Config,
        listening: Hook,
        admin: &Admin,
    ) -> Result<(), ReactorError> {
        self.listen(&config)?;
        (listening.0)().map_err(ReactorError::Listening)?;
        self.open_admin(admin);
        self.begin = begin(config.settings.tcp.delay);
        self.config = Arc::new(config);
        let config = Arc::clone(&self.config);
        for process in &config.processes {
            self.start_helper(process);
        }
        let mut peers = Vec::new();
        // A range has no session of its own: its neighbors are made when they connect.
        for neighbor in config.neighbors.iter().filter(|n| n.name.range.is_none()) {
            peers.push((self.common.store.write().add_peer(store_options(neighbor)), neighbor));
        }
        // The routes first: a session that comes up at once must find all of them in its initial table.
        self.announce_sets(&peers)?;
        for (id, neighbor) in peers {
            self.start_peer(id, Arc::new(neighbor.clone()), false);
        }
        self.retarget();
        Ok(())
    }

    /// Opens the listening sockets: those of the settings, and those of single neighbors.
    pub(super) fn listen(&mut self, config: &Config) -> Result<(), ReactorError> {
        for (address, keys, min_ttl) in wanted_listeners(config) {
            if self.listeners.iter().any(|l| l.address == address) {
                continue;
            }
            let listener = Listener::bind(address, &keys, min_ttl).map_err(ReactorError::Listen)?;
            self.listeners.push(listener.start(self.accepted.clone(), &self.common.tracker, &self.token));
        }
        Ok(())
    }

    /// Starts a helper process.
    pub(super) fn start_helper(&mut self, process: &Process) {
        let id = HelperId(self.next_helper);
        self.next_helper = self.next_helper.saturating_add(1);
        let settings = &self.config.settings;
        let spec = plan::helper(process, settings, &self.options.own, &self.options.folder);
        let lines = plan::lines(process, &self.host);
        let ingest = Ingest::new(&process.name, &self.common.interner);
        let handle = api_process::start(&self.owner, id, spec, lines, ingest);
        self.helpers.insert(id, HelperEntry::new(process.clone(), handle, settings.api.ack));
    }

    /// Adds a peer with its static routes, then starts its task.
    pub(super) fn add_peer(
        &mut self,
        neighbor: Arc<Neighbor>,
        generated: bool,
    ) -> Result<PeerId, StoreError> {
        let id = self.common.store.write().add_peer(store_options(&neighbor));
        let announced = self.announce_sets(&[(id, &neighbor)]);
        self.start_peer(id, neighbor, generated);
        self.retarget();
        announced.map(|()| id)
    }

    /// Starts the task of a peer that the store knows.
    pub(super) fn start_peer(&mut self, id: PeerId, neighbor: Arc<Neighbor>, generated: bool) {
        self.incarnations = self.incarnations.saturating_add(1);
        let incarnation = self.incarnations;
        let ground = self.ground();
        let settings = plan::peer(id, incarnation, &neighbor, &ground, self.audience(&neighbor, None));
        let shared = Arc::new(PeerShared::new(Instant::now()));
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let task = PeerTask::new(settings, self.common.clone(), Arc::clone(&shared), inbox);
        self.common.tracker.spawn(task.run());
        let (up, leaving) = (false, false);
        self.peers.add(PeerEntry { id, incarnation, neighbor, commands, shared, up, generated, leaving });
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            settings: &self.config.settings,
            version: &self.options.version,
            begin: self.begin,
            // The state machine clears the bit once a session has been up.
            restarting: true,
        }
    }

    /// Who listens to a neighbor.
    pub(super) fn audience(&self, neighbor: &Neighbor, local: Option<IpAddr>) -> Audience {
        let mut helpers: Vec<(&Process, &HelperHandle)> =
            self.helpers.values().filter(|h| !h.client).map(|h| (&h.process, &h.handle)).collect();
        helpers.sort_by_key(|(_, handle)| handle.id());
        plan::audience(&self.host, neighbor, local, helpers.into_iter())
    }

    /// Announces the static routes of these peers. A set that several of them share is announced to all at once.
    pub(super) fn announce_sets(&mut self, peers: &[(PeerId, &Neighbor)]) -> Result<(), StoreError> {
        let mut done: HashSet<*const RouteSet> = HashSet::new();
        let mut attributes = Clauses::default();
        for (_, neighbor) in peers {
            for set in &neighbor.routes {
                if !done.insert(Arc::as_ptr(set)) {
                    continue;
                }
                let has = |n: &Neighbor| n.routes.iter().any(|other| Arc::ptr_eq(other, set));
                let members: Vec<PeerId> = peers.iter().filter(|(_, n)| has(n)).map(|(id, _)| *id).collect();
                let targets = self.common.store.write().targets_of(&members)?;
                self.announce_all(set.routes().iter(), targets, &mut attributes)?;
                self.wake(&members);
                self.common.store.write().release_targets(targets);
            }
        }
        Ok(())
    }

    /// Announces routes of the configuration, a bounded number of them under one lock.
    pub(super) fn announce_all<'a>(
        &mut self,
        mut routes: impl Iterator<Item = &'a StaticRoute>,
        targets: TargetId,
        attributes: &mut Clauses,
    ) -> Result<(), StoreError> {
        loop {
            let mut store = self.common.store.write();
            for _ in 0..rib::WRITE_BUDGET {
                let Some(StaticRoute { nlri, clause }) = routes.next() else { return Ok(()) };
                let attrs = attributes.intern(clause, &self.common.interner);
                match &clause.watchdog {
                    None => {
                        store.announce(targets, nlri.clone(), attrs, CONFIGURATION)?;
                    }
                    Some(name) => {
                        let (nlri, parked) = (nlri.clone(), clause.withdrawn);
                        self.watchdogs.insert(
                            &mut store,
                            name,
                            nlri,
                            attrs,
                            targets,
                            CONFIGURATION,
                            parked,
                        )?;
                    }
                }
            }
        }
    }

    /// Tells peers that the store has news for them.
    pub(super) fn wake(&self, peers: &[PeerId]) {
        for peer in peers.iter().filter_map(|id| self.peers.get(*id)) {
            peer.shared.news.notify_one();
        }
    }
}

/// When sessions are to begin: at the next multiple of so many minutes of the clock (`tcp.delay`), so that several
/// daemons begin together.
fn begin(minutes: u32) -> Option<Instant> {
    let period = u64::from(minutes).checked_mul(60).filter(|period| *period > 0)?;
    let now = crate::clock::since_1970();
    let over = now.as_secs().checked_rem(period)?;
    Instant::now().checked_add(Duration::from_secs(period.checked_sub(over)?))
}

/// What the store has to know about a neighbor.
pub(super) fn store_options(neighbor: &Neighbor) -> PeerOptions {
    let families: FamilySet = neighbor.families.iter().copied().collect();
    PeerOptions { adj_rib_out: neighbor.adj_rib_out, families }
}

/// Interned attributes of clauses, which the routes of a configuration share.
#[derive(Debug, Default)]
pub(super) struct Clauses(HashMap<*const Clause, Attrs>);

// The addresses are of clauses that the caller's configuration keeps; they are compared, never followed.
impl Clauses {
    fn intern(&mut self, clause: &Arc<Clause>, interner: &rib::Interner) -> Attrs {
        let known = self.0.entry(Arc::as_ptr(clause));
        Arc::clone(known.or_insert_with(|| interner.intern(clause.attributes.clone())))
    }
}

type Wanted = (SocketAddr, Vec<PeerKey>, Option<u8>);

/// Listening sockets that a configuration asks for, with the keys of the neighbors that may connect to them.
pub(super) fn wanted_listeners(config: &Config) -> Vec<Wanted> {
    let tcp = &config.settings.tcp;
    let key = |n: &Neighbor| {
        let key = Key(n.md5.as_ref()?.reveal().to_vec());
        Some(PeerKey { peer: n.name.peer, prefix_length: n.name.range, key })
    };
    let keys: Vec<PeerKey> = config.neighbors.iter().filter_map(key).collect();
    let mut wanted: Vec<Wanted> =
        tcp.bind.iter().map(|ip| (SocketAddr::new(*ip, tcp.port), keys.clone(), None)).collect();
    for neighbor in &config.neighbors {
        let (Some(port), Some(bind)) = (neighbor.listen, neighbor.bind) else { continue };
        let address = SocketAddr::new(bind, port);
        match wanted.iter_mut().find(|(a, _, _)| *a == address) {
            // Neighbors that share a socket share its least TTL too: the smallest lets all of them in.
            Some((_, keys, min_ttl)) => {
                keys.extend(key(neighbor).filter(|k| !keys.contains(k)));
                *min_ttl = (*min_ttl).min(neighbor.incoming_ttl);
            }
            None => wanted.push((address, key(neighbor).into_iter().collect(), neighbor.incoming_ttl)),
        }
    }
    wanted
}
