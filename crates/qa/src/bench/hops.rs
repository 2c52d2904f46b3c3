//! What the machine itself costs: a stamp goes through three threads, as a command goes through a helper's pipe, the daemon and
//! a socket, but nothing is done to it. Measured beside a workload it tells how long the kernel lets a thread wait that has
//! something to do.

use super::clock;
use anyhow::Result;
use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// A measurement that is under way.
#[derive(Debug)]
pub struct Hops {
    told: SyncSender<()>,
    times: JoinHandle<Vec<u64>>,
}

impl Hops {
    /// Starts, with a stamp each `interval`.
    pub fn start(interval: Duration) -> Result<Self> {
        let (told, orders) = sync_channel::<()>(0);
        let (mut first, mut to_second) = UnixStream::pair()?;
        let (mut second, mut to_third) = UnixStream::pair()?;
        thread::spawn(move || {
            let start = Instant::now();
            let zero = clock::now();
            let mut due = Duration::ZERO;
            loop {
                due += interval;
                let wait = (start + due).saturating_duration_since(Instant::now());
                if orders.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                let stamp = zero + u64::try_from(due.as_nanos()).unwrap_or(u64::MAX);
                if first.write_all(&stamp.to_be_bytes()).is_err() {
                    return;
                }
            }
        });
        thread::spawn(move || {
            let mut stamp = [0; 8];
            while to_second.read_exact(&mut stamp).is_ok() && second.write_all(&stamp).is_ok() {}
        });
        let times = thread::spawn(move || {
            let mut times = Vec::new();
            let mut stamp = [0; 8];
            while to_third.read_exact(&mut stamp).is_ok() {
                times.push(clock::now().saturating_sub(u64::from_be_bytes(stamp)));
            }
            times
        });
        Ok(Self { told, times })
    }

    /// Ends; how long each stamp was under way, in nanoseconds.
    pub fn end(self) -> Vec<u64> {
        drop(self.told);
        self.times.join().unwrap_or_default()
    }
}
