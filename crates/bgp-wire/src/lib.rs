//! BGP messages, attributes, capabilities and NLRI: as bytes, as text and in emitted form.
//!
//! This crate is the bottom layer: it knows neither sockets nor clocks nor sessions. Three tables name everything
//! it speaks: [`family`] (`families!`), [`attr`] (`attributes!`) and [`cap`] (`capabilities!`). A line of a table
//! only chooses a type; the type's own file holds its RFC text, wire form, text form, emission and tests.
//!
//! Two representations carry routes through the whole program:
//! * [`nlri::Nlri`]: family, optional path identifier and the canonical wire bytes, inline for IP prefixes;
//! * [`attr::RouteAttributes`]: next hop plus the canonical wire block of every other attribute (four-octet AS
//!   numbers, ascending type codes). Equal routes have equal bytes, so interning, grouping and packing are
//!   comparisons and copies.
//!
//! Received messages stay slices of the receive buffer ([`msg`]); nothing is copied until someone keeps it.
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

pub mod attr;
pub mod cap;
pub mod code;
pub mod ctx;
pub mod cursor;
pub mod emit;
pub mod error;
pub mod family;
pub mod msg;
pub mod negotiated;
pub mod nlri;
pub mod text;

pub use attr::{NextHop, RouteAttributes};
pub use code::{Afi, Asn, AttrCode, CapCode, MessageType, Safi};
pub use ctx::{DecodeCtx, EncodeCtx, PeerKind};
pub use error::{DecodeError, EncodeError, Notification, Treatment};
pub use family::{Family, FamilySet};
pub use msg::{Expect, Frame, Open, RefreshSubtype, RouteRefresh};
pub use negotiated::{Negotiated, Refresh};
pub use nlri::{Nlri, NlriRef};
