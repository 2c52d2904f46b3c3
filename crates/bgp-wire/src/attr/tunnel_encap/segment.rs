//! Segment lists (RFC 9830 section 2.4.4, RFC 9831): a weight and segments, each type (1), length (1), flags (1),
//! algorithm or reserved (1), the fields of its type, and what may follow them.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::hex;
use super::value::{Behavior, Label};
use crate::emit::{Emit, HexCase, Spacing};

/// The sub-TLV of a segment list that is no segment.
pub(super) const WEIGHT: u8 = 9;
/// The weight of a list that says none (RFC 9830 section 2.4.4.1).
const DEFAULT_WEIGHT: u32 = 1;
/// Type A, the only one that always has a label.
pub(super) const TYPE_A: u8 = 1;

/// Flags of RFC 9830 section 2.4.4.2.3: an algorithm, a SID, a behavior is there.
const HAS_ALGORITHM: u8 = 0x40;
const HAS_SID: u8 = 0x20;
const HAS_BEHAVIOR: u8 = 0x10;

/// What a field of a segment is: its octets, its form.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Label,
    Number,
    V4,
    V6,
}

impl Kind {
    const fn octets(self) -> usize {
        match self {
            Self::Label | Self::Number | Self::V4 => 4,
            Self::V6 => 16,
        }
    }
}

/// What may follow the fields.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Tail {
    Nothing,
    /// An SR-MPLS SID.
    Label,
    /// A behavior of the SID that is a field.
    Behavior,
    /// An SRv6 SID, and a behavior.
    Srv6,
}

/// A type of segment.
pub(super) struct Layout {
    pub(super) code: u8,
    /// Its letter.
    pub(super) name: &'static str,
    pub(super) has_algorithm: bool,
    /// Word, key, form.
    pub(super) fields: &'static [Field],
    pub(super) tail: Tail,
}

type Field = (&'static str, &'static str, Kind);

const LINK_LOCAL: &[Field] = &[
    ("local-if-id", "local_if_id", Kind::Number),
    ("local-ipv6", "local_ipv6", Kind::V6),
    ("remote-if-id", "remote_if_id", Kind::Number),
    ("remote-ipv6", "remote_ipv6", Kind::V6),
];
const ADJACENCY: &[Field] = &[("local", "local_ipv6", Kind::V6), ("remote", "remote_ipv6", Kind::V6)];
const INTERFACE: &[Field] = &[("local-if-id", "local_if_id", Kind::Number), ("ipv4", "ipv4_node", Kind::V4)];
const ADJACENCY_V4: &[Field] = &[("local", "local_ipv4", Kind::V4), ("remote", "remote_ipv4", Kind::V4)];
const NODE: &[Field] = &[("ipv6", "ipv6_node", Kind::V6)];

/// IANA "SR Policy Segment List Sub-TLVs".
pub(super) const LAYOUTS: [Layout; 11] = [
    layout(TYPE_A, "A", false, &[("mpls", "label", Kind::Label)], Tail::Nothing),
    layout(13, "B", false, &[("srv6", "sid", Kind::V6)], Tail::Behavior),
    layout(3, "C", true, &[("ipv4", "ipv4_node", Kind::V4)], Tail::Label),
    layout(4, "D", true, NODE, Tail::Label),
    layout(5, "E", false, INTERFACE, Tail::Label),
    layout(6, "F", false, ADJACENCY_V4, Tail::Label),
    layout(7, "G", false, LINK_LOCAL, Tail::Label),
    layout(8, "H", false, ADJACENCY, Tail::Label),
    layout(14, "I", true, NODE, Tail::Srv6),
    layout(15, "J", true, LINK_LOCAL, Tail::Srv6),
    layout(16, "K", true, ADJACENCY, Tail::Srv6),
];

const fn layout(
    code: u8,
    name: &'static str,
    has_algorithm: bool,
    fields: &'static [Field],
    tail: Tail,
) -> Layout {
    Layout { code, name, has_algorithm, fields, tail }
}

/// The TLVs of a segment list; ends where the octets make no whole one.
struct Parts<'a>(&'a [u8]);

impl<'a> Iterator for Parts<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let ([code, length], rest) = self.0.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        self.0 = rest;
        Some((*code, value))
    }
}

/// A segment whose octets are as its type says.
pub(super) struct Segment<'a> {
    layout: &'static Layout,
    flags: u8,
    algorithm: u8,
    fields: &'a [u8],
    label: Option<Label>,
    sid: Option<Ipv6Addr>,
    behavior: Option<Behavior>,
}

impl<'a> Segment<'a> {
    pub(super) fn read(code: u8, value: &'a [u8]) -> Option<Self> {
        let layout = LAYOUTS.iter().find(|layout| layout.code == code)?;
        let ([flags, algorithm], rest) = value.split_first_chunk::<2>()?;
        let (fields, rest) =
            rest.split_at_checked(layout.fields.iter().map(|(_, _, kind)| kind.octets()).sum())?;
        let mut segment = Self {
            layout,
            flags: *flags,
            algorithm: *algorithm,
            fields,
            label: None,
            sid: None,
            behavior: None,
        };
        // The lengths tell what is there; flags that say otherwise are shown as they are.
        match (layout.tail, rest.len()) {
            (_, 0) => {}
            (Tail::Label, 4) => segment.label = Label::read(rest),
            (Tail::Behavior | Tail::Srv6, 8) => segment.behavior = Behavior::read(rest),
            (Tail::Srv6, 16 | 24) => {
                let (sid, rest) = rest.split_first_chunk::<16>()?;
                segment.sid = Some(Ipv6Addr::from(*sid));
                segment.behavior = Behavior::read(rest);
            }
            _ => return None,
        }
        Some(segment)
    }

    /// Octets of each field.
    fn fields(&self) -> impl Iterator<Item = (&'static str, &'static str, Kind, &'a [u8])> {
        let mut rest = self.fields;
        self.layout.fields.iter().map_while(move |(word, key, kind)| {
            let (octets, tail) = rest.split_at_checked(kind.octets())?;
            rest = tail;
            Some((*word, *key, *kind, octets))
        })
    }

    /// The flags that what is there implies.
    pub(super) fn implied(&self) -> u8 {
        let algorithm = if self.layout.has_algorithm { HAS_ALGORITHM } else { 0 };
        let sid = if self.sid.is_some() || self.label.is_some() { HAS_SID } else { 0 };
        algorithm | sid | if self.behavior.is_some() { HAS_BEHAVIOR } else { 0 }
    }

    fn emit<E: Emit>(&self, out: &mut E) {
        out.begin_object(Spacing::Tight);
        out.key("type");
        out.text(self.layout.name);
        for (_, key, kind, octets) in self.fields() {
            match kind {
                Kind::Label => Label::read(octets).unwrap_or_default().emit(key, out),
                Kind::Number => {
                    out.key(key);
                    out.number(Label::read(octets).unwrap_or_default().0.into());
                }
                Kind::V4 => {
                    out.key(key);
                    out.address(v4(octets).into());
                }
                Kind::V6 => {
                    out.key(key);
                    out.address(v6(octets).into());
                }
            }
        }
        if self.layout.has_algorithm {
            out.key("algorithm");
            out.number(self.algorithm.into());
        }
        if let Some(label) = self.label {
            label.emit("sid", out);
        }
        if let Some(sid) = self.sid {
            out.key("sid");
            out.address(sid.into());
        }
        if let Some(behavior) = self.behavior {
            behavior.emit(out);
        }
        out.end_object();
    }

    /// Appends the text; `bottom` is what the label's bottom of stack is without a word.
    fn print(&self, bottom: bool, out: &mut String) {
        let _ = write!(out, " segment type-{}", self.layout.name.to_ascii_lowercase());
        for (word, _, kind, octets) in self.fields() {
            let _ = match kind {
                Kind::Label => {
                    write!(out, " {word} {}", Label::read(octets).unwrap_or_default().text(bottom))
                }
                Kind::Number => write!(out, " {word} {}", Label::read(octets).unwrap_or_default().0),
                Kind::V4 => write!(out, " {word} {}", v4(octets)),
                Kind::V6 => write!(out, " {word} {}", v6(octets)),
            };
        }
        if self.layout.has_algorithm {
            let _ = write!(out, " algorithm {}", self.algorithm);
        }
        if let Some(label) = self.label {
            let _ = write!(out, " sid {}", label.text(false));
        }
        if let Some(sid) = self.sid {
            let _ = write!(out, " sid {sid}");
        }
        if let Some(behavior) = self.behavior {
            let _ = write!(out, " {behavior}");
        }
        if self.flags != self.implied() {
            let _ = write!(out, " flags {:#04x}", self.flags);
        }
    }
}

fn v4(octets: &[u8]) -> Ipv4Addr {
    octets.try_into().map_or(Ipv4Addr::UNSPECIFIED, |octets: [u8; 4]| octets.into())
}

fn v6(octets: &[u8]) -> Ipv6Addr {
    octets.try_into().map_or(Ipv6Addr::UNSPECIFIED, |octets: [u8; 16]| octets.into())
}

fn weight(value: &[u8]) -> Option<u32> {
    value.get(2..)?.try_into().ok().map(u32::from_be_bytes)
}

/// Whether the octets are whole TLVs, those of known types as these say.
pub(super) fn is_whole(list: &[u8]) -> bool {
    let mut parts = Parts(list);
    let fine = parts.by_ref().all(|(code, value)| match code {
        WEIGHT => weight(value).is_some(),
        _ => Segment::read(code, value).is_some() || LAYOUTS.iter().all(|layout| layout.code != code),
    });
    fine && parts.0.is_empty()
}

/// Emits a segment list: its weight, and its segments; unknown ones as octets.
pub(super) fn emit_list<E: Emit>(list: &[u8], out: &mut E) {
    out.begin_object(Spacing::Tight);
    let given = Parts(list).find(|(code, _)| *code == WEIGHT).and_then(|(_, value)| weight(value));
    out.key("weight");
    out.number(given.unwrap_or(DEFAULT_WEIGHT).into());
    out.key("segments");
    out.begin_list(Spacing::Tight);
    for (code, value) in Parts(list).filter(|(code, _)| *code != WEIGHT) {
        if let Some(segment) = Segment::read(code, value) {
            segment.emit(out);
            continue;
        }
        out.begin_object(Spacing::Tight);
        out.key("type");
        out.number(code.into());
        out.key("raw");
        out.hex("0x", value, HexCase::Upper);
        out.end_object();
    }
    out.end_list();
    out.end_object();
}

/// Where the last segment of type A of a list is: its label is the bottom of the stack.
pub(super) fn bottom(parts: impl Iterator<Item = u8>) -> Option<usize> {
    parts.enumerate().filter(|(_, code)| *code == TYPE_A).last().map(|(n, _)| n)
}

/// Appends the text of a segment list, without its word.
pub(super) fn print_list(list: &[u8], out: &mut String) {
    let bottom = bottom(Parts(list).map(|(code, _)| code));
    for (n, (code, value)) in Parts(list).enumerate() {
        match (code, weight(value), Segment::read(code, value)) {
            (WEIGHT, Some(weight), _) => {
                let _ = write!(out, " weight {weight}");
            }
            (_, _, Some(segment)) => segment.print(bottom == Some(n), out),
            _ => {
                let _ = write!(out, " segment tlv {code} ");
                hex(value, out);
            }
        }
    }
}
