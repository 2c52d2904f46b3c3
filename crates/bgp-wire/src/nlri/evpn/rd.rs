//! Route distinguishers (RFC 4364 section 4.2): type (2) and six octets.

use std::fmt;
use std::net::Ipv4Addr;

use crate::text::{TextError, Word};

/// The eight octets of a route distinguisher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rd(pub(super) [u8; 8]);

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl Rd {
    /// Reads `65000:1` (type 0), `10.0.0.1:1` (type 1), `70000:1` (type 2), or `0x` and 16 hexadecimal digits.
    pub(super) fn parse(word: Word<'_>) -> Result<Self, TextError> {
        Self::from_text(word.text).ok_or_else(|| {
            TextError::new(word, "invalid route distinguisher")
                .hint("65000:1, 10.0.0.1:1 or 0x and 16 digits")
        })
    }

    fn from_text(text: &str) -> Option<Self> {
        if let Some(digits) = text.strip_prefix("0x") {
            let whole = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            return whole
                .then(|| u64::from_str_radix(digits, 16).ok())
                .flatten()
                .map(|n| Self(n.to_be_bytes()));
        }
        let (high, low) = text.split_once(':')?;
        if let Ok(address) = high.parse::<Ipv4Addr>() {
            return Some(Self::new(1, u32::from(address), number(low)?));
        }
        let asn: u32 = number(high)?;
        match u16::try_from(asn) {
            Ok(_) => Some(Self((u64::from(asn) << 32 | u64::from(number::<u32>(low)?)).to_be_bytes())),
            Err(_) => Some(Self::new(2, asn, number(low)?)),
        }
    }

    fn new(kind: u64, high: u32, low: u16) -> Self {
        Self((kind << 48 | u64::from(high) << 16 | u64::from(low)).to_be_bytes())
    }

    /// The form that [`Rd::parse`] reads back; [`fmt::Display`] may hide the type.
    pub(super) fn input(self) -> String {
        let text = self.to_string();
        if Self::from_text(&text) == Some(self) {
            text
        } else {
            format!("0x{:016x}", u64::from_be_bytes(self.0))
        }
    }
}

impl fmt::Display for Rd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u64::from_be_bytes(self.0);
        let (high, low) = (value >> 16 & 0xFFFF_FFFF, value & 0xFFFF);
        match value >> 48 {
            0 => write!(f, "{}:{}", value >> 32, value & 0xFFFF_FFFF),
            1 => write!(f, "{}:{low}", Ipv4Addr::from(u32::try_from(high).unwrap_or_default())),
            2 => write!(f, "{high}:{low}"),
            _ => write!(f, "0x{value:016x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_text_that_parses_back() {
        for (octets, text) in [
            ([0, 0, 0xfd, 0xe8, 0, 0, 0, 1], "65000:1"),
            ([0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "65535:4294967295"),
            ([0, 1, 10, 0, 0, 1, 0, 1], "10.0.0.1:1"),
            ([0, 2, 0, 1, 0x11, 0x70, 0, 5], "70000:5"),
            ([0, 2, 0, 0, 0, 5, 0, 6], "0x0002000000050006"),
            ([0xff, 3, 1, 2, 3, 4, 5, 6], "0xff03010203040506"),
        ] {
            assert_eq!(Rd(octets).input(), text);
            assert_eq!(Rd::from_text(text), Some(Rd(octets)));
        }
        assert_eq!(Rd([0, 2, 0, 0, 0, 5, 0, 6]).to_string(), "5:6", "as ExaBGP shows it");
        for text in
            ["", "1", "1:", ":1", "65536:65536", "1:4294967296", "10.0.0.1:65536", "0x00", "+1:1", "10.0.0:1"]
        {
            assert_eq!(Rd::from_text(text), None, "{text}");
        }
    }
}
