//! What is written to helpers: everything, in order, bounded, whatever they do with it.

mod common;

use api_process::{HelperId, Kind, Overflow, Pushed};
use common::{Rig, is_dead, line, python, shell, signal, until};
use nix::sys::signal::Signal;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_helper_that_never_reads_gets_a_million_answers_for_a_few_bytes() {
    let mut rig = Rig::new();
    let helper = rig.start(
        0,
        python(
            "deaf",
            "import sys, time\n\
             for n in range(1000): sys.stdout.write('announce\\n' * 1000)\n\
             print('end', flush=True); time.sleep(1000)",
        ),
    );
    let mut lines = 0;
    let mut done = false;
    while !done {
        if let Kind::Batch { batch, .. } = rig.next().await.kind {
            for seen in batch {
                done = seen == line("end");
                lines += 1;
                helper.outbox().reply(1, "done\n");
            }
        }
    }
    assert_eq!(lines, 1_000_001);
    let stats = helper.outbox().stats();
    assert!(stats.memory < 1000 && stats.spilled == 0, "{stats:?}");
    rig.shutdown().await;
}

/// Waits for SIGUSR1, then checks that lines are `event 0`, `event 1`, ... and reports.
const LATE_READER: &str = "\
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
print('ready', flush=True)
signal.sigwait([signal.SIGUSR1])
wanted = 0
gap = 0
for line in sys.stdin:
    word, _, number = line.rstrip('x\\n').partition(' ')
    if word == 'event':
        if int(number) != wanted + gap: print('wrong', line, flush=True)
        wanted += 1
    elif word == 'gap':
        gap += int(number)
        print('gap', number, 'after', wanted, flush=True)
    elif word == 'end':
        print('read', wanted, flush=True)
";

fn event(n: u64) -> bytes::Bytes {
    format!("event {n} {}\n", "x".repeat(90)).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_megabytes_pass_through_memory_and_disk_complete_and_in_order() {
    let mut rig = Rig::new();
    let mut spec = python("late", LATE_READER);
    spec.queue_bytes = 256 << 10;
    let helper = rig.start(0, spec);
    rig.lines_to(0, "ready").await;
    for n in 0..100_000 {
        let pushed = helper.outbox().push_event(event(n));
        assert!(matches!(pushed, Pushed::Queued | Pushed::Spilled), "{pushed:?}");
        if n == 70_000 {
            signal(helper.pid().unwrap(), Signal::SIGUSR1);
        }
        if n == 69_999 {
            let stats = helper.outbox().stats();
            assert!(stats.spilled > 5_000_000 && stats.memory < 1 << 20, "{stats:?}");
        }
    }
    // From here the rest goes through an empty queue again.
    until("queue drained", || helper.outbox().stats().memory == 0).await;
    for n in 100_000..100_010 {
        helper.outbox().push_event(event(n));
    }
    helper.outbox().reply(1, "end\n");
    assert_eq!(rig.lines_to(0, "read 100010").await, [line("read 100010")]);
    assert_eq!(helper.outbox().stats().lost, 0);
    rig.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_is_marked_once_with_the_exact_count() {
    let mut rig = Rig::new();
    let mut spec = python("late", LATE_READER);
    spec.queue_bytes = 64 << 10;
    spec.overflow = Overflow::Gap;
    let helper = rig.start(0, spec);
    rig.lines_to(0, "ready").await;
    let (mut kept, mut lost) = (0_u64, 0_u64);
    for n in 0..100_000 {
        match helper.outbox().push_event(event(n)) {
            Pushed::Queued => kept += 1,
            Pushed::Dropped => lost += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(lost > 50_000, "{lost}");
    assert_eq!(helper.outbox().stats().lost, lost);
    signal(helper.pid().unwrap(), Signal::SIGUSR1);
    until("queue drained", || helper.outbox().stats().memory == 0).await;
    helper.outbox().push_event(event(kept + lost));
    helper.outbox().reply(1, "end\n");
    let seen = rig.lines_to(0, &format!("read {}", kept + 1)).await;
    let gaps: u64 = seen
        .iter()
        .filter_map(|seen| match seen {
            common::Seen::Line(text) => {
                let text = String::from_utf8(text.clone()).unwrap();
                assert!(!text.starts_with("wrong"), "{text}");
                text.strip_prefix("gap ")?.split(' ').next()?.parse::<u64>().ok()
            }
            _ => None,
        })
        .sum();
    assert_eq!(gaps, lost);
    rig.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn block_makes_the_producer_wait_and_loses_nothing() {
    let mut rig = Rig::new();
    let mut spec = python("late", LATE_READER);
    spec.queue_bytes = 64 << 10;
    spec.overflow = Overflow::Block;
    let helper = rig.start(0, spec);
    rig.lines_to(0, "ready").await;
    let mut waited = 0;
    for n in 0..100_000 {
        if !helper.outbox().has_event_room() {
            if waited == 0 {
                signal(helper.pid().unwrap(), Signal::SIGUSR1);
            }
            waited += 1;
            common::in_time("event room", helper.outbox().event_room()).await;
        }
        assert_eq!(helper.outbox().push_event(event(n)), Pushed::Queued);
    }
    assert!(waited > 10);
    helper.outbox().reply(1, "end\n");
    assert_eq!(rig.lines_to(0, "read 100000").await, [line("read 100000")]);
    rig.shutdown().await;
}

#[tokio::test]
async fn a_helper_that_closes_its_stdin_may_go_on_printing() {
    let mut rig = Rig::new();
    let helper = rig.start(
        0,
        shell(
            "no-stdin",
            "trap 'echo alive; exit 0' USR1; exec 0</dev/null; echo closed; while :; do sleep 0.02; done",
        ),
    );
    rig.lines_to(0, "closed").await;
    until("the closed pipe is noticed", || helper.outbox().push_event("event\n".into()) == Pushed::Closed)
        .await;
    assert_eq!(helper.outbox().stats().memory, 0);
    signal(helper.pid().unwrap(), Signal::SIGUSR1);
    let ended = rig.life_of(0).await;
    assert_eq!((ended.seen, ended.code), (vec![line("alive")], Some(0)));
    rig.shutdown().await;
}

#[tokio::test]
async fn a_flood_of_different_unread_answers_stops_the_reading_of_that_helper_only() {
    let mut rig = Rig::new();
    let mut spec = shell("deaf", "yes show");
    spec.queue_bytes = 64 << 10;
    spec.overflow = Overflow::Gap;
    let helper = rig.start(0, spec);
    let other = rig.start(1, shell("other", common::ECHO));
    // Each of its lines gets an answer of its own. Once the pipe and the bound are full it falls
    // silent: many round trips of another helper pass without a word from it.
    let (mut answers, mut pings, mut silent) = (0, 0, 0);
    common::in_time("silence", async {
        while silent < 50 {
            pings += 1;
            silent += 1;
            other.outbox().push_event(format!("ping {pings}\n").into());
            loop {
                let message = rig.next().await;
                if let Kind::Batch { batch, .. } = message.kind {
                    if message.id == HelperId(1) {
                        assert_eq!(batch, [line(&format!("ping {pings}"))]);
                        break;
                    }
                    silent = 0;
                    for _ in batch {
                        answers += 1;
                        helper.outbox().reply(1, format!("answer {answers}\n"));
                    }
                }
            }
            // The bound, and answers to the lines that were under way: 5 batches of 256.
            assert!(helper.outbox().stats().memory < (64 << 10) + 5 * 256 * 100);
        }
    })
    .await;
    assert!(answers > 1000);
    assert!(!helper.outbox().has_data_room());
    let pid = helper.pid().unwrap();
    rig.shutdown().await;
    assert!(is_dead(pid));
}
