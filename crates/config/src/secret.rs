//! Passwords that no log shows.

use std::fmt;

/// The key of a TCP MD5 session (RFC 2385). `Debug` and `Display` show that there is one, and nothing of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// From the octets of the key.
    pub fn new(octets: impl Into<Box<[u8]>>) -> Self {
        Self(octets.into())
    }

    /// The octets, for the socket option.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("********")
    }
}

/// Decodes base64 (RFC 4648 section 4), padded or not; the error says what is wrong.
pub(crate) fn base64(text: &str) -> Result<Vec<u8>, &'static str> {
    let digits = text.trim_end_matches('=');
    if text.len().saturating_sub(digits.len()) > 2 || digits.len() % 4 == 1 {
        return Err("its length is that of no base64 text");
    }
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0u32);
    for b in digits.bytes() {
        let value = match b {
            b'A'..=b'Z' => b.saturating_sub(b'A'),
            b'a'..=b'z' => b.saturating_sub(b'a').saturating_add(26),
            b'0'..=b'9' => b.saturating_sub(b'0').saturating_add(52),
            b'+' => 62,
            b'/' => 63,
            _ => return Err("only A-Z a-z 0-9 + / and = are base64"),
        };
        bits = (bits << 6) | u32::from(value);
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            out.push((bits >> count).to_le_bytes()[0]);
            bits &= !(u32::MAX << count);
        }
    }
    Ok(out)
}

/// Whether a key, perhaps a misspelt one, is that of a password.
pub(crate) fn is_secret(key: &str) -> bool {
    key.contains("pas") && key.trim() != "passive"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_secret() {
        let secret = Secret::new(*b"hunter2");
        assert!(!format!("{secret:?} {secret} {:?}", Some(&secret)).contains("hunter"));
        assert_eq!(secret.reveal(), b"hunter2");
    }

    #[test]
    fn base64_of_the_rfc() {
        // RFC 4648 section 10
        for (text, plain) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(base64(text).unwrap(), plain.as_bytes(), "{text}");
            assert_eq!(base64(text.trim_end_matches('=')).unwrap(), plain.as_bytes(), "{text}");
        }
        assert_eq!(base64("+/+/").unwrap(), [0xFB, 0xFF, 0xBF]);
        assert!(base64("zz!").is_err());
        assert!(base64("Z").is_err());
        assert!(base64("Zg===").is_err());
    }
}
