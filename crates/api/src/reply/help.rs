//! `help`: made from the table of commands.

use std::fmt::Write as _;

use crate::command::{Entry, Neighbor, entries};

/// The list of commands, one line each, in alphabetical order.
pub fn help() -> Vec<u8> {
    let mut commands: Vec<&Entry> = entries().collect();
    commands.sort_by_key(|e| e.words);
    let mut text = String::from(
        "\navailable API commands are listed here:\n\
         =======================================\n\n\
         filter can be: [local-ip <ip>][local-as <asn>][peer-as <asn>][router-id <router-id>]\n\n\
         command are:\n------------\n\n",
    );
    for entry in commands {
        if entry.neighbor != Neighbor::Never {
            text.push_str("[neighbor <ip> [filters]] ");
        }
        text.push_str(&entry.words.join(" "));
        if !entry.options.is_empty() {
            let _ = write!(text, " [ {} ]", entry.options.join(" "));
        }
        text.push_str(if entry.neighbor == Neighbor::Never || !entry.options.is_empty() {
            " \n"
        } else {
            "\n"
        });
    }
    text.push('\n');
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_command_is_listed() {
        let text = String::from_utf8(super::help()).unwrap();
        for line in [
            "# ",
            "[neighbor <ip> [filters]] announce route",
            "[neighbor <ip> [filters]] show adj-rib in [ extensive json ] ",
            "version ",
        ] {
            assert!(text.lines().any(|l| l == line), "{line:?} is not in\n{text}");
        }
        let listed: Vec<&str> = text.lines().skip(9).filter(|l| !l.is_empty()).collect();
        assert_eq!(listed.len(), crate::command::entries().count());
    }
}
