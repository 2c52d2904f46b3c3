//! A helper process that does what a test tells it: it relays lines between the daemon and the test.

use crate::speaker::Listener;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::net::Ipv4Addr;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::tcp::{OwnedReadHalf, OwnedWriteHalf},
    time::{Instant, timeout_at},
};

/// Name of the script in the folder of the configuration.
pub const SCRIPT: &str = "relay.py";

/// The script. Its argument is the port of the test.
pub const RELAY: &str = r#"#!/usr/bin/env python3
"""Relays lines: from the daemon to the test, from the test to the daemon."""
import os
import shutil
import socket
import sys
import threading

test = socket.create_connection(("127.0.0.1", int(sys.argv[1])))


def upward():
    with test.makefile("wb", buffering=0) as out:
        for line in sys.stdin.buffer:
            out.write(line)
    # The daemon has closed our standard input.
    os._exit(0)


threading.Thread(target=upward, daemon=True).start()
with test.makefile("rb", buffering=0) as lines, open(1, "wb", buffering=0) as out:
    shutil.copyfileobj(lines, out)
"#;

/// Waits for the script to call.
#[derive(Debug)]
pub struct Rendezvous {
    listener: Listener,
}

impl Rendezvous {
    /// Opens a port for one helper.
    pub fn new() -> Result<Self> {
        Ok(Self { listener: Listener::bind(Ipv4Addr::LOCALHOST.into())? })
    }

    /// The `run` setting of the process.
    pub fn run(&self) -> Result<String> {
        Ok(format!("run = [\"./{SCRIPT}\", \"{}\"]", self.port()?))
    }

    /// The argument of the script.
    pub fn port(&self) -> Result<u16> {
        Ok(self.listener.address()?.port())
    }

    /// The helper, once the daemon has started it.
    pub async fn helper(&self, deadline: Instant) -> Result<Helper> {
        let stream = self.listener.accept(deadline).await.context("the daemon did not start the helper")?;
        stream.set_nodelay(true)?;
        let (read, write) = stream.into_split();
        Ok(Helper { lines: BufReader::new(read).lines(), write })
    }
}

/// The test's end of a relaying helper.
#[derive(Debug)]
pub struct Helper {
    lines: Lines<BufReader<OwnedReadHalf>>,
    write: OwnedWriteHalf,
}

impl Helper {
    /// Gives the daemon one or more commands in one write.
    pub async fn say(&mut self, commands: &str) -> Result<()> {
        Ok(self.write.write_all(format!("{commands}\n").as_bytes()).await?)
    }

    /// Gives one command and waits for its answer, which must be "done". Events that come before it are dropped.
    pub async fn command(&mut self, command: &str, deadline: Instant) -> Result<()> {
        self.say(command).await?;
        loop {
            match self.line(deadline).await?.as_str() {
                "done" => return Ok(()),
                "error" => bail!("{command:?} was answered with error"),
                _ => {}
            }
        }
    }

    /// The next line from the daemon, answer or event.
    pub async fn line(&mut self, deadline: Instant) -> Result<String> {
        let line = timeout_at(deadline, self.lines.next_line())
            .await
            .context("the daemon told the helper nothing")??;
        line.context("the helper is gone")
    }

    /// The next event that satisfies a condition; answers and other events before it are dropped.
    pub async fn event(
        &mut self,
        what: &str,
        deadline: Instant,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let mut dropped = Vec::new();
        loop {
            let line = self
                .line(deadline)
                .await
                .with_context(|| format!("waiting for {what} after {dropped:#?}"))?;
            let event = serde_json::from_str(&line).unwrap_or(Value::Null);
            if wanted(&event) {
                return Ok(event);
            }
            dropped.push(line);
        }
    }

    /// Waits for a state: `up`, `down`, `connected`.
    pub async fn state(&mut self, state: &str, deadline: Instant) -> Result<Value> {
        let what = format!("state {state}");
        self.event(&what, deadline, |e| e["type"] == "state" && e["neighbor"]["state"] == state).await
    }
}
