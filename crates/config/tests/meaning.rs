//! What right configurations mean.

mod common;

use std::net::{IpAddr, Ipv4Addr};

use bgp_wire::{Afi, Asn, CapCode, Family};
use common::{config, loaded};
use config::Sources;
use config::model::{AddPath, Encoder, OnExit, Overflow, Program};

const LEAST: &str = "[[neighbor]]
peer-address = \"192.0.2.1\"
local-address = \"192.0.2.2\"
local-as = 65000
peer-as = 65001
";

#[test]
fn defaults() {
    let config = config(LEAST);
    let n = &config.neighbors[0];
    assert_eq!(
        n.name.to_string(),
        "neighbor 192.0.2.1 local-ip 192.0.2.2 local-as 65000 peer-as 65001 router-id 192.0.2.2 family-allowed in-open"
    );
    assert_eq!((n.hold_time, n.passive, n.listen, n.connect), (180, false, None, 179));
    assert_eq!(
        (n.outgoing_ttl, n.incoming_ttl, n.md5.clone(), n.source_interface.clone()),
        (None, None, None, None)
    );
    assert_eq!(n.bind, Some("192.0.2.2".parse().unwrap()));
    assert!(n.group_updates && n.auto_flush && n.adj_rib_in && n.adj_rib_out && !n.manual_eor);
    assert_eq!(n.families, Family::ALL);
    let c = &n.capability;
    assert!(c.asn4 && c.extended_message && !c.route_refresh && !c.aigp && !c.software_version);
    assert_eq!((c.graceful_restart, c.add_path, c.next_hop.clone()), (None, AddPath::Disabled, vec![]));
    assert!(n.api.blocks.is_empty() && !n.api.may_command("anyone"));
    assert_eq!(n.static_routes().count(), 0);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one setting a line, all of them")]
fn every_setting_of_a_neighbor() {
    let config = config(
        r#"
[process.watch]
run = ["exabgp-rs", "version", "a b"]
encoder = "text"
respawn = false
ack = false
overflow = "block"
queue-bytes = 65536
spill-bytes = 1_000_000
on-exit = "withdraw-after 30"

[process.watch-too]
run = "exabgp-rs speaker --listen '127.0.0.1:1790'"

[[neighbor]]
peer-address = "2001:db8::1"
local-address = "auto"
local-as = "auto"
peer-as = "1.1"
router-id = "10.0.0.1"
description = "a peer"
host-name = "here"
domain-name = "example.net"
hold-time = 0
send-hold-time = 30
rate-limit = 100
passive = true
connect = 1790
outgoing-ttl = 1
incoming-ttl = 255
md5-password = "aGVsbG8="
md5-base64 = true
md5-ip = "2001:db8::2"
source-interface = "eth0"
group-updates = false
auto-flush = false
adj-rib-in = false
adj-rib-out = false
manual-eor = true
families = ["ipv6 unicast", "ipv4 unicast", "ipv4 multicast"]
add-path = ["ipv4 unicast"]
nexthop = ["ipv4 unicast ipv6"]

[neighbor.capability]
asn4 = false
extended-message = false
graceful-restart = true
add-path = "send/receive"
aigp = true
software-version = true

[[neighbor.api]]
name = "events"
processes = ["watch", "watch"]
neighbor-changes = true
negotiated = true
fsm = true
signal = true
receive = ["parsed", "consolidate", "open", "update", "notification"]
send = ["packets", "keepalive", "refresh", "operational"]

[[neighbor.api]]
processes-match = ["watch.*"]

[neighbor.static]
routes = "10.0.0.0/24 next-hop 10.0.0.1"
"#,
    );
    let n = &config.neighbors[0];
    assert_eq!(n.name.local, None);
    assert_eq!((n.name.local_as, n.name.peer_as), (None, Some(Asn(65537))));
    assert_eq!((n.hold_time, n.send_hold_time, n.rate_limit.map(u32::from)), (0, Some(30), Some(100)));
    assert_eq!((n.passive, n.connect, n.outgoing_ttl, n.incoming_ttl), (true, 1790, Some(1), Some(255)));
    assert_eq!(n.md5.as_ref().map(config::Secret::reveal), Some(&b"hello"[..]));
    assert_eq!(n.bind, Some("2001:db8::2".parse().unwrap()));
    assert_eq!(n.source_interface.as_deref(), Some("eth0"));
    assert!(!n.group_updates && !n.auto_flush && !n.adj_rib_in && !n.adj_rib_out && n.manual_eor);
    assert_eq!(n.families, [Family::IPV6_UNICAST, Family::IPV4_UNICAST, Family::IPV4_MULTICAST]);
    assert_eq!(n.capability.add_path_families, [Family::IPV4_UNICAST]);
    assert_eq!(n.capability.next_hop, [(Family::IPV4_UNICAST, Afi::IPV6)]);
    // true is the hold time's, which is none here.
    assert_eq!(n.capability.graceful_restart, Some(0));
    let watch = &config.processes[0];
    assert_eq!(
        (watch.program.clone(), watch.args.clone()),
        (Program::Own, vec!["version".into(), "a b".into()])
    );
    assert_eq!(
        (watch.encoder, watch.respawn, watch.ack, watch.overflow),
        (Encoder::Text, false, false, Overflow::Block)
    );
    assert_eq!((watch.queue_bytes, watch.spill_bytes), (65536, 1_000_000));
    assert_eq!(watch.on_exit, OnExit::WithdrawAfter(30));
    assert_eq!(config.processes[1].on_exit, OnExit::Keep);
    assert_eq!(config.processes[1].args, ["speaker", "--listen", "127.0.0.1:1790"]);
    assert_eq!((config.processes[1].encoder, config.processes[1].ack), (Encoder::Json, true));
    let events = &n.api.blocks[0];
    assert_eq!(events.processes, ["watch"], "named twice, told once");
    assert!(events.neighbor_changes && events.negotiated && events.fsm && events.signal);
    assert!(
        events.receive.parsed
            && events.receive.consolidate
            && !events.receive.packets
            && !events.receive.keepalive
    );
    assert!(events.send.packets && events.send.keepalive && events.send.refresh && events.send.operational);
    // A pattern permits commands and tells nothing.
    assert!(n.api.may_command("watch") && n.api.may_command("watch-too") && !n.api.may_command("wat"));
    assert!(n.api.blocks[1].processes.is_empty());
    let printed: Vec<_> = n.static_routes().map(|r| format!("{}{}", r.nlri, r.clause.attributes)).collect();
    assert_eq!(printed, ["10.0.0.0/24 next-hop 10.0.0.1"]);
}

#[test]
fn capabilities_of_the_open_are_in_the_usual_order() {
    let config = config(&format!(
        "{LEAST}host-name = \"here\"\nfamilies = [\"ipv4 unicast\", \"ipv6 unicast\"]\nhold-time = 9000\n[neighbor.capability]\n\
         graceful-restart = 0\nadd-path = \"send\"\nroute-refresh = true\nnexthop = true\nsoftware-version = true\n"
    ));
    let all = config.neighbors[0].capabilities(Asn(65000), true, "x/1");
    let codes: Vec<_> = all.iter().map(|c| c.code).collect();
    assert_eq!(
        codes,
        [
            CapCode::MULTIPROTOCOL,
            CapCode::MULTIPROTOCOL,
            CapCode::ASN4,
            CapCode::NEXTHOP,
            CapCode::ADD_PATH,
            CapCode::GRACEFUL_RESTART,
            CapCode::ROUTE_REFRESH,
            CapCode::ENHANCED_ROUTE_REFRESH,
            CapCode::EXTENDED_MESSAGE,
            CapCode::HOSTNAME,
            CapCode::SOFTWARE_VERSION,
        ]
    );
    // The hold time does not fit in the twelve bits of a restart time; R is set.
    assert_eq!(all[5].value[..2], [0x8F, 0xFF]);
    assert_eq!(&*all[4].value, [0, 1, 1, 2, 0, 2, 1, 2]);
}

#[test]
fn a_neighbor_goes_before_its_templates_and_the_last_template_before_the_first() {
    let config = config(
        r#"
[template.base]
local-as = 65000
hold-time = 30
description = "base"
families = ["ipv4 unicast"]
[template.base.capability]
route-refresh = true
asn4 = false
[template.base.static]
routes = ["10.0.0.0/24 next-hop self"]

[template.edge]
hold-time = 60
peer-as = 65001

[[neighbor]]
inherit = ["base", "edge"]
peer-address = "192.0.2.1"
local-address = "192.0.2.2"
description = "own"
[neighbor.capability]
asn4 = true
[neighbor.static]
routes = ["10.0.1.0/24 next-hop self"]

[[neighbor]]
inherit = ["base", "edge"]
peer-address = "192.0.2.3"
local-address = "192.0.2.2"
"#,
    );
    let [a, b] = &config.neighbors[..] else { panic!("two") };
    assert_eq!((a.hold_time, a.description.as_str(), a.name.local_as), (60, "own", Some(Asn(65000))));
    assert!(a.capability.route_refresh && a.capability.asn4);
    assert!(b.capability.route_refresh && !b.capability.asn4);
    assert_eq!(a.families, [Family::IPV4_UNICAST]);
    let routes: Vec<_> = a.static_routes().map(|r| r.nlri.to_string()).collect();
    assert_eq!(routes, ["10.0.0.0/24", "10.0.1.0/24"]);
    assert!(std::sync::Arc::ptr_eq(&a.routes[0], &b.routes[0]), "a template's routes are held once");
}

#[test]
fn routes_as_tables_are_the_same_routes() {
    let table = r#"routes = [
  { prefix = "10.0.0.0/24", next-hop = "self", med = 0x10, as-path = [65001, 65002, [65003, 65004]], community = ["65000:1", "no-export"], atomic-aggregate = true, name = "x" },
  { prefix = "10.0.1.0/24", next-hop = "192.0.2.9", family = "ipv4 multicast", atomic-aggregate = false, path-information = 7, large-community = "1:2:3", as-path = [] },
  { prefix = "10.0.2.0/24", next-hop = "self", split = "/25", watchdog = "dog", withdraw = true, as-path = [[1], 2] },
]"#;
    let line = r#"routes = [
  "10.0.0.0/24 next-hop self med 16 as-path [65001 65002] (65003 65004) community [65000:1 no-export] atomic-aggregate name x",
  "ipv4 multicast 10.0.1.0/24 next-hop 192.0.2.9 path-information 7 large-community 1:2:3 as-path []",
  "attributes next-hop self watchdog dog withdraw as-path (1) [2] split /25 nlri 10.0.2.0/24",
]"#;
    let of = |routes: &str| {
        let config = config(&format!("{LEAST}[neighbor.static]\n{routes}\n"));
        config.neighbors[0].static_routes().cloned().collect::<Vec<_>>()
    };
    let (tables, lines) = (of(table), of(line));
    assert_eq!(tables.len(), 4);
    for (table, line) in tables.iter().zip(&lines) {
        assert_eq!((&table.nlri, &table.clause.attributes), (&line.nlri, &line.clause.attributes));
        assert_eq!(
            (&table.clause.watchdog, table.clause.withdrawn),
            (&line.clause.watchdog, line.clause.withdrawn)
        );
    }
    assert_eq!(tables, {
        let mut lines = lines;
        // `split` is spent, and only here to compare whole routes.
        for route in &mut lines[2..] {
            assert_eq!(route.clause.split, Some(25));
        }
        lines
    });
}

#[test]
fn ranges_and_listeners() {
    let config = config(
        "[[neighbor]]\npeer-address = \"192.0.2.5/24\"\npassive = true\nlocal-address = \"192.0.2.2\"\nlocal-as = 1\npeer-as = \"auto\"\n\
         [[neighbor]]\npeer-address = \"192.0.2.1/32\"\nlisten = 1790\nlocal-address = \"192.0.2.2\"\nlocal-as = 1\npeer-as = 2\n\
         [[neighbor]]\npeer-address = \"192.0.2.1\"\nlisten = 1791\nlocal-address = \"192.0.2.2\"\nlocal-as = 1\npeer-as = 2\n",
    );
    assert_eq!(config.neighbors[0].name.range, Some(24));
    assert_eq!(
        config.neighbors[0].name.peer,
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, 5)),
        "a range starts where written"
    );
    assert_eq!((config.neighbors[1].name.range, config.neighbors[1].listen), (None, Some(1790)));
}

#[test]
fn self_is_the_session_address_or_the_router_identifier() {
    let config = config(LEAST);
    let n = &config.neighbors[0];
    assert_eq!(n.self_addresses("192.0.2.2".parse().unwrap()), (Some(Ipv4Addr::new(192, 0, 2, 2)), None));
    let v6 = "2001:db8::2".parse().unwrap();
    assert_eq!(n.self_addresses(IpAddr::V6(v6)), (Some(Ipv4Addr::new(192, 0, 2, 2)), Some(v6)));
}

#[test]
fn programs_are_found_beside_the_file_then_along_the_path() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let bin = tempfile::tempdir().unwrap();
    let put = |path: std::path::PathBuf| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    let beside = put(folder.path().join("run/here"));
    let both = put(folder.path().join("both"));
    put(bin.path().join("both"));
    let along = put(bin.path().join("along"));
    let text = "[process.a]\nrun = [\"run/here\"]\n[process.b]\nrun = [\"./run/here\"]\n[process.c]\nrun = [\"both\"]\n\
                [process.d]\nrun = [\"along\"]\n";
    let file = folder.path().join("conf.toml");
    std::fs::write(&file, text).unwrap();
    let sources = common::sources(&[("PATH", &format!("/nowhere:{}", bin.path().display()))], "");
    let config = config::load(&file, &sources).unwrap().config;
    let programs: Vec<_> = config.processes.iter().map(|p| p.program.clone()).collect();
    let [a, b, c, d] = &programs[..] else { panic!("four") };
    assert_eq!(*a, Program::Path(beside.clone()));
    let Program::Path(b) = b else { panic!("a path") };
    assert_eq!(b.canonicalize().unwrap(), beside.canonicalize().unwrap());
    assert_eq!((c, d), (&Program::Path(both), &Program::Path(along)));
}

#[test]
fn an_empty_configuration_is_fine() {
    let config = loaded("# nothing yet\n", &Sources::default()).config;
    assert!(config.neighbors.is_empty() && config.processes.is_empty());
}

#[test]
fn one_of_the_patterns_has_to_find_a_helper() {
    let text = |patterns: &str| {
        format!("[process.watch]\nrun = 'exabgp-rs'\n{LEAST}[neighbor.api]\nprocesses-match = [{patterns}]\n")
    };
    let loaded = loaded(&text("'wat', 'none'"), &Sources::default());
    assert!(loaded.config.neighbors[0].api.may_command("watch"), "anchored at the start only");
    let found: Vec<_> = loaded.report.diags().iter().map(|d| (d.severity, d.message.clone())).collect();
    assert_eq!(found, [(config::diag::Severity::Warning, "no process matches 'none'".to_owned())]);
    let source = config::diag::Source { path: "conf.toml".to_owned(), text: text("'atch', 'none'") };
    let refused = config::parse(source, std::path::Path::new("/"), &Sources::default()).unwrap_err();
    assert!(refused.to_string().contains("no process matches 'atch'"), "{refused}");
}

#[test]
fn host_names_may_be_as_long_as_the_capability_holds() {
    let (host, domain) = ("h".repeat(200), "d".repeat(53));
    let text = |domain: &str| format!("{LEAST}host-name = '{host}'\ndomain-name = '{domain}'\n");
    let n = config(&text(&domain)).neighbors.remove(0);
    let open = n.capabilities(Asn(65000), false, "");
    let capability = open.iter().find(|c| c.code == CapCode::HOSTNAME).unwrap();
    assert_eq!(capability.value.len(), 255);
    let source = config::diag::Source { path: "conf.toml".to_owned(), text: text(&"d".repeat(54)) };
    let refused = config::parse(source, std::path::Path::new("/"), &Sources::default()).unwrap_err();
    assert!(refused.to_string().contains("one capability holds 253"), "{refused}");
}
