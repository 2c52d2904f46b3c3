//! From one language to the other: what was written is printed in the other language, so that it means the same.
//!
//! Templates are kept where both languages mean the same by them; where a neighbor and its template contradict each
//! other the languages disagree on who is right, and then the neighbors say everything themselves. Comments stay with
//! what they stand before or behind. Included files and the values of variables become part of the one text.

mod check;
mod exabgp;
mod lines;
mod plan;
mod settings;
mod toml;

use std::path::Path;

pub use check::differences;

use crate::diag::{Diags, Source};
use crate::files::Files;
use crate::migrate::lines::{Comments, Lines};
use crate::migrate::plan::Plan;
use crate::{Language, LoadError, Loaded, Sources};

/// A configuration in the other language.
#[derive(Debug)]
pub struct Migrated {
    /// All of it. Holds the passwords of the original.
    pub text: String,
    /// Whether values of environment variables stand in it, which the original did not hold.
    pub has_values: bool,
    /// The original, with what there is to say about it.
    pub loaded: Loaded,
}

/// Translates the text of a configuration, which must be right. Programs with relative paths and included files are
/// looked for in `folder`.
pub fn migrate(
    source: Source,
    folder: &Path,
    sources: &Sources,
    to: Language,
) -> Result<Migrated, LoadError> {
    let loaded = crate::parse(source.clone(), folder, sources)?;
    let mut diags = Diags::default();
    let language = Language::of(&source);
    let mut files = Files::new(source, folder, language, &sources.environment);
    let raw = crate::read(language, &mut files, true, &mut diags);
    let plan = Plan::new(&raw, to);
    let mut lines = Lines::default();
    match to {
        Language::Toml => toml::print(&raw, &plan, &mut lines),
        Language::ExaBgp => exabgp::print(&raw, &plan, &mut lines),
    }
    let comments = Comments::of(&files, language);
    let text = lines.finish(|at| files.written(at).start, &comments);
    Ok(Migrated { text, has_values: files.has_variables(), loaded })
}
