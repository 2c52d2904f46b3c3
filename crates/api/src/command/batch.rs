//! `begin`, `commit`, `rollback`: routes that are done all or not at all.

use super::session::plain;
use super::{Command, Entry};

/// The rows of the table.
pub(super) const COMMANDS: &[Entry] = &[
    plain(&["begin"], "collect the routes that follow, for commit", |line| line.plain(Command::Begin)),
    plain(&["commit"], "do what was collected since begin: all of it, or nothing", |line| {
        line.plain(Command::Commit)
    }),
    plain(&["rollback"], "forget what was collected since begin", |line| line.plain(Command::Rollback)),
    plain(&["group", "start"], "the same as begin", |line| line.plain(Command::Begin)),
    plain(&["group", "end"], "the same as commit", |line| line.plain(Command::Commit)),
];
