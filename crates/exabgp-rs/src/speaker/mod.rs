//! `exabgp-rs speaker`: a BGP speaker for tests and for the example that has no router.

mod session;
mod table;

use std::io::{self, Write as _};
use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::cli::Speaker;
use session::Report;

/// Where the speaker's lines go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Out {
    /// Standard output: run by hand.
    Stdout,
    /// Standard error: run by the daemon as one of its processes, whose standard output is for commands.
    Stderr,
}

impl Out {
    /// Writes one line. Who closes our output wants no more lines, which is no failure.
    fn line(self, text: &str) {
        let _ = match self {
            Self::Stdout => writeln!(io::stdout().lock(), "{text}"),
            Self::Stderr => writeln!(io::stderr().lock(), "{text}"),
        };
    }
}

/// Runs the speaker until it is told to stop.
///
/// # Errors
/// When it can't listen or connect.
pub fn run(options: &Speaker) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(speak(options))
}

async fn speak(options: &Speaker) -> Result<()> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let out = if options.stderr { Out::Stderr } else { Out::Stdout };
    let mut report = Report::new(options.print, out);
    let sessions = async {
        match (options.listen, options.connect) {
            (Some(address), _) => listen(options, address, &mut report, &stop).await,
            (None, Some(address)) => connect(options, address, &mut report, &stop).await,
            (None, None) => Ok(()),
        }
    };
    let stopper = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        result = sessions => result,
        () = stopper => Ok(()),
    }
}

async fn listen(
    options: &Speaker,
    address: SocketAddr,
    report: &mut Report,
    stop: &CancellationToken,
) -> Result<()> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("can not listen on {address}"))?;
    report.say(&format!("listening on {}", listener.local_addr()?));
    loop {
        let (stream, from) = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => accepted?,
        };
        report.say(&format!("connection from {from}"));
        converse(options, stream, report, stop).await;
        if options.once || stop.is_cancelled() {
            return Ok(());
        }
    }
}

async fn connect(
    options: &Speaker,
    address: SocketAddr,
    report: &mut Report,
    stop: &CancellationToken,
) -> Result<()> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(local) = options.bind {
        socket.bind(SocketAddr::new(local, 0)).with_context(|| format!("can not bind to {local}"))?;
    }
    let stream = socket.connect(address).await.with_context(|| format!("can not connect to {address}"))?;
    report.say(&format!("connected to {address}"));
    converse(options, stream, report, stop).await;
    Ok(())
}

async fn converse(options: &Speaker, stream: TcpStream, report: &mut Report, stop: &CancellationToken) {
    match session::run(options, stream, report, stop).await {
        Ok(()) => report.say("the session is over"),
        Err(e) => report.say(&format!("the session is over: {e}")),
    }
}
