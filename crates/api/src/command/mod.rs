//! Commands: one entry each in [`COMMANDS`], one file per family of commands.
//!
//! A command is recognised by its leading words, after the neighbor selector if there is one. (The original looks for
//! its names anywhere in the line, so a word inside a route can make it another command.)

mod attributes;
mod batch;
mod eor;
mod lease;
mod operational;
mod prefix;
mod refresh;
mod rib;
mod routes;
mod session;
mod show;
mod v6;
mod watchdog;

use std::net::IpAddr;
use std::sync::Arc;

use bgp_wire::Family;
use bgp_wire::msg::Operational;
pub use prefix::PrefixFilter;
use route_text::{Action, Routes, Selector, TextError, Word, Words, closest};

pub use lease::LeaseAct;

/// The commands, by family.
pub static COMMANDS: &[&[Entry]] = &[
    routes::COMMANDS,
    attributes::COMMANDS,
    eor::COMMANDS,
    refresh::COMMANDS,
    operational::COMMANDS,
    watchdog::COMMANDS,
    lease::COMMANDS,
    rib::COMMANDS,
    show::COMMANDS,
    session::COMMANDS,
    batch::COMMANDS,
];

/// Every command of the grammar of ExaBGP 5.0.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    COMMANDS.iter().copied().flatten()
}

/// Every command of the grammar of ExaBGP 6, but those for peers, which start with `peer`.
pub fn entries_v6() -> impl Iterator<Item = &'static Entry> {
    v6::COMMANDS.iter()
}

/// One command.
pub struct Entry {
    /// The words that it starts with.
    pub words: &'static [&'static str],
    /// What follows them, for people: `PREFIX ATTRIBUTES`.
    pub arguments: &'static str,
    /// The words that may follow, as `help` lists them.
    pub options: &'static [&'static str],
    /// Whether a neighbor selector may or must stand in front.
    pub neighbor: Neighbor,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Reads what follows its words.
    pub parse: fn(&mut Line<'_>) -> Result<Parsed, TextError>,
}

/// Whether a command takes a neighbor selector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Neighbor {
    /// It concerns the daemon.
    Never,
    /// Without one it concerns every neighbor the helper is attached to.
    Optional,
    /// It is too dangerous without one.
    Required,
}

/// What an [`Entry`] reads.
#[derive(Debug)]
pub struct Line<'a> {
    /// At what follows the command's words.
    pub words: Words<'a>,
    /// At the last of the command's words.
    pub last: Words<'a>,
}

impl Line<'_> {
    /// Nothing more may follow.
    pub fn end(&mut self) -> Result<(), TextError> {
        match self.words.next_word() {
            None => Ok(()),
            Some(word) => Err(TextError::new(word, "unexpected word").hint("the command ends before it")),
        }
    }

    /// A command without arguments.
    fn plain(&mut self, command: Command) -> Result<Parsed, TextError> {
        self.end()?;
        Ok(Parsed::Command(command))
    }
}

/// What a line turned out to be.
#[derive(Debug)]
pub enum Parsed {
    /// Routes.
    Routes(Action, Routes),
    /// Anything else.
    Command(Command),
    /// Routes announced and withdrawn by one line.
    Group(Vec<(Action, Routes)>),
}

/// Which of the two tables of a peer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rib {
    /// What the peer announced (Adj-RIB-In).
    In,
    /// What it is told (Adj-RIB-Out).
    Out,
}

/// How `show neighbor` tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NeighborForm {
    /// Not at all: the choices.
    Choices,
    /// One line each.
    Summary,
    /// Everything.
    Extensive,
    /// As in the configuration.
    Configuration,
    /// One line with a list of objects.
    Json,
}

/// Families that `show adj-rib` is limited to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum FamilyFilter {
    /// All.
    #[default]
    Any,
    /// `inet`: routes to addresses.
    Inet,
    /// `flow`: flow specifications.
    Flow,
    /// `l2vpn`: layer 2.
    L2vpn,
    /// One.
    One(Family),
}

impl FamilyFilter {
    /// Whether routes of a family are shown.
    pub fn matches(self, family: Family) -> bool {
        use bgp_wire::{Afi, Safi};
        let flow = matches!(family.safi, Safi::FLOW | Safi::FLOW_VPN);
        match self {
            Self::Any => true,
            Self::Inet => matches!(family.afi, Afi::IPV4 | Afi::IPV6) && !flow,
            Self::Flow => flow,
            Self::L2vpn => family.afi == Afi::L2VPN,
            Self::One(one) => one == family,
        }
    }
}

/// Acknowledgements on or off, for the helper that asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AckSwitch {
    /// `enable-ack`: on, and `done` says so.
    Enable,
    /// `disable-ack`: off after a last `done`.
    Disable,
    /// `silence-ack`: off at once.
    Silence,
}

/// A grammar, with the form of its answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Grammar {
    /// That of ExaBGP 5.0, and of 4 before it: answers are words.
    #[default]
    V4,
    /// That of ExaBGP 6: what commands tell is JSON.
    V6,
}

/// Everything that is no route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Send an End-of-RIB marker.
    EndOfRib(Family),
    /// Ask the peer for its routes again.
    RouteRefresh(Family),
    /// Switch a watchdog group; without name the one named after the helper. Concerns every neighbor.
    Watchdog {
        /// Announce or withdraw its routes.
        action: Action,
        /// Its name.
        name: Option<Box<str>>,
    },
    /// Begin, renew or end a lease.
    Lease {
        /// Its name.
        name: Box<str>,
        /// What of it.
        act: LeaseAct,
    },
    /// Send everything again.
    FlushAdjRibOut,
    /// Send an OPERATIONAL message.
    Operational(Arc<Operational>),
    /// Withdraw everything sent, or forget everything received.
    ClearAdjRib(Rib),
    /// End the session with Cease and this subcode; nobody matching is no error.
    Teardown(u8),
    /// Tell about neighbors, attached or not.
    ShowNeighbor {
        /// Only the one with this address.
        address: Option<IpAddr>,
        /// How.
        form: NeighborForm,
    },
    /// Tell about routes.
    ShowAdjRib {
        /// Which.
        rib: Rib,
        /// Only of the neighbor with this address.
        address: Option<IpAddr>,
        /// Only of these families.
        families: FamilyFilter,
        /// Only these prefixes.
        prefix: Option<PrefixFilter>,
        /// Also whether the peer has been sent it.
        status: bool,
        /// With full peer name and attributes.
        extensive: bool,
        /// As JSON.
        json: bool,
    },
    /// Tell which neighbors there are.
    ListPeers,
    /// The routes before it were one line: tell how many.
    Grouped {
        /// Routes announced.
        announced: u32,
        /// Routes withdrawn.
        withdrawn: u32,
    },
    /// Collect the routes that follow until [`Command::Commit`].
    Begin,
    /// Do what was collected: all, or nothing if any of it can't be done.
    Commit,
    /// Forget what was collected.
    Rollback,
    /// Tell how the daemon is.
    Status,
    /// Tell that there is someone.
    Ping,
    /// The helper has no more to say.
    Bye,
    /// Tell what waits to be read by helpers.
    QueueStatus,
    /// Tell or choose the grammar whose answers this helper gets.
    Api(Option<Grammar>),
    /// Answer with objects, or with words.
    Answers {
        /// Objects.
        json: bool,
    },
    /// Answer once the routes are written to the peers, or as soon as they are taken.
    Sync(bool),
    /// List the commands.
    Help,
    /// Tell the version.
    Version,
    /// Read the configuration again.
    Reload,
    /// Drop all sessions and start the helpers anew.
    Restart,
    /// End.
    Shutdown,
    /// Forget what is under way for this helper. Lines are done in order, so nothing ever is.
    Reset,
    /// Switch acknowledgements.
    Ack(AckSwitch),
    /// A comment: logged, answered.
    Comment(Box<str>),
    /// A message for the log, not answered.
    Debug(Box<str>),
}

impl Command {
    /// Whether it may stand between [`Command::Begin`] and [`Command::Commit`]: it changes nothing but the
    /// conversation.
    pub const fn is_harmless(&self) -> bool {
        matches!(
            self,
            Self::ShowNeighbor { .. }
                | Self::ShowAdjRib { .. }
                | Self::ListPeers
                | Self::Status
                | Self::Ping
                | Self::QueueStatus
                | Self::Api(_)
                | Self::Help
                | Self::Version
                | Self::Ack(_)
                | Self::Sync(_)
                | Self::Answers { .. }
                | Self::Comment(_)
                | Self::Debug(_)
                | Self::Commit
                | Self::Rollback
        )
    }

    /// Whether the helper is owed an answer, acknowledgements being on.
    pub const fn answers(&self) -> bool {
        !matches!(self, Self::Reset | Self::Debug(_) | Self::Ack(AckSwitch::Silence))
    }
}

/// Reads a line in either grammar: the first word says which.
pub(crate) fn read(mut words: Words<'_>) -> Result<(Option<Selector>, Parsed), TextError> {
    if v6::is_v6(words) {
        return v6::parse(words);
    }
    let selector = Selector::parse(&mut words)?;
    let parsed = parse(words, selector.is_some())?;
    Ok((selector, parsed))
}

/// Reads a command of ExaBGP 5.0, the selector in front of it being read. `selected` says whether there was one.
pub(crate) fn parse(words: Words<'_>, selected: bool) -> Result<Parsed, TextError> {
    let start = words.peek().ok_or_else(|| words.end("a command"))?;
    parse_in(entries, words, selected, start)
}

/// Reads a command of one table.
fn parse_in<I: Iterator<Item = &'static Entry>>(
    table: fn() -> I,
    words: Words<'_>,
    selected: bool,
    start: Word<'_>,
) -> Result<Parsed, TextError> {
    let (entry, mut line) = find(table(), words).ok_or_else(|| unknown(table, words))?;
    match entry.neighbor {
        Neighbor::Never if selected => {
            Err(TextError::new(start, "this command takes no neighbor").hint("leave the selector away"))
        }
        Neighbor::Required if !selected => Err(TextError::new(start, "this command needs a neighbor")
            .hint("as in neighbor 192.0.2.1, or neighbor *")),
        _ => (entry.parse)(&mut line),
    }
}

/// Octets of a word that a command may begin with.
const LONGEST: usize = 64;

/// The command whose words the line starts with; the one with most words, should there be several.
fn find(table: impl Iterator<Item = &'static Entry>, words: Words<'_>) -> Option<(&'static Entry, Line<'_>)> {
    // A helper may write a word of many mebibytes: it is not compared with each of the commands.
    if words.peek().is_some_and(|word| word.text.len() > LONGEST) {
        return None;
    }
    let matches = table.filter_map(|entry| {
        let mut line = Line { words, last: words };
        for wanted in entry.words {
            line.last = line.words;
            if !line.words.accept(wanted) {
                return None;
            }
        }
        Some((entry, line))
    });
    matches.max_by_key(|(entry, _)| entry.words.len())
}

/// The error of a line that starts like no command: says which word is the first that fits nowhere.
#[cold]
fn unknown<I: Iterator<Item = &'static Entry>>(table: fn() -> I, words: Words<'_>) -> TextError {
    let mut ahead = words;
    let mut depth = 0usize;
    loop {
        let word = ahead.peek();
        // Entries that agree with all words before this one.
        let near = |entry: &&Entry| {
            let mut from_start = words;
            entry.words.iter().take(depth).all(|w| from_start.accept(w)) && entry.words.len() > depth
        };
        let choices = || table().filter(near).filter_map(move |e| e.words.get(depth).copied());
        match word {
            Some(word) if choices().any(|c| word.is(c)) => {
                ahead.next_word();
                depth = depth.saturating_add(1);
            }
            Some(word) => {
                let error =
                    TextError::new(word, if depth == 0 { "unknown command" } else { "unknown argument" });
                return match closest(word.text, choices()) {
                    Some(near) => error.hint(format!("did you mean {near}?")),
                    None => error.hint(list(choices())),
                };
            }
            None => return ahead.end("the rest of the command").hint(list(choices())),
        }
    }
}

fn list(words: impl Iterator<Item = &'static str>) -> String {
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words.dedup();
    words.join(", ")
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words.join(" "))
    }
}

#[cfg(test)]
mod tests;
