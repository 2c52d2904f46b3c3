//! Our end of a helper's stdin: large writes, none of which can block.

use std::io;

use tokio::net::unix::pipe;

use crate::Outbox;

/// Bytes coalesced into one write; also as far as a run of answers is written out at once.
const WRITE: usize = 64 << 10;

/// Takes bytes from the [`Outbox`] as the pipe takes them.
#[derive(Debug, Default)]
pub(crate) struct Stdin {
    pipe: Option<pipe::Sender>,
    buf: Vec<u8>,
    written: usize,
}

impl Stdin {
    pub(crate) fn open(pipe: pipe::Sender) -> Self {
        Self { pipe: Some(pipe), buf: Vec::new(), written: 0 }
    }

    pub(crate) fn close(&mut self) {
        *self = Self::default();
    }

    /// Waits until [`Stdin::write`] has something to do. Cancel safe; for ever once closed.
    pub(crate) async fn ready(&self, outbox: &Outbox) {
        match &self.pipe {
            None => std::future::pending().await,
            Some(_) if self.waiting().is_empty() => outbox.ready().await,
            // An error shows in the write.
            Some(pipe) => drop(pipe.writable().await),
        }
    }

    /// Writes once. Closes at the end of the queue; an error means the helper has closed its
    /// stdin, and ours is closed too.
    pub(crate) fn write(&mut self, outbox: &Outbox) -> io::Result<()> {
        if self.waiting().is_empty() {
            self.buf.clear();
            self.written = 0;
            let end = outbox.fill(&mut self.buf, WRITE);
            if self.buf.is_empty() {
                // An idle helper keeps no buffer.
                self.buf = Vec::new();
                if end {
                    self.close();
                }
                return Ok(());
            }
        }
        let Some(pipe) = &self.pipe else {
            return Ok(());
        };
        match pipe.try_write(self.waiting()) {
            Ok(n) => self.written = self.written.saturating_add(n),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.close();
                return Err(error);
            }
        }
        Ok(())
    }

    fn waiting(&self) -> &[u8] {
        self.buf.get(self.written..).unwrap_or_default()
    }
}
