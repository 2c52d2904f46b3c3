//! KEEPALIVE (RFC 4271 section 4.4): a header and nothing else.

use super::frame::{HEADER, header};
use crate::code::MessageType;

/// The whole message.
pub const fn keepalive() -> [u8; HEADER] {
    header(MessageType::KEEPALIVE, 19)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_nineteen_octets() {
        let mut expected = [0xFF; 19];
        expected[16..].copy_from_slice(&[0, 19, 4]);
        assert_eq!(keepalive(), expected);
    }
}
