//! Link-local next hops for IPv6 (draft-ietf-idr-linklocal-capability): an empty capability.

use super::{CapabilityCodec, RawCapability};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};

/// The codec.
#[derive(Debug)]
pub struct LinkLocal;

/// The capability.
pub fn encode() -> RawCapability {
    RawCapability::empty(CapCode::LINK_LOCAL_NEXTHOP)
}

impl CapabilityCodec for LinkLocal {
    const CODE: CapCode = CapCode::LINK_LOCAL_NEXTHOP;

    /// The value is empty; octets in it are ignored.
    fn check(_value: &[u8]) -> Result<(), &'static str> {
        Ok(())
    }

    fn emit<E: Emit>(_values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("link-local-nexthop");
        out.end_object();
    }

    fn print(_values: &[&[u8]], out: &mut String) {
        out.push_str("link-local-nexthop");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn it_is_shown() {
        let (json, text) = testing::shown(&[encode()]);
        assert_eq!(json, r#"{ "77": { "name": "link-local-nexthop" } }"#);
        assert_eq!(text, "[link-local-nexthop]");
    }
}
