//! Prefixes, read fast: `10.0.0.0/24`, `2001:db8::/32`. What this does not take, the long way judges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads an address and a length in bits. None for everything unusual: no length, host bits, anything wrong.
pub(super) fn parse(text: &[u8]) -> Option<(IpAddr, u8)> {
    if text.iter().take(5).any(|b| *b == b':') {
        return v6(text);
    }
    let mut rest = text;
    let mut address = 0u32;
    for end in [b'.', b'.', b'.', b'/'] {
        let (number, next) = octet(rest, end)?;
        address = address << 8 | u32::from(number);
        rest = next;
    }
    let length = length(rest, 32)?;
    let host = u32::MAX.checked_shr(length.into()).unwrap_or(0);
    (address & host == 0).then_some((IpAddr::V4(Ipv4Addr::from(address)), length))
}

/// Reads one number of up to three digits, without leading zeros, and the octet `end` behind it.
fn octet(text: &[u8], end: u8) -> Option<(u8, &[u8])> {
    let digit = |b: u8| b.checked_sub(b'0').filter(|d| *d < 10).map(u16::from);
    let (first, mut rest) = text.split_first()?;
    let mut number = digit(*first)?;
    for _ in 0..3 {
        let (next, tail) = rest.split_first()?;
        rest = tail;
        if *next == end {
            return u8::try_from(number).ok().map(|n| (n, rest));
        }
        if number == 0 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(digit(*next)?)?;
    }
    None
}

/// Reads a prefix length of at most `max`.
fn length(text: &[u8], max: u8) -> Option<u8> {
    if matches!(text, [b'+', ..] | [b'0', _, ..]) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok().filter(|n| *n <= max)
}

fn v6(text: &[u8]) -> Option<(IpAddr, u8)> {
    let (address, bits) = std::str::from_utf8(text).ok()?.split_once('/')?;
    let address: Ipv6Addr = address.parse().ok()?;
    let length = length(bits.as_bytes(), 128)?;
    let host = u128::MAX.checked_shr(length.into()).unwrap_or(0);
    (u128::from(address) & host == 0).then_some((IpAddr::V6(address), length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use route_text::Words;

    use super::*;

    #[test]
    fn only_the_usual_is_taken() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.1/24",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "010.0.0.0/8",
            "10.0.0/8",
            "256.0.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/8x",
            "1000.0.0.0/8",
            "10..0.0/8",
            "::1/64",
            "2001:db8::",
            "2001:db8::/129",
            "::/-1",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        let parsed = |text: &str| parse(text.as_bytes()).map(|(a, l)| format!("{a}/{l}"));
        for text in
            ["0.0.0.0/0", "255.255.255.255/32", "10.0.0.0/8", "::/0", "2001:db8::/32", "::1/128", "1::/16"]
        {
            assert_eq!(parsed(text).as_deref(), Some(text));
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_the_long_way_reads(
            text in prop_oneof!["[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}", "[0-9a-f:./]{1,20}"]
        ) {
            if let Some((address, length)) = parse(text.as_bytes()) {
                let nlri = route_text::parse_prefix(&mut Words::new(&text)).unwrap();
                prop_assert_eq!(nlri.to_string(), format!("{address}/{length}"));
            }
        }

        #[test]
        fn every_prefix_is_taken(address: u32, length in 0u8..=32) {
            let host = u32::MAX.checked_shr(length.into()).unwrap_or(0);
            let text = format!("{}/{length}", Ipv4Addr::from(address & !host));
            prop_assert_eq!(parse(text.as_bytes()).map(|(a, l)| format!("{a}/{l}")), Some(text));
        }
    }
}
