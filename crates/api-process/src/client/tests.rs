//! Clients over real sockets.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::*;

#[derive(Default)]
struct Count(u32);

impl Consumer for Count {
    type Batch = u32;
    fn started(&mut self, _: u32, _: &Outbox) {}
    fn line(&mut self, line: &[u8]) -> Fill {
        assert_ne!(line, b"panic", "as asked");
        self.0 += 1;
        if self.0 < 16 { Fill::More } else { Fill::Full }
    }
    fn notice(&mut self, _: Notice<'_>) {}
    fn take(&mut self) -> Option<u32> {
        Some(std::mem::take(&mut self.0)).filter(|n| *n > 0)
    }
}

struct Ground {
    owner: Owner<u32>,
    rx: mpsc::Receiver<FromHelper<u32>>,
    handle: HelperHandle,
    stream: UnixStream,
}

fn ground(spec: ClientSpec) -> Ground {
    let (tx, rx) = mpsc::channel(2);
    let token = CancellationToken::new();
    let owner = Owner {
        tx,
        tracker: TaskTracker::new(),
        token,
        ending: CancellationToken::new(),
        company: Company::default(),
    };
    let (stream, ours) = UnixStream::pair().unwrap();
    let handle = attach(&owner, HelperId(7), spec, Link::Stream(ours), Count::default());
    Ground { owner, rx, handle, stream }
}

/// Answers every line until the client is gone; how many lines there were.
async fn serve(rx: &mut mpsc::Receiver<FromHelper<u32>>, handle: &HelperHandle) -> u32 {
    let mut lines = 0;
    loop {
        let message = rx.recv().await.unwrap();
        assert_eq!(message.id, HelperId(7));
        match message.kind {
            Kind::Batch { batch, credit } => {
                for _ in 0..batch {
                    lines += 1;
                    handle.outbox().reply(message.generation, format!("done {lines}\n"));
                }
                drop(credit);
            }
            Kind::Exited { .. } => return lines,
            Kind::Started { .. } | Kind::Failed { .. } => panic!("no process here"),
        }
    }
}

#[tokio::test]
async fn one_that_has_said_everything_is_answered_in_full() {
    let Ground { owner, mut rx, handle, stream } = ground(ClientSpec::new("c"));
    let (mut read, mut write) = stream.into_split();
    let client = async move {
        write.write_all(&b"x\n".repeat(1000)).await.unwrap();
        drop(write);
        let mut text = String::new();
        read.read_to_string(&mut text).await.unwrap();
        text
    };
    let (lines, text) = tokio::join!(serve(&mut rx, &handle), client);
    assert_eq!(lines, 1000);
    let wanted = (1..=1000).fold(String::new(), |text, n| text + &format!("done {n}\n"));
    assert_eq!(text, wanted);
    drop(owner);
}

#[tokio::test]
async fn one_that_goes_without_waiting_has_its_commands_done() {
    let Ground { owner: _owner, mut rx, handle, mut stream } = ground(ClientSpec::new("c"));
    stream.write_all(&b"x\n".repeat(1000)).await.unwrap();
    drop(stream);
    assert_eq!(serve(&mut rx, &handle).await, 1000);
}

#[tokio::test]
async fn one_that_does_not_read_is_not_read_and_then_dropped() {
    let mut spec = ClientSpec::new("c");
    spec.queue_bytes = 1000;
    spec.stalled_after = Duration::from_millis(50);
    let Ground { owner: _owner, mut rx, handle, mut stream } = ground(spec);
    let writer = async move {
        // More than all buffers on the way hold: only the drop ends it.
        while stream.write_all(&b"x\n".repeat(1000)).await.is_ok() {}
    };
    let (lines, ()) = tokio::join!(serve(&mut rx, &handle), writer);
    assert!((1000..1_000_000).contains(&lines), "{lines}");
}

#[tokio::test]
async fn told_to_leave_it_hears_so() {
    let mut spec = ClientSpec::new("c");
    spec.farewell = Bytes::from_static(b"shutdown\n");
    let Ground { owner, handle, mut stream, .. } = ground(spec);
    owner.token.cancel();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "shutdown\n");
    handle.stopped().await;
}

#[tokio::test]
async fn a_panic_costs_one_client() {
    let Ground { owner: _owner, mut rx, handle, mut stream } = ground(ClientSpec::new("c"));
    stream.write_all(b"panic\n").await.unwrap();
    assert_eq!(serve(&mut rx, &handle).await, 0);
    assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0);
}
