//! "Did you mean": the nearest of the words that would have been right.

/// Octets of a word that may be a misspelt one. Comparing takes time in proportion to the length, and a helper may
/// write a word of many mebibytes.
const LONGEST: usize = 64;

/// The candidate most like `word`, if any is like it enough to be worth proposing.
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(&lower, c), c))
        // Below this, proposals are noise: "foo" is not a misspelt "origin".
        .filter(|(score, _)| *score > 0.75)
        // The first of equals: callers list the usual one first.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn near_misses_are_found_and_noise_is_not() {
        let words = ["next-hop", "local-preference", "community", "med"];
        assert_eq!(closest("nexthop", words), Some("next-hop"));
        assert_eq!(closest("local-pref", words), Some("local-preference"));
        assert_eq!(closest("communities", words), Some("community"));
        assert_eq!(closest("MED", words), Some("med"));
        assert_eq!(closest("xyzzy", words), None);
        assert_eq!(closest(&format!("next-hop{}", "p".repeat(100)), words), None);
    }
}
