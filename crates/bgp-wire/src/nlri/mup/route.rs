//! What the four route types of the 3GPP 5G architecture say, on the wire.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::code::Afi;
use crate::cursor::Reader;
use crate::nlri::inet::{encode, max_length, network, octets};
use crate::nlri::rd::RouteDistinguisher as Rd;

/// A prefix: address and length in bits.
pub(super) type Prefix = (IpAddr, u8);

/// What a route says beside its route distinguisher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Body {
    /// Type 1: the prefix of an interwork segment.
    Interwork(Prefix),
    /// Type 2: the address of a direct segment.
    Direct(IpAddr),
    /// Type 3: a session to a user's prefix.
    Session1 { prefix: Prefix, teid: u32, qfi: u8, endpoint: IpAddr, source: Option<IpAddr> },
    /// Type 4: tunnel endpoints whose identifier begins with `bits` bits (0 to 32) of `teid`.
    Session2 { endpoint: IpAddr, teid: u32, bits: u8 },
}

/// A route of a type that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Route {
    pub(super) rd: Rd,
    pub(super) body: Body,
}

/// An address of so many bits.
fn address(r: &mut Reader<'_>, bits: u8) -> Option<IpAddr> {
    match bits {
        32 => r.array::<4>("address").ok().map(|a| Ipv4Addr::from(a).into()),
        128 => r.array::<16>("address").ok().map(|a| Ipv6Addr::from(a).into()),
        _ => None,
    }
}

fn prefix(r: &mut Reader<'_>, afi: Afi) -> Option<Prefix> {
    let length = r.u8("prefix length").ok().filter(|n| *n <= max_length(afi))?;
    let wire = r.take(octets(length), "prefix").ok()?;
    let mut full = [0; 16];
    full.iter_mut().zip(wire).for_each(|(to, from)| *to = *from);
    let whole = address(&mut Reader::new(&full), max_length(afi))?;
    Some((network(whole, length), length))
}

fn sized(r: &mut Reader<'_>) -> Option<IpAddr> {
    let bits = r.u8("address length").ok()?;
    address(r, bits)
}

impl Route {
    /// Reads the value of a route of a type; the address family tells how long its prefix or address is.
    pub(super) fn read(afi: Afi, code: u16, value: &[u8]) -> Option<Self> {
        let mut r = Reader::new(value);
        let rd = Rd(r.array("RD").ok()?);
        let body = match code {
            1 => Body::Interwork(prefix(&mut r, afi)?),
            2 => Body::Direct(address(&mut r, max_length(afi))?),
            3 => {
                let prefix = prefix(&mut r, afi)?;
                let (teid, qfi) = (r.u32("TEID").ok()?, r.u8("QFI").ok()?);
                let endpoint = sized(&mut r)?;
                // No source, or one of no bits: drafts differ.
                let source = match r.rest() {
                    [] => None,
                    [0] => r.u8("source length").ok().and(None),
                    _ => Some(sized(&mut r)?),
                };
                Body::Session1 { prefix, teid, qfi, endpoint, source }
            }
            4 => {
                let length = r.u8("endpoint length").ok()?;
                let bits = length.checked_sub(max_length(afi)).filter(|bits| *bits <= 32)?;
                let endpoint = address(&mut r, max_length(afi))?;
                let wire = r.take(octets(bits), "TEID").ok()?;
                let teid = wire.iter().fold(0, |teid, octet| (teid << 8) | u32::from(*octet));
                Body::Session2 { endpoint, teid, bits }
            }
            _ => return None,
        };
        r.is_empty().then_some(Self { rd, body })
    }

    /// Its type.
    pub(super) const fn code(&self) -> u8 {
        match self.body {
            Body::Interwork(_) => 1,
            Body::Direct(_) => 2,
            Body::Session1 { .. } => 3,
            Body::Session2 { .. } => 4,
        }
    }

    /// Appends architecture, type, length and value.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut value = self.rd.0.to_vec();
        match self.body {
            Body::Interwork((address, length)) => encode(address, length, &mut value),
            Body::Direct(address) => whole(address, &mut value),
            Body::Session1 { prefix: (address, length), teid, qfi, endpoint, source } => {
                encode(address, length, &mut value);
                value.extend_from_slice(&teid.to_be_bytes());
                value.push(qfi);
                for address in [Some(endpoint), source].into_iter().flatten() {
                    encode(address, bits_of(address), &mut value);
                }
            }
            Body::Session2 { endpoint, teid, bits } => {
                value.push(bits_of(endpoint).saturating_add(bits));
                whole(endpoint, &mut value);
                let skipped = 4_usize.saturating_sub(octets(bits));
                value.extend(teid.to_be_bytes().into_iter().skip(skipped));
            }
        }
        out.extend_from_slice(&[super::ARCHITECTURE, 0, self.code()]);
        // At most 8 + 17 + 5 + 17 + 17 octets.
        out.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(&value);
    }
}

/// Bits of an address.
pub(super) const fn bits_of(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn whole(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
        IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
    }
}
