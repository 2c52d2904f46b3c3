//! Prefix components: for IPv4 as in RFC 8955 section 4.2.2.1, for IPv6 with an offset (RFC 8956 section 3.1).
//!
//! > "The offset indicates the number of most significant address bits to skip before bitwise pattern matching
//! > starts."
//!
//! The pattern holds the bits from offset to length alone, in as few octets as possible.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::code::Afi;
use crate::nlri::inet;
use crate::text::{TextError, Word};

/// Octets that a prefix component has after its type.
pub(super) fn measure(afi: Afi, body: &[u8]) -> Result<usize, &'static str> {
    let length = *body.first().ok_or("a prefix length is missing")?;
    if afi == Afi::IPV4 {
        if length > 32 {
            return Err("a prefix length exceeds the address");
        }
        return Ok(inet::octets(length).saturating_add(1));
    }
    let offset = *body.get(1).ok_or("a prefix offset is missing")?;
    if length > 128 {
        return Err("a prefix length exceeds the address");
    }
    if offset >= length && (offset, length) != (0, 0) {
        return Err("a prefix offset is not below the prefix length");
    }
    Ok(inet::octets(length.saturating_sub(offset)).saturating_add(2))
}

/// Prints `10.0.0.0/24`, or `2001:db8::/32/0`.
pub(super) fn print(afi: Afi, body: &[u8], out: &mut String) {
    let mut full = [0; 16];
    let (length, rest) = body.split_first().map_or((0, body), |(l, rest)| (*l, rest));
    if afi == Afi::IPV4 {
        let mut full = [0; 4];
        full.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let _ = write!(out, "{}/{length}", Ipv4Addr::from(full));
        return;
    }
    let (offset, pattern) = rest.split_first().map_or((0, rest), |(o, rest)| (*o, rest));
    full.iter_mut().zip(pattern).for_each(|(to, from)| *to = *from);
    let bits = u128::from_be_bytes(full).checked_shr(offset.into()).unwrap_or(0);
    // Bits of the last octet that are beyond the length: "padding", of any value.
    let address = inet::network(Ipv6Addr::from(bits).into(), length);
    let _ = write!(out, "{address}/{length}/{offset}");
}

/// Reads `ADDRESS/LENGTH` or, for IPv6, `ADDRESS/LENGTH/OFFSET` to octets. Bits outside of the pattern are dropped.
pub(super) fn parse(word: Word<'_>) -> Result<(Afi, Vec<u8>), TextError> {
    let error = || {
        TextError::new(word, "this is no prefix of a flow rule")
            .hint("ADDRESS/LENGTH, or ADDRESS/LENGTH/OFFSET for IPv6")
    };
    let mut fields = word.text.split('/');
    let address: IpAddr = fields.next().and_then(|f| f.parse().ok()).ok_or_else(error)?;
    let number = |text: &str, max: u8| {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse::<u8>().ok()).flatten().filter(|n| *n <= max)
    };
    let max = if address.is_ipv4() { 32 } else { 128 };
    let length = fields.next().and_then(|f| number(f, max)).ok_or_else(error)?;
    let offset = fields.next().map(|f| number(f, 128).ok_or_else(error)).transpose()?;
    if fields.next().is_some() {
        return Err(error());
    }
    let mut out = Vec::new();
    match inet::network(address, length) {
        network @ IpAddr::V4(_) => {
            if offset.is_some() {
                return Err(error());
            }
            inet::encode(network, length, &mut out);
            Ok((Afi::IPV4, out))
        }
        IpAddr::V6(network) => {
            let offset = offset.unwrap_or(0);
            if offset >= length && (offset, length) != (0, 0) {
                return Err(TextError::new(word, "the offset must be below the prefix length"));
            }
            let bits = u128::from(network).checked_shl(offset.into()).unwrap_or(0).to_be_bytes();
            out.extend_from_slice(&[length, offset]);
            out.extend(bits.iter().take(inet::octets(length.saturating_sub(offset))));
            Ok((Afi::IPV6, out))
        }
    }
}
