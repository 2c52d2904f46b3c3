//! What helpers are answered: `done`, `error`, and what commands tell.
//!
//! Answers come in the order of the commands, always: a helper may write many commands at once and match the answers
//! by their position. They are words of text in every dialect, as in the original.

pub mod adj_rib;
pub mod answer;
mod help;
pub mod neighbor;
pub mod reload;
pub mod v6;

pub use help::help;

use crate::command::AckSwitch;

/// The answer to a command that was done.
pub const DONE: &[u8] = b"done\n";

/// The answer to a command that was not.
pub const ERROR: &[u8] = b"error\n";

/// What `shutdown` tells before its `done`.
pub const SHUTDOWN: &[u8] = b"shutdown in progress\n";

/// What `reload` tells before its `done`.
pub const RELOAD: &[u8] = b"reload in progress\n";

/// What `restart` tells before its `done`.
pub const RESTART: &[u8] = b"restart in progress\n";

/// What `version` tells before its `done`: the program and its version.
pub fn version(version: &str) -> Vec<u8> {
    format!("exabgp-rs {version}\n").into_bytes()
}

/// Whether one helper wants to be answered. What commands tell is told all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Acks {
    enabled: bool,
}

impl Acks {
    /// As the settings say (`exabgp.api.ack`, the process's own); to be made anew when the helper is started again.
    pub const fn new(enabled: bool) -> Self {
        Self { enabled }
    }

    /// Whether commands are answered.
    pub const fn enabled(self) -> bool {
        self.enabled
    }

    /// The answer to a command, if any.
    pub const fn answer(self, done: bool) -> Option<&'static [u8]> {
        match (self.enabled, done) {
            (false, _) => None,
            (true, true) => Some(DONE),
            (true, false) => Some(ERROR),
        }
    }

    /// Does what a helper asked for, and says what it is answered.
    pub const fn switch(&mut self, switch: AckSwitch) -> Option<&'static [u8]> {
        match switch {
            AckSwitch::Enable => {
                self.enabled = true;
                Some(DONE)
            }
            AckSwitch::Disable => {
                let answer = self.answer(true);
                self.enabled = false;
                answer
            }
            AckSwitch::Silence => {
                self.enabled = false;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_answer_as_in_the_original() {
        let mut acks = Acks::new(true);
        assert_eq!(acks.answer(true), Some(DONE));
        assert_eq!(acks.answer(false), Some(ERROR));
        assert_eq!(acks.switch(AckSwitch::Disable), Some(DONE));
        assert_eq!(acks.answer(false), None, "errors are silent too");
        assert_eq!(acks.switch(AckSwitch::Disable), None);
        assert_eq!(acks.switch(AckSwitch::Enable), Some(DONE));
        assert_eq!(acks.switch(AckSwitch::Silence), None);
        assert_eq!(acks.answer(true), None);
        assert_eq!(Acks::new(false).switch(AckSwitch::Enable), Some(DONE));
    }
}
