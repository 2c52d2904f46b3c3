//! Messages as hexadecimal digits: what people paste.

use std::fmt::Write as _;

use bgp_wire::MessageType;
use bgp_wire::msg::frame::{HEADER, header};

/// Octets of the marker and of the length field behind it.
const LENGTH_END: usize = 18;

/// What the octets are when nothing of themselves says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The body of an UPDATE.
    Update,
    /// The body of an OPEN.
    Open,
}

/// Octets of hexadecimal digits; blanks, colons and a leading `0x` are free. `None` when they are none.
pub(super) fn octets(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let text = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ':')
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| u8::try_from(high << 4 | low).ok()).collect()
}

/// Whole messages, headers included: those that stand there with their markers, one after the other, or one without.
///
/// A length that the octets do not have is left as it is where a marker stands: decoding says so.
pub(super) fn messages(octets: &[u8], kind: Kind) -> Vec<Vec<u8>> {
    if !octets.starts_with(&[0xFF; 16]) {
        return vec![without_marker(octets, kind)];
    }
    let mut messages = Vec::new();
    let mut rest = octets;
    while !rest.is_empty() {
        let length = match rest.get(16..LENGTH_END) {
            Some([high, low]) => usize::from(u16::from_be_bytes([*high, *low])),
            _ => rest.len(),
        };
        let (message, tail) = if length < HEADER {
            (rest, &[][..])
        } else {
            rest.split_at_checked(length).unwrap_or((rest, &[]))
        };
        messages.push(message.to_vec());
        rest = tail;
    }
    messages
}

fn without_marker(octets: &[u8], kind: Kind) -> Vec<u8> {
    let whole = octets.len().saturating_add(16);
    if let Some([high, low, message_type, ..]) = octets.get(..3)
        && usize::from(u16::from_be_bytes([*high, *low])) == whole
        && (1..=6).contains(message_type)
    {
        return [&[0xFF; 16], octets].concat();
    }
    let message_type = match kind {
        Kind::Update => MessageType::UPDATE,
        Kind::Open => MessageType::OPEN,
    };
    let length = u16::try_from(octets.len().saturating_add(HEADER)).unwrap_or(u16::MAX);
    [&header(message_type, length)[..], octets].concat()
}

/// Upper-case digits.
pub(crate) fn digits(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len().saturating_mul(2)), |mut out, o| {
        let _ = write!(out, "{o:02X}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_any_spacing() {
        assert_eq!(octets("0xFF:0a 1B\n"), Some(vec![0xFF, 0x0A, 0x1B]));
        for wrong in ["", "F", "zz", "FF F"] {
            assert_eq!(octets(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn messages_follow_each_other() {
        let keepalive = header(MessageType::KEEPALIVE, 19);
        let two = [keepalive, keepalive].concat();
        assert_eq!(messages(&two, Kind::Update), [keepalive.to_vec(), keepalive.to_vec()]);
        assert_eq!(messages(&keepalive[16..], Kind::Update), [keepalive.to_vec()]);
    }

    #[test]
    fn a_body_gets_its_header() {
        let end_of_rib = [&header(MessageType::UPDATE, 23)[..], &[0; 4]].concat();
        assert_eq!(messages(&[0; 4], Kind::Update), [end_of_rib]);
        let impossible = [&[0xFF; 16][..], &[0, 2, 4]].concat();
        assert_eq!(messages(&impossible, Kind::Update), [impossible]);
    }
}
