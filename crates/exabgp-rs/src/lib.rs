//! What a person types and reads: command line, logging, sub-commands, exit codes.

pub mod cli;
mod daemon;
pub mod healthcheck;
pub mod logging;
mod server;
pub mod speaker;
mod validate;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;
use config::{Settings, Sources};

use cli::{Cli, Command};

/// Does what the arguments say. The exit code: 0 well done, 1 something is wrong, 2 (by clap) a wrong command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let (mut arguments, env_file) = Cli::normalise(arguments);
    if arguments.get(1).is_some_and(|word| word == "healthcheck") {
        match healthcheck::with_file(arguments) {
            Ok(words) => arguments = words,
            Err(e) => {
                eprintln!("error: {e:#}");
                return ExitCode::FAILURE;
            }
        }
    }
    let cli = Cli::parse_from(arguments);
    match command(&cli, env_file.as_deref()) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(cli: &Cli, env_file: Option<&Path>) -> Result<ExitCode> {
    match &cli.command {
        Command::Server(options) => server::run(options, env_file),
        Command::Validate(options) => validate::run(options, env_file),
        Command::Healthcheck(options) => healthcheck::run(options),
        Command::Speaker(options) => speaker::run(options).map(|()| ExitCode::SUCCESS),
        Command::Version => {
            // The first line is what scripts read.
            println!("ExaBGP : exabgp-rs {}", env!("CARGO_PKG_VERSION"));
            println!("Rust   : {}", env!("CARGO_PKG_RUST_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
        Command::Env(options) => {
            let own = std::env::current_exe().ok();
            let sources = Sources::of_process(env_file, own.as_deref())?;
            let resolved = Settings::resolve(&sources);
            let text = if options.env {
                resolved.settings.variables(options.diff)
            } else {
                resolved.settings.ini(options.diff)
            };
            print!("{text}");
            resolved.errors.iter().for_each(|e| eprintln!("error: {e}"));
            Ok(if resolved.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}
