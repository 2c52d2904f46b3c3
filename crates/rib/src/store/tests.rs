//! What each operation does, one at a time. `tests/model.rs` does them all at once.

use std::sync::{Arc, LazyLock};

use bgp_wire::{EncodeCtx, Family, FamilySet, NextHop, RouteAttributes};

use super::*;
use crate::{Applied, Batch, Interner, Next, PeerReader, Progress, SharedStore};

const OWNER: OwnerId = OwnerId(1);

fn v4() -> FamilySet {
    [Family::IPV4_UNICAST].into_iter().collect()
}

fn route(n: u8) -> Nlri {
    Nlri::from_wire(Family::IPV4_UNICAST, None, &[24, 10, 0, n])
}

fn med(n: u8) -> Attrs {
    static INTERNER: LazyLock<Interner> = LazyLock::new(Interner::new);
    let next_hop = NextHop::Address([192, 0, 2, 1].into());
    INTERNER.intern(RouteAttributes::new(next_hop, [0x80, 4, 4, 0, 0, 0, n]))
}

/// A store with peers that are up, and the set of them all.
fn with_peers(count: usize, adj_rib_out: bool) -> (Store, Vec<PeerId>, TargetId) {
    let mut store = Store::new();
    let options = PeerOptions { adj_rib_out, families: v4() };
    let peers: Vec<_> = (0..count).map(|_| store.add_peer(options)).collect();
    for peer in &peers {
        store.peer_up(*peer, &EncodeCtx::default());
    }
    let all = store.targets_of(&peers).unwrap();
    (store, peers, all)
}

/// Everything the peer has still to be told, as text.
fn read(store: &Store, peer: PeerId) -> Vec<String> {
    let mut batch = Batch::new();
    let mut told = Vec::new();
    loop {
        let progress = store.collect(peer, v4(), 1000, &mut batch);
        told.extend(batch.withdrawals().map(|n| format!("-{n}")));
        told.extend(batch.announcements().map(|(n, a)| format!("+{n} {}", a.block()[6])));
        store.commit(&batch);
        if progress == Progress::UpToDate(store.version()) {
            return told;
        }
    }
}

#[test]
fn an_entry_is_small() {
    assert!(size_of::<Entry>() <= 88, "{} octets", size_of::<Entry>());
}

#[test]
fn the_last_intention_wins() {
    let (mut store, peers, all) = with_peers(1, true);
    for n in [1, 2, 1] {
        store.announce(all, route(1), med(n), OWNER).unwrap();
    }
    store.announce(all, route(2), med(1), OWNER).unwrap();
    store.withdraw(all, route(2).as_ref()).unwrap();
    store.announce(all, route(2), med(3), OWNER).unwrap();
    store.announce(all, route(3), med(1), OWNER).unwrap();
    store.withdraw(all, route(3).as_ref()).unwrap();
    assert_eq!(read(&store, peers[0]), ["+10.0.1.0/24 1", "+10.0.2.0/24 3"]);
    // And once they are held.
    for n in [2, 1] {
        store.announce(all, route(1), med(n), OWNER).unwrap();
    }
    store.withdraw(all, route(2).as_ref()).unwrap();
    store.announce(all, route(2), med(3), OWNER).unwrap();
    store.withdraw(all, route(2).as_ref()).unwrap();
    assert_eq!(read(&store, peers[0]), ["-10.0.2.0/24", "+10.0.1.0/24 1"]);
}

#[test]
fn what_changes_nothing_is_not_sent() {
    let (mut store, peers, all) = with_peers(2, true);
    assert_eq!(store.withdraw(all, route(1).as_ref()), Ok(Applied::Unknown));
    assert_eq!(store.announce(all, route(1), med(1), OWNER), Ok(Applied::New));
    assert_eq!(read(&store, peers[0]).len(), 1);
    let version = store.version();
    assert_eq!(store.announce(all, route(1), med(1), OWNER), Ok(Applied::Unchanged));
    let first = store.targets_of(&peers[..1]).unwrap();
    assert_eq!(store.announce(first, route(1), med(1), OWNER), Ok(Applied::Unchanged));
    assert_eq!(store.version(), version);
    // New for one of the two: the other does not get it again.
    store.withdraw(first, route(1).as_ref()).unwrap();
    assert_eq!(read(&store, peers[0]), ["-10.0.1.0/24"]);
    assert_eq!(read(&store, peers[1]), ["+10.0.1.0/24 1"]);
    assert_eq!(store.announce(all, route(1), med(1), OWNER), Ok(Applied::New));
    assert_eq!(read(&store, peers[0]), ["+10.0.1.0/24 1"]);
    assert!(read(&store, peers[1]).is_empty());
}

#[test]
fn what_nobody_has_seen_leaves_no_trace() {
    let (mut store, peers, all) = with_peers(2, true);
    assert!(read(&store, peers[0]).is_empty());
    for n in 0..100 {
        store.announce(all, route(n), med(n), OWNER).unwrap();
        assert_eq!(store.withdraw(all, route(n).as_ref()), Ok(Applied::Withdrawn));
    }
    assert_eq!(store.stats(), Stats { target_sets: 1, ..Stats::default() });
    assert!(read(&store, peers[0]).is_empty());
}

#[test]
fn families_that_a_peer_has_not_configured_never_reach_it() {
    let (mut store, peers, _) = with_peers(1, true);
    let both: FamilySet = [Family::IPV4_UNICAST, Family::IPV6_UNICAST].into_iter().collect();
    let other = store.add_peer(PeerOptions { adj_rib_out: true, families: both });
    let all = store.targets_of(&[peers[0], other]).unwrap();
    let v6 = Nlri::from_wire(Family::IPV6_UNICAST, None, &[16, 0x20, 1]);
    assert_eq!(store.announce(all, v6.clone(), med(1), OWNER), Ok(Applied::New));
    assert_eq!((store.routes_of(peers[0]), store.routes_of(other)), (0, 1));
    let only_v4 = store.targets_of(&peers).unwrap();
    assert_eq!(store.announce(only_v4, v6.clone(), med(1), OWNER), Ok(Applied::NoTarget));
    // Configured later: announcements from then on.
    store.configure_peer(peers[0], PeerOptions { adj_rib_out: true, families: both });
    assert_eq!(store.announce(all, v6, med(1), OWNER), Ok(Applied::New));
    assert_eq!(store.routes_of(peers[0]), 1);
}

#[test]
fn without_adj_rib_out_nothing_is_replayed_and_everything_sent_again() {
    let (mut store, peers, all) = with_peers(1, false);
    store.announce(all, route(1), med(1), OWNER).unwrap();
    assert_eq!(read(&store, peers[0]), ["+10.0.1.0/24 1"]);
    assert_eq!(store.announce(all, route(1), med(1), OWNER), Ok(Applied::Replaced));
    assert_eq!(read(&store, peers[0]), ["+10.0.1.0/24 1"], "sent again");
    store.peer_down(peers[0]);
    store.announce(all, route(2), med(1), OWNER).unwrap();
    store.peer_up(peers[0], &EncodeCtx::default());
    assert_eq!(read(&store, peers[0]), ["+10.0.2.0/24 1"], "only what came meanwhile");
    let mut walk = store.walk(peers[0], None);
    let mut batch = Batch::new();
    store.collect_walk(peers[0], v4(), 100, &mut walk, &mut batch);
    assert!(batch.is_empty() && walk.complete_at().is_some());
}

#[test]
fn a_stuck_peer_costs_nothing_for_what_it_has_never_seen() {
    let (mut store, peers, all) = with_peers(2, true);
    store.announce(all, route(0), med(0), OWNER).unwrap();
    read(&store, peers[0]);
    read(&store, peers[1]);
    // From now on the second one does not read.
    let mut most = 0;
    for i in 0..20_000u32 {
        let [_, a, b, c] = i.to_be_bytes();
        let nlri = Nlri::from_wire(Family::IPV4_UNICAST, None, &[32, 11, a, b, c]);
        store.announce(all, nlri.clone(), med(1), OWNER).unwrap();
        read(&store, peers[0]);
        store.withdraw(all, nlri.as_ref()).unwrap();
        read(&store, peers[0]);
        most = most.max(store.stats().tombstones);
    }
    assert!(most <= 512, "{most} tombstones");
    store.withdraw(all, route(0).as_ref()).unwrap();
    // It hears of what it has held only, in however small pieces it catches up.
    let (mut batch, mut told) = (Batch::new(), Vec::new());
    while store.collect(peers[1], v4(), 1, &mut batch) == Progress::More {
        told.extend(batch.withdrawals().map(|n| n.to_string()));
        store.commit(&batch);
    }
    told.extend(batch.withdrawals().map(|n| n.to_string()));
    assert_eq!(told, ["10.0.0.0/24"]);
}

#[test]
fn a_prefix_of_many_peers_with_attributes_of_their_own() {
    let (mut store, peers, all) = with_peers(100, true);
    let own: Vec<_> = peers.iter().map(|p| store.targets_of(&[*p]).unwrap()).collect();
    for (set, n) in own.iter().zip(0..) {
        store.announce(*set, route(1), med(n), OWNER).unwrap();
    }
    assert_eq!((store.wide.len(), store.stats().routes), (1, 100));
    for (peer, n) in peers.iter().zip(0..100u8) {
        assert_eq!(read(&store, *peer), [format!("+10.0.1.0/24 {n}")]);
    }
    store.withdraw(own[7], route(1).as_ref()).unwrap();
    store.announce(own[8], route(1), med(200), OWNER).unwrap();
    assert_eq!(read(&store, peers[7]), ["-10.0.1.0/24"]);
    assert_eq!(read(&store, peers[8]), ["+10.0.1.0/24 200"]);
    store.announce(all, route(1), med(201), OWNER).unwrap();
    assert_eq!((store.wide.len(), store.index.len(), store.entries.len()), (0, 1, 1), "one entry again");
    assert!(peers.iter().all(|p| read(&store, *p) == ["+10.0.1.0/24 201"]));
    store.withdraw(all, route(1).as_ref()).unwrap();
    for peer in &peers {
        read(&store, *peer);
    }
    while store.maintain(100) > 0 {}
    assert_eq!((store.index.len(), store.entries.len()), (0, 0));
}

#[test]
fn clear_spares_what_was_announced_since() {
    let (mut store, peers, all) = with_peers(2, true);
    for n in 0..10 {
        store.announce(all, route(n), med(n), OwnerId(u32::from(n % 2))).unwrap();
    }
    let mut sweep = store.sweep();
    let filter = ShowFilter { owner: Some(OwnerId(0)), ..ShowFilter::default() };
    let first = store.targets_of(&peers[..1]).unwrap();
    assert_eq!(store.clear(first, &filter, &mut sweep, 3), Ok(Step::More));
    store.announce(all, route(8), med(88), OwnerId(0)).unwrap();
    while store.clear(first, &filter, &mut sweep, 3) == Ok(Step::More) {}
    let left: Vec<_> = [1, 3, 5, 7, 9].iter().map(|n| format!("+10.0.{n}.0/24 {n}")).collect();
    assert_eq!(read(&store, peers[0]), [&left[..], &["+10.0.8.0/24 88".into()]].concat());
    assert_eq!(read(&store, peers[1]).len(), 10);
    assert_eq!((store.routes_of(peers[0]), store.routes_of(peers[1])), (6, 10));
}

#[test]
fn a_refresh_repeats_what_was_sent_and_nothing_else() {
    let (mut store, peers, all) = with_peers(1, true);
    for n in 0..6 {
        store.announce(all, route(n), med(n), OWNER).unwrap();
    }
    read(&store, peers[0]);
    store.announce(all, route(6), med(6), OWNER).unwrap();
    let mut walk = store.walk(peers[0], Some(Family::IPV4_UNICAST));
    let (mut batch, mut told) = (Batch::new(), Vec::new());
    loop {
        let progress = store.collect_walk(peers[0], v4(), 2, &mut walk, &mut batch);
        told.extend(batch.announcements().map(|(n, _)| n.to_string()));
        if matches!(progress, Progress::UpToDate(_)) {
            break;
        }
        // Changes while it goes on are the cursor's.
        store.announce(all, route(5), med(55), OWNER).unwrap();
        store.withdraw(all, route(4).as_ref()).unwrap();
    }
    assert_eq!(told, (0..4).map(|n| format!("10.0.{n}.0/24")).collect::<Vec<_>>());
    assert_eq!(walk.complete_at(), Some(store.version()));
    assert_eq!(read(&store, peers[0]), ["-10.0.4.0/24", "+10.0.6.0/24 6", "+10.0.5.0/24 55"]);
}

#[test]
fn a_removed_peer_gives_its_number_back() {
    let (mut store, peers, all) = with_peers(2, true);
    store.announce(all, route(1), med(1), OWNER).unwrap();
    let gone = store.targets_of(&peers[..1]).unwrap();
    store.remove_peer(peers[0]);
    let mut sweep = store.sweep();
    assert_eq!(store.clear(gone, &ShowFilter::default(), &mut sweep, 10), Ok(Step::Done));
    assert_eq!((store.routes_of(peers[0]), store.routes_of(peers[1])), (0, 1));
    let options = PeerOptions { adj_rib_out: true, families: v4() };
    assert_eq!(store.add_peer(options).index(), 2, "sets still contain it");
    store.release_targets(gone);
    store.release_targets(all);
    // The change log of both names the route until it changes.
    let left = store.targets_of(&peers).unwrap();
    store.announce(left, route(1), med(2), OWNER).unwrap();
    assert_eq!(store.add_peer(options), peers[0]);
    assert_eq!(store.announce(gone, route(1), med(1), OWNER), Err(StoreError::UnknownTargets(gone)));
}

/// Sends what the reader has; true if there was something.
fn step(reader: &mut PeerReader) -> Option<bytes::Bytes> {
    match reader.next(1000) {
        Next::Messages(packed) => {
            reader.commit(&packed);
            Some(packed.bytes)
        }
        _ => None,
    }
}

#[test]
fn peers_of_a_class_share_bytes() {
    let (store, peers, all) = with_peers(4, true);
    let shared = SharedStore::new();
    *shared.write() = store;
    let own = |n| EncodeCtx { self_v4: Some([127, 0, 0, n].into()), ..EncodeCtx::default() };
    let mut readers: Vec<_> = (0..3).map(|n| shared.peer_up(peers[usize::from(n)], own(n))).collect();
    readers.push(shared.peer_up(peers[3], EncodeCtx { asn4: false, ..own(1) }));
    shared.write().announce(all, route(1), med(1), OWNER).unwrap();
    let sent: Vec<_> = readers.iter_mut().map(|r| step(r).unwrap()).collect();
    assert!(sent[..3].iter().all(|b| b.as_ptr() == sent[0].as_ptr()), "the same allocation");
    assert_ne!(sent[3].as_ptr(), sent[0].as_ptr(), "another class");

    let attrs = Arc::new(RouteAttributes::new(NextHop::SelfAddress, []));
    shared.write().announce(all, route(2), attrs, OWNER).unwrap();
    let sent: Vec<_> = readers.iter_mut().map(|r| step(r).unwrap()).collect();
    assert_ne!(sent[0], sent[1], "each its own address as next hop");
}

#[test]
fn shared_bytes_go_when_nobody_up_has_them() {
    let (store, peers, all) = with_peers(3, true);
    let shared = SharedStore::new();
    *shared.write() = store;
    let mut readers: Vec<_> = peers.iter().map(|p| shared.peer_up(*p, EncodeCtx::default())).collect();
    shared.write().announce(all, route(1), med(1), OWNER).unwrap();
    assert!(step(&mut readers[0]).is_some());
    assert_ne!(shared.read().stats().shared_octets, 0);
    // The only peer that has the route goes, so its withdrawal leaves no tombstone; nor may it come back.
    readers.remove(0);
    shared.write().withdraw(all, route(1).as_ref()).unwrap();
    assert_eq!(shared.read().stats(), Stats { target_sets: 1, ..Stats::default() });
    assert!(readers.iter_mut().all(|r| step(r).is_none()));
}

#[test]
fn a_route_that_cannot_be_sent_is_withdrawn_if_an_older_one_was() {
    let (store, peers, all) = with_peers(1, true);
    let shared = SharedStore::new();
    *shared.write() = store;
    let mut reader = shared.peer_up(peers[0], EncodeCtx::default());
    shared.write().announce(all, route(1), med(1), OWNER).unwrap();
    assert!(step(&mut reader).is_some());
    let unset = Arc::new(RouteAttributes::new(NextHop::Address([0; 16].into()), vec![0; 5000]));
    for n in [1, 2] {
        shared.write().announce(all, route(n), Arc::clone(&unset), OWNER).unwrap();
    }
    let Next::Messages(packed) = reader.next(10) else { panic!("nothing") };
    assert_eq!((packed.report.announced, packed.report.withdrawn, packed.report.refused.len()), (0, 1, 2));
}

#[test]
fn dropped_messages_come_again_and_old_sessions_are_ignored() {
    let (store, peers, all) = with_peers(1, true);
    let shared = SharedStore::new();
    *shared.write() = store;
    let mut reader = shared.peer_up(peers[0], EncodeCtx::default());
    shared.write().announce(all, route(1), med(1), OWNER).unwrap();
    let Next::Messages(lost) = reader.next(10) else { panic!("nothing") };
    let Next::Messages(again) = reader.next(10) else { panic!("nothing") };
    assert_eq!(lost.bytes, again.bytes);
    let mut newer = shared.peer_up(peers[0], EncodeCtx::default());
    reader.commit(&again);
    drop(reader);
    assert!(step(&mut newer).is_some(), "the old session's commit and end don't touch the new one");
    assert!(matches!(newer.next(10), Next::UpToDate(1)));
}

/// How many withdrawals and announcements a reader has next, visiting `budget` changes.
fn counts(reader: &mut PeerReader, budget: usize) -> (u32, u32) {
    match reader.next(budget) {
        Next::Messages(packed) => {
            reader.commit(&packed);
            (packed.report.withdrawn, packed.report.announced)
        }
        _ => (0, 0),
    }
}

#[test]
fn a_withdrawal_left_out_for_one_peer_is_not_left_out_for_all() {
    let (mut store, peers, all) = with_peers(2, true);
    store.announce(all, route(0), med(0), OWNER).unwrap();
    store.announce(all, route(1), med(1), OWNER).unwrap();
    let shared = SharedStore::new();
    *shared.write() = store;
    let mut first = shared.peer_up(peers[0], EncodeCtx::default());
    let mut second = shared.peer_up(peers[1], EncodeCtx::default());
    assert_eq!(counts(&mut first, 10), (0, 2));
    shared.write().segments_mut().retain(|_| false);
    shared.write().withdraw(all, route(1).as_ref()).unwrap();
    shared.write().announce(all, route(2), med(2), OWNER).unwrap();
    // The second one comes to the place where the first one is, without having seen the route.
    assert_eq!(counts(&mut second, 1), (0, 1));
    assert_eq!(counts(&mut second, 1), (0, 0));
    assert_eq!(shared.read().cursor(peers[0]), shared.read().cursor(peers[1]));
    assert_eq!(counts(&mut second, 10), (0, 1));
    assert_eq!(counts(&mut first, 10), (1, 1));
}

#[test]
fn what_shared_bytes_announced_is_withdrawn() {
    let (mut store, peers, all) = with_peers(2, true);
    store.announce(all, route(0), med(0), OWNER).unwrap();
    store.announce(all, route(1), med(1), OWNER).unwrap();
    store.peer_down(peers[1]);
    let shared = SharedStore::new();
    *shared.write() = store;
    let mut first = shared.peer_up(peers[0], EncodeCtx::default());
    assert_eq!(counts(&mut first, 1), (0, 1));
    let mut second = shared.peer_up(peers[1], EncodeCtx::default());
    assert_eq!(counts(&mut first, 1), (0, 1));
    shared.write().withdraw(all, route(1).as_ref()).unwrap();
    // The second one begins after the withdrawal, but takes bytes that are older.
    assert_eq!(counts(&mut second, 1), (0, 1));
    assert_eq!(counts(&mut second, 1), (0, 1));
    assert_eq!(counts(&mut second, 1), (1, 0));
}

#[test]
fn what_was_before_can_precede_the_initial_table() {
    let mut store = Store::new();
    let peer = store.add_peer(PeerOptions { adj_rib_out: true, families: v4() });
    let all = store.targets_of(&[peer]).unwrap();
    store.announce(all, route(1), med(2), OWNER).unwrap();
    let shared = SharedStore::new();
    *shared.write() = store;
    let mut reader = shared.peer_up(peer, EncodeCtx::default());
    reader.precede(vec![(route(1), med(1)), (route(2), med(1))]);
    assert_eq!(counts(&mut reader, 10), (0, 2), "nobody announces the other one");
    assert!(matches!(reader.next(10), Next::UpToDate(_)));
    shared.write().announce(all, route(2), med(2), OWNER).unwrap();
    assert_eq!(counts(&mut reader, 10), (0, 1), "the initial table is over");
}

#[test]
fn partings_are_told_whatever_was_there_and_to_whom_they_are_for() {
    let (mut store, peers, all) = with_peers(2, true);
    let first = store.targets_of(&peers[..1]).unwrap();
    let told = |store: &Store, peer: PeerId| read(store, peer);
    assert_eq!(
        store.part(first, route(1).as_ref(), Some(med(1))),
        Ok(Applied::Withdrawn),
        "it never was there"
    );
    assert_eq!(told(&store, peers[0]), ["-10.0.1.0/24"]);
    assert_eq!(told(&store, peers[1]), [""; 0]);
    // One that was there is withdrawn once, not also by its tombstone.
    store.announce(all, route(2), med(2), OWNER).unwrap();
    for peer in &peers {
        assert_eq!(read(&store, *peer).len(), 1);
    }
    store.part(all, route(2).as_ref(), None).unwrap();
    store.part(all, route(2).as_ref(), Some(med(1))).unwrap();
    for peer in &peers {
        assert_eq!(read(&store, *peer), ["-10.0.2.0/24"]);
    }
    // A session does not begin with what was withdrawn before.
    store.part(all, route(3).as_ref(), None).unwrap();
    store.peer_up(peers[0], &EncodeCtx::default());
    assert_eq!(told(&store, peers[0]), [""; 0]);
    // And they are not kept without end.
    for _ in 0..5000 {
        store.part(all, route(3).as_ref(), None).unwrap();
    }
    assert_eq!(store.partings.len(), 4096);
}
