//! Text to route to text to route: both routes are the same, down to the octets.

use bgp_wire::attr;
use proptest::collection::vec;
use proptest::prelude::*;
use route_text::{Action, Words, parse_line};

fn v4() -> BoxedStrategy<String> {
    any::<[u8; 4]>().prop_map(|a| std::net::Ipv4Addr::from(a).to_string()).boxed()
}

fn v6() -> BoxedStrategy<String> {
    any::<[u8; 16]>().prop_map(|a| std::net::Ipv6Addr::from(a).to_string()).boxed()
}

fn prefix() -> BoxedStrategy<String> {
    let network = |address: std::net::IpAddr, length: u8| {
        format!("{}/{length}", bgp_wire::nlri::inet::network(address, length))
    };
    prop_oneof![
        (any::<[u8; 4]>(), 0u8..=32).prop_map(move |(a, l)| network(a.into(), l)),
        (any::<[u8; 16]>(), 0u8..=128).prop_map(move |(a, l)| network(a.into(), l)),
        (any::<[u8; 4]>(), 0u8..=32)
            .prop_map(move |(a, l)| format!("ipv4 multicast {}", network(a.into(), l))),
        (any::<[u8; 16]>(), 0u8..=128)
            .prop_map(move |(a, l)| format!("ipv6 multicast {}", network(a.into(), l))),
    ]
    .boxed()
}

/// One value, or a list in brackets.
fn one_or_many(value: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![value.clone(), vec(value, 1..5).prop_map(|v| format!("[ {} ]", v.join(" ")))].boxed()
}

fn number() -> BoxedStrategy<String> {
    any::<u32>().prop_map(|n| n.to_string()).boxed()
}

fn as_path() -> BoxedStrategy<String> {
    let sequence = vec(number(), 0..6).prop_map(|v| format!("[ {} ]", v.join(" ")));
    let set = vec(number(), 1..4).prop_map(|v| format!("( {} )", v.join(" ")));
    prop_oneof![sequence.clone(), (sequence, set).prop_map(|(a, b)| format!("{a} {b}"))].boxed()
}

fn extended_community() -> BoxedStrategy<String> {
    prop_oneof![
        (any::<u16>(), any::<u32>()).prop_map(|(a, b)| format!("target:{a}:{b}")),
        (any::<u32>(), any::<u16>()).prop_map(|(a, b)| format!("target4:{a}:{b}")),
        (any::<u16>(), any::<u32>()).prop_map(|(a, b)| format!("origin:{a}:{b}")),
        any::<u64>().prop_map(|n| format!("0x{n:016x}")),
    ]
    .boxed()
}

/// Values of each attribute keyword; the keyword itself is left out when the table has no such attribute.
fn attributes() -> Vec<(&'static str, BoxedStrategy<String>)> {
    let pair = |a: u32, b: u32| format!("{}:{}", a & 0xFFFF, b & 0xFFFF);
    let community = prop_oneof![
        (any::<u32>(), any::<u32>()).prop_map(move |(a, b)| pair(a, b)),
        Just("no-export".to_owned()),
        Just("blackhole".to_owned()),
    ];
    let large = (number(), number(), number()).prop_map(|(a, b, c)| format!("{a}:{b}:{c}"));
    let aggregator = (any::<u32>(), v4()).prop_map(|(a, b)| format!("( {a}:{b} )"));
    let all = vec![
        ("origin", prop_oneof![Just("igp"), Just("egp"), Just("INCOMPLETE")].prop_map(str::to_owned).boxed()),
        ("as-path", as_path()),
        ("med", number()),
        ("local-preference", number()),
        ("atomic-aggregate", Just(String::new()).boxed()),
        ("aggregator", aggregator.boxed()),
        ("community", one_or_many(community.boxed())),
        ("originator-id", v4()),
        ("cluster-list", one_or_many(v4())),
        ("extended-community", one_or_many(extended_community())),
        ("large-community", one_or_many(large.boxed())),
        ("aigp", any::<u64>().prop_map(|n| n.to_string()).boxed()),
    ];
    all.into_iter().filter(|(keyword, _)| attr::keywords().any(|k| k == *keyword)).collect()
}

fn clause() -> BoxedStrategy<String> {
    let mut choices: Vec<BoxedStrategy<String>> = attributes()
        .into_iter()
        .map(|(keyword, value)| value.prop_map(move |v| format!("{keyword} {v}")).boxed())
        .collect();
    choices.push(
        (0x80u8..=0xFE, any::<u64>())
            .prop_map(|(c, d)| format!("attribute [ 0x{c:02x} 0xC0 0x{d:016X} ]"))
            .boxed(),
    );
    choices.push(number().prop_map(|n| format!("path-information {n}")).boxed());
    choices.push((0u32..1 << 20).prop_map(|n| format!("label {n}")).boxed());
    choices.push(
        (0u32..1 << 20, any::<u16>(), any::<u32>())
            .prop_map(|(l, a, n)| format!("label {l} rd {a}:{n}"))
            .boxed(),
    );
    choices.push("[a-z\\[, ']{0,9}".prop_map(|n| format!("name \"{n}\"")).boxed());
    choices.push("[a-z]{1,9}x".prop_map(|n| format!("watchdog {n} withdraw")).boxed());
    let next_hop = prop_oneof![v4(), v6(), Just("self".to_owned())];
    (vec(proptest::strategy::Union::new(choices), 0..8), next_hop)
        .prop_map(|(words, next_hop)| format!("{} next-hop {next_hop}", words.join(" ")))
        .boxed()
}

/// A line of a segment routing policy.
fn sr_policy() -> BoxedStrategy<String> {
    let word = prop_oneof![
        number().prop_map(|n| format!("preference {n}")),
        (0u32..1 << 20).prop_map(|n| format!("binding-sid mpls {n}")),
        v6().prop_map(|a| format!("srv6-binding-sid {a}")),
        any::<u8>().prop_map(|n| format!("priority {n}")),
        "[a-z\\[, ']{0,9}".prop_map(|n| format!("policy-name \"{n}\"")),
        (number(), vec(0u32..1 << 20, 0..4)).prop_map(|(weight, labels)| {
            let list = format!("segment-list weight {weight}");
            labels.iter().fold(list, |list, n| format!("{list} segment type-a mpls {n}"))
        }),
        (v6(), v6())
            .prop_map(|(a, b)| format!("segment-list segment type-k local {a} remote {b} algorithm 0")),
        "[a-z]{1,9}x".prop_map(|n| format!("watchdog {n}")),
        number().prop_map(|n| format!("med {n}")),
    ];
    let endpoint = prop_oneof![v4(), v6()];
    let next_hop = prop_oneof![v4(), v6(), Just("self".to_owned())];
    (number(), number(), endpoint, next_hop, vec(word, 0..6))
        .prop_map(|(d, c, endpoint, next_hop, words)| {
            let words = words.join(" ");
            format!("sr-policy distinguisher {d} color {c} endpoint {endpoint} next-hop {next_hop} {words}")
        })
        .boxed()
}

fn same_both_ways(text: &str) -> Result<(), TestCaseError> {
    let read = |text: &str| {
        parse_line(&mut Words::new(text), Action::Announce).map(|r| r.iter().collect::<Vec<_>>())
    };
    let routes = read(text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
    prop_assert_eq!(routes.len(), 1);
    let printed = routes[0].to_string();
    let again = read(&printed).map_err(|e| TestCaseError::fail(format!("{printed}: {e}")))?;
    prop_assert_eq!(&routes, &again, "{} was printed as {}", text, printed);
    prop_assert_eq!(routes[0].attributes.block(), again[0].attributes.block());
    prop_assert_eq!(routes[0].nlri.wire(), again[0].nlri.wire());
    prop_assert_eq!(printed, again[0].to_string());
    Ok(())
}

proptest! {
    #[test]
    fn a_policy_and_its_text_are_the_same_thing(text in sr_policy()) {
        same_both_ways(&text)?;
    }

    #[test]
    fn text_and_route_are_the_same_thing(prefix in prefix(), clause in clause()) {
        same_both_ways(&format!("{prefix} {clause}"))?;
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in "(route |ipv4 unicast )?[ -~é]{0,60}") {
        if let Err(e) = parse_line(&mut Words::new(&text), Action::Announce) {
            prop_assert!(e.at <= text.len());
            prop_assert!(text.is_char_boundary(e.at));
        }
    }
}
