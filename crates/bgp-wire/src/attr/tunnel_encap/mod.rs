//! Tunnel encapsulation (RFC 9012 section 2, RFC 9830 section 2.2): optional transitive; TLVs of tunnel type (2), length
//! (2), and sub-TLVs of type (1), length (1, from type 128 on 2), value.
//!
//! Segment routing policies (tunnel type 15) have names for all that RFC 9830 and RFC 9831 define; of the other tunnels
//! events show octets. Octets that make no whole TLVs, and policies whose fields have wrong lengths, are treated as
//! withdrawn (RFC 9012 section 13, RFC 9830 section 5); an attribute without a TLV is discarded.
//!
//! Text: `tunnel-encap [ sr-policy [ preference 100 segment-list weight 1 segment type-a mpls 16001 ] ]`. On the line of
//! an `sr-policy` route the words of the policy stand without brackets; see [`PolicyWords`].

mod draft;
mod segment;
mod sub;
mod value;

use std::fmt::Write as _;

use self::sub::{Sub, Subs};
use crate::attr::builder::MAX_VALUE;
use crate::attr::number::{decimal, hex_octets};
use crate::attr::{Attribute, AttributeBuilder, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::Treatment;
use crate::text::{TextError, Word, Words};

/// Codec of the tunnel encapsulation attribute.
#[derive(Debug)]
pub struct TunnelEncap;

/// Tunnel type of segment routing policies.
const SR_POLICY: u16 = 15;

/// Words of tunnel types (IANA "BGP Tunnel Encapsulation Attribute Tunnel Types").
const TUNNELS: [(u16, &str); 12] = [
    (1, "l2tpv3"),
    (2, "gre"),
    (7, "ip-in-ip"),
    (8, "vxlan"),
    (9, "nvgre"),
    (10, "mpls"),
    (11, "mpls-in-gre"),
    (12, "vxlan-gpe"),
    (13, "mpls-in-udp"),
    (14, "ipv6"),
    (SR_POLICY, "sr-policy"),
    (19, "geneve"),
];

/// The TLVs of the attribute: tunnel type and sub-TLVs; ends where the octets make no whole TLV.
struct Tunnels<'a>(&'a [u8]);

impl<'a> Iterator for Tunnels<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let ([a, b, high, low], rest) = self.0.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        self.0 = rest;
        Some((u16::from_be_bytes([*a, *b]), value))
    }
}

/// Appends a TLV of a tunnel; `word` is to blame when there are too many octets.
fn tunnel(kind: u16, subs: &[u8], word: Word<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let length = u16::try_from(subs.len()).map_err(|_| too_long(word))?;
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(subs);
    Ok(())
}

#[cold]
fn too_long(word: Word<'_>) -> TextError {
    TextError::new(word, "this is more than a message holds")
}

fn number<T: std::str::FromStr>(words: &mut Words<'_>, hint: &'static str) -> Result<T, TextError> {
    let word = words.expect("a number")?;
    decimal(word.text).ok_or_else(|| TextError::new(word, "invalid number").hint(hint))
}

/// One octet of flags, as `0x80`.
fn flags(words: &mut Words<'_>) -> Result<u8, TextError> {
    let word = words.expect("flags")?;
    octets(word)
        .filter(|octets| octets.len() == 1)
        .and_then(|octets| octets.first().copied())
        .ok_or_else(|| TextError::new(word, "these are no flags").hint("0x and two hexadecimal digits"))
}

fn octets(word: Word<'_>) -> Option<Vec<u8>> {
    hex_octets(word.text).map(Iterator::collect)
}

/// The type and the octets of what has no words: `12 0x0011`.
fn raw(words: &mut Words<'_>) -> Result<(u8, Vec<u8>), TextError> {
    let kind = number(words, "0 to 255")?;
    let word = words.expect("octets")?;
    let value = octets(word)
        .ok_or_else(|| TextError::new(word, "these are no octets").hint("0x and hexadecimal digits"))?;
    Ok((kind, value))
}

/// Appends `0x` and hexadecimal digits.
fn hex(octets: &[u8], out: &mut String) {
    out.push_str("0x");
    for octet in octets {
        let _ = write!(out, "{octet:02x}");
    }
}

/// The words of a segment routing policy that stand among those of its route: `preference 100 binding-sid mpls 1000
/// segment-list weight 1 segment type-a mpls 16001`. They become one TLV, in the order in which they are written.
#[derive(Debug, Default)]
pub struct PolicyWords(Vec<u8>);

impl PolicyWords {
    /// The words.
    pub fn keywords() -> impl Iterator<Item = &'static str> {
        sub::POLICY.iter().map(|(_, word)| *word)
    }

    /// Reads what `keyword` introduces, if it is one of the words.
    pub fn parse(&mut self, keyword: Word<'_>, words: &mut Words<'_>) -> Result<bool, TextError> {
        if keyword.quoted || !Self::keywords().any(|known| known == keyword.text) {
            return Ok(false);
        }
        let known = sub::parse(keyword, words, &mut self.0)?;
        // The header of the TLV has four octets.
        if self.0.len().saturating_add(4) > MAX_VALUE {
            return Err(too_long(keyword));
        }
        Ok(known)
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the attribute, unless there was no word or it is there already.
    pub fn finish(self, attributes: &mut AttributeBuilder) {
        let mut value = Vec::new();
        let nowhere = Word { text: "", at: 0, quoted: false };
        // Neither can fail: `parse` bounds the length.
        if !self.is_empty() && tunnel(SR_POLICY, &self.0, nowhere, &mut value).is_ok() {
            let _ = attributes.merge::<TunnelEncap>(value);
        }
    }
}

impl Attribute for TunnelEncap {
    const CODE: AttrCode = AttrCode::TUNNEL_ENCAP;
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    // RFC 9012 section 13: one that is not transitive is discarded.
    const ON_FLAGS: Treatment = Treatment::Discard;
    const KEYWORDS: &'static [&'static str] = &["tunnel-encap"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if value.is_empty() {
            return Err(Fault { treatment: Treatment::Discard, ..fault::<Self>("there is no TLV") });
        }
        let mut tunnels = Tunnels(value);
        for (kind, subs) in tunnels.by_ref() {
            if !sub::all(subs, |_, _| true) {
                return Err(fault::<Self>("a sub-TLV is longer than its TLV"));
            }
            let fine = |code, value: &_| !sub::is_policy(code) || Sub::read(code, value).is_some();
            if kind == SR_POLICY && !sub::all(subs, fine) {
                return Err(fault::<Self>("a field of a segment routing policy has a wrong length"));
            }
        }
        if tunnels.0.is_empty() { Ok(()) } else { Err(fault::<Self>("a TLV is longer than the attribute")) }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        const SHAPE: &str = "tunnel-encap [ sr-policy [ preference 100 … ] ]";
        let open = words.expect("an opening '['")?;
        if !open.is("[") {
            return Err(TextError::new(open, "an opening '[' is missing").hint(SHAPE));
        }
        loop {
            let word = words.expect("a closing ']'")?;
            if word.is("]") {
                return Ok(());
            }
            let named = TUNNELS.iter().find(|(_, name)| word.is(name)).map(|(code, _)| *code);
            let kind = named.or_else(|| decimal(word.text)).ok_or_else(|| {
                let names: Vec<_> = TUNNELS.iter().map(|(_, name)| *name).collect();
                TextError::new(word, "unknown tunnel type").hint(format!("{}, or a number", names.join(", ")))
            })?;
            let open = words.expect("an opening '['")?;
            if !open.is("[") {
                return Err(TextError::new(open, "an opening '[' is missing").hint(SHAPE));
            }
            let mut subs = Vec::new();
            loop {
                let word = words.expect("a closing ']'")?;
                if word.is("]") {
                    break;
                }
                if !sub::parse(word, words, &mut subs)? {
                    return Err(TextError::new(word, "unknown part of a tunnel").hint(sub::known()));
                }
            }
            tunnel(kind, &subs, word, out)?;
        }
    }

    /// Of several policies the first is shown; other tunnels of one type are a list.
    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.begin_object(Spacing::Tight);
        let mut seen = Vec::new();
        for (kind, subs) in Tunnels(value) {
            if seen.contains(&kind) {
                continue;
            }
            seen.push(kind);
            if kind == SR_POLICY {
                out.key("sr-policy");
                sub::emit(subs, out);
                continue;
            }
            out.key(&format!("tunnel-type-{kind}"));
            let same = || Tunnels(value).filter(|(other, _)| *other == kind);
            if same().nth(1).is_none() {
                out.hex("0x", subs, HexCase::Upper);
                continue;
            }
            out.begin_list(Spacing::Tight);
            same().for_each(|(_, subs)| out.hex("0x", subs, HexCase::Upper));
            out.end_list();
        }
        out.end_object();
    }

    fn print(value: &[u8], out: &mut String) {
        out.push_str("tunnel-encap [ ");
        for (kind, subs) in Tunnels(value) {
            let _ = match TUNNELS.iter().find(|(known, _)| *known == kind) {
                Some((_, name)) => write!(out, "{name} [ "),
                None => write!(out, "{kind} [ "),
            };
            for (code, value) in Subs(subs) {
                sub::print(code, value, out);
                out.push(' ');
            }
            out.push_str("] ");
        }
        out.push(']');
    }
}

#[cfg(test)]
mod tests;
