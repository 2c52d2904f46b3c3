//! IPV6 EXTENDED COMMUNITIES (RFC 5701): optional transitive, a list of twenty-octet values, sorted here.
//!
//! Type and sub-type, an IPv6 address, and two octets of the kind's own. A length that is 0 or no multiple of 20:
//! treat-as-withdraw (RFC 7606 section 7.15).

use std::fmt;
use std::net::Ipv6Addr;

use crate::attr::number::hex_octets;
use crate::attr::{Attribute, Fault, fault, flag, list};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, Spacing};
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of IPV6 EXTENDED COMMUNITIES.
#[derive(Debug)]
pub struct Ipv6ExtendedCommunity;

/// Flow action "redirect to IP next hop" (draft-ietf-idr-flowspec-redirect-ip).
const REDIRECT_TO_NEXT_HOP: [u8; 2] = [0x00, 0x0C];

/// The value of the flow action that sends packets to `address`.
pub fn redirect_to_next_hop(address: Ipv6Addr) -> [u8; 20] {
    let mut value = [0; 20];
    let octets = REDIRECT_TO_NEXT_HOP.into_iter().chain(address.octets());
    value.iter_mut().zip(octets).for_each(|(to, from)| *to = from);
    value
}

/// Shows a community; kinds without a name as hexadecimal digits.
#[derive(Clone, Copy, Debug)]
pub struct Shown(pub [u8; 20]);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kind, subtype, address @ .., _, _] = self.0;
        if [kind, subtype] == REDIRECT_TO_NEXT_HOP {
            return write!(f, "redirect-to-nexthop-ietf {}", Ipv6Addr::from(address));
        }
        fmt::Display::fmt(&Hex(self.0), f)
    }
}

/// `0x` and upper-case digits.
struct Hex([u8; 20]);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02X}"))
    }
}

/// The whole value as one decimal number, which has up to 49 digits.
struct Decimal([u8; 20]);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut digits = Vec::new();
        while digits.is_empty() || rest.iter().any(|octet| *octet != 0) {
            let mut remainder = 0_u16;
            for octet in &mut rest {
                let value = (remainder << 8) | u16::from(*octet);
                *octet = u8::try_from(value / 10).unwrap_or(u8::MAX);
                remainder = value % 10;
            }
            digits.push(char::from_digit(remainder.into(), 10).unwrap_or('0'));
        }
        f.write_str(&digits.iter().rev().collect::<String>())
    }
}

impl Attribute for Ipv6ExtendedCommunity {
    const CODE: AttrCode = AttrCode::IPV6_EXTENDED_COMMUNITY;
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["extended-community-ipv6"];
    const MERGES: bool = true;

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if list::whole::<20>(value) {
            Ok(())
        } else {
            Err(fault::<Self>("the length must be a multiple of 20, not 0"))
        }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        words.list("an IPv6 extended community", false, |word| {
            let octets = hex_octets(word.text).filter(|octets| octets.len() == 20).ok_or_else(|| {
                TextError::new(word, "invalid IPv6 extended community")
                    .hint("0x must be followed by 40 hexadecimal digits")
            })?;
            out.extend(octets);
            Ok(())
        })
    }

    fn normalise(value: &mut Vec<u8>) {
        list::sort::<20>(value, false);
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.begin_list(Spacing::Wide);
        for item in list::items(&list::sorted::<20>(value, false)) {
            out.begin_object(Spacing::Wide);
            out.key("value");
            out.large_number(&Decimal(*item));
            out.key("string");
            out.display(&Shown(*item));
            out.end_object();
        }
        out.end_list();
    }

    fn print(value: &[u8], out: &mut String) {
        use std::fmt::Write as _;
        out.push_str("extended-community-ipv6");
        list::print(list::items(&list::sorted::<20>(value, false)), out, |item, out| {
            let _ = write!(out, "{}", Shown(*item));
        });
    }

    fn print_input(value: &[u8], out: &mut String) {
        use std::fmt::Write as _;
        out.push_str("extended-community-ipv6");
        list::print(list::items(&list::sorted::<20>(value, false)), out, |item, out| {
            let _ = write!(out, "{}", Hex(*item));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::{emitted, parsed, printed, written};

    type Codec = Ipv6ExtendedCommunity;

    #[test]
    fn values_are_shown_and_written() {
        let redirect = redirect_to_next_hop("2001:db8::1".parse().unwrap());
        let text = "redirect-to-nexthop-ietf 2001:db8::1";
        assert_eq!(printed::<Codec>(&redirect), format!("extended-community-ipv6 {text}"));
        assert_eq!(
            written::<Codec>(&redirect),
            "extended-community-ipv6 0x000C20010DB80000000000000000000000010000"
        );
        let words = written::<Codec>(&redirect);
        let value = words.strip_prefix("extended-community-ipv6 ").unwrap();
        assert_eq!(parsed::<Codec>(value), Ok(redirect.to_vec()));
        let mut two = [[0xFF; 20], redirect].concat();
        Codec::normalise(&mut two);
        assert_eq!(
            printed::<Codec>(&two),
            format!("extended-community-ipv6 [ {text} 0x{} ]", "FF".repeat(20))
        );
        let mut small = [0; 20];
        small[10] = 1;
        let text = r#"[ { "value": 4722366482869645213696, "string": "0x0000000000000000000001000000000000000000" } ]"#;
        assert_eq!(emitted::<Codec>(&small), text);
        assert_eq!(Decimal([0; 20]).to_string(), "0");
        assert_eq!(Decimal([0xFF; 20]).to_string(), "1461501637330902918203684832716283019655932542975");
    }

    #[test]
    fn wrong_values_are_refused() {
        for text in ["0x00", "target:1:1", "[ 0x000C20010DB80000000000000000000000010000", ""] {
            assert!(parsed::<Codec>(text).is_err(), "{text}");
        }
        for length in [0, 7, 19, 21] {
            assert!(Codec::check(&vec![0; length], &DecodeCtx::default()).is_err(), "{length}");
        }
        assert!(Codec::check(&[0; 40], &DecodeCtx::default()).is_ok());
    }
}
