//! The bytes of a client: a connection, or a pair of named pipes.

use std::io;

use tokio::net::UnixStream;
use tokio::net::unix::pipe;

/// What a client is reached by. Nothing here blocks.
#[derive(Debug)]
pub enum Link {
    /// A connection of its own.
    Stream(UnixStream),
    /// Named pipes, which one client after the other uses. Both are open for reading and writing, so that neither
    /// ends when a client closes it.
    Pipes {
        /// Commands.
        input: pipe::Receiver,
        /// Answers.
        output: pipe::Sender,
    },
}

impl Link {
    /// Whether clients that know nothing of one another use it.
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self, Self::Pipes { .. })
    }

    /// Waits for bytes. An error shows in the read.
    pub(super) async fn readable(&self) {
        match self {
            Self::Stream(stream) => drop(stream.readable().await),
            Self::Pipes { input, .. } => drop(input.readable().await),
        }
    }

    pub(super) fn try_read(&self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.try_read(space),
            Self::Pipes { input, .. } => input.try_read(space),
        }
    }

    /// Waits for room. An error shows in the write.
    pub(super) async fn writable(&self) {
        match self {
            Self::Stream(stream) => drop(stream.writable().await),
            Self::Pipes { output, .. } => drop(output.writable().await),
        }
    }

    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.try_write(bytes),
            Self::Pipes { output, .. } => output.try_write(bytes),
        }
    }

    /// Takes what nobody reads out of a pipe.
    pub(super) fn discard(&self) {
        if let Self::Pipes { output, .. } = self {
            let mut space = vec![0; 64 << 10];
            while crate::spawn::read_now(output, &mut space).is_ok_and(|n| n > 0) {}
        }
    }
}
