//! Dialects: how events are written. Each is one file and one line of [`ENCODERS`].

mod address;
mod json;
mod json3;
mod text;
pub(crate) mod writer;

use std::fmt;

use bgp_wire::emit::{Emit as _, Spacing};
use bgp_wire::negotiated::Negotiated;

use crate::event::{Class, Event, Expired, Form, Host, PeerHead};

pub use writer::JsonWriter;

/// The dialect of helpers that ask for none.
pub static DEFAULT: &Dialect = &json::JSON5;

/// The dialects that events can be written in.
pub static ENCODERS: &[&Dialect] = &[
    &json::JSON5,
    &json::JSON5_COMPACT,
    &json::JSON4,
    &json::JSON4_COMPACT,
    &json::JSON6,
    &json::JSON6_COMPACT,
    &json3::DIALECT,
    &text::DIALECT,
];

/// A way of writing events, frozen once released.
pub struct Dialect {
    /// What a helper's configuration calls it.
    pub name: &'static str,
    /// What it calls itself in events; the version of ExaBGP it comes from.
    pub version: &'static str,
    /// One line about it.
    pub summary: &'static str,
    /// Whether it has words for a class of events.
    pub tells: fn(Class) -> bool,
    /// A writer for the events of one peer.
    pub encoder: fn(&Host, &PeerHead) -> Box<dyn Encoder>,
    /// Appends the line that says that the daemon ends; `time` is in seconds since 1970.
    pub shutdown: fn(&Host, time: f64, out: &mut Vec<u8>),
    /// Appends the line that says how many events a slow helper has missed at this place.
    pub gap: fn(&Host, time: f64, lost: u64, out: &mut Vec<u8>),
    /// Appends the line that says that a route or a lease has expired.
    pub expired: fn(&Host, time: f64, &Expired<'_>, out: &mut Vec<u8>),
}

impl Dialect {
    /// The dialect that configurations call `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        ENCODERS.iter().find(|d| d.name == name).copied()
    }
}

impl PartialEq for Dialect {
    fn eq(&self, other: &Self) -> bool {
        (self.name, self.version) == (other.name, other.version)
    }
}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// When an event happened and which it was.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stamp {
    /// Seconds since 1970.
    pub time: f64,
    /// Number of the event among those of its peer, from 1.
    pub counter: u64,
}

/// How an event is to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Octets, meaning or both.
    pub form: Form,
    /// Repeat what was negotiated in events about UPDATEs and packets.
    pub negotiated: bool,
}

/// Writes the events of one peer in one dialect. May remember what it wrote, to write it faster next time.
pub trait Encoder: Send {
    /// Appends an event: whole lines, `\n` included.
    fn encode(&mut self, stamp: Stamp, event: &Event<'_, '_>, style: Style, out: &mut Vec<u8>);

    /// What [`Style::negotiated`] repeats from now on.
    fn negotiated(&mut self, negotiated: &Negotiated);
}

/// Appends what has expired, as an object: a type of our own, so the same in all dialects of JSON.
fn expired(what: &Expired<'_>, out: &mut Vec<u8>) {
    let mut w = JsonWriter::new(out);
    w.begin_object(Spacing::Wide);
    if let Some(nlri) = what.route {
        w.key("family");
        w.display(&nlri.family);
        w.key("nlri");
        w.display(&nlri);
    }
    if let Some(lease) = what.lease {
        w.key("lease");
        w.text(lease);
    }
    w.key(if what.route.is_some() { "neighbors" } else { "routes" });
    w.number(u64::try_from(what.count).unwrap_or(u64::MAX));
    w.end_object();
}

/// Appends a time as a float; what is no number becomes 0, since JSON has no word for it.
fn seconds(time: f64, out: &mut Vec<u8>) {
    let time = if time.is_finite() { time } else { 0.0 };
    out.extend_from_slice(ryu::Buffer::new().format_finite(time).as_bytes());
}
