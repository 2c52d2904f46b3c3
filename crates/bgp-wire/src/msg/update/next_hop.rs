//! Next hops of sent routes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attr::{NextHop, RouteAttributes};
use crate::code::{Afi, AttrCode, Safi};
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

/// The route distinguisher in front of every next hop of VPN routes: zero (RFC 4364 section 4.3.2).
const DISTINGUISHER: [u8; 8] = [0; 8];

impl Wire {
    /// Appends length and octets as in MP_REACH_NLRI of `family`. Each address of a VPN route's next hop follows a
    /// route distinguisher of zero (RFC 4364 section 4.3.2, RFC 4659 section 3.2.1.1).
    pub(super) fn write(self, family: Family, out: &mut Vec<u8>) {
        let distinguisher = if family.has_vpn_next_hop() { &DISTINGUISHER[..] } else { &[] };
        let (addresses, count): ([&[u8]; 2], _) = match &self {
            Self::V4(ip) => ([&ip.octets(), &[]], 1),
            Self::V6(ip) => ([&ip.octets(), &[]], 1),
            Self::Pair(global, link_local) => ([&global.octets(), &link_local.octets()], 2),
            Self::Given => ([&[], &[]], 0),
        };
        let start = out.len();
        out.push(0);
        for address in addresses.into_iter().take(count) {
            out.extend_from_slice(distinguisher);
            out.extend_from_slice(address);
        }
        let length = out.len().saturating_sub(start).saturating_sub(1);
        if let (Some(place), Ok(length)) = (out.get_mut(start), u8::try_from(length)) {
            *place = length;
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
        // Its next hop has the length of the family's addresses (draft-ietf-bess-mup-safi section 3.1.5).
        NextHop::Address(IpAddr::V4(ip)) if mobile_ipv6(family) => Ok(Wire::V6(ip.to_ipv6_mapped())),
        NextHop::Address(IpAddr::V4(ip)) => Ok(Wire::V4(ip)),
        NextHop::Address(IpAddr::V6(ip)) => {
            Ok(ctx.beside_given().map_or(Wire::V6(ip), |own| Wire::Pair(ip, own)))
        }
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

/// Whether a family is IPv6 mobile user plane.
const fn mobile_ipv6(family: Family) -> bool {
    family.afi.0 == Afi::IPV6.0 && family.safi.0 == Safi::MUP.0
}

/// Our own address: of the route's family, or of the other one where the session (RFC 8950) or the family (those that
/// are of no IP version) allows it.
fn own(ctx: &EncodeCtx, family: Family) -> Result<Wire, EncodeError> {
    let v4 = ctx.self_v4.map(Wire::V4);
    let v6 = ctx.self_v6.map(|global| match ctx.self_link_local {
        Some(link_local) => Wire::Pair(global, link_local),
        None => Wire::V6(global),
    });
    let (same, other) = if family.afi == Afi::IPV6 { (v6, v4) } else { (v4, v6) };
    let ip = matches!(family.afi, Afi::IPV4 | Afi::IPV6);
    let other = other.filter(|_| !ip || ctx.extended_next_hop.contains(family));
    same.or(other).ok_or(EncodeError::Missing {
        what: "next-hop self: the session has no address of the route's address family",
    })
}
