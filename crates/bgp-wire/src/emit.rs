//! The seam between values and dialects: values describe themselves to an [`Emit`], which writes JSON or whatever
//! a dialect wants. No attribute knows that API versions exist.

use std::net::IpAddr;

/// How the brackets and separators of one object or list are spaced where a dialect cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spacing {
    /// `{ "a": 1, "b": 2 }`, `[ 1, 2 ]`
    Wide,
    /// `{"a": 1, "b": 2}`, `[1, 2]`
    Tight,
    /// `[ 1, 2 , 3 ]`: wide, but with a space before every comma from the second on.
    Odd,
}

/// A structured writer. Calls nest: every `begin_*` is matched by its `end_*`; inside an object every value is
/// preceded by [`Emit::key`]. Separators are the writer's business.
pub trait Emit {
    /// Opens an object.
    fn begin_object(&mut self, spacing: Spacing);
    /// Closes the innermost object.
    fn end_object(&mut self);
    /// Opens a list.
    fn begin_list(&mut self, spacing: Spacing);
    /// Closes the innermost list.
    fn end_list(&mut self);
    /// Names the next value of the innermost object. Keys are ours, never a peer's: they are written as they are.
    fn key(&mut self, key: &str);
    /// A text; whatever it holds, it can't end the string or the line.
    fn text(&mut self, value: &str);
    /// An unsigned number.
    fn number(&mut self, value: u64);
    /// A number that no machine word holds, as its decimal digits; text where a dialect has no such numbers.
    fn large_number(&mut self, digits: &dyn std::fmt::Display) {
        self.display(digits);
    }
    /// A truth value.
    fn boolean(&mut self, value: bool);
    /// No value.
    fn null(&mut self);
    /// Octets as text: `prefix` and then hexadecimal digits.
    fn hex(&mut self, prefix: &str, bytes: &[u8], case: HexCase);
    /// Text made of a formatted value.
    fn display(&mut self, value: &dyn std::fmt::Display);
    /// An IP address, as text.
    fn address(&mut self, value: IpAddr) {
        self.display(&value);
    }
    /// A prefix such as `10.0.0.0/24`, as text.
    fn prefix(&mut self, address: IpAddr, length: u8) {
        self.display(&format_args!("{address}/{length}"));
    }
    /// Whether a plain prefix is written as a bare string instead of an object ("compact").
    fn compact(&self) -> bool {
        false
    }
    /// Whether a label of a labelled prefix is told with all 24 bits of its field beside it.
    fn raw_labels(&self) -> bool {
        false
    }
    /// The next hop of the route that is written, for the families whose routes say it in some dialects.
    fn route_next_hop(&self) -> RouteNextHop {
        RouteNextHop::Elsewhere
    }
    /// How BGP-LS routes and attributes are told.
    fn link_state(&self) -> LinkState {
        LinkState::Merged
    }
    /// A number with a fraction; one that is not finite is no value.
    fn fraction(&mut self, value: f64) {
        if value.is_finite() {
            self.large_number(&format_args!("{value:?}"));
        } else {
            self.null();
        }
    }
}

/// The next hop of a route as its own members show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RouteNextHop {
    /// Not at all: it stands elsewhere.
    #[default]
    Elsewhere,
    /// There is none, as in a withdrawal.
    Unset,
    /// This one.
    Address(IpAddr),
}

/// How BGP-LS routes and attributes are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LinkState {
    /// A few TLVs that are there several times are one list; of others the last one is told.
    #[default]
    Merged,
    /// All TLVs that may be there several times are lists, which come first; performance metrics have names, opaque
    /// values are hexadecimal digits, reachable prefixes have their length, a route's next hop comes last.
    Listed,
}

/// Case of hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HexCase {
    /// `0a`
    Lower,
    /// `0A`
    Upper,
}
