//! Seeds: what the mutations start from. One a line: octets in hexadecimal where the line begins with `0x`, else text,
//! in which `\n` is the end of a line. Lines that begin with `#` say what follows.

/// The seeds of a target.
///
/// # Panics
/// When there are none, or a line makes no sense.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let path = format!("{}/seeds/{target}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let seeds: Vec<_> = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).map(seed).collect();
    assert!(!seeds.is_empty(), "{path} has no seed");
    seeds
}

fn seed(line: &str) -> Vec<u8> {
    match line.strip_prefix("0x") {
        Some(digits) => octets(digits),
        None => line.replace("\\n", "\n").into_bytes(),
    }
}

/// Octets of hexadecimal digits; spaces between them are for the eye.
fn octets(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .chars()
        .filter(|c| *c != ' ')
        .map(|c| {
            c.to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or_else(|| panic!("{c} is no digit"))
        })
        .collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "half an octet");
    pairs.iter().map(|[high, low]| high << 4 | low).collect()
}
