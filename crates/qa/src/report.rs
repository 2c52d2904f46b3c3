//! What a run says: lines on the terminal, JUnit XML, JSON.

use crate::runner::Outcome;
use anyhow::{Context, Result};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;
use std::{fmt::Write as _, fs, path::Path, time::Duration};

/// Lines of the daemon's output shown on the terminal with a failure; the reports hold all of it.
const SHOWN: usize = 40;

/// Words in colour, or plain.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// Whether the output is a terminal.
    pub colour: bool,
}

impl Paint {
    /// Bold red.
    pub fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Green.
    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// The lines about one test.
    pub fn outcome(self, outcome: &Outcome) -> String {
        let seconds = outcome.took.as_secs_f64();
        let Some(failure) = &outcome.failure else {
            return format!("{} {} ({seconds:.1} s)\n", self.good("ok  "), outcome.name);
        };
        let mut out = format!("{} {} ({seconds:.1} s)\n", self.bad("FAIL"), outcome.name);
        for line in failure.lines() {
            let coloured = match line.trim_start().as_bytes().first() {
                Some(b'-') => self.bad(line),
                Some(b'+') => self.good(line),
                _ => line.to_owned(),
            };
            let _ = writeln!(out, "  {coloured}");
        }
        let lines: Vec<&str> = outcome.log.lines().collect();
        let _ =
            writeln!(out, "  the daemon said (last {} of {} lines):", lines.len().min(SHOWN), lines.len());
        for line in &lines[lines.len().saturating_sub(SHOWN)..] {
            let _ = writeln!(out, "  | {line}");
        }
        out
    }
}

/// Writes the JUnit report.
pub fn junit(path: &Path, outcomes: &[Outcome], took: Duration) -> Result<()> {
    let mut suite = TestSuite::new("encoding");
    suite.set_time(took);
    for outcome in outcomes {
        let status = outcome.failure.as_ref().map_or_else(TestCaseStatus::success, |text| {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(text.lines().next().unwrap_or_default()).set_description(text);
            status
        });
        let mut case = TestCase::new(&outcome.name, status);
        case.set_classname("encoding").set_time(outcome.took).set_system_out(&outcome.log);
        suite.add_test_case(case);
    }
    let mut report = Report::new("functional");
    report.set_time(took).add_test_suite(suite);
    fs::write(path, report.to_string()?).with_context(|| format!("cannot write {}", path.display()))
}

#[derive(Serialize)]
struct JsonReport<'a> {
    seconds: f64,
    passed: usize,
    failed: usize,
    tests: Vec<JsonTest<'a>>,
}

#[derive(Serialize)]
struct JsonTest<'a> {
    name: &'a str,
    passed: bool,
    seconds: f64,
    failure: Option<&'a str>,
    log: Option<&'a str>,
}

/// Writes the JSON report; the daemon's output is in it for failed tests only.
pub fn json(path: &Path, outcomes: &[Outcome], took: Duration) -> Result<()> {
    let failed = outcomes.iter().filter(|o| o.failure.is_some()).count();
    let tests = outcomes.iter().map(|o| JsonTest {
        name: &o.name,
        passed: o.failure.is_none(),
        seconds: o.took.as_secs_f64(),
        failure: o.failure.as_deref(),
        log: o.failure.is_some().then_some(o.log.as_str()),
    });
    let report = JsonReport {
        seconds: took.as_secs_f64(),
        passed: outcomes.len() - failed,
        failed,
        tests: tests.collect(),
    };
    let text = serde_json::to_string_pretty(&report)?;
    fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes() -> Vec<Outcome> {
        let outcome = |name: &str, failure: Option<&str>| Outcome {
            name: name.into(),
            failure: failure.map(Into::into),
            log: "a\n<b> \u{1b}[0m".into(),
            took: Duration::from_millis(1500),
        };
        vec![outcome("one", None), outcome("two", Some("wrong & bad\n- x"))]
    }

    #[test]
    fn colours_only_where_wanted() {
        let plain = Paint { colour: false }.outcome(&outcomes()[0]);
        assert_eq!(plain, "ok   one (1.5 s)\n");
        assert!(Paint { colour: true }.outcome(&outcomes()[0]).contains("\x1b[32m"));
    }

    #[test]
    fn the_reports_hold_each_test() {
        let folder = tempfile::tempdir().unwrap();
        let (xml, js) = (folder.path().join("r.xml"), folder.path().join("r.json"));
        junit(&xml, &outcomes(), Duration::from_secs(2)).unwrap();
        json(&js, &outcomes(), Duration::from_secs(2)).unwrap();
        let xml = fs::read_to_string(xml).unwrap();
        assert!(
            xml.contains("tests=\"2\"") && xml.contains("failures=\"1\"") && xml.contains("wrong &amp; bad"),
            "{xml}"
        );
        let js: serde_json::Value = serde_json::from_str(&fs::read_to_string(js).unwrap()).unwrap();
        assert_eq!(js["failed"], 1);
        assert_eq!(js["tests"][1]["failure"], "wrong & bad\n- x");
    }
}
