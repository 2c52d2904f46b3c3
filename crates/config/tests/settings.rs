//! Where settings come from, and which of them counts.

mod common;

use std::net::IpAddr;

use common::{loaded, sources};
use config::Settings;
use config::env::{Destination, LogLevel, Sources, Umask};

fn resolved(variables: &[(&str, &str)], ini: &str) -> Settings {
    let resolved = Settings::resolve(&sources(variables, ini));
    assert!(resolved.errors.is_empty(), "{:?}", resolved.errors);
    resolved.settings
}

#[test]
fn the_nearest_source_counts() {
    let dotted = ("exabgp.bgp.openwait", "1");
    let underscore = ("exabgp_bgp_openwait", "2");
    let ini = "[exabgp.bgp]\nopenwait = 3\n";
    let toml = "[settings.bgp]\nopenwait = 4\n";
    let wait =
        |variables: &[_], ini, toml| loaded(toml, &sources(variables, ini)).config.settings.bgp.openwait;
    assert_eq!(wait(&[dotted, underscore], ini, toml), 1);
    assert_eq!(wait(&[underscore], ini, toml), 2);
    assert_eq!(wait(&[], ini, toml), 3);
    assert_eq!(wait(&[], "", toml), 4);
    assert_eq!(wait(&[], "", ""), 60);
}

#[test]
fn every_type_is_read() {
    let settings = resolved(
        &[
            ("exabgp.log.level", "debug"),
            ("exabgp.log.destination", "/var/log/exabgp"),
            ("exabgp.daemon.umask", "0o022"),
            ("exabgp.tcp.bind", "127.0.0.1 ::1"),
            ("exabgp.reactor.speed", "0.5"),
            ("exabgp_api_show-routes-format", "v2"),
            ("exabgp.api.ack", "No"),
            ("exabgp.api.compact", "YES"),
            ("exabgp.unknown.thing", "x"),
            ("exabgp.log.unknown", "x"),
        ],
        "[exabgp.daemon]\nuser = 'daemon'\npid: \"/run/x.pid\"\n; comment\n[other]\nuser = nobody\n",
    );
    assert_eq!(settings.log.level, LogLevel::Debug);
    assert_eq!(settings.log.destination, Destination::File("/var/log/exabgp".into()));
    assert_eq!(settings.daemon.umask, Umask(0o022));
    assert_eq!(settings.tcp.bind, ["127.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
    assert!((settings.reactor.speed - 0.5).abs() < f64::EPSILON);
    assert!(!settings.api.ack && settings.api.compact);
    assert_eq!(settings.daemon.user, "daemon");
    assert_eq!(settings.daemon.pid.to_str(), Some("/run/x.pid"));
}

#[test]
fn wrong_values_are_all_named_with_their_origin() {
    let resolved = Settings::resolve(&sources(
        &[("exabgp.tcp.port", "x"), ("exabgp_log_level", "NOTICE")],
        "[exabgp.bgp]\n\nopenwait = soon\n",
    ));
    let errors: Vec<_> = resolved.errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        [
            "exabgp.env:3: invalid value for bgp.openwait: 'soon' (a number from 0 to 4294967295)",
            "environment variable exabgp_log_level: invalid value for log.level: 'NOTICE' (one of FATAL, CRITICAL, \
             ERROR, WARNING, INFO, DEBUG, NOTSET)",
            "environment variable exabgp.tcp.port: invalid value for tcp.port: 'x' (a number from 0 to 65535)",
        ]
    );
    // A configuration is not used then, and says why.
    let source = config::diag::Source { path: "conf.toml".into(), text: String::new() };
    let sources = sources(&[("exabgp.tcp.port", "x")], "");
    let error = config::parse(source, std::path::Path::new(""), &sources).unwrap_err();
    assert!(matches!(error, config::LoadError::Settings(_)), "{error}");
}

#[test]
fn unknown_words_for_no_are_no_with_a_warning() {
    let resolved = Settings::resolve(&sources(
        &[("exabgp.api.ack", "flase"), ("exabgp.api.cli", "disabled"), ("exabgp.log.destination", "log.txt")],
        "",
    ));
    assert!(!resolved.settings.api.ack && !resolved.settings.api.cli);
    assert_eq!(resolved.settings.log.destination, Destination::Stdout);
    assert_eq!(resolved.warnings.len(), 2, "{:?}", resolved.warnings);
    assert!(resolved.warnings[0].contains("'flase' is taken as false"));
}

#[test]
fn attempts_have_two_aliases() {
    assert_eq!(resolved(&[("exabgp.tcp.connections", "3")], "").tcp.attempts, 3);
    assert_eq!(
        resolved(&[("exabgp_tcp_connections", "3"), ("exabgp.tcp.attempts", "2")], "").tcp.attempts,
        2
    );
    assert_eq!(resolved(&[("exabgp.tcp.once", "true")], "").tcp.attempts, 1);
    assert_eq!(resolved(&[("exabgp.tcp.once", "true"), ("exabgp.tcp.attempts", "5")], "").tcp.attempts, 5);
    assert_eq!(resolved(&[], "").tcp.attempts, 0);
}

#[test]
fn only_the_environment_says_where_to_connect() {
    assert_eq!(resolved(&[("exabgp_tcp_port", "1790")], "").outgoing_port, 1790);
    let ini = resolved(&[], "[exabgp.tcp]\nport = 1790\n");
    assert_eq!((ini.tcp.port, ini.outgoing_port), (1790, 179));
}

#[test]
fn a_home_is_expanded_and_a_version_taken() {
    let settings = resolved(
        &[("HOME", "/home/me"), ("exabgp.log.destination", "~/bgp.log"), ("exabgp_version", "5.0.0")],
        "",
    );
    assert_eq!(settings.log.destination, Destination::File("/home/me/bgp.log".into()));
    assert_eq!(settings.version.as_deref(), Some("5.0.0"));
}

#[test]
fn the_listing_is_an_ini_file_that_reads_back() {
    let settings = resolved(&[("exabgp.log.level", "ERROR"), ("exabgp.tcp.bind", "127.0.0.1 ::1")], "");
    assert_eq!(settings.ini(true), "\n[exabgp.log]\nlevel = ERROR\n\n[exabgp.tcp]\nbind = '127.0.0.1 ::1'\n");
    assert_eq!(settings.variables(true), "exabgp.log.level=ERROR\nexabgp.tcp.bind='127.0.0.1 ::1'\n");
    assert_eq!(resolved(&[], &settings.ini(false)), settings);
    assert_eq!(Settings::default().ini(true), "");
    assert!(!settings.ini(false).contains("[exabgp.debug]"));
    insta::assert_snapshot!(Settings::default().ini(false));
}

#[test]
fn the_ini_file_is_named_or_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my.env");
    std::fs::write(&file, "[exabgp.bgp]\nopenwait = 7\n").unwrap();
    let sources = Sources::of_process(Some(&file), None).unwrap();
    assert_eq!(Settings::resolve(&sources).settings.bgp.openwait, 7);
    let absent = Sources::of_process(Some(&folder.path().join("absent")), None).unwrap();
    assert!(absent.ini.is_none());
    assert!(Sources::of_process(Some(folder.path()), None).is_err(), "a folder can't be read");
}

#[test]
fn the_environment_is_shown_without_values() {
    let environment = sources(&[("SECRET_TOKEN", "hunter2")], "").environment;
    assert!(!format!("{environment:?}").contains("hunter2"));
}

#[test]
fn settings_reach_neighbors_and_processes() {
    let text = "[settings.bgp]\npassive = true\n[settings.api]\nack = false\nencoder = \"text\"\nrespawn = false\n\
                [process.x]\nrun = \"exabgp-rs\"\nrespawn = true\n\
                [[neighbor]]\npeer-address = \"192.0.2.0/24\"\nlocal-address = \"192.0.2.2\"\nlocal-as = 1\npeer-as = 2\n";
    let config = loaded(text, &sources(&[("exabgp.tcp.port", "1790")], "")).config;
    assert!(config.neighbors[0].passive);
    assert_eq!(config.neighbors[0].connect, 1790);
    let process = &config.processes[0];
    assert!(!process.ack && !process.respawn);
    assert_eq!(process.encoder, config::model::Encoder::Text);
}
