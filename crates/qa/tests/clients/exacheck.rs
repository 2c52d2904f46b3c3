//! exacheck: central health checks, from PyPI and run for real. It prints routes for chosen neighbors and hears nothing.

use crate::stage::{Stage, community, installed, neighbor, numbers, peer};
use anyhow::{Result, ensure};
use qa::daemon::Setup;

const CHECKS: &str = "
checks:
  - name: web
    args:
      method: file
      path: FOLDER/web
    prefixes: [192.0.2.1/32, 192.0.2.2/32]
    nexthop: self
    metric: 100
    neighbors: [127.0.0.1, 127.0.0.2]
    communities: ['65000:1', '65000:1:2', '65000:2']
    as_path: 65010
    interval: 0.2
    rise: 1
    fall: 1
  - name: dns
    args:
      method: file
      path: FOLDER/dns
    prefixes: 2001:db8::53/128
    nexthop: 2001:db8::1
    interval: 0.2
    rise: 1
    fall: 1
";

#[tokio::test]
async fn exacheck_announces_what_is_healthy() -> Result<()> {
    let Some(clients) = installed("exacheck", "bin/exacheck") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("exacheck.yaml"), CHECKS.replace("FOLDER", &folder.path().display().to_string()))?;
    std::fs::write(path("web"), "")?;
    std::fs::write(path("dns"), "")?;
    let mut stage = Stage::up(peer(), |port| {
        let process = format!(
            "process exacheck {{\n  run {} run -f {};\n  encoder text;\n}}\n",
            clients.join("bin/exacheck").display(),
            path("exacheck.yaml").display()
        );
        let statements = "  family {\n    ipv4 unicast;\n    ipv6 unicast;\n  }\n  api {\n    processes [ exacheck ];\n  }\n";
        let setup = Setup::conf(format!("{process}{}", neighbor(port, statements)));
        // Its checks are processes that share one pipe; unbuffered, Python writes a line in two pieces, and lines mix.
        Ok(setup.env("PYTHONUNBUFFERED", ""))
    })
    .await?;
    let wanted = ["192.0.2.1/32", "192.0.2.2/32"];
    let med = |metric: u32| {
        move |t: &crate::stage::Table| {
            wanted.iter().all(|p| t.route(p).is_ok_and(|r| numbers(r, 4) == [metric]))
        }
    };
    stage.until("the metric of a healthy service", med(100)).await?;
    stage.until("the other service", |t| t.routes.len() == 3).await?;
    let route = stage.table.route("192.0.2.1/32")?;
    ensure!(numbers(route, 8) == [community(65000, 1), community(65000, 2)], "{route:?}");
    ensure!(numbers(route, 32) == [65000, 1, 2], "{route:?}");
    ensure!(route.as_path == [65010] && route.next_hop == Some("127.0.0.1".parse()?), "{route:?}");
    let route = stage.table.route("2001:db8::53/128")?;
    ensure!(route.next_hop == Some("2001:db8::1".parse()?), "{route:?}");
    std::fs::remove_file(path("web"))?;
    std::fs::remove_file(path("dns"))?;
    stage.holds(&[]).await?;
    stage.stop().await
}
