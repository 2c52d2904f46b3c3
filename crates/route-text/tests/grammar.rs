//! Route lines: what they mean, and what is said about wrong ones.

use std::num::NonZeroU32;

use bgp_wire::attr::NextHop;
use bgp_wire::{AttrCode, Family};
use route_text::{
    Action, Life, Routes, TextError, Words, parse_attributes, parse_family, parse_family_route, parse_line,
};

fn line(text: &str) -> Result<Routes, TextError> {
    parse_line(&mut Words::new(text), Action::Announce)
}

fn printed(text: &str) -> Vec<String> {
    line(text).unwrap_or_else(|e| panic!("{text}: {e}")).iter().map(|r| r.to_string()).collect()
}

fn error(text: &str) -> String {
    let error = line(text).expect_err(text);
    // The offset must be that of the word, or the end of the text.
    if error.word.is_empty() {
        assert_eq!(error.at, text.len(), "{text}");
    } else {
        let place = text.get(error.at..).unwrap();
        let inner = place.trim_start_matches(['"', '\'']);
        assert!(inner.starts_with(&error.word), "{text}: {place} is not where {} stands", error.word);
    }
    error.to_string()
}

#[test]
fn a_line_in_each_of_its_forms() {
    let expected = ["ipv4 unicast 10.0.0.0/24 next-hop 192.0.2.1 med 5"];
    assert_eq!(printed("route 10.0.0.0/24 next-hop 192.0.2.1 med 5"), expected);
    assert_eq!(printed("10.0.0.0/24 med 5 next-hop 192.0.2.1"), expected);
    assert_eq!(printed("ipv4 unicast 10.0.0.0/24 med 5 next-hop 192.0.2.1"), expected);
    assert_eq!(printed("attributes med 5 next-hop 192.0.2.1 nlri 10.0.0.0/24"), expected);
    assert_eq!(printed("attribute med 5 next-hop 192.0.2.1 nlri 10.0.0.0/24"), expected);
}

#[test]
fn the_prefix_tells_the_family_unless_the_line_does() {
    for (text, family) in [
        ("10.0.0.0/8 next-hop self", Family::IPV4_UNICAST),
        ("0.0.0.0/0 next-hop self", Family::IPV4_UNICAST),
        ("223.255.255.255 next-hop self", Family::IPV4_UNICAST),
        ("224.0.0.0/4 next-hop self", Family::IPV4_MULTICAST),
        ("239.255.255.255/32 next-hop self", Family::IPV4_MULTICAST),
        ("240.0.0.0/8 next-hop self", Family::IPV4_UNICAST),
        ("ff02::/16 next-hop self", Family::IPV6_UNICAST),
        ("route ::1 next-hop self", Family::IPV6_UNICAST),
        ("ipv4 multicast 10.0.0.0/8 next-hop self", Family::IPV4_MULTICAST),
        ("ipv6 Multicast ff02::/16 next-hop self", Family::IPV6_MULTICAST),
        ("ipv4 unicast 224.0.0.0/4 next-hop self", Family::IPV4_UNICAST),
    ] {
        assert_eq!(line(text).unwrap().nlris[0].family(), family, "{text}");
    }
}

#[test]
fn the_first_occurrence_of_a_keyword_stands() {
    assert_eq!(
        printed(
            "10.0.0.0/8 next-hop self next-hop 1.1.1.1 med 1 med 2 name a name b path-information 1 path-information 2"
        ),
        ["ipv4 unicast 10.0.0.0/8 path-information 0.0.0.1 next-hop self med 1 name a"]
    );
}

#[test]
fn many_prefixes_share_one_clause() {
    let routes = line("attributes next-hop self med 1 nlri 10.0.0.0/24 2001:db8::/32 10.0.1.0/24").unwrap();
    assert_eq!(routes.nlris.len(), 3);
    assert_eq!(routes.clause.attributes.next_hop(), NextHop::SelfAddress);
    assert_eq!(routes.nlris[1].family(), Family::IPV6_UNICAST);
}

#[test]
fn split_makes_all_the_parts() {
    let texts: Vec<_> =
        line("10.0.0.0/24 next-hop self split /26").unwrap().nlris.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["10.0.0.0/26", "10.0.0.64/26", "10.0.0.128/26", "10.0.0.192/26"]);
    let texts: Vec<_> = line("2001:db8::/126 next-hop self split /128 path-information 7")
        .unwrap()
        .nlris
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(texts[3], "2001:db8::3/128 path-information 0.0.0.7");
    let texts: Vec<_> =
        line("0.0.0.0/0 next-hop self split /1").unwrap().nlris.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["0.0.0.0/1", "128.0.0.0/1"]);
    // Not longer than the prefix, or impossible: the prefix stays.
    assert_eq!(line("10.0.0.0/24 next-hop self split /24").unwrap().nlris.len(), 1);
    assert_eq!(line("10.0.0.0/24 next-hop self split /64").unwrap().nlris.len(), 1);
    assert_eq!(
        error("0.0.0.0/0 next-hop self split /32"),
        "splitting this into /32 makes more than 1048576 routes: '0.0.0.0/0' (split shorter prefixes)"
    );
    assert!(error("::/0 next-hop self split /128").contains("more than 1048576 routes"));
}

#[test]
fn routes_may_have_a_life() {
    let life = |text: &str| line(text).unwrap().clause.life;
    assert_eq!(life("10.0.0.0/8 next-hop self ttl 300"), Some(Life::Ttl(NonZeroU32::new(300).unwrap())));
    assert_eq!(life("10.0.0.0/8 lease web-1 next-hop self"), Some(Life::Lease("web-1".into())));
    assert_eq!(life("10.0.0.0/8 next-hop self"), None);
}

#[test]
fn withdraw_means_something_only_in_a_watchdog_group() {
    let clause = line("10.0.0.0/8 next-hop self withdraw watchdog dog").unwrap().clause;
    assert_eq!((clause.watchdog.as_deref(), clause.withdrawn), (Some("dog"), true));
    assert!(!line("10.0.0.0/8 next-hop self withdraw").unwrap().clause.withdrawn);
    assert!(!line("10.0.0.0/8 next-hop self watchdog dog").unwrap().clause.withdrawn);
}

#[test]
fn a_withdrawal_needs_the_prefix_alone() {
    let withdraw = |text| parse_line(&mut Words::new(text), Action::Withdraw);
    assert!(withdraw("route 10.0.0.0/8").is_ok());
    assert!(withdraw("ipv6 unicast 2001:db8::/32").is_ok());
    assert!(withdraw("attributes nlri 10.0.0.0/8").is_ok());
    assert!(withdraw("route 10.0.0.0/8 med x").is_err());
}

#[test]
fn octets_of_any_attribute_can_be_given() {
    let attributes =
        line("10.0.0.0/8 next-hop self attribute [ 0x63 0xC0 0x0102 ]").unwrap().clause.attributes;
    let all: Vec<_> = attributes.iter().map(|a| (a.code, a.flags, a.value.to_vec())).collect();
    assert_eq!(all, [(AttrCode(0x63), 0xC0, vec![1, 2])]);
    let attributes = line("10.0.0.0/8 next-hop self attribute [0x04 0x80 0x00000001] med 2").unwrap().clause;
    assert_eq!(attributes.attributes.get(AttrCode::MED), Some(&[0, 0, 0, 1][..]));
    assert!(line("10.0.0.0/8 next-hop self attribute [ 0x63 0xC0 0x ]").is_ok(), "an empty value is a value");
}

#[test]
fn wrong_lines_say_where_and_what_instead() {
    for (text, expected) in [
        ("", "a route is missing at the end of the line"),
        ("route", "a prefix is missing at the end of the line"),
        (
            "10.0.0.0/24",
            "next-hop is missing at the end of the line (add next-hop ADDRESS, or next-hop self)",
        ),
        ("10.0.0.0/24 next-hop", "a next hop is missing at the end of the line"),
        ("10.0.0.0/24 next-hop foo", "this is no next hop: 'foo' (an IP address, or self)"),
        ("10.0.0.0/24 nexthop self", "unknown keyword: 'nexthop' (did you mean next-hop?)"),
        ("10.0.0.0/24 \"med\" 1", "a keyword is not quoted: 'med'"),
        ("10.0.0.0/24 next-hop self 5", "unknown keyword: '5'"),
        ("10.0.0.0/24 next-hop self med", "a MED is missing at the end of the line"),
        ("10.0.0.0/24 next-hop self med x", "invalid MED: 'x' (a number from 0 to 4294967295)"),
        (
            "10.0.0.0/24 path-information 4294967296",
            "this is no path identifier: '4294967296' (a number from 0 to 4294967295, or a dotted quad)",
        ),
        (
            "10.0.0.0/24 split 26",
            "this is no prefix length to split to: '26' (a slash and a number, as in /24)",
        ),
        (
            "10.0.0.0/24 watchdog withdraw",
            "this word is reserved and can't be a watchdog name: 'withdraw' (choose another name)",
        ),
        (
            "10.0.0.0/24 watchdog dog ttl 5",
            "a route of a watchdog group has no ttl and no lease: 'ttl' (leave the one or the other away)",
        ),
        (
            "10.0.0.0/24 lease web watchdog dog",
            "a route of a watchdog group has no ttl and no lease: 'watchdog' (leave the one or the other away)",
        ),
        ("10.0.0.0/24 ttl 0", "this is no time: '0' (a number of seconds from 1 to 4294967295)"),
        (
            "10.0.0.0/24 ttl 5 lease web",
            "the life of this route has been told already: 'lease' (one of ttl SECONDS and lease NAME, once)",
        ),
        ("10.0.0.0/24 watchdog", "a watchdog name is missing at the end of the line"),
        (
            "10.0.0.0/24 attribute 0x63 0xC0 0x01",
            "an opening '[' is missing: '0x63' (attribute [ 0xCODE 0xFLAGS 0xDATA ])",
        ),
        (
            "10.0.0.0/24 attribute [ 63 0xC0 0x01 ]",
            "this is no attribute code: '63' (0x and two hexadecimal digits)",
        ),
        (
            "10.0.0.0/24 attribute [ 0x63 0xC0 0x012 ]",
            "these are no attribute octets: '0x012' (0x and an even number of hexadecimal digits)",
        ),
        (
            "10.0.0.0/24 attribute [ 0x03 0x40 0x01010101 ]",
            "next-hop can't be given as octets: '0x03' (write next-hop)",
        ),
        ("10.0.0.0/24 attribute [ 0x63 0xC0 0x01", "a closing ']' is missing at the end of the line"),
        (
            "attributes next-hop self med 1",
            "the word nlri before the prefixes is missing at the end of the line",
        ),
        ("attributes next-hop self nlri", "a prefix is missing at the end of the line"),
        (
            "attributes med 1 nlri 10.0.0.0/8",
            "next-hop is missing at the end of the line (add next-hop ADDRESS, or next-hop self)",
        ),
        (
            "ipv4 unicst 10.0.0.0/8",
            "there is no such ipv4 family: 'unicst' (unicast, multicast, nlri-mpls, mcast-vpn, mup, mpls-vpn, rtc, flow, flow-vpn, sr-policy)",
        ),
        ("ipv4 unicast 2001:db8::/32 next-hop self", "this is no ipv4 prefix: '2001:db8::/32'"),
        ("10.0.0.1/24 next-hop self", "host bits are set: '10.0.0.1/24' (did you mean 10.0.0.0/24?)"),
        (
            "rout 10.0.0.0/8",
            "this is no route: 'rout' (a line starts with route, attributes, a family such as ipv4 unicast, or a prefix)",
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn families_are_two_words() {
    assert_eq!(parse_family(&mut Words::new("ipv6 UNICAST x")), Ok(Family::IPV6_UNICAST));
    let error = |text| parse_family(&mut Words::new(text)).unwrap_err().to_string();
    assert_eq!(error("ipv5 unicast"), "this is no address family: 'ipv5' (did you mean ipv4?)");
    assert_eq!(error("ipv4"), "the second word of the address family is missing at the end of the line");
}

#[test]
fn labels_and_distinguishers_tell_the_family() {
    let expected = ["ipv4 mpls-vpn 10.0.3.0/24 label 100 rd 65000:1 next-hop 1.2.3.4"];
    for text in [
        "route 10.0.3.0/24 rd 65000:1 label 100 next-hop 1.2.3.4",
        "10.0.3.0/24 next-hop 1.2.3.4 label 100 route-distinguisher 65000:1 label 5 rd 1:1",
        "ipv4 mpls-vpn 10.0.3.0/24 next-hop 1.2.3.4 label [ 100 ] rd 65000:1",
        "attributes next-hop 1.2.3.4 rd 65000:1 label 100 nlri 10.0.3.0/24",
        "ipv4 nlri-mpls 10.0.3.0/24 next-hop 1.2.3.4 label 100 rd 65000:1",
        expected[0],
    ] {
        assert_eq!(printed(text), expected, "{text}");
    }
    assert_eq!(
        printed("2001:db8::/32 label [ 100 200 ] next-hop self path-information 5"),
        ["ipv6 nlri-mpls 2001:db8::/32 path-information 0.0.0.5 label [ 100 200 ] next-hop self"]
    );
    assert_eq!(
        printed("10.0.0.0/24 split /25 label 3 next-hop self path-information 1"),
        [
            "ipv4 nlri-mpls 10.0.0.0/25 path-information 0.0.0.1 label 3 next-hop self",
            "ipv4 nlri-mpls 10.0.0.128/25 path-information 0.0.0.1 label 3 next-hop self"
        ]
    );
}

#[test]
fn withdrawals_of_labelled_routes_need_no_label() {
    for (text, wire) in [
        ("route 10.0.3.0/24 rd 65000:1", &[112, 0x80, 0, 0, 0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 10, 0, 3][..]),
        ("ipv4 nlri-mpls 10.0.3.0/24", &[48, 0x80, 0, 0, 10, 0, 3]),
        ("route 10.0.3.0/24 label 3", &[48, 0, 0, 0x31, 10, 0, 3]),
    ] {
        let routes = parse_line(&mut Words::new(text), Action::Withdraw).unwrap();
        assert_eq!(routes.nlris[0].wire(), wire, "{text}");
    }
    let vpn = |text| parse_family_route(Family::IPV4_MPLS_VPN, &mut Words::new(text), Action::Withdraw);
    assert!(vpn("10.0.3.0/24 rd 1:1").is_ok());
    assert!(vpn("10.0.3.0/24").is_err(), "the distinguisher identifies the route");
}

#[test]
fn vpls_in_any_order() {
    let expected =
        ["l2vpn vpls vpls rd 172.30.5.4:13 endpoint 5 base 10702 offset 1 size 8 next-hop 192.168.201.1"];
    for text in [
        "vpls rd 172.30.5.4:13 endpoint 5 base 10702 offset 1 size 8 next-hop 192.168.201.1",
        "vpls size 8 next-hop 192.168.201.1 endpoint 5 offset 1 rd 172.30.5.4:13 base 10702",
        "l2vpn vpls size 8 next-hop 192.168.201.1 endpoint 5 offset 1 rd 172.30.5.4:13 base 10702",
        expected[0],
    ] {
        assert_eq!(printed(text), expected, "{text}");
    }
}

#[test]
fn what_labelled_routes_lack_is_named() {
    for (text, expected) in [
        (
            "10.0.0.0/24 rd 65000:1 next-hop self",
            "label is missing at the end of the line (add label and a number, as in label 100)",
        ),
        (
            "ipv4 mpls-vpn 10.0.0.0/24 label 3 next-hop self",
            "rd is missing at the end of the line (add rd and a route distinguisher, as in rd 65000:1)",
        ),
        (
            "10.0.0.0/24 label 1048576 next-hop self",
            "this is no label: '1048576' (a number from 0 to 1048575)",
        ),
        (
            "10.0.0.0/24 rd 1 label 3 next-hop self",
            "this is no route distinguisher: '1' (as in 65000:1, 192.0.2.1:1 or 70000:1)",
        ),
        (
            "10.0.0.0/24 label [ 0 3 ] next-hop self",
            "this prefix can't have these labels: '10.0.0.0/24' (fewer labels, and 0 only as the last one)",
        ),
        (
            "10.0.0.0/24 size 3 next-hop self",
            "endpoint, base, offset and size belong to vpls routes at the end of the line",
        ),
        (
            "vpls rd 1:1 endpoint 5 base 10702 offset 1 next-hop self",
            "size is missing at the end of the line (vpls rd RD endpoint N base N offset N size N)",
        ),
        ("ipv6 nlri-mpls 10.0.0.0/24 label 3 next-hop self", "this is no ipv6 prefix: '10.0.0.0/24'"),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn nothing_panics_on_garbage() {
    for text in [
        "é",
        "10.0.0.0/24 é",
        "route \"",
        "[",
        "10.0.0.0/24 attribute [ 0xé",
        "1.1.1.1/\u{0}",
        "route 1.1.1.1 name \"",
    ] {
        let _ = line(text);
        let _ = parse_attributes(&mut Words::new(text), Action::Announce);
        let _ = parse_family_route(Family::IPV6_UNICAST, &mut Words::new(text), Action::Withdraw);
    }
}

#[test]
fn what_no_message_holds_is_refused() {
    let octets = "00".repeat(65_536);
    let error = error(&format!("10.0.0.0/24 next-hop self attribute [ 0x63 0xC0 0x{octets} ]"));
    assert_eq!(error, "more octets than a message holds: '0x00000000000000'");
}

#[test]
fn an_unknown_family_is_answered_with_the_known_ones() {
    let error = error("ipv4 unicst 10.0.0.0/8");
    assert!(error.starts_with("there is no such ipv4 family: 'unicst' (unicast, multicast"), "{error}");
}
