//! `flush adj-rib out`, `clear adj-rib`.

use route_text::TextError;

use super::{Command, Entry, Line, Neighbor, Parsed, Rib};

/// The rows of the table.
pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        words: &["flush", "adj-rib", "out"],
        arguments: "",
        options: &[],
        neighbor: Neighbor::Optional,
        summary: "send every route again",
        parse: |line| line.plain(Command::FlushAdjRibOut),
    },
    Entry {
        words: &["clear", "adj-rib"],
        arguments: "[in|out]",
        options: &["in", "out"],
        neighbor: Neighbor::Optional,
        summary: "forget the routes received, or withdraw those sent",
        parse: clear,
    },
];

pub(super) fn clear(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    let rib = match line.words.peek() {
        None => Rib::Out,
        Some(word) if word.is("out") => Rib::Out,
        Some(word) if word.is("in") => Rib::In,
        Some(word) => return Err(TextError::new(word, "there is no such table").hint("in or out")),
    };
    line.words.next_word();
    line.plain(Command::ClearAdjRib(rib))
}
