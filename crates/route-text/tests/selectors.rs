//! Neighbor selectors: which peers a command is meant for.

use bgp_wire::{Asn, Family};
use route_text::{FamilyAllowed, PeerName, Selector, Words};

fn peer(last: u8) -> PeerName {
    PeerName {
        peer: format!("10.0.0.{last}").parse().unwrap(),
        range: None,
        local: Some("10.0.0.200".parse().unwrap()),
        local_as: Some(Asn(65000)),
        peer_as: Some(Asn(65000 + u32::from(last))),
        router_id: Some("1.2.3.4".parse().unwrap()),
        family_allowed: FamilyAllowed::InOpen,
    }
}

/// The peers among 1, 2, 3 that a selector matches, and the command behind it.
fn matched(text: &str) -> (Vec<u8>, &str) {
    let mut words = Words::new(text);
    let selector = Selector::parse(&mut words).unwrap_or_else(|e| panic!("{text}: {e}")).expect("a selector");
    ([1, 2, 3].into_iter().filter(|n| selector.matches(&peer(*n))).collect(), words.rest())
}

#[test]
fn every_pair_must_match_and_any_group() {
    for (text, peers) in [
        ("neighbor 10.0.0.1 announce", &[1][..]),
        ("neighbor * announce", &[1, 2, 3]),
        ("neighbor 10.0.0.1, neighbor 10.0.0.2 announce", &[1, 2]),
        ("neighbor 10.0.0.1 ,neighbor 10.0.0.3 announce", &[1, 3]),
        ("neighbor 10.0.0.1,neighbor 10.0.0.1 announce", &[1]),
        ("neighbor 10.0.0.1 local-as 65000 peer-as 65001 announce", &[1]),
        ("neighbor 10.0.0.1 peer-as 65002 announce", &[]),
        ("neighbor * peer-as 65002 announce", &[2]),
        ("neighbor * peer-as 65002, neighbor 10.0.0.3 local-ip 10.0.0.200 announce", &[2, 3]),
        ("neighbor 10.0.0.9 announce", &[]),
        ("neighbor * local-ip auto announce", &[]),
        ("neighbor * family-allowed in-open router-id 1.2.3.4 announce", &[1, 2, 3]),
        ("neighbor * family-allowed ipv4-unicast announce", &[]),
        // 10.0.0.1 is no prefix of 10.0.0.10 here: whole values are compared.
        ("neighbor 10.0.0.10 announce", &[]),
    ] {
        assert_eq!(matched(text), (peers.to_vec(), "announce"), "{text}");
    }
}

#[test]
fn a_command_without_selector_has_none() {
    let mut words = Words::new("announce route 10.0.0.0/8");
    assert_eq!(Selector::parse(&mut words), Ok(None));
    assert_eq!(words.rest(), "announce route 10.0.0.0/8");
    assert!(Selector::all().matches(&peer(1)));
}

#[test]
fn a_printed_name_selects_exactly_its_peer() {
    let names = [
        peer(1),
        PeerName { local: None, local_as: None, peer_as: None, ..peer(1) },
        PeerName {
            family_allowed: FamilyAllowed::Families([Family::IPV4_UNICAST, Family::IPV6_UNICAST].into()),
            ..peer(1)
        },
        PeerName { range: Some(24), router_id: None, ..peer(0) },
        PeerName { peer: "2001:db8::1".parse().unwrap(), ..peer(1) },
    ];
    assert_eq!(
        names[0].to_string(),
        "neighbor 10.0.0.1 local-ip 10.0.0.200 local-as 65000 peer-as 65001 router-id 1.2.3.4 family-allowed in-open"
    );
    assert_eq!(
        names[3].to_string(),
        "neighbor 10.0.0.0/24 local-ip 10.0.0.200 local-as 65000 peer-as 65000 router-id auto family-allowed in-open"
    );
    for (i, name) in names.iter().enumerate() {
        let text = name.to_string();
        let selector = Selector::parse(&mut Words::new(&text)).unwrap().unwrap();
        for (j, other) in names.iter().enumerate() {
            assert_eq!(selector.matches(other), i == j, "{text} and {other}");
        }
    }
}

#[test]
fn wrong_selectors_are_refused() {
    for (text, expected) in [
        ("neighbor", "a neighbor's address is missing at the end of the line"),
        ("neighbor foo announce", "this is no neighbor: 'foo' (an IP address, or * for all)"),
        ("neighbor 10.0.0.1 local-as x", "this is no AS number: 'x'"),
        ("neighbor 10.0.0.1 local-ip", "the value is missing at the end of the line"),
        ("neighbor 10.0.0.1, announce", "the word neighbor must follow a comma: 'announce'"),
        (
            "neighbor 10.0.0.1 neighbor 10.0.0.2",
            "a second neighbor in one group matches nothing: 'neighbor' (separate neighbors by commas)",
        ),
        (
            "neighbor 10.0.0.1 family-allowed ipv4-foo",
            "these are no families: 'ipv4-foo' (in-open, or families as in ipv4-unicast/ipv6-unicast)",
        ),
    ] {
        assert_eq!(Selector::parse(&mut Words::new(text)).unwrap_err().to_string(), expected, "{text}");
    }
}
