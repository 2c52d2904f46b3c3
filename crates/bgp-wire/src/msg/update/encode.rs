//! UPDATE to octets: whole messages with headers, filled as far as the session allows.

use crate::attr::{NextHop, RouteAttributes};
use crate::cap::role::Role;
use crate::code::{Afi, AttrCode, MessageType, Safi};
use crate::ctx::EncodeCtx;
use crate::error::EncodeError;
use crate::family::Family;
use crate::msg::update::block;
use crate::msg::update::next_hop::{self, Wire};
use crate::msg::update::pack::{Field, Packer};
use crate::nlri::NlriRef;

/// Whether routes of a family travel in the fields of RFC 4271: only IPv4 unicast does, since the peer takes whatever
/// is in them for that.
const fn classic(family: Family) -> bool {
    family.afi.0 == Afi::IPV4.0 && family.safi.0 == Safi::UNICAST.0
}

/// Appends UPDATEs that announce `nlris`, all of `family`, in their order, and returns how many messages that took:
/// none for no routes. On `Err` nothing was appended.
///
/// Missing ORIGIN (igp), AS_PATH (empty, or our AS towards an external peer) and LOCAL_PREF (100) are added; what
/// the session can't have is left out (LOCAL_PREF to an external peer, AIGP where it is off). Attributes are in
/// ascending order, AS4_PATH after AS_PATH, AS4_AGGREGATOR after AGGREGATOR, MP_REACH_NLRI last. The caller skips
/// families that were not negotiated.
pub fn announce<'n>(
    ctx: &EncodeCtx,
    attributes: &RouteAttributes,
    family: Family,
    nlris: impl IntoIterator<Item = NlriRef<'n>>,
    out: &mut Vec<u8>,
) -> Result<u32, EncodeError> {
    let next_hop = next_hop::resolve(ctx, attributes, family)?;
    let only_to_customer = only_to_customer(ctx, attributes, family)?;
    let field = match next_hop {
        Wire::V4(_) | Wire::Given if classic(family) => Field::Announced,
        _ => Field::Reach(family, next_hop),
    };
    // ExaBGP adds NEXT_HOP to routes of every IP version, SR policies aside, and of these alone; no receiver looks at
    // it. Where a next hop is optional, the one in MP_REACH_NLRI is the only one.
    let ip = matches!(family.afi, Afi::IPV4 | Afi::IPV6) && family.safi != Safi::SR_POLICY;
    let beside = if ip && family.needs_next_hop() { next_hop } else { Wire::Given };
    let mut packer = Packer::new(ctx, field, out);
    packer.attributes(|out| block::write(ctx, attributes, beside, only_to_customer, out))?;
    packer.pack(nlris)
}

/// RFC 9234 section 5, on the way out: whether ONLY_TO_CUSTOMER is to be added, or the route must not be sent at all.
fn only_to_customer(
    ctx: &EncodeCtx,
    attributes: &RouteAttributes,
    family: Family,
) -> Result<bool, EncodeError> {
    let Some(role) = ctx.role.filter(|_| Role::rules(family)) else { return Ok(false) };
    let there = attributes.get(AttrCode::OTC).is_some();
    if there && role.keeps() {
        let what = "a route with ONLY_TO_CUSTOMER goes to customers alone (RFC 9234 section 5)";
        return Err(EncodeError::Forbidden { what });
    }
    Ok(role.marks() && !there)
}

/// Appends UPDATEs that withdraw `nlris`, all of `family`, in their order, and returns how many messages that took:
/// none for no routes. On `Err` nothing was appended.
pub fn withdraw<'n>(
    ctx: &EncodeCtx,
    family: Family,
    nlris: impl IntoIterator<Item = NlriRef<'n>>,
    out: &mut Vec<u8>,
) -> Result<u32, EncodeError> {
    let field = if classic(family) { Field::Withdrawn } else { Field::Unreach(family) };
    let mut packer = Packer::new(ctx, field, out);
    packer.attributes(|_| ())?;
    packer.pack(nlris)
}

/// [`withdraw`] as the sequence of messages has it: ExaBGP 5.0 sends attributes with all withdrawals but those of unicast
/// and multicast routes, the ones given with the command and those that every route has.
pub fn withdraw_with<'n>(
    ctx: &EncodeCtx,
    attributes: Option<&RouteAttributes>,
    family: Family,
    nlris: impl IntoIterator<Item = NlriRef<'n>>,
    out: &mut Vec<u8>,
) -> Result<u32, EncodeError> {
    if !ctx.explains_withdrawals(family) {
        return withdraw(ctx, family, nlris, out);
    }
    let none = RouteAttributes::new(NextHop::Unset, []);
    let attributes = attributes.unwrap_or(&none);
    // Without a next hop it is withdrawn all the same.
    let beside = next_hop::resolve(ctx, attributes, family).unwrap_or(Wire::Given);
    let mut packer = Packer::new(ctx, Field::Unreach(family), out);
    packer.attributes(|out| block::write(ctx, attributes, beside, false, out))?;
    packer.pack(nlris)
}

/// Appends the End-of-RIB marker of a family (RFC 4724 section 2): an empty UPDATE for IPv4 unicast, an
/// MP_UNREACH_NLRI without routes for others (with extended length, as ExaBGP sends it).
pub fn end_of_rib(family: Family, out: &mut Vec<u8>) {
    if family.is_ipv4_unicast() {
        out.extend_from_slice(&header(FIXED_LENGTH));
        out.extend_from_slice(&[0, 0, 0, 0]);
        return;
    }
    let [high, low] = family.afi.0.to_be_bytes();
    out.extend_from_slice(&header(FIXED_LENGTH + 7));
    out.extend_from_slice(&[0, 0, 0, 7, 0x90, 15, 0, 3, high, low, family.safi.0]);
}

/// Octets of an empty UPDATE.
const FIXED_LENGTH: u16 = 23;

/// The header of an UPDATE of `length` octets.
pub(super) const fn header(length: u16) -> [u8; 19] {
    let mut header = [0xFF; 19];
    let [.., high, low, kind] = &mut header;
    [*high, *low] = length.to_be_bytes();
    *kind = MessageType::UPDATE.0;
    header
}
