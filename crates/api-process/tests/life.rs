//! Start, death, respawn, shutdown: nothing is left, nobody waits.

mod common;

use std::time::{Duration, Instant};

use api_process::{Error, Kind, Spec, respawn};
use common::{ECHO, Rig, Seen, is_dead, is_reaped, line, python, shell, signal, until};
use nix::sys::signal::Signal;

#[expect(clippy::disallowed_methods, reason = "tests measure real time")]
fn now() -> Instant {
    Instant::now()
}

fn number(seen: &Seen) -> u32 {
    match seen {
        Seen::Line(text) => std::str::from_utf8(text).unwrap().trim().parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_that_dies_in_a_loop_is_tried_ever_more_slowly_and_for_ever() {
    let mut rig = Rig::new();
    let mut spec = shell("loop", "exit 1");
    spec.respawn = true;
    spec.backoff = respawn::Policy {
        base: Duration::from_millis(4),
        max: Duration::from_millis(30),
        stable: Duration::from_hours(1),
    };
    rig.start(0, spec);
    let mut pids = Vec::new();
    for death in 0..12_u32 {
        let ended = rig.life_of(0).await;
        assert_eq!(ended.code, Some(1));
        assert!(is_reaped(ended.pid));
        pids.push(ended.pid);
        let delay = ended.respawn_after.unwrap();
        let plain = (Duration::from_millis(4) * 2_u32.pow(death.saturating_sub(1).min(10)))
            .min(Duration::from_millis(30));
        if death == 0 {
            assert_eq!(delay, Duration::ZERO);
        } else {
            assert!(delay >= plain * 3 / 4 && delay <= Duration::from_millis(30), "{death} {delay:?}");
        }
    }
    pids.dedup();
    assert_eq!(pids.len(), 12);
    rig.shutdown().await;
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_reported_and_tried_again() {
    let mut rig = Rig::new();
    let mut spec = Spec::new("nowhere", "/nonexistent/program");
    spec.backoff.base = Duration::from_millis(1);
    let helper = rig.start(0, spec);
    for generation in 1..=4 {
        let message = rig.next().await;
        assert_eq!(message.generation, generation);
        match message.kind {
            Kind::Failed { reason: reason @ Error::Spawn { .. }, respawn_after: Some(_) } => {
                assert!(reason.to_string().contains("/nonexistent/program"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(helper.pid(), None);
    }
    rig.shutdown().await;
}

#[tokio::test]
async fn without_respawn_it_stays_down_until_asked() {
    let mut rig = Rig::new();
    let helper = rig.start(0, shell("once", "echo hello"));
    for generation in 1..=3 {
        let ended = rig.life_of(0).await;
        assert_eq!((ended.seen, ended.respawn_after), (vec![line("hello")], None));
        assert_eq!(helper.outbox().push_event("x\n".into()), api_process::Pushed::Closed);
        assert_eq!(helper.pid(), None);
        if generation < 3 {
            helper.restart();
        }
    }
    helper.stop();
    common::in_time("stop", helper.stopped()).await;
    rig.shutdown().await;
}

#[tokio::test]
async fn restart_replaces_the_process_at_once() {
    let mut rig = Rig::new();
    let helper = rig.start(0, shell("echo", ECHO));
    let first = rig.started(0).await;
    helper.restart();
    let ended = rig.life_of(0).await;
    assert_eq!(ended.respawn_after, Some(Duration::ZERO));
    let second = rig.started(0).await;
    assert_ne!(first, second);
    assert!(is_reaped(first));
    helper.outbox().reply(1, "for the dead\n");
    helper.outbox().reply(2, "for the living\n");
    assert_eq!(rig.lines_to(0, "for the living").await, [line("for the living")]);
    rig.shutdown().await;
}

#[tokio::test]
async fn the_farewell_is_read_before_any_signal() {
    let mut rig = Rig::new();
    let script = "while read -r line; do [ \"$line\" = bye ] && exit 3; done; exit 4";
    let mut spec = shell("polite", script);
    spec.timing.term_after = Duration::from_secs(50);
    let helper = rig.start(0, spec);
    let pid = rig.started(0).await;
    helper.outbox().push_event("event\n".into());
    helper.stop();
    let ended = rig.life_of(0).await;
    assert_eq!((ended.code, ended.respawn_after), (Some(3), None));
    common::in_time("stop", helper.stopped()).await;
    assert!(is_reaped(pid));
    rig.shutdown().await;
}

#[tokio::test]
async fn one_that_knows_no_farewell_sees_the_end_of_its_stdin() {
    let mut rig = Rig::new();
    let mut spec = shell("reader", "cat >/dev/null; exit 4");
    spec.timing.term_after = Duration::from_secs(50);
    let helper = rig.start(0, spec);
    rig.started(0).await;
    helper.stop();
    assert_eq!(rig.life_of(0).await.code, Some(4));
    rig.shutdown().await;
}

#[tokio::test]
async fn all_that_ignore_sigterm_are_killed_in_parallel_with_nobody_listening() {
    // A bound of one: the owner does not take messages any more, as at a real shutdown.
    let mut rig = Rig::with_channel(1);
    let mut pids = Vec::new();
    let scripts = [
        "trap '' TERM; echo $$; while :; do sleep 0.1; done",
        "trap '' TERM; echo $$; while :; do echo flood; done",
        "trap '' TERM; echo $$; kill -STOP $$",
    ];
    for id in 0..12_u32 {
        rig.start(id, shell("stubborn", scripts[id as usize % 3]));
        let mut pid = 0;
        while pid == 0 {
            let message = rig.next().await;
            if let Kind::Batch { batch, .. } = message.kind
                && message.id.0 == id
            {
                pid = number(&batch[0]);
            }
        }
        pids.push(pid);
    }
    let begin = now();
    rig.shutdown().await;
    // 20 ms and 100 ms, then the kill; one after the other they would take twelve times that,
    // and one that waits for the channel half a second more.
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    for pid in pids {
        assert!(is_reaped(pid));
    }
}

#[tokio::test]
async fn sigkill_follows_sigterm() {
    let mut rig = Rig::new();
    let helper = rig.start(0, shell("stubborn", "trap '' TERM; echo up; while :; do sleep 0.1; done"));
    rig.lines_to(0, "up").await;
    helper.stop();
    assert_eq!(rig.life_of(0).await.signal, Some(Signal::SIGKILL as i32));
    rig.shutdown().await;
}

#[tokio::test]
async fn sigterm_comes_first_and_can_be_handled() {
    let mut rig = Rig::new();
    let mut spec = python(
        "tidy",
        "import os, signal, sys, time\n\
         def end(*_):\n    print('x' * 3000000); sys.exit(9)\n\
         signal.signal(signal.SIGTERM, end)\n\
         print('up', flush=True)\n\
         while True: time.sleep(1)",
    );
    spec.timing.kill_after = Duration::from_secs(50);
    let helper = rig.start(0, spec);
    rig.lines_to(0, "up").await;
    // More than its pipe holds is printed on the way out: nobody reads it, it must not hang.
    helper.stop();
    assert_eq!(rig.life_of(0).await.code, Some(9));
    rig.shutdown().await;
}

#[tokio::test]
async fn a_stopped_one_is_continued_to_hear_its_sigterm() {
    let mut rig = Rig::new();
    let mut spec = python(
        "frozen",
        "import signal, sys, time\n\
         signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n\
         print('up', flush=True)\n\
         while True: time.sleep(1)",
    );
    spec.timing.kill_after = Duration::from_mins(1);
    let helper = rig.start(0, spec);
    rig.lines_to(0, "up").await;
    signal(helper.pid().unwrap(), Signal::SIGSTOP);
    helper.stop();
    assert_eq!(rig.life_of(0).await.code, Some(9));
    rig.shutdown().await;
}

#[tokio::test]
async fn what_a_helper_leaves_behind_is_killed_with_it() {
    let mut rig = Rig::new();
    rig.start(0, shell("parent", "trap '' TERM; sleep 1000 & echo $!; exit 0"));
    let ended = rig.life_of(0).await;
    assert_eq!(ended.code, Some(0));
    let grandchild = number(&ended.seen[0]);
    until("the grandchild is dead", || is_dead(grandchild)).await;
    rig.shutdown().await;
}

#[tokio::test]
async fn a_pipe_held_outside_the_group_delays_nothing() {
    let mut rig = Rig::new();
    rig.start(
        0,
        python(
            "escape",
            "import os, time\n\
             pid = os.fork()\n\
             if pid == 0:\n    os.setsid(); time.sleep(1000)\n\
             while os.getpgid(pid) == os.getpgid(0): pass\n\
             print(pid)",
        ),
    );
    let ended = rig.life_of(0).await;
    assert_eq!(ended.code, Some(0));
    let escaped = number(&ended.seen[0]);
    assert!(!is_dead(escaped));
    signal(escaped, Signal::SIGKILL);
    rig.shutdown().await;
}

#[tokio::test]
async fn environment_directory_and_group_are_its_own() {
    let mut rig = Rig::new();
    let mut spec = shell(
        "env",
        "echo $TERM; pwd; echo ${ADDED-unset} ${PATH-unset}; ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat; echo $$",
    );
    spec.env = vec![
        ("ADDED".into(), Some("yes".into())),
        ("PATH".into(), Some("/bin:/usr/bin".into())),
        ("PATH_INFO".into(), None),
    ];
    rig.start(0, spec);
    let ended = rig.life_of(0).await;
    assert_eq!(ended.seen[..3], [line("dumb"), line("/"), line("yes /bin:/usr/bin")]);
    assert_eq!(number(&ended.seen[3]), ended.pid);
    assert_eq!(number(&ended.seen[4]), ended.pid);
    rig.shutdown().await;
}
