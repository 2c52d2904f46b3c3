use std::collections::HashSet;

use bgp_wire::msg::operational::{Content, Kind};

use super::*;

#[test]
fn the_table_is_in_order() {
    let mut names = HashSet::new();
    for entry in entries() {
        assert!(names.insert(entry.words), "{entry:?} stands twice");
        assert!(!entry.words.is_empty() && !entry.summary.is_empty());
        for word in entry.words {
            assert_eq!(*word, word.trim().to_ascii_lowercase(), "{entry:?}");
        }
        // What the table finds by its own words is itself.
        let text = entry.words.join(" ");
        let (found, _) = find(entries(), Words::new(&text)).unwrap();
        assert_eq!(found.words, entry.words);
    }
}

fn command(text: &str) -> Command {
    match parse(Words::new(text), true).or_else(|_| parse(Words::new(text), false)) {
        Ok(Parsed::Command(command)) => command,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn commands_are_read() {
    let address = Some("10.0.0.1".parse().unwrap());
    let adj_rib = |rib, address, families, extensive, json| Command::ShowAdjRib {
        prefix: None,
        status: false,
        rib,
        address,
        families,
        extensive,
        json,
    };
    let neighbor = |address, form| Command::ShowNeighbor { address, form };
    for (text, expected) in [
        ("announce eor", Command::EndOfRib(Family::IPV4_UNICAST)),
        (
            "announce operational asm afi ipv4 safi unicast advisory \"at ten\"",
            Command::Operational(Arc::new(Operational {
                kind: Kind::ASM,
                family: Some(Family::IPV4_UNICAST),
                content: Content::Advisory("at ten".into()),
            })),
        ),
        ("announce eor ipv6 unicast", Command::EndOfRib(Family::IPV6_UNICAST)),
        ("announce route-refresh ipv4 multicast", Command::RouteRefresh(Family::IPV4_MULTICAST)),
        ("lease web 30", Command::Lease { name: "web".into(), act: LeaseAct::Begin(30.try_into().unwrap()) }),
        ("lease web heartbeat", Command::Lease { name: "web".into(), act: LeaseAct::Heartbeat }),
        ("lease web end", Command::Lease { name: "web".into(), act: LeaseAct::End }),
        ("announce watchdog", Command::Watchdog { action: Action::Announce, name: None }),
        ("withdraw watchdog dog", Command::Watchdog { action: Action::Withdraw, name: Some("dog".into()) }),
        ("flush adj-rib out", Command::FlushAdjRibOut),
        ("clear adj-rib", Command::ClearAdjRib(Rib::Out)),
        ("clear adj-rib out", Command::ClearAdjRib(Rib::Out)),
        ("clear adj-rib in", Command::ClearAdjRib(Rib::In)),
        ("teardown 2", Command::Teardown(2)),
        ("show neighbor", neighbor(None, NeighborForm::Choices)),
        ("show neighbor summary", neighbor(None, NeighborForm::Summary)),
        ("show neighbor 10.0.0.1 extensive", neighbor(address, NeighborForm::Extensive)),
        ("show neighbor configuration", neighbor(None, NeighborForm::Configuration)),
        ("show neighbor 10.0.0.1 summary json", neighbor(address, NeighborForm::Json)),
        ("show adj-rib in", adj_rib(Rib::In, None, FamilyFilter::Any, false, false)),
        ("show adj-rib out extensive", adj_rib(Rib::Out, None, FamilyFilter::Any, true, false)),
        (
            "show adj-rib out json 10.0.0.1 ipv6 unicast",
            adj_rib(Rib::Out, address, FamilyFilter::One(Family::IPV6_UNICAST), false, true),
        ),
        ("show adj-rib out inet extensive", adj_rib(Rib::Out, None, FamilyFilter::Inet, true, false)),
        ("help", Command::Help),
        ("version", Command::Version),
        ("reload", Command::Reload),
        ("restart", Command::Restart),
        ("shutdown", Command::Shutdown),
        ("reset", Command::Reset),
        ("enable-ack", Command::Ack(AckSwitch::Enable)),
        ("disable-ack", Command::Ack(AckSwitch::Disable)),
        ("silence-ack", Command::Ack(AckSwitch::Silence)),
        ("debug  what is this?", Command::Debug("what is this?".into())),
        ("  show \t adj-rib   in ", adj_rib(Rib::In, None, FamilyFilter::Any, false, false)),
    ] {
        assert_eq!(command(text), expected, "{text}");
    }
}

#[test]
fn wrong_commands_name_the_word_and_its_place() {
    for (text, selected, word, at, says) in [
        ("anounce route 10.0.0.0/24", false, "anounce", 0, "did you mean announce?"),
        ("announce rout 10.0.0.0/24", false, "rout", 9, "did you mean route"),
        ("announce", false, "", 8, "route"),
        ("show", false, "", 4, "adj-rib, neighbor"),
        ("show adj-rib both", false, "both", 13, "in, out"),
        ("crash", false, "crash", 0, "unknown command"),
        ("teardown 6", false, "teardown", 0, "needs a neighbor"),
        ("teardown 256", true, "256", 9, "0 to 255"),
        ("teardown +1", true, "+1", 9, "0 to 255"),
        ("teardown", true, "", 8, "subcode"),
        ("version", true, "version", 0, "takes no neighbor"),
        ("version json", false, "json", 8, "unexpected word"),
        ("announce eor ipv4 unicast x", false, "x", 26, "unexpected word"),
        ("announce eor ipv9", false, "ipv9", 13, ""),
        ("announce route-refresh ipv4", false, "", 27, ""),
        ("clear adj-rib sideways", false, "sideways", 14, "in or out"),
        ("announce route 10.0.0.0/24 next-hop", false, "", 35, "next hop"),
        ("announce route 10.0.0.0/24 next-hop 1.2.3.4 medd 5", false, "medd", 44, "did you mean med?"),
        ("announce ipv4 unicst 10.0.0.0/24", false, "unicst", 14, ""),
        ("show neighbor sumary", false, "sumary", 14, ""),
    ] {
        let error = parse(Words::new(text), selected).unwrap_err();
        assert_eq!((error.word.as_str(), error.at), (word, at), "{text}: {error}");
        assert!(error.to_string().contains(says), "{text}: {error}");
    }
}

#[test]
fn words_inside_a_route_are_no_commands() {
    let text = "announce route 10.0.0.0/24 next-hop 1.2.3.4 name \"withdraw route version json\"";
    assert!(matches!(parse(Words::new(text), false), Ok(Parsed::Routes(Action::Announce, _))));
}

#[test]
fn filters_know_their_families() {
    assert!(FamilyFilter::Any.matches(Family::new(25, 70)));
    assert!(
        FamilyFilter::Inet.matches(Family::IPV6_UNICAST) && !FamilyFilter::Inet.matches(Family::new(1, 133))
    );
    assert!(
        FamilyFilter::Flow.matches(Family::new(2, 134)) && !FamilyFilter::Flow.matches(Family::IPV4_UNICAST)
    );
    assert!(
        FamilyFilter::L2vpn.matches(Family::new(25, 65)) && !FamilyFilter::L2vpn.matches(Family::new(1, 65))
    );
}
