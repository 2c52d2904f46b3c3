//! Where messages go: standard error and syslog.

use std::os::unix::net::UnixDatagram;

use super::options::Healthcheck;

/// Where syslog listens.
const SOCKET: &str = "/dev/log";

/// Severities of syslog (RFC 5424 section 6.2.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Level {
    Error = 3,
    Warning = 4,
    Info = 6,
    Debug = 7,
}

#[derive(Debug)]
pub(super) struct Log {
    console: bool,
    level: Level,
    syslog: Option<UnixDatagram>,
    /// Facility times eight.
    facility: u8,
    tag: String,
}

/// Facilities of syslog by name (RFC 5424 section 6.2.1).
const FACILITIES: [(&str, u8); 20] = [
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

impl Log {
    pub(super) fn new(options: &Healthcheck) -> anyhow::Result<Self> {
        let facility = FACILITIES.iter().find(|(name, _)| *name == options.syslog_facility);
        let Some((_, facility)) = facility else {
            anyhow::bail!("--syslog-facility {}: there is no such facility", options.syslog_facility);
        };
        let wanted = !options.no_syslog && !options.debug;
        let socket = || {
            let socket = UnixDatagram::unbound().ok()?;
            socket.connect(SOCKET).ok()?;
            socket.set_nonblocking(true).ok()?;
            Some(socket)
        };
        let name = options.name.as_ref().map(|name| format!("-{name}")).unwrap_or_default();
        Ok(Self {
            console: !options.silent,
            level: if options.debug { Level::Debug } else { Level::Info },
            syslog: wanted.then(socket).flatten(),
            facility: facility.saturating_mul(8),
            tag: format!("healthcheck{name}[{}]", std::process::id()),
        })
    }

    pub(super) fn say(&self, level: Level, message: &str) {
        if level > self.level {
            return;
        }
        if self.console {
            let name = match level {
                Level::Error => "ERROR",
                Level::Warning => "WARNING",
                Level::Info => "INFO",
                Level::Debug => "DEBUG",
            };
            eprintln!("{name}[healthcheck] {message}");
        }
        if let Some(socket) = &self.syslog {
            let priority = self.facility.saturating_add(level as u8);
            // A syslog that does not take it must not hold up a health check.
            let _ = socket.send(format!("<{priority}>{}: {message}", self.tag).as_bytes());
        }
    }
}
