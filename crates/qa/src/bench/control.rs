//! How a test talks to its helpers past the daemon: a socket on which each helper says its name, then lines both ways. The
//! helpers' standard input and output belong to the daemon alone.

use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _},
    net::{
        UnixListener,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{Instant, timeout_at},
};

/// The test's side.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    folder: TempDir,
    waiting: Vec<Link>,
}

impl Control {
    /// Waits for helpers.
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join("control"))?;
        Ok(Self { listener, folder, waiting: Vec::new() })
    }

    /// The socket, for the helpers' command lines.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("control")
    }

    /// The helper of that name, when it has said it.
    pub async fn helper(&mut self, name: &str, deadline: Instant) -> Result<Link> {
        loop {
            if let Some(found) = self.waiting.iter().position(|l| l.name == name) {
                return Ok(self.waiting.swap_remove(found));
            }
            let accepted = timeout_at(deadline, self.listener.accept()).await;
            let (stream, _) = accepted.with_context(|| format!("helper {name} did not come"))??;
            let (read, write) = stream.into_split();
            let mut link = Link {
                name: String::new(),
                lines: tokio::io::BufReader::with_capacity(1 << 20, read),
                write,
            };
            link.name = link.line(deadline).await?;
            self.waiting.push(link);
        }
    }
}

/// One helper.
#[derive(Debug)]
pub struct Link {
    name: String,
    lines: tokio::io::BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
}

impl Link {
    /// Tells the helper something.
    pub async fn tell(&mut self, order: &str) -> Result<()> {
        self.write
            .write_all(format!("{order}\n").as_bytes())
            .await
            .with_context(|| format!("helper {}", self.name))
    }

    /// The next line that the helper says.
    pub async fn line(&mut self, deadline: Instant) -> Result<String> {
        let mut line = String::new();
        let read = timeout_at(deadline, self.lines.read_line(&mut line)).await;
        let n = read.with_context(|| format!("helper {} says nothing", self.name))??;
        if n == 0 {
            bail!("helper {} is gone", self.name);
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }

    /// The next line, which must start with this word: the numbers after it.
    pub async fn numbers(&mut self, word: &str, deadline: Instant) -> Result<Vec<u64>> {
        let line = self.line(deadline).await?;
        let rest = line.strip_prefix(word).with_context(|| format!("{line:?} instead of {word:?}"))?;
        Ok(rest.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
    }
}

/// The helper's side.
#[derive(Debug)]
pub struct Harness {
    stream: UnixStream,
    orders: BufReader<UnixStream>,
}

impl Harness {
    /// Connects and says a name.
    pub fn connect(path: &Path, name: &str) -> Result<Self> {
        let stream = UnixStream::connect(path)?;
        let orders = BufReader::new(stream.try_clone()?);
        let mut harness = Self { stream, orders };
        harness.say(name)?;
        Ok(harness)
    }

    /// Says a line.
    pub fn say(&mut self, line: &str) -> Result<()> {
        Ok(self.stream.write_all(format!("{line}\n").as_bytes())?)
    }

    /// A second mouth for another thread.
    pub fn mouth(&self) -> Result<UnixStream> {
        Ok(self.stream.try_clone()?)
    }

    /// The next order; `None` when the test is over.
    pub fn order(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.orders.read_line(&mut line) {
            Ok(1..) => Some(line.trim_end().to_owned()),
            _ => None,
        }
    }
}
