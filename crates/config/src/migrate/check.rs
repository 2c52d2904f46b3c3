//! Whether two configurations mean the same.

use crate::env::Settings;
use crate::model::{Config, Neighbor, Process, Program, StaticRoute};

/// In what two configurations differ, a line each; nothing when they mean the same. Routes of families that their
/// neighbor has not are never sent, and don't count.
pub fn differences(one: &Config, other: &Config) -> Vec<String> {
    let mut found = Vec::new();
    if processes(one) != processes(other) {
        found.push(format!("processes: {:?}, {:?}", one.processes, other.processes));
    }
    for def in Settings::DEFS {
        let (a, b) = (one.settings.show(def), other.settings.show(def));
        if a != b {
            found.push(format!("setting {}.{}: {a}, {b}", def.section, def.option));
        }
    }
    if one.neighbors.len() != other.neighbors.len() {
        found.push(format!("{} neighbors, {}", one.neighbors.len(), other.neighbors.len()));
    }
    for (a, b) in one.neighbors.iter().zip(&other.neighbors) {
        let (mut plain_a, mut plain_b) = (a.clone(), b.clone());
        plain_a.routes.clear();
        plain_b.routes.clear();
        let (shown_a, shown_b) = (format!("{plain_a:?}"), format!("{plain_b:?}"));
        if shown_a != shown_b {
            found.push(format!("{}: {shown_a}, {shown_b}", a.name));
        }
        if a.md5 != b.md5 || a.tcp_ao != b.tcp_ao {
            found.push(format!("{}: the passwords differ", a.name));
        }
        routes(a, b, &mut found);
    }
    found
}

/// The processes, each with the file that its program is: the languages look along `PATH` in different orders, where
/// one program may have several names.
fn processes(config: &Config) -> Vec<Process> {
    let real = |process: &Process| {
        let program = match &process.program {
            Program::Path(path) => {
                Program::Path(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone()))
            }
            Program::Own => Program::Own,
        };
        Process { program, ..process.clone() }
    };
    config.processes.iter().map(real).collect()
}

fn routes(a: &Neighbor, b: &Neighbor, found: &mut Vec<String>) {
    let (mut first, mut second) = (sent(a), sent(b));
    loop {
        match (first.next(), second.next()) {
            (None, None) => return,
            (Some(x), Some(y)) if same(x, y) => {}
            (x, y) => {
                let show = |r: Option<&StaticRoute>| r.map_or("nothing".to_owned(), StaticRoute::to_text);
                found.push(format!("{}: {}, {}", a.name, show(x), show(y)));
                return;
            }
        }
    }
}

/// The routes that are sent.
fn sent(neighbor: &Neighbor) -> impl Iterator<Item = &StaticRoute> {
    neighbor.static_routes().filter(|route| neighbor.families.contains(&route.nlri.family()))
}

/// What a clause says of the NLRI is in the NLRI.
fn same(a: &StaticRoute, b: &StaticRoute) -> bool {
    a.nlri == b.nlri
        && a.clause.attributes == b.clause.attributes
        && a.clause.watchdog == b.clause.watchdog
        && a.clause.withdrawn == b.clause.withdrawn
        && a.clause.name == b.clause.name
}
