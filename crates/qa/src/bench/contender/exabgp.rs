//! ExaBGP 5.0.15 from PyPI, in a virtual environment below target/.

use super::{LOCAL, LOCAL_AS, PEER_AS, Plan, write};
use crate::bench::table;
use anyhow::{Context, Result, ensure};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::OnceLock,
};
use tokio::process::Command;

const VERSION: &str = "5.0.15";

/// The program, installed first if it is not there.
pub(super) fn install() -> Result<&'static Path> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = PROGRAM.get_or_init(|| make().map_err(|e| format!("{e:#}")));
    found.as_deref().map_err(|e| anyhow::anyhow!("{e}"))
}

fn make() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("QA_EXABGP") {
        return Ok(path.into());
    }
    let own = std::env::current_exe()?;
    let target = own.parent().and_then(Path::parent).context("this program is in no target folder")?;
    let folder = target.join(format!("exabgp-{VERSION}"));
    let program = folder.join("bin/exabgp");
    if program.exists() {
        return Ok(program);
    }
    for (tool, args) in [
        (PathBuf::from("python3"), vec!["-m", "venv", folder.to_str().context("an odd path")?]),
        (folder.join("bin/pip"), vec!["install", "-q", &format!("exabgp=={VERSION}")]),
    ] {
        let status = std::process::Command::new(&tool).args(args).status()?;
        ensure!(status.success(), "{} failed", tool.display());
    }
    Ok(program)
}

pub(super) fn command(plan: &Plan, folder: &Path) -> Result<Command> {
    let mut command = Command::new(install()?);
    command.arg("server").arg(write(folder, "exabgp.conf", &config(plan)?)?).current_dir(folder);
    for (name, value) in [
        ("exabgp_daemon_user", "root"),
        ("exabgp_api_cli", "false"),
        ("exabgp_log_level", "CRITICAL"),
        ("exabgp_tcp_bind", ""),
    ] {
        command.env(name, value);
    }
    Ok(command)
}

pub(super) fn config(plan: &Plan) -> Result<String> {
    let mut out = String::new();
    for (name, run) in &plan.helpers {
        write!(out, "process {name} {{\n  run {};\n  encoder json;\n}}\n", run.join(" "))?;
    }
    for (i, peer) in plan.peers.iter().enumerate() {
        write!(
            out,
            "neighbor {} {{\n  router-id 10.0.0.1;\n  local-address {LOCAL};\n  local-as {LOCAL_AS};\n  peer-as {PEER_AS};\n  \
             hold-time 180;\n  connect {};\n  family {{ ipv4 unicast; }}\n",
            peer.ip(),
            peer.port(),
        )?;
        if plan.heard.is_some() {
            out.push_str("  adj-rib-in false;\n");
        }
        for (n, (name, _)) in plan.helpers.iter().enumerate() {
            let hears = plan.heard.as_ref().is_some_and(|(number, h)| *number == i && h == name);
            let receive = if hears { "receive { parsed; update; } " } else { "" };
            writeln!(out, "  api a{n} {{ processes [ {name} ]; {receive}}}")?;
        }
        if plan.routes > 0 {
            out.push_str("  static {\n");
            for line in String::from_utf8(table::lines(plan.routes, "announce", LOCAL_AS, 0))?.lines() {
                writeln!(out, "    {};", line.trim_start_matches("announce "))?;
            }
            out.push_str("  }\n");
        }
        out.push_str("}\n");
    }
    Ok(out)
}
