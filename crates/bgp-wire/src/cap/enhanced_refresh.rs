//! Enhanced route refresh (RFC 7313): an empty capability.

use super::{CapabilityCodec, RawCapability};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};

/// The codec.
#[derive(Debug)]
pub struct EnhancedRefresh;

/// The capability.
pub fn encode() -> RawCapability {
    RawCapability::empty(CapCode::ENHANCED_ROUTE_REFRESH)
}

impl CapabilityCodec for EnhancedRefresh {
    const CODE: CapCode = CapCode::ENHANCED_ROUTE_REFRESH;

    /// The value is empty (RFC 7313 section 3.1); octets in it are ignored.
    fn check(_value: &[u8]) -> Result<(), &'static str> {
        Ok(())
    }

    fn emit<E: Emit>(_values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("enhanced-route-refresh");
        out.end_object();
    }

    fn print(_values: &[&[u8]], out: &mut String) {
        out.push_str("enhanced route refresh");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn it_is_shown() {
        let (json, text) = testing::shown(&[encode()]);
        assert_eq!(json, r#"{ "70": { "name": "enhanced-route-refresh" } }"#);
        assert_eq!(text, "[enhanced route refresh]");
    }
}
