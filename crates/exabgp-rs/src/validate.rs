//! `exabgp-rs validate`: says everything that is wrong with configurations. Never connects.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use bgp_wire::msg::frame::{Frame, HEADER, frame};
use bgp_wire::msg::update;
use bgp_wire::{DecodeCtx, EncodeCtx, Family, FamilySet};
use config::diag::Severity;
use config::model::Neighbor;
use config::{LoadError, Loaded, Sources};

use crate::cli::Validate;

/// Checks every file; the exit code says whether all are right: 0, else 1.
///
/// # Errors
/// When the environment can't be read.
pub(crate) fn run(options: &Validate, env_file: Option<&Path>) -> Result<ExitCode> {
    let own = std::env::current_exe().ok();
    let sources = Sources::of_process(env_file, own.as_deref())?;
    let mut right = true;
    let mut found = Vec::new();
    for file in &options.configuration {
        if options.verbose && !options.json {
            println!("loading {}", file.display());
        }
        let loaded = config::load_with(file, &sources, config::Options { lenient: options.lenient });
        let problems = match &loaded {
            Ok(loaded) if options.route => loaded.config.neighbors.iter().flat_map(routes).collect(),
            _ => Vec::new(),
        };
        right &= loaded.is_ok() && !problems.iter().any(|p| p.serious);
        if options.json {
            found.push(json(file, &loaded, &problems));
        } else {
            print(options, file, &loaded, &problems);
        }
    }
    if options.json {
        println!("{}", serde_json::Value::from(found));
    }
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A route that does not go through the codec and back.
struct Problem {
    /// It can't be sent; otherwise a peer may refuse it.
    serious: bool,
    /// What is wrong, with the neighbor and the route.
    text: String,
}

fn print(options: &Validate, file: &Path, loaded: &Result<Loaded, LoadError>, problems: &[Problem]) {
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(e) => {
            eprintln!("{e}");
            eprintln!("{} is not a valid configuration", file.display());
            return;
        }
    };
    if !loaded.report.is_empty() {
        eprint!("{}", loaded.report);
    }
    let config = &loaded.config;
    if options.neighbor {
        for neighbor in &config.neighbors {
            println!("{}", neighbor.name);
        }
    }
    for problem in problems {
        let severity = if problem.serious { "error" } else { "warning" };
        eprintln!("{severity}: {}", problem.text);
    }
    if problems.iter().any(|p| p.serious) {
        eprintln!("{} is not a valid configuration", file.display());
        return;
    }
    let routes: usize = config.neighbors.iter().map(|n| n.static_routes().count()).sum();
    println!(
        "{}: valid ({} neighbors, {} processes, {routes} routes)",
        file.display(),
        config.neighbors.len(),
        config.processes.len()
    );
}

/// What was found in one file: `file`, `valid`, how many of what, and `found`, a list of objects with `severity` and
/// `message`, and where they are known `file`, `line`, `column` and `hint`.
fn json(file: &Path, loaded: &Result<Loaded, LoadError>, problems: &[Problem]) -> serde_json::Value {
    let mut found = Vec::new();
    let report = match loaded {
        Ok(loaded) => Some(&loaded.report),
        Err(LoadError::Invalid(report)) => Some(&**report),
        Err(other) => {
            found.push(serde_json::json!({ "severity": "error", "message": other.to_string() }));
            None
        }
    };
    for (report, diag) in
        report.iter().flat_map(|report| report.diags().iter().map(move |diag| (report, diag)))
    {
        let severity = if diag.severity == Severity::Error { "error" } else { "warning" };
        let mut one = serde_json::json!({ "severity": severity, "message": diag.message });
        if let (Some(at), Some(object)) = (diag.at, one.as_object_mut()) {
            let (file, line, column) = report.place(at.start);
            object.insert("file".to_owned(), file.into());
            object.insert("line".to_owned(), line.into());
            object.insert("column".to_owned(), column.into());
        }
        if let (false, Some(object)) = (diag.hint.is_empty(), one.as_object_mut()) {
            object.insert("hint".to_owned(), diag.hint.clone().into());
        }
        found.push(one);
    }
    for problem in problems {
        let severity = if problem.serious { "error" } else { "warning" };
        found.push(serde_json::json!({ "severity": severity, "message": problem.text }));
    }
    let config = loaded.as_ref().ok().map(|loaded| &loaded.config);
    let neighbors: &[Neighbor] = config.map_or(&[], |c| &c.neighbors);
    serde_json::json!({
        "file": file.display().to_string(),
        "valid": config.is_some() && !problems.iter().any(|p| p.serious),
        "neighbors": neighbors.iter().map(|n| n.name.to_string()).collect::<Vec<_>>(),
        "processes": config.map_or(0, |c| c.processes.len()),
        "routes": neighbors.iter().map(|n| n.static_routes().count()).sum::<usize>(),
        "found": found,
    })
}

/// Encodes every route for the neighbor and decodes it again. One that can't be sent is an error; one that we would
/// refuse from a peer may be meant so, with an attribute given as octets, and is worth a warning.
fn routes(neighbor: &Neighbor) -> Vec<Problem> {
    let local = neighbor.name.local.unwrap_or(neighbor.name.peer);
    let (self_v4, self_v6) = neighbor.self_addresses(local);
    let context = EncodeCtx { self_v4, self_v6, aigp: true, ..EncodeCtx::default() };
    let all: FamilySet = Family::ALL.iter().copied().collect();
    let decode = DecodeCtx { aigp: true, extended_next_hop: all, ..DecodeCtx::default() };
    let mut problems = Vec::new();
    let mut problem = |serious, text: String| {
        problems.push(Problem { serious, text: format!("{}: {text}", neighbor.name) });
    };
    for route in neighbor.static_routes() {
        let mut out = Vec::new();
        let nlri = route.nlri.as_ref();
        let family = route.nlri.family();
        if let Err(e) =
            update::announce(&context, &route.clause.attributes, family, std::iter::once(nlri), &mut out)
        {
            problem(true, format!("{nlri}: {e}"));
            continue;
        }
        let Ok(Frame::Complete { length, .. }) = frame(&out, context.max_message) else {
            problem(true, format!("{nlri}: what was encoded is no message"));
            continue;
        };
        let body = out.get(HEADER..length).unwrap_or_default();
        match update::decode(body, &decode) {
            Ok(update) if update.announcements().any(|(_, _, n)| n.wire == nlri.wire) => {}
            Ok(_) => problem(false, format!("{nlri}: it does not come back when decoded")),
            Err(e) => problem(false, format!("{nlri}: {e}")),
        }
    }
    problems
}
