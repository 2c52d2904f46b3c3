//! Start, stop, teardown, failure, refresh.

use std::sync::Arc;
use std::time::Duration;

use bgp_wire::msg::keepalive;
use bgp_wire::msg::operational::{Content, Kind, Operational};
use bgp_wire::{Family, MessageType, Notification};

use super::bench::{Bench, config, octets, open, query, restart, with_restart};
use crate::{Accept, Command, CommandError, Event, Io, Leg, PeerConfig, State, StopReason};

const OUT: Leg = Leg::Outgoing;

/// An established session in which both sides can restart gracefully.
fn graceful() -> Bench {
    let mut theirs = open();
    theirs.capabilities.push(restart());
    let mut bench = Bench::at(with_restart(config()), State::OpenSent);
    bench.give(OUT, &octets(&theirs));
    bench.give(OUT, &keepalive());
    bench
}

fn shutting_down(text: &str) -> Command {
    Command::Stop(StopReason::ShuttingDown(text.into()))
}

#[test]
fn a_shutdown_says_why() {
    let mut bench = Bench::at(config(), State::Established);
    bench.command(shutting_down("maintenance"));
    assert_eq!(bench.farewell(OUT), Notification::shutdown(6, 2, "maintenance"));
    assert_eq!(bench.side.record.downs(), ["stop, message [shutting down]"]);
    assert_eq!(bench.events().last(), Some(&Event::Stopped));
    assert_eq!(bench.side.peer.state(), State::Idle);
    assert_eq!(bench.side.peer.poll_timeout(), None);

    let mut silent = Bench::at(config(), State::OpenConfirm);
    silent.command(shutting_down(""));
    assert_eq!(silent.farewell(OUT), Notification::new(6, 2));
}

#[test]
fn a_removed_peer_is_told() {
    let mut bench = Bench::at(config(), State::Established);
    bench.command(Command::Stop(StopReason::Removed));
    assert_eq!((bench.farewell(OUT).code, bench.farewell(OUT).subcode), (6, 3));
    assert_eq!(bench.side.record.downs(), ["stop, message [removed]"]);
}

/// RFC 4724 section 4: a NOTIFICATION would make the peer drop our routes.
#[test]
fn graceful_restart_closes_without_a_word() {
    let commands = [
        (shutting_down("bye"), "stop, message [shutting down]"),
        (
            Command::Stop(StopReason::Reconfigured),
            "graceful restarted negotiated, closing without sending any notification",
        ),
        (
            Command::Teardown(Notification::named(6, 4)),
            "graceful restarted negotiated, closing without sending any notification",
        ),
    ];
    for (command, reason) in commands {
        let mut bench = graceful();
        let before = bench.written[0].clone();
        bench.command(command);
        assert!(bench.closed[0]);
        assert_eq!(bench.written[0], before);
        assert_eq!(bench.side.record.downs(), [reason]);
    }
    let mut removed = graceful();
    removed.command(Command::Stop(StopReason::Removed));
    assert_eq!(removed.farewell(OUT).code, 6, "we don't come back");
    // It takes two to negotiate.
    let mut alone = Bench::at(with_restart(config()), State::Established);
    alone.command(shutting_down("bye"));
    assert_eq!(alone.farewell(OUT).code, 6);
}

#[test]
fn a_teardown_begins_again_at_once() {
    let mut bench = Bench::at(config(), State::Established);
    bench.command(Command::Teardown(Notification::named(6, 4)));
    assert_eq!(bench.farewell(OUT), Notification::named(6, 4));
    assert_eq!(bench.side.record.downs(), ["notification sent (6,4)"]);
    assert_eq!(bench.connects.len(), 2);
    assert_eq!(bench.side.peer.state(), State::Connect);

    // While the back-off runs it ends it.
    let mut waiting = Bench::at(config(), State::Connect);
    for _ in 0..8 {
        waiting.io(OUT, Io::ConnectFailed("refused".into()));
        if waiting.side.peer.state() == State::Active {
            waiting.command(Command::Teardown(Notification::named(6, 4)));
        }
        assert_eq!(waiting.side.peer.state(), State::Connect);
    }
    let mut stopped = Bench::new(config());
    stopped.command(Command::Teardown(Notification::named(6, 4)));
    assert!(stopped.connects.is_empty());
}

#[test]
fn a_failure_above_is_told_always() {
    let mut bench = graceful();
    bench.command(Command::Fail(Notification::new(6, 0)));
    assert_eq!(bench.farewell(OUT), Notification::new(6, 0));
    assert_eq!(bench.side.record.downs(), ["notification sent (6,0)"]);
}

#[test]
fn an_open_that_still_waits_goes_before_the_farewell() {
    let mut bench = Bench::at(config(), State::Connect);
    bench.side.peer.handle_io(bench.now, OUT, Io::Connected);
    bench.side.peer.handle_command(bench.now, Command::Stop(StopReason::Removed)).unwrap();
    bench.settle();
    assert_eq!(bench.farewell(OUT).subcode, 3);
    assert_eq!(bench.written[0][18], 1, "the OPEN first");
}

#[test]
fn refresh_is_asked_for_where_it_was_negotiated() {
    let mut bench = Bench::at(config(), State::OpenConfirm);
    let command = || Command::Refresh(query());
    assert_eq!(bench.side.peer.handle_command(bench.now, command()), Err(CommandError::NotEstablished));
    bench.give(OUT, &keepalive());
    bench.command(command());
    assert!(bench.written[0].ends_with(&query().encode()));
    assert_eq!(bench.side.record.sent(MessageType::ROUTE_REFRESH).len(), 1);

    let mut plain = Bench::at(PeerConfig { capabilities: vec![], ..config() }, State::Established);
    let refused = plain.side.peer.handle_command(plain.now, command());
    assert_eq!(refused, Err(CommandError::NoRouteRefresh));
}

#[test]
fn operational_messages_are_for_those_who_know_them() {
    let content = Content::Advisory("hello".into());
    let message = Arc::new(Operational { kind: Kind::ADM, family: Some(Family::IPV4_UNICAST), content });
    let mut bench = Bench::at(config(), State::OpenConfirm);
    let command = || Command::Operational(Arc::clone(&message));
    assert_eq!(bench.side.peer.handle_command(bench.now, command()), Err(CommandError::NotEstablished));
    bench.give(OUT, &keepalive());
    assert_eq!(bench.side.peer.handle_command(bench.now, command()), Err(CommandError::NoOperational));
    assert!(bench.side.record.sent(MessageType::OPERATIONAL).is_empty());
}

#[test]
fn a_stopped_peer_refuses_and_can_be_started_again() {
    let mut bench = Bench::at(config(), State::Established);
    bench.command(Command::Stop(StopReason::Removed));
    let Accept::Refused { notification, farewell } = bench.accept() else { panic!("accepted") };
    assert_eq!((notification.code, notification.subcode), (6, 5));
    assert_eq!(farewell[18..21], [3, 6, 5]);
    bench.pass(Duration::from_hours(1));
    assert_eq!(bench.connects.len(), 1);
    bench.command(Command::Stop(StopReason::Removed));
    bench.command(Command::Start);
    bench.command(Command::Start);
    assert_eq!(bench.connects.len(), 2);
    bench.io(OUT, Io::Connected);
    assert_eq!(bench.side.peer.state(), State::OpenSent);
}
