//! OPERATIONAL (draft-ietf-idr-operational-message-00): one TLV a message, type (2) and length (2), then AFI (2) and
//! SAFI (1), then what the type asks for.
//!
//! Nothing in it concerns routes, so what can't be read is told and the session goes on.

use std::net::Ipv4Addr;

use super::frame::{HEADER, header};
use crate::code::MessageType;
use crate::cursor::Reader;
use crate::emit::{Emit, HexCase, Spacing};
use crate::error::{DecodeError, EncodeError};
use crate::family::Family;

/// Octets of the text of an advisory.
pub const MAX_ADVISORY: usize = 2048;

/// The type of a TLV.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Kind(pub u16);

impl Kind {
    /// Advisory Demand Message: a text to be read now.
    pub const ADM: Self = Self(1);
    /// Advisory Static Message: a text that holds while the session does.
    pub const ASM: Self = Self(2);
    /// Not Satisfied: the answer to a query that can't be answered.
    pub const NS: Self = Self(0xFFFF);

    /// Queries and their answers: Reachable, Adj-RIB-Out and Loc-RIB Prefix Count.
    const COUNTS: [(Self, &'static str); 6] = [
        (Self(3), "RPCQ"),
        (Self(4), "RPCP"),
        (Self(5), "APCQ"),
        (Self(6), "APCP"),
        (Self(7), "LPCQ"),
        (Self(8), "LPCP"),
    ];

    /// As events spell it.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::ADM => Some("ADM"),
            Self::ASM => Some("ASM"),
            Self::NS => Some("NS"),
            _ => Self::COUNTS.iter().find(|(kind, _)| *kind == self).map(|(_, name)| *name),
        }
    }

    /// The type that commands call so, in small letters. Not Satisfied is nobody's to send.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "adm" => Some(Self::ADM),
            "asm" => Some(Self::ASM),
            _ => Self::COUNTS
                .iter()
                .find(|(_, name)| name.eq_ignore_ascii_case(word))
                .filter(|_| !word.contains(|c: char| c.is_ascii_uppercase()))
                .map(|(kind, _)| *kind),
        }
    }

    /// Whether it carries a text.
    pub const fn is_advisory(self) -> bool {
        matches!(self, Self::ADM | Self::ASM)
    }

    /// Whether it answers a query.
    pub const fn is_counter(self) -> bool {
        matches!(self.0, 4 | 6 | 8)
    }
}

/// What an OPERATIONAL message says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operational {
    /// Its type.
    pub kind: Kind,
    /// The family that it is about; of an unknown type none.
    pub family: Option<Family>,
    /// The rest.
    pub content: Content,
}

/// What follows the family.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// A text for people.
    Advisory(Box<str>),
    /// A query, or the answer to one.
    Count {
        /// Who asks; none stands for the sender's own identifier.
        router_id: Option<Ipv4Addr>,
        /// Says which answer belongs to which query.
        sequence: u32,
        /// The answer.
        counter: Option<u32>,
    },
    /// Why a query can't be answered.
    NotSatisfied {
        /// That of the query.
        sequence: u32,
        /// Error subcode.
        error: u16,
    },
    /// The octets of a TLV of unknown type.
    Unknown(Box<[u8]>),
}

impl Operational {
    /// Reads a body. Octets behind the TLV are ignored.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let kind = Kind(r.u16("operational type")?);
        let length = r.u16("operational length")?;
        let mut r = r.sub(length.into(), "operational data")?;
        if kind.name().is_none() {
            return Ok(Self { kind, family: None, content: Content::Unknown(r.take_rest().into()) });
        }
        let family = Some(Family::new(r.u16("operational AFI")?, r.u8("operational SAFI")?));
        let content = if kind.is_advisory() {
            Content::Advisory(String::from_utf8_lossy(r.take_rest()).into())
        } else if kind == Kind::NS {
            Content::NotSatisfied {
                sequence: r.u32("operational sequence")?,
                error: r.u16("operational error")?,
            }
        } else {
            Content::Count {
                router_id: Some(Ipv4Addr::from(r.array("operational router-id")?)),
                sequence: r.u32("operational sequence")?,
                counter: if kind.is_counter() { Some(r.u32("operational counter")?) } else { None },
            }
        };
        Ok(Self { kind, family, content })
    }

    /// The whole message; `own` is the sender's identifier.
    pub fn encode(&self, own: Ipv4Addr) -> Result<Vec<u8>, EncodeError> {
        let mut value = Vec::new();
        if let Some(family) = self.family {
            value.extend_from_slice(&family.afi.0.to_be_bytes());
            value.push(family.safi.0);
        }
        match &self.content {
            Content::Advisory(text) => {
                let (what, actual, max) = ("advisory", text.len(), MAX_ADVISORY);
                if actual > max {
                    return Err(EncodeError::TooLong { what, actual, max });
                }
                value.extend_from_slice(text.as_bytes());
            }
            Content::Count { router_id, sequence, counter } => {
                value.extend_from_slice(&router_id.unwrap_or(own).octets());
                value.extend_from_slice(&sequence.to_be_bytes());
                if let Some(counter) = counter {
                    value.extend_from_slice(&counter.to_be_bytes());
                }
            }
            Content::NotSatisfied { sequence, error } => {
                value.extend_from_slice(&sequence.to_be_bytes());
                value.extend_from_slice(&error.to_be_bytes());
            }
            Content::Unknown(octets) => value.extend_from_slice(octets),
        }
        // What fits in a message of any session; so do the two lengths.
        let too_long =
            EncodeError::TooLong { what: "operational message", actual: value.len(), max: MAX_ADVISORY + 3 };
        if value.len() > MAX_ADVISORY + 3 {
            return Err(too_long);
        }
        let length = u16::try_from(value.len()).map_err(|_| too_long)?;
        let whole = length.saturating_add(4).saturating_add(u16::try_from(HEADER).unwrap_or(0));
        let mut message = header(MessageType::OPERATIONAL, whole).to_vec();
        message.extend_from_slice(&self.kind.0.to_be_bytes());
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(&value);
        Ok(message)
    }

    /// Emits the object of the `operational` event.
    pub fn emit<E: Emit>(&self, out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text(self.kind.name().unwrap_or("unknown"));
        if let Some(family) = self.family {
            out.key("afi");
            out.display(&family.afi);
            out.key("safi");
            out.display(&family.safi);
        }
        match &self.content {
            Content::Advisory(text) => {
                out.key("advisory");
                out.text(text);
            }
            Content::Count { router_id, sequence, counter } => {
                if let Some(id) = router_id {
                    out.key("router-id");
                    out.display(id);
                }
                out.key("sequence");
                out.number((*sequence).into());
                if let Some(counter) = counter {
                    out.key("counter");
                    out.number((*counter).into());
                }
            }
            Content::NotSatisfied { sequence, error } => {
                out.key("sequence");
                out.number((*sequence).into());
                out.key("error");
                out.number((*error).into());
            }
            Content::Unknown(octets) => {
                out.key("type");
                out.display(&format_args!("operational-type-{}", self.kind.0));
                out.key("data");
                out.hex("0x", octets, HexCase::Upper);
            }
        }
        out.end_object();
    }

    /// Prints what the text event says behind the word `operational`. Text of a peer is not escaped.
    pub fn print(&self, out: &mut String) {
        use std::fmt::Write as _;
        // Writing to a String never fails.
        match self.kind.name() {
            Some(name) => out.push_str(name),
            None => {
                let _ = write!(out, "unknown operational-type-{}", self.kind.0);
            }
        }
        if let Some(family) = self.family {
            let _ = write!(out, " afi {} safi {}", family.afi, family.safi);
        }
        match &self.content {
            Content::Advisory(text) => {
                let _ = write!(out, " advisory \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            }
            Content::Count { router_id, sequence, counter } => {
                if let Some(id) = router_id {
                    let _ = write!(out, " router-id {id}");
                }
                let _ = write!(out, " sequence {sequence}");
                if let Some(counter) = counter {
                    let _ = write!(out, " counter {counter}");
                }
            }
            Content::NotSatisfied { sequence, error } => {
                let _ = write!(out, " sequence {sequence} error {error}");
            }
            Content::Unknown(octets) => {
                out.push_str(" data 0x");
                for octet in octets {
                    let _ = write!(out, "{octet:02X}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing::Json;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

    fn count(kind: u16, router_id: Option<Ipv4Addr>, counter: Option<u32>) -> Operational {
        let content = Content::Count { router_id, sequence: 7, counter };
        Operational { kind: Kind(kind), family: Some(Family::IPV4_UNICAST), content }
    }

    fn advisory(kind: Kind, text: &str) -> Operational {
        Operational { kind, family: Some(Family::IPV6_UNICAST), content: Content::Advisory(text.into()) }
    }

    fn json(message: &Operational) -> String {
        let mut json = Json::default();
        message.emit(&mut json);
        json.finish()
    }

    fn text(message: &Operational) -> String {
        let mut text = String::new();
        message.print(&mut text);
        text
    }

    #[test]
    fn the_octets_are_those_of_the_draft() {
        let wire = advisory(Kind::ASM, "hi").encode(OWN).unwrap();
        assert_eq!(wire[16..], [0, 28, 6, 0, 2, 0, 5, 0, 2, 1, b'h', b'i']);
        let wire = count(3, None, None).encode(OWN).unwrap();
        assert_eq!(wire[16..], [0, 34, 6, 0, 3, 0, 11, 0, 1, 1, 10, 0, 0, 2, 0, 0, 0, 7]);
        let wire = count(8, Some([1, 2, 3, 4].into()), Some(9)).encode(OWN).unwrap();
        assert_eq!(wire[16..], [0, 38, 6, 0, 8, 0, 15, 0, 1, 1, 1, 2, 3, 4, 0, 0, 0, 7, 0, 0, 0, 9]);
    }

    #[test]
    fn messages_come_back() {
        let own = Some(OWN);
        let not_satisfied = Operational {
            kind: Kind::NS,
            family: Some(Family::IPV4_UNICAST),
            content: Content::NotSatisfied { sequence: 1, error: 2 },
        };
        let unknown =
            Operational { kind: Kind(99), family: None, content: Content::Unknown([1, 2].as_slice().into()) };
        let mut all = vec![advisory(Kind::ADM, ""), advisory(Kind::ASM, "é"), not_satisfied, unknown];
        all.extend([3, 5, 7].map(|kind| count(kind, own, None)));
        all.extend([4, 6, 8].map(|kind| count(kind, own, Some(u32::MAX))));
        for sent in all {
            let wire = sent.encode(OWN).unwrap();
            assert_eq!(Operational::decode(&wire[19..]), Ok(sent.clone()));
            for n in 19..wire.len() {
                assert!(Operational::decode(&wire[19..n]).is_err(), "{sent:?} cut at {n}");
            }
        }
    }

    #[test]
    fn they_are_shown() {
        let message = advisory(Kind::ASM, "a \"b\"");
        assert_eq!(
            json(&message),
            r#"{ "name": "ASM", "afi": "ipv6", "safi": "unicast", "advisory": "a \"b\"" }"#
        );
        assert_eq!(text(&message), r#"ASM afi ipv6 safi unicast advisory "a \"b\"""#);
        let message = count(4, Some(OWN), Some(3));
        assert_eq!(
            json(&message),
            r#"{ "name": "RPCP", "afi": "ipv4", "safi": "unicast", "router-id": "10.0.0.2", "sequence": 7, "counter": 3 }"#
        );
        assert_eq!(text(&message), "RPCP afi ipv4 safi unicast router-id 10.0.0.2 sequence 7 counter 3");
        let message = Operational { kind: Kind(99), family: None, content: Content::Unknown([10].into()) };
        assert_eq!(json(&message), r#"{ "name": "unknown", "type": "operational-type-99", "data": "0x0A" }"#);
        assert_eq!(text(&message), "unknown operational-type-99 data 0x0A");
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert!(advisory(Kind::ASM, &"x".repeat(MAX_ADVISORY)).encode(OWN).is_ok());
        assert!(advisory(Kind::ASM, &"x".repeat(MAX_ADVISORY + 1)).encode(OWN).is_err());
    }

    #[test]
    fn words_are_small() {
        for (word, kind) in [("adm", 1), ("asm", 2), ("rpcq", 3), ("lpcp", 8)] {
            assert_eq!(Kind::from_word(word), Some(Kind(kind)));
        }
        for word in ["ASM", "Rpcq", "ns", ""] {
            assert_eq!(Kind::from_word(word), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_octets_are_read_without_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
            if let Ok(read) = Operational::decode(&body) {
                let _ = (json(&read), text(&read), read.encode(OWN));
            }
        }
    }
}
