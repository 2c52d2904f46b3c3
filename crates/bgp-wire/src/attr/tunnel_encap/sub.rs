//! Sub-TLVs of tunnels: those of segment routing policies (RFC 9830 section 2.4) and two of RFC 9012.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::value::{BEHAVIOR, Behavior, Label};
use super::{draft, flags, hex, number, raw, segment, too_long};
use crate::emit::{Emit, HexCase, Spacing};
use crate::text::{TextError, Word, Words};

const COLOR: u8 = 4;
const EGRESS_ENDPOINT: u8 = 6;
const PREFERENCE: u8 = 12;
const BINDING_SID: u8 = 13;
const ENLP: u8 = 14;
const PRIORITY: u8 = 15;
const SRV6_BINDING_SID: u8 = 20;
const SEGMENT_LIST: u8 = 128;
const CANDIDATE_PATH_NAME: u8 = 129;
const POLICY_NAME: u8 = 130;

/// Sub-TLVs of segment routing policies, and their words, which are the keys in events too.
pub(super) const POLICY: [(u8, &str); 8] = [
    (PREFERENCE, "preference"),
    (BINDING_SID, "binding-sid"),
    (ENLP, "enlp"),
    (PRIORITY, "priority"),
    (SRV6_BINDING_SID, "srv6-binding-sid"),
    (SEGMENT_LIST, "segment-list"),
    (CANDIDATE_PATH_NAME, "candidate-path-name"),
    (POLICY_NAME, "policy-name"),
];

/// Sub-TLVs of other tunnels that have words.
const OTHERS: [(u8, &str); 2] = [(COLOR, "color"), (EGRESS_ENDPOINT, "egress-endpoint")];

/// The word of the sub-TLVs that have none of their own.
const RAW: &str = "sub-tlv";

/// The flag of an SRv6 binding SID that a behavior follows (RFC 9830 section 2.4.3).
const HAS_BEHAVIOR: u8 = 0x20;

/// A bit without meaning that ExaBGP sets with a label, as it sets the label's bottom of stack; receivers ignore both
/// (RFC 9830 section 2.4.2), recorded sessions have them.
const WITH_LABEL: u8 = 0x10;

/// Start of a color extended community (RFC 9012 section 4.3).
const COLOR_COMMUNITY: [u8; 4] = [0x03, 0x0B, 0, 0];

/// The sub-TLVs of one tunnel; ends where the octets make no whole one.
pub(super) struct Subs<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Subs<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (code, rest) = self.0.split_first()?;
        let (length, rest) = if *code < 128 {
            let (length, rest) = rest.split_first()?;
            (usize::from(*length), rest)
        } else {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*code, value))
    }
}

/// Whether the octets are whole sub-TLVs, each of which `fine` likes.
pub(super) fn all(octets: &[u8], mut fine: impl FnMut(u8, &[u8]) -> bool) -> bool {
    let mut subs = Subs(octets);
    subs.by_ref().all(|(code, value)| fine(code, value)) && subs.0.is_empty()
}

/// Whether a sub-TLV is one that segment routing policies have.
pub(super) fn is_policy(code: u8) -> bool {
    POLICY.iter().any(|(known, _)| *known == code)
}

/// A binding SID (RFC 9830 section 2.4.2).
#[derive(Clone, Copy)]
pub(super) enum Binding {
    None,
    Mpls(Label),
    Srv6(Ipv6Addr),
}

/// A sub-TLV whose value is as its type says.
pub(super) enum Sub<'a> {
    Color(u32),
    /// No address: the next hop is the endpoint.
    EgressEndpoint(Option<IpAddr>),
    Preference(u8, u32),
    Binding(u8, Binding),
    Enlp(u8, u8),
    Priority(u8),
    Srv6Binding(u8, Ipv6Addr, Option<Behavior>),
    SegmentList(&'a [u8]),
    CandidatePathName(&'a [u8]),
    PolicyName(&'a [u8]),
}

impl<'a> Sub<'a> {
    /// Whether there are words for it: a name is the peer's, and an end of line or both kinds of quotes in it would
    /// make more of it than a name.
    fn can_be_said(&self) -> bool {
        let (Self::CandidatePathName(name) | Self::PolicyName(name)) = self else { return true };
        std::str::from_utf8(name)
            .is_ok_and(|n| !(n.contains(char::is_control) || n.contains('"') && n.contains('\'')))
    }

    pub(super) fn read(code: u8, value: &'a [u8]) -> Option<Self> {
        Some(match (code, value) {
            (COLOR, [3, 0x0B, 0, 0, color @ ..]) => Self::Color(u32::from_be_bytes(color.try_into().ok()?)),
            (EGRESS_ENDPOINT, [0, 0, 0, 0, 0, 0]) => Self::EgressEndpoint(None),
            (EGRESS_ENDPOINT, [0, 0, 0, 0, 0, 1, address @ ..]) => {
                Self::EgressEndpoint(Some(Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).into()))
            }
            (EGRESS_ENDPOINT, [0, 0, 0, 0, 0, 2, address @ ..]) => {
                Self::EgressEndpoint(Some(Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).into()))
            }
            (PREFERENCE, [flags, _, value @ ..]) => {
                Self::Preference(*flags, u32::from_be_bytes(value.try_into().ok()?))
            }
            (BINDING_SID, [flags, _]) => Self::Binding(*flags, Binding::None),
            (BINDING_SID, [flags, _, sid @ ..]) if sid.len() == 4 => {
                Self::Binding(*flags, Binding::Mpls(Label::read(sid)?))
            }
            (BINDING_SID, [flags, _, sid @ ..]) => {
                Self::Binding(*flags, Binding::Srv6(<[u8; 16]>::try_from(sid).ok()?.into()))
            }
            (ENLP, [flags, _, enlp]) => Self::Enlp(*flags, *enlp),
            (PRIORITY, [priority, _]) => Self::Priority(*priority),
            (SRV6_BINDING_SID, [flags, _, rest @ ..]) => {
                let (sid, rest) = rest.split_first_chunk::<16>()?;
                let behavior = if rest.is_empty() { None } else { Some(Behavior::read(rest)?) };
                Self::Srv6Binding(*flags, Ipv6Addr::from(*sid), behavior)
            }
            (SEGMENT_LIST, [_, list @ ..]) if segment::is_whole(list) => Self::SegmentList(list),
            (CANDIDATE_PATH_NAME, [_, name @ ..]) => Self::CandidatePathName(name),
            (POLICY_NAME, [_, name @ ..]) => Self::PolicyName(name),
            _ => return None,
        })
    }

    /// Its flags, and those that the rest of it implies.
    fn flags(&self) -> (u8, u8) {
        match self {
            Self::Binding(flags, Binding::Mpls(_)) => (*flags, WITH_LABEL),
            Self::Preference(flags, _) | Self::Binding(flags, _) | Self::Enlp(flags, _) => (*flags, 0),
            Self::Srv6Binding(flags, _, behavior) => {
                (*flags, if behavior.is_some() { HAS_BEHAVIOR } else { 0 })
            }
            _ => (0, 0),
        }
    }

    /// Appends the octets, as far as the words of a text tell them; its type.
    fn write(&self, out: &mut Vec<u8>) -> u8 {
        match self {
            Self::Color(color) => {
                out.extend_from_slice(&COLOR_COMMUNITY);
                out.extend_from_slice(&color.to_be_bytes());
                COLOR
            }
            Self::EgressEndpoint(address) => {
                out.extend_from_slice(&[0; 5]);
                match address {
                    None => out.push(0),
                    Some(IpAddr::V4(v4)) => {
                        out.push(1);
                        out.extend_from_slice(&v4.octets());
                    }
                    Some(IpAddr::V6(v6)) => {
                        out.push(2);
                        out.extend_from_slice(&v6.octets());
                    }
                }
                EGRESS_ENDPOINT
            }
            Self::Preference(flags, value) => {
                out.extend_from_slice(&[*flags, 0]);
                out.extend_from_slice(&value.to_be_bytes());
                PREFERENCE
            }
            Self::Binding(flags, sid) => {
                out.extend_from_slice(&[*flags, 0]);
                match sid {
                    Binding::None => {}
                    Binding::Mpls(label) => out.extend_from_slice(&label.octets()),
                    Binding::Srv6(address) => out.extend_from_slice(&address.octets()),
                }
                BINDING_SID
            }
            Self::Enlp(flags, enlp) => {
                out.extend_from_slice(&[*flags, 0, *enlp]);
                ENLP
            }
            Self::Priority(priority) => {
                out.extend_from_slice(&[*priority, 0]);
                PRIORITY
            }
            Self::Srv6Binding(flags, sid, behavior) => {
                out.extend_from_slice(&[*flags, 0]);
                out.extend_from_slice(&sid.octets());
                if let Some(behavior) = behavior {
                    out.extend_from_slice(&behavior.octets());
                }
                SRV6_BINDING_SID
            }
            Self::SegmentList(octets) => {
                out.push(0);
                out.extend_from_slice(octets);
                SEGMENT_LIST
            }
            Self::CandidatePathName(name) => {
                out.push(0);
                out.extend_from_slice(name);
                CANDIDATE_PATH_NAME
            }
            Self::PolicyName(name) => {
                out.push(0);
                out.extend_from_slice(name);
                POLICY_NAME
            }
        }
    }
}

/// Appends a sub-TLV; `word` is to blame when there are too many octets.
fn tlv(code: u8, value: &[u8], word: Word<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    out.push(code);
    if code < 128 {
        out.push(u8::try_from(value.len()).map_err(|_| too_long(word))?);
    } else {
        out.extend_from_slice(&u16::try_from(value.len()).map_err(|_| too_long(word))?.to_be_bytes());
    }
    out.extend_from_slice(value);
    Ok(())
}

/// The words that can stand within a tunnel, for people.
pub(super) fn known() -> String {
    let words: Vec<_> = POLICY.iter().chain(&OTHERS).map(|(_, word)| *word).collect();
    format!("{}, {RAW}", words.join(", "))
}

fn address<T: std::str::FromStr>(words: &mut Words<'_>, hint: &'static str) -> Result<T, TextError> {
    let word = words.expect("an address")?;
    word.text.parse().map_err(|_| TextError::new(word, "invalid address").hint(hint))
}

/// `mpls LABEL`, `srv6 ADDRESS`, `null`, or `mpls null`.
fn binding(words: &mut Words<'_>) -> Result<Binding, TextError> {
    let word = words.expect("a binding SID")?;
    match word.text {
        "null" => Ok(Binding::None),
        "mpls" if words.accept("null") => Ok(Binding::None),
        "mpls" => {
            let label = Label::parse(words)?;
            let mut entry = Label::BOTTOM;
            while let Some(name) = words.peek() {
                if !entry.field(name, words)? {
                    break;
                }
            }
            Ok(Binding::Mpls(label.with(entry)))
        }
        "srv6" => address(words, "an IPv6 address such as fc00::1").map(Binding::Srv6),
        _ => Err(TextError::new(word, "invalid binding SID").hint("mpls LABEL, srv6 ADDRESS, or null")),
    }
}

fn own_flags(words: &mut Words<'_>, implied: u8) -> Result<u8, TextError> {
    if words.accept("flags") { flags(words) } else { Ok(implied) }
}

/// Reads what `keyword` introduces and appends the sub-TLV; false when no sub-TLV has this word.
pub(super) fn parse(keyword: Word<'_>, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<bool, TextError> {
    let code = POLICY.iter().chain(&OTHERS).find(|(_, word)| keyword.is(word)).map(|(code, _)| *code);
    let mut list = Vec::new();
    let sub = match code {
        Some(COLOR) => Sub::Color(number(words, "0 to 4294967295")?),
        Some(EGRESS_ENDPOINT) => {
            let own = words.accept("next-hop");
            let some = |words: &mut _| address(words, "10.0.0.1, 2001:db8::1, or next-hop").map(Some);
            Sub::EgressEndpoint(if own { None } else { some(words)? })
        }
        Some(PREFERENCE) => {
            let value = number(words, "0 to 4294967295")?;
            Sub::Preference(own_flags(words, 0)?, value)
        }
        Some(BINDING_SID) => {
            let sid = binding(words)?;
            let implied = if matches!(sid, Binding::Mpls(_)) { WITH_LABEL } else { 0 };
            Sub::Binding(own_flags(words, implied)?, sid)
        }
        Some(ENLP) => {
            let enlp = number(words, "0 to 255")?;
            Sub::Enlp(own_flags(words, 0)?, enlp)
        }
        Some(PRIORITY) => Sub::Priority(number(words, "0 to 255")?),
        Some(SRV6_BINDING_SID) => {
            let sid = address(words, "an IPv6 address such as fc00::1")?;
            let behavior = if words.accept(BEHAVIOR) { Some(Behavior::parse(words)?) } else { None };
            let implied = if behavior.is_some() { HAS_BEHAVIOR } else { 0 };
            Sub::Srv6Binding(own_flags(words, implied)?, sid, behavior)
        }
        Some(SEGMENT_LIST) => {
            draft::parse_list(words, &mut list)?;
            Sub::SegmentList(&list)
        }
        Some(CANDIDATE_PATH_NAME) => Sub::CandidatePathName(words.expect("a name")?.text.as_bytes()),
        Some(POLICY_NAME) => Sub::PolicyName(words.expect("a name")?.text.as_bytes()),
        None if keyword.is(RAW) => {
            let (code, value) = raw(words)?;
            return tlv(code, &value, keyword, out).map(|()| true);
        }
        _ => return Ok(false),
    };
    let mut value = Vec::new();
    let code = sub.write(&mut value);
    tlv(code, &value, keyword, out)?;
    Ok(true)
}

/// Appends the text that [`parse`] reads back; what it can't say is left out.
pub(super) fn print(code: u8, value: &[u8], out: &mut String) {
    let Some(sub) = Sub::read(code, value).filter(Sub::can_be_said) else {
        let _ = write!(out, "{RAW} {code} ");
        hex(value, out);
        return;
    };
    let word = POLICY.iter().chain(&OTHERS).find(|(known, _)| *known == code).map_or("", |(_, word)| *word);
    out.push_str(word);
    let _ = match &sub {
        Sub::Color(n) | Sub::Preference(_, n) => write!(out, " {n}"),
        Sub::Enlp(_, n) | Sub::Priority(n) => write!(out, " {n}"),
        Sub::EgressEndpoint(None) => write!(out, " next-hop"),
        Sub::EgressEndpoint(Some(address)) => write!(out, " {address}"),
        Sub::Binding(_, Binding::None) => write!(out, " null"),
        Sub::Binding(_, Binding::Mpls(label)) => write!(out, " mpls {}", label.text(true)),
        Sub::Binding(_, Binding::Srv6(sid)) => write!(out, " srv6 {sid}"),
        Sub::Srv6Binding(_, sid, None) => write!(out, " {sid}"),
        Sub::Srv6Binding(_, sid, Some(behavior)) => write!(out, " {sid} {behavior}"),
        Sub::CandidatePathName(name) | Sub::PolicyName(name) => {
            let name = String::from_utf8_lossy(name);
            let quote = if name.contains('"') { '\'' } else { '"' };
            write!(out, " {quote}{name}{quote}")
        }
        Sub::SegmentList(list) => {
            segment::print_list(list, out);
            Ok(())
        }
    };
    let (flags, implied) = sub.flags();
    if flags != implied {
        let _ = write!(out, " flags {flags:#04x}");
    }
}

/// Emits the sub-TLVs of a policy: of several of one type the first, segment lists last.
pub(super) fn emit<E: Emit>(subs: &[u8], out: &mut E) {
    out.begin_object(Spacing::Tight);
    let mut seen = Vec::new();
    for (code, value) in Subs(subs).filter(|(code, _)| *code != SEGMENT_LIST) {
        if !seen.contains(&code) {
            seen.push(code);
            emit_sub(code, value, out);
        }
    }
    let lists = Subs(subs).filter_map(|(code, value)| match Sub::read(code, value) {
        Some(Sub::SegmentList(list)) => Some(list),
        _ => None,
    });
    let mut lists = lists.peekable();
    if lists.peek().is_some() {
        out.key("segment-lists");
        out.begin_list(Spacing::Tight);
        lists.for_each(|list| segment::emit_list(list, out));
        out.end_list();
    }
    out.end_object();
}

fn emit_sub<E: Emit>(code: u8, value: &[u8], out: &mut E) {
    let word = POLICY.iter().find(|(known, _)| *known == code).map(|(_, word)| *word);
    let sub = Sub::read(code, value);
    let (Some(word), Some(sub)) = (word, sub) else {
        out.key(&format!("sub-tlv-{code}"));
        out.hex("0x", value, HexCase::Upper);
        return;
    };
    out.key(word);
    match sub {
        Sub::Preference(_, n) | Sub::Color(n) => out.number(n.into()),
        Sub::Enlp(_, n) | Sub::Priority(n) => out.number(n.into()),
        Sub::Binding(_, Binding::Mpls(label)) => {
            out.begin_object(Spacing::Tight);
            out.key("type");
            out.text("mpls");
            out.key("label");
            out.number(label.number().into());
            out.end_object();
        }
        Sub::Binding(_, Binding::Srv6(sid)) => {
            out.begin_object(Spacing::Tight);
            out.key("type");
            out.text("srv6");
            out.key("sid");
            out.address(sid.into());
            out.end_object();
        }
        Sub::Srv6Binding(_, sid, _) => out.address(sid.into()),
        Sub::CandidatePathName(name) | Sub::PolicyName(name) => out.text(&String::from_utf8_lossy(name)),
        // The last two have no key here.
        Sub::Binding(_, Binding::None) | Sub::EgressEndpoint(_) | Sub::SegmentList(_) => out.null(),
    }
}
