//! Repository chores, run as `cargo xtask NAME`.

mod layers;
mod lines;
mod manual;

use anyhow::Result;
use clap::Parser;

/// Checks and generators that guard the tree.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Prove that no dependency arrow points up or sideways, and that I/O crates stay above the protocol.
    Layers,
    /// Refuse source files over 600 lines that give no reason in their header; print the median.
    Lines,
    /// Write the man page and shell completions, made from the command line's own types, into a folder.
    Manual {
        /// The folder.
        folder: std::path::PathBuf,
    },
}

fn main() -> Result<()> {
    match Task::parse() {
        Task::Layers => layers::check(),
        Task::Lines => lines::check(),
        Task::Manual { folder } => manual::write(&folder),
    }
}
