//! Static routes: strings in the grammar of `route-text`, or tables that are turned into such strings.

use std::sync::Arc;

use bgp_wire::text::TextError;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::clauses::{Clauses, refused};
use crate::diag::{Diag, Diags, Span};
use crate::model::RouteSet;
use crate::toml::fields::{Fields, by_place, kind, scalar, spot};

/// Reads `routes` of a `static` table.
pub(super) fn read(
    fields: &mut Fields<'_, '_>,
    clauses: &mut Clauses,
    diags: &mut Diags,
) -> Option<Arc<RouteSet>> {
    let value = fields.get("routes")?;
    let text = &fields.source.text;
    let mut set = clauses.set();
    match value.get_ref() {
        DeValue::Array(routes) => {
            for route in routes {
                one(text, route, clauses, &mut set, diags);
            }
        }
        _ => one(text, value, clauses, &mut set, diags),
    }
    Some(Arc::new(set))
}

fn one(
    source: &str,
    value: &Spanned<DeValue<'_>>,
    clauses: &mut Clauses,
    set: &mut RouteSet,
    diags: &mut Diags,
) {
    let at = spot(value);
    match value.get_ref() {
        DeValue::String(line) => {
            if let Err(error) = clauses.line(line, at, set) {
                let place = inside(source, line, at, &error);
                diags.push(refused(&error, place));
            }
        }
        DeValue::Table(table) => {
            let Some(line) = Line::of(table, at, diags) else { return };
            if let Err(error) = clauses.line(&line.text, at, set) {
                diags.push(refused(&error, line.place(source, &error)));
            }
        }
        other => diags.push(Diag::error(format!("a route can't be {}", kind(other)), at).hint(
            "as in \"10.0.0.0/24 next-hop self\", or { prefix = \"10.0.0.0/24\", next-hop = \"self\" }",
        )),
    }
}

/// Where in the file the offending word of a string stands.
fn inside(source: &str, text: &str, whole: Span, error: &TextError) -> Span {
    // A string without escapes is a slice of the file; one with escapes is only shown as a whole.
    let start = (text.as_ptr() as usize).checked_sub(source.as_ptr() as usize);
    match start.filter(|start| source.get(*start..start.saturating_add(text.len())) == Some(text)) {
        Some(start) => {
            let at = start.saturating_add(error.at.min(text.len()));
            let length = error.word.len().max(1);
            Span { start: at, end: at.saturating_add(length).min(source.len()) }
        }
        None => whole,
    }
}

/// A route table as a line, and which part of the line is from where.
#[derive(Default)]
struct Line<'t> {
    text: String,
    /// Octet of the line where each part starts, the part's place in the file, and its text there.
    parts: Vec<(usize, Span, Option<&'t str>)>,
}

impl<'t> Line<'t> {
    fn of(table: &'t DeTable<'_>, at: Span, diags: &mut Diags) -> Option<Self> {
        let mut line = Self::default();
        if let Some(family) = table.get("family") {
            line.value(family, diags)?;
        }
        let Some(prefix) = table.get("prefix") else {
            diags.push(Diag::error("a route needs a prefix", at).hint("as in prefix = \"10.0.0.0/24\""));
            return None;
        };
        line.value(prefix, diags)?;
        for (key, value) in by_place(table) {
            let name = key.get_ref().as_ref();
            if matches!(name, "family" | "prefix") {
                continue;
            }
            if matches!(value.get_ref(), DeValue::Boolean(false)) {
                continue; // a flag that is not set
            }
            line.part(spot(key), None, name);
            match value.get_ref() {
                DeValue::Boolean(_) => {}
                DeValue::Array(list) if name == "as-path" => line.as_path(list, diags)?,
                _ => line.value(value, diags)?,
            }
        }
        Some(line)
    }

    fn part(&mut self, at: Span, origin: Option<&'t str>, text: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.parts.push((self.text.len(), at, origin));
        self.text.push_str(text);
    }

    fn value(&mut self, value: &'t Spanned<DeValue<'_>>, diags: &mut Diags) -> Option<()> {
        let at = spot(value);
        match value.get_ref() {
            DeValue::String(text) => self.part(at, Some(text), text),
            // Hexadecimal ones are TOML's; the grammar of routes has decimal ones.
            DeValue::Integer(_) => self.part(at, None, &scalar(value.get_ref()).to_string()),
            DeValue::Array(list) => {
                self.part(at, None, "[");
                for item in list {
                    self.value(item, diags)?;
                }
                self.part(at, None, "]");
            }
            other => {
                diags.push(
                    Diag::error(format!("{} can't be in a route", kind(other)), at).hint("write a string"),
                );
                return None;
            }
        }
        Some(())
    }

    /// `[1, 2, [3, 4]]`: numbers are a sequence, inner lists are sets.
    fn as_path(&mut self, list: &'t DeArray<'_>, diags: &mut Diags) -> Option<()> {
        let mut open = false;
        for item in list {
            let at = spot(item);
            if let DeValue::Array(set) = item.get_ref() {
                if std::mem::take(&mut open) {
                    self.part(at, None, "]");
                }
                self.part(at, None, "(");
                for member in set {
                    self.value(member, diags)?;
                }
                self.part(at, None, ")");
            } else {
                if !std::mem::replace(&mut open, true) {
                    self.part(at, None, "[");
                }
                self.value(item, diags)?;
            }
        }
        let end = self.parts.last().map_or(Span::default(), |(_, at, _)| *at);
        match (open, list.is_empty()) {
            (true, _) => self.part(end, None, "]"),
            (false, true) => self.part(end, None, "[ ]"),
            (false, false) => {}
        }
        Some(())
    }

    /// Where in the file the offending word stands.
    fn place(&self, source: &str, error: &TextError) -> Span {
        let after = self.parts.partition_point(|(start, ..)| *start <= error.at);
        let Some((start, at, origin)) = after.checked_sub(1).and_then(|i| self.parts.get(i)) else {
            return Span::default();
        };
        match origin {
            Some(text) => {
                let error = TextError { at: error.at.saturating_sub(*start), ..error.clone() };
                inside(source, text, *at, &error)
            }
            None => *at,
        }
    }
}
