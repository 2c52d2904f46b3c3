//! Kinds of extended communities that ExaBGP shows as octets, or shows and can't read: words to enter them.
//!
//! `color:100`, `color:1:100` with the color-only bits (RFC 9012 section 4.3, RFC 9830 section 3), `encap:vxlan`
//! (RFC 9012 section 4.1), `mac-mobility:5[:sticky]`, `esi-label:100[:single-active]`, `es-import:MAC`,
//! `router-mac:MAC`, `default-gateway` (RFC 7432 sections 7 and 10.1, RFC 9135 section 8.1), and flow actions as they
//! are shown (RFC 8955 section 7).

use super::flow::{self, Direction};
use super::kinds::{self, TUNNELS};
use crate::attr::number::decimal;

type Reason = std::borrow::Cow<'static, str>;

/// Reads a community of one of these kinds; `None` when its first word is of another kind.
pub(super) fn parse(text: &str) -> Option<Result<[u8; 8], Reason>> {
    let (name, rest) = text.split_once(':').map_or((text, ""), |(name, rest)| (name, rest));
    let shape = match name {
        "color" => "color:N, or color:BITS:N with color-only bits 0 to 3",
        "encap" => "encap:TUNNEL, a name such as vxlan or a number",
        "mac-mobility" => "mac-mobility:N, or mac-mobility:N:sticky",
        "esi-label" => "esi-label:LABEL, or esi-label:LABEL:single-active",
        "es-import" => "es-import: and six octets, as in es-import:00:11:22:33:44:55",
        "router-mac" => "router-mac: and six octets, as in router-mac:00:11:22:33:44:55",
        "default-gateway" => "default-gateway",
        "copy-to-nexthop" => "copy-to-nexthop",
        "rate-limit" => "rate-limit:N, or rate-limit:N:packets",
        "interface-set" => "interface-set:DIRECTION:AS:GROUP, the direction input, output or input-output",
        _ => return None,
    };
    Some(value(name, rest).ok_or_else(|| format!("this is written {shape}").into()))
}

fn value(name: &str, rest: &str) -> Option<[u8; 8]> {
    let mut fields = rest.split(':');
    let mut next = || fields.next();
    let (first, second, third, fourth) = (next()?, next(), next(), next());
    match (name, second, third, fourth) {
        ("color", None, ..) => Some(color(0, decimal(first)?)),
        ("color", Some(number), None, _) => {
            // "color:00:100" is how others write it: two bits.
            let bits = match first {
                "0" | "00" => 0,
                "1" | "01" => 1,
                "2" | "10" => 2,
                "3" | "11" => 3,
                _ => return None,
            };
            Some(color(bits, decimal(number)?))
        }
        ("encap", None, ..) => {
            let named =
                TUNNELS.iter().find(|(_, name)| name.eq_ignore_ascii_case(first)).map(|(code, _)| *code);
            let [high, low] = named.or_else(|| decimal(first))?.to_be_bytes();
            Some([0x03, 0x0C, 0, 0, 0, 0, high, low])
        }
        ("mac-mobility", sticky @ (None | Some("sticky")), None, _) => {
            let [a, b, c, d] = decimal::<u32>(first)?.to_be_bytes();
            Some([0x06, 0x00, sticky.is_some().into(), 0, a, b, c, d])
        }
        ("esi-label", active @ (None | Some("single-active")), None, _) => {
            // The label stands in the upper 20 bits (RFC 7432 section 7.5).
            let label: u32 = decimal(first).filter(|label| *label < 1 << 20)?;
            let [_, a, b, c] = (label << 4).to_be_bytes();
            Some([0x06, 0x01, active.is_some().into(), 0, 0, a, b, c])
        }
        ("es-import", ..) => mac(0x02, rest),
        ("router-mac", ..) => mac(0x03, rest),
        ("default-gateway", None, ..) if rest.is_empty() => Some([0x03, 0x0D, 0, 0, 0, 0, 0, 0]),
        ("copy-to-nexthop", None, ..) if rest.is_empty() => Some(flow::next_hop(true)),
        ("rate-limit", None, ..) => Some(flow::rate_limit(rate(first)?)),
        ("rate-limit", Some("packets"), None, _) => Some(flow::rate_limit_packets(rate(first)?)),
        ("interface-set", Some(asn), Some(group), None) => {
            let direction = match first {
                "input" => Direction::Input,
                "output" => Direction::Output,
                "input-output" => Direction::Both,
                _ => return None,
            };
            let group = decimal(group).filter(|group| *group < 1 << 14)?;
            Some(flow::interface_set(true, direction, decimal(asn)?, group))
        }
        _ => None,
    }
}

fn color(bits: u8, color: u32) -> [u8; 8] {
    let [a, b, c, d] = color.to_be_bytes();
    [0x03, 0x0B, bits << 6, 0, a, b, c, d]
}

/// A 32-bit float is what the wire has; digits make no infinity before 39 of them.
fn rate(text: &str) -> Option<f32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|rate: &f32| digits && rate.is_finite())
}

/// Six octets between colons.
fn mac(subtype: u8, text: &str) -> Option<[u8; 8]> {
    let mut value = [0x06, subtype, 0, 0, 0, 0, 0, 0];
    let mut parts = text.split(':');
    for octet in value.iter_mut().skip(2) {
        let part = parts.next().filter(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit()))?;
        *octet = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(value)
}

/// A word that [`parse`] reads as this community, if there is one.
pub(super) fn print(value: [u8; 8]) -> Option<String> {
    let [_, _, third, fourth, fifth, sixth, seventh, eighth] = value;
    let four = u32::from_be_bytes([fifth, sixth, seventh, eighth]);
    let mac = || format!("{third:02x}:{fourth:02x}:{fifth:02x}:{sixth:02x}:{seventh:02x}:{eighth:02x}");
    let text = match value {
        [0x03, 0x0B, 0, ..] => format!("color:{four}"),
        [0x03, 0x0B, bits, ..] => format!("color:{}:{four}", bits >> 6),
        [0x03, 0x0C, ..] => {
            let code = u16::from_be_bytes([seventh, eighth]);
            match TUNNELS.iter().find(|(known, _)| *known == code) {
                Some((_, name)) => format!("encap:{}", name.to_ascii_lowercase()),
                None => format!("encap:{code}"),
            }
        }
        [0x06, 0x01, active, ..] => {
            let active = if active == 0 { "" } else { ":single-active" };
            format!("esi-label:{}{active}", (four & 0xFF_FFFF) >> 4)
        }
        [0x06, 0x02, ..] => format!("es-import:{}", mac()),
        [0x06, 0x03, ..] => format!("router-mac:{}", mac()),
        [0x03, 0x0D, ..] => "default-gateway".to_owned(),
        // These are entered as they are shown.
        _ => kinds::Shown(value).to_string(),
    };
    // Reserved bits, and rates that are no whole number, have no word.
    (parse(&text) == Some(Ok(value))).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entered_forms_and_back() {
        for (text, value) in [
            ("color:100", 0x030B_0000_0000_0064_u64),
            ("color:1:100", 0x030B_4000_0000_0064),
            ("color:3:4294967295", 0x030B_C000_FFFF_FFFF),
            ("encap:vxlan", 0x030C_0000_0000_0008),
            ("encap:mpls-in-udp", 0x030C_0000_0000_000D),
            ("encap:99", 0x030C_0000_0000_0063),
            ("mac-mobility:5", 0x0600_0000_0000_0005),
            ("mac-mobility:5:sticky", 0x0600_0100_0000_0005),
            ("esi-label:100", 0x0601_0000_0000_0640),
            ("esi-label:100:single-active", 0x0601_0100_0000_0640),
            ("es-import:00:11:22:33:44:55", 0x0602_0011_2233_4455),
            ("router-mac:00:11:22:33:44:55", 0x0603_0011_2233_4455),
            ("default-gateway", 0x030D_0000_0000_0000),
            ("copy-to-nexthop", 0x0800_0000_0000_0001),
            ("rate-limit:1000", 0x8006_0000_447A_0000),
            ("rate-limit:1000:packets", 0x800C_0000_447A_0000),
            ("interface-set:input:65000:1", 0x0702_0000_FDE8_4001),
        ] {
            assert_eq!(parse(text), Some(Ok(value.to_be_bytes())), "{text}");
            assert_eq!(print(value.to_be_bytes()).as_deref(), Some(text));
        }
        assert_eq!(parse("color:01:7"), parse("color:1:7"));
        assert_eq!(parse("encap:VXLAN"), parse("encap:8"));
        assert_eq!(parse("target:1:1"), None);
    }

    #[test]
    fn refused_forms() {
        for text in [
            "color",
            "color:",
            "color:4:1",
            "color:1:2:3",
            "color:4294967296",
            "encap:bogus",
            "encap:65536",
            "mac-mobility:5:stick",
            "mac-mobility:x",
            "esi-label:1048576",
            "es-import:00:11:22:33:44",
            "router-mac:00:11:22:33:44:5g",
            "router-mac:00:11:22:33:44:55:66",
            "default-gateway:1",
            "rate-limit:-1",
            "rate-limit:1e3",
            "rate-limit:1:bytes",
            "interface-set:both:1:1",
            "interface-set:input:1:16384",
        ] {
            assert!(parse(text).is_some_and(|result| result.is_err()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_has_a_word_is_read_back(
            kind in prop_oneof![Just([3, 0x0B]), Just([3, 0x0C]), Just([3, 0x0D]), Just([6, 0]), Just([6, 1]),
                Just([6, 2]), Just([6, 3]), Just([7, 2]), Just([8, 0]), Just([0x80, 6]), any::<[u8; 2]>()],
            rest in prop_oneof![any::<[u8; 6]>(), any::<u16>().prop_map(|n| [0, 0, 0, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]])],
        ) {
            let [a, b] = kind;
            let [c, d, e, f, g, h] = rest;
            let value = [a, b, c, d, e, f, g, h];
            if let Some(text) = print(value) {
                prop_assert_eq!(parse(&text), Some(Ok(value)), "{}", text);
            }
        }
    }
}
