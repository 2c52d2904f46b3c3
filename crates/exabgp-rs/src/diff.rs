//! `exabgp-rs diff`: what a reload from one configuration to another does. Never connects, never starts a helper.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use config::diff::{NeighborChange, Session, diff};
use config::model::StaticRoute;
use config::{Config, LoadError, Settings, Sources};

use crate::cli::Diff;

/// Prints what would happen; the exit code says whether both configurations are right: 0, else 1.
///
/// # Errors
/// When the environment can't be read, or nobody reads what is printed.
pub(crate) fn run(options: &Diff, env_file: Option<&Path>) -> Result<ExitCode> {
    let own = std::env::current_exe().ok();
    let sources = Sources::of_process(env_file, own.as_deref())?;
    // Both are read, so that the mistakes of both are told at once.
    let (old, new) = (load(&options.old, &sources), load(&options.new, &sources));
    let (Some(old), Some(new)) = (old, new) else { return Ok(ExitCode::FAILURE) };
    match print(&old, &new, options.summary, &mut io::BufWriter::new(io::stdout().lock())) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn load(file: &Path, sources: &Sources) -> Option<Config> {
    match config::load(file, sources) {
        Ok(loaded) => Some(loaded.config),
        Err(e) => {
            match e {
                LoadError::Invalid(report) => eprint!("{report}"),
                other => eprintln!("{other}"),
            }
            eprintln!("{} is not a valid configuration", file.display());
            None
        }
    }
}

fn print(old: &Config, new: &Config, summary: bool, out: &mut impl Write) -> io::Result<()> {
    let changes = diff(old, new);
    for process in &changes.processes_removed {
        writeln!(out, "- process {}: stopped", process.name)?;
    }
    for (_, process) in &changes.processes_changed {
        writeln!(out, "~ process {}: stopped and started", process.name)?;
    }
    for process in &changes.processes_added {
        writeln!(out, "+ process {}: started", process.name)?;
    }
    for neighbor in &changes.removed {
        let routes = count(neighbor.static_routes().count());
        writeln!(out, "- {}: session ends, {routes} withdrawn with it", neighbor.name)?;
    }
    for neighbor in changes.added.iter().map(|added| added.neighbor) {
        let routes = count(neighbor.static_routes().count());
        writeln!(out, "+ {}: session starts, {routes} announced", neighbor.name)?;
    }
    for change in &changes.changed {
        print_change(change, summary, out)?;
    }
    let settings = settings(&old.settings, &new.settings, out)?;
    if changes.is_empty() && !settings {
        writeln!(out, "nothing changes")?;
    }
    out.flush()
}

fn print_change(change: &NeighborChange<'_>, summary: bool, out: &mut impl Write) -> io::Result<()> {
    let session = match change.session {
        Session::Keep => "session goes on",
        Session::Restart => "session ends and starts again",
    };
    let (withdrawn, announced) = (count(change.withdraw().count()), count(change.announce().count()));
    write!(out, "~ {}: {session}, {withdrawn} withdrawn, {announced} announced", change.new.name)?;
    if change.session == Session::Restart {
        write!(out, ", {} sent in all", count(change.new.static_routes().count()))?;
    }
    writeln!(out)?;
    if summary {
        return Ok(());
    }
    for route in change.withdraw() {
        writeln!(out, "    - {} {}", route.nlri.family(), route.nlri)?;
    }
    for route in change.announce() {
        writeln!(out, "    + {}", text(route))?;
    }
    Ok(())
}

/// The settings that differ, whether by the files or by what they leave to the environment.
fn settings(old: &Settings, new: &Settings, out: &mut impl Write) -> io::Result<bool> {
    let mut any = false;
    for def in Settings::DEFS {
        let (before, after) = (old.show(def), new.show(def));
        if before != after {
            any = true;
            writeln!(out, "~ setting {}.{}: {before} becomes {after}", def.section, def.option)?;
        }
    }
    Ok(any)
}

/// As it would be announced.
fn text(route: &StaticRoute) -> String {
    let attributes = route.clause.attributes.to_route_text();
    format!("{} {}{attributes}", route.nlri.family(), route.nlri)
}

fn count(routes: usize) -> String {
    if routes == 1 { "1 route".to_owned() } else { format!("{routes} routes") }
}
