//! The commands that tell the daemon of a state.

use std::fmt::Write as _;

use super::machine::State;
use super::network::Network;
use super::options::Healthcheck;

/// The networks to announce, in the order of their metrics.
pub(super) fn networks(options: &Healthcheck, found: &[Network]) -> Vec<Network> {
    let mut all: Vec<Network> = if options.deaggregate_networks {
        found.iter().flat_map(|n| n.addresses()).collect()
    } else {
        found.to_vec()
    };
    if !all.is_empty() {
        let start = options.start_ip % all.len();
        all.rotate_left(start);
    }
    all
}

/// One command for each network.
pub(super) fn commands(options: &Healthcheck, networks: &[Network], state: State) -> Vec<String> {
    let withdraw = state == State::Exit || (options.withdraw_on_down && state != State::Up);
    let mut metric = match state {
        State::Up => options.up_metric,
        State::Disabled => options.disabled_metric,
        _ => options.down_metric,
    };
    let selector = selector(&options.neighbors);
    let next_hop = options.next_hop.map_or_else(|| "self".to_owned(), |ip| ip.to_string());
    let command = |network: &Network| {
        let mut line = selector.clone();
        // Writing to a String can't fail.
        let _ = if withdraw {
            write!(line, " withdraw route {network} next-hop {next_hop}")
        } else {
            write!(line, " announce route {network} next-hop {next_hop} med {metric}")
        };
        if !withdraw {
            attributes(options, state, &mut line);
        }
        metric = metric.saturating_add(options.increase);
        if options.path_id != 0 {
            let _ = write!(line, " path-information {}", options.path_id);
        }
        line
    };
    networks.iter().map(command).collect()
}

/// All neighbors, unless some are named and none of them is `*`.
fn selector(neighbors: &[String]) -> String {
    if neighbors.is_empty() || neighbors.iter().any(|n| n == "*") {
        return "neighbor *".to_owned();
    }
    neighbors.iter().map(|n| format!("neighbor {n}")).collect::<Vec<_>>().join(", ")
}

fn attributes(options: &Healthcheck, state: State, line: &mut String) {
    if options.local_preference >= 0 {
        let _ = write!(line, " local-preference {}", options.local_preference);
    }
    let off = matches!(state, State::Down | State::Disabled);
    let community = options.disabled_community.as_ref().filter(|_| off).or(options.community.as_ref());
    let as_path = match state {
        State::Up => &options.up_as_path,
        State::Down => &options.down_as_path,
        State::Disabled => &options.disabled_as_path,
        _ => &None,
    };
    let as_path = as_path.as_ref().or(options.as_path.as_ref());
    for (keyword, value) in [
        ("community", community),
        ("extended-community", options.extended_community.as_ref()),
        ("large-community", options.large_community.as_ref()),
        ("as-path", as_path),
    ] {
        if let Some(value) = value {
            let _ = write!(line, " {keyword} [ {value} ]");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Healthcheck,
    }

    fn said(line: &str, state: State) -> Vec<String> {
        let words = std::iter::once("x").chain(line.split(' ').filter(|w| !w.is_empty()));
        let options = Line::try_parse_from(words).unwrap_or_else(|e| panic!("{e}")).options;
        let networks = networks(&options, &options.ips);
        commands(&options, &networks, state)
    }

    #[test]
    fn metrics_grow_from_address_to_address() {
        assert_eq!(
            said("--ip 10.0.0.1 --ip 10.0.0.2 --increase 5", State::Up),
            [
                "neighbor * announce route 10.0.0.1/32 next-hop self med 100",
                "neighbor * announce route 10.0.0.2/32 next-hop self med 105",
            ]
        );
        assert_eq!(
            said("--ip 10.0.0.1 --ip 10.0.0.2 --start-ip 3 --down-metric 7", State::Down),
            [
                "neighbor * announce route 10.0.0.2/32 next-hop self med 7",
                "neighbor * announce route 10.0.0.1/32 next-hop self med 8",
            ]
        );
    }

    #[test]
    fn attributes_depend_on_the_state() {
        let line = "--ip 10.0.0.0/31 --community 1:1 --disabled-community 2:2 --as-path 5 --up-as-path 6 \
                    --local-preference 9 --path-id 3 -N 10.9.9.9 --neighbor 10.0.0.9 --neighbor 10.0.0.8";
        let head = "neighbor 10.0.0.9, neighbor 10.0.0.8 announce route 10.0.0.0/31 next-hop 10.9.9.9";
        let up = "med 100 local-preference 9 community [ 1:1 ] as-path [ 6 ] path-information 3";
        assert_eq!(said(line, State::Up), [format!("{head} {up}")]);
        let off = "med 500 local-preference 9 community [ 2:2 ] as-path [ 5 ] path-information 3";
        assert_eq!(said(line, State::Disabled), [format!("{head} {off}")]);
    }

    #[test]
    fn withdrawals_are_short() {
        let line = "--ip 10.0.0.0/31 --deaggregate-networks --withdraw-on-down --community 1:1 --neighbor *";
        let expected = [
            "neighbor * withdraw route 10.0.0.0/32 next-hop self",
            "neighbor * withdraw route 10.0.0.1/32 next-hop self",
        ];
        assert_eq!(said(line, State::Down), expected);
        assert_eq!(said(line, State::Exit), expected);
        assert!(said(line, State::Up)[0].contains("announce"));
    }
}
