//! Whole tables as a foreign daemon shows them, with every attribute that a table of the past has, AS_SETs told apart.

use super::{Bird, Frr, Gobgp, Router, number, numbers, parse_json};
use crate::mrt::{Attributes, View};
use anyhow::{Context, Result};
use serde_json::Value;
use std::future::Future;

/// Daemons that can show a whole table.
pub trait Bulk: Router {
    /// How many IPv4 routes it has received, cheaply.
    fn count(&self) -> impl Future<Output = Result<usize>> + Send;

    /// All IPv4 routes that it has received.
    fn view(&self) -> impl Future<Output = Result<View>> + Send;
}

impl Bulk for Bird {
    async fn count(&self) -> Result<usize> {
        let said = self.ask("show route protocol peer table master4 count").await?;
        let line = said.lines().find(|l| l.contains(" routes for ")).context(said.clone())?;
        Ok(numbers(line)?.first().copied().context("no number")? as usize)
    }

    async fn view(&self) -> Result<View> {
        bird_routes(&self.ask("show route protocol peer table master4 all").await?)
    }
}

/// Reads BIRD's `show route ... all`: a line that starts with the prefix, then indented attributes.
pub fn bird_routes(text: &str) -> Result<View> {
    let mut view = View::new();
    let mut current: Option<&mut Attributes> = None;
    for line in text.lines() {
        if let Some(first) = line.split_whitespace().next()
            && first.contains('/')
            && !line.starts_with(char::is_whitespace)
        {
            current = Some(view.entry(first.parse()?).or_default());
        }
        let Some((name, value)) = line.trim().strip_prefix("BGP.").and_then(|l| l.split_once(':')) else {
            continue;
        };
        let Some(route) = current.as_deref_mut() else { continue };
        let value = value.trim();
        match name {
            "origin" => route.origin = origin(value),
            "as_path" => path(route, value)?,
            "next_hop" => route.next_hop = value.split(' ').next().and_then(|a| a.parse().ok()),
            "med" => route.med = Some(value.parse()?),
            "atomic_aggr" => route.atomic_aggregate = true,
            "aggregator" => {
                let (address, asn) = value.split_once(" AS").with_context(|| line.to_owned())?;
                route.aggregator = Some((asn.parse()?, address.parse()?));
            }
            "community" => {
                let all = numbers(value)?;
                for pair in all.chunks_exact(2) {
                    route.communities.push((u16::try_from(pair[0])?, u16::try_from(pair[1])?));
                }
                route.communities.sort_unstable();
            }
            _ => {}
        }
    }
    Ok(view)
}

impl Bulk for Frr {
    async fn count(&self) -> Result<usize> {
        let all = parse_json(&self.ask("show bgp ipv4 unicast summary json").await?)?;
        Ok(number(&all["peers"][&self.peer]["pfxRcd"]).unwrap_or(0) as usize)
    }

    async fn view(&self) -> Result<View> {
        let all = parse_json(&self.ask("show bgp ipv4 unicast json detail").await?)?;
        let mut view = View::new();
        for (prefix, entry) in all["routes"].as_object().into_iter().flatten() {
            let paths = entry.as_array().or_else(|| entry["paths"].as_array());
            for one in paths.into_iter().flatten().filter(|p| p["peer"]["peerId"] == self.peer.as_str()) {
                let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
                let mut route = Attributes {
                    origin: origin(&text(&one["origin"])),
                    next_hop: text(&one["nexthops"][0]["ip"]).parse().ok(),
                    med: number(&one["metric"]),
                    atomic_aggregate: one["atomicAggregate"] == true,
                    ..Attributes::default()
                };
                path(&mut route, &text(&one["aspath"]["string"]))?;
                if let Some(asn) = number(&one["aggregatorAs"]) {
                    route.aggregator = Some((asn, text(&one["aggregatorId"]).parse()?));
                }
                for community in one["community"]["list"].as_array().into_iter().flatten() {
                    if let [a, b] = numbers(&text(community))?[..] {
                        route.communities.push((u16::try_from(a)?, u16::try_from(b)?));
                    }
                }
                route.communities.sort_unstable();
                view.insert(prefix.parse()?, route);
            }
        }
        Ok(view)
    }
}

impl Bulk for Gobgp {
    async fn count(&self) -> Result<usize> {
        let said = self.ask("global rib summary -a ipv4 -j").await?;
        Ok(number(&parse_json(&said)?["num_path"]).unwrap_or(0) as usize)
    }

    async fn view(&self) -> Result<View> {
        let all = parse_json(&self.ask(&format!("neighbor {} adj-in -a ipv4 -j", self.peer)).await?)?;
        let mut view = View::new();
        for (prefix, paths) in all.as_object().into_iter().flatten() {
            for one in paths.as_array().into_iter().flatten() {
                let mut route = Attributes::default();
                for attribute in one["attrs"].as_array().into_iter().flatten() {
                    gobgp_attribute(&mut route, attribute)?;
                }
                view.insert(prefix.parse()?, route);
            }
        }
        Ok(view)
    }
}

fn gobgp_attribute(route: &mut Attributes, attribute: &Value) -> Result<()> {
    let value = &attribute["value"];
    let list = |v: &Value| v.as_array().into_iter().flatten().filter_map(number).collect::<Vec<u32>>();
    match attribute["type"].as_u64() {
        Some(1) => route.origin = number(value).and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX),
        Some(2) => {
            for segment in attribute["as_paths"].as_array().into_iter().flatten() {
                route.segment(segment["segment_type"] == 1, list(&segment["asns"]));
            }
        }
        Some(3) => route.next_hop = attribute["nexthop"].as_str().and_then(|a| a.parse().ok()),
        Some(4) => route.med = number(&attribute["metric"]),
        Some(6) => route.atomic_aggregate = true,
        Some(7) => {
            let asn = number(&attribute["as"]).context("an aggregator has an AS number")?;
            route.aggregator = Some((asn, attribute["address"].as_str().unwrap_or_default().parse()?));
        }
        Some(8) => {
            let all = list(&attribute["communities"]);
            let halves = |c: &u32| (u16::try_from(c >> 16).ok(), u16::try_from(c & 0xffff).ok());
            route.communities.extend(all.iter().map(halves).filter_map(|(a, b)| a.zip(b)));
            route.communities.sort_unstable();
        }
        _ => {}
    }
    Ok(())
}

fn origin(text: &str) -> u8 {
    match text.to_ascii_lowercase().as_str() {
        "igp" => 0,
        "egp" => 1,
        "incomplete" => 2,
        _ => u8::MAX,
    }
}

/// `1 2 {3,4} 5`, with or without spaces around the braces.
fn path(route: &mut Attributes, text: &str) -> Result<()> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (set, after) = after.split_once('}').with_context(|| format!("no end of the set in {text:?}"))?;
        sequence(route, before)?;
        route.segment(true, numbers(set)?);
        rest = after;
    }
    sequence(route, rest)
}

fn sequence(route: &mut Attributes, text: &str) -> Result<()> {
    let members = numbers(text)?;
    if !members.is_empty() {
        route.segment(false, members);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_either_spelling() {
        for text in ["1 2 {3,4} 5", "1 2 {4 3} 5", "1 2 { 3 4 } 5"] {
            let mut route = Attributes::default();
            path(&mut route, text).unwrap();
            assert_eq!(route.path(), "1 2 { 3 4 } 5");
        }
    }

    #[test]
    fn birds_listing_is_read() {
        let text = "BIRD 2.0.12 ready.\nTable master4:\n10.0.0.0/8    unreachable [peer 21:00 from 127.0.0.1] * (100/-) [AS9i]\n\
                    \tType: BGP univ\n\tBGP.origin: Incomplete\n\tBGP.as_path: 7 {8 9}\n\tBGP.next_hop: 192.0.2.1\n\
                    \tBGP.med: 4\n\tBGP.local_pref: 100\n\tBGP.atomic_aggr: \n\tBGP.aggregator: 10.0.0.1 AS65000\n\
                    \tBGP.community: (7,2) (7,1)\n";
        let view = bird_routes(text).unwrap();
        assert_eq!(
            view[&"10.0.0.0/8".parse().unwrap()].to_string(),
            "next-hop 192.0.2.1 origin incomplete as-path [ 7 ] ( 8 9 ) med 4 atomic-aggregate \
             aggregator ( 65000:10.0.0.1 ) community [ 7:1 7:2 ]"
        );
    }
}
