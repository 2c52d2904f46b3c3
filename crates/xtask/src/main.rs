//! Repository chores, run as `cargo xtask NAME`.

mod counts;
mod layers;
mod lines;
mod manual;
mod work;

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
    /// Count the instructions of the hot paths with valgrind; fail when one is 5 % off the committed figure.
    Counts {
        /// Take the counts as the new figures.
        #[arg(long)]
        bless: bool,
        /// Fail when valgrind is not installed.
        #[arg(long)]
        required: bool,
    },
    /// Do a piece of work that `counts` counts.
    #[command(hide = true)]
    Work {
        /// Which.
        name: String,
        /// How often.
        times: u32,
    },
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
        Task::Counts { bless, required } => counts::check(bless, required),
        Task::Work { name, times } => work::run(&name, times),
        Task::Manual { folder } => manual::write(&folder),
    }
}
