//! The decoding suite: `decode` must print the expected JSON for a message. The format is ExaBGP's (`qa/README.md`).

use crate::{case::Dialect, runner::Outcome};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{process::Command, time::timeout};

/// Members of an event that depend on when and where it was printed.
const INCIDENTAL: [&str; 6] = ["exabgp", "host", "pid", "ppid", "time", "version"];

/// A folder of cases.
#[derive(Clone, Debug)]
pub struct Decodings {
    /// Whose decodings they are.
    pub dialect: Dialect,
    /// Names and files of the cases, sorted by name.
    pub cases: BTreeMap<String, PathBuf>,
}

impl Decodings {
    /// Finds the cases under `root/qa/decoding`. Whose they are follows from the layout of the suite beside them: `.msg` files
    /// are ExaBGP 5.0's, a folder `etc/exabgp` without them is main's, all else is ours.
    pub fn open(root: &Path) -> Result<Self> {
        let folder = root.join("qa/decoding");
        let mut cases = BTreeMap::new();
        for entry in
            fs::read_dir(&folder).with_context(|| format!("no suite: cannot read {}", folder.display()))?
        {
            let path = entry?.path();
            if let Some(name) = path.file_name().and_then(|s| s.to_str()) {
                cases.insert(name.to_owned(), path.clone());
            }
        }
        ensure!(!cases.is_empty(), "there is no case in {}", folder.display());
        let encoding = fs::read_dir(root.join("qa/encoding")).into_iter().flatten().flatten();
        let old = encoding.into_iter().any(|e| e.path().extension().is_some_and(|e| e == "msg"));
        let dialect = match (old, root.join("etc/exabgp").is_dir()) {
            (true, _) => Dialect::V5,
            (false, true) => Dialect::V6,
            (false, false) => Dialect::Native,
        };
        Ok(Self { dialect, cases })
    }

    /// Runs one case.
    pub async fn run(&self, daemon: &Path, name: &str, limit: Duration) -> Result<Outcome> {
        let file = self.cases.get(name).with_context(|| format!("no test is named {name:?}"))?;
        let case = Case::read(file)?;
        let start = Instant::now();
        let mut command = Command::new(daemon);
        command.arg("decode").stdin(Stdio::null()).kill_on_drop(true);
        command.env("exabgp_bgp_compat", self.dialect.compat());
        if let Some(family) = &case.family {
            command.args(["-f", family]);
        }
        command.arg(format!("--{}", case.kind)).arg(&case.payload);
        let (failure, log) = match timeout(limit, command.output()).await {
            Ok(output) => {
                let output = output?;
                let log =
                    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into();
                (case.judge(&output.stdout, &output.stderr).err().map(|e| format!("{e:#}")), log)
            }
            Err(_) => (Some(format!("it ran longer than {} s", limit.as_secs())), String::new()),
        };
        Ok(Outcome { name: name.to_owned(), failure, log, took: start.elapsed() })
    }
}

/// One message and what is to be said of it.
#[derive(Clone, PartialEq, Debug)]
struct Case {
    /// `open`, `update` or `nlri`.
    kind: String,
    /// The only family, as `ipv4 unicast`.
    family: Option<String>,
    payload: String,
    json: Value,
}

impl Case {
    fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).with_context(|| file.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
        let lines: Vec<&str> = lines.collect();
        let [head, payload, json] = lines[..] else {
            bail!("{} lines instead of three: kind and family, message, JSON", lines.len());
        };
        let mut words = head.split_whitespace();
        let kind = words.next().unwrap_or_default().to_owned();
        ensure!(["open", "update", "nlri"].contains(&kind.as_str()), "unknown kind {kind:?}");
        let family: Vec<&str> = words.collect();
        let family = (!family.is_empty()).then(|| family.join(" "));
        Ok(Self { kind, family, payload: payload.to_owned(), json: serde_json::from_str(json)? })
    }

    fn judge(&self, stdout: &[u8], stderr: &[u8]) -> Result<()> {
        ensure!(stderr.is_empty(), "standard error is not empty: {}", String::from_utf8_lossy(stderr).trim());
        let got: Value = serde_json::from_slice(stdout).context("the output is not one JSON value")?;
        let (got, expected) = (significant(got), significant(self.json.clone()));
        if got == expected {
            return Ok(());
        }
        let mut lines = Vec::new();
        differ("", &expected, &got, &mut lines);
        bail!("the decoding differs:\n{}", lines.join("\n"));
    }
}

fn significant(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|key, _| !INCIDENTAL.contains(&key.as_str()));
    }
    value
}

/// Where two values differ: what is expected after `-`, what came after `+`.
fn differ(place: &str, expected: &Value, got: &Value, lines: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                match b.get(key) {
                    Some(other) => differ(&format!("{place}/{key}"), value, other, lines),
                    None => lines.push(format!("- {place}/{key}: {value}")),
                }
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                lines.push(format!("+ {place}/{key}: {value}"));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                differ(&format!("{place}/{i}"), a, b, lines);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            lines.push(format!("- {place}: {a}"));
            lines.push(format!("+ {place}: {b}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "update ipv4 unicast\n00\n{ \"time\": 1, \"a\": [ 1, { \"b\": 2 } ] }\n";

    #[test]
    fn time_is_incidental_and_order_of_members_is_free() {
        let case = Case::parse(CASE).unwrap();
        assert_eq!(case.family.as_deref(), Some("ipv4 unicast"));
        case.judge(br#"{"a":[1,{"b":2}],"pid":7}"#, b"").unwrap();
    }

    #[test]
    fn what_differs_is_named() {
        let case = Case::parse(CASE).unwrap();
        let error = format!("{:#}", case.judge(br#"{"a":[1,{"b":3,"c":0}]}"#, b"").unwrap_err());
        assert!(error.contains("- /a/1/b: 2\n+ /a/1/b: 3\n+ /a/1/c: 0"), "{error}");
        for (out, err) in
            [("{\"a\":[1,{\"b\":2}]}", "x"), ("", ""), ("{} {}", ""), ("{\"a\":[{\"b\":2},1]}", "")]
        {
            assert!(case.judge(out.as_bytes(), err.as_bytes()).is_err(), "{out}");
        }
    }
}
