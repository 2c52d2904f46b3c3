//! The fields of one TOML table: each is asked for once, and what nobody asked for is unknown.

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use crate::diag::{At, Diag, Diags, Source, Span};
use crate::secret::is_secret;
use crate::suggest;
use crate::value::{Refusal, Scalar, Value};

/// Where something stands.
pub(super) fn spot<T>(spanned: &Spanned<T>) -> Span {
    spanned.span().into()
}

/// A key of a table and its value.
pub(super) type Entry<'t, 's> = (&'t Spanned<DeString<'s>>, &'t Spanned<DeValue<'s>>);

/// The entries of a table in the order of the file; the table itself sorts them by name.
pub(super) fn by_place<'t, 's>(table: &'t DeTable<'s>) -> Vec<Entry<'t, 's>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// What a value is, for people.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A value as the common readers take it.
pub(super) fn scalar<'a>(value: &'a DeValue<'_>) -> Scalar<'a> {
    match value {
        DeValue::String(text) => Scalar::Text(text),
        DeValue::Boolean(truth) => Scalar::Truth(*truth),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .map_or(Scalar::Other("such a number"), Scalar::Number),
        other => Scalar::Other(kind(other)),
    }
}

/// Hides passwords from reports, misspelt keys included.
fn hide(table: &DeTable<'_>, diags: &mut Diags) {
    for (key, value) in table {
        if is_secret(key.get_ref()) {
            diags.hide(spot(value));
        }
    }
}

/// The fields of one table.
pub(super) struct Fields<'t, 's> {
    pub(super) source: &'t Source,
    what: &'static str,
    table: &'t DeTable<'s>,
    at: Span,
    asked: Vec<&'static str>,
    /// Fields that were refused, each with what was said about it.
    refused: Vec<&'static str>,
    /// Fields that are there with a value that makes no sense.
    wrong: Vec<&'static str>,
}

impl<'t, 's> Fields<'t, 's> {
    /// The fields of a value that must be a table; `what` names it for people.
    pub(super) fn of(
        source: &'t Source,
        what: &'static str,
        value: &'t Spanned<DeValue<'s>>,
        diags: &mut Diags,
    ) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => {
                hide(table, diags);
                let at = spot(value);
                Some(Self {
                    source,
                    what,
                    table,
                    at,
                    asked: Vec::new(),
                    refused: Vec::new(),
                    wrong: Vec::new(),
                })
            }
            other => {
                diags.push(
                    Diag::error(format!("{what} can't be {}", kind(other)), spot(value))
                        .hint("a table of settings belongs here"),
                );
                None
            }
        }
    }

    /// The fields that are there and can't be used: nobody should miss them.
    pub(super) fn wrong(&self) -> &[&'static str] {
        &self.wrong
    }

    /// Where the table starts.
    pub(super) const fn at(&self) -> Span {
        self.at
    }

    /// The value of a field, whatever it is.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'s>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// A field with one value.
    pub(super) fn scalar<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(Scalar<'_>) -> Value<T>,
        diags: &mut Diags,
    ) -> Option<At<T>> {
        let value = self.get(key)?;
        let read = Self::read(key, value, &read, diags);
        if read.is_none() {
            self.wrong.push(key);
        }
        read
    }

    /// A field with a list of values; a single one stands for a list of one.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(Scalar<'_>) -> Value<T>,
        diags: &mut Diags,
    ) -> Option<At<Vec<At<T>>>> {
        let value = self.get(key)?;
        let list = match value.get_ref() {
            DeValue::Array(array) => Self::items(key, array, &read, diags),
            _ => Self::read(key, value, &read, diags).into_iter().collect(),
        };
        Some(At::new(list, spot(value)))
    }

    fn items<T>(
        key: &str,
        array: &DeArray<'_>,
        read: &impl Fn(Scalar<'_>) -> Value<T>,
        diags: &mut Diags,
    ) -> Vec<At<T>> {
        array.iter().filter_map(|item| Self::read(key, item, read, diags)).collect()
    }

    fn read<T>(
        key: &str,
        value: &Spanned<DeValue<'_>>,
        read: &impl Fn(Scalar<'_>) -> Value<T>,
        diags: &mut Diags,
    ) -> Option<At<T>> {
        match read(scalar(value.get_ref())) {
            Ok(read) => Some(At::new(read, spot(value))),
            Err(Refusal { message, hint }) => {
                diags.push(Diag::error(format!("{key}: {message}"), spot(value)).hint(hint));
                None
            }
        }
    }

    /// A field with a table of its own.
    pub(super) fn table(&mut self, key: &'static str, diags: &mut Diags) -> Option<Fields<'t, 's>> {
        let value = self.get(key)?;
        Fields::of(self.source, key, value, diags)
    }

    /// Refuses a field that is known from elsewhere.
    pub(super) fn refuse(&mut self, key: &'static str, hint: &'static str, diags: &mut Diags) {
        if let Some((place, _)) = self.table.get_key_value(key) {
            self.refused.push(key);
            diags.push(Diag::error(format!("{} has no {key}", self.what), spot(place)).hint(hint));
        }
    }

    /// Reports the fields that nobody asked for.
    pub(super) fn finish(self, diags: &mut Diags) {
        for (key, _) in by_place(self.table) {
            let name = key.get_ref().as_ref();
            if !self.asked.contains(&name) && !self.refused.contains(&name) {
                let diag = Diag::error(format!("{} has no {name}", self.what), spot(key));
                diags.push(suggest::add(diag, name, self.asked.iter().copied()));
            }
        }
    }
}
