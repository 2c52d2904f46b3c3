//! Extended messages (RFC 8654): an empty capability; with it on both sides messages may have 65,535 octets.

use super::{CapabilityCodec, RawCapability};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};

/// The codec.
#[derive(Debug)]
pub struct ExtendedMessage;

/// The capability.
pub fn encode() -> RawCapability {
    RawCapability::empty(CapCode::EXTENDED_MESSAGE)
}

impl CapabilityCodec for ExtendedMessage {
    const CODE: CapCode = CapCode::EXTENDED_MESSAGE;

    /// The value is empty (RFC 8654 section 3); octets in it are ignored.
    fn check(_value: &[u8]) -> Result<(), &'static str> {
        Ok(())
    }

    fn emit<E: Emit>(_values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("extended-message");
        out.key("size");
        out.number(u64::from(u16::MAX));
        out.end_object();
    }

    fn print(_values: &[&[u8]], out: &mut String) {
        out.push_str("extended message(65535)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn it_is_shown() {
        let (json, text) = testing::shown(&[encode()]);
        assert_eq!(json, r#"{ "6": { "name": "extended-message", "size": 65535 } }"#);
        assert_eq!(text, "[extended message(65535)]");
    }
}
