//! Whether the machine was ours while something was measured. A latency of a few milliseconds says nothing about a daemon that
//! shared two processors with somebody's compiler.

use anyhow::{Context, Result};
use nix::unistd::Pid;
use std::{fs, time::Instant};

/// CPU time used until now, in ticks of 10 ms: by everybody (time that the hypervisor took included), and by us.
#[derive(Clone, Copy, Debug)]
struct Used {
    all: u64,
    ours: u64,
}

/// A period under observation.
#[derive(Clone, Copy, Debug)]
pub struct Quiet {
    daemon: Pid,
    since: Instant,
    before: Used,
}

impl Quiet {
    /// Begins; ours are this process and the daemon with its helpers.
    pub fn start(daemon: Pid) -> Result<Self> {
        Ok(Self { daemon, since: Instant::now(), before: used(daemon)? })
    }

    /// The part of all processors that others have used since then, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "ticks of a few seconds")]
    pub fn foreign(&self) -> Result<f64> {
        let now = used(self.daemon)?;
        let foreign = (now.all - self.before.all).saturating_sub(now.ours.saturating_sub(self.before.ours));
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(foreign as f64 / 100.0 / (self.since.elapsed().as_secs_f64() * processors as f64))
    }
}

fn used(daemon: Pid) -> Result<Used> {
    let stat = fs::read_to_string("/proc/stat")?;
    let first = stat.lines().next().context("an empty /proc/stat")?;
    // proc(5): user, nice, system, idle, iowait, irq, softirq, steal.
    let fields: Vec<u64> = first.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
    let all = [0, 1, 2, 5, 6, 7].iter().filter_map(|i| fields.get(*i)).sum();
    let mut ours = times(std::process::id().try_into()?, true).map_or(0, |(_, ticks)| ticks);
    ours += times(daemon.as_raw(), true).map_or(0, |(_, ticks)| ticks);
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
        if let Some((parent, ticks)) = times(pid, false)
            && parent == daemon.as_raw()
        {
            ours += ticks;
        }
    }
    Ok(Used { all, ours })
}

/// The parent of a process and the time it has used, that of its children which have ended included if `ended`.
fn times(pid: i32, ended: bool) -> Option<(i32, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks =
        fields.get(11..if ended { 15 } else { 13 })?.iter().filter_map(|n| n.parse::<u64>().ok()).sum();
    Some((fields.get(1)?.parse().ok()?, ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_between_nothing_and_everything() {
        let quiet = Quiet::start(Pid::this()).unwrap();
        let before = Instant::now();
        while before.elapsed().as_millis() < 100 {
            std::hint::black_box(fs::read("/proc/stat").unwrap());
        }
        let share = quiet.foreign().unwrap();
        // Ticks are coarse, so a short period can come out a little above everything.
        assert!((0.0..1.5).contains(&share), "{share}");
    }
}
