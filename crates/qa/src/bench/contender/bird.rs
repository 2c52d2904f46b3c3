//! BIRD 2. It has no API for routes: static routes in a file that is read again stand for it.

use super::{LOCAL, LOCAL_AS, PEER_AS, Plan, write};
use crate::bench::table;
use anyhow::Result;
use std::{fmt::Write as _, net::Ipv4Addr, path::Path};
use tokio::process::Command;

pub(super) const BIRD: &str = "/usr/sbin/bird";
pub(super) const BIRDC: &str = "/usr/sbin/birdc";

pub(super) fn command(plan: &Plan, folder: &Path) -> Result<Command> {
    write(folder, "routes.conf", &routes(plan.routes))?;
    let mut command = Command::new(BIRD);
    command.arg("-f").arg("-c").arg(write(folder, "bird.conf", &config(plan)?)?);
    command.arg("-s").arg(folder.join("bird.sock")).arg("-P").arg(folder.join("bird.pid"));
    Ok(command)
}

/// The filter is for MED, the stamp of W4: a received one would not be sent on.
fn config(plan: &Plan) -> Result<String> {
    let mut out = "router id 10.0.0.1;\nprotocol device { }\n\
                   protocol static { ipv4;\ninclude \"routes.conf\";\n}\n\
                   filter with_med { if defined(bgp_med) then bgp_med = bgp_med; accept; }\n"
        .to_owned();
    for (i, peer) in plan.peers.iter().enumerate() {
        write!(
            out,
            "protocol bgp p{i} {{\n  local {LOCAL} as {LOCAL_AS};\n  neighbor {} port {} as {PEER_AS};\n  multihop 5;\n  \
             hold time 180;\n  connect delay time 0;\n  connect retry time 1;\n  error wait time 1, 1;\n  \
             ipv4 {{ import all; export filter with_med; next hop address {}; }};\n}}\n",
            peer.ip(),
            peer.port(),
            table::NEXT_HOP,
        )?;
    }
    Ok(out)
}

/// The first routes of the table as static routes with their attributes.
pub(super) fn routes(count: u32) -> String {
    let mut out = String::new();
    let mut current = u32::MAX;
    let mut attributes = String::new();
    for i in 0..count {
        if table::set_of(i) != current {
            current = table::set_of(i);
            let set = table::set(current, LOCAL_AS, 0);
            "bgp_origin = ORIGIN_IGP;".clone_into(&mut attributes);
            // It puts its own AS number in front by itself.
            for asn in set.as_path.iter().skip(1).rev() {
                let _ = write!(attributes, " bgp_path.prepend({asn});");
            }
            for (a, b) in &set.communities {
                let _ = write!(attributes, " bgp_community.add(({a},{b}));");
            }
            if let Some(med) = set.med {
                let _ = write!(attributes, " bgp_med = {med};");
            }
        }
        let (address, length) = table::prefix(i);
        let _ = writeln!(out, "route {}/{length} blackhole {{ {attributes} }};", Ipv4Addr::from(address));
    }
    out
}
