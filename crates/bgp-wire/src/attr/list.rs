//! What the attributes that are lists of equally long items have in common.

use std::borrow::Cow;

/// The items of a list value; octets that make no whole item are left out.
pub(super) fn items<const N: usize>(value: &[u8]) -> impl ExactSizeIterator<Item = &[u8; N]> {
    value.as_chunks::<N>().0.iter()
}

/// Whether the octets are one or more whole items, as RFC 7606 wants lists of communities and clusters to be.
pub(super) const fn whole<const N: usize>(value: &[u8]) -> bool {
    !value.is_empty() && value.len().is_multiple_of(N)
}

/// Sorts the items of a list; octets in network order sort as the numbers they are. With `unique`, equal ones
/// become one.
pub(super) fn sort<const N: usize>(value: &mut Vec<u8>, unique: bool) {
    if let Cow::Owned(sorted) = sorted::<N>(value, unique) {
        *value = sorted;
    }
}

/// The same without changing the value; copies only what is not sorted already.
pub(super) fn sorted<const N: usize>(value: &[u8], unique: bool) -> Cow<'_, [u8]> {
    let (list, _) = value.as_chunks::<N>();
    if list.is_sorted_by(|a, b| if unique { a < b } else { a <= b }) {
        return Cow::Borrowed(value);
    }
    let mut list = list.to_vec();
    list.sort_unstable();
    if unique {
        list.dedup();
    }
    Cow::Owned(list.into_flattened())
}

/// Prints ` a` for a single item and ` [ a b ]` for any other number.
pub(super) fn print<T>(
    items: impl ExactSizeIterator<Item = T>,
    out: &mut String,
    mut each: impl FnMut(T, &mut String),
) {
    let brackets = items.len() != 1;
    if brackets {
        out.push_str(" [");
    }
    for item in items {
        out.push(' ');
        each(item, out);
    }
    if brackets {
        out.push_str(" ]");
    }
}
