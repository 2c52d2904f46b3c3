//! Hexadecimal text as people write it in test cases: any case, with colons and blanks where they help the eye.

use anyhow::{Result, bail};
use std::fmt::Write as _;

/// Reads hexadecimal digits; colons, blanks and case are free. An odd number of digits or any other character is an error.
pub fn parse(text: &str) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut high: Option<u8> = None;
    for c in text.chars() {
        if c == ':' || c.is_whitespace() {
            continue;
        }
        let Some(digit) = c.to_digit(16).and_then(|d| u8::try_from(d).ok()) else {
            bail!("{c:?} is not a hexadecimal digit");
        };
        match high.take() {
            None => high = Some(digit << 4),
            Some(h) => out.push(h | digit),
        }
    }
    if high.is_some() {
        bail!("an odd number of hexadecimal digits");
    }
    Ok(out)
}

/// Upper-case digits without separators.
pub fn show(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02X}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_case_are_free() {
        assert_eq!(parse("fF:00 1a:").unwrap(), [0xff, 0x00, 0x1a]);
        assert_eq!(show(&[0xff, 0x00, 0x1a]), "FF001A");
    }

    #[test]
    fn odd_and_foreign_characters_are_refused() {
        assert!(parse("abc").is_err());
        assert!(parse("0x10").is_err());
    }
}
