//! `tcp-ao { … }` (RFC 5925). Read and checked; sessions are not authenticated with it yet, which is said loudly.

use crate::conf::lexer::Statement;
use crate::conf::reader::Reader;
use crate::conf::values;
use crate::diag::Diag;
use crate::raw::Body;
use crate::value::{self, Scalar, Value};

const KEYWORDS: [&str; 4] = ["keyid", "algorithm", "password", "base64"];
const ALGORITHMS: [&str; 3] = ["hmac-sha-1-96", "aes-128-cmac-96", "hmac-sha-256"];

/// Reads the section.
pub(super) fn read<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, body: &mut Body) {
    let mut seen: Vec<&str> = Vec::new();
    reader.block("tcp-ao", header, |reader, s| {
        seen.push(s.keyword());
        match s.keyword() {
            "keyid" => drop(reader.value(s, None, key_id)),
            "algorithm" => drop(reader.value(s, None, algorithm)),
            "password" => drop(reader.value(s, None, values::secret)),
            "base64" => drop(reader.value(s, Some(true), values::boolean)),
            _ => reader.unknown(s, &KEYWORDS),
        }
    });
    let at = reader.keyword_at(header);
    let missing: Vec<&str> = KEYWORDS.iter().take(3).filter(|k| !seen.contains(k)).copied().collect();
    if !missing.is_empty() {
        reader.diags.push(Diag::error(format!("incomplete tcp-ao, missing {}", missing.join(", ")), at));
    }
    if let Some(md5) = &body.md5_password {
        reader.diags.push(
            Diag::error("tcp-ao and md5-password exclude each other", at)
                .related(md5.at, "md5-password")
                .hint("remove one"),
        );
    }
    reader.diags.push(
        Diag::warning("tcp-ao is not there yet: the session will NOT be authenticated", at)
            .hint("use md5-password until then"),
    );
}

fn key_id(value: Scalar<'_>) -> Value<u8> {
    match value {
        Scalar::Text(text) => text.parse().or_else(|_| value::refuse(value, "a key identifier", "0 to 255")),
        value => value::refuse(value, "a key identifier", "0 to 255"),
    }
}

fn algorithm(value: Scalar<'_>) -> Value<()> {
    match value {
        Scalar::Text(text) if ALGORITHMS.contains(&text) => Ok(()),
        value => value::refuse(value, "an algorithm", &ALGORITHMS.join(", ")),
    }
}
