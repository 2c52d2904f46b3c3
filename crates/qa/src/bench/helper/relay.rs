//! The helper that passes on what it hears.

use super::{Common, Lines};
use anyhow::Result;
use clap::Args;
use std::io::Write as _;

/// Passes events on to the test, and the test's orders on as commands.
#[derive(Args, Clone, Debug)]
pub struct Relay {
    #[command(flatten)]
    common: Common,
}

impl Relay {
    pub(super) fn run(&self) -> Result<()> {
        let mut harness = self.common.connect()?;
        let mut mouth = harness.mouth()?;
        let listening = std::thread::spawn(move || {
            let mut lines = Lines::new();
            let mut out = Vec::new();
            loop {
                let more = lines.chunk(|line| {
                    out.extend_from_slice(line);
                    out.push(b'\n');
                });
                if !more || mouth.write_all(&out).is_err() {
                    return;
                }
                out.clear();
            }
        });
        while let Some(order) = harness.order() {
            let mut stdout = std::io::stdout().lock();
            writeln!(stdout, "{order}")?;
        }
        // The test is over; the daemon will say when this process is.
        let _ = listening.join();
        Ok(())
    }
}
