//! `mrt2exabgp.py` of mrtparse, from PyPI and run for real: it turns routing tables and updates of collectors into a
//! configuration, or prints them as commands of three kinds.

use crate::stage::{Stage, Table, installed, neighbor, numbers, peer};
use anyhow::{Context as _, Result, ensure};
use qa::daemon::Setup;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

/// The script and an interpreter that has mrtparse.
struct Mrt {
    python: PathBuf,
    source: PathBuf,
}

impl Mrt {
    fn new() -> Option<Self> {
        let clients = installed("mrt2exabgp", "source/mrtparse-2.2.0/examples/mrt2exabgp.py")?;
        Some(Self { python: clients.join("bin/python"), source: clients.join("source/mrtparse-2.2.0") })
    }

    fn line(&self, words: &str) -> String {
        format!("{} {} {words}", self.python.display(), self.source.join("examples/mrt2exabgp.py").display())
    }

    /// The configuration that it makes of a table.
    fn conf(&self, file: &Path) -> Result<String> {
        let mut command = Command::new(&self.python);
        command.arg(self.source.join("examples/mrt2exabgp.py"));
        command.args(["-r", "10.0.0.1", "-l", "65000", "-p", "65001", "-L", "127.0.0.1", "-n", "127.0.0.1"]);
        let output = command.arg(file).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// The prefixes of the static routes of a configuration.
fn prefixes(conf: &str) -> BTreeSet<String> {
    conf.lines()
        .filter_map(|l| l.trim().strip_prefix("route ")?.split(' ').next().map(str::to_owned))
        .collect()
}

/// A record: the time, type and subtype, the length and what it says.
fn record(kind: u16, subtype: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("it is short");
    [&1000u32.to_be_bytes()[..], &kind.to_be_bytes(), &subtype.to_be_bytes(), &length.to_be_bytes(), body]
        .concat()
}

/// ORIGIN, an AS_PATH with a set in the middle, MED, LOCAL_PREF, ATOMIC_AGGREGATE, AGGREGATOR and communities of three kinds.
fn attributes(next_hop: &[u8]) -> Vec<u8> {
    let path =
        [2, 2, 0, 0, 0xfd, 0xe9, 0, 3, 0xd, 0x40, 1, 2, 0, 0, 0xfd, 0xea, 0, 0, 0xfd, 0xeb, 2, 1, 0, 0, 0, 7];
    [
        &[0x40, 1, 1, 0, 0x40, 2, 26][..],
        &path,
        next_hop,
        &[0x80, 4, 4, 0, 0, 0, 9, 0x40, 5, 4, 0, 0, 0, 50, 0x40, 6, 0],
        &[0xc0, 7, 8, 0, 0, 0xfd, 0xe9, 10, 0, 0, 3, 0xc0, 8, 8, 0xfd, 0xe9, 0, 1, 0xff, 0xff, 0xff, 1],
        &[0xc0, 16, 8, 0, 2, 0xfd, 0xe9, 0, 0, 0, 5, 0xc0, 32, 12, 0, 0, 0xfd, 0xe9, 0, 0, 0, 1, 0, 0, 0, 2],
    ]
    .concat()
}

const NEXT_HOP: [u8; 7] = [0x40, 3, 4, 192, 0, 2, 1];

/// A table of two IPv4 prefixes and one of IPv6 (RFC 6396 section 4.3).
fn table() -> Vec<u8> {
    let peers = [&[10, 0, 0, 7, 0, 0, 0, 1, 2][..], &[10, 0, 0, 7, 10, 0, 0, 7, 0, 0, 0xfd, 0xe9]].concat();
    // The number of entries; the peer, the time and the attributes of the only one.
    let entry = |attributes: &[u8]| {
        let length = u16::try_from(attributes.len()).expect("it is short");
        [&[0, 1, 0, 0, 0, 0, 3, 232][..], &length.to_be_bytes(), attributes].concat()
    };
    let route = |number: u8, prefix: &[u8], attributes: &[u8]| {
        [&[0, 0, 0, number], prefix, &entry(attributes)].concat()
    };
    // Of MP_REACH_NLRI the next hop only.
    let next_hop = [&[0x80, 14, 17, 16, 0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1]].concat();
    [
        record(13, 1, &peers),
        record(13, 2, &route(0, &[24, 10, 1, 0], &attributes(&NEXT_HOP))),
        record(13, 2, &route(1, &[24, 10, 1, 1], &attributes(&NEXT_HOP))),
        record(13, 4, &route(2, &[32, 0x20, 1, 0xd, 0xb8], &attributes(&next_hop))),
    ]
    .concat()
}

/// Updates (RFC 6396 section 4.4.3): three prefixes are announced, one is withdrawn, alone and with an announcement.
fn updates() -> Vec<u8> {
    let message = |withdrawn: &[u8], attributes: &[u8], nlri: &[u8]| {
        let length = |part: &[u8]| u16::try_from(part.len()).expect("it is short").to_be_bytes();
        let body = [&length(withdrawn)[..], withdrawn, &length(attributes), attributes, nlri].concat();
        let head =
            [&[0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xe8, 0, 0, 0, 1][..], &[10, 0, 0, 7, 10, 0, 0, 1]].concat();
        record(16, 4, &[head, qa::frame::Message::new(2, &body).bytes().to_vec()].concat())
    };
    [
        message(&[], &attributes(&NEXT_HOP), &[24, 10, 1, 0, 24, 10, 1, 1, 24, 10, 1, 2]),
        message(&[24, 10, 1, 1], &[], &[]),
        message(&[24, 10, 1, 2], &attributes(&NEXT_HOP), &[24, 10, 1, 3]),
    ]
    .concat()
}

fn judge(table: &Table, prefix: &str) -> Result<()> {
    let route = table.route(prefix)?;
    ensure!(route.as_path == [65001, 200_000, 65002, 65003, 7], "{route:?}");
    let path = route.attributes.get(&2).context("no AS_PATH")?;
    ensure!((path[0], path[10], path[20]) == (2, 1, 2), "sequence, set, sequence: {path:?}");
    ensure!(numbers(route, 4) == [9] && numbers(route, 8) == [0xfde9_0001, 0xffff_ff01], "{route:?}");
    ensure!(numbers(route, 7) == [65001, 0x0a00_0003] && route.attributes.contains_key(&6), "{route:?}");
    ensure!(numbers(route, 16) == [0x0002_fde9, 5] && numbers(route, 32) == [65001, 1, 2], "{route:?}");
    Ok(())
}

/// A daemon with the script as helper.
async fn helper(run: &str) -> Result<Stage> {
    Stage::up(peer(), |port| {
        let process = format!("process mrt {{\n  run {run};\n  encoder text;\n}}\n");
        let setup =
            Setup::conf(format!("{process}{}", neighbor(port, "  api {\n    processes [ mrt ];\n  }\n")));
        // Updates it prints without a flush, and stays: its users have to set this.
        Ok(setup.env("PYTHONUNBUFFERED", "1"))
    })
    .await
}

#[tokio::test]
async fn mrt2exabgp_writes_a_configuration() -> Result<()> {
    let Some(mrt) = Mrt::new() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("rib.mrt");
    std::fs::write(&file, table())?;
    let mut files = vec![file];
    let samples = ["quagga_rib", "openbgpd_rib_table-v2", "openbgpd_rib_table"];
    files.extend(samples.map(|name| mrt.source.join("samples").join(name)));
    for (number, file) in files.iter().enumerate() {
        let conf = mrt.conf(file)?;
        let wanted = prefixes(&conf);
        println!("  {}: {} prefixes", file.display(), wanted.len());
        ensure!(!wanted.is_empty(), "{conf}");
        // It has no statement for the port.
        let mut stage =
            Stage::up(peer(), |port| Ok(Setup::conf(conf).env("exabgp_tcp_port", &port.to_string()))).await?;
        let same = |t: &Table| t.prefixes().into_iter().collect::<BTreeSet<_>>() == wanted;
        let table = stage.until("the routes of the file", same).await?;
        if number == 0 {
            ensure!(wanted.len() == 3, "{wanted:?}");
            wanted.iter().try_for_each(|p| judge(table, p))?;
        }
        stage.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn mrt2exabgp_prints_commands() -> Result<()> {
    let Some(mrt) = Mrt::new() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("rib.mrt");
    std::fs::write(&file, table())?;
    let mut ways = ["-A", "-G"].map(|flag| mrt.line(&format!("{flag} {}", file.display()))).to_vec();
    // The third way is a program.
    let program = Command::new("sh").arg("-c").arg(mrt.line(&format!("-P {}", file.display()))).output()?;
    let name = folder.path().join("program.py");
    std::fs::write(&name, program.stdout)?;
    ways.push(format!("{} {}", mrt.python.display(), name.display()));
    for run in ways {
        let mut stage = helper(&run).await?;
        let wanted = ["10.1.0.0/24", "10.1.1.0/24", "2001:db8::/32"];
        let table = stage.holds(&wanted).await?;
        wanted.iter().try_for_each(|p| judge(table, p))?;
        stage.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn mrt2exabgp_replays_updates() -> Result<()> {
    let Some(mrt) = Mrt::new() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("updates.mrt");
    std::fs::write(&file, updates())?;
    let mut stage = helper(&mrt.line(&format!("-G {}", file.display()))).await?;
    let table = stage.holds(&["10.1.0.0/24", "10.1.3.0/24"]).await?;
    judge(table, "10.1.3.0/24")?;
    stage.stop().await
}
