//! From what was written to what is meant: defaults, templates, contradictions. Reports everything, then decides.

mod api;
mod neighbor;
mod process;

use std::collections::HashMap;
use std::path::Path;

use crate::diag::{At, Diag, Diags, Span};
use crate::env::{Settings, Sources};
use crate::model::Config;
use crate::raw::{Body, Dialect, Raw};
use crate::suggest;

/// What validation looks at, beside the configuration itself.
pub(crate) struct Surroundings<'a> {
    /// Folder of the configuration file.
    pub(crate) folder: &'a Path,
    /// For `PATH`.
    pub(crate) sources: &'a Sources,
}

/// Validates a configuration. What comes back is only to be used when `diags` has no errors.
pub(crate) fn validate(
    raw: &Raw,
    settings: Settings,
    around: &Surroundings<'_>,
    diags: &mut Diags,
) -> Config {
    let dialect = raw.dialect;
    let mut processes = Vec::new();
    for process in &raw.processes {
        processes.extend(process::validate(process, &settings, around, dialect, diags));
    }
    // A process that is wrong is defined all the same: no second complaint where it is used.
    let names: Vec<&str> = raw.processes.iter().map(|p| p.name.value.as_str()).collect();
    let templates = templates(raw);
    for template in &raw.templates {
        api::check(&template.body.api, &names, dialect, diags);
    }
    let mut neighbors = Vec::new();
    let mut seen = HashMap::new();
    for raw in &raw.neighbors {
        let mut body = raw.body.clone();
        api::check(&raw.body.api, &names, dialect, diags);
        for name in &raw.inherit {
            if !templates.contains_key(name.value.as_str()) {
                diags.push(unknown_template(name, &templates, dialect));
            }
        }
        let inherited = || raw.inherit.iter().filter_map(|name| templates.get(name.value.as_str()));
        match dialect {
            // The last template named is the nearest, the neighbor itself nearer still.
            Dialect::Toml => inherited().rev().for_each(|template| body.inherit(template)),
            // Each template in turn is laid over the neighbor.
            Dialect::ExaBgp => inherited().for_each(|template| body.overlay(template)),
        }
        let Some(neighbor) = neighbor::validate(raw.at, &body, &settings, &names, dialect, diags) else {
            continue;
        };
        let at = raw.body.peer_address.as_ref().map_or(raw.at, |peer| peer.at);
        duplicate(&neighbor, at, &mut seen, diags);
        neighbors.push(neighbor);
    }
    Config { neighbors, processes, settings }
}

fn templates(raw: &Raw) -> HashMap<&str, &Body> {
    raw.templates.iter().map(|t| (t.name.value.as_str(), &t.body)).collect()
}

fn unknown_template(name: &At<String>, templates: &HashMap<&str, &Body>, dialect: Dialect) -> Diag {
    let message = format!("there is no template called {}", name.value);
    let diag = match dialect {
        Dialect::Toml => Diag::error(message, name.at),
        // ExaBGP ignores it, so there are files that work with it.
        Dialect::ExaBgp => Diag::warning(format!("{message}: it is ignored"), name.at),
    };
    let mut known: Vec<_> = templates.keys().copied().collect();
    known.sort_unstable();
    if known.is_empty() {
        let known_as = &name.value;
        diag.hint(match dialect {
            Dialect::Toml => format!("define it: [template.{known_as}]"),
            Dialect::ExaBgp => format!("define it: template {{ neighbor {known_as} {{ … }} }}"),
        })
    } else {
        suggest::add(diag, &name.value, known)
    }
}

/// Two neighbors are the same when they have one name, unless they have listeners of their own on different ports.
fn duplicate(
    neighbor: &crate::model::Neighbor,
    at: Span,
    seen: &mut HashMap<String, Span>,
    diags: &mut Diags,
) {
    let key = match neighbor.listen {
        Some(port) => format!("{} listen {port}", neighbor.name.peer),
        None => neighbor.name.to_string(),
    };
    if let Some(first) = seen.get(&key) {
        diags.push(
            Diag::error(format!("this neighbor is there twice: {}", neighbor.name.peer), at)
                .related(*first, "the first")
                .hint("remove one, or give them different addresses, AS numbers or router identifiers"),
        );
    } else {
        seen.insert(key, at);
    }
}
