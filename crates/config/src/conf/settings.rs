//! `settings { SECTION { OPTION VALUE; } }`: our own section, with the options of the environment.

use crate::conf::lexer::Statement;
use crate::conf::reader::Reader;
use crate::diag::{At, Diag};
use crate::env::RawSetting;
use crate::raw::Raw;

/// Reads the section.
pub(super) fn read<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, raw: &mut Raw) {
    reader.block("settings", header, |reader, section| {
        let name = At::new(section.keyword().to_owned(), reader.keyword_at(section));
        reader.block("settings", section, |reader, s| {
            let words = s.words();
            let at = reader.keyword_at(s);
            let (Some(first), Some(last)) = (words.get(1), words.last()) else {
                reader.diags.push(Diag::error(format!("{} has no value", s.keyword()), at));
                return;
            };
            // Lists are separated by spaces in the environment.
            let value: Vec<&str> =
                words.iter().skip(1).filter(|w| !w.is("[") && !w.is("]")).map(|w| &*w.text).collect();
            raw.settings.push(RawSetting {
                section: name.clone(),
                option: At::new(s.keyword().to_owned(), at),
                value: At::new(value.join(" "), reader.span(first.at, last.end)),
            });
            reader.skip(s);
        });
    });
}
