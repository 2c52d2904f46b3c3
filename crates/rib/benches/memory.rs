//! What a route costs in the store, in octets: `cargo bench -p rib --bench memory`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bgp_wire::EncodeCtx;
use common::{ROUTES, attributes, drain, nlri, with_peers};
use rib::{Interner, Next, OwnerId, READ_BUDGET, SharedStore};

mod common;

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

#[expect(clippy::cast_precision_loss, reason = "octets per route, for people")]
fn per_route(octets: usize) -> f64 {
    octets as f64 / f64::from(ROUTES)
}

fn main() {
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
