//! Prefixes with labels (RFC 8277) and those of VPNs (RFC 4364, RFC 4659).
//!
//! Canonical octets: length in bits of all that follows, labels of three octets each, for VPNs the route
//! distinguisher, and the prefix. The label stack ends with the label that has the bottom-of-stack bit, or with
//! 0x800000 or 0x000000, which stand for "no label" in withdrawals (RFC 8277 section 2.4, RFC 3107 section 3).
//!
//! Labels don't identify a route: what follows them does, together with the length of the prefix.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attr::number::decimal;
use crate::code::{Afi, Safi};
use crate::cursor::Reader;
use crate::emit::{Emit, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::inet;
use crate::nlri::rd::RouteDistinguisher;
use crate::nlri::shared;
use crate::nlri::{Nlri, NlriCodec, NlriRef};
use crate::text::{TextError, Words};

/// Codec of labelled prefixes, with route distinguisher where the family has one.
#[derive(Debug)]
pub struct Labelled;

/// What a route without label has in their place: the "compatibility field" of withdrawals.
const NO_LABEL: [u8; 3] = [0x80, 0, 0];

/// The same in the time of RFC 3107, as some speakers send it.
const NO_LABEL_OLD: [u8; 3] = [0, 0, 0];

/// Largest label.
const MAX_LABEL: u32 = 0xF_FFFF;

/// Whether routes of a family have a route distinguisher.
const fn has_rd(family: Family) -> bool {
    family.safi.0 == Safi::MPLS_VPN.0
}

/// The labels, each three octets, and what follows them. `None` if the stack has no end.
fn stack(body: &[u8]) -> Option<(&[[u8; 3]], &[u8])> {
    let (labels, _) = body.as_chunks::<3>();
    let ends = |label: &[u8; 3]| label[2] & 1 == 1 || matches!(*label, NO_LABEL | NO_LABEL_OLD);
    let count = labels.iter().position(ends)?.saturating_add(1);
    let labels = labels.get(..count)?;
    Some((labels, body.get(labels.as_flattened().len()..)?))
}

/// The parts of a route's octets.
struct Parts<'a> {
    labels: &'a [[u8; 3]],
    rd: Option<RouteDistinguisher>,
    address: IpAddr,
    length: u8,
}

/// Takes canonical octets apart; what is missing in others is taken for zero.
fn parts(family: Family, wire: &[u8]) -> Parts<'_> {
    let (bits, body) = wire.split_first().map_or((0, &[][..]), |(bits, body)| (*bits, body));
    let (labels, mut rest) = stack(body).unwrap_or((&[], body));
    let mut length = bits.saturating_sub(octet_bits(labels.as_flattened()));
    let mut rd = None;
    if has_rd(family) {
        let (octets, prefix) = rest.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        rd = Some(RouteDistinguisher(*octets));
        rest = prefix;
        length = length.saturating_sub(64);
    }
    let address = if family.afi == Afi::IPV4 {
        let mut full = [0; 4];
        full.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        IpAddr::V4(Ipv4Addr::from(full))
    } else {
        let mut full = [0; 16];
        full.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        IpAddr::V6(Ipv6Addr::from(full))
    };
    Parts { labels, rd, address, length }
}

/// Bits of octets, of which an NLRI has 32 at most.
fn octet_bits(octets: &[u8]) -> u8 {
    u8::try_from(octets.len()).unwrap_or(u8::MAX).saturating_mul(8)
}

/// The value of a label: 20 bits.
const fn value([a, b, c]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, a, b, c]) >> 4
}

/// The family of a prefix with labels, or with a route distinguisher.
pub fn family(afi: Afi, rd: bool) -> Family {
    Family { afi, safi: if rd { Safi::MPLS_VPN } else { Safi::NLRI_MPLS } }
}

/// The NLRI of a prefix, `length` in bits, with labels, top first. Without labels it is that of a withdrawal
/// (RFC 8277 section 2.4). The family is that of a VPN if there is a route distinguisher. `None` when the labels are
/// none or too many for the length octet.
pub fn nlri(address: IpAddr, length: u8, labels: &[u32], rd: Option<RouteDistinguisher>) -> Option<Nlri> {
    let afi = if address.is_ipv4() { Afi::IPV4 } else { Afi::IPV6 };
    let mut wire = vec![0];
    for label in labels {
        let [_, octets @ ..] = (label & MAX_LABEL).checked_shl(4)?.to_be_bytes();
        wire.extend_from_slice(&octets);
    }
    match wire.last_mut() {
        Some(last) if !labels.is_empty() => *last |= 1,
        _ => wire.extend_from_slice(&NO_LABEL),
    }
    wire.extend_from_slice(rd.as_ref().map_or(&[], |rd| &rd.0[..]));
    let before = wire.len().checked_sub(1)?.checked_mul(8)?;
    let bits = u8::try_from(before).ok()?.checked_add(length)?;
    let mut prefix = Vec::new();
    inet::encode(address, length, &mut prefix);
    wire.extend_from_slice(prefix.get(1..)?);
    *wire.first_mut()? = bits;
    // Only the last label ends the stack.
    let read = stack(wire.get(1..)?)?;
    (read.0.len() == labels.len().max(1)).then(|| Nlri::from_wire(family(afi, rd.is_some()), None, &wire))
}

/// The prefix of a labelled NLRI: address and length in bits.
pub fn prefix(nlri: NlriRef<'_>) -> (IpAddr, u8) {
    let parts = parts(nlri.family, nlri.wire);
    (parts.address, parts.length)
}

/// Whether the route has a label: one without can only be withdrawn.
pub fn has_label(nlri: NlriRef<'_>) -> bool {
    !matches!(parts(nlri.family, nlri.wire).labels, [] | [NO_LABEL])
}

/// Reads what follows the word `label`: one label, or several in brackets.
pub fn parse_labels(words: &mut Words<'_>) -> Result<Vec<u32>, TextError> {
    let mut labels = Vec::new();
    words.list("a label", false, |word| {
        let label = decimal(word.text).filter(|n| *n <= MAX_LABEL);
        let error = || TextError::new(word, "this is no label").hint("a number from 0 to 1048575");
        labels.push(label.ok_or_else(error)?);
        Ok(())
    })?;
    Ok(labels)
}

impl NlriCodec for Labelled {
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let rest = r.rest();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let bits = *rest.first().ok_or_else(|| error("the length is missing"))?;
        let total = inet::octets(bits).saturating_add(1);
        let body = rest.get(1..total).ok_or_else(|| error("the route is cut short"))?;
        let (labels, _) = stack(body).ok_or_else(|| error("the label stack has no end"))?;
        let before = octet_bits(labels.as_flattened()).saturating_add(if has_rd(family) { 64 } else { 0 });
        match bits.checked_sub(before) {
            None => Err(error("the length has no room for labels and route distinguisher")),
            Some(length) if length > inet::max_length(family.afi) => {
                Err(error("the prefix length exceeds the address"))
            }
            Some(_) => r.take(total, "labelled route"),
        }
    }

    fn identity(wire: &[u8]) -> &[u8] {
        let body = wire.get(1..).unwrap_or_default();
        stack(body).map_or(body, |(_, rest)| rest)
    }

    fn identity_length(wire: &[u8]) -> u8 {
        let Some((bits, body)) = wire.split_first() else { return 0 };
        stack(body).map_or(*bits, |(labels, _)| bits.saturating_sub(octet_bits(labels.as_flattened())))
    }

    fn next_hop_lengths(family: Family) -> &'static [usize] {
        match (family.afi, has_rd(family)) {
            (Afi::IPV4, false) => &[4],
            (Afi::IPV4, true) => &[12],
            (_, false) => &[16, 32],
            // RFC 4659 section 3.2.1.1; 40 is what speakers send that leave out the second distinguisher.
            (_, true) => &[24, 40, 48],
        }
    }

    fn emit<E: Emit>(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
        let parts = parts(family, wire);
        out.begin_object(Spacing::Wide);
        out.key("nlri");
        out.prefix(parts.address, parts.length);
        shared::emit_path_id(path_id, out);
        if !parts.labels.is_empty() {
            out.key("label");
            out.begin_list(Spacing::Wide);
            for label in parts.labels {
                out.begin_list(Spacing::Tight);
                out.number(value(*label).into());
                if out.raw_labels() {
                    let [a, b, c] = *label;
                    out.number(u32::from_be_bytes([0, a, b, c]).into());
                }
                out.end_list();
            }
            out.end_list();
        }
        if let Some(rd) = parts.rd {
            out.key("rd");
            out.display(&rd);
        }
        out.end_object();
    }

    fn print(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut String) {
        let parts = parts(family, wire);
        let _ = write!(out, "{}/{}", parts.address, parts.length);
        shared::print_path_id(path_id, out);
        match parts.labels {
            [] => {}
            [label] => {
                let _ = write!(out, " label {}", value(*label));
            }
            labels => {
                out.push_str(" label [");
                for label in labels {
                    let _ = write!(out, " {}", value(*label));
                }
                out.push_str(" ]");
            }
        }
        if let Some(rd) = parts.rd {
            let _ = write!(out, " rd {rd}");
        }
    }

    /// Reads `PREFIX`, and `label` and `rd` if they follow at once; without labels it is the NLRI of a withdrawal,
    /// without `rd` the distinguisher is zero.
    fn parse(family: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let word = words.expect("a prefix")?;
        let (address, length) = inet::parse_prefix(word)?;
        if address.is_ipv4() != (family.afi == Afi::IPV4) {
            return Err(TextError::new(word, format!("this is no {} prefix", family.afi)));
        }
        let mut labels = Vec::new();
        let mut rd = has_rd(family).then(RouteDistinguisher::default);
        loop {
            if labels.is_empty() && words.accept("label") {
                labels = parse_labels(words)?;
            } else if rd.is_some() && (words.accept("rd") || words.accept("route-distinguisher")) {
                rd = Some(RouteDistinguisher::parse(words.expect("a route distinguisher")?)?);
            } else {
                break;
            }
        }
        let nlri = nlri(address, length, &labels, rd).ok_or_else(|| {
            TextError::new(word, "this prefix can't have these labels")
                .hint("fewer labels, and 0 only as the last one")
        })?;
        out.extend_from_slice(nlri.wire());
        Ok(())
    }
}

#[cfg(test)]
#[path = "labelled_tests.rs"]
mod tests;
