//! The daemon and the conversation: `teardown`, `shutdown`, `reload`, `restart`, `help`, acknowledgements, comments.

use super::{AckSwitch, Command, Entry, Line, Neighbor, Parsed};
use route_text::TextError;

/// The rows of the table.
pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        words: &["teardown"],
        arguments: "SUBCODE",
        options: &[],
        neighbor: Neighbor::Required,
        summary: "end sessions with Cease and this subcode (RFC 4486)",
        parse: teardown,
    },
    plain(&["shutdown"], "end", |line| line.plain(Command::Shutdown)),
    plain(&["reload"], "read the configuration again", |line| line.plain(Command::Reload)),
    plain(&["restart"], "drop all sessions and start the helpers anew", |line| line.plain(Command::Restart)),
    plain(&["reset"], "forget what is under way; no answer", |line| line.plain(Command::Reset)),
    plain(&["version"], "tell the version", |line| line.plain(Command::Version)),
    plain(&["help"], "list the commands", |line| line.plain(Command::Help)),
    plain(&["enable-ack"], "answer commands", |line| line.plain(Command::Ack(AckSwitch::Enable))),
    plain(&["disable-ack"], "answer this command and no other", |line| {
        line.plain(Command::Ack(AckSwitch::Disable))
    }),
    plain(&["silence-ack"], "answer no command", |line| line.plain(Command::Ack(AckSwitch::Silence))),
    Entry {
        arguments: "TEXT",
        ..plain(&["debug"], "write to the log; no answer", |line| {
            Ok(Parsed::Command(Command::Debug(line.words.rest().into())))
        })
    },
    // The parser knows a comment by its first character; the row is for people.
    Entry {
        arguments: "TEXT",
        ..plain(&["#"], "a comment, written to the log", |line| {
            Ok(Parsed::Command(Command::Comment(line.words.rest().into())))
        })
    },
];

pub(super) const fn plain(
    words: &'static [&'static str],
    summary: &'static str,
    parse: fn(&mut Line<'_>) -> Result<Parsed, TextError>,
) -> Entry {
    Entry { words, arguments: "", options: &[], neighbor: Neighbor::Never, summary, parse }
}

fn teardown(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    let word = line.words.expect("a Cease subcode")?;
    let number =
        Some(word.text).filter(|t| t.bytes().all(|b| b.is_ascii_digit())).and_then(|t| t.parse().ok());
    let Some(subcode) = number else {
        return Err(TextError::new(word, "this is no Cease subcode").hint("a number from 0 to 255"));
    };
    line.plain(Command::Teardown(subcode))
}
