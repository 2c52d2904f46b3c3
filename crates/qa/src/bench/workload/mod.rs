//! The workloads, a file each. Every run has a daemon of its own, and what was delivered is checked exactly.

mod fanout;
mod idle;
mod inject;
mod latency;
mod many;
mod receive;
mod start;

pub use fanout::fanout;
pub use idle::idle;
pub use inject::{Way, inject};
pub use latency::{Load, latency};
pub use many::many;
pub use receive::{Form, receive};
pub use start::start;

use super::{
    contender::Running,
    peer::{Peer, Spec},
    work::{Figures, spec},
};
use crate::process::Usage;
use anyhow::Result;
use std::{net::Ipv4Addr, time::Duration};

/// Seconds that one step of a run may take.
const STEP: u64 = 240;

/// Seconds that a session may take to come up.
const SESSION: u64 = 30;

/// Peers on addresses of their own.
fn peers(n: u16, count: u32) -> Result<Vec<Peer>> {
    (0..n)
        .map(|i| {
            let [a, b] = (i / 200 * 256 + i % 200 + 0x0101).to_be_bytes();
            Peer::listen(&Spec { ip: Ipv4Addr::new(127, 0, a, b).into(), ..spec(2, count, false) })
        })
        .collect()
}

fn figures(wall: f64, before: &Usage, after: &Usage, messages: u64) -> Figures {
    Figures {
        wall,
        cpu: after.cpu.saturating_sub(before.cpu).as_secs_f64(),
        peak_rss: after.peak_rss,
        idle_rss: before.rss,
        end_rss: None,
        messages,
        latency: None,
    }
}

fn seconds(from: u64, to: u64) -> f64 {
    Duration::from_nanos(to.saturating_sub(from)).as_secs_f64()
}

/// A helper of ours as a command line.
fn helper(
    bench: &std::path::Path,
    control: &super::control::Control,
    mode: &str,
    args: &[&str],
) -> Vec<String> {
    let (bench, path) = (bench.to_string_lossy().into_owned(), control.path().to_string_lossy().into_owned());
    let mut run: Vec<String> =
        [&bench, "helper", mode, "--control", &path, "--name", mode].map(str::to_owned).to_vec();
    run.extend(args.iter().map(ToString::to_string));
    run
}

/// The log, for errors.
fn said(running: &Running) -> String {
    running.process.log.text()
}
