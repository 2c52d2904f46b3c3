//! What commands tell in the grammar of ExaBGP 6: always JSON, a line each.

use bgp_wire::emit::{Emit as _, Spacing};

use super::neighbor::NeighborView;
use crate::command::{Entry, Neighbor, entries, entries_v6};
use crate::encode::JsonWriter;
use crate::encode::writer::escape;

/// What `shutdown` tells.
pub const SHUTDOWN: &[u8] = b"{\"status\": \"shutdown in progress\"}\n";
/// What `reload` tells.
pub const RELOAD: &[u8] = b"{\"status\": \"reload in progress\"}\n";
/// What `restart` tells.
pub const RESTART: &[u8] = b"{\"status\": \"restart in progress\"}\n";
/// What `session reset` tells.
pub const RESET: &[u8] = b"{\"status\": \"asynchronous queue cleared\"}\n";
/// What `group start` tells.
pub const STARTED: &[u8] = b"{\"status\": \"group started\"}\n";

/// One object, a line.
fn object(members: impl FnOnce(&mut JsonWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut w = JsonWriter::new(&mut out);
    w.begin_object(Spacing::Tight);
    members(&mut w);
    w.end_object();
    out.push(b'\n');
    out
}

fn member(w: &mut JsonWriter<'_>, key: &str, text: &str) {
    w.key(key);
    w.text(text);
}

/// What `group end` tells: how many routes were in it.
pub fn ended(commands: usize) -> Vec<u8> {
    object(|w| {
        member(w, "status", "group ended");
        w.key("commands");
        w.number(u64::try_from(commands).unwrap_or(u64::MAX));
    })
}

/// What `peer … group …` tells.
pub fn processed(announced: u32, withdrawn: u32) -> Vec<u8> {
    object(|w| {
        member(w, "status", "group processed");
        w.key("announced");
        w.number(announced.into());
        w.key("withdrawn");
        w.number(withdrawn.into());
    })
}

/// What `system version` tells.
pub fn version(version: &str) -> Vec<u8> {
    object(|w| {
        member(w, "version", version);
        member(w, "application", "exabgp-rs");
    })
}

/// What `session ping` tells. `uuid` names the run of the daemon.
pub fn pong(uuid: &str) -> Vec<u8> {
    object(|w| {
        member(w, "pong", uuid);
        w.key("active");
        w.boolean(true);
    })
}

/// What `system api version` tells: the version, 4 or 6.
pub fn api_version(version: u8) -> Vec<u8> {
    object(|w| {
        w.key("api_version");
        w.number(version.into());
        member(w, "description", if version == 6 { "json-only" } else { "words" });
    })
}

/// What `system api version N` tells.
pub fn api_version_set(version: u8) -> Vec<u8> {
    object(|w| {
        member(w, "status", "API version set");
        w.key("version");
        w.number(version.into());
        member(w, "note", "effective at once, for this helper");
    })
}

/// What `system help` tells.
pub fn help() -> Vec<u8> {
    let command = |w: &mut JsonWriter<'_>, entry: &Entry| {
        w.begin_object(Spacing::Tight);
        member(w, "command", &entry.words.join(" "));
        w.key("neighbor_support");
        w.boolean(entry.neighbor != Neighbor::Never);
        w.key("json_support");
        w.boolean(true);
        member(w, "arguments", entry.arguments);
        member(w, "description", entry.summary);
        w.end_object();
    };
    object(|w| {
        member(w, "description", "Available API commands (v6 format)");
        w.key("peer_filters");
        w.begin_list(Spacing::Tight);
        for filter in ["local-ip", "local-as", "peer-as", "router-id"] {
            w.text(filter);
        }
        w.end_list();
        w.key("commands");
        w.begin_list(Spacing::Tight);
        entries_v6().chain(entries()).for_each(|entry| command(w, entry));
        w.end_list();
    })
}

/// What `peer list` tells.
pub fn peers<'v>(views: impl IntoIterator<Item = &'v NeighborView>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut w = JsonWriter::new(&mut out);
    w.begin_list(Spacing::Tight);
    for view in views {
        w.begin_object(Spacing::Tight);
        w.key("peer-address");
        w.address(view.peer);
        w.key("peer-as");
        match view.asn.peer.map(|asn| asn.0) {
            Some(asn) => w.number(asn.into()),
            None => w.null(),
        }
        member(&mut w, "state", view.state);
        w.end_object();
    }
    w.end_list();
    out.push(b'\n');
    out
}

/// How the daemon is.
#[derive(Clone, Copy, Debug)]
pub struct Status<'a> {
    /// Its version.
    pub version: &'a str,
    /// Names this run.
    pub uuid: &'a str,
    /// Its process.
    pub pid: u32,
    /// Seconds since its start.
    pub uptime: u64,
    /// Seconds since 1970 at its start.
    pub start_time: f64,
}

/// What `daemon status` tells; `peers` are names and states.
pub fn status(status: &Status<'_>, peers: impl IntoIterator<Item = (String, &'static str)>) -> Vec<u8> {
    object(|w| {
        member(w, "version", status.version);
        member(w, "uuid", status.uuid);
        w.key("pid");
        w.number(status.pid.into());
        w.key("uptime");
        w.number(status.uptime);
        w.key("start_time");
        w.large_number(&format_args!("{:.6}", status.start_time));
        w.key("peers");
        w.begin_object(Spacing::Tight);
        peers.into_iter().for_each(|(name, state)| member(w, &name, state));
        w.end_object();
    })
}

/// What `system queue-status` tells: for each helper its name, octets in memory and octets on disk.
pub fn queues(helpers: impl IntoIterator<Item = (String, u64, u64, u64)>) -> Vec<u8> {
    object(|w| {
        for (name, octets, spilled, lost) in helpers {
            // Keys are written as they are, and a process may have any name.
            let mut key = Vec::new();
            escape(&name, &mut key);
            w.key(&String::from_utf8_lossy(&key));
            w.begin_object(Spacing::Tight);
            for (key, value) in [("bytes", octets), ("spilled", spilled), ("lost", lost)] {
                w.key(key);
                w.number(value);
            }
            w.end_object();
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_json_on_one_line() {
        let facts = Status { version: "1", uuid: "u", pid: 7, uptime: 3, start_time: 1.5 };
        for text in [
            SHUTDOWN.to_vec(),
            RELOAD.to_vec(),
            RESTART.to_vec(),
            RESET.to_vec(),
            STARTED.to_vec(),
            ended(3),
            processed(2, 1),
            version("1"),
            pong("u"),
            api_version(4),
            api_version_set(6),
            help(),
            peers([]),
            status(&facts, [("neighbor 10.0.0.1".to_owned(), "IDLE")]),
            queues([("a\"b".to_owned(), 1, 2, 3)]),
        ] {
            let line = text.strip_suffix(b"\n").unwrap();
            assert!(!line.contains(&b'\n'));
            serde_json::from_slice::<serde_json::Value>(line).unwrap();
        }
        let help: serde_json::Value = serde_json::from_slice(&help()).unwrap();
        assert_eq!(help["commands"].as_array().unwrap().len(), entries().chain(entries_v6()).count());
        let status: serde_json::Value = serde_json::from_slice(&status(&facts, [])).unwrap();
        assert_eq!(status["start_time"], 1.5);
    }
}
