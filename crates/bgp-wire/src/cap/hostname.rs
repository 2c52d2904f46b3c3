//! Host name (draft-walton-bgp-hostname-capability): host and domain name, each after its length (1).

use std::borrow::Cow;

use super::{CapabilityCodec, RawCapability, print_foreign};
use crate::code::CapCode;
use crate::cursor::Reader;
use crate::emit::{Emit, Spacing};

/// The codec.
#[derive(Debug)]
pub struct HostName;

/// Octets that the two names may have together: the length of a capability is one octet (RFC 5492 section 4), and
/// each name has a length of one octet too.
pub const MAX_NAMES: usize = 253;

/// The capability. Names that are too long together are cut between characters, the domain name first.
pub fn encode(host: &str, domain: &str) -> RawCapability {
    let mut value = Vec::new();
    let mut room = MAX_NAMES;
    for name in [host, domain] {
        let name = cut(name, room);
        room = room.saturating_sub(name.len());
        value.push(u8::try_from(name.len()).unwrap_or_default());
        value.extend_from_slice(name.as_bytes());
    }
    RawCapability::new(CapCode::HOSTNAME, value)
}

/// The longest beginning of `text` that has at most `max` octets and ends between characters.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}

/// Host and domain name as received, unless the value is malformed.
fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut r = Reader::new(value);
    let length = r.u8("host name length").ok()?;
    let host = r.take(usize::from(length), "host name").ok()?;
    let length = r.u8("domain name length").ok()?;
    let domain = r.take(usize::from(length), "domain name").ok()?;
    Some((host, domain))
}

/// Host and domain name, unless the value is malformed. What is not UTF-8 is replaced.
pub fn names(value: &[u8]) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let (host, domain) = split(value)?;
    Some((String::from_utf8_lossy(host), String::from_utf8_lossy(domain)))
}

/// The names of several instances: the first.
fn first<'a>(values: &[&'a [u8]]) -> (Cow<'a, str>, Cow<'a, str>) {
    values.first().copied().and_then(names).unwrap_or_default()
}

impl CapabilityCodec for HostName {
    const CODE: CapCode = CapCode::HOSTNAME;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        split(value).map(|_| ()).ok_or("a name ends after the value does")
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        let (host, domain) = first(values);
        out.begin_object(Spacing::Wide);
        out.key("host-name");
        out.text(&host);
        out.key("domain-name");
        out.text(&domain);
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        let (host, domain) = first(values);
        out.push_str("hostname(");
        print_foreign(&host, out);
        out.push(' ');
        print_foreign(&domain, out);
        out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn names_come_back() {
        let capability = encode("exa", "lab");
        assert_eq!(*capability.value, *b"\x03exa\x03lab");
        let (json, text) = testing::shown(&[capability]);
        assert_eq!(json, r#"{ "73": { "host-name": "exa", "domain-name": "lab" } }"#);
        assert_eq!(text, "[hostname(exa lab)]");
        let long = encode(&"x".repeat(200), &"é".repeat(40));
        assert_eq!(
            names(&long.value),
            Some(("x".repeat(200).into(), "é".repeat(26).into())),
            "between characters"
        );
        assert_eq!(names(&encode(&"x".repeat(300), "lab").value), Some(("x".repeat(253).into(), "".into())));
    }

    /// Lengths that reach past the capability have been read (bgpfix before v0.23).
    #[test]
    fn names_are_bounded_by_the_value() {
        for value in [&b""[..], b"\x03ex", b"\x03exa", b"\x03exa\x04lab", b"\xff", b"\x00\x01", b"\x00"] {
            assert!(HostName::check(value).is_err(), "{value:?}");
        }
        assert_eq!(HostName::check(b"\x00\x00"), Ok(()));
    }

    #[test]
    fn hostile_names_end_no_line_and_no_string() {
        let (json, text) =
            testing::shown(&[RawCapability::new(CapCode::HOSTNAME, *b"\x05\xff\"\n\\x\x01\x1b")]);
        let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(parsed["73"]["host-name"], "\u{fffd}\"\n\\x");
        assert!(!json.contains('\n'));
        assert_eq!(text, "[hostname(\u{fffd}\"\\x0a\\x \\x1b)]");
    }
}
