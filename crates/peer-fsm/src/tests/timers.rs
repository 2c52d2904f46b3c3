//! Hold, keepalive, send hold, connect and back-off, to the millisecond.

use std::time::Duration;

use bgp_wire::msg::{Open, keepalive};
use bgp_wire::{MessageType, Notification};

use super::bench::{Bench, config, octets, open, update};
use crate::{Command, Event, Io, Leg, PeerConfig, State, Wanted};

const OUT: Leg = Leg::Outgoing;

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

#[test]
fn keepalives_leave_each_third_of_the_hold_time() {
    for (hold, interval) in [(180, 60), (90, 30), (10, 3), (3, 1)] {
        let mut bench = Bench::at(config(), State::OpenSent);
        bench.give(OUT, &octets(&Open { hold_time: hold, ..open() }));
        bench.give(OUT, &keepalive());
        for n in 1..=5 {
            bench.pass(seconds(interval));
            bench.give(OUT, &keepalive());
            let due = u128::from(n * interval) * 1000;
            assert_eq!(bench.side.record.sent(MessageType::KEEPALIVE).last(), Some(&due), "hold time {hold}");
        }
    }
}

#[test]
fn a_hold_time_of_zero_runs_no_timers_and_takes_keepalives() {
    let mut bench = Bench::at(config(), State::OpenSent);
    bench.give(OUT, &octets(&Open { hold_time: 0, ..open() }));
    bench.give(OUT, &keepalive());
    assert_eq!(bench.side.peer.poll_timeout(), None);
    bench.give(OUT, &keepalive());
    bench.give(OUT, &keepalive());
    bench.pass(seconds(100_000));
    assert_eq!(bench.side.peer.state(), State::Established);
    assert_eq!(bench.side.record.sent(MessageType::KEEPALIVE), [0], "the one that confirms the OPEN");
}

#[test]
fn silence_for_the_hold_time_ends_the_session() {
    for state in [State::OpenConfirm, State::Established] {
        let mut bench = Bench::at(config(), state);
        bench.pass(Duration::from_millis(179_999));
        assert_eq!(bench.side.peer.state(), state);
        bench.pass(Duration::from_millis(1));
        assert_eq!(bench.farewell(OUT), Notification::new(4, 0));
        assert_eq!(bench.side.record.downs(), ["notification sent (4,0)"]);
    }
}

#[test]
fn keepalives_and_updates_hold_the_session() {
    let mut bench = Bench::at(config(), State::Established);
    for n in 0..20 {
        bench.pass(seconds(179));
        bench.give(OUT, &if n % 2 == 0 { update() } else { keepalive().to_vec() });
    }
    assert_eq!(bench.side.peer.state(), State::Established);
    bench.give(OUT, &update()[..20]);
    bench.pass(seconds(180));
    assert_eq!(bench.farewell(OUT).code, 4, "a part of a message does not");
}

#[test]
fn a_peer_without_open_is_left() {
    for local_as in [config().local_as, None] {
        let mut bench = Bench::new(PeerConfig { local_as, ..config() });
        bench.command(Command::Start);
        bench.io(OUT, Io::Connected);
        bench.pass(seconds(60));
        assert_eq!(bench.farewell(OUT), Notification::new(4, 0));
    }
}

/// What the owner has not read counts before the timer does.
#[test]
fn unread_octets_are_asked_for_before_the_hold_time_ends() {
    let mut bench = Bench::at(config(), State::Established);
    bench.now += seconds(180);
    assert_eq!(bench.side.peer.handle_timeout(bench.now), Wanted::Read(OUT));
    assert!(!bench.side.record.sent(MessageType::KEEPALIVE).is_empty());
    bench.give(OUT, &keepalive());
    assert_eq!(bench.side.peer.handle_timeout(bench.now), Wanted::Nothing);
    assert_eq!(bench.side.peer.state(), State::Established);

    // No room for them: the peer is alive all the same, and keepalives leave.
    for _ in 0..10 {
        bench.now += seconds(180);
        assert_eq!(bench.side.peer.handle_timeout(bench.now), Wanted::Read(OUT));
        bench.settle();
        bench.side.peer.handle_unread(bench.now, OUT);
        assert_eq!(bench.side.peer.handle_timeout(bench.now), Wanted::Nothing);
    }
    assert_eq!(bench.side.peer.state(), State::Established);
    bench.now += seconds(180);
    assert_eq!(bench.side.peer.handle_timeout(bench.now), Wanted::Read(OUT));
    assert_eq!(bench.side.peer.handle_timeout(bench.now), Wanted::Nothing);
    bench.settle();
    assert_eq!(bench.farewell(OUT).code, 4);
}

/// RFC 9687: a peer that speaks but does not read.
#[test]
fn a_peer_that_does_not_read_is_left() {
    let alive = |bench: &mut Bench, time: u64| {
        for _ in 0..time / 60 {
            bench.pass(seconds(60));
            bench.give(OUT, &keepalive());
        }
        bench.side.peer.state() == State::Established
    };
    let mut bench = Bench::at(config(), State::Established);
    bench.side.peer.handle_written(bench.now, OUT, 19, false);
    assert!(alive(&mut bench, 3600), "nothing waits");
    bench.side.peer.handle_written(bench.now, OUT, 0, true);
    assert!(alive(&mut bench, 420));
    bench.side.peer.handle_written(bench.now, OUT, 0, true);
    assert!(alive(&mut bench, 0), "asking again does not help");
    bench.side.peer.handle_written(bench.now, OUT, 1, true);
    assert!(alive(&mut bench, 420), "an octet does");
    assert!(!alive(&mut bench, 60));
    assert_eq!(bench.farewell(OUT), Notification::new(8, 0));

    let send_hold = Some(seconds(30));
    let mut short = Bench::at(PeerConfig { send_hold, ..config() }, State::Established);
    short.side.peer.handle_written(short.now, OUT, 0, true);
    short.pass(seconds(29));
    assert_eq!(short.side.peer.state(), State::Established);
    short.side.peer.handle_written(short.now, OUT, 10, false);
    short.pass(seconds(29));
    assert_eq!(short.side.peer.state(), State::Established);
    short.side.peer.handle_written(short.now, OUT, 0, true);
    short.pass(seconds(30));
    assert_eq!(short.farewell(OUT).code, 8);

    let mut never = Bench::at(PeerConfig { send_hold: Some(Duration::ZERO), ..config() }, State::Established);
    never.side.peer.handle_written(never.now, OUT, 0, true);
    assert!(alive(&mut never, 36_000));
}

#[test]
fn send_hold_is_at_least_twice_the_hold_time() {
    let ours = PeerConfig { hold_time: 900, ..config() };
    let mut bench = Bench::at(ours, State::OpenSent);
    bench.give(OUT, &octets(&Open { hold_time: 900, ..open() }));
    bench.give(OUT, &keepalive());
    bench.side.peer.handle_written(bench.now, OUT, 0, true);
    for _ in 0..3 {
        bench.pass(seconds(599));
        bench.give(OUT, &keepalive());
    }
    assert_eq!(bench.side.peer.state(), State::Established);
    bench.pass(seconds(3));
    assert_eq!(bench.farewell(OUT).code, 8);
}

#[test]
fn a_connection_that_does_not_come_up_is_given_up() {
    let mut bench = Bench::at(config(), State::Connect);
    bench.pass(seconds(60));
    assert!(bench.closed[0]);
    assert!(bench.written[0].is_empty());
    assert!(bench.events().any(|event| *event == Event::ConnectFailed("no answer".into())));
    assert_eq!(bench.connects, [seconds(0), seconds(60)]);
}

#[test]
fn tries_come_less_often_with_each_failure() {
    let mut bench = Bench::at(config(), State::Connect);
    let mut waits = Vec::new();
    for _ in 0..20 {
        let before = bench.now;
        let tries = bench.connects.len();
        bench.io(OUT, Io::ConnectFailed("refused".into()));
        while bench.connects.len() == tries {
            assert_eq!(bench.side.peer.state(), State::Active);
            let next = bench.side.deadline().unwrap();
            bench.pass(next - bench.now);
        }
        waits.push((bench.now - before).as_secs_f64());
    }
    let nominal = [0, 1, 2, 3, 4, 5, 7, 9, 11, 14, 17, 21, 26, 32, 39, 47, 57, 60, 60, 60];
    for (wait, nominal) in waits.iter().zip(nominal.map(f64::from)) {
        assert!((nominal * 0.75..=nominal).contains(wait), "{wait} for {nominal}");
    }
    assert!(bench.side.record.downs().is_empty(), "what never was up can't go down");

    // An established session begins the sequence anew.
    bench.io(OUT, Io::Connected);
    bench.give(OUT, &octets(&open()));
    bench.give(OUT, &keepalive());
    let tries = bench.connects.len();
    bench.io(OUT, Io::Closed("reset".into()));
    assert_eq!(bench.connects.len(), tries + 1, "at once");
    assert_eq!(bench.side.record.downs(), ["closing connection"]);
}

#[test]
fn enough_tries_are_enough() {
    let mut bench = Bench::at(PeerConfig { attempts: Some(3), ..config() }, State::Connect);
    for _ in 0..3 {
        bench.io(OUT, Io::ConnectFailed("refused".into()));
        bench.pass(seconds(100).min(bench.side.deadline().map_or(Duration::ZERO, |at| at - bench.now)));
    }
    assert_eq!(bench.connects.len(), 3);
    let last: Vec<_> = bench.events().skip(bench.side.record.events.len() - 2).cloned().collect();
    assert_eq!(last, [Event::AttemptsExhausted, Event::Stopped]);
    assert_eq!(bench.side.peer.poll_timeout(), None);

    let mut session = Bench::at(PeerConfig { attempts: Some(1), ..config() }, State::Established);
    session.io(OUT, Io::Closed("gone".into()));
    assert_eq!(session.side.peer.state(), State::Idle);
    assert!(session.events().any(|event| *event == Event::Stopped));
}
