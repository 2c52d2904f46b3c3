//! The targets, by what they read.

pub(crate) mod attribute;
pub(crate) mod events;
pub(crate) mod message;
pub(crate) mod nlri;
pub(crate) mod session;
pub(crate) mod text;
pub(crate) mod update;

use bgp_wire::cap::role::Role;
use bgp_wire::{Asn, DecodeCtx, Family, FamilySet, PeerKind};

/// Takes octets off for choices of the target; zero when there are none left.
pub(crate) fn choice(data: &mut &[u8]) -> u8 {
    let Some((first, rest)) = data.split_first() else { return 0 };
    *data = rest;
    *first
}

/// Some families of all, one bit of 16 for each group of them.
fn families(mask: u16) -> FamilySet {
    let numbered = (0_u32..).zip(Family::ALL);
    numbered.filter(|(n, _)| mask >> (n % 16) & 1 == 1).map(|(_, family)| *family).collect()
}

/// What a session may have agreed on: five octets, of which zeros mean the most.
pub(crate) fn context(data: &mut &[u8]) -> DecodeCtx {
    let flags = choice(data);
    let add_path = u16::from(choice(data)) << 8 | u16::from(choice(data));
    let next_hop = u16::from(choice(data)) * 0x0101;
    let missing = u16::from(choice(data)) * 0x0101;
    DecodeCtx {
        asn4: flags & 1 == 0,
        add_path: families(add_path),
        extended_next_hop: families(next_hop),
        families: families(!missing),
        peer: if flags & 2 == 0 { PeerKind::Internal } else { PeerKind::External },
        role: (flags & 8 != 0).then_some(Role(flags >> 4 & 7)),
        peer_as: Asn(65001),
        aigp: flags & 4 == 0,
    }
}
