//! Routes as their authors write them.

use std::fmt;

use bgp_wire::attr::{NextHop, to_route_text};
use bgp_wire::{Nlri, RouteAttributes};
use smallvec::SmallVec;

use crate::clause::Clause;

/// What is to be done with a route; what its text must hold depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Announced: needs a next hop.
    Announce,
    /// Withdrawn: the NLRI alone says which; attributes are read and have no meaning.
    Withdraw,
}

/// One route.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Route {
    /// What is reachable.
    pub nlri: Nlri,
    /// How, and what else is to be known about it.
    pub attributes: RouteAttributes,
    /// The watchdog group it belongs to.
    pub watchdog: Option<Box<str>>,
    /// Held back until its watchdog group is announced; never set without a group.
    pub withdrawn: bool,
    /// Its author's name for it; never sent.
    pub name: Option<Box<str>>,
}

/// The routes of one line: many NLRI share what was written once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Routes {
    /// What is reachable, in the order written.
    pub nlris: SmallVec<[Nlri; 1]>,
    /// What was said about all of them.
    pub clause: Clause,
}

impl Routes {
    /// The routes one by one, each with attributes of its own.
    pub fn iter(&self) -> impl Iterator<Item = Route> + '_ {
        self.nlris.iter().map(|nlri| Route {
            nlri: nlri.clone(),
            attributes: self.clause.attributes.clone(),
            watchdog: self.clause.watchdog.clone(),
            withdrawn: self.clause.withdrawn,
            name: self.clause.name.clone(),
        })
    }
}

impl fmt::Display for Route {
    /// As in `ipv4 unicast 10.0.0.0/24 next-hop 192.0.2.1 origin igp`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.nlri.family(), self.nlri)?;
        if self.attributes.next_hop() != NextHop::Unset {
            write!(f, " next-hop {}", self.attributes.next_hop())?;
        }
        let mut attributes = String::new();
        to_route_text(self.attributes.iter(), &mut attributes);
        f.write_str(&attributes)?;
        if let Some(name) = &self.name {
            write!(f, " name {}", Quoted(name))?;
        }
        if let Some(watchdog) = &self.watchdog {
            write!(f, " watchdog {}", Quoted(watchdog))?;
            if self.withdrawn {
                f.write_str(" withdraw")?;
            }
        }
        Ok(())
    }
}

/// A word as it must be written to be read as one word.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = *self;
        let special = |b: u8| b.is_ascii_whitespace() || b"[](),".contains(&b);
        let quote = if text.contains('"') { '\'' } else { '"' };
        if text.is_empty() || text.starts_with(['"', '\'']) || text.bytes().any(special) {
            write!(f, "{quote}{text}{quote}")
        } else {
            f.write_str(text)
        }
    }
}
