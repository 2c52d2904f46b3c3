//! Random settings, faults and commands. [`crate::testing`] checks what must always hold while they run; here is what
//! must hold in the end: when the network behaves again the session comes up and stays.

use std::time::Duration;

use bgp_wire::Notification;
use proptest::prelude::*;

use super::bench::{config, keepalives_of, opposite, update, with_restart};
use crate::testing::{Faults, Pair};
use crate::{Command, PeerConfig, StopReason};

/// What someone does at some time.
#[derive(Clone, Debug)]
enum Act {
    Wait(u64),
    Cut,
    Start(usize),
    Stop(usize, bool),
    Teardown(usize),
    Fail(usize),
    Listen(usize, bool),
    Read(usize, bool),
    Update(usize, usize),
    Garbage(usize, Vec<u8>),
}

fn act() -> impl Strategy<Value = Act> {
    let side = 0..2_usize;
    prop_oneof![
        4 => (0..300_000_u64).prop_map(Act::Wait),
        4 => (0..100_u64).prop_map(Act::Wait),
        2 => Just(Act::Cut),
        3 => side.clone().prop_map(Act::Start),
        1 => (side.clone(), any::<bool>()).prop_map(|(s, removed)| Act::Stop(s, removed)),
        2 => side.clone().prop_map(Act::Teardown),
        1 => side.clone().prop_map(Act::Fail),
        1 => (side.clone(), any::<bool>()).prop_map(|(s, on)| Act::Listen(s, on)),
        1 => (side.clone(), any::<bool>()).prop_map(|(s, on)| Act::Read(s, on)),
        2 => (side.clone(), 1..50_usize).prop_map(|(s, n)| Act::Update(s, n)),
        1 => (side, 0..8_u8, prop::collection::vec(any::<u8>(), 0..60))
            .prop_map(|(s, kind, body)| Act::Garbage(s, super::bench::message(kind, &body))),
    ]
}

fn settings(base: fn() -> PeerConfig) -> impl Strategy<Value = PeerConfig> {
    let hold = prop_oneof![Just(0), 3..20_u16, Just(180)];
    (hold, any::<bool>(), any::<bool>()).prop_map(move |(hold_time, restart, extended)| {
        let mut config = PeerConfig { hold_time, ..base() };
        if restart {
            config = with_restart(config);
        }
        if extended {
            config.capabilities.push(bgp_wire::cap::extended_message::encode());
        }
        config
    })
}

fn faults() -> impl Strategy<Value = Faults> {
    (0..500_u64, 0..500_u64, 0..40_usize, 0..4_u64, prop_oneof![Just(0), 5..200_u64]).prop_map(
        |(latency, jitter, segment, refuse, break_off)| Faults {
            latency: Duration::from_millis(latency),
            jitter: Duration::from_millis(jitter),
            segment,
            refuse: if refuse == 1 { 0 } else { refuse },
            break_off,
            stuck: [false; 2],
        },
    )
}

fn play(pair: &mut Pair, act: &Act) {
    match act {
        Act::Wait(time) => pair.run(Duration::from_millis(*time)),
        Act::Cut => pair.cut(),
        Act::Start(side) => pair.command(*side, Command::Start),
        Act::Stop(side, true) => pair.command(*side, Command::Stop(StopReason::Removed)),
        Act::Stop(side, false) => pair.command(*side, Command::Stop(StopReason::ShuttingDown("x".into()))),
        Act::Teardown(side) => pair.command(*side, Command::Teardown(Notification::named(6, 4))),
        Act::Fail(side) => pair.command(*side, Command::Fail(Notification::new(6, 8))),
        Act::Listen(side, on) => pair.sides[*side].listening = *on,
        Act::Read(side, on) => pair.sides[*side].reading = *on,
        Act::Update(side, n) => {
            if pair.sides[*side].peer.established().is_some() {
                pair.write(*side, &update().repeat(*n));
            }
        }
        Act::Garbage(side, octets) => pair.receive(*side, octets),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_session_comes_back(
        a in settings(config),
        b in settings(opposite),
        passive in 0..3_usize,
        seed in any::<u64>(),
        faults in faults(),
        acts in prop::collection::vec(act(), 0..25),
    ) {
        let mut configs = [a, b];
        if let Some(config) = configs.get_mut(passive) {
            config.passive = true;
        }
        let mut pair = Pair::new(configs, seed);
        let good = pair.network.faults;
        pair.network.faults = faults;
        pair.start();
        for act in &acts {
            play(&mut pair, act);
        }
        pair.network.faults = good;
        for side in 0..2 {
            pair.sides[side].listening = true;
            pair.sides[side].reading = true;
            pair.command(side, Command::Start);
        }
        // What is under way arrives, the end of a broken connection too.
        pair.run(Duration::from_secs(2));
        pair.establish();
        let before = keepalives_of(&pair);
        pair.run(Duration::from_mins(20));
        prop_assert!(pair.established());
        let hold = pair.sides[0].peer.established().map_or(0, |(_, n)| n.hold_time);
        prop_assert_eq!(keepalives_of(&pair) > before, hold > 0);
    }
}
