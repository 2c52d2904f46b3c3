//! The parsing suite: every configuration of a folder must be accepted by `validate -nrv`, and copies with a mistake
//! must be refused with the word named.

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A word that no language of ours has.
const UNKNOWN: &str = "frobnicate";

/// What came of one configuration.
#[derive(Debug)]
pub struct Verdict {
    /// Name of the file.
    pub name: String,
    /// What went wrong; empty when all is well.
    pub failures: Vec<String>,
}

/// The configurations of a suite: those of its `etc/exabgp`, and those of its `qa/parsing`.
///
/// # Errors
/// When there are none.
pub fn configurations(suite: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["etc/exabgp", "qa/parsing"] {
        let Ok(entries) = fs::read_dir(suite.join(folder)) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "conf" || e == "toml") {
                files.push(path);
            }
        }
    }
    files.sort();
    ensure!(!files.is_empty(), "{} has no configurations in etc/exabgp or qa/parsing", suite.display());
    Ok(files)
}

/// Judges one configuration.
///
/// # Errors
/// When the daemon can't be run or a copy can't be written.
pub fn judge(daemon: &Path, file: &Path) -> Result<Verdict> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut failures = Vec::new();
    let (right, said) = validate(daemon, file)?;
    if !right {
        failures.push(format!("refused:\n{said}"));
    }
    let text = fs::read_to_string(file)?;
    let folder = tempfile::tempdir()?;
    // Helpers are looked for beside the configuration.
    for entry in fs::read_dir(file.parent().context("a file without folder")?)? {
        let path = entry?.path();
        if path.is_dir() {
            symlink(path.canonicalize()?, folder.path().join(path.file_name().unwrap_or_default()))?;
        }
    }
    for (mistake, copy, word) in mistakes(&text) {
        let path = folder.path().join(&name);
        fs::write(&path, copy)?;
        let (right, said) = validate(daemon, &path)?;
        if right {
            failures.push(format!("accepted with {mistake}"));
        } else if !said.contains(word) {
            failures.push(format!("refused with {mistake}, but '{word}' is not named:\n{said}"));
        }
    }
    Ok(Verdict { name, failures })
}

/// Runs `validate`; whether the file was accepted, and what was said.
fn validate(daemon: &Path, file: &Path) -> Result<(bool, String)> {
    let output = Command::new(daemon)
        .args(["validate", "-nrv"])
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .with_context(|| daemon.display().to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => Ok((true, said)),
        Some(1) => Ok((false, said)),
        // Neither judgement: the daemon has crashed.
        _ => anyhow::bail!("{}: {}\n{said}", file.display(), output.status),
    }
}

/// Copies of a configuration with one mistake each, what it is, and the word that must be named. Only what the text
/// has can be spoilt.
fn mistakes(text: &str) -> Vec<(&'static str, String, &'static str)> {
    let mut copies = Vec::new();
    let insert = |at: usize, line: &str| {
        let (before, after) = text.split_at(at);
        format!("{before}{line}{after}")
    };
    let header = |line: &str| {
        let line = line.trim();
        line == "[[neighbor]]" || (line.starts_with("neighbor ") && line.ends_with('{'))
    };
    let mut at = 0;
    let mut opened = false;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if header(line) {
            let toml = line.contains("[[");
            let line = if toml { format!("{UNKNOWN} = 1\n") } else { format!("\t{UNKNOWN} 1;\n") };
            copies.push(("an unknown keyword", insert(at, &line), UNKNOWN));
            opened = true;
            break;
        }
    }
    for key in ["local-as", "peer-as"] {
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let body = line.trim_start();
            if opened && body.starts_with(key) && (body.contains(';') || body.contains('=')) {
                let toml = !body.contains(';');
                let wrong = if toml { format!("{key} = \"number\"\n") } else { format!("{key} number;\n") };
                let (before, after) = (&text[..at], &text[at + line.len()..]);
                copies.push(("an AS number that is none", format!("{before}{wrong}{after}"), "number"));
                break;
            }
            at += line.len();
        }
    }
    copies
}

#[cfg(test)]
mod tests {
    use super::mistakes;

    #[test]
    fn copies_have_one_mistake_each() {
        let text = "# x\nneighbor 10.0.0.1 {\n\tlocal-as 1;\n\tpeer-as 2;\n}\n";
        let copies: Vec<_> = mistakes(text).into_iter().map(|(_, copy, _)| copy).collect();
        assert_eq!(
            copies,
            [
                "# x\nneighbor 10.0.0.1 {\n\tfrobnicate 1;\n\tlocal-as 1;\n\tpeer-as 2;\n}\n",
                "# x\nneighbor 10.0.0.1 {\nlocal-as number;\n\tpeer-as 2;\n}\n",
                "# x\nneighbor 10.0.0.1 {\n\tlocal-as 1;\npeer-as number;\n}\n",
            ]
        );
        assert_eq!(mistakes("[[neighbor]]\nlocal-as = 1\n").len(), 2);
        assert!(mistakes("process x { }").is_empty());
    }
}
