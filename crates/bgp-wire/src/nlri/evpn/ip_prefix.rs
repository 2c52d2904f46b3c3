//! IP prefix (RFC 9136 section 3.1): RD (8), ESI (10), Ethernet tag (4), prefix length (1), prefix (4 or 16), gateway (as
//! long), label (3). The length of the whole tells the address family.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::RouteType;
use super::fields::{Esi, Fields, Label, address, bits, push_address};
use crate::cursor::Reader;
use crate::emit::Emit;
use crate::nlri::inet;
use crate::nlri::rd::RouteDistinguisher as Rd;
use crate::text::{TextError, Words};

/// One route.
pub(super) struct IpPrefix {
    rd: Rd,
    esi: Esi,
    tag: u32,
    length: u8,
    ip: IpAddr,
    gateway: IpAddr,
    label: Label,
}

impl RouteType for IpPrefix {
    const CODE: u8 = 5;
    const NAME: &'static str = "IP Prefix Advertisement";
    const WORD: &'static str = "ip-prefix";

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let bits = match r.remaining() {
            34 => 32,
            58 => 128,
            _ => return None,
        };
        let rd = Rd(r.array("RD").ok()?);
        let esi = Esi(r.array("ESI").ok()?);
        let tag = r.u32("Ethernet tag").ok()?;
        let length = r.u8("prefix length").ok().filter(|length| *length <= bits)?;
        let ip = address(r, bits)?;
        let gateway = address(r, bits)?;
        Some(Self { rd, esi, tag, length, ip, gateway, label: Label(r.array("label").ok()?) })
    }

    /// RFC 9136 section 3.1: gateway and label are no part of the key.
    fn besides_key(&self) -> usize {
        if self.gateway.is_ipv4() { 7 } else { 19 }
    }

    fn emit<E: Emit>(&self, out: &mut E) {
        out.key("rd");
        out.display(&self.rd);
        out.key("esi");
        out.display(&self.esi);
        out.key("ethernet-tag");
        out.number(self.tag.into());
        self.label.emit(out);
        out.key("ip");
        out.address(self.ip);
        out.key("iplen");
        out.number(self.length.into());
        out.key("gateway");
        out.address(self.gateway);
    }

    /// Text has no host bits.
    fn printable(&self) -> bool {
        inet::network(self.ip, self.length) == self.ip
    }

    fn print(&self, out: &mut String) {
        let (rd, Self { esi, tag, length, ip, gateway, label, .. }) = (self.rd.input(), self);
        let _ = write!(out, " rd {rd} esi {esi} ethernet-tag {tag} label {label} prefix {ip}/{length}");
        let _ = write!(out, " gateway {gateway}");
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let fields = Fields::read(words, &["rd", "esi", "ethernet-tag", "label", "prefix", "gateway"], 1)?;
        let (ip, length) = fields.prefix(words)?;
        let none: IpAddr =
            if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let gateway = fields.gateway().unwrap_or(none);
        if bits(gateway) != bits(ip) {
            let word = crate::text::Word { text: "", at: words.offset(), quoted: false };
            return Err(TextError::new(word, "prefix and gateway must be of one address family"));
        }
        out.extend_from_slice(&fields.rd(words)?);
        out.extend_from_slice(&fields.esi());
        out.extend_from_slice(&fields.tag());
        out.push(length);
        push_address(ip, out);
        push_address(gateway, out);
        out.extend_from_slice(&fields.label(words)?);
        Ok(())
    }
}
