//! Route distinguishers (RFC 4364 section 4.2) as text.

use std::fmt;
use std::net::Ipv4Addr;

/// Shows a route distinguisher: `65000:1`, `192.0.2.1:1`, or `0x` and digits for unknown types.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown(pub(super) [u8; 8]);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u64::from_be_bytes(self.0);
        let [kind_high, kind_low, four @ .., last_high, last_low] = self.0;
        let four = u32::from_be_bytes(four);
        let last = u16::from_be_bytes([last_high, last_low]);
        match u16::from_be_bytes([kind_high, kind_low]) {
            0 => write!(f, "{}:{}", four >> 16, value & 0xFFFF_FFFF),
            1 => write!(f, "{}:{last}", Ipv4Addr::from(four)),
            2 => write!(f, "{four}:{last}"),
            _ => write!(f, "0x{value:016X}"),
        }
    }
}

/// Reads `ASN:NUMBER`, `ADDRESS:NUMBER`, or `0x` and 16 hexadecimal digits.
pub(super) fn parse(text: &str) -> Option<[u8; 8]> {
    let digits = |text: &str| -> Option<u32> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    if let Some(digits) = text.strip_prefix("0x") {
        let plain = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        return plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten().map(u64::to_be_bytes);
    }
    let (first, second) = text.split_once(':')?;
    let number = digits(second)?;
    let wide = |kind: u64, four: u32| {
        let number = u16::try_from(number).ok()?;
        Some(((kind << 48) | (u64::from(four) << 16) | u64::from(number)).to_be_bytes())
    };
    if let Ok(address) = first.parse::<Ipv4Addr>() {
        return wide(1, address.into());
    }
    let asn = digits(first)?;
    if asn <= 0xFFFF {
        return Some(((u64::from(asn) << 32) | u64::from(number)).to_be_bytes());
    }
    wide(2, asn)
}
