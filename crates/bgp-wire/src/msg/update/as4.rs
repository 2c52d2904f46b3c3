//! Four-octet AS numbers over two-octet sessions (RFC 6793).
//!
//! Canonical values have four octets. Received two-octet values are widened and completed from AS4_PATH and
//! AS4_AGGREGATOR; sent ones are narrowed, with AS_TRANS for what does not fit.

use smallvec::SmallVec;

use crate::attr::as_path::{self, Kind, Segment, Segments};
use crate::code::Asn;

/// An AS_PATH value that was made rather than received.
pub(super) type Path = SmallVec<[u8; 64]>;

const TRANS: [u8; 2] = 23456_u16.to_be_bytes();

/// Octets of the smallest AS4_PATH: one segment with one AS number (RFC 6793 section 6).
const SMALLEST: usize = 6;

/// Checks a received AS4_PATH.
pub(super) fn check_path(value: &[u8]) -> Result<(), &'static str> {
    if value.len() < SMALLEST { Err("it has no AS number") } else { as_path::check::<4>(value) }
}

/// Checks a received AS4_AGGREGATOR.
pub(super) fn check_aggregator(value: &[u8]) -> Result<(), &'static str> {
    match value {
        [0, 0, 0, 0, _, _, _, _] => Err("the AS number is 0"),
        [_, _, _, _, _, _, _, _] => Ok(()),
        _ => Err("the length must be 8"),
    }
}

/// Whether AS4_PATH and AS4_AGGREGATOR are to be ignored because an old speaker has aggregated after they were made:
/// AGGREGATOR, in its two-octet form, names a real AS (RFC 6793 section 4.2.3).
pub(super) fn outdated(aggregator: &[u8]) -> bool {
    aggregator.first_chunk::<2>().is_some_and(|asn| *asn != TRANS)
}

/// AGGREGATOR with a four-octet AS number: from AS4_AGGREGATOR where that is there.
pub(super) fn widen_aggregator(value: &[u8], as4: Option<&[u8]>) -> Option<[u8; 8]> {
    if let Some(as4) = as4 {
        return as4.try_into().ok();
    }
    let mut wide = [0; 8];
    let place = wide.get_mut(2..)?;
    if value.len() != place.len() {
        return None;
    }
    place.copy_from_slice(value);
    Some(wide)
}

/// AS_PATH with four-octet AS numbers, completed from AS4_PATH where that is there and not longer.
pub(super) fn widen_path(value: &[u8], as4: Option<&[u8]>) -> Path {
    let mut path = Path::new();
    let count: usize =
        Segments::<2>::new(value).map(|s| weight(s.kind, s.numbers.len())).fold(0, usize::saturating_add);
    let surplus = as4.map(|as4| {
        let known =
            Segments::<4>::new(as4).map(|s| weight(s.kind, s.numbers.len())).fold(0, usize::saturating_add);
        count.checked_sub(known)
    });
    let Some(Some(surplus)) = surplus else {
        Segments::<2>::new(value).for_each(|s| append(s.kind, wide(s.numbers), &mut path));
        return path;
    };
    lead(value, surplus, &mut path);
    for segment in Segments::<4>::new(as4.unwrap_or_default()).filter(|s| !s.kind.is_confederation()) {
        append(segment.kind, segment.numbers.iter().copied(), &mut path);
    }
    path
}

/// Appends the first `surplus` AS numbers of a two-octet path, with the confederation segments between them.
fn lead(value: &[u8], mut surplus: usize, path: &mut Path) {
    for Segment { kind, numbers } in Segments::<2>::new(value) {
        let weight = weight(kind, numbers.len());
        if kind.is_confederation() || weight <= surplus {
            append(kind, wide(numbers), path);
            surplus = surplus.saturating_sub(weight);
        } else {
            // Only a sequence can be taken in part: a set weighs 1.
            append(kind, wide(numbers.get(..surplus).unwrap_or_default()), path);
            return;
        }
    }
}

/// What a segment counts for in the length of a path (RFC 4271 section 9.1.2.2, RFC 5065 section 5.3).
const fn weight(kind: Kind, numbers: usize) -> usize {
    match kind {
        Kind::Set => 1,
        Kind::Sequence => numbers,
        Kind::ConfedSequence | Kind::ConfedSet => 0,
    }
}

fn wide(numbers: &[[u8; 2]]) -> impl ExactSizeIterator<Item = [u8; 4]> {
    numbers.iter().map(|[a, b]| [0, 0, *a, *b])
}

/// Appends a segment; a sequence after a sequence continues it.
fn append(kind: Kind, numbers: impl ExactSizeIterator<Item = [u8; 4]>, path: &mut Path) {
    let added = numbers.len();
    if added == 0 {
        return;
    }
    let last = last_segment(path);
    let joined = last.and_then(|at| {
        let [last_kind, count, ..] = path.get(at..)? else { return None };
        let sum = usize::from(*count).checked_add(added)?;
        (kind == Kind::Sequence && *last_kind == Kind::Sequence as u8)
            .then(|| u8::try_from(sum).ok())
            .flatten()
    });
    match (joined, last.and_then(|at| path.get_mut(at.checked_add(1)?))) {
        (Some(sum), Some(count)) => *count = sum,
        // A segment of a message has at most 255 numbers.
        _ => path.extend_from_slice(&[kind as u8, u8::try_from(added).unwrap_or(u8::MAX)]),
    }
    numbers.for_each(|n| path.extend_from_slice(&n));
}

/// Where the last segment of a well-formed path starts.
fn last_segment(path: &[u8]) -> Option<usize> {
    let mut at = None;
    let mut segments = Segments::<4>::new(path);
    loop {
        let here = path.len().checked_sub(segments.rest().len());
        if segments.next().is_none() {
            return at;
        }
        at = here;
    }
}

/// What a canonical AS_PATH becomes on a two-octet session.
pub(super) struct Narrowed {
    /// AS_PATH with two-octet AS numbers.
    pub(super) path: Path,
    /// AS4_PATH, when AS_PATH can't say everything.
    pub(super) as4_path: Option<Path>,
}

/// Narrows a canonical AS_PATH; `None` when the value is no path (a user may have entered any octets).
pub(super) fn narrow_path(value: &[u8]) -> Option<Narrowed> {
    let (mut path, mut as4, mut lossy) = (Path::new(), Path::new(), false);
    let mut segments = Segments::<4>::new(value);
    for segment in segments.by_ref() {
        let head = [segment.kind as u8, u8::try_from(segment.numbers.len()).ok()?];
        path.extend_from_slice(&head);
        segment.asns().for_each(|asn| path.extend_from_slice(&Asn(asn).as2().to_be_bytes()));
        // RFC 6793 section 3: AS4_PATH carries no confederation segments.
        if !segment.kind.is_confederation() {
            as4.extend_from_slice(&head);
            as4.extend_from_slice(segment.numbers.as_flattened());
            lossy |= segment.asns().any(|asn| asn > 0xFFFF);
        }
    }
    segments.rest().is_empty().then(|| Narrowed { path, as4_path: lossy.then_some(as4) })
}

/// AGGREGATOR on a two-octet session, and whether AS4_AGGREGATOR must go with it; `None` for other octets.
pub(super) fn narrow_aggregator(value: &[u8]) -> Option<([u8; 6], bool)> {
    let ([asn, address], []) = value.as_chunks::<4>() else { return None };
    let asn = u32::from_be_bytes(*asn);
    let mut narrow = [0; 6];
    let (first, last) = narrow.split_first_chunk_mut::<2>()?;
    *first = Asn(asn).as2().to_be_bytes();
    last.copy_from_slice(address);
    Some((narrow, asn > 0xFFFF))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(segments: &[(u8, &[u16])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (kind, numbers) in segments {
            out.extend([*kind, u8::try_from(numbers.len()).unwrap()]);
            numbers.iter().for_each(|n| out.extend(n.to_be_bytes()));
        }
        out
    }

    fn four(segments: &[(u8, &[u32])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (kind, numbers) in segments {
            out.extend([*kind, u8::try_from(numbers.len()).unwrap()]);
            numbers.iter().for_each(|n| out.extend(n.to_be_bytes()));
        }
        out
    }

    #[test]
    fn paths_are_merged_as_rfc_6793_says() {
        type Two<'a> = &'a [(u8, &'a [u16])];
        type Four<'a> = &'a [(u8, &'a [u32])];
        let table: [(&str, Two<'_>, Option<Four<'_>>, Four<'_>); 9] = [
            ("no AS4_PATH", &[(2, &[1, 23456])], None, &[(2, &[1, 23456])]),
            ("the tail is known", &[(2, &[1, 23456, 3])], Some(&[(2, &[70000, 3])]), &[(2, &[1, 70000, 3])]),
            ("all is known", &[(2, &[23456, 3])], Some(&[(2, &[70000, 3])]), &[(2, &[70000, 3])]),
            ("AS4_PATH is longer", &[(2, &[23456])], Some(&[(2, &[70000, 3])]), &[(2, &[23456])]),
            (
                "a set counts for one",
                &[(2, &[1]), (1, &[2, 3])],
                Some(&[(1, &[70000])]),
                &[(2, &[1]), (1, &[70000])],
            ),
            (
                "a set leads",
                &[(1, &[1, 2]), (2, &[23456])],
                Some(&[(2, &[70000])]),
                &[(1, &[1, 2]), (2, &[70000])],
            ),
            (
                "confederation segments stay in front",
                &[(3, &[9]), (2, &[23456])],
                Some(&[(2, &[70000])]),
                &[(3, &[9]), (2, &[70000])],
            ),
            (
                "and between",
                &[(2, &[1]), (4, &[9]), (2, &[23456])],
                Some(&[(2, &[70000])]),
                &[(2, &[1]), (4, &[9]), (2, &[70000])],
            ),
            (
                "none of them in AS4_PATH",
                &[(2, &[23456])],
                Some(&[(3, &[9]), (2, &[70000])]),
                &[(2, &[70000])],
            ),
        ];
        for (what, path, as4, expected) in table {
            let as4 = as4.map(four);
            assert_eq!(widen_path(&two(path), as4.as_deref()).as_slice(), four(expected), "{what}");
        }
    }

    #[test]
    fn a_sequence_over_255_stays_two_segments() {
        let numbers = [7_u16; 200];
        let as4 = four(&[(2, &[70000; 100])]);
        let wide = widen_path(&two(&[(2, &numbers), (2, &[23456; 100])]), Some(&as4));
        assert_eq!(wide.as_slice(), four(&[(2, &[7; 200]), (2, &[70000; 100])]));
    }

    #[test]
    fn narrowing_keeps_what_does_not_fit_beside() {
        let small = narrow_path(&four(&[(2, &[1, 2])])).unwrap();
        assert_eq!((small.path.as_slice(), small.as4_path), (two(&[(2, &[1, 2])]).as_slice(), None));
        let value = four(&[(3, &[5]), (2, &[1, 70001])]);
        let large = narrow_path(&value).unwrap();
        assert_eq!(large.path.as_slice(), two(&[(3, &[5]), (2, &[1, 23456])]));
        assert_eq!(large.as4_path.as_deref(), Some(four(&[(2, &[1, 70001])]).as_slice()));
        assert!(narrow_path(&[2, 9, 0]).is_none());
        assert_eq!(
            narrow_aggregator(&[0, 1, 0x11, 0x70, 1, 2, 3, 4]),
            Some(([0x5b, 0xa0, 1, 2, 3, 4], true))
        );
        assert_eq!(narrow_aggregator(&[0, 0, 0, 7, 1, 2, 3, 4]), Some(([0, 7, 1, 2, 3, 4], false)));
    }
}
