//! The beginning: listeners, helpers, peers, and the routes of the configuration.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api_process::{HelperHandle, HelperId};
use bgp_wire::{FamilySet, Nlri};
use config::env::Compat;
use config::model::{Config, Neighbor, Process, StaticRoute};
use rib::{Attrs, PeerId, PeerOptions, StoreError};
use route_text::{Clause, PeerName};
use tokio::sync::{mpsc, watch};

use super::helpers::HelperEntry;
use super::peers::PeerEntry;
use super::reload::{Gather, Work};
use super::statics::{Errand, Errands};
use super::{Hook, Reactor, ReactorError};
use crate::admin::Admin;
use crate::ingest::Ingest;
use crate::listener::{Listener, PeerKey};
use crate::peer::{Audience, COMMANDS, PeerSettings, PeerShared, PeerTask};
use crate::plan::{self, Ground};

impl Reactor {
    /// Starts everything that the configuration asks for.
    pub(super) fn begin(
        &mut self,
        config: Config,
        listening: Hook,
        admin: &Admin,
    ) -> Result<(), ReactorError> {
        self.listen(&config)?;
        (listening.0)().map_err(ReactorError::Listening)?;
        self.open_admin(admin);
        self.begin = beginning(config.settings.tcp.delay);
        self.config = Arc::new(config);
        let config = Arc::clone(&self.config);
        for process in &config.processes {
            self.start_helper(process, false);
        }
        let mut peers = Vec::new();
        // A range has no session of its own: its neighbors are made when they connect.
        for neighbor in config.neighbors.iter().filter(|n| n.name.range.is_none()) {
            peers.push((self.common.store.write().add_peer(store_options(neighbor)), neighbor));
        }
        // The routes first: a session that comes up at once must find all of them in its initial table.
        self.announce_sets(&peers)?;
        for (id, neighbor) in peers {
            self.start_peer(id, Arc::new(neighbor.clone()), None);
        }
        self.retarget();
        Ok(())
    }

    /// Opens the listening sockets that are not open: those of the settings, and those of single neighbors. All or
    /// none.
    pub(super) fn listen(&mut self, config: &Config) -> Result<(), ReactorError> {
        // A neighbor that only connects has no listener that would tell.
        for neighbor in config.neighbors.iter().filter(|n| n.tcp_ao.is_some()) {
            let Some(auth) = plan::auth(neighbor) else { continue };
            auth.check(neighbor.name.peer, neighbor.name.range).map_err(ReactorError::Listen)?;
        }
        let mut opened = Vec::new();
        for (address, keys, min_ttl) in wanted_listeners(config) {
            if !self.listeners.iter().any(|l| l.address == address) {
                opened.push(Listener::bind(address, &keys, min_ttl).map_err(ReactorError::Listen)?);
            }
        }
        let start = |l: Listener| l.start(self.accepted.clone(), &self.common.tracker, &self.token);
        self.listeners.extend(opened.into_iter().map(start));
        Ok(())
    }

    /// Closes listening sockets that are no longer wanted, and has the others know the keys of today's neighbors.
    pub(super) fn change_listeners(&mut self) -> std::io::Result<()> {
        let mut wanted = wanted_listeners(&self.config);
        let mut result = Ok(());
        self.listeners.retain_mut(|listener| {
            let Some(place) = wanted.iter().position(|(address, ..)| *address == listener.address) else {
                listener.stop();
                return false;
            };
            let (_, keys, min_ttl) = wanted.swap_remove(place);
            if let Err(e) = listener.rekey(keys, min_ttl) {
                result = Err(e);
            }
            true
        });
        result
    }

    /// Starts a helper process. Nothing that a fresh one says is done before the reload that has it started is over.
    pub(super) fn start_helper(&mut self, process: &Process, fresh: bool) {
        let id = HelperId(self.next_helper);
        self.next_helper = self.next_helper.saturating_add(1);
        let settings = &self.config.settings;
        let spec = plan::helper(process, settings, &self.options.own, &self.options.folder);
        let lines = plan::lines(process, &self.host);
        let ingest = Ingest::new(&process.name, &self.common.interner);
        let handle = api_process::start(&self.owner, id, spec, lines, ingest);
        let owner = self.owners.of(&process.name);
        let mut helper = HelperEntry::new(process.clone(), handle, settings.api.ack, owner);
        helper.fresh = fresh;
        self.helpers.insert(id, helper);
    }

    /// Adds a peer of a range with its static routes, then starts its task.
    pub(super) fn add_peer(
        &mut self,
        neighbor: Arc<Neighbor>,
        range: PeerName,
    ) -> Result<PeerId, StoreError> {
        let id = self.common.store.write().add_peer(store_options(&neighbor));
        let announced = self.announce_sets(&[(id, &neighbor)]);
        self.start_peer(id, neighbor, Some(range));
        self.retarget();
        announced.map(|()| id)
    }

    /// Starts the task of a peer that the store knows.
    pub(super) fn start_peer(&mut self, id: PeerId, neighbor: Arc<Neighbor>, range: Option<PeerName>) {
        self.incarnations = self.incarnations.saturating_add(1);
        let incarnation = self.incarnations;
        let mut settings = self.peer_settings(id, incarnation, &neighbor, None);
        if self.config.settings.bgp.compat != Compat::Native {
            settings.earlier = earlier(&neighbor, &self.common.interner);
        }
        let (standing, settings) = watch::channel(Arc::new(settings));
        let shared = Arc::new(PeerShared::new(Instant::now()));
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let task = PeerTask::new(settings, self.common.clone(), Arc::clone(&shared), inbox);
        self.common.tracker.spawn(task.run());
        let (up, leaving) = (false, false);
        self.peers.add(PeerEntry {
            id,
            incarnation,
            neighbor,
            commands,
            shared,
            up,
            range,
            standing,
            leaving,
        });
    }

    /// Everything that the task of a peer is told; `local` is our address on its connection, if there is one.
    pub(super) fn peer_settings(
        &self,
        id: PeerId,
        incarnation: u64,
        neighbor: &Neighbor,
        local: Option<IpAddr>,
    ) -> PeerSettings {
        plan::peer(id, incarnation, neighbor, &self.ground(), self.audience(neighbor, local))
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
    fn audience(&self, neighbor: &Neighbor, local: Option<IpAddr>) -> Audience {
        let mut helpers: Vec<(&Process, &HelperHandle)> =
            self.helpers.values().filter(|h| !h.client).map(|h| (&h.process, &h.handle)).collect();
        helpers.sort_by_key(|(_, handle)| handle.id());
        plan::audience(&self.host, neighbor, local, helpers.into_iter())
    }

    /// Announces the static routes of these peers, of whom no task runs yet. Routes that several of them share are
    /// announced to all at once.
    fn announce_sets(&mut self, peers: &[(PeerId, &Neighbor)]) -> Result<(), StoreError> {
        let mut errands = static_routes(peers);
        let common = &self.common;
        while errands
            .step(
                &common.store,
                &common.interner,
                &mut self.watchdogs,
                &mut self.lives.expiry,
                rib::WRITE_BUDGET,
            )
            .is_some()
        {}
        errands.reason.map_or(Ok(()), Err)
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
fn beginning(minutes: u32) -> Option<Instant> {
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

/// The routes of a neighbor that others of the same NLRI come after: ExaBGP sends all of them.
fn earlier(neighbor: &Neighbor, interner: &rib::Interner) -> Vec<(Nlri, Attrs)> {
    let mut last: HashMap<&Nlri, &Arc<Clause>> = HashMap::new();
    let mut earlier = Vec::new();
    for StaticRoute { nlri, clause } in neighbor.routes.iter().flat_map(|set| set.routes()) {
        if clause.watchdog.is_none()
            && let Some(before) = last.insert(nlri, clause)
            && before.attributes != clause.attributes
        {
            earlier.push((nlri.clone(), interner.intern(before.attributes.clone())));
        }
    }
    earlier
}

/// The static routes of peers to whom nothing has been announced.
pub(super) fn static_routes(peers: &[(PeerId, &Neighbor)]) -> Errands {
    let mut gather = Gather::default();
    let mut memo = config::diff::Memo::default();
    for (place, (_, neighbor)) in peers.iter().enumerate() {
        gather.add(place, &memo.routes(&[], &neighbor.routes));
    }
    let mut errands = Errands::default();
    for Work { act, set, places, neighbors } in gather.works {
        let peers = neighbors.iter().filter_map(|n| peers.get(*n)).map(|(id, _)| *id).collect();
        errands.push(Errand { act, set, places, peers });
    }
    errands
}

type Wanted = (SocketAddr, Vec<PeerKey>, Option<u8>);

/// Listening sockets that a configuration asks for, with the keys of the neighbors that may connect to them.
pub(super) fn wanted_listeners(config: &Config) -> Vec<Wanted> {
    let tcp = &config.settings.tcp;
    let key =
        |n: &Neighbor| Some(PeerKey { peer: n.name.peer, prefix_length: n.name.range, auth: plan::auth(n)? });
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
