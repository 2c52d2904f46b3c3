//! The helper that writes many commands.

use super::{Answers, Common, Lines};
use crate::bench::{
    clock,
    shape::{self, Shape},
    table,
};
use anyhow::{Context, Result};
use clap::Args;
use std::{
    io::Write,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// Writes the generated table, or a file, when told.
///
/// Orders: `announce ROUND`, `withdraw ROUND`, `flood` (rounds without end until `stop`), `file PATH`. Says `wrote START END LINES`
/// or `flooded ROUND LINES`; with `--answers`, `answered DONE ERROR END` when every line is answered.
#[derive(Args, Clone, Debug)]
pub struct Announce {
    #[command(flatten)]
    common: Common,
    /// Routes of the generated table
    #[arg(long, default_value_t = 0)]
    count: u32,
    /// The first AS number of each path
    #[arg(long, default_value_t = 65000)]
    first: u32,
    /// Read the answers; without it standard input is never read
    #[arg(long)]
    answers: bool,
    /// Words in front of each command
    #[arg(long, default_value = "")]
    selector: String,
    /// The form of the table
    #[arg(long, value_enum, default_value_t)]
    shape: Shape,
    /// One write a line, as an unbuffered program does
    #[arg(long)]
    each: bool,
}

impl Announce {
    pub(super) fn run(&self) -> Result<()> {
        let mut harness = self.common.connect()?;
        let (mut lines, mut answers, mut written) = (Lines::new(), Answers::default(), 0);
        let mut ready = Some(match self.shape {
            Shape::Table => table::lines(self.count, "announce", self.first, 0),
            shape => shape::lines(shape, self.count),
        });
        if !self.selector.is_empty() {
            ready = ready.map(|text| selected(&text, self.selector.as_bytes()));
        }
        while let Some(order) = harness.order() {
            let mut words = order.split(' ');
            let action = words.next().unwrap_or_default();
            let text = match action {
                "flood" => {
                    let stop = AtomicBool::new(false);
                    let (round, n) = thread::scope(|scope| {
                        let flood = scope.spawn(|| self.flood(&stop));
                        harness.order();
                        stop.store(true, Ordering::Relaxed);
                        flood.join()
                    })
                    .map_err(|_| anyhow::anyhow!("the flood broke off"))??;
                    written += n;
                    harness.say(&format!("flooded {round} {n}"))?;
                    continue;
                }
                "file" => std::fs::read(words.next().context("which file?")?)?,
                _ => {
                    let round: u32 = words.next().context("which round?")?.parse()?;
                    let made = ready.take().filter(|_| action == "announce" && round == 0);
                    made.unwrap_or_else(|| table::lines(self.count, action, self.first, round))
                }
            };
            let n = memchr::memchr_iter(b'\n', &text).count() as u64;
            written += n;
            // An answer must be read while commands are written, or an honest helper would stop itself.
            let (times, complete) = thread::scope(|scope| {
                let writing = scope.spawn(|| self.write(&text));
                let complete = self.answers && answers.until(&mut lines, written);
                (writing.join(), complete)
            });
            let (start, end) = times.map_err(|_| anyhow::anyhow!("the writer broke off"))??;
            harness.say(&format!("wrote {start} {end} {n}"))?;
            if complete {
                harness.say(&format!("answered {} {} {}", answers.done, answers.error, clock::now()))?;
            }
        }
        Ok(())
    }

    fn write(&self, text: &[u8]) -> Result<(u64, u64)> {
        let mut stdout = std::io::stdout().lock();
        let start = clock::now();
        if self.each {
            for line in text.split_inclusive(|b| *b == b'\n') {
                // The standard output of this language holds a line back, never more.
                stdout.write_all(line)?;
            }
        } else {
            direct()?.write_all(text)?;
        }
        Ok((start, clock::now()))
    }

    /// Rounds one after the other until told to stop, at least one; the last one is whole.
    fn flood(&self, stop: &AtomicBool) -> Result<(u32, u64)> {
        let mut out = direct()?;
        let (mut round, mut written) = (0, 0);
        loop {
            round += 1;
            let text = table::lines(self.count, "announce", self.first, round);
            out.write_all(&text)?;
            written += u64::from(self.count);
            if stop.load(Ordering::Relaxed) {
                return Ok((round, written));
            }
        }
    }
}

/// The same commands with words in front.
fn selected(text: &[u8], selector: &[u8]) -> Vec<u8> {
    text.split_inclusive(|b| *b == b'\n').flat_map(|line| [selector, line]).flatten().copied().collect()
}

/// Standard output without the buffer that cuts at lines.
fn direct() -> Result<impl Write> {
    use std::os::fd::AsFd as _;
    Ok(std::fs::File::from(std::io::stdout().as_fd().try_clone_to_owned()?))
}
