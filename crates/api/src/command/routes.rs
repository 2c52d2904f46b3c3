//! `announce route …`, `announce ipv4 unicast …`, `announce vpls …` and their withdrawals.

use bgp_wire::Family;
use route_text::{Action, TextError, parse_family, parse_family_route, parse_flow, parse_route};

use super::{Entry, Line, Neighbor, Parsed};

/// The rows of the table.
pub(super) const COMMANDS: &[Entry] = &[
    entry(&["announce", "route"], "PREFIX next-hop ADDRESS ...", "announce a route", announce_route),
    entry(&["withdraw", "route"], "PREFIX ...", "withdraw a route", withdraw_route),
    entry(
        &["announce", "ipv4"],
        "SAFI NLRI next-hop ADDRESS ...",
        "announce a route of an IPv4 family",
        announce_family,
    ),
    entry(
        &["announce", "ipv6"],
        "SAFI NLRI next-hop ADDRESS ...",
        "announce a route of an IPv6 family",
        announce_family,
    ),
    entry(&["withdraw", "ipv4"], "SAFI NLRI ...", "withdraw a route of an IPv4 family", withdraw_family),
    entry(&["withdraw", "ipv6"], "SAFI NLRI ...", "withdraw a route of an IPv6 family", withdraw_family),
    entry(
        &["announce", "vpls"],
        "rd RD endpoint N base N offset N size N next-hop ADDRESS ...",
        "announce a label block of a VPLS",
        announce_vpls,
    ),
    entry(
        &["withdraw", "vpls"],
        "rd RD endpoint N base N offset N size N ...",
        "withdraw a label block of a VPLS",
        withdraw_vpls,
    ),
    entry(
        &["announce", "l2vpn"],
        "SAFI NLRI next-hop ADDRESS ...",
        "announce a route of a layer 2 VPN family",
        announce_family,
    ),
    entry(
        &["withdraw", "l2vpn"],
        "SAFI NLRI ...",
        "withdraw a route of a layer 2 VPN family",
        withdraw_family,
    ),
    entry(
        &["announce", "bgp-ls"],
        "SAFI NLRI next-hop ADDRESS ...",
        "announce a link-state route",
        announce_family,
    ),
    entry(&["withdraw", "bgp-ls"], "SAFI NLRI ...", "withdraw a link-state route", withdraw_family),
    entry(
        &["announce", "flow"],
        "route [rd RD] MATCH ... THEN ...",
        "announce a flow specification",
        |line| flow(line, Action::Announce),
    ),
    entry(&["withdraw", "flow"], "route [rd RD] MATCH ...", "withdraw a flow specification", |line| {
        flow(line, Action::Withdraw)
    }),
];

const fn entry(
    words: &'static [&'static str],
    arguments: &'static str,
    summary: &'static str,
    parse: fn(&mut Line<'_>) -> Result<Parsed, TextError>,
) -> Entry {
    Entry { words, arguments, options: &[], neighbor: Neighbor::Optional, summary, parse }
}

fn announce_route(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    parse_route(&mut line.words, Action::Announce).map(|r| Parsed::Routes(Action::Announce, r))
}

fn withdraw_route(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    parse_route(&mut line.words, Action::Withdraw).map(|r| Parsed::Routes(Action::Withdraw, r))
}

fn announce_family(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    family(line, Action::Announce)
}

fn withdraw_family(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    family(line, Action::Withdraw)
}

fn announce_vpls(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    vpls(line, Action::Announce)
}

fn withdraw_vpls(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    vpls(line, Action::Withdraw)
}

fn vpls(line: &mut Line<'_>, action: Action) -> Result<Parsed, TextError> {
    let routes = parse_family_route(Family::L2VPN_VPLS, &mut line.words, action)?;
    Ok(Parsed::Routes(action, routes))
}

fn flow(line: &mut Line<'_>, action: Action) -> Result<Parsed, TextError> {
    parse_flow(None, &mut line.words, action).map(|r| Parsed::Routes(action, r))
}

/// The command's last word is the first of the family.
fn family(line: &mut Line<'_>, action: Action) -> Result<Parsed, TextError> {
    let mut words = line.last;
    let family = parse_family(&mut words)?;
    parse_family_route(family, &mut words, action).map(|r| Parsed::Routes(action, r))
}
