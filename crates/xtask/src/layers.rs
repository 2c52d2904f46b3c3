//! The layer rule of `docs/architecture.md`, read from cargo's own dependency graph.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

/// Level of each crate. An arrow may only point to a lower level.
const LEVELS: &[(&str, u8)] = &[
    ("bgp-wire", 0),
    ("api-process", 0),
    ("route-text", 1),
    ("peer-fsm", 1),
    ("rib", 1),
    ("config", 2),
    ("api", 2),
    ("reactor", 3),
    ("exabgp-rs", 4),
];

/// Crates beside the stack, with the workspace crates they may know.
const BESIDE: &[(&str, &[&str])] = &[
    ("qa", &["bgp-wire", "route-text"]),
    ("fuzz", &["api", "bgp-wire", "config", "peer-fsm", "rib", "route-text"]),
    ("xtask", &["exabgp-rs", "api", "rib", "bgp-wire"]),
];

/// Crates below level 3 that may do I/O of their own.
const MAY_DO_IO: &[&str] = &["api-process"];

/// What protocol crates must not reach, however indirectly.
const IO_CRATES: &[&str] = &["tokio", "mio", "socket2"];

/// Checks the rule and prints what was checked.
pub(crate) fn check() -> Result<()> {
    let graph = normal_dependencies()?;
    let levels: BTreeMap<_, _> = LEVELS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, direct) in &graph {
        let allowed = BESIDE.iter().find(|(n, _)| n == name).map(|(_, allowed)| *allowed);
        let level = levels.get(name.as_str());
        ensure!(
            level.is_some() || allowed.is_some(),
            "crate {name} has no level: add it to crates/xtask/src/layers.rs and docs/architecture.md"
        );
        for to in direct.iter().filter(|to| graph.contains_key(*to)) {
            let fine = match (level, allowed) {
                (Some(from), _) => levels.get(to.as_str()).is_some_and(|to| to < from),
                (None, Some(allowed)) => allowed.contains(&to.as_str()),
                (None, None) => false,
            };
            if !fine {
                wrong.push(format!("{name} -> {to} points up, sideways or past the rule"));
            }
        }
    }
    for (name, _) in LEVELS.iter().filter(|(name, level)| *level < 3 && !MAY_DO_IO.contains(name)) {
        let tree = reachable(name)?;
        for io in IO_CRATES.iter().filter(|io| tree.contains(**io)) {
            wrong.push(format!("{name} reaches {io}: protocol logic does no I/O"));
        }
    }
    if !wrong.is_empty() {
        bail!("the layer rule is broken:\n  {}", wrong.join("\n  "));
    }
    println!("layers: {} crates, every arrow points down, no I/O below level 3", graph.len());
    Ok(())
}

/// Workspace crates with the names of their direct normal dependencies.
fn normal_dependencies() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let metadata: Value = serde_json::from_slice(&cargo(&["metadata", "--format-version=1", "--no-deps"])?)?;
    let packages = metadata["packages"].as_array().context("cargo metadata without packages")?;
    let mut graph = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().context("a package without name")?.to_owned();
        let dependencies = package["dependencies"].as_array().context("a package without dependencies")?;
        let normal = dependencies.iter().filter(|d| d["kind"].is_null());
        graph.insert(name, normal.filter_map(|d| Some(d["name"].as_str()?.to_owned())).collect());
    }
    Ok(graph)
}

/// Names of all crates in the normal dependency tree of `name`.
fn reachable(name: &str) -> Result<BTreeSet<String>> {
    let tree = cargo(&["tree", "-p", name, "-e", "normal", "--prefix", "none", "--format", "{p}"])?;
    let text = String::from_utf8(tree)?;
    Ok(text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn cargo(arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(env!("CARGO")).args(arguments).output().context("cargo does not start")?;
    ensure!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}
