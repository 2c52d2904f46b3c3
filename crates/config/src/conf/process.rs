//! `process NAME { … }`

use crate::conf::lexer::Statement;
use crate::conf::reader::Reader;
use crate::conf::values;
use crate::diag::{At, Diag};
use crate::model::OnExit;
use crate::raw::{Raw, RawProcess};
use crate::value::{self, Scalar};

/// Keywords of the section; the last six are our own.
const KEYWORDS: [&str; 9] =
    ["run", "encoder", "respawn", "ack", "api", "overflow", "queue-bytes", "spill-bytes", "on-exit"];

/// Reads one section.
pub(super) fn read<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, raw: &mut Raw) {
    let Some(mut process) = named(reader, header) else {
        reader.skip(header);
        return;
    };
    reader.block("process", header, |reader, s| {
        if !statement(reader, s, &mut process) {
            reader.unknown(s, &KEYWORDS);
        }
    });
    add(reader, process, raw);
}

/// The process that a header names.
pub(super) fn named<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>) -> Option<RawProcess> {
    let words = header.words();
    let Some(word) = words.get(1) else {
        let at = reader.keyword_at(header);
        reader.diags.push(Diag::error("this process has no name", at).hint("as in process helper {"));
        return None;
    };
    reader.no_more(&words, 2);
    Some(RawProcess {
        name: At::new(word.text.to_string(), reader.at(word)),
        run: None,
        encoder: None,
        respawn: None,
        ack: None,
        api: None,
        overflow: None,
        queue_bytes: None,
        spill_bytes: None,
        on_exit: None,
    })
}

/// One statement of the section, if it is one.
pub(super) fn statement<'a>(
    reader: &mut Reader<'a, '_>,
    s: &Statement<'a>,
    process: &mut RawProcess,
) -> bool {
    match s.keyword() {
        "run" => {
            let words = s.words();
            let all: Vec<_> =
                words.iter().skip(1).map(|word| At::new(word.text.to_string(), reader.at(word))).collect();
            let (_, from) = s.rest();
            let at = if all.is_empty() { reader.keyword_at(s) } else { reader.span(from, s.stop) };
            process.run = Some(At::new(all, at));
        }
        "encoder" => process.encoder = reader.value(s, None, value::encoder),
        "respawn" => process.respawn = reader.value(s, Some(true), values::boolean),
        "ack" => process.ack = reader.value(s, Some(true), values::boolean),
        "api" => process.api = reader.value(s, None, value::api_version),
        "overflow" => process.overflow = reader.value(s, None, value::overflow),
        "queue-bytes" => process.queue_bytes = reader.value(s, None, value::octets),
        "spill-bytes" => process.spill_bytes = reader.value(s, None, value::octets),
        "on-exit" => process.on_exit = on_exit(reader, s),
        _ => return false,
    }
    true
}

/// `on-exit keep`, `on-exit withdraw`, `on-exit withdraw-after SECONDS`
fn on_exit<'a>(reader: &mut Reader<'a, '_>, s: &Statement<'a>) -> Option<At<OnExit>> {
    let words = s.words();
    let (Some(first), Some(seconds)) = (words.get(1), words.get(2)) else {
        return reader.value(s, None, value::on_exit);
    };
    reader.no_more(&words, 3);
    let text = format!("{} {}", first.text, seconds.text);
    reader.read("on-exit", first, |_| value::on_exit(Scalar::Text(&text)))
}

/// Adds a process, unless there is one of that name.
pub(super) fn add(reader: &mut Reader<'_, '_>, process: RawProcess, raw: &mut Raw) {
    if let Some(first) = raw.processes.iter().find(|p| p.name.value == process.name.value) {
        reader.diags.push(
            Diag::error(format!("there are two processes called {}", process.name.value), process.name.at)
                .related(first.name.at, "the first")
                .hint("rename one"),
        );
        return;
    }
    if process.encoder.is_none() {
        reader.diags.push(
            Diag::warning(
                format!("process {} has no encoder: it gets text", process.name.value),
                process.name.at,
            )
            .hint("add encoder json; or encoder text;"),
        );
    }
    let encoder = process.encoder.unwrap_or(At::new(crate::model::Encoder::Text, process.name.at));
    raw.processes.push(RawProcess { encoder: Some(encoder), ..process });
}
