//! Framing (RFC 4271 section 4.1): where a message of the byte stream begins and ends, and what is wrong with its
//! header (section 6.1).

use crate::code::MessageType;
use crate::error::DecodeError;

/// Octets of the header: marker (16), length (2), type (1).
pub const HEADER: usize = 19;

/// Largest message without the extended message capability, and of every OPEN and KEEPALIVE (RFC 8654 section 4).
pub const MAX_MESSAGE: u16 = 4096;

/// Largest message with the extended message capability (RFC 8654).
pub const MAX_EXTENDED_MESSAGE: u16 = 65535;

/// What stands at the beginning of a receive buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frame {
    /// Not a whole message yet.
    Incomplete {
        /// Octets the buffer must hold at least before it is worth looking again.
        needed: usize,
    },
    /// A message whose header is right.
    Complete {
        /// Its type, never an unknown one.
        kind: MessageType,
        /// Its octets, header included; the body is `buffer[HEADER..length]`.
        length: usize,
    },
}

/// Looks at the beginning of `buffer`, with `max_message` as negotiated ([`MAX_MESSAGE`] before the OPENs are
/// exchanged). A wrong header is reported as soon as it is there, without waiting for the body.
///
/// Errors: marker (1/1), length (1/2), type (1/3), in this order.
pub fn frame(buffer: &[u8], max_message: u16) -> Result<Frame, DecodeError> {
    // Whatever is no BGP, such as an HTTP request, is known from its first octets.
    if buffer.iter().take(16).any(|octet| *octet != 0xFF) {
        return Err(DecodeError::Marker);
    }
    let Some([.., high, low, kind]) = buffer.first_chunk::<HEADER>() else {
        return Ok(Frame::Incomplete { needed: HEADER });
    };
    let length = u16::from_be_bytes([*high, *low]);
    let kind = MessageType(*kind);
    let known = kind.name().is_some();
    let (min, max) = limits(kind, max_message);
    if length < min || length > max {
        return Err(DecodeError::MessageLength { kind: kind.0, length });
    }
    if !known {
        return Err(DecodeError::MessageType(kind.0));
    }
    let length = usize::from(length);
    if buffer.len() < length {
        return Ok(Frame::Incomplete { needed: length });
    }
    Ok(Frame::Complete { kind, length })
}

/// Smallest and largest length of a message of a type, header included.
const fn limits(kind: MessageType, max_message: u16) -> (u16, u16) {
    match kind {
        MessageType::OPEN => (29, MAX_MESSAGE),
        MessageType::UPDATE => (23, max_message),
        MessageType::NOTIFICATION => (21, max_message),
        MessageType::KEEPALIVE => (19, 19),
        // ROUTE-REFRESH has a length error of its own, 7/1 (RFC 7313 section 5), which its decoder finds.
        _ => (19, max_message),
    }
}

/// A header. `length` counts the whole message.
pub const fn header(kind: MessageType, length: u16) -> [u8; HEADER] {
    let [high, low] = length.to_be_bytes();
    let f = 0xFF;
    [f, f, f, f, f, f, f, f, f, f, f, f, f, f, f, f, high, low, kind.0]
}

/// Appends a header. `length` counts the whole message.
pub fn write_header(kind: MessageType, length: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&header(kind, length));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, length: u16) -> Vec<u8> {
        let mut message = header(MessageType(kind), length).to_vec();
        message.resize(usize::from(length).max(HEADER), 0);
        message
    }

    #[test]
    fn whole_messages_are_found() {
        let mut buffer = message(2, 23);
        buffer.extend(message(4, 19));
        assert_eq!(frame(&buffer, 4096), Ok(Frame::Complete { kind: MessageType::UPDATE, length: 23 }));
        assert_eq!(
            frame(&buffer[23..], 4096),
            Ok(Frame::Complete { kind: MessageType::KEEPALIVE, length: 19 })
        );
        for n in 0..19 {
            assert_eq!(frame(&buffer[..n], 4096), Ok(Frame::Incomplete { needed: 19 }));
        }
        for n in 19..23 {
            assert_eq!(frame(&buffer[..n], 4096), Ok(Frame::Incomplete { needed: 23 }));
        }
    }

    #[test]
    fn a_wrong_marker_is_seen_at_once() {
        assert_eq!(frame(b"GET / HTTP/1.1", 4096), Err(DecodeError::Marker));
        for at in 0..16 {
            let mut buffer = message(4, 19);
            buffer[at] = 0xFE;
            assert_eq!(frame(&buffer, 4096), Err(DecodeError::Marker));
        }
    }

    #[test]
    fn lengths_have_limits() {
        let result = |kind, length: u16, max| {
            let mut head = message(kind, 19);
            head[16..18].copy_from_slice(&length.to_be_bytes());
            frame(&head, max)
        };
        let wrong = |kind, length| Err(DecodeError::MessageLength { kind, length });
        let wait = |length: u16| Ok(Frame::Incomplete { needed: usize::from(length) });
        for (kind, min) in [(1, 29), (2, 23), (3, 21), (5, 20), (6, 20)] {
            assert_eq!(result(kind, 0, 4096), wrong(kind, 0));
            assert_eq!(result(kind, 18, 4096), wrong(kind, 18));
            assert_eq!(result(kind, min - 1, 65535).is_err(), kind < 5, "type {kind}");
            assert_eq!(result(kind, min, 4096), wait(min));
            assert_eq!(result(kind, 4096, 4096), wait(4096));
            assert_eq!(result(kind, 4097, 4096), wrong(kind, 4097));
        }
        assert_eq!(result(2, 65535, 65535), wait(65535));
        assert_eq!(result(1, 4097, 65535), wrong(1, 4097), "an OPEN never is an extended message");
        assert_eq!(result(4, 20, 65535), wrong(4, 20));
        assert_eq!(wrong(4, 20).unwrap_err().notification().data, [0, 20][..]);
    }

    #[test]
    fn unknown_types_are_refused() {
        for kind in (0..=255).filter(|k| !(1..=6).contains(k)) {
            let error = frame(&message(kind, 19), 4096).unwrap_err();
            assert_eq!(error, DecodeError::MessageType(kind));
            assert_eq!(error.notification().data, [kind][..]);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_octets_are_framed_without_panic(
            head in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64), ones: bool, max: u16,
        ) {
            let buffer = if ones { [&[0xFF; 16][..], &head].concat() } else { head };
            match frame(&buffer, max) {
                Ok(Frame::Complete { length, .. }) => proptest::prop_assert!((19..=buffer.len()).contains(&length)),
                Ok(Frame::Incomplete { needed }) => proptest::prop_assert!(needed > buffer.len()),
                Err(error) => proptest::prop_assert_eq!(error.notification().code, 1),
            }
        }
    }
}
