use super::*;

fn view() -> NeighborView {
    let both = Sides { local: Some(true), peer: Some(true) };
    let neither = Sides { local: Some(false), peer: Some(false) };
    NeighborView {
        peer: "127.0.0.1".parse().unwrap(),
        local: Some("127.0.0.1".parse().unwrap()),
        state: "ESTABLISHED",
        since: Some(12),
        up: true,
        asn: Sides { local: Some(Asn(65000)), peer: Some(Asn(65000)) },
        router_id: Sides { local: Some([10, 0, 0, 2].into()), peer: Some([10, 0, 0, 3].into()) },
        hold_time: Sides { local: Some(180), peer: Some(180) },
        capabilities: [both, both, neither, neither, neither, both, both],
        families: vec![FamilyView {
            family: Family::IPV4_UNICAST,
            offered: both,
            add_path: neither,
            paths: Paths::default(),
        }],
        messages: [(1, 1), (0, 0), (1, 1), (25, 1), (2, 0)]
            .map(|(sent, received)| Messages { sent, received }),
        configuration: String::new(),
    }
}

#[test]
fn a_summary_has_the_columns_of_the_original() {
    let mut text = String::new();
    summary_header(&mut text);
    summary(&view(), &mut text);
    let down = NeighborView {
        up: false,
        since: None,
        state: "OPENSENT",
        messages: [Messages::default(); 5],
        ..view()
    };
    summary(&down, &mut text);
    let long = NeighborView { since: Some(90_061), ..view() };
    summary(&long, &mut text);
    assert_eq!(
        text,
        "Peer            AS        up/down state       |     #sent     #recvd\n\
         127.0.0.1       65000     0:00:12 established          25          1\n\
         127.0.0.1       65000        down opensent              0          0\n\
         127.0.0.1       65000   1 day, 1:01:01 established          25          1\n"
    );
}

#[test]
fn extensive_has_the_columns_of_the_original() {
    let mut text = String::new();
    extensive(&view(), &mut text);
    for line in [
        "Neighbor 127.0.0.1",
        "    Session                       Local",
        "   local                      127.0.0.1                                ",
        "   up for                       0:00:12                                ",
        "    Setup                         Local          Remote",
        "   ID                          10.0.0.2        10.0.0.3                ",
        "   asn4:                        enabled         enabled                ",
        "   multi-session:              disabled        disabled                ",
        "    Families                      Local          Remote        Add-Path",
        "   ipv4 unicast:                enabled         enabled disabled       ",
        "    Message Statistic              Sent        Received",
        "   total:                            29               3                ",
    ] {
        assert!(text.lines().any(|l| l == line), "{line:?} is not in\n{text}");
    }
    let mut text = String::new();
    let down = NeighborView { up: false, since: None, router_id: Sides::default(), ..view() };
    extensive(&down, &mut text);
    assert!(text.lines().any(|l| l.trim_end() == "   down for                         n/a"), "{text}");
}

#[test]
fn json_is_that_of_the_original() {
    let mut out = Vec::new();
    let mut down = view();
    down.hold_time.peer = None;
    down.capabilities[0].peer = None;
    json([&view(), &down], &mut out);
    let text = String::from_utf8(out).unwrap();
    let side = |hold: &str, asn4: &str, id: &str| {
        format!(
            "{{\"capabilities\": {{\"asn4\": {asn4}, \"route-refresh\": true, \"multi-session\": false, \
             \"operational\": false, \"add-path\": false, \"extended-message\": true, \"graceful-restart\": true}}, \
             \"families\": {{\"ipv4 unicast\": true}}, \"add-path\": {{\"ipv4 unicast\": false}}, \
             \"address\": \"127.0.0.1\", \"as\": 65000, \"id\": \"{id}\", \"hold\": {hold}}}"
        )
    };
    let start = format!(
        "[{{\"state\": \"up\", \"duration\": 12, \"fsm\": \"ESTABLISHED\", \"local\": {}, \"peer\": {}, \
         \"messages\": {{\"sent\": {{\"open\": 1, \"notification\": 0, \"keepalive\": 1, \"update\": 25, \
         \"refresh\": 2, \"total\": 29}}, \"received\": {{",
        side("180", "true", "10.0.0.2"),
        side("180", "true", "10.0.0.3")
    );
    assert!(text.starts_with(&start), "{text}\n{start}");
    assert!(text.contains(&side("null", "null", "10.0.0.3")), "{text}");
    let end = "\"capabilities\": [\"route-refresh\", \"extended-message\", \"graceful-restart\"], \
               \"families\": [\"ipv4 unicast\"], \"add-path\": {\"ipv4 unicast\": \"disabled\"}}]\n";
    assert!(text.ends_with(end), "{text}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()[0]["peer"]["as"], 65000);
}
