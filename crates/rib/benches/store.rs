//! What a route costs in the store, in time and memory: a million routes, nine to an attribute set.
//!
//! `cargo bench -p rib` prints the octets per route first.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bgp_wire::nlri::Nlri;
use bgp_wire::{EncodeCtx, Family, FamilySet, NextHop, RouteAttributes};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rib::{
    Attrs, Batch, Interner, Memo, Next, OwnerId, PeerOptions, PeerReader, Progress, READ_BUDGET, SharedStore,
    Store, TargetId,
};

const ROUTES: u32 = 1_000_000;

struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator can't be counted without being one; it only passes calls on")]
// SAFETY: every call goes to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn nlri(i: u32) -> Nlri {
    let [_, a, b, c] = i.to_be_bytes();
    Nlri::from_wire(Family::IPV4_UNICAST, None, &[32, a, b, c, 1])
}

/// ORIGIN, AS_PATH of five, MED, two communities: 53 octets.
fn attributes(set: u32) -> RouteAttributes {
    let [a, b, c, d] = set.to_be_bytes();
    let mut block = vec![0x40, 1, 1, 0, 0x40, 2, 22, 2, 5];
    for hop in 0..5u8 {
        block.extend_from_slice(&[0, hop, c, d]);
    }
    block.extend_from_slice(&[0x80, 4, 4, a, b, c, d, 0xc0, 8, 8, 0, 1, c, d, 0, 2, c, d]);
    RouteAttributes::new(NextHop::Address([10, 99, 0, 1].into()), block)
}

/// The table; attribute sets interned, nine neighbouring routes to a set.
fn table(interner: &Interner, salt: u32) -> Vec<(Nlri, Attrs)> {
    (0..ROUTES).map(|i| (nlri(i), interner.intern(attributes(i / 9 + salt)))).collect()
}

fn shared_table() -> &'static [(Nlri, Attrs)] {
    static TABLE: OnceLock<Vec<(Nlri, Attrs)>> = OnceLock::new();
    TABLE.get_or_init(|| table(&Interner::new(), 0))
}

fn options() -> PeerOptions {
    let families: FamilySet = [Family::IPV4_UNICAST].into_iter().collect();
    PeerOptions { adj_rib_out: true, families }
}

fn with_peers(peers: u32) -> (Store, TargetId) {
    let mut store = Store::new();
    let peers: Vec<_> = (0..peers).map(|_| store.add_peer(options())).collect();
    let all = store.targets_of(&peers).expect("one set");
    (store, all)
}

fn fill(store: &mut Store, all: TargetId, table: &[(Nlri, Attrs)]) {
    for (nlri, attrs) in table {
        store.announce(all, nlri.clone(), Arc::clone(attrs), OwnerId(0)).expect("room");
    }
}

fn filled(peers: u32) -> (Store, TargetId) {
    let (mut store, all) = with_peers(peers);
    fill(&mut store, all, shared_table());
    (store, all)
}

/// Everything a reader has, counted in octets.
fn drain(reader: &mut PeerReader) -> usize {
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

#[expect(clippy::cast_precision_loss, reason = "octets per route, for people")]
fn per_route(octets: usize) -> f64 {
    octets as f64 / f64::from(ROUTES)
}

fn memory() {
    let before = IN_USE.load(Relaxed);
    let interner = Interner::new();
    let (mut store, all) = with_peers(100);
    for i in 0..ROUTES {
        let attrs = interner.intern(attributes(i / 9));
        store.announce(all, nlri(i), attrs, OwnerId(0)).expect("room");
    }
    println!("memory: {:.1} octets a route", per_route(IN_USE.load(Relaxed) - before));
    for i in 0..ROUTES {
        // A change of each route, in an order of its own.
        let i = u32::try_from(u64::from(i) * 7_919 % u64::from(ROUTES)).expect("small");
        let attrs = interner.intern(attributes(i / 9 + 500_000));
        store.announce(all, nlri(i), attrs, OwnerId(0)).expect("room");
    }
    println!("memory: {:.1} octets a route after each has changed", per_route(IN_USE.load(Relaxed) - before));
    drop(interner);
    let shared = SharedStore::new();
    *shared.write() = store;
    let peers: Vec<_> = shared.read().members(all).collect();
    let mut readers: Vec<_> = peers.iter().map(|p| shared.peer_up(*p, EncodeCtx::default())).collect();
    // The first fifty go together, the others do not read: stuck.
    loop {
        let mut more = false;
        for reader in readers.iter_mut().take(50) {
            match reader.next(READ_BUDGET) {
                Next::Messages(packed) => {
                    reader.commit(&packed);
                    more = true;
                }
                Next::More => more = true,
                Next::UpToDate(_) => {}
            }
        }
        if !more {
            break;
        }
    }
    println!(
        "memory: {:.1} octets a route with 100 peers up, 50 of them stuck at the start",
        per_route(IN_USE.load(Relaxed) - before)
    );
    for i in 0..ROUTES {
        shared.write().withdraw(all, nlri(i).as_ref()).expect("known");
    }
    readers.iter_mut().take(50).for_each(|r| {
        drain(r);
    });
    drop(readers);
    println!(
        "memory: {:.1} octets a route after all were withdrawn",
        per_route(IN_USE.load(Relaxed) - before)
    );
}

fn store(c: &mut Criterion) {
    memory();
    let mut group = c.benchmark_group("store");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .throughput(Throughput::Elements(ROUTES.into()));
    let table = shared_table();

    group.bench_function("insert", |b| {
        b.iter_batched(
            || with_peers(1),
            |(mut s, all)| {
                fill(&mut s, all, table);
                s
            },
            BatchSize::PerIteration,
        );
    });
    let other = self::table(&Interner::new(), 400_000);
    group.bench_function("change in order", |b| {
        b.iter_batched(
            || filled(1),
            |(mut s, all)| {
                fill(&mut s, all, &other);
                s
            },
            BatchSize::PerIteration,
        );
    });
    let mut shuffled = other.clone();
    (0..ROUTES as usize).for_each(|i| shuffled.swap(i, i * 7_919 % ROUTES as usize));
    group.bench_function("change in random order", |b| {
        b.iter_batched(
            || filled(1),
            |(mut s, all)| {
                fill(&mut s, all, &shuffled);
                s
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("announce what is there", |b| {
        let (mut s, all) = filled(1);
        b.iter(|| fill(&mut s, all, table));
    });
    group.bench_function("withdraw, nobody up", |b| {
        let run = |(mut s, all): (Store, TargetId)| {
            for (n, _) in table {
                s.withdraw(all, n.as_ref()).expect("known");
            }
            s
        };
        b.iter_batched(|| filled(1), run, BatchSize::PerIteration);
    });

    let (s, all) = filled(100);
    let peers: Vec<_> = s.members(all).collect();
    let shared = SharedStore::new();
    *shared.write() = s;
    group.bench_function("collect", |b| {
        shared.write().peer_up(peers[0], &EncodeCtx::default());
        let mut batch = Batch::new();
        b.iter(|| {
            shared.write().peer_up(peers[0], &EncodeCtx::default());
            let store = shared.read();
            while store.collect(peers[0], options().families, READ_BUDGET, &mut batch) == Progress::More {
                store.commit(&batch);
            }
        });
        shared.write().peer_down(peers[0]);
    });
    group.bench_function("collect and pack", |b| {
        b.iter(|| black_box(drain(&mut shared.peer_up(peers[0], EncodeCtx::default()))));
    });
    group.throughput(Throughput::Elements(u64::from(ROUTES) * 100));
    group.bench_function("100 peers in step", |b| {
        b.iter(|| {
            let up = |p: &rib::PeerId| shared.peer_up(*p, EncodeCtx::default());
            let mut readers: Vec<_> = peers.iter().map(up).collect();
            let mut octets = 0;
            while !readers.is_empty() {
                readers.retain_mut(|r| match r.next(READ_BUDGET) {
                    Next::Messages(packed) => {
                        octets += packed.bytes.len();
                        r.commit(&packed);
                        true
                    }
                    Next::More => true,
                    Next::UpToDate(_) => false,
                });
            }
            octets
        });
    });
    group.finish();
}

fn interning(c: &mut Criterion) {
    let mut group = c.benchmark_group("attributes");
    let interner = Interner::new();
    let sets: Vec<_> = (0..1000).map(attributes).collect();
    let held: Vec<_> = sets.iter().map(|s| interner.intern(s.clone())).collect();
    group.throughput(Throughput::Elements(1000));
    group.bench_function("intern, known", |b| {
        b.iter_batched(
            || sets.clone(),
            |sets| sets.into_iter().for_each(|s| drop(black_box(interner.intern(s)))),
            BatchSize::LargeInput,
        );
    });
    let texts: Vec<_> =
        (0..1000).map(|i| format!(" next-hop 10.0.0.1 med {i} community [ 1:{i} ]")).collect();
    let mut memo = Memo::new();
    texts.iter().zip(&held).for_each(|(t, a)| memo.insert(t.as_bytes(), Arc::clone(a)));
    group.bench_function("memo, last text", |b| {
        b.iter(|| (0..1000).for_each(|_| drop(black_box(memo.get(texts[7].as_bytes()).cloned()))));
    });
    group.bench_function("memo, other text", |b| {
        b.iter(|| texts.iter().for_each(|t| drop(black_box(memo.get(t.as_bytes()).cloned()))));
    });
    group.finish();
}

criterion_group!(benches, store, interning);
criterion_main!(benches);
