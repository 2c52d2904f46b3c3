//! `announce eor`: End-of-RIB markers by hand (RFC 4724 section 2).

use bgp_wire::Family;
use route_text::parse_family;

use super::{Command, Entry, Neighbor};

/// The rows of the table.
pub(super) const COMMANDS: &[Entry] = &[Entry {
    words: &["announce", "eor"],
    arguments: "[AFI SAFI]",
    options: &[],
    neighbor: Neighbor::Optional,
    summary: "send an End-of-RIB marker; of ipv4 unicast unless told otherwise",
    parse: |line| {
        let family = match line.words.peek() {
            None => Family::IPV4_UNICAST,
            Some(_) => parse_family(&mut line.words)?,
        };
        line.plain(Command::EndOfRib(family))
    },
}];
