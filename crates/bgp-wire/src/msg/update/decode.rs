//! UPDATE from octets: the three fields, and what the errors of the walk add up to.

use smallvec::SmallVec;

use crate::attr::{NextHop, otc};
use crate::cap::role::Role;
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::cursor::Reader;
use crate::error::{AttributeError, DecodeError, Treatment};
use crate::family::Family;
use crate::msg::update::walk::Walk;
use crate::msg::update::{Attributes, Update};
use crate::nlri::NlriRun;

/// Reads the body of an UPDATE (what follows the header).
///
/// `Err` means that the session can't go on; everything milder is told by [`Update::treatment`].
///
/// Routes of a family that was not negotiated are ignored (RFC 4760 section 7 permits it, and a session is worth more
/// than a wrong attribute): the error is recorded with [`Treatment::Discard`]. An AIGP attribute where AIGP is off,
/// unknown non-transitive attributes, and AS4_PATH or AS4_AGGREGATOR on a four-octet session are no errors.
pub fn decode<'a>(body: &'a [u8], ctx: &DecodeCtx) -> Result<Update<'a>, DecodeError> {
    let malformed = |reason| DecodeError::Update { subcode: 1, reason: String::from(reason) };
    let mut r = Reader::new(body);
    let length = r.u16("length of withdrawn routes").map_err(|_| malformed("it is shorter than 4 octets"))?;
    let withdrawn = r
        .sub(length.into(), "withdrawn routes")
        .map_err(|_| malformed("the withdrawn routes are longer than the message"))?;
    let length = r
        .u16("length of path attributes")
        .map_err(|_| malformed("the withdrawn routes leave no room for the length of the path attributes"))?;
    let attributes = r
        .sub(length.into(), "path attributes")
        .map_err(|_| malformed("the path attributes are longer than the message"))?;

    let family = Family::IPV4_UNICAST;
    let add_path = ctx.add_path.contains(family);
    let run = |r: Reader<'a>| NlriRun::check(family, add_path, r.rest(), r.offset());
    let mut update = Update {
        withdrawn: run(withdrawn)?,
        announced: run(r)?,
        next_hop: NextHop::Unset,
        reach: None,
        unreach: None,
        leaked: false,
        attributes: Attributes { raw: attributes.rest(), ..Attributes::default() },
        treatment: Treatment::Accept,
        errors: SmallVec::new(),
    };
    if attributes.is_empty() && update.announced.is_empty() {
        return Ok(update);
    }
    let mut walk = Walk::new(&mut update, ctx);
    walk.attributes(attributes)?;
    walk.merge_as4();
    let end = r.offset();
    let has_next_hop = walk.seen(AttrCode::NEXT_HOP);
    let has = [AttrCode::ORIGIN, AttrCode::AS_PATH].map(|code| (code, walk.seen(code)));
    let has_reach = walk.seen(AttrCode::MP_REACH);
    let reachable = !update.announced.is_empty() || update.reach.is_some_and(|r| !r.run.is_empty());
    // Routes of a family that is ignored are routes all the same.
    let ignored = has_reach && update.reach.is_none();
    if reachable {
        // RFC 7606 section 3 (d). LOCAL_PREF is not asked for: RFC 4271 section 6.3 names the mandatory ones.
        let next_hop = (AttrCode::NEXT_HOP, has_next_hop || update.announced.is_empty());
        for (code, there) in has.into_iter().chain([next_hop]) {
            if !there {
                let reason = "it is mandatory and missing";
                update.fail(AttributeError {
                    code,
                    at: end,
                    treatment: Treatment::Withdraw,
                    subcode: 3,
                    reason,
                });
            }
        }
    }
    if let Some(error) = verdict(&update, reachable || ignored) {
        return Err(error);
    }
    update.leaked = leaked(&update, ctx);
    Ok(update)
}

/// RFC 9234 section 5, on the way in.
fn leaked(update: &Update<'_>, ctx: &DecodeCtx) -> bool {
    let Some(role) = ctx.role else { return false };
    let otc = update.attributes.get(AttrCode::OTC).and_then(otc::asn_of);
    role.leaked(otc, ctx.peer_as) && update.announced_runs().any(|(_, run)| Role::rules(run.family()))
}

/// RFC 7606 section 5.2: with attributes but no reachable routes nobody can be sure that all routes were found, so
/// anything worse than a discarded attribute resets the session.
fn verdict(update: &Update<'_>, reachable: bool) -> Option<DecodeError> {
    if update.treatment < Treatment::Withdraw || (update.treatment == Treatment::Withdraw && reachable) {
        return None;
    }
    let worst = update.errors.iter().max_by_key(|e| e.treatment)?;
    Some(DecodeError::Update { subcode: worst.subcode, reason: worst.to_string() })
}
