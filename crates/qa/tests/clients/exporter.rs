//! lusis/exabgp_exporter. In stream mode it is a helper that reads JSON into structures of fixed types; standalone it runs
//! `exabgpcli` and takes the tables apart.

use crate::stage::{LIMIT, Stage, neighbor, peer};
use anyhow::{Context as _, Result, ensure};
use qa::{
    daemon::{Setup, binary},
    expect::within,
    helper::{RELAY, Rendezvous, SCRIPT},
};
use serde::Deserialize;
use std::collections::BTreeMap;
use tokio::process::Command;

/// An event as the exporter's structures take it: a member of another type is an error there, as here.
#[derive(Deserialize, Debug)]
struct Event {
    exabgp: String,
    time: f64,
    host: String,
    pid: u32,
    ppid: u32,
    #[serde(default)]
    counter: u64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    neighbor: Option<Neighbor>,
}

#[derive(Deserialize, Debug)]
struct Neighbor {
    address: Ends<String>,
    asn: Ends<u32>,
    #[serde(default)]
    direction: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    message: Option<Message>,
}

#[derive(Deserialize, Debug)]
struct Ends<T> {
    local: T,
    peer: T,
}

#[derive(Deserialize, Debug)]
struct Message {
    #[serde(default)]
    update: Option<Update>,
    #[serde(default)]
    eor: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Default, Debug)]
struct Update {
    #[serde(default)]
    announce: BTreeMap<String, BTreeMap<String, Vec<Nlri>>>,
    #[serde(default)]
    withdraw: BTreeMap<String, Vec<Nlri>>,
}

/// Both forms.
#[derive(Deserialize, Debug)]
#[serde(untagged)]
enum Nlri {
    Object { nlri: String },
    Text(String),
}

impl Nlri {
    fn text(&self) -> &str {
        match self {
            Self::Object { nlri } => nlri,
            Self::Text(text) => text,
        }
    }
}

/// The shape of its sample configuration: a stream, a process fed through a FIFO, a neighbor with static routes.
fn conf(port: u16, run: &str, encoder: &str) -> String {
    let statements = "  peer-address 127.0.0.1;
  family {
    ipv4 unicast;
    ipv6 unicast;
  }
  static {
    route 192.168.88.0/28 next-hop 192.168.1.184 split /29;
  }
  api {
    processes [ exporter, fifo ];
    neighbor-changes;
    signal;
    receive {
      parsed;
      notification;
      update;
      refresh;
    }
    send {
      parsed;
      notification;
      update;
      refresh;
    }
  }
";
    format!(
        "process exporter {{\n  run {run};\n  encoder {encoder};\n}}\nprocess fifo {{\n  run ./fifo.sh;\n  encoder {encoder};\n}}\n{}",
        neighbor(port, statements)
    )
}

/// The state of routes as the exporter keeps it: prefix, next hop and whether it is there.
fn follow(routes: &mut BTreeMap<(String, String), bool>, update: &Update) {
    for (family, next_hops) in &update.announce {
        for nlri in next_hops.values().flatten() {
            routes.insert((family.clone(), nlri.text().to_owned()), true);
        }
    }
    for (family, list) in &update.withdraw {
        for nlri in list {
            routes.insert((family.clone(), nlri.text().to_owned()), false);
        }
    }
}

async fn stream(encoder: &str) -> Result<()> {
    let rendezvous = Rendezvous::new()?;
    // The exporter in stream mode reads what the relay passes on.
    let run = format!("./{SCRIPT} {}", rendezvous.port()?);
    let mut stage = Stage::up(peer(), |port| {
        let setup = Setup::conf(conf(port, &run, encoder)).helper(SCRIPT, RELAY);
        Ok(setup.helper("fifo.sh", "#!/bin/sh\nmkfifo exabgp.cmd\nexec cat <>exabgp.cmd\n"))
    })
    .await?;
    let mut exporter = rendezvous.helper(within(LIMIT)).await?;
    stage.holds(&["192.168.88.0/29", "192.168.88.8/29"]).await?;
    let fifo = stage.daemon.folder().join("exabgp.cmd");
    let command =
        "announce route 10.0.0.0/24 next-hop self\nwithdraw route 192.168.88.8/29 next-hop 192.168.1.184\n";
    // Opening it waits for its reader.
    tokio::task::spawn_blocking(move || std::fs::write(fifo, command)).await??;
    stage.holds(&["10.0.0.0/24", "192.168.88.0/29"]).await?;
    stage.peer.send(&qa::frame::Message::new(3, &[6, 2])).await?;

    let (mut routes, mut states, mut eor, mut last) = (BTreeMap::new(), Vec::new(), 0, 0);
    while !states.iter().any(|s| s == "down") {
        let line = exporter.line(within(LIMIT)).await?;
        let event: Event = serde_json::from_str(&line).with_context(|| line.clone())?;
        ensure!(!event.exabgp.is_empty() && !event.host.is_empty(), "{line}");
        ensure!(event.time > 1e9 && event.pid > 0 && event.ppid > 0, "{line}");
        let Some(neighbor) = event.neighbor else { continue };
        ensure!(event.counter > last, "the counter of {line} was {last} before");
        last = event.counter;
        ensure!(neighbor.address.local == "127.0.0.1" && neighbor.address.peer == "127.0.0.1", "{line}");
        ensure!((neighbor.asn.local, neighbor.asn.peer) == (65000, 65001), "{line}");
        match event.kind.as_str() {
            "state" => states.push(neighbor.state),
            "update" if neighbor.direction == "send" => {
                let message = neighbor.message.context("an update without message")?;
                eor += usize::from(message.eor.is_some());
                follow(&mut routes, &message.update.unwrap_or_default());
            }
            _ => {}
        }
    }
    ensure!(states == ["connected", "up", "down"], "{states:?}");
    ensure!(eor == 2, "{eor} End-of-RIB markers of two families");
    let there: Vec<_> = routes.iter().map(|((f, p), up)| (f.as_str(), p.as_str(), *up)).collect();
    let family = "ipv4 unicast";
    let wanted = [
        (family, "10.0.0.0/24", true),
        (family, "192.168.88.0/29", true),
        (family, "192.168.88.8/29", false),
    ];
    ensure!(there == wanted, "{there:?}");
    stage.stop().await
}

#[tokio::test]
async fn exabgp_exporter_streams() -> Result<()> {
    stream("json").await
}

/// Its other form of prefixes.
#[tokio::test]
async fn exabgp_exporter_streams_plain_strings() -> Result<()> {
    stream("json-4.0.1-compact").await
}

#[tokio::test]
async fn exabgp_exporter_standalone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("exabgp.sock");
    let mut stage = Stage::up(peer(), |port| {
        let text = conf(port, "/bin/cat", "json").replace("./fifo.sh", "/bin/cat");
        let setup = Setup::conf(text).env("exabgp_api_cli", "true");
        Ok(setup.env("exabgp_api_socketname", &socket.display().to_string()))
    })
    .await?;
    stage.holds(&["192.168.88.0/29", "192.168.88.8/29"]).await?;
    let cli = folder.path().join("exabgpcli");
    std::os::unix::fs::symlink(binary()?, &cli)?;
    let ask = |words: &'static [&'static str]| {
        let mut command = Command::new(&cli);
        command.args(["--root", "/"]).args(words).env("exabgp_cli_socket", &socket);
        async move {
            let output = command.output().await?;
            ensure!(output.status.success(), "{output:?}");
            Ok(String::from_utf8(output.stdout)?)
        }
    };
    let summary = ask(&["show", "neighbor", "summary"]).await?;
    let mut lines = summary.lines();
    ensure!(
        lines.next() == Some("Peer            AS        up/down state       |     #sent     #recvd"),
        "{summary}"
    );
    // Fields by blanks: the address, the AS, how long, the state, two numbers.
    let fields: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    ensure!(fields.len() == 6 && fields[..2] == ["127.0.0.1", "65001"], "{summary}");
    ensure!(fields[3] == "established" && fields[4].parse::<u32>().is_ok_and(|n| n >= 1), "{summary}");

    let routes = ask(&["show", "adj-rib", "out", "extensive"]).await?;
    let head = "neighbor 127.0.0.1 local-ip 127.0.0.1 local-as 65000 peer-as 65001 router-id 10.0.0.1 family-allowed in-open ipv4 unicast ";
    let mut found: Vec<_> = routes
        .lines()
        .map(|line| line.strip_prefix(head).and_then(|rest| rest.split_once(" next-hop ")))
        .map(|parts| parts.with_context(|| routes.clone()))
        .collect::<Result<_>>()?;
    found.sort_unstable();
    ensure!(found.iter().map(|f| f.0).eq(["192.168.88.0/29", "192.168.88.8/29"]), "{routes}");
    ensure!(found.iter().all(|f| f.1.split(' ').next() == Some("192.168.1.184")), "{routes}");
    stage.stop().await
}
