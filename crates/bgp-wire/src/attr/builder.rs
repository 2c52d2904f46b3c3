//! Collects the attributes of one route text into a canonical block.

use smallvec::SmallVec;

use crate::attr::{Attribute, NextHop, RouteAttributes, flag, write};
use crate::code::AttrCode;
use crate::error::EncodeError;
use crate::text::{TextError, Words};

/// Octets that the value of one attribute may have; a message of 65,535 octets holds no more.
pub(super) const MAX_VALUE: usize = 65_535 - 19 - 4 - 4;

/// Attributes of one route while its text is read. The first occurrence of an attribute stands; attributes that
/// merge collect all their values.
#[derive(Debug, Default)]
pub struct AttributeBuilder {
    next_hop: NextHop,
    entries: SmallVec<[Entry; 8]>,
}

#[derive(Debug)]
struct Entry {
    code: AttrCode,
    flags: u8,
    value: Vec<u8>,
}

impl AttributeBuilder {
    /// No attributes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the next hop unless one is set.
    pub fn next_hop(&mut self, next_hop: NextHop) {
        if self.next_hop == NextHop::Unset {
            self.next_hop = next_hop;
        }
    }

    /// Whether an attribute is there.
    pub fn has(&self, code: AttrCode) -> bool {
        self.entries.iter().any(|e| e.code == code)
    }

    /// Parses what follows a keyword of `A`.
    pub fn parse<A: Attribute>(&mut self, words: &mut Words<'_>) -> Result<(), TextError> {
        let mut value = Vec::new();
        A::parse(words, &mut value)?;
        self.merge::<A>(value).map_err(|_| words.end("an attribute that fits in a message"))
    }

    /// Adds a value of `A`, to those that are there where `A` merges. `Err` when no message could hold all of them.
    pub fn merge<A: Attribute>(&mut self, mut value: Vec<u8>) -> Result<(), EncodeError> {
        let known = self.entries.iter().find(|e| e.code == A::CODE).map_or(0, |e| e.value.len());
        let actual = value.len().saturating_add(known);
        if actual > MAX_VALUE {
            return Err(EncodeError::TooLong { what: "attribute", actual, max: MAX_VALUE });
        }
        if value.is_empty() && A::FLAGS & flag::OPTIONAL != 0 {
            // `community [ ]`: an optional attribute without content is malformed on the wire, and says nothing.
            return Ok(());
        }
        match self.entries.iter_mut().find(|e| e.code == A::CODE) {
            None => {
                A::normalise(&mut value);
                self.entries.push(Entry { code: A::CODE, flags: A::FLAGS, value });
            }
            Some(entry) if A::MERGES => {
                entry.value.append(&mut value);
                A::normalise(&mut entry.value);
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Adds an attribute as it is, unless one of this code is there.
    pub fn raw(&mut self, code: AttrCode, flags: u8, value: &[u8]) {
        if !self.has(code) {
            self.entries.push(Entry { code, flags, value: value.to_vec() });
        }
    }

    /// Adds an attribute exactly as it is, in the place of one of the same code; it stands from now on.
    pub fn replace(&mut self, code: AttrCode, flags: u8, value: Vec<u8>) {
        self.entries.retain(|e| e.code != code);
        self.entries.push(Entry { code, flags, value });
    }

    /// The canonical form of what was collected.
    pub fn finish(mut self) -> RouteAttributes {
        self.entries.sort_by_key(|e| e.code);
        let mut block = Vec::new();
        self.entries.iter().for_each(|e| write(e.flags, e.code, &e.value, &mut block));
        RouteAttributes::new(self.next_hop, block)
    }
}
