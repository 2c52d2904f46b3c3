//! Helpers that do nothing, or that nothing can be done about, cost no CPU. Alone in its file:
//! it measures the whole process.

mod common;

use std::time::Duration;

use api_process::Kind;
use common::{Rig, shell, signal};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::Signal;

fn switches() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    usage.voluntary_context_switches() + usage.involuntary_context_switches()
}

fn cpu_micros() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    micros(usage.user_time()) + micros(usage.system_time())
}

#[tokio::test]
async fn waiting_is_free() {
    let mut rig = Rig::new();
    // Floods, but its credits are kept; does not read, with its pipe full; stopped; idle; dead.
    rig.start(0, shell("flood", "yes"));
    let deaf = rig.start(1, shell("deaf", "exec sleep 1000"));
    let stopped = rig.start(2, shell("stopped", "exec sleep 1000"));
    rig.start(3, shell("idle", common::ECHO));
    rig.start(4, shell("dead", "exit 0"));
    let mut kept = Vec::new();
    let (mut started, mut exited) = (0, 0);
    while kept.len() < 4 || started < 5 || exited < 1 {
        match rig.next().await.kind {
            Kind::Started { .. } => started += 1,
            Kind::Batch { credit, .. } => kept.push(credit),
            Kind::Exited { .. } => exited += 1,
            Kind::Failed { reason, .. } => panic!("{reason}"),
        }
    }
    signal(stopped.pid().unwrap(), Signal::SIGSTOP);
    for helper in [&deaf, &stopped] {
        for _ in 0..100 {
            helper.outbox().push_event(vec![b'x'; 100_000].into());
        }
    }
    let written = || deaf.outbox().stats().spilled + stopped.outbox().stats().spilled;
    let mut last = 0;
    while written() != last {
        last = written();
        tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_millis(100)).await;
    }
    let (switches_before, cpu_before) = (switches(), cpu_micros());
    tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_millis(500)).await;
    let (switches, cpu) = (switches() - switches_before, cpu_micros() - cpu_before);
    assert!(switches < 50, "{switches} context switches");
    assert!(cpu < 50_000, "{cpu} microseconds of CPU");
    rig.shutdown().await;
}
