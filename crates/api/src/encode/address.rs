//! IP addresses as text, straight into bytes: `Display` of the standard library costs more than all the rest of a
//! prefix's JSON.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Decimal digits of an octet followed by a dot, and how many octets that is.
const OCTETS: [([u8; 4], u8); 256] = octets();

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    reason = "evaluated by the compiler"
)]
const fn octets() -> [([u8; 4], u8); 256] {
    let mut table = [([0; 4], 0); 256];
    let mut n = 0;
    while n < 256 {
        let (hundreds, tens, ones) =
            ((n / 100) as u8 + b'0', (n / 10 % 10) as u8 + b'0', (n % 10) as u8 + b'0');
        table[n] = if n >= 100 {
            ([hundreds, tens, ones, b'.'], 4)
        } else if n >= 10 {
            ([tens, ones, b'.', 0], 3)
        } else {
            ([ones, b'.', 0, 0], 2)
        };
        n += 1;
    }
    table
}

/// The table's row for one octet.
fn octet(n: u8) -> ([u8; 4], usize) {
    let (digits, length) = OCTETS.get(usize::from(n)).copied().unwrap_or_default();
    (digits, usize::from(length))
}

/// Appends a decimal number.
pub(crate) fn number(value: u64, out: &mut Vec<u8>) {
    match u8::try_from(value) {
        Ok(small) => {
            let (digits, length) = octet(small);
            out.extend_from_slice(digits.get(..length.saturating_sub(1)).unwrap_or_default());
        }
        Err(_) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
    }
}

/// Appends `10.0.0.1`.
pub(crate) fn v4(address: Ipv4Addr, out: &mut Vec<u8>) {
    let mut text = [0; 20];
    let end = dotted(address.octets(), 0, &mut text);
    out.extend_from_slice(text.get(..end.saturating_sub(1)).unwrap_or_default());
}

/// Writes `10.0.0.0/24` at `at`, where at least 22 octets must be free, and returns where it ends.
pub(crate) fn v4_prefix(address: [u8; 4], length: u8, at: usize, text: &mut [u8]) -> usize {
    let at = dotted(address, at, text);
    // The last dot makes way for the slash.
    if let Some(slash) = text.get_mut(at.saturating_sub(1)) {
        *slash = b'/';
    }
    place(length, at, text).saturating_sub(1)
}

/// Writes the four numbers of an address, a dot after each, and returns where they end.
fn dotted(address: [u8; 4], at: usize, text: &mut [u8]) -> usize {
    address.into_iter().fold(at, |at, n| place(n, at, text))
}

/// Writes a number and a dot, and returns where they end. Four octets are touched, whatever the number.
fn place(n: u8, at: usize, text: &mut [u8]) -> usize {
    let (digits, length) = octet(n);
    if let Some(room) = text.get_mut(at..at.saturating_add(4)) {
        room.copy_from_slice(&digits);
    }
    at.saturating_add(length)
}

/// Appends an IPv6 address in the form of RFC 5952.
pub(crate) fn v6(address: Ipv6Addr, out: &mut Vec<u8>) {
    if let Some(mapped) = address.to_ipv4_mapped() {
        out.extend_from_slice(b"::ffff:");
        return v4(mapped, out);
    }
    let groups = address.segments();
    // RFC 5952 section 4.2: the longest run of at least two zero groups, the first of equals.
    let (mut start, mut end) = (8usize, 8usize);
    let mut run = 0usize;
    for (next, group) in (1usize..).zip(groups) {
        run = if group == 0 { run.saturating_add(1) } else { 0 };
        if run >= 2 && run > end.saturating_sub(start) {
            (start, end) = (next.saturating_sub(run), next);
        }
    }
    for (i, group) in groups.into_iter().enumerate() {
        if i == start {
            out.extend_from_slice(b"::");
        }
        if (start..end).contains(&i) {
            continue;
        }
        if i != 0 && i != end {
            out.push(b':');
        }
        hex_group(group, out);
    }
}

/// Appends a group of an IPv6 address without leading zeros.
fn hex_group(group: u16, out: &mut Vec<u8>) {
    let digits =
        [group >> 12, group >> 8 & 15, group >> 4 & 15, group & 15].map(|n| digit(n.to_be_bytes()[1], b'a'));
    let skip = usize::try_from(group.leading_zeros() / 4).unwrap_or(0).min(3);
    out.extend_from_slice(digits.get(skip..).unwrap_or_default());
}

/// The hexadecimal digit of the low four bits of `n`; `ten` is the digit for 10.
pub(crate) const fn digit(n: u8, ten: u8) -> u8 {
    let n = n & 15;
    if n < 10 { b'0'.wrapping_add(n) } else { ten.wrapping_add(n.wrapping_sub(10)) }
}

/// Appends an address.
pub(crate) fn ip(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => v4(address, out),
        IpAddr::V6(address) => v6(address, out),
    }
}

/// Appends octets as hexadecimal digits; `ten` is the digit for 10, `a` or `A`.
pub(crate) fn hex(bytes: &[u8], ten: u8, out: &mut Vec<u8>) {
    out.reserve(bytes.len().saturating_mul(2));
    out.extend(bytes.iter().flat_map(|b| [digit(b >> 4, ten), digit(*b, ten)]));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(address: IpAddr) -> String {
        let mut out = Vec::new();
        ip(address, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn corner_cases_print_as_everyone_prints_them() {
        for address in [
            "0.0.0.0",
            "255.255.255.255",
            "10.0.0.1",
            "192.168.100.9",
            "::",
            "::1",
            "1::",
            "2001:db8::",
            "fe80::1",
            "2001:db8:0:1::",
            "1:0:0:2:0:0:0:3",
            "1:0:2:3:4:5:6:7",
            "::ffff:10.0.0.1",
            "0:0:1::",
            "1:2:3:4:5:6:7:8",
            "::2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:0",
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(text(address), address.to_string());
        }
    }

    proptest! {
        #[test]
        fn every_address_prints_as_the_standard_library_prints_it(
            v4: u32, groups: [u16; 8], mask: u8, shift in 0u32..16
        ) {
            let v4 = IpAddr::V4(Ipv4Addr::from(v4));
            prop_assert_eq!(text(v4), v4.to_string());
            let mut groups = groups.map(|g| g >> shift);
            for (i, g) in groups.iter_mut().enumerate() {
                if mask >> i & 1 == 1 {
                    *g = 0;
                }
            }
            let v6 = IpAddr::V6(Ipv6Addr::from(groups));
            prop_assert_eq!(text(v6), v6.to_string());
        }

        #[test]
        fn numbers_print_in_decimal(n: u64, shift in 0u32..64) {
            let mut out = Vec::new();
            number(n >> shift, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), (n >> shift).to_string());
        }
    }
}
