//! What came of the runs: a table for people, JSON for programs, a page for the documentation.

use super::{contender::Contender, plan::Item, run::median, work::Figures};
use anyhow::Result;
use serde::Serialize;
use std::{fmt::Write as _, path::Path};

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The workload, as people know it: `W1`.
    pub workload: &'static str,
    /// What exactly.
    pub what: String,
    /// Who; none for a floor.
    pub daemon: Option<Contender>,
    /// Routes.
    pub count: u32,
    /// Its runs.
    pub runs: Vec<Figures>,
    /// Why there are none.
    pub failed: Option<String>,
}

impl Row {
    /// Without figures yet.
    pub fn new(item: &Item) -> Self {
        Self {
            workload: item.workload,
            what: item.what.to_owned(),
            daemon: item.daemon,
            count: item.count,
            runs: Vec::new(),
            failed: None,
        }
    }

    fn median(&self, of: impl Fn(&Figures) -> f64) -> f64 {
        median(self.runs.iter().map(of))
    }

    /// The typical time.
    pub fn wall(&self) -> f64 {
        self.median(|r| r.wall)
    }

    #[expect(clippy::cast_precision_loss, reason = "octets of memory are far below 2^52")]
    fn line(&self, ours: Option<f64>) -> String {
        let name = self.daemon.map_or("-", Contender::name);
        if let Some(why) = &self.failed {
            return format!(
                "| {} | {} | {name} | failed: {} | | | | |",
                self.workload,
                self.what,
                first_line(why)
            );
        }
        let wall = self.wall();
        let least = self.runs.iter().map(|r| r.wall).fold(f64::MAX, f64::min);
        let most = self.runs.iter().map(|r| r.wall).fold(0.0, f64::max);
        let time = match self.runs.first().and_then(|r| r.latency) {
            Some(_) => {
                let [p50, p99, max] = [0, 1, 2]
                    .map(|i| self.median(|r| r.latency.map_or(0.0, |l| l.get(i).copied().unwrap_or(0.0))));
                format!("p50 {p50:.3}, p99 {p99:.2}, max {max:.2} ms")
            }
            None if self.workload == "W5" => format!("{wall:.0} s"),
            None => format!("{wall:.3} ({least:.3}-{most:.3}) s"),
        };
        let rate = if self.count > 0
            && self.workload != "W5"
            && self.runs.first().is_some_and(|r| r.latency.is_none())
        {
            format!("{:.0}", f64::from(self.count) / wall)
        } else {
            String::new()
        };
        let end = match self.runs.first().and_then(|r| r.end_rss) {
            Some(_) => format!(", {:.1} at the end", self.median(|r| r.end_rss.unwrap_or(0) as f64) / 1e6),
            None => String::new(),
        };
        let ratio = ours.filter(|o| *o > 0.0).map_or_else(String::new, |ours| format!("{:.1}", wall / ours));
        format!(
            "| {} | {} | {name} | {time} | {rate} | {:.2} | {:.1}{end} | {ratio} |",
            self.workload,
            self.what,
            self.median(|r| r.cpu),
            self.median(|r| r.peak_rss as f64) / 1e6,
        )
    }
}

/// The whole table.
pub fn table(rows: &[Row]) -> String {
    let mut out = "| | what | daemon | time: median (min-max) | routes/s | CPU s | peak MB | times ours |\n\
                   |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in rows {
        let is_ours = |r: &&Row| {
            r.daemon == Some(Contender::Ours)
                && r.workload == row.workload
                && r.what == row.what
                && r.count == row.count
        };
        let ours = rows.iter().find(is_ours).filter(|r| !r.runs.is_empty()).map(Row::wall);
        let _ = writeln!(
            out,
            "{}",
            row.line(ours.filter(|_| row.workload != "W5" && row.daemon != Some(Contender::Ours)))
        );
    }
    out
}

/// The page `docs/performance.md`.
pub fn page(rows: &[Row], how: &str) -> String {
    format!(
        "# Performance\n\n\
         Written by `qa/bench run --page docs/performance.md`; run it again rather than edit this. {how}\n\n\
         Every daemon has its turn in every round, so a change of the machine meets all alike. Each run has a daemon of its \
         own on loopback, and its peer checks what it was sent prefix by prefix. The table of routes has the prefix lengths \
         of the global one, and 8 to 10 neighbouring routes share an attribute set. CPU and memory are those of the daemon's \
         processes, helpers left out. BIRD has no API: static routes in a file that it reads again stand for it in W1 and W3, \
         and a third peer's announcement in W4. Daemons without helpers receive into their tables only (W2).\n\n{}",
        table(rows)
    )
}

/// Writes a file.
pub fn write(path: &Path, text: &str) -> Result<()> {
    Ok(std::fs::write(path, text)?)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().replace('|', "/")
}
