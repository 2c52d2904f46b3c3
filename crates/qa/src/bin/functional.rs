//! `functional`: runs the functional suites against a daemon. See `qa/README.md`.

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};
use qa::{
    case::{Absent, Suite},
    decoding::Decodings,
    report::{self, Paint},
    runner::{self, Outcome, Setup},
};
use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Runs the functional test suites: a scripted BGP peer in front of a daemon under test.
#[derive(Parser)]
#[command(name = "functional", version)]
struct Cli {
    #[command(subcommand)]
    command: Sub,
}

#[derive(Subcommand)]
enum Sub {
    /// Compare what the daemon sends, octet for octet, with what each case expects.
    Encoding(Encoding),
    /// Compare what `decode` prints for messages with the JSON that each case expects.
    Decoding(Decoding),
    /// Accept every configuration, and refuse copies with mistakes.
    Parsing(Parsing),
    /// Print the names of the tests.
    List(SuiteArg),
}

#[derive(Args)]
struct SuiteArg {
    /// Folder that holds qa/encoding [default: this repository].
    #[arg(long, value_name = "DIR")]
    suite: Option<PathBuf>,
}

#[derive(Args)]
struct Parsing {
    /// Configurations, by the name of the file [default: all].
    names: Vec<String>,
    /// Folder that holds etc/exabgp or qa/parsing [default: this repository].
    #[arg(long, value_name = "DIR")]
    suite: Option<PathBuf>,
    /// The daemon under test [default: the exabgp-rs built beside this program].
    #[arg(long, value_name = "PATH")]
    daemon: Option<PathBuf>,
}

#[derive(Args)]
struct Encoding {
    /// Tests to run [default: all].
    names: Vec<String>,
    #[command(flatten)]
    suite: SuiteArg,
    /// Tests that run at the same time [default: four for each CPU; they mostly wait].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Time limit of one test in seconds.
    #[arg(long, value_name = "S", default_value_t = 30)]
    timeout: u64,
    /// Write a JUnit report.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a JSON report.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The daemon under test [default: the exabgp-rs built beside this program].
    #[arg(long, value_name = "PATH")]
    daemon: Option<PathBuf>,
    /// Write what each daemon printed to DIR/NAME.log, passed or not.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

#[derive(Args)]
struct Decoding {
    /// Tests to run [default: all].
    names: Vec<String>,
    /// Folder that holds qa/decoding [default: this repository].
    #[arg(long, value_name = "DIR")]
    suite: Option<PathBuf>,
    /// Time limit of one test in seconds.
    #[arg(long, value_name = "S", default_value_t = 30)]
    timeout: u64,
    /// Write a JUnit report.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a JSON report.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The program under test [default: the exabgp-rs built beside this program].
    #[arg(long, value_name = "PATH")]
    daemon: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        // On Ctrl-C the tests are dropped, and with each its daemon and helpers.
        Sub::Encoding(args) => tokio::select! {
            result = encoding(args) => result,
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
        },
        Sub::Decoding(args) => decoding(args).await,
        Sub::Parsing(args) => parsing(&args),
        Sub::List(arg) => list(&arg),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("functional: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn open(arg: &SuiteArg) -> Result<Suite> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Suite::open(arg.suite.as_deref().unwrap_or(&here))
}

/// The daemon that was named, or the one built beside this program.
fn daemon(named: Option<&Path>) -> Result<PathBuf> {
    let daemon = match named {
        Some(path) => path.canonicalize().map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?,
        None => std::env::current_exe()?.with_file_name("exabgp-rs"),
    };
    if !daemon.is_file() {
        bail!("there is no daemon {}", daemon.display());
    }
    Ok(daemon)
}

/// True when every configuration was judged as it should be.
fn parsing(args: &Parsing) -> Result<bool> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let daemon = daemon(args.daemon.as_deref())?;
    let paint = Paint { colour: std::io::stdout().is_terminal() };
    let start = Instant::now();
    let (mut passed, mut failed) = (0usize, Vec::new());
    for file in qa::parsing::configurations(args.suite.as_deref().unwrap_or(&here))? {
        let named = |name: &String| file.file_stem().or(file.file_name()).is_some_and(|f| f == name.as_str());
        if !args.names.is_empty() && !args.names.iter().any(named) {
            continue;
        }
        let verdict = qa::parsing::judge(&daemon, &file)?;
        if verdict.failures.is_empty() {
            passed += 1;
            println!("{} {}", paint.good("PASSED"), verdict.name);
        } else {
            println!("{} {}\n{}", paint.bad("FAILED"), verdict.name, verdict.failures.join("\n"));
            failed.push(verdict.name);
        }
    }
    if passed == 0 && failed.is_empty() {
        bail!("no configuration is called so");
    }
    print!("\n{}", paint.good(&format!("{passed} passed")));
    if !failed.is_empty() {
        print!(", {}: {}", paint.bad(&format!("{} failed", failed.len())), failed.join(" "));
    }
    println!(" ({:.1} s)", start.elapsed().as_secs_f64());
    Ok(failed.is_empty())
}

fn list(arg: &SuiteArg) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    for name in open(arg)?.cases.keys() {
        // A reader that went away (`| head`) has what it wanted.
        if writeln!(out, "{name}").is_err() {
            break;
        }
    }
    Ok(true)
}

/// True when every test passed.
async fn encoding(args: Encoding) -> Result<bool> {
    let suite = open(&args.suite)?;
    let names =
        if args.names.is_empty() { suite.cases.keys().cloned().collect() } else { args.names.clone() };
    let mut cases = Vec::new();
    for name in &names {
        match suite.load(name) {
            // What was asked for by name must be there; of a whole suite the rest is run.
            Err(error) if args.names.is_empty() && error.is::<Absent>() => {
                println!("SKIPPED {name}: {error}");
            }
            case => cases.push(case?),
        }
    }
    let mut waiting = cases.into_iter();
    let daemon = daemon(args.daemon.as_deref())?;
    if let Some(folder) = &args.keep {
        std::fs::create_dir_all(folder)?;
    }
    let limit = Duration::from_secs(args.timeout);
    let setup = Setup { daemon, root: suite.root.clone(), dialect: suite.dialect, limit };
    let jobs = args
        .jobs
        .map_or_else(|| std::thread::available_parallelism().map_or(4, |n| n.get() * 4), usize::from);
    let paint = Paint { colour: std::io::stdout().is_terminal() };

    let start = Instant::now();
    let mut running = JoinSet::new();
    let mut outcomes: Vec<Outcome> = Vec::new();
    loop {
        while running.len() < jobs
            && let Some(case) = waiting.next()
        {
            let setup = setup.clone();
            running.spawn(async move { runner::run(&setup, case).await });
        }
        let Some(outcome) = running.join_next().await else { break };
        let outcome = outcome?;
        print!("{}", paint.outcome(&outcome));
        std::io::stdout().flush()?;
        if let Some(folder) = &args.keep {
            std::fs::write(folder.join(format!("{}.log", outcome.name)), &outcome.log)?;
        }
        outcomes.push(outcome);
    }
    outcomes.sort_by(|a, b| a.name.cmp(&b.name));
    summary(paint, &outcomes, start.elapsed());
    if let Some(path) = &args.junit {
        report::junit(path, &outcomes, start.elapsed())?;
    }
    if let Some(path) = &args.json {
        report::json(path, &outcomes, start.elapsed())?;
    }
    Ok(outcomes.iter().all(|o| o.failure.is_none()))
}

/// True when every test passed.
async fn decoding(args: Decoding) -> Result<bool> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let suite = Decodings::open(args.suite.as_deref().unwrap_or(&here))?;
    let daemon = daemon(args.daemon.as_deref())?;
    let names =
        if args.names.is_empty() { suite.cases.keys().cloned().collect() } else { args.names.clone() };
    let paint = Paint { colour: std::io::stdout().is_terminal() };
    let start = Instant::now();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for name in &names {
        let outcome = suite.run(&daemon, name, Duration::from_secs(args.timeout)).await?;
        print!("{}", paint.outcome(&outcome));
        outcomes.push(outcome);
    }
    summary(paint, &outcomes, start.elapsed());
    if let Some(path) = &args.junit {
        report::junit(path, &outcomes, start.elapsed())?;
    }
    if let Some(path) = &args.json {
        report::json(path, &outcomes, start.elapsed())?;
    }
    Ok(outcomes.iter().all(|o| o.failure.is_none()))
}

fn summary(paint: Paint, outcomes: &[Outcome], took: Duration) {
    let failed: Vec<&str> =
        outcomes.iter().filter(|o| o.failure.is_some()).map(|o| o.name.as_str()).collect();
    let passed = format!("{} passed", outcomes.len() - failed.len());
    print!("\n{}", paint.good(&passed));
    if !failed.is_empty() {
        print!(", {}: {}", paint.bad(&format!("{} failed", failed.len())), failed.join(" "));
    }
    println!(" ({:.1} s)", took.as_secs_f64());
}
