//! Properties of UPDATEs: no input panics, and what is sent is what is read.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bgp_wire::attr::{self, AttributeBuilder};
use bgp_wire::code::{Asn, AttrCode};
use bgp_wire::msg::update::{announce, decode, withdraw};
use bgp_wire::nlri::inet;
use bgp_wire::text::Words;
use bgp_wire::{
    DecodeCtx, EncodeCtx, Family, FamilySet, NextHop, Nlri, PeerKind, RouteAttributes, Treatment,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn parse(text: &str) -> RouteAttributes {
    let (mut words, mut builder) = (Words::new(text), AttributeBuilder::new());
    while let Some(word) = words.next_word() {
        if word.is("next-hop") {
            let address = words.next_word().unwrap().text.parse().unwrap();
            builder.next_hop(NextHop::Address(address));
        } else {
            assert_eq!(attr::parse(word.text, &mut words, &mut builder), Ok(true), "{text}");
        }
    }
    builder.finish()
}

fn list(item: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    vec(item, 1..90).prop_map(|items| format!("[ {} ]", items.join(" ")))
}

fn segments() -> impl Strategy<Value = String> {
    let segment = (0..4_usize, vec(1..=u32::MAX, 1..300)).prop_map(|(kind, asns)| {
        let (open, close) = [("[", "]"), ("(", ")"), ("[{", "}]"), ("({", "})")][kind];
        let asns: Vec<_> = asns.iter().map(u32::to_string).collect();
        format!("{open} {} {close}", asns.join(" "))
    });
    vec(segment, 0..3).prop_map(|s| if s.is_empty() { "[ ]".to_owned() } else { s.join(" ") })
}

/// The text of any route's attributes, next hop included.
fn route_text() -> impl Strategy<Value = String> {
    let v4 = || any::<Ipv4Addr>().prop_map(|a| a.to_string());
    let some = |keyword: &'static str, value: BoxedStrategy<String>| {
        prop::option::weighted(0.4, value.prop_map(move |v| format!("{keyword} {v} ")))
            .prop_map(Option::unwrap_or_default)
    };
    let number = || any::<u32>().prop_map(|n| n.to_string());
    let extended = prop_oneof![
        any::<u64>().prop_map(|n| format!("0x{n:016x}")),
        (any::<u16>(), any::<u32>()).prop_map(|(a, b)| format!("target:{a}:{b}")),
        (any::<u32>(), any::<u16>()).prop_map(|(a, b)| format!("origin:{a}L:{b}")),
        (any::<Ipv4Addr>(), any::<u16>()).prop_map(|(a, b)| format!("target:{a}:{b}")),
    ];
    let unknown = (33..=255_u8).prop_filter("a code without codec", |c| attr::flags(AttrCode(*c)).is_none());
    let unknown = (unknown, any::<bool>(), vec(any::<u8>(), 0..300)).prop_map(|(code, transitive, data)| {
        let mut text = format!("[ 0x{code:02x} 0x{} 0x", if transitive { "e0" } else { "80" });
        for byte in data {
            let _ = write!(text, "{byte:02x}");
        }
        text + " ]"
    });
    let prefix_sid = prop_oneof![
        any::<u32>().prop_map(|index| format!("[ {index} ]")),
        (any::<u32>(), vec((0..1_u32 << 24, 0..1_u32 << 24), 1..5)).prop_map(|(index, blocks)| {
            let blocks: Vec<_> = blocks.iter().map(|(base, range)| format!("( {base},{range} )")).collect();
            format!("[ {index}, [ {} ] ]", blocks.join(", "))
        }),
        (any::<bool>(), any::<Ipv6Addr>(), any::<u16>(), any::<[u8; 6]>())
            .prop_map(|(l2, sid, b, s)| format!("( l{}-service {sid} {b} {s:?} )", if l2 { 2 } else { 3 })),
    ];
    let parts: Vec<BoxedStrategy<String>> = vec![
        some(
            "origin",
            prop_oneof![Just("igp"), Just("egp"), Just("incomplete")].prop_map(str::to_owned).boxed(),
        )
        .boxed(),
        some("as-path", segments().boxed()).boxed(),
        some("med", number().boxed()).boxed(),
        some("local-preference", number().boxed()).boxed(),
        some("atomic-aggregate", Just(String::new()).boxed()).boxed(),
        some("aggregator", (1..=u32::MAX, v4()).prop_map(|(n, a)| format!("( {n}:{a} )")).boxed()).boxed(),
        some("community", list((any::<u16>(), any::<u16>()).prop_map(|(a, b)| format!("{a}:{b}"))).boxed())
            .boxed(),
        some("originator-id", v4().boxed()).boxed(),
        some("cluster-list", list(v4()).boxed()).boxed(),
        some("extended-community", list(extended).boxed()).boxed(),
        some("aigp", any::<u64>().prop_map(|n| n.to_string()).boxed()).boxed(),
        some("large-community", list(any::<[u32; 3]>().prop_map(|[a, b, c]| format!("{a}:{b}:{c}"))).boxed())
            .boxed(),
        some(
            "pmsi",
            (any::<u8>(), 0..1_u32 << 20, v4()).prop_map(|(f, l, a)| format!("pmsi:6:{f}:{l}:{a}")).boxed(),
        )
        .boxed(),
        some(
            "bgp-ls",
            (any::<u32>(), v4(), vec(any::<u8>(), 0..40))
                .prop_map(|(metric, id, octets)| {
                    let octets = octets.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
                    format!("[ te-metric {metric} local-router-id {id} tlv 9999 0x{octets} ]")
                })
                .boxed(),
        )
        .boxed(),
        some("otc", number().boxed()).boxed(),
        some("bgp-prefix-sid", prefix_sid.boxed()).boxed(),
        some("attribute", unknown.boxed()).boxed(),
    ];
    parts.prop_map(|parts| format!("next-hop 10.0.0.1 {}", parts.concat()))
}

fn prefix(family: Family) -> impl Strategy<Value = Nlri> {
    (any::<Ipv4Addr>(), any::<Ipv6Addr>(), any::<u8>(), any::<u32>()).prop_map(move |(v4, v6, length, id)| {
        let v4_family = family == Family::IPV4_UNICAST;
        let (address, length) =
            if v4_family { (IpAddr::V4(v4), length % 33) } else { (IpAddr::V6(v6), length % 129) };
        inet::nlri(family, inet::network(address, length), length).with_path_id(Some(id))
    })
}

fn sessions() -> impl Strategy<Value = (EncodeCtx, DecodeCtx)> {
    let max = prop_oneof![Just(4096_u16), Just(u16::MAX)];
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), max).prop_map(
        |(asn4, external, add_path, group_updates, max_message)| {
            let peer = if external { PeerKind::External } else { PeerKind::Internal };
            let add_path = if add_path { Family::ALL.iter().copied().collect() } else { FamilySet::EMPTY };
            let aigp = asn4;
            let local_as = Asn(4_200_000_000);
            let encode = EncodeCtx {
                asn4,
                peer,
                add_path,
                group_updates,
                max_message,
                aigp,
                local_as,
                ..EncodeCtx::default()
            };
            (encode, DecodeCtx { asn4, peer, add_path, aigp, ..DecodeCtx::default() })
        },
    )
}

fn messages(mut out: &[u8]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    while !out.is_empty() {
        let (message, rest) = out.split_at(usize::from(u16::from_be_bytes([out[16], out[17]])));
        all.push(message);
        out = rest;
    }
    all
}

/// What the far end holds of a route that it does not hold as it was sent.
fn expected(route: &RouteAttributes, ctx: &EncodeCtx) -> Vec<(AttrCode, Vec<u8>)> {
    let internal = ctx.peer == PeerKind::Internal;
    let mut all: Vec<_> = route.iter().map(|a| (a.code, a.flags, a.value.to_vec())).collect();
    let mut default = |code, value: Vec<u8>| {
        if !all.iter().any(|(c, ..)| *c == code) {
            all.push((code, 0x40, value));
        }
    };
    default(AttrCode::ORIGIN, vec![0]);
    default(
        AttrCode::AS_PATH,
        if internal { vec![] } else { [&[2, 1][..], &ctx.local_as.0.to_be_bytes()].concat() },
    );
    default(AttrCode::LOCAL_PREF, vec![0, 0, 0, 100]);
    all.sort();
    all.retain(|(code, flags, _)| {
        // Unknown and non-transitive: dropped by the receiver.
        let dropped = code.0 > 32 && flags & 0x40 == 0;
        let inside = [AttrCode::LOCAL_PREF, AttrCode::ORIGINATOR_ID, AttrCode::CLUSTER_LIST].contains(code);
        !dropped && (internal || !inside) && (ctx.aigp || *code != AttrCode::AIGP)
    });
    all.into_iter().map(|(code, _, value)| (code, value)).collect()
}

/// Whether a path crosses a two-octet session octet by octet: large AS numbers in confederation segments get lost, and
/// sequences are joined where AS_PATH and AS4_PATH meet.
fn crosses_unchanged(route: &RouteAttributes) -> bool {
    let mut path = attr::as_path::Segments::<4>::new(route.get(AttrCode::AS_PATH).unwrap_or_default());
    path.next().is_none_or(|first| !first.kind.is_confederation()) && path.next().is_none()
}

proptest! {
    #[test]
    fn no_body_panics(body in vec(any::<u8>(), 0..200), (_, ctx) in sessions()) {
        if let Ok(update) = decode(&body, &ctx) {
            let _ = update.announcements().count() + update.withdrawals().count();
            let route = update.route_attributes(NextHop::Unset);
            let _ = (route.to_string(), route.to_route_text());
        }
    }

    #[test]
    fn no_attributes_panic(
        attributes in vec((any::<u8>(), 0..40_u8, vec(any::<u8>(), 0..30)), 0..12),
        (_, ctx) in sessions(),
    ) {
        let mut block = Vec::new();
        for (flags, code, value) in &attributes {
            attr::write(flags & 0xF0, AttrCode(*code), value, &mut block);
        }
        let length = u16::try_from(block.len()).unwrap().to_be_bytes();
        let body = [&[0, 0][..], &length, &block, &[8, 10]].concat();
        if let Ok(update) = decode(&body, &ctx) {
            let codes: Vec<_> = update.attributes.iter().map(|a| a.code).collect();
            prop_assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
            prop_assert_eq!(update.announcements().count() + update.withdrawals().count() > 0, true);
            let route = update.route_attributes(NextHop::Unset);
            let _ = route.to_string();
            prop_assert_eq!(parse(&route.to_route_text()), route);
        }
    }

    #[test]
    fn route_text_parses_back(text in route_text()) {
        let route = parse(&text);
        prop_assert_eq!(parse(&route.to_route_text()), route);
    }
}

proptest! {
    // Each case is hundreds of routes.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_announced_is_read(
        text in route_text(),
        v6 in any::<bool>(),
        v4_routes in vec(prefix(Family::IPV4_UNICAST), 1..900),
        v6_routes in vec(prefix(Family::IPV6_UNICAST), 1..400),
        (ctx, back) in sessions(),
    ) {
        let (family, routes) = if v6 { (Family::IPV6_UNICAST, v6_routes) } else { (Family::IPV4_UNICAST, v4_routes) };
        let text = if v6 { text.replace("10.0.0.1", "2001:db8::1") } else { text };
        let route = parse(&text);
        let mut out = vec![7];
        let result = announce(&ctx, &route, family, routes.iter().map(Nlri::as_ref), &mut out);
        let Ok(count) = result else {
            prop_assert_eq!(&out, &[7]);
            prop_assert!(route.block().len() > 3000 && ctx.max_message == 4096, "{result:?}");
            return Ok(());
        };
        let (sent, routes_sent) = (messages(&out[1..]), routes.len());
        prop_assert_eq!(sent.len(), usize::try_from(count).unwrap());
        let mut received = Vec::new();
        for message in &sent {
            prop_assert!(message.len() <= usize::from(ctx.max_message));
            let update = decode(&message[19..], &back).unwrap();
            let external = update.errors.iter().all(|e| e.treatment == Treatment::Discard);
            prop_assert!(external && (ctx.peer == PeerKind::External || update.errors.is_empty()), "{:?}", update.errors);
            for (_, next_hop, nlri) in update.announcements() {
                prop_assert_eq!(next_hop, route.next_hop());
                received.push(nlri.to_owned());
            }
            prop_assert_eq!(update.withdrawals().count(), 0);
            if ctx.asn4 || crosses_unchanged(&route) {
                let attributes: Vec<_> = update.attributes.iter().map(|a| (a.code, a.value.to_vec())).collect();
                prop_assert_eq!(attributes, expected(&route, &ctx));
            }
        }
        let with_id = ctx.add_path.contains(family);
        let wanted: Vec<_> = routes.iter().cloned().map(|n| n.with_path_id(None)).collect();
        prop_assert_eq!(received, if with_id { routes } else { wanted });
        prop_assert!(ctx.group_updates || sent.len() == routes_sent);
    }

    #[test]
    fn what_is_withdrawn_is_read(
        v4_routes in vec(prefix(Family::IPV4_UNICAST), 0..2000),
        v6_routes in vec(prefix(Family::IPV6_UNICAST), 0..600),
        (ctx, back) in sessions(),
    ) {
        for (family, routes) in [(Family::IPV4_UNICAST, v4_routes), (Family::IPV6_UNICAST, v6_routes)] {
            let mut out = Vec::new();
            let count = withdraw(&ctx, family, routes.iter().map(Nlri::as_ref), &mut out).unwrap();
            let sent = messages(&out);
            prop_assert_eq!(sent.len(), usize::try_from(count).unwrap());
            let mut received = 0;
            for message in sent {
                prop_assert!(message.len() <= usize::from(ctx.max_message));
                let update = decode(&message[19..], &back).unwrap();
                for (_, _, nlri) in update.withdrawals() {
                    prop_assert_eq!(nlri.wire, routes[received].wire());
                    received += 1;
                }
            }
            prop_assert_eq!(received, routes.len());
        }
    }
}
