//! `announce watchdog`, `withdraw watchdog`: switch groups of routes on and off, for all neighbors.

use route_text::{Action, TextError};

use super::{Command, Entry, Line, Neighbor, Parsed};

/// The rows of the table. A selector is accepted, as ever, and means nothing.
pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        words: &["announce", "watchdog"],
        arguments: "[NAME]",
        options: &[],
        neighbor: Neighbor::Optional,
        summary: "announce the routes of a watchdog group, at every neighbor",
        parse: |line| switch(line, Action::Announce),
    },
    Entry {
        words: &["withdraw", "watchdog"],
        arguments: "[NAME]",
        options: &[],
        neighbor: Neighbor::Optional,
        summary: "withdraw the routes of a watchdog group, at every neighbor",
        parse: |line| switch(line, Action::Withdraw),
    },
];

fn switch(line: &mut Line<'_>, action: Action) -> Result<Parsed, TextError> {
    let name = line.words.next_word().map(|word| word.text.into());
    line.plain(Command::Watchdog { action, name })
}
