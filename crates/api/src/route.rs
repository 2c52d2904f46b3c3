//! Routes as events and `show` print them, which is not always as they are written: AS_PATH has its brackets the
//! other way round.

use bgp_wire::attr::{self, NextHop, RouteAttributes};
use bgp_wire::code::AttrCode;

/// Appends `as-path ( 65000 65001 ) [ 1 2 ]`: parentheses for sequences, brackets for sets, braces around those of a
/// confederation (RFC 5065). `value` has four-octet AS numbers.
pub(crate) fn as_path(value: &[u8], out: &mut String) {
    out.push_str("as-path");
    let mut rest = value;
    while let [kind, count, tail @ ..] = rest {
        let length = usize::from(*count).saturating_mul(4);
        let Some((numbers, next)) = tail.split_at_checked(length) else { return };
        rest = next;
        let (open, close) = match kind {
            1 => (" [ ", "]"),
            3 => (" {( ", ")}"),
            4 => (" {[ ", "]}"),
            _ => (" ( ", ")"),
        };
        out.push_str(open);
        for number in numbers.as_chunks::<4>().0 {
            let mut buffer = itoa::Buffer::new();
            out.push_str(buffer.format(u32::from_be_bytes(*number)));
            out.push(' ');
        }
        out.push_str(close);
    }
}

/// Appends ` next-hop 10.0.0.1 origin igp …`, each with a leading space.
pub(crate) fn attributes(route: &RouteAttributes, out: &mut String) {
    if route.next_hop() != NextHop::Unset {
        out.push_str(" next-hop ");
        out.push_str(&route.next_hop().to_string());
    }
    for a in route.iter().filter(|a| !attr::silent(a.code, a.value)) {
        out.push(' ');
        if a.code == AttrCode::AS_PATH {
            as_path(a.value, out);
        } else {
            attr::print(a.code, a.flags, a.value, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::as_path;

    #[test]
    fn segments_have_the_brackets_of_events() {
        let value = [
            &[2, 2, 0, 0, 0, 1, 0, 1, 0, 0][..],
            &[1, 1, 0, 0, 0, 3],
            &[3, 1, 0, 0, 0, 4],
            &[4, 0],
            &[2, 9, 0],
        ]
        .concat();
        let mut text = String::new();
        as_path(&value, &mut text);
        assert_eq!(text, "as-path ( 1 65536 ) [ 3 ] {( 4 )} {[ ]}");
    }
}
