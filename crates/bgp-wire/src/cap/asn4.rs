//! Four-octet AS numbers (RFC 6793 section 3): the speaker's own AS number in four octets.

use std::fmt::Write as _;

use super::{CapabilityCodec, RawCapability};
use crate::code::{Asn, CapCode};
use crate::emit::{Emit, Spacing};

/// The codec.
#[derive(Debug)]
pub struct Asn4;

/// The capability of a speaker in `asn`.
pub fn encode(asn: Asn) -> RawCapability {
    RawCapability::new(CapCode::ASN4, asn.0.to_be_bytes())
}

/// The AS number of a value, unless it is malformed.
pub fn asn(value: &[u8]) -> Option<Asn> {
    value.try_into().ok().map(u32::from_be_bytes).map(Asn)
}

/// The AS number of several instances: the first.
fn first(values: &[&[u8]]) -> Asn {
    values.first().copied().and_then(asn).unwrap_or(Asn(0))
}

impl CapabilityCodec for Asn4 {
    const CODE: CapCode = CapCode::ASN4;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        asn(value).map(|_| ()).ok_or("the value has not 4 octets")
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("asn4");
        out.key("asn4");
        out.number(u64::from(first(values).0));
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        // Writing to a String never fails.
        let _ = write!(out, "asn4({})", first(values));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn the_number_is_shown() {
        let (json, text) = testing::shown(&[encode(Asn(4_200_000_000))]);
        assert_eq!(json, r#"{ "65": { "name": "asn4", "asn4": 4200000000 } }"#);
        assert_eq!(text, "[asn4(4200000000)]");
    }

    /// An AS number of length 0 has crashed a daemon (GHSA-gjrg-jjr3-56cm).
    #[test]
    fn wrong_lengths_are_malformed() {
        for length in [0, 1, 2, 3, 5, 255] {
            assert!(Asn4::check(&vec![1; length]).is_err());
            assert_eq!(asn(&vec![1; length]), None);
        }
    }
}
