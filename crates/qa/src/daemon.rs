//! exabgp-rs under test: started with a configuration in a folder of its own, stopped in order.

use crate::process::{Process, Usage, usage};
use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::OnceLock,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{process::Command, time::Instant};

/// How the daemon is to be started.
#[derive(Clone, Debug)]
pub struct Setup {
    config: String,
    name: &'static str,
    files: Vec<(String, String)>,
    env: Vec<(String, String)>,
}

impl Setup {
    /// With this TOML configuration, and no administrative sockets.
    pub fn new(config: impl Into<String>) -> Self {
        Self::named("exabgp.toml", config.into())
    }

    /// The same with a configuration in ExaBGP's language.
    pub fn conf(config: impl Into<String>) -> Self {
        Self::named("exabgp.conf", config.into())
    }

    fn named(name: &'static str, config: String) -> Self {
        Self { config, name, files: Vec::new(), env: Vec::new() }.env("exabgp_api_cli", "false")
    }

    /// Adds an executable file to the folder of the configuration (`./NAME` in a `run` setting).
    #[must_use]
    pub fn helper(mut self, name: &str, script: &str) -> Self {
        self.files.push((name.to_owned(), script.to_owned()));
        self
    }

    /// Adds a setting, as `exabgp_section_option`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it.
    pub fn start(&self) -> Result<Daemon> {
        let folder = tempfile::tempdir()?;
        for (name, script) in &self.files {
            write_executable(&folder.path().join(name), script)?;
        }
        let config = folder.path().join(self.name);
        fs::write(&config, &self.config)?;
        let mut command = Command::new(binary()?);
        command.arg(&config).current_dir(folder.path()).envs(self.env.iter().map(|(k, v)| (k, v)));
        if nix::unistd::geteuid().is_root() {
            command.env("exabgp_daemon_user", "root");
        }
        Ok(Daemon { process: Process::start(command)?, folder, config })
    }
}

/// Writes a script that can be run.
pub fn write_executable(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// The program under test: `QA_DAEMON`, or the one beside this test, which cargo brings up to date first.
pub fn binary() -> Result<&'static Path> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = BINARY.get_or_init(|| build().map_err(|e| format!("{e:#}")));
    found.as_deref().map_err(|e| anyhow::anyhow!("there is no daemon to test: {e}"))
}

fn build() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("QA_DAEMON") {
        return Ok(path.into());
    }
    // Tests are in target/PROFILE/deps.
    let exe = std::env::current_exe()?;
    let profile = exe.parent().and_then(Path::parent).context("the test is in no target folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    command.args(["build", "-q", "-p", "exabgp-rs", "--manifest-path"]);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    if profile.ends_with("release") {
        command.arg("--release");
    }
    ensure!(command.status()?.success(), "cargo build failed");
    Ok(profile.join("exabgp-rs"))
}

/// A running daemon. Dropping it kills it and its helpers.
#[derive(Debug)]
pub struct Daemon {
    /// The process; its `log` is what it printed.
    pub process: Process,
    folder: TempDir,
    config: PathBuf,
}

impl Daemon {
    /// The folder of the configuration, where helpers run and may leave files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces the configuration; a reload is the test's to ask for.
    pub fn rewrite(&self, config: &str) -> Result<()> {
        Ok(fs::write(&self.config, config)?)
    }

    /// Memory, CPU and context switches until now.
    pub fn usage(&self) -> Result<Usage> {
        usage(self.process.pid())
    }

    /// Asks it to end (SIGTERM): it must do so with status 0 within the time given, and leave no process behind.
    pub async fn stop(mut self, limit: Duration) -> Result<()> {
        let start = Instant::now();
        self.process.signal(Signal::SIGTERM)?;
        let status = self.process.wait(start + limit).await;
        let left = self.process.leftovers();
        self.process.kill().await;
        let said = || format!("\nthe daemon said:\n{}", self.process.log.text());
        let status: ExitStatus = status.with_context(said)?;
        ensure!(status.success(), "the daemon ended with {status}{}", said());
        ensure!(left.is_empty(), "the daemon left running: {left:?}{}", said());
        Ok(())
    }
}
