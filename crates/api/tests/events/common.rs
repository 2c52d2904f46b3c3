//! What the tests of events share.

use api::event::{Class, Direction, Format, Host, MessageKind, PeerHead, Raw, Subscription};
use bgp_wire::Asn;

/// The daemon of the examples.
pub(crate) fn host() -> Host {
    Host { name: "vm".into(), pid: 16985, ppid: 16984 }
}

/// The peer of the examples.
pub(crate) fn head() -> PeerHead {
    PeerHead {
        local: Some("127.0.0.1".parse().unwrap()),
        peer: "127.0.0.1".parse().unwrap(),
        local_as: Some(Asn(65000)),
        peer_as: Some(Asn(65000)),
        router_id: Some("10.0.0.2".parse().unwrap()),
    }
}

/// Everything, in one format.
pub(crate) fn subscribe_all(format: Format) -> Subscription {
    let mut all = Subscription::NONE;
    for class in [Class::State, Class::Fsm, Class::Negotiated, Class::Signal] {
        all = all.with(class);
    }
    for kind in MessageKind::ALL {
        all = all.with_message(kind, Direction::Receive, format).with_message(kind, Direction::Send, format);
    }
    all
}

/// A whole message.
pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut octets = vec![0xFF; 16];
    octets.extend_from_slice(&u16::try_from(body.len() + 19).unwrap().to_be_bytes());
    octets.push(kind);
    octets.extend_from_slice(body);
    octets
}

/// Header and body of a whole message.
pub(crate) fn raw(message: &[u8]) -> Raw<'_> {
    let (header, body) = message.split_at(19);
    Raw { header, body }
}

/// Octets from hexadecimal digits, spaces ignored.
pub(crate) fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
