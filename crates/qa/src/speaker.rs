//! A scripted BGP speaker for integration tests: it opens a session, keeps it alive by itself, and does nothing else unasked.
//!
//! Each session has a reading and a writing task. The writer sends KEEPALIVEs at a third of the hold time whatever the test is
//! doing; the reader hands messages on through a bounded queue and stops reading while that is full or while the test said so
//! (which closes the TCP window: the daemon's send hold timer can be tested so).

use crate::{
    frame::{Framer, KEEPALIVE, Message, NOTIFICATION, OPEN, UPDATE},
    open::OpenSpec,
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use bytes::Bytes;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, timeout_at},
};

/// Messages waiting for the test; the reader stops reading when there are more.
const QUEUE: usize = 4096;

/// Waits for the daemon to connect.
#[derive(Debug)]
pub struct Listener {
    inner: TcpListener,
}

impl Listener {
    /// Listens on a free port.
    pub fn bind(ip: IpAddr) -> Result<Self> {
        Self::bind_with(SocketAddr::new(ip, 0), None)
    }

    /// Listens there, with a receive buffer of about that many octets: a small one makes the window close early.
    pub fn bind_with(address: SocketAddr, receive_buffer: Option<usize>) -> Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        if let Some(octets) = receive_buffer {
            socket.set_recv_buffer_size(octets)?;
        }
        socket.bind(&SockAddr::from(address)).with_context(|| format!("cannot listen on {address}"))?;
        socket.listen(128)?;
        socket.set_nonblocking(true)?;
        Ok(Self { inner: TcpListener::from_std(socket.into())? })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.inner.local_addr()?)
    }

    /// The next connection, before anything is said on it.
    pub async fn accept(&self, deadline: Instant) -> Result<TcpStream> {
        let (stream, _) = timeout_at(deadline, self.inner.accept()).await.context("nobody connected")??;
        Ok(stream)
    }

    /// The next connection, brought to Established.
    pub async fn session(&self, open: &OpenSpec, deadline: Instant) -> Result<Session> {
        Session::establish(self.accept(deadline).await?, open, deadline).await
    }
}

/// Connects from an address (any port) to the daemon.
pub async fn connect(from: IpAddr, to: SocketAddr, deadline: Instant) -> Result<TcpStream> {
    let socket = if from.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(from, 0))?;
    timeout_at(deadline, socket.connect(to))
        .await
        .context("no answer")?
        .with_context(|| format!("cannot connect to {to}"))
}

/// What has arrived on a session so far.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// UPDATE messages.
    pub updates: u64,
    /// Prefixes announced, in the NLRI field and in MP_REACH_NLRI of unicast and multicast families without ADD-PATH.
    pub announced: u64,
    /// Prefixes withdrawn, likewise.
    pub withdrawn: u64,
    /// KEEPALIVE messages.
    pub keepalives: u64,
    /// End-of-RIB markers.
    pub ends_of_rib: u64,
    /// Octets of all messages.
    pub octets: u64,
}

/// A message and when it was read.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The message.
    pub message: Message,
    /// When it was read from the socket.
    pub at: Instant,
}

/// What the reader does with messages other than KEEPALIVEs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reading {
    /// Queues them for [`Session::recv`].
    Queue,
    /// Counts them and drops them.
    Count,
    /// Does not read at all.
    Stopped,
}

/// An established session.
#[derive(Debug)]
pub struct Session {
    peer_open: Message,
    hold_time: u16,
    arrivals: mpsc::Receiver<Arrival>,
    outgoing: mpsc::Sender<Bytes>,
    reading: watch::Sender<Reading>,
    counts: watch::Receiver<Counts>,
    keepalives: Arc<Mutex<Vec<Instant>>>,
    tasks: JoinSet<()>,
}

impl Session {
    /// Says OPEN and KEEPALIVE and waits for the same.
    pub async fn establish(stream: TcpStream, open: &OpenSpec, deadline: Instant) -> Result<Self> {
        Self::establish_as(stream, &open.message(), deadline).await
    }

    /// The same with an OPEN made by the test.
    pub async fn establish_as(mut stream: TcpStream, open: &Message, deadline: Instant) -> Result<Self> {
        stream.set_nodelay(true)?;
        stream.write_all(open.bytes()).await?;
        let mut framer = Framer::default();
        let peer_open = first(&mut stream, &mut framer, deadline).await?;
        ensure!(
            peer_open.kind() == OPEN && peer_open.body().len() >= 10,
            "instead of an OPEN came {peer_open:?}"
        );
        stream.write_all(Message::keepalive().bytes()).await?;
        let confirm = first(&mut stream, &mut framer, deadline).await?;
        ensure!(
            confirm.kind() == KEEPALIVE,
            "instead of a KEEPALIVE came {}",
            crate::dissect::brief(&confirm)
        );

        let hold = |m: &Message| u16::from_be_bytes([m.body()[3], m.body()[4]]);
        let hold_time = hold(open).min(hold(&peer_open));
        let (read, write) = stream.into_split();
        let (arrived, arrivals) = mpsc::channel(QUEUE);
        let (outgoing, orders) = mpsc::channel(64);
        let (counted, counts) = watch::channel(Counts::default());
        let reading = watch::Sender::new(Reading::Queue);
        let keepalives = Arc::default();
        let mut tasks = JoinSet::new();
        let reader = Reader { socket: read, framer, arrived, counted, keepalives: Arc::clone(&keepalives) };
        tasks.spawn(reader.run(reading.subscribe()));
        tasks.spawn(write_all(write, orders, Duration::from_secs(u64::from(hold_time)) / 3));
        Ok(Self { peer_open, hold_time, arrivals, outgoing, reading, counts, keepalives, tasks })
    }

    /// The daemon's OPEN.
    pub fn peer_open(&self) -> &Message {
        &self.peer_open
    }

    /// The negotiated hold time in seconds.
    pub fn hold_time(&self) -> u16 {
        self.hold_time
    }

    /// Sends a message; an error when the connection is gone.
    pub async fn send(&self, message: &Message) -> Result<()> {
        self.send_bytes(Bytes::copy_from_slice(message.bytes())).await
    }

    /// Sends these octets, whatever they are.
    pub async fn send_bytes(&self, bytes: Bytes) -> Result<()> {
        self.outgoing.send(bytes).await.map_err(|_| anyhow!("the connection is gone"))
    }

    /// The next message that is no KEEPALIVE.
    pub async fn recv(&mut self, deadline: Instant) -> Result<Arrival> {
        let arrival = timeout_at(deadline, self.arrivals.recv()).await.context("no message came in time")?;
        arrival.context("the connection was closed")
    }

    /// The next UPDATE that is no End-of-RIB; a NOTIFICATION on the way is an error.
    pub async fn update(&mut self, deadline: Instant) -> Result<Message> {
        loop {
            let message = self.recv(deadline).await?.message;
            match message.kind() {
                UPDATE if !message.is_end_of_rib() => return Ok(message),
                NOTIFICATION => bail!("{}", crate::dissect::brief(&message)),
                _ => {}
            }
        }
    }

    /// Waits for a NOTIFICATION and gives its code, subcode and data; other messages are skipped.
    pub async fn notification(&mut self, deadline: Instant) -> Result<(u8, u8, Vec<u8>)> {
        loop {
            let message = self.recv(deadline).await?.message;
            if let (NOTIFICATION, [code, subcode, data @ ..]) = (message.kind(), message.body()) {
                return Ok((*code, *subcode, data.to_vec()));
            }
        }
    }

    /// Waits until the daemon has closed the connection, and gives what came before.
    pub async fn closed(&mut self, deadline: Instant) -> Result<Vec<Message>> {
        let mut rest = Vec::new();
        while let Some(arrival) = timeout_at(deadline, self.arrivals.recv())
            .await
            .context("the connection was not closed in time")?
        {
            rest.push(arrival.message);
        }
        Ok(rest)
    }

    /// What has arrived since the session is Established.
    pub fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Waits until the counts satisfy a condition.
    pub async fn counted(&mut self, deadline: Instant, enough: impl Fn(&Counts) -> bool) -> Result<Counts> {
        let found = timeout_at(deadline, self.counts.wait_for(|c| enough(c))).await.map(|r| r.map(|c| *c));
        match found {
            Ok(Ok(counts)) => Ok(counts),
            Ok(Err(_)) => bail!("the connection was closed at {:?}", self.counts()),
            Err(_) => bail!("not in time, at {:?}", self.counts()),
        }
    }

    /// When each KEEPALIVE was read.
    pub fn keepalives(&self) -> Vec<Instant> {
        self.keepalives.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on messages are counted and dropped: for floods.
    pub fn count_only(&self) {
        self.reading.send_replace(Reading::Count);
    }

    /// Reads nothing from now on, so that the window closes. KEEPALIVEs are still sent.
    pub fn stop_reading(&self) {
        self.reading.send_replace(Reading::Stopped);
    }

    /// Reads again, and queues.
    pub fn resume_reading(&self) {
        self.reading.send_replace(Reading::Queue);
    }

    /// Closes the connection without a word.
    pub async fn close(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn first(stream: &mut TcpStream, framer: &mut Framer, deadline: Instant) -> Result<Message> {
    let mut chunk = [0; 4096];
    loop {
        if let Some(message) = framer.message()? {
            return Ok(message);
        }
        match timeout_at(deadline, stream.read(&mut chunk))
            .await
            .context("no OPEN or KEEPALIVE came in time")??
        {
            0 => bail!("the connection was closed before the session was up"),
            n => framer.push(&chunk[..n]),
        }
    }
}

/// Writes what the test orders, and a KEEPALIVE at each interval (none when it is zero). Ends when the connection does.
async fn write_all(mut socket: OwnedWriteHalf, mut orders: mpsc::Receiver<Bytes>, interval: Duration) {
    let keepalive = Message::keepalive();
    let mut next = Instant::now() + interval;
    loop {
        let written = tokio::select! {
            order = orders.recv() => match order {
                Some(bytes) => socket.write_all(&bytes).await,
                None => return,
            },
            () = tokio::time::sleep_until(next), if !interval.is_zero() => {
                next += interval;
                socket.write_all(keepalive.bytes()).await
            }
        };
        if written.is_err() {
            return;
        }
    }
}

struct Reader {
    socket: OwnedReadHalf,
    framer: Framer,
    arrived: mpsc::Sender<Arrival>,
    counted: watch::Sender<Counts>,
    keepalives: Arc<Mutex<Vec<Instant>>>,
}

impl Reader {
    async fn run(mut self, mut reading: watch::Receiver<Reading>) {
        let mut chunk = vec![0; 256 << 10];
        loop {
            let now = *reading.borrow_and_update();
            if !self.hand_on(now).await {
                return;
            }
            tokio::select! {
                changed = reading.changed() => if changed.is_err() { return },
                n = self.socket.read(&mut chunk), if now != Reading::Stopped => match n {
                    Ok(0) | Err(_) => return,
                    Ok(n) => self.framer.push(&chunk[..n]),
                }
            }
        }
    }

    /// Hands on whole messages; false when nobody wants them any more, or they are no BGP.
    async fn hand_on(&mut self, reading: Reading) -> bool {
        let at = Instant::now();
        let mut counts = *self.counted.borrow();
        let before = counts;
        let mut alive = true;
        while alive {
            let message = match self.framer.message() {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(_) => return false,
            };
            counts.octets += message.bytes().len() as u64;
            if message.kind() == KEEPALIVE {
                counts.keepalives += 1;
                self.keepalives.lock().unwrap_or_else(PoisonError::into_inner).push(at);
                continue;
            }
            if message.kind() == UPDATE {
                count(&mut counts, &message);
            }
            if reading != Reading::Count {
                alive = self.arrived.send(Arrival { message, at }).await.is_ok();
            }
        }
        if counts != before {
            self.counted.send_replace(counts);
        }
        alive
    }
}

fn count(counts: &mut Counts, update: &Message) {
    counts.updates += 1;
    if update.is_end_of_rib() {
        counts.ends_of_rib += 1;
    } else if let Some(routes) = crate::update::Routes::read(update) {
        counts.announced += routes.announced.len() as u64;
        counts.withdrawn += routes.withdrawn.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::within;
    use std::net::Ipv4Addr;

    async fn pair(hold: u16) -> (Session, Session) {
        let listener = Listener::bind(Ipv4Addr::LOCALHOST.into()).unwrap();
        let mut open = OpenSpec::new(65000, Ipv4Addr::new(10, 0, 0, 1));
        open.hold_time = hold;
        let to = listener.address().unwrap();
        let connecting = async {
            let stream = connect(Ipv4Addr::LOCALHOST.into(), to, within(20)).await?;
            Session::establish(stream, &open, within(20)).await
        };
        let (a, b) = tokio::join!(listener.session(&open, within(20)), connecting);
        (a.unwrap(), b.unwrap())
    }

    #[tokio::test]
    async fn two_speakers_exchange_messages() {
        let (mut a, b) = pair(90).await;
        assert_eq!(a.hold_time(), 90);
        b.send(&Message::new(UPDATE, &[0, 0, 0, 0])).await.unwrap();
        b.send(&Message::new(UPDATE, &[0, 4, 24, 10, 0, 0, 0, 0])).await.unwrap();
        assert_eq!(a.update(within(20)).await.unwrap().body().len(), 8);
        let counts = a.counted(within(20), |c| c.withdrawn == 1).await.unwrap();
        assert_eq!((counts.updates, counts.ends_of_rib), (2, 1));
        b.send(&Message::new(NOTIFICATION, &[6, 4, 65])).await.unwrap();
        assert_eq!(a.notification(within(20)).await.unwrap(), (6, 4, vec![65]));
        b.close().await;
        assert!(a.closed(within(20)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn keepalives_leave_while_reading_is_stopped() {
        let (mut a, b) = pair(1).await;
        b.stop_reading();
        let counts = a.counted(within(20), |c| c.keepalives >= 2).await.unwrap();
        assert!(counts.updates == 0 && a.keepalives().len() >= 2);
    }

    #[tokio::test]
    async fn a_stopped_reader_closes_the_window() {
        let (a, mut b) = pair(0).await;
        a.stop_reading();
        // The order queue, both socket buffers and the window are finite, so sending must stall.
        let block = Bytes::from(Message::new(UPDATE, &vec![0; 4000]).bytes().repeat(256));
        let stall = async {
            while timeout_at(Instant::now() + Duration::from_millis(500), b.send_bytes(block.clone()))
                .await
                .is_ok()
            {}
        };
        timeout_at(within(30), stall).await.unwrap();
        assert_eq!(a.counts().updates, 0);
        a.count_only();
        b.arrivals.close();
        let mut a = a;
        a.counted(within(20), |c| c.updates > 256).await.unwrap();
    }
}
