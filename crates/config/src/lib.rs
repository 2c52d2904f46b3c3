//! The configuration: what can be written, what it means, what is wrong with it, and what changed.
//!
//! * [`load`] reads a file: a front end makes *raw* values with places of it, validation makes a [`Config`] of those,
//!   and everything that is wrong is in one [`Report`], each with its line, the line shown, and what to write instead;
//! * [`model`]: plain validated values;
//! * [`diff`]: what a reload has to do;
//! * [`migrate`]: the same configuration in the other language;
//! * [`mod@env`]: settings of the environment and the ini file, and the only place that reads the environment.
//!
//! # Both languages
//!
//! `${NAME}` is the environment variable, `${NAME:-VALUE}` the same with what stands for one that is not set or empty,
//! `$${NAME}` that very text; in TOML within strings, in ExaBGP's language everywhere but in `run`. `include FILE;`, or
//! `include = ["FILE"]` before the first table, reads another file of the same language; its path is relative to the
//! file that it is written in. Programs of processes are relative to the main file.
//!
//! # The TOML language
//!
//! `etc/conf.toml` shows every key. The names are those of ExaBGP's language; where that language surprises, the plain
//! meaning was chosen:
//!
//! | | here | ExaBGP |
//! |---|---|---|
//! | template and neighbor say different things | the neighbor's own value, then the last template's | the template's |
//! | unknown template, process, key | an error | ignored, or an error after the configuration is in use |
//! | `families`, `add-path`, `nexthop` of a template | replaced by the neighbor's list | both |
//! | `api` and routes of a template | added | added |
//! | a program without an absolute path | beside the file, else along `PATH`; the first found | also below `/etc/exabgp`; the last found |
//! | a program that can be executed but not read | runs | refused |
//! | route of a family that is not offered | an error | an error, but IPv4 unicast is left out silently |
//! | route without next hop | an error | an error in one form, a broken session in the others |
//! | router identifier 0.0.0.0 | an error (RFC 6286) | accepted |
//! | `graceful-restart` | up to 4095 seconds, which is what fits; `true` is the hold time | up to 65535, cut |
//! | range of peers without router-id | an error | the peer's address |
//! | `encoder` left out | `exabgp.api.encoder`, which is JSON | an error |
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

mod clauses;
mod conf;
pub mod diag;
pub mod diff;
pub mod env;
mod files;
pub mod migrate;
pub mod model;
mod raw;
mod secret;
mod suggest;
mod toml;
mod validate;
mod value;
mod variables;

use std::path::{Path, PathBuf};

pub use diag::Report;
pub use env::{Ini, Settings, Sources};
pub use model::{Config, Neighbor, Process};
pub use secret::Secret;

use clauses::Clauses;
use diag::{Diags, Source};
use env::{Resolved, SettingError};
use files::Files;
use validate::Surroundings;

/// A configuration that can be used, and what may be wrong with it.
#[derive(Debug)]
pub struct Loaded {
    /// What it means.
    pub config: Config,
    /// Warnings about the file; empty when there are none.
    pub report: Report,
    /// Warnings about the environment and the ini file, for people.
    pub warnings: Vec<String>,
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file can't be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The environment or the ini file have values that make no sense.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Settings(Vec<SettingError>),
    /// The file is wrong.
    #[error("{0}")]
    Invalid(Box<Report>),
}

/// How a configuration is judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Unknown words are warnings.
    pub lenient: bool,
}

/// What a configuration is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Our own.
    Toml,
    /// ExaBGP's.
    ExaBgp,
}

impl Language {
    /// Told by the first line that leaves no doubt; the name of the file decides only when there is none.
    pub fn of(source: &Source) -> Self {
        for line in source.text.lines().map(str::trim_start) {
            let line = line.split('#').next().unwrap_or_default().trim_end();
            if line.starts_with('[') {
                return Self::Toml;
            }
            let included = line.strip_prefix("include").map(str::trim_start);
            if included.is_some_and(|name| name.starts_with(['"', '\''])) {
                return Self::ExaBgp;
            }
            // A quoted text may hold anything.
            match line.find(['=', '{', ';', '"', '\'']).and_then(|at| line.as_bytes().get(at)) {
                Some(b'=') => return Self::Toml,
                Some(b'{' | b';') => return Self::ExaBgp,
                _ => {}
            }
        }
        if Path::new(&source.path).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            Self::Toml
        } else {
            Self::ExaBgp
        }
    }
}

/// Reads and validates a configuration file.
pub fn load(path: &Path, sources: &Sources) -> Result<Loaded, LoadError> {
    load_with(path, sources, Options::default())
}

/// As [`load`], with options.
pub fn load_with(path: &Path, sources: &Sources, options: Options) -> Result<Loaded, LoadError> {
    let read = |error| LoadError::Read { path: path.to_owned(), error };
    let octets = std::fs::read(path).map_err(read)?;
    let text = String::from_utf8(octets).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        read(std::io::Error::new(std::io::ErrorKind::InvalidData, format!("octet {at} is no UTF-8 text")))
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    parse_with(Source { path: path.display().to_string(), text }, folder, sources, options)
}

/// Validates the text of a configuration, in the language that it is written in. Programs with relative paths are
/// looked for in `folder`.
pub fn parse(source: Source, folder: &Path, sources: &Sources) -> Result<Loaded, LoadError> {
    parse_with(source, folder, sources, Options::default())
}

/// As [`parse`], with options.
pub fn parse_with(
    source: Source,
    folder: &Path,
    sources: &Sources,
    options: Options,
) -> Result<Loaded, LoadError> {
    let mut diags = Diags::default();
    if options.lenient {
        diags.lenient();
    }
    let language = Language::of(&source);
    let mut files = Files::new(source, folder, language, &sources.environment);
    let raw = read(language, &mut files, false, &mut diags);
    let Resolved { settings, errors, warnings } =
        Settings::with_configuration(sources, &raw.settings, &mut diags);
    let config = validate::validate(&raw, settings, &Surroundings { folder, sources }, &mut diags);
    let written = files.explain(&mut diags);
    let report = Report::new(written, diags);
    if report.has_errors() {
        return Err(LoadError::Invalid(Box::new(report)));
    }
    if !errors.is_empty() {
        return Err(LoadError::Settings(errors));
    }
    Ok(Loaded { config, report, warnings })
}

/// What is written in the files of a configuration; `places` keeps the place of every route.
fn read(language: Language, files: &mut Files<'_>, places: bool, diags: &mut Diags) -> raw::Raw {
    let clauses = Clauses::new(places);
    match language {
        Language::Toml => toml::read(files, clauses, diags),
        Language::ExaBgp => conf::read(&files.main(), clauses, diags),
    }
}
