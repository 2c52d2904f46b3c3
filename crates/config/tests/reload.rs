//! What a reload has to do.

mod common;

use common::config;
use config::diff::{Session, diff};

const BASE: &str = "[process.watch]
run = [\"exabgp-rs\"]

[[neighbor]]
peer-address = \"192.0.2.1\"
local-address = \"192.0.2.2\"
local-as = 65000
peer-as = 65001
";

/// Names of routes, for comparing.
fn texts<'a>(routes: impl Iterator<Item = &'a config::model::StaticRoute>) -> Vec<String> {
    routes.map(|r| r.nlri.to_string()).collect()
}

#[test]
fn nothing_changed() {
    assert!(diff(&config(BASE), &config(&format!("# a comment\n{BASE}"))).is_empty());
}

#[test]
fn names_make_neighbors() {
    let old = config(BASE);
    for (from, to) in
        [("192.0.2.1", "192.0.2.3"), ("65001", "65002"), ("65000", "65009"), ("192.0.2.2", "192.0.2.4")]
    {
        let new = config(&BASE.replace(from, to));
        let d = diff(&old, &new);
        assert_eq!((d.removed.len(), d.added.len(), d.changed.len()), (1, 1, 0), "{from} {to}");
    }
}

#[test]
fn what_the_open_says_restarts_and_what_it_does_not_say_keeps() {
    let old = config(BASE);
    let session = |more: &str| {
        let new = config(&format!("{BASE}{more}\n"));
        let d = diff(&old, &new);
        assert_eq!(d.changed.len(), 1, "{more}");
        d.changed[0].session
    };
    for more in [
        "hold-time = 90",
        "passive = true",
        "listen = 1790",
        "connect = 1790",
        "rate-limit = 5",
        "host-name = \"x\"",
        "domain-name = \"x\"",
        "md5-password = \"x\"",
        "md5-ip = \"192.0.2.9\"",
        "incoming-ttl = 255",
        "outgoing-ttl = 1",
        "group-updates = false",
        "auto-flush = false",
        "adj-rib-in = false",
        "adj-rib-out = false",
        "send-hold-time = 9",
        "families = [\"ipv4 unicast\"]",
        "[neighbor.capability]\nasn4 = false",
        "[neighbor.capability]\ngraceful-restart = 9",
    ] {
        assert_eq!(session(more), Session::Restart, "{more}");
    }
    for more in [
        "description = \"x\"",
        "source-interface = \"eth0\"",
        "manual-eor = true",
        "[neighbor.api]\nprocesses = \"watch\"",
        "[neighbor.static]\nroutes = \"10.0.0.0/24 next-hop self\"",
    ] {
        assert_eq!(session(more), Session::Keep, "{more}");
    }
}

#[test]
fn the_lists_of_add_path_and_nexthop_count_with_the_next_session() {
    let with = |lists: &str| {
        config(&format!("{BASE}[neighbor.capability]\nadd-path = 'send'\nnexthop = true\n{lists}"))
    };
    for lists in [
        "[neighbor.add-path]\nfamilies = ['ipv4 unicast']\n",
        "[neighbor.nexthop]\nfamilies = ['ipv4 unicast ipv6']\n",
    ] {
        let (old, new) = (with(""), with(lists));
        let d = diff(&old, &new);
        assert_eq!(d.changed.len(), 1, "{lists}");
        assert_eq!(d.changed[0].session, Session::Keep, "{lists}");
    }
}

#[test]
fn routes_are_compared_one_by_one_and_back() {
    let with = |routes: &str| config(&format!("{BASE}[neighbor.static]\nroutes = [{routes}]\n"));
    let old =
        with("'10.0.0.0/24 next-hop self', '10.0.1.0/24 next-hop self', '10.0.2.0/24 next-hop self med 1'");
    let new =
        with("'10.0.3.0/24 next-hop self', '10.0.2.0/24 next-hop self med 2', '10.0.0.0/24 next-hop self'");
    let d = diff(&old, &new);
    let change = &d.changed[0];
    assert_eq!(change.session, Session::Keep);
    assert_eq!(texts(change.withdraw()), ["10.0.1.0/24"]);
    assert_eq!(texts(change.announce()), ["10.0.3.0/24", "10.0.2.0/24"]);
    let back = diff(&new, &old);
    assert_eq!(texts(back.changed[0].withdraw()), ["10.0.3.0/24"]);
    assert_eq!(texts(back.changed[0].announce()), ["10.0.1.0/24", "10.0.2.0/24"]);
}

#[test]
fn the_last_of_two_routes_for_one_prefix_is_the_one() {
    let with = |routes: &str| config(&format!("{BASE}[neighbor.static]\nroutes = [{routes}]\n"));
    let twice = with("'10.0.0.0/24 next-hop self med 1', '10.0.0.0/24 next-hop self med 2'");
    let once = with("'10.0.0.0/24 next-hop self med 2'");
    assert!(diff(&twice, &once).is_empty());
    assert!(diff(&once, &twice).is_empty());
    // Path identifiers make different routes of one prefix.
    let paths = with(
        "'10.0.0.0/24 next-hop self path-information 1', '10.0.0.0/24 next-hop self path-information 2'",
    );
    let d = diff(&once, &paths);
    assert_eq!((d.changed[0].withdraw().count(), d.changed[0].announce().count()), (1, 2));
}

#[test]
fn neighbors_that_share_a_list_share_its_changes_and_what_is_last_stands() {
    use std::fmt::Write as _;
    let text = |template: &str, own: &str| {
        let mut text = format!("[template.t.static]\nroutes = [{template}]\n");
        for n in 1..=3 {
            let own = if n == 3 { format!("[neighbor.static]\nroutes = [{own}]\n") } else { String::new() };
            let _ = write!(
                text,
                "[[neighbor]]\ninherit = 't'\npeer-address = '192.0.2.{n}'\nlocal-address = '192.0.2.9'\n\
                 local-as = 65000\npeer-as = 65001\n{own}"
            );
        }
        config(&text)
    };
    let a = "'10.0.0.0/24 next-hop self', '10.0.1.0/24 next-hop self'";
    let old = text(a, "'10.0.0.0/24 next-hop self med 3'");
    let new = text(&a.replace("self',", "self med 1',"), "'10.0.0.0/24 next-hop self med 3'");
    let d = diff(&old, &new);
    assert_eq!(d.changed.len(), 2, "the third has a route of its own in that place");
    assert!(std::sync::Arc::ptr_eq(&d.changed[0].routes, &d.changed[1].routes));
    assert_eq!(texts(d.changed[0].announce()), ["10.0.0.0/24"]);
    // Without its own, the template's stands.
    let without = text(a, "'10.0.2.0/24 next-hop self'");
    let d = diff(&old, &without);
    assert_eq!(texts(d.changed[0].withdraw()), Vec::<String>::new());
    assert_eq!(texts(d.changed[0].announce()), ["10.0.0.0/24", "10.0.2.0/24"]);
    // What a neighbor is given that comes anew is what stands.
    let none = config("");
    let routes = |n: usize| {
        let d = diff(&none, &old);
        d.added[n].routes.announce.iter().flat_map(config::diff::Chosen::routes).count()
    };
    assert_eq!((routes(0), routes(2)), (2, 2));
}

#[test]
fn a_route_of_a_watchdog_leaves_its_group_when_it_changes() {
    let with = |route: &str| config(&format!("{BASE}[neighbor.static]\nroutes = ['{route}']\n"));
    let old = with("10.0.0.0/24 next-hop self watchdog dog");
    for new in ["10.0.0.0/24 next-hop self watchdog cat", "10.0.0.0/24 next-hop self"] {
        let new = with(new);
        let d = diff(&old, &new);
        let ungrouped = d.changed[0].routes.ungroup.iter().flat_map(config::diff::Chosen::routes);
        assert_eq!(texts(ungrouped), ["10.0.0.0/24"]);
        assert_eq!(texts(d.changed[0].announce()), ["10.0.0.0/24"]);
    }
}

#[test]
fn processes_come_go_and_change() {
    let old = config("[process.a]\nrun = 'exabgp-rs a'\n[process.b]\nrun = 'exabgp-rs b'\n");
    let new = config("[process.b]\nrun = 'exabgp-rs bb'\n[process.c]\nrun = 'exabgp-rs c'\n");
    let d = diff(&old, &new);
    let names = |list: &[&config::Process]| list.iter().map(|p| p.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(&d.processes_removed), names(&d.processes_added)),
        (vec!["a".into()], vec!["c".into()])
    );
    assert_eq!(d.processes_changed[0].0.args, ["b"]);
    let back = diff(&new, &old);
    assert_eq!(
        (names(&back.processes_removed), names(&back.processes_added)),
        (vec!["c".into()], vec!["a".into()])
    );
    assert_eq!(back.processes_changed[0].0.args, ["bb"]);
}

#[test]
fn many_routes_are_read_and_compared_without_quadratic_work() {
    use std::fmt::Write as _;
    // Enough for a quadratic step to take minutes; the time itself is no test.
    let mut text = format!("{BASE}[neighbor.static]\nroutes = [\n");
    for i in 0..50_000u32 {
        let address = std::net::Ipv4Addr::from(0x0A00_0000 + i);
        let _ = writeln!(text, "  \"{address}/32 next-hop 192.0.2.9 med {}\",", i % 50);
    }
    text.push_str("]\n");
    let old = config(&text);
    let new = config(&text.replace("med 7\"", "med 777\""));
    let routes = &old.neighbors[0].routes[0];
    assert_eq!(routes.routes().len(), 50_000);
    let clauses: std::collections::HashSet<_> =
        routes.routes().iter().map(|r| std::sync::Arc::as_ptr(&r.clause)).collect();
    assert_eq!(clauses.len(), 50, "routes of the same words share a clause");
    assert_eq!(diff(&old, &new).changed[0].announce().count(), 1000);
}
