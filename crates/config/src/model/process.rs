//! Helper processes.

use std::path::PathBuf;

use crate::env::ApiVersion;

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
    /// The grammar whose answers it gets; it can change it for itself.
    pub api: ApiVersion,
    /// What happens to events that it does not read.
    pub overflow: Overflow,
    /// Octets of memory for unread events.
    pub queue_bytes: usize,
    /// Octets of disk for unread events, after the memory is full.
    pub spill_bytes: u64,
    /// What becomes of its routes when it ends.
    pub on_exit: OnExit,
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
    /// One JSON object a line, as ExaBGP 5.0 writes it.
    #[default]
    Json,
    /// The same with plain prefixes as strings.
    JsonCompact,
    /// As ExaBGP 3.4 writes it.
    Json34,
    /// As ExaBGP 4.2 writes it.
    Json4,
    /// The same with plain prefixes as strings.
    Json4Compact,
    /// As ExaBGP 6 writes it.
    Json6,
    /// The same with plain prefixes as strings.
    Json6Compact,
    /// Lines of words.
    Text,
}

impl Encoder {
    /// Every form, with the name that configurations and events' dialects give it.
    pub const ALL: [(&'static str, Self); 8] = [
        ("json", Self::Json),
        ("json-compact", Self::JsonCompact),
        ("json-3.4", Self::Json34),
        ("json-4.0.1", Self::Json4),
        ("json-4.0.1-compact", Self::Json4Compact),
        ("json-6.0.0", Self::Json6),
        ("json-6.0.0-compact", Self::Json6Compact),
        ("text", Self::Text),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, e)| *e == self).map_or("json", |(name, _)| name)
    }

    /// The form that a configuration calls so.
    pub fn named(name: &str) -> Option<Self> {
        // The default has its version as a name too.
        let name = if name.eq_ignore_ascii_case("json-5.0.0") { "json" } else { name };
        Self::ALL.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, encoder)| *encoder)
    }

    /// What plain `json` means where helpers speak the language of ExaBGP 6, or `exabgp.api.compact` is set.
    #[must_use]
    pub const fn resolved(self, six: bool, compact: bool) -> Self {
        match (self, six, compact) {
            (Self::Json, false, true) => Self::JsonCompact,
            (Self::Json, true, false) => Self::Json6,
            (Self::Json4, _, true) => Self::Json4Compact,
            (Self::Json, true, true) | (Self::Json6, _, true) => Self::Json6Compact,
            (encoder, ..) => encoder,
        }
    }
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

/// What becomes of a process's routes when it ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OnExit {
    /// They stay.
    #[default]
    Keep,
    /// They are withdrawn.
    Withdraw,
    /// They are withdrawn after so many seconds, but those that the process has announced again by then.
    WithdrawAfter(u32),
}
