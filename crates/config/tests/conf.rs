//! What ExaBGP's language means. Every test is a file as users write it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bgp_wire::{Asn, Family};
use config::diag::Source;
use config::model::{AddPath, Encoder, Neighbor, OnExit, Program};
use config::{Language, Loaded, Options, Sources};

/// A neighbor with all that it must have, and `more`.
fn neighbor(more: &str) -> String {
    format!(
        "neighbor 192.0.2.1 {{\n local-address 192.0.2.2;\n local-as 65000;\n peer-as 65001;\n{more}\n}}\n"
    )
}

fn try_load(text: &str, lenient: bool) -> Result<Loaded, String> {
    let source = Source { path: "conf.conf".to_owned(), text: text.to_owned() };
    let sources = Sources { environment: [("PATH", "/usr/bin:/bin")].into_iter().collect(), ini: None };
    config::parse_with(source, Path::new("/nowhere"), &sources, Options { lenient })
        .map_err(|e| e.to_string())
}

/// A configuration that must be right; how often it is warned of.
fn load(text: &str) -> Loaded {
    try_load(text, false).unwrap_or_else(|e| panic!("{e}"))
}

fn one(text: &str) -> Neighbor {
    load(text).config.neighbors.remove(0)
}

fn refused(text: &str) -> String {
    try_load(text, false).err().unwrap_or_else(|| panic!("accepted: {text}"))
}

fn routes(neighbor: &Neighbor) -> String {
    let mut out = String::new();
    for route in neighbor.static_routes() {
        let next_hop = route.clause.attributes.next_hop();
        let _ = writeln!(out, "{} {} {next_hop}", route.nlri.family(), route.nlri);
    }
    out
}

#[test]
fn the_language_is_told_by_the_content() {
    let of = |path: &str, text: &str| Language::of(&Source { path: path.to_owned(), text: text.to_owned() });
    assert_eq!(of("a.toml", "# x = 1 {\n\nneighbor 10.0.0.1 {\n"), Language::ExaBgp);
    assert_eq!(of("a.conf", "# neighbor {\n[[neighbor]]\n"), Language::Toml);
    assert_eq!(of("a.conf", "neighbor = [{ peer-address = \"a\" }]"), Language::Toml);
    assert_eq!(of("a.conf", "process \"a=b\" {"), Language::ExaBgp);
    assert_eq!(of("a.toml", ""), Language::Toml);
    assert_eq!(of("a.conf", ""), Language::ExaBgp);
}

#[test]
fn scalars_have_their_values_and_defaults() {
    let n = one(&neighbor(
        "description \"a; b\"; hold-time 90; passive; connect 1179; listen 0; outgoing-ttl 3;
         incoming-ttl disable; md5-password 'x y'; group-updates false; adj-rib-in false; router-id 1.2.3.4;
         host-name a.example; rate-limit disable; source-interface eth0; manual-eor true; peer-as 1.1;",
    ));
    assert_eq!(n.description, "a; b");
    assert_eq!((n.hold_time, n.passive, n.connect, n.listen), (90, true, 1179, None));
    assert_eq!((n.outgoing_ttl, n.incoming_ttl), (Some(3), None));
    assert_eq!(n.md5.unwrap().reveal(), b"x y");
    assert!(!n.group_updates && !n.adj_rib_in && n.adj_rib_out && n.manual_eor);
    assert_eq!(n.name.router_id, Some([1, 2, 3, 4].into()));
    assert_eq!(n.name.peer_as, Some(Asn(65537)));
    let n = one(&neighbor(""));
    assert_eq!((n.hold_time, n.passive, n.connect, n.families.len()), (180, false, 179, Family::ALL.len()));
    assert_eq!(n.name.router_id, Some([192, 0, 2, 2].into()));
}

#[test]
fn bare_keywords_mean_what_they_mean_in_exabgp() {
    let text = neighbor("adj-rib-in; adj-rib-out; manual-eor; capability { software-version; asn4; aigp; }");
    let loaded = load(&text);
    let n = &loaded.config.neighbors[0];
    assert!(!n.adj_rib_in && !n.adj_rib_out && !n.manual_eor);
    assert!(!n.capability.software_version && n.capability.asn4 && n.capability.aigp);
    // Each of the four that mean the opposite of what they say is warned of.
    assert_eq!(loaded.report.to_string().matches("alone means false").count(), 4);
}

#[test]
fn capabilities_and_families() {
    let n = one(&neighbor(
        "family { ipv4 Unicast; ipv6 unicast; ipv4 labeled-unicast; }
         capability { add-path send/receive; graceful-restart; route-refresh enable; extended-message no; }
         add-path { ipv4 unicast; }
         nexthop { ipv4 unicast ipv6; }",
    ));
    assert_eq!(n.families, [Family::IPV4_UNICAST, Family::IPV6_UNICAST, Family::IPV4_NLRI_MPLS]);
    let c = n.capability;
    assert_eq!((c.add_path, c.add_path_families), (AddPath::Both, vec![Family::IPV4_UNICAST]));
    assert_eq!((c.graceful_restart, c.route_refresh, c.extended_message), (Some(180), true, false));
    assert_eq!(c.next_hop.len(), 1);
    // More than the field holds is cut, as ExaBGP's wire does.
    let n = one(&neighbor("capability { graceful-restart 65535; }"));
    assert_eq!(n.capability.graceful_restart, Some(4095));
    assert_eq!(one(&neighbor("family { all; }")).families.len(), Family::ALL.len());
    assert_eq!(one(&neighbor("family { ipv4 unicast; all; }")).families.len(), 1);
    assert!(refused(&neighbor("family { all; ipv4 unicast; }")).contains("after all"));
    assert!(refused(&neighbor("family { ipv4 unicast; ipv4 unicast; }")).contains("twice"));
    assert_eq!(one(&neighbor("family { ipv4 unicast; } family { ipv4 unicast; }")).families.len(), 1);
}

#[test]
fn a_template_overrides_its_neighbors_and_adds_lists() {
    let text = "template { neighbor t { hold-time 30; peer-as 65009; family { ipv6 unicast; }
            static { route 2001:db8::/32 next-hop 2001:db8::1; } } }
        template { neighbor u { hold-time 60; } }
        neighbor 192.0.2.1 { inherit [ t, u ]; inherit nobody; local-address 192.0.2.2; local-as 65000;
            peer-as 65001; hold-time 90; family { ipv4 unicast; }
            static { route 10.0.0.0/8 next-hop self; } }";
    let loaded = load(text);
    let n = &loaded.config.neighbors[0];
    assert_eq!((n.hold_time, n.name.peer_as), (60, Some(Asn(65009))));
    assert_eq!(n.families, [Family::IPV4_UNICAST, Family::IPV6_UNICAST]);
    assert_eq!(routes(n), "ipv4 unicast 10.0.0.0/8 self\nipv6 unicast 2001:db8::/32 2001:db8::1\n");
    // ExaBGP ignores an unknown template in silence.
    assert!(loaded.report.to_string().contains("there is no template called nobody"));
}

#[test]
fn routes_in_all_their_forms() {
    let n = one(&neighbor(
        "static {
           route 10.0.0.0/24 next-hop 1.2.3.4 med 5;
           route 10.0.1.0/24 { next-hop self; # a comment
             med 10; community [ 65000:1 no-export ]; }
           route 10.0.2.0/24 next-hop 1.2.3.4 { label 7; }
           attributes next-hop 1.2.3.4 med 5 nlri 10.1.0.0/24 10.2.0.0/24;
           route 10.3.0.0/24 rd 65000:1 label 3 next-hop 1.2.3.4;
           route 10.4.0.0/23 next-hop 1.2.3.4 split /24;
           route \\
             10.5.0.0/24 \\
             next-hop 1.2.3.4;
         }
         announce { ipv4 { unicast 10.6.0.0/24 next-hop 1.2.3.4; mpls-vpn 10.7.0.0/24 next-hop 1.2.3.4 label 5 rd 1:1; }
                    ipv6 { unicast 2001:db8::/32 next-hop 2001:db8::1; }
                    l2vpn { vpls endpoint 5 base 100 offset 1 size 8 rd 1:1 next-hop 1.2.3.4; } }
         flow { route one { rd 65000:1; match { source 10.0.0.1/32; port [ =80 =443 ]; } then { discard; } }
                route destination 10.0.0.2/32 rate-limit 9600; }
         l2vpn { vpls site5 { endpoint 6; base 100; offset 1; size 8; rd 1:1; next-hop 1.2.3.4; } }",
    ));
    let shown = routes(&n);
    assert_eq!(shown.lines().count(), 16, "{shown}");
    for line in [
        "ipv4 unicast 10.0.1.0/24 self",
        "ipv4 nlri-mpls 10.0.2.0/24 label 7 1.2.3.4",
        "ipv4 unicast 10.2.0.0/24 1.2.3.4",
        "ipv4 unicast 10.4.1.0/24 1.2.3.4",
        "ipv4 unicast 10.5.0.0/24 1.2.3.4",
        "ipv6 unicast 2001:db8::/32 2001:db8::1",
    ] {
        assert!(shown.lines().any(|l| l == line), "{line} is not in\n{shown}");
    }
    assert_eq!(shown.lines().filter(|l| l.starts_with("ipv4 flow-vpn ")).count(), 1, "{shown}");
    assert_eq!(shown.lines().filter(|l| l.starts_with("l2vpn vpls ")).count(), 2, "{shown}");
}

#[test]
fn segment_routing_policies_in_every_form() {
    let policy = "preference 100 segment-list weight 1 segment type-a mpls 16001";
    let of_v4 = "distinguisher 0 color 1 endpoint 10.0.0.1";
    let of_v6 = "distinguisher 0 color 1 endpoint 2001:db8::1";
    let srv6 = "srv6-binding-sid fc00::1 policy-name \"a b\"";
    let n = one(&neighbor(&format!(
        "static {{
           sr-policy {of_v4} next-hop 1.2.3.4 {policy};
           sr-policy {of_v4} {{ next-hop 1.2.3.4; preference 100; segment-list weight 1 segment type-a mpls 16001; }}
           sr-policy {of_v4} next-hop 1.2.3.4 {srv6};
           sr-policy {of_v6} next-hop 1.2.3.4 {policy};
         }}
         announce {{ ipv4 {{ sr-policy {of_v4} next-hop 1.2.3.4 {policy}; }}
                    ipv6 {{ sr-policy {of_v6} {{ next-hop 2001:db8::9; {srv6}; }} }} }}"
    )));
    let toml = one(&format!(
        "[[neighbor]]\npeer-address = \"10.0.0.1\"\nlocal-address = \"10.0.0.2\"\nlocal-as = 1\npeer-as = 1\n
         [neighbor.static]\nroutes = ['sr-policy {of_v4} next-hop 1.2.3.4 {policy}',
         'ipv4 sr-policy {of_v4} next-hop 1.2.3.4 {policy}', 'ipv4 sr-policy {of_v4} next-hop 1.2.3.4 {srv6}',
         'ipv6 sr-policy {of_v6} next-hop 1.2.3.4 {policy}', 'ipv4 sr-policy {of_v4} next-hop 1.2.3.4 {policy}',
         'sr-policy {of_v6} next-hop 2001:db8::9 {srv6}']\n"
    ));
    let ours: Vec<_> = toml.static_routes().collect();
    let theirs: Vec<_> = n.static_routes().collect();
    assert_eq!(ours.len(), 6);
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!((&ours.nlri, &ours.clause.attributes), (&theirs.nlri, &theirs.clause.attributes));
        assert!(ours.clause.attributes.get(bgp_wire::AttrCode::TUNNEL_ENCAP).is_some());
    }
}

/// Flow rules and VPLS in ExaBGP's blocks, and the same as strings in TOML.
#[test]
fn flow_rules_and_vpls_are_strings_in_toml() {
    let n = one(&neighbor(
        "flow { route one { rd 65000:1; match { source 10.0.0.1/32; port [ =80 =443 ]; } then { discard; } }
                route destination 10.0.0.2/32 rate-limit 9600;
                route { match { source 2001:db8::/32; } then { redirect 65000:1; } } }
         l2vpn { vpls site5 { endpoint 6; base 100; offset 1; size 8; rd 1:1; next-hop 1.2.3.4; } }",
    ));
    let toml = one("[[neighbor]]
         peer-address = '10.0.0.1'
         local-address = '10.0.0.2'
         local-as = 1
         peer-as = 1
         [neighbor.static]
         routes = [
           'ipv4 flow-vpn rd 65000:1 source 10.0.0.1/32 port [ =80 =443 ] discard',
           'flow route destination 10.0.0.2/32 rate-limit 9600',
           'ipv6 flow source 2001:db8::/32 redirect 65000:1',
           'l2vpn vpls endpoint 6 base 100 offset 1 size 8 rd 1:1 next-hop 1.2.3.4',
           'vpls endpoint 6 base 100 offset 1 size 8 rd 1:1 next-hop 1.2.3.4',
           \"\"\"flow route one {
             rd 65000:1;
             match { source 10.0.0.1/32; port [ =80 =443 ]; }
             then { discard; }
           }\"\"\",
         ]
        ");
    let ours: Vec<_> = toml.static_routes().collect();
    let theirs: Vec<_> = n.static_routes().collect();
    assert_eq!((ours.len(), theirs.len()), (6, 4));
    for (ours, theirs) in ours.iter().zip([0, 1, 2, 3, 3, 0].map(|n| &theirs[n])) {
        assert_eq!((&ours.nlri, &ours.clause.attributes), (&theirs.nlri, &theirs.clause.attributes));
    }
}

#[test]
fn equal_words_are_parsed_and_held_once() {
    let mut text = "static {\n".to_owned();
    for i in 0..100 {
        let _ = writeln!(text, "route 10.0.{i}.0/24 next-hop 1.2.3.4 med 5;");
    }
    let n = one(&neighbor(&(text + "}")));
    let routes: Vec<_> = n.static_routes().collect();
    assert_eq!(routes.len(), 100);
    assert!(routes.iter().all(|r| std::sync::Arc::ptr_eq(&r.clause, &routes[0].clause)));
}

#[test]
fn processes_and_api_blocks() {
    let text = neighbor(
        "api one { processes [ a ]; neighbor-changes; receive { parsed; update; } send { packets; open false; } }
         api { processes-match [ \"^b\" ]; }",
    ) + "process a { run /bin/sh -c \"exit 0\"; encoder text; respawn false; }
         process bee { run sh; encoder JSON; on-exit withdraw-after 30; }";
    let loaded = load(&text);
    let [a, bee] = &loaded.config.processes[..] else { panic!() };
    assert_eq!((a.on_exit, bee.on_exit), (OnExit::Keep, OnExit::WithdrawAfter(30)));
    assert_eq!(a.program, Program::Path(PathBuf::from("/bin/sh")));
    assert_eq!(
        (a.args.as_slice(), a.encoder, a.respawn),
        (&["-c".to_owned(), "exit 0".to_owned()][..], Encoder::Text, false)
    );
    // The last place where the program is counts.
    assert_eq!((&bee.program, bee.encoder), (&Program::Path(PathBuf::from("/bin/sh")), Encoder::Json));
    let api = &loaded.config.neighbors[0].api;
    assert_eq!(api.commanders, ["a", "bee"]);
    assert!(api.blocks[0].neighbor_changes && api.blocks[0].receive.parsed && api.blocks[0].receive.update);
    assert!(api.blocks[0].send.packets && !api.blocks[0].send.open);
    assert_eq!(api.blocks[0].name.as_deref(), Some("one"));
}

#[test]
fn forms_of_version_3_are_taken_and_said() {
    let text = "group g {
          local-as 65000; peer-as 65001; local-address 192.0.2.2; graceful-restart 60;
          process p { run /bin/sh; receive { parsed; update; neighbor-changes; } }
          family { inet4 unicast; }
          static { route 10.0.0.0/24 next-hop self; }
          neighbor 192.0.2.1 { hold-time 30; }
          neighbor 192.0.2.3 { ttl-security 254; }
        }";
    let loaded = load(text);
    let [a, b] = &loaded.config.neighbors[..] else { panic!() };
    assert_eq!((a.hold_time, b.hold_time, b.incoming_ttl, b.outgoing_ttl), (30, 180, Some(254), Some(255)));
    for n in [a, b] {
        assert_eq!(n.families, [Family::IPV4_UNICAST]);
        assert_eq!((n.capability.graceful_restart, n.static_routes().count()), (Some(60), 1));
        assert!(n.api.may_command("p") && n.api.blocks[0].receive.update && n.api.blocks[0].neighbor_changes);
    }
    let said = loaded.report.to_string();
    for what in
        ["group is of ExaBGP 3", "a process within a neighbor", "ttl-security", "inet4", "outside capability"]
    {
        assert!(said.contains(what), "{what}\n{said}");
    }
}

#[test]
fn braces_are_as_forgiving_as_exabgps_but_not_silent() {
    let loaded = load(&(neighbor("") + "}\nneighbor nonsense {{{"));
    assert_eq!(loaded.config.neighbors.len(), 1);
    assert!(loaded.report.to_string().contains("everything behind it is ignored"));
    let loaded =
        load("neighbor 192.0.2.1 { local-address 192.0.2.2; local-as 1; peer-as 2; family { ipv4 unicast;");
    assert_eq!(loaded.config.neighbors[0].families.len(), 1);
    assert!(loaded.report.to_string().contains("family is not closed"));
}

#[test]
fn unknown_words_are_warnings_when_that_is_asked_for() {
    let text = neighbor("frobnicate 3; wibble { a { b; } } hold-time 77;");
    assert!(refused(&text).contains("2 errors"));
    let loaded = try_load(&text, true).unwrap();
    assert_eq!(loaded.config.neighbors[0].hold_time, 77);
    assert!(loaded.report.to_string().contains("2 warnings"));
}

#[test]
fn no_report_shows_a_password() {
    for line in [
        "md5-password hunter2 oops;",
        "md5-pasword \"hunter2\";",
        "md5-password \"hunter2;",
        "md5-password hunter2",
    ] {
        let text = neighbor(&format!("hold-time 2; {line}\n"));
        assert!(!refused(&text).contains("hunter2"), "{line}: {}", refused(&text));
    }
}

#[test]
fn settings_have_a_section_of_their_own() {
    let loaded = load(&(neighbor("") + "settings { bgp { openwait 17; } }"));
    assert_eq!(loaded.config.settings.bgp.openwait, 17);
    assert!(refused(&(neighbor("") + "settings { bgp { openwate 17; } }")).contains("openwait"));
}
