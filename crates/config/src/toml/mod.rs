//! The TOML front end: text to [`Raw`], every value with its place, and everything that is wrong at once.

mod api;
mod fields;
mod neighbor;
mod routes;

use std::collections::VecDeque;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::clauses::Clauses;
use crate::diag::{At, Diag, Diags, Source};
use crate::env::RawSetting;
use crate::files::Files;
use crate::raw::{Raw, RawNeighbor, RawProcess, RawTemplate};
use crate::secret::is_secret;
use crate::suggest;
use crate::toml::fields::{Entry, Fields, by_place, kind, scalar, spot};
use crate::value::{self, Scalar};

/// What stands on the top level.
const TOP: [&str; 5] = ["neighbor", "process", "template", "settings", "include"];

/// Reads a configuration and what it includes.
pub(crate) fn read(files: &mut Files<'_>, mut clauses: Clauses, diags: &mut Diags) -> Raw {
    let mut raw = Raw::default();
    let main = files.main();
    let mut included: VecDeque<At<String>> = document(&main, &mut raw, &mut clauses, diags).into();
    // The parsed text of a file is let go before the next one is read.
    drop(main);
    while let Some(At { value, at }) = included.pop_front() {
        let Some(source) = files.document(&value, at) else { continue };
        let more = document(&source, &mut raw, &mut clauses, diags);
        // Those of an included file come before what its includer has behind it.
        for name in more.into_iter().rev() {
            included.push_front(name);
        }
    }
    duplicates(&raw, diags);
    raw
}

/// TOML itself has no key twice in one file; here it is two files.
fn duplicates(raw: &Raw, diags: &mut Diags) {
    let processes = raw.processes.iter().map(|p| ("processes", &p.name));
    let mut seen: Vec<(&str, &At<String>)> = Vec::new();
    for (kind, name) in processes.chain(raw.templates.iter().map(|t| ("templates", &t.name))) {
        match seen.iter().find(|(other, first)| *other == kind && first.value == name.value) {
            Some((_, first)) => diags.push(
                Diag::error(format!("there are two {kind} called {}", name.value), name.at)
                    .related(first.at, "the first")
                    .hint("rename one"),
            ),
            None => seen.push((kind, name)),
        }
    }
}

/// Reads one file into `raw`; what it includes comes back.
fn document(source: &Source, raw: &mut Raw, clauses: &mut Clauses, diags: &mut Diags) -> Vec<At<String>> {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let mut included = Vec::new();
    if !errors.is_empty() {
        hide_lines(source, diags);
        // What the parser made of the rest is a guess: complaints about it would be noise.
        for error in errors {
            let at = error.span().unwrap_or_default();
            let diag = Diag::error(format!("this is no TOML: {}", error.message()), at.into());
            diags.push(syntax(source, error.message(), diag));
        }
        return included;
    }
    for (key, value) in by_place(document.get_ref()) {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("neighbor", DeValue::Array(neighbors)) => {
                for neighbor in neighbors {
                    raw.neighbors.extend(read_neighbor(source, neighbor, clauses, diags));
                }
            }
            ("neighbor", DeValue::Table(_)) => {
                diags.push(
                    Diag::error("neighbors are a list", spot(key))
                        .hint("write [[neighbor]], in two brackets"),
                );
                raw.neighbors.extend(read_neighbor(source, value, clauses, diags));
            }
            ("process", DeValue::Table(processes)) => {
                for (name, value) in named("process", processes, diags) {
                    raw.processes.extend(read_process(source, name, value, diags));
                }
            }
            ("template", DeValue::Table(templates)) => {
                for (name, value) in named("template", templates, diags) {
                    let Some(mut fields) = Fields::of(source, "template", value, diags) else { continue };
                    let body = neighbor::body(&mut fields, clauses, diags);
                    fields.finish(diags);
                    raw.templates
                        .push(RawTemplate { name: At::new(name.get_ref().to_string(), spot(name)), body });
                }
            }
            ("settings", DeValue::Table(sections)) => {
                for (section, value) in by_place(sections) {
                    settings(section, value, &mut raw.settings, diags);
                }
            }
            ("include", DeValue::String(name)) => included.push(At::new(name.to_string(), spot(value))),
            ("include", DeValue::Array(names)) => {
                for name in names {
                    match name.get_ref() {
                        DeValue::String(text) => included.push(At::new(text.to_string(), spot(name))),
                        other => diags.push(
                            Diag::error(format!("a file's name can't be {}", kind(other)), spot(name))
                                .hint("write it in quotes"),
                        ),
                    }
                }
            }
            (name, value) if TOP.contains(&name) => {
                let hint = match name {
                    "neighbor" => "write [[neighbor]] and its settings below".to_owned(),
                    "include" => "as in include = [\"peers.toml\"]".to_owned(),
                    _ => format!("write [{name}.NAME] and its settings below"),
                };
                diags.push(Diag::error(format!("{name} can't be {}", kind(value)), spot(key)).hint(hint));
            }
            (name, _) => {
                diags
                    .push(misplaced(name, Diag::error(format!("there is nothing called {name}"), spot(key))));
            }
        }
    }
    included
}

/// Hides passwords of a file that could not be parsed, as well as lines can tell.
fn hide_lines(source: &Source, diags: &mut Diags) {
    let mut start = 0usize;
    for line in source.text.split_inclusive('\n') {
        if let Some((key, value)) = line.split_once(['=', ' '])
            && is_secret(key)
        {
            let end = start.saturating_add(line.len());
            diags.hide((end.saturating_sub(value.len())..end).into());
        }
        start = start.saturating_add(line.len());
    }
}

/// A hint for what people write who know other languages.
fn syntax(source: &Source, message: &str, diag: Diag) -> Diag {
    let braces = source.text.lines().any(|line| {
        let line = line.trim();
        line.starts_with("neighbor ") && line.ends_with('{')
    });
    if braces {
        diag.hint("this looks like ExaBGP's language; write [[neighbor]], then peer-address = \"192.0.2.1\"")
    } else if message.contains("invalid float")
        || message.contains("invalid integer")
        || message.contains("date")
    {
        diag.hint("addresses and all other texts need quotes")
    } else {
        diag
    }
}

/// A key that is nothing on the top level may belong below a header.
fn misplaced(name: &str, diag: Diag) -> Diag {
    if neighbor::KEYS.contains(&name) {
        return diag.hint("this belongs below a [[neighbor]]");
    }
    match name {
        "neighbors" | "peer" => diag.hint("did you mean [[neighbor]]?"),
        _ => suggest::add(diag, name, TOP),
    }
}

/// The tables below `[process]` or `[template]`, each with its name.
fn named<'t, 's>(what: &str, tables: &'t DeTable<'s>, diags: &mut Diags) -> Vec<Entry<'t, 's>> {
    let (named, strays): (Vec<_>, Vec<_>) =
        by_place(tables).into_iter().partition(|(_, value)| matches!(value.get_ref(), DeValue::Table(_)));
    for (key, value) in strays {
        diags.push(
            Diag::error(format!("{what}.{} can't be {}", key.get_ref(), kind(value.get_ref())), spot(key))
                .hint(format!("write [{what}.NAME] and its settings below")),
        );
    }
    named
}

fn read_neighbor(
    source: &Source,
    value: &Spanned<DeValue<'_>>,
    clauses: &mut Clauses,
    diags: &mut Diags,
) -> Option<RawNeighbor> {
    let mut fields = Fields::of(source, "neighbor", value, diags)?;
    let at = fields.at();
    let inherit = fields.list("inherit", value::name, diags).map(|list| list.value).unwrap_or_default();
    let body = neighbor::body(&mut fields, clauses, diags);
    fields.finish(diags);
    Some(RawNeighbor { at, inherit, body })
}

fn read_process(
    source: &Source,
    name: &Spanned<toml::de::DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    diags: &mut Diags,
) -> Option<RawProcess> {
    let mut fields = Fields::of(source, "process", value, diags)?;
    let run = match fields.get("run").map(|v| (v, v.get_ref())) {
        // A command line as a whole: white space separates, quotes keep.
        Some((spanned, DeValue::String(line))) => {
            let at = spot(spanned);
            let words = split_words(line).into_iter().map(|word| At::new(word, at)).collect();
            Some(At::new(words, at))
        }
        _ => fields.list("run", value::string, diags),
    };
    let process = RawProcess {
        name: At::new(name.get_ref().to_string(), spot(name)),
        run,
        encoder: fields.scalar("encoder", value::encoder, diags),
        respawn: fields.scalar("respawn", value::boolean, diags),
        ack: fields.scalar("ack", value::boolean, diags),
        api: fields.scalar("api", value::api_version, diags),
        overflow: fields.scalar("overflow", value::overflow, diags),
        queue_bytes: fields.scalar("queue-bytes", value::octets, diags),
        spill_bytes: fields.scalar("spill-bytes", value::octets, diags),
        on_exit: fields.scalar("on-exit", value::on_exit, diags),
    };
    fields.finish(diags);
    Some(process)
}

/// The words of a command line. No shell is involved: quotes group, and nothing else is special.
fn split_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The options of one section of `[settings]`, as text: their types are those of the environment.
fn settings(
    section: &Spanned<toml::de::DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    raw: &mut Vec<RawSetting>,
    diags: &mut Diags,
) {
    let name = At::new(section.get_ref().to_string(), spot(section));
    let DeValue::Table(options) = value.get_ref() else {
        diags.push(
            Diag::error(format!("settings.{} can't be {}", name.value, kind(value.get_ref())), spot(value))
                .hint(format!("write [settings.{}] and its options below", name.value)),
        );
        return;
    };
    for (option, value) in by_place(options) {
        let text = |value: &DeValue<'_>| match scalar(value) {
            Scalar::Text(text) => Some(text.to_owned()),
            Scalar::Number(number) => Some(number.to_string()),
            Scalar::Truth(truth) => Some(truth.to_string()),
            Scalar::Other(_) => match value {
                DeValue::Float(float) => Some(float.as_str().to_owned()),
                _ => None,
            },
        };
        let text = match value.get_ref() {
            // Lists are separated by spaces in the environment.
            DeValue::Array(values) => values
                .iter()
                .map(|v| text(v.get_ref()))
                .collect::<Option<Vec<_>>>()
                .map(|words| words.join(" ")),
            value => text(value),
        };
        match text {
            Some(text) => raw.push(RawSetting {
                section: name.clone(),
                option: At::new(option.get_ref().to_string(), spot(option)),
                value: At::new(text, spot(value)),
            }),
            None => {
                diags.push(Diag::error(format!("a setting can't be {}", kind(value.get_ref())), spot(value)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split_words;

    #[test]
    fn a_command_line_is_words() {
        assert_eq!(split_words("  ./a  b 'c d' e\"f g\" '' "), ["./a", "b", "c d", "ef g", ""]);
    }
}
