//! pavel-odintsov/fastnetmon: for each ban it opens a named pipe, writes one line and closes it. The process on the daemon's
//! side passes on what is in the pipe and hears nothing.

use crate::stage::{Stage, community, neighbor, numbers, peer};
use anyhow::{Result, ensure};
use qa::daemon::Setup;

#[tokio::test]
async fn fastnetmon_bans_through_its_pipe() -> Result<()> {
    let mut stage = Stage::up(peer(), |port| {
        let statements = "  family {\n    ipv4 unicast;\n  }\n  api {\n    processes [ fastnetmon ];\n  }\n";
        let process = "process fastnetmon {\n  run ./pipe.sh;\n  encoder text;\n}\n";
        let setup = Setup::conf(format!("{process}{}", neighbor(port, statements)));
        Ok(setup.helper("pipe.sh", "#!/bin/sh\nmkfifo exabgp.cmd\nexec cat <>exabgp.cmd\n"))
    })
    .await?;
    stage.until("the session", |_| true).await?;
    let pipe = stage.daemon.folder().join("exabgp.cmd");
    let there = || async { Ok(pipe.exists().then_some(())) };
    qa::expect::poll("the pipe of the helper", qa::expect::within(60), there).await?;
    let write = |line: String| {
        let pipe = pipe.clone();
        // Opening the pipe waits for the process at its other end.
        tokio::task::spawn_blocking(move || std::fs::write(pipe, line))
    };
    write("announce route 10.10.10.1/32 next-hop 10.0.3.114 community 65001:666\n".into()).await??;
    write("announce route 10.10.10.2/32 next-hop 10.0.3.114 community [65001:666 65001:777]\n".into())
        .await??;
    let table = stage.holds(&["10.10.10.1/32", "10.10.10.2/32"]).await?;
    let communities = |prefix| Ok::<_, anyhow::Error>(numbers(table.route(prefix)?, 8));
    ensure!(communities("10.10.10.1/32")? == [community(65001, 666)]);
    ensure!(communities("10.10.10.2/32")? == [community(65001, 666), community(65001, 777)]);
    write("withdraw route 10.10.10.1/32 next-hop 10.0.3.114\n".into()).await??;
    stage.holds(&["10.10.10.2/32"]).await?;
    // An attack on many hosts at once.
    for n in 0..100 {
        write(format!("announce route 10.20.0.{n}/32 next-hop 10.0.3.114 community 65001:666\n")).await??;
    }
    stage.until("a hundred bans", |t| t.routes.len() == 101).await?;
    for n in 0..100 {
        write(format!("withdraw route 10.20.0.{n}/32 next-hop 10.0.3.114\n")).await??;
    }
    stage.holds(&["10.10.10.2/32"]).await?;
    stage.stop().await
}
