//! Attributes without a codec: kept byte for byte, shown as hexadecimal digits, entered as
//! `attribute [ 0xCODE 0xFLAGS 0xDATA ]`.

use std::fmt::Write as _;

use crate::code::AttrCode;
use crate::emit::{Emit, HexCase};

/// Emits a value as `"0x…"`.
pub fn emit<E: Emit>(value: &[u8], out: &mut E) {
    out.hex("0x", value, HexCase::Lower);
}

/// Prints the attribute as text that parses back.
pub fn print(code: AttrCode, flags: u8, value: &[u8], out: &mut String) {
    let _ = write!(out, "attribute [ 0x{:02X} 0x{flags:02X} 0x", code.0);
    for byte in value {
        let _ = write!(out, "{byte:02X}");
    }
    out.push_str(" ]");
}
