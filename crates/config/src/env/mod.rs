//! Settings: the environment, the ini file and the `[settings]` of a configuration.
//!
//! The only place of the program that reads the process's environment: [`Environment::of_process`], once, at the
//! start. For every option the first of these that is there counts:
//!
//! 1. the environment variable `exabgp.SECTION.OPTION`
//! 2. the environment variable `exabgp_SECTION_OPTION`
//! 3. the ini file: section `[exabgp.SECTION]`, key `OPTION`
//! 4. the configuration: table `[settings.SECTION]`, key `OPTION`
//! 5. the default
//!
//! Unknown variables and ini keys are ignored, as ExaBGP does; unknown keys of a configuration are errors.

mod ini;
mod settings;
mod types;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

pub use ini::Ini;
pub use settings::{Def, Settings};
pub use types::{ApiVersion, Compat, Destination, LogLevel, RoutesFormat, Umask};

use crate::diag::{At, Diag, Diags};
use crate::suggest;

/// Environment variables, as they were when they were taken.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// A variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// A variable as text; octets that are not UTF-8 are replaced, and then refused wherever they matter.
    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.to_string_lossy().into_owned())
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    /// Names alone: values may be secrets of other programs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Where settings come from, beside a configuration.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Environment variables.
    pub environment: Environment,
    /// The ini file, if there is one.
    pub ini: Option<Ini>,
}

/// A setting whose value makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: invalid value for {section}.{option}: '{value}' ({reason})")]
pub struct SettingError {
    /// Section.
    pub section: &'static str,
    /// Option.
    pub option: &'static str,
    /// The value as it was given.
    pub value: String,
    /// What would be right, for people.
    pub reason: String,
    /// Where the value is from, for people.
    pub origin: String,
}

/// An option of a configuration's `[settings]`.
#[derive(Clone, Debug)]
pub struct RawSetting {
    /// Section, as written.
    pub section: At<String>,
    /// Option, as written.
    pub option: At<String>,
    /// Value, as text.
    pub value: At<String>,
}

impl Sources {
    /// Those of this process. `env_file` is the ini file that was named on the command line; without it, it is that
    /// of `$EXABGP_ENVFILE`, else `etc/exabgp/exabgp.env` below `$EXABGP_ROOT` or the installation of `program`.
    ///
    /// A file that is not there is no error; one that can't be read is.
    pub fn of_process(env_file: Option<&Path>, program: Option<&Path>) -> std::io::Result<Self> {
        let environment = Environment::of_process();
        let path = env_file.map_or_else(|| ini_path(&environment, program), Path::to_owned);
        let ini = match std::fs::read(&path) {
            Ok(octets) => Some(Ini::parse(&path, &String::from_utf8_lossy(&octets))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => return Err(std::io::Error::new(e.kind(), format!("{}: {e}", path.display()))),
        };
        Ok(Self { environment, ini })
    }

    /// The value of an option outside configurations, and where it is from.
    fn find(&self, section: &str, option: &str) -> Option<(String, String)> {
        [format!("exabgp.{section}.{option}"), format!("exabgp_{section}_{option}")]
            .into_iter()
            .find_map(|name| {
                self.environment.text(&name).map(|value| (value, format!("environment variable {name}")))
            })
            .or_else(|| self.ini.as_ref()?.get(section, option))
    }
}

/// Where the ini file is when nobody says.
fn ini_path(environment: &Environment, program: Option<&Path>) -> PathBuf {
    if let Some(path) = environment.get("EXABGP_ENVFILE") {
        return path.into();
    }
    root_in(environment, program).join("etc/exabgp/exabgp.env")
}

/// The folder of the installation: `$EXABGP_ROOT`, else where `program` is installed. Configurations, sockets and pipes
/// are looked for below it.
pub fn root(program: Option<&Path>) -> PathBuf {
    root_in(&Environment::of_process(), program)
}

fn root_in(environment: &Environment, program: Option<&Path>) -> PathBuf {
    match environment.get("EXABGP_ROOT") {
        Some(root) => PathBuf::from(root),
        None => root_of(program.and_then(Path::parent).unwrap_or(Path::new("/"))),
    }
}

/// The root of an installation whose program is in `folder`.
fn root_of(folder: &Path) -> PathBuf {
    let root = match folder.file_name().and_then(OsStr::to_str) {
        Some("bin" | "sbin") => folder.parent().unwrap_or(folder),
        _ => folder,
    };
    // What a system installs below /usr is configured below /etc.
    if root == Path::new("/usr") || root == Path::new("/usr/local") { "/".into() } else { root.into() }
}

/// Settings, and what was found wrong with them.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// With the default where a value was wrong.
    pub settings: Settings,
    /// Wrong values of the environment and the ini file.
    pub errors: Vec<SettingError>,
    /// Values that are taken to mean something, perhaps not what was meant; for people.
    pub warnings: Vec<String>,
}

impl Settings {
    /// The settings of the environment and the ini file, without any configuration.
    pub fn resolve(sources: &Sources) -> Resolved {
        Self::with_configuration(sources, &[], &mut Diags::default())
    }

    /// The settings, those of a configuration among them; what is wrong with the latter goes to `diags`.
    pub fn with_configuration(sources: &Sources, raw: &[RawSetting], diags: &mut Diags) -> Resolved {
        let mut out = Resolved::default();
        for setting in raw {
            let (section, option) = (setting.section.value.as_str(), setting.option.value.as_str());
            match out.settings.set(section, option, &setting.value.value) {
                None => diags.push(unknown(setting)),
                Some(Err(reason)) => diags.push(
                    Diag::error(format!("invalid value for {section}.{option}"), setting.value.at)
                        .hint(reason),
                ),
                Some(Ok(())) => {}
            }
        }
        for def in Settings::DEFS {
            let Some((value, origin)) = sources.find(def.section, def.option) else { continue };
            if let Some(Err(reason)) = out.settings.set(def.section, def.option, &value) {
                let (section, option) = (def.section, def.option);
                out.errors.push(SettingError { section, option, value, reason, origin });
            } else if def.boolean && !types::is_boolean(&value) {
                // ExaBGP takes every unknown word as "no"; so do we, but not silently.
                out.warnings.push(format!("{origin}: '{value}' is taken as false (write true or false)"));
            } else if def.is("log", "destination") && types::is_fallback(&value) {
                out.warnings.push(format!(
                    "{origin}: invalid log destination '{value}', expected stdout, stderr, syslog, or an absolute \
                     file path; falling back to stdout"
                ));
            }
        }
        out.settings.derive(sources, raw, &mut out.errors);
        out
    }

    /// What follows from several settings, and variables with names of their own.
    fn derive(&mut self, sources: &Sources, raw: &[RawSetting], errors: &mut Vec<SettingError>) {
        let written = |section: &str, option: &str| {
            sources.find(section, option).is_some()
                || raw.iter().any(|r| r.section.value == section && r.option.value == option)
        };
        if !written("tcp", "attempts") {
            if let Some((value, origin)) = sources.find("tcp", "connections") {
                match value.trim().parse() {
                    Ok(attempts) => self.tcp.attempts = attempts,
                    Err(_) => errors.push(SettingError {
                        section: "tcp",
                        option: "connections",
                        value,
                        reason: "a number".to_owned(),
                        origin,
                    }),
                }
            } else if written("tcp", "once") {
                self.tcp.attempts = u32::from(self.tcp.once);
            }
        }
        // Only the environment's form is for outgoing connections: the ini file's is for listeners alone.
        let variable = ["exabgp.tcp.port", "exabgp_tcp_port"]
            .into_iter()
            .find_map(|name| sources.environment.text(name));
        if let Some(port) = variable.and_then(|value| value.trim().parse().ok()).filter(|port| *port != 0) {
            self.outgoing_port = port;
        }
        self.version = sources.environment.text("exabgp_version").filter(|v| !v.is_empty());
        if let Destination::File(path) = &self.log.destination
            && let (Ok(below), Some(home)) = (path.strip_prefix("~"), sources.environment.get("HOME"))
        {
            self.log.destination = Destination::File(Path::new(home).join(below));
        }
    }
}

fn unknown(setting: &RawSetting) -> Diag {
    let section = setting.section.value.as_str();
    let options = || Settings::DEFS.iter().filter(move |d| d.section == section).map(|d| d.option);
    if options().next().is_none() {
        let sections = Settings::DEFS.iter().map(|d| d.section);
        let diag = Diag::error(format!("there are no settings called {section}"), setting.section.at);
        return suggest::add(diag, section, sections);
    }
    let option = setting.option.value.as_str();
    suggest::add(
        Diag::error(format!("there is no setting {section}.{option}"), setting.option.at),
        option,
        options(),
    )
}
