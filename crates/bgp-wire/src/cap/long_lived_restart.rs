//! Long-lived graceful restart (RFC 9494 section 3): per family AFI (2), SAFI (1), flags (1), stale time (3).

use std::fmt::Write as _;

use super::{CapabilityCodec, RawCapability, Slashed};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};
use crate::family::Family;

/// The codec.
#[derive(Debug)]
pub struct LongLived;

/// The longest stale time that fits in the capability, in seconds.
pub const MAX_TIME: u32 = 0x00FF_FFFF;

const FORWARDING: u8 = 0x80;

/// One family whose routes survive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LongLivedFamily {
    /// The family.
    pub family: Family,
    /// The F bit: forwarding was kept over the restart.
    pub forwarding: bool,
    /// Seconds that stale routes are kept, at most [`MAX_TIME`].
    pub time: u32,
}

/// The capability. Times that are too long become [`MAX_TIME`].
pub fn encode(families: &[LongLivedFamily]) -> RawCapability {
    let mut value = Vec::new();
    for f in families {
        value.extend_from_slice(&f.family.afi.0.to_be_bytes());
        value.extend_from_slice(&[f.family.safi.0, if f.forwarding { FORWARDING } else { 0 }]);
        let [_, time @ ..] = f.time.min(MAX_TIME).to_be_bytes();
        value.extend_from_slice(&time);
    }
    RawCapability::new(CapCode::LONG_LIVED_RESTART, value)
}

/// The families of several values, each once; the last instance counts, as in RFC 4724.
pub fn families<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Vec<LongLivedFamily> {
    let mut families: Vec<LongLivedFamily> = Vec::new();
    let last = values.into_iter().last().unwrap_or_default();
    for [high, low, safi, flags, a, b, c] in last.as_chunks::<7>().0 {
        let family = Family::new(u16::from_be_bytes([*high, *low]), *safi);
        if !families.iter().any(|known| known.family == family) {
            let forwarding = flags & FORWARDING != 0;
            families.push(LongLivedFamily { family, forwarding, time: u32::from_be_bytes([0, *a, *b, *c]) });
        }
    }
    families
}

impl CapabilityCodec for LongLived {
    const CODE: CapCode = CapCode::LONG_LIVED_RESTART;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        if value.len().is_multiple_of(7) { Ok(()) } else { Err("the value has not 7 octets for each family") }
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("long-lived-graceful-restart");
        out.key("address-families");
        out.begin_object(Spacing::Wide);
        for f in families(values.iter().copied()) {
            out.key(&Slashed(f.family).to_string());
            out.begin_object(Spacing::Wide);
            out.key("time");
            out.number(f.time.into());
            out.key("forwarding");
            out.boolean(f.forwarding);
            out.end_object();
        }
        out.end_object();
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        out.push_str("long-lived graceful restart");
        for f in families(values.iter().copied()) {
            let flags = if f.forwarding { FORWARDING } else { 0 };
            // Writing to a String never fails.
            let _ = write!(out, " {}={flags:#x} time {}", Slashed(f.family), f.time);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn families_come_back() {
        let first = LongLivedFamily { family: Family::IPV4_UNICAST, forwarding: true, time: 3600 };
        let second = LongLivedFamily { family: Family::IPV6_UNICAST, forwarding: false, time: u32::MAX };
        let capability = encode(&[first, second]);
        assert_eq!(*capability.value, [0, 1, 1, 0x80, 0, 0x0e, 0x10, 0, 2, 1, 0, 0xff, 0xff, 0xff]);
        assert_eq!(families([&*capability.value]), [first, LongLivedFamily { time: MAX_TIME, ..second }]);
        let (json, text) = testing::shown(&[capability]);
        assert_eq!(
            json,
            r#"{ "71": { "name": "long-lived-graceful-restart", "address-families": { "ipv4/unicast": { "time": 3600, "forwarding": true }, "ipv6/unicast": { "time": 16777215, "forwarding": false } } } }"#
        );
        assert_eq!(
            text,
            "[long-lived graceful restart ipv4/unicast=0x80 time 3600 ipv6/unicast=0x0 time 16777215]"
        );
    }

    #[test]
    fn a_family_is_shown_once() {
        let family = LongLivedFamily { family: Family::IPV4_UNICAST, forwarding: true, time: 1 };
        let twice = encode(&[family, LongLivedFamily { time: 2, ..family }]);
        assert_eq!(families([&*twice.value]), [family]);
        testing::shown(&[twice]);
    }

    #[test]
    fn wrong_lengths_are_malformed() {
        for length in [1, 6, 8, 255] {
            assert!(LongLived::check(&vec![0; length]).is_err());
        }
        assert!(LongLived::check(&[]).is_ok(), "no family");
    }
}
