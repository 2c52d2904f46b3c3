//! ROUTE-REFRESH (RFC 2918 section 3, RFC 7313 section 3.2): AFI (2), subtype (1), SAFI (1).

use bytes::Bytes;

use super::frame::{HEADER, header};
use crate::code::MessageType;
use crate::emit::{Emit, Spacing};
use crate::error::DecodeError;
use crate::family::Family;

/// What a ROUTE-REFRESH says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RefreshSubtype {
    /// Send the routes of the family again.
    Query,
    /// The re-advertisement begins (BoRR).
    Begin,
    /// The re-advertisement ended (EoRR).
    End,
    /// Anything else; the receiver ignores the message and should log it (RFC 7313 section 5).
    Other(u8),
}

impl RefreshSubtype {
    /// The subtype octet.
    pub const fn octet(self) -> u8 {
        match self {
            Self::Query => 0,
            Self::Begin => 1,
            Self::End => 2,
            Self::Other(octet) => octet,
        }
    }

    /// The meaning of a subtype octet.
    pub const fn from_octet(octet: u8) -> Self {
        match octet {
            0 => Self::Query,
            1 => Self::Begin,
            2 => Self::End,
            other => Self::Other(other),
        }
    }

    /// As events spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Begin => "begin",
            Self::End => "end",
            Self::Other(_) => "invalid",
        }
    }
}

/// A ROUTE-REFRESH message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RouteRefresh {
    /// The family to be sent again; it may be one that was not negotiated, which the receiver ignores (RFC 2918
    /// section 4).
    pub family: Family,
    /// Request or marker.
    pub subtype: RefreshSubtype,
}

impl RouteRefresh {
    /// Reads a body.
    ///
    /// Errors: 7/1 with the whole message as data when the length is wrong (RFC 7313 section 5). A request that goes
    /// on after its four octets carries an outbound route filter (RFC 5291), which nobody was offered: the request
    /// stands, the filter is ignored.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        match *body {
            [high, low, subtype, safi, ref rest @ ..] if rest.is_empty() || !matches!(subtype, 1 | 2) => {
                Ok(Self {
                    family: Family::new(u16::from_be_bytes([high, low]), safi),
                    subtype: RefreshSubtype::from_octet(subtype),
                })
            }
            _ => Err(Self::wrong_length(body)),
        }
    }

    #[cold]
    fn wrong_length(body: &[u8]) -> DecodeError {
        let length = u16::try_from(body.len().saturating_add(HEADER)).unwrap_or(u16::MAX);
        let mut message = header(MessageType::ROUTE_REFRESH, length).to_vec();
        message.extend_from_slice(body);
        DecodeError::RouteRefresh {
            subcode: 1,
            data: Bytes::from(message),
            reason: "invalid route-refresh message",
        }
    }

    /// The whole message.
    pub fn encode(self) -> [u8; 23] {
        let mut message = [0; 23];
        let [high, low] = self.family.afi.0.to_be_bytes();
        let body = [high, low, self.subtype.octet(), self.family.safi.0];
        let (head, tail) = message.split_at_mut(HEADER);
        head.copy_from_slice(&header(MessageType::ROUTE_REFRESH, 23));
        tail.copy_from_slice(&body);
        message
    }

    /// Emits the object of the `refresh` event.
    pub fn emit<E: Emit>(self, out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("afi");
        out.display(&self.family.afi);
        out.key("safi");
        out.display(&self.family.safi);
        out.key("subtype");
        out.text(self.subtype.name());
        out.end_object();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing::Json;

    #[test]
    fn messages_come_back() {
        for subtype in
            [RefreshSubtype::Query, RefreshSubtype::Begin, RefreshSubtype::End, RefreshSubtype::Other(9)]
        {
            let sent = RouteRefresh { family: Family::IPV6_UNICAST, subtype };
            let wire = sent.encode();
            assert_eq!(wire[16..], [0, 23, 5, 0, 2, subtype.octet(), 1]);
            assert_eq!(RouteRefresh::decode(&wire[19..]), Ok(sent));
        }
        let unknown = RouteRefresh::decode(&[0x12, 0x34, 0, 99]).unwrap();
        assert_eq!(unknown.family, Family::new(0x1234, 99));
    }

    #[test]
    fn the_event_object() {
        let mut json = Json::default();
        RouteRefresh { family: Family::IPV4_UNICAST, subtype: RefreshSubtype::Query }.emit(&mut json);
        assert_eq!(json.finish(), r#"{ "afi": "ipv4", "safi": "unicast", "subtype": "query" }"#);
    }

    #[test]
    fn wrong_lengths_answer_with_the_message() {
        for body in [&[][..], &[0], &[0, 1, 0], &[0, 1, 1, 1, 0], &[0, 1, 2, 1, 9, 9]] {
            let notification = RouteRefresh::decode(body).unwrap_err().notification();
            assert_eq!((notification.code, notification.subcode), (7, 1));
            assert_eq!(notification.data[19..], *body);
            assert_eq!(usize::from(notification.data[17]), 19 + body.len());
        }
    }

    /// Outbound route filters have crashed daemons (CVE-2023-41360 and others): here they are never read.
    #[test]
    fn a_filter_behind_a_request_is_ignored() {
        let asked = RouteRefresh::decode(&[0, 1, 0, 1, 1, 64, 0, 200, 0]).unwrap();
        assert_eq!(asked, RouteRefresh { family: Family::IPV4_UNICAST, subtype: RefreshSubtype::Query });
    }

    proptest::proptest! {
        #[test]
        fn any_octets_are_read_without_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40)) {
            match RouteRefresh::decode(&body) {
                Ok(read) => proptest::prop_assert_eq!(&read.encode()[19..], &body[..4]),
                Err(error) => proptest::prop_assert_eq!(error.notification().code, 7),
            }
        }
    }
}
