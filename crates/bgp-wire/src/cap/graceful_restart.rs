//! Graceful restart (RFC 4724 section 3, RFC 8538 section 2): flags (4 bits) and restart time (12 bits), then per
//! family AFI (2), SAFI (1), flags (1).

use std::fmt::Write as _;

use super::{CapabilityCodec, RawCapability, Slashed};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};
use crate::family::Family;

/// The codec.
#[derive(Debug)]
pub struct Restart;

/// The longest restart time that fits in the capability, in seconds.
pub const MAX_TIME: u16 = 0x0FFF;

const RESTART: u8 = 0x8;
const NOTIFICATION: u8 = 0x4;
const FORWARDING: u8 = 0x80;

/// What a speaker says about its restarts.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct GracefulRestart {
    /// The "Restart State" bit R: the speaker has restarted.
    pub restarting: bool,
    /// The "Graceful Notification" bit N: routes survive NOTIFICATIONs and hold timer expiry too (RFC 8538).
    pub notification: bool,
    /// Seconds that the speaker needs to come back, at most [`MAX_TIME`].
    pub time: u16,
    /// Families whose routes survive, each with the "Forwarding State" bit F: forwarding was kept over the restart.
    pub families: Vec<(Family, bool)>,
}

impl GracefulRestart {
    /// The capability. A time that is too long becomes [`MAX_TIME`].
    pub fn encode(&self) -> RawCapability {
        let flags =
            if self.restarting { RESTART } else { 0 } | if self.notification { NOTIFICATION } else { 0 };
        let head = u16::from(flags) << 12 | self.time.min(MAX_TIME);
        let mut value = head.to_be_bytes().to_vec();
        for (family, forwarding) in &self.families {
            value.extend_from_slice(&family.afi.0.to_be_bytes());
            value.extend_from_slice(&[family.safi.0, if *forwarding { FORWARDING } else { 0 }]);
        }
        RawCapability::new(CapCode::GRACEFUL_RESTART, value)
    }

    /// Reads a value, unless it is malformed.
    pub fn decode(value: &[u8]) -> Option<Self> {
        let (flags, time, families) = split(value)?;
        Some(Self {
            restarting: flags & RESTART != 0,
            notification: flags & NOTIFICATION != 0,
            time,
            families: entries(families).map(|(family, flags)| (family, flags & FORWARDING != 0)).collect(),
        })
    }
}

/// Flags, time and the octets of the families.
fn split(value: &[u8]) -> Option<(u8, u16, &[u8])> {
    let ([high, low], families) = value.split_first_chunk::<2>()?;
    let time = u16::from_be_bytes([*high, *low]) & MAX_TIME;
    families.len().is_multiple_of(4).then_some((high >> 4, time, families))
}

/// The families with their flags as received, each once; the last tuple counts.
fn entries(families: &[u8]) -> impl Iterator<Item = (Family, u8)> {
    let mut entries: Vec<(Family, u8)> = Vec::new();
    for [high, low, safi, flags] in families.as_chunks::<4>().0 {
        let family = Family::new(u16::from_be_bytes([*high, *low]), *safi);
        match entries.iter_mut().find(|(known, _)| *known == family) {
            Some((_, last)) => *last = *flags,
            None => entries.push((family, *flags)),
        }
    }
    entries.into_iter()
}

/// Of several instances all but the last are ignored (RFC 4724 section 3).
fn last<'a>(values: &[&'a [u8]]) -> (u8, u16, &'a [u8]) {
    values.last().copied().and_then(split).unwrap_or_default()
}

impl CapabilityCodec for Restart {
    const CODE: CapCode = CapCode::GRACEFUL_RESTART;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        split(value).map(|_| ()).ok_or("the value has not 2 octets and 4 for each family")
    }

    /// The labels are crossed, and scripts rely on it: F is called "restart", R is called "forwarding". N has no
    /// label in this dialect.
    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        let (flags, time, families) = last(values);
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("graceful restart");
        out.key("time");
        out.number(u64::from(time));
        out.key("address-family-flags");
        out.begin_object(Spacing::Wide);
        for (family, flags) in entries(families) {
            out.key(&Slashed(family).to_string());
            out.begin_list(Spacing::Wide);
            if flags & FORWARDING != 0 {
                out.text("restart");
            }
            out.end_list();
        }
        out.end_object();
        out.key("restart-flags");
        out.begin_list(Spacing::Wide);
        if flags & RESTART != 0 {
            out.text("forwarding");
        }
        out.end_list();
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        let (flags, time, families) = last(values);
        // Writing to a String never fails.
        let _ = write!(out, "graceful restart flags {flags:#x} time {time}");
        for (family, flags) in entries(families) {
            let _ = write!(out, " {}={flags:#x}", Slashed(family));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    fn sample() -> GracefulRestart {
        GracefulRestart {
            restarting: true,
            notification: false,
            time: 120,
            families: vec![(Family::IPV4_UNICAST, true), (Family::IPV6_UNICAST, false)],
        }
    }

    #[test]
    fn it_comes_back() {
        let capability = sample().encode();
        assert_eq!(*capability.value, [0x80, 120, 0, 1, 1, 0x80, 0, 2, 1, 0]);
        assert_eq!(GracefulRestart::decode(&capability.value), Some(sample()));
        let (json, text) = testing::shown(&[capability]);
        assert_eq!(
            json,
            r#"{ "64": { "name": "graceful restart", "time": 120, "address-family-flags": { "ipv4/unicast": [ "restart" ], "ipv6/unicast": [ ] }, "restart-flags": [ "forwarding" ] } }"#
        );
        assert_eq!(text, "[graceful restart flags 0x8 time 120 ipv4/unicast=0x80 ipv6/unicast=0x0]");
    }

    #[test]
    fn times_and_flags_do_not_mix() {
        let all = GracefulRestart { notification: true, time: u16::MAX, ..sample() };
        let back = GracefulRestart::decode(&all.encode().value).unwrap();
        assert_eq!(back, GracefulRestart { time: MAX_TIME, ..all });
        let none = GracefulRestart { time: MAX_TIME, ..GracefulRestart::default() };
        assert_eq!(*none.encode().value, [0x0F, 0xFF]);
    }

    #[test]
    fn the_last_instance_counts() {
        let second = GracefulRestart { time: 7, ..GracefulRestart::default() };
        let (_, text) = testing::shown(&[sample().encode(), second.encode()]);
        assert_eq!(text, "[graceful restart flags 0x0 time 7]");
    }

    #[test]
    fn wrong_lengths_are_malformed() {
        for length in [0, 1, 3, 5, 7, 255] {
            assert!(Restart::check(&vec![0; length]).is_err());
            assert_eq!(GracefulRestart::decode(&vec![0; length]), None);
        }
    }
}
