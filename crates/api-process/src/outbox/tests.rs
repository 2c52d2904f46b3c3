use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::Overflow;

fn outbox(overflow: Overflow, queue_bytes: usize, spill_bytes: u64) -> Outbox {
    let mut spec = Spec::new("test", "/bin/true");
    spec.overflow = overflow;
    spec.queue_bytes = queue_bytes;
    spec.spill_bytes = spill_bytes;
    let lines =
        Lines::new(|lost| Bytes::from(format!("gap {lost}\n"))).farewell(|| Bytes::from_static(b"bye\n"));
    let outbox = Outbox::new(&spec, lines);
    outbox.open(1);
    outbox
}

fn drain(outbox: &Outbox, step: usize) -> String {
    let mut all = Vec::new();
    loop {
        let mut out = Vec::new();
        outbox.fill(&mut out, step);
        if out.is_empty() {
            return String::from_utf8(all).unwrap();
        }
        all.extend_from_slice(&out);
    }
}

fn event(n: u64) -> Bytes {
    Bytes::from(format!("event {n:06}\n"))
}

#[test]
fn a_million_equal_answers_cost_a_few_bytes() {
    let outbox = outbox(Overflow::Spill, 4 << 20, 1 << 30);
    for _ in 0..1_000_000 {
        outbox.reply(1, Bytes::from_static(b"done\n"));
    }
    let stats = outbox.stats();
    assert!(stats.memory < 200 && stats.spilled == 0, "{stats:?}");
    assert!(outbox.has_data_room());
    let mut out = Vec::new();
    outbox.fill(&mut out, 64 << 10);
    assert!(out.len() <= 64 << 10 && out.len() > 60 << 10);
    let rest = drain(&outbox, 64 << 10);
    assert_eq!(rest.len() + out.len(), 5_000_000);
    assert_eq!(outbox.stats().memory, 0);
}

#[test]
fn alternating_answers_are_bounded_too() {
    for overflow in [Overflow::Spill, Overflow::Gap, Overflow::Block] {
        let outbox = outbox(overflow, 64 << 10, 64 << 20);
        let mut given = String::new();
        for n in 0..200_000 {
            if !outbox.has_data_room() {
                break; // here the helper's stdout is no longer read
            }
            let text = if n % 2 == 0 { "done\n" } else { "error\n" };
            outbox.reply(1, text);
            given.push_str(text);
        }
        let stats = outbox.stats();
        assert!(stats.memory < 512 << 10, "{overflow:?} {stats:?}");
        assert_eq!(outbox.has_data_room(), overflow == Overflow::Spill);
        assert!(drain(&outbox, 1000) == given);
        assert!(outbox.has_data_room());
    }
}

#[test]
fn answers_between_spilled_events_do_not_eat_memory() {
    let outbox = outbox(Overflow::Spill, 10_000, 64 << 20);
    let mut given = String::new();
    for n in 0..50_000 {
        outbox.push_event(event(n));
        outbox.reply(1, "done\n");
        given.push_str(std::str::from_utf8(&event(n)).unwrap());
        given.push_str("done\n");
    }
    let stats = outbox.stats();
    assert!(stats.memory < 512 << 10, "{stats:?}");
    assert!(stats.spilled > 800_000);
    assert!(drain(&outbox, 4096) == given);
}

#[test]
fn answers_to_a_dead_process_are_forgotten() {
    let outbox = outbox(Overflow::Spill, 10_000, 0);
    outbox.reply(1, "old\n");
    outbox.push_event(event(1));
    outbox.close();
    assert_eq!(outbox.push_event(event(2)), Pushed::Closed);
    outbox.open(2);
    outbox.reply(1, "late\n");
    assert_eq!(outbox.push_data(1, event(3)), Pushed::Closed);
    outbox.reply(2, "new\n");
    assert_eq!(drain(&outbox, 4096), "new\n");
}

#[test]
fn gap_counts_exactly_and_says_so_once() {
    for (overflow, spill) in [(Overflow::Gap, 1 << 30), (Overflow::Spill, 0), (Overflow::Spill, 2000)] {
        let outbox = outbox(overflow, 2000, spill);
        let (mut kept, mut lost) = (0_u64, 0_u64);
        for n in 0..1000 {
            match outbox.push_event(event(n)) {
                Pushed::Queued | Pushed::Spilled => {
                    assert_eq!(lost, 0, "no event may be kept after a lost one while full");
                    kept += 1;
                }
                Pushed::Dropped => lost += 1,
                other => panic!("{other:?}"),
            }
            outbox.reply(1, "done\n");
        }
        assert!(kept > 10 && lost > 500, "{kept} {lost}");
        assert_eq!(outbox.stats().lost, lost);
        let read = drain(&outbox, 500);
        assert_eq!(read.matches("gap").count(), 1);
        assert!(read.contains(&format!("gap {lost}\n")));
        assert_eq!(read.matches("done\n").count(), 1000);
        assert_eq!(read.matches("event").count() as u64, kept);
        assert!(read.find("gap").unwrap() > read.rfind("event").unwrap());
        assert!(matches!(outbox.push_event(event(1)), Pushed::Queued));
        assert_eq!(drain(&outbox, 500), "event 000001\n");
    }
}

#[test]
fn block_asks_to_wait_and_takes_what_was_already_made() {
    let outbox = outbox(Overflow::Block, 2000, 0);
    let mut n = 0;
    while outbox.has_event_room() {
        assert_eq!(outbox.push_event(event(n)), Pushed::Queued);
        n += 1;
    }
    let asked = n;
    let refused = loop {
        match outbox.push_event(event(n)) {
            Pushed::Queued => n += 1,
            Pushed::Full(bytes) => break bytes,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused, event(n));
    assert!(n >= asked * 2 - 1, "{asked} {n}");
    let mut out = Vec::new();
    outbox.fill(&mut out, 300);
    assert!(!outbox.has_event_room(), "not before half is free");
    let rest = drain(&outbox, 1000);
    assert!(outbox.has_event_room());
    let wanted: Vec<u8> = (0..n).flat_map(|n| event(n).to_vec()).collect();
    assert!([out, rest.into_bytes()].concat() == wanted);
}

#[tokio::test]
async fn who_waits_for_room_is_woken_by_reading_and_by_death() {
    for dies in [false, true] {
        let outbox = outbox(Overflow::Block, 100, 0);
        while outbox.has_event_room() {
            outbox.push_event(event(1));
        }
        while let Pushed::Queued = outbox.push_data(1, event(2)) {}
        let both = async { tokio::join!(outbox.event_room(), outbox.data_room()) };
        let free = async {
            tokio::task::yield_now().await;
            if dies {
                outbox.close();
            } else {
                drain(&outbox, 10);
            }
        };
        tokio::join!(both, free);
    }
}

#[tokio::test]
async fn finishing_lets_the_queue_out_with_the_farewell_last() {
    let outbox = outbox(Overflow::Spill, 1000, 0);
    outbox.reply(1, "done\n");
    outbox.finish();
    outbox.reply(1, "late\n");
    assert_eq!(outbox.push_event(event(1)), Pushed::Closed);
    outbox.ready().await;
    let mut out = Vec::new();
    assert!(outbox.fill(&mut out, 1000));
    assert_eq!(out, b"done\nbye\n");
}

#[derive(Clone, Debug)]
enum Step {
    Event(u32),
    Reply(u8),
    Data(u32),
    Fill(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u32..200).prop_map(Step::Event),
        3 => (0_u8..3).prop_map(Step::Reply),
        1 => (1_u32..200).prop_map(Step::Data),
        2 => (1_usize..800).prop_map(Step::Fill),
    ]
}

proptest! {
    /// Everything accepted comes out once and in order, across memory, disk and memory again,
    /// and every event that is missing is counted in a marker.
    #[test]
    fn exactly_once_and_in_order(
        steps in proptest::collection::vec(step(), 1..400),
        overflow in prop_oneof![Just(Overflow::Spill), Just(Overflow::Gap), Just(Overflow::Block)],
        spill in prop_oneof![Just(0_u64), Just(1500), Just(1 << 20)],
    ) {
        let outbox = outbox(overflow, 1500, spill);
        let mut accepted = String::new();
        let (mut lost, mut read) = (0_u64, String::new());
        for (n, step) in steps.into_iter().enumerate() {
            match step {
                Step::Event(len) => {
                    let line = format!("event {n} {}\n", "x".repeat(len as usize));
                    match outbox.push_event(line.clone().into()) {
                        Pushed::Queued | Pushed::Spilled => accepted.push_str(&line),
                        Pushed::Dropped => lost += 1,
                        Pushed::Full(_) => prop_assert_eq!(overflow, Overflow::Block),
                        Pushed::Closed => prop_assert!(false),
                    }
                }
                Step::Reply(kind) => {
                    let line = ["done\n", "error\n", "a longer answer\n"][usize::from(kind)];
                    outbox.reply(1, line);
                    accepted.push_str(line);
                }
                Step::Data(len) => {
                    let line = format!("data {n} {}\n", "y".repeat(len as usize));
                    if let Pushed::Queued = outbox.push_data(1, line.clone().into()) {
                        accepted.push_str(&line);
                    }
                }
                Step::Fill(limit) => {
                    let mut out = Vec::new();
                    outbox.fill(&mut out, limit);
                    read.push_str(std::str::from_utf8(&out).unwrap());
                }
            }
            prop_assert!(outbox.stats().memory < 300 << 10);
        }
        read.push_str(&drain(&outbox, 700));
        let gaps: u64 = read.lines().filter_map(|line| line.strip_prefix("gap ")).map(|n| n.parse::<u64>().unwrap()).sum();
        prop_assert_eq!(gaps, lost);
        let kept: String = read.split_inclusive('\n').filter(|line| !line.starts_with("gap ")).collect();
        prop_assert_eq!(kept, accepted);
        prop_assert_eq!(outbox.stats().memory, 0);
        prop_assert_eq!(outbox.stats().spilled, 0);
    }
}
