//! The fields that route types are made of: how they are read off the wire, shown, and written as text.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::cursor::Reader;
use crate::emit::{Emit, Spacing};
use crate::nlri::inet;
use crate::nlri::rd::RouteDistinguisher as Rd;
use crate::text::{TextError, Word, Words};

/// Octets between colons, as in `00:11:22:33:44:55`.
struct Colons<'a>(&'a [u8]);

impl fmt::Display for Colons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .enumerate()
            .try_for_each(|(n, byte)| write!(f, "{}{byte:02x}", if n > 0 { ":" } else { "" }))
    }
}

/// A MAC address, in the upper case of ExaBGP.
pub(super) struct Mac<'a>(pub(super) &'a [u8; 6]);

impl fmt::Display for Mac<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Colons(self.0).to_string().to_ascii_uppercase())
    }
}

fn colons<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut octets = [0; N];
    let mut parts = text.split(':');
    for octet in &mut octets {
        let part = parts.next().filter(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit()))?;
        *octet = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(octets)
}

/// An Ethernet segment identifier; `-` when it is zero.
#[derive(Clone, Copy)]
pub(super) struct Esi(pub(super) [u8; 10]);

impl fmt::Display for Esi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == [0; 10] { f.write_str("-") } else { fmt::Display::fmt(&Colons(&self.0), f) }
    }
}

/// A label field: 20 bits of an MPLS label, or all 24 bits of a VNI (RFC 8365 section 5.1.3).
#[derive(Clone, Copy)]
pub(super) struct Label(pub(super) [u8; 3]);

impl Label {
    fn raw(self) -> u32 {
        let [a, b, c] = self.0;
        u32::from_be_bytes([0, a, b, c])
    }

    fn from_raw(raw: u32) -> Self {
        let [_, bytes @ ..] = raw.to_be_bytes();
        Self(bytes)
    }

    /// Emits the member `label`: both readings of the field, as nothing in the route tells which is meant; of a field
    /// of zeros one, as in the original.
    pub(super) fn emit<E: Emit>(self, out: &mut E) {
        out.key("label");
        out.begin_list(Spacing::Wide);
        out.begin_list(Spacing::Tight);
        out.number((self.raw() >> 4).into());
        if self.raw() != 0 {
            out.number(self.raw().into());
        }
        out.end_list();
        out.end_list();
    }
}

/// A label with its bottom-of-stack bit is a number, any other field its 24 bits.
impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.raw() {
            raw if raw & 0xF == 1 => write!(f, "{}", raw >> 4),
            raw => write!(f, "{raw:#08x}"),
        }
    }
}

/// Takes an address of 32 or 128 bits off.
pub(super) fn address(r: &mut Reader<'_>, bits: u8) -> Option<IpAddr> {
    match bits {
        32 => r.array::<4>("address").ok().map(|a| Ipv4Addr::from(a).into()),
        128 => r.array::<16>("address").ok().map(|a| Ipv6Addr::from(a).into()),
        _ => None,
    }
}

/// Appends the octets of an address.
pub(super) fn push_address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
        IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
    }
}

/// Bits of an address.
pub(super) const fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// What a text says, in any order; each at most once.
#[derive(Default)]
pub(super) struct Fields {
    rd: Option<Rd>,
    esi: Option<Esi>,
    tag: Option<u32>,
    mac: Option<[u8; 6]>,
    pub(super) labels: Vec<Label>,
    prefix: Option<(IpAddr, u8)>,
    gateway: Option<IpAddr>,
}

fn wrong(word: Word<'_>, what: &'static str, hint: &'static str) -> TextError {
    TextError::new(word, what).hint(hint)
}

fn decimal(text: &str, max: u32) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|n| *n <= max)
}

fn label(word: Word<'_>) -> Result<Label, TextError> {
    let raw = match word.text.strip_prefix("0x") {
        Some(digits) if digits.len() == 6 && !digits.starts_with('+') => u32::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => decimal(word.text, 0xF_FFFF).map(|label| label << 4 | 1),
    };
    raw.map(Label::from_raw)
        .ok_or_else(|| wrong(word, "invalid label", "0 to 1048575, or all 24 bits as in 0x000641"))
}

fn ip(word: Word<'_>) -> Result<IpAddr, TextError> {
    word.text.parse().map_err(|_| wrong(word, "invalid address", "10.0.0.1 or 2001:db8::1"))
}

impl Fields {
    /// Reads fields as long as the words are among `accepted`; `labels` of them at most.
    pub(super) fn read(words: &mut Words<'_>, accepted: &[&str], labels: usize) -> Result<Self, TextError> {
        let mut fields = Self::default();
        let accepts = |w: &Word<'_>| {
            !w.quoted && (accepted.contains(&w.text) || (w.text == "vni" && accepted.contains(&"label")))
        };
        while let Some(name) = words.peek().filter(accepts) {
            words.next_word();
            let twice = match name.text {
                "rd" => fields.rd.replace(Rd::parse(words.expect("a route distinguisher")?)?).is_some(),
                "esi" => {
                    let word = words.expect("an Ethernet segment identifier")?;
                    let esi = if word.text == "-" { Some([0; 10]) } else { colons(word.text) };
                    let esi =
                        esi.ok_or_else(|| wrong(word, "invalid ESI", "ten octets, 00:11:..:99, or -"))?;
                    fields.esi.replace(Esi(esi)).is_some()
                }
                "ethernet-tag" => {
                    let word = words.expect("an Ethernet tag")?;
                    let tag = if word.text == "max" { Some(u32::MAX) } else { decimal(word.text, u32::MAX) };
                    let tag =
                        tag.ok_or_else(|| wrong(word, "invalid Ethernet tag", "a 32-bit number or max"))?;
                    fields.tag.replace(tag).is_some()
                }
                "mac" => {
                    let word = words.expect("a MAC address")?;
                    let mac = colons(word.text)
                        .ok_or_else(|| wrong(word, "invalid MAC address", "00:11:22:33:44:55"))?;
                    fields.mac.replace(mac).is_some()
                }
                "label" => {
                    let twice = !fields.labels.is_empty();
                    words.list("a label", false, |word| {
                        if fields.labels.len() >= labels {
                            return Err(TextError::new(
                                word,
                                format!("at most {labels} labels can be given"),
                            ));
                        }
                        fields.labels.push(label(word)?);
                        Ok(())
                    })?;
                    twice
                }
                "vni" => {
                    let word = words.expect("a VNI")?;
                    let vni = decimal(word.text, 0xFF_FFFF)
                        .ok_or_else(|| wrong(word, "invalid VNI", "a 24-bit number"))?;
                    fields.labels.push(Label::from_raw(vni));
                    fields.labels.len() > 1
                }
                "ip" => {
                    let address = ip(words.expect("an address")?)?;
                    fields.prefix.replace((address, bits(address))).is_some()
                }
                "prefix" => {
                    let prefix = inet::parse_prefix(words.expect("a prefix")?)?;
                    fields.prefix.replace(prefix).is_some()
                }
                _ => fields.gateway.replace(ip(words.expect("a gateway")?)?).is_some(),
            };
            if twice {
                return Err(TextError::new(name, "this is given twice"));
            }
        }
        Ok(fields)
    }

    /// The route distinguisher, which must be there.
    pub(super) fn rd(&self, words: &Words<'_>) -> Result<[u8; 8], TextError> {
        self.rd.map(|rd| rd.0).ok_or_else(|| missing(words, "the route distinguisher (rd)"))
    }

    /// The segment; zero when not given.
    pub(super) fn esi(&self) -> [u8; 10] {
        self.esi.map_or([0; 10], |esi| esi.0)
    }

    /// The Ethernet tag; 0 when not given.
    pub(super) fn tag(&self) -> [u8; 4] {
        self.tag.unwrap_or_default().to_be_bytes()
    }

    /// The MAC address, which must be there.
    pub(super) fn mac(&self, words: &Words<'_>) -> Result<[u8; 6], TextError> {
        self.mac.ok_or_else(|| missing(words, "the MAC address (mac)"))
    }

    /// The first label, which must be there.
    pub(super) fn label(&self, words: &Words<'_>) -> Result<[u8; 3], TextError> {
        self.labels.first().map(|label| label.0).ok_or_else(|| missing(words, "the label (label or vni)"))
    }

    /// The address, if there is one.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.prefix.map(|(address, _)| address)
    }

    /// The address, which must be there.
    pub(super) fn required_ip(&self, words: &Words<'_>) -> Result<IpAddr, TextError> {
        self.ip().ok_or_else(|| missing(words, "the address (ip)"))
    }

    /// The prefix, which must be there.
    pub(super) fn prefix(&self, words: &Words<'_>) -> Result<(IpAddr, u8), TextError> {
        self.prefix.ok_or_else(|| missing(words, "the prefix (prefix)"))
    }

    /// The gateway, if there is one.
    pub(super) const fn gateway(&self) -> Option<IpAddr> {
        self.gateway
    }
}

/// The error of a route without a field: before the next word, or at the end.
pub(super) fn missing(words: &Words<'_>, what: &'static str) -> TextError {
    match words.peek() {
        Some(word) => TextError::new(word, format!("{what} must stand before this")),
        None => words.end(what),
    }
}
