//! sonic-net/sonic-mgmt's `http_api.py`, and the helpers beside it in test beds: a web server that prints the fields `command`
//! and `commands` of what is posted to it, one that writes down everything that it hears (FRR's topotests have the same),
//! a passive neighbor, acknowledgements switched off in the file of settings, started with `--env`.

use crate::stage::{LIMIT, free_port, http, peer};
use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use qa::{
    daemon::{binary, write_executable},
    expect::within,
    process::Process,
    speaker::{Session, connect},
    update::announce,
};
use std::{fs, net::Ipv4Addr};
use tokio::process::Command;

const HTTP_API: &str = r#"#!/usr/bin/env python3
import http.server, sys, urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        form = urllib.parse.parse_qs(self.rfile.read(length).decode())
        for command in form.get("command", []):
            sys.stdout.write(command + "\n")
        for commands in form.get("commands", []):
            for command in commands.split(";"):
                sys.stdout.write(command + "\n")
        sys.stdout.flush()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"OK\n")

    def log_message(self, *words):
        pass


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"#;

/// Writes all it hears. Its standard output stays open, as that of the originals.
const DUMP: &str = "#!/bin/sh\nwhile read -r line; do printf '%s\\n' \"$line\" >> dump.log; done\n";

#[tokio::test]
async fn sonic_posts_commands_to_http_api() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (web, bgp) = (free_port()?, free_port()?);
    let path = |name: &str| folder.path().join(name);
    write_executable(&path("http_api.py"), HTTP_API)?;
    write_executable(&path("dump.sh"), DUMP)?;
    let conf = format!(
        "process http-api {{
  run ./http_api.py {web};
  encoder json;
}}
process dump {{
  run ./dump.sh;
  encoder json;
}}
neighbor 127.0.0.3 {{
  router-id 10.0.0.1;
  local-address 127.0.0.1;
  local-as 65000;
  peer-as 65001;
  auto-flush true;
  group-updates true;
  passive;
  listen {bgp};
  api {{
    processes [ http-api ];
  }}
  api dump {{
    processes [ dump ];
    neighbor-changes;
    receive {{
      parsed;
      update;
    }}
  }}
}}
"
    );
    fs::write(path("sonic.conf"), conf)?;
    fs::write(
        path("exabgp.env"),
        "[exabgp.api]\nack = false\ncli = false\n\n[exabgp.daemon]\nuser = 'root'\ndaemonize = false\n\n[exabgp.log]\nall = false\n",
    )?;
    let mut command = Command::new(binary()?);
    command.arg("--env").arg(path("exabgp.env")).arg(path("sonic.conf")).current_dir(folder.path());
    let mut daemon = Process::start(command)?;
    // The web server is there when the helpers have been started, which is after the daemon listens.
    let post = |text: &'static str| http(web, "POST", "/", "application/x-www-form-urlencoded", text);
    let (status, body) =
        post("command=neighbor+127.0.0.3+announce+route+10.0.0.0%2F24+next-hop+10.0.0.1").await?;
    ensure!((status, body.as_str()) == (200, "OK\n"), "{status} {body}");
    let stream =
        connect(Ipv4Addr::new(127, 0, 0, 3).into(), (Ipv4Addr::LOCALHOST, bgp).into(), within(LIMIT));
    let mut session = Session::establish(stream.await?, &peer(), within(LIMIT)).await?;
    post("commands=announce+route+10.0.1.0%2F24+next-hop+self%3Bannounce+route+10.0.2.0%2F24+next-hop+self%3Bwithdraw+route+10.0.0.0%2F24+next-hop+10.0.0.1").await?;
    let counts = session.counted(within(LIMIT), |c| c.announced >= 2 && c.announced == c.withdrawn + 2).await;
    counts.with_context(|| daemon.log.text())?;
    session
        .send(&announce(&["10.7.0.0/16".parse()?], Ipv4Addr::new(10, 0, 0, 9).into(), &[65001], &[]))
        .await?;
    // Whoever reads the file looks again and again, as the tests that use it do.
    let dump = || async {
        let text = fs::read_to_string(path("dump.log")).unwrap_or_default();
        Ok(text.lines().find(|l| l.contains("\"10.7.0.0/16\"") && l.ends_with('}')).map(str::to_owned))
    };
    let line = qa::expect::poll("the update in the file", within(LIMIT), dump).await;
    let line =
        line.with_context(|| format!("{}\n{:?}", daemon.log.text(), fs::read_to_string(path("dump.log"))))?;
    let event: serde_json::Value = serde_json::from_str(&line)?;
    let update = &event["neighbor"]["message"]["update"];
    ensure!(update["announce"]["ipv4 unicast"]["10.0.0.9"][0]["nlri"] == "10.7.0.0/16", "{line}");
    let text = fs::read_to_string(path("dump.log"))?;
    ensure!(text.contains("\"state\": \"up\"") && !text.lines().any(|l| l == "done"), "{text}");
    daemon.signal(Signal::SIGTERM)?;
    let status = daemon.wait(within(LIMIT)).await?;
    ensure!(status.success() && daemon.leftovers().is_empty(), "{status} {:?}", daemon.leftovers());
    Ok(())
}
