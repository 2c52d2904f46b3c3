//! A fast BGP peer on two threads: one reads into a [`Sink`], one sends KEEPALIVEs; whoever wants to pour in a table brings a
//! third. It accepts one session after the other, as a router would.

use super::{
    clock,
    sink::{Progress, Sink},
};
use crate::{
    frame::{Framer, KEEPALIVE, Message, OPEN},
    open::OpenSpec,
};
use anyhow::{Context, Result, bail, ensure};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// Octets read at once.
const CHUNK: usize = 1 << 20;
/// Octets sent at once by [`Peer::pour`], at most; a KEEPALIVE can leave between two.
const SLICE: usize = 64 << 10;

/// What a peer is.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Where it listens, on a free port.
    pub ip: IpAddr,
    /// What it says.
    pub open: OpenSpec,
    /// Routes of the generated table that it expects.
    pub count: u32,
    /// Keep all messages for [`Sink::verify`].
    pub keep: bool,
    /// Size of the receive buffer: a small one makes the window close early.
    pub receive_buffer: Option<usize>,
    /// Reads before anything else runs on this machine, where that is allowed: the far end of a wire is no process beside the
    /// daemon, so its waiting for a processor is none of the daemon's latency.
    pub urgent: bool,
}

#[derive(Debug)]
struct Shared {
    sink: Mutex<Sink>,
    /// The writing side of the session that is up. Whole messages only, under this lock.
    writer: Mutex<Option<TcpStream>>,
    /// Whether nothing is read.
    stopped: Mutex<bool>,
    resumed: Condvar,
    ended: AtomicBool,
    keepalives: AtomicU64,
    urgent: bool,
    progress: watch::Sender<Progress>,
}

/// A running peer. Dropping it closes its session.
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Peer {
    /// Listens.
    pub fn listen(spec: &Spec) -> Result<Self> {
        let address = SocketAddr::new(spec.ip, 0);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if let Some(octets) = spec.receive_buffer {
            socket.set_recv_buffer_size(octets)?;
        }
        socket.bind(&SockAddr::from(address)).with_context(|| format!("cannot listen on {address}"))?;
        socket.listen(16)?;
        let listener: TcpListener = socket.into();
        let address = listener.local_addr()?;
        let (sender, progress) = watch::channel(Progress::default());
        let shared = Arc::new(Shared {
            sink: Mutex::new(Sink::new(spec.count, spec.keep)),
            writer: Mutex::new(None),
            stopped: Mutex::new(false),
            resumed: Condvar::new(),
            ended: AtomicBool::new(false),
            keepalives: AtomicU64::new(0),
            urgent: spec.urgent,
            progress: sender,
        });
        let (inner, open) = (Arc::clone(&shared), spec.open.message());
        thread::spawn(move || inner.accept(&listener, &open));
        Ok(Self { address, shared, progress })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The numbers as they are now.
    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Waits until the numbers are as wanted.
    pub async fn until(
        &mut self,
        what: &str,
        deadline: Instant,
        wanted: impl Fn(&Progress) -> bool,
    ) -> Result<Progress> {
        let found = timeout_at(deadline, self.progress.wait_for(|p| wanted(p))).await.map(|p| p.map(|p| *p));
        match found {
            Ok(found) => Ok(found?),
            Err(_) => bail!("{what}: not in time, at {:?}", self.progress()),
        }
    }

    /// Looks at everything it knows.
    pub fn sink<T>(&self, look: impl FnOnce(&mut Sink) -> T) -> T {
        look(&mut lock(&self.shared.sink))
    }

    /// KEEPALIVEs sent at intervals so far.
    pub fn keepalives_sent(&self) -> u64 {
        self.shared.keepalives.load(Ordering::Relaxed)
    }

    /// Reads nothing from now on, so that the window closes. KEEPALIVEs still leave.
    pub fn stop_reading(&self) {
        *lock(&self.shared.stopped) = true;
    }

    /// Reads again.
    pub fn resume_reading(&self) {
        *lock(&self.shared.stopped) = false;
        self.shared.resumed.notify_all();
    }

    /// Sends whole messages from a thread of its own, `times` times, as fast as they are taken. Gives the times of the first
    /// and after the last write.
    pub fn pour(&self, messages: Vec<u8>, times: u32) -> Pour {
        let shared = Arc::clone(&self.shared);
        let (sender, end) = tokio::sync::oneshot::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        thread::spawn(move || {
            let start = clock::now();
            let mut sent = Ok(0);
            for _ in 0..times {
                if sent.is_err() || stopped.load(Ordering::Relaxed) {
                    break;
                }
                sent = shared.send(&messages).map(|()| clock::now());
            }
            let _ = sender.send(sent.map(|end| (start, end)));
        });
        Pour { end, stop }
    }

    /// Closes the session without a word; the next one is accepted.
    pub fn hang_up(&self) {
        if let Some(stream) = lock(&self.shared.writer).take() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// A table on its way.
#[derive(Debug)]
pub struct Pour {
    end: tokio::sync::oneshot::Receiver<Result<(u64, u64)>>,
    stop: Arc<AtomicBool>,
}

impl Pour {
    /// Waits until everything is written; gives when the first octet was and when the last.
    pub async fn end(self, deadline: Instant) -> Result<(u64, u64)> {
        timeout_at(deadline, self.end).await.context("not everything could be sent in time")??
    }

    /// The repetition that is under way is the last.
    pub fn finish(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        self.resume_reading();
        // Wakes the thread that accepts. It may be reading instead, and ends when the stream does.
        let _ = TcpStream::connect(self.address);
        self.hang_up();
    }
}

impl Shared {
    fn accept(&self, listener: &TcpListener, open: &Message) {
        if self.urgent {
            // A refusal (no privilege, no such program) leaves the figures as they are for everybody else.
            let thread = nix::unistd::gettid().to_string();
            let _ = Command::new("chrt").args(["--fifo", "-p", "1", &thread]).stderr(Stdio::null()).status();
        }
        while let Ok((stream, _)) = listener.accept() {
            if self.ended.load(Ordering::Relaxed) {
                return;
            }
            // A connection that fails is the daemon's to repeat; what it said is lost, the test sees that no session came up.
            if let Err(error) = self.session(stream, open) {
                eprintln!(
                    "peer {}: {error:#}",
                    listener.local_addr().map_or_else(|_| String::new(), |a| a.to_string())
                );
            }
            if self.ended.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn publish(&self, sink: &Sink) {
        self.progress.send_if_modified(|p| {
            let changed = *p != sink.progress;
            *p = sink.progress;
            changed
        });
    }

    fn session(&self, mut stream: TcpStream, open: &Message) -> Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(open.bytes())?;
        let mut framer = Framer::default();
        let theirs = first(&mut stream, &mut framer)?;
        ensure!(theirs.kind() == OPEN && theirs.body().len() >= 10, "instead of an OPEN came {theirs:?}");
        stream.write_all(Message::keepalive().bytes())?;
        let confirm = first(&mut stream, &mut framer)?;
        ensure!(
            confirm.kind() == KEEPALIVE,
            "instead of a KEEPALIVE came {}",
            crate::dissect::brief(&confirm)
        );
        stream.set_read_timeout(None)?;
        *lock(&self.writer) = Some(stream.try_clone()?);
        {
            let mut sink = lock(&self.sink);
            sink.up(clock::now());
            while let Some(message) = framer.message()? {
                sink.take(message.bytes(), clock::now())?;
            }
            sink.take(framer.rest(), clock::now())?;
            self.publish(&sink);
        }
        let hold = |m: &Message| u16::from_be_bytes([m.body()[3], m.body()[4]]);
        let interval = Duration::from_secs(u64::from(hold(open).min(hold(&theirs)))) / 3;
        // The channel carries nothing: its end is the end of the session.
        let (alive, gone) = sync_channel::<()>(0);
        let outcome = thread::scope(|scope| {
            if !interval.is_zero() {
                scope.spawn(move || {
                    while gone.recv_timeout(interval) == Err(RecvTimeoutError::Timeout)
                        && self.send(Message::keepalive().bytes()).is_ok()
                    {
                        self.keepalives.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let outcome = self.read(&mut stream);
            lock(&self.writer).take();
            let _ = stream.shutdown(Shutdown::Both);
            drop(alive);
            outcome
        });
        let mut sink = lock(&self.sink);
        sink.down();
        self.publish(&sink);
        outcome
    }

    fn read(&self, stream: &mut TcpStream) -> Result<()> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let mut stopped = lock(&self.stopped);
            while *stopped {
                stopped = self.resumed.wait(stopped).unwrap_or_else(PoisonError::into_inner);
            }
            drop(stopped);
            let Ok(n @ 1..) = stream.read(&mut chunk) else { return Ok(()) };
            let at = clock::now();
            let mut sink = lock(&self.sink);
            let taken = sink.take(&chunk[..n], at);
            self.publish(&sink);
            taken?;
        }
    }

    /// Sends whole messages.
    fn send(&self, messages: &[u8]) -> Result<()> {
        let mut rest = messages;
        while !rest.is_empty() {
            let mut end = 0;
            while let Some(length) = rest.get(end + 16..end + 18) {
                let next = end + usize::from(u16::from_be_bytes([length[0], length[1]]));
                if end > 0 && next > SLICE {
                    break;
                }
                end = next;
            }
            let (slice, after) = rest.split_at_checked(end).context("a message that is not whole")?;
            let mut writer = lock(&self.writer);
            writer.as_mut().context("there is no session")?.write_all(slice)?;
            rest = after;
        }
        Ok(())
    }
}

fn first(stream: &mut TcpStream, framer: &mut Framer) -> Result<Message> {
    let mut chunk = [0; 4096];
    loop {
        if let Some(message) = framer.message()? {
            return Ok(message);
        }
        match stream.read(&mut chunk).context("no OPEN or KEEPALIVE came in time")? {
            0 => bail!("the connection was closed before the session was up"),
            n => framer.push(&chunk[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bench::table, expect::within, speaker};
    use bytes::Bytes;
    use std::net::Ipv4Addr;

    fn spec(count: u32) -> Spec {
        let ip = IpAddr::from(Ipv4Addr::LOCALHOST);
        Spec {
            ip,
            open: OpenSpec::new(65001, Ipv4Addr::new(10, 0, 0, 1)),
            count,
            keep: true,
            receive_buffer: None,
            urgent: false,
        }
    }

    async fn dial(peer: &Peer) -> speaker::Session {
        let open = OpenSpec::new(65000, Ipv4Addr::new(10, 0, 0, 2));
        let stream = speaker::connect(Ipv4Addr::LOCALHOST.into(), peer.address(), within(20)).await.unwrap();
        speaker::Session::establish(stream, &open, within(20)).await.unwrap()
    }

    #[tokio::test]
    async fn a_table_goes_both_ways() {
        let mut peer = Peer::listen(&spec(10_000)).unwrap();
        let mut session = dial(&peer).await;
        session.send_bytes(Bytes::from(table::updates(10_000, 65000, 0))).await.unwrap();
        peer.until("the table", within(20), |p| p.complete_at.is_some()).await.unwrap();
        peer.sink(|s| s.verify(65000, 0)).unwrap();

        session.count_only();
        let pour = peer.pour(table::updates(5_000, 65001, 0), 2);
        session.counted(within(20), |c| c.announced == 10_000).await.unwrap();
        pour.end(within(20)).await.unwrap();
    }

    #[tokio::test]
    async fn the_next_session_starts_empty() {
        let mut peer = Peer::listen(&spec(10)).unwrap();
        let session = dial(&peer).await;
        session.send_bytes(Bytes::from(table::updates(10, 65000, 0))).await.unwrap();
        peer.until("the table", within(20), |p| p.held == 10).await.unwrap();
        peer.hang_up();
        peer.until("the end", within(20), |p| !p.up).await.unwrap();
        let _session = dial(&peer).await;
        let p = peer.until("the second session", within(20), |p| p.sessions == 2).await.unwrap();
        assert_eq!(p.held, 0);
        assert!(peer.sink(|s| s.check()).is_err());
    }
}
