//! Where received messages go.

use std::ops::ControlFlow;

use bgp_wire::negotiated::Negotiated;
use bgp_wire::{DecodeError, MessageType};

use crate::io::Leg;

/// Receives the messages of a peer while they still lie in the receive buffer.
pub trait MessageSink {
    /// A whole message (header and body), before anything in it is decoded. Every message comes by here, also those
    /// that turn out wrong.
    fn message(&mut self, leg: Leg, kind: MessageType, raw: &[u8]);

    /// The body of an UPDATE of the established session.
    ///
    /// `Break` stops the reading after this message: the work budget is used up, or there is no more room. The octets
    /// that follow stay the caller's. An error ends the session with [`DecodeError::notification`].
    fn update(&mut self, body: &[u8], negotiated: &Negotiated) -> Result<ControlFlow<()>, DecodeError>;

    /// The body of an OPERATIONAL message, where it was negotiated; as [`MessageSink::update`].
    fn operational(&mut self, body: &[u8], negotiated: &Negotiated) -> Result<ControlFlow<()>, DecodeError> {
        let _ = (body, negotiated);
        Ok(ControlFlow::Continue(()))
    }
}
