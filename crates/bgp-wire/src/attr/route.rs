//! What a route carries beside its NLRI.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::attr::{RawAttribute, show, to_route_text, walk};
use crate::code::AttrCode;

/// Where traffic for a route is to be sent, as the route's author wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum NextHop {
    /// None given.
    #[default]
    Unset,
    /// Our own address on the session ("next-hop self"), resolved for each peer.
    SelfAddress,
    /// An address.
    Address(IpAddr),
    /// A global and a link-local IPv6 address (RFC 2545 section 3).
    Pair(Ipv6Addr, Ipv6Addr),
}

/// Next hop and canonical attribute block of a route. Equal routes have equal values: intern, group and compare by
/// identity once interned.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RouteAttributes {
    next_hop: NextHop,
    block: Box<[u8]>,
}

impl RouteAttributes {
    /// From a next hop and a canonical block (see [`crate::attr`]).
    pub fn new(next_hop: NextHop, block: impl Into<Box<[u8]>>) -> Self {
        Self { next_hop, block: block.into() }
    }

    /// The next hop as its author wrote it.
    pub const fn next_hop(&self) -> NextHop {
        self.next_hop
    }

    /// The canonical block.
    pub fn block(&self) -> &[u8] {
        &self.block
    }

    /// The attributes, in ascending order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = RawAttribute<'_>> {
        walk(&self.block)
    }

    /// As route text that parses back to an equal value: ` next-hop … origin …`, each with a leading space. The
    /// link-local half of a [`NextHop::Pair`] can't be written.
    pub fn to_route_text(&self) -> String {
        let mut text = String::new();
        if self.next_hop != NextHop::Unset {
            text = format!(" next-hop {}", self.next_hop);
        }
        to_route_text(self.iter(), &mut text);
        text
    }

    /// The value of one attribute.
    pub fn get(&self, code: AttrCode) -> Option<&[u8]> {
        self.iter().find(|a| a.code == code).map(|a| a.value)
    }
}

impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => f.write_str("no-nexthop"),
            Self::SelfAddress => f.write_str("self"),
            Self::Address(address) => address.fmt(f),
            Self::Pair(global, _) => global.fmt(f),
        }
    }
}

impl fmt::Display for RouteAttributes {
    /// As ExaBGP shows them: ` next-hop … origin …`, each with a leading space. Brackets of AS paths are the other
    /// way round than in route text: [`RouteAttributes::to_route_text`] parses back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.next_hop != NextHop::Unset {
            write!(f, " next-hop {}", self.next_hop)?;
        }
        let mut text = String::new();
        for a in self.iter() {
            text.clear();
            show::show(a, &mut text);
            write!(f, " {text}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for RouteAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
