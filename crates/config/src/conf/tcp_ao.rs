//! `tcp-ao { … }` (RFC 5925)

use crate::conf::lexer::Statement;
use crate::conf::reader::Reader;
use crate::conf::values;
use crate::diag::At;
use crate::raw::{Body, RawTcpAo};
use crate::value;

const KEYWORDS: [&str; 4] = ["keyid", "algorithm", "password", "base64"];

/// Reads the section.
pub(super) fn read<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, body: &mut Body) {
    let mut ao = RawTcpAo::default();
    reader.block("tcp-ao", header, |reader, s| match s.keyword() {
        "keyid" => ao.id = reader.value(s, None, value::key_id),
        "algorithm" => ao.algorithm = reader.value(s, None, value::ao_algorithm),
        "password" => ao.password = reader.value(s, None, values::secret),
        "base64" => ao.base64 = reader.value(s, Some(true), values::boolean),
        _ => reader.unknown(s, &KEYWORDS),
    });
    body.tcp_ao = Some(At::new(ao, reader.keyword_at(header)));
}
