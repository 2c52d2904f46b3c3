//! Random operations on the store against the simplest thing that could be right: a table for each peer.
//!
//! Twelve simulated receivers apply what readers pack, at their own pace, with messages in flight while the store
//! changes, some dropped undelivered, sessions going down and up. In the end every receiver that is up must hold what
//! the tables say, and the store must have forgotten all that nobody needs.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bgp_wire::code::AttrCode;
use bgp_wire::msg::update;
use bgp_wire::nlri::Nlri;
use bgp_wire::{DecodeCtx, EncodeCtx, Family, FamilySet, NextHop, RouteAttributes};
use proptest::prelude::*;
use rib::{
    Applied, Attrs, Interner, Next, OwnerId, Packed, PeerId, PeerOptions, PeerReader, SharedStore,
    ShowFilter, Step, TargetId, Walk,
};

const PEERS: usize = 12;
const PREFIXES: usize = 8;
/// From this prefix on they are IPv6, which peers from `WITHOUT_V6` on have not configured.
const FIRST_V6: usize = 6;
const WITHOUT_V6: usize = 9;

#[derive(Clone, Debug)]
enum Op {
    Announce { peers: u16, prefix: usize, repeat: bool },
    AnnounceOne { peer: usize, prefix: usize },
    Withdraw { peers: u16, prefix: usize },
    WithdrawOne { peer: usize, prefix: usize },
    Up(usize),
    Down(usize),
    Fetch { peer: usize, budget: usize },
    Deliver(usize),
    Lose(usize),
    ReadAll(usize),
    Refresh(usize),
    WalkOn { peer: usize, budget: usize },
    Clear { peers: u16, budget: usize },
    Maintain,
}

fn op() -> impl Strategy<Value = Op> {
    let mask = prop_oneof![1u16..1 << PEERS, Just((1u16 << PEERS) - 1), Just(0b11u16)];
    let (peer, prefix, budget) = (0..PEERS, 0..PREFIXES, 1..6usize);
    prop_oneof![
        8 => (mask.clone(), prefix.clone(), any::<bool>())
            .prop_map(|(peers, prefix, repeat)| Op::Announce { peers, prefix, repeat }),
        8 => (peer.clone(), 0..2usize).prop_map(|(peer, prefix)| Op::AnnounceOne { peer, prefix }),
        5 => (mask.clone(), prefix.clone()).prop_map(|(peers, prefix)| Op::Withdraw { peers, prefix }),
        4 => (peer.clone(), prefix).prop_map(|(peer, prefix)| Op::WithdrawOne { peer, prefix }),
        3 => peer.clone().prop_map(Op::Up),
        1 => peer.clone().prop_map(Op::Down),
        6 => (peer.clone(), budget.clone()).prop_map(|(peer, budget)| Op::Fetch { peer, budget }),
        6 => peer.clone().prop_map(Op::Deliver),
        1 => peer.clone().prop_map(Op::Lose),
        2 => peer.clone().prop_map(Op::ReadAll),
        1 => peer.clone().prop_map(Op::Refresh),
        3 => (peer, budget.clone()).prop_map(|(peer, budget)| Op::WalkOn { peer, budget }),
        1 => (mask, budget).prop_map(|(peers, budget)| Op::Clear { peers, budget }),
        1 => Just(Op::Maintain),
    ]
}

fn nlri(prefix: usize) -> Nlri {
    let n = u8::try_from(prefix).unwrap();
    if prefix < FIRST_V6 {
        Nlri::from_wire(Family::IPV4_UNICAST, None, &[24, 10, 0, n])
    } else {
        Nlri::from_wire(Family::IPV6_UNICAST, None, &[32, 0x20, 1, 0xd, n])
    }
}

fn has_family(peer: usize, prefix: usize) -> bool {
    prefix < FIRST_V6 || peer < WITHOUT_V6
}

fn families(peer: usize) -> FamilySet {
    let v6 = (peer < WITHOUT_V6).then_some(Family::IPV6_UNICAST);
    v6.into_iter().chain([Family::IPV4_UNICAST]).collect()
}

/// Peers of one class share messages; every fourth has another context.
fn ctx(peer: usize) -> EncodeCtx {
    EncodeCtx { asn4: peer % 4 != 3, families: families(peer), ..EncodeCtx::default() }
}

/// What a receiver on a session sees.
#[derive(Default)]
struct Session {
    reader: Option<PeerReader>,
    in_flight: Option<Packed>,
    walk: Option<Walk>,
    holds: BTreeMap<Nlri2, u32>,
    newest: BTreeMap<Nlri2, u32>,
}

/// NLRI with an order.
type Nlri2 = (Family, Vec<u8>);

fn key(n: &Nlri) -> Nlri2 {
    (n.family(), n.wire().to_vec())
}

struct World {
    store: SharedStore,
    interner: Interner,
    peers: Vec<PeerId>,
    targets: BTreeMap<u16, TargetId>,
    sessions: Vec<Session>,
    wanted: Vec<BTreeMap<Nlri2, u32>>,
    tag: u32,
    repeated: bool,
}

impl World {
    fn new() -> Self {
        let store = SharedStore::new();
        let add = |p| store.write().add_peer(PeerOptions { adj_rib_out: true, families: families(p) });
        Self {
            peers: (0..PEERS).map(add).collect(),
            store,
            interner: Interner::new(),
            targets: BTreeMap::new(),
            sessions: (0..PEERS).map(|_| Session::default()).collect(),
            wanted: vec![BTreeMap::new(); PEERS],
            tag: 0,
            repeated: false,
        }
    }

    fn targets(&mut self, peers: u16) -> TargetId {
        let members: Vec<_> = members(peers).map(|p| self.peers[p]).collect();
        *self.targets.entry(peers).or_insert_with(|| self.store.write().targets_of(&members).unwrap())
    }

    fn attrs(&self, prefix: usize, tag: u32) -> Attrs {
        let next_hop = if prefix < FIRST_V6 {
            IpAddr::from(Ipv4Addr::new(192, 0, 2, 1))
        } else {
            IpAddr::from(Ipv6Addr::LOCALHOST)
        };
        let [a, b, c, d] = tag.to_be_bytes();
        self.interner.intern(RouteAttributes::new(NextHop::Address(next_hop), [0x80, 4, 4, a, b, c, d]))
    }

    fn announce(&mut self, peers: u16, prefix: usize, repeat: bool) {
        if repeat && self.tag > 0 {
            // The same attributes again, perhaps after others: A, B, A must leave A.
            self.repeated = true;
        } else {
            self.tag += 1;
        }
        let tag = if repeat { self.tag.div_ceil(2) } else { self.tag };
        let targets = self.targets(peers);
        let attrs = self.attrs(prefix, tag);
        let applied = self.store.write().announce(targets, nlri(prefix), attrs, OwnerId(0)).unwrap();
        let wanted: Vec<_> = members(peers).filter(|p| has_family(*p, prefix)).collect();
        assert_eq!(applied == Applied::NoTarget, wanted.is_empty());
        let before: Vec<_> = wanted.iter().map(|p| self.wanted[*p].insert(key(&nlri(prefix)), tag)).collect();
        let all_same = before.iter().all(|b| *b == Some(tag)) && !before.is_empty();
        assert_eq!(applied == Applied::Unchanged, all_same, "{applied:?}, before: {before:?}");
    }

    fn withdraw(&mut self, peers: u16, prefix: usize) {
        let targets = self.targets(peers);
        let applied = self.store.write().withdraw(targets, nlri(prefix).as_ref()).unwrap();
        let had = members(peers).filter_map(|p| self.wanted[p].remove(&key(&nlri(prefix)))).count();
        assert_eq!(applied == Applied::Withdrawn, had > 0);
    }

    fn up(&mut self, peer: usize) {
        self.sessions[peer] = Session::default();
        self.sessions[peer].reader = Some(self.store.peer_up(self.peers[peer], ctx(peer)));
    }

    fn fetch(&mut self, peer: usize, budget: usize) -> bool {
        self.deliver(peer);
        let session = &mut self.sessions[peer];
        let Some(reader) = &mut session.reader else { return false };
        match reader.next(budget) {
            Next::Messages(packed) => {
                assert!(packed.report.refused.is_empty());
                session.in_flight = Some(packed);
                true
            }
            Next::More => true,
            Next::UpToDate(version) => {
                assert_eq!(version, self.store.read().version());
                false
            }
        }
    }

    fn deliver(&mut self, peer: usize) {
        let repeated = self.repeated;
        let session = &mut self.sessions[peer];
        if let (Some(packed), Some(reader)) = (session.in_flight.take(), &mut session.reader) {
            reader.commit(&packed);
            session.receive(&packed.bytes, repeated);
        }
    }

    fn read_all(&mut self, peer: usize) {
        while self.fetch(peer, 1000) {}
    }

    fn walk_on(&mut self, peer: usize, budget: usize) {
        // What is in flight was packed before, so it goes out before.
        self.deliver(peer);
        let repeated = self.repeated;
        let session = &mut self.sessions[peer];
        let (Some(reader), Some(walk)) = (&mut session.reader, &mut session.walk) else { return };
        match reader.next_of_walk(walk, budget) {
            Next::Messages(packed) => session.receive(&packed.bytes, repeated),
            Next::More => {}
            Next::UpToDate(version) => {
                assert_eq!(walk.complete_at(), Some(version));
                session.walk = None;
            }
        }
    }

    fn clear(&mut self, peers: u16, budget: usize) {
        let targets = self.targets(peers);
        let mut sweep = self.store.read().sweep();
        let filter = ShowFilter::default();
        while self.store.write().clear(targets, &filter, &mut sweep, budget).unwrap() == Step::More {}
        members(peers).for_each(|p| self.wanted[p].clear());
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Announce { peers, prefix, repeat } => self.announce(peers, prefix, repeat),
            Op::AnnounceOne { peer, prefix } => self.announce(1 << peer, prefix, false),
            Op::Withdraw { peers, prefix } => self.withdraw(peers, prefix),
            Op::WithdrawOne { peer, prefix } => self.withdraw(1 << peer, prefix),
            Op::Up(peer) => self.up(peer),
            Op::Down(peer) => self.sessions[peer] = Session::default(),
            Op::Fetch { peer, budget } => drop(self.fetch(peer, budget)),
            Op::Deliver(peer) => self.deliver(peer),
            Op::Lose(peer) => self.sessions[peer].in_flight = None,
            Op::ReadAll(peer) => self.read_all(peer),
            Op::Refresh(peer) => {
                let session = &mut self.sessions[peer];
                session.walk = session.reader.as_ref().map(|r| r.walk(None));
            }
            Op::WalkOn { peer, budget } => self.walk_on(peer, budget),
            Op::Clear { peers, budget } => self.clear(peers, budget),
            Op::Maintain => drop(self.store.write().maintain(7)),
        }
    }

    /// Everybody catches up; then who is up must hold what is wanted.
    fn settle(&mut self) {
        (0..PEERS).for_each(|p| self.read_all(p));
        for peer in 0..PEERS {
            if self.sessions[peer].reader.is_some() {
                assert_eq!(self.sessions[peer].holds, self.wanted[peer], "peer {peer}");
            }
            assert_eq!(self.store.read().routes_of(self.peers[peer]), self.wanted[peer].len());
            let mut shown = BTreeMap::new();
            let filter = ShowFilter { peer: Some(self.peers[peer]), ..ShowFilter::default() };
            self.store.read().show(&filter, &mut self.store.read().sweep(), usize::MAX, |r| {
                let med = r.attrs.get(AttrCode::MED).unwrap().try_into().unwrap();
                assert_eq!(shown.insert(key(r.nlri), u32::from_be_bytes(med)), None, "shown twice");
            });
            assert_eq!(shown, self.wanted[peer]);
        }
        while self.store.write().maintain(100) > 0 {}
        let stats = self.store.read().stats();
        assert_eq!(stats.tombstones, 0, "everybody knows: {stats:?}");
    }
}

impl Session {
    fn receive(&mut self, mut bytes: &[u8], repeated: bool) {
        while !bytes.is_empty() {
            let length = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
            let update = update::decode(&bytes[19..length], &DecodeCtx::default()).unwrap();
            assert!(update.errors.is_empty());
            for (family, _, n) in update.withdrawals() {
                self.holds.remove(&(family, n.wire.to_vec()));
            }
            for (family, _, n) in update.announcements() {
                let med = update.attributes.iter().find(|a| a.code == AttrCode::MED).unwrap();
                let tag = u32::from_be_bytes(med.value.try_into().unwrap());
                let key = (family, n.wire.to_vec());
                let newest = self.newest.entry(key.clone()).or_default();
                assert!(repeated || tag >= *newest, "{key:?}: {tag} after {newest}");
                *newest = tag;
                self.holds.insert(key, tag);
            }
            bytes = &bytes[length..];
        }
    }
}

fn members(peers: u16) -> impl Iterator<Item = usize> {
    (0..PEERS).filter(move |p| peers >> p & 1 != 0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn receivers_end_up_with_what_was_wanted(up in any::<u16>(), ops in prop::collection::vec(op(), 1..250)) {
        let mut world = World::new();
        members(up).for_each(|p| world.up(p));
        for op in &ops {
            world.apply(op);
        }
        world.settle();

        world.clear((1 << PEERS) - 1, 3);
        world.settle();
        let sessions = std::mem::take(&mut world.sessions);
        drop(sessions);
        let mut store = world.store.write();
        world.targets.values().for_each(|t| store.release_targets(*t));
        prop_assert_eq!(store.stats(), rib::Stats::default(), "nothing is left behind");
    }
}
