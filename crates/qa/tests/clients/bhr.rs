//! ncsa/bhr-client-exabgp, the client of a black hole router: templates give one line for up to 50 prefixes, with `attribute`
//! in the singular. A parent starts its child again and again, and neither reads what the daemon says. The configuration
//! has the `group` of ExaBGP 3.

use crate::stage::{Stage, community, numbers, peer};
use anyhow::{Result, ensure};
use qa::daemon::Setup;

/// A parent loop, a child that dies after each round. A round is a file `round-N` of the test.
const CLIENT: &str = r#"#!/usr/bin/env python3
import os, sys, time

TEMPLATE = "{verb} attribute next-hop 192.0.2.1 community [ 65142:666 no-export ] nlri {cidrs}"
BATCH = int(os.environ.get("BHR_EXABGP_BATCH_SIZE", "50"))


def child(number):
    # The test writes each round whole, under another name, and renames it; the parent looks once a moment.
    with open(f"round-{number}") as lines:
        verb, *cidrs = lines.read().split()
    for start in range(0, len(cidrs), BATCH):
        print(TEMPLATE.format(verb=verb, cidrs=" ".join(cidrs[start:start + BATCH])), flush=True)
    os._exit(3)


number = 1
while True:
    if os.path.exists(f"round-{number}"):
        pid = os.fork()
        if pid == 0:
            child(number)
        os.waitpid(pid, 0)
        number += 1
    time.sleep(0.05)
"#;

#[tokio::test]
async fn bhr_client_announces_fifty_prefixes_a_line() -> Result<()> {
    let mut stage = Stage::up(peer(), |port| {
        let text = format!(
            "group bhr {{
  process bhr-client {{
    run ./bhr.py;
  }}
  local-as 65000;
  peer-as 65001;
  router-id 10.0.0.1;
  local-address 127.0.0.1;
  neighbor 127.0.0.1 {{
    connect {port};
  }}
}}
"
        );
        Ok(Setup::conf(text).helper("bhr.py", CLIENT).env("BHR_EXABGP_BATCH_SIZE", "50"))
    })
    .await?;
    let hosts: Vec<String> = (0..120).map(|n| format!("10.66.{}.{}/32", n / 100, n % 100)).collect();
    let folder = stage.daemon.folder().to_owned();
    let round = |number: u32, verb: &str, hosts: &[String]| {
        let (new, name) = (folder.join("new"), folder.join(format!("round-{number}")));
        std::fs::write(&new, format!("{verb} {}", hosts.join(" ")))?;
        std::fs::rename(new, name)
    };
    round(1, "announce", &hosts)?;
    let wanted: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let table = stage.holds(&wanted).await?;
    for route in table.routes.values() {
        ensure!(numbers(route, 8) == [community(65142, 666), 0xffff_ff01], "{route:?}");
        ensure!(route.next_hop == Some("192.0.2.1".parse()?), "{route:?}");
    }
    round(2, "withdraw", &hosts[..70])?;
    stage.holds(&wanted[70..]).await?;
    // A template with a flow rule of several lines is read as several commands, which are none; the session lives on.
    round(3, "match {\n  source 10.66.0.1/32;\n}\nwithdraw", &[])?;
    round(4, "announce", &hosts[..1])?;
    stage.until("the next round", |t| t.routes.len() == 51).await?;
    stage.stop().await
}
