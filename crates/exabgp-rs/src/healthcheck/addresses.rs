//! Addresses of interfaces, by way of the `ip` command.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use super::network::Network;
use super::options::Healthcheck;

/// The interface that addresses are on when nothing else is said.
const LOOPBACK: &str = "lo";

/// What `ip` ends with when an address is there already.
const EXISTS: i32 = 2;

/// Where addresses go.
#[derive(Debug)]
pub(super) struct Addresses {
    sudo: bool,
    label: Option<String>,
    /// Networks with an interface of their own.
    interfaces: Vec<(Network, String)>,
    /// What was added, and is to be removed again.
    added: Vec<Network>,
}

impl Addresses {
    pub(super) fn new(options: &Healthcheck) -> Result<Self> {
        let mut interfaces = Vec::new();
        for text in &options.ip_ifnames {
            let (ip, name) =
                text.split_once('%').with_context(|| format!("--ip-ifname {text}: write IP%INTERFACE"))?;
            let network: Network =
                ip.parse().map_err(|e| anyhow::anyhow!("--ip-ifname {text}: {ip}: {e}"))?;
            let plain = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
            if name.is_empty() || name.len() > 15 || !name.chars().all(plain) {
                bail!("--ip-ifname {text}: {name} is no name of an interface");
            }
            if !options.ips.contains(&network) {
                bail!("--ip-ifname {text}: {ip} must be given with --ip too");
            }
            interfaces.push((network, name.to_owned()));
        }
        Ok(Self { sudo: options.sudo, label: options.label.clone(), interfaces, added: Vec::new() })
    }

    fn ip(&self) -> Command {
        let mut command = if self.sudo {
            let mut command = Command::new("sudo");
            command.arg("ip");
            command
        } else {
            Command::new("ip")
        };
        command.stdin(Stdio::null());
        command
    }

    /// The addresses of the loopback interface, without those that each machine has.
    pub(super) async fn of_loopback(&self, exact: bool) -> Result<Vec<Network>> {
        let output = Command::new("ip")
            .args(["-o", "address", "show", "dev", LOOPBACK])
            .stdin(Stdio::null())
            .output()
            .await
            .context("ip can't be run")?;
        Ok(parse(&String::from_utf8_lossy(&output.stdout), self.label.as_deref(), exact))
    }

    fn interface(&self, network: Network) -> &str {
        self.interfaces.iter().find(|(n, _)| *n == network).map_or(LOOPBACK, |(_, name)| name)
    }

    /// Adds every address of these networks, as far as they are not there.
    pub(super) async fn add(&mut self, networks: &[Network]) -> Result<()> {
        for network in networks {
            let interface = self.interface(*network).to_owned();
            let mut new = false;
            for address in network.addresses() {
                let mut command = self.ip();
                command.args(["address", "add", &address.to_string(), "dev", &interface]);
                // IPv6 addresses have no labels.
                if let (Some(label), true) = (&self.label, address.address.is_ipv4()) {
                    command.args(["label", &format!("{interface}:{label}")]);
                }
                let output = command.output().await.context("ip can't be run")?;
                match output.status.code() {
                    Some(0) => new = true,
                    Some(EXISTS) => {}
                    _ => bail!(
                        "{address} can't be added to {interface}: {}",
                        String::from_utf8_lossy(&output.stderr).trim()
                    ),
                }
            }
            // What was there before us stays when we go.
            if new && !self.added.contains(network) {
                self.added.push(*network);
            }
        }
        Ok(())
    }

    /// Removes what was added. What is wrong is returned, for the log.
    pub(super) async fn remove(&mut self, networks: &[Network]) -> Vec<String> {
        let mut problems = Vec::new();
        for network in networks {
            let interface = self.interface(*network).to_owned();
            for address in network.addresses() {
                let mut command = self.ip();
                command.args(["address", "delete", &address.to_string(), "dev", &interface]);
                match command.output().await {
                    Ok(output) if output.status.success() => {}
                    Ok(output) => problems.push(format!(
                        "{address} can't be removed from {interface}: {}",
                        String::from_utf8_lossy(&output.stderr).trim()
                    )),
                    Err(e) => problems.push(format!("ip can't be run: {e}")),
                }
            }
        }
        self.added.retain(|n| !networks.contains(n));
        problems
    }

    /// What was added and not removed.
    pub(super) fn added(&self) -> Vec<Network> {
        self.added.clone()
    }
}

/// The addresses of `ip -o address show`.
fn parse(output: &str, label: Option<&str>, exact: bool) -> Vec<Network> {
    let mut networks = Vec::new();
    for line in output.lines() {
        let words: Vec<&str> = line.split([' ', '\\']).filter(|w| !w.is_empty()).collect();
        let Some(at) = words.iter().position(|w| matches!(*w, "inet" | "inet6")) else { continue };
        let Some(Ok(network)) = words.get(at.saturating_add(1)).map(|w| w.parse::<Network>()) else {
            continue;
        };
        if let Some(label) = label {
            let wanted = format!("{LOOPBACK}:{label}");
            let labelled =
                words.iter().any(|w| if exact { *w == wanted } else { w.starts_with(wanted.as_str()) });
            if !labelled {
                continue;
            }
        }
        if !network.is_loopback() {
            networks.push(network);
        }
    }
    networks
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n\
        1: lo    inet 192.0.2.1/32 scope global lo:dns\\       valid_lft forever\n\
        1: lo    inet 192.0.2.2/32 scope global lo:dns2\\       valid_lft forever\n\
        1: lo    inet6 ::1/128 scope host \\       valid_lft forever\n\
        1: lo    inet6 2001:db8::1/128 scope global \\       valid_lft forever\n";

    fn found(label: Option<&str>, exact: bool) -> Vec<String> {
        parse(OUTPUT, label, exact).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn addresses_are_found_by_label() {
        assert_eq!(found(None, false), ["192.0.2.1/32", "192.0.2.2/32", "2001:db8::1/128"]);
        assert_eq!(found(Some("dns"), false), ["192.0.2.1/32", "192.0.2.2/32"]);
        assert_eq!(found(Some("dns"), true), ["192.0.2.1/32"]);
        assert!(found(Some("x"), false).is_empty());
    }
}
