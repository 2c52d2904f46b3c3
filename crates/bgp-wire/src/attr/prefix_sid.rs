//! BGP prefix-SID (RFC 8669 section 3, RFC 9252 section 2): optional transitive; TLVs of type (1), length (2), value.
//!
//! Type 1: label index. Type 3: originator SRGB. Types 5 and 6: SRv6 L3 and L2 service, whose sub-TLVs and
//! sub-sub-TLVs have the same shape. Others are kept. A malformed attribute is discarded, the route stays (RFC 8669
//! section 6). Of several TLVs of one type the first is shown.

use std::fmt::Write as _;
use std::net::Ipv6Addr;

use crate::attr::number::{decimal, hex_digits};
use crate::attr::{Attribute, Fault, fault, flag};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::Treatment;
use crate::text::{TextError, Word, Words};

/// Codec of the BGP prefix-SID attribute.
#[derive(Debug)]
pub struct PrefixSid;

const LABEL_INDEX: u8 = 1;
const SRGB: u8 = 3;
const L3_SERVICE: u8 = 5;
const L2_SERVICE: u8 = 6;
/// "SRv6 SID Information Sub-TLV" and, in it, "SRv6 SID Structure Sub-Sub-TLV".
const SID_INFORMATION: u8 = 1;
const SID_STRUCTURE: u8 = 1;
/// Endpoint behaviour "opaque" (RFC 8986 section 10.2.2).
const OPAQUE: u16 = 0xFFFF;

const STRUCTURE: [&str; 6] = [
    "locator-block-length",
    "locator-node-length",
    "function-length",
    "argument-length",
    "transposition-length",
    "transposition-offset",
];

/// TLVs of one nesting level; ends where the octets make no whole TLV.
struct Tlvs<'a>(&'a [u8]);

impl<'a> Iterator for Tlvs<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let ([kind, high, low], rest) = self.0.split_first_chunk::<3>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        self.0 = rest;
        Some((*kind, value))
    }
}

/// Whether the octets are whole TLVs, each of which `fine` likes.
fn all(octets: &[u8], mut fine: impl FnMut(u8, &[u8]) -> bool) -> bool {
    let mut tlvs = Tlvs(octets);
    tlvs.by_ref().all(|(kind, value)| fine(kind, value)) && tlvs.0.is_empty()
}

/// The TLVs, of several of one type the first.
fn unique(value: &[u8]) -> Vec<(u8, &[u8])> {
    let mut tlvs: Vec<(u8, &[u8])> = Vec::new();
    for (kind, value) in Tlvs(value) {
        if !tlvs.iter().any(|(known, _)| *known == kind) {
            tlvs.push((kind, value));
        }
    }
    tlvs
}

fn label_index(value: &[u8]) -> Option<u32> {
    value.get(3..)?.try_into().ok().map(u32::from_be_bytes)
}

/// Base and range of each block, 24 bits each.
fn srgbs(value: &[u8]) -> impl ExactSizeIterator<Item = (u32, u32)> {
    let blocks = value.get(2..).unwrap_or_default().as_chunks::<6>().0;
    blocks
        .iter()
        .map(|[a, b, c, d, e, f]| (u32::from_be_bytes([0, *a, *b, *c]), u32::from_be_bytes([0, *d, *e, *f])))
}

/// An SRv6 SID and what is said of it.
struct Sid<'a> {
    address: Ipv6Addr,
    flags: u8,
    behaviour: u16,
    structure: Option<&'a [u8; 6]>,
}

/// The SIDs of a service TLV; other sub-TLVs are left out.
fn sids(value: &[u8]) -> impl Iterator<Item = Sid<'_>> {
    let subs = Tlvs(value.get(1..).unwrap_or_default());
    subs.filter(|(kind, _)| *kind == SID_INFORMATION).filter_map(|(_, value)| {
        let (_, value) = value.split_first()?;
        let (sid, value) = value.split_first_chunk::<16>()?;
        let ([flags, high, low, _], subs) = value.split_first_chunk::<4>()?;
        let structure = Tlvs(subs)
            .filter(|(kind, _)| *kind == SID_STRUCTURE)
            .find_map(|(_, value)| value.try_into().ok());
        let behaviour = u16::from_be_bytes([*high, *low]);
        Some(Sid { address: (*sid).into(), flags: *flags, behaviour, structure })
    })
}

fn service_is_whole(value: &[u8]) -> bool {
    let Some((_, subs)) = value.split_first() else { return false };
    all(subs, |kind, sub| {
        kind != SID_INFORMATION
            || sub.get(21..).is_some_and(|subs| all(subs, |kind, v| kind != SID_STRUCTURE || v.len() == 6))
    })
}

fn service_name(kind: u8) -> &'static str {
    if kind == L3_SERVICE { "l3-service" } else { "l2-service" }
}

fn tlv(kind: u8, value: &[u8], out: &mut Vec<u8>) {
    // Our own values are far below 64 KiB; builders of lists check.
    let length = u16::try_from(value.len()).unwrap_or_default();
    out.push(kind);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value);
}

fn close(words: &mut Words<'_>, bracket: &'static str) -> Result<(), TextError> {
    let word = words.expect("a closing bracket")?;
    if word.is(bracket) { Ok(()) } else { Err(TextError::new(word, format!("'{bracket}' must stand here"))) }
}

fn bits24(words: &mut Words<'_>) -> Result<[u8; 3], TextError> {
    let word = words.expect("a number of the label range")?;
    let number: Option<u32> = decimal(word.text).filter(|n| *n < 1 << 24);
    let [_, bytes @ ..] = number
        .ok_or_else(|| TextError::new(word, "base and range of labels have 24 bits").hint("( 800000,4096 )"))?
        .to_be_bytes();
    Ok(bytes)
}

/// Reads `<index> ]` or `<index>, [ ( <base>,<range> ), … ] ]`, after the opening bracket.
fn parse_label(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = words.expect("a label index")?;
    let index: u32 = decimal(word.text)
        .ok_or_else(|| TextError::new(word, "invalid label index").hint("[ 300, [ ( 800000,4096 ) ] ]"))?;
    let [a, b, c, d] = index.to_be_bytes();
    tlv(LABEL_INDEX, &[0, 0, 0, a, b, c, d], out);
    words.accept(",");
    if words.accept("[") {
        let mut blocks = vec![0, 0];
        while words.accept("(") {
            blocks.extend_from_slice(&bits24(words)?);
            words.accept(",");
            blocks.extend_from_slice(&bits24(words)?);
            close(words, ")")?;
            words.accept(",");
        }
        if blocks.len() < 8 || u16::try_from(blocks.len()).is_err() {
            return Err(TextError::new(
                words.expect("a label range")?,
                "there must be 1 to 10000 label ranges",
            ));
        }
        close(words, "]")?;
        tlv(SRGB, &blocks, out);
    }
    close(words, "]")
}

fn parse_behaviour(word: Word<'_>) -> Option<u16> {
    match hex_digits(word.text) {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => decimal(word.text),
    }
}

/// Reads `l3-service|l2-service <sid> [<behaviour>] [ [lb,ln,fn,arg,tl,to] ] )`, after the opening parenthesis.
fn parse_service(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = words.expect("an SRv6 service")?;
    let kind = match word.text {
        "l3-service" => L3_SERVICE,
        "l2-service" => L2_SERVICE,
        _ => return Err(TextError::new(word, "invalid SRv6 service").hint("l3-service or l2-service")),
    };
    let word = words.expect("an SRv6 SID")?;
    let sid: Ipv6Addr = word
        .text
        .parse()
        .map_err(|_| TextError::new(word, "invalid SRv6 SID").hint("an IPv6 address such as 2001:db8::1"))?;
    let mut behaviour = OPAQUE;
    if let Some(word) = words.peek().filter(|w| !w.is("[") && !w.is(")")) {
        behaviour = parse_behaviour(word)
            .ok_or_else(|| TextError::new(word, "invalid endpoint behaviour").hint("0x48, or 72"))?;
        words.next_word();
    }
    let mut information = vec![0];
    information.extend_from_slice(&sid.octets());
    let [high, low] = behaviour.to_be_bytes();
    information.extend_from_slice(&[0, high, low, 0]);
    if let Some(open) = words.peek().filter(|w| w.is("[")) {
        let mut structure = Vec::new();
        words.list("the structure of the SID", true, |word| {
            let bits: u8 = decimal(word.text)
                .ok_or_else(|| TextError::new(word, "invalid length in the SID's structure"))?;
            structure.push(bits);
            Ok(())
        })?;
        if structure.len() != STRUCTURE.len() {
            let error = TextError::new(open, "a SID's structure has six lengths");
            return Err(error.hint("[locator-block,locator-node,function,argument,transposition,offset]"));
        }
        tlv(SID_STRUCTURE, &structure, &mut information);
    }
    close(words, ")")?;
    let mut service = vec![0];
    tlv(SID_INFORMATION, &information, &mut service);
    tlv(kind, &service, out);
    Ok(())
}

impl Attribute for PrefixSid {
    const CODE: AttrCode = AttrCode::PREFIX_SID;
    const FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;
    const ON_ERROR: Treatment = Treatment::Discard;
    const KEYWORDS: &'static [&'static str] = &["bgp-prefix-sid", "bgp-prefix-sid-srv6"];

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        let fine = !value.is_empty()
            && all(value, |kind, value| match kind {
                LABEL_INDEX => value.len() == 7,
                SRGB => value.get(2..).is_some_and(|b| !b.is_empty() && b.len().is_multiple_of(6)),
                L3_SERVICE | L2_SERVICE => service_is_whole(value),
                _ => true,
            });
        if fine { Ok(()) } else { Err(fault::<Self>("a TLV is cut short or has a wrong length")) }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a prefix SID")?;
        if word.is("[") {
            parse_label(words, out)
        } else if word.is("(") {
            parse_service(words, out)
        } else {
            let hint = "bgp-prefix-sid [ 300 ] or bgp-prefix-sid-srv6 ( l3-service 2001:db8::1 )";
            Err(TextError::new(word, "invalid prefix SID").hint(hint))
        }
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.begin_object(Spacing::Wide);
        for (kind, value) in unique(value) {
            match kind {
                LABEL_INDEX => {
                    out.key("sr-label-index");
                    out.number(label_index(value).unwrap_or_default().into());
                }
                SRGB => {
                    out.key("sr-srgbs");
                    out.begin_list(Spacing::Tight);
                    for (base, range) in srgbs(value) {
                        out.begin_list(Spacing::Tight);
                        out.number(base.into());
                        out.number(range.into());
                        out.end_list();
                    }
                    out.end_list();
                }
                L3_SERVICE | L2_SERVICE => {
                    out.key(service_name(kind));
                    out.begin_list(Spacing::Wide);
                    sids(value).for_each(|sid| emit_sid(&sid, out));
                    out.end_list();
                }
                _ => {
                    out.key(&format!("attribute-not-implemented-{kind}"));
                    out.hex("0x", value, HexCase::Upper);
                }
            }
        }
        out.end_object();
    }

    /// The brackets of SRv6 services don't balance: so ExaBGP writes them, and scripts may look for it.
    fn print(value: &[u8], out: &mut String) {
        out.push_str("bgp-prefix-sid [ ");
        for (n, (kind, value)) in unique(value).into_iter().enumerate() {
            if n > 0 {
                out.push_str(", ");
            }
            match kind {
                LABEL_INDEX => {
                    let _ = write!(out, "{}", label_index(value).unwrap_or_default());
                }
                SRGB => print_srgbs(value, out),
                L3_SERVICE | L2_SERVICE => {
                    let _ = write!(out, "{} [ ", service_name(kind));
                    for (n, sid) in sids(value).enumerate() {
                        let _ = write!(
                            out,
                            "{}sid-information [ sid:{} flags:{} endpoint_behavior:{:#x} ",
                            if n > 0 { ", " } else { "" },
                            sid.address,
                            sid.flags,
                            sid.behaviour
                        );
                        if let Some([a, b, c, d, e, f]) = sid.structure {
                            let _ = write!(out, " [ sid-structure [{a},{b},{c},{d},{e},{f}] ]");
                        }
                    }
                    out.push_str(" ]");
                }
                _ => {
                    let _ = write!(out, "attribute-not-implemented-{kind}");
                }
            }
        }
        out.push_str(" ]");
    }

    /// Prints the two forms that can be entered; [`super::to_route_text`] writes other values as octets.
    fn print_input(value: &[u8], out: &mut String) {
        match unique(value).as_slice() {
            [(kind @ (L3_SERVICE | L2_SERVICE), value)] => {
                let _ = write!(out, "bgp-prefix-sid-srv6 ( {}", service_name(*kind));
                for sid in sids(value) {
                    let _ = write!(out, " {} {:#x}", sid.address, sid.behaviour);
                    if let Some([a, b, c, d, e, f]) = sid.structure {
                        let _ = write!(out, " [{a},{b},{c},{d},{e},{f}]");
                    }
                }
                out.push_str(" )");
            }
            _ => Self::print(value, out),
        }
    }
}

fn print_srgbs(value: &[u8], out: &mut String) {
    out.push('[');
    for (n, (base, range)) in srgbs(value).enumerate() {
        let _ = write!(out, "{} ( {base},{range} )", if n > 0 { "," } else { "" });
    }
    out.push_str(" ]");
}

fn emit_sid<E: Emit>(sid: &Sid<'_>, out: &mut E) {
    out.begin_object(Spacing::Wide);
    out.key("sid");
    out.address(sid.address.into());
    out.key("flags");
    out.number(sid.flags.into());
    out.key("endpoint_behavior");
    out.number(sid.behaviour.into());
    if let Some(structure) = sid.structure {
        out.key("structure");
        out.begin_object(Spacing::Tight);
        for (name, bits) in STRUCTURE.iter().zip(structure) {
            out.key(name);
            out.number((*bits).into());
        }
        out.end_object();
    }
    out.end_object();
}

#[cfg(test)]
mod tests;
