//! Every message in every state.

use bgp_wire::msg::keepalive;
use bgp_wire::{DecodeError, Notification};

use super::bench::{Bench, config, message, octets, open, refresh, update};
use crate::{Command, Event, Io, Leg, PeerConfig, State};

const OUT: Leg = Leg::Outgoing;

/// The messages by type, 1 to 6.
fn by_type(kind: u8) -> Vec<u8> {
    match kind {
        1 => octets(&open()),
        2 => update(),
        3 => message(3, &[6, 2]),
        4 => keepalive().to_vec(),
        5 => refresh(),
        _ => message(6, &[]),
    }
}

/// RFC 4271 section 8.2.2 and RFC 6608: what each message does in each state that can receive one. Zeros: the session
/// goes on.
#[test]
fn what_is_not_expected_is_answered_by_the_error_of_the_state() {
    let table = [
        (State::OpenSent, [(0, 0), (5, 1), (0, 0), (5, 1), (5, 1), (5, 1)]),
        (State::OpenConfirm, [(5, 2), (5, 2), (0, 0), (0, 0), (5, 2), (5, 2)]),
        (State::Established, [(5, 3), (0, 0), (0, 0), (0, 0), (0, 0), (1, 3)]),
    ];
    for (state, expected) in table {
        for (kind, (code, subcode)) in (1..=6).zip(expected) {
            let mut bench = Bench::at(config(), state);
            bench.give(OUT, &by_type(kind));
            let what = format!("type {kind} in {state}");
            if kind == 3 {
                assert!(bench.closed[0], "{what}");
                assert_eq!(bench.side.record.downs(), ["notification received (6,2)"], "{what}");
            } else if code == 0 {
                assert!(!bench.closed[0], "{what}");
            } else {
                let farewell = bench.farewell(OUT);
                assert_eq!((farewell.code, farewell.subcode), (code, subcode), "{what}");
                assert_eq!(*farewell.data, [kind], "{what}: RFC 6608, the type is the data");
                let reason = format!("notification sent ({code},{subcode})");
                assert_eq!(bench.side.record.downs(), [reason], "{what}");
            }
        }
    }
}

#[test]
fn a_notification_is_never_answered() {
    for state in [State::OpenSent, State::OpenConfirm, State::Established] {
        for body in [&[6, 2][..], &[1, 1, 9, 9], &[0, 0]] {
            let mut bench = Bench::at(config(), state);
            let before = bench.written[0].clone();
            bench.give(OUT, &message(3, body));
            assert!(bench.closed[0]);
            assert_eq!(bench.written[0], before);
            let received = Event::NotificationReceived(OUT, Notification::decode(body));
            assert!(bench.events().any(|event| *event == received));
        }
    }
}

#[test]
fn errors_of_the_header() {
    let mut marker = keepalive();
    marker[3] = 0;
    let long_keepalive = message(4, &[0]);
    let unknown = message(9, &[]);
    let huge = message(2, &vec![0; 4096 - 18]);
    let cases =
        [(&marker[..], (1, 1), &[][..]), (&long_keepalive, (1, 2), &[0, 20]), (&unknown, (1, 3), &[9])];
    for (octets, expected, data) in cases {
        for state in [State::OpenSent, State::OpenConfirm, State::Established] {
            let mut bench = Bench::at(config(), state);
            bench.give(OUT, octets);
            let farewell = bench.farewell(OUT);
            assert_eq!((farewell.code, farewell.subcode), expected);
            assert_eq!(*farewell.data, *data);
        }
    }
    let mut bench = Bench::at(config(), State::Established);
    bench.give(OUT, &huge);
    assert_eq!(bench.farewell(OUT).code, 1, "4,097 octets without extended messages");
}

#[test]
fn extended_messages_where_negotiated() {
    let capability = bgp_wire::cap::RawCapability::empty(bgp_wire::CapCode::EXTENDED_MESSAGE);
    let mut ours = config();
    ours.capabilities.push(capability.clone());
    let mut theirs = open();
    theirs.capabilities.push(capability);
    let mut bench = Bench::at(ours, State::OpenSent);
    bench.give(OUT, &octets(&theirs));
    bench.give(OUT, &keepalive());
    bench.give(OUT, &message(2, &vec![0; 60_000]));
    assert_eq!(bench.side.record.updates.len(), 1);
    assert_eq!(bench.side.peer.state(), State::Established);
}

#[test]
fn messages_may_come_in_any_pieces_and_keep_their_order() {
    let stream =
        [octets(&open()), keepalive().to_vec(), update(), refresh(), keepalive().to_vec(), update()].concat();
    for size in 1..stream.len() {
        let mut bench = Bench::at(config(), State::OpenSent);
        for piece in stream.chunks(size) {
            bench.give(OUT, piece);
        }
        let kinds: Vec<u8> = bench.side.record.received.iter().map(|(_, kind, _)| kind.0).collect();
        assert_eq!(kinds, [1, 4, 2, 5, 4, 2], "in pieces of {size}");
        assert_eq!(bench.side.record.updates.len(), 2);
        assert_eq!(bench.side.peer.state(), State::Established);
    }
}

#[test]
fn a_sink_that_has_had_enough_stops_the_reading() {
    let mut bench = Bench::at(config(), State::Established);
    bench.side.record.pause = true;
    bench.side.unread[0] = [update(), update()].concat();
    assert_eq!(bench.side.offer(bench.now, OUT), 23);
    assert_eq!(bench.side.record.updates.len(), 1);
    assert_eq!(bench.side.unread[0], update(), "the rest stays with the owner");
    assert_eq!(bench.side.offer(bench.now, OUT), 23);
    assert_eq!(bench.side.offer(bench.now, OUT), 0);
}

#[test]
fn an_update_that_resets_the_session() {
    let mut bench = Bench::at(config(), State::Established);
    bench.side.record.verdict = Some(DecodeError::Update { subcode: 1, reason: "lengths".into() });
    bench.give(OUT, &[update(), update()].concat());
    let farewell = bench.farewell(OUT);
    assert_eq!((farewell.code, farewell.subcode), (3, 1));
    assert_eq!(bench.side.record.updates.len(), 1, "nothing is read after it");
}

#[test]
fn refresh_is_reported_where_negotiated_and_ignored_elsewhere() {
    let reported = |config: PeerConfig| {
        let mut bench = Bench::at(config, State::Established);
        bench.give(OUT, &refresh());
        assert_eq!(bench.side.peer.state(), State::Established);
        bench.events().any(|event| matches!(event, Event::RefreshReceived(_)))
    };
    assert!(reported(config()));
    assert!(!reported(PeerConfig { capabilities: vec![], ..config() }));

    let mut bench = Bench::at(config(), State::Established);
    bench.give(OUT, &message(5, &[0, 1, 1, 1, 0]));
    let farewell = bench.farewell(OUT);
    assert_eq!((farewell.code, farewell.subcode), (7, 1), "RFC 7313 section 5");
}

#[test]
fn nothing_is_read_from_a_connection_that_is_not_there() {
    let mut bench = Bench::new(config());
    assert_eq!(bench.side.peer.handle_bytes(bench.now, OUT, &update(), &mut bench.side.record), 0);
    bench.command(Command::Start);
    assert_eq!(bench.side.peer.handle_bytes(bench.now, OUT, &update(), &mut bench.side.record), 0);
    bench.io(Leg::Incoming, Io::Closed("stale".into()));
    assert_eq!(bench.side.peer.state(), State::Connect);
}
