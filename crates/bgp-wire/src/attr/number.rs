//! Numbers as users write them in attribute values.

use std::net::Ipv4Addr;

use crate::text::{TextError, Word};

/// A decimal number of digits only: no sign, no spaces.
pub(crate) fn decimal<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Octets written in hexadecimal after `0x`, most significant first.
pub(crate) fn hex_octets(text: &str) -> Option<impl ExactSizeIterator<Item = u8>> {
    let digits = hex_digits(text)?.as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
    rest.is_empty().then(|| pairs.iter().map(move |[high, low]| (value(*high) << 4) | value(*low)))
}

/// The digits of a hexadecimal number with its `0x`; at least one.
pub(crate) fn hex_digits(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(digits)
}

/// An AS number: `65000` or `1.10` (asdot, RFC 5396).
pub(crate) fn asn(text: &str) -> Option<u32> {
    match text.split_once('.') {
        None => decimal(text),
        Some((high, low)) => {
            let (high, low) = (decimal::<u16>(high)?, decimal::<u16>(low)?);
            Some((u32::from(high) << 16) | u32::from(low))
        }
    }
}

/// An IPv4 address, or the error that the word is none.
pub(crate) fn ipv4(word: Word<'_>, what: &'static str) -> Result<Ipv4Addr, TextError> {
    word.text.parse().map_err(|_| TextError::new(word, what).hint("an IPv4 address such as 10.0.0.1"))
}
