//! meirdev/exabgp-rest-api: a web server as helper. It says one command and reads exactly one line, which must be the answer;
//! it writes the configuration anew and says `reload`.

use crate::stage::{LIMIT, Stage, community, neighbor, numbers, peer};
use anyhow::{Result, ensure};
use qa::{
    daemon::Setup,
    expect::within,
    helper::{Helper, RELAY, Rendezvous, SCRIPT},
};

fn conf(port: u16, rendezvous: &Rendezvous, routes: &str) -> Result<String> {
    let process =
        format!("process rest-api {{\n  run ./{SCRIPT} {};\n  encoder json;\n}}\n", rendezvous.port()?);
    let statements = format!(
        "  family {{\n    ipv4 unicast;\n    ipv4 flow;\n  }}\n{routes}  api {{\n    processes [ rest-api ];\n  }}\n"
    );
    Ok(format!("{process}{}", neighbor(port, &statements)))
}

/// One command, one line.
async fn ask(api: &mut Helper, command: &str) -> Result<String> {
    api.say(command).await?;
    api.line(within(LIMIT)).await
}

#[tokio::test]
async fn exabgp_rest_api_reads_one_line_a_command() -> Result<()> {
    let rendezvous = Rendezvous::new()?;
    let open = peer().with(1, &[0, 1, 0, 133]);
    let mut port = 0;
    let mut stage = Stage::up(open, |p| {
        port = p;
        Ok(Setup::conf(conf(p, &rendezvous, "")?).helper(SCRIPT, RELAY))
    })
    .await?;
    let mut api = rendezvous.helper(within(LIMIT)).await?;
    for (command, wanted) in [
        // Communities without brackets, flow rules without braces.
        ("neighbor 127.0.0.1 announce route 10.0.0.0/24 next-hop 10.0.0.1 community 65000:1 65000:2", "done"),
        ("neighbor 127.0.0.1 announce route 10.0.1.0/24 next-hop 10.0.0.1 med 100", "done"),
        (
            "neighbor 127.0.0.1 announce flow route source 10.0.0.1/32 destination 192.168.0.0/24 destination-port =80 discard",
            "done",
        ),
        ("neighbor 127.0.0.1 announce route nonsense", "error"),
        ("neighbor 192.0.2.1 announce route 10.0.2.0/24 next-hop 10.0.0.1", "error"),
        ("neighbor 127.0.0.1 withdraw route 10.0.1.0/24 next-hop 10.0.0.1", "done"),
    ] {
        let said = ask(&mut api, command).await?;
        ensure!(said == wanted, "{command:?} is answered {said:?}");
    }
    stage.holds(&["10.0.0.0/24"]).await?;
    ensure!(
        numbers(stage.table.route("10.0.0.0/24")?, 8) == [community(65000, 1), community(65000, 2)],
        "{:?}",
        stage.table
    );
    // RFC 8955: IPv4 flow, its length, destination (1), source (2), destination port (5) equal to 80.
    let rule = [0, 1, 133, 14, 1, 24, 192, 168, 0, 2, 32, 10, 0, 0, 1, 5, 0x81, 80];
    stage.until("the rule", |t| t.other.contains_key(&rule[..])).await?;
    // Discard is a rate of nothing, 0x8006.
    let actions = stage.table.other.values().next().and_then(|r| r.attributes.get(&16));
    ensure!(actions.is_some_and(|a| a[..2] == [0x80, 6] && a[4..] == [0; 4]), "{actions:?}");

    let routes = "  static {\n    route 10.9.0.0/16 next-hop 10.0.0.1;\n  }\n";
    stage.daemon.rewrite(&conf(port, &rendezvous, routes)?)?;
    api.say("reload").await?;
    // It reads one line, and the rest with the next command: both are as the original has them.
    ensure!(api.line(within(LIMIT)).await? == "reload in progress");
    ensure!(api.line(within(LIMIT)).await? == "done");
    stage.until("the route of the new file", |t| t.routes.len() == 2).await?;
    stage.holds(&["10.0.0.0/24", "10.9.0.0/16"]).await?;
    stage.stop().await
}
