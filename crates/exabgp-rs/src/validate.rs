//! `exabgp-rs validate`: says everything that is wrong with configurations. Never connects.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use bgp_wire::msg::frame::{Frame, HEADER, frame};
use bgp_wire::msg::update;
use bgp_wire::{DecodeCtx, EncodeCtx, Family, FamilySet};
use config::model::Neighbor;
use config::{Loaded, Sources};

use crate::cli::Validate;

/// Checks every file; the exit code says whether all are right.
///
/// # Errors
/// When the environment can't be read.
pub(crate) fn run(options: &Validate, env_file: Option<&Path>) -> Result<ExitCode> {
    let own = std::env::current_exe().ok();
    let sources = Sources::of_process(env_file, own.as_deref())?;
    let mut right = true;
    for file in &options.configuration {
        match config::load(file, &sources) {
            Ok(loaded) => right &= check(options, file, &loaded),
            Err(e) => {
                right = false;
                eprintln!("{e}");
                eprintln!("{} is not a valid configuration", file.display());
            }
        }
    }
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(options: &Validate, file: &Path, loaded: &Loaded) -> bool {
    let found = loaded.report.to_string();
    if !found.is_empty() {
        eprint!("{found}");
    }
    let mut right = true;
    if options.neighbor {
        for neighbor in &loaded.config.neighbors {
            println!("{}", neighbor.name);
        }
    }
    if options.route {
        for neighbor in &loaded.config.neighbors {
            for (serious, problem) in routes(neighbor) {
                let severity = if serious { "error" } else { "warning" };
                eprintln!("{severity}: {}: {problem}", neighbor.name);
                right &= !serious;
            }
        }
    }
    if options.verbose || right {
        let config = &loaded.config;
        let routes: usize = config.neighbors.iter().map(|n| n.static_routes().count()).sum();
        println!(
            "{}: valid ({} neighbors, {} processes, {routes} routes)",
            file.display(),
            config.neighbors.len(),
            config.processes.len()
        );
    }
    right
}

/// Encodes every route for the neighbor and decodes it again. One that can't be sent is an error; one that we would
/// refuse from a peer may be meant so, with an attribute given as octets, and is worth a warning.
fn routes(neighbor: &Neighbor) -> Vec<(bool, String)> {
    let local = neighbor.name.local.unwrap_or(neighbor.name.peer);
    let (self_v4, self_v6) = neighbor.self_addresses(local);
    let context = EncodeCtx { self_v4, self_v6, aigp: true, ..EncodeCtx::default() };
    let all: FamilySet = Family::ALL.iter().copied().collect();
    let decode = DecodeCtx { aigp: true, extended_next_hop: all, ..DecodeCtx::default() };
    let mut problems = Vec::new();
    for route in neighbor.static_routes() {
        let mut out = Vec::new();
        let nlri = route.nlri.as_ref();
        let family = route.nlri.family();
        if let Err(e) =
            update::announce(&context, &route.clause.attributes, family, std::iter::once(nlri), &mut out)
        {
            problems.push((true, format!("{nlri}: {e}")));
            continue;
        }
        let Ok(Frame::Complete { length, .. }) = frame(&out, context.max_message) else {
            problems.push((true, format!("{nlri}: what was encoded is no message")));
            continue;
        };
        let body = out.get(HEADER..length).unwrap_or_default();
        match update::decode(body, &decode) {
            Ok(update) if update.announcements().any(|(_, _, n)| n.wire == nlri.wire) => {}
            Ok(_) => problems.push((false, format!("{nlri}: it does not come back when decoded"))),
            Err(e) => problems.push((false, format!("{nlri}: {e}"))),
        }
    }
    problems
}
