//! MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760).
//!
//! What can't be read here resets the session: without it nobody knows which routes are meant (RFC 7606 sections 5.3
//! and 7.11).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::attr::NextHop;
use crate::code::{Afi, Safi};
use crate::ctx::DecodeCtx;
use crate::cursor::Reader;
use crate::error::DecodeError;
use crate::family::{self, Family};
use crate::msg::update::Reach;
use crate::nlri::NlriRun;

/// Next-hop lengths that RFC 8950 adds: an address of the other family.
const EXTENDED: [usize; 3] = [4, 16, 32];

/// The same of VPN routes, whose addresses follow a route distinguisher each (RFC 8950 section 4).
const EXTENDED_VPN: [usize; 3] = [12, 24, 48];

/// Subcode "Optional Attribute Error", which RFC 4760 section 7 chooses.
fn error(reason: impl Into<String>) -> DecodeError {
    DecodeError::Update { subcode: 9, reason: reason.into() }
}

fn family(r: &mut Reader<'_>) -> Result<Family, DecodeError> {
    let afi = Afi(r.u16("AFI")?);
    Ok(Family { afi, safi: Safi(r.u8("SAFI")?) })
}

/// Reads MP_REACH_NLRI; `None` when its family is not negotiated. No routes at all is fine.
pub(super) fn reach<'a>(mut r: Reader<'a>, ctx: &DecodeCtx) -> Result<Option<Reach<'a>>, DecodeError> {
    let mut fields = || {
        let family = family(&mut r)?;
        let length = r.u8("next hop length")?;
        let next_hop = r.take(length.into(), "next hop")?;
        r.u8("reserved octet")?;
        Ok((family, next_hop))
    };
    let (family, octets) = fields().map_err(|e: DecodeError| error(format!("mp-reach-nlri: {e}")))?;
    if !ctx.families.contains(family) {
        return Ok(None);
    }
    let length = octets.len();
    let vpn = family.has_vpn_next_hop();
    let more = if vpn { EXTENDED_VPN } else { EXTENDED };
    let extended = ctx.extended_next_hop.contains(family) && more.contains(&length);
    let legal = extended || family::next_hop_lengths(family).contains(&length);
    let read = if vpn { vpn_next_hop(octets) } else { next_hop(octets) };
    let Some(next_hop) = read.filter(|_| legal) else {
        return Err(error(format!("mp-reach-nlri: a next hop of {length} octets is wrong for {family}")));
    };
    let run = NlriRun::check(family, ctx.add_path.contains(family), r.rest(), r.offset())?;
    Ok(Some(Reach { run, next_hop }))
}

/// Reads MP_UNREACH_NLRI; `None` when its family is not negotiated.
pub(super) fn unreach<'a>(mut r: Reader<'a>, ctx: &DecodeCtx) -> Result<Option<NlriRun<'a>>, DecodeError> {
    let family = family(&mut r).map_err(|e| error(format!("mp-unreach-nlri: {e}")))?;
    if !ctx.families.contains(family) {
        return Ok(None);
    }
    NlriRun::check(family, ctx.add_path.contains(family), r.rest(), r.offset()).map(Some)
}

/// An IPv4 address of four octets.
pub(super) fn ipv4(octets: &[u8]) -> Option<Ipv4Addr> {
    <[u8; 4]>::try_from(octets).ok().map(Ipv4Addr::from)
}

fn ipv6(octets: &[u8]) -> Option<Ipv6Addr> {
    <[u8; 16]>::try_from(octets).ok().map(Ipv6Addr::from)
}

fn next_hop(octets: &[u8]) -> Option<NextHop> {
    match octets.len() {
        0 => Some(NextHop::Unset),
        4 => ipv4(octets).map(|ip| NextHop::Address(ip.into())),
        16 => ipv6(octets).map(|ip| NextHop::Address(ip.into())),
        32 => {
            let (global, link_local) = octets.split_at_checked(16)?;
            Some(NextHop::Pair(ipv6(global)?, ipv6(link_local)?))
        }
        _ => None,
    }
}

/// A next hop whose addresses follow a route distinguisher each. It has no meaning there, and is not looked at.
fn vpn_next_hop(octets: &[u8]) -> Option<NextHop> {
    let (_, address) = octets.split_at_checked(8)?;
    match address.split_at_checked(16) {
        Some((global, second @ [_, ..])) => {
            // Some speakers leave out the second distinguisher.
            let link_local = second.get(second.len().saturating_sub(16)..)?;
            Some(NextHop::Pair(ipv6(global)?, ipv6(link_local)?))
        }
        _ => next_hop(address),
    }
}
