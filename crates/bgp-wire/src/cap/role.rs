//! BGP role (RFC 9234 section 4.1): one octet.

use super::{CapabilityCodec, RawCapability};
use crate::code::{Asn, CapCode};
use crate::emit::{Emit, Spacing};
use crate::family::Family;

/// The codec.
#[derive(Debug)]
pub struct BgpRole;

/// What a speaker is to its neighbour (RFC 9234 section 3). Roles without a name are carried too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Role(pub u8);

impl Role {
    /// The speaker provides transit to its neighbour.
    pub const PROVIDER: Self = Self(0);
    /// The speaker is a route server.
    pub const ROUTE_SERVER: Self = Self(1);
    /// The speaker is a route server's client.
    pub const ROUTE_SERVER_CLIENT: Self = Self(2);
    /// The speaker gets transit from its neighbour.
    pub const CUSTOMER: Self = Self(3);
    /// Both exchange what is theirs and their customers'.
    pub const PEER: Self = Self(4);

    const NAMES: [&'static str; 5] = ["provider", "rs", "rs-client", "customer", "peer"];

    /// The name, as configurations write it.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.get(usize::from(self.0)).copied()
    }

    /// The role of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        let place = Self::NAMES.iter().position(|n| *n == name)?;
        u8::try_from(place).ok().map(Self)
    }

    /// Whether the two roles of a session go together (RFC 9234 section 4.2, table 2); if not, Role Mismatch (2/11).
    pub const fn pairs_with(self, remote: Self) -> bool {
        matches!((self.0, remote.0), (0, 3) | (3, 0) | (1, 2) | (2, 1) | (4, 4))
    }

    /// Whether the rules of section 5 are for a family: IPv4 and IPv6 unicast, and no other by default.
    pub fn rules(family: Family) -> bool {
        family == Family::IPV4_UNICAST || family == Family::IPV6_UNICAST
    }

    /// Whether a route received in this role is a leak (RFC 9234 section 5, ingress rules 1 and 2); `otc` is its
    /// ONLY_TO_CUSTOMER, `remote` the AS that it came from.
    pub fn leaked(self, otc: Option<u32>, remote: Asn) -> bool {
        match (self, otc) {
            // From a customer, or a client of ours.
            (Self::PROVIDER | Self::ROUTE_SERVER, Some(_)) => true,
            (Self::PEER, Some(asn)) => asn != remote.0,
            _ => false,
        }
    }

    /// Whether ONLY_TO_CUSTOMER is added to what is sent in this role: to customers, peers and clients of a route server
    /// (RFC 9234 section 5, egress rule 1).
    pub const fn marks(self) -> bool {
        matches!(self, Self::PROVIDER | Self::PEER | Self::ROUTE_SERVER)
    }

    /// Whether routes with ONLY_TO_CUSTOMER must not be sent in this role: to providers, peers and route servers
    /// (RFC 9234 section 5, egress rule 2).
    pub const fn keeps(self) -> bool {
        matches!(self, Self::CUSTOMER | Self::PEER | Self::ROUTE_SERVER_CLIENT)
    }
}

/// The capability.
pub fn encode(role: Role) -> RawCapability {
    RawCapability::new(CapCode::ROLE, [role.0])
}

/// The roles of several values; where they differ the session is to be refused (RFC 9234 section 4.2).
pub fn roles<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> impl Iterator<Item = Role> {
    values.into_iter().filter_map(|value| <[u8; 1]>::try_from(value).ok()).map(|[role]| Role(role))
}

/// The role of several instances: the first.
fn first(values: &[&[u8]]) -> Role {
    roles(values.iter().copied()).next().unwrap_or(Role(0xFF))
}

impl CapabilityCodec for BgpRole {
    const CODE: CapCode = CapCode::ROLE;

    fn check(value: &[u8]) -> Result<(), &'static str> {
        if value.len() == 1 { Ok(()) } else { Err("the value has not 1 octet") }
    }

    fn emit<E: Emit>(values: &[&[u8]], out: &mut E) {
        let role = first(values);
        out.begin_object(Spacing::Wide);
        out.key("name");
        out.text("role");
        out.key("role");
        match role.name() {
            Some(name) => out.text(name),
            None => out.display(&format_args!("unknown-{}", role.0)),
        }
        out.end_object();
    }

    fn print(values: &[&[u8]], out: &mut String) {
        use std::fmt::Write as _;
        let role = first(values);
        // Writing to a String never fails.
        let _ = match role.name() {
            Some(name) => write!(out, "role({name})"),
            None => write!(out, "role(unknown-{})", role.0),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::testing;

    #[test]
    fn roles_are_shown_by_name() {
        let (json, text) = testing::shown(&[encode(Role::CUSTOMER), encode(Role::PEER)]);
        assert_eq!(json, r#"{ "9": { "name": "role", "role": "customer" } }"#);
        assert_eq!(text, "[role(customer)]");
        let (json, text) = testing::shown(&[encode(Role(9))]);
        assert_eq!(json, r#"{ "9": { "name": "role", "role": "unknown-9" } }"#);
        assert_eq!(text, "[role(unknown-9)]");
        for role in (0..5).map(Role) {
            assert_eq!(role.name().and_then(Role::from_name), Some(role));
        }
        assert_eq!(Role::from_name("bogus"), None);
    }

    #[test]
    fn only_five_pairs_go_together() {
        let all = (0..=255).flat_map(|a| (0..=255).map(move |b| (Role(a), Role(b))));
        assert_eq!(all.filter(|(a, b)| a.pairs_with(*b)).count(), 5);
        assert!(Role::PROVIDER.pairs_with(Role::CUSTOMER));
        assert!(!Role::PROVIDER.pairs_with(Role::PROVIDER));
    }

    /// RFC 9234 section 5, each rule for each role.
    #[test]
    fn only_to_customer() {
        let all = [Role::PROVIDER, Role::ROUTE_SERVER, Role::ROUTE_SERVER_CLIENT, Role::CUSTOMER, Role::PEER];
        let leaks = |otc| all.map(|role| role.leaked(otc, Asn(65001)));
        assert_eq!(leaks(None), [false; 5]);
        assert_eq!(leaks(Some(65001)), [true, true, false, false, false]);
        assert_eq!(leaks(Some(65002)), [true, true, false, false, true]);
        assert_eq!(all.map(Role::marks), [true, true, false, false, true]);
        assert_eq!(all.map(Role::keeps), [false, false, true, true, true]);
        assert!(Role::rules(Family::IPV6_UNICAST) && !Role::rules(Family::IPV4_MULTICAST));
    }

    #[test]
    fn wrong_lengths_are_malformed() {
        for length in [0, 2, 255] {
            assert!(BgpRole::check(&vec![0; length]).is_err());
        }
    }
}
