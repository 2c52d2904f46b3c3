//! What the tests of this crate share.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::path::Path;

use config::diag::Source;
use config::env::Environment;
use config::{Config, Ini, Loaded, Sources};

/// The sources of an environment without anything in it but `variables`, and of an ini file.
pub(crate) fn sources(variables: &[(&str, &str)], ini: &str) -> Sources {
    let environment: Environment = variables.iter().copied().collect();
    Sources { environment, ini: Some(Ini::parse(Path::new("exabgp.env"), ini)) }
}

/// A configuration that must be right.
pub(crate) fn loaded(text: &str, sources: &Sources) -> Loaded {
    let source = Source { path: "conf.toml".to_owned(), text: text.to_owned() };
    config::parse(source, Path::new("/nowhere"), sources).unwrap_or_else(|e| panic!("{e}"))
}

/// The same without environment, and without warnings.
pub(crate) fn config(text: &str) -> Config {
    let loaded = loaded(text, &Sources::default());
    assert!(loaded.report.is_empty(), "{}", loaded.report);
    loaded.config
}
