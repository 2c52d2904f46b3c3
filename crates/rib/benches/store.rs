//! What a route costs in the store, in time: `cargo bench -p rib --bench store`.

use std::hint::black_box;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bgp_wire::EncodeCtx;
use bgp_wire::nlri::Nlri;
use common::{ROUTES, attributes, drain, nlri, options, with_peers};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rib::{
    Attrs, Batch, Interner, Memo, Next, OwnerId, Progress, READ_BUDGET, SharedStore, Store, TargetId,
    WRITE_BUDGET,
};

mod common;

/// The table; attribute sets interned, nine neighbouring routes to a set.
fn table(interner: &Interner, salt: u32) -> Vec<(Nlri, Attrs)> {
    (0..ROUTES).map(|i| (nlri(i), interner.intern(attributes(i / 9 + salt)))).collect()
}

fn shared_table() -> &'static [(Nlri, Attrs)] {
    static TABLE: OnceLock<Vec<(Nlri, Attrs)>> = OnceLock::new();
    TABLE.get_or_init(|| table(&Interner::new(), 0))
}

/// As a writer applies batches.
fn fill(store: &mut Store, all: TargetId, table: &[(Nlri, Attrs)]) {
    for batch in table.chunks(WRITE_BUDGET) {
        store.warm(batch.iter().map(|(nlri, _)| nlri.as_ref()));
        for (nlri, attrs) in batch {
            store.announce(all, nlri.clone(), Arc::clone(attrs), OwnerId(0)).expect("room");
        }
    }
}

fn filled(peers: u32) -> (Store, TargetId) {
    let (mut store, all) = with_peers(peers);
    fill(&mut store, all, shared_table());
    (store, all)
}

fn store(c: &mut Criterion) {
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
