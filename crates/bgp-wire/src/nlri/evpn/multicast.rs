//! Inclusive multicast Ethernet tag (RFC 7432 section 7.3): RD (8), Ethernet tag (4), IP length (1) in bits, originator
//! (4 or 16).

use std::fmt::Write as _;
use std::net::IpAddr;

use super::RouteType;
use super::fields::{Fields, address, bits, push_address};
use crate::cursor::Reader;
use crate::emit::Emit;
use crate::nlri::rd::RouteDistinguisher as Rd;
use crate::text::{TextError, Words};

/// One route.
pub(super) struct Multicast {
    rd: Rd,
    tag: u32,
    ip: IpAddr,
}

impl RouteType for Multicast {
    const CODE: u8 = 3;
    const NAME: &'static str = "Inclusive Multicast Ethernet Tag";
    const WORD: &'static str = "multicast";

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let rd = Rd(r.array("RD").ok()?);
        let tag = r.u32("Ethernet tag").ok()?;
        let bits = r.u8("IP length").ok()?;
        Some(Self { rd, tag, ip: address(r, bits)? })
    }

    fn emit<E: Emit>(&self, out: &mut E) {
        out.key("rd");
        out.display(&self.rd);
        out.key("ethernet-tag");
        out.number(self.tag.into());
        out.key("ip");
        out.address(self.ip);
    }

    fn print(&self, out: &mut String) {
        let _ = write!(out, " rd {} ethernet-tag {} ip {}", self.rd.input(), self.tag, self.ip);
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let fields = Fields::read(words, &["rd", "ethernet-tag", "ip"], 0)?;
        let ip = fields.required_ip(words)?;
        out.extend_from_slice(&fields.rd(words)?);
        out.extend_from_slice(&fields.tag());
        out.push(bits(ip));
        push_address(ip, out);
        Ok(())
    }
}
