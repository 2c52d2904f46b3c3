//! The settings of neighbors and templates that have one value, as both languages print them.

use std::fmt::{Display, Write as _};

use bgp_wire::Family;
use bgp_wire::msg::operational::{Content, Operational};

use crate::diag::{At, Span};
use crate::model::{AddPath, AoAlgorithm, OnExit};
use crate::raw::{Body, RawTcpAo};

/// A value as it is to be printed.
#[derive(Debug)]
pub(super) enum Shown {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
    /// A truth value.
    Truth(bool),
    /// `false` in TOML, `disable` in ExaBGP's language.
    Off,
}

/// A setting.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) value: Shown,
    pub(super) at: Span,
}

fn text(value: impl Display) -> Shown {
    Shown::Text(value.to_string())
}

fn auto<T: Display>(value: Option<T>) -> Shown {
    value.map_or_else(|| Shown::Text("auto".to_owned()), text)
}

fn or_off<T: Into<u64>>(value: Option<T>) -> Shown {
    value.map_or(Shown::Off, |number| Shown::Number(number.into()))
}

fn number(value: impl Into<u64>) -> Shown {
    Shown::Number(value.into())
}

struct All(Vec<Setting>);

impl All {
    fn add<T: Clone>(&mut self, key: &'static str, field: Option<&At<T>>, show: impl Fn(T) -> Shown) {
        self.0.extend(field.map(|f| Setting { key, value: show(f.value.clone()), at: f.at }));
    }
}

/// Those of the neighbor itself, but its address and lists.
pub(super) fn own(body: &Body) -> Vec<Setting> {
    let mut all = All(Vec::new());
    all.add("description", body.description.as_ref(), Shown::Text);
    all.add("local-address", body.local_address.as_ref(), auto);
    all.add("router-id", body.router_id.as_ref(), text);
    all.add("local-as", body.local_as.as_ref(), |asn| asn.map_or_else(|| auto::<u8>(None), |a| number(a.0)));
    all.add("peer-as", body.peer_as.as_ref(), |asn| asn.map_or_else(|| auto::<u8>(None), |a| number(a.0)));
    all.add("host-name", body.host_name.as_ref(), Shown::Text);
    all.add("domain-name", body.domain_name.as_ref(), Shown::Text);
    all.add("hold-time", body.hold_time.as_ref(), number);
    all.add("send-hold-time", body.send_hold_time.as_ref(), number);
    all.add("rate-limit", body.rate_limit.as_ref(), |rate| or_off(rate.map(std::num::NonZeroU32::get)));
    all.add("passive", body.passive.as_ref(), Shown::Truth);
    all.add("listen", body.listen.as_ref(), number);
    all.add("connect", body.connect.as_ref(), number);
    all.add("outgoing-ttl", body.outgoing_ttl.as_ref(), or_off);
    all.add("incoming-ttl", body.incoming_ttl.as_ref(), or_off);
    all.add("md5-password", body.md5_password.as_ref(), |secret| {
        text(String::from_utf8_lossy(secret.reveal()))
    });
    all.add("md5-base64", body.md5_base64.as_ref(), Shown::Truth);
    all.add("md5-ip", body.md5_ip.as_ref(), text);
    all.add("source-interface", body.source_interface.as_ref(), Shown::Text);
    all.add("group-updates", body.group_updates.as_ref(), Shown::Truth);
    all.add("auto-flush", body.auto_flush.as_ref(), Shown::Truth);
    all.add("adj-rib-in", body.adj_rib_in.as_ref(), Shown::Truth);
    all.add("adj-rib-out", body.adj_rib_out.as_ref(), Shown::Truth);
    all.add("manual-eor", body.manual_eor.as_ref(), Shown::Truth);
    all.add("local-link-local", body.local_link_local.as_ref(), text);
    all.0
}

/// Those of `tcp-ao`.
pub(super) fn tcp_ao(key: &RawTcpAo) -> Vec<Setting> {
    let mut all = All(Vec::new());
    all.add("keyid", key.id.as_ref(), number);
    all.add("algorithm", key.algorithm.as_ref(), |algorithm| {
        text(AoAlgorithm::ALL.iter().find(|(_, a)| *a == algorithm).map_or("", |(name, _)| name))
    });
    all.add("password", key.password.as_ref(), |secret| text(String::from_utf8_lossy(secret.reveal())));
    all.add("base64", key.base64.as_ref(), Shown::Truth);
    all.0
}

/// A family of `add-path`, with its limit.
pub(super) fn add_path(body: &Body, family: Family) -> String {
    let mut limits = body.paths_limits.iter().flat_map(|list| &list.value);
    match limits.find(|item| item.value.0 == family) {
        Some(At { value: (_, limit), .. }) => format!("{family} limit {limit}"),
        None => family.to_string(),
    }
}

/// An operational message, in words.
pub(super) fn operational(message: &Operational) -> String {
    let kind = message.kind.name().unwrap_or_default().to_ascii_lowercase();
    let mut line = kind;
    if let Some(family) = message.family {
        let _ = write!(
            line,
            " afi {} safi {}",
            family.afi.name().unwrap_or_default(),
            family.safi.name().unwrap_or_default()
        );
    }
    match &message.content {
        Content::Advisory(text) => {
            let quote = if text.contains('"') { '\'' } else { '"' };
            let _ = write!(line, " advisory {quote}{text}{quote}");
        }
        Content::Count { router_id, sequence, counter } => {
            if let Some(id) = router_id {
                let _ = write!(line, " router-id {id}");
            }
            let _ = write!(line, " sequence {sequence}");
            if let Some(counter) = counter {
                let _ = write!(line, " counter {counter}");
            }
        }
        // Neither can be configured.
        Content::NotSatisfied { .. } | Content::Unknown(_) => {}
    }
    line
}

/// What becomes of a process's routes.
pub(super) fn on_exit(on_exit: OnExit) -> String {
    match on_exit {
        OnExit::Keep => "keep".to_owned(),
        OnExit::Withdraw => "withdraw".to_owned(),
        OnExit::WithdrawAfter(seconds) => format!("withdraw-after {seconds}"),
    }
}

/// Those of `capability`.
pub(super) fn capability(body: &Body) -> Vec<Setting> {
    let mut all = All(Vec::new());
    all.add("asn4", body.asn4.as_ref(), Shown::Truth);
    all.add("extended-message", body.extended_message.as_ref(), Shown::Truth);
    all.add("graceful-restart", body.graceful_restart.as_ref(), or_off);
    all.add("long-lived-graceful-restart", body.long_lived_graceful_restart.as_ref(), or_off);
    all.add("multi-session", body.multi_session.as_ref(), Shown::Truth);
    all.add("operational", body.operational.as_ref(), Shown::Truth);
    all.add("add-path", body.add_path.as_ref(), |direction| {
        text(match direction {
            AddPath::Disabled => "disable",
            AddPath::Send => "send",
            AddPath::Receive => "receive",
            AddPath::Both => "send/receive",
        })
    });
    all.add("route-refresh", body.route_refresh.as_ref(), Shown::Truth);
    all.add("nexthop", body.next_hop.as_ref(), Shown::Truth);
    all.add("aigp", body.aigp.as_ref(), Shown::Truth);
    all.add("software-version", body.software_version.as_ref(), Shown::Truth);
    all.add("link-local-nexthop", body.link_local_nexthop.as_ref(), Shown::Truth);
    all.add("link-local-prefer", body.link_local_prefer.as_ref(), Shown::Truth);
    all.add("role", body.role.as_ref(), |role| text(role.name().unwrap_or_default()));
    all.add("role-strict", body.role_strict.as_ref(), Shown::Truth);
    all.0
}
