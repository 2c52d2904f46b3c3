//! The helper whose commands are timed.

use super::{Common, Lines};
use crate::bench::{clock, sink::PROBES, table::NEXT_HOP};
use anyhow::Result;
use clap::Args;
use std::{
    io::Write as _,
    net::Ipv4Addr,
    sync::mpsc::{RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};

/// Writes one route at each interval, with the time as its MED. It starts at `go`, ends at `stop` and says `sent N`. A command
/// that is late because an earlier one was stuck counts from when it was due; one that is late because this process had no
/// processor does not.
#[derive(Args, Clone, Debug)]
pub struct Probe {
    #[command(flatten)]
    common: Common,
    /// Milliseconds between two
    #[arg(long, default_value_t = 10)]
    interval: u64,
    /// A selector in front of each command
    #[arg(long, default_value = "")]
    selector: String,
}

impl Probe {
    pub(super) fn run(&self) -> Result<()> {
        let mut harness = self.common.connect()?;
        thread::spawn(|| {
            let mut lines = Lines::new();
            while lines.chunk(|_| {}) {}
        });
        let mut sent: u32 = 0;
        while harness.order().is_some() {
            let (told, orders) = sync_channel::<()>(0);
            let (all, back) = thread::scope(|scope| {
                let ticking = scope.spawn(|| self.tick(orders, sent));
                harness.order();
                drop(told);
                (ticking.join(), &mut harness)
            });
            sent = all.map_err(|_| anyhow::anyhow!("the probe broke off"))??;
            back.say(&format!("sent {sent}"))?;
        }
        Ok(())
    }

    #[expect(clippy::needless_pass_by_value, reason = "the receiver belongs to the thread that waits on it")]
    fn tick(&self, orders: std::sync::mpsc::Receiver<()>, mut sent: u32) -> Result<u32> {
        let interval = Duration::from_millis(self.interval);
        let mut stdout = std::io::stdout().lock();
        let (start, zero) = (Instant::now(), clock::now());
        let mut due = Duration::ZERO;
        loop {
            due += interval;
            let wait = (start + due).saturating_duration_since(Instant::now());
            let stuck = wait.is_zero();
            if orders.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                return Ok(sent);
            }
            let was_due = zero + u64::try_from(due.as_nanos()).unwrap_or(u64::MAX);
            let stamp = clock::stamp(if stuck { was_due } else { clock::now() });
            // Each has a prefix of its own, so that none replaces another that is still under way.
            let prefix = Ipv4Addr::from(PROBES | sent & 0x1_ffff);
            let selector = &self.selector;
            writeln!(stdout, "{selector}announce route {prefix}/32 next-hop {NEXT_HOP} med {stamp}")?;
            sent += 1;
        }
    }
}
