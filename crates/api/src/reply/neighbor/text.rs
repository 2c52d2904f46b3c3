//! `show neighbor summary` and `extensive`.

use std::fmt::Write as _;

use super::{CAPABILITIES, FamilyView, MESSAGES, NeighborView, UPDATE};

/// Appends the first line of `show neighbor summary`.
pub fn summary_header(out: &mut String) {
    out.push_str("Peer            AS        up/down state       |     #sent     #recvd\n");
}

/// Appends one neighbor of `show neighbor summary`.
pub fn summary(view: &NeighborView, out: &mut String) {
    let asn = view.asn.peer.map_or_else(|| "auto".to_owned(), |asn| asn.to_string());
    let time = if view.up { duration(view.since.unwrap_or(0)) } else { "down".to_owned() };
    let state = view.state.to_ascii_lowercase();
    let updates = view.messages.get(UPDATE).copied().unwrap_or_default();
    let (peer, sent, received) = (view.peer.to_string(), updates.sent, updates.received);
    let _ = writeln!(out, "{peer:<15} {asn:<7} {time:>9} {state:<12} {sent:>10} {received:>10}");
}

/// `0:00:12`, `1 day, 0:00:12`
fn duration(seconds: u64) -> String {
    let clock = format!("{}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match seconds / 86_400 {
        0 => clock,
        1 => format!("1 day, {clock}"),
        days => format!("{days} days, {clock}"),
    }
}

/// Appends one neighbor of `show neighbor extensive`.
pub fn extensive(view: &NeighborView, out: &mut String) {
    fn or<T: ToString>(value: Option<T>, missing: &str) -> String {
        value.map_or_else(|| missing.to_owned(), |v| v.to_string())
    }
    let title = |name: &str, columns: [&str; 3], out: &mut String| {
        let [a, b, c] = columns;
        let line = format!("    {name:<19} {a:>15} {b:>15} {c:>15}");
        let _ = writeln!(out, "\n{}", line.trim_end());
    };
    let line = |name: &str, columns: [&str; 3], out: &mut String| {
        let [a, b, c] = columns;
        let _ = writeln!(out, "   {name:<20} {a:>15} {b:>15} {c:<15}");
    };
    let _ = writeln!(out, "Neighbor {}", view.peer);
    title("Session", ["Local", "", ""], out);
    line("local", [&or(view.local, "auto"), "", ""], out);
    line("state", [view.state, "", ""], out);
    let since = view.since.map_or_else(|| "n/a".to_owned(), duration);
    line(if view.up { "up for" } else { "down for" }, [&since, "", ""], out);
    title("Setup", ["Local", "Remote", ""], out);
    line("AS", [&or(view.asn.local, "auto"), &or(view.asn.peer, "n/a"), ""], out);
    line("ID", [&or(view.router_id.local, "n/a"), &or(view.router_id.peer, "n/a"), ""], out);
    line("hold-time", [&or(view.hold_time.local, "n/a"), &or(view.hold_time.peer, "n/a"), ""], out);
    title("Capability", ["Local", "Remote", ""], out);
    for (name, sides) in CAPABILITIES.iter().zip(&view.capabilities) {
        line(&format!("{name}:"), [enabled(sides.local), enabled(sides.peer), ""], out);
    }
    title("Families", ["Local", "Remote", "Add-Path"], out);
    for family in &view.families {
        let FamilyView { family, offered, paths, .. } = family;
        line(&format!("{family}:"), [enabled(offered.local), enabled(offered.peer), paths.name()], out);
    }
    title("Message Statistic", ["Sent", "Received", ""], out);
    let total = view.total();
    for (name, n) in MESSAGES.iter().zip(&view.messages).chain([(&"total", &total)]) {
        line(&format!("{name}:"), [&n.sent.to_string(), &n.received.to_string(), ""], out);
    }
    out.push('\n');
}

const fn enabled(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "enabled",
        Some(false) => "disabled",
        None => "n/a",
    }
}
