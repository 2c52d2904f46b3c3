//! The two hot paths: a line of a helper to a step, and an UPDATE of a peer to a line.
//!
//! `cargo bench -p api` prints time per line, and per UPDATE with its throughput in prefixes.

use std::hint::black_box;
use std::sync::Arc;

use api::encode::Dialect;
use api::event::{
    Content, Direction, Event, Format, Host, MessageKind, PeerHead, Publisher, Raw, Subscription,
};
use api::parser::Parser;
use bgp_wire::msg::update;
use bgp_wire::{Asn, DecodeCtx};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rib::Interner;

const LINES: u32 = 256;

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Elements(LINES.into()));
    let attributes = "origin igp as-path [ 65000 65001 65002 ] med 10 community [ 65000:1 65000:2 ]";
    let hit = |n: u32| {
        format!("announce route 10.{}.{}.0/24 next-hop 192.0.2.1 {attributes}", n >> 8 & 255, n & 255)
    };
    let selected = |n: u32| format!("neighbor 192.0.2.9 {}", hit(n));
    let alternating = |n: u32| format!("neighbor 192.0.2.{} {}", n % 2, hit(n));
    let miss = |n: u32| format!("{} local-preference {n}", hit(n));
    let withdraw = |n: u32| format!("withdraw route 10.{}.{}.0/24", n >> 8 & 255, n & 255);
    let six = |n: u32| format!("announce ipv6 unicast 2001:db8:{n:x}::/48 next-hop 2001:db8::1 {attributes}");
    let lines =
        |line: &dyn Fn(u32) -> String, from: u32| (from..from + LINES).map(line).collect::<Vec<String>>();
    let mut run = |name: &str, line: &dyn Fn(u32) -> String, fresh: bool| {
        let mut parser = Parser::new(Arc::new(Interner::new()));
        let mut next = 0;
        let fixed = lines(line, 0);
        group.bench_function(name, |b| {
            b.iter_batched(
                || {
                    next += if fresh { LINES } else { 0 };
                    if fresh { lines(line, next) } else { fixed.clone() }
                },
                |lines| {
                    for line in &lines {
                        parser.line(line.as_bytes());
                    }
                    (parser.take(), lines)
                },
                BatchSize::SmallInput,
            );
        });
    };
    run("hit", &hit, false);
    run("hit, one selector", &selected, false);
    run("hit, two selectors", &alternating, false);
    run("hit, IPv6", &six, false);
    run("withdraw", &withdraw, false);
    run("miss", &miss, true);
    group.finish();
}

fn json(c: &mut Criterion) {
    let mut group = c.benchmark_group("json");
    let host = Host { name: "host".into(), pid: 1000, ppid: 999 };
    let address = "192.0.2.1".parse().unwrap();
    let head = PeerHead {
        local: Some(address),
        peer: address,
        local_as: Some(Asn(65000)),
        peer_as: Some(Asn(65001)),
        router_id: Some([192, 0, 2, 1].into()),
    };
    let wishes = Subscription::NONE.with_message(MessageKind::Update, Direction::Receive, Format::Parsed);
    let dialect = Dialect::named("json").unwrap();
    for (prefixes, same) in [(1u16, true), (1, false), (10, true), (10, false), (800, true)] {
        let bodies: Vec<Vec<u8>> = (0..2).map(|path| body(prefixes, path)).collect();
        let decoded: Vec<_> =
            bodies.iter().map(|b| update::decode(b, &DecodeCtx::default()).unwrap()).collect();
        let mut publisher = Publisher::new(&host, &head, &[((), dialect, wishes)]);
        group.throughput(Throughput::Elements(prefixes.into()));
        let name = format!("{prefixes} prefixes, {} attributes", if same { "same" } else { "other" });
        let mut n = 0usize;
        let mut time = 1_795_197_132.579_343_3;
        group.bench_function(name, |b| {
            b.iter(|| {
                n = if same { 0 } else { 1 - n };
                time += 0.000_013;
                let raw = Raw { header: &[], body: &bodies[n] };
                let content = Content::Update(&decoded[n]);
                publisher.publish(time, &Event::Message { direction: Direction::Receive, raw, content });
                if publisher.pending() > 65_536 {
                    publisher.drain(|(), bytes, _| {
                        black_box(bytes);
                    });
                }
            });
        });
    }
    group.finish();
}

/// An UPDATE with the usual attributes.
fn body(prefixes: u16, path: u8) -> Vec<u8> {
    let block = [
        &[0x40, 1, 1, 0, 0x40, 2, 14, 2, 3, 0, 0, 0xFD, 0xE8, 0, 0, 0xFD, 0xE9, 0, 0, 1, path][..],
        &[0x40, 3, 4, 192, 0, 2, 1, 0x80, 4, 4, 0, 0, 0, 10, 0x40, 5, 4, 0, 0, 0, 100],
        &[0xC0, 8, 8, 0xFD, 0xE8, 0, 1, 0xFD, 0xE8, 0, 2],
    ]
    .concat();
    let mut body = vec![0, 0];
    body.extend_from_slice(&u16::try_from(block.len()).unwrap().to_be_bytes());
    body.extend_from_slice(&block);
    for n in 0..prefixes {
        let [high, low] = n.to_be_bytes();
        body.extend_from_slice(&[24, 10, high, low]);
    }
    body
}

criterion_group!(benches, parse, json);
criterion_main!(benches);
