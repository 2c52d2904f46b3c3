//! The attribute block of sent routes: what the route carries, what the session demands, nothing it forbids.

use crate::attr::{RawAttribute, RouteAttributes, as_path, extended_community, flag, write as put};
use crate::code::AttrCode;
use crate::ctx::{EncodeCtx, PeerKind};
use crate::msg::update::as4;
use crate::msg::update::next_hop::Wire;

/// Flags of AS4_PATH and AS4_AGGREGATOR (RFC 6793 section 3).
const AS4_FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;

/// Flags of ONLY_TO_CUSTOMER (RFC 9234 section 5).
const OTC_FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE;

/// LOCAL_PREF of internal routes that have none.
const LOCAL_PREF: u32 = 100;

/// Attributes that are added where the route does not have them, in ascending order.
const ADDED: [AttrCode; 5] =
    [AttrCode::ORIGIN, AttrCode::AS_PATH, AttrCode::NEXT_HOP, AttrCode::LOCAL_PREF, AttrCode::OTC];

/// Appends the attributes of a route for one session, MP_REACH_NLRI excepted; with `otc`, ONLY_TO_CUSTOMER with our AS
/// number among them (RFC 9234 section 5).
pub(super) fn write(
    ctx: &EncodeCtx,
    attributes: &RouteAttributes,
    next_hop: Wire,
    otc: bool,
    out: &mut Vec<u8>,
) {
    let missing = ADDED.as_slice();
    let mut missing = if otc { missing } else { missing.split_last().map_or(missing, |(_, rest)| rest) };
    for a in attributes.iter() {
        while let [first, rest @ ..] = missing {
            if *first > a.code {
                break;
            }
            missing = rest;
            if *first < a.code {
                add(ctx, *first, next_hop, out);
            }
        }
        given(ctx, a, out);
    }
    for code in missing {
        add(ctx, *code, next_hop, out);
    }
}

/// An attribute that the route does not have.
fn add(ctx: &EncodeCtx, code: AttrCode, next_hop: Wire, out: &mut Vec<u8>) {
    let internal = ctx.peer == PeerKind::Internal;
    match (code, next_hop) {
        (AttrCode::ORIGIN, _) => put(flag::TRANSITIVE, code, &[0], out),
        (AttrCode::AS_PATH, _) if internal => put(flag::TRANSITIVE, code, &[], out),
        (AttrCode::AS_PATH, _) => {
            let mut value = Vec::new();
            as_path::push(as_path::Kind::Sequence, &[ctx.local_as.0], &mut value);
            given(ctx, RawAttribute { code, flags: flag::TRANSITIVE, value: &value }, out);
        }
        (AttrCode::NEXT_HOP, Wire::V4(ip)) => put(flag::TRANSITIVE, code, &ip.octets(), out),
        (AttrCode::LOCAL_PREF, _) if internal => put(flag::TRANSITIVE, code, &LOCAL_PREF.to_be_bytes(), out),
        (AttrCode::OTC, _) => put(OTC_FLAGS, code, &ctx.local_as.0.to_be_bytes(), out),
        _ => {}
    }
}

/// An attribute that the route has.
fn given(ctx: &EncodeCtx, a: RawAttribute<'_>, out: &mut Vec<u8>) {
    match a.code {
        // RFC 4271 section 5.1.5: not to external peers.
        AttrCode::LOCAL_PREF if ctx.peer == PeerKind::External => {}
        // RFC 7311 section 3.4: off unless switched on.
        AttrCode::AIGP if !ctx.aigp => {}
        AttrCode::AS_PATH if !ctx.asn4 => match as4::narrow_path(a.value) {
            Some(narrowed) => {
                put(a.flags & !flag::EXTENDED_LENGTH, a.code, &narrowed.path, out);
                if let Some(path) = narrowed.as4_path {
                    put(AS4_FLAGS, AttrCode::AS4_PATH, &path, out);
                }
            }
            None => put(a.flags, a.code, a.value, out),
        },
        AttrCode::AGGREGATOR if !ctx.asn4 => match as4::narrow_aggregator(a.value) {
            Some((value, lossy)) => {
                put(a.flags, a.code, &value, out);
                if lossy {
                    put(AS4_FLAGS, AttrCode::AS4_AGGREGATOR, a.value, out);
                }
            }
            None => put(a.flags, a.code, a.value, out),
        },
        AttrCode::EXTENDED_COMMUNITY if ctx.mistypes_four_octet_as() => {
            let mut value = a.value.to_vec();
            extended_community::mistype(&mut value);
            put(a.flags, a.code, &value, out);
        }
        _ => put(a.flags, a.code, a.value, out),
    }
}
