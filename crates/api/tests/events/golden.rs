//! Every kind of event in every dialect, from octets to the line a helper reads.

use std::collections::BTreeMap;

use crate::common::{head, host, message, octets as octets_of, raw, subscribe_all};
use api::encode::Dialect;
use api::event::{Class, Content, Direction, Event, Expired, Format, MessageKind, Publisher, Subscription};
use bgp_wire::error::Notification;
use bgp_wire::msg::open::Open;
use bgp_wire::msg::operational::Operational;
use bgp_wire::msg::refresh::RouteRefresh;
use bgp_wire::msg::update;
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{DecodeCtx, Family, FamilySet, NlriRef};

const TIME: f64 = 1_795_197_132.579_343_3;

/// What a helper with these wishes reads.
fn read(dialect: &str, wishes: Subscription, events: &[Event<'_, '_>]) -> String {
    let dialect = Dialect::named(dialect).unwrap();
    let mut publisher = Publisher::new(&host(), &head(), &[((), dialect, wishes)]);
    for event in events {
        publisher.publish(TIME, event);
    }
    let mut text = Vec::new();
    let mut count = 0;
    publisher.drain(|(), bytes, n| {
        text.extend_from_slice(&bytes);
        count += n;
    });
    let text = String::from_utf8(text).unwrap();
    if dialect.name == "json" {
        assert_eq!(usize::try_from(count).unwrap(), text.lines().count());
        for line in text.lines() {
            let parsed: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert_eq!(parsed["exabgp"], "5.0.0");
        }
    }
    text
}

const ENVELOPE: &str = r#"{ "exabgp": "5.0.0", "time": 1795197132.5793433, "host" : "vm", "pid" : 16985, "ppid" : 16984, "counter": 1, "type": ""#;
const NEIGHBOR: &str = r#"", "neighbor": { "address": { "local": "127.0.0.1", "peer": "127.0.0.1" }, "asn": { "local": 65000, "peer": 65000 }, "router-id": "10.0.0.2" , "#;

/// The JSON of one event, with the envelope and the neighbor cut off after they were compared.
fn json(format: Format, event: Event<'_, '_>) -> String {
    let line = read("json", subscribe_all(format), &[event]);
    let rest = line.strip_prefix(ENVELOPE).unwrap_or_else(|| panic!("{line}"));
    let (kind, content) = rest.split_once(NEIGHBOR).unwrap_or_else(|| panic!("{line}"));
    format!("{kind}|{content}")
}

fn text(format: Format, event: Event<'_, '_>) -> String {
    read("text", subscribe_all(format), &[event])
}

#[test]
fn states() {
    let down = Event::Down { reason: "notification received (6,2)" };
    assert_eq!(json(Format::Parsed, Event::Connected), "state|\"state\": \"connected\" } }\n");
    assert_eq!(json(Format::Parsed, Event::Up), "state|\"state\": \"up\" } }\n");
    assert_eq!(
        json(Format::Parsed, down),
        "state|\"state\": \"down\", \"reason\": \"notification received (6,2)\" } }\n"
    );
    assert_eq!(text(Format::Parsed, Event::Connected), "neighbor 127.0.0.1 connected\n\n");
    assert_eq!(text(Format::Parsed, Event::Up), "neighbor 127.0.0.1 up\n\n");
    assert_eq!(text(Format::Parsed, down), "neighbor 127.0.0.1 down - notification received (6,2)\n\n");
    let fsm = Event::Fsm { state: "OPENCONFIRM" };
    assert_eq!(json(Format::Parsed, fsm), "fsm|\"state\": \"OPENCONFIRM\" } }\n");
    assert_eq!(text(Format::Parsed, fsm), "");
    let signal = Event::Signal { number: 15, name: "SIGTERM" };
    assert_eq!(json(Format::Parsed, signal), "signal|\"code\": \"15\", \"name\": \"SIGTERM\" } }\n");
}

#[test]
fn messages_without_content() {
    let octets = message(4, &[]);
    let sent = Event::Message { direction: Direction::Send, raw: raw(&octets), content: Content::Keepalive };
    assert_eq!(json(Format::Parsed, sent), "keepalive|\"direction\": \"send\"  } }\n");
    assert_eq!(
        json(Format::Packets, sent),
        "keepalive|\"direction\": \"send\", \"message\": { \"category\": 4, \
         \"header\": \"0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001304\", \"body\": \"0x\" }  } }\n"
    );
    assert_eq!(text(Format::Parsed, sent), "neighbor 127.0.0.1 send keepalive\n\n");
    let packet = "neighbor 127.0.0.1 send 4 header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001304\n\n";
    assert_eq!(text(Format::Packets, sent), packet);
    let received =
        Event::Message { direction: Direction::Receive, raw: raw(&octets), content: Content::Keepalive };
    let line = read("json", subscribe_all(Format::Consolidate), &[received]);
    let header =
        r#""type": "keepalive", "header": "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001304", "neighbor": {"#;
    assert!(line.contains(header), "{line}");
    let parsed = text(Format::Consolidate, received);
    assert_eq!(
        parsed,
        "neighbor 127.0.0.1 receive keepalive header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001304\n\n"
    );
}

#[test]
fn operational_messages() {
    let octets = message(6, &octets_of("0002000800010168656c6c6f"));
    let decoded = Operational::decode(&octets[19..]).unwrap();
    let content = Content::Operational(&decoded);
    let event = Event::Message { direction: Direction::Receive, raw: raw(&octets), content };
    assert_eq!(
        json(Format::Parsed, event),
        "operational|\"direction\": \"receive\", \"operational\": { \"name\": \"ASM\", \"afi\": \"ipv4\", \"safi\": \"unicast\", \"advisory\": \"hello\" } } }\n"
    );
    assert_eq!(
        text(Format::Parsed, event),
        "neighbor 127.0.0.1 receive operational ASM afi ipv4 safi unicast advisory \"hello\"\n"
    );
}

#[test]
fn notifications() {
    let shutdown = Notification::shutdown(6, 2, "maintenance");
    let octets = message(3, b"\x06\x02\x0bmaintenance");
    let event = Event::Message {
        direction: Direction::Receive,
        raw: raw(&octets),
        content: Content::Notification(&shutdown),
    };
    assert_eq!(
        json(Format::Parsed, event),
        "notification|\"direction\": \"receive\", \"notification\": { \"code\": 6, \"subcode\": 2, \"data\": \
         \"0x53687574646F776E20436F6D6D756E69636174696F6E3A20226D61696E74656E616E636522\", \
         \"message\": \"Shutdown Communication: \\\"maintenance\\\"\" }  } }\n"
    );
    assert_eq!(
        text(Format::Parsed, event),
        "neighbor 127.0.0.1 receive notification code 6 subcode 2 data \
         0x53687574646F776E20436F6D6D756E69636174696F6E3A20226D61696E74656E616E636522\n\n"
    );
}

#[test]
fn refresh() {
    let octets = message(5, &[0, 1, 0, 1]);
    let message = RouteRefresh::decode(&[0, 1, 0, 1]).unwrap();
    let content = Content::RouteRefresh(&message);
    let event = Event::Message { direction: Direction::Receive, raw: raw(&octets), content };
    assert_eq!(
        json(Format::Parsed, event),
        "refresh|\"direction\": \"receive\", \"route-refresh\": { \"afi\": \"ipv4\", \"safi\": \"unicast\", \
         \"subtype\": \"query\" } } }\n"
    );
    assert_eq!(
        json(Format::Packets, event),
        "route-refresh|\"direction\": \"receive\", \"message\": { \"category\": 5, \
         \"header\": \"0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001705\", \"body\": \"0x00010001\" }  } }\n"
    );
    assert_eq!(
        text(Format::Parsed, event),
        "neighbor 127.0.0.1 receive route-refresh afi ipv4 safi unicast query\n\n"
    );
}

const OPEN: &str =
    "04fde800b40a000003 20 02060104000100010206410400 00fde8 02020600 020a490803657861036c6162";

#[test]
fn opens_and_what_was_negotiated() {
    let body = octets_of(OPEN);
    let octets = message(1, &body);
    let open = Open::decode(&body).unwrap();
    let event = |direction| Event::Message { direction, raw: raw(&octets), content: Content::Open(&open) };
    assert_eq!(
        json(Format::Parsed, event(Direction::Receive)),
        "open|\"direction\": \"receive\", \"open\": { \"version\": 4, \"asn\": 65000, \"hold_time\": 180, \
         \"router_id\": \"10.0.0.3\", \"capabilities\": { \
         \"1\": { \"name\": \"multiprotocol\", \"families\": [ \"ipv4/unicast\" ] }, \
         \"6\": { \"name\": \"extended-message\", \"size\": 65535 }, \
         \"65\": { \"name\": \"asn4\", \"asn4\": 65000 }, \
         \"73\": { \"host-name\": \"exa\", \"domain-name\": \"lab\" } } } } }\n"
    );
    assert!(
        json(Format::Parsed, event(Direction::Send)).contains("\"capabilities\": { \"multiprotocol\": {")
    );
    assert_eq!(
        text(Format::Parsed, event(Direction::Receive)),
        "neighbor 127.0.0.1 receive open version 4 asn 65000 hold_time 180 router_id 10.0.0.3 capabilities \
         [multiprotocol(ipv4 unicast), extended message(65535), asn4(65000), hostname(exa lab)]\n\n"
    );

    let negotiated = Negotiated::new(open.clone(), open.clone());
    let object = "\"negotiated\": { \"message_size\": 65535, \"hold_time\": 180, \"asn4\": true, \
                  \"multisession\": false, \"operational\": false, \"refresh\": \"absent\", \
                  \"families\": [\"ipv4 unicast\"], \"nexthop\": [], \
                  \"add_path\": {\"send\": [], \"receive\": []} }";
    assert_eq!(json(Format::Parsed, Event::Negotiated(&negotiated)), format!("negotiated|{object}  }} }}\n"));
    assert_eq!(text(Format::Parsed, Event::Negotiated(&negotiated)), "");

    // Those who asked for it get it again with UPDATEs and packets.
    let octets = message(2, &[0, 0, 0, 0]);
    let eor = update::decode(&[0, 0, 0, 0], &DecodeCtx::default()).unwrap();
    let content = Content::Update(&eor);
    let eor = Event::Message { direction: Direction::Receive, raw: raw(&octets), content };
    let wishes = subscribe_all(Format::Parsed);
    let lines = read("json", wishes, &[Event::Negotiated(&negotiated), eor]);
    let end = format!(
        "\"message\": {{ \"eor\": {{ \"afi\" : \"ipv4\", \"safi\" : \"unicast\" }} }}, {object} }} }}\n"
    );
    assert!(lines.ends_with(&end), "{lines}");
    let wishes = Subscription::NONE.with_message(MessageKind::Update, Direction::Receive, Format::Parsed);
    let lines = read("json", wishes, &[Event::Negotiated(&negotiated), eor]);
    assert!(lines.ends_with("\"safi\" : \"unicast\" } } } }\n"), "{lines}");
}

/// The content of an UPDATE event in both dialects.
fn update_event(body: &str, ctx: &DecodeCtx) -> (String, String) {
    let body = octets_of(body);
    let octets = message(2, &body);
    let message = update::decode(&body, ctx).unwrap();
    let content = Content::Update(&message);
    let event = Event::Message { direction: Direction::Receive, raw: raw(&octets), content };
    let json = json(Format::Parsed, event);
    let json = json.strip_prefix("update|\"direction\": \"receive\", \"message\": ").unwrap();
    let json = json.strip_suffix(" } }\n").unwrap().to_owned();
    let text = text(Format::Parsed, event);
    let lines: Vec<&str> =
        text.lines().map(|l| l.strip_prefix("neighbor 127.0.0.1 receive update ").unwrap_or(l)).collect();
    (json, lines.join("\n"))
}

const PATH: &str = "40010100 40020a02020000fde80000fde9";

#[test]
fn an_announcement_with_path_identifier() {
    let add_path = [Family::IPV4_UNICAST].into_iter().collect();
    let ctx = DecodeCtx { add_path, ..DecodeCtx::default() };
    let body = format!("0000 001f {PATH} 4003040a000001 400504000000c8 00000001 180a0000");
    let (json, text) = update_event(&body, &ctx);
    assert_eq!(
        json,
        "{ \"update\": { \"attribute\": { \"origin\": \"igp\", \"as-path\": \
         {\"0\": {\"element\": \"as-sequence\", \"value\": [65000, 65001]}}, \"local-preference\": 200 }, \
         \"announce\": { \"ipv4 unicast\": { \"10.0.0.1\": [ { \"nlri\": \"10.0.0.0/24\", \
         \"path-information\": \"0.0.0.1\" } ] } } } }"
    );
    assert_eq!(
        text,
        "start\nannounced 10.0.0.0/24 path-information 0.0.0.1 next-hop 10.0.0.1 origin igp \
         as-path ( 65000 65001 ) local-preference 200\nend\n"
    );
}

#[test]
fn a_withdrawal_and_an_announcement() {
    let body = format!("0004 180a0000 0018 {PATH} 4003040a000001 180a0002");
    let (json, text) = update_event(&body, &DecodeCtx::default());
    assert_eq!(
        json,
        "{ \"update\": { \"attribute\": { \"origin\": \"igp\", \"as-path\": \
         {\"0\": {\"element\": \"as-sequence\", \"value\": [65000, 65001]}} }, \
         \"announce\": { \"ipv4 unicast\": { \"10.0.0.1\": [ { \"nlri\": \"10.0.2.0/24\" } ] } }, \
         \"withdraw\": { \"ipv4 unicast\": [ { \"nlri\": \"10.0.0.0/24\" } ] } } }"
    );
    assert_eq!(
        text,
        "start\nwithdrawn 10.0.0.0/24\nannounced 10.0.2.0/24 next-hop 10.0.0.1 origin igp \
         as-path ( 65000 65001 )\nend\n"
    );
    let (json, text) = update_event("0004 180a0000 0000", &DecodeCtx::default());
    assert_eq!(
        json,
        "{ \"update\": { \"withdraw\": { \"ipv4 unicast\": [ { \"nlri\": \"10.0.0.0/24\" } ] } } }"
    );
    assert_eq!(text, "start\nwithdrawn 10.0.0.0/24\nend\n");
}

#[test]
fn two_families_in_one_update_and_a_next_hop_of_two_addresses() {
    let global = "20010db8000000000000000000000001";
    let local = "fe800000000000000000000000000001";
    let reach = format!("800e2e 000201 20 {global} {local} 00 40 20010db800000001");
    let unreach = "800f0c 000201 40 20010db800000002";
    let body = format!("0000 0058 {PATH} 4003040a000001 {reach} {unreach} 180a0000");
    let (json, text) = update_event(&body, &DecodeCtx::default());
    assert!(
        json.ends_with(
            "\"announce\": { \"ipv4 unicast\": { \"10.0.0.1\": [ { \"nlri\": \"10.0.0.0/24\" } ] }, \
             \"ipv6 unicast\": { \"2001:db8::1\": [ { \"nlri\": \"2001:db8:0:1::/64\" } ], \
             \"fe80::1\": [ { \"nlri\": \"2001:db8:0:1::/64\" } ] } }, \
             \"withdraw\": { \"ipv6 unicast\": [ { \"nlri\": \"2001:db8:0:2::/64\" } ] } } }"
        ),
        "{json}"
    );
    assert_eq!(
        text,
        "start\nwithdrawn 2001:db8:0:2::/64\n\
         announced 10.0.0.0/24 next-hop 10.0.0.1 origin igp as-path ( 65000 65001 )\n\
         announced 2001:db8:0:1::/64 next-hop 2001:db8::1 origin igp as-path ( 65000 65001 )\nend\n"
    );
}

#[test]
fn one_family_in_two_fields_has_one_key() {
    let reach = "800e0d 000101 04 0a000009 00 18 0a0001";
    let body = format!("0000 0028 {PATH} 4003040a000001 {reach} 180a0000");
    let (json, _) = update_event(&body, &DecodeCtx::default());
    assert!(
        json.ends_with(
            "\"announce\": { \"ipv4 unicast\": { \"10.0.0.1\": [ { \"nlri\": \"10.0.0.0/24\" } ], \
             \"10.0.0.9\": [ { \"nlri\": \"10.0.1.0/24\" } ] } } } }"
        ),
        "{json}"
    );
}

#[test]
fn malformed_attributes_withdraw_and_unknown_ones_are_shown() {
    // ORIGIN 7 is undefined: RFC 7606 section 7.1.
    let body = "0000 0018 40010107 40020a02020000fde80000fde9 4003040a000001 180a0000";
    let (json, text) = update_event(body, &DecodeCtx::default());
    assert!(
        json.contains("\"error\": \"treat-as-withdraw\" }, \"withdraw\": { \"ipv4 unicast\": ["),
        "{json}"
    );
    assert_eq!(text, "start\nwithdrawn 10.0.0.0/24 next-hop 10.0.0.1\nend\n");
    let body = format!("0000 001f {PATH} 4003040a000001 c06304deadbeef 180a0000");
    let (json, _) = update_event(&body, &DecodeCtx::default());
    assert!(json.contains("\"attribute-0x63-0xE0\": \"0xdeadbeef\" }"), "{json}");
}

#[test]
fn end_of_rib() {
    let (json, text) = update_event("0000 0007 900f0003 000201", &DecodeCtx::default());
    assert_eq!(json, "{ \"eor\": { \"afi\" : \"ipv6\", \"safi\" : \"unicast\" } }");
    assert_eq!(text, "start\nroute eor 2/1 (ipv6 unicast)\nend\n");
}

#[test]
fn an_update_with_its_octets() {
    let body = octets_of("0004 180a0000 0000");
    let octets = message(2, &body);
    let message = update::decode(&body, &DecodeCtx::default()).unwrap();
    let content = Content::Update(&message);
    let event = Event::Message { direction: Direction::Receive, raw: raw(&octets), content };
    assert_eq!(
        text(Format::Consolidate, event),
        "neighbor 127.0.0.1 receive update start\nneighbor 127.0.0.1 receive update withdrawn 10.0.0.0/24\n \
         header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001B02 body 0x0004180A00000000\n\
         neighbor 127.0.0.1 receive update end\n\n"
    );
    let line = read("json", subscribe_all(Format::Consolidate), &[event]);
    let octets = "\"header\": \"0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001B02\", \"body\": \"0x0004180A00000000\", \"neighbor\"";
    assert!(line.contains(octets), "{line}");
}

#[test]
fn what_does_not_decode_is_told_to_those_who_want_packets() {
    let octets = message(2, &[0, 9]);
    let event = Event::Undecoded { kind: MessageKind::Update, raw: raw(&octets) };
    assert_eq!(text(Format::Parsed, event), "");
    assert_eq!(
        json(Format::Packets, event),
        "update|\"direction\": \"receive\", \"message\": { \"category\": 2, \
         \"header\": \"0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001502\", \"body\": \"0x0009\" }  } }\n"
    );
}

#[test]
fn what_has_expired_is_told() {
    let nlri = NlriRef { family: Family::IPV4_UNICAST, path_id: None, wire: &[24, 10, 1, 2] };
    let route = Expired { route: Some(nlri), lease: None, count: 2 };
    let lease = Expired { route: None, lease: Some("web"), count: 3 };
    for (name, what, told) in [
        (
            "json",
            route,
            "{ \"exabgp\": \"5.0.0\", \"time\": 1.5, \"host\" : \"vm\", \"pid\" : 16985, \"ppid\" : 16984, \
             \"type\": \"expired\", \"expired\": { \"family\": \"ipv4 unicast\", \"nlri\": \"10.1.2.0/24\", \
             \"neighbors\": 2 } }\n",
        ),
        (
            "json",
            lease,
            "{ \"exabgp\": \"5.0.0\", \"time\": 1.5, \"host\" : \"vm\", \"pid\" : 16985, \"ppid\" : 16984, \
             \"type\": \"expired\", \"expired\": { \"lease\": \"web\", \"routes\": 3 } }\n",
        ),
        (
            "text",
            Expired { lease: Some("web"), ..route },
            "expired route ipv4 unicast 10.1.2.0/24 lease web\n\n",
        ),
        ("text", lease, "expired lease web\n\n"),
    ] {
        let dialect = Dialect::named(name).unwrap();
        let mut out = Vec::new();
        (dialect.expired)(&host(), 1.5, &what, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), told);
    }
}

#[test]
fn the_end_and_what_was_missed() {
    for (name, shutdown, gap) in [
        (
            "json",
            "{ \"exabgp\": \"5.0.0\", \"time\": 1.5, \"host\" : \"vm\", \"pid\" : 16985, \"ppid\" : 16984, \
             \"type\": \"notification\", \"notification\": \"shutdown\" }\n",
            "{ \"exabgp\": \"5.0.0\", \"time\": 1.5, \"host\" : \"vm\", \"pid\" : 16985, \"ppid\" : 16984, \
             \"type\": \"gap\", \"lost\": 3 }\n",
        ),
        ("text", "shutdown 16985 16984\n\n", "gap 3\n\n"),
    ] {
        let dialect = Dialect::named(name).unwrap();
        let mut out = Vec::new();
        (dialect.shutdown)(&host(), 1.5, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), shutdown);
        let mut out = Vec::new();
        (dialect.gap)(&host(), 1.5, 3, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), gap);
    }
}

#[test]
fn automatic_values_are_null() {
    let mut head = head();
    (head.local, head.local_as, head.peer_as, head.router_id) = (None, None, None, None);
    let dialect = Dialect::named("json").unwrap();
    let wishes = Subscription::NONE.with(Class::State);
    let mut publisher = Publisher::new(&host(), &head, &[((), dialect, wishes)]);
    publisher.publish(f64::NAN, &Event::Up);
    publisher.drain(|(), bytes, _| {
        let line = std::str::from_utf8(&bytes).unwrap();
        let expected = "\"neighbor\": { \"address\": { \"local\": null, \"peer\": \"127.0.0.1\" }, \
                        \"asn\": { \"local\": null, \"peer\": null }, \"state\": \"up\" } }\n";
        assert!(line.ends_with(expected), "{line}");
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    });
}

#[test]
fn one_helper_does_not_change_what_another_gets() {
    let json = Dialect::named("json").unwrap();
    let text = Dialect::named("text").unwrap();
    let keepalive = |f| Subscription::NONE.with_message(MessageKind::Keepalive, Direction::Receive, f);
    let members = [
        ("parsed", json, keepalive(Format::Parsed)),
        ("packets", json, keepalive(Format::Packets)),
        ("both", json, keepalive(Format::Packets)),
        ("both", json, keepalive(Format::Parsed)),
        ("text", text, keepalive(Format::Parsed)),
        ("deaf", json, Subscription::NONE.with(Class::State)),
    ];
    let mut publisher = Publisher::new(&host(), &head(), &members);
    assert!(publisher.wants(Class::Message(MessageKind::Keepalive, Direction::Receive)));
    assert!(!publisher.wants(Class::Message(MessageKind::Keepalive, Direction::Send)));
    let octets = message(4, &[]);
    let event =
        Event::Message { direction: Direction::Receive, raw: raw(&octets), content: Content::Keepalive };
    publisher.publish(1.0, &event);
    publisher.publish(2.0, &event);
    let mut got: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    publisher.drain(|helper, bytes, _| {
        let counters = got.entry(helper).or_default();
        for line in std::str::from_utf8(&bytes).unwrap().lines() {
            let counter = line.split("\"counter\": ").nth(1).and_then(|r| r.split(',').next());
            counters.extend(counter.and_then(|c| c.parse::<u64>().ok()));
        }
    });
    let expected: [(&str, &[u64]); 4] =
        [("both", &[1, 2, 3, 4]), ("packets", &[1, 3]), ("parsed", &[2, 4]), ("text", &[])];
    let got: Vec<(&str, &[u64])> = got.iter().map(|(n, c)| (*n, c.as_slice())).collect();
    assert_eq!(got, expected);
    assert_eq!(publisher.pending(), 0);
}

#[test]
fn link_state_routes_show_their_next_hop_once_more() {
    let node = "03000000000000000001000010020000040000fde8020300040a000001";
    let members = "{ \"ls-nlri-type\": \"bgpls-node\", \"l3-routing-topology\": 0, \"protocol-id\": 3, \
                   \"node-descriptors\": [ { \"autonomous-system\": 65000 }, { \"router-id\": \"10.0.0.1\" } ], ";
    let families: FamilySet = [Family::BGP_LS, Family::BGP_LS_VPN].into_iter().collect();
    let ctx = DecodeCtx { families, ..DecodeCtx::default() };
    for (reach, end) in [
        (format!("800e2a 400447 04 0a000009 00 0001001d {node}"), ""),
        (
            format!("800e3a 400448 0c 0000000000000000 0a000009 00 00010025 0000fde800000001 {node}"),
            ", \"rd\": \"65000:1\"",
        ),
    ] {
        let length = reach.replace(' ', "").len() / 2 + 24;
        let (json, _) = update_event(&format!("0000 {length:04x} {PATH} 400504000000c8 {reach}"), &ctx);
        let announced = json.split_once("\"announce\": ").unwrap().1;
        assert_eq!(
            announced,
            format!(
                "{{ \"bgp-ls bgp-ls\": {{ \"10.0.0.9\": [ {members}\"nexthop\": \"10.0.0.9\"{end} }} ] }} }} }} }}"
            )
        );
    }
    let (json, _) = update_event(&format!("0000 0027 800f24 400447 0001001d {node}"), &ctx);
    assert_eq!(
        json,
        format!(
            "{{ \"update\": {{ \"withdraw\": {{ \"bgp-ls bgp-ls\": [ {members}\"nexthop\": \"None\" }} ] }} }} }}"
        )
    );
}

/// The published decoding cases of BGP-LS, beside the repository where they are at hand.
#[test]
fn link_state_updates_are_those_of_the_published_cases() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/suites/exabgp-5.0/qa/decoding");
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("SKIPPED: {folder} is not there");
        return;
    };
    let mut seen = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let case = std::fs::read_to_string(&path).unwrap();
        let mut lines = case.lines();
        if !name.starts_with("bgp-ls-") || lines.next() != Some("update bgp-ls bgp-ls") {
            continue;
        }
        let octets = lines.next().unwrap().replace(' ', "").to_lowercase();
        let body = octets.strip_prefix(&"ff".repeat(16)).map_or(octets.as_str(), |rest| &rest[6..]);
        let (json, _) = update_event(body, &DecodeCtx::default());
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let expected: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        assert_eq!(json, expected["neighbor"]["message"], "{name}");
        seen += 1;
    }
    assert!(seen >= 7, "{seen}");
}
