//! `exabgp-rs migrate` as a person reads it.

use std::path::Path;
use std::process::{Command, Output};

/// A neighbor whose password is `password`.
fn neighbor(password: &str) -> String {
    format!(
        "neighbor 192.0.2.1 {{\n  local-address 192.0.2.9;\n  local-as 65000;\n  peer-as 65001;\n  md5-password \
         \"{password}\";\n}}\n"
    )
}

fn migrate(folder: &Path, text: &str, more: &[&str]) -> Output {
    let file = folder.join("exabgp.conf");
    std::fs::write(&file, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_exabgp-rs"))
        .arg("migrate")
        .arg(&file)
        .args(more)
        .env("EXABGP_ENVFILE", folder.join("none"))
        .env("PEER_PASSWORD", "from-outside")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn values_of_variables_in_a_translation_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let warned = |text: &str, more: &[&str]| {
        let output = migrate(folder.path(), text, more);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("from-outside"), "{said}");
        (String::from_utf8(output.stdout).unwrap(), said.contains("variables are replaced"))
    };
    let variable = neighbor("${PEER_PASSWORD}");
    let (text, is_warned) = warned(&variable, &[]);
    assert!(is_warned && text.contains("from-outside"), "{text}");
    assert!(!warned(&variable, &["--check"]).1, "--check prints no values");
    assert!(!warned(&neighbor("written"), &[]).1, "there is no variable");
}
