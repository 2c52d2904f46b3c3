//! The text grammar of routes and neighbor selectors: one grammar for configuration strings and API lines.
//!
//! * [`parse_line`], [`parse_route`], [`parse_family_route`], [`parse_attributes`]: route lines to [`Routes`];
//! * [`parse_flow`]: flow rules, in one line or with `{ match { … } then { … } }`;
//! * [`parse_prefix`] and [`parse_clause`]: their two halves, so that a caller can memoise the second by its text;
//! * [`Selector`] and [`PeerName`]: which neighbors a command is meant for;
//! * `Display` of [`Route`]: a line that [`parse_line`] reads back to the same route.
//!
//! Attributes and NLRI are parsed by the tables of `bgp-wire`: a new attribute or family needs nothing here. Errors
//! ([`TextError`]) carry the offset of the offending word, the word, and what to write instead.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

mod clause;
mod flow;
mod keyword;
mod line;
mod nlri;
mod operational;
mod peer;
mod route;
mod selector;
mod split;
mod suggest;

pub use bgp_wire::text::{TextError, Word, Words};
pub use clause::{Clause, Life, parse_clause};
pub use flow::parse_flow;
pub use keyword::{lease_name, seconds};
pub use line::{
    Head, parse_attributes, parse_family, parse_family_route, parse_head, parse_line, parse_nlri,
    parse_prefix, parse_route, route_family,
};
pub use nlri::Parts;
pub use operational::parse_operational;
pub use peer::{FamilyAllowed, PeerName};
pub use route::{Action, Route, Routes};
pub use selector::Selector;
pub use split::MAX_SPLIT;
pub use suggest::closest;
