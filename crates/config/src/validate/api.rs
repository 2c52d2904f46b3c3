//! Which helpers a neighbor knows: names must be defined, patterns must match something.

use regex_lite::Regex;

use crate::diag::{Diag, Diags};
use crate::model::{Api, ApiBlock};
use crate::raw::{Dialect, RawApi};
use crate::suggest;

/// Checks the blocks of one neighbor or template, once, wherever they are inherited.
pub(super) fn check(blocks: &[RawApi], processes: &[&str], dialect: Dialect, diags: &mut Diags) {
    for block in blocks {
        for name in &block.processes {
            if !processes.contains(&name.value.as_str()) {
                let diag = Diag::error(format!("there is no process called {}", name.value), name.at);
                diags.push(if processes.is_empty() {
                    let called = &name.value;
                    diag.hint(match dialect {
                        Dialect::Toml => format!("define it: [process.{called}]"),
                        Dialect::ExaBgp => format!("define it: process {called} {{ run …; encoder json; }}"),
                    })
                } else {
                    suggest::add(diag, &name.value, processes.iter().copied())
                });
            }
        }
        for pattern in &block.processes_match {
            match regex(&pattern.value) {
                Err(e) => diags.push(
                    Diag::error(format!("'{}' is no pattern: {e}", pattern.value), pattern.at)
                        .hint("patterns are regular expressions, as in \"^announce-.*\""),
                ),
                // One that matches nothing is no mistake beside others that do.
                Ok(regex) if !finds(&regex, processes) && matches_any(blocks, processes) => diags.push(
                    Diag::warning(format!("no process matches '{}'", pattern.value), pattern.at)
                        .hint(format!("known are {}", processes.join(", "))),
                ),
                Ok(_) => {}
            }
        }
        if let (Some(first), Some(_)) = (block.processes_match.first(), block.processes.first()) {
            diags.push(
                Diag::error("processes and processes-match exclude each other", first.at)
                    .hint("name the processes, or match them"),
            );
        }
        if block.processes.is_empty() && block.processes_match.is_empty() {
            diags.push(
                Diag::warning("this api block names no process", block.at)
                    .hint(dialect.say("as in processes = [\"NAME\"]", "as in processes [ NAME ];")),
            );
        }
        for (key, messages) in [("receive", &block.receive), ("send", &block.send)] {
            let Some(messages) = messages else { continue };
            if messages.value.has_type() && !messages.value.has_form() {
                diags.push(
                    Diag::warning(format!("{key} names messages but no form: nothing is told"), messages.at)
                        .hint(dialect.say(
                            "add \"parsed\", \"packets\" or \"consolidate\"",
                            "add parsed; packets; or consolidate;",
                        )),
                );
            }
            if messages.value.has_form() && !messages.value.has_type() {
                diags.push(
                    Diag::warning(
                        format!("{key} names a form but no messages: nothing is told"),
                        messages.at,
                    )
                    .hint(dialect.say("add messages, as in \"update\"", "add messages, as in update;")),
                );
            }
        }
    }
}

/// A pattern, anchored at the start as ExaBGP does.
fn regex(pattern: &str) -> Result<Regex, regex_lite::Error> {
    Regex::new(&format!("^(?:{pattern})"))
}

/// Whether any pattern of the blocks finds a process.
fn matches_any(blocks: &[RawApi], processes: &[&str]) -> bool {
    let mut patterns = blocks.iter().flat_map(|block| &block.processes_match);
    patterns.any(|pattern| regex(&pattern.value).is_ok_and(|regex| finds(&regex, processes)))
}

fn finds(regex: &Regex, processes: &[&str]) -> bool {
    processes.iter().any(|name| regex.is_match(name))
}

/// The helpers of a neighbor, from blocks that [`check`] has seen.
pub(super) fn resolve(blocks: &[RawApi], processes: &[&str], diags: &mut Diags) -> Api {
    let mut api = Api::default();
    // As in the original: the patterns of a neighbor have to find something, wherever they come from.
    if !matches_any(blocks, processes) {
        for pattern in blocks.iter().flat_map(|block| &block.processes_match) {
            if regex(&pattern.value).is_ok() {
                diags.push_once(
                    Diag::error(format!("no process matches '{}'", pattern.value), pattern.at)
                        .hint(format!("known are {}", processes.join(", "))),
                );
            }
        }
    }
    for (i, block) in blocks.iter().enumerate() {
        if let Some(name) = &block.name {
            let same = |other: &&RawApi| other.name.as_ref().is_some_and(|n| n.value == name.value);
            if let Some(first) = blocks.iter().take(i).find(same) {
                let mut diag = Diag::error(format!("two api blocks are called {}", name.value), name.at);
                diag.related = first.name.as_ref().map(|n| (n.at, "the first"));
                diags.push(diag);
            }
        }
        let mut names: Vec<String> = Vec::new();
        for name in &block.processes {
            // Naming a helper twice must not tell it everything twice.
            if !names.contains(&name.value) {
                names.push(name.value.clone());
            }
        }
        api.commanders.extend(names.iter().cloned());
        for pattern in &block.processes_match {
            if let Ok(regex) = regex(&pattern.value) {
                api.commanders
                    .extend(processes.iter().filter(|p| regex.is_match(p)).map(ToString::to_string));
            }
        }
        api.blocks.push(ApiBlock {
            name: block.name.as_ref().map(|n| n.value.clone()),
            processes: names,
            neighbor_changes: block.neighbor_changes,
            negotiated: block.negotiated,
            fsm: block.fsm,
            signal: block.signal,
            receive: block.receive.as_ref().map(|m| m.value).unwrap_or_default(),
            send: block.send.as_ref().map(|m| m.value).unwrap_or_default(),
        });
    }
    api.commanders.sort_unstable();
    api.commanders.dedup();
    api
}
