//! Network layer reachability information: one codec per kind, one carrier for all.

pub mod bgp_ls;
pub mod evpn;
pub mod flow;
pub mod inet;
pub mod labelled;
pub mod mup;
pub mod mvpn;
pub mod opaque;
pub mod rd;
pub mod rtc;
mod shared;
pub mod sr_policy;
pub mod vpls;
mod wire;

use std::fmt;

use crate::cursor::Reader;
use crate::emit::Emit;
use crate::error::DecodeError;
use crate::family::{self, Family};
use crate::text::{TextError, Words};
pub use wire::WireBytes;

/// What a family's NLRI look like: the file of each kind implements this, the `families!` table names it.
///
/// `wire` is always the octets of one NLRI as [`NlriCodec::split`] or [`NlriCodec::parse`] made them: canonical, and
/// without path identifier. Functions that get octets of another shape must still not panic.
pub trait NlriCodec {
    /// Takes one NLRI off `r` and checks it. The error names family and place.
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError>;

    /// The part of the octets that identifies the route: for labelled routes, without the labels.
    fn identity(wire: &[u8]) -> &[u8] {
        wire
    }

    /// What tells routes with equal identity octets apart: the prefix length of labelled routes, which stands in an
    /// octet that counts the labels too.
    fn identity_length(_: &[u8]) -> u8 {
        0
    }

    /// Next-hop lengths in octets that are legal in MP_REACH_NLRI without extended next hop.
    fn next_hop_lengths(family: Family) -> &'static [usize];

    /// Writes the route's value: an object, or what a compact dialect makes of it.
    fn emit<E: Emit>(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut E);

    /// Prints the route as text, as in `10.0.0.0/24 path-information 0.0.0.1`.
    fn print(family: Family, wire: &[u8], path_id: Option<u32>, out: &mut String);

    /// Parses the words that stand where the prefix does and appends the wire octets.
    fn parse(family: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError>;
}

/// One route's NLRI: family, path identifier and wire octets. 32 octets, inline for every IP prefix.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Nlri {
    wire: WireBytes,
    family: Family,
    path_id: PathId,
}

/// A path identifier (RFC 7911). "None" differs from 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum PathId {
    None,
    Some(u32),
}

/// One route's NLRI in someone else's buffer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NlriRef<'a> {
    /// Address family.
    pub family: Family,
    /// Path identifier (RFC 7911).
    pub path_id: Option<u32>,
    /// Canonical wire octets without path identifier.
    pub wire: &'a [u8],
}

impl Nlri {
    /// Parses the text of one NLRI of `family`, such as `10.0.0.0/24`.
    pub fn parse(family: Family, words: &mut Words<'_>) -> Result<Self, TextError> {
        let mut wire = Vec::new();
        family::parse(family, words, &mut wire)?;
        Ok(Self::from_wire(family, None, &wire))
    }

    /// From octets that a codec has made or checked.
    pub fn from_wire(family: Family, path_id: Option<u32>, wire: &[u8]) -> Self {
        let path_id = path_id.map_or(PathId::None, PathId::Some);
        Self { wire: WireBytes::new(wire), family, path_id }
    }

    /// The same with another path identifier.
    #[must_use]
    pub fn with_path_id(mut self, path_id: Option<u32>) -> Self {
        self.path_id = path_id.map_or(PathId::None, PathId::Some);
        self
    }

    /// Address family.
    pub const fn family(&self) -> Family {
        self.family
    }

    /// Path identifier (RFC 7911).
    pub const fn path_id(&self) -> Option<u32> {
        match self.path_id {
            PathId::None => None,
            PathId::Some(id) => Some(id),
        }
    }

    /// Canonical wire octets without path identifier.
    pub fn wire(&self) -> &[u8] {
        self.wire.as_slice()
    }

    /// Borrowed form.
    pub fn as_ref(&self) -> NlriRef<'_> {
        NlriRef { family: self.family, path_id: self.path_id(), wire: self.wire() }
    }

    /// The part of the octets that identifies the route within its family and path identifier, together with
    /// [`Nlri::identity_length`].
    pub fn identity(&self) -> &[u8] {
        family::identity(self.family, self.wire())
    }

    /// What tells routes with equal [`Nlri::identity`] apart: the prefix length in bits of labelled routes, 0 for
    /// others.
    pub fn identity_length(&self) -> u8 {
        family::identity_length(self.family, self.wire())
    }
}

impl<'a> NlriRef<'a> {
    /// Owned form.
    pub fn to_owned(self) -> Nlri {
        Nlri::from_wire(self.family, self.path_id, self.wire)
    }

    /// The part of the octets that identifies the route within its family and path identifier, together with
    /// [`NlriRef::identity_length`].
    pub fn identity(self) -> &'a [u8] {
        family::identity(self.family, self.wire)
    }

    /// What tells routes with equal [`NlriRef::identity`] apart: the prefix length in bits of labelled routes, 0 for
    /// others.
    pub fn identity_length(self) -> u8 {
        family::identity_length(self.family, self.wire)
    }

    /// Writes the route's value to a dialect's writer.
    pub fn emit<E: Emit>(self, out: &mut E) {
        family::emit(self.family, self.wire, self.path_id, out);
    }

    /// Prints the route as text.
    pub fn print(self, out: &mut String) {
        family::print(self.family, self.wire, self.path_id, out);
    }
}

impl fmt::Display for NlriRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.print(&mut text);
        f.write_str(&text)
    }
}

impl fmt::Debug for NlriRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.family, self)
    }
}

impl fmt::Display for Nlri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_ref(), f)
    }
}

impl fmt::Debug for Nlri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_ref(), f)
    }
}

/// The NLRI of one field of a message: octets already checked by [`NlriRun::check`], split lazily.
#[derive(Clone, Copy, Debug)]
pub struct NlriRun<'a> {
    family: Family,
    add_path: bool,
    bytes: &'a [u8],
}

impl<'a> NlriRun<'a> {
    /// Checks every NLRI of a field, so that [`NlriRun::iter`] yields all of them. `at` is the field's offset.
    pub fn check(family: Family, add_path: bool, bytes: &'a [u8], at: usize) -> Result<Self, DecodeError> {
        let mut r = Reader::at(bytes, at);
        while !r.is_empty() {
            if add_path {
                r.u32("path identifier").map_err(|_| DecodeError::Nlri {
                    family,
                    at: r.offset(),
                    reason: "the path identifier is cut short",
                })?;
            }
            family::split(family, &mut r)?;
        }
        Ok(Self { family, add_path, bytes })
    }

    /// A run without NLRI.
    pub const fn empty(family: Family) -> Self {
        Self { family, add_path: false, bytes: &[] }
    }

    /// Address family of all of them.
    pub const fn family(&self) -> Family {
        self.family
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The octets as received.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The NLRI, in wire order.
    pub fn iter(&self) -> NlriIter<'a> {
        NlriIter { family: self.family, add_path: self.add_path, r: Reader::new(self.bytes) }
    }
}

impl<'a> IntoIterator for &NlriRun<'a> {
    type Item = NlriRef<'a>;
    type IntoIter = NlriIter<'a>;

    fn into_iter(self) -> NlriIter<'a> {
        self.iter()
    }
}

/// Iterator of [`NlriRun`].
#[derive(Clone, Debug)]
pub struct NlriIter<'a> {
    family: Family,
    add_path: bool,
    r: Reader<'a>,
}

impl<'a> Iterator for NlriIter<'a> {
    type Item = NlriRef<'a>;

    fn next(&mut self) -> Option<NlriRef<'a>> {
        if self.r.is_empty() {
            return None;
        }
        let path_id = if self.add_path { Some(self.r.u32("path identifier").ok()?) } else { None };
        let wire = family::split(self.family, &mut self.r).ok()?;
        Some(NlriRef { family: self.family, path_id, wire })
    }
}
