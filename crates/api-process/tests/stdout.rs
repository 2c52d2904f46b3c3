//! What helpers print reaches the owner: all of it, in order, and never at another's cost.

mod common;

use std::future::poll_fn;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use api_process::{Consumer, Fill, HelperId, Kind, Lines, Notice, Outbox, start};
use common::{Collect, ECHO, Rig, Seen, line, python, shell, signal};
use nix::sys::signal::Signal;

#[tokio::test]
async fn bytes_arrive_as_they_are_and_half_a_line_is_said() {
    let mut rig = Rig::new();
    rig.start(0, shell("odd", r"printf 'a\000b\n\377\376\r\n\n  spaces \nhalf'; exit 5"));
    let ended = rig.life_of(0).await;
    assert_eq!(
        ended.seen,
        [
            Seen::Line(b"a\0b".to_vec()),
            Seen::Line(b"\xff\xfe".to_vec()),
            line(""),
            line("  spaces "),
            Seen::Half(b"half".to_vec()),
        ]
    );
    assert_eq!((ended.code, ended.respawn_after), (Some(5), None));
    rig.shutdown().await;
}

#[tokio::test]
async fn all_lines_come_before_the_exit_however_slow_the_owner() {
    let mut rig = Rig::with_channel(1);
    let mut spec = python("burst", "for n in range(100000): print(n)");
    spec.credits = 1;
    rig.start(0, spec);
    let pid = rig.started(0).await;
    // It has printed everything it can and perhaps ended before we read anything.
    common::until("full pipe or end", || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
        common::is_dead(pid) || state.contains("pipe")
    })
    .await;
    let ended = rig.life_of(0).await;
    assert_eq!(ended.seen.len(), 100_000);
    for (n, seen) in ended.seen.iter().enumerate() {
        assert_eq!(*seen, line(&n.to_string()));
    }
    assert_eq!(ended.code, Some(0));
    rig.shutdown().await;
}

#[tokio::test]
async fn without_credits_a_flood_waits_in_its_own_pipe() {
    let mut rig = Rig::new();
    let mut flood = shell("flood", "yes announce");
    flood.credits = 3;
    rig.start(0, flood);
    let mut kept = Vec::new();
    while kept.len() < 3 {
        if let Kind::Batch { credit, .. } = rig.next().await.kind {
            kept.push(credit);
        }
    }
    // Meanwhile another helper is served, and nothing more of the first arrives.
    let echo = rig.start(1, shell("echo", ECHO));
    assert_eq!(rig.next().await.id, HelperId(1));
    for n in 0..200 {
        echo.outbox().push_event(format!("ping {n}\n").into());
        let message = rig.next().await;
        assert_eq!(message.id, HelperId(1));
        assert!(matches!(message.kind, Kind::Batch { batch, .. } if batch == [line(&format!("ping {n}"))]));
    }
    drop(kept.pop());
    assert_eq!(rig.next().await.id, HelperId(0));
    rig.shutdown().await;
}

#[tokio::test]
async fn a_line_without_end_is_skipped_and_its_helper_goes_on() {
    let mut rig = Rig::new();
    let mut spec = python(
        "endless",
        "import sys\n\
         for _ in range(1024): sys.stdout.write('x' * 65536)\n\
         print(); print('after'); sys.stdout.write('y' * 2000)",
    );
    spec.max_line = 1000;
    rig.start(0, spec);
    let ended = rig.life_of(0).await;
    assert_eq!(
        ended.seen,
        [Seen::Oversized(1000), line("after"), Seen::Oversized(1000), Seen::Half(Vec::new())]
    );
    rig.shutdown().await;
}

#[tokio::test]
async fn long_lines_are_accepted_up_to_the_limit() {
    let mut rig = Rig::new();
    let mut spec = python("long", "print('x' * 5000000); print('x' * 5000001); print('end')");
    spec.max_line = 5_000_000;
    rig.start(0, spec);
    let ended = rig.life_of(0).await;
    assert_eq!(ended.seen, [Seen::Line(vec![b'x'; 5_000_000]), Seen::Oversized(5_000_000), line("end")]);
    rig.shutdown().await;
}

#[tokio::test]
async fn garbage_lines_and_noise_delay_nobody() {
    let mut rig = Rig::new();
    for (id, script) in
        ["cat /dev/urandom", "cat /dev/zero", "yes", "cat /dev/urandom >&2"].into_iter().enumerate()
    {
        let mut spec = shell("noise", script);
        spec.max_line = 64 << 10;
        rig.start(u32::try_from(id).unwrap() + 1, spec);
    }
    let echo = rig.start(0, shell("echo", ECHO));
    // All on one thread: without fairness between tasks this takes minutes.
    common::in_time("a hundred round trips", async {
        for n in 0..100 {
            echo.outbox().push_event(format!("{n}\n").into());
            assert_eq!(rig.lines_to(0, &n.to_string()).await, [line(&n.to_string())]);
        }
    })
    .await;
    rig.shutdown().await;
}

/// Counts the turns of its helper's task.
struct Turns(Arc<AtomicUsize>);

impl Consumer for Turns {
    type Batch = Vec<Seen>;

    fn started(&mut self, _generation: u32, _outbox: &Outbox) {}

    fn line(&mut self, _line: &[u8]) -> Fill {
        Fill::More
    }

    fn notice(&mut self, _notice: Notice<'_>) {}

    fn take(&mut self) -> Option<Vec<Seen>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        None
    }
}

/// On a runtime of one thread, the flood's task may do one turn each time the other tasks do one.
#[tokio::test]
async fn a_flood_gives_its_worker_back_after_each_turn() {
    let rig = Rig::new();
    let turns = Arc::new(AtomicUsize::new(0));
    let lines = Lines::new(|_| bytes::Bytes::new());
    let mut spec = shell("zeros", "cat /dev/zero");
    spec.max_line = 1000;
    start(&rig.owner, HelperId(0), spec, lines, Turns(Arc::clone(&turns)));
    // Another task that always has something to do.
    let other = rig.owner.tracker.spawn(async move {
        let mut before = 0;
        poll_fn(|context| {
            let now = turns.load(Ordering::Relaxed);
            assert!(now - before <= 2, "{} turns at once", now - before);
            before = now;
            context.waker().wake_by_ref();
            if now < 1000 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    });
    common::in_time("a thousand turns", other).await.unwrap();
    rig.shutdown().await;
}

#[tokio::test]
async fn a_panic_of_the_consumer_costs_one_process() {
    let mut rig = Rig::new();
    let mut spec = shell("boom", "echo fine; read -r go; echo boom; echo lost; sleep 1000");
    spec.respawn = true;
    let consumer = Collect { panic_on_first: Some(b"boom"), ..Collect::default() };
    let bystander = rig.start(1, shell("echo", ECHO));
    let helper = rig.start_with(0, spec, consumer);
    rig.lines_to(0, "fine").await;
    helper.outbox().reply(1, "go\n");
    let ended = rig.life_of(0).await;
    assert_eq!(ended.failures.len(), 1);
    assert!(ended.failures[0].to_string().contains("told to panic"));
    assert_eq!(ended.seen, []);
    assert_eq!(ended.signal, Some(Signal::SIGTERM as i32));
    assert_eq!(ended.respawn_after, Some(std::time::Duration::ZERO));
    // Its successor works, and the other helper never noticed.
    rig.lines_to(0, "fine").await;
    helper.outbox().reply(2, "go\n");
    rig.lines_to(0, "lost").await;
    bystander.outbox().push_event("ping\n".into());
    rig.lines_to(1, "ping").await;
    rig.shutdown().await;
}

#[tokio::test]
async fn a_closed_stdout_ends_the_helper() {
    let mut rig = Rig::new();
    rig.start(0, shell("mute", "echo last; exec >&-; exec sleep 1000"));
    let ended = rig.life_of(0).await;
    assert_eq!(ended.seen, [line("last")]);
    assert_eq!(ended.signal, Some(Signal::SIGTERM as i32));
    rig.shutdown().await;
}

#[tokio::test]
async fn stopped_and_continued() {
    let mut rig = Rig::new();
    let helper = rig.start(0, shell("echo", ECHO));
    let pid = rig.started(0).await;
    signal(pid, Signal::SIGSTOP);
    let lines: usize = 200_000;
    for n in 0..lines {
        helper.outbox().push_event(format!("event {n}\n").into());
    }
    let other = rig.start(1, shell("other", ECHO));
    other.outbox().push_event("ping\n".into());
    rig.lines_to(1, "ping").await;
    signal(pid, Signal::SIGCONT);
    let seen = rig.lines_to(0, &format!("event {}", lines - 1)).await;
    assert_eq!(seen.len(), lines);
    rig.shutdown().await;
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn stderr_is_logged_with_the_name_to_the_last_word() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let mut rig = Rig::new();
    rig.start(0, shell("talker", "echo one >&2; printf 'Traceback: \\033[1m' >&2; exit 1"));
    rig.life_of(0).await;
    rig.shutdown().await;
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for wanted in ["helper: one helper=\"talker\"", "helper: Traceback: \\u{1b}[1m helper=\"talker\""] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
}
