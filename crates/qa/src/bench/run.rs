//! Runs workloads several times, one after the other in turn, and reports medians.

use super::{
    contender::Contender,
    helper::Helper,
    plan::{self, Item},
    report::{self, Row},
};
use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};
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
    /// Only rows whose workload or description contains one of these, such as W1 or "IPv6"; all by default
    rows: Vec<String>,
    /// Every row, larger tables, and ExaBGP where it takes minutes; without it, about two minutes
    #[arg(long)]
    full: bool,
    /// Only these daemons
    #[arg(long, value_enum, value_delimiter = ',')]
    daemons: Vec<Contender>,
    /// Rounds; 3, or 1 without --full
    #[arg(short, long)]
    runs: Option<u32>,
    /// Also write the figures here
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write a page for the documentation here
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
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
    fn wants(&self, item: &Item) -> bool {
        let named =
            |row: &String| item.workload.eq_ignore_ascii_case(row) || item.what.contains(row.as_str());
        let daemon = item.daemon.unwrap_or(Contender::Ours);
        (self.rows.is_empty() || self.rows.iter().any(named))
            && (self.full || item.short)
            && (self.daemons.is_empty() || self.daemons.contains(&daemon))
    }

    async fn run(self) -> Result<()> {
        let rounds = self.runs.unwrap_or(if self.full { 3 } else { 1 });
        let mut items: Vec<Item> = plan::items().into_iter().filter(|i| self.wants(i)).collect();
        let absent: Vec<Contender> = Contender::ALL
            .into_iter()
            .filter(|c| items.iter().any(|i| i.daemon == Some(*c)) && !c.ready())
            .collect();
        items.retain(|i| i.daemon.is_none_or(|d| !absent.contains(&d)));
        if items.is_empty() || rounds == 0 {
            bail!("nothing is left to run");
        }
        let bench = std::env::current_exe()?;
        let mut rows: Vec<Row> = items.iter().map(Row::new).collect();
        // In turn, so that a change of the machine meets all daemons alike.
        for round in 0..rounds {
            for (item, row) in
                items.iter().zip(&mut rows).filter(|(i, r)| r.failed.is_none() && (round == 0 || !i.once))
            {
                eprintln!(
                    "round {}: {} {} {}",
                    round + 1,
                    item.workload,
                    item.what,
                    item.daemon.map_or("", Contender::name)
                );
                match item.run(&bench).await {
                    Ok(figures) => row.runs.push(figures),
                    Err(error) => {
                        eprintln!("{error:#}");
                        row.failed = Some(format!("{error:#}"));
                    }
                }
            }
        }
        print!("{}", report::table(&rows));
        if let Some(path) = &self.json {
            report::write(path, &serde_json::to_string_pretty(&rows)?)?;
        }
        if let Some(path) = &self.page {
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            let how = format!("This one: {rounds} round(s) on {processors} processors.");
            report::write(path, &report::page(&rows, &how))?;
        }
        let failed = rows.iter().filter(|r| r.failed.is_some() && r.daemon == Some(Contender::Ours)).count();
        if failed > 0 {
            bail!("{failed} row(s) of exabgp-rs failed");
        }
        Ok(())
    }
}

/// The middle one, or the mean of the two in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
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
