//! What a person types and reads: command line, logging, sub-commands, exit codes.

pub mod cli;
mod client;
mod daemon;
mod decode;
mod diff;
mod encode;
pub mod healthcheck;
pub mod logging;
mod migrate;
mod runtime;
mod server;
pub mod speaker;
mod validate;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser as _};
use config::{Settings, Sources};

use cli::{Cli, Command};

/// Does what the arguments say. The exit code: 0 well done, 1 something is wrong, 2 (by clap) a wrong command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let (mut arguments, env_file) = Cli::normalise(arguments);
    if arguments.len() < 2 {
        return nothing_to_do();
    }
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
        Command::Validate(options)
        | Command::Configuration { command: cli::Configuration::Validate(options) } => {
            validate::run(options, env_file)
        }
        Command::Diff(options) => diff::run(options, env_file),
        Command::Migrate(options) => migrate::run(options, env_file),
        Command::Healthcheck(options) => healthcheck::run(options),
        Command::Decode(options) => decode::run(options, env_file),
        Command::Encode(options) => encode::run(options, env_file),
        Command::Speaker(options) => speaker::run(options).map(|()| ExitCode::SUCCESS),
        Command::Reload(options) => client::reload(options, env_file),
        Command::Cli(options) => client::run(options, env_file),
        Command::Version => {
            // The first line is what scripts read.
            println!("ExaBGP : exabgp-rs {}", env!("CARGO_PKG_VERSION"));
            println!("Rust   : {}", env!("CARGO_PKG_RUST_VERSION"));
            println!("Uname  : {}", uname());
            let own = std::env::current_exe().unwrap_or_default();
            println!("From   : {}", own.parent().unwrap_or(&own).display());
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

/// Called without a word: tells what there is, and the settings, as the original does.
fn nothing_to_do() -> ExitCode {
    let mut command = Cli::command();
    let _ = command.print_help();
    println!("\nEnvironment values are:\n");
    for def in Settings::DEFS.iter().filter(|def| def.listed) {
        let name = format!("exabgp.{}.{}", def.section, def.option);
        println!("    {name:<34} {}. default ({})", def.effect, Settings::default().show(def));
    }
    ExitCode::FAILURE
}

/// The system, as `uname` tells it: name, host, release.
fn uname() -> String {
    let read = |file: &str| std::fs::read_to_string(Path::new("/proc/sys/kernel").join(file));
    let word = |file: &str| read(file).map_or_else(|_| "?".to_owned(), |text| text.trim().to_owned());
    format!("{} {} {} {}", word("ostype"), word("hostname"), word("osrelease"), std::env::consts::ARCH)
}
