//! FRR's bgpd, without zebra.

use super::{LOCAL, LOCAL_AS, PEER_AS, Plan, write};
use anyhow::Result;
use std::{fmt::Write as _, path::Path};
use tokio::process::Command;

pub(super) const BGPD: &str = "/usr/lib/frr/bgpd";

pub(super) fn command(plan: &Plan, folder: &Path) -> Result<Command> {
    let mut out = format!(
        "router bgp {LOCAL_AS}\n bgp router-id 10.0.0.1\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
         bgp disable-ebgp-connected-route-check\n"
    );
    for peer in &plan.peers {
        let n = format!(" neighbor {}", peer.ip());
        write!(
            out,
            "{n} remote-as {PEER_AS}\n{n} port {}\n{n} update-source {LOCAL}\n{n} timers 60 180\n{n} timers connect 1\n\
             {n} ebgp-multihop 10\n",
            peer.port()
        )?;
    }
    let file = write(folder, "bgpd.conf", &out)?;
    let mut command = Command::new(BGPD);
    command.args(["-Z", "-S", "-n", "-p", "0", "-P", "0", "--log", "stdout", "-f"]).arg(file);
    command.arg("-i").arg(folder.join("bgpd.pid")).arg("--vty_socket").arg(folder);
    Ok(command)
}
