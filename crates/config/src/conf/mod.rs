//! ExaBGP's own language: the union of what 5.0 and 6.0 take, with the forms of 3.4 that are still written.
//!
//! A section is a function that is handed statements ([`reader::Reader::block`]); each kind has a file of its own.

mod api;
mod capability;
mod family;
mod legacy;
mod lexer;
mod neighbor;
mod operational;
mod prepare;
mod process;
mod reader;
mod routes;
mod settings;
mod tcp_ao;
mod values;

use crate::clauses::Clauses;
use crate::conf::lexer::Statement;
use crate::conf::prepare::Prepared;
use crate::conf::reader::Reader;
use crate::diag::{At, Diag, Diags, Source};
use crate::raw::{Body, Dialect, Raw, RawNeighbor, RawTemplate};
use crate::value::{self, Scalar};

/// What stands on the top level.
const TOP: [&str; 5] = ["neighbor", "process", "template", "settings", "include"];

/// Reads a configuration.
pub(crate) fn read(source: &Source, clauses: Clauses, diags: &mut Diags) -> Raw {
    let prepared = Prepared::new(&source.text, diags);
    let mut reader = Reader::new(&prepared, clauses, diags);
    let mut raw = Raw { dialect: Dialect::ExaBgp, ..Raw::default() };
    reader.root(|reader, statement| match statement.keyword() {
        "process" => process::read(reader, statement, &mut raw),
        "template" => template(reader, statement, &mut raw),
        "neighbor" => neighbor(reader, statement, &Body::default(), &mut raw),
        "group" => legacy::group(reader, statement, &mut raw),
        "settings" => settings::read(reader, statement, &mut raw),
        _ => reader.unknown(statement, &TOP),
    });
    raw
}

/// `neighbor ADDRESS { … }`; what `group` says holds where the neighbor says nothing.
fn neighbor<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, group: &Body, raw: &mut Raw) {
    let at = reader.keyword_at(header);
    let words = header.words();
    let mut body = Body::default();
    let mut inherit = Vec::new();
    if let Some(word) = words.get(1) {
        body.peer_address = reader.read("neighbor", word, value::peer);
        reader.no_more(&words, 2);
    } else {
        reader.diags.push(Diag::error("this neighbor has no address", at).hint("as in neighbor 192.0.2.1 {"));
    }
    if body.peer_address.is_none() {
        body.wrong.push("peer-address");
    }
    reader.block("neighbor", header, |reader, statement| {
        neighbor::statement(reader, statement, &mut body, &mut inherit, raw);
    });
    body.inherit(group);
    raw.neighbors.push(RawNeighbor { at, inherit, body });
}

/// `template { neighbor NAME { … } }`
fn template<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, raw: &mut Raw) {
    reader.block("template", header, |reader, statement| {
        if statement.keyword() != "neighbor" {
            reader.unknown(statement, &["neighbor"]);
            return;
        }
        let words = statement.words();
        let at = reader.keyword_at(statement);
        let name = if let Some(word) = words.get(1) {
            reader.read("template", word, template_name)
        } else {
            reader.diags.push(Diag::error("this template has no name", at).hint("as in neighbor common {"));
            None
        };
        let name = name.unwrap_or_else(|| At::new(String::new(), at));
        let mut body = Body::default();
        let mut inherit = Vec::new();
        reader.block("neighbor", statement, |reader, statement| {
            neighbor::statement(reader, statement, &mut body, &mut inherit, raw);
        });
        if let Some(first) = inherit.first() {
            reader.diags.push(
                Diag::warning("a template can't inherit from another: this is ignored", first.at)
                    .hint("name both templates in the neighbor"),
            );
        }
        if let Some(first) = raw.templates.iter().find(|t| t.name.value == name.value) {
            reader.diags.push(
                Diag::error(format!("there are two templates called {}", name.value), name.at)
                    .related(first.name.at, "the first")
                    .hint("rename one"),
            );
        }
        raw.templates.push(RawTemplate { name, body });
    });
}

fn template_name(value: Scalar<'_>) -> value::Value<String> {
    match value {
        Scalar::Text(text) if !text.is_empty() && text.bytes().all(values::is_name) => Ok(text.to_owned()),
        value => value::refuse(value, "a template's name", "letters, digits, '.', '-' and '_'"),
    }
}
