//! Helper processes of the benchmarks and endurance tests. Each is a mode of the `bench` binary, started by the daemon.

mod announce;
mod count;
mod misbehave;
mod probe;
mod relay;

use super::control::Harness;
use anyhow::Result;
use clap::{Args, Subcommand};
use std::{io::Read as _, path::PathBuf};

/// What every helper that obeys a test needs to know.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// The test's control socket
    #[arg(long)]
    pub control: PathBuf,
    /// The name to say there
    #[arg(long)]
    pub name: String,
}

impl Common {
    fn connect(&self) -> Result<Harness> {
        Harness::connect(&self.control, &self.name)
    }
}

/// The helpers there are.
#[derive(Subcommand, Clone, Debug)]
pub enum Helper {
    /// Writes the generated table, or a file, when told
    Announce(announce::Announce),
    /// Writes one route at each interval, stamped with the time
    Probe(probe::Probe),
    /// Counts prefixes in JSON events
    Count(count::Count),
    /// Passes events on to the test
    Relay(relay::Relay),
    /// Does what a helper should not do
    Misbehave(misbehave::Misbehave),
}

impl Helper {
    /// Runs it to its end.
    pub fn run(&self) -> Result<()> {
        match self {
            Self::Announce(h) => h.run(),
            Self::Probe(h) => h.run(),
            Self::Count(h) => h.run(),
            Self::Relay(h) => h.run(),
            Self::Misbehave(h) => h.run(),
        }
    }
}

/// Counts the answers on standard input in a thread of its own, until it ends. The channel gives `(done, error)` each time
/// both together have grown to `wanted`.
#[derive(Debug, Default)]
struct Answers {
    done: u64,
    error: u64,
}

impl Answers {
    /// Reads on until that many lines have come in all; `false` when standard input has ended before.
    fn until(&mut self, stdin: &mut Lines, wanted: u64) -> bool {
        while self.done + self.error < wanted {
            let more = stdin.chunk(|line| match line {
                b"done" => self.done += 1,
                b"error" => self.error += 1,
                _ => {}
            });
            if !more {
                return false;
            }
        }
        true
    }
}

/// Lines of standard input, read in large pieces.
#[derive(Debug)]
struct Lines {
    stdin: std::io::Stdin,
    buffer: Vec<u8>,
    filled: usize,
}

impl Lines {
    fn new() -> Self {
        Self { stdin: std::io::stdin(), buffer: vec![0; 1 << 20], filled: 0 }
    }

    /// Reads once and hands on the whole lines, without their ends; `false` when there is nothing more to read.
    fn chunk(&mut self, mut line: impl FnMut(&[u8])) -> bool {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled * 2, 0);
        }
        let Ok(n @ 1..) = self.stdin.lock().read(&mut self.buffer[self.filled..]) else { return false };
        self.filled += n;
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &self.buffer[..self.filled]) {
            line(&self.buffer[start..end]);
            start = end + 1;
        }
        self.buffer.copy_within(start..self.filled, 0);
        self.filled -= start;
        true
    }
}
