//! Files stay small: 600 lines at most, unless the header says why.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

const LIMIT: usize = 600;

/// What a longer file writes in its first lines, followed by the reason.
const EXCUSE: &str = "Longer than 600 lines because";

/// Checks every Rust file of the workspace.
pub(crate) fn check() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    let mut sizes = Vec::new();
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let lines = text.lines().count();
        sizes.push(lines);
        if lines > LIMIT && !text.lines().take(15).any(|line| line.contains(EXCUSE)) {
            wrong.push(format!("{}: {lines} lines", file.strip_prefix(&root).unwrap_or(&file).display()));
        }
    }
    sizes.sort_unstable();
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
    if !wrong.is_empty() {
        bail!("cut these, or write '{EXCUSE} …' in their header:\n  {}", wrong.join("\n  "));
    }
    println!("lines: {} files, median {median}, longest {}", sizes.len(), sizes.last().copied().unwrap_or(0));
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
