//! The table that the benchmarks use: a million routes, nine to an attribute set.

use bgp_wire::nlri::Nlri;
use bgp_wire::{Family, FamilySet, NextHop, RouteAttributes};
use rib::{Next, PeerOptions, PeerReader, READ_BUDGET, Store, TargetId};

pub(crate) const ROUTES: u32 = 1_000_000;

pub(crate) fn nlri(i: u32) -> Nlri {
    let [_, a, b, c] = i.to_be_bytes();
    Nlri::from_wire(Family::IPV4_UNICAST, None, &[32, a, b, c, 1])
}

/// ORIGIN, AS_PATH of five, MED, two communities: 47 octets.
pub(crate) fn attributes(set: u32) -> RouteAttributes {
    let [a, b, c, d] = set.to_be_bytes();
    let mut block = vec![0x40, 1, 1, 0, 0x40, 2, 22, 2, 5];
    for hop in 0..5u8 {
        block.extend_from_slice(&[0, hop, c, d]);
    }
    block.extend_from_slice(&[0x80, 4, 4, a, b, c, d, 0xc0, 8, 8, 0, 1, c, d, 0, 2, c, d]);
    RouteAttributes::new(NextHop::Address([10, 99, 0, 1].into()), block)
}

pub(crate) fn options() -> PeerOptions {
    let families: FamilySet = [Family::IPV4_UNICAST].into_iter().collect();
    PeerOptions { adj_rib_out: true, families }
}

pub(crate) fn with_peers(peers: u32) -> (Store, TargetId) {
    let mut store = Store::new();
    let peers: Vec<_> = (0..peers).map(|_| store.add_peer(options())).collect();
    let all = store.targets_of(&peers).expect("one set");
    (store, all)
}

/// Everything a reader has, counted in octets.
pub(crate) fn drain(reader: &mut PeerReader) -> usize {
    let mut octets = 0;
    loop {
        match reader.next(READ_BUDGET) {
            Next::Messages(packed) => {
                octets += packed.bytes.len();
                reader.commit(&packed);
            }
            Next::More => {}
            Next::UpToDate(_) => return octets,
        }
    }
}
