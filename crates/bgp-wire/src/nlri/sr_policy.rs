//! Segment routing policies (RFC 9830 section 2.1): length in bits (1), distinguisher (4), color (4), endpoint (4 or 16).
//!
//! A route of another length is kept and shown as octets: its length tells where the next one starts, so one odd route
//! costs neither the session nor its neighbours (RFC 7606 section 5.4). What the policy consists of stands in the tunnel
//! encapsulation attribute.
//!
//! Text: `distinguisher 1 color 100 endpoint 10.0.0.1`, the fields in any order; or `raw` and the octets.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attr::number::decimal;
use crate::code::Afi;
use crate::cursor::Reader;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::shared;
use crate::nlri::{NlriCodec, inet};
use crate::text::{TextError, Word, Words};

/// Codec of segment routing policies.
#[derive(Debug)]
pub struct SrPolicy;

/// What a text is to look like.
const SHAPE: &str = "distinguisher N color N endpoint ADDRESS";

/// A policy that is as its family says.
struct Policy {
    distinguisher: u32,
    color: u32,
    endpoint: IpAddr,
}

impl Policy {
    fn read(family: Family, wire: &[u8]) -> Option<Self> {
        let mut r = Reader::new(wire);
        let bits = r.u8("length").ok()?;
        let distinguisher = r.u32("distinguisher").ok()?;
        let color = r.u32("color").ok()?;
        let endpoint = match (bits, family.afi) {
            (96, Afi::IPV4) => Ipv4Addr::from(r.array("endpoint").ok()?).into(),
            (192, Afi::IPV6) => Ipv6Addr::from(r.array("endpoint").ok()?).into(),
            _ => return None,
        };
        r.is_empty().then_some(Self { distinguisher, color, endpoint })
    }
}

/// Whether octets are one NLRI of some length.
fn is_whole(wire: &[u8]) -> bool {
    wire.split_first().is_some_and(|(bits, body)| body.len() == inet::octets(*bits))
}

fn number(word: Word<'_>) -> Result<u32, TextError> {
    decimal(word.text).ok_or_else(|| TextError::new(word, "invalid number").hint("0 to 4294967295"))
}

fn address(afi: Afi, word: Word<'_>) -> Result<IpAddr, TextError> {
    let address: IpAddr = word
        .text
        .parse()
        .map_err(|_| TextError::new(word, "invalid address").hint("10.0.0.1 or 2001:db8::1"))?;
    if (afi == Afi::IPV4) == address.is_ipv4() {
        return Ok(address);
    }
    let other = if afi == Afi::IPV4 { "ipv6 sr-policy" } else { "ipv4 sr-policy" };
    Err(TextError::new(word, "this is of the other address family").hint(format!("write {other} before it")))
}

/// The family of the policy that `words` are about to name: its endpoint tells. IPv4 where there is none, so that the
/// parser says what is missing.
pub fn family(mut words: Words<'_>) -> Family {
    while let Some(word) = words.next_word() {
        if word.is("endpoint") {
            let address = words.next_word().is_some_and(|word| word.text.contains(':'));
            return if address { Family::IPV6_SR_POLICY } else { Family::IPV4_SR_POLICY };
        }
    }
    Family::IPV4_SR_POLICY
}

impl NlriCodec for SrPolicy {
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let bits = *r.rest().first().ok_or_else(|| error("the length is missing"))?;
        let whole = inet::octets(bits).saturating_add(1);
        r.take(whole, "policy").map_err(|_| error("the policy is longer than the field"))
    }

    fn next_hop_lengths(_: Family) -> &'static [usize] {
        // RFC 9830 section 2.1: of either address family.
        &[4, 16]
    }

    fn emit<E: Emit>(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
        out.begin_object(Spacing::Tight);
        if let Some(policy) = Policy::read(family, wire) {
            out.key("distinguisher");
            out.number(policy.distinguisher.into());
            out.key("color");
            out.number(policy.color.into());
            out.key("endpoint");
            out.address(policy.endpoint);
        } else {
            out.key("parsed");
            out.boolean(false);
            out.key("raw");
            out.hex("", wire, HexCase::Upper);
        }
        shared::emit_path_id(path_id, out);
        out.end_object();
    }

    fn print(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut String) {
        out.push_str("sr-policy ");
        if let Some(Policy { distinguisher, color, endpoint }) = Policy::read(family, wire) {
            let _ = write!(out, "distinguisher {distinguisher} color {color} endpoint {endpoint}");
        } else {
            shared::print_raw(wire, out);
        }
        shared::print_path_id(path_id, out);
    }

    fn parse(family: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        // Routes are shown with this word, and what is shown must be readable.
        words.accept("sr-policy");
        if words.accept("raw") {
            return shared::parse_raw(
                words,
                is_whole,
                [
                    "the octets of a policy",
                    "this is no segment routing policy",
                    "0x, then the length in bits and as many octets in hexadecimal",
                ],
                out,
            );
        }
        let (mut distinguisher, mut color, mut endpoint) = (None, None, None);
        while distinguisher.is_none() || color.is_none() || endpoint.is_none() {
            let missing = match (distinguisher, color) {
                (None, _) => "distinguisher",
                (_, None) => "color",
                _ => "endpoint",
            };
            let name = words.expect(missing)?;
            let again = match name.text {
                "distinguisher" => distinguisher.replace(number(words.expect("a distinguisher")?)?).is_some(),
                "color" => color.replace(number(words.expect("a color")?)?).is_some(),
                "endpoint" => endpoint.replace(address(family.afi, words.expect("an address")?)?).is_some(),
                _ => {
                    return Err(TextError::new(
                        name,
                        format!("{missing} and its value must stand before this"),
                    )
                    .hint(SHAPE));
                }
            };
            if again {
                return Err(TextError::new(name, "this is given twice"));
            }
        }
        let (Some(distinguisher), Some(color), Some(endpoint)) = (distinguisher, color, endpoint) else {
            return Err(words.end("endpoint"));
        };
        out.push(if endpoint.is_ipv4() { 96 } else { 192 });
        out.extend_from_slice(&distinguisher.to_be_bytes());
        out.extend_from_slice(&color.to_be_bytes());
        match endpoint {
            IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
            IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::attr::testing::Json;
    use crate::nlri::{Nlri, NlriRun};

    fn parse(family: Family, text: &str) -> Result<Nlri, TextError> {
        let mut words = Words::new(text);
        let nlri = Nlri::parse(family, &mut words)?;
        match words.next_word() {
            None => Ok(nlri),
            Some(word) => Err(TextError::new(word, "left over")),
        }
    }

    fn emitted(nlri: &Nlri) -> String {
        let mut json = Json::default();
        nlri.as_ref().emit(&mut json);
        serde_json::from_str::<serde_json::Value>(&json.text).unwrap();
        json.text
    }

    #[test]
    fn text_octets_and_emission() {
        let nlri = parse(Family::IPV4_SR_POLICY, "distinguisher 1 color 100 endpoint 1.1.1.1").unwrap();
        assert_eq!(nlri.wire(), [96, 0, 0, 0, 1, 0, 0, 0, 100, 1, 1, 1, 1]);
        assert_eq!(nlri.to_string(), "sr-policy distinguisher 1 color 100 endpoint 1.1.1.1");
        assert_eq!(emitted(&nlri), r#"{"distinguisher": 1, "color": 100, "endpoint": "1.1.1.1"}"#);
        let other = parse(Family::IPV4_SR_POLICY, "endpoint 1.1.1.1 distinguisher 1 color 100").unwrap();
        assert_eq!(nlri, other);

        let text = "sr-policy distinguisher 0 color 4294967295 endpoint 2001:db8::1";
        let nlri = parse(Family::IPV6_SR_POLICY, text).unwrap();
        assert_eq!(nlri.wire()[..9], [192, 0, 0, 0, 0, 255, 255, 255, 255]);
        assert_eq!(nlri.to_string(), text);
    }

    #[test]
    fn the_endpoint_tells_the_family() {
        let of = |text| family(Words::new(text));
        assert_eq!(of("distinguisher 1 color 2 endpoint ::1 next-hop 10.0.0.1"), Family::IPV6_SR_POLICY);
        assert_eq!(of("endpoint 10.0.0.1 srv6-binding-sid fc00::1"), Family::IPV4_SR_POLICY);
        assert_eq!(of("color 1"), Family::IPV4_SR_POLICY);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, error) in [
            ("", "distinguisher is missing at the end of the line"),
            ("color 1", "distinguisher is missing at the end of the line"),
            ("distinguisher 1 color 2", "endpoint is missing at the end of the line"),
            ("distinguisher x", "invalid number: 'x' (0 to 4294967295)"),
            ("color 1 color 2", "this is given twice: 'color'"),
            (
                "distinguisher 1 next-hop",
                "color and its value must stand before this: 'next-hop' (distinguisher N color N endpoint ADDRESS)",
            ),
            (
                "distinguisher 1 color 2 endpoint ::1",
                "this is of the other address family: '::1' (write ipv6 sr-policy before it)",
            ),
            (
                "raw 0x6000",
                "this is no segment routing policy: '0x6000' (0x, then the length in bits and as many octets in \
                 hexadecimal)",
            ),
        ] {
            assert_eq!(parse(Family::IPV4_SR_POLICY, text).unwrap_err().to_string(), error, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn a_policy_survives_text_and_octets(
            distinguisher: u32, color: u32, v6: bool, octets: [u8; 16],
        ) {
            let (family, endpoint) = if v6 {
                (Family::IPV6_SR_POLICY, IpAddr::from(octets))
            } else {
                (Family::IPV4_SR_POLICY, IpAddr::from([octets[0], octets[1], octets[2], octets[3]]))
            };
            let text = format!("sr-policy distinguisher {distinguisher} color {color} endpoint {endpoint}");
            let nlri = parse(family, &text).unwrap();
            prop_assert_eq!(nlri.to_string(), text);
            let run = NlriRun::check(family, false, nlri.wire(), 0).unwrap();
            let again: Vec<Nlri> = run.iter().map(crate::nlri::NlriRef::to_owned).collect();
            prop_assert_eq!(again, [nlri]);
        }

        #[test]
        fn octets_of_any_length_are_read_as_wholes_and_have_a_text(
            v6: bool, body in vec(any::<u8>(), 0..60), bits in prop_oneof![Just(96_u8), Just(192), any::<u8>()],
        ) {
            let family = if v6 { Family::IPV6_SR_POLICY } else { Family::IPV4_SR_POLICY };
            let field = [vec![bits], body].concat();
            if let Ok(run) = NlriRun::check(family, false, &field, 0) {
                let mut octets = Vec::new();
                for nlri in &run {
                    octets.extend_from_slice(nlri.wire);
                    let nlri = nlri.to_owned();
                    emitted(&nlri);
                    prop_assert_eq!(parse(family, &nlri.to_string()).unwrap(), nlri);
                }
                prop_assert_eq!(octets, field);
            }
        }
    }
}
