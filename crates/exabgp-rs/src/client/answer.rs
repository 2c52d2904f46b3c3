//! What a daemon answers, line by line.

use std::io::{self, Write};

/// How an answer ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// `done`
    Done,
    /// `error`
    Error,
    /// `shutdown`: the daemon stops.
    Shutdown,
    /// The command is one that is not answered.
    None,
}

/// The last line of an answer, in words or as an object.
pub(crate) fn end(line: &str) -> Option<End> {
    match line {
        "done" => return Some(End::Done),
        "error" => return Some(End::Error),
        "shutdown" => return Some(End::Shutdown),
        _ => {}
    }
    let object: serde_json::Value =
        line.starts_with('{').then(|| serde_json::from_str(line).ok()).flatten()?;
    match object.get("answer")?.as_str()? {
        "done" => Some(End::Done),
        "error" => Some(End::Error),
        "shutdown" => Some(End::Shutdown),
        _ => None,
    }
}

/// Whether a command is answered at all.
pub(crate) fn is_answered(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && line != "reset" && line != "silence-ack" && !line.starts_with("debug ")
}

/// The command, with the word that has `show` tell JSON.
pub(crate) fn asked(line: &str, json: bool) -> String {
    let mut words = line.split_whitespace();
    let shows = words.clone().any(|w| w == "show");
    if json && shows && !words.any(|w| w == "json") { format!("{line} json") } else { line.to_owned() }
}

/// Prints a line of an answer: with `json` as it is when it is JSON, else as an object with the text.
pub(crate) fn print(out: &mut impl Write, line: &str, json: bool) -> io::Result<()> {
    if json && serde_json::from_str::<serde_json::Value>(line).is_err() {
        return writeln!(out, "{}", serde_json::json!({ "text": line }));
    }
    writeln!(out, "{line}")
}

/// Prints the end of an answer: an object as it is, since whoever gave an id waits for it; a word only as an object.
pub(crate) fn print_end(
    out: &mut impl Write,
    told: &str,
    command: &str,
    end: End,
    json: bool,
) -> io::Result<()> {
    match (told.starts_with('{'), json) {
        (true, _) => writeln!(out, "{told}"),
        (false, true) => writeln!(out, "{}", object(command, end)),
        (false, false) => Ok(()),
    }
}

/// The end of an answer as an object.
fn object(command: &str, end: End) -> serde_json::Value {
    let answer = match end {
        End::Done => "done",
        End::Error => "error",
        End::Shutdown => "shutdown",
        End::None => "none",
    };
    serde_json::json!({ "command": command, "answer": answer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_from_what_is_told() {
        assert_eq!(end("done"), Some(End::Done));
        assert_eq!(end("{\"answer\": \"error\", \"line\": 3}"), Some(End::Error));
        assert_eq!(end("{\"127.0.0.1\": {}}"), None);
        assert_eq!(end("done with it"), None);
    }

    #[test]
    fn json_is_asked_of_what_shows_and_given_for_what_can_not() {
        assert_eq!(asked("show neighbor", true), "show neighbor json");
        assert_eq!(asked("show neighbor json", true), "show neighbor json");
        assert_eq!(asked("version", true), "version");
        let mut out = Vec::new();
        print(&mut out, "exabgp-rs \"1\"", true).unwrap();
        print(&mut out, "[1]", true).unwrap();
        print(&mut out, "plain", false).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "{\"text\":\"exabgp-rs \\\"1\\\"\"}\n[1]\nplain\n");
    }
}
