//! `exabgp-rs server`: from a configuration's name to a running daemon.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use config::model::Config;
use config::{Loaded, Sources};
use reactor::{Hook, Options, Reload};
use tracing::{error, info, warn};

use crate::cli::Server;
use crate::{daemon, logging};

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// When it can't begin.
pub(crate) fn run(options: &Server, env_file: Option<&Path>) -> Result<ExitCode> {
    let own = std::env::current_exe().context("this program's own file can't be found")?;
    let sources = Sources::of_process(env_file, Some(&own))?;
    let root = config::env::root(Some(&own));
    let files: Vec<PathBuf> = options.configuration.iter().map(|f| named(f, &root)).collect();
    let [first, rest @ ..] = &*files else { bail!("no configuration is named") };
    if !first.is_file() {
        bail!("{} is not an exabgp config file (file not found)", first.display());
    }
    let loaded = config::load(first, &sources)?;
    let config = adjusted(loaded.config, options);
    if !rest.is_empty() && !config.settings.debug.rotate {
        bail!(
            "several configurations are one list only with exabgp.debug.rotate; otherwise start a daemon for each"
        );
    }
    let _log = logging::start(&config.settings, options.verbose || options.debug, options.log_format)?;
    daemon::mask(&config.settings);
    let version = config.settings.version.clone().unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned());
    info!(target: "welcome", "exabgp-rs {version}, process {}", std::process::id());
    for warning in &loaded.warnings {
        warn!(target: "configuration", "{warning}");
    }
    report(&loaded.report);
    info!(target: "configuration", "loaded {}: {} neighbors, {} processes", first.display(), config.neighbors.len(), config.processes.len());
    if config.settings.daemon.daemonize {
        warn!(target: "daemon", "it stays in the foreground: have a service manager put it to the background");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .event_interval(STEPS)
        .enable_all()
        .build()
        .context("the runtime can't be started")?;
    if options.profile.is_some() {
        warn!(target: "daemon", "--profile has no effect: have perf look at the running process");
    }
    if let Some(seconds) = options.signal {
        runtime.spawn(async move {
            let wait = std::time::Duration::from_secs(seconds.into());
            if let Some(due) = tokio::time::Instant::now().checked_add(wait) {
                tokio::time::sleep_until(due).await;
                let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGUSR1);
            }
        });
    }
    let admin = crate::runtime::admin(&config.settings, &root);
    let folder = folder_of(first);
    let settings = config.settings.clone();
    let (pid_to, pid_file) = std::sync::mpsc::sync_channel(1);
    let listening = move || {
        daemon::drop_privileges(&settings)?;
        let _ = pid_to.send(daemon::PidFile::create(&settings.daemon.pid)?);
        // Nobody listens when there is no service manager: no failure.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        Ok(())
    };
    let started = reactor::run(Options {
        config,
        reload: Reload(reloader(options, files.clone(), sources)),
        admin,
        folder,
        own,
        version,
        host: host_name(),
        listening: Hook(Box::new(listening)),
    });
    // The loop is a task like others: what a helper says is then read, applied and sent by one thread, without a
    // wake-up in between (docs/adr/0005).
    let result = runtime.block_on(runtime.spawn(started));
    // Nothing that is left could have anything to do: everything is tracked and was waited for, in time.
    runtime.shutdown_background();
    drop(pid_file);
    let result = result.unwrap_or_else(|failed| match failed.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Ok(()),
    });
    if options.memory {
        memory();
    }
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(e) => {
            error!(target: "daemon", "{e}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Steps of tasks after which a busy worker looks whether input has come: one takes up to 0.3 ms.
const STEPS: u32 = 7;

/// Threads that run the tasks: some more than there are processors, so that with all of those busy one thread still
/// waits for input and the kernel, not the next gap in somebody's work, decides when it runs.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).saturating_add(2)
}

/// Reads the next configuration of the list: the same again when there is one.
fn reloader(
    options: &Server,
    files: Vec<PathBuf>,
    sources: Sources,
) -> Box<dyn FnMut() -> Result<Config, String> + Send> {
    let mut files = VecDeque::from(files);
    let (passive, once) = (options.passive, options.once);
    Box::new(move || {
        files.rotate_left(1);
        let Some(next) = files.front() else { return Err("no configuration is named".to_owned()) };
        match config::load(next, &sources) {
            Ok(Loaded { config, report: found, .. }) => {
                report(&found);
                Ok(adjust(config, passive, once))
            }
            Err(e) => Err(e.to_string()),
        }
    })
}

/// Warnings about a configuration, a line each.
fn report(found: &config::Report) {
    for line in found.short_lines() {
        warn!(target: "configuration", "{line}");
    }
}

fn adjusted(config: Config, options: &Server) -> Config {
    adjust(config, options.passive, options.once)
}

/// Has the command line win over the settings.
fn adjust(mut config: Config, passive: bool, once: bool) -> Config {
    if passive {
        config.settings.bgp.passive = true;
    }
    if once {
        config.settings.tcp.attempts = 1;
    }
    config
}

/// The file that a name on the command line means: `etc/exabgp/...` is looked up below the root when it is not here.
fn named(name: &Path, root: &Path) -> PathBuf {
    let below = root.join(name);
    if name.starts_with("etc/exabgp") && !name.exists() && below.exists() { below } else { name.to_owned() }
}

/// Logs how much memory was used at most.
fn memory() {
    use nix::sys::resource::{UsageWho, getrusage};
    if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
        info!(target: "daemon", "at most {} KiB of memory were used", usage.max_rss());
    }
}

/// The folder of a configuration, absolute: helpers run there.
fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::path::absolute(folder).unwrap_or_else(|_| PathBuf::from("/"))
}

fn host_name() -> String {
    nix::unistd::gethostname()
        .map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}
