//! BGP role (RFC 9234 section 4.1): one octet.

use super::{CapabilityCodec, RawCapability};
use crate::code::CapCode;
use crate::emit::{Emit, Spacing};

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

    #[test]
    fn wrong_lengths_are_malformed() {
        for length in [0, 2, 255] {
            assert!(BgpRole::check(&vec![0; length]).is_err());
        }
    }
}
