//! Multisession (draft-ietf-idr-bgp-multisession): an octet of flags, then the codes of the capabilities that tell the
//! sessions apart. Cisco's first number for it has the same form.
//!
//! No session is split: who asks for it has all families on one session, as with ExaBGP, where a split session lost
//! routes.

use std::fmt::Write as _;

use super::{CapabilityCodec, RawCapability};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};

/// The codec.
#[derive(Debug)]
pub struct Multisession;

/// The codec of Cisco's number.
#[derive(Debug)]
pub struct CiscoMultisession;

/// The capabilities that several values list, each once.
pub fn capabilities<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Vec<CapCode> {
    let mut codes = Vec::new();
    for code in values.into_iter().flat_map(|value| value.get(1..).unwrap_or_default()).copied().map(CapCode)
    {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// The capability as ExaBGP sends it: an instance for the flags, and one for the multiprotocol capability, which tells
/// sessions apart.
pub fn encode() -> [RawCapability; 2] {
    [0, CapCode::MULTIPROTOCOL.0].map(|octet| RawCapability::new(CapCode::MULTISESSION, [octet]))
}

/// Whether an OPEN has either number of the capability.
pub fn answers(capabilities: &[RawCapability]) -> bool {
    capabilities.iter().any(|c| matches!(c.code, CapCode::MULTISESSION | CapCode::CISCO_MULTISESSION))
}

/// The first capability other than multiprotocol by which an OPEN tells sessions apart; none agrees with [`encode`].
pub fn foreign(capabilities: &[RawCapability]) -> Option<CapCode> {
    let values = || {
        let ours = |c: &&RawCapability| matches!(c.code, CapCode::MULTISESSION | CapCode::CISCO_MULTISESSION);
        capabilities.iter().filter(ours).map(|c| &*c.value)
    };
    // ExaBGP's form: what is no flags stands alone.
    let alone = values().filter_map(|value| <[u8; 1]>::try_from(value).ok()).map(|[code]| CapCode(code));
    let mut all = self::capabilities(values()).into_iter().chain(alone.filter(|code| code.0 != 0));
    all.find(|code| *code != CapCode::MULTIPROTOCOL)
}

fn emit<E: Emit>(variant: &str, values: &[&[u8]], out: &mut E) {
    out.begin_object(Spacing::Wide);
    out.key("name");
    out.text("multisession");
    out.key("variant");
    out.text(variant);
    out.key("capabilities");
    out.begin_list(Spacing::Wide);
    for code in capabilities(values.iter().copied()) {
        out.display(&code);
    }
    out.end_list();
    out.end_object();
}

fn print(variant: &str, values: &[&[u8]], out: &mut String) {
    // Writing to a String never fails.
    let _ = write!(out, "multisession ({variant})");
    for code in capabilities(values.iter().copied()) {
        let _ = write!(out, " {code}");
    }
}

impl CapabilityCodec for Multisession {
    const CODE: CapCode = CapCode::MULTISESSION;

    fn check(_value: &[u8]) -> Result<(), &'static str> {
        Ok(())
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        emit("RFC", values, out);
    }

    fn print(values: &[&[u8]], out: &mut String) {
        print("rfc", values, out);
    }
}

impl CapabilityCodec for CiscoMultisession {
    const CODE: CapCode = CapCode::CISCO_MULTISESSION;

    fn check(_value: &[u8]) -> Result<(), &'static str> {
        Ok(())
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        emit("Cisco", values, out);
    }

    fn print(values: &[&[u8]], out: &mut String) {
        print("cisco", values, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::{RawCapability, testing};

    #[test]
    fn the_listed_capabilities_are_shown() {
        let received = |code, value: &[u8]| RawCapability::new(code, value);
        let (json, text) = testing::shown(&[
            received(CapCode::MULTISESSION, &[0, 1, 1, 99]),
            received(CapCode::CISCO_MULTISESSION, &[]),
        ]);
        assert_eq!(
            json,
            r#"{ "68": { "name": "multisession", "variant": "RFC", "capabilities": [ "multiprotocol", "unknown capability 99" ] }, "131": { "name": "multisession", "variant": "Cisco", "capabilities": [ ] } }"#
        );
        assert_eq!(text, "[multisession (rfc) multiprotocol unknown capability 99, multisession (cisco)]");
    }

    #[test]
    fn what_tells_sessions_apart() {
        let of = |values: &[&[u8]]| -> Vec<RawCapability> {
            values.iter().map(|v| RawCapability::new(CapCode::MULTISESSION, *v)).collect()
        };
        assert!(!answers(&[]));
        assert!(answers(&encode()));
        assert_eq!(foreign(&encode()), None);
        assert_eq!(foreign(&of(&[&[0, 1]])), None);
        assert_eq!(foreign(&of(&[&[0x80]])), Some(CapCode(0x80)));
        assert_eq!(foreign(&of(&[&[0, 1, 69]])), Some(CapCode::ADD_PATH));
        assert_eq!(foreign(&of(&[&[]])), None);
    }

    /// ExaBGP sends each octet as an instance of its own.
    #[test]
    fn instances_of_one_octet_list_nothing() {
        let (json, _) = testing::shown(&[
            RawCapability::new(CapCode::MULTISESSION, [0]),
            RawCapability::new(CapCode::MULTISESSION, [1]),
        ]);
        assert_eq!(json, r#"{ "68": { "name": "multisession", "variant": "RFC", "capabilities": [ ] } }"#);
    }
}
