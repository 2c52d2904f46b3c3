//! The reactor: one loop over everything that happens, bounded work in each turn.
//!
//! It is a task like those of helpers and peers, so that what it does for one goes on to the next on the same thread.
//! It never waits for a peer or a helper: what can't be done now is kept with whoever asked for it.

mod accept;
mod apply;
mod batches;
mod clients;
mod commands;
mod conversation;
mod departures;
mod helpers;
mod jobs;
mod life;
mod owners;
mod peers;
mod receipts;
mod reload;
mod setup;
mod shutdown;
mod signals;
mod statics;
mod targets;
mod tasks;
mod views;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use api::batch::Batch;
use api::event::Host;
use api_process::{Company, FromHelper, HelperId, Kind, Owner};
use config::model::Config;
use rib::{Interner, OwnerId, PeerId, SharedStore, Watchdogs};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::admin::{Admin, AdminHandle, WAITING};
use crate::listener::{ACCEPTED, Accepted, ListenerHandle};
use crate::peer::{Common, FromPeer, Happened};
use departures::Departures;
use helpers::{HelperEntry, Work};
use jobs::Finished;
use life::Lives;
use owners::Owners;
use peers::Peers;
use receipts::Receipts;
use reload::{Loaded, Reloading, Wish};
use shutdown::Shutdown;
use signals::{Signal, Signals};

/// State changes of peers that may wait for the reactor.
const REPORTS: usize = 1024;

/// Messages of helpers that may wait for the reactor; their batches are bounded by credits besides.
const MESSAGES: usize = 64;

/// Steps of one helper that are done before the next helper has its turn.
const STEPS: usize = rib::WRITE_BUDGET;

/// The owner of routes that the configuration announces; of the others, see [`owners`].
const CONFIGURATION: OwnerId = OwnerId(0);

/// What the daemon is started with.
#[derive(Debug)]
pub struct Options {
    /// The configuration, loaded already.
    pub config: Config,
    /// Reads the configuration again, for a reload: the whole new one, or why there is none, for the log.
    pub reload: Reload,
    /// Where helpers run: the folder of the configuration.
    pub folder: PathBuf,
    /// This executable, for processes that run it.
    pub own: PathBuf,
    /// Version to tell.
    pub version: String,
    /// Name of this machine, for events.
    pub host: String,
    /// Where clients find the daemon.
    pub admin: Admin,
    /// Called when the listening sockets are open and before helpers are started: the place to give up privileges
    /// and to write a pid file. An error ends the start.
    pub listening: Hook,
}

/// Something to be done once.
pub struct Hook(pub Box<dyn FnOnce() -> Result<(), String> + Send>);

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

/// Reads the next configuration.
pub struct Reload(pub Box<dyn FnMut() -> Result<Config, String> + Send>);

impl std::fmt::Debug for Reload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reload")
    }
}

/// Why the daemon could not run.
#[derive(Debug, thiserror::Error)]
pub enum ReactorError {
    /// A listening socket could not be made.
    #[error("{0}")]
    Listen(std::io::Error),
    /// Signals can't be received.
    #[error("signals can't be received: {0}")]
    Signals(std::io::Error),
    /// What was to be done before the helpers start failed.
    #[error("{0}")]
    Listening(String),
    /// The store can't hold what the configuration asks for.
    #[error("{0}")]
    Store(#[from] rib::StoreError),
}

/// The state of the daemon.
pub(crate) struct Reactor {
    config: Arc<Config>,
    options: Kept,
    host: Arc<Host>,
    common: Common,
    owner: Owner<Batch>,
    token: CancellationToken,
    peers: Peers,
    helpers: HashMap<HelperId, HelperEntry>,
    /// Helpers with work, in the order of their turns.
    turns: Vec<HelperId>,
    next_helper: u32,
    /// When sessions begin (`tcp.delay`).
    begin: Option<std::time::Instant>,
    /// Peer tasks started so far.
    incarnations: u64,
    watchdogs: Watchdogs,
    lives: Lives,
    owners: Owners,
    /// Answers that wait for peers.
    receipts: Receipts,
    listeners: Vec<ListenerHandle>,
    accepted: mpsc::Sender<Accepted>,
    finished: mpsc::Sender<Finished>,
    clients: mpsc::Sender<UnixStream>,
    admin: Option<AdminHandle>,
    shutdown: Option<Shutdown>,
    reloading: Reloading,
    departures: Departures,
}

/// What of the options is needed later.
struct Kept {
    folder: PathBuf,
    own: PathBuf,
    version: String,
    /// Names this run of the daemon.
    uuid: String,
    started: std::time::Instant,
}

/// The receiving ends of the reactor's channels.
struct Inbox {
    peers: mpsc::Receiver<FromPeer>,
    helpers: mpsc::Receiver<FromHelper<Batch>>,
    accepted: mpsc::Receiver<Accepted>,
    finished: mpsc::Receiver<Finished>,
    clients: mpsc::Receiver<UnixStream>,
    loaded: mpsc::Receiver<Loaded>,
}

/// Runs the daemon until it is told to stop or has nothing left to do.
///
/// # Errors
/// When it could not begin; later nothing is fatal.
pub async fn run(options: Options) -> Result<(), ReactorError> {
    let signals = Signals::new().map_err(ReactorError::Signals)?;
    let (mut reactor, inbox) = Reactor::start(options)?;
    reactor.turn(inbox, signals).await;
    Ok(())
}

impl Reactor {
    /// Starts everything that the options ask for.
    fn start(options: Options) -> Result<(Self, Inbox), ReactorError> {
        let (to_reactor, from_peers) = mpsc::channel(REPORTS);
        let (helpers_tx, from_helpers) = mpsc::channel(MESSAGES);
        let (accepted_tx, accepted) = mpsc::channel(ACCEPTED);
        let (finished_tx, finished) = mpsc::channel(MESSAGES);
        let (clients_tx, clients) = mpsc::channel(WAITING);
        // One file is read at a time.
        let (loaded_tx, loaded) = mpsc::channel(1);
        let token = CancellationToken::new();
        let common = Common {
            store: SharedStore::new(),
            interner: Arc::new(Interner::new()),
            tracker: TaskTracker::new(),
            to_reactor,
        };
        let owner = Owner {
            tx: helpers_tx,
            tracker: TaskTracker::new(),
            token: token.child_token(),
            ending: CancellationToken::new(),
            company: Company::default(),
        };
        let host = Host {
            name: options.host.into(),
            pid: std::process::id(),
            ppid: std::os::unix::process::parent_id(),
        };
        let mut reactor = Reactor {
            config: Arc::new(Config {
                neighbors: Vec::new(),
                processes: Vec::new(),
                ..options.config.clone()
            }),
            options: Kept {
                folder: options.folder,
                own: options.own,
                version: options.version,
                uuid: conversation::uuid(),
                started: std::time::Instant::now(),
            },
            host: Arc::new(host),
            common,
            owner,
            token,
            peers: Peers::default(),
            helpers: HashMap::new(),
            turns: Vec::new(),
            next_helper: 0,
            begin: None,
            incarnations: 0,
            watchdogs: Watchdogs::new(),
            lives: Lives::new(),
            owners: Owners::new(),
            receipts: Receipts::default(),
            listeners: Vec::new(),
            accepted: accepted_tx,
            finished: finished_tx,
            clients: clients_tx,
            admin: None,
            shutdown: None,
            reloading: Reloading::new(options.reload, loaded_tx),
            departures: Departures::default(),
        };
        let inbox = Inbox { peers: from_peers, helpers: from_helpers, accepted, finished, clients, loaded };
        reactor.begin(options.config, options.listening, &options.admin)?;
        Ok((reactor, inbox))
    }

    async fn turn(&mut self, mut inbox: Inbox, mut signals: Signals) {
        let mut reports = Vec::with_capacity(REPORTS);
        let mut messages = Vec::with_capacity(MESSAGES);
        while !self.is_over() {
            let runnable = self.helpers.values().any(HelperEntry::is_runnable);
            let changes = self.has_changes();
            let deadline = self.shutdown.as_ref().map(Shutdown::deadline);
            let due = self.lives.next().into_iter().chain(self.next_leaver()).min();
            let room = self.peer_room();
            tokio::select! {
                biased;
                signal = signals.next() => self.signal(signal),
                () = until(deadline), if deadline.is_some() => self.next_phase(),
                _ = inbox.peers.recv_many(&mut reports, REPORTS) => {
                    reports.drain(..).for_each(|report| self.report(&report));
                }
                Some(finished) = inbox.finished.recv() => self.finished(&finished),
                Some(accepted) = inbox.accepted.recv() => self.accept(accepted),
                // All of them: a short batch must not wait until a turn was given for each that came before it.
                _ = inbox.helpers.recv_many(&mut messages, MESSAGES) => {
                    messages.drain(..).for_each(|message| self.message(message));
                }
                Some(stream) = inbox.clients.recv() => self.client(stream),
                Some(loaded) = inbox.loaded.recv() => self.loaded(loaded),
                id = room => self.peer_has_room(id),
                () = until(due), if due.is_some() && deadline.is_none() => {}
                () = std::future::ready(()), if runnable => {}
                // A reload has thousands of turns: whom it wakes must not wait on this thread for the last of them.
                () = tokio::task::yield_now(), if changes => {}
                () = self.phase_over(), if deadline.is_some() => self.next_phase(),
            }
            self.work();
            self.change();
        }
    }

    /// Whether a reload or the departure of a peer or a helper goes on without anybody's doing.
    fn has_changes(&self) -> bool {
        self.shutdown.is_none()
            && (self.reloading.is_runnable() || !self.departures.is_idle() || self.has_leavers())
    }

    /// One step of each.
    fn change(&mut self) {
        if self.shutdown.is_none() {
            self.reload_step();
            self.departures.step(&self.common.store, &mut self.watchdogs);
            self.leave_step();
            self.expire();
        }
    }

    fn signal(&mut self, signal: Signal) {
        info!(target: "reactor", "{} received", signal.name());
        for peer in self.peers.iter() {
            // Told before acting, as far as there is room: a signal is no reason to wait.
            let _ = peer.commands.try_send(crate::peer::ToPeer::Signal(signal.number(), signal.name()));
        }
        match signal {
            Signal::Terminate | Signal::Interrupt | Signal::Hangup => self.begin_shutdown(),
            Signal::User1 => self.reloading.ask(Wish::default()),
            Signal::User2 => self.reloading.ask(Wish { helpers: true, ..Wish::default() }),
            Signal::Alarm => self.reloading.ask(Wish { helpers: true, sessions: true, ..Wish::default() }),
        }
    }

    /// What a peer's task reports.
    fn report(&mut self, report: &FromPeer) {
        if self.peers.get(report.id).is_none_or(|p| p.incarnation != report.incarnation) {
            return;
        }
        match report.what {
            Happened::Up | Happened::Down => {
                let up = report.what == Happened::Up;
                let Some(peer) = self.peers.get_mut(report.id) else { return };
                peer.up = up;
                if !up && peer.range.is_some() && !peer.leaving {
                    self.leave(report.id, peer_fsm::StopReason::Removed);
                }
            }
            Happened::Receipt(token, written) => self.receipt(report.id, token, written),
            Happened::Stopped => self.gone(report.id),
            Happened::Panicked => self.panicked(report.id),
        }
    }

    /// A peer's task has ended.
    fn gone(&mut self, id: PeerId) {
        let Some(peer) = self.peers.remove(id) else { return };
        self.no_receipts(id);
        if !peer.leaving {
            info!(target: "reactor", "{} has stopped", peer.name());
        }
        self.departures.add(&self.common.store, id);
        self.retarget();
        let attempts = self.config.settings.tcp.attempts > 0;
        // Who was sent away may be followed by others.
        if self.peers.is_empty() && attempts && !peer.leaving && self.shutdown.is_none() {
            info!(target: "reactor", "no neighbor is left to connect to");
            self.begin_shutdown();
        }
    }

    /// A peer's task panicked: it is begun anew, everyone else goes on.
    fn panicked(&mut self, id: PeerId) {
        let Some(peer) = self.peers.remove(id) else { return };
        self.no_receipts(id);
        tracing::error!(target: "reactor", "{}: an internal error ended its session; please report it", peer.name());
        if peer.leaving || peer.range.is_some() || self.shutdown.is_some() {
            self.departures.add(&self.common.store, id);
            self.retarget();
        } else {
            self.start_peer(id, peer.neighbor, None);
        }
    }

    /// What a helper's task says.
    fn message(&mut self, message: FromHelper<Batch>) {
        let ack = self.config.settings.api.ack;
        let Some(helper) = self.helpers.get_mut(&message.id) else { return };
        let name = &helper.process.name;
        match message.kind {
            Kind::Started { pid } => {
                info!(target: "processes", "{name}: started, process {pid}");
                helper.started(message.generation, ack);
            }
            Kind::Batch { batch, credit } => {
                helper.inbox.push_back(Work::new(batch, message.generation, credit, helper.owner));
                if !self.turns.contains(&message.id) {
                    self.turns.push(message.id);
                }
            }
            Kind::Exited { .. } if helper.client => self.client_gone(message.id),
            Kind::Exited { status, respawn_after } => {
                helper.owner = self.owners.leave(&helper.process);
                let how = status.map_or_else(|| "it could not be ended".to_owned(), |s| s.to_string());
                match respawn_after {
                    Some(after) => {
                        warn!(target: "processes", "{name}: ended ({how}), started again in {:.1} s", after.as_secs_f64());
                    }
                    None if self.shutdown.is_some() => info!(target: "processes", "{name}: ended ({how})"),
                    None => {
                        warn!(target: "processes", "{name}: ended ({how}) and is not started again");
                        if self.config.settings.api.terminate {
                            self.begin_shutdown();
                        }
                    }
                }
            }
            Kind::Failed { reason, .. } => warn!(target: "processes", "{name}: {reason}"),
        }
    }

    /// Gives every helper with work one turn.
    fn work(&mut self) {
        let turns = std::mem::take(&mut self.turns);
        for id in turns {
            if self.helpers.get(&id).is_some_and(|h| !h.fresh) {
                self.steps(id);
            }
            let waits = |h: &HelperEntry| !h.inbox.is_empty() || h.task.is_some() || h.receipt.is_some();
            let more = self.helpers.get(&id).is_some_and(waits);
            if more && !self.turns.contains(&id) {
                self.turns.push(id);
            } else if !more {
                self.forget_client(id);
            }
        }
    }
}

async fn until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
