//! Where log lines go and what they look like.
//!
//! Text lines are `time LEVEL category message`; `--log-format json` makes objects of them. Control characters
//! in values that came from a peer or a helper are escaped, so that nobody outside can forge a line.

use std::fmt::{self, Write as _};
use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write};
use std::os::unix::net::UnixDatagram;

use crate::cli::LogFormat;
use anyhow::{Context as _, Result};
use config::Settings;
use config::env::{Destination, LogLevel};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
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
        if field.name() == "helper" {
            // Whose line it is comes first.
            self.0.insert_str(0, &format!("{text}: "));
        } else {
            let _ = write!(self.0, " {}={text}", field.name());
        }
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

/// Keeps the log's writer alive; dropping it writes what is left.
#[derive(Debug)]
#[must_use = "dropping it ends the log"]
pub(crate) struct Log(#[expect(dead_code, reason = "held for its Drop")] WorkerGuard);

/// Starts logging as the settings say. Lines are written by a thread of their own: a log that can't be written delays
/// nobody; beyond a bound lines are dropped.
///
/// # Errors
/// When the destination can't be opened.
pub(crate) fn start(settings: &Settings, verbose: bool, format: LogFormat) -> Result<Log> {
    let log = &settings.log;
    let (writer, text): (Box<dyn Write + Send>, Text) = match &log.destination {
        // As the original does, so that both are told apart from a sub-command's output.
        Destination::Stdout | Destination::Stderr => {
            let terminal = io::stderr().is_terminal();
            (Box::new(io::stderr()), Text { colour: terminal, time: true })
        }
        Destination::Syslog => (Box::new(Syslog::open()?), Text { colour: false, time: false }),
        Destination::File(path) => {
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| format!("the log {} can't be opened", path.display()))?;
            (Box::new(file), Text { colour: false, time: true })
        }
    };
    let (writer, guard) = NonBlockingBuilder::default().finish(writer);
    let common = tracing_subscriber::fmt().with_env_filter(filter(settings, verbose)).with_writer(writer);
    let started = match format {
        LogFormat::Text => tracing::subscriber::set_global_default(common.event_format(text).finish()),
        LogFormat::Json => {
            tracing::subscriber::set_global_default(common.json().flatten_event(true).finish())
        }
    };
    started.context("logging is started twice")?;
    Ok(Log(guard))
}

/// Levels of the categories. A category that is switched off still tells warnings.
fn filter(settings: &Settings, verbose: bool) -> EnvFilter {
    let log = &settings.log;
    if verbose || log.all {
        return EnvFilter::new("debug");
    }
    let level = match log.level {
        LogLevel::NotSet | LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warning => "warn",
        LogLevel::Error | LogLevel::Critical | LogLevel::Fatal => "error",
    };
    let mut rules = level.to_owned();
    for (on, category) in [
        (log.configuration, "configuration"),
        (log.reactor, "reactor"),
        (log.daemon, "daemon"),
        (log.processes, "processes"),
        (log.network, "network"),
        (log.statistics, "statistics"),
        (log.packets, "wire"),
        (log.rib, "rib"),
        (log.message, "message"),
        (log.timers, "timer"),
        (log.routes, "routes"),
        (log.parser, "parser"),
    ] {
        if !on && matches!(level, "debug" | "info") {
            let _ = write!(rules, ",{category}=warn");
        }
    }
    if !log.enable {
        "error".clone_into(&mut rules);
    }
    EnvFilter::new(rules)
}

/// The system log, by its socket (RFC 3164 framing, facility daemon).
#[derive(Debug)]
struct Syslog(UnixDatagram);

impl Syslog {
    fn open() -> Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect("/dev/log").context("the system log /dev/log can't be reached")?;
        Ok(Self(socket))
    }
}

impl Write for Syslog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut datagram = format!("<30>exabgp-rs[{}]: ", std::process::id()).into_bytes();
        datagram.extend_from_slice(line.trim_ascii_end());
        self.0.send(&datagram)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
