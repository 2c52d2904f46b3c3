//! Helper processes.

use std::path::PathBuf;

/// A helper process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// Its name, unique in the configuration.
    pub name: String,
    /// What is run.
    pub program: Program,
    /// With which arguments, the program's own name not among them.
    pub args: Vec<String>,
    /// The form of the events it gets.
    pub encoder: Encoder,
    /// Whether it is started again when it ends.
    pub respawn: bool,
    /// Whether its commands are answered; the helper can change it for itself.
    pub ack: bool,
    /// What happens to events that it does not read.
    pub overflow: Overflow,
    /// Octets of memory for unread events.
    pub queue_bytes: usize,
    /// Octets of disk for unread events, after the memory is full.
    pub spill_bytes: u64,
}

/// What a helper process runs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Program {
    /// This very executable, written `exabgp-rs`.
    Own,
    /// A file that was there, executable, when the configuration was read.
    Path(PathBuf),
}

/// The form of events.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Encoder {
    /// One JSON object a line.
    #[default]
    Json,
    /// One line of words.
    Text,
}

/// What happens to events that a helper does not read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Overflow {
    /// They go to a temporary file, in order; when that is full too, as with [`Overflow::Gap`].
    #[default]
    Spill,
    /// The peers they are about are not read until there is room; keepalives still leave.
    Block,
    /// They are dropped and counted; one marker tells the helper how many.
    Gap,
}
