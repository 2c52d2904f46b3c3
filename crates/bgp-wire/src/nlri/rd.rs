//! Route distinguishers (RFC 4364 section 4.2): eight octets that keep equal prefixes of different VPNs apart.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use crate::attr::number::{decimal, hex_digits};
use crate::text::{TextError, Word};

/// A route distinguisher. Types that are not known are carried too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RouteDistinguisher(pub [u8; 8]);

/// A text that is no route distinguisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no route distinguisher")]
pub struct InvalidRd;

impl RouteDistinguisher {
    /// Reads a word of a route text.
    pub fn parse(word: Word<'_>) -> Result<Self, TextError> {
        let hint = "as in 65000:1, 192.0.2.1:1 or 70000:1";
        word.text.parse().map_err(|e: InvalidRd| TextError::new(word, e.to_string()).hint(hint))
    }

    /// The form that [`RouteDistinguisher::parse`] reads back; [`fmt::Display`], which is ExaBGP's, may hide the type.
    pub fn input(self) -> String {
        let text = self.to_string();
        if text.parse() == Ok(self) { text } else { format!("0x{:016x}", u64::from_be_bytes(self.0)) }
    }

    /// Type 0: two-octet AS number and a number.
    fn two_octet_as(asn: u16, number: u32) -> Self {
        Self((u64::from(asn) << 32 | u64::from(number)).to_be_bytes())
    }

    /// Types 1 (IPv4 address) and 2 (four-octet AS number): a large and a small number.
    fn four_two(kind: u16, large: u32, small: u16) -> Self {
        Self((u64::from(kind) << 48 | u64::from(large) << 16 | u64::from(small)).to_be_bytes())
    }
}

impl FromStr for RouteDistinguisher {
    type Err = InvalidRd;

    /// Reads `ASN:NUMBER` (type 0, or type 2 when the AS number is over 65,535 or has an `L` behind it),
    /// `ADDRESS:NUMBER` (type 1), or `0x` and 16 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, InvalidRd> {
        if let Some(digits) = hex_digits(text) {
            let value = u64::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 16);
            return value.map(|n| Self(n.to_be_bytes())).ok_or(InvalidRd);
        }
        let (first, second) = text.split_once(':').ok_or(InvalidRd)?;
        if first.contains('.') {
            let address: Ipv4Addr = first.parse().map_err(|_| InvalidRd)?;
            return decimal(second).map(|n| Self::four_two(1, address.into(), n)).ok_or(InvalidRd);
        }
        let long = first.strip_suffix('L');
        let asn: u32 = decimal(long.unwrap_or(first)).ok_or(InvalidRd)?;
        match u16::try_from(asn) {
            Ok(asn) if long.is_none() => decimal(second).map(|n| Self::two_octet_as(asn, n)),
            _ => decimal(second).map(|n| Self::four_two(2, asn, n)),
        }
        .ok_or(InvalidRd)
    }
}

impl fmt::Display for RouteDistinguisher {
    /// `65000:1`, `10.0.0.1:1`, `70000:1`; other types as `0x` and 16 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [high, kind, third, fourth, fifth, sixth, seventh, last] = self.0;
        let large = u32::from_be_bytes([third, fourth, fifth, sixth]);
        let small = u16::from_be_bytes([seventh, last]);
        match (high, kind) {
            (0, 0) => {
                let number = u32::from_be_bytes([fifth, sixth, seventh, last]);
                write!(f, "{}:{number}", u16::from_be_bytes([third, fourth]))
            }
            (0, 1) => write!(f, "{}:{small}", Ipv4Addr::from(large)),
            (0, 2) => write!(f, "{large}:{small}"),
            _ => write!(f, "0x{:016X}", u64::from_be_bytes(self.0)),
        }
    }
}

impl fmt::Debug for RouteDistinguisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_the_text_hides_is_kept_in_the_input_form() {
        let hidden = RouteDistinguisher([0, 2, 0, 0, 0xfd, 0xe8, 0, 1]);
        assert_eq!((hidden.to_string(), hidden.input()), ("65000:1".into(), "0x00020000fde80001".into()));
        for octets in [[0, 0, 0xfd, 0xe8, 0, 0, 0, 1], [0, 1, 10, 0, 0, 1, 0, 1], [0, 9, 1, 2, 3, 4, 5, 6]] {
            let rd = RouteDistinguisher(octets);
            assert_eq!(rd.input().parse(), Ok(rd));
        }
    }

    #[test]
    fn text_to_octets_and_back() {
        for (text, octets, shown) in [
            ("65000:1", 0x0000_FDE8_0000_0001_u64, "65000:1"),
            ("1:4294967295", 0x0000_0001_FFFF_FFFF, "1:4294967295"),
            ("1.2.3.4:5", 0x0001_0102_0304_0005, "1.2.3.4:5"),
            ("70000:5", 0x0002_0001_1170_0005, "70000:5"),
            ("65000L:1", 0x0002_0000_FDE8_0001, "65000:1"),
            ("0x0003000111700001", 0x0003_0001_1170_0001, "0x0003000111700001"),
        ] {
            let rd: RouteDistinguisher = text.parse().unwrap();
            assert_eq!(rd.0, octets.to_be_bytes(), "{text}");
            assert_eq!(rd.to_string(), shown);
        }
    }

    #[test]
    fn wrong_texts() {
        for text in [
            "",
            ":",
            "1",
            "1:",
            ":1",
            "70000:65536",
            "1.2.3.4:65536",
            "1.2.3:4",
            "-1:1",
            "1:+1",
            "0x00",
            "1:2:3",
        ] {
            assert_eq!(text.parse::<RouteDistinguisher>(), Err(InvalidRd), "{text}");
        }
    }
}
