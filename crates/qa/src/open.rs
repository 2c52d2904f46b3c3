//! OPEN messages of the scripted speaker (RFC 4271 section 4.2, RFC 5492): built from a short description, or mirrored.

use crate::frame::{HEADER, Message, OPEN};
use anyhow::{Result, ensure};
use std::net::Ipv4Addr;

/// AS_TRANS (RFC 6793): stands in the two-octet field for an ASN that does not fit.
const AS_TRANS: u16 = 23456;

/// What the scripted speaker says in its OPEN.
#[derive(Clone, Debug)]
pub struct OpenSpec {
    /// The ASN, in full; capability 65 is not added by itself.
    pub asn: u32,
    /// The BGP identifier.
    pub router_id: Ipv4Addr,
    /// Hold time in seconds; 0 turns the timers off.
    pub hold_time: u16,
    /// Capabilities: code and value, each in an optional parameter of its own.
    pub capabilities: Vec<(u8, Vec<u8>)>,
}

impl OpenSpec {
    /// IPv4 and IPv6 unicast, four-octet ASNs, route refresh; hold time 180 s.
    pub fn new(asn: u32, router_id: Ipv4Addr) -> Self {
        Self {
            asn,
            router_id,
            hold_time: 180,
            capabilities: vec![
                (1, vec![0, 1, 0, 1]),
                (1, vec![0, 2, 0, 1]),
                (65, asn.to_be_bytes().to_vec()),
                (2, Vec::new()),
            ],
        }
    }

    /// Adds a capability.
    #[must_use]
    pub fn with(mut self, code: u8, value: &[u8]) -> Self {
        self.capabilities.push((code, value.to_vec()));
        self
    }

    /// The message.
    ///
    /// # Panics
    /// When the capabilities do not fit into 255 octets: a mistake in a test.
    pub fn message(&self) -> Message {
        let mut parameters = Vec::new();
        for (code, value) in &self.capabilities {
            let len = u8::try_from(value.len()).expect("a capability value is at most 255 octets");
            parameters.extend_from_slice(&[2, len + 2, *code, len]);
            parameters.extend_from_slice(value);
        }
        let mut body = vec![4];
        body.extend_from_slice(&u16::try_from(self.asn).unwrap_or(AS_TRANS).to_be_bytes());
        body.extend_from_slice(&self.hold_time.to_be_bytes());
        body.extend_from_slice(&self.router_id.octets());
        body.push(u8::try_from(parameters.len()).expect("the parameters are at most 255 octets"));
        body.extend_from_slice(&parameters);
        Message::new(OPEN, &body)
    }
}

/// The capabilities of an OPEN: code and value in the order sent. Both parameter forms (RFC 5492 and RFC 9072) are read.
pub fn capabilities(open: &Message) -> Result<Vec<(u8, Vec<u8>)>> {
    Ok(places(open)?
        .into_iter()
        .map(|(at, len)| (open.bytes()[at], open.bytes()[at + 2..at + 2 + len].to_vec()))
        .collect())
}

/// The ASN of an OPEN, taken from capability 65 where it is there.
pub fn asn(open: &Message) -> Result<u32> {
    ensure!(open.body().len() >= 10, "the OPEN is too short");
    let four = capabilities(open)?.into_iter().find(|(code, _)| *code == 65);
    match four.as_ref().and_then(|(_, value)| <[u8; 4]>::try_from(value.as_slice()).ok()) {
        Some(value) => Ok(u32::from_be_bytes(value)),
        None => Ok(u32::from(u16::from_be_bytes([open.body()[1], open.body()[2]]))),
    }
}

/// Where each capability starts in the message, and the length of its value.
fn places(open: &Message) -> Result<Vec<(usize, usize)>> {
    let bytes = open.bytes();
    let first = HEADER + 10;
    ensure!(bytes.len() >= first, "the OPEN is too short");
    let extended = bytes[first - 1] == 255 && bytes.get(first) == Some(&255);
    let mut at = if extended { first + 3 } else { first };
    let wide = if extended { 2 } else { 1 };
    let mut found = Vec::new();
    while at < bytes.len() {
        let head = bytes.get(at..at + 1 + wide);
        let head = head.ok_or_else(|| anyhow::anyhow!("an optional parameter is cut off"))?;
        let len = head[1..].iter().fold(0usize, |sum, b| sum * 256 + usize::from(*b));
        let (mut inner, end) = (at + 1 + wide, at + 1 + wide + len);
        ensure!(end <= bytes.len(), "an optional parameter overruns the OPEN");
        if head[0] == 2 {
            while inner < end {
                ensure!(inner + 2 <= end, "a capability is cut off");
                let size = usize::from(bytes[inner + 1]);
                ensure!(inner + 2 + size <= end, "a capability overruns its parameter");
                found.push((inner, size));
                inner += 2 + size;
            }
        }
        at = end;
    }
    Ok(found)
}

/// How the peer of a functional test answers an OPEN: the same message with one thing changed.
#[derive(Clone, Copy, Default, Debug)]
pub struct Mirror {
    /// Say this ASN (in the fixed part and in capability 65) and keep the identifier; otherwise the identifier's last octet
    /// grows by one.
    pub asn: Option<u32>,
    /// Add capability 66 with the value `loremipsum`, which nobody knows.
    pub unknown_capability: bool,
}

impl Mirror {
    /// The answer to that OPEN.
    pub fn answer(self, open: &Message) -> Result<Message> {
        let mut bytes = open.bytes().to_vec();
        let capabilities = places(open)?;
        match self.asn {
            Some(asn) => {
                bytes[HEADER + 1..HEADER + 3]
                    .copy_from_slice(&u16::try_from(asn).unwrap_or(AS_TRANS).to_be_bytes());
                for (at, len) in capabilities {
                    if bytes[at] == 65 && len == 4 {
                        bytes[at + 2..at + 6].copy_from_slice(&asn.to_be_bytes());
                    }
                }
            }
            None => bytes[HEADER + 8] = bytes[HEADER + 8].wrapping_add(1),
        }
        if self.unknown_capability {
            let capability = b"\x42\x0aloremipsum";
            let extended = bytes[HEADER + 9] == 255 && bytes.get(HEADER + 10) == Some(&255);
            let len = u8::try_from(capability.len())?;
            if extended {
                let total = u16::from_be_bytes([bytes[HEADER + 11], bytes[HEADER + 12]]) + u16::from(len) + 3;
                bytes[HEADER + 11..HEADER + 13].copy_from_slice(&total.to_be_bytes());
                bytes.extend_from_slice(&[2, 0, len]);
            } else {
                let total = bytes[HEADER + 9].checked_add(len + 2);
                bytes[HEADER + 9] =
                    total.ok_or_else(|| anyhow::anyhow!("no room for one more capability"))?;
                bytes.extend_from_slice(&[2, len]);
            }
            bytes.extend_from_slice(capability);
        }
        Ok(Message::new(OPEN, &bytes[HEADER..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Message {
        OpenSpec::new(65000, Ipv4Addr::new(10, 0, 0, 255)).message()
    }

    #[test]
    fn the_mirror_changes_the_identifier_only() {
        let answer = Mirror::default().answer(&open()).unwrap();
        let differing: Vec<usize> =
            (0..answer.bytes().len()).filter(|i| answer.bytes()[*i] != open().bytes()[*i]).collect();
        assert_eq!(differing, [HEADER + 8]);
        assert_eq!(answer.bytes()[HEADER + 8], 0);
    }

    #[test]
    fn with_an_asn_the_identifier_stays() {
        let answer = Mirror { asn: Some(70000), ..Mirror::default() }.answer(&open()).unwrap();
        assert_eq!(answer.body()[1..3], AS_TRANS.to_be_bytes());
        assert_eq!(answer.body()[5..9], [10, 0, 0, 255]);
        assert_eq!(asn(&answer).unwrap(), 70000);
    }

    #[test]
    fn the_unknown_capability_is_added_to_either_form() {
        let mut many = OpenSpec::new(65000, Ipv4Addr::LOCALHOST);
        many.capabilities.retain(|c| c.0 != 2);
        let short = Mirror { unknown_capability: true, ..Mirror::default() }.answer(&many.message()).unwrap();
        assert_eq!(capabilities(&short).unwrap().last().unwrap(), &(66, b"loremipsum".to_vec()));

        let mut body = many.message().body()[..9].to_vec();
        body.extend_from_slice(&[255, 255, 0, 9, 2, 0, 6, 65, 4, 0, 1, 0, 0]);
        let long = Message::new(OPEN, &body);
        assert_eq!(asn(&long).unwrap(), 65536);
        let answer = Mirror { unknown_capability: true, ..Mirror::default() }.answer(&long).unwrap();
        assert_eq!(capabilities(&answer).unwrap().len(), 2);
    }

    #[test]
    fn a_truncated_open_is_an_error() {
        let bytes = open().body().to_vec();
        assert!(capabilities(&Message::new(OPEN, &bytes[..bytes.len() - 1])).is_err());
    }
}
