//! What `reload` tells when it is over.

use std::fmt;

use bgp_wire::emit::{Emit as _, Spacing};

use crate::encode::JsonWriter;

/// Lines of the reason that are told; the log has all of them.
const LINES: usize = 100;

/// What a reload has changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reloaded {
    /// Sessions that ended and started again because of their settings.
    pub sessions_reset: usize,
    /// Neighbors that came.
    pub sessions_started: usize,
    /// Neighbors that went.
    pub sessions_ended: usize,
    /// Routes announced, counted once for each neighbor; those of new neighbors included.
    pub routes_announced: usize,
    /// Routes withdrawn from neighbors that stay, counted once for each neighbor.
    pub routes_withdrawn: usize,
    /// Helpers whose definition changed.
    pub helpers_restarted: usize,
    /// Helpers that came.
    pub helpers_started: usize,
    /// Helpers that went.
    pub helpers_stopped: usize,
    /// What of it could not be done, and why.
    pub refused: Option<String>,
}

impl Reloaded {
    const fn counts(&self) -> [(&'static str, usize); 8] {
        [
            ("sessions reset", self.sessions_reset),
            ("sessions started", self.sessions_started),
            ("sessions ended", self.sessions_ended),
            ("routes announced", self.routes_announced),
            ("routes withdrawn", self.routes_withdrawn),
            ("helpers restarted", self.helpers_restarted),
            ("helpers started", self.helpers_started),
            ("helpers stopped", self.helpers_stopped),
        ]
    }

    /// The line before the answer; as an object in the grammar of ExaBGP 6.
    pub fn text(&self, six: bool) -> Vec<u8> {
        if !six {
            return format!("reloaded: {self}\n").into_bytes();
        }
        let mut out = Vec::new();
        let mut w = JsonWriter::new(&mut out);
        w.begin_object(Spacing::Tight);
        w.key("status");
        w.text("reloaded");
        for (name, count) in self.counts() {
            w.key(&name.replace(' ', "-"));
            w.number(u64::try_from(count).unwrap_or(u64::MAX));
        }
        w.end_object();
        out.push(b'\n');
        out
    }
}

impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, count)) in self.counts().into_iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{count} {name}")?;
        }
        Ok(())
    }
}

/// Why a reload was refused, in lines that can't be taken for an answer.
pub fn refused(why: &str) -> Vec<u8> {
    let mut text = String::new();
    for line in why.lines().take(LINES) {
        text.push_str("reload refused: ");
        text.push_str(line);
        text.push('\n');
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_grammars_tell_the_counts() {
        let told = Reloaded { sessions_reset: 1, routes_announced: 30, ..Reloaded::default() };
        assert_eq!(
            String::from_utf8(told.text(false)).unwrap(),
            "reloaded: 1 sessions reset, 0 sessions started, 0 sessions ended, 30 routes announced, \
             0 routes withdrawn, 0 helpers restarted, 0 helpers started, 0 helpers stopped\n"
        );
        assert_eq!(
            String::from_utf8(told.text(true)).unwrap(),
            "{\"status\": \"reloaded\", \"sessions-reset\": 1, \"sessions-started\": 0, \"sessions-ended\": 0, \
             \"routes-announced\": 30, \"routes-withdrawn\": 0, \"helpers-restarted\": 0, \"helpers-started\": 0, \
             \"helpers-stopped\": 0}\n"
        );
    }

    #[test]
    fn no_line_of_a_reason_is_an_answer() {
        assert_eq!(refused("done\nerror"), b"reload refused: done\nreload refused: error\n");
    }
}
