//! Software version (draft-abraitis-bgp-version-capability): a text after its length (1).

use std::borrow::Cow;

use super::hostname::cut;
use super::{CapabilityCodec, RawCapability, print_foreign};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};

/// The codec.
#[derive(Debug)]
pub struct SoftwareVersion;

/// Octets the text may have; longer ones are cut and end with `...`.
pub const MAX_TEXT: usize = 64;

/// The capability. A text of more than [`MAX_TEXT`] octets is cut.
pub fn encode(software: &str) -> RawCapability {
    let text = if software.len() <= MAX_TEXT {
        Cow::Borrowed(software)
    } else {
        Cow::Owned(format!("{}...", cut(software, MAX_TEXT.saturating_sub(3))))
    };
    let mut value = vec![u8::try_from(text.len()).unwrap_or_default()];
    value.extend_from_slice(text.as_bytes());
    RawCapability::new(CapCode::SOFTWARE_VERSION, value)
}

/// The text as received, unless the value is malformed.
fn split(value: &[u8]) -> Option<&[u8]> {
    let (length, rest) = value.split_first()?;
    rest.get(..usize::from(*length))
}

/// The text, unless the value is malformed. What is not UTF-8 is replaced.
pub fn software(value: &[u8]) -> Option<Cow<'_, str>> {
    split(value).map(String::from_utf8_lossy)
}

/// The text of several instances: the first.
fn first<'a>(values: &[&'a [u8]]) -> Cow<'a, str> {
    values.first().copied().and_then(software).unwrap_or_default()
}

impl CapabilityCodec for SoftwareVersion {
    const CODE: CapCode = CapCode::SOFTWARE_VERSION;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        match split(value) {
            None => Err("the text ends after the value does"),
            // The draft has 1 to 64 octets; more than 64 do no harm.
            Some([]) => Err("the text is empty"),
            Some(_) => Ok(()),
        }
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("software");
        out.text(&first(values));
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        out.push_str("software(");
        print_foreign(&first(values), out);
        out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn the_text_comes_back() {
        let (json, text) = testing::shown(&[encode("ExaBGP/5.0.13")]);
        assert_eq!(json, r#"{ "75": { "software": "ExaBGP/5.0.13" } }"#);
        assert_eq!(text, "[software(ExaBGP/5.0.13)]");
        let long = encode(&"v".repeat(100));
        assert_eq!(software(&long.value).unwrap(), format!("{}...", "v".repeat(61)));
    }

    /// CVE-2023-41361 copied too much, CVE-2025-43971 read a length of 0.
    #[test]
    fn the_text_is_bounded_by_the_value() {
        for value in [&b""[..], b"\x00", b"\x00abc", b"\x01", b"\xffabc"] {
            assert!(SoftwareVersion::check(value).is_err(), "{value:?}");
        }
    }
}
