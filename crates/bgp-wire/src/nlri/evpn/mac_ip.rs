//! MAC/IP advertisement (RFC 7432 section 7.2): RD (8), ESI (10), Ethernet tag (4), MAC length (1) in bits, MAC (6), IP
//! length (1) in bits, IP (0, 4 or 16), label (3), and a second label (0 or 3).

use std::fmt::Write as _;
use std::net::IpAddr;

use super::RouteType;
use super::fields::{Esi, Fields, Label, Mac, address, bits, push_address};
use crate::cursor::Reader;
use crate::emit::Emit;
use crate::nlri::rd::RouteDistinguisher as Rd;
use crate::text::{TextError, Words};

/// One route.
pub(super) struct MacIp {
    rd: Rd,
    esi: Esi,
    tag: u32,
    mac: [u8; 6],
    ip: Option<IpAddr>,
    label: Label,
    second: Option<Label>,
}

/// The only MAC length that means something, in bits.
const MAC_BITS: u8 = 48;

impl RouteType for MacIp {
    const CODE: u8 = 2;
    const NAME: &'static str = "MAC/IP advertisement";
    const WORD: &'static str = "mac-advertisement";

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let rd = Rd(r.array("RD").ok()?);
        let esi = Esi(r.array("ESI").ok()?);
        let tag = r.u32("Ethernet tag").ok()?;
        if r.u8("MAC length").ok()? != MAC_BITS {
            return None;
        }
        let mac = r.array("MAC").ok()?;
        let ip = match r.u8("IP length").ok()? {
            0 => None,
            bits => Some(address(r, bits)?),
        };
        let label = Label(r.array("label").ok()?);
        let second = if r.is_empty() { None } else { Some(Label(r.array("label").ok()?)) };
        Some(Self { rd, esi, tag, mac, ip, label, second })
    }

    fn besides_key(&self) -> usize {
        if self.second.is_some() { 6 } else { 3 }
    }

    /// The second label has no place in this dialect.
    fn emit<E: Emit>(&self, out: &mut E) {
        out.key("rd");
        out.display(&self.rd);
        out.key("esi");
        out.display(&self.esi);
        out.key("ethernet-tag");
        out.number(self.tag.into());
        out.key("mac");
        out.display(&Mac(&self.mac));
        self.label.emit(out);
        if let Some(ip) = self.ip {
            out.key("ip");
            out.address(ip);
        }
    }

    fn print(&self, out: &mut String) {
        let (rd, Self { esi, tag, label, .. }) = (self.rd.input(), self);
        let _ = write!(out, " rd {rd} esi {esi} ethernet-tag {tag} mac {}", Mac(&self.mac));
        let _ = match self.second {
            None => write!(out, " label {label}"),
            Some(second) => write!(out, " label [ {label} {second} ]"),
        };
        if let Some(ip) = self.ip {
            let _ = write!(out, " ip {ip}");
        }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let fields = Fields::read(words, &["rd", "esi", "ethernet-tag", "mac", "label", "ip"], 2)?;
        out.extend_from_slice(&fields.rd(words)?);
        out.extend_from_slice(&fields.esi());
        out.extend_from_slice(&fields.tag());
        out.push(MAC_BITS);
        out.extend_from_slice(&fields.mac(words)?);
        out.push(fields.ip().map_or(0, bits));
        if let Some(ip) = fields.ip() {
            push_address(ip, out);
        }
        fields.label(words)?;
        fields.labels.iter().for_each(|label| out.extend_from_slice(&label.0));
        Ok(())
    }
}
