//! Instructions of the hot paths, counted by valgrind and compared with what was committed: time on a shared machine says
//! nothing, a count does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::work;

/// What a count may be off by, either way: what is better is to be committed too, or the next loss hides in it.
const PERCENT: f64 = 5.0;

fn baseline() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.txt")
}

/// Counts everything; compares, or with `bless` commits to the new figures.
pub(crate) fn check(bless: bool, required: bool) -> Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        ensure!(!required, "valgrind is required here and not installed");
        eprintln!("SKIPPED: instructions are not counted: valgrind is not installed");
        return Ok(());
    }
    let program = build()?;
    let counts: Vec<(String, f64)> = work::names()
        .into_iter()
        .map(|(name, n)| {
            // What the program does besides is in both, so the difference is the work alone.
            let (once, twice) = (count(&program, &name, n)?, count(&program, &name, 2 * n)?);
            let each = twice.checked_sub(once).context("more work takes less")?;
            #[expect(clippy::cast_precision_loss, reason = "instructions of a moment")]
            Ok((name, each as f64 / f64::from(n)))
        })
        .collect::<Result<_>>()?;
    if bless {
        let lines: Vec<String> = counts.iter().map(|(name, each)| format!("{each:.0}\t{name}")).collect();
        return Ok(fs::write(baseline(), lines.join("\n") + "\n")?);
    }
    compare(&counts, &fs::read_to_string(baseline())?)
}

fn compare(counts: &[(String, f64)], text: &str) -> Result<()> {
    let known: BTreeMap<&str, f64> = text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(each, name)| Ok((name, each.parse()?)))
        .collect::<Result<_>>()?;
    let mut wrong = Vec::new();
    for (name, each) in counts {
        let Some(before) = known.get(name.as_str()) else {
            wrong.push(format!("{name}: {each:.0} instructions, and no figure is committed"));
            continue;
        };
        let change = (each / before - 1.0) * 100.0;
        println!("{each:8.0} instructions ({change:+5.1} %)  {name}");
        if change.abs() > PERCENT {
            wrong.push(format!("{name}: {each:.0} instructions instead of {before:.0} ({change:+.1} %)"));
        }
    }
    if !wrong.is_empty() {
        bail!("if this is meant, run `cargo xtask counts --bless` and commit:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

/// This program, optimised.
fn build() -> Result<PathBuf> {
    let args = ["build", "--release", "--quiet", "--package", "xtask", "--message-format", "json"];
    let output = Command::new("cargo").args(args).stderr(std::process::Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the build failed");
    let messages = String::from_utf8(output.stdout)?;
    let program = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| Some(message.get("executable")?.as_str()?.to_owned()))
        .next_back();
    Ok(program.context("cargo named no program")?.into())
}

/// Instructions of the whole program for a piece of work done `n` times.
fn count(program: &Path, name: &str, n: u32) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["work", name, &n.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name}: {said}");
    let figure =
        said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, figure)| figure.trim());
    figure.and_then(|f| f.parse().ok()).with_context(|| format!("no count in: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_percent_either_way() {
        let counts = |each| vec![("a".to_owned(), each)];
        assert!(compare(&counts(104.0), "100\ta\n").is_ok());
        assert!(compare(&counts(106.0), "100\ta\n").is_err());
        assert!(compare(&counts(94.0), "100\ta\n").is_err());
        assert!(compare(&counts(100.0), "100\tb\n").is_err());
    }

    #[test]
    fn every_piece_of_work_can_be_done() {
        for (name, _) in work::names() {
            work::run(&name, 20).unwrap();
        }
        assert!(work::run("nothing", 1).is_err());
    }
}
