//! Capabilities that this program does not know, or whose value is malformed: shown as they came.

use std::fmt::Write as _;

use crate::code::CapCode;
use crate::emit::{Emit, HexCase, Spacing};

/// What the events call the range of the registry that a code is in.
fn range(code: CapCode) -> &'static str {
    match code.0 {
        70..=127 => "unassigned",
        128..=255 => "reserved",
        _ => "unknown",
    }
}

/// Emits the code and the octets. Of several instances the last counts: with no definition at hand, nothing says how
/// they would combine (RFC 5492 section 4).
pub fn emit<E: Emit>(code: CapCode, values: &[&[u8]], out: &mut E) {
    out.begin_object(Spacing::Wide);
    out.key("name");
    out.text("unknown");
    out.key("iana");
    out.text(range(code));
    out.key("value");
    out.number(u64::from(code.0));
    out.key("raw");
    out.hex("", values.last().copied().unwrap_or_default(), HexCase::Upper);
    out.end_object();
}

/// Prints range and code.
pub fn print(code: CapCode, out: &mut String) {
    // Writing to a String never fails.
    let _ = write!(out, "{} {}", range(code), code.0);
}
