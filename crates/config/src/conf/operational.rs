//! `operational { … }`: messages of draft-ietf-idr-operational-message, sent when a session begins.

use std::sync::Arc;

use route_text::{Words, parse_operational};

use crate::clauses::refused;
use crate::conf::lexer::{End, Statement};
use crate::conf::reader::Reader;
use crate::diag::At;
use crate::raw::Body;

/// The messages.
const MESSAGES: [&str; 8] = ["asm", "adm", "rpcq", "rpcp", "apcq", "apcp", "lpcq", "lpcp"];

/// Reads the section.
pub(super) fn read<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, body: &mut Body) {
    let mut messages = Vec::new();
    reader.block("operational", header, |reader, s| {
        if s.end == End::Open || !MESSAGES.contains(&s.keyword()) {
            reader.unknown(s, &MESSAGES);
            return;
        }
        match parse_operational(&mut Words::new(s.text)) {
            Ok(message) => messages.push(At::new(Arc::new(message), reader.keyword_at(s))),
            Err(error) => {
                let at = s.at.saturating_add(error.at);
                let end = at.saturating_add(error.word.len().max(1));
                let at = reader.span(at, end);
                reader.diags.push(refused(&error, at));
            }
        }
    });
    if !messages.is_empty() {
        let at = reader.keyword_at(header);
        let all = body.messages.get_or_insert_with(|| At::new(Vec::new(), at));
        all.value.append(&mut messages);
    }
}
