//! Two OPENs in, one set of terms out.

use proptest::prelude::*;

use super::*;
use crate::cap::testing::Json;
use crate::cap::{
    RawCapability, asn4, enhanced_refresh, extended_message, multiprotocol, nexthop as extended_next_hop,
    route_refresh,
};

const V4: Family = Family::IPV4_UNICAST;
const V6: Family = Family::IPV6_UNICAST;
const MULTICAST: Family = Family::IPV4_MULTICAST;

fn open(asn: u32, families: &[Family], more: &[RawCapability]) -> Open {
    let mut capabilities: Vec<_> = families.iter().map(|f| multiprotocol::encode(*f)).collect();
    capabilities.extend_from_slice(more);
    Open::new(Asn(asn), 180, Ipv4Addr::LOCALHOST, capabilities)
}

/// Terms of two speakers of all IPv4 and IPv6 unicast, with further capabilities.
fn terms(ours: &[RawCapability], theirs: &[RawCapability]) -> Negotiated {
    Negotiated::new(open(65000, &[V4, V6], ours), open(65001, &[V4, V6], theirs))
}

#[test]
fn families_are_shared_ones_in_the_order_of_the_peer() {
    let terms = Negotiated::new(
        open(1, &[V4, V6, MULTICAST], &[]),
        open(1, &[MULTICAST, Family::new(9, 9), V4], &[]),
    );
    assert_eq!(terms.families, [MULTICAST, V4]);
    assert_eq!(terms.unshared_families(), (vec![V6], vec![Family::new(9, 9)]));
    assert!(terms.family_set().contains(V4) && !terms.family_set().contains(V6));
}

#[test]
fn a_side_without_families_leaves_none() {
    for (ours, theirs) in [(&[][..], &[V4][..]), (&[V4], &[]), (&[], &[])] {
        assert_eq!(Negotiated::new(open(1, ours, &[]), open(1, theirs, &[])).families, []);
    }
    let malformed = RawCapability::new(CapCode::MULTIPROTOCOL, [0, 1, 0]);
    assert_eq!(Negotiated::new(open(1, &[V4], &[]), open(1, &[], &[malformed])).families, []);
}

#[test]
fn the_smaller_hold_time_holds() {
    for (ours, theirs, agreed, keepalive) in
        [(180, 90, 90, 30), (10, 90, 10, 3), (0, 90, 0, 0), (90, 0, 0, 0)]
    {
        let with = |hold_time| Open { hold_time, ..open(1, &[V4], &[]) };
        let terms = Negotiated::new(with(ours), with(theirs));
        assert_eq!((terms.hold_time, terms.keepalive_interval()), (agreed, keepalive));
    }
}

#[test]
fn a_capability_needs_both_sides() {
    let refresh = [route_refresh::encode()];
    let enhanced = [route_refresh::encode(), enhanced_refresh::encode()];
    assert_eq!(terms(&enhanced, &enhanced).refresh, Refresh::Enhanced);
    assert_eq!(terms(&enhanced, &refresh).refresh, Refresh::Normal);
    assert_eq!(terms(&refresh, &[]).refresh, Refresh::Absent);
    assert_eq!(terms(&[], &enhanced).refresh, Refresh::Absent);

    let long = [extended_message::encode()];
    assert_eq!(terms(&long, &long).max_message, 65535);
    assert_eq!(terms(&long, &[]).max_message, 4096);
    assert_eq!(terms(&[], &long).max_message, 4096);

    let (ours, theirs) = ([asn4::encode(Asn(65000))], [asn4::encode(Asn(65001))]);
    assert!(terms(&ours, &theirs).asn4);
    assert!(!terms(&ours, &[]).asn4 && !terms(&[], &theirs).asn4);
    let malformed = [RawCapability::new(CapCode::ASN4, [1])];
    assert!(!terms(&ours, &malformed).asn4);
}

#[test]
fn as_numbers_decide_the_kind_of_peer() {
    let big = Asn(4_200_000_000);
    let speaker = |asn: Asn| open(asn.0, &[V4], &[asn4::encode(asn)]);
    let terms = Negotiated::new(speaker(big), speaker(big));
    assert_eq!((terms.local_as, terms.peer_as, terms.peer), (big, big, PeerKind::Internal));
    let terms = Negotiated::new(speaker(big), speaker(Asn(4_200_000_001)));
    assert_eq!(terms.peer, PeerKind::External, "both are AS_TRANS in the field");
}

#[test]
fn several_paths_need_a_sender_and_a_receiver() {
    let all = [Direction::Receive, Direction::Send, Direction::Both];
    for ours in all {
        for theirs in all {
            let terms = terms(&[add_path::encode(&[(V4, ours)])], &[add_path::encode(&[(V4, theirs)])]);
            assert_eq!(
                terms.add_path_send.contains(V4),
                ours.sends() && theirs.receives(),
                "{ours:?} {theirs:?}"
            );
            assert_eq!(
                terms.add_path_receive.contains(V4),
                ours.receives() && theirs.sends(),
                "{ours:?} {theirs:?}"
            );
            assert_eq!(terms.encode_ctx(false, true, None, None).add_path, terms.add_path_send);
            assert_eq!(terms.decode_ctx(false).add_path, terms.add_path_receive);
        }
    }
    let both = |family| [add_path::encode(&[(family, Direction::Both)])];
    assert!(terms(&both(V4), &both(V6)).add_path_send.is_empty(), "family by family");
    assert!(terms(&both(MULTICAST), &both(MULTICAST)).add_path_send.is_empty(), "negotiated families only");
    assert!(terms(&both(V4), &[]).add_path_receive.is_empty());
}

#[test]
fn next_hops_of_the_other_kind_need_both_sides() {
    let ours = [extended_next_hop::encode(&[(V4, Afi::IPV6), (MULTICAST, Afi::IPV6)])];
    let theirs = [extended_next_hop::encode(&[(V6, Afi::IPV4), (V4, Afi::IPV6)])];
    let both = terms(&ours, &theirs);
    assert_eq!(both.next_hop, [(V4, Afi::IPV6)]);
    let set: FamilySet = [V4].into_iter().collect();
    assert_eq!(both.decode_ctx(false).extended_next_hop, set);
    assert_eq!(both.encode_ctx(false, true, None, None).extended_next_hop, set);
    assert_eq!(terms(&ours, &[]).next_hop, []);
}

#[test]
fn restarts_of_the_peer_matter_when_we_restart_gracefully_too() {
    let restart = |time| GracefulRestart { time, families: vec![(V4, true)], ..GracefulRestart::default() };
    let (ours, theirs) = ([restart(10).encode()], [restart(20).encode()]);
    assert_eq!(terms(&ours, &theirs).graceful_restart, Some(restart(20)));
    assert_eq!(terms(&[], &theirs).graceful_restart, None);
    assert_eq!(terms(&ours, &[]).graceful_restart, None);
}

#[test]
fn contexts_carry_the_settings_of_the_neighbor() {
    let terms = terms(&[], &[]);
    let (v4, v6) = (Some(Ipv4Addr::LOCALHOST), Some(Ipv6Addr::LOCALHOST));
    let encode = terms.encode_ctx(true, false, v4, v6);
    assert_eq!((encode.aigp, encode.group_updates, encode.self_v4, encode.self_v6), (true, false, v4, v6));
    assert_eq!((encode.local_as, encode.max_message, encode.peer), (Asn(65000), 4096, PeerKind::External));
    assert!(terms.decode_ctx(true).aigp && !terms.decode_ctx(false).aigp);
}

#[test]
fn the_event_object_has_its_fixed_order() {
    let more = [
        route_refresh::encode(),
        enhanced_refresh::encode(),
        asn4::encode(Asn(65000)),
        add_path::encode(&[(V4, Direction::Both)]),
        extended_next_hop::encode(&[(V4, Afi::IPV6)]),
        RawCapability::empty(CapCode(185)),
    ];
    let mut json = Json::default();
    terms(&more, &more).emit(&mut json);
    assert_eq!(
        json.finish(),
        concat!(
            r#"{ "message_size": 4096, "hold_time": 180, "asn4": true, "multisession": false, "operational": true, "#,
            r#""refresh": "enhanced", "families": ["ipv4 unicast", "ipv6 unicast"], "nexthop": ["ipv4 unicast ipv6"], "#,
            r#""add_path": {"send": ["ipv4 unicast"], "receive": ["ipv4 unicast"]} }"#
        )
    );
}

proptest! {
    #[test]
    fn any_two_opens_have_terms(
        ours in proptest::collection::vec((any::<u8>(), proptest::collection::vec(0..4_u8, 0..12)), 0..12),
        theirs in proptest::collection::vec((0..80_u8, proptest::collection::vec(any::<u8>(), 0..12)), 0..12),
    ) {
        let open = |list: Vec<(u8, Vec<u8>)>| {
            let capabilities = list.into_iter().map(|(code, value)| RawCapability::new(CapCode(code), value));
            Open::new(Asn(1), 9, Ipv4Addr::LOCALHOST, capabilities.collect())
        };
        let terms = Negotiated::new(open(ours), open(theirs));
        prop_assert!(terms.families.iter().all(|f| terms.sent.families().contains(f)));
        let mut json = Json::default();
        terms.emit(&mut json);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json.finish()).is_ok());
    }
}
