//! Two peers and a network that behaves.

use std::sync::Arc;
use std::time::Duration;

use bgp_wire::cap::role::{self, Role};
use bgp_wire::cap::{RawCapability, operational};
use bgp_wire::msg::operational::{Content, Kind, Operational};
use bgp_wire::{Family, MessageType, Notification};

use super::bench::{config, opposite, query, restart, update, with_restart};
use crate::testing::Pair;
use crate::{Command, Event, Leg, PeerConfig, State, StopReason};

fn passive(config: PeerConfig) -> PeerConfig {
    PeerConfig { passive: true, ..config }
}

#[test]
fn one_connects_and_the_other_waits() {
    let mut pair = Pair::new([config(), passive(opposite())], 1);
    pair.start();
    pair.establish();
    assert!(pair.elapsed() < Duration::from_secs(1));
    let active = [State::Connect, State::OpenSent, State::OpenConfirm, State::Established];
    assert_eq!(pair.sides[0].record.states(), active);
    let waiting = [State::Active, State::OpenSent, State::OpenConfirm, State::Established];
    assert_eq!(pair.sides[1].record.states(), waiting);

    pair.write(0, &[update(), update()].concat());
    pair.command(1, Command::Refresh(query()));
    pair.run(Duration::from_hours(24));
    assert!(pair.established(), "and it stays so");
    assert_eq!(pair.sides[1].record.updates.len(), 2);
    let refreshed = |(_, event): &(_, Event)| *event == Event::RefreshReceived(query());
    assert!(pair.sides[0].record.events.iter().any(refreshed));
    let keepalives = pair.sides[0].record.sent(MessageType::KEEPALIVE).len();
    assert_eq!(keepalives, 1 + 24 * 60, "one a minute");
}

#[test]
fn the_story_of_a_session_is_told_in_order() {
    let mut pair = Pair::new([config(), passive(opposite())], 1);
    pair.start();
    pair.establish();
    pair.command(1, Command::Stop(StopReason::ShuttingDown("bye".into())));
    pair.run(Duration::from_millis(100));
    let words = |(_, event): &(_, Event)| match event {
        Event::State { to, .. } => to.to_string(),
        Event::Sent { kind, .. } => format!("sent {kind}"),
        Event::Down(reason) => format!("down {reason}"),
        other => format!("{other:?}").split('(').next().unwrap_or_default().to_owned(),
    };
    let story: Vec<String> = pair.sides[0].record.events.iter().map(words).collect();
    let expected = [
        "CONNECT",
        "Connected",
        "sent open",
        "OpenSent",
        "OPENSENT",
        "OpenReceived",
        "Negotiated",
        "OPENCONFIRM",
        "sent keepalive",
        "ESTABLISHED",
        "Up",
        "NotificationReceived",
        "down notification received (6,2)",
        "IDLE",
        "CONNECT",
    ];
    assert_eq!(story[..expected.len()], expected);
}

#[test]
fn both_connect_at_once_and_one_connection_stays() {
    for (configs, winner) in [([config(), opposite()], 0), ([opposite(), config()], 1)] {
        for jitter in [0, 1, 5, 30] {
            for seed in 0..50 {
                let mut pair = Pair::new(configs.clone(), seed);
                pair.network.faults.jitter = Duration::from_millis(jitter);
                pair.start();
                pair.establish();
                pair.run(Duration::from_secs(1));
                assert!(pair.established());
                if jitter == 0 {
                    let legs = pair.sides.each_ref().map(|side| side.peer.established().unwrap().0);
                    let expected = if winner == 0 {
                        [Leg::Outgoing, Leg::Incoming]
                    } else {
                        [Leg::Incoming, Leg::Outgoing]
                    };
                    assert_eq!(legs, expected, "the one of 10.0.0.2");
                    assert!(pair.sides.iter().all(|side| side.record.downs().is_empty()));
                }
            }
        }
    }
}

#[test]
fn one_starts_later() {
    for late in 0..200 {
        let mut pair = Pair::new([config(), opposite()], late);
        pair.sides[1].listening = false;
        pair.command(0, Command::Start);
        pair.run(Duration::from_millis(late * 10));
        pair.sides[1].listening = true;
        pair.command(1, Command::Start);
        pair.establish();
        pair.run(Duration::from_secs(1));
        assert!(pair.established());
    }
}

#[test]
fn a_session_that_breaks_comes_back() {
    let mut pair = Pair::new([config(), opposite()], 3);
    pair.start();
    for n in 1..20 {
        pair.establish();
        pair.run(Duration::from_secs(5));
        assert!(pair.established());
        pair.cut();
        pair.run(Duration::from_millis(10));
        assert!(!pair.established());
        assert!(pair.sides.iter().all(|side| side.record.downs().len() >= n));
    }
}

#[test]
fn teardown_is_received_and_forgotten() {
    let mut pair = Pair::new([config(), passive(opposite())], 4);
    pair.start();
    pair.establish();
    pair.command(1, Command::Teardown(Notification::named(6, 4)));
    pair.run(Duration::from_millis(50));
    assert_eq!(pair.sides[0].record.notified(), [(6, 4)]);
    assert_eq!(pair.sides[1].record.downs(), ["notification sent (6,4)"]);
    pair.establish();
}

#[test]
fn a_side_that_reads_only_when_it_has_to_keeps_its_session() {
    let mut pair = Pair::new([config(), passive(opposite())], 5);
    pair.start();
    pair.establish();
    pair.sides[0].reading = false;
    pair.run(Duration::from_hours(1));
    assert!(pair.established());
    assert_eq!(pair.sides[0].record.downs(), [""; 0]);
}

/// The peer's window is closed: RFC 9687 on its way out, the hold timer on the other side, whichever comes first.
#[test]
fn a_side_whose_octets_go_nowhere_ends_the_session() {
    let ours = PeerConfig { send_hold: Some(Duration::from_secs(100)), ..config() };
    let mut pair = Pair::new([ours, passive(opposite())], 6);
    pair.start();
    pair.establish();
    pair.network.faults.stuck[0] = true;
    pair.run(Duration::from_secs(60 + 99));
    assert!(pair.established());
    pair.run(Duration::from_secs(2));
    assert_eq!(pair.sides[0].record.downs(), ["notification sent (8,0)"]);
}

#[test]
fn graceful_restart_of_a_whole_daemon() {
    let peer = with_restart(passive(opposite()));
    let mut pair = Pair::new([with_restart(config()), peer.clone()], 7);
    assert_eq!(config().capabilities.len() + 1, peer.capabilities.len());
    assert_eq!(peer.capabilities.last(), Some(&restart()));
    pair.start();
    pair.establish();
    pair.command(0, Command::Stop(StopReason::ShuttingDown("upgrade".into())));
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.sides[1].record.notified(), []);
    assert_eq!(pair.sides[1].record.downs(), ["closing connection"]);
    pair.command(0, Command::Start);
    pair.establish();
}

#[test]
fn automatic_as_numbers_on_one_side() {
    let auto = PeerConfig { local_as: None, peer_as: None, ..config() };
    let internal = PeerConfig { peer_as: None, ..opposite() };
    let mut pair = Pair::new([auto.clone(), internal], 8);
    pair.start();
    pair.establish();
    assert_eq!(pair.sides[0].peer.established().unwrap().1.local_as, bgp_wire::Asn(65001));

    // Two of them have nothing to say.
    let mut silent = Pair::new([auto.clone(), PeerConfig { passive: true, ..auto }], 9);
    silent.start();
    silent.run(Duration::from_secs(61));
    assert!(silent.sides[0].record.downs()[0].contains("(4,0)"));
}

fn with(mut config: PeerConfig, capability: RawCapability) -> PeerConfig {
    config.capabilities.push(capability);
    config
}

/// RFC 9234 section 4.2, both ends.
#[test]
fn roles_of_two_ends() {
    let pair = |ours, theirs| {
        let (ours, theirs) = (role::encode(ours), role::encode(theirs));
        let mut pair = Pair::new([with(config(), ours), passive(with(opposite(), theirs))], 1);
        pair.start();
        pair
    };
    let mut good = pair(Role::PROVIDER, Role::CUSTOMER);
    good.establish();
    let roles = good.sides.iter().map(|side| side.peer.established().unwrap().1.role);
    assert_eq!(roles.collect::<Vec<_>>(), [Some(Role::PROVIDER), Some(Role::CUSTOMER)]);

    let mut wrong = pair(Role::CUSTOMER, Role::CUSTOMER);
    wrong.run(Duration::from_mins(10));
    assert!(!wrong.established());
    // Each finds it out by itself, each time.
    for side in &wrong.sides {
        let downs = side.record.downs();
        assert!(downs.len() > 1 && downs.iter().all(|d| d == "notification sent (2,11)"), "{downs:?}");
    }
}

#[test]
fn operational_messages_go_from_end_to_end() {
    let capability = operational::encode;
    let mut pair = Pair::new([with(config(), capability()), passive(with(opposite(), capability()))], 1);
    pair.start();
    pair.establish();
    let content = Content::Count { router_id: None, sequence: 7, counter: None };
    let message = Operational { kind: Kind(3), family: Some(Family::IPV4_UNICAST), content };
    pair.command(0, Command::Operational(Arc::new(message)));
    pair.run(Duration::from_secs(1));
    let received: Vec<_> = pair.sides[1]
        .record
        .received
        .iter()
        .filter(|(_, kind, _)| *kind == MessageType::OPERATIONAL)
        .collect();
    assert_eq!(received.len(), 1);
    let content = Content::Count { router_id: Some(config().router_id), sequence: 7, counter: None };
    assert_eq!(Operational::decode(&received[0].2[19..]).unwrap().content, content, "with our identifier");
    assert!(pair.established());
}
