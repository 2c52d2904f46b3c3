//! Several attributes at once: the members of a JSON object, and the two forms of route text.

use std::borrow::Cow;

use crate::attr::{
    AttributeBuilder, RawAttribute, emit, flag, flags, generic, parse, print, print_input, silent, walk,
};
use crate::code::AttrCode;
use crate::emit::Emit;
use crate::text::Words;

/// Whether an attribute is of a known code with a name and has the flags of its definition; others are shown as octets.
fn typed(code: AttrCode, received: u8) -> bool {
    code.name().is_some()
        && flags(code).is_some_and(|own| received & !(flag::EXTENDED_LENGTH | flag::PARTIAL) == own)
}

/// The JSON key of an attribute: its name, or `attribute-0x63-0xE0` with code and flags.
pub fn key(code: AttrCode, flags: u8) -> Cow<'static, str> {
    match code.name() {
        Some(name) if typed(code, flags) => Cow::Borrowed(name),
        _ => Cow::Owned(format!("attribute-0x{:02X}-0x{flags:02X}", code.0)),
    }
}

/// Emits keys and values of attributes into an open object, without those that events leave out.
pub fn emit_attributes<'a, E: Emit>(attributes: impl IntoIterator<Item = RawAttribute<'a>>, out: &mut E) {
    for a in attributes {
        if !typed(a.code, a.flags) {
            out.key(&key(a.code, a.flags));
            generic::emit(a.value, out);
        } else if !silent(a.code, a.value) {
            out.key(a.code.name().unwrap_or_default());
            emit(a.code, a.value, out);
        }
    }
}

/// Appends attributes the way ExaBGP shows them in text events, each with a leading space.
pub fn print_attributes<'a>(attributes: impl IntoIterator<Item = RawAttribute<'a>>, out: &mut String) {
    for a in attributes.into_iter().filter(|a| !silent(a.code, a.value)) {
        out.push(' ');
        show(a, out);
    }
}

/// Appends one attribute the way ExaBGP shows it.
pub(super) fn show(a: RawAttribute<'_>, out: &mut String) {
    if typed(a.code, a.flags) {
        print(a.code, a.flags, a.value, out);
    } else {
        generic::print(a.code, a.flags, a.value, out);
    }
}

/// Appends attributes as route text that parses back to the same octets, each with a leading space. An attribute
/// that its own keyword can't say is written as octets.
pub fn to_route_text<'a>(attributes: impl IntoIterator<Item = RawAttribute<'a>>, out: &mut String) {
    for a in attributes {
        out.push(' ');
        let start = out.len();
        if typed(a.code, a.flags) && a.flags & flag::PARTIAL == 0 {
            print_input(a.code, a.value, out);
            if parses_back(out.get(start..).unwrap_or_default(), a) {
                continue;
            }
            out.truncate(start);
        }
        generic::print(a.code, a.flags, a.value, out);
    }
}

fn parses_back(text: &str, a: RawAttribute<'_>) -> bool {
    let mut words = Words::new(text);
    let Some(keyword) = words.next_word() else { return false };
    let mut builder = AttributeBuilder::new();
    let known = parse(keyword.text, &mut words, &mut builder);
    known == Ok(true) && words.next_word().is_none() && walk(builder.finish().block()).eq([a])
}
