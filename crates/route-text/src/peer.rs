//! The names of peers: what selectors match and what commands print.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use bgp_wire::{Asn, Family};

/// Which families a session of the peer is for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum FamilyAllowed {
    /// Those of the OPEN: every session without multi-session.
    #[default]
    InOpen,
    /// These, in this order (multi-session).
    Families(Box<[Family]>),
}

/// The name of a neighbor: its key in the configuration, in the route store and in the API.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PeerName {
    /// The peer's address; of a range, its first.
    pub peer: IpAddr,
    /// Prefix length in bits of a range of peers; none for a single peer.
    pub range: Option<u8>,
    /// Our address; none when the kernel chooses it.
    pub local: Option<IpAddr>,
    /// Our AS number; none when it follows the peer's.
    pub local_as: Option<Asn>,
    /// The peer's AS number; none when any will do.
    pub peer_as: Option<Asn>,
    /// Our router identifier; none only for a range that takes each peer's.
    pub router_id: Option<Ipv4Addr>,
    /// Families of the session.
    pub family_allowed: FamilyAllowed,
}

impl fmt::Display for FamilyAllowed {
    /// `in-open`, or `ipv4-unicast/ipv6-unicast`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InOpen => f.write_str("in-open"),
            Self::Families(families) => {
                for (i, family) in families.iter().enumerate() {
                    let slash = if i == 0 { "" } else { "/" };
                    write!(f, "{slash}{}-{}", family.afi, family.safi)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for PeerName {
    /// `neighbor 10.0.0.1 local-ip 10.0.0.2 local-as 65000 peer-as 65001 router-id 10.0.0.2 family-allowed in-open`,
    /// with `auto` where nothing is fixed. Selectors are written in the same words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "neighbor {}", self.peer)?;
        if let Some(length) = self.range {
            write!(f, "/{length}")?;
        }
        write!(f, " local-ip {}", Auto(self.local))?;
        write!(f, " local-as {} peer-as {}", Auto(self.local_as), Auto(self.peer_as))?;
        write!(f, " router-id {} family-allowed {}", Auto(self.router_id), self.family_allowed)
    }
}

/// A value, or the word that says that there is none yet.
struct Auto<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for Auto<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("auto"),
        }
    }
}
