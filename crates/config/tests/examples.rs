//! The examples are right, and so are their scripts.

use std::path::Path;

use config::Sources;

#[test]
fn every_example_is_valid_without_a_warning() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../etc");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let loaded = config::load(&path, &Sources::default()).unwrap_or_else(|e| panic!("{e}"));
            assert!(loaded.report.is_empty(), "{}", loaded.report);
            assert!(!loaded.config.neighbors.is_empty() && !loaded.config.processes.is_empty());
            seen += 1;
        }
    }
    assert!(seen >= 4);
}

#[test]
fn every_key_that_the_example_shows_as_a_comment_is_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../etc/conf.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    // "# key = value  # what it is": uncommented, none is unknown and every value has the right form.
    let uncomment = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains([' ', '`'])) => {
            rest.to_owned()
        }
        _ => line.to_owned(),
    };
    let text: Vec<String> = text.lines().map(uncomment).collect();
    let shown = text.iter().filter(|line| line.contains(" = ") && !line.starts_with('#')).count();
    assert!(shown > 50, "{shown}");
    // Without the tables whose lines can't all be there at once.
    let text = text.join("\n").replace("processes-match = [\"^exa\"]", "");
    let text = text
        .replace("families = [\"ipv4 unicast\"]\n", "")
        .replace("families = [\"ipv4 unicast ipv6\"]\n", "");
    let source = config::diag::Source { path: "conf.toml".to_owned(), text };
    let folder = path.parent().unwrap();
    config::parse(source, folder, &Sources::default()).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn every_script_is_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../etc/run");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let status = std::process::Command::new("sh").arg("-n").arg(&path).status().unwrap();
        assert!(status.success(), "{}", path.display());
    }
}
