//! `lease`: routes that are announced as long as somebody says that they are wanted.

use std::num::NonZeroU32;

use route_text::{TextError, lease_name, seconds};

use super::session::plain;
use super::{Command, Entry, Line, Parsed};

/// What is done with a lease.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LeaseAct {
    /// It is there for so many seconds from now on.
    Begin(NonZeroU32),
    /// It is there for as many seconds as were asked for last, from now on; there must be one.
    Heartbeat,
    /// It ends, and with it its routes.
    End,
}

/// The rows of the table.
pub(super) const COMMANDS: &[Entry] = &[Entry {
    arguments: "NAME SECONDS|heartbeat|end",
    options: &["heartbeat", "end"],
    ..plain(&["lease"], "begin, renew or end a lease that routes are announced with", lease)
}];

fn lease(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    let name = lease_name(line.words.expect("the name of a lease")?)?;
    let word = line.words.expect("a number of seconds, heartbeat or end")?;
    let act = match word.text {
        "heartbeat" => LeaseAct::Heartbeat,
        "end" => LeaseAct::End,
        _ => LeaseAct::Begin(seconds(word).map_err(|e| e.hint("a number of seconds, heartbeat or end"))?),
    };
    line.plain(Command::Lease { name, act })
}
