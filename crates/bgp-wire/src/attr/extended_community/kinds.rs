//! Kinds of extended communities: how users write them and how they are shown.
//!
//! The first octet is the type, the second the sub-type (RFC 7153). An AS number over 65,535 makes a four-octet-AS
//! specific community (type 0x02, RFC 5668); a dotted number an IPv4-address specific one (type 0x01).

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv4Addr;

use crate::attr::number::decimal;

/// A number as written: what it is, and whether its form asks for more than two octets.
#[derive(Clone, Copy)]
struct Number {
    value: u32,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Long,
    Dotted,
}

type Reason = Cow<'static, str>;

fn number(text: &str) -> Result<Number, Reason> {
    let found = if text.contains('.') {
        text.parse::<Ipv4Addr>().ok().map(|a| Number { value: a.into(), form: Form::Dotted })
    } else if let Some(digits) = text.strip_suffix('L') {
        decimal(digits).map(|value| Number { value, form: Form::Long })
    } else {
        decimal(text).map(|value| Number { value, form: Form::Plain })
    };
    found.ok_or_else(|| {
        format!("'{text}' in the extended community is no 32-bit number or IPv4 address").into()
    })
}

fn narrow<T: TryFrom<u32>>(number: Number) -> Result<T, Reason> {
    T::try_from(number.value)
        .map_err(|_| format!("{} is too large in this extended community", number.value).into())
}

/// Type, sub-type and the low six octets of a number.
const fn join([kind, subtype]: [u8; 2], rest: u64) -> [u8; 8] {
    let [_, _, octets @ ..] = rest.to_be_bytes();
    let [third, fourth, fifth, sixth, seventh, eighth] = octets;
    [kind, subtype, third, fourth, fifth, sixth, seventh, eighth]
}

/// Type, sub-type, a two-octet and a four-octet number.
fn two_four(kind: [u8; 2], a: Number, b: Number) -> Result<[u8; 8], Reason> {
    Ok(join(kind, u64::from(narrow::<u16>(a)?) << 32 | u64::from(b.value)))
}

/// A four-octet and a two-octet number: four-octet AS, or address when dotted.
fn four_two(subtype: u8, a: Number, b: Number) -> Result<[u8; 8], Reason> {
    let kind = if a.form == Form::Dotted { 0x01 } else { 0x02 };
    Ok(join([kind, subtype], u64::from(a.value) << 16 | u64::from(narrow::<u16>(b)?)))
}

/// Route target and route origin: the form of the first number decides the type.
fn by_form(subtype: u8, a: Number, b: Number) -> Result<[u8; 8], Reason> {
    if a.form == Form::Plain && a.value <= 0xFFFF {
        two_four([0, subtype], a, b)
    } else {
        four_two(subtype, a, b)
    }
}

/// Parses one community, hexadecimal digits excepted.
pub(super) fn parse(text: &str) -> Result<[u8; 8], Reason> {
    if text == "redirect-to-nexthop" {
        return Ok([0x08, 0, 0, 0, 0, 0, 0, 0]);
    }
    let mut fields = text.split(':');
    let mut next = || fields.next();
    match (next(), next(), next(), next(), next(), next()) {
        (Some(a), Some(b), None, ..) | (Some("target"), Some(a), Some(b), None, ..) => {
            by_form(0x02, number(a)?, number(b)?)
        }
        (Some("origin"), Some(a), Some(b), None, ..) => by_form(0x03, number(a)?, number(b)?),
        (Some("target4"), Some(a), Some(b), None, ..) => four_two(0x02, number(a)?, number(b)?),
        (Some("origin4"), Some(a), Some(b), None, ..) => four_two(0x03, number(a)?, number(b)?),
        (Some("redirect"), Some(a), Some(b), None, ..) => two_four([0x80, 0x08], number(a)?, number(b)?),
        (Some("mup"), Some(a), Some(b), None, ..) => two_four([0x0C, 0x00], number(a)?, number(b)?),
        (Some("bandwidth"), Some(a), Some(b), None, ..) => {
            let octets: f32 = b.parse().map_err(|_| format!("'{b}' is no bandwidth in octets per second"))?;
            if !octets.is_finite() || octets < 0.0 {
                return Err(format!("'{b}' is no bandwidth in octets per second").into());
            }
            two_four([0x40, 0x04], number(a)?, Number { value: octets.to_bits(), form: Form::Plain })
        }
        (Some("l2info"), Some(encaps), Some(control), Some(mtu), Some(preference), None) => {
            let [mtu_high, mtu_low] = narrow::<u16>(number(mtu)?)?.to_be_bytes();
            let [high, low] = narrow::<u16>(number(preference)?)?.to_be_bytes();
            let (encaps, control) = (narrow::<u8>(number(encaps)?)?, narrow::<u8>(number(control)?)?);
            Ok([0x80, 0x0A, encaps, control, mtu_high, mtu_low, high, low])
        }
        (
            Some(name @ ("target" | "origin" | "target4" | "origin4" | "redirect" | "mup" | "bandwidth")),
            ..,
        ) => Err(format!("an extended community of type {name} has two values").into()),
        (Some("l2info"), ..) => Err("an extended community of type l2info has four values".into()),
        (Some(_), None, ..) => Err("invalid extended community".into()),
        (name, ..) => {
            Err(format!("'{}' is no known type of extended community", name.unwrap_or_default()).into())
        }
    }
}

/// `0x` and upper-case digits.
pub(super) fn hex(value: [u8; 8]) -> String {
    format!("0x{:016X}", u64::from_be_bytes(value))
}

/// Shows a community as ExaBGP does; kinds it has no name for as hexadecimal digits.
#[derive(Clone, Copy, Debug)]
pub struct Shown(pub [u8; 8]);

/// Names of tunnel types (RFC 9012 section 13.3).
pub(super) const TUNNELS: [(u16, &str); 9] = [
    (0, "Default"),
    (1, "L2TPv3"),
    (2, "GRE"),
    (7, "IP-in-IP"),
    (8, "VXLAN"),
    (9, "NVGRE"),
    (10, "MPLS"),
    (12, "VXLAN-GPE"),
    (13, "MPLS-in-UDP"),
];

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kind, subtype, third, fourth, fifth, sixth, seventh, last] = self.0;
        let two = u16::from_be_bytes([third, fourth]);
        let four = u32::from_be_bytes([third, fourth, fifth, sixth]);
        let last_two = u16::from_be_bytes([seventh, last]);
        let last_four = u32::from_be_bytes([fifth, sixth, seventh, last]);
        let transitive_kind = kind & !0x40;
        match (transitive_kind, kind, subtype) {
            (0, _, 0x02) => write!(f, "target:{two}:{last_four}"),
            (1, _, 0x02) => write!(f, "target:{}:{last_two}", Ipv4Addr::from(four)),
            (2, _, 0x02) => write!(f, "target:{four}:{last_two}"),
            (0, _, 0x03) => write!(f, "origin:{two}:{}", Ipv4Addr::from(last_four)),
            (1, _, 0x03) => write!(f, "origin:{}:{last_two}", Ipv4Addr::from(four)),
            (2, _, 0x03) => write!(f, "origin:{four}:{last_two}"),
            (_, 0x03, 0x0C) => match TUNNELS.iter().find(|(number, _)| *number == last_two) {
                Some((_, name)) => write!(f, "encap:{name}"),
                // The repetition is the original's.
                None => write!(f, "encap:encap:UNKNOWN-{last_two}"),
            },
            (_, 0x06, 0x00) => {
                write!(f, "mac-mobility:{last_four}{}", if third & 1 == 0 { "" } else { ":sticky" })
            }
            (7, _, 0x02) => {
                let direction = match seventh >> 6 {
                    0 => "none",
                    1 => "input",
                    2 => "output",
                    _ => "input-output",
                };
                write!(f, "interface-set:{direction}:{four}:{}", last_two & 0x3FFF)
            }
            (_, 0x08, 0x00) => {
                f.write_str(if last & 1 == 0 { "redirect-to-nexthop" } else { "copy-to-nexthop" })
            }
            (_, 0x01, 0x0C) => write!(f, "redirect-to-nexthop-ietf {}", Ipv4Addr::from(four)),
            (_, 0x0C, 0x00) => write!(f, "mup:{two}:{last_four}"),
            (_, 0x80, 0x06) => write!(f, "rate-limit:{:.0}", f32::from_bits(last_four).trunc()),
            (_, 0x80, 0x07) => f.write_str(match last & 3 {
                0 => "action",
                1 => "action terminal",
                2 => "action sample",
                _ => "action sample-terminal",
            }),
            (_, 0x80, 0x08) => write!(f, "redirect:{two}:{last_four}"),
            (_, 0x80, 0x09) => write!(f, "mark {last}"),
            (_, 0x80, 0x0A) => {
                write!(f, "l2info:{third}:{fourth}:{}:{last_two}", u16::from_be_bytes([fifth, sixth]))
            }
            (_, 0x80, 0x0C) => write!(f, "rate-limit:{:.0}:packets", f32::from_bits(last_four).trunc()),
            _ => f.write_str(&hex(self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entered_forms() {
        for (text, value) in [
            ("target:65000:1", 0x0002_FDE8_0000_0001_u64),
            ("65000:1", 0x0002_FDE8_0000_0001),
            ("target:1.2.3.4:5", 0x0102_0102_0304_0005),
            ("target:70000:5", 0x0202_0001_1170_0005),
            ("target:65000L:1", 0x0202_0000_FDE8_0001),
            ("target4:65000:1", 0x0202_0000_FDE8_0001),
            ("target4:1.2.3.4:1", 0x0102_0102_0304_0001),
            ("origin:65000:1", 0x0003_FDE8_0000_0001),
            ("origin:65000:0.0.0.100", 0x0003_FDE8_0000_0064),
            ("origin4:1.2.3.4:5", 0x0103_0102_0304_0005),
            ("origin:70000:2", 0x0203_0001_1170_0002),
            ("redirect:65000:1", 0x8008_FDE8_0000_0001),
            ("l2info:19:0:1500:111", 0x800A_1300_05DC_006F),
            ("bandwidth:65000:1000", 0x4004_FDE8_447A_0000),
            ("mup:65000:1", 0x0C00_FDE8_0000_0001),
            ("redirect-to-nexthop", 0x0800_0000_0000_0000),
        ] {
            assert_eq!(parse(text), Ok(value.to_be_bytes()), "{text}");
        }
    }

    #[test]
    fn refused_forms() {
        for text in [
            "soo:1:2",
            "redirect-to-nexthop-ietf:1.2.3.4",
            "target:1:2:3",
            "target:1.2.3.4:65536",
            "redirect:70000:1",
            "l2info:256:0:1:1",
            "l2info:1:2:3",
            "bandwidth:1:NaN",
            "target:-1:1",
            "foo",
            "",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shown_forms() {
        for (value, text) in [
            (842_122_827_661_412_u64, "target:65000:100"),
            (4_612_528_141_255_049_316, "target:65000:100"),
            (72_631_539_107_692_644, "target:10.0.0.1:100"),
            (144_678_142_616_797_284, "target:70000:100"),
            (1_123_597_804_372_068, "origin:65000:0.0.0.100"),
            (72_913_014_084_403_300, "origin:10.0.0.1:100"),
            (144_959_617_593_507_940, "origin:70000:100"),
            (9_226_207_677_441_114_223, "l2info:19:0:1500:111"),
            (4_613_091_092_440_818_688, "0x4004FDE849742400"),
            (432_346_663_739_195_397, "mac-mobility:5:sticky"),
            (219_550_481_834_311_688, "encap:VXLAN"),
            (219_550_481_834_311_785, "encap:encap:UNKNOWN-105"),
            (219_269_006_857_601_124, "0x030B000000000064"),
            (9_225_060_887_891_296_256, "rate-limit:10000"),
            (9_225_342_361_691_750_403, "action sample-terminal"),
            (9_225_903_009_542_701_156, "redirect:65000:100"),
            (9_369_739_029_331_837_028, "0x8208000111700064"),
            (9_225_905_311_645_171_722, "mark 10"),
            (576_460_752_303_423_488, "redirect-to-nexthop"),
            (576_460_752_303_423_489, "copy-to-nexthop"),
            (0x010C_0102_0304_0000, "redirect-to-nexthop-ietf 1.2.3.4"),
            (505_245_281_093_173_249, "interface-set:input:4259840000:1"),
            (5_116_652_130_906_193_921, "interface-set:input-output:65000:1"),
            (9_226_749_737_724_149_760, "rate-limit:1000:packets"),
            (0x0C00_FDE8_0000_0001, "mup:65000:1"),
            (1_311_768_467_463_790_320, "0x123456789ABCDEF0"),
        ] {
            assert_eq!(Shown(value.to_be_bytes()).to_string(), text);
        }
    }
}
