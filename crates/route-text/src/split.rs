//! `split /N`: one prefix to all of its parts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bgp_wire::Nlri;
use bgp_wire::nlri::inet;
use smallvec::{SmallVec, smallvec};

use crate::{TextError, Word};

/// Most routes that one prefix may be split into: a line of a helper must not be able to fill the memory.
pub const MAX_SPLIT: u32 = 1 << 20;

/// The sub-prefixes of `length` bits, in ascending order; the prefix itself when it is not shorter than that.
pub(crate) fn split(nlri: Nlri, length: u8, word: Word<'_>) -> Result<SmallVec<[Nlri; 1]>, TextError> {
    let (address, own) = inet::prefix(nlri.as_ref());
    let bits: u8 = if address.is_ipv4() { 32 } else { 128 };
    let more = length.saturating_sub(own);
    if more == 0 || length > bits {
        return Ok(smallvec![nlri]);
    }
    let Some(parts) = 1u32.checked_shl(more.into()).filter(|n| *n <= MAX_SPLIT) else {
        return Err(TextError::new(
            word,
            format!("splitting this into /{length} makes more than {MAX_SPLIT} routes"),
        )
        .hint("split shorter prefixes"));
    };
    let shift = u32::from(bits.saturating_sub(length));
    let part = |n: u32| {
        // `n` has at most 20 bits, and `shift` leaves room for all of them below the prefix.
        let offset = u128::from(n).checked_shl(shift).unwrap_or(0);
        let address = match address {
            IpAddr::V4(v4) => {
                let offset = u32::try_from(offset).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(v4) | offset))
            }
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) | offset)),
        };
        inet::nlri(nlri.family(), address, length).with_path_id(nlri.path_id())
    };
    Ok((0..parts).map(part).collect())
}
