//! exabgp-rs.

use super::{LOCAL, LOCAL_AS, PEER_AS, Plan, write};
use crate::{bench::table, daemon};
use anyhow::Result;
use std::{fmt::Write as _, path::Path};
use tokio::process::Command;

pub(super) fn command(plan: &Plan, folder: &Path) -> Result<Command> {
    let mut command = Command::new(daemon::binary()?);
    command
        .arg(if plan.conf {
            write(folder, "exabgp.conf", &super::exabgp::config(plan)?)?
        } else {
            write(folder, "exabgp.toml", &config(plan)?)?
        })
        .current_dir(folder)
        .env("exabgp_api_cli", "false");
    if nix::unistd::geteuid().is_root() {
        command.env("exabgp_daemon_user", "root");
    }
    Ok(command)
}

fn config(plan: &Plan) -> Result<String> {
    let mut out = String::new();
    for (name, run) in &plan.helpers {
        let run = serde_json::to_string(run)?;
        write!(out, "[process.{name}]\nrun = {run}\nencoder = \"json\"\n\n")?;
    }
    let family = if plan.ipv6 { "ipv6 unicast" } else { "ipv4 unicast" };
    for (i, peer) in plan.peers.iter().enumerate() {
        write!(
            out,
            "[[neighbor]]\npeer-address = \"{}\"\nconnect = {}\nlocal-address = \"{LOCAL}\"\nlocal-as = {LOCAL_AS}\n\
             peer-as = {PEER_AS}\nrouter-id = \"10.0.0.1\"\nhold-time = 180\nfamilies = [\"{family}\"]\n",
            peer.ip(),
            peer.port(),
        )?;
        if plan.heard.is_some() {
            out.push_str("adj-rib-in = false\n");
        }
        if plan.routes > 0 {
            out.push_str("[neighbor.static]\nroutes = [\n");
            for line in String::from_utf8(table::lines(plan.routes, "announce", LOCAL_AS, 0))?.lines() {
                writeln!(out, "\"{}\",", line.trim_start_matches("announce route "))?;
            }
            out.push_str("]\n");
        }
        let hears = |name: &String| plan.heard.as_ref().is_some_and(|(n, h)| *n == i && h == name);
        let consolidate = if plan.consolidate { "\"packets\", \"consolidate\", " } else { "" };
        for (name, _) in &plan.helpers {
            write!(out, "[[neighbor.api]]\nprocesses = [\"{name}\"]\n")?;
            if hears(name) {
                writeln!(out, "receive = [\"parsed\", {consolidate}\"update\"]")?;
            }
        }
    }
    Ok(out)
}
