//! One session of the test speaker: the same state machine as the daemon's, on one socket.

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::time::Instant;

use bgp_wire::cap;
use bgp_wire::msg::update;
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{Asn, DecodeError, Family, MessageType};
use peer_fsm::{
    Accept, Command, Event, Io, IoAction, Leg, MessageSink, Peer, PeerConfig, StopReason, Wanted,
};
use tokio::io::{AsyncWriteExt as _, Interest};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::table::Table;
use crate::cli::{Print, Speaker};

/// Octets of the table packed at a time.
const CHUNK: usize = 64 * 1024;

/// What the speaker counts and prints.
#[derive(Debug)]
pub(super) struct Report {
    print: Print,
    out: super::Out,
    announced: u64,
    withdrawn: u64,
    text: String,
}

impl Report {
    pub(super) fn new(print: Print, out: super::Out) -> Self {
        Self { print, out, announced: 0, withdrawn: 0, text: String::new() }
    }

    /// A line about the session itself.
    pub(super) fn say(&mut self, text: &str) {
        self.out.line(text);
    }

    /// A line about what came since the last one, if it is to be counted.
    fn counts(&mut self) {
        if self.print == Print::Counts {
            let line = format!("{} announced, {} withdrawn so far", self.announced, self.withdrawn);
            self.out.line(&line);
        }
    }
}

impl MessageSink for Report {
    fn message(&mut self, _: Leg, _: MessageType, _: &[u8]) {}

    fn update(&mut self, body: &[u8], negotiated: &Negotiated) -> Result<ControlFlow<()>, DecodeError> {
        let update = update::decode(body, &negotiated.decode_ctx(true))?;
        if let Some(family) = update.end_of_rib() {
            let line = format!("end-of-rib {family}");
            self.out.line(&line);
        }
        for (family, _, nlri) in update.withdrawals() {
            self.withdrawn = self.withdrawn.saturating_add(1);
            if self.print == Print::Routes {
                self.text.clear();
                let _ = write!(self.text, "withdrawn {family} {nlri}");
                self.out.line(&self.text);
            }
        }
        for (family, next_hop, nlri) in update.announcements() {
            self.announced = self.announced.saturating_add(1);
            if self.print == Print::Routes {
                self.text.clear();
                let _ = write!(self.text, "announced {family} {nlri}{}", update.route_attributes(next_hop));
                self.out.line(&self.text);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Runs one session to its end. The socket is accepted or connected already.
pub(super) async fn run(
    options: &Speaker,
    mut stream: TcpStream,
    report: &mut Report,
    stop: &CancellationToken,
) -> io::Result<()> {
    let config = PeerConfig {
        local_as: options.asn.map(Asn),
        peer_as: None,
        router_id: options.router_id,
        hold_time: options.hold_time,
        capabilities: capabilities(),
        passive: true,
        ..PeerConfig::default()
    };
    let mut peer = Peer::new(config, u64::from(options.router_id.to_bits()));
    let _ = peer.handle_command(Instant::now(), Command::Start);
    let Accept::Taken { .. } = peer.handle_accept(Instant::now()) else { return Ok(()) };
    let next_hop = match stream.local_addr()?.ip() {
        IpAddr::V4(v4) => v4,
        IpAddr::V6(_) => options.router_id,
    };
    let mut table = Table::new(options.announce, next_hop);
    let (mut input, mut output) = (Vec::with_capacity(CHUNK), Vec::new());
    let mut ending = false;
    loop {
        // Everything that was read, then everything that follows from it.
        loop {
            if drain(&mut peer, report, &mut output) {
                // A farewell that the peer doesn't take at once is lost with the process; this is a test tool.
                let _ = stream.write_all(&output).await;
                let _ = stream.shutdown().await;
                return Ok(());
            }
            let used = peer.handle_bytes(Instant::now(), Leg::Incoming, &input, report);
            if used == 0 {
                break;
            }
            input.drain(..used.min(input.len()));
        }
        if ending && peer.established().is_none() {
            return Ok(());
        }
        if let Some((_, negotiated)) = peer.established()
            && output.is_empty()
            && !table.is_done()
        {
            let context = negotiated.encode_ctx(true, true, Some(next_hop), None);
            table.pack(&context, CHUNK, &mut output).map_err(io::Error::other)?;
            if table.is_done() {
                update::end_of_rib(Family::IPV4_UNICAST, &mut output);
                report.say(&format!("announced {} generated routes", options.announce));
            }
        }
        let interest =
            if output.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
        let deadline = peer.poll_timeout();
        tokio::select! {
            () = stop.cancelled(), if !ending => {
                ending = true;
                let _ = peer.handle_command(Instant::now(), Command::Stop(StopReason::ShuttingDown(String::new())));
            }
            ready = stream.ready(interest) => {
                let ready = ready?;
                if ready.is_writable() && !output.is_empty() {
                    match stream.try_write(&output) {
                        Ok(n) => {
                            output.drain(..n);
                            peer.handle_written(Instant::now(), Leg::Incoming, n, !output.is_empty());
                        }
                        Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                        Err(e) => peer.handle_io(Instant::now(), Leg::Incoming, Io::Closed(e.to_string())),
                    }
                }
                if ready.is_readable() || ready.is_read_closed() {
                    receive(&mut peer, &stream, &mut input);
                    report.counts();
                }
            }
            () = until(deadline) => {
                if let Wanted::Read(_) = peer.handle_timeout(Instant::now()) {
                    receive(&mut peer, &stream, &mut input);
                    if !input.is_empty() {
                        peer.handle_unread(Instant::now(), Leg::Incoming);
                    }
                    let _ = peer.handle_timeout(Instant::now());
                }
            }
        }
    }
}

/// Prints what the machine says and collects what it wants to send; whether the connection is to be closed now.
fn drain(peer: &mut Peer, report: &mut Report, output: &mut Vec<u8>) -> bool {
    while let Some(event) = peer.poll_event() {
        match event {
            Event::State { from, to } => report.say(&format!("{from} -> {to}")),
            Event::NotificationReceived(_, n) => report.say(&format!("received NOTIFICATION {n}")),
            Event::NotificationSent(_, n) => report.say(&format!("sent NOTIFICATION {n}")),
            _ => {}
        }
    }
    let mut closed = false;
    while let Some(action) = peer.poll_io() {
        if let IoAction::Close { farewell, .. } = action {
            output.extend_from_slice(&farewell);
            closed = true;
        }
    }
    peer.poll_transmit(Leg::Incoming, output);
    closed
}

/// Reads what is there, and no more than that.
fn receive(peer: &mut Peer, stream: &TcpStream, input: &mut Vec<u8>) {
    let mut chunk = vec![0; CHUNK];
    match stream.try_read(&mut chunk) {
        Ok(0) => {
            peer.handle_io(
                Instant::now(),
                Leg::Incoming,
                Io::Closed("the peer closed the connection".into()),
            );
        }
        Ok(n) => input.extend_from_slice(chunk.get(..n).unwrap_or_default()),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
        Err(e) => peer.handle_io(Instant::now(), Leg::Incoming, Io::Closed(e.to_string())),
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// What the speaker can do: every family, so that it hears whatever the daemon sends.
fn capabilities() -> Vec<cap::RawCapability> {
    let mut all: Vec<_> = Family::ALL.iter().map(|f| cap::multiprotocol::encode(*f)).collect();
    all.extend([cap::route_refresh::encode(), cap::extended_message::encode()]);
    all
}
