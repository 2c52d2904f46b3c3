//! One peer: its state machine, its sockets, its cursor into the route store, and what its helpers hear of it.
//!
//! The task awaits in one place only, [`PeerTask::wait`]. Everything else takes turns of bounded work: read once,
//! decode at most 128 KiB, pack some 16 KiB while fewer than 256 KiB wait, write what the sockets take.

mod delivery;
mod fsm_events;
mod helpers;
mod input;
mod linger;
mod outbound;
mod output;
mod sink;
mod socket;
mod status;

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api_process::Outbox;
use bgp_wire::ctx::Sequence;
use bgp_wire::msg::operational::{Kind, Operational};
use bgp_wire::msg::refresh::RouteRefresh;
use bgp_wire::{DecodeCtx, Family, Nlri, Notification};
use peer_fsm::{Accept, Command, Io, Leg, Peer, PeerConfig, StopReason, Wanted};
use rib::{Attrs, Interner, PeerId, Retention, SharedStore};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::clock::seconds as time;
use crate::connect::{self, Endpoint};
use helpers::Helpers;
use outbound::Outbound;
use sink::Sink;
use socket::{Socket, Sockets};

pub(crate) use delivery::{Delivery, Fate};
pub(crate) use helpers::{Audience, Member};
pub(crate) use status::PeerShared;

/// Commands that may wait for a peer's task; the task always drains them, whatever its sockets do.
pub(crate) const COMMANDS: usize = 64;

/// Octets of work that cost one unit of the scheduler's budget (128 units until a task has to yield): a turn that
/// decodes all it may ends with a yield, and so does each second one that packs all it may.
const UNIT: usize = 256;

/// What the reactor tells a peer's task.
#[derive(Debug)]
pub(crate) enum ToPeer {
    /// The peer connected to us.
    Accept(TcpStream),
    /// End the session with this NOTIFICATION, then begin again.
    Teardown(Notification),
    /// End for good.
    Stop(StopReason),
    /// Send a ROUTE-REFRESH.
    Refresh(RouteRefresh),
    /// Send an OPERATIONAL message; an advisory that is static, on each session to come too.
    Operational(Arc<Operational>),
    /// Send an End-of-RIB marker behind the routes that are in the store now.
    EndOfRib(Family),
    /// Report when everything that the store holds now has been written.
    Receipt(u64),
    /// The same for a helper whose next step waits: behind refreshes, and no longer than the socket takes what there is.
    Barrier(u64),
    /// Send the routes again that were sent, of one family or of all.
    Flush(Option<Family>),
    /// Tell the helpers that asked for it that a signal came.
    Signal(i32, &'static str),
}

/// What a peer's task tells the reactor.
#[derive(Debug)]
pub(crate) struct FromPeer {
    /// Which peer.
    pub(crate) id: PeerId,
    /// Which of its tasks: a changed neighbor gets a new one while the old one says goodbye.
    pub(crate) incarnation: u64,
    /// What happened.
    pub(crate) what: Happened,
}

/// What happened to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    /// It is established.
    Up,
    /// It no longer is.
    Down,
    /// What it was asked to report: everything has been written, or the session ended before.
    Receipt(u64, bool),
    /// It has come to rest for good; the task ends.
    Stopped,
    /// Its task panicked and is gone, with its connections.
    Panicked,
}

/// What a peer's task is given.
#[derive(Clone, Debug)]
pub(crate) struct PeerSettings {
    /// Its number in the route store.
    pub(crate) id: PeerId,
    /// Which of its tasks this is.
    pub(crate) incarnation: u64,
    /// Its name in the log.
    pub(crate) name: Box<str>,
    /// For the state machine.
    pub(crate) fsm: PeerConfig,
    /// Where to connect to.
    pub(crate) endpoint: Endpoint,
    /// AIGP is sent and accepted.
    pub(crate) aigp: bool,
    /// NLRI with the same attributes share an UPDATE.
    pub(crate) group_updates: bool,
    /// Whose sequence of messages is sent (`bgp.compat`).
    pub(crate) sequence: Sequence,
    /// Routes that later ones of the configuration take the place of, and that the sequence has all the same. They are
    /// sent in the first session only.
    pub(crate) earlier: Vec<(Nlri, Attrs)>,
    /// End-of-RIB markers are left to the helpers.
    pub(crate) manual_eor: bool,
    /// OPERATIONAL messages of each session's beginning.
    pub(crate) operational: Vec<Arc<Operational>>,
    /// Our link-local address, for next hops where the peer takes it, and whether it goes without the global one.
    pub(crate) link_local: Option<(Ipv6Addr, bool)>,
    /// What the peer announces is kept.
    pub(crate) adj_rib_in: bool,
    /// Time from one UPDATE to the next (`rate-limit`); zero for no limit.
    pub(crate) pace: Duration,
    /// When to begin (`tcp.delay`); none for at once.
    pub(crate) begin: Option<Instant>,
    /// Who listens.
    pub(crate) audience: Audience,
    /// Decides the jitter of its timers.
    pub(crate) seed: u64,
}

/// What all peers' tasks share.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) store: SharedStore,
    pub(crate) interner: Arc<Interner>,
    pub(crate) tracker: TaskTracker,
    pub(crate) to_reactor: mpsc::Sender<FromPeer>,
}

type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

/// The task of one peer.
pub(crate) struct PeerTask {
    settings: PeerSettings,
    common: Common,
    shared: Arc<PeerShared>,
    commands: mpsc::Receiver<ToPeer>,
    /// How it is to be from now on: the newest counts.
    standing: watch::Receiver<Arc<PeerSettings>>,
    fsm: Peer,
    sockets: Sockets,
    connecting: Option<Connecting>,
    outbound: Outbound,
    helpers: Helpers,
    /// What is kept of an earlier session.
    retention: Retention,
    /// How to decode UPDATEs of the session.
    decode: DecodeCtx,
    /// Octets decoded and packed in this turn.
    work: usize,
    /// No UPDATE may be packed before this: the rate limit.
    paced_until: Option<Instant>,
    /// When the state machine is to be started; none once it is.
    begin: Option<Instant>,
    /// Something was left to do when the budget of the last turn was used up.
    unfinished: bool,
    stopped: bool,
    /// What the reactor is still to be told, in order. Bounded: only the last change of each session counts.
    reports: VecDeque<Happened>,
    /// What the reactor wants to hear of once it is written. Bounded by what helpers may wait for.
    receipts: Vec<u64>,
    /// Those among them that are not waited for when the socket takes no more.
    barriers: Vec<u64>,
}

/// Why the task woke up.
enum Woken {
    Commands,
    Standing,
    News,
    Socket(Leg, io::Result<tokio::io::Ready>),
    Connected(io::Result<TcpStream>),
    Deadline,
    Room,
    Unfinished,
    Reported,
}

impl PeerTask {
    pub(crate) fn new(
        mut standing: watch::Receiver<Arc<PeerSettings>>,
        common: Common,
        shared: Arc<PeerShared>,
        commands: mpsc::Receiver<ToPeer>,
    ) -> Self {
        let settings = PeerSettings::clone(&standing.borrow_and_update());
        let fsm = Peer::new(settings.fsm.clone(), settings.seed);
        let outbound = Outbound::new(&common.store, settings.id);
        let begin = settings.begin.unwrap_or_else(Instant::now);
        let helpers = Helpers::new(settings.audience.clone());
        Self {
            settings,
            common,
            shared,
            commands,
            standing,
            fsm,
            sockets: Sockets::default(),
            connecting: None,
            outbound,
            helpers,
            retention: Retention::default(),
            decode: DecodeCtx::default(),
            work: 0,
            paced_until: None,
            begin: Some(begin),
            unfinished: false,
            stopped: false,
            reports: VecDeque::new(),
            receipts: Vec::new(),
            barriers: Vec::new(),
        }
    }

    /// Runs until the peer is stopped for good. A panic in here ends this peer's sessions and nothing else.
    pub(crate) async fn run(self) {
        let mut says = self.says(Happened::Stopped);
        let to_reactor = self.common.to_reactor.clone();
        if contained(self.run_to_the_end()).await.is_err() {
            says.what = Happened::Panicked;
        }
        let _ = to_reactor.send(says).await;
    }

    async fn run_to_the_end(mut self) {
        let mut sleep = Box::pin(tokio::time::sleep_until(tokio::time::Instant::now()));
        let mut inbox = Vec::with_capacity(COMMANDS);
        self.begin(Instant::now());
        while !self.stopped {
            let woken = self.wait(sleep.as_mut(), &mut inbox).await;
            let now = Instant::now();
            self.unfinished = false;
            match woken {
                Woken::Commands => inbox.drain(..).for_each(|command| self.command(now, command)),
                Woken::Standing => self.adopt(),
                Woken::News | Woken::Room | Woken::Unfinished | Woken::Reported => {}
                Woken::Socket(leg, ready) => self.socket(leg, ready),
                Woken::Connected(result) => self.connected(now, result),
                Woken::Deadline => self.deadline(now),
            }
            self.receive(now);
            self.settle();
            // Work is charged to the scheduler's budget by its amount, so that other tasks have their turn in time.
            for _ in 0..std::mem::take(&mut self.work).div_ceil(UNIT).clamp(1, 128) {
                tokio::task::consume_budget().await;
            }
        }
    }

    /// The one place where this task waits.
    async fn wait(&mut self, mut sleep: Pin<&mut tokio::time::Sleep>, inbox: &mut Vec<ToPeer>) -> Woken {
        let own = [
            self.fsm.poll_timeout(),
            self.begin,
            self.retention.deadline(),
            self.paced_until.filter(|_| self.outbound.wants_news()),
        ];
        let deadline = own.into_iter().flatten().min().map(tokio::time::Instant::from_std);
        if let Some(at) = deadline {
            // A later deadline leaves the sleeper armed: most deadlines move before they come.
            if sleep.is_elapsed() || at < sleep.deadline() {
                sleep.as_mut().reset(at);
            }
        }
        let may_read = self.helpers.has_room();
        let full = self.helpers.full();
        let report = self.reports.front().copied();
        let (id, incarnation) = (self.settings.id, self.settings.incarnation);
        let wants_news = self.outbound.wants_news() && self.has_room_for_updates();
        let connecting = async {
            match self.connecting.as_mut() {
                Some(connecting) => connecting.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            n = self.commands.recv_many(inbox, COMMANDS) => {
                if n == 0 {
                    // The reactor is gone: nothing is left to do.
                    inbox.push(ToPeer::Stop(StopReason::ShuttingDown(String::new())));
                }
                Woken::Commands
            }
            Ok(()) = self.standing.changed() => Woken::Standing,
            () = sleep, if deadline.is_some() => Woken::Deadline,
            permit = self.common.to_reactor.reserve(), if report.is_some() => {
                if let (Ok(permit), Some(what)) = (permit, report) {
                    permit.send(FromPeer { id, incarnation, what });
                }
                self.reports.pop_front();
                Woken::Reported
            }
            (leg, ready) = self.sockets.ready(may_read) => Woken::Socket(leg, ready),
            () = std::future::ready(()), if self.unfinished => Woken::Unfinished,
            () = self.shared.news.notified(), if wants_news => Woken::News,
            result = connecting => Woken::Connected(result),
            () = room(full), if !may_read => Woken::Room,
        }
    }

    fn command(&mut self, now: Instant, command: ToPeer) {
        match command {
            ToPeer::Accept(stream) => self.accept(now, stream),
            ToPeer::Teardown(notification) => self.tell(now, Command::Teardown(notification)),
            // What has not begun has nothing to end.
            ToPeer::Stop(_) if self.begin.is_some() => self.stopped = true,
            ToPeer::Stop(reason) => self.tell(now, Command::Stop(reason)),
            ToPeer::Refresh(refresh) => self.tell(now, Command::Refresh(refresh)),
            ToPeer::Operational(message) => self.operational(now, message),
            ToPeer::EndOfRib(family) => self.outbound.end_of_rib(family),
            ToPeer::Receipt(token) => {
                if self.outbound.receipt(token) {
                    self.receipts.push(token);
                } else {
                    self.report(Happened::Receipt(token, false));
                }
            }
            ToPeer::Barrier(token) => {
                if self.outbound.barrier(token) {
                    self.receipts.push(token);
                    self.barriers.push(token);
                } else {
                    self.report(Happened::Receipt(token, false));
                }
            }
            ToPeer::Flush(family) => self.outbound.flush(family),
            ToPeer::Signal(number, name) => self.helpers.signal(time(), number, name),
        }
    }

    /// The configuration was loaded anew, and the session goes on. Who listens counts at once, the rest with the next
    /// connection: what of it this session depends on it has taken already.
    fn adopt(&mut self) {
        let new = PeerSettings::clone(&self.standing.borrow_and_update());
        let mut audience = new.audience.clone();
        if audience.head.local.is_none() {
            // A connection came up meanwhile.
            audience.head.local = self.helpers.head().local;
        }
        self.helpers.change(audience);
        self.fsm.configure(new.fsm.clone());
        let PeerSettings { id, incarnation, ref name, .. } = self.settings;
        self.settings = PeerSettings { id, incarnation, name: name.clone(), ..new };
    }

    /// Sends a message. A static advisory takes the place of the one of its family.
    fn operational(&mut self, now: Instant, message: Arc<Operational>) {
        if message.kind == Kind::ASM {
            let same = |m: &Arc<Operational>| m.kind == Kind::ASM && m.family == message.family;
            self.settings.operational.retain(|m| !same(m));
            self.settings.operational.push(Arc::clone(&message));
        }
        if self.fsm.established().is_some() {
            self.tell(now, Command::Operational(message));
        }
    }

    fn tell(&mut self, now: Instant, command: Command) {
        if let Err(e) = self.fsm.handle_command(now, command) {
            warn!(target: "peer", "{}: {e}", self.settings.name);
        }
        self.settle();
    }

    fn accept(&mut self, now: Instant, stream: TcpStream) {
        let endpoint = &self.settings.endpoint;
        if let Err(e) = connect::tune(&stream, endpoint.peer.is_ipv6(), endpoint.ttl, endpoint.min_ttl) {
            warn!(target: "network", "{}: an incoming connection is refused: {e}", self.settings.name);
            return;
        }
        match self.fsm.handle_accept(now) {
            Accept::Taken { replaces } => {
                if let (Some(last), Some(old)) = (replaces, self.sockets.take(Leg::Incoming)) {
                    self.close(old, last);
                }
                self.sockets.put(Leg::Incoming, stream);
            }
            Accept::Refused { farewell, notification } => {
                debug!(target: "peer", "{}: an incoming connection is refused: {notification}", self.settings.name);
                self.close(Socket::new(stream), farewell);
            }
        }
        self.settle();
    }

    fn close(&self, socket: Socket, last: Vec<u8>) {
        self.common.tracker.spawn(linger::close(socket::farewell(socket, last)));
    }

    fn connected(&mut self, now: Instant, result: io::Result<TcpStream>) {
        self.connecting = None;
        let io = match result {
            Ok(stream) => {
                self.sockets.put(Leg::Outgoing, stream);
                Io::Connected
            }
            Err(e) => Io::ConnectFailed(e.to_string()),
        };
        self.fsm.handle_io(now, Leg::Outgoing, io);
        self.settle();
    }

    fn socket(&mut self, leg: Leg, ready: io::Result<tokio::io::Ready>) {
        let may_read = self.helpers.has_room();
        let Some(socket) = self.sockets.get_mut(leg) else { return };
        match ready {
            Ok(ready) if may_read && (ready.is_readable() || ready.is_read_closed() || ready.is_error()) => {
                socket.read();
            }
            Ok(_) => {}
            Err(e) => socket.ended = Some(e.to_string()),
        }
    }

    /// Starts the state machine, when its time has come.
    fn begin(&mut self, now: Instant) {
        if self.begin.is_some_and(|at| at <= now) {
            self.begin = None;
            let _ = self.fsm.handle_command(now, Command::Start);
            self.settle();
        }
    }

    fn deadline(&mut self, now: Instant) {
        self.begin(now);
        let established = self.fsm.established().is_some();
        while let Some(fate) = self.retention.due(now, established) {
            sink::settle_fate(&self.shared, &self.common.interner, fate);
        }
        self.paced_until = self.paced_until.filter(|until| now < *until);
        while let Wanted::Read(leg) = self.fsm.handle_timeout(now) {
            // Unread octets are proof of life, whoever is to blame that they are unread.
            let Some(socket) = self.sockets.get_mut(leg) else { continue };
            let more = socket.ended.is_none() && socket.read();
            if !more && socket.input.unread().is_empty() {
                continue;
            }
            if self.helpers.has_room() {
                self.receive(now);
            }
            self.fsm.handle_unread(now, leg);
        }
        self.settle();
    }

    /// Gives what was read to the state machine, as far as the budget of a turn goes. What is to be sent comes after it:
    /// a message that ends the session must not find half of the table on its way. The caller settles.
    fn receive(&mut self, now: Instant) {
        let mut decoded = 0;
        for leg in Leg::BOTH {
            loop {
                if !self.helpers.has_room() {
                    return;
                }
                let Some(socket) = self.sockets.get_mut(leg) else { break };
                let unread = socket.input.unread();
                let before = unread.len();
                let mut sink = Sink {
                    name: &self.settings.name,
                    publisher: &mut self.helpers.publisher,
                    shared: &self.shared,
                    keep: self.settings.adj_rib_in.then_some(&*self.common.interner),
                    retention: &mut self.retention,
                    decode: self.decode,
                    time: time(),
                    decoded,
                };
                let used = self.fsm.handle_bytes(now, leg, unread, &mut sink);
                let budget_used = sink.decoded > decoded && before > used;
                self.work = self.work.saturating_add(sink.decoded.saturating_sub(decoded));
                decoded = sink.decoded;
                socket.input.consume(used);
                self.react();
                self.helpers.deliver();
                if used == 0 {
                    break;
                }
                if budget_used && decoded > 128 * 1024 {
                    self.unfinished = true;
                    return;
                }
            }
            let Some(socket) = self.sockets.get_mut(leg) else { continue };
            if let Some(why) = socket.ended.take() {
                self.fsm.handle_io(now, leg, Io::Closed(why));
                self.sockets.take(leg);
                self.react();
            }
        }
    }

    const fn says(&self, what: Happened) -> FromPeer {
        FromPeer { id: self.settings.id, incarnation: self.settings.incarnation, what }
    }

    /// Has the reactor told of a change. An Up and the Down after it that it has not heard of yet cancel out.
    fn report(&mut self, what: Happened) {
        if (self.reports.back(), what) == (Some(&Happened::Up), Happened::Down) {
            self.reports.pop_back();
        } else {
            self.reports.push_back(what);
        }
    }

    fn has_room_for_updates(&self) -> bool {
        let Some((leg, _)) = self.fsm.established() else { return false };
        self.sockets.get(leg).is_some_and(|s| s.output.has_room())
    }

    /// Our end of a connection.
    fn local_address(&self, leg: Leg) -> Option<SocketAddr> {
        self.sockets.get(leg).and_then(|s| s.stream.local_addr().ok())
    }
}

async fn room(full: Option<Outbox>) {
    if let Some(outbox) = full {
        outbox.event_room().await;
    }
}

/// Runs a future to its end, or to its panic.
async fn contained<F: Future>(future: F) -> Result<F::Output, ()> {
    let mut future = Box::pin(future);
    std::future::poll_fn(move |context| {
        // The future is dropped after a panic, so nobody sees what the panic left half done.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => std::task::Poll::Ready(Err(())),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_contained() {
        assert_eq!(contained(async { 7 }).await, Ok(7));
        let panics = async {
            tokio::task::yield_now().await;
            assert!(std::hint::black_box(false), "on purpose");
        };
        assert_eq!(contained(panics).await, Err(()));
    }
}
