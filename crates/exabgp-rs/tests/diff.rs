//! `exabgp-rs diff` as a person reads it.

use std::path::Path;
use std::process::{Command, Output};

const BASE: &str = r#"
[process.watch]
run = ["exabgp-rs", "version"]

[[neighbor]]
peer-address = "192.0.2.1"
local-address = "192.0.2.9"
local-as = 65000
peer-as = 65001
static.routes = ["10.0.0.0/24 next-hop self med 10", "10.0.1.0/24 next-hop self"]

[[neighbor]]
peer-address = "192.0.2.2"
local-address = "192.0.2.9"
local-as = 65000
peer-as = 65002
md5-password = "old-secret"
static.routes = ["10.0.2.0/24 next-hop self"]
"#;

fn diff(folder: &Path, old: &str, new: &str, more: &[&str]) -> Output {
    let (a, b) = (folder.join("a.toml"), folder.join("b.toml"));
    std::fs::write(&a, old).unwrap();
    std::fs::write(&b, new).unwrap();
    Command::new(env!("CARGO_BIN_EXE_exabgp-rs"))
        .arg("diff")
        .args([&a, &b])
        .args(more)
        .env("EXABGP_ENVFILE", folder.join("none"))
        .output()
        .unwrap()
}

/// What is printed, every line without the words that identify the neighbor further.
fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = |line: &str| match line.split_once(" local-ip ") {
        Some((name, rest)) => format!("{name}:{}", rest.rsplit_once(':').unwrap().1),
        None => line.to_owned(),
    };
    std::str::from_utf8(&output.stdout).unwrap().lines().map(shown).collect()
}

#[test]
fn a_changed_metric_is_one_route_of_one_session_that_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let new = BASE.replace("med 10", "med 20");
    let output = diff(folder.path(), BASE, &new, &[]);
    assert_eq!(
        lines(&output),
        [
            "~ neighbor 192.0.2.1: session goes on, 0 routes withdrawn, 1 route announced",
            "    + ipv4 unicast 10.0.0.0/24 next-hop self med 20"
        ]
    );
    assert_eq!(lines(&diff(folder.path(), BASE, &new, &["--summary"])).len(), 1);
    assert_eq!(lines(&diff(folder.path(), BASE, BASE, &[])), ["nothing changes"]);
}

#[test]
fn sessions_helpers_and_settings() {
    let folder = tempfile::tempdir().unwrap();
    let new = BASE
        .replace("old-secret", "new-secret")
        .replace("peer-as = 65001", "peer-as = 65009")
        .replace("\"version\"", "\"env\"");
    let new = format!("{new}\n[settings.bgp]\npassive = true\n");
    let output = diff(folder.path(), BASE, &new, &[]);
    assert_eq!(
        lines(&output),
        [
            "~ process watch: stopped and started",
            "- neighbor 192.0.2.1: session ends, 2 routes withdrawn with it",
            "+ neighbor 192.0.2.1: session starts, 2 routes announced",
            "~ neighbor 192.0.2.2: session ends and starts again, 0 routes withdrawn, 0 routes announced, 1 route \
             sent in all",
            "~ setting bgp.passive: false becomes true",
        ]
    );
    assert!(!String::from_utf8_lossy(&output.stdout).contains("secret"));
}

#[test]
fn the_mistakes_of_both_are_told_and_nothing_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let output = diff(folder.path(), "[nonsense]\n", &BASE.replace("local-as", "local-az"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("nonsense") && told.contains("local-az"), "{told}");
}
