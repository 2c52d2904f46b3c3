//! What may stand where the cursor is: from the table of commands, so that it can't be out of date.

use api::command::{Neighbor, entries};

/// Words that may stand in a selector.
const SELECTOR: [&str; 6] = ["neighbor", "local-ip", "local-as", "peer-as", "router-id", "family-allowed"];

/// Where the word under way begins, and what it may become.
pub(super) fn complete(line: &str) -> (usize, Vec<String>) {
    let start = line.rfind(' ').map_or(0, |at| at.saturating_add(1));
    let (before, word) = line.split_at(start);
    let mut words: Vec<&str> = before.split_whitespace().collect();
    let selected = words.first() == Some(&"neighbor");
    while words.len() >= 2 && words.first().is_some_and(|w| SELECTOR.contains(w)) {
        words.drain(..2);
    }
    if words.len() == 1 && words.first().is_some_and(|w| SELECTOR.contains(w)) {
        // The value of a selector: known to the user only.
        return (start, Vec::new());
    }
    let mut found: Vec<&str> = Vec::new();
    for entry in entries().filter(|e| !selected || e.neighbor != Neighbor::Never) {
        let depth = words.len();
        if entry.words.iter().zip(&words).all(|(a, b)| a == b) {
            match entry.words.get(depth) {
                Some(next) => found.push(next),
                None => found.extend(entry.options.iter().filter(|o| !words.contains(o))),
            }
        }
    }
    if words.is_empty() {
        found.extend(if selected { &SELECTOR[1..] } else { &SELECTOR[..1] });
        if !selected {
            found.extend(["exit", "history", "set"]);
        }
    }
    found.retain(|w| w.starts_with(word));
    found.sort_unstable();
    found.dedup();
    (start, found.into_iter().map(|w| format!("{w} ")).collect())
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn the_table_says_what_may_follow() {
        assert_eq!(complete("show nei"), (5, vec!["neighbor ".to_owned()]));
        assert!(complete("show adj-rib ").1.contains(&"in ".to_owned()));
        assert!(complete("show neighbor summary e").1.contains(&"extensive ".to_owned()));
        assert!(complete("neighbor 10.0.0.1 ann").1.contains(&"announce ".to_owned()));
        assert!(complete("neighbor ").1.is_empty());
        assert!(!complete("neighbor 10.0.0.1 ").1.contains(&"version ".to_owned()));
        assert!(complete("").1.contains(&"version ".to_owned()));
    }
}
