//! A real table of January 2000 through exabgp-rs: from a helper into BIRD, FRR and GoBGP, and from BIRD to a helper as JSON.
//! Prefixes and attributes at the far end must equal the file's, none missing, none extra.

use anyhow::{Context, Result, bail, ensure};
use qa::{
    bench::{
        control::{Control, Link},
        peer::{Peer, Spec},
    },
    daemon::{Daemon, Setup},
    expect::{poll, within},
    mrt::{self, Attributes, View},
    open::OpenSpec,
    process::Process,
    router::{Bird, Bulk, Frr, Gobgp, Peering, Router, bird_routes},
};
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    time::Duration,
};
use tokio::{process::Command, sync::Mutex, time::Instant};

const FILE: &str = "data/ris/bview.20000111.0032.gz";
/// Seconds that a step may take; in an unoptimised build the tables of the routers alone take a while to read.
const STEP: u64 = 60;
/// One table at a time: the times are printed.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The view with the most routes, and the one with the most communities; `None` when the file is not there.
fn views() -> Option<Vec<(u16, View)>> {
    let views = mrt::read(&mrt::shared(FILE)?).unwrap();
    let communities = |v: &View| v.values().filter(|a| !a.communities.is_empty()).count();
    let largest = views.iter().max_by_key(|(_, v)| v.len()).expect("the file is not empty");
    let marked = views.iter().max_by_key(|(_, v)| communities(v)).expect("the file is not empty");
    assert!(largest.1.len() > 70_000 && communities(marked.1) > 400, "the file is not the one that is meant");
    Some([marked, largest].map(|((_, asn), view)| (*asn, view.clone())).to_vec())
}

/// The first few differences, in words; nothing when the tables are equal. Routers may show an absent MED as 0.
fn differences(wanted: &View, found: &View) -> String {
    let mut out = String::new();
    let med = |a: &Attributes| Attributes { med: a.med.filter(|m| *m != 0), ..a.clone() };
    let mut n = 0;
    let mut tell = |text: String| {
        n += 1;
        if n <= 5 {
            let _ = writeln!(out, "{text}");
        }
    };
    for (prefix, attributes) in wanted {
        match found.get(prefix) {
            None => tell(format!("{prefix} is missing")),
            Some(other) if med(other) != med(attributes) => {
                tell(format!("{prefix}\n  in the file {attributes}\n  found       {other}"));
            }
            Some(_) => {}
        }
    }
    found.keys().filter(|p| !wanted.contains_key(p)).for_each(|p| tell(format!("{p} is extra")));
    if n > 5 {
        let _ = writeln!(out, "... {n} in all");
    }
    out
}

/// RFC 7607 section 2: an AGGREGATOR with AS number 0 is malformed and is discarded. The file has some; FRR and exabgp-rs
/// receive by that rule, BIRD 2.0 and GoBGP keep what they get.
fn without_as_zero(view: &View) -> View {
    let mut view = view.clone();
    for attributes in view.values_mut() {
        attributes.aggregator = attributes.aggregator.filter(|(asn, _)| *asn != 0);
    }
    view
}

#[test]
fn a_difference_is_told() {
    let view = |text: &str, med| -> View {
        [(text.parse().unwrap(), Attributes { med, ..Attributes::default() })].into()
    };
    let a = view("10.0.0.0/8", None);
    assert_eq!(differences(&a, &view("10.0.0.0/8", Some(0))), "");
    assert!(
        differences(&a, &view("10.0.0.0/8", Some(1))).contains("found       origin igp as-path [ ] med 1")
    );
    let other = differences(&a, &view("10.0.0.0/9", None));
    assert!(other.contains("10.0.0.0/8 is missing") && other.contains("10.0.0.0/9 is extra"));
}

/// A daemon with one helper and one neighbor.
async fn start(p: &Peering, mode: &str, receive: &str) -> Result<(Daemon, Link)> {
    let mut control = Control::new()?;
    let path = control.path();
    let mut run = vec![env!("CARGO_BIN_EXE_bench"), "helper", mode, "--name", "test", "--control"];
    run.push(path.to_str().context("a path in UTF-8")?);
    if mode == "announce" {
        run.push("--answers");
    }
    let config = format!(
        "[process.test]\nrun = {}\nencoder = \"json\"\n\n[[neighbor]]\npeer-address = \"{}\"\nlocal-address = \"{}\"\n\
         connect = {}\nlocal-as = {}\npeer-as = {}\nrouter-id = \"10.8.0.1\"\nhold-time = {}\n\
         families = [\"ipv4 unicast\"]\nadj-rib-in = false\n\n[neighbor.api]\nprocesses = [\"test\"]\n{receive}\n",
        serde_json::to_string(&run)?,
        p.router,
        p.peer,
        p.router_port,
        p.peer_as,
        p.router_as,
        p.hold,
    );
    let daemon = Setup::new(config).start()?;
    let helper = control.helper("test", within(STEP)).await;
    let helper = helper.with_context(|| daemon.process.log.text())?;
    Ok((daemon, helper))
}

/// Writes commands to a file and has the helper print it; every line must be answered with `done`. Gives the time it took
/// until the last answer.
async fn print(helper: &mut Helper<'_>, commands: &str) -> Result<Duration> {
    let file = helper.folder.join("commands");
    fs::write(&file, commands)?;
    helper.link.tell(&format!("file {}", file.display())).await?;
    let wrote = helper.link.numbers("wrote", within(STEP)).await?;
    let answered = helper.link.numbers("answered", within(STEP)).await?;
    helper.done += wrote[2];
    ensure!(answered[..2] == [helper.done, 0], "{} commands, answers {answered:?}", helper.done);
    Ok(Duration::from_nanos(answered[2] - wrote[0]))
}

struct Helper<'a> {
    link: Link,
    folder: &'a Path,
    done: u64,
}

/// Waits until a router counts `n` routes.
async fn counts<R: Bulk>(router: &R, n: usize) -> Result<()> {
    poll("all routes at the router", within(STEP), || async {
        let found = router.count().await?;
        if found == n { Ok(Some(())) } else { bail!("{found} of {n} routes") }
    })
    .await
}

/// Waits until a router shows exactly these routes: what is counted may still be on its way through a router's own queues.
async fn shows<R: Bulk>(router: &R, wanted: &View) -> Result<()> {
    poll("the same routes at the router", within(STEP), || async {
        let wrong = differences(wanted, &router.view().await?);
        if wrong.is_empty() { Ok(Some(())) } else { bail!("{wrong}") }
    })
    .await
}

async fn forth<R: Bulk>() {
    if !R::installed() {
        return;
    }
    let Some(views) = views() else { return };
    let _alone = ALONE.lock().await;
    for (asn, view) in views {
        one_view::<R>(asn, &view).await.unwrap_or_else(|e| panic!("{}: {e:#}", R::NAME));
    }
}

async fn one_view<R: Bulk>(asn: u16, view: &View) -> Result<()> {
    // The daemon plays the peer of the collector, so that paths start with its AS number.
    let p = Peering { peer_as: asn, hold: 90, originate: Vec::new(), ..Peering::new() };
    let router = R::start(&p, within(STEP)).await?;
    let (daemon, link) = start(&p, "announce", "").await?;
    let said = || format!("{}\n{}", router.log(), daemon.process.log.text());
    poll("established", within(STEP), || async { Ok(router.established().await?.then_some(())) })
        .await
        .with_context(said)?;
    let folder = tempfile::tempdir()?;
    let mut helper = Helper { link, folder: folder.path(), done: 0 };

    let announce = view.iter().fold(String::new(), |mut out, (prefix, attributes)| {
        let _ = writeln!(out, "announce route {prefix} {attributes}");
        out
    });
    let begin = Instant::now();
    let answered = print(&mut helper, &announce).await.with_context(said)?;
    counts(&router, view.len()).await.with_context(said)?;
    let arrived = begin.elapsed();
    let wanted = if R::NAME == Frr::NAME { without_as_zero(view) } else { view.clone() };
    shows(&router, &wanted).await?;

    let withdraw = view.keys().fold(String::new(), |mut out, prefix| {
        let _ = writeln!(out, "withdraw route {prefix}");
        out
    });
    let begin = Instant::now();
    print(&mut helper, &withdraw).await.with_context(said)?;
    counts(&router, 0).await.with_context(said)?;
    let gone = begin.elapsed();
    shows(&router, &View::new()).await?;
    println!(
        "{}: {} routes of AS{asn}: last answer after {answered:.3?}, counted by the router after {arrived:.3?}, \
         withdrawn after {gone:.3?} (a router is asked each 0.1 s)",
        R::NAME,
        view.len(),
    );
    daemon.stop(Duration::from_secs(10)).await?;
    router.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_helper_into_bird() {
    forth::<Bird>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_helper_into_frr() {
    forth::<Frr>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_helper_into_gobgp() {
    forth::<Gobgp>().await;
}

/// BIRD between a source that pours in the table and exabgp-rs, changing nothing (a route server).
fn bird_between(source: &Peer, p: &Peering) -> String {
    let common = "multihop 5; rs client; connect delay time 0; connect retry time 1; hold time 90;";
    let address = source.address();
    let Peering { router, router_port, router_as, peer, peer_as, .. } = p;
    format!(
        "router id 10.9.0.1;\nlog stderr all;\nprotocol device {{ }}\n\
         protocol bgp feed {{ local {router} port {router_port} as {router_as}; neighbor {} port {} as {peer_as}; {common}\n  \
         strict bind yes; ipv4 {{ import all; export none; }}; }}\n\
         protocol bgp peer {{ local {router} port {router_port} as {router_as}; neighbor {peer} as {peer_as}; {common} passive yes;\n  \
         strict bind yes; ipv4 {{ import none; export all; next hop keep; }}; }}\n",
        address.ip(),
        address.port(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn from_bird_to_a_helper() {
    if !Bird::installed() {
        return;
    }
    let Some(views) = views() else { return };
    let _alone = ALONE.lock().await;
    for (asn, view) in views {
        back(asn, &view).await.unwrap();
    }
}

async fn back(asn: u16, view: &View) -> Result<()> {
    let p = Peering { peer_as: asn, hold: 90, ..Peering::new() };
    let ip = Ipv4Addr::from(u32::from(p.peer) + 1);
    let spec = Spec {
        ip: IpAddr::from(ip),
        open: OpenSpec::new(u32::from(asn), ip),
        count: 0,
        keep: false,
        receive_buffer: None,
        urgent: false,
    };
    let mut source = Peer::listen(&spec)?;
    let folder = tempfile::tempdir()?;
    let file = |name: &str| folder.path().join(name);
    fs::write(file("bird.conf"), bird_between(&source, &p))?;
    let mut command = Command::new("/usr/sbin/bird");
    command.arg("-f").arg("-c").arg(file("bird.conf")).arg("-s").arg(file("sock")).arg("-P").arg(file("pid"));
    let bird = Process::start(command)?;
    let ask = |what: &'static str| {
        let mut command = Command::new("/usr/sbin/birdc");
        command.arg("-s").arg(file("sock")).args(what.split(' ')).kill_on_drop(true);
        async move {
            Ok::<_, anyhow::Error>(String::from_utf8_lossy(&command.output().await?.stdout).into_owned())
        }
    };
    source.until("BIRD connects", within(STEP), |p| p.up).await.with_context(|| bird.log.text())?;
    source.pour(mrt::updates(view), 1).end(within(STEP)).await?;
    let wanted = format!("{} of {0} routes", view.len());
    poll("BIRD has the table", within(STEP), || async {
        let count = ask("show route table master4 count").await?;
        if count.contains(&wanted) { Ok(Some(())) } else { bail!("{count}") }
    })
    .await
    .with_context(|| bird.log.text())?;
    let wrong = differences(view, &bird_routes(&ask("show route table master4 all").await?)?);
    ensure!(wrong.is_empty(), "in BIRD: {wrong}");

    let (daemon, mut helper) =
        start(&p, "relay", "neighbor-changes = true\nreceive = [\"parsed\", \"update\"]").await?;
    let said = || daemon.process.log.text();
    let (mut heard, mut begin, mut lines) = (View::new(), None, 0);
    let (mut first, mut last) = (Duration::ZERO, Duration::ZERO);
    loop {
        let line = helper.line(within(STEP)).await.with_context(said)?;
        let event: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        if event["neighbor"]["state"] == "up" {
            begin = Some(Instant::now());
            ensure!(lines == 0, "an event came before its session");
        } else if event["neighbor"]["message"]["eor"].is_object() {
            break;
        } else if event["type"] == "update" {
            lines += 1;
            last = begin.map_or(last, |b| b.elapsed());
            first = if lines == 1 { last } else { first };
            hear(&mut heard, &event["neighbor"]["message"]["update"])?;
        }
    }
    println!(
        "bird: {} routes of AS{asn} as {lines} lines of JSON, parsed here as they came: {:.3?} from the first to the last,\n  \
         which BIRD sent {first:.3?} after the session was up",
        heard.len(),
        last.saturating_sub(first),
    );
    let wrong = differences(&without_as_zero(view), &heard);
    ensure!(wrong.is_empty(), "{wrong}");
    daemon.stop(Duration::from_secs(10)).await
}

/// Adds the routes of an UPDATE event.
fn hear(view: &mut View, update: &Value) -> Result<()> {
    ensure!(update["withdraw"].is_null(), "a withdrawal: {update}");
    let said = &update["attribute"];
    let number = |v: &Value| v.as_u64().and_then(|n| u32::try_from(n).ok());
    let mut attributes = Attributes {
        origin: match said["origin"].as_str() {
            Some("igp") => 0,
            Some("egp") => 1,
            Some("incomplete") => 2,
            _ => bail!("which origin? {update}"),
        },
        med: number(&said["med"]),
        atomic_aggregate: said["atomic-aggregate"] == true,
        ..Attributes::default()
    };
    for i in 0.. {
        let segment = &said["as-path"][i.to_string()];
        if segment.is_null() {
            break;
        }
        let members = segment["value"].as_array().into_iter().flatten().filter_map(number).collect();
        let set = match segment["element"].as_str() {
            Some("as-set") => true,
            Some("as-sequence") => false,
            _ => bail!("which segment? {update}"),
        };
        attributes.segment(set, members);
    }
    if let Some((asn, address)) = said["aggregator"].as_str().and_then(|a| a.split_once(':')) {
        attributes.aggregator = Some((asn.parse()?, address.parse()?));
    }
    for pair in said["community"].as_array().into_iter().flatten() {
        let half = |i: usize| number(&pair[i]).and_then(|n| u16::try_from(n).ok());
        attributes.communities.push(half(0).zip(half(1)).with_context(|| format!("{pair}"))?);
    }
    for (next_hop, routes) in update["announce"]["ipv4 unicast"].as_object().into_iter().flatten() {
        attributes.next_hop = Some(next_hop.parse()?);
        for route in routes.as_array().into_iter().flatten() {
            let prefix = route["nlri"].as_str().unwrap_or_default().parse()?;
            ensure!(view.insert(prefix, attributes.clone()).is_none(), "{prefix} twice");
        }
    }
    Ok(())
}
