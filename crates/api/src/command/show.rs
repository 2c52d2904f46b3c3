//! `show neighbor`, `show adj-rib in|out`.

use std::net::IpAddr;

use route_text::{TextError, Word, parse_family};

use super::{Command, Entry, FamilyFilter, Line, Neighbor, NeighborForm, Parsed, PrefixFilter, Rib};

/// The rows of the table.
pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        words: &["show", "neighbor"],
        arguments: "[ADDRESS] [summary|extensive|configuration] [json]",
        options: &["summary", "extensive", "configuration", "json"],
        neighbor: Neighbor::Optional,
        summary: "tell about neighbors, attached to the helper or not",
        parse: neighbor,
    },
    Entry {
        words: &["show", "adj-rib", "in"],
        arguments: ROUTES,
        options: &["extensive", "json"],
        neighbor: Neighbor::Optional,
        summary: "tell the routes received, of neighbors with adj-rib-in",
        parse: |line| routes(line, Rib::In),
    },
    Entry {
        words: &["show", "adj-rib", "out"],
        arguments: ROUTES,
        options: &["extensive", "json"],
        neighbor: Neighbor::Optional,
        summary: "tell the routes to be sent",
        parse: |line| routes(line, Rib::Out),
    },
];

const ROUTES: &str = "[ADDRESS] [AFI SAFI|inet|flow|l2vpn] [PREFIX [longer]] [extensive] [json] [status]";

pub(super) fn neighbor(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    let mut address = None;
    let mut form = NeighborForm::Choices;
    let mut json = false;
    while let Some(word) = line.words.next_word() {
        match word.text {
            "summary" => form = NeighborForm::Summary,
            "extensive" => form = NeighborForm::Extensive,
            "configuration" => form = NeighborForm::Configuration,
            "json" => json = true,
            _ => address = Some(address_of(word)?),
        }
    }
    let form = if json { NeighborForm::Json } else { form };
    Ok(Parsed::Command(Command::ShowNeighbor { address, form }))
}

pub(super) fn routes(line: &mut Line<'_>, rib: Rib) -> Result<Parsed, TextError> {
    let mut address = None;
    let mut families = FamilyFilter::Any;
    let (mut extensive, mut json) = (false, false);
    let (mut prefix, mut status): (Option<PrefixFilter>, bool) = (None, false);
    while let Some(word) = line.words.peek() {
        if matches!(word.text, "ipv4" | "ipv6" | "bgp-ls") {
            families = FamilyFilter::One(parse_family(&mut line.words)?);
            continue;
        }
        line.words.next_word();
        match word.text {
            "extensive" => extensive = true,
            "json" => json = true,
            "inet" => families = FamilyFilter::Inet,
            "flow" => families = FamilyFilter::Flow,
            "l2vpn" => families = FamilyFilter::L2vpn,
            // Words of old versions, which say nothing.
            "routes" | "static" => {}
            "status" => status = true,
            "longer" => match &mut prefix {
                Some(prefix) => prefix.longer = true,
                None => {
                    return Err(TextError::new(word, "longer than which prefix?").hint("10.0.0.0/8 longer"));
                }
            },
            text if text.contains('/') => {
                let wrong = |()| TextError::new(word, "this is no prefix").hint("as in 10.0.0.0/8");
                prefix = Some(text.parse().map_err(wrong)?);
            }
            _ => address = Some(address_of(word)?),
        }
    }
    Ok(Parsed::Command(Command::ShowAdjRib { rib, address, families, prefix, status, extensive, json }))
}

fn address_of(word: Word<'_>) -> Result<IpAddr, TextError> {
    word.text.parse().map_err(|_| {
        TextError::new(word, "this is neither an option nor a neighbor's address").hint("see help")
    })
}
