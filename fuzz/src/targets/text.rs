//! What people and scripts write: routes, commands, configurations.

use std::path::Path;
use std::sync::Arc;

use api::Parser;
use bgp_wire::text::Words;
use config::Sources;
use config::diag::Source;
use rib::Interner;
use route_text::{Action, parse_line};

/// A route, announced and withdrawn. What is understood is printed, and the print is the same route.
pub(crate) fn route_line(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for action in [Action::Announce, Action::Withdraw] {
        let routes = match parse_line(&mut Words::new(text), action) {
            Ok(routes) => routes,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        if action == Action::Withdraw || routes.nlris.len() > 8 {
            continue;
        }
        for route in routes.iter() {
            let printed = route.to_string();
            let again = parse_line(&mut Words::new(&printed), action);
            let again = again.unwrap_or_else(|e| panic!("{text:?} was understood, {printed:?} is not: {e}"));
            assert_eq!(again.iter().next(), Some(route), "{printed}");
        }
    }
}

/// Lines of a helper, through the parser with its short ways.
pub(crate) fn command_line(data: &[u8]) {
    let mut parser = Parser::new(Arc::new(Interner::new()));
    let mut lines = 0;
    for line in data.split(|b| *b == b'\n') {
        parser.line(line);
        lines += usize::from(!line.trim_ascii().is_empty());
    }
    assert!(parser.steps() >= lines, "each line has a step: {} of {lines}", parser.steps());
    let _ = parser.take();
}

/// A configuration in ExaBGP's language.
pub(crate) fn conf(data: &[u8]) {
    configuration(data, "fuzz.conf");
}

/// A configuration in TOML.
pub(crate) fn toml(data: &[u8]) {
    configuration(data, "fuzz.toml");
}

fn configuration(data: &[u8], path: &str) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let source = Source { path: path.to_owned(), text: text.to_owned() };
    match config::parse(source, Path::new("/nowhere"), &Sources::default()) {
        Ok(loaded) => {
            let _ = loaded.report.to_string();
        }
        Err(error) => assert!(!error.to_string().is_empty(), "an error says what is wrong"),
    }
}
