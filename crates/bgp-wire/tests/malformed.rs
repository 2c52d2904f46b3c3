//! Malformed input and what the RFCs ask for, row by row: `tests/malformed/*.txt`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bgp_wire::attr::{KNOWN, walk};
use bgp_wire::msg::frame::{HEADER, frame};
use bgp_wire::msg::update::decode;
use bgp_wire::{
    Asn, AttrCode, DecodeCtx, DecodeError, Expect, Family, FamilySet, Open, PeerKind, RouteRefresh, Treatment,
};

const REACH: &str = "800e1e0002011020010db8000000000000000000000001004020010db800000001";
const UNREACH: &str = "800f0c0002014020010db800000001";

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('|').map(str::trim).collect())
}

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter(|c| *c != ' ').map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
    assert_eq!(digits.len() % 2, 0, "{hex}: half an octet");
    digits.chunks(2).map(|d| d[0] << 4 | d[1]).collect()
}

fn field(octets: &[u8]) -> Vec<u8> {
    [&u16::try_from(octets.len()).unwrap().to_be_bytes()[..], octets].concat()
}

fn session(name: &str) -> DecodeCtx {
    let ctx = DecodeCtx { aigp: true, ..DecodeCtx::default() };
    match name {
        "in" => ctx,
        "out" => DecodeCtx { peer: PeerKind::External, ..ctx },
        "two" => DecodeCtx { asn4: false, ..ctx },
        "off" => DecodeCtx { aigp: false, ..ctx },
        "v4" => DecodeCtx { families: FamilySet::from_iter([Family::IPV4_UNICAST]), ..ctx },
        _ => panic!("{name} is no session"),
    }
}

fn attribute(word: &str) -> Vec<u8> {
    octets(match word {
        "O" => "40010100",
        "P" => "40020e02030000fde80000fde900011170",
        "N" => "4003040a000001",
        "L" => "400504000000c8",
        "R" => REACH,
        "U" => UNREACH,
        other => other,
    })
}

/// `3/10`, with the data behind it where there are any.
fn told(error: &DecodeError) -> String {
    let n = error.notification();
    let mut text = format!("{}/{} ", n.code, n.subcode);
    for byte in &n.data {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[test]
fn updates() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in rows(include_str!("malformed/update.txt")) {
        let [name, what, withdrawn, attributes, nlri, expected] = row[..] else {
            panic!("{row:?}: six columns")
        };
        // NLRI and attributes may be written in groups of octets: a word of one letter stands for an attribute.
        let attributes: Vec<u8> = attributes.split_whitespace().flat_map(attribute).collect();
        let routes = |text: &str| match text {
            "-" => Vec::new(),
            "r" => octets("180a0000"),
            other => octets(other),
        };
        let body = if withdrawn == "raw" {
            attributes
        } else {
            [field(&routes(withdrawn)), field(&attributes), routes(nlri)].concat()
        };
        let found = match decode(&body, &session(name)) {
            Err(error) => told(&error).trim_end().to_owned(),
            Ok(update) => {
                let withdraw = update.treatment == Treatment::Withdraw;
                // With treat-as-withdraw no route is left, and without it none is lost.
                assert!(!withdraw || update.announcements().next().is_none(), "{what}");
                assert!(!withdraw || update.withdrawals().next().is_some(), "{what}");
                let worst = update.errors.iter().map(|e| e.treatment).max().unwrap_or_default();
                assert_eq!(worst, update.treatment, "{what}");
                match update.treatment {
                    Treatment::Accept => "accept",
                    Treatment::Discard => "discard",
                    Treatment::Withdraw => "withdraw",
                    Treatment::Reset => "reset",
                }
                .to_owned()
            }
        };
        if found != expected {
            wrong.push(format!("{what} ({name}): {found}, not {expected}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 150, "{count} rows");
}

/// A new attribute needs rows of its own: a malformed value, and wrong flags.
#[test]
fn every_attribute_has_rows() {
    let mut values = BTreeSet::new();
    let mut flags = BTreeSet::new();
    for row in rows(include_str!("malformed/update.txt")) {
        let groups = row[3].split_whitespace().map(attribute).collect::<Vec<_>>().concat();
        for a in walk(&groups) {
            values.insert(a.code);
            let own = bgp_wire::attr::flags(a.code);
            if own.is_some_and(|own| (own ^ a.flags) & 0xC0 != 0) {
                flags.insert(a.code);
            }
        }
    }
    for code in KNOWN {
        assert!(values.contains(code) && flags.contains(code), "{code} has no rows in update.txt");
    }
    assert!([AttrCode::MP_REACH, AttrCode::MP_UNREACH].iter().all(|code| values.contains(code)));
}

/// An UPDATE with routes in MP_REACH_NLRI or in MP_UNREACH_NLRI.
fn mp(family: Family, next_hop: &[u8], routes: &[u8], reach: bool) -> Vec<u8> {
    let [high, low] = family.afi.0.to_be_bytes();
    let mut value = vec![high, low, family.safi.0];
    if reach {
        value.push(u8::try_from(next_hop.len()).unwrap());
        value.extend_from_slice(next_hop);
        value.push(0);
    }
    value.extend_from_slice(routes);
    let code = if reach { 14 } else { 15 };
    let attributes = ["O", "P", "L"].iter().flat_map(|w| attribute(w));
    let attributes: Vec<u8> = attributes.chain([0x90, code]).chain(field(&value)).collect();
    [field(&[]), field(&attributes)].concat()
}

#[test]
fn routes_of_every_family() {
    let ctx = DecodeCtx::default();
    let mut wrong = Vec::new();
    let mut left: FamilySet = Family::ALL.iter().copied().collect();
    for row in rows(include_str!("malformed/nlri.txt")) {
        let [family, next_hop, good, bad] = row[..] else { panic!("{row:?}: four columns") };
        let (afi, safi) = family.split_once('/').unwrap();
        let family = Family::new(afi.parse().unwrap(), safi.parse().unwrap());
        let next_hop = if next_hop == "-" { Vec::new() } else { octets(next_hop) };
        left.remove(family);
        let good = octets(good);
        for reach in [true, false] {
            let read = |routes: &[u8]| {
                let body = mp(family, &next_hop, routes, reach);
                decode(&body, &ctx).map(|u| u.announcements().count() + u.withdrawals().count())
            };
            for (routes, count) in [(good.clone(), 1), ([&good[..], &good].concat(), 2)] {
                let found = read(&routes);
                if found != Ok(count) {
                    wrong.push(format!("{family}: {found:?}, not {count}"));
                }
            }
            let cut = (1..good.len()).map(|length| good[..length].to_vec());
            for routes in cut.chain(bad.split_whitespace().map(octets)) {
                // Behind a good one too: what is wrong is found wherever it stands.
                for routes in [routes.clone(), [&good[..], &routes].concat()] {
                    let found = read(&routes).map_err(|e| told(&e));
                    if found.as_ref().map_err(String::as_str) != Err("3/10 ") {
                        wrong.push(format!("{family}: {found:?} for {routes:02x?}"));
                    }
                }
            }
        }
        // Half a path identifier.
        let add_path = DecodeCtx { add_path: FamilySet::from_iter([family]), ..ctx };
        let error = decode(&mp(family, &next_hop, &[0, 0, 0], true), &add_path).unwrap_err();
        assert_eq!(told(&error), "3/10 ", "{family}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(left.is_empty(), "no row for {left:?}");
}

#[test]
fn messages() {
    let expect = Expect {
        peer_as: Some(Asn(65001)),
        local_as: Asn(65000),
        local_id: std::net::Ipv4Addr::new(10, 0, 0, 2),
        role: None,
        strict_role: false,
        multisession: false,
    };
    let mut wrong = Vec::new();
    for row in rows(include_str!("malformed/messages.txt")) {
        let [kind, what, text, expected] = row[..] else { panic!("{row:?}: four columns") };
        let data = octets(&text.replacen('m', &"ff".repeat(16), 1));
        let result = match kind {
            "frame" => frame(&data, 4096).map(drop),
            "extended" => frame(&data, 65535).map(drop),
            "open" => Open::decode(&data).and_then(|open| open.validate(&expect)),
            "refresh" => RouteRefresh::decode(&data).map(|refresh| {
                assert!(RouteRefresh::decode(&refresh.encode()[HEADER..]).is_ok());
            }),
            _ => panic!("{kind} is no kind of message"),
        };
        let found = result.map_or_else(|e| told(&e), |()| "accept".to_owned());
        // Data that are for people are left out of the table.
        let fine = if expected.contains(' ') || expected == "accept" {
            found == expected
        } else {
            found.split(' ').next() == Some(expected)
        };
        if !fine {
            wrong.push(format!("{what}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
