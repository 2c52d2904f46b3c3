//! `announce attributes … nlri P P P`: many prefixes that share what was written once.

use route_text::{Action, TextError, parse_attributes};

use super::{Entry, Line, Neighbor, Parsed};

/// The rows of the table; both spellings are in use.
pub(super) const COMMANDS: &[Entry] = &[
    entry(&["announce", "attribute"], ANNOUNCE, "announce routes with the same attributes", announce),
    entry(&["announce", "attributes"], ANNOUNCE, "announce routes with the same attributes", announce),
    entry(&["withdraw", "attribute"], WITHDRAW, "withdraw several routes", withdraw),
    entry(&["withdraw", "attributes"], WITHDRAW, "withdraw several routes", withdraw),
    // As mrt2exabgp writes it.
    entry(&["withdrawn", "attributes"], WITHDRAW, "withdraw several routes", withdraw),
];

const ANNOUNCE: &str = "next-hop ADDRESS ... nlri PREFIX ...";
const WITHDRAW: &str = "... nlri PREFIX ...";

const fn entry(
    words: &'static [&'static str],
    arguments: &'static str,
    summary: &'static str,
    parse: fn(&mut Line<'_>) -> Result<Parsed, TextError>,
) -> Entry {
    Entry { words, arguments, options: &[], neighbor: Neighbor::Optional, summary, parse }
}

fn announce(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    parse_attributes(&mut line.words, Action::Announce).map(|r| Parsed::Routes(Action::Announce, r))
}

fn withdraw(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    parse_attributes(&mut line.words, Action::Withdraw).map(|r| Parsed::Routes(Action::Withdraw, r))
}
