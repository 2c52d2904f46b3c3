//! What can be wrong with bytes, and what BGP says about it.

use bytes::Bytes;
use thiserror::Error;

use crate::code::AttrCode;
use crate::ctx::Sequence;
use crate::family::Family;

/// The content of a NOTIFICATION message (RFC 4271 section 4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Error code.
    pub code: u8,
    /// Error subcode.
    pub subcode: u8,
    /// Data as on the wire; for Cease 6/2 and 6/4 it starts with the length of the shutdown communication (RFC 9003).
    pub data: Bytes,
}

impl Notification {
    /// A NOTIFICATION without data.
    pub const fn new(code: u8, subcode: u8) -> Self {
        Self { code, subcode, data: Bytes::new() }
    }

    /// A NOTIFICATION with data.
    pub fn with_data(code: u8, subcode: u8, data: impl Into<Bytes>) -> Self {
        Self { code, subcode, data: data.into() }
    }
}

/// Bytes that do not decode. [`DecodeError::notification`] is the only place that chooses what the peer is told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A field ends before its octets do.
    #[error("{what} at octet {at}: {needed} octets needed, {available} there")]
    Truncated {
        /// The field.
        what: &'static str,
        /// Octet offset in the message body.
        at: usize,
        /// Octets the field needs.
        needed: usize,
        /// Octets that are there.
        available: usize,
    },
    /// The 16-octet marker is not all ones (RFC 4271 section 6.1).
    #[error("the message does not start with a marker of ones")]
    Marker,
    /// The length field of the header is impossible for the type or the session (RFC 4271 section 6.1, RFC 8654).
    #[error("a message of type {kind} can't have {length} octets")]
    MessageLength {
        /// Message type octet.
        kind: u8,
        /// The length field as received.
        length: u16,
    },
    /// Unknown message type (RFC 4271 section 6.1).
    #[error("unknown message type {0}")]
    MessageType(u8),
    /// An error in an OPEN message with its RFC 4271 section 6.2 subcode and data.
    #[error("OPEN: {reason}")]
    Open {
        /// Subcode under error code 2.
        subcode: u8,
        /// Data of the NOTIFICATION.
        data: Bytes,
        /// What is wrong, for people.
        reason: String,
    },
    /// An UPDATE so broken that the routes in it cannot be told (RFC 7606 sections 3 and 5.3).
    #[error("UPDATE: {reason}")]
    Update {
        /// Subcode under error code 3.
        subcode: u8,
        /// What is wrong, for people.
        reason: String,
    },
    /// NLRI of a family that cannot be read (RFC 7606 section 5.3).
    #[error("{family} NLRI at octet {at}: {reason}")]
    Nlri {
        /// Its family.
        family: Family,
        /// Octet offset in the field that carries it.
        at: usize,
        /// What is wrong, for people.
        reason: &'static str,
    },
    /// An error in a ROUTE-REFRESH message (RFC 7313 section 5).
    #[error("ROUTE-REFRESH: {reason}")]
    RouteRefresh {
        /// Subcode under error code 7.
        subcode: u8,
        /// Data of the NOTIFICATION: the whole message.
        data: Bytes,
        /// What is wrong, for people.
        reason: &'static str,
    },
}

impl DecodeError {
    /// The NOTIFICATION this error deserves when the session cannot go on.
    pub fn notification(&self) -> Notification {
        match self {
            Self::Truncated { .. } => Notification::new(1, 2),
            Self::Marker => Notification::new(1, 1),
            // RFC 4271 section 6.1: the data is the erroneous length field.
            Self::MessageLength { length, .. } => {
                Notification::with_data(1, 2, Bytes::copy_from_slice(&length.to_be_bytes()))
            }
            Self::MessageType(kind) => Notification::with_data(1, 3, Bytes::copy_from_slice(&[*kind])),
            Self::Open { subcode, data, .. } => Notification::with_data(2, *subcode, data.clone()),
            Self::Update { subcode, .. } => Notification::new(3, *subcode),
            Self::Nlri { .. } => Notification::new(3, 10),
            Self::RouteRefresh { subcode, data, .. } => Notification::with_data(7, *subcode, data.clone()),
        }
    }

    /// The same as it stands in a sequence of messages: of an unknown type ExaBGP says so in words.
    pub fn notification_in(&self, sequence: Sequence) -> Notification {
        match (self, sequence) {
            (Self::MessageType(kind), Sequence::ExaBgp5) => {
                Notification::with_data(1, 3, format!("can not decode message of type \"{kind}\""))
            }
            (Self::MessageType(kind), Sequence::ExaBgp6) => {
                Notification::with_data(1, 0, format!("can not decode update message of type \"{kind}\""))
            }
            _ => self.notification(),
        }
    }
}

/// What RFC 7606 section 2 does about a malformed attribute, in the order of severity, so that the worst of several
/// is the maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Treatment {
    /// Nothing is wrong.
    #[default]
    Accept,
    /// The attribute is dropped, its routes stay ("attribute discard").
    Discard,
    /// The routes are handled as if they had been withdrawn ("treat-as-withdraw").
    Withdraw,
    /// The session is reset ("session reset").
    Reset,
}

/// One malformed attribute, as found by the attribute walk.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("attribute {code} at octet {at}: {reason}")]
pub struct AttributeError {
    /// Its type code.
    pub code: AttrCode,
    /// Octet offset of the attribute in the UPDATE body.
    pub at: usize,
    /// What is to be done about it.
    pub treatment: Treatment,
    /// UPDATE error subcode, should the treatment be a reset.
    pub subcode: u8,
    /// What is wrong, for people.
    pub reason: &'static str,
}

/// A value that cannot be written: encoding never truncates.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// The value is too long for its length field.
    #[error("{what}: {actual} octets, {max} at most")]
    TooLong {
        /// The field.
        what: &'static str,
        /// Octets it would have.
        actual: usize,
        /// Octets it may have.
        max: usize,
    },
    /// It does not fit in the message.
    #[error("{what} does not fit in the message")]
    Full {
        /// The field.
        what: &'static str,
    },
    /// The session does not allow the route.
    #[error("{what}")]
    Forbidden {
        /// Why, for people.
        what: &'static str,
    },
    /// The route lacks what its family needs.
    #[error("{what}")]
    Missing {
        /// What is missing, for people.
        what: &'static str,
    },
}
