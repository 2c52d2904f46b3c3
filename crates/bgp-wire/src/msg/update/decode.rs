//! UPDATE from octets.

use smallvec::SmallVec;

use crate::attr::NextHop;
use crate::ctx::DecodeCtx;
use crate::error::{DecodeError, Treatment};
use crate::family::Family;
use crate::msg::update::{Attributes, Update};
use crate::nlri::NlriRun;

/// Reads the body of an UPDATE (what follows the header).
///
/// `Err` means that the session can't go on; everything milder is told by [`Update::treatment`].
pub fn decode<'a>(body: &'a [u8], _ctx: &DecodeCtx) -> Result<Update<'a>, DecodeError> {
    Ok(Update {
        withdrawn: NlriRun::empty(Family::IPV4_UNICAST),
        announced: NlriRun::empty(Family::IPV4_UNICAST),
        next_hop: NextHop::Unset,
        reach: None,
        unreach: None,
        attributes: Attributes { raw: body, ..Attributes::default() },
        treatment: Treatment::Accept,
        errors: SmallVec::new(),
    })
}
