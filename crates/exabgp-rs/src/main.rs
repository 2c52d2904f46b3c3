//! The `exabgp-rs` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    exabgp_rs::run(std::env::args_os())
}
