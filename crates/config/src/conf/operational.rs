//! `operational { … }`: messages of draft-ietf-idr-operational-message. Read and checked; not sent yet.

use crate::conf::lexer::Statement;
use crate::conf::neighbor::no_effect;
use crate::conf::reader::Reader;
use crate::conf::values;
use crate::diag::Diag;
use crate::value::{self, Scalar};

/// The messages, and the words that each needs.
const MESSAGES: [(&str, &[&str]); 8] = [
    ("asm", &["afi", "safi", "advisory"]),
    ("adm", &["afi", "safi", "advisory"]),
    ("rpcq", &["afi", "safi", "sequence"]),
    ("rpcp", &["afi", "safi", "sequence", "counter"]),
    ("apcq", &["afi", "safi", "sequence"]),
    ("apcp", &["afi", "safi", "sequence", "counter"]),
    ("lpcq", &["afi", "safi", "sequence"]),
    ("lpcp", &["afi", "safi", "sequence", "counter"]),
];

/// Reads the section.
pub(super) fn read<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>) {
    let mut any = false;
    reader.block("operational", header, |reader, s| {
        let keyword = s.keyword();
        let Some((_, needed)) = MESSAGES.iter().find(|(name, _)| *name == keyword) else {
            let known: Vec<&str> = MESSAGES.iter().map(|(name, _)| *name).collect();
            reader.unknown(s, &known);
            return;
        };
        any = true;
        message(reader, s, needed);
    });
    if any {
        let at = reader.keyword_at(header);
        no_effect(reader, at, "operational");
    }
}

fn message<'a>(reader: &mut Reader<'a, '_>, s: &Statement<'a>, needed: &[&str]) {
    let words = s.words();
    let mut seen: Vec<&str> = Vec::new();
    let mut afi = String::new();
    let mut pairs = words.iter().skip(1);
    while let Some(key) = pairs.next() {
        let at = reader.at(key);
        let Some(name) = needed.iter().chain(&["router-id"]).find(|name| key.is(name)) else {
            let diag = Diag::error(format!("unknown keyword: '{}'", key.text), at);
            let diag = crate::suggest::add(diag, &key.text, needed.iter().copied());
            reader.diags.push(diag);
            return;
        };
        let Some(word) = pairs.next() else {
            reader.diags.push(Diag::error(format!("{name} has no value"), at));
            return;
        };
        seen.push(name);
        let number = |value: Scalar<'_>| match value {
            Scalar::Text(text) if text.parse::<u32>().is_ok() => Ok(()),
            value => value::refuse(value, "a number", "0 to 4294967295"),
        };
        match *name {
            "afi" => afi = word.text.to_string(),
            "safi" => drop(reader.read("safi", word, |value| values::safi(&afi, value))),
            "sequence" | "counter" => drop(reader.read(name, word, number)),
            "router-id" => drop(reader.read("router-id", word, value::router_id)),
            _ => {}
        }
    }
    if let Some(missing) = needed.iter().find(|name| !seen.contains(name)) {
        let at = reader.keyword_at(s);
        reader.diags.push(Diag::error(format!("{} needs {missing}", s.keyword()), at));
    }
}
