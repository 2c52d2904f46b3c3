//! The short forms that ExaBGP's command line takes: `s n s` for `show neighbor summary`.

/// Words of a selector, each followed by its value.
const SELECTOR: [&str; 6] = ["neighbor", "local-ip", "local-as", "peer-as", "router-id", "family-allowed"];

/// Words that may be shortened where they stand: after which words, the short form, the word.
fn long(before: &[&str], word: &str) -> Option<&'static str> {
    let first = before.is_empty();
    let last = before.last().copied().unwrap_or_default();
    let shows = before.first() == Some(&"show");
    let verb = matches!(last, "announce" | "withdraw");
    Some(match word {
        "neighbour" | "neigbour" | "neigbor" => "neighbor",
        "a" if first => "announce",
        "a" if last == "show" || matches!(last, "flush" | "clear") => "adj-rib",
        "a" if verb => "attributes",
        "c" if shows && before.contains(&"neighbor") => "configuration",
        "e" if verb => "eor",
        "e" if shows => "extensive",
        "f" if first => "flush",
        "f" if verb => "flow",
        "h" if first => "help",
        "i" if last == "adj-rib" => "in",
        "o" if last == "adj-rib" => "out",
        "o" if verb => "operation",
        "n" if first || last == "show" => "neighbor",
        "r" if verb => "route",
        "rr" if verb => "route-refresh",
        "s" if first => "show",
        "s" if shows && before.contains(&"neighbor") => "summary",
        "t" if first => "teardown",
        "v" if verb => "vpls",
        "w" if first => "withdraw",
        "w" if verb => "watchdog",
        _ => return None,
    })
}

/// The line with its short forms written out. What stands in no such place is left as it is.
pub(crate) fn expand(line: &str) -> String {
    let mut done: Vec<&str> = Vec::new();
    // A selector in front of a command is passed over: the command begins after it.
    let mut start = 0usize;
    for word in line.split(' ').filter(|w| !w.is_empty()) {
        let before = done.get(start..).unwrap_or_default();
        let word = long(before, word).unwrap_or(word);
        done.push(word);
        let whole = done.get(start..).unwrap_or_default();
        if let [key, _] = whole
            && SELECTOR.contains(key)
        {
            start = done.len();
        }
    }
    done.join(" ")
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn short_forms_are_written_out_where_they_stand_for_something() {
        for (short, whole) in [
            ("s n s", "show neighbor summary"),
            ("s n 10.0.0.1 e", "show neighbor 10.0.0.1 extensive"),
            ("s a o e", "show adj-rib out extensive"),
            (
                "n 10.0.0.1 a r 10.0.0.0/24 next-hop self",
                "neighbor 10.0.0.1 announce route 10.0.0.0/24 next-hop self",
            ),
            ("neighbour 10.0.0.1 local-as 1 t 6", "neighbor 10.0.0.1 local-as 1 teardown 6"),
            ("f a o", "flush adj-rib out"),
            ("announce e ipv4 unicast", "announce eor ipv4 unicast"),
            ("h", "help"),
            ("announce route 10.0.0.0/24 next-hop self", "announce route 10.0.0.0/24 next-hop self"),
            (
                "announce route 10.0.0.0/24 next-hop self name a",
                "announce route 10.0.0.0/24 next-hop self name a",
            ),
        ] {
            assert_eq!(expand(short), whole);
        }
    }
}
