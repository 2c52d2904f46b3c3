//! The component types of a flow specification (RFC 8955 section 4.2.2, RFC 8956 section 3).

use crate::code::Afi;
use crate::nlri::flow::names::{self, Name};
use crate::nlri::flow::{operator, prefix};

/// How the octets of a component are to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// A prefix; for IPv6 with an offset.
    Prefix,
    /// A list of numeric operators and values.
    Number,
    /// A list of bitmask operators and values.
    Bits,
}

/// What is known about one component type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Type octet.
    pub(super) code: u8,
    /// Name for IPv4 and for IPv6: JSON key and keyword; empty where the family does not have it.
    names: [&'static str; 2],
    pub(super) form: Form,
    /// Largest value that can be entered.
    pub(super) max: u32,
    /// Names of values.
    pub(super) values: &'static [Name],
    /// Whether values are printed by name.
    pub(super) shown: bool,
}

const fn number(code: u8, names: [&'static str; 2], max: u32) -> Kind {
    Kind { code, names, form: Form::Number, max, values: &[], shown: false }
}

const fn named(kind: Kind, values: &'static [Name], shown: bool) -> Kind {
    Kind { values, shown, ..kind }
}

const fn other(kind: Kind, form: Form) -> Kind {
    Kind { form, ..kind }
}

const KINDS: &[Kind] = &[
    other(number(1, ["destination-ipv4", "destination-ipv6"], 0), Form::Prefix),
    other(number(2, ["source-ipv4", "source-ipv6"], 0), Form::Prefix),
    named(number(3, ["protocol", "next-header"], 0xFF), names::PROTOCOLS, true),
    named(number(4, ["port", "port"], 0xFFFF), names::PORTS, false),
    named(number(5, ["destination-port", "destination-port"], 0xFFFF), names::PORTS, false),
    named(number(6, ["source-port", "source-port"], 0xFFFF), names::PORTS, false),
    named(number(7, ["icmp-type", "icmp-type"], 0xFF), names::ICMP_TYPES, true),
    named(number(8, ["icmp-code", "icmp-code"], 0xFF), names::ICMP_CODES, false),
    other(named(number(9, ["tcp-flags", "tcp-flags"], 0xFFFF), names::TCP_FLAGS, true), Form::Bits),
    number(10, ["packet-length", "packet-length"], 0xFFFF),
    number(11, ["dscp", ""], 0x3F),
    number(11, ["", "traffic-class"], 0xFF),
    other(named(number(12, ["fragment", "fragment"], 0xFF), names::FRAGMENTS, true), Form::Bits),
    number(13, ["", "flow-label"], 0xF_FFFF),
];

impl Kind {
    /// Whether a text is the name of a value.
    pub(super) fn names_bit(&self, text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && names::value(self.values, text).is_some()
    }

    /// The name of the type in a family.
    pub(super) fn name(&self, afi: Afi) -> &'static str {
        let [v4, v6] = self.names;
        if afi == Afi::IPV4 { v4 } else { v6 }
    }

    /// The type that an octet means in a family.
    pub(super) fn of(afi: Afi, code: u8) -> Option<&'static Self> {
        KINDS.iter().find(|k| k.code == code && !k.name(afi).is_empty())
    }

    /// The type that a keyword means, and the family that the keyword alone tells. Whether `destination` is an IPv4
    /// or an IPv6 one is told by its value, whatever the spelling.
    pub(super) fn named(keyword: &str) -> Option<(&'static Self, Option<Afi>)> {
        let kind = KINDS.iter().find(|kind| match kind.form {
            Form::Prefix => kind.names.iter().any(|name| {
                *name == keyword || name.rsplit_once('-').is_some_and(|(stem, _)| stem == keyword)
            }),
            Form::Number | Form::Bits => kind.names.contains(&keyword),
        })?;
        let [v4, v6] = kind.names;
        let afi = match kind.form {
            Form::Number | Form::Bits if v4 != v6 => Some(if v4 == keyword { Afi::IPV4 } else { Afi::IPV6 }),
            _ => None,
        };
        Some((kind, afi))
    }

    /// Every keyword that introduces a component.
    pub(super) fn keywords() -> impl Iterator<Item = &'static str> {
        let own = KINDS.iter().flat_map(|k| k.names).filter(|name| !name.is_empty());
        ["destination", "source"].into_iter().chain(own)
    }
}

/// One component of a received or entered rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component<'a> {
    pub(super) kind: &'static Kind,
    /// The octets after the type.
    pub(super) body: &'a [u8],
}

/// Takes one component off `rest`, checked; its type must be over `after`: "flow type components follow strict type
/// ordering" and none comes twice (RFC 8955 section 4.2.2).
pub(super) fn take<'a>(afi: Afi, rest: &mut &'a [u8], after: u8) -> Result<Component<'a>, &'static str> {
    let (code, tail) = rest.split_first().ok_or("a component is missing")?;
    let kind = Kind::of(afi, *code).ok_or("a component has an unknown type")?;
    if *code <= after {
        return Err("the components are not in ascending order of their types");
    }
    let length = match kind.form {
        Form::Prefix => prefix::measure(afi, tail)?,
        Form::Number | Form::Bits => operator::measure(tail).ok_or("a list of operators is cut short")?,
    };
    let (body, tail) = tail.split_at_checked(length).ok_or("a component is cut short")?;
    *rest = tail;
    Ok(Component { kind, body })
}
