//! What a peer is told once, at construction.

use std::net::Ipv4Addr;
use std::time::Duration;

use bgp_wire::Asn;
use bgp_wire::cap::RawCapability;
use bgp_wire::ctx::Sequence;

/// The settings of one peer, ready for the wire.
#[derive(Clone, Debug)]
pub struct PeerConfig {
    /// Our AS number; `None` is `local-as auto`: no OPEN is sent before the peer's has come, then its number is ours.
    pub local_as: Option<Asn>,
    /// The AS number the peer has to have; `None` is `peer-as auto`: any number but 0 is welcome.
    pub peer_as: Option<Asn>,
    /// Our BGP Identifier.
    pub router_id: Ipv4Addr,
    /// Hold time we propose, in seconds: 0 (no timers) or at least 3.
    pub hold_time: u16,
    /// The capabilities of our OPEN, in the order they are to be sent, except code 65 (see `asn4`). The R bit of a
    /// graceful restart capability is set and cleared by the peer (see `restarting`).
    pub capabilities: Vec<RawCapability>,
    /// Offer four-octet AS numbers (RFC 6793): the capability is put after the last multiprotocol one as soon as our
    /// AS number is known, unless `capabilities` already has it.
    pub asn4: bool,
    /// A peer that does not say its role is refused (RFC 9234 section 4.2, "strict mode"). Without a role of our own
    /// among the capabilities this does nothing.
    pub strict_role: bool,
    /// Never connect, only accept.
    pub passive: bool,
    /// We have just started: the R bit (RFC 4724 section 3) is set in each OPEN until a session is established.
    pub restarting: bool,
    /// How long the peer may take from the TCP connection to its OPEN; the "large value" of the hold timer in
    /// RFC 4271 section 8.2.2.
    pub open_wait: Duration,
    /// How long a TCP connection may take to come up (RFC 4271 ConnectRetryTimer in state Connect).
    pub connect_timeout: Duration,
    /// How long a peer may refuse to read (RFC 9687): `None` is the greater of 8 minutes and twice the negotiated
    /// hold time, zero never gives up.
    pub send_hold: Option<Duration>,
    /// Number of sessions tried before the peer stops for good; `None` never stops.
    pub attempts: Option<u32>,
    /// Whose NOTIFICATIONs are sent where there is a choice.
    pub sequence: Sequence,
}

impl Default for PeerConfig {
    /// Nothing but timers: automatic AS numbers, no capability, an identifier that has to be replaced.
    fn default() -> Self {
        Self {
            local_as: None,
            peer_as: None,
            router_id: Ipv4Addr::UNSPECIFIED,
            hold_time: 180,
            capabilities: Vec::new(),
            asn4: true,
            strict_role: false,
            passive: false,
            restarting: true,
            open_wait: Duration::from_mins(1),
            connect_timeout: Duration::from_mins(1),
            send_hold: None,
            attempts: None,
            sequence: Sequence::Native,
        }
    }
}
