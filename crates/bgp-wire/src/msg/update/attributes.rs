//! The path attributes of a received UPDATE that survived the walk.

use smallvec::SmallVec;

use crate::attr::{self, RawAttribute};
use crate::code::AttrCode;

/// Canonical attributes in someone else's buffer. Nothing is copied, except an AS_PATH that came with two-octet AS
/// numbers or had to be merged with AS4_PATH (RFC 6793).
#[derive(Clone, Debug, Default)]
pub struct Attributes<'a> {
    pub(super) raw: &'a [u8],
    /// Ascending codes, each once, with canonical flags.
    pub(super) entries: SmallVec<[RawAttribute<'a>; 10]>,
    /// AS_PATH with four-octet AS numbers, where the received one has two.
    pub(super) as_path: Option<SmallVec<[u8; 64]>>,
    /// AGGREGATOR with a four-octet AS number, where the received one has two.
    pub(super) aggregator: Option<[u8; 8]>,
}

impl<'a> Attributes<'a> {
    /// The attributes in ascending order of their codes: no NEXT_HOP, MP_REACH_NLRI, MP_UNREACH_NLRI, AS4_PATH or
    /// AS4_AGGREGATOR, and none that RFC 7606 discards; unknown transitive ones have PARTIAL set.
    pub fn iter(&self) -> impl Iterator<Item = RawAttribute<'_>> {
        self.entries.iter().map(|a| {
            let replaced = match a.code {
                AttrCode::AS_PATH => self.as_path.as_deref(),
                AttrCode::AGGREGATOR => self.aggregator.as_ref().map(<[u8; 8]>::as_slice),
                _ => None,
            };
            RawAttribute { value: replaced.unwrap_or(a.value), ..*a }
        })
    }

    /// The value of one attribute.
    pub fn get(&self, code: AttrCode) -> Option<&[u8]> {
        self.iter().find(|a| a.code == code).map(|a| a.value)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The whole Path Attributes field as received. Within a session, equal octets mean equal attributes, so this is
    /// the key of a memo; MP_REACH_NLRI and MP_UNREACH_NLRI are part of it.
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The canonical block (see [`crate::attr`]).
    pub fn block(&self) -> Vec<u8> {
        let mut block = Vec::with_capacity(self.raw.len());
        for a in self.iter() {
            attr::write_normalised(a, &mut block);
        }
        block
    }
}
