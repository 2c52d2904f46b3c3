//! PMSI tunnel (RFC 6514 section 5): optional transitive; flags (1), tunnel type (1), MPLS label (3) and the tunnel's
//! identifier, whose form depends on the type.
//!
//! Malformed: treat-as-withdraw (RFC 6514 section 5). Tunnel types without a name are kept: the registry grows. EVPN
//! with VXLAN has a VNI in all 24 bits of the label field (RFC 8365 section 5.1.3), so those are kept too.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attr::number::{decimal, hex_octets};
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Word, Words};

/// Codec of the PMSI tunnel attribute.
#[derive(Debug)]
pub struct Pmsi;

/// Names of the tunnel types 0 to 7.
const TYPES: [&str; 8] = [
    "notunnel",
    "rsvp-tep2mplsp",
    "mldpp2mplsp",
    "pim-ssmtree",
    "pim-smtree",
    "bidir-pimtree",
    "ingressreplication",
    "mldpmp2mplsp",
];

/// The tunnel type whose identifier is the address of the tunnel's end.
const INGRESS_REPLICATION: u8 = 6;

fn address(data: &[u8]) -> Option<IpAddr> {
    match data.len() {
        4 => data.try_into().ok().map(|a: [u8; 4]| Ipv4Addr::from(a).into()),
        16 => data.try_into().ok().map(|a: [u8; 16]| Ipv6Addr::from(a).into()),
        _ => None,
    }
}

/// Prints `pmsi:ingressreplication:0:100(1601):10.0.0.1`.
struct Shown<'a> {
    value: &'a [u8],
    /// With the numbers of types that have no name, and with all 24 bits of the label always.
    exact: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(([flags, kind, a, b, c], data)) = self.value.split_first_chunk::<5>() else {
            return f.write_str("pmsi:invalid");
        };
        let raw = u32::from_be_bytes([0, *a, *b, *c]);
        let name = TYPES.get(usize::from(*kind));
        match name {
            Some(name) => write!(f, "pmsi:{name}")?,
            None if self.exact => write!(f, "pmsi:{kind}")?,
            None => f.write_str("pmsi:unknown")?,
        }
        write!(f, ":{flags}:{}", raw >> 4)?;
        if raw & 0xF != 0 && (self.exact || name.is_some()) {
            write!(f, "({raw})")?;
        }
        match address(data) {
            Some(address) if *kind == INGRESS_REPLICATION => return write!(f, ":{address}"),
            _ if data.is_empty() => return f.write_str(":"),
            _ => f.write_str(":0x")?,
        }
        data.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// The octets of a tunnel identifier as it is printed: nothing, an address, or `0x` and digits.
fn identifier(text: &str, out: &mut Vec<u8>) -> Option<()> {
    if text.is_empty() {
        return Some(());
    }
    match text.parse() {
        Ok(IpAddr::V4(v4)) => out.extend_from_slice(&v4.octets()),
        Ok(IpAddr::V6(v6)) => out.extend_from_slice(&v6.octets()),
        Err(_) => out.extend(hex_octets(text)?),
    }
    Some(())
}

fn kind(text: &str) -> Option<u8> {
    decimal(text).or_else(|| u8::try_from(TYPES.iter().position(|name| *name == text)?).ok())
}

impl Attribute for Pmsi {
    const CODE: AttrCode = AttrCode::PMSI;
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["pmsi", "pmsi-tunnel"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        match value {
            [_, INGRESS_REPLICATION, _, _, _, data @ ..] if address(data).is_none() => {
                Err(fault::<Self>("the tunnel's end is no IPv4 or IPv6 address"))
            }
            [_, _, _, _, _, ..] => Ok(()),
            _ => Err(fault::<Self>("the length must be 5 or more")),
        }
    }

    /// Reads `pmsi:<type>:<flags>:<label>[(<24 bits>)]:<identifier>`; the type is a name or a number.
    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        const HINT: &str = "pmsi:ingressreplication:0:100:10.0.0.1";
        let word = words.expect("a PMSI tunnel")?;
        let error = |word: Word<'_>, what: &'static str| TextError::new(word, what).hint(HINT);
        let invalid = || error(word, "invalid PMSI tunnel");
        let mut parts = word.text.splitn(5, ':');
        let mut part = || parts.next().ok_or_else(invalid);
        if part()? != "pmsi" {
            return Err(invalid());
        }
        let kind = kind(part()?).ok_or_else(|| error(word, "invalid PMSI tunnel type"))?;
        let flags: u8 = decimal(part()?).ok_or_else(|| error(word, "invalid PMSI tunnel flags"))?;
        let label: u32 = decimal(part()?)
            .filter(|label| *label < 1 << 20)
            .ok_or_else(|| error(word, "a label has 20 bits"))?;
        let mut raw = label << 4;
        let mut tail = (parts.next(), word);
        if tail.0.is_none() && words.accept("(") {
            let word = words.expect("24 bits of a label")?;
            raw = decimal(word.text)
                .filter(|raw| raw >> 4 == label)
                .ok_or_else(|| error(word, "these are no 24 bits that start with the label"))?;
            let close = words.expect("a closing ')'")?;
            if !close.is(")") {
                return Err(TextError::new(close, "a closing ')' must follow the label"));
            }
            let word = words.expect("a tunnel identifier")?;
            tail = (word.text.strip_prefix(':'), word);
        }
        let [_, label @ ..] = raw.to_be_bytes();
        out.extend_from_slice(&[flags, kind]);
        out.extend_from_slice(&label);
        let (tail, word) = tail;
        tail.and_then(|text| identifier(text, out)).ok_or_else(|| error(word, "invalid tunnel identifier"))
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.display(&Shown { value, exact: false });
    }

    fn print(value: &[u8], out: &mut String) {
        use fmt::Write as _;
        let _ = write!(out, "pmsi {}", Shown { value, exact: false });
    }

    fn print_input(value: &[u8], out: &mut String) {
        use fmt::Write as _;
        let _ = write!(out, "pmsi {}", Shown { value, exact: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::{emitted, parsed, printed, written};

    #[test]
    fn text_octets_and_emission() {
        let vectors: [(&[u8], &str); 6] = [
            (&[0, 6, 0, 6, 0x41, 10, 0, 0, 1], "pmsi:ingressreplication:0:100(1601):10.0.0.1"),
            (&[0, 6, 0, 6, 0x40, 10, 0, 0, 1], "pmsi:ingressreplication:0:100:10.0.0.1"),
            (&[0; 5], "pmsi:notunnel:0:0:"),
            (
                &[1, 1, 0, 0, 0, 10, 0, 0, 1, 0, 0, 0, 16, 0, 1, 2, 3],
                "pmsi:rsvp-tep2mplsp:1:0:0x0A0000010000001000010203",
            ),
            (
                &[0, 6, 0, 6, 0x41, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
                "pmsi:ingressreplication:0:100(1601):2001:db8::1",
            ),
            (&[0x80, 7, 0xff, 0xff, 0xff], "pmsi:mldpmp2mplsp:128:1048575(16777215):"),
        ];
        for (wire, text) in vectors {
            assert_eq!(emitted::<Pmsi>(wire), format!("\"{text}\""));
            assert_eq!(printed::<Pmsi>(wire), format!("pmsi {text}"));
            assert_eq!(parsed::<Pmsi>(text).unwrap(), wire);
        }
    }

    #[test]
    fn types_without_name_are_kept() {
        let wire = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77];
        assert_eq!(emitted::<Pmsi>(&wire), r#""pmsi:unknown:0:140084:0x556677""#);
        let text = written::<Pmsi>(&wire);
        assert_eq!(text, "pmsi pmsi:17:0:140084(2241348):0x556677");
        assert_eq!(parsed::<Pmsi>(text.strip_prefix("pmsi ").unwrap()).unwrap(), wire);
    }

    #[test]
    fn malformed_ones_are_found() {
        let ctx = DecodeCtx::default();
        for value in
            [&[][..], &[0; 4], &[0, 6, 0, 0, 0], &[0, 6, 0, 0, 0, 10, 0, 0], &[0, 6, 0, 0, 0, 1, 2, 3, 4, 5]]
        {
            assert_eq!(Pmsi::check(value, &ctx).unwrap_err().treatment, Treatment::Withdraw, "{value:?}");
        }
        for text in [
            "",
            "ingressreplication:0:1:10.0.0.1",
            "pmsi:bogus:0:1:",
            "pmsi:256:0:1:",
            "pmsi:6:256:1:",
            "pmsi:6:0:1048576:",
            "pmsi:6:0:1",
            "pmsi:6:0:1(32):10.0.0.1",
            "pmsi:6:0:1(16:10.0.0.1",
            "pmsi:6:0:1:10.0.0",
            "pmsi:6:0:1:0x1",
        ] {
            assert!(parsed::<Pmsi>(text).is_err(), "{text}");
        }
    }
}
