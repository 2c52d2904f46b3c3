//! JSON straight into bytes, spaced as the dialects want it.

use std::fmt::{self, Write as _};
use std::net::IpAddr;

use bgp_wire::emit::{Emit, HexCase, LinkState, RouteNextHop, Spacing};
use smallvec::SmallVec;

use super::address;

/// Appends JSON to a buffer. Whatever a peer has sent, the output is printable ASCII without line ends: every string
/// is escaped.
#[derive(Debug)]
pub struct JsonWriter<'b> {
    out: &'b mut Vec<u8>,
    /// The innermost open object or list.
    level: Level,
    outer: SmallVec<[Level; 8]>,
    /// A key was written: the value that follows it takes no comma.
    keyed: bool,
    ways: Ways,
}

/// What values ask a writer about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ways {
    /// Plain prefixes are strings.
    pub(super) compact: bool,
    /// Labels have the whole field beside them.
    pub(super) raw_labels: bool,
    /// How BGP-LS is told.
    pub(super) link_state: LinkState,
    /// What routes show as their next hop.
    pub(super) next_hop: RouteNextHop,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    spacing: Spacing,
    items: u32,
}

impl<'b> JsonWriter<'b> {
    /// Appends to `out`. The first value written stands alone, without comma.
    pub fn new(out: &'b mut Vec<u8>) -> Self {
        // `keyed` makes the top level behave like the place after a key.
        let level = Level { spacing: Spacing::Wide, items: 0 };
        Self { out, level, outer: SmallVec::new(), keyed: true, ways: Ways::default() }
    }

    /// The same for a dialect with ways of its own.
    pub(super) fn with(out: &'b mut Vec<u8>, ways: Ways) -> Self {
        Self { ways, ..Self::new(out) }
    }

    /// Tells the next hop of the routes that will be written, for those that show it among their members.
    #[must_use]
    pub(super) fn with_next_hop(mut self, next_hop: RouteNextHop) -> Self {
        self.ways.next_hop = next_hop;
        self
    }

    /// The buffer, for what has a form that no [`Spacing`] covers.
    pub fn raw(&mut self) -> &mut Vec<u8> {
        self.out
    }

    /// Appends a value that is JSON already.
    pub fn value(&mut self, json: &[u8]) {
        self.item();
        self.out.extend_from_slice(json);
    }

    /// A missing value.
    pub fn null(&mut self) {
        self.value(b"null");
    }

    /// What precedes an item of the innermost object or list.
    fn item(&mut self) {
        if self.keyed {
            self.keyed = false;
            return;
        }
        let wide = self.level.spacing != Spacing::Tight;
        match self.level.items {
            0 if wide => self.out.push(b' '),
            0 => {}
            n if n >= 2 && self.level.spacing == Spacing::Odd => self.out.extend_from_slice(b" , "),
            _ => self.out.extend_from_slice(b", "),
        }
        self.level.items = self.level.items.saturating_add(1);
    }

    /// Starts a key, whose characters are then appended to [`JsonWriter::raw`].
    pub(super) fn open_key(&mut self) {
        self.item();
        self.out.push(b'"');
    }

    /// Ends a key.
    pub(super) fn close_key(&mut self) {
        self.out.extend_from_slice(b"\": ");
        self.keyed = true;
    }

    fn begin(&mut self, bracket: u8, spacing: Spacing) {
        self.item();
        self.out.push(bracket);
        self.outer.push(std::mem::replace(&mut self.level, Level { spacing, items: 0 }));
    }

    fn end(&mut self, bracket: u8) {
        if self.level.spacing != Spacing::Tight {
            self.out.push(b' ');
        }
        self.out.push(bracket);
        if let Some(outer) = self.outer.pop() {
            self.level = outer;
        }
    }
}

impl Emit for JsonWriter<'_> {
    fn begin_object(&mut self, spacing: Spacing) {
        self.begin(b'{', spacing);
    }

    fn end_object(&mut self) {
        self.end(b'}');
    }

    fn begin_list(&mut self, spacing: Spacing) {
        self.begin(b'[', spacing);
    }

    fn end_list(&mut self) {
        self.end(b']');
    }

    fn key(&mut self, key: &str) {
        self.open_key();
        self.out.extend_from_slice(key.as_bytes());
        self.close_key();
    }

    fn text(&mut self, value: &str) {
        self.item();
        quoted(value, self.out);
    }

    fn number(&mut self, value: u64) {
        self.item();
        address::number(value, self.out);
    }

    fn null(&mut self) {
        Self::null(self);
    }

    fn large_number(&mut self, digits: &dyn fmt::Display) {
        self.item();
        let _ = write!(Escaped(self.out), "{digits}");
    }

    fn boolean(&mut self, value: bool) {
        self.value(if value { b"true" } else { b"false" });
    }

    fn hex(&mut self, prefix: &str, bytes: &[u8], case: HexCase) {
        self.item();
        self.out.push(b'"');
        escape(prefix, self.out);
        address::hex(bytes, if case == HexCase::Lower { b'a' } else { b'A' }, self.out);
        self.out.push(b'"');
    }

    fn display(&mut self, value: &dyn fmt::Display) {
        self.item();
        self.out.push(b'"');
        // Writing to a buffer can't fail; a Display that does leaves its text short, never the JSON open.
        let _ = write!(Escaped(self.out), "{value}");
        self.out.push(b'"');
    }

    fn address(&mut self, value: IpAddr) {
        self.item();
        self.out.push(b'"');
        address::ip(value, self.out);
        self.out.push(b'"');
    }

    fn compact(&self) -> bool {
        self.ways.compact
    }

    fn raw_labels(&self) -> bool {
        self.ways.raw_labels
    }

    fn link_state(&self) -> LinkState {
        self.ways.link_state
    }

    fn route_next_hop(&self) -> RouteNextHop {
        self.ways.next_hop
    }

    fn prefix(&mut self, address: IpAddr, length: u8) {
        self.item();
        self.out.push(b'"');
        address::ip(address, self.out);
        self.out.push(b'/');
        address::number(length.into(), self.out);
        self.out.push(b'"');
    }
}

/// A sink for `write!` that escapes.
struct Escaped<'b>(&'b mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(text, self.0);
        Ok(())
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    escape(text, out);
    out.push(b'"');
}

/// Appends `text` for the inside of a JSON string, in printable ASCII (RFC 8259 section 7).
pub(crate) fn escape(text: &str, out: &mut Vec<u8>) {
    let plain = |b: &u8| matches!(b, b' '..=b'~') && *b != b'"' && *b != b'\\';
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| !plain(&b)) {
        let (head, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.extend_from_slice(head.as_bytes());
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.extend_from_slice(b"\\\""),
            Some('\\') => out.extend_from_slice(b"\\\\"),
            Some('\n') => out.extend_from_slice(b"\\n"),
            Some('\r') => out.extend_from_slice(b"\\r"),
            Some('\t') => out.extend_from_slice(b"\\t"),
            Some(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(b"\\u");
                    address::hex(&unit.to_be_bytes(), b'a', out);
                }
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut JsonWriter<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut JsonWriter::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn spacing_is_that_of_the_dialect() {
        let list = |spacing, n: u64| {
            written(|w| {
                w.begin_list(spacing);
                (1..=n).for_each(|i| w.number(i));
                w.end_list();
            })
        };
        assert_eq!(list(Spacing::Wide, 3), "[ 1, 2, 3 ]");
        assert_eq!(list(Spacing::Wide, 0), "[ ]");
        assert_eq!(list(Spacing::Tight, 3), "[1, 2, 3]");
        assert_eq!(list(Spacing::Tight, 0), "[]");
        assert_eq!(list(Spacing::Odd, 4), "[ 1, 2 , 3 , 4 ]");
        let nested = written(|w| {
            w.begin_object(Spacing::Wide);
            w.key("as-path");
            w.begin_object(Spacing::Tight);
            w.key("0");
            w.begin_object(Spacing::Tight);
            w.key("value");
            w.begin_list(Spacing::Tight);
            w.number(65000);
            w.number(1);
            w.end_list();
            w.end_object();
            w.end_object();
            w.key("med");
            w.boolean(true);
            w.key("raw");
            w.hex("0x", &[0xDE, 0xAD], HexCase::Lower);
            w.end_object();
        });
        assert_eq!(nested, r#"{ "as-path": {"0": {"value": [65000, 1]}}, "med": true, "raw": "0xdead" }"#);
    }

    #[test]
    fn addresses_are_strings() {
        let text = written(|w| {
            w.begin_list(Spacing::Wide);
            w.prefix("10.1.0.0".parse().unwrap(), 16);
            w.address("2001:db8::1".parse().unwrap());
            w.display(&format_args!("a\"{}", 1));
            w.end_list();
        });
        assert_eq!(text, r#"[ "10.1.0.0/16", "2001:db8::1", "a\"1" ]"#);
    }

    proptest! {
        #[test]
        fn no_text_escapes_its_string(text: String) {
            let json = written(|w| w.text(&text));
            prop_assert!(json.bytes().all(|b| matches!(b, b' '..=b'~')), "{json}");
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
