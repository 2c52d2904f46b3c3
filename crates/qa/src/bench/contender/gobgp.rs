//! GoBGP.

use super::{LOCAL, LOCAL_AS, PEER_AS, Plan, write};
use anyhow::Result;
use std::{fmt::Write as _, path::Path};
use tokio::process::Command;

pub(super) const GOBGPD: &str = "/usr/bin/gobgpd";

pub(super) fn command(plan: &Plan, folder: &Path) -> Result<Command> {
    let mut out = format!("[global.config]\nas = {LOCAL_AS}\nrouter-id = \"10.0.0.1\"\nport = -1\n");
    for peer in &plan.peers {
        write!(
            out,
            "[[neighbors]]\n[neighbors.config]\nneighbor-address = \"{}\"\npeer-as = {PEER_AS}\n\
             [neighbors.transport.config]\nlocal-address = \"{LOCAL}\"\nremote-port = {}\n\
             [neighbors.timers.config]\nhold-time = 180\nconnect-retry = 1\n\
             [neighbors.ebgp-multihop.config]\nenabled = true\nmultihop-ttl = 10\n\
             [[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = \"ipv4-unicast\"\n",
            peer.ip(),
            peer.port()
        )?;
    }
    let mut command = Command::new(GOBGPD);
    command.arg("-f").arg(write(folder, "gobgpd.toml", &out)?);
    command.args(["-t", "toml", "--pprof-disable", "--api-hosts"]);
    command.arg(format!("unix://{}", folder.join("api").display()));
    Ok(command)
}
