//! AS_PATH as it was told before 5.0: one list for all sequences, one for all sets (RFC 4271 section 4.3, RFC 5065).

use bgp_wire::attr::as_path::{Kind, Segment, Segments};
use bgp_wire::emit::{Emit as _, Spacing};

use crate::encode::writer::JsonWriter;

/// The keys, by segment type, and whether an empty list is told too.
const KEYS: [(Kind, &str, bool); 4] = [
    (Kind::Sequence, "as-path", true),
    (Kind::Set, "as-set", false),
    (Kind::ConfedSequence, "confederation-path", true),
    (Kind::ConfedSet, "confederation-set", false),
];

/// Appends the keys and lists of an AS_PATH with four-octet AS numbers.
pub(in crate::encode) fn flat(value: &[u8], w: &mut JsonWriter<'_>) {
    for (kind, name, always) in KEYS {
        let mut numbers =
            Segments::<4>::new(value).filter(|s| s.kind == kind).flat_map(Segment::asns).peekable();
        if numbers.peek().is_none() && !always {
            continue;
        }
        w.key(name);
        let empty = numbers.peek().is_none();
        w.begin_list(if empty { Spacing::Tight } else { Spacing::Wide });
        numbers.for_each(|asn| w.number(asn.into()));
        w.end_list();
    }
}
