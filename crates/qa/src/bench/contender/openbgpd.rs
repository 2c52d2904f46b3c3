//! OpenBGPD (its portable form). It drops its privileges, so it can be started by root only.

use super::{LOCAL, LOCAL_AS, PEER_AS, Plan, write};
use anyhow::Result;
use std::{fmt::Write as _, fs, os::unix::fs::PermissionsExt as _, path::Path};
use tokio::process::Command;

pub(super) const BGPD: &str = "/usr/sbin/bgpd";
/// Where Debian's build confines its processes; its service file creates it.
const CHROOT: &str = "/run/openbgpd";

pub(super) fn command(plan: &Plan, folder: &Path) -> Result<Command> {
    fs::create_dir_all(CHROOT)?;
    let socket = folder.join("bgpd.sock");
    let mut out = format!(
        "AS {LOCAL_AS}\nrouter-id 10.0.0.1\nlisten on 127.0.0.1 port 1799\nsocket \"{}\"\nfib-update no\nholdtime 180\n\
         connect-retry 1\n",
        socket.display()
    );
    for peer in &plan.peers {
        write!(
            out,
            "neighbor {} {{\n  remote-as {PEER_AS}\n  local-address {LOCAL}\n  port {}\n  multihop 5\n  announce IPv4 unicast\n}}\n",
            peer.ip(),
            peer.port()
        )?;
    }
    out.push_str("allow from any\nallow to any\n");
    let file = write(folder, "bgpd.conf", &out)?;
    // It refuses a configuration that others can read.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    let mut command = Command::new(BGPD);
    command.arg("-d").arg("-f").arg(file);
    Ok(command)
}
