//! The types of settings: how each is read and shown.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::model::Encoder;

/// The type of a setting.
pub(super) trait Setting: Sized {
    /// Whether unknown words are taken as false.
    const BOOLEAN: bool = false;

    /// Reads a value; the error says what would be right.
    fn read(text: &str) -> Result<Self, String>;

    /// Shows a value as an ini file has it.
    fn show(&self) -> String;
}

fn is_true(text: &str) -> bool {
    ["1", "yes", "on", "enable", "true"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a text is one of the words for true and false.
pub(super) fn is_boolean(text: &str) -> bool {
    let text = text.trim();
    let no = ["0", "no", "off", "disable", "disabled", "false", "none", ""];
    is_true(text) || no.iter().any(|word| text.eq_ignore_ascii_case(word))
}

impl Setting for bool {
    const BOOLEAN: bool = true;

    fn read(text: &str) -> Result<Self, String> {
        Ok(is_true(text.trim()))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        format!("'{self}'")
    }
}

impl Setting for PathBuf {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn show(&self) -> String {
        format!("'{}'", self.display())
    }
}

impl Setting for u32 {
    fn read(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| "a number from 0 to 4294967295".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for u16 {
    fn read(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| "a number from 0 to 65535".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for f64 {
    fn read(text: &str) -> Result<Self, String> {
        let number = text.trim().parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0);
        number.ok_or_else(|| "a number above 0".to_owned())
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl Setting for Vec<IpAddr> {
    fn read(text: &str) -> Result<Self, String> {
        let addresses: Result<_, _> = text.split_whitespace().map(str::parse).collect();
        addresses.map_err(|_| "IP addresses separated by spaces".to_owned())
    }

    fn show(&self) -> String {
        let texts: Vec<_> = self.iter().map(ToString::to_string).collect();
        format!("'{}'", texts.join(" "))
    }
}

/// Bits that are not set in the mode of new files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Umask(pub u32);

impl Setting for Umask {
    fn read(text: &str) -> Result<Self, String> {
        let digits = text.trim();
        let digits = digits.strip_prefix("0o").unwrap_or(digits);
        let mask = u32::from_str_radix(digits, 8).ok().filter(|m| *m <= 0o777);
        mask.map(Self).ok_or_else(|| "an octal number from 0 to 0777".to_owned())
    }

    fn show(&self) -> String {
        format!("'{:#o}'", self.0)
    }
}

/// Least severity that is logged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum LogLevel {
    /// Everything.
    NotSet,
    /// What helps to find errors.
    Debug,
    /// What happens.
    #[default]
    Info,
    /// What may be wrong.
    Warning,
    /// What is wrong.
    Error,
    /// What stops a part.
    Critical,
    /// What stops everything.
    Fatal,
}

/// Names of the levels.
const LEVELS: [(&str, LogLevel); 7] = [
    ("FATAL", LogLevel::Fatal),
    ("CRITICAL", LogLevel::Critical),
    ("ERROR", LogLevel::Error),
    ("WARNING", LogLevel::Warning),
    ("INFO", LogLevel::Info),
    ("DEBUG", LogLevel::Debug),
    ("NOTSET", LogLevel::NotSet),
];

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = LEVELS.iter().find(|(_, level)| level == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl Setting for LogLevel {
    fn read(text: &str) -> Result<Self, String> {
        let named = LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
        named.map(|(_, level)| *level).ok_or_else(|| {
            let names: Vec<_> = LEVELS.iter().map(|(name, _)| *name).collect();
            format!("one of {}", names.join(", "))
        })
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Where log lines go.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Destination {
    /// Written `stdout`, and by tradition the standard error: the standard output may belong to a helper.
    #[default]
    Stdout,
    /// The standard error.
    Stderr,
    /// The system's log.
    Syslog,
    /// A file.
    File(PathBuf),
}

/// Whether a text names no destination, so that the default is taken.
pub(super) fn is_fallback(text: &str) -> bool {
    text.trim() != "stdout" && Destination::read(text) == Ok(Destination::Stdout)
}

impl Setting for Destination {
    fn read(text: &str) -> Result<Self, String> {
        Ok(match text.trim() {
            "stderr" => Self::Stderr,
            "syslog" => Self::Syslog,
            path if path.starts_with(['/', '~']) => Self::File(path.into()),
            text => text.strip_prefix("file:").map_or(Self::Stdout, |path| Self::File(path.into())),
        })
    }

    fn show(&self) -> String {
        match self {
            Self::Stdout => "'stdout'".to_owned(),
            Self::Stderr => "'stderr'".to_owned(),
            Self::Syslog => "'syslog'".to_owned(),
            Self::File(path) => path.show(),
        }
    }
}

impl Setting for Encoder {
    fn read(text: &str) -> Result<Self, String> {
        Self::named(text.trim())
            .ok_or_else(|| "json, text, or json of another version as in json-4.0.1".to_owned())
    }

    fn show(&self) -> String {
        self.name().to_owned()
    }
}

/// The grammar that helpers speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ApiVersion {
    /// That of ExaBGP 5.0, and of 4 before it.
    #[default]
    V4,
    /// That of ExaBGP 6.
    V6,
}

impl Setting for ApiVersion {
    fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "4" => Ok(Self::V4),
            "6" => Ok(Self::V6),
            _ => Err("4 or 6".to_owned()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::V4 => "4".to_owned(),
            Self::V6 => "6".to_owned(),
        }
    }
}

/// Whose sequence of messages is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Compat {
    /// Ours.
    #[default]
    Native,
    /// That of ExaBGP 5.0.
    V5,
    /// That of ExaBGP 6.
    V6,
}

impl Setting for Compat {
    fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "native" => Ok(Self::Native),
            "5.0" => Ok(Self::V5),
            "6.0" => Ok(Self::V6),
            _ => Err("5.0, 6.0 or native".to_owned()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Native => "native".to_owned(),
            Self::V5 => "5.0".to_owned(),
            Self::V6 => "6.0".to_owned(),
        }
    }
}

/// The JSON of `show adj-rib`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RoutesFormat {
    /// The first.
    #[default]
    V1,
    /// The second.
    V2,
}

impl Setting for RoutesFormat {
    fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "v1" => Ok(Self::V1),
            "v2" => Ok(Self::V2),
            _ => Err("v1 or v2".to_owned()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::V1 => "v1".to_owned(),
            Self::V2 => "v2".to_owned(),
        }
    }
}
