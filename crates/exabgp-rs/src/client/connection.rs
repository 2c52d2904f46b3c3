//! The bytes between the command line and the daemon.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How long a pipe may be silent: nobody may be at its other end.
const SILENCE: u16 = 5_000;

/// To a daemon.
pub(crate) struct Connection {
    write: Box<dyn Write + Send>,
    read: BufReader<Box<dyn Read + Send>>,
    stream: Option<UnixStream>,
}

impl Connection {
    pub(crate) fn socket(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        let (write, read) = (stream.try_clone()?, stream.try_clone()?);
        Ok(Self { write: Box::new(write), read: BufReader::new(Box::new(read)), stream: Some(stream) })
    }

    /// The original's pair of pipes. What an earlier client left unread is thrown away.
    pub(crate) fn pipes(input: &Path, output: &Path) -> Result<Self> {
        let mut open = OpenOptions::new();
        open.custom_flags(nix::libc::O_NONBLOCK);
        let write = match open.clone().write(true).open(input) {
            Err(e) if e.raw_os_error() == Some(nix::libc::ENXIO) => {
                bail!("ExaBGP is not running / using the configured named pipe");
            }
            other => other.with_context(|| format!("could not open {}", input.display()))?,
        };
        let mut read =
            open.read(true).open(output).with_context(|| format!("could not open {}", output.display()))?;
        let mut stale = [0; 4096];
        while read.read(&mut stale).is_ok_and(|n| n > 0) {}
        Ok(Self { write: Box::new(Pipe(write)), read: BufReader::new(Box::new(Pipe(read))), stream: None })
    }

    /// Both directions, to be used by two threads.
    pub(crate) fn split(self) -> (Sender, Receiver) {
        (Sender { write: self.write, stream: self.stream }, Receiver { read: self.read })
    }

    pub(crate) fn send(&mut self, line: &str) -> Result<()> {
        self.write.write_all(format!("{line}\n").as_bytes()).context("could not send command to ExaBGP")
    }

    /// The next line of an answer; none when the daemon has closed the connection.
    pub(crate) fn line(&mut self) -> Result<Option<String>> {
        line(&mut self.read)
    }
}

fn line(read: &mut BufReader<Box<dyn Read + Send>>) -> Result<Option<String>> {
    let mut bytes = Vec::new();
    read.read_until(b'\n', &mut bytes).context("no answer from ExaBGP")?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
}

/// The sending direction.
pub(crate) struct Sender {
    pub(crate) write: Box<dyn Write + Send>,
    stream: Option<UnixStream>,
}

impl Sender {
    /// Nothing more will be said: the daemon answers what is left and closes.
    pub(crate) fn finish(self) {
        if let Some(stream) = &self.stream {
            let _ = stream.shutdown(Shutdown::Write);
        }
    }
}

/// The receiving direction.
pub(crate) struct Receiver {
    read: BufReader<Box<dyn Read + Send>>,
}

impl Receiver {
    pub(crate) fn line(&mut self) -> Result<Option<String>> {
        line(&mut self.read)
    }
}

/// A named pipe that is waited for a limited time.
struct Pipe(File);

impl Pipe {
    fn wait(&self, flags: PollFlags) -> io::Result<()> {
        let mut wanted = [PollFd::new(self.0.as_fd(), flags)];
        match poll(&mut wanted, PollTimeout::from(SILENCE))? {
            0 => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("nothing was heard for {:?}", Duration::from_millis(SILENCE.into())),
            )),
            _ => Ok(()),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buf) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.wait(PollFlags::POLLIN)?,
                other => return other,
            }
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(buf) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.wait(PollFlags::POLLOUT)?,
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
