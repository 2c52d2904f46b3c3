//! `announce operational`: a message of draft-ietf-idr-operational-message.

use std::sync::Arc;

use route_text::parse_operational;

use super::{Command, Entry, Neighbor};

/// The rows of the table.
pub(super) const COMMANDS: &[Entry] = &[Entry {
    words: &["announce", "operational"],
    arguments: "KIND afi AFI safi SAFI …",
    options: &["asm", "adm", "rpcq", "rpcp", "apcq", "apcp", "lpcq", "lpcp"],
    neighbor: Neighbor::Optional,
    summary: "send an operational message; an asm is sent on every session from then on",
    parse: |line| {
        let message = parse_operational(&mut line.words)?;
        line.plain(Command::Operational(Arc::new(message)))
    },
}];
