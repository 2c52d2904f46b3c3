//! Options of `healthcheck`: those of ExaBGP, by the same names.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::network::Network;

/// Options of `healthcheck`.
#[derive(Clone, Debug, Args)]
#[command(args_override_self = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Healthcheck {
    /// Log nothing on standard error
    #[arg(short, long)]
    pub silent: bool,
    /// Facility of messages to syslog
    #[arg(long, value_name = "FACILITY", num_args = 0..=1, default_missing_value = "daemon", default_value = "daemon")]
    pub syslog_facility: String,
    /// Log nothing to syslog
    #[arg(long)]
    pub no_syslog: bool,
    /// Log everything, to standard error only
    #[arg(short, long)]
    pub debug: bool,
    /// Do not wait for the answer to each command
    #[arg(short = 'a', long)]
    pub no_ack: bool,
    /// Change addresses with sudo
    #[arg(long)]
    pub sudo: bool,
    /// Name of this check, for syslog
    #[arg(short, long)]
    pub name: Option<String>,
    /// File with options, one a line as in `rise = 2`; what stands on the command line wins
    #[arg(short = 'F', long = "config", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write our process number here
    #[arg(short, long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
    /// Become this user once addresses are set up
    #[arg(long)]
    pub user: Option<String>,
    /// Become this group once addresses are set up
    #[arg(long)]
    pub group: Option<String>,
    /// Seconds between checks while nothing changes; 0 to end after the first announcement
    #[arg(short, long, default_value = "5", value_parser = seconds)]
    pub interval: Duration,
    /// Seconds between checks while the state is about to change
    #[arg(short, long, default_value = "1", value_parser = seconds)]
    pub fast_interval: Duration,
    /// Seconds that a check may take; 0 for ever
    #[arg(short, long, default_value = "5", value_parser = seconds)]
    pub timeout: Duration,
    /// Successes in a row before the service is up
    #[arg(long, default_value_t = 3)]
    pub rise: u32,
    /// Failures in a row before the service is down
    #[arg(long, default_value_t = 3)]
    pub fall: u32,
    /// The service is disabled while this file exists
    #[arg(long, value_name = "FILE")]
    pub disable: Option<PathBuf>,
    /// Shell command that checks the service; without one it is always up
    #[arg(short, long, alias = "cmd", value_name = "COMMAND")]
    pub command: Option<String>,
    /// Next hop of the routes
    #[arg(short = 'N', long, value_name = "ADDRESS")]
    pub next_hop: Option<IpAddr>,
    /// Announce this address or network; may be repeated; by default the addresses of the loopback interface
    #[arg(long = "ip", value_name = "IP")]
    pub ips: Vec<Network>,
    /// Set this address up on another interface than the loopback one; may be repeated
    #[arg(long = "ip-ifname", value_name = "IP%INTERFACE")]
    pub ip_ifnames: Vec<String>,
    /// LOCAL_PREF of the routes; -1 for none
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    pub local_preference: i64,
    /// Announce each address of a network
    #[arg(long)]
    pub deaggregate_networks: bool,
    /// Do not set the addresses up
    #[arg(long)]
    pub no_ip_setup: bool,
    /// Remove the addresses while the service is down
    #[arg(long)]
    pub dynamic_ip_setup: bool,
    /// Label of the addresses that are ours
    #[arg(long)]
    pub label: Option<String>,
    /// Only addresses with exactly this label
    #[arg(long)]
    pub label_exact_match: bool,
    /// Which address gets the best metric
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub start_ip: usize,
    /// MED of the first address while the service is up
    #[arg(long, default_value_t = 100, value_name = "MED")]
    pub up_metric: u64,
    /// MED of the first address while the service is down
    #[arg(long, default_value_t = 1000, value_name = "MED")]
    pub down_metric: u64,
    /// MED of the first address while the service is disabled
    #[arg(long, default_value_t = 500, value_name = "MED")]
    pub disabled_metric: u64,
    /// What each further address's MED is higher by
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub increase: u64,
    /// Communities of the routes
    #[arg(long, value_parser = attribute)]
    pub community: Option<String>,
    /// Extended communities of the routes
    #[arg(long, value_parser = attribute)]
    pub extended_community: Option<String>,
    /// Large communities of the routes
    #[arg(long, value_parser = attribute)]
    pub large_community: Option<String>,
    /// Communities of the routes while the service is not up
    #[arg(long, value_parser = attribute, value_name = "COMMUNITY")]
    pub disabled_community: Option<String>,
    /// AS path of the routes
    #[arg(long, value_parser = attribute)]
    pub as_path: Option<String>,
    /// AS path while the service is up
    #[arg(long, value_parser = attribute, value_name = "AS_PATH")]
    pub up_as_path: Option<String>,
    /// AS path while the service is down
    #[arg(long, value_parser = attribute, value_name = "AS_PATH")]
    pub down_as_path: Option<String>,
    /// AS path while the service is disabled
    #[arg(long, value_parser = attribute, value_name = "AS_PATH")]
    pub disabled_as_path: Option<String>,
    /// Withdraw the routes instead of announcing them with a worse metric
    #[arg(long)]
    pub withdraw_on_down: bool,
    /// Path identifier of the routes
    #[arg(long, default_value_t = 0, value_name = "ID")]
    pub path_id: u32,
    /// Only to this neighbor, or * for all; may be repeated
    #[arg(long = "neighbor", value_name = "ADDRESS")]
    pub neighbors: Vec<String>,
    /// Announce only when the state has changed
    #[arg(long)]
    pub debounce: bool,
    /// Shell command to run when the state changes; may be repeated
    #[arg(long, value_name = "COMMAND")]
    pub execute: Vec<String>,
    /// The same when the service comes up
    #[arg(long, value_name = "COMMAND")]
    pub up_execute: Vec<String>,
    /// The same when it goes down
    #[arg(long, value_name = "COMMAND")]
    pub down_execute: Vec<String>,
    /// The same when it is disabled
    #[arg(long, value_name = "COMMAND")]
    pub disabled_execute: Vec<String>,
}

/// A number of seconds, perhaps with a fraction.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|e| e.to_string())
}

/// Text that becomes part of a command: it must not end the line.
fn attribute(text: &str) -> Result<String, String> {
    match text.chars().find(|c| c.is_control() && *c != '\t') {
        Some(c) => Err(format!("it contains the control character {c:?}")),
        None => Ok(text.to_owned()),
    }
}

/// What the lines of an options file are on the command line.
pub fn of_file(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once('=') {
            Some((option, value)) => words.extend([format!("--{}", option.trim()), value.trim().to_owned()]),
            None => words.push(format!("--{line}")),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_options() {
        assert_eq!(
            of_file("# x\n\nrise = 2\ncommand = test a = b\n  debounce\n"),
            ["--rise", "2", "--command", "test a = b", "--debounce"]
        );
    }

    #[test]
    fn text_that_would_end_the_line_is_refused() {
        assert!(attribute("65000:1\n announce").is_err());
        assert!(attribute("65000:1\t65000:2").is_ok());
    }
}
