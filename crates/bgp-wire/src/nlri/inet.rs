//! IP prefixes: unicast and multicast (RFC 4271 section 4.3, RFC 4760 section 5).
//!
//! > "The Network Layer Reachability information is encoded as one or more 2-tuples of the form
//! > \<length, prefix\>."
//!
//! Canonical octets: prefix length in bits, then the prefix in as few octets as hold it. Bits beyond the length are
//! kept as received ("the value of trailing bits is irrelevant").

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::code::Afi;
use crate::cursor::Reader;
use crate::emit::{Emit, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::shared;
use crate::nlri::{Nlri, NlriCodec, NlriRef};
use crate::text::{TextError, Word, Words};

/// Codec of IP prefixes.
#[derive(Debug)]
pub struct Inet;

/// Longest prefix length of an address family, in bits.
pub(crate) const fn max_length(afi: Afi) -> u8 {
    match afi {
        Afi::IPV4 => 32,
        _ => 128,
    }
}

/// Octets that hold a prefix of `length` bits.
pub(crate) const fn octets(length: u8) -> usize {
    length.div_ceil(8) as usize
}

impl NlriCodec for Inet {
    #[inline]
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let rest = r.rest();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let length = *rest.first().ok_or_else(|| error("the prefix length is missing"))?;
        if length > max_length(family.afi) {
            return Err(error("the prefix length exceeds the address"));
        }
        r.take(octets(length).saturating_add(1), "prefix").map_err(|_| error("the prefix is cut short"))
    }

    fn next_hop_lengths(family: Family) -> &'static [usize] {
        // RFC 2545 section 3: a global address, or a global and a link-local one.
        if family.afi == Afi::IPV4 { &[4] } else { &[16, 32] }
    }

    fn emit<E: Emit>(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
        let (address, length) = address(family.afi, wire);
        if path_id.is_none() && out.compact() {
            out.prefix(address, length);
            return;
        }
        out.begin_object(Spacing::Wide);
        out.key("nlri");
        out.prefix(address, length);
        shared::emit_path_id(path_id, out);
        out.end_object();
    }

    fn print(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut String) {
        let (address, length) = address(family.afi, wire);
        let _ = write!(out, "{address}/{length}");
        shared::print_path_id(path_id, out);
    }

    fn parse(family: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a prefix")?;
        let (address, length) = parse_prefix(word)?;
        let afi = if address.is_ipv4() { Afi::IPV4 } else { Afi::IPV6 };
        if afi != family.afi {
            return Err(TextError::new(word, format!("this is no {} prefix", family.afi)));
        }
        encode(address, length, out);
        Ok(())
    }
}

/// The NLRI of an IP prefix; `length` in bits. Bits beyond it must be zero.
pub fn nlri(family: Family, address: IpAddr, length: u8) -> Nlri {
    let mut buffer = [0; 17];
    let wire = fill(address, length, &mut buffer);
    Nlri::from_wire(family, None, wire)
}

/// Address and prefix length in bits of an IP prefix NLRI.
pub fn prefix(nlri: NlriRef<'_>) -> (IpAddr, u8) {
    address(nlri.family.afi, nlri.wire)
}

/// Appends the canonical octets of a prefix; `length` in bits.
pub fn encode(address: IpAddr, length: u8, out: &mut Vec<u8>) {
    let mut buffer = [0; 17];
    out.extend_from_slice(fill(address, length, &mut buffer));
}

fn fill(address: IpAddr, length: u8, buffer: &mut [u8; 17]) -> &[u8] {
    let (first, tail) = buffer.split_at_mut(1);
    first.fill(length);
    match address {
        IpAddr::V4(v4) => tail.iter_mut().zip(v4.octets()).for_each(|(to, from)| *to = from),
        IpAddr::V6(v6) => tail.iter_mut().zip(v6.octets()).for_each(|(to, from)| *to = from),
    }
    buffer.get(..octets(length).saturating_add(1)).unwrap_or_default()
}

fn address(afi: Afi, wire: &[u8]) -> (IpAddr, u8) {
    let (length, prefix) = wire.split_first().map_or((0, &[][..]), |(l, p)| (*l, p));
    let address = if afi == Afi::IPV4 {
        let mut full = [0; 4];
        full.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
        IpAddr::V4(Ipv4Addr::from(full))
    } else {
        let mut full = [0; 16];
        full.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
        IpAddr::V6(Ipv6Addr::from(full))
    };
    (address, length)
}

/// Parses `10.0.0.0/24`, `2001:db8::/32`, or a bare address meaning a host route. Host bits must be zero.
pub fn parse_prefix(word: Word<'_>) -> Result<(IpAddr, u8), TextError> {
    let (address, length) = match word.text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (word.text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| {
        TextError::new(word, "this is no prefix").hint("write an address and a length, as in 10.0.0.0/24")
    })?;
    let bits: u8 = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        None => bits,
        Some(text) => text
            .parse::<u8>()
            .ok()
            .filter(|n| *n <= bits && !text.starts_with('+'))
            .ok_or_else(|| TextError::new(word, format!("the prefix length must be 0 to {bits}")))?,
    };
    let network = network(address, length);
    if network != address {
        return Err(
            TextError::new(word, "host bits are set").hint(format!("did you mean {network}/{length}?"))
        );
    }
    Ok((address, length))
}

/// The address with all bits beyond `length` cleared.
pub fn network(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let host = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(v4) & !host))
        }
        IpAddr::V6(v6) => {
            let host = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(v6) & !host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nlri::NlriRun;

    fn parse(family: Family, text: &str) -> Result<Nlri, TextError> {
        Nlri::parse(family, &mut Words::new(text))
    }

    #[test]
    fn text_to_wire_and_back() {
        for (family, text, wire) in [
            (Family::IPV4_UNICAST, "10.0.0.0/24", &[24, 10, 0, 0][..]),
            (Family::IPV4_UNICAST, "0.0.0.0/0", &[0]),
            (Family::IPV4_MULTICAST, "224.0.0.0/8", &[8, 224]),
            (Family::IPV6_UNICAST, "2001:db8::/32", &[32, 0x20, 0x01, 0x0d, 0xb8]),
            (Family::IPV6_UNICAST, "::/0", &[0]),
        ] {
            let nlri = parse(family, text).unwrap();
            assert_eq!(nlri.wire(), wire);
            assert_eq!(nlri.to_string(), text);
        }
        assert_eq!(parse(Family::IPV4_UNICAST, "10.0.0.1").unwrap().to_string(), "10.0.0.1/32");
    }

    #[test]
    fn wrong_prefixes_are_refused_with_a_hint() {
        let error = |text| parse(Family::IPV4_UNICAST, text).unwrap_err().to_string();
        assert_eq!(error("10.0.0.1/24"), "host bits are set: '10.0.0.1/24' (did you mean 10.0.0.0/24?)");
        assert_eq!(error("10.0.0.0/33"), "the prefix length must be 0 to 32: '10.0.0.0/33'");
        assert_eq!(error("2001:db8::/32"), "this is no ipv4 prefix: '2001:db8::/32'");
        assert_eq!(
            error("foo"),
            "this is no prefix: 'foo' (write an address and a length, as in 10.0.0.0/24)"
        );
    }

    #[test]
    fn a_run_is_checked_as_a_whole() {
        let bytes = [24, 10, 0, 0, 32, 10, 0, 0, 1];
        let run = NlriRun::check(Family::IPV4_UNICAST, false, &bytes, 0).unwrap();
        let texts: Vec<_> = run.iter().map(|n| n.to_string()).collect();
        assert_eq!(texts, ["10.0.0.0/24", "10.0.0.1/32"]);
        for bad in [&[33, 1, 2, 3, 4, 5][..], &[24, 10, 0], &[24, 10, 0, 0, 8]] {
            let error = NlriRun::check(Family::IPV4_UNICAST, false, bad, 0).unwrap_err();
            assert_eq!(error.notification().code, 3);
            assert_eq!(error.notification().subcode, 10);
        }
    }

    #[test]
    fn path_identifiers_are_read_where_negotiated() {
        let bytes = [0, 0, 0, 5, 8, 10];
        let run = NlriRun::check(Family::IPV4_UNICAST, true, &bytes, 0).unwrap();
        let texts: Vec<_> = run.iter().map(|n| n.to_string()).collect();
        assert_eq!(texts, ["10.0.0.0/8 path-information 0.0.0.5"]);
    }
}
