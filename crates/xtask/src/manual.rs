//! The man page and the shell completions.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;
use clap_complete::Shell;
use exabgp_rs::cli::Cli;

const NAME: &str = "exabgp-rs";

/// Writes `exabgp-rs.1`, a page for each sub-command, and completions for bash, zsh and fish.
pub(crate) fn write(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    clap_mangen::generate_to(Cli::command(), folder)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut Cli::command(), NAME, folder)?;
    }
    println!("manual: pages and completions are in {}", folder.display());
    Ok(())
}
