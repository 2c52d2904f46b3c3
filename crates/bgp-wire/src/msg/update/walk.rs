//! The walk over received path attributes: sorts out, collects errors, decides nothing (RFC 7606 section 3).

use crate::attr::{self, NextHop, RawAttribute, flag};
use crate::code::AttrCode;
use crate::ctx::{DecodeCtx, PeerKind};
use crate::cursor::Reader;
use crate::error::{AttributeError, DecodeError, Treatment};
use crate::msg::update::{Update, as4, mp};

/// An UPDATE whose attributes are being read.
pub(super) struct Walk<'a, 'c> {
    update: &'c mut Update<'a>,
    ctx: &'c DecodeCtx,
    /// One bit for each type code that has been there.
    seen: [u64; 4],
    ascending: bool,
    as4_path: Option<&'a [u8]>,
    as4_aggregator: Option<&'a [u8]>,
}

impl<'a> Update<'a> {
    /// Records an error; the worst treatment stands.
    pub(super) fn fail(&mut self, error: AttributeError) {
        self.treatment = self.treatment.max(error.treatment);
        self.errors.push(error);
    }

    fn value(&self, code: AttrCode) -> Option<&'a [u8]> {
        self.attributes.entries.iter().find(|a| a.code == code).map(|a| a.value)
    }
}

impl<'a, 'c> Walk<'a, 'c> {
    pub(super) const fn new(update: &'c mut Update<'a>, ctx: &'c DecodeCtx) -> Self {
        Self { update, ctx, seen: [0; 4], ascending: true, as4_path: None, as4_aggregator: None }
    }

    /// Whether an attribute was there, well-formed or not.
    pub(super) fn seen(&self, code: AttrCode) -> bool {
        let (word, bit) = place(code);
        self.seen.get(word).is_some_and(|w| w & bit != 0)
    }

    /// Marks an attribute as seen; false when it was already.
    fn first(&mut self, code: AttrCode) -> bool {
        let (word, bit) = place(code);
        self.seen.get_mut(word).is_some_and(|w| {
            let first = *w & bit == 0;
            *w |= bit;
            first
        })
    }

    /// Reads all attributes of the field. `Err` when the routes can't be told or the RFCs ask for a reset.
    pub(super) fn attributes(&mut self, r: Reader<'a>) -> Result<(), DecodeError> {
        let (mut rest, end) = (r.rest(), r.offset().saturating_add(r.remaining()));
        while !rest.is_empty() {
            let at = end.saturating_sub(rest.len());
            let Some((a, tail)) = take(rest) else {
                // RFC 7606 section 4: the end of the field stands, so the NLRI can still be told.
                let code = AttrCode(rest.get(1).copied().unwrap_or(0));
                let (treatment, reason) =
                    (Treatment::Withdraw, "it is longer than the path attributes field");
                self.update.fail(AttributeError { code, at, treatment, subcode: 1, reason });
                break;
            };
            rest = tail;
            self.attribute(a, at, end.saturating_sub(rest.len()))?;
        }
        if !self.ascending {
            self.update.attributes.entries.sort_unstable_by_key(|a| a.code);
        }
        Ok(())
    }

    /// One attribute that starts at octet `at` of the message body and ends before `end`.
    fn attribute(&mut self, a: RawAttribute<'a>, at: usize, end: usize) -> Result<(), DecodeError> {
        let code = a.code;
        let fail = |treatment, subcode, reason| AttributeError { code, at, treatment, subcode, reason };
        if !self.first(code) {
            return self.repeated(code, at);
        }
        match code {
            AttrCode::MP_REACH | AttrCode::MP_UNREACH => {
                if conflict(a.flags, flag::OPTIONAL) {
                    self.update.fail(fail(Treatment::Withdraw, 4, "the flags are wrong"));
                }
                let value = Reader::at(a.value, end.saturating_sub(a.value.len()));
                let known = if code == AttrCode::MP_REACH {
                    mp::reach(value, self.ctx)?.map(|reach| self.update.reach = Some(reach))
                } else {
                    mp::unreach(value, self.ctx)?.map(|run| self.update.unreach = Some(run))
                };
                if known.is_none() {
                    self.update.fail(fail(
                        Treatment::Discard,
                        9,
                        "its family is not negotiated; its routes are ignored",
                    ));
                }
            }
            AttrCode::NEXT_HOP => self.next_hop(a, at),
            AttrCode::AS4_PATH | AttrCode::AS4_AGGREGATOR => {
                // RFC 6793 section 4.1: between new speakers they mean nothing.
                if !self.ctx.asn4 {
                    self.as4(a, at);
                }
            }
            _ => match attr::flags(code) {
                Some(own) => self.known(a, own, at),
                // RFC 4271 section 6.3: Unrecognized Well-known Attribute.
                None if a.flags & flag::OPTIONAL == 0 => {
                    let error = fail(Treatment::Reset, 2, "it is well-known and unknown here");
                    return Err(DecodeError::Update { subcode: 2, reason: error.to_string() });
                }
                // RFC 4271 section 9: forwarded with Partial set, or quietly ignored.
                None if a.flags & flag::TRANSITIVE != 0 => {
                    let flags = (a.flags | flag::PARTIAL) & !flag::EXTENDED_LENGTH;
                    self.keep(RawAttribute { flags, ..a });
                }
                None => {}
            },
        }
        Ok(())
    }

    /// RFC 7606 section 3 (g): the first one stands, except of MP attributes, of which there may be only one.
    fn repeated(&mut self, code: AttrCode, at: usize) -> Result<(), DecodeError> {
        if matches!(code, AttrCode::MP_REACH | AttrCode::MP_UNREACH) {
            return Err(DecodeError::Update { subcode: 1, reason: format!("{code} is there twice") });
        }
        let reason = "it is there again; the first one stands";
        self.update.fail(AttributeError { code, at, treatment: Treatment::Accept, subcode: 1, reason });
        Ok(())
    }

    /// An attribute with a codec, whose definition has the flags `own`.
    fn known(&mut self, a: RawAttribute<'a>, own: u8, at: usize) {
        let code = a.code;
        let error = |treatment, subcode, reason| AttributeError { code, at, treatment, subcode, reason };
        if code == AttrCode::AIGP && !self.ctx.aigp {
            // RFC 7311 section 3.4: as if it were unknown, and it is non-transitive.
            return;
        }
        if attr::internal(code) && self.ctx.peer == PeerKind::External {
            self.update.fail(error(Treatment::Discard, 1, "an external peer can't send it"));
        } else if conflict(a.flags, own) {
            self.update.fail(error(attr::on_flags(code), 4, "the flags are wrong"));
        } else if let Err(fault) = attr::check(code, a.value, self.ctx) {
            self.update.fail(error(fault.treatment, fault.subcode, fault.reason));
        } else {
            self.keep(RawAttribute { flags: own, ..a });
        }
    }

    fn keep(&mut self, a: RawAttribute<'a>) {
        let entries = &mut self.update.attributes.entries;
        self.ascending &= entries.last().is_none_or(|last| last.code < a.code);
        entries.push(a);
    }

    fn next_hop(&mut self, a: RawAttribute<'a>, at: usize) {
        if self.update.announced.is_empty() {
            // RFC 4760 section 3: without NLRI it has no meaning and is ignored.
            return;
        }
        let (subcode, reason) = match mp::ipv4(a.value) {
            _ if conflict(a.flags, flag::TRANSITIVE) => (4, "the flags are wrong"),
            None => (5, "the length must be 4"),
            // RFC 4271 section 6.3: it must be a valid host address.
            Some(ip) if ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast() => {
                (8, "it is no host address")
            }
            Some(ip) => {
                self.update.next_hop = NextHop::Address(ip.into());
                return;
            }
        };
        let (code, treatment) = (AttrCode::NEXT_HOP, Treatment::Withdraw);
        self.update.fail(AttributeError { code, at, treatment, subcode, reason });
    }

    /// AS4_PATH or AS4_AGGREGATOR on a two-octet session; malformed ones are discarded (RFC 6793 section 6).
    fn as4(&mut self, a: RawAttribute<'a>, at: usize) {
        let path = a.code == AttrCode::AS4_PATH;
        let result = if conflict(a.flags, flag::OPTIONAL | flag::TRANSITIVE) {
            Err("the flags are wrong")
        } else if path {
            as4::check_path(a.value)
        } else {
            as4::check_aggregator(a.value)
        };
        match result {
            Ok(()) if path => self.as4_path = Some(a.value),
            Ok(()) => self.as4_aggregator = Some(a.value),
            Err(reason) => {
                let treatment = Treatment::Discard;
                self.update.fail(AttributeError { code: a.code, at, treatment, subcode: 9, reason });
            }
        }
    }

    /// On a two-octet session, gives AS_PATH and AGGREGATOR four-octet AS numbers (RFC 6793 section 4.2.3).
    pub(super) fn merge_as4(&mut self) {
        if self.ctx.asn4 {
            return;
        }
        let aggregator = self.update.value(AttrCode::AGGREGATOR);
        if aggregator.is_some_and(as4::outdated) {
            (self.as4_path, self.as4_aggregator) = (None, None);
        }
        let path = self.update.value(AttrCode::AS_PATH).map(|value| as4::widen_path(value, self.as4_path));
        self.update.attributes.as_path = path;
        self.update.attributes.aggregator =
            aggregator.and_then(|v| as4::widen_aggregator(v, self.as4_aggregator));
    }
}

fn place(code: AttrCode) -> (usize, u64) {
    (usize::from(code.0 >> 6), 1_u64.wrapping_shl(u32::from(code.0 & 63)))
}

/// Whether the Optional or Transitive bits contradict the definition (RFC 7606 section 3 c). Partial is not looked at.
const fn conflict(received: u8, own: u8) -> bool {
    (received ^ own) & (flag::OPTIONAL | flag::TRANSITIVE) != 0
}

/// Takes one attribute off the field, if the field holds all of it.
#[inline]
fn take(field: &[u8]) -> Option<(RawAttribute<'_>, &[u8])> {
    let (flags, code, length, rest) = match field {
        [flags, code, high, low, rest @ ..] if flags & flag::EXTENDED_LENGTH != 0 => {
            (*flags, *code, u16::from_be_bytes([*high, *low]), rest)
        }
        [flags, code, length, rest @ ..] if flags & flag::EXTENDED_LENGTH == 0 => {
            (*flags, *code, u16::from(*length), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length.into())?;
    Some((RawAttribute { code: AttrCode(code), flags, value }, rest))
}
