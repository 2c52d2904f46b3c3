//! Flow rules: what their words make of them. The octets are facts about the wire.

use std::fmt::Write as _;

use bgp_wire::Family;
use bgp_wire::attr::NextHop;
use route_text::{Action, Route, TextError, Words, parse_flow, parse_line};

fn flow(text: &str) -> Result<Route, TextError> {
    let routes = parse_flow(None, &mut Words::new(text), Action::Announce)?;
    Ok(routes.iter().next().expect("one route"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn rules_and_their_octets() {
    for (text, family, nlri, next_hop, attributes) in [
        (
            "flow route source 10.0.0.0/24 destination-port =80 rate-limit 9600",
            Family::IPV4_FLOW,
            "0802180a0000058150",
            None,
            "c010088006000046160000",
        ),
        (
            "flow route { match { source 10.0.0.0/24; destination-port =80; } then { rate-limit 9600; } }",
            Family::IPV4_FLOW,
            "0802180a0000058150",
            None,
            "c010088006000046160000",
        ),
        (
            "flow route { rd 65000:1; match { source 10.0.0.0/24; } then { redirect 65000:12345; } }",
            Family::IPV4_FLOW_VPN,
            "0d0000fde80000000102180a0000",
            None,
            "c010088008fde800003039",
        ),
        (
            "source 10.0.0.0/24 redirect 70000:1",
            Family::IPV4_FLOW,
            "0502180a0000",
            None,
            "c010088208000111700001",
        ),
        (
            "source 10.0.0.0/24 redirect 1.2.3.4",
            Family::IPV4_FLOW,
            "0502180a0000",
            Some("1.2.3.4"),
            "c010080800000000000000",
        ),
        (
            "route { next-hop 1.2.3.4; match { source 10.0.0.0/24; } then { redirect-to-nexthop; } }",
            Family::IPV4_FLOW,
            "0502180a0000",
            Some("1.2.3.4"),
            "c010080800000000000000",
        ),
        (
            "source 10.0.0.0/24 redirect-to-nexthop-ietf 1.2.3.4",
            Family::IPV4_FLOW,
            "0502180a0000",
            None,
            "c01008010c010203040000",
        ),
        (
            "source 10.0.0.0/24 redirect-to-nexthop-ietf 2001:db8::1",
            Family::IPV4_FLOW,
            "0502180a0000",
            None,
            "c01914000c20010db80000000000000000000000010000",
        ),
        (
            "flow route { match { source 10.0.0.0/24; } then { copy 1.2.3.4; mark 10; action sample-terminal; \
             community [1:1]; extended-community [ target:1:1 ]; } }",
            Family::IPV4_FLOW,
            "0502180a0000",
            Some("1.2.3.4"),
            "c0080400010001c01020000200010000000108000000000000018007000000000003800900000000000a",
        ),
        (
            "flow route { match { source 10.0.0.0/24; } then { accept; } }",
            Family::IPV4_FLOW,
            "0502180a0000",
            None,
            "",
        ),
        (
            "flow route { match { source 10.0.0.0/24; } scope { interface-set [ transitive:input:1234:1234 \
             input-output:5:6 ]; } then { discard; } }",
            Family::IPV4_FLOW,
            "0502180a0000",
            None,
            "c010180702000000 05c006 0702000004d244d28006000000000000",
        ),
        (
            "source 2001:db8::/32 discard",
            Family::IPV6_FLOW,
            "0702200020010db8",
            None,
            "c010088006000000000000",
        ),
        (
            "source 10.0.0.0/24 redirect 2001:db8::1",
            Family::IPV4_FLOW,
            "0502180a0000",
            Some("2001:db8::1"),
            "c010080800000000000000",
        ),
        (
            "source 10.0.0.0/24 icmp-code 5 discard large-community 1:2:3",
            Family::IPV4_FLOW,
            "0802180a0000088105",
            None,
            "c010088006000000000000c0200c000000010000000200000003",
        ),
        ("port 80 rate-limit 1000 packets", Family::IPV4_FLOW, "03048150", None, "c01008800c0000447a0000"),
    ] {
        let route = flow(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(route.nlri.family(), family, "{text}");
        assert_eq!(hex(route.nlri.wire()), nlri, "{text}");
        let expected = next_hop.map_or(NextHop::Unset, |ip| NextHop::Address(ip.parse().unwrap()));
        assert_eq!(route.attributes.next_hop(), expected, "{text}");
        assert_eq!(hex(route.attributes.block()), attributes.replace(' ', ""), "{text}");
        // What is printed reads back to the same route.
        let again = parse_line(&mut Words::new(&route.to_string()), Action::Announce);
        let again = again.unwrap_or_else(|e| panic!("{route}: {e}"));
        assert_eq!(again.iter().collect::<Vec<_>>(), [route]);
    }
}

#[test]
fn names_and_families_in_front() {
    assert_eq!(flow("flow route web { match { port 80; } }").unwrap().name.as_deref(), Some("web"));
    let line = |text| parse_line(&mut Words::new(text), Action::Announce).map(|r| r.nlris[0].family());
    assert_eq!(line("ipv4 flow source 10.0.0.0/24 discard"), Ok(Family::IPV4_FLOW));
    assert_eq!(line("ipv4 flow-vpn source 10.0.0.0/24 discard rd 1:1"), Ok(Family::IPV4_FLOW_VPN));
    assert_eq!(line("ipv6 flow port 80"), Ok(Family::IPV6_FLOW));
    assert_eq!(line("flow route port 80"), Ok(Family::IPV4_FLOW));
    assert!(line("ipv6 flow source 10.0.0.0/24").is_err());
}

#[test]
fn wrong_rules_are_refused_where_they_are_wrong() {
    for (text, word) in [
        ("flow route", ""),
        ("flow route discard", ""),
        ("flow route { match { port 80; } then { discard; }", ""),
        ("flow route { match { port 80; } }; discard", "discard"),
        ("flow route { match { port 80; } } }", "}"),
        ("flow route { match { port 80; }}}", "}"),
        ("flow route {", ""),
        ("flow route { match { port 80000; } }", "80000"),
        ("port 80 redirect 1.2.3.4:5", "1.2.3.4:5"),
        ("port 80 redirect 70000:65536", "70000:65536"),
        ("port 80 redirect [2001:db8::1]:5", "["),
        ("port 80 redirect-to-nexthop", ""),
        ("port 80 mark 64", "64"),
        ("port 80 action none", "none"),
        ("port 80 rate-limit -1", "-1"),
        ("port 80 copy self", "self"),
        ("port 80 interface-set input:1:16384", "input:1:16384"),
        ("port 80 interface-set sideways:1:1", "sideways:1:1"),
        ("port 80 split /24", "split"),
        ("port 80 dscard", "dscard"),
    ] {
        let error = flow(text).expect_err(text);
        assert_eq!(error.word, word, "{text}");
        if word.is_empty() {
            assert_eq!(error.at, text.len(), "{text}");
        } else {
            assert!(text[error.at..].starts_with(word), "{text}: {}", error.at);
        }
    }
    let error = flow("port 80 dscard").unwrap_err();
    assert_eq!(error.hint, "did you mean discard?");
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "(flow |route |x |\\{|\\}|;|match|then|source |port |[0-9a-z.:/=&ü]{1,9}|\\[|\\]|redirect |rd |\"| ){0,14}") {
        if let Err(error) = flow(&text) {
            proptest::prop_assert!(text.is_char_boundary(error.at), "{text:?}: {error:?}");
        }
    }
}
