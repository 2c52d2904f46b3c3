//! Suggestions for misspelt names.

use crate::diag::Diag;

/// Adds "did you mean" when a candidate is like `word`, else the candidates when they are few.
pub(crate) fn add<'c>(diag: Diag, word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Diag {
    let mut all: Vec<&str> = candidates.into_iter().collect();
    all.dedup();
    match route_text::closest(word, all.iter().copied()) {
        Some(near) => diag.hint(format!("did you mean {near}?")),
        None if !all.is_empty() && all.len() <= 12 => diag.hint(format!("known are {}", all.join(", "))),
        None => diag,
    }
}
