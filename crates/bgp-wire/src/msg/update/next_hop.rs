//! Next hops of sent routes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attr::{NextHop, RouteAttributes};
use crate::code::{Afi, AttrCode};
use crate::ctx::EncodeCtx;
use crate::error::EncodeError;
use crate::family::Family;

/// A next hop as it goes on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wire {
    /// In NEXT_HOP, or in MP_REACH_NLRI and NEXT_HOP.
    V4(Ipv4Addr),
    /// In MP_REACH_NLRI.
    V6(Ipv6Addr),
    /// In MP_REACH_NLRI: global and link-local.
    Pair(Ipv6Addr, Ipv6Addr),
    /// None of ours: in a NEXT_HOP attribute that the user gave as octets, or nowhere at all.
    Given,
}

impl Wire {
    /// Appends length and octets as in MP_REACH_NLRI.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::V4(ip) => {
                out.push(4);
                out.extend_from_slice(&ip.octets());
            }
            Self::V6(ip) => {
                out.push(16);
                out.extend_from_slice(&ip.octets());
            }
            Self::Pair(global, link_local) => {
                out.push(32);
                out.extend_from_slice(&global.octets());
                out.extend_from_slice(&link_local.octets());
            }
            Self::Given => out.push(0),
        }
    }
}

/// What the next hop of a route is on this session. A next hop of the other address family is taken as it is: the
/// user asks for it, with or without RFC 8950 negotiated.
pub(super) fn resolve(
    ctx: &EncodeCtx,
    attributes: &RouteAttributes,
    family: Family,
) -> Result<Wire, EncodeError> {
    match attributes.next_hop() {
        NextHop::Address(IpAddr::V4(ip)) => Ok(Wire::V4(ip)),
        NextHop::Address(IpAddr::V6(ip)) => Ok(Wire::V6(ip)),
        NextHop::Pair(global, link_local) => Ok(Wire::Pair(global, link_local)),
        NextHop::SelfAddress => own(ctx, family),
        NextHop::Unset if family.is_ipv4_unicast() && attributes.get(AttrCode::NEXT_HOP).is_some() => {
            Ok(Wire::Given)
        }
        // Flow specifications go without, unless an action needs one (RFC 8955 section 4).
        NextHop::Unset if !family.needs_next_hop() => Ok(Wire::Given),
        NextHop::Unset => Err(EncodeError::Missing { what: "the route has no next hop" }),
    }
}

/// Our own address: of the route's family, or of the other one where the session allows it (RFC 8950).
fn own(ctx: &EncodeCtx, family: Family) -> Result<Wire, EncodeError> {
    let (v4, v6) = (ctx.self_v4.map(Wire::V4), ctx.self_v6.map(Wire::V6));
    let (same, other) = if family.afi == Afi::IPV4 { (v4, v6) } else { (v6, v4) };
    let other = other.filter(|_| ctx.extended_next_hop.contains(family));
    same.or(other).ok_or(EncodeError::Missing {
        what: "next-hop self: the session has no address of the route's address family",
    })
}
