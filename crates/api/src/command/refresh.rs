//! `announce route-refresh`: asks the peer for its routes (RFC 2918).

use route_text::parse_family;

use super::{Command, Entry, Neighbor};

/// The rows of the table.
pub(super) const COMMANDS: &[Entry] = &[Entry {
    words: &["announce", "route-refresh"],
    arguments: "AFI SAFI",
    options: &[],
    neighbor: Neighbor::Optional,
    summary: "ask for the routes of a family again",
    parse: |line| {
        let family = parse_family(&mut line.words)?;
        line.plain(Command::RouteRefresh(family))
    },
}];
