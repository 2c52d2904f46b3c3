//! How long routes live: times to live, leases, and what a helper leaves behind when it ends.

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use qa::{
    daemon::{Daemon, Setup},
    expect::within,
    helper::{Helper, RELAY, Rendezvous, SCRIPT},
    open::OpenSpec,
    speaker::{Listener, Session},
    update::Routes,
};
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};
use tokio::time::Instant;

/// Seconds for anything that is to happen.
const PATIENCE: u64 = 60;

const PEER: Ipv4Addr = Ipv4Addr::new(127, 0, 8, 1);

struct Ground {
    daemon: Daemon,
    rendezvous: Rendezvous,
    helper: Helper,
    listener: Listener,
    session: Session,
    markers: u32,
}

impl Ground {
    /// A daemon, its helper, and a neighbor that is up.
    async fn new(process: &str) -> Result<Self> {
        let rendezvous = Rendezvous::new()?;
        let listener = Listener::bind(IpAddr::V4(PEER))?;
        let setup = Setup::new(Self::config(&rendezvous, &listener, process)?)
            .helper(SCRIPT, RELAY)
            .env("exabgp_tcp_bind", "");
        let daemon = setup.start()?;
        let helper = rendezvous.helper(within(PATIENCE)).await?;
        let session = listener.session(&OpenSpec::new(65001, PEER), within(PATIENCE)).await?;
        Ok(Self { daemon, rendezvous, helper, listener, session, markers: 0 })
    }

    fn config(rendezvous: &Rendezvous, listener: &Listener, process: &str) -> Result<String> {
        Ok(format!(
            "[process.helper]\n{}\n{process}\n[[neighbor]]\npeer-address = '{PEER}'\nconnect = {}\n\
             local-address = '127.0.0.1'\nlocal-as = 65000\npeer-as = 65001\nfamilies = ['ipv4 unicast']\n\
             [neighbor.api]\nprocesses = ['helper']\n",
            rendezvous.run()?,
            listener.address()?.port(),
        ))
    }

    async fn say(&mut self, command: &str) -> Result<()> {
        self.helper.command(command, within(PATIENCE)).await
    }

    /// The next UPDATE that has a route: what it announces and what it withdraws.
    async fn update(&mut self) -> Result<(Vec<String>, Vec<String>)> {
        loop {
            let update = self.session.update(within(PATIENCE)).await?;
            let routes = Routes::read(&update).context("an UPDATE of no known form")?;
            let told = |list: &[qa::update::Prefix]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
            if !routes.announced.is_empty() || !routes.withdrawn.is_empty() {
                return Ok((told(&routes.announced), told(&routes.withdrawn)));
            }
        }
    }

    /// Nothing has been sent since the last thing that was looked at.
    async fn nothing(&mut self) -> Result<()> {
        self.markers += 1;
        let marker = format!("203.0.113.{}/32", self.markers);
        self.say(&format!("announce route {marker} next-hop 192.0.2.1")).await?;
        let next = self.update().await?;
        ensure!(next == (vec![marker], vec![]), "{next:?}");
        Ok(())
    }

    async fn announced(&mut self, prefix: &str) -> Result<()> {
        let next = self.update().await?;
        ensure!(next == (vec![prefix.to_owned()], vec![]), "{next:?} instead of {prefix}");
        Ok(())
    }

    async fn withdrawn(&mut self, prefixes: &[&str]) -> Result<Instant> {
        let mut left: Vec<String> = prefixes.iter().map(|p| (*p).to_owned()).collect();
        while !left.is_empty() {
            let (announced, gone) = self.update().await?;
            ensure!(announced.is_empty() && gone.iter().all(|p| left.contains(p)), "{announced:?} {gone:?}");
            left.retain(|p| !gone.contains(p));
        }
        Ok(Instant::now())
    }

    async fn expired(&mut self) -> Result<serde_json::Value> {
        let event = self.helper.event("expiry", within(PATIENCE), |e| e["type"] == "expired").await?;
        Ok(event["expired"].clone())
    }
}

/// Within a second of when it was due, and not before. The machine may be busy: only "not before" is sharp.
fn in_time(begun: Instant, seconds: u64) -> Result<()> {
    let took = begun.elapsed();
    eprintln!("due after {seconds} s, gone after {took:?}");
    ensure!(took >= Duration::from_secs(seconds), "too early: {took:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_expires_unless_it_is_announced_again() -> Result<()> {
    let mut g = Ground::new("").await?;
    let begun = Instant::now();
    g.say("announce route 10.0.0.0/24 next-hop 192.0.2.1 ttl 2").await?;
    g.announced("10.0.0.0/24").await?;
    g.say("announce route 10.0.1.0/24 next-hop 192.0.2.1 ttl 1").await?;
    g.announced("10.0.1.0/24").await?;
    // It is known to be out, and since when.
    g.helper.say("show adj-rib out 10.0.0.0/24 status json").await?;
    let told = g.helper.event("the route", within(PATIENCE), |e| e.get("status").is_some()).await?;
    ensure!(told["status"] == "sent" && told["at"].as_f64() > Some(1e9), "{told}");
    let done = g.helper.line(within(PATIENCE)).await?;
    ensure!(done == "done", "{done}");
    // A refresh sends nothing; and for good it can be announced too.
    g.say("announce route 10.0.0.0/24 next-hop 192.0.2.1 ttl 3").await?;
    g.say("announce route 10.0.1.0/24 next-hop 192.0.2.1").await?;
    g.nothing().await?;
    g.daemon.process.signal(Signal::SIGUSR1)?;
    g.daemon.process.log.line("loaded new configuration successfully", within(PATIENCE)).await?;
    g.withdrawn(&["10.0.0.0/24"]).await?;
    in_time(begun, 3)?;
    let event = g.expired().await?;
    ensure!(event["nlri"] == "10.0.0.0/24" && event["neighbors"] == 1, "{event}");
    ensure!(event["family"] == "ipv4 unicast" && event.get("lease").is_none(), "{event}");
    g.nothing().await?;
    g.daemon.stop(Duration::from_secs(10)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_keeps_its_routes_as_long_as_its_heart_beats() -> Result<()> {
    let mut g = Ground::new("").await?;
    let early = g.say("announce route 10.0.0.0/24 next-hop 192.0.2.1 lease web").await;
    ensure!(early.is_err(), "there is no lease yet");
    let begun = Instant::now();
    g.say("lease web 2").await?;
    for n in 0..2 {
        g.say(&format!("announce route 10.0.{n}.0/24 next-hop 192.0.2.1 lease web")).await?;
        g.announced(&format!("10.0.{n}.0/24")).await?;
    }
    g.say("begin").await?;
    g.say("announce route 10.0.2.0/24 next-hop 192.0.2.1 lease web").await?;
    g.say("commit").await?;
    g.announced("10.0.2.0/24").await?;
    g.say("withdraw route 10.0.1.0/24").await?;
    g.withdrawn(&["10.0.1.0/24"]).await?;
    g.say("lease web 3").await?;
    g.nothing().await?;
    g.say("lease web heartbeat").await?;
    g.withdrawn(&["10.0.0.0/24", "10.0.2.0/24"]).await?;
    in_time(begun, 3)?;
    let event = g.expired().await?;
    ensure!(event == serde_json::json!({"lease": "web", "routes": 2}), "{event}");
    for _ in 0..2 {
        let event = g.expired().await?;
        ensure!(event["lease"] == "web" && event["neighbors"] == 1, "{event}");
    }
    ensure!(g.say("lease web heartbeat").await.is_err(), "it is over");
    // Ended by hand.
    g.say("lease web 4000000000").await?;
    g.say("announce route 10.0.0.0/24 next-hop 192.0.2.1 lease web").await?;
    g.announced("10.0.0.0/24").await?;
    g.say("lease web end").await?;
    g.withdrawn(&["10.0.0.0/24"]).await?;
    g.nothing().await?;
    g.daemon.stop(Duration::from_secs(10)).await
}

/// Has the helper's process end, and takes its successor.
async fn succeed(g: &mut Ground) -> Result<()> {
    let successor = g.rendezvous.helper(within(PATIENCE)).await?;
    drop(std::mem::replace(&mut g.helper, successor));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_helper_leaves_behind_is_as_the_configuration_says() -> Result<()> {
    let mut g = Ground::new("on-exit = 'withdraw'").await?;
    g.say("announce route 10.0.0.0/24 next-hop 192.0.2.1").await?;
    g.announced("10.0.0.0/24").await?;
    // Every process is started anew.
    g.daemon.process.signal(Signal::SIGUSR2)?;
    succeed(&mut g).await?;
    g.withdrawn(&["10.0.0.0/24"]).await?;
    g.nothing().await?;
    // The same, later, and what is announced again stays.
    let config = Ground::config(&g.rendezvous, &g.listener, "on-exit = 'withdraw-after 3'")?;
    g.daemon.rewrite(&config)?;
    g.daemon.process.signal(Signal::SIGUSR1)?;
    succeed(&mut g).await?;
    g.withdrawn(&["203.0.113.1/32"]).await?;
    for n in 0..2 {
        g.say(&format!("announce route 10.0.{n}.0/24 next-hop 192.0.2.1")).await?;
        g.announced(&format!("10.0.{n}.0/24")).await?;
    }
    let begun = Instant::now();
    g.daemon.process.signal(Signal::SIGUSR2)?;
    succeed(&mut g).await?;
    g.say("announce route 10.0.1.0/24 next-hop 192.0.2.1").await?;
    g.withdrawn(&["10.0.0.0/24"]).await?;
    in_time(begun, 3)?;
    g.nothing().await?;
    // Kept, also by a process that is no more.
    let config = Ground::config(&g.rendezvous, &g.listener, "on-exit = 'keep'")?;
    g.daemon.rewrite(&config)?;
    g.daemon.process.signal(Signal::SIGUSR1)?;
    succeed(&mut g).await?;
    g.withdrawn(&["10.0.1.0/24", "203.0.113.2/32"]).await?;
    g.say("announce route 10.0.3.0/24 next-hop 192.0.2.1").await?;
    g.announced("10.0.3.0/24").await?;
    g.daemon.process.signal(Signal::SIGUSR2)?;
    succeed(&mut g).await?;
    g.nothing().await?;
    g.daemon.stop(Duration::from_secs(10)).await
}
