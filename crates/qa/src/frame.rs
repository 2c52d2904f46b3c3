//! BGP message framing (RFC 4271 section 4.1), written apart from `bgp-wire` on purpose: the harness judges it.

use anyhow::{Result, bail};

/// Octets of the header: marker, length, type.
pub const HEADER: usize = 19;
/// The all-ones marker.
pub const MARKER: [u8; 16] = [0xff; 16];

/// OPEN.
pub const OPEN: u8 = 1;
/// UPDATE.
pub const UPDATE: u8 = 2;
/// NOTIFICATION.
pub const NOTIFICATION: u8 = 3;
/// KEEPALIVE.
pub const KEEPALIVE: u8 = 4;
/// ROUTE-REFRESH (RFC 2918).
pub const ROUTE_REFRESH: u8 = 5;

/// One whole message as it stands on the wire, header included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// A message of that type around the body; the length is filled in.
    ///
    /// # Panics
    /// When the body is longer than a BGP length field can say: a mistake in a test.
    pub fn new(kind: u8, body: &[u8]) -> Self {
        let len = u16::try_from(body.len() + HEADER).expect("a BGP message is at most 65535 octets");
        let mut bytes = Vec::with_capacity(usize::from(len));
        bytes.extend_from_slice(&MARKER);
        bytes.extend_from_slice(&len.to_be_bytes());
        bytes.push(kind);
        bytes.extend_from_slice(body);
        Self { bytes }
    }

    /// A KEEPALIVE.
    pub fn keepalive() -> Self {
        Self::new(KEEPALIVE, &[])
    }

    /// A whole message written in a test case; the marker may be left out, the length must then be right.
    pub fn from_case(bytes: &[u8]) -> Result<Self> {
        let bytes = if bytes.starts_with(&MARKER) { bytes.to_vec() } else { [&MARKER, bytes].concat() };
        if bytes.len() < HEADER {
            bail!("{} octets are too few for a BGP message", bytes.len());
        }
        let said = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
        if said != bytes.len() {
            bail!("the length field says {said}, the message has {} octets", bytes.len());
        }
        Ok(Self { bytes })
    }

    /// The type octet.
    pub fn kind(&self) -> u8 {
        self.bytes[18]
    }

    /// What follows the header.
    pub fn body(&self) -> &[u8] {
        &self.bytes[HEADER..]
    }

    /// Header and body.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether this is an End-of-RIB in one of its two usual forms (RFC 4724 section 2): no UPDATE that carries a route is as
    /// short as 4 octets, nor 11 with an MP_UNREACH_NLRI in its long form.
    pub fn is_end_of_rib(&self) -> bool {
        self.kind() == UPDATE && matches!(self.body().len(), 4 | 11)
    }

    /// The name of the type.
    pub fn name(&self) -> &'static str {
        match self.kind() {
            OPEN => "OPEN",
            UPDATE => "UPDATE",
            NOTIFICATION => "NOTIFICATION",
            KEEPALIVE => "KEEPALIVE",
            ROUTE_REFRESH => "ROUTE-REFRESH",
            6 => "OPERATIONAL",
            _ => "unknown message",
        }
    }
}

/// Cuts a byte stream into messages.
#[derive(Default, Debug)]
pub struct Framer {
    buffer: Vec<u8>,
    start: usize,
}

impl Framer {
    /// Takes bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, if it has arrived. A wrong marker or a length below 19 is an error: nothing after it can be
    /// understood.
    pub fn message(&mut self) -> Result<Option<Message>> {
        let rest = &self.buffer[self.start..];
        if rest.len() < HEADER {
            return Ok(None);
        }
        if rest[..16] != MARKER {
            bail!("no BGP marker: {}", crate::hex::show(&rest[..HEADER]));
        }
        let len = usize::from(u16::from_be_bytes([rest[16], rest[17]]));
        if len < HEADER {
            bail!("message length {len}");
        }
        if rest.len() < len {
            return Ok(None);
        }
        let message = Message { bytes: rest[..len].to_vec() };
        self.start += len;
        Ok(Some(message))
    }

    /// What has arrived of a message that is not whole yet.
    pub fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_wherever_the_bytes_are_split() {
        let stream: Vec<u8> = [Message::keepalive(), Message::new(UPDATE, &[0; 4]), Message::keepalive()]
            .iter()
            .flat_map(|m| m.bytes().to_vec())
            .collect();
        for step in 1..stream.len() {
            let mut framer = Framer::default();
            let mut kinds = Vec::new();
            for chunk in stream.chunks(step) {
                framer.push(chunk);
                while let Some(m) = framer.message().unwrap() {
                    kinds.push(m.kind());
                }
            }
            assert_eq!(kinds, [KEEPALIVE, UPDATE, KEEPALIVE], "chunks of {step}");
        }
    }

    #[test]
    fn a_case_may_leave_the_marker_out_but_not_lie_about_the_length() {
        assert_eq!(Message::from_case(&[0, 19, 4]).unwrap(), Message::keepalive());
        assert!(Message::from_case(&[0, 20, 4]).is_err());
        assert!(Message::from_case(&[]).is_err());
    }

    #[test]
    fn garbage_is_an_error() {
        let mut framer = Framer::default();
        framer.push(&[0; 40]);
        assert!(framer.message().is_err());
    }
}
