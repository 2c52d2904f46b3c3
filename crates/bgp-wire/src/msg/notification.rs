//! NOTIFICATION (RFC 4271 section 4.5): names of errors, the shutdown communication (RFC 9003), text for people.

use std::fmt::{self, Write as _};

use bytes::Bytes;

use super::frame::{HEADER, MAX_MESSAGE, write_header};
use crate::cap::{hostname::cut, print_foreign};
use crate::code::MessageType;
use crate::error::Notification;

/// Octets that a shutdown communication may have (RFC 9003 section 2). The original stops at the 128 of RFC 8203.
pub const MAX_SHUTDOWN: usize = 255;

/// Octets of data that fit in a message of 4,096.
const MAX_DATA: usize = MAX_MESSAGE as usize - HEADER - 2;

const CEASE: u8 = 6;
const ADMINISTRATIVE_SHUTDOWN: u8 = 2;
const ADMINISTRATIVE_RESET: u8 = 4;

impl Notification {
    /// Reads a body. One without code and subcode, which nobody may answer (RFC 4271 section 6.4), is 0/0.
    pub fn decode(body: &[u8]) -> Self {
        match body {
            [code, subcode, data @ ..] => Self::with_data(*code, *subcode, Bytes::copy_from_slice(data)),
            _ => Self::new(0, 0),
        }
    }

    /// Appends the whole message. Data that exceed 4,096 octets are cut: they are for people, and a NOTIFICATION that
    /// cannot be sent would be worse.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let data = self.data.get(..MAX_DATA).unwrap_or(&self.data);
        let length = data.len().saturating_add(HEADER).saturating_add(2);
        write_header(MessageType::NOTIFICATION, u16::try_from(length).unwrap_or(MAX_MESSAGE), out);
        out.extend_from_slice(&[self.code, self.subcode]);
        out.extend_from_slice(data);
    }

    /// A NOTIFICATION with a text for the operator of the peer: as shutdown communication for Cease 6/2 and 6/4
    /// (RFC 9003; cut to 255 octets between characters), otherwise as plain data.
    pub fn shutdown(code: u8, subcode: u8, text: &str) -> Self {
        if !carries_communication(code, subcode) {
            return Self::with_data(code, subcode, Bytes::copy_from_slice(text.as_bytes()));
        }
        let text = cut(text, MAX_SHUTDOWN);
        let mut data = vec![u8::try_from(text.len()).unwrap_or_default()];
        data.extend_from_slice(text.as_bytes());
        Self::with_data(code, subcode, data)
    }

    /// A NOTIFICATION with the name of its subcode as text, as it is sent when nobody gave a better one.
    pub fn named(code: u8, subcode: u8) -> Self {
        Self::shutdown(code, subcode, subcode_name(code, subcode).unwrap_or("unknown notification type"))
    }

    /// Name of the error code.
    pub const fn code_name(&self) -> &'static str {
        code_name(self.code)
    }

    /// Name of the error subcode.
    pub const fn subcode_name(&self) -> &'static str {
        match subcode_name(self.code, self.subcode) {
            Some(name) => name,
            // The spelling is what scripts know.
            None => "unknow reason",
        }
    }

    /// The data as text, which is what the events carry: the shutdown communication or what is wrong with it, printable
    /// text as it is, anything else in hexadecimal digits.
    ///
    /// It may hold control characters and quotes of the peer's choice: whoever writes it must escape them.
    pub fn rendered(&self) -> String {
        if carries_communication(self.code, self.subcode) {
            return communication(&self.data);
        }
        match std::str::from_utf8(&self.data) {
            Ok(text) if text.bytes().all(|b| matches!(b, 9..=13 | 32..=126)) => text.to_owned(),
            _ => hex(&self.data),
        }
    }
}

/// `Cease / Administrative Shutdown / Shutdown Communication: "maintenance"`, on one line whatever the peer wrote.
impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.code_name(), self.subcode_name())?;
        if self.data.is_empty() {
            return Ok(());
        }
        let mut text = String::from(" / ");
        print_foreign(&self.rendered(), &mut text);
        f.write_str(&text)
    }
}

/// Whether the data is a shutdown communication (RFC 9003 section 2).
const fn carries_communication(code: u8, subcode: u8) -> bool {
    code == CEASE && matches!(subcode, ADMINISTRATIVE_SHUTDOWN | ADMINISTRATIVE_RESET)
}

/// A shutdown communication, or what is wrong with it, which operators are to be told (RFC 9003 section 4).
fn communication(data: &[u8]) -> String {
    let Some((length, rest)) = data.split_first() else {
        return String::new();
    };
    let invalid = |what| format!("invalid Shutdown Communication ({what}) length : {length} [{}]", hex(rest));
    let Some((text, trailing)) = rest.split_at_checked(usize::from(*length)) else {
        return invalid("buffer underrun");
    };
    let mut shown = match std::str::from_utf8(text) {
        Ok("") => "empty Shutdown Communication.".to_owned(),
        Ok(text) => format!("Shutdown Communication: \"{}\"", text.replace(['\r', '\n'], " ")),
        Err(_) => return invalid("invalid UTF-8"),
    };
    if !trailing.is_empty() {
        shown.push_str(", trailing data: ");
        shown.push_str(&hex(trailing));
    }
    shown
}

/// `0x` and upper-case digits.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::from("0x");
    for byte in bytes {
        // Writing to a String never fails.
        let _ = write!(text, "{byte:02X}");
    }
    text
}

/// Name of an error code (RFC 4271 section 4.5, RFC 7313, RFC 9687).
pub const fn code_name(code: u8) -> &'static str {
    match code {
        1 => "Message header error",
        2 => "OPEN message error",
        3 => "UPDATE message error",
        4 => "Hold timer expired",
        5 => "State machine error",
        6 => "Cease",
        7 => "ROUTE-REFRESH message error",
        8 => "Send hold timer expired",
        _ => "unknown error",
    }
}

/// Name of an error subcode (RFC 4271 section 4.5, RFC 4486, RFC 5492, RFC 6608, RFC 7313, RFC 8538, RFC 9234,
/// RFC 9384).
pub const fn subcode_name(code: u8, subcode: u8) -> Option<&'static str> {
    Some(match (code, subcode) {
        (1..=6 | 8, 0) => "Unspecific",
        (1, 1) => "Connection Not Synchronized",
        (1, 2) => "Bad Message Length",
        (1, 3) => "Bad Message Type",
        (2, 1) => "Unsupported Version Number",
        (2, 2) => "Bad Peer AS",
        (2, 3) => "Bad BGP Identifier",
        (2, 4) => "Unsupported Optional Parameter",
        (2, 5) => "Authentication Notification (Deprecated)",
        (2, 6) => "Unacceptable Hold Time",
        (2, 7) => "Unsupported Capability",
        (2, 8) => "Grouping Conflict",
        (2, 9) => "Grouping Required",
        (2, 10) => "Capability Value Mismatch",
        (2, 11) => "Role Mismatch",
        (3, 1) => "Malformed Attribute List",
        (3, 2) => "Unrecognized Well-known Attribute",
        (3, 3) => "Missing Well-known Attribute",
        (3, 4) => "Attribute Flags Error",
        (3, 5) => "Attribute Length Error",
        (3, 6) => "Invalid ORIGIN Attribute",
        (3, 7) => "AS Routing Loop",
        (3, 8) => "Invalid NEXT_HOP Attribute",
        (3, 9) => "Optional Attribute Error",
        (3, 10) => "Invalid Network Field",
        (3, 11) => "Malformed AS_PATH",
        (5, 1) => "Receive Unexpected Message in OpenSent State",
        (5, 2) => "Receive Unexpected Message in OpenConfirm State",
        (5, 3) => "Receive Unexpected Message in Established State",
        (6, 1) => "Maximum Number of Prefixes Reached",
        (6, 2) => "Administrative Shutdown",
        (6, 3) => "Peer De-configured",
        (6, 4) => "Administrative Reset",
        (6, 5) => "Connection Rejected",
        (6, 6) => "Other Configuration Change",
        (6, 7) => "Connection Collision Resolution",
        (6, 8) => "Out of Resources",
        (6, 9) => "Hard Reset",
        (6, 10) => "BFD Down",
        (7, 1) => "Invalid Message Length",
        (7, 2) => "Malformed Message Subtype",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(notification: &Notification) -> Vec<u8> {
        let mut out = Vec::new();
        notification.encode(&mut out);
        out
    }

    #[test]
    fn messages_come_back() {
        for sent in [
            Notification::new(4, 0),
            Notification::with_data(1, 2, vec![0, 18]),
            Notification::shutdown(6, 2, "maintenance"),
            Notification::shutdown(6, 4, &"é".repeat(300)),
        ] {
            let message = wire(&sent);
            assert_eq!(usize::from(u16::from_be_bytes([message[16], message[17]])), message.len());
            assert_eq!(message[18], 3);
            assert_eq!(Notification::decode(&message[19..]), sent);
        }
        for body in [&[][..], &[6]] {
            assert_eq!(Notification::decode(body), Notification::new(0, 0));
        }
        assert_eq!(wire(&Notification::with_data(7, 1, vec![0; 65535])).len(), 4096);
    }

    #[test]
    fn texts_we_send() {
        assert_eq!(wire(&Notification::named(6, 4))[19..], *b"\x06\x04\x14Administrative Reset");
        assert_eq!(Notification::named(6, 3).data, &b"Peer De-configured"[..]);
        assert_eq!(Notification::named(6, 200).data, &b"unknown notification type"[..]);
        assert_eq!(Notification::shutdown(6, 2, "").data, &[0][..]);
        let long = Notification::shutdown(6, 2, &format!("x{}", "é".repeat(200)));
        assert_eq!((long.data[0], long.data.len()), (255, 256));
        let long = Notification::shutdown(6, 2, &"é".repeat(200));
        assert_eq!((long.data[0], long.data.len()), (254, 255), "cut between characters");
    }

    #[test]
    fn shutdown_communications_are_rendered() {
        let longest = [&[255][..], &[b'a'; 255]].concat();
        let longest_shown = format!("Shutdown Communication: \"{}\"", "a".repeat(255));
        for (data, shown) in [
            (&b""[..], ""),
            (b"\x00", "empty Shutdown Communication."),
            (b"\x00AB", "empty Shutdown Communication., trailing data: 0x4142"),
            (b"\x05abc", "invalid Shutdown Communication (buffer underrun) length : 5 [0x616263]"),
            (b"\x02a\xff", "invalid Shutdown Communication (invalid UTF-8) length : 2 [0x61FF]"),
            (b"\x03a\xc3\xa9", "Shutdown Communication: \"aé\""),
            (b"\x04a\r\nb", "Shutdown Communication: \"a  b\""),
            (b"\x01a\xfe", "Shutdown Communication: \"a\", trailing data: 0xFE"),
            (&longest, &longest_shown),
        ] {
            for subcode in [2, 4] {
                assert_eq!(Notification::with_data(6, subcode, data.to_vec()).rendered(), shown);
            }
        }
    }

    #[test]
    fn other_data_are_text_or_digits() {
        assert_eq!(Notification::with_data(6, 3, &b"no session"[..]).rendered(), "no session");
        assert_eq!(Notification::with_data(1, 2, &[0, 18][..]).rendered(), "0x0012");
        assert_eq!(Notification::with_data(6, 3, "é".as_bytes()).rendered(), "0xC3A9");
        assert_eq!(Notification::new(4, 0).rendered(), "");
    }

    #[test]
    fn one_line_for_people() {
        assert_eq!(Notification::new(4, 0).to_string(), "Hold timer expired / Unspecific");
        assert_eq!(
            Notification::shutdown(6, 2, "maintenance").to_string(),
            "Cease / Administrative Shutdown / Shutdown Communication: \"maintenance\""
        );
        assert_eq!(Notification::new(99, 99).to_string(), "unknown error / unknow reason");
        assert_eq!(
            Notification::with_data(1, 2, &[0, 18][..]).to_string(),
            "Message header error / Bad Message Length / 0x0012"
        );
        let forged = Notification::shutdown(6, 2, "x\n2026 peer up\x1b[2J\u{85}\u{2028}").to_string();
        assert_eq!(
            forged,
            "Cease / Administrative Shutdown / Shutdown Communication: \"x 2026 peer up\\x1b[2J\\x85\\x2028\""
        );
        let forged = Notification::with_data(6, 3, &b"a\r\nb"[..]).to_string();
        assert_eq!(forged, "Cease / Peer De-configured / a\\x0d\\x0ab");
    }

    proptest::proptest! {
        #[test]
        fn any_octets_are_shown_on_one_line(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40), shutdown: bool) {
            let body = if shutdown { [&[6, 2][..], &body].concat() } else { body };
            let notification = Notification::decode(&body);
            let line = notification.to_string();
            proptest::prop_assert!(!line.contains(char::is_control));
            let message = wire(&notification);
            proptest::prop_assert_eq!(Notification::decode(&message[19..]), notification);
        }
    }
}
