//! exabgp-rs against real daemons: routes of both families both ways, withdrawal, refresh, reset, crash and recovery.

use anyhow::bail;
use qa::{
    daemon::{Daemon, Setup},
    expect::{poll, within},
    helper::{Helper, RELAY, Rendezvous, SCRIPT},
    router::{Bird, COMMUNITY, Frr, Gobgp, MED, Openbgpd, Peering, Router, Seen},
    update::Prefix,
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// Seconds that one step may take: sessions come up after a retry at worst.
const STEP: u64 = 40;

/// Our side of the session: active where the router waits, passive where it connects.
fn config(p: &Peering, run: &str) -> String {
    let password = p.password.as_ref().map_or_else(String::new, |w| format!("md5-password = \"{w}\"\n"));
    let graceful = if p.graceful { "graceful-restart = 60\n" } else { "" };
    format!(
        "[process.test]\n{run}\nencoder = \"json\"\n\n[[neighbor]]\npeer-address = \"{}\"\nlocal-address = \"{}\"\n\
         local-as = {}\npeer-as = {}\nrouter-id = \"10.8.0.1\"\nhold-time = {}\npassive = {}\n\
         families = [\"ipv4 unicast\", \"ipv6 unicast\"]\n{password}\n[neighbor.capability]\nroute-refresh = true\n{graceful}\n\
         [neighbor.api]\nprocesses = [\"test\"]\nneighbor-changes = true\nreceive = [\"parsed\", \"update\", \"refresh\"]\n",
        p.router, p.peer, p.peer_as, p.router_as, p.hold, p.active,
    )
}

async fn start(p: &Peering) -> (Daemon, Helper) {
    let rendezvous = Rendezvous::new().unwrap();
    let mut setup = Setup::new(config(p, &rendezvous.run().unwrap())).helper(SCRIPT, RELAY);
    setup = setup.env("exabgp_tcp_port", &p.router_port.to_string());
    if p.active {
        setup = setup.env("exabgp_tcp_bind", &p.peer.to_string());
    }
    let daemon = setup.start().unwrap();
    let helper = rendezvous.helper(within(STEP)).await;
    let helper = helper.unwrap_or_else(|e| panic!("{e:#}\n{}", daemon.process.log.text()));
    (daemon, helper)
}

/// A route as an event tells it: next hop and attributes.
type Told = BTreeMap<String, (String, Value)>;

/// Adds what an UPDATE event announces, and removes what it withdraws.
fn apply(told: &mut Told, event: &Value) {
    let update = &event["neighbor"]["message"]["update"];
    for (_family, by_next_hop) in update["announce"].as_object().into_iter().flatten() {
        for (next_hop, routes) in by_next_hop.as_object().into_iter().flatten() {
            for route in routes.as_array().into_iter().flatten() {
                let prefix = route["nlri"].as_str().unwrap_or_default().to_owned();
                told.insert(prefix, (next_hop.clone(), update["attribute"].clone()));
            }
        }
    }
    for (_family, routes) in update["withdraw"].as_object().into_iter().flatten() {
        for route in routes.as_array().into_iter().flatten() {
            told.remove(route["nlri"].as_str().unwrap_or_default());
        }
    }
}

/// Waits until the helper knows exactly what the router originates, and compares every attribute.
async fn hears_everything(helper: &mut Helper, p: &Peering) {
    let mut told = Told::new();
    while !p.originate.iter().all(|prefix| told.contains_key(&prefix.to_string())) {
        let event = helper.event("routes of the router", within(STEP), |e| e["type"] == "update").await;
        let event = event.unwrap_or_else(|e| panic!("told so far: {told:?}\n{e:#}"));
        apply(&mut told, &event);
    }
    // FRR sends back what it got: our ASN is in the path then.
    told.retain(|_, (_, attributes)| {
        let path = attributes["as-path"]["0"]["value"].as_array();
        !path.is_some_and(|path| path.contains(&p.peer_as.into()))
    });
    assert_eq!(told.len(), p.originate.len(), "{told:?}");
    for prefix in &p.originate {
        let (next_hop, attributes) =
            told.get(&prefix.to_string()).unwrap_or_else(|| panic!("{prefix} is missing: {told:?}"));
        assert_eq!(*next_hop, p.next_hop(prefix.address.is_ipv6()).to_string(), "{prefix}");
        assert_eq!(attributes["origin"], "igp", "{prefix}");
        assert_eq!(attributes["as-path"]["0"]["value"], serde_json::json!([p.router_as]), "{prefix}");
        assert_eq!(attributes["med"], MED, "{prefix}");
        assert_eq!(attributes["community"], serde_json::json!([[p.router_as, COMMUNITY]]), "{prefix}");
    }
}

/// What our helper announces, and how the router must show it.
fn ours() -> Vec<(String, Seen)> {
    let route = |prefix: &str, next_hop: &str, text: &str, seen: Seen| {
        let command = format!("announce route {prefix} next-hop {next_hop} {text}");
        (command, Seen { prefix: prefix.into(), next_hop: next_hop.into(), ..seen })
    };
    let plain = || Seen { as_path: vec![65000], origin: "igp".into(), ..Seen::default() };
    vec![
        route("10.1.0.0/16", "192.0.2.77", "", plain()),
        route(
            "10.2.0.0/24",
            "192.0.2.77",
            "med 9 origin incomplete",
            Seen { med: Some(9), origin: "incomplete".into(), ..plain() },
        ),
        route(
            "10.3.0.0/25",
            "192.0.2.78",
            "as-path [ 65000 200000 ] community [ 65000:1 65000:2 ]",
            Seen { as_path: vec![65000, 200_000], communities: vec![(65000, 1), (65000, 2)], ..plain() },
        ),
        route(
            "2001:db8:1::/48",
            "2001:db8::77",
            "large-community [ 65000:1:4294967295 ]",
            Seen { large: vec![(65000, 1, u32::MAX)], ..plain() },
        ),
        route("2001:db8:2::/64", "2001:db8::77", "med 0", Seen { med: Some(0), ..plain() }),
    ]
}

/// A router may show an absent MED as 0.
fn normal(mut seen: Vec<Seen>) -> Vec<Seen> {
    for route in &mut seen {
        route.med = route.med.filter(|m| *m != 0);
    }
    seen
}

/// Waits until the router holds exactly these routes of ours.
async fn holds<R: Router>(router: &R, wanted: &[&Seen], daemon: &Daemon) {
    for ipv6 in [false, true] {
        let mut family: Vec<Seen> =
            wanted.iter().filter(|s| is_ipv6(s) == ipv6).map(|s| (*s).clone()).collect();
        family.sort();
        let family = normal(family);
        let same = poll("our routes at the router", within(STEP), || async {
            let seen = normal(router.routes(ipv6).await?);
            if seen == family { Ok(Some(())) } else { bail!("wanted {family:#?}\nfound {seen:#?}") }
        });
        same.await.unwrap_or_else(|e| panic!("{e:#}\n{}\n{}", router.log(), daemon.process.log.text()));
    }
}

fn is_ipv6(seen: &Seen) -> bool {
    seen.prefix.parse::<Prefix>().unwrap().address.is_ipv6()
}

async fn up<R: Router>(router: &R, helper: &mut Helper, daemon: &Daemon) {
    let state = helper.state("up", within(STEP)).await;
    state.unwrap_or_else(|e| panic!("{e:#}\n{}\n{}", router.log(), daemon.process.log.text()));
    poll("established", within(STEP), || async { Ok(router.established().await?.then_some(())) })
        .await
        .unwrap();
}

async fn whole_life<R: Router>(p: Peering) {
    if !R::installed() {
        return;
    }
    let router = R::start(&p, within(STEP)).await.unwrap();
    let (daemon, mut helper) = start(&p).await;
    up(&router, &mut helper, &daemon).await;
    hears_everything(&mut helper, &p).await;

    let ours = ours();
    let all: Vec<&Seen> = ours.iter().map(|(_, seen)| seen).collect();
    for (command, _) in &ours {
        helper.command(command, within(STEP)).await.unwrap();
    }
    holds(&router, &all, &daemon).await;

    // One of each family is withdrawn.
    for index in [0, 4] {
        let command = format!("withdraw route {} next-hop {}", ours[index].1.prefix, ours[index].1.next_hop);
        helper.command(&command, within(STEP)).await.unwrap();
    }
    let rest = &all[1..4];
    holds(&router, rest, &daemon).await;

    // We ask the router for its routes again, then it asks us.
    for family in ["ipv4", "ipv6"] {
        helper.say(&format!("announce route-refresh {family} unicast")).await.unwrap();
    }
    if R::ANSWERS_REFRESH {
        hears_everything(&mut helper, &p).await;
    }
    router.refresh().await.unwrap();
    if R::ASKS_REFRESH {
        let refresh = |e: &Value| e["type"] == "refresh";
        helper.event("a refresh from the router", within(STEP), refresh).await.unwrap();
    }
    holds(&router, rest, &daemon).await;

    // The router resets the session, and everything comes back.
    router.reset().await.unwrap();
    helper.state("down", within(STEP)).await.unwrap();
    up(&router, &mut helper, &daemon).await;
    hears_everything(&mut helper, &p).await;
    holds(&router, rest, &daemon).await;

    // We tear it down. A router that connects takes its time after that, so once for each is enough.
    if !p.active {
        helper.say(&format!("neighbor {} teardown 4", p.router)).await.unwrap();
        helper.state("down", within(STEP)).await.unwrap();
        up(&router, &mut helper, &daemon).await;
        hears_everything(&mut helper, &p).await;
        holds(&router, rest, &daemon).await;
    }

    // The router dies and another takes its place.
    router.crash().await;
    helper.state("down", within(STEP)).await.unwrap();
    let router = R::start(&p, within(STEP)).await.unwrap();
    up(&router, &mut helper, &daemon).await;
    hears_everything(&mut helper, &p).await;
    holds(&router, rest, &daemon).await;

    // We leave, and it knows.
    daemon.stop(Duration::from_secs(2)).await.unwrap();
    poll("the router saw us leave", within(STEP), || async {
        Ok((!router.established().await?).then_some(()))
    })
    .await
    .unwrap();
    router.stop().await.unwrap();
}

/// The far end restarts gracefully: it keeps quiet about it, and both sides have everything again afterwards.
async fn graceful_restart_of_bird() {
    if !Bird::installed() {
        return;
    }
    let p = Peering { graceful: true, ..Peering::new() };
    let bird = Bird::start(&p, within(STEP)).await.unwrap();
    let (daemon, mut helper) = start(&p).await;
    up(&bird, &mut helper, &daemon).await;
    hears_everything(&mut helper, &p).await;
    let ours = ours();
    let all: Vec<&Seen> = ours.iter().map(|(_, seen)| seen).collect();
    for (command, _) in &ours {
        helper.command(command, within(STEP)).await.unwrap();
    }
    holds(&bird, &all, &daemon).await;

    let folder = bird.crash_to_recover().await;
    helper.state("down", within(STEP)).await.unwrap();
    let bird = Bird::recover(folder, within(STEP)).await.unwrap();
    up(&bird, &mut helper, &daemon).await;
    hears_everything(&mut helper, &p).await;
    holds(&bird, &all, &daemon).await;
    daemon.stop(Duration::from_secs(2)).await.unwrap();
    bird.stop().await.unwrap();
}

fn waits() -> Peering {
    Peering::new()
}

fn connects() -> Peering {
    Peering { active: true, ..Peering::new() }
}

fn keyed(p: Peering) -> Peering {
    Peering { password: Some("a long and secret word".replace(' ', "-")), ..p }
}

#[tokio::test]
async fn bird_waits() {
    whole_life::<Bird>(waits()).await;
}

#[tokio::test]
async fn bird_connects() {
    whole_life::<Bird>(connects()).await;
}

#[tokio::test]
async fn bird_waits_with_md5() {
    whole_life::<Bird>(keyed(waits())).await;
}

#[tokio::test]
async fn bird_connects_with_md5() {
    whole_life::<Bird>(keyed(connects())).await;
}

#[tokio::test]
async fn bird_restarts_gracefully() {
    graceful_restart_of_bird().await;
}

#[tokio::test]
async fn frr_waits() {
    whole_life::<Frr>(waits()).await;
}

#[tokio::test]
async fn frr_connects() {
    whole_life::<Frr>(connects()).await;
}

#[tokio::test]
async fn frr_waits_with_md5() {
    whole_life::<Frr>(keyed(waits())).await;
}

#[tokio::test]
async fn frr_connects_with_md5() {
    whole_life::<Frr>(keyed(connects())).await;
}

#[tokio::test]
async fn gobgp_waits() {
    whole_life::<Gobgp>(waits()).await;
}

#[tokio::test]
async fn gobgp_connects() {
    whole_life::<Gobgp>(connects()).await;
}

#[tokio::test]
async fn openbgpd_waits() {
    whole_life::<Openbgpd>(waits()).await;
}

#[tokio::test]
async fn openbgpd_connects() {
    whole_life::<Openbgpd>(connects()).await;
}
