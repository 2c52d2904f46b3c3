//! UPDATE (RFC 4271 section 4.3): withdrawn routes, path attributes, announced routes.
//!
//! [`decode`] reads one without copying: NLRI and attributes stay slices of the receive buffer. All errors are
//! collected, and the worst decides what becomes of the message (RFC 7606). [`announce`], [`withdraw`] and
//! [`end_of_rib`] write whole messages.

mod as4;
mod attributes;
mod block;
mod decode;
mod encode;
mod mp;
mod next_hop;
mod pack;
#[cfg(test)]
mod tests;
mod walk;

use smallvec::SmallVec;

use crate::attr::{NextHop, RouteAttributes};
use crate::error::{AttributeError, Treatment};
use crate::family::Family;
use crate::nlri::{NlriRef, NlriRun};
pub use attributes::Attributes;
pub use decode::decode;
pub use encode::{announce, end_of_rib, withdraw, withdraw_with};

/// Routes of an MP_REACH_NLRI attribute (RFC 4760 section 3).
#[derive(Clone, Copy, Debug)]
pub struct Reach<'a> {
    /// The routes; may be none.
    pub run: NlriRun<'a>,
    /// Where traffic for them goes.
    pub next_hop: NextHop,
}

/// A decoded UPDATE. With [`Treatment::Withdraw`] all its routes count as withdrawn: [`Update::announcements`] and
/// [`Update::withdrawals`] already say so; the fields keep what was on the wire.
#[derive(Clone, Debug)]
pub struct Update<'a> {
    /// The Withdrawn Routes field: IPv4 unicast.
    pub withdrawn: NlriRun<'a>,
    /// The NLRI field: IPv4 unicast.
    pub announced: NlriRun<'a>,
    /// The NEXT_HOP attribute, which belongs to `announced`; unset when absent or malformed.
    pub next_hop: NextHop,
    /// MP_REACH_NLRI, when there and of a negotiated family.
    pub reach: Option<Reach<'a>>,
    /// MP_UNREACH_NLRI, when there and of a negotiated family.
    pub unreach: Option<NlriRun<'a>>,
    /// The routes are where they must not be (RFC 9234 section 5): whoever has a use for routes must not use them.
    pub leaked: bool,
    /// The attributes that survived.
    pub attributes: Attributes<'a>,
    /// The worst treatment that any error asks for; never [`Treatment::Reset`].
    pub treatment: Treatment,
    /// Every malformed attribute, in the order of the message.
    pub errors: SmallVec<[AttributeError; 1]>,
}

impl<'a> Update<'a> {
    /// The family whose initial table ends here, if this is an End-of-RIB marker (RFC 4724 section 2): an empty
    /// UPDATE, or one with nothing but an MP_UNREACH_NLRI without routes.
    pub fn end_of_rib(&self) -> Option<Family> {
        if !self.withdrawn.is_empty() || !self.announced.is_empty() || self.reach.is_some() {
            return None;
        }
        match self.unreach {
            None if self.attributes.raw().is_empty() => Some(Family::IPV4_UNICAST),
            Some(run) if run.is_empty() && self.attributes.is_empty() && self.errors.is_empty() => {
                Some(run.family())
            }
            _ => None,
        }
    }

    /// Fields with announced routes, each with its next hop: NLRI first, then MP_REACH_NLRI.
    pub fn announced_runs(&self) -> impl Iterator<Item = (NextHop, NlriRun<'a>)> + use<'a> {
        let reach = self.reach.map(|r| (r.next_hop, r.run));
        let runs = [Some((self.next_hop, self.announced)), reach];
        let wanted = self.treatment < Treatment::Withdraw;
        runs.into_iter().flatten().filter(move |(_, run)| wanted && !run.is_empty())
    }

    /// Fields with withdrawn routes: Withdrawn Routes, MP_UNREACH_NLRI, then the announced ones that are to be
    /// treated as withdrawn, with the next hop they came with.
    pub fn withdrawn_runs(&self) -> impl Iterator<Item = (NextHop, NlriRun<'a>)> + use<'a> {
        let withdraw = self.treatment >= Treatment::Withdraw;
        let runs = [
            Some((NextHop::Unset, self.withdrawn)),
            self.unreach.map(|run| (NextHop::Unset, run)),
            withdraw.then_some((self.next_hop, self.announced)),
            self.reach.filter(|_| withdraw).map(|r| (r.next_hop, r.run)),
        ];
        runs.into_iter().flatten().filter(|(_, run)| !run.is_empty())
    }

    /// The routes to add, with family and next hop.
    pub fn announcements(&self) -> impl Iterator<Item = (Family, NextHop, NlriRef<'a>)> + use<'a> {
        self.announced_runs().flat_map(|(next_hop, run)| run.iter().map(move |n| (n.family, next_hop, n)))
    }

    /// The routes to remove, with family and, when treated as withdrawn, the next hop they came with.
    pub fn withdrawals(&self) -> impl Iterator<Item = (Family, NextHop, NlriRef<'a>)> + use<'a> {
        self.withdrawn_runs().flat_map(|(next_hop, run)| run.iter().map(move |n| (n.family, next_hop, n)))
    }

    /// What the announced routes with this next hop carry, in canonical form.
    pub fn route_attributes(&self, next_hop: NextHop) -> RouteAttributes {
        RouteAttributes::new(next_hop, self.attributes.block())
    }
}
