//! One writer and several readers at the same time: sharing, tombstones and their collection under real races.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use bgp_wire::msg::update;
use bgp_wire::nlri::Nlri;
use bgp_wire::{DecodeCtx, EncodeCtx, Family, NextHop, RouteAttributes};
use rib::{Next, OwnerId, PeerId, PeerOptions, SharedStore, Stats};

const PEERS: usize = 6;
const PREFIXES: u32 = 500;
const ROUNDS: u32 = 100_000;

fn nlri(i: u32) -> Nlri {
    let [_, _, a, b] = i.to_be_bytes();
    Nlri::from_wire(Family::IPV4_UNICAST, None, &[24, 10, a, b])
}

/// Prefix to MED.
type Table = BTreeMap<Vec<u8>, Vec<u8>>;

fn receive(mut bytes: &[u8], table: &mut Table) {
    while !bytes.is_empty() {
        let length = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
        let update = update::decode(&bytes[19..length], &DecodeCtx::default()).unwrap();
        update.withdrawals().for_each(|(_, _, n)| drop(table.remove(n.wire)));
        let med = update.attributes.iter().find(|a| a.code == bgp_wire::AttrCode::MED);
        for (_, _, n) in update.announcements() {
            table.insert(n.wire.to_vec(), med.unwrap().value.to_vec());
        }
        bytes = &bytes[length..];
    }
}

/// Reads until the writer is done; at some places the session goes down and comes up again.
fn read(store: &SharedStore, peer: PeerId, done: &AtomicBool) -> Table {
    let mut reader = store.peer_up(peer, EncodeCtx::default());
    let mut table = Table::new();
    let mut count = 0usize;
    loop {
        let last = done.load(SeqCst);
        count += 1;
        match reader.next(16 << (count % 7)) {
            Next::Messages(packed) => {
                reader.commit(&packed);
                receive(&packed.bytes, &mut table);
            }
            Next::More => {}
            Next::UpToDate(_) if last => return table,
            Next::UpToDate(_) => thread::yield_now(),
        }
        if !last && count.is_multiple_of(1000 + 100 * peer.index() as usize) {
            drop(reader);
            table.clear();
            reader = store.peer_up(peer, EncodeCtx::default());
        }
    }
}

#[test]
fn readers_agree_with_the_writer() {
    let store = SharedStore::new();
    let families = [Family::IPV4_UNICAST].into_iter().collect();
    let options = PeerOptions { adj_rib_out: true, families };
    let peers: Vec<_> = (0..PEERS).map(|_| store.write().add_peer(options)).collect();
    let all = store.write().targets_of(&peers).unwrap();
    let some = store.write().targets_of(&peers[..2]).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = peers.iter().map(|p| scope.spawn(|| read(&store, *p, &done))).collect();
        let (mut for_two, mut for_others) = (Table::new(), Table::new());
        let mut random = 1u32;
        for _ in 0..ROUNDS {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let n = nlri((random >> 8) % PREFIXES);
            let both = !random.is_multiple_of(5);
            let targets = if both { all } else { some };
            let med = random.to_be_bytes();
            let withdraw = random >> 28 < 7;
            for table in [&mut for_two, &mut for_others].into_iter().take(1 + usize::from(both)) {
                if withdraw {
                    table.remove(n.wire());
                } else {
                    table.insert(n.wire().to_vec(), med.to_vec());
                }
            }
            if withdraw {
                store.write().withdraw(targets, n.as_ref()).unwrap();
            } else {
                let block = [&[0x80, 4, 4][..], &med].concat();
                let attrs = RouteAttributes::new(NextHop::Address([10, 0, 0, 1].into()), block);
                store.write().announce(targets, n, Arc::new(attrs), OwnerId(0)).unwrap();
            }
        }
        done.store(true, SeqCst);
        for (place, reader) in readers.into_iter().enumerate() {
            let wanted = if place < 2 { &for_two } else { &for_others };
            assert_eq!(&reader.join().unwrap(), wanted, "peer {place}");
        }
    });
    let mut sweep = store.read().sweep();
    store.write().clear(all, &rib::ShowFilter::default(), &mut sweep, usize::MAX).unwrap();
    let mut store = store.write();
    store.maintain(usize::MAX);
    store.release_targets(all);
    store.release_targets(some);
    assert_eq!(store.stats(), Stats::default(), "nothing is left behind");
}
