//! Environment variables in configurations, and configurations of several files.

mod common;

use std::path::Path;

use common::sources;
use config::diag::Source;
use config::{Config, LoadError, Sources};

const TOML: &str = "# ${NOT_SET} in a comment is text
[[neighbor]]
peer-address = \"${PEER}\"
local-address = '192.0.2.${LAST:-9}'
local-as = 65000
peer-as = 65001
description = \"\"\"${WORDS} $${PEER} ${EMPTY:-else}\"\"\"
";

const CONF: &str = "# ${NOT_SET} in a comment is text
process watch {
    run /bin/sh -c \"echo ${NOT_SET} ${PEER}\";
    encoder json;
}
neighbor ${PEER} {
    local-address 192.0.2.${LAST:-9};
    router-id 192.0.2.9;
    local-as 65000;
    peer-as ${ASN};
    description \"${ASN} $${ASN}\";
}
";

fn parse(text: &str, sources: &Sources) -> Result<Config, LoadError> {
    let source = Source { path: "conf".to_owned(), text: text.to_owned() };
    config::parse(source, Path::new("/nowhere"), sources).map(|loaded| loaded.config)
}

/// What is wrong, a line each.
fn mistakes(text: &str, sources: &Sources) -> Vec<String> {
    match parse(text, sources) {
        Err(LoadError::Invalid(report)) => report.short_lines().collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_of_toml_hold_variables() {
    let sources = sources(&[("PEER", "192.0.2.1"), ("WORDS", "a \"b\" \\ \n${PEER}"), ("EMPTY", "")], "");
    let config = parse(TOML, &sources).unwrap_or_else(|e| panic!("{e}"));
    let neighbor = &config.neighbors[0];
    assert_eq!(neighbor.name.peer.to_string(), "192.0.2.1");
    assert_eq!(neighbor.name.local.unwrap().to_string(), "192.0.2.9");
    // A value is not looked through again.
    assert_eq!(neighbor.description, "a \"b\" \\ \n${PEER} ${PEER} else");
}

#[test]
fn exabgps_language_holds_variables_but_not_in_run() {
    let sources = sources(&[("PEER", "192.0.2.1"), ("ASN", "65009"), ("LAST", "7")], "");
    let config = parse(CONF, &sources).unwrap_or_else(|e| panic!("{e}"));
    let neighbor = &config.neighbors[0];
    assert_eq!(neighbor.name.peer.to_string(), "192.0.2.1");
    assert_eq!(neighbor.name.local.unwrap().to_string(), "192.0.2.7");
    assert_eq!(neighbor.name.peer_as.unwrap().to_string(), "65009");
    assert_eq!(neighbor.description, "65009 ${ASN}");
    assert_eq!(config.processes[0].args, ["-c", "echo ${NOT_SET} ${PEER}"]);
}

#[test]
fn one_that_is_not_set_is_told_once_where_it_stands() {
    let told = mistakes(TOML, &sources(&[("WORDS", "x")], ""));
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("conf:3:17: error: the environment variable PEER is not set"), "{told:#?}");
    assert!(told[0].contains("${PEER:-VALUE}"), "{told:#?}");
}

#[test]
fn other_mistakes_are_told_at_the_place_of_the_file() {
    let long = "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff";
    let text =
        "[[neighbor]]\npeer-address = \"${PEER}\" # x\nlocal-adress = \"${PEER}\"\npeer-as = \"${PEER}\"\n";
    for value in [long, "::"] {
        let told = mistakes(text, &sources(&[("PEER", value)], ""));
        assert!(told.iter().any(|t| t.starts_with("conf:3:1: ") && t.contains("local-adress")), "{told:#?}");
        assert!(told.iter().any(|t| t.starts_with("conf:4:11: ") && t.contains("peer-as")), "{told:#?}");
    }
}

#[test]
fn a_value_never_ends_what_it_stands_in() {
    let evil = "192.0.2.1 { } neighbor 192.0.2.2";
    let told = mistakes(CONF, &sources(&[("PEER", evil), ("ASN", "1")], ""));
    assert!(told[0].starts_with("conf:6:10: error: the environment variable PEER holds '{'"), "{told:#?}");
    let told = mistakes(TOML, &sources(&[("PEER", "192.0.2.1"), ("WORDS", "x"), ("LAST", "9'\nx = '")], ""));
    assert!(told[0].contains("LAST holds '\\''"), "{told:#?}");
    let told = mistakes(TOML, &sources(&[("PEER", "192.0.2.1\"\nx = \""), ("WORDS", "x")], ""));
    assert!(told[0].starts_with("conf:3:16: "), "{told:#?}");
}

#[test]
fn passwords_from_variables_are_not_shown() {
    let text =
        "[[neighbor]]\npeer-address = \"192.0.2.1\"\nmd5-password = \"${KEY}\"\nmd5-pasword = \"${KEY}\"\n";
    let source = Source { path: "conf".to_owned(), text: text.to_owned() };
    let error = config::parse(source, Path::new("/"), &sources(&[("KEY", "hunter2")], "")).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn a_backslash_of_a_value_is_one_in_both_languages() {
    let sources = sources(&[("PEER", "192.0.2.1"), ("ASN", "1"), ("WORDS", "a\\b"), ("EMPTY", "")], "");
    let config = parse(TOML, &sources).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(config.neighbors[0].description, "a\\b ${PEER} else");
    let text = CONF.replace("${ASN} $${ASN}", "${WORDS}");
    let config = parse(&text, &sources).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(config.neighbors[0].description, "a\\b");
}

/// Files of a folder, the first of which is loaded.
fn load(files: &[(&str, &str)], sources: &Sources) -> Result<Config, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let prefix = format!("{}/", folder.path().display());
    match config::load(&folder.path().join(files[0].0), sources) {
        Ok(loaded) => Ok(loaded.config),
        Err(LoadError::Invalid(report)) => {
            // What a person reads shows the line of the file that it is in, whatever the file.
            assert!(report.to_string().contains(" error"), "{report}");
            Err(report.short_lines().map(|line| line.replace(&prefix, "")).collect())
        }
        Err(other) => panic!("{other}"),
    }
}

const PEER: &str = "local-address 192.0.2.9; local-as 1; peer-as 2; # no end";

#[test]
fn exabgps_language_includes_files_within_sections_too() {
    let config = load(
        &[
            (
                "main.conf",
                "include peers/all.conf; # the peers\nneighbor 192.0.2.3 { include \"common.conf\"; }",
            ),
            ("peers/all.conf", "neighbor 192.0.2.1 {\n include '../common.conf';\n}\ninclude ${NAME};"),
            ("peers/b.conf", "neighbor 192.0.2.2 { include ../common.conf; }"),
            ("common.conf", PEER),
        ],
        &sources(&[("NAME", "b.conf")], ""),
    );
    let names: Vec<_> = config.unwrap().neighbors.iter().map(|n| n.name.peer.to_string()).collect();
    assert_eq!(names, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
}

const TABLE: &str = "[[neighbor]]\npeer-address = \"${A:-192.0.2.1}\"\nlocal-address = \"192.0.2.9\"\n\
    local-as = 1\npeer-as = 2\ninherit = \"t\"\n";

#[test]
fn toml_includes_files_as_documents_of_their_own() {
    let config = load(
        &[
            ("main.toml", &format!("include = [\"a/a.toml\", \"t.toml\"]\n{TABLE}")),
            ("a/a.toml", &format!("include = \"b.toml\"\n{}", TABLE.replace(".1}", ".2}"))),
            ("a/b.toml", &TABLE.replace(".1}", ".3}")),
            // A dotted key in front of all tables belongs to no table of another file.
            ("t.toml", "template.t.hold-time = 33\n"),
        ],
        &Sources::default(),
    );
    let config = config.unwrap();
    let names: Vec<_> = config.neighbors.iter().map(|n| n.name.peer.to_string()).collect();
    assert_eq!(names, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    assert!(config.neighbors.iter().all(|n| n.hold_time == 33));
}

#[test]
fn mistakes_are_told_in_the_file_that_they_are_in() {
    let told = load(
        &[
            ("main.conf", "neighbor ${A} {\n include a.conf;\n hold-time 2;\n}\n# é"),
            ("a.conf", "local-address 192.0.2.9; local-as 1;\npeer-as ${B}; hold-tim 4;\nrouter-id x;"),
        ],
        &sources(&[("A", "2001:db8:1111:2222:3333::1"), ("B", "7")], ""),
    )
    .unwrap_err();
    let at: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(at, ["main.conf:3:12", "a.conf:1:15", "a.conf:2:15", "a.conf:3:11"], "{told:#?}");

    let mut second = TABLE.replace("peer-as = 2", "peer-as = 2\nhold-tim = 4");
    second.push_str("description = \"${A}\"\n");
    let told = load(
        &[
            ("main.toml", &format!("include = \"b.toml\"\n{TABLE}[template.t]\n[template.u]\nx = 1\n")),
            ("b.toml", &format!("# no é before it\n{second}[template.u]\n")),
        ],
        &sources(&[("A", "192.0.2.200")], ""),
    )
    .unwrap_err();
    let at: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(at, ["main.toml:10:1", "b.toml:3:16", "b.toml:7:1", "b.toml:10:11"], "{told:#?}");
    assert!(told[3].contains("two templates called u"), "{told:#?}");
}

#[test]
fn what_can_not_be_included_is_refused() {
    let told = load(&[("a.conf", "include b.conf;"), ("b.conf", "\ninclude ./a.conf;")], &Sources::default());
    let told = told.unwrap_err();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("b.conf:2:9: error: ./a.conf includes itself"), "{told:#?}");

    let told = load(&[("a.toml", "include = [\"a.toml\", 7, \"\"]\nx = 1\n")], &Sources::default());
    let told = told.unwrap_err().join("\n");
    for part in ["a.toml:1:12: error: a.toml includes itself", "a.toml:1:22", "a.toml:1:25", "a.toml:2:1"] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    for (text, part) in [
        ("include nowhere.conf;", "a.conf:1:9: error: nowhere.conf can't be read"),
        ("include b.toml;", "a.conf:1:9: error: b.toml is TOML, and this file is ExaBGP's language"),
        ("include ${UNSET};", "a.conf:1:9: error: the environment variable UNSET is not set"),
        ("include b.toml\n", "a.conf:1:1: error: a ';' is missing"),
        ("include ;", "a.conf:1:8: error: include names no file"),
    ] {
        let told = load(&[("a.conf", text), ("b.toml", "[process.x]\n")], &Sources::default()).unwrap_err();
        assert!(told.iter().any(|line| line.starts_with(part)), "{part}\n{told:#?}");
    }
}

#[test]
fn files_that_include_twice_what_includes_twice_end() {
    let mut files = vec![("0.conf".to_owned(), "include 1.conf; include 1.conf;".to_owned())];
    for i in 1..40 {
        files.push((format!("{i}.conf"), format!("include {}.conf; include {0}.conf;", i + 1)));
    }
    files.push(("40.conf".to_owned(), "# nothing\n".to_owned()));
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let told = load(&files, &Sources::default()).unwrap_err();
    assert!(told.iter().any(|line| line.contains("more than 1000 files")), "{told:#?}");
}
