//! The up to two connections of a peer, as sockets with their buffers.

use std::io;

use bytes::Bytes;
use peer_fsm::Leg;
use tokio::io::{Interest, Ready};
use tokio::net::TcpStream;

use super::input::{Input, Read};
use super::output::Output;

/// One connection.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
    pub(crate) input: Input,
    pub(crate) output: Output,
    /// The other side sends no more; said once what was received is handled.
    pub(crate) ended: Option<String>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, input: Input::new(), output: Output::default(), ended: None }
    }

    /// Reads once; the end of the stream and errors are kept for later, after what was read.
    pub(crate) fn read(&mut self) -> bool {
        match self.input.read(&self.stream) {
            Ok(Read::Some) => true,
            Ok(Read::WouldBlock) => false,
            Ok(Read::End) => self.end("the peer closed the connection"),
            Err(e) => self.end(&e.to_string()),
        }
    }

    fn end(&mut self, why: &str) -> bool {
        self.ended = Some(why.to_owned());
        false
    }
}

/// Both connections.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    outgoing: Option<Socket>,
    incoming: Option<Socket>,
}

impl Sockets {
    pub(crate) const fn get_mut(&mut self, leg: Leg) -> Option<&mut Socket> {
        self.slot(leg).as_mut()
    }

    pub(crate) const fn get(&self, leg: Leg) -> Option<&Socket> {
        match leg {
            Leg::Outgoing => self.outgoing.as_ref(),
            Leg::Incoming => self.incoming.as_ref(),
        }
    }

    pub(crate) fn put(&mut self, leg: Leg, stream: TcpStream) {
        *self.slot(leg) = Some(Socket::new(stream));
    }

    pub(crate) const fn take(&mut self, leg: Leg) -> Option<Socket> {
        self.slot(leg).take()
    }

    const fn slot(&mut self, leg: Leg) -> &mut Option<Socket> {
        match leg {
            Leg::Outgoing => &mut self.outgoing,
            Leg::Incoming => &mut self.incoming,
        }
    }

    /// Waits until one of them can be read (if `read`) or has room for what waits to be written.
    pub(crate) async fn ready(&self, read: bool) -> (Leg, io::Result<Ready>) {
        tokio::select! {
            ready = one(self.outgoing.as_ref(), read) => (Leg::Outgoing, ready),
            ready = one(self.incoming.as_ref(), read) => (Leg::Incoming, ready),
        }
    }
}

async fn one(socket: Option<&Socket>, read: bool) -> io::Result<Ready> {
    let wanted = socket.and_then(|s| {
        let read = (read && s.ended.is_none()).then_some(Interest::READABLE);
        let write = (s.output.waiting() > 0).then_some(Interest::WRITABLE);
        match (read, write) {
            (Some(r), Some(w)) => Some((s, r.add(w))),
            (one, other) => one.or(other).map(|interest| (s, interest)),
        }
    });
    match wanted {
        Some((socket, interest)) => socket.stream.ready(interest).await,
        None => std::future::pending().await,
    }
}

/// Bytes that are the last of a connection, given to [`super::linger`].
pub(crate) fn farewell(mut socket: Socket, last: Vec<u8>) -> Socket {
    socket.output.drop_bulk();
    socket.output.control(Bytes::from(last));
    socket
}
