//! Many commands, from a file or standard input: sent as fast as the daemon takes them, answered in order.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use anyhow::{Context as _, Result, bail};

use super::answer::{self, End};
use super::connection::{Connection, Sender};

/// Commands that may be under way.
const UNDER_WAY: usize = 10_000;

/// A command that is owed an answer.
struct Asked {
    number: usize,
    line: String,
}

/// Sends every line; the exit code says whether all were done. `-` is standard input.
pub(super) fn run(connection: Connection, file: &Path, json: bool) -> Result<ExitCode> {
    let source: Box<dyn io::Read + Send> = if file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).with_context(|| format!("could not open {}", file.display()))?)
    };
    let (sender, mut receiver) = connection.split();
    let (asked, owed) = sync_channel(UNDER_WAY);
    let writer = std::thread::spawn(move || feed(source, sender, &asked, json));
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut total, mut failed) = (0usize, 0usize);
    // The channel ends with the writer: what was asked until then is still answered.
    while let Ok(Asked { number, line }) = owed.recv() {
        total = total.saturating_add(1);
        let (end, told) = loop {
            let Some(told) = receiver.line()? else {
                bail!("the daemon closed the connection at line {number}")
            };
            match answer::end(&told) {
                Some(end) => break (end, told),
                None => answer::print(&mut out, &told, json)?,
            }
        };
        answer::print_end(&mut out, &told, &line, end, json)?;
        match end {
            End::Done | End::None => {}
            End::Error => {
                failed = failed.saturating_add(1);
                eprintln!("line {number}: error: {line}");
            }
            End::Shutdown => bail!("ExaBGP is shutting down: line {number} and what follows are not done"),
        }
    }
    out.flush()?;
    match writer.join() {
        Ok(result) => result?,
        Err(_) => bail!("the commands could not be read"),
    }
    if failed > 0 {
        eprintln!("{failed} of {total} commands failed");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn feed(source: impl io::Read, mut sender: Sender, asked: &SyncSender<Asked>, json: bool) -> Result<()> {
    let mut source = BufReader::new(source);
    let mut out: Vec<u8> = Vec::new();
    let mut bytes = Vec::new();
    let mut number = 0usize;
    loop {
        // What is asked is sent before more is waited for.
        if source.buffer().is_empty() || out.len() > 64 << 10 {
            sender.write.write_all(&out).context("could not send commands to ExaBGP")?;
            out.clear();
        }
        bytes.clear();
        if source.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        number = number.saturating_add(1);
        let text = String::from_utf8_lossy(&bytes);
        let line = answer::asked(text.trim(), json);
        if line.is_empty() {
            continue;
        }
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
        if answer::is_answered(&line) {
            match asked.try_send(Asked { number, line }) {
                Ok(()) => {}
                Err(TrySendError::Full(again)) => {
                    sender.write.write_all(&out).context("could not send commands to ExaBGP")?;
                    out.clear();
                    if asked.send(again).is_err() {
                        return Ok(());
                    }
                }
                Err(TrySendError::Disconnected(_)) => return Ok(()),
            }
        }
    }
    sender.write.write_all(&out).context("could not send commands to ExaBGP")?;
    sender.finish();
    Ok(())
}
