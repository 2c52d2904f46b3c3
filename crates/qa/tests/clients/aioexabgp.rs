//! cooperlees/aioexabgp: an announcer on asyncio. It writes commands, and believes events of version 4.0.1 only. It runs as a
//! helper, or beside the daemon at the pair of named pipes.

use crate::stage::{LIMIT, Stage, peer};
use anyhow::{Result, bail, ensure};
use nix::sys::stat::Mode;
use qa::{
    daemon::Setup,
    expect::within,
    helper::{RELAY, Rendezvous, SCRIPT},
    open::OpenSpec,
    update::{announce, withdraw},
};
use serde_json::Value;
use std::net::Ipv6Addr;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::unix::pipe,
};

/// The shape of its sample configuration: a template with a password, blocks for families, `inherit`. (The password is left
/// out: the kernel asks for one on both ends, and the peer of this test has none.)
fn conf(port: u16, process: &str) -> String {
    format!(
        "{process}
template {{
  neighbor aio {{
    description \"aioexabgp\";
    router-id 10.0.0.1;
    local-address ::1;
    local-as 65000;
    peer-as 65001;
    hold-time 30;
    family {{
      ipv6 unicast;
    }}
    api {{
      processes [ aio ];
      neighbor-changes;
      receive {{
        parsed;
        update;
      }}
    }}
  }}
}}
neighbor ::1 {{
  inherit aio;
  connect {port};
}}
"
    )
}

/// What its parser makes of a line; it skips `done` and stops at another version.
fn parse(line: &str) -> Result<Vec<String>> {
    if line == "done" {
        return Ok(Vec::new());
    }
    let event: Value = serde_json::from_str(line)?;
    ensure!(event["exabgp"] == "4.0.1", "another version: {line}");
    let neighbor = &event["neighbor"];
    if event["type"] == "state" {
        let state = neighbor["state"].as_str().unwrap_or_default();
        let reason = neighbor["reason"].as_str().unwrap_or_default();
        return Ok(vec![format!("{state} {reason}").trim_end().to_owned()]);
    }
    ensure!(event["type"] == "update" && neighbor["direction"] == "receive", "{line}");
    let update = &neighbor["message"]["update"];
    let mut told = Vec::new();
    for (family, next_hops) in update["announce"].as_object().into_iter().flatten() {
        for (next_hop, list) in next_hops.as_object().into_iter().flatten() {
            for entry in list.as_array().into_iter().flatten() {
                told.push(format!("{family} {} via {next_hop}", entry["nlri"].as_str().unwrap_or("?")));
            }
        }
    }
    for (family, list) in update["withdraw"].as_object().into_iter().flatten() {
        for entry in list.as_array().into_iter().flatten() {
            told.push(format!("{family} {} is gone", entry["nlri"].as_str().unwrap_or("?")));
        }
    }
    Ok(told)
}

fn open() -> OpenSpec {
    OpenSpec { hold_time: 30, ..peer() }
}

#[tokio::test]
async fn aioexabgp_as_a_helper() -> Result<()> {
    let rendezvous = Rendezvous::new()?;
    let process =
        format!("process aio {{\n  run ./{SCRIPT} {};\n  encoder json-4.0.1;\n}}", rendezvous.port()?);
    let mut stage = Stage::up_at(Ipv6Addr::LOCALHOST.into(), open(), |port| {
        Ok(Setup::conf(conf(port, &process)).helper(SCRIPT, RELAY))
    })
    .await?;
    let mut aio = rendezvous.helper(within(LIMIT)).await?;
    let prefixes = ["2001:db8:1::/48".parse()?, "2001:db8:2::/48".parse()?];
    let next_hop: Ipv6Addr = "2001:db8::9".parse()?;
    stage.peer.send(&announce(&prefixes, next_hop.into(), &[65001], &[])).await?;
    stage.peer.send(&withdraw(&prefixes[1..])).await?;
    let mut told = Vec::new();
    while told.last().is_none_or(|t: &String| !t.contains("gone")) {
        told.extend(parse(&aio.line(within(LIMIT)).await?)?);
    }
    let wanted = [
        "connected",
        "up",
        "ipv6 unicast 2001:db8:1::/48 via 2001:db8::9",
        "ipv6 unicast 2001:db8:2::/48 via 2001:db8::9",
        "ipv6 unicast 2001:db8:2::/48 is gone",
    ];
    ensure!(told == wanted, "{told:#?}");

    aio.say("announce route 2001:db8:69::/64 next-hop self").await?;
    aio.say("announce route 2001:db8:70::/64 next-hop 2001:db8::1").await?;
    stage.until("two routes", |t| t.routes.len() == 2).await?;
    let self_hop = stage.table.route("2001:db8:69::/64")?.next_hop;
    ensure!(self_hop == Some(Ipv6Addr::LOCALHOST.into()), "{self_hop:?}");
    aio.say("withdraw route 2001:db8:70::/64 next-hop 2001:db8::1").await?;
    stage.holds(&["2001:db8:69::/64"]).await?;
    stage.peer.send(&qa::frame::Message::new(3, &[6, 4])).await?;
    let mut told = Vec::new();
    while told.is_empty() {
        told = parse(&aio.line(within(LIMIT)).await?)?;
    }
    ensure!(told.first().is_some_and(|t| t.starts_with("down ") && t.contains("(6,4)")), "{told:?}");
    stage.stop().await
}

/// Its class for the pipes opens one to write commands and the other to read answers.
#[tokio::test]
async fn aioexabgp_at_the_pair_of_pipes() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    for name in ["exabgp.in", "exabgp.out"] {
        nix::unistd::mkfifo(&path(name), Mode::from_bits_truncate(0o600))?;
    }
    let mut stage = Stage::up_at(Ipv6Addr::LOCALHOST.into(), open(), |port| {
        let process = "process aio {\n  run /bin/cat;\n  encoder json-4.0.1;\n}";
        // `cat` would say everything it hears as commands: this one hears nothing.
        let text = conf(port, process).replace("neighbor-changes;", "").replace("update;", "");
        let setup = Setup::conf(text).env("exabgp_api_cli", "true");
        let setup = setup.env("exabgp_api_socketname", &path("exabgp.sock").display().to_string());
        Ok(setup.env("exabgp_api_pipename", &path("exabgp").display().to_string()))
    })
    .await?;
    stage.daemon.process.log.line("to read responses", within(LIMIT)).await?;
    let mut answers = BufReader::new(pipe::OpenOptions::new().open_receiver(path("exabgp.out"))?).lines();
    let mut commands = pipe::OpenOptions::new().open_sender(path("exabgp.in"))?;
    for (command, wanted) in [
        ("announce route 2001:db8:69::/64 next-hop 2001:db8::1", &["2001:db8:69::/64"][..]),
        ("announce route 2001:db8:70::/64 next-hop 2001:db8::1", &["2001:db8:69::/64", "2001:db8:70::/64"]),
        ("withdraw route 2001:db8:69::/64 next-hop 2001:db8::1", &["2001:db8:70::/64"]),
    ] {
        commands.write_all(format!("{command}\n").as_bytes()).await?;
        match tokio::time::timeout_at(within(LIMIT), answers.next_line()).await?? {
            Some(line) if line == "done" => {}
            other => bail!("{command}: {other:?}"),
        }
        stage.holds(wanted).await?;
    }
    stage.stop().await
}
