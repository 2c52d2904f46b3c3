//! OPENs: what ours says, what is wrong with theirs, and what both agree on.

use std::net::Ipv4Addr;

use bgp_wire::cap::RawCapability;
use bgp_wire::cap::role::{self, Role};
use bgp_wire::cap::{asn4, multisession};
use bgp_wire::msg::{Open, keepalive};
use bgp_wire::{Asn, CapCode};

use super::bench::{Bench, config, octets, open, restart, with_restart};
use crate::{Command, Event, Io, Leg, PeerConfig, State};

const OUT: Leg = Leg::Outgoing;

fn sent(bench: &Bench) -> Vec<Open> {
    let sent = |event: &Event| match event {
        Event::OpenSent(_, open) => Some(Open::clone(open)),
        _ => None,
    };
    bench.events().filter_map(sent).collect()
}

#[test]
fn ours_says_who_we_are() {
    let bench = Bench::at(config(), State::OpenSent);
    let ours = &sent(&bench)[0];
    assert_eq!((ours.asn, ours.hold_time, ours.router_id), (65000, 180, Ipv4Addr::new(10, 0, 0, 2)));
    let codes: Vec<u8> = ours.capabilities.iter().map(|c| c.code.0).collect();
    assert_eq!(codes, [1, 65, 2], "asn4 goes behind multiprotocol");
    assert_eq!(bench.written[0], octets(ours));

    let small = Bench::at(PeerConfig { asn4: false, ..config() }, State::OpenSent);
    assert!(!sent(&small)[0].has(CapCode::ASN4));
    let large = Bench::at(PeerConfig { local_as: Some(Asn(4_200_000_000)), ..config() }, State::OpenSent);
    assert_eq!((sent(&large)[0].asn, sent(&large)[0].four_octet_asn()), (23456, Asn(4_200_000_000)));
}

#[test]
fn what_is_wrong_with_theirs() {
    let zero = Ipv4Addr::UNSPECIFIED;
    let other = |asn: u32| Open { asn: Asn(asn).as2(), capabilities: vec![asn4::encode(Asn(asn))], ..open() };
    let cases = [
        (Open { hold_time: 1, ..open() }, (2, 6)),
        (Open { hold_time: 2, ..open() }, (2, 6)),
        (Open { router_id: zero, ..open() }, (2, 3)),
        (other(65002), (2, 2)),
        (other(4_200_000_000), (2, 2)),
        (Open { asn: 0, capabilities: vec![], ..open() }, (2, 2)),
    ];
    for (theirs, expected) in cases {
        let mut bench = Bench::at(config(), State::OpenSent);
        bench.give(OUT, &octets(&theirs));
        let farewell = bench.farewell(OUT);
        assert_eq!((farewell.code, farewell.subcode), expected, "{theirs:?}");
        assert!(!bench.events().any(|event| matches!(event, Event::OpenReceived(..))));
    }
    let mut version = octets(&open());
    version[19] = 3;
    let mut bench = Bench::at(config(), State::OpenSent);
    bench.give(OUT, &version);
    assert_eq!((bench.farewell(OUT).code, bench.farewell(OUT).subcode), (2, 1));

    // RFC 6286: identifiers are unique within an AS only.
    let same = Open { router_id: config().router_id, ..open() };
    let mut external = Bench::at(config(), State::OpenSent);
    external.give(OUT, &octets(&same));
    assert_eq!(external.side.peer.state(), State::OpenConfirm);
    let ours = PeerConfig { local_as: Some(Asn(65001)), ..config() };
    let mut internal = Bench::at(ours, State::OpenSent);
    internal.give(OUT, &octets(&same));
    assert_eq!((internal.farewell(OUT).code, internal.farewell(OUT).subcode), (2, 3));
}

/// RFC 9234 section 4.2: Role Mismatch is 2/11.
#[test]
fn roles_have_to_go_together() {
    let config = |strict_role| {
        let mut config = PeerConfig { strict_role, ..config() };
        config.capabilities.push(role::encode(Role::CUSTOMER));
        config
    };
    let answer = |strict, roles: &[Role]| {
        let mut theirs = open();
        theirs.capabilities.extend(roles.iter().map(|r| role::encode(*r)));
        let mut bench = Bench::at(config(strict), State::OpenSent);
        bench.give(OUT, &octets(&theirs));
        if bench.side.peer.state() == State::OpenConfirm {
            bench.give(OUT, &keepalive());
            let (_, negotiated) = bench.side.peer.established().unwrap();
            assert_eq!(negotiated.role, Some(Role::CUSTOMER));
            return (0, 0);
        }
        let farewell = bench.farewell(OUT);
        (farewell.code, farewell.subcode)
    };
    for strict in [false, true] {
        assert_eq!(answer(strict, &[Role::PROVIDER]), (0, 0));
        assert_eq!(answer(strict, &[Role::PROVIDER, Role::PROVIDER]), (0, 0));
        for role in (1..=255).map(Role) {
            assert_eq!(answer(strict, &[role]), (2, 11), "{role:?}");
        }
        assert_eq!(answer(strict, &[Role::PROVIDER, Role::PEER]), (2, 11));
    }
    assert_eq!(answer(false, &[]), (0, 0), "who says nothing is welcome");
    assert_eq!(answer(true, &[]), (2, 11));
}

/// Two that both offer it; the error codes are ExaBGP's.
#[test]
fn multisession_wants_its_like() {
    let answer = |capabilities: &[RawCapability]| {
        let mut ours = config();
        ours.capabilities.extend(multisession::encode());
        let mut theirs = open();
        theirs.capabilities.extend_from_slice(capabilities);
        let mut bench = Bench::at(ours, State::OpenSent);
        bench.give(OUT, &octets(&theirs));
        if bench.side.peer.state() == State::OpenConfirm {
            bench.give(OUT, &keepalive());
            return bench
                .side
                .peer
                .established()
                .map(|(_, negotiated)| (negotiated.multisession, 0))
                .unwrap();
        }
        assert_eq!(bench.farewell(OUT).code, 2);
        (false, bench.farewell(OUT).subcode)
    };
    let theirs = |code, value: &[u8]| [RawCapability::new(code, value)];
    assert_eq!(answer(&multisession::encode()), (true, 0));
    assert_eq!(answer(&theirs(CapCode::MULTISESSION, &[0, 1])), (true, 0));
    assert_eq!(answer(&theirs(CapCode::CISCO_MULTISESSION, &[0, 1])), (true, 0));
    assert_eq!(answer(&[]), (false, 9));
    assert_eq!(answer(&theirs(CapCode::MULTISESSION, &[0, 69])), (false, 8));
}

#[test]
fn the_smaller_hold_time_counts() {
    for (ours, theirs) in [(180, 90), (90, 180), (3, 65535), (0, 90), (90, 0)] {
        let mut bench = Bench::at(PeerConfig { hold_time: ours, ..config() }, State::OpenSent);
        bench.give(OUT, &octets(&Open { hold_time: theirs, ..open() }));
        bench.give(OUT, &keepalive());
        let (_, negotiated) = bench.side.peer.established().unwrap();
        assert_eq!(negotiated.hold_time, ours.min(theirs));
    }
}

/// No OPEN goes out before the peer's is there, and then it says what the peer's said.
#[test]
fn an_automatic_as_number_is_the_peers() {
    for asn in [65001, 4_200_000_000] {
        let auto = PeerConfig { local_as: None, peer_as: None, ..config() };
        let mut bench = Bench::new(auto);
        bench.command(Command::Start);
        bench.io(OUT, Io::Connected);
        assert!(bench.written[0].is_empty());
        assert_eq!(bench.side.peer.state(), State::Connect);
        let theirs = Open { asn: Asn(asn).as2(), capabilities: vec![asn4::encode(Asn(asn))], ..open() };
        bench.give(OUT, &octets(&theirs));
        assert_eq!(sent(&bench)[0].four_octet_asn(), Asn(asn));
        assert_eq!(bench.written[0], [&octets(&sent(&bench)[0]), &keepalive()[..]].concat());
        bench.give(OUT, &keepalive());
        let (_, negotiated) = bench.side.peer.established().unwrap();
        assert_eq!((negotiated.local_as, negotiated.peer_as), (Asn(asn), Asn(asn)));
    }
}

/// RFC 4724 section 3: the bit says that we have restarted. It is set until a session was established, since only then
/// has the peer acted on it.
#[test]
fn the_restart_bit_is_for_the_first_session() {
    let restarting = |open: &Open| open.graceful_restart().unwrap().restarting;
    let mut bench = Bench::at(with_restart(config()), State::OpenSent);
    bench.io(OUT, Io::Closed("gone".into()));
    bench.io(OUT, Io::Connected);
    bench.give(OUT, &octets(&open()));
    bench.give(OUT, &keepalive());
    bench.io(OUT, Io::Closed("gone".into()));
    bench.io(OUT, Io::Connected);
    assert_eq!(sent(&bench).iter().map(restarting).collect::<Vec<_>>(), [true, true, false]);

    let late = PeerConfig { restarting: false, ..with_restart(config()) };
    assert!(!restarting(&sent(&Bench::at(late, State::OpenSent))[0]));
}

#[test]
fn the_peers_graceful_restart_is_kept() {
    let mut theirs = open();
    theirs.capabilities.push(restart());
    let mut bench = Bench::at(with_restart(config()), State::OpenSent);
    bench.give(OUT, &octets(&theirs));
    bench.give(OUT, &keepalive());
    let (_, negotiated) = bench.side.peer.established().unwrap();
    assert_eq!(negotiated.graceful_restart.as_ref().unwrap().time, 120);
}

#[test]
fn unknown_capabilities_do_no_harm() {
    let mut theirs = open();
    theirs.capabilities.push(RawCapability::new(CapCode(99), [1, 2, 3]));
    theirs.capabilities.push(RawCapability::new(CapCode::MULTIPROTOCOL, [1]));
    let mut bench = Bench::at(config(), State::OpenSent);
    bench.give(OUT, &octets(&theirs));
    assert_eq!(bench.side.peer.state(), State::OpenConfirm);
}
