//! The pieces of work whose instructions are counted, from text to wire and back.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use api::encode::{Dialect, ENCODERS};
use api::event::{
    Content, Direction, Event, Format, Host, MessageKind, PeerHead, Publisher, Raw, Subscription,
};
use api::parser::Parser;
use bgp_wire::msg::update;
use bgp_wire::nlri::Nlri;
use bgp_wire::{Asn, DecodeCtx, EncodeCtx, Family, FamilySet, NextHop, RouteAttributes};
use rib::{Interner, Next, OwnerId, PeerOptions, READ_BUDGET, SharedStore};

/// Names, and how often each is done for a count.
pub(crate) fn names() -> Vec<(String, u32)> {
    let mut out: Vec<(String, u32)> = [
        ("parse, memo hit", 4000),
        ("parse, memo miss", 1000),
        ("store insert", 4000),
        ("store insert, collect and pack", 4000),
        ("decode UPDATE of 9", 4000),
        ("event to 10 helpers of one dialect", 1000),
    ]
    .map(|(name, n)| (name.to_owned(), n))
    .to_vec();
    out.extend(ENCODERS.iter().map(|d| (format!("event in {} {}", d.name, d.version), 2000)));
    out
}

/// Does the work of that name `n` times.
pub(crate) fn run(name: &str, n: u32) -> Result<()> {
    match name {
        "parse, memo hit" => parse(n, |i| i / 9),
        "parse, memo miss" => parse(n, |i| i),
        "store insert" => store(n, false)?,
        "store insert, collect and pack" => store(n, true)?,
        "decode UPDATE of 9" => decode(n)?,
        "event to 10 helpers of one dialect" => {
            publish(n, &[Dialect::named("json").context("a dialect")?; 10])?;
        }
        other => {
            let named = |d: &&Dialect| format!("event in {} {}", d.name, d.version) == other;
            publish(
                n,
                &[ENCODERS.iter().copied().find(named).with_context(|| format!("no work {other:?}"))?],
            )?;
        }
    }
    Ok(())
}

fn parse(n: u32, set: impl Fn(u32) -> u32) {
    let mut parser = Parser::new(Arc::new(Interner::new()));
    for i in 0..n {
        let line = format!(
            "announce route 10.{}.{}.0/24 next-hop 192.0.2.1 as-path [ 65000 65001 {} ] med 10 community [ 65000:1 65000:2 ]",
            i >> 8 & 255,
            i & 255,
            70_000 + set(i)
        );
        parser.line(line.as_bytes());
        if parser.steps() >= 1024 {
            black_box(parser.take());
        }
    }
}

/// ORIGIN, AS_PATH of five, MED, two communities.
fn attributes(set: u32) -> RouteAttributes {
    let [a, b, c, d] = set.to_be_bytes();
    let mut block = vec![0x40, 1, 1, 0, 0x40, 2, 22, 2, 5];
    (0..5u8).for_each(|hop| block.extend_from_slice(&[0, hop, c, d]));
    block.extend_from_slice(&[0x80, 4, 4, a, b, c, d, 0xc0, 8, 8, 0, 1, c, d, 0, 2, c, d]);
    RouteAttributes::new(NextHop::Address([10, 99, 0, 1].into()), block)
}

fn store(n: u32, pack: bool) -> Result<()> {
    let families: FamilySet = [Family::IPV4_UNICAST].into_iter().collect();
    let (shared, interner) = (SharedStore::new(), Interner::new());
    let peer = shared.write().add_peer(PeerOptions { adj_rib_out: true, families });
    let all = shared.write().targets_of(&[peer])?;
    let mut reader = shared.peer_up(peer, EncodeCtx { families, ..EncodeCtx::default() });
    let mut attrs = interner.intern(attributes(0));
    for i in 0..n {
        if i % 9 == 0 {
            attrs = interner.intern(attributes(i));
        }
        let [_, a, b, c] = i.to_be_bytes();
        let nlri = Nlri::from_wire(Family::IPV4_UNICAST, None, &[32, a, b, c, 1]);
        shared.write().announce(all, nlri, Arc::clone(&attrs), OwnerId(0))?;
        if pack && i % 256 == 255 {
            while let next @ (Next::Messages(_) | Next::More) = reader.next(READ_BUDGET) {
                if let Next::Messages(packed) = next {
                    reader.commit(&packed);
                    black_box(packed.bytes);
                }
            }
        }
    }
    Ok(())
}

/// An UPDATE of nine prefixes with the usual attributes.
fn body(path: u8) -> Vec<u8> {
    let block = [
        &[0x40, 1, 1, 0, 0x40, 2, 14, 2, 3, 0, 0, 0xFD, 0xE8, 0, 0, 0xFD, 0xE9, 0, 0, 1, path][..],
        &[0x40, 3, 4, 192, 0, 2, 1, 0x80, 4, 4, 0, 0, 0, 10, 0xC0, 8, 8, 0xFD, 0xE8, 0, 1, 0xFD, 0xE8, 0, 2],
    ]
    .concat();
    let mut body = vec![0, 0, 0, u8::try_from(block.len()).unwrap_or_default()];
    body.extend_from_slice(&block);
    (0..9).for_each(|n| body.extend_from_slice(&[24, 10, path, n]));
    body
}

fn decode(n: u32) -> Result<()> {
    let bodies = [body(1), body(2)];
    for body in bodies.iter().cycle().zip(0..n).map(|(body, _)| body) {
        let update = update::decode(black_box(body), &DecodeCtx::default())?;
        black_box(update.announcements().count());
    }
    Ok(())
}

fn publish(n: u32, dialects: &[&'static Dialect]) -> Result<()> {
    let host = Host { name: "host".into(), pid: 1000, ppid: 999 };
    let address = "192.0.2.1".parse()?;
    let head = PeerHead {
        local: Some(address),
        peer: address,
        local_as: Some(Asn(65000)),
        peer_as: Some(Asn(65001)),
        router_id: Some([192, 0, 2, 1].into()),
    };
    let wishes = Subscription::NONE.with_message(MessageKind::Update, Direction::Receive, Format::Parsed);
    let members: Vec<_> = dialects.iter().enumerate().map(|(i, d)| (i, *d, wishes)).collect();
    let mut publisher = Publisher::new(&host, &head, &members);
    let bodies = [body(1), body(2)];
    for (body, i) in bodies.iter().cycle().zip(0..n) {
        let update = update::decode(body, &DecodeCtx::default())?;
        let raw = Raw { header: &[], body };
        let content = Content::Update(&update);
        let time = 1_795_197_132.5 + f64::from(i);
        publisher.publish(time, &Event::Message { direction: Direction::Receive, raw, content });
        if publisher.pending() > 65_536 {
            publisher.drain(|_, bytes, _| drop(black_box(bytes)));
        }
    }
    Ok(())
}
