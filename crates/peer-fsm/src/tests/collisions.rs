//! Two connections at once (RFC 4271 section 6.8), seen from one side.

use std::net::Ipv4Addr;
use std::time::Duration;

use bgp_wire::cap::asn4;
use bgp_wire::msg::{Open, keepalive};
use bgp_wire::{Asn, Notification};

use super::bench::{Bench, config, octets, open, restart, with_restart};
use crate::{Accept, Command, Event, Io, Leg, PeerConfig, State};

const OUT: Leg = Leg::Outgoing;
const IN: Leg = Leg::Incoming;

/// The peer's OPEN with an identifier below or above ours.
fn from(higher: bool) -> Vec<u8> {
    octets(&Open { router_id: Ipv4Addr::new(10, 0, 0, if higher { 9 } else { 1 }), ..open() })
}

/// Both connections in OpenSent.
fn both() -> Bench {
    let mut bench = Bench::at(config(), State::OpenSent);
    assert_eq!(bench.accept(), Accept::Taken { replaces: None });
    bench
}

fn survives(bench: &mut Bench, winner: Leg) {
    assert_eq!(bench.farewell(winner.other()), Notification::named(6, 7));
    bench.give(winner, &keepalive());
    assert_eq!(bench.side.peer.established().unwrap().0, winner);
    assert!(bench.side.record.downs().is_empty(), "the session was never lost");
    assert_eq!(bench.events().filter(|event| matches!(event, Event::Connected(_))).count(), 1);
}

#[test]
fn the_connection_of_the_higher_identifier_stays() {
    for higher in [false, true] {
        let winner = if higher { IN } else { OUT };
        for first in Leg::BOTH {
            let mut bench = both();
            bench.give(first, &from(higher));
            if !bench.closed[winner.other() as usize] {
                bench.give(first.other(), &from(higher));
            }
            if first != winner {
                // The OPEN of the loser told who wins; the winner's is still to come.
                bench.give(winner, &from(higher));
            }
            survives(&mut bench, winner);
        }
    }
}

#[test]
fn equal_identifiers_are_decided_by_the_as_number() {
    for (asn, winner) in [(64999, OUT), (65001, IN)] {
        let theirs = Open {
            asn: Asn(asn).as2(),
            router_id: config().router_id,
            capabilities: vec![asn4::encode(Asn(asn))],
            ..open()
        };
        let mut bench = Bench::at(PeerConfig { peer_as: None, ..config() }, State::OpenSent);
        bench.accept();
        bench.give(winner, &octets(&theirs));
        survives(&mut bench, winner);
    }
}

#[test]
fn a_second_connection_in_open_confirm_is_decided_by_its_open() {
    for higher in [false, true] {
        let mut bench = Bench::at(config(), State::OpenSent);
        bench.give(OUT, &from(higher));
        assert_eq!(bench.side.peer.state(), State::OpenConfirm);
        bench.accept();
        bench.give(IN, &from(higher));
        survives(&mut bench, if higher { IN } else { OUT });
    }
}

/// RFC 4271 section 6.8: "a connection collision with an existing BGP connection that is in the Established state
/// causes closing of the newly created connection".
#[test]
fn an_established_session_refuses_others() {
    let mut bench = Bench::at(config(), State::Established);
    let Accept::Refused { notification, .. } = bench.accept() else { panic!("accepted") };
    let text = "could not accept the connection, already established";
    assert_eq!(notification, Notification::shutdown(6, 7, text));

    // One that was there before goes when the other is established.
    for higher in [false, true] {
        let mut bench = Bench::at(config(), State::OpenSent);
        bench.give(OUT, &from(higher));
        bench.accept();
        bench.give(OUT, &keepalive());
        assert_eq!(bench.farewell(IN), Notification::named(6, 7));
        assert_eq!(bench.side.peer.state(), State::Established);
    }
}

#[test]
fn an_outgoing_try_ends_when_the_incoming_connection_is_established() {
    let mut bench = Bench::at(config(), State::Connect);
    bench.accept();
    bench.give(IN, &from(false));
    assert!(!bench.closed[0], "until then both may come up");
    bench.give(IN, &keepalive());
    assert!(bench.closed[0]);
    assert!(bench.written[0].is_empty());
    bench.io(OUT, Io::Connected);
    assert_eq!(bench.side.peer.established().unwrap().0, IN, "what comes late is ignored");
}

#[test]
fn losing_one_of_two_keeps_the_other() {
    let mut bench = both();
    bench.io(OUT, Io::Closed("gone".into()));
    assert_eq!(bench.side.peer.state(), State::OpenSent);
    assert_eq!(bench.connects.len(), 1, "no other try while one connection is there");
    bench.io(IN, Io::Closed("gone".into()));
    assert_eq!(bench.side.record.downs(), ["closing connection"]);
    assert_eq!(bench.connects.len(), 2);
}

#[test]
fn a_newer_incoming_connection_replaces_an_older_one() {
    for confirm in [false, true] {
        let mut bench = Bench::new(PeerConfig { passive: true, ..config() });
        bench.command(Command::Start);
        assert_eq!(bench.side.peer.state(), State::Active);
        assert_eq!(bench.accept(), Accept::Taken { replaces: None });
        if confirm {
            bench.give(IN, &octets(&open()));
        }
        let Accept::Taken { replaces: Some(last) } = bench.accept() else { panic!("replaced") };
        assert_eq!(last[18..21], [3, 6, 7]);
        bench.give(IN, &octets(&open()));
        bench.give(IN, &keepalive());
        assert_eq!(bench.side.peer.state(), State::Established);
        assert!(bench.side.record.downs().is_empty());
    }
}

/// RFC 4724 section 4.2: a peer that restarts comes back before we notice that it was gone.
#[test]
fn a_restarted_peer_takes_its_place_again() {
    for leg in Leg::BOTH {
        let mut theirs = open();
        theirs.capabilities.push(restart());
        let mut bench = Bench::new(with_restart(PeerConfig { passive: leg == IN, ..config() }));
        bench.command(Command::Start);
        if leg == IN {
            bench.accept();
        } else {
            bench.io(OUT, Io::Connected);
        }
        bench.give(leg, &octets(&theirs));
        bench.give(leg, &keepalive());
        assert!(matches!(bench.accept(), Accept::Refused { .. }), "so early it is a collision");
        bench.pass(Duration::from_secs(100));
        let before = bench.written[0].clone();
        let expected = if leg == IN { Some(Vec::new()) } else { None };
        assert_eq!(bench.accept(), Accept::Taken { replaces: expected });
        bench.give(IN, &octets(&theirs));
        bench.give(IN, &keepalive());
        assert_eq!(bench.side.peer.established().unwrap().0, IN);
        assert_eq!(bench.side.record.downs(), ["closing connection"]);
        assert_eq!(bench.written[0], before, "no NOTIFICATION on the old one");
        assert_eq!(bench.closed[0], leg == OUT);
    }
}

/// Found by the random runs: the session ends while a restarted peer's new connection is still without OPEN.
#[test]
fn a_session_that_is_lost_is_reported_though_another_connection_is_there() {
    let mut theirs = open();
    theirs.capabilities.push(restart());
    let mut bench = Bench::at(with_restart(config()), State::OpenSent);
    bench.give(OUT, &octets(&theirs));
    bench.give(OUT, &keepalive());
    bench.pass(Duration::from_secs(100));
    bench.accept();
    bench.io(OUT, Io::Closed("gone".into()));
    assert_eq!(bench.side.record.downs(), ["closing connection"]);
    assert_eq!(bench.side.peer.state(), State::OpenSent);
    assert_eq!(bench.connects.len(), 1);
    bench.give(IN, &octets(&theirs));
    bench.give(IN, &keepalive());
    assert_eq!(bench.events().filter(|event| matches!(event, Event::Up(..))).count(), 2);
}

#[test]
fn a_connection_that_comes_in_time_ends_the_waiting() {
    let mut bench = Bench::at(config(), State::Connect);
    for _ in 0..8 {
        bench.io(OUT, Io::ConnectFailed("refused".into()));
        bench.pass(bench.side.deadline().map_or(Duration::ZERO, |at| at - bench.now));
    }
    bench.io(OUT, Io::ConnectFailed("refused".into()));
    let tries = bench.connects.len();
    assert_eq!(bench.side.peer.state(), State::Active);
    bench.accept();
    bench.pass(Duration::from_secs(59));
    assert_eq!(bench.connects.len(), tries);
}
