//! Fills UPDATEs with NLRI. What precedes the NLRI is written once and copied into every further message.

use smallvec::SmallVec;

use crate::attr::flag;
use crate::code::AttrCode;
use crate::ctx::EncodeCtx;
use crate::error::EncodeError;
use crate::family::Family;
use crate::msg::update::encode::header;
use crate::msg::update::next_hop::Wire;
use crate::nlri::NlriRef;

/// Octets of an UPDATE without content: header and the two lengths.
pub(super) const FIXED: usize = 23;

/// Where the length of the withdrawn routes stands.
const WITHDRAWN_LENGTH: usize = 19;

/// Where the length of the path attributes stands when nothing is withdrawn.
const ATTRIBUTES_LENGTH: usize = 21;

/// The part of the message that NLRI go to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    /// NLRI (RFC 4271).
    Announced,
    /// Withdrawn Routes (RFC 4271).
    Withdrawn,
    /// MP_REACH_NLRI (RFC 4760).
    Reach(Family, Wire),
    /// MP_UNREACH_NLRI (RFC 4760).
    Unreach(Family),
}

impl Field {
    const fn family(self) -> Family {
        match self {
            Self::Announced | Self::Withdrawn => Family::IPV4_UNICAST,
            Self::Reach(family, _) | Self::Unreach(family) => family,
        }
    }
}

/// Writes the messages of one call. Dropping it half-way leaves no trace: errors cut back what was written.
pub(super) struct Packer<'b> {
    field: Field,
    max: usize,
    group: bool,
    add_path: bool,
    /// Where the first message starts in `out`.
    begin: usize,
    /// Where the message being filled starts in `out`.
    start: usize,
    /// Offset of the MP attribute in each message; 0 without.
    mp: usize,
    out: &'b mut Vec<u8>,
}

impl<'b> Packer<'b> {
    pub(super) fn new(ctx: &EncodeCtx, field: Field, out: &'b mut Vec<u8>) -> Self {
        Self {
            field,
            max: ctx.max_message.into(),
            group: ctx.groups(field.family()),
            add_path: ctx.add_path.contains(field.family()),
            begin: out.len(),
            start: out.len(),
            mp: 0,
            out,
        }
    }

    /// Writes what precedes the NLRI; `attributes` appends the path attributes.
    pub(super) fn attributes(&mut self, attributes: impl FnOnce(&mut Vec<u8>)) -> Result<(), EncodeError> {
        self.out.extend_from_slice(&header(0));
        match self.field {
            Field::Withdrawn => self.out.extend_from_slice(&[0, 0]),
            _ => self.out.extend_from_slice(&[0, 0, 0, 0]),
        }
        attributes(self.out);
        if let Field::Reach(family, _) | Field::Unreach(family) = self.field {
            self.mp = self.length();
            let code = if matches!(self.field, Field::Reach(..)) {
                AttrCode::MP_REACH
            } else {
                AttrCode::MP_UNREACH
            };
            let [high, low] = family.afi.0.to_be_bytes();
            self.out.extend_from_slice(&[flag::OPTIONAL, code.0, 0, high, low, family.safi.0]);
            if let Field::Reach(_, next_hop) = self.field {
                next_hop.write(family, self.out);
                self.out.push(0);
            }
        }
        if matches!(self.field, Field::Announced) {
            self.put16(ATTRIBUTES_LENGTH, self.length().saturating_sub(FIXED))?;
        }
        let actual = self.length();
        if actual >= self.max {
            return self.undo(EncodeError::TooLong { what: "path attributes", actual, max: self.max });
        }
        Ok(())
    }

    /// Writes the NLRI and as many messages as they need.
    pub(super) fn pack<'n>(
        &mut self,
        nlris: impl IntoIterator<Item = NlriRef<'n>>,
    ) -> Result<u32, EncodeError> {
        let head_length = self.length();
        let mut head = SmallVec::<[u8; 256]>::new();
        let (mut messages, mut filled) = (0_u32, false);
        for nlri in nlris {
            if filled && (!self.group || !self.fits(nlri)) {
                if head.is_empty() {
                    head.extend_from_slice(self.message().get(..head_length).unwrap_or_default());
                }
                self.close()?;
                messages = messages.saturating_add(1);
                self.start = self.out.len();
                self.out.extend_from_slice(&head);
                filled = false;
            }
            if !filled && !self.fits(nlri) {
                let actual = self.length().saturating_add(nlri.wire.len());
                return self.undo(EncodeError::TooLong {
                    what: "path attributes and one route",
                    actual,
                    max: self.max,
                });
            }
            if self.add_path {
                // RFC 7911 section 3: every NLRI has one, so a route without gets 0.
                self.out.extend_from_slice(&nlri.path_id.unwrap_or(0).to_be_bytes());
            }
            self.out.extend_from_slice(nlri.wire);
            filled = true;
        }
        if filled {
            self.close()?;
            messages = messages.saturating_add(1);
        } else {
            self.out.truncate(self.begin);
        }
        Ok(messages)
    }

    fn message(&self) -> &[u8] {
        self.out.get(self.start..).unwrap_or_default()
    }

    fn length(&self) -> usize {
        self.out.len().saturating_sub(self.start)
    }

    /// Octets of the MP attribute's value if the message had `length`.
    const fn mp_value(&self, length: usize) -> usize {
        length.saturating_sub(self.mp).saturating_sub(3)
    }

    /// Whether one more NLRI fits.
    #[inline]
    fn fits(&self, nlri: NlriRef<'_>) -> bool {
        let path_id = if self.add_path { 4 } else { 0 };
        let length = self.length().saturating_add(nlri.wire.len()).saturating_add(path_id);
        let closing = match self.field {
            Field::Announced => 0,
            Field::Withdrawn => 2,
            Field::Reach(..) | Field::Unreach(_) => usize::from(self.mp_value(length) > 0xFF),
        };
        length.saturating_add(closing) <= self.max
    }

    /// Fills in the lengths of a full message.
    fn close(&mut self) -> Result<(), EncodeError> {
        match self.field {
            Field::Announced => {}
            Field::Withdrawn => {
                let length = self.length().saturating_sub(WITHDRAWN_LENGTH).saturating_sub(2);
                self.put16(WITHDRAWN_LENGTH, length)?;
                self.out.extend_from_slice(&[0, 0]);
            }
            Field::Reach(..) | Field::Unreach(_) => {
                self.close_mp()?;
                self.put16(ATTRIBUTES_LENGTH, self.length().saturating_sub(FIXED))?;
            }
        }
        self.put16(16, self.length())
    }

    /// Fills in the length of the MP attribute, making it two octets where one is too small.
    fn close_mp(&mut self) -> Result<(), EncodeError> {
        let length = self.mp_value(self.length());
        let at = self.start.saturating_add(self.mp);
        if let Ok(short) = u8::try_from(length) {
            if let Some(place) = self.out.get_mut(at.saturating_add(2)) {
                *place = short;
            }
            return Ok(());
        }
        if let Some(flags) = self.out.get_mut(at) {
            *flags |= flag::EXTENDED_LENGTH;
        }
        self.out.insert(at.saturating_add(2).min(self.out.len()), 0);
        self.put16(self.mp.saturating_add(2), length)
    }

    /// Writes a length at an offset of the message.
    fn put16(&mut self, at: usize, value: usize) -> Result<(), EncodeError> {
        let Ok(value) = u16::try_from(value) else {
            return self.undo(EncodeError::TooLong { what: "message", actual: value, max: 0xFFFF });
        };
        let at = self.start.saturating_add(at);
        if let Some(place) = self.out.get_mut(at..at.saturating_add(2)) {
            place.copy_from_slice(&value.to_be_bytes());
        }
        Ok(())
    }

    /// Takes back everything written.
    fn undo<T>(&mut self, error: EncodeError) -> Result<T, EncodeError> {
        self.out.truncate(self.begin);
        Err(error)
    }
}
