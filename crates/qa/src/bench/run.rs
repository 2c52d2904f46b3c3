//! Runs workloads several times, one after the other in turn, and reports medians.

use super::{
    helper::Helper,
    work::{self, Figures},
};
use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;
use std::{path::PathBuf, time::Duration};

/// Benchmarks of the daemon in QA_DAEMON; qa/bench builds it first.
#[derive(Parser, Debug)]
#[command(name = "bench", max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run workloads and print medians
    Run(Run),
    /// A helper process of a workload, started by the daemon
    #[command(hide = true, subcommand)]
    Helper(Helper),
}

#[derive(Args, Debug)]
struct Run {
    /// Workloads; all by default
    #[arg(value_enum)]
    workloads: Vec<Workload>,
    /// Routes
    #[arg(short = 'n', long, default_value_t = 100_000)]
    count: u32,
    /// Runs of each workload
    #[arg(short, long, default_value_t = 5)]
    runs: u32,
    /// Also write the figures here
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Workload {
    /// W1: a helper's routes to one peer, the helper reads its answers
    Inject,
    /// W7: the same, the helper never reads
    InjectUnread,
    /// W1 with one write a line
    InjectLines,
    /// W2: a peer's prefixes to a helper as JSON
    Receive,
}

#[derive(Serialize)]
struct Row {
    workload: Workload,
    count: u32,
    runs: Vec<Figures>,
    median_wall: f64,
    routes_per_second: f64,
    peak_octets_per_route: f64,
}

impl Cli {
    /// Does it.
    pub async fn run(self) -> Result<()> {
        match self.command {
            // A helper is plain threads: it must not share a runtime with anything.
            Command::Helper(helper) => tokio::task::block_in_place(|| helper.run()),
            Command::Run(run) => run.run().await,
        }
    }
}

impl Run {
    async fn run(self) -> Result<()> {
        use Workload::{Inject, InjectLines, InjectUnread, Receive};
        if self.runs == 0 || self.count == 0 || self.count > super::table::MAX {
            bail!("at least one run, and 1 to {} routes", super::table::MAX);
        }
        let workloads = if self.workloads.is_empty() {
            vec![Inject, InjectUnread, InjectLines, Receive]
        } else {
            self.workloads
        };
        let bench = std::env::current_exe()?;
        let mut rows: Vec<(Workload, Vec<Figures>)> = workloads.iter().map(|w| (*w, Vec::new())).collect();
        // In turn, so that a change of the machine meets all workloads alike.
        for _ in 0..self.runs {
            for (workload, runs) in &mut rows {
                runs.push(match workload {
                    Inject => work::inject(&bench, self.count, true, false).await?,
                    InjectUnread => work::inject(&bench, self.count, false, false).await?,
                    InjectLines => work::inject(&bench, self.count, true, true).await?,
                    Receive => work::receive(&bench, self.count).await?,
                });
            }
        }
        let rows: Vec<Row> = rows.into_iter().map(|(w, runs)| Row::new(w, self.count, runs)).collect();
        println!(
            "| workload | routes | wall s (min-max) | routes/s | CPU s | peak MB | octets/route | messages |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        rows.iter().for_each(Row::print);
        if let Some(path) = self.json {
            std::fs::write(path, serde_json::to_vec_pretty(&rows)?)?;
        }
        Ok(())
    }
}

impl Row {
    fn new(workload: Workload, count: u32, runs: Vec<Figures>) -> Self {
        let median_wall = median(runs.iter().map(|r| r.wall));
        #[expect(clippy::cast_precision_loss, reason = "octets of memory are far below 2^52")]
        let peak = median(runs.iter().map(|r| r.peak_rss as f64));
        Self {
            workload,
            count,
            median_wall,
            routes_per_second: f64::from(count) / median_wall,
            peak_octets_per_route: peak / f64::from(count),
            runs,
        }
    }

    fn print(&self) {
        let all = || self.runs.iter().map(|r| r.wall);
        println!(
            "| {} | {} | {:.3} ({:.3}-{:.3}) | {:.0} | {:.2} | {:.1} | {:.0} | {} |",
            self.workload.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned()),
            self.count,
            self.median_wall,
            all().fold(f64::MAX, f64::min),
            all().fold(0.0, f64::max),
            self.routes_per_second,
            median(self.runs.iter().map(|r| r.cpu)),
            self.peak_octets_per_route * f64::from(self.count) / 1e6,
            self.peak_octets_per_route,
            self.runs.last().map_or(0, |r| r.messages),
        );
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// The `q`-quantile of durations in nanoseconds, the nearest one above.
pub fn quantile(values: &[u64], q: f64) -> Duration {
    let mut values = values.to_vec();
    values.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index of a list that is far shorter than 2^52"
    )]
    let at = ((values.len() as f64 * q).ceil() as usize).saturating_sub(1);
    Duration::from_nanos(values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quantiles() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0].into_iter()) - 2.5).abs() < 1e-9);
        let values: Vec<u64> = (1..=100).collect();
        assert_eq!(quantile(&values, 0.99), Duration::from_nanos(99));
        assert_eq!(quantile(&[7], 0.5), Duration::from_nanos(7));
        assert_eq!(quantile(&[], 0.5), Duration::ZERO);
    }
}
