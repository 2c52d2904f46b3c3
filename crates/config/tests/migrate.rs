//! From one language to the other and back: the meaning stays.

use std::path::{Path, PathBuf};

use config::diag::Source;
use config::migrate::{differences, migrate};
use config::{Config, Language, Sources};

fn sources() -> Sources {
    Sources {
        environment: [("PATH", "/usr/bin:/bin"), ("SECRET", "hunter2")].into_iter().collect(),
        ini: None,
    }
}

fn parse(path: &str, text: &str, folder: &Path) -> Config {
    let source = Source { path: path.to_owned(), text: text.to_owned() };
    config::parse(source, folder, &sources()).unwrap_or_else(|e| panic!("{path}:\n{text}\n{e}")).config
}

/// A text in another language, after both were compared.
fn translated(path: &str, text: &str, folder: &Path, to: Language) -> Result<String, String> {
    let source = Source { path: path.to_owned(), text: text.to_owned() };
    let migrated = migrate(source, folder, &sources(), to).map_err(|e| e.to_string())?;
    let again = Source { path: format!("{path} as {to:?}"), text: migrated.text.clone() };
    assert_eq!(Language::of(&again), to, "{path}\n{}", migrated.text);
    let again =
        config::parse(again, folder, &sources()).map_err(|e| format!("{e}\n{}", migrated.text))?.config;
    let found = differences(&migrated.loaded.config, &again);
    if found.is_empty() { Ok(migrated.text) } else { Err(format!("{}\n{}", found.join("\n"), migrated.text)) }
}

/// There and back: every text on the way means what the first one means.
fn round(path: &str, text: &str, folder: &Path) -> Result<String, String> {
    let toml = translated(path, text, folder, Language::Toml)?;
    let exabgp = translated(path, &toml, folder, Language::ExaBgp)?;
    translated(path, &exabgp, folder, Language::Toml)?;
    // From ExaBGP's language to itself too, which is what is left when templates are taken apart.
    translated(path, text, folder, Language::ExaBgp)?;
    Ok(toml)
}

const CONF: &str = "# Written by hand.
process watch { # the watcher
    run /bin/sh -c \"echo ${NOT_OURS} \\\\ 'x y'\";
    encoder json;
}

template {
    # all of our routers
    neighbor common {
        local-as 65000;
        hold-time 30; # short
        family { ipv4 unicast; ipv6 unicast; }
        capability { graceful-restart 120; route-refresh; }
        api one { processes [ watch ]; neighbor-changes; receive { parsed; update; } }
    }
}

# The first.
neighbor 192.0.2.1 {
    inherit common;
    local-address 192.0.2.2;
    peer-as 65001;
    description \"it's $${HOME}, \\\\ and #1\";
    md5-password ${SECRET};
    rate-limit disable;
    static {
        # a default
        route 0.0.0.0/0 next-hop self;
        route 10.0.0.0/23 next-hop 192.0.2.9 split /24 watchdog \"a b\" withdraw; # in two
        route 10.1.0.0/24 { next-hop self; label 100; rd 65000:1; community [ 65000:1 no-export ]; }
        route 224.0.0.0/24 next-hop self;
    }
    flow { route one { match { source 10.0.0.1/32; port [ =80 =443 ]; } then { discard; } } }
    announce { ipv6 { unicast 2001:db8::/32 next-hop 2001:db8::1 as-path [ 1 2 ] ( 3 4 ); } }
}
neighbor 192.0.2.0/24 {
    passive; local-address 192.0.2.2; peer-as auto; local-as 1; router-id 9.9.9.9;
}
settings { bgp { openwait 17; } }
# The end.
";

/// Without what needs families that the neighbor has not.
fn conf() -> String {
    let labelled = "        route 10.1.0.0/24 { next-hop self; label 100; rd 65000:1; community [ 65000:1 no-export ]; }\n";
    let flow =
        "    flow { route one { match { source 10.0.0.1/32; port [ =80 =443 ]; } then { discard; } } }\n";
    CONF.replace(labelled, "").replace(flow, "").replace("        route 224.0.0.0/24 next-hop self;\n", "")
}

#[test]
fn what_is_printed_reads_well() {
    let folder = Path::new("/nowhere");
    let toml = round("conf", &conf(), folder).unwrap_or_else(|e| panic!("{e}"));
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("toml", toml);
        let back = translated("conf", &toml, folder, Language::ExaBgp).unwrap_or_else(|e| panic!("{e}"));
        insta::assert_snapshot!("exabgp", back);
    });
}

#[test]
fn every_comment_is_kept() {
    let folder = Path::new("/nowhere");
    let toml = round("conf", &conf(), folder).unwrap_or_else(|e| panic!("{e}"));
    for comment in [
        "# Written by hand.",
        "# the watcher",
        "# all of our",
        "# short",
        "# The first.",
        "# a default",
        "# in two",
        "# The end.",
    ] {
        assert_eq!(toml.matches(comment).count(), 1, "{comment}\n{toml}");
    }
}

#[test]
fn routes_of_all_kinds_come_back() {
    let text = CONF.replace("family { ipv4 unicast; ipv6 unicast; }", "");
    round("conf", &text, Path::new("/nowhere")).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn a_template_that_contradicts_its_neighbor_is_taken_apart() {
    let folder = Path::new("/nowhere");
    let text =
        conf().replace("    peer-as 65001;", "    peer-as 65001; hold-time 90; family { ipv4 multicast; }");
    let toml = round("conf", &text, folder).unwrap_or_else(|e| panic!("{e}"));
    // ExaBGP's template wins, and lists of families are put together.
    let config = parse("conf", &toml, folder);
    assert_eq!((config.neighbors[0].hold_time, config.neighbors[0].families.len()), (30, 3));
    let text = "[template.t]\nhold-time = 30\nlocal-as = 1\n[[neighbor]]\ninherit = \"t\"\nhold-time = 90\n\
        peer-as = 2\nlocal-address = \"192.0.2.2\"\npeer-address = \"192.0.2.1\"\n";
    let conf = translated("conf", text, folder, Language::ExaBgp).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(parse("conf", &conf, folder).neighbors[0].hold_time, 90);
}

#[test]
fn settings_that_are_seldom_used_come_back() {
    let text = "process p { run /bin/sh; encoder json; on-exit withdraw-after 7; overflow gap; queue-bytes 4096; }
        neighbor 2001:db8::1 { local-address 2001:db8::2; router-id 9.9.9.9; local-as 65000; peer-as 65001;
        description \"\"; connect 1179; incoming-ttl 255; local-link-local fe80::1; host-name a; domain-name b.c;
        capability { role customer; role-strict; long-lived-graceful-restart 100; add-path send; link-local-nexthop;
            software-version true; operational; graceful-restart; }
        add-path { ipv4 unicast limit 10; ipv6 unicast; } nexthop { ipv4 unicast ipv6; }
        operational { asm afi ipv4 safi unicast advisory \"it's ten\"; rpcp afi ipv4 safi unicast sequence 1 counter 2; }
        tcp-ao { keyid 5; algorithm hmac-sha-1-96; password \"a b\"; base64 false; }
        api { processes-match [ \"^p\" ]; fsm; send { packets; open; } } }";
    let toml = round("conf", text, Path::new("/nowhere")).unwrap_or_else(|e| panic!("{e}"));
    for part in [
        "keyid = 5",
        "limit 10",
        "withdraw-after 7",
        "role = \"customer\"",
        "fe80::1",
        "it's ten",
        "link-local-nexthop",
    ] {
        assert!(toml.contains(part), "{part}\n{toml}");
    }
}

#[test]
fn a_difference_is_found() {
    let folder = Path::new("/nowhere");
    let one = parse("conf", &conf(), folder);
    for (from, to) in [
        ("hold-time 30", "hold-time 33"),
        ("md5-password ${SECRET}", "md5-password other"),
        ("openwait 17", "openwait 18"),
        ("encoder json", "encoder text"),
        ("next-hop self;\n", "next-hop self med 1;\n"),
        ("watchdog \"a b\" withdraw", "watchdog \"a b\""),
    ] {
        let other = conf().replace(from, to);
        assert_ne!(other, conf(), "{from}");
        assert!(!differences(&one, &parse("conf", &other, folder)).is_empty(), "{from}");
    }
}

fn confs(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            confs(&path, found);
        } else if path.extension().is_some_and(|e| e == "conf" || e == "toml") {
            found.push(path);
        }
    }
}

fn all_of(folders: &[PathBuf], least: usize) {
    let mut files = Vec::new();
    for folder in folders {
        confs(folder, &mut files);
    }
    let (mut refused, mut wrong, mut right) = (Vec::new(), Vec::new(), 0);
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let name = file.display().to_string();
        let folder = file.parent().unwrap();
        if let Err(e) = config::load(file, &sources()) {
            let why = e.to_string();
            refused.push(format!("{name}: {}", why.lines().next().unwrap_or_default()));
            continue;
        }
        match round(&name, &text, folder) {
            Ok(_) => right += 1,
            Err(e) => wrong.push(format!("=== {name}\n{e}")),
        }
    }
    eprintln!("{right} of {} round-trip; {} are refused: {refused:#?}", files.len(), refused.len());
    assert!(wrong.is_empty(), "{} are wrong, {right} right\n{}", wrong.len(), wrong.join("\n"));
    assert!(right >= least, "only {right} of {}", files.len());
}

#[test]
fn our_own_examples_come_back() {
    all_of(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("../../etc")], 4);
}

/// The published suites lie beside the repository; where they are absent that is said, and nothing is tested.
#[test]
fn every_published_configuration_comes_back() {
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites");
    let Ok(entries) = std::fs::read_dir(&suites) else {
        eprintln!("SKIPPED, nothing is tested: {} is absent", suites.display());
        return;
    };
    let folders: Vec<PathBuf> = entries.map(|e| e.unwrap().path().join("etc")).collect();
    all_of(&folders, 70);
}
