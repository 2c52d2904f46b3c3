//! OPERATIONAL messages (draft-ietf-idr-operational-message): an empty capability.

use super::{CapabilityCodec, RawCapability};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};

/// The codec.
#[derive(Debug)]
pub struct Operational;

/// The capability.
pub fn encode() -> RawCapability {
    RawCapability::empty(CapCode::OPERATIONAL)
}

impl CapabilityCodec for Operational {
    const CODE: CapCode = CapCode::OPERATIONAL;

    /// The value is empty; octets in it are ignored.
    fn check(_value: &[u8]) -> Result<(), &'static str> {
        Ok(())
    }

    fn emit<E: Emit>(_values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("operational");
        out.end_object();
    }

    fn print(_values: &[&[u8]], out: &mut String) {
        out.push_str("operational");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn it_is_shown() {
        let (json, text) = testing::shown(&[encode()]);
        assert_eq!(json, r#"{ "185": { "name": "operational" } }"#);
        assert_eq!(text, "[operational]");
    }
}
