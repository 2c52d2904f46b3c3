//! Test cases: the `.ci`/`.msg` line format of ExaBGP's functional suites, and a few lines of our own (`qa/README.md`).
//!
//! Two layouts exist. The older one has configurations in `NAME.ci` and everything else in `NAME.msg`; the newer one has one
//! `NAME.ci`. Configurations are looked up in the suite's `etc/exabgp`, else beside the case.

use crate::{frame::Message, hex};
use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::sys::signal::Signal;
use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

/// Which daemon's message sequence a suite expects, and how its peer words a Cease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// ExaBGP 5.0.
    V5,
    /// ExaBGP 6.0-dev (its main branch).
    V6,
    /// exabgp-rs itself.
    Native,
}

impl Dialect {
    /// The value of the daemon's setting `exabgp.bgp.compat`.
    pub fn compat(self) -> &'static str {
        match self {
            Self::V5 => "5.0",
            Self::V6 => "6.0",
            Self::Native => "native",
        }
    }
}

/// One thing a group waits for or does.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// The daemon must send this message.
    Expect(Message),
    /// The daemon must close a connection (ours).
    Closed,
    /// The peer does something as soon as this is the first step left.
    Act(Action),
}

/// What the peer does by itself.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Send a Cease NOTIFICATION with this text.
    Notification(String),
    /// Send the daemon a signal.
    Signal(Signal),
    /// Send these octets: a message whose marker may be left out (ours).
    Send(Message),
    /// Send these octets as they are (ours).
    Octets(Vec<u8>),
    /// Close the connection (ours).
    Close,
}

/// Steps that belong together; the order of the messages within is free.
#[derive(Clone, Debug)]
pub struct Group {
    /// Session letters, then number, as written: `A1`.
    pub name: String,
    /// What is left to do.
    pub steps: Vec<Step>,
}

/// `option:` lines.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// Connection attempts per peer the daemon may make; 0 is unlimited.
    pub tcp_connections: Option<u32>,
    /// ASN that the peer answers with.
    pub asn: Option<u32>,
    /// Listen on ::1.
    pub ipv6: bool,
    /// The OPEN is an expected message too.
    pub inspect_open: bool,
    /// The peer's OPEN carries a capability nobody knows.
    pub unknown_capability: bool,
    /// A message of type 255 follows the peer's first KEEPALIVE.
    pub unknown_message: bool,
    /// An UPDATE for 0.0.0.0/32 follows the peer's first KEEPALIVE.
    pub default_route: bool,
    /// Seconds without a message on an open session before the test fails.
    pub timeout: Option<u64>,
    /// Further environment for the daemon (ours).
    pub env: Vec<(String, String)>,
}

/// One functional test.
#[derive(Clone, Debug)]
pub struct Case {
    /// File name without its extension.
    pub name: String,
    /// Configurations, in the order in which the daemon gets them.
    pub configs: Vec<PathBuf>,
    /// Options.
    pub options: Options,
    /// Groups in the order in which they must be met.
    pub groups: Vec<Group>,
}

/// A published case whose configuration was not published with it.
#[derive(Debug)]
pub struct Absent(String);

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Absent {}

/// A folder of cases.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The folder that holds `qa` (the daemon is started there).
    pub root: PathBuf,
    /// What its messages are to be judged as.
    pub dialect: Dialect,
    /// Names and files of the cases, sorted by name.
    pub cases: BTreeMap<String, PathBuf>,
}

impl Suite {
    /// Finds the cases under `root/qa/encoding`. The dialect follows from the layout: `.msg` files are ExaBGP 5.0's, a folder
    /// `etc/exabgp` without them is main's, all else is ours.
    pub fn open(root: &Path) -> Result<Self> {
        let folder = root.join("qa/encoding");
        let mut cases = BTreeMap::new();
        let mut old = false;
        for entry in
            fs::read_dir(&folder).with_context(|| format!("no suite: cannot read {}", folder.display()))?
        {
            let path = entry?.path();
            old |= path.extension().is_some_and(|e| e == "msg");
            if path.extension().is_some_and(|e| e == "ci")
                && let Some(name) = path.file_stem().and_then(|s| s.to_str())
            {
                cases.insert(name.to_owned(), path.clone());
            }
        }
        ensure!(!cases.is_empty(), "no .ci file in {}", folder.display());
        let dialect = match (old, root.join("etc/exabgp").is_dir()) {
            (true, _) => Dialect::V5,
            (false, true) => Dialect::V6,
            (false, false) => Dialect::Native,
        };
        Ok(Self { root: root.canonicalize()?, dialect, cases })
    }

    /// Reads one case; [`Absent`] when it cannot be run because part of it is not there.
    pub fn load(&self, name: &str) -> Result<Case> {
        let ci = self.cases.get(name).ok_or_else(|| anyhow!("no test is named {name:?} (see `list`)"))?;
        let read =
            |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
        let text = read(ci)?;
        let msg = ci.with_extension("msg");
        let (files, lines, place) = if msg.is_file() {
            let first = text.lines().next().unwrap_or_default();
            (first.split_whitespace().map(str::to_owned).collect(), read(&msg)?, msg)
        } else {
            (Vec::new(), text, ci.clone())
        };
        let mut parser = Parser { files, ..Parser::default() };
        for (number, line) in lines.lines().enumerate() {
            parser.line(line).with_context(|| format!("{}:{}", place.display(), number + 1))?;
        }
        ensure!(!parser.files.is_empty(), "{}: no configuration is named", place.display());
        let folder = ci.parent().unwrap_or(Path::new("."));
        let configs = parser
            .files
            .iter()
            .map(|file| {
                [self.root.join("etc/exabgp").join(file), folder.join(file)]
                    .into_iter()
                    .find(|path| path.is_file())
                    .ok_or_else(|| {
                        Absent(format!("{}: there is no configuration {file:?}", place.display())).into()
                    })
            })
            .collect::<Result<_>>()?;
        let mut groups: Vec<Group> = parser
            .groups
            .into_iter()
            .map(|((letters, number), steps)| Group { name: format!("{letters}{number}"), steps })
            .collect();
        crate::known::correct(self.dialect, name, &mut groups)?;
        Ok(Case { name: name.to_owned(), configs, options: parser.options, groups })
    }
}

/// Collects the lines of one case.
#[derive(Default, Debug)]
struct Parser {
    files: Vec<String>,
    options: Options,
    groups: BTreeMap<(String, u32), Vec<Step>>,
}

impl Parser {
    fn line(&mut self, line: &str) -> Result<()> {
        let line = line.trim();
        if line.is_empty() || line.contains('#') {
            return Ok(());
        }
        if let Some(option) = line.strip_prefix("option:") {
            return self.option(option);
        }
        let (group, rest) = line.split_once(':').ok_or_else(|| anyhow!("no colon in {line:?}"))?;
        let (what, value) = rest.split_once(':').ok_or_else(|| anyhow!("only one colon in {line:?}"))?;
        let key = group_key(group)?;
        let step = match what {
            "raw" => Step::Expect(Message::from_case(&hex::parse(value)?)?),
            "send" => Step::Act(Action::Send(Message::from_case(&hex::parse(value)?)?)),
            "octets" => Step::Act(Action::Octets(hex::parse(value)?)),
            "notification" => Step::Act(Action::Notification(value.to_owned())),
            "closed" => Step::Closed,
            "close" => Step::Act(Action::Close),
            "signal" => {
                Step::Act(Action::Signal(value.parse().map_err(|_| anyhow!("no signal is named {value:?}"))?))
            }
            // Material for round trips, of no meaning here.
            "cmd" | "json" | "jsv4" | "jsv6" => return Ok(()),
            other => bail!("unknown line {other:?}"),
        };
        self.groups.entry(key).or_default().push(step);
        Ok(())
    }

    fn option(&mut self, option: &str) -> Result<()> {
        let o = &mut self.options;
        let (name, value) =
            option.split_once(':').ok_or_else(|| anyhow!("option {option:?} has no value"))?;
        match (name, value) {
            ("file", file) => self.files.extend(file.split_whitespace().map(str::to_owned)),
            ("tcp_connections", n) => o.tcp_connections = Some(n.parse()?),
            ("asn", n) => o.asn = Some(n.parse()?),
            ("timeout", n) => o.timeout = Some(n.parse()?),
            ("bind", "ipv6") => o.ipv6 = true,
            ("open", "inspect-open-message") => o.inspect_open = true,
            ("open", "send-unknown-capability") => o.unknown_capability = true,
            ("open", "send-unknown-message") => o.unknown_message = true,
            ("update", "send-default-route") => o.default_route = true,
            ("env", setting) => {
                let (key, value) =
                    setting.split_once('=').ok_or_else(|| anyhow!("{setting:?} is no NAME=VALUE"))?;
                o.env.push((key.to_owned(), value.to_owned()));
            }
            _ => bail!("unknown option {option:?}"),
        }
        Ok(())
    }
}

/// `B2` is letter B, number 2; a bare number belongs to session A.
fn group_key(text: &str) -> Result<(String, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit()).ok_or_else(|| anyhow!("{text:?} is no group"))?;
    let (letters, number) = text.split_at(digits);
    ensure!(letters.chars().all(|c| c.is_ascii_uppercase()), "{text:?} is no group");
    Ok((if letters.is_empty() { "A" } else { letters }.to_owned(), number.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Parser> {
        let mut parser = Parser::default();
        text.lines().try_for_each(|l| parser.line(l)).map(|()| parser)
    }

    #[test]
    fn groups_are_ordered_by_letter_then_number() {
        let p =
            parse("B1:raw:001304\n10:raw:001304\nA2:signal:SIGUSR1\n1:raw:001304 # dropped\n2:raw:FF:001304")
                .unwrap_err();
        assert!(p.to_string().contains("length"), "{p}");
        let p = parse("B1:raw:001304\n10:raw:001304\nA2:signal:SIGUSR1\n# 1:raw:00\n2:raw:00 13:04").unwrap();
        let names: Vec<String> = p.groups.keys().map(|k| format!("{}{}", k.0, k.1)).collect();
        assert_eq!(names, ["A2", "A10", "B1"]);
        assert_eq!(p.groups[&("A".into(), 2)][0], Step::Act(Action::Signal(Signal::SIGUSR1)));
        assert_eq!(p.groups[&("A".into(), 2)].len(), 2);
    }

    #[test]
    fn options_are_read_and_unknown_lines_refused() {
        let p = parse(
            "option:file:a.toml b.toml\noption:asn:65000\noption:env:exabgp_bgp_compat=5.0\noption:bind:ipv6",
        )
        .unwrap();
        assert_eq!(p.files, ["a.toml", "b.toml"]);
        assert_eq!(p.options.asn, Some(65000));
        assert_eq!(p.options.env, [("exabgp_bgp_compat".into(), "5.0".into())]);
        assert!(p.options.ipv6);
        for bad in
            ["option:bind:ipv7", "1:rew:00", "x:raw:001304", "hello", "1:signal:SIGWHAT", "option:asn:x"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
