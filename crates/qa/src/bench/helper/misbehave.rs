//! Helpers as nobody wants them.

use anyhow::Result;
use clap::{Args, ValueEnum};
use nix::sys::signal::{Signal, kill};
use std::io::Write as _;

/// Does what a helper should not do.
#[derive(Args, Clone, Debug)]
pub struct Misbehave {
    /// What
    #[arg(value_enum)]
    how: How,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum How {
    /// Stops itself with SIGSTOP after one command
    Stop,
    /// Ends at once
    Exit,
    /// Writes lines that are no commands, as fast as it can
    Garbage,
    /// Writes octets that are no text, with zeros and half sequences
    Binary,
    /// Writes one line that never ends
    Endless,
    /// Reads nothing and writes nothing
    Silent,
}

impl Misbehave {
    pub(super) fn run(&self) -> Result<()> {
        match self.how {
            How::Stop => {
                println!("announce route 198.51.100.1/32 next-hop 10.99.0.1");
                kill(nix::unistd::Pid::this(), Signal::SIGSTOP)?;
                forever();
                Ok(())
            }
            How::Exit => Ok(()),
            How::Garbage => {
                pour(b"announce rout 192.0.2.0/24 next-hop 10.99.0.1\n\n# fine\nannounce route 300.0.0.0/33\n# fine\n??\n")
            }
            How::Binary => pour(b"announce route \xff\xfe\0\0\xc3\n\0\0\0\n\xf0\x9f\n"),
            How::Endless => pour(b"announce route 192.0.2.0/24 next-hop 10.99.0.1 as-path [ 1 2 3 4 ] "),
            How::Silent => {
                forever();
                Ok(())
            }
        }
    }
}

fn pour(what: &[u8]) -> Result<()> {
    let block = what.repeat(1000);
    let mut stdout = std::io::stdout().lock();
    loop {
        stdout.write_all(&block)?;
    }
}

/// Waits without end, for nothing.
fn forever() {
    let (_held, never) = std::sync::mpsc::sync_channel::<()>(0);
    let _ = never.recv();
}
