//! Ethernet auto-discovery (RFC 7432 section 7.1): RD (8), ESI (10), Ethernet tag (4), label (3).

use std::fmt::Write as _;

use super::RouteType;
use super::fields::{Esi, Fields, Label};
use crate::cursor::Reader;
use crate::emit::Emit;
use crate::nlri::rd::RouteDistinguisher as Rd;
use crate::text::{TextError, Words};

/// One route.
pub(super) struct EthernetAd {
    rd: Rd,
    esi: Esi,
    tag: u32,
    label: Label,
}

impl RouteType for EthernetAd {
    const CODE: u8 = 1;
    const NAME: &'static str = "Ethernet Auto-Discovery";
    const WORD: &'static str = "ethernet-ad";
    /// "The Ethernet Segment Identifier and the Ethernet Tag ID are considered to be part of the prefix"; the label
    /// is not.
    const BESIDES_KEY: usize = 3;

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            rd: Rd(r.array("RD").ok()?),
            esi: Esi(r.array("ESI").ok()?),
            tag: r.u32("Ethernet tag").ok()?,
            label: Label(r.array("label").ok()?),
        })
    }

    fn emit<E: Emit>(&self, out: &mut E) {
        out.key("rd");
        out.display(&self.rd);
        out.key("esi");
        out.display(&self.esi);
        out.key("ethernet-tag");
        out.number(self.tag.into());
        self.label.emit(out);
    }

    fn print(&self, out: &mut String) {
        let (rd, Self { esi, tag, label, .. }) = (self.rd.input(), self);
        let _ = write!(out, " rd {rd} esi {esi} ethernet-tag {tag} label {label}");
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let fields = Fields::read(words, &["rd", "esi", "ethernet-tag", "label"], 1)?;
        out.extend_from_slice(&fields.rd(words)?);
        out.extend_from_slice(&fields.esi());
        out.extend_from_slice(&fields.tag());
        out.extend_from_slice(&fields.label(words)?);
        Ok(())
    }
}
