//! Ethernet segment (RFC 7432 section 7.4): RD (8), ESI (10), IP length (1) in bits, originator (4 or 16).

use std::fmt::Write as _;
use std::net::IpAddr;

use super::RouteType;
use super::fields::{Esi, Fields, address, bits, push_address};
use crate::cursor::Reader;
use crate::emit::Emit;
use crate::nlri::rd::RouteDistinguisher as Rd;
use crate::text::{TextError, Words};

/// One route.
pub(super) struct Segment {
    rd: Rd,
    esi: Esi,
    ip: IpAddr,
}

impl RouteType for Segment {
    const CODE: u8 = 4;
    const NAME: &'static str = "Ethernet Segment";
    const WORD: &'static str = "ethernet-segment";

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let rd = Rd(r.array("RD").ok()?);
        let esi = Esi(r.array("ESI").ok()?);
        let bits = r.u8("IP length").ok()?;
        Some(Self { rd, esi, ip: address(r, bits)? })
    }

    fn emit<E: Emit>(&self, out: &mut E) {
        out.key("rd");
        out.display(&self.rd);
        out.key("esi");
        out.display(&self.esi);
        out.key("ip");
        out.address(self.ip);
    }

    fn print(&self, out: &mut String) {
        let _ = write!(out, " rd {} esi {} ip {}", self.rd.input(), self.esi, self.ip);
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let fields = Fields::read(words, &["rd", "esi", "ip"], 0)?;
        let ip = fields.required_ip(words)?;
        out.extend_from_slice(&fields.rd(words)?);
        out.extend_from_slice(&fields.esi());
        out.push(bits(ip));
        push_address(ip, out);
        Ok(())
    }
}
