//! Where log lines go and what they look like.
//!
//! Text lines are `HH:MM:SS LEVEL category message`; with `--log-format json` each is an object. Control characters
//! in values that came from a peer or a helper are escaped, so that nobody outside can forge a line.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::registry::LookupSpan;

/// Text lines for people.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Colour the level; only on a terminal.
    pub colour: bool,
    /// Show the date and time (journald and syslog add their own).
    pub time: bool,
}

/// Collects the fields of one event: the message first, the rest as `name=value`.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = format!("{value:?}");
        if field.name() == "message" {
            escape(&mut text);
            self.0.insert_str(0, &text);
        } else {
            escape(&mut text);
            let _ = write!(self.0, " {}={text}", field.name());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let mut text = value.to_owned();
        escape(&mut text);
        let _ = write!(self.0, " {}={text}", field.name());
    }
}

/// Replaces control characters: a log line stays one line and never drives a terminal.
fn escape(text: &mut String) {
    if text.chars().any(char::is_control) {
        *text = text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
            if c.is_control() {
                out.extend(c.escape_default());
            } else {
                out.push(c);
            }
            out
        });
    }
}

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut w: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if self.time {
            SystemTime.format_time(&mut w)?;
            w.write_char(' ')?;
        }
        let level = *event.metadata().level();
        let (on, off) = if self.colour { (colour(level), "\x1b[0m") } else { ("", "") };
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        writeln!(w, "{on}{level:5}{off} {:13} {}", event.metadata().target(), fields.0)
    }
}

const fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => "\x1b[2m",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_forges_a_line() {
        let mut text = "peer said\nINFO all is well\x1b[2J".to_owned();
        escape(&mut text);
        assert_eq!(text, "peer said\\nINFO all is well\\u{1b}[2J");
    }
}
