//! CESNET's exafs and exabgp-process, both from PyPI and run for real: exafs words the rules and posts them,
//! exabgp-process, a helper with a web server, prints them and never reads.

use crate::stage::{LIMIT, Stage, community, free_port, http, installed, neighbor, numbers, peer};
use anyhow::{Context as _, Result, ensure};
use qa::{daemon::Setup, hex};
use tokio::process::Command;

/// Announces and withdraws with the functions of exafs that its pages and jobs call.
/// Arguments: the URL, the version of ExaBGP that it believes in, `plain` or `rd`, `announce` or `withdraw`.
const EXAFS: &str = r#"
import sys
from types import SimpleNamespace as Row
from flask import Flask
from flowapp import messages, output

url, version, form, verb = sys.argv[1:]
app = Flask("exafs")
app.config.update(TESTING=False, EXA_API="HTTP", EXA_API_URL=url, EXABGP_MAJOR_VERSION=int(version))
if form == "rd":
    app.config.update(USE_RD=True, RD_STRING="7654:3", RD_LABEL="6", RT_STRING="65000:100")
    app.config.update(USE_MULTI_NEIGHBOR=True, MULTI_NEIGHBOR={"primary": ["127.0.0.1", "127.0.0.77"]})
kind = {"announce": messages.ANNOUNCE, "withdraw": messages.WITHDRAW}[verb]
four = Row(source="147.230.17.6", source_mask=32, source_port="", dest="10.0.0.0", dest_mask=8,
           dest_port="3128;8080-8088", protocol="tcp", flags="SYN;ACK", fragment="dont-fragment;is-fragment", packet_len="<1500",
           action=Row(command="rate-limit 12800"))
six = Row(source="2001:718:1c01:1111::1111", source_mask=128, source_port=">1023", dest=None, dest_mask=None, dest_port="53",
          next_header="udp", flags="", packet_len="", action=Row(command="discard"))
host = Row(ipv4="147.230.17.17", ipv4_mask=32, ipv6=None, ipv6_mask=None,
           community=Row(comm="65001:666 no-export", larcomm="2852:666:1", extcomm="target:65000:7", as_path=False))
with app.app_context():
    for text in [messages.create_ipv4(four, kind), messages.create_ipv6(six, kind), messages.create_rtbh(host, kind)]:
        output.announce_route(output.Route(author="a user / an organisation", source=output.RouteSources.UI, command=text))
"#;

/// RFC 8955 and RFC 8956: the components of the two rules without their length.
const FOUR: &str = "01 08 0a  02 20 93e61106  03 81 06  05 11 0c38 13 1f90 d5 1f98 \
    09 00 02 80 10  0a 03 00 d5 05dc  0c 00 01 80 02";
const SIX: &str = "02 80 00 20010718 1c011111 00000000 00001111  03 81 11  05 81 35  06 13 03ff d5 ffff";

fn rule(family: [u8; 3], rd: &str, components: &str) -> Result<Vec<u8>> {
    let body = [hex::parse(rd)?, hex::parse(components)?].concat();
    Ok([&family[..], &[u8::try_from(body.len())?], &body].concat())
}

async fn run(version: &str, form: &str) -> Result<()> {
    let Some(clients) = installed("exafs", "bin/exabgp-process") else { return Ok(()) };
    let web = free_port()?;
    let open = peer().with(1, &[0, 1, 0, 133]).with(1, &[0, 2, 0, 133]).with(1, &[0, 1, 0, 134]);
    let open = open.with(1, &[0, 2, 0, 134]).with(1, &[0, 1, 0, 128]);
    let mut stage = Stage::up(open, |port| {
        let process = format!(
            "process flowspec {{\n  run {};\n  encoder json;\n}}\n",
            clients.join("bin/exabgp-process").display()
        );
        let statements = "  family {\n    ipv4 unicast;\n    ipv4 flow;\n    ipv6 flow;\n    ipv4 flow-vpn;\n    ipv6 flow-vpn;\n    ipv4 mpls-vpn;\n  }\n  api {\n    processes [ flowspec ];\n  }\n";
        let settings = format!("[api]\ntype = http\n[logging]\nlog_dir = .\n[http]\nport = {web}\n");
        Ok(Setup::conf(format!("{process}{}", neighbor(port, statements))).helper("api.conf", &settings))
    })
    .await?;
    // The web server is there: what it is sent is printed as a command, which is none.
    let form_kind = "application/x-www-form-urlencoded";
    let (status, _) =
        http(web, "POST", "/", form_kind, "command=%7B%22command%22%3A%22nonsense%22%7D").await?;
    ensure!(status == 200, "exabgp-process answers {status}");
    let url = format!("http://127.0.0.1:{web}/");
    let exafs = async |verb: &str| {
        let mut command = Command::new(clients.join("bin/python"));
        command.args(["-c", EXAFS, &url, version, form, verb]).kill_on_drop(true);
        let output = tokio::time::timeout_at(qa::expect::within(LIMIT), command.output()).await??;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    };
    let (safi, rd) = if form == "rd" { (134, "0000 1de6 00000003") } else { (133, "") };
    // From 5 on exafs puts the flags in brackets; both are the same rule.
    let four = rule([0, 1, safi], rd, FOUR)?;
    let six = rule([0, 2, safi], rd, SIX)?;
    // A job of exafs announces everything again now and then.
    for _ in 0..2 {
        exafs("announce").await?;
    }
    let count = if form == "rd" { 3 } else { 2 };
    stage.until("the rules", |t| t.other.len() == count && t.routes.len() + count == 3).await?;
    let table = &stage.table;
    let found = |nlri: &[u8]| {
        let route = table.other.get(nlri);
        route.with_context(|| format!("no {nlri:02x?} but {:02x?}", table.other.keys()))
    };
    let extended = |nlri: &[u8]| Ok::<_, anyhow::Error>(found(nlri)?.attributes.get(&16).cloned());
    // 12800 as a float after an AS number that nobody reads.
    let rate = |value: f32| [&[0x80, 6, 0, 0][..], &value.to_be_bytes()].concat();
    let target = [0, 2, 0xfd, 0xe8, 0, 0, 0, 100];
    for (nlri, value) in [(&four, 12800.0), (&six, 0.0)] {
        let actions = extended(nlri)?.unwrap_or_default();
        let has = |community: &[u8]| actions.chunks(8).any(|c| c == community);
        ensure!(has(&rate(value)) && has(&target) == (form == "rd"), "{actions:02x?}");
    }
    let route = match form {
        // One label, bottom of the stack, in front of the route distinguisher.
        "rd" => found(&hex::parse("0001 80 78 000061 0000 1de6 00000003 93e61111")?)?,
        _ => table.route("147.230.17.17/32")?,
    };
    ensure!(numbers(route, 8) == [community(65001, 666), 0xffff_ff01], "{route:?}");
    ensure!(numbers(route, 32) == [2852, 666, 1], "{route:?}");
    ensure!(route.attributes.get(&16).is_some_and(|v| v[..] == [0, 2, 0xfd, 0xe8, 0, 0, 0, 7]), "{route:?}");
    exafs("withdraw").await?;
    stage.until("nothing", |t| t.other.is_empty() && t.routes.is_empty()).await?;
    stage.stop().await
}

#[tokio::test]
async fn exafs_rules_through_exabgp_process() -> Result<()> {
    run("5", "plain").await
}

/// For ExaBGP 4 it leaves the brackets around TCP flags out.
#[tokio::test]
async fn exafs_rules_for_exabgp_4_of_a_vpn_for_two_neighbors() -> Result<()> {
    run("4", "rd").await
}
