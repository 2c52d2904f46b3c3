//! The read buffer of one connection: grows with what arrives, moves only what is left over.

use std::io;

use tokio::net::TcpStream;

/// Octets of a new connection's buffer: one message and then some.
const SMALL: usize = 8 * 1024;

/// Octets at most: reads of this size cost one system call for some hundred UPDATEs.
const LARGE: usize = 256 * 1024;

/// Received octets that are not handled yet.
#[derive(Debug)]
pub(crate) struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

/// What a read brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Read {
    /// Some octets.
    Some,
    /// None now.
    WouldBlock,
    /// The other side has closed.
    End,
}

impl Input {
    /// An empty buffer.
    pub(crate) fn new() -> Self {
        Self { buffer: vec![0; SMALL], start: 0, end: 0 }
    }

    /// Octets not handled yet.
    pub(crate) fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// `n` octets were handled.
    pub(crate) fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Reads once, without waiting. With no room left it reads nothing and says [`Read::Some`]: handle first.
    pub(crate) fn read(&mut self, stream: &TcpStream) -> io::Result<Read> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        let Some(room) = self.buffer.get_mut(self.end..).filter(|room| !room.is_empty()) else {
            return Ok(Read::Some);
        };
        match stream.try_read(room) {
            Ok(0) => Ok(Read::End),
            Ok(n) => {
                self.end = self.end.saturating_add(n);
                if self.end == self.buffer.len() && self.end < LARGE {
                    self.buffer.resize(self.buffer.len().saturating_mul(4).min(LARGE), 0);
                }
                Ok(Read::Some)
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(Read::WouldBlock),
            Err(e) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn everything_arrives_in_order_whatever_is_left_over() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (near, _) = listener.accept().await.unwrap();
        let sent: Vec<u8> = (0..400_000u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let copy = sent.clone();
        let writer = async move {
            far.write_all(&copy).await.unwrap();
        };
        let reader = async {
            let mut input = Input::new();
            let mut got = Vec::new();
            loop {
                match input.read(&near).unwrap() {
                    Read::WouldBlock => near.readable().await.unwrap(),
                    Read::End => break,
                    Read::Some => {
                        // Leave a few octets behind each time, as a partial message would be.
                        let n = input.unread().len().saturating_sub(7);
                        got.extend_from_slice(&input.unread()[..n]);
                        input.consume(n);
                    }
                }
            }
            got.extend_from_slice(input.unread());
            got
        };
        let ((), got) = tokio::join!(writer, reader);
        assert_eq!(got, sent);
    }
}
