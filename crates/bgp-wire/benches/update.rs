//! Reading and writing UPDATEs of 1, 10 and 800 prefixes, and a table of 9-route groups.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use bgp_wire::attr::{self, AttributeBuilder};
use bgp_wire::msg::update::{announce, decode};
use bgp_wire::nlri::inet;
use bgp_wire::text::Words;
use bgp_wire::{DecodeCtx, EncodeCtx, Family, NextHop, Nlri, RouteAttributes};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn route() -> RouteAttributes {
    let text =
        "origin igp as-path [ 65000 65001 65002 70000 ] med 10 community [ 65000:1 65000:2 no-export ]";
    let (mut words, mut builder) = (Words::new(text), AttributeBuilder::new());
    while let Some(word) = words.next_word() {
        let _ = attr::parse(word.text, &mut words, &mut builder);
    }
    builder.next_hop(NextHop::Address(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))));
    builder.finish()
}

fn prefixes(count: u32) -> Vec<Nlri> {
    let address = |i: u32| IpAddr::V4(Ipv4Addr::from(0x0A00_0000 | (i << 8)));
    (0..count).map(|i| inet::nlri(Family::IPV4_UNICAST, address(i & 0xFFFF), 24)).collect()
}

fn update(c: &mut Criterion) {
    let (route, encode, back) = (route(), EncodeCtx::default(), DecodeCtx::default());
    for count in [1, 10, 800] {
        let prefixes = prefixes(count);
        let mut out = Vec::new();
        let write = |out: &mut Vec<u8>| {
            out.clear();
            announce(&encode, &route, Family::IPV4_UNICAST, prefixes.iter().map(Nlri::as_ref), out)
        };
        let _ = write(&mut out);
        let message = out.clone();
        let body = message.get(19..).unwrap_or_default();
        let mut group = c.benchmark_group(format!("{count} prefixes"));
        group.throughput(Throughput::Elements(count.into()));
        group.bench_function("decode", |b| b.iter(|| decode(black_box(body), &back).is_ok()));
        group.bench_function("decode and walk", |b| {
            b.iter(|| decode(black_box(body), &back).map(|u| u.announcements().count()));
        });
        group.bench_function("encode", |b| b.iter(|| write(black_box(&mut out))));
        group.finish();
    }
    let table = prefixes(9 * 1000);
    let mut out = Vec::new();
    let mut group = c.benchmark_group("table");
    group.throughput(Throughput::Elements(9 * 1000));
    group.bench_function("encode in groups of 9", |b| {
        b.iter(|| {
            out.clear();
            for nine in table.chunks(9) {
                let _ = announce(
                    &encode,
                    &route,
                    Family::IPV4_UNICAST,
                    nine.iter().map(Nlri::as_ref),
                    black_box(&mut out),
                );
            }
        });
    });
    group.finish();
}

criterion_group!(benches, update);
criterion_main!(benches);
