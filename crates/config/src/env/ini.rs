//! The ini file of settings: sections `[exabgp.SECTION]`, lines `OPTION = VALUE`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The options of an ini file. Lines that make no sense are skipped: the file may be shared with ExaBGP.
#[derive(Clone, Debug, Default)]
pub struct Ini {
    path: PathBuf,
    /// By section and option: the value and its line, from 1.
    values: HashMap<(String, String), (String, usize)>,
}

impl Ini {
    /// Reads the text of a file.
    pub fn parse(path: &Path, text: &str) -> Self {
        let mut values = HashMap::new();
        let mut section = String::new();
        for (line, number) in text.lines().zip(1usize..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.trim().clone_into(&mut section);
                continue;
            }
            let Some((option, value)) = line.split_once(['=', ':']) else { continue };
            let Some(section) = section.strip_prefix("exabgp.") else { continue };
            let key = (section.to_owned(), option.trim().to_ascii_lowercase());
            values.insert(key, (unquote(value.trim()).to_owned(), number));
        }
        Self { path: path.to_owned(), values }
    }

    /// The value of an option, and where it is from.
    pub(super) fn get(&self, section: &str, option: &str) -> Option<(String, String)> {
        let (value, line) = self.values.get(&(section.to_owned(), option.to_owned()))?;
        Some((value.clone(), format!("{}:{line}", self.path.display())))
    }
}

fn unquote(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('\'').or_else(|| inner('"')).unwrap_or(text)
}
