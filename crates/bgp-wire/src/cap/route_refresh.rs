//! Route refresh (RFC 2918): an empty capability, and the code Cisco used before there was one.

use super::{CapabilityCodec, RawCapability};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};

/// The codec of code 2.
#[derive(Debug)]
pub struct RouteRefresh;

/// The codec of code 128. It is read but never sent.
#[derive(Debug)]
pub struct CiscoRouteRefresh;

/// The capability.
pub fn encode() -> RawCapability {
    RawCapability::empty(CapCode::ROUTE_REFRESH)
}

fn emit_variant<E: Emit>(variant: &str, out: &mut E) {
    out.begin_object(Spacing::Wide);
    out.key("name");
    out.text("route-refresh");
    out.key("variant");
    out.text(variant);
    out.end_object();
}

impl CapabilityCodec for RouteRefresh {
    const CODE: CapCode = CapCode::ROUTE_REFRESH;

    /// RFC 2918 section 2 says the value is empty. Octets in it mean nothing to us, and the peer's intention is clear.
    fn check(_value: &[u8]) -> Result<(), &'static str> {
        Ok(())
    }

    fn emit<E: Emit>(_values: &[&[u8]], out: &mut E) {
        emit_variant("RFC", out);
    }

    fn print(_values: &[&[u8]], out: &mut String) {
        out.push_str("route refresh");
    }
}

impl CapabilityCodec for CiscoRouteRefresh {
    const CODE: CapCode = CapCode::CISCO_ROUTE_REFRESH;

    fn check(_value: &[u8]) -> Result<(), &'static str> {
        Ok(())
    }

    fn emit<E: Emit>(_values: &[&[u8]], out: &mut E) {
        emit_variant("Cisco", out);
    }

    fn print(_values: &[&[u8]], out: &mut String) {
        out.push_str("cisco route refresh");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn both_variants_are_shown() {
        let (json, text) = testing::shown(&[RawCapability::empty(CapCode::CISCO_ROUTE_REFRESH), encode()]);
        assert_eq!(
            json,
            r#"{ "2": { "name": "route-refresh", "variant": "RFC" }, "128": { "name": "route-refresh", "variant": "Cisco" } }"#
        );
        assert_eq!(text, "[route refresh, cisco route refresh]");
    }
}
