//! What codecs of several kinds of NLRI do alike.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use crate::attr::number::hex_octets;
use crate::emit::Emit;
use crate::text::{TextError, Words};

/// The path identifier (RFC 7911), in the form of an address as everywhere in events.
#[inline]
pub(super) fn emit_path_id<E: Emit>(path_id: Option<u32>, out: &mut E) {
    if let Some(id) = path_id {
        out.key("path-information");
        out.address(Ipv4Addr::from(id).into());
    }
}

/// The words of a path identifier.
pub(super) fn print_path_id(path_id: Option<u32>, out: &mut String) {
    if let Some(id) = path_id {
        let _ = write!(out, " path-information {}", Ipv4Addr::from(id));
    }
}

/// A route that has no words: `raw 0x…`.
pub(super) fn print_raw(wire: &[u8], out: &mut String) {
    out.push_str("raw 0x");
    for octet in wire {
        let _ = write!(out, "{octet:02x}");
    }
}

/// Reads what follows `raw` and appends the octets, if they are what `is_whole` says. The words: what is expected, what
/// is wrong otherwise, and what to write.
pub(super) fn parse_raw(
    words: &mut Words<'_>,
    is_whole: impl Fn(&[u8]) -> bool,
    [expected, wrong, hint]: [&'static str; 3],
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let word = words.expect(expected)?;
    let octets: Option<Vec<u8>> = hex_octets(word.text).map(Iterator::collect);
    let octets =
        octets.filter(|octets| is_whole(octets)).ok_or_else(|| TextError::new(word, wrong).hint(hint))?;
    out.extend_from_slice(&octets);
    Ok(())
}
