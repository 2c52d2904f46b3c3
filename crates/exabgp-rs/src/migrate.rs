//! `exabgp-rs migrate`: a configuration in the other language, which is only printed when it means the same.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use bgp_wire::EncodeCtx;
use bgp_wire::msg::update;
use config::diag::Source;
use config::migrate::{differences, migrate};
use config::model::Neighbor;
use config::{Config, Language, LoadError, Sources};

use crate::cli::{Migrate, To};

/// Prints the translation, or what `--check` found; the exit code says whether both mean the same: 0, else 1.
///
/// # Errors
/// When the environment or the file can't be read, or nobody reads what is printed.
pub(crate) fn run(options: &Migrate, env_file: Option<&Path>) -> Result<ExitCode> {
    let own = std::env::current_exe().ok();
    let sources = Sources::of_process(env_file, own.as_deref())?;
    let file = &options.configuration;
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let source = Source { path: file.display().to_string(), text };
    let folder = file.parent().unwrap_or(Path::new(""));
    let to = match options.to {
        To::Toml => Language::Toml,
        To::Exabgp => Language::ExaBgp,
    };
    let migrated = match migrate(source, folder, &sources, to) {
        Ok(migrated) => migrated,
        Err(e) => {
            report(&e);
            eprintln!("{} is not a valid configuration", file.display());
            return Ok(ExitCode::FAILURE);
        }
    };
    if !migrated.loaded.report.is_empty() {
        eprint!("{}", migrated.loaded.report);
    }
    let name = format!("the translation of {}", file.display());
    let other = Source { path: name.clone(), text: migrated.text.clone() };
    let found = match config::parse(other, folder, &sources) {
        Ok(other) => {
            let mut found = differences(&migrated.loaded.config, &other.config);
            found.extend(updates(&migrated.loaded.config, &other.config));
            found
        }
        Err(e) => {
            report(&e);
            vec![format!("{name} can't be read back")]
        }
    };
    if !found.is_empty() {
        for line in &found {
            eprintln!("differs: {line}");
        }
        eprintln!("{} can't be said in the other language", file.display());
        return Ok(ExitCode::FAILURE);
    }
    if migrated.has_values && !options.check {
        eprintln!(
            "warning: variables are replaced by their values, passwords too: write them back as ${{NAME}}"
        );
    }
    let mut out = io::stdout().lock();
    let written = if options.check {
        let config = &migrated.loaded.config;
        let routes: usize = config.neighbors.iter().map(|n| n.static_routes().count()).sum();
        let (neighbors, processes) = (config.neighbors.len(), config.processes.len());
        writeln!(
            out,
            "{}: both mean the same ({neighbors} neighbors, {processes} processes, the UPDATEs of {routes} routes)",
            file.display()
        )
    } else {
        out.write_all(migrated.text.as_bytes())
    };
    match written {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn report(error: &LoadError) {
    match error {
        LoadError::Invalid(report) => eprint!("{report}"),
        other => eprintln!("{other}"),
    }
}

/// Where the octets that two configurations send for their routes differ.
fn updates(one: &Config, other: &Config) -> Option<String> {
    let mut pairs = one.neighbors.iter().zip(&other.neighbors);
    pairs.find(|(a, b)| !octets(a).eq(octets(b))).map(|(a, _)| format!("{}: the UPDATEs differ", a.name))
}

/// The UPDATE of each route that is sent; none of one that can't be.
fn octets(neighbor: &Neighbor) -> impl Iterator<Item = Option<Vec<u8>>> {
    let local = neighbor.name.local.unwrap_or(neighbor.name.peer);
    let (self_v4, self_v6) = neighbor.self_addresses(local);
    let context = EncodeCtx { self_v4, self_v6, aigp: true, ..EncodeCtx::default() };
    let sent = neighbor.static_routes().filter(|r| neighbor.families.contains(&r.nlri.family()));
    sent.map(move |route| {
        let mut out = Vec::new();
        let nlri = std::iter::once(route.nlri.as_ref());
        update::announce(&context, &route.clause.attributes, route.nlri.family(), nlri, &mut out)
            .is_ok()
            .then_some(out)
    })
}
