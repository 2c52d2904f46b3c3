//! UPDATE to octets.

use crate::attr::RouteAttributes;
use crate::ctx::EncodeCtx;
use crate::error::EncodeError;
use crate::family::Family;
use crate::nlri::NlriRef;

/// Appends UPDATEs that announce `nlris`, all of `family`, and returns how many. On `Err` nothing was appended.
pub fn announce<'n>(
    _ctx: &EncodeCtx,
    _attributes: &RouteAttributes,
    _family: Family,
    _nlris: impl IntoIterator<Item = NlriRef<'n>>,
    _out: &mut Vec<u8>,
) -> Result<u32, EncodeError> {
    Err(EncodeError::Missing { what: "announce is not written yet" })
}

/// Appends UPDATEs that withdraw `nlris`, all of `family`, and returns how many. On `Err` nothing was appended.
pub fn withdraw<'n>(
    _ctx: &EncodeCtx,
    _family: Family,
    _nlris: impl IntoIterator<Item = NlriRef<'n>>,
    _out: &mut Vec<u8>,
) -> Result<u32, EncodeError> {
    Err(EncodeError::Missing { what: "withdraw is not written yet" })
}

/// Appends the End-of-RIB marker of a family (RFC 4724 section 2).
pub fn end_of_rib(_family: Family, _out: &mut Vec<u8>) {}
