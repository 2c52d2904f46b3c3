//! UPDATE messages, read and written by the scripted speaker: unicast routes, enough for comparing tables.

use crate::frame::{Message, UPDATE};
use anyhow::{Context, Result, ensure};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A prefix as it is on the wire: host bits are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Prefix {
    /// The address.
    pub address: IpAddr,
    /// How many bits count.
    pub length: u8,
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl FromStr for Prefix {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (address, length) = text.split_once('/').with_context(|| format!("{text:?} is no prefix"))?;
        let address: IpAddr = address.parse()?;
        let length: u8 = length.parse()?;
        ensure!(length <= if address.is_ipv4() { 32 } else { 128 }, "{text:?}: too long");
        Ok(Self { address, length })
    }
}

impl Prefix {
    fn read(bytes: &[u8], ipv6: bool) -> Option<(Self, &[u8])> {
        let (&length, rest) = bytes.split_first()?;
        let octets = usize::from(length).div_ceil(8);
        let (value, rest) = rest.split_at_checked(octets)?;
        let address = if ipv6 {
            let mut full = [0; 16];
            full.get_mut(..octets)?.copy_from_slice(value);
            Ipv6Addr::from(full).into()
        } else {
            let mut full = [0; 4];
            full.get_mut(..octets)?.copy_from_slice(value);
            Ipv4Addr::from(full).into()
        };
        Some((Self { address, length }, rest))
    }

    /// Length octet and the octets that count.
    pub fn wire(&self) -> Vec<u8> {
        let octets = usize::from(self.length).div_ceil(8);
        let mut out = vec![self.length];
        match self.address {
            IpAddr::V4(a) => out.extend_from_slice(&a.octets()[..octets]),
            IpAddr::V6(a) => out.extend_from_slice(&a.octets()[..octets]),
        }
        out
    }
}

/// What an UPDATE says.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Routes {
    /// Prefixes announced.
    pub announced: Vec<Prefix>,
    /// Prefixes withdrawn.
    pub withdrawn: Vec<Prefix>,
    /// Attributes other than the two of RFC 4760, in wire order: flags, code, value.
    pub attributes: Vec<(u8, u8, Vec<u8>)>,
    /// Next hop: attribute 3, or that of MP_REACH_NLRI (its global address).
    pub next_hop: Option<IpAddr>,
    /// MP_REACH_NLRI (14) and MP_UNREACH_NLRI (15) of other families than IPv4/IPv6 unicast/multicast: code and value.
    pub other: Vec<(u8, Vec<u8>)>,
}

impl Routes {
    /// Reads an UPDATE; nothing when it is malformed.
    pub fn read(message: &Message) -> Option<Self> {
        let mut routes = Self::default();
        let (withdrawn, rest) = block(message.body())?;
        let (mut attributes, nlri) = block(rest)?;
        routes.withdrawn.append(&mut prefixes(withdrawn, false)?);
        while let [flags, code, rest @ ..] = attributes {
            let (length, rest) = if flags & 0x10 == 0 {
                let (length, rest) = rest.split_first()?;
                (usize::from(*length), rest)
            } else {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            };
            let (value, rest) = rest.split_at_checked(length)?;
            attributes = rest;
            routes.attribute(*flags, *code, value)?;
        }
        routes.announced.append(&mut prefixes(nlri, false)?);
        attributes.is_empty().then_some(routes)
    }

    fn attribute(&mut self, flags: u8, code: u8, value: &[u8]) -> Option<()> {
        match (code, value) {
            (14, [0, afi @ (1 | 2), 1 | 2, length, rest @ ..]) => {
                let (next_hop, rest) = rest.split_at_checked(usize::from(*length))?;
                self.next_hop = match next_hop.len() {
                    4 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(next_hop).ok()?).into()),
                    _ => Some(Ipv6Addr::from(*next_hop.first_chunk::<16>()?).into()),
                };
                self.announced.append(&mut prefixes(rest.get(1..)?, *afi == 2)?);
            }
            (15, [0, afi @ (1 | 2), 1 | 2, rest @ ..]) => {
                self.withdrawn.append(&mut prefixes(rest, *afi == 2)?);
            }
            (14 | 15, [_, _, _, ..]) if !matches!(value, [0, 1 | 2, 1 | 2, ..]) => {
                self.other.push((code, value.to_vec()));
            }
            (14 | 15, _) => return None,
            _ => {
                if let (3, Ok(next_hop)) = (code, <[u8; 4]>::try_from(value)) {
                    self.next_hop = Some(Ipv4Addr::from(next_hop).into());
                }
                self.attributes.push((flags, code, value.to_vec()));
            }
        }
        Some(())
    }

    /// The value of an attribute.
    pub fn value(&self, code: u8) -> Option<&[u8]> {
        self.attributes.iter().find(|(_, c, _)| *c == code).map(|(_, _, value)| value.as_slice())
    }

    /// The ASNs of an AS_PATH written with four octets each, all segments together.
    pub fn as_path(&self) -> Vec<u32> {
        let mut rest = self.value(2).unwrap_or_default();
        let mut out = Vec::new();
        while let [_kind, count, tail @ ..] = rest {
            let (asns, tail) = tail.split_at_checked(usize::from(*count) * 4).unwrap_or((tail, &[]));
            out.extend(asns.chunks_exact(4).filter_map(|c| c.try_into().ok()).map(u32::from_be_bytes));
            rest = tail;
        }
        out
    }
}

fn block(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn prefixes(mut bytes: &[u8], ipv6: bool) -> Option<Vec<Prefix>> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let (prefix, rest) = Prefix::read(bytes, ipv6)?;
        out.push(prefix);
        bytes = rest;
    }
    Some(out)
}

/// An UPDATE that announces prefixes of one family: ORIGIN igp, the AS_PATH as one sequence, the next hop (IPv6 prefixes by
/// MP_REACH_NLRI), then the attributes given, whole, flags first.
///
/// # Panics
/// When it does not fit into a message, or the families are mixed: mistakes in a test.
pub fn announce(prefixes: &[Prefix], next_hop: IpAddr, as_path: &[u32], further: &[u8]) -> Message {
    let mut attributes = vec![0x40, 1, 1, 0];
    let count = u8::try_from(as_path.len()).expect("one segment holds 255 ASNs");
    let path: Vec<u8> = as_path.iter().flat_map(|asn| asn.to_be_bytes()).collect();
    let segment = if count == 0 { Vec::new() } else { [vec![2, count], path].concat() };
    attributes.extend_from_slice(&[0x50, 2]);
    attributes.extend_from_slice(&length(segment.len()));
    attributes.extend_from_slice(&segment);
    let mut nlri: Vec<u8> = prefixes.iter().flat_map(Prefix::wire).collect();
    match next_hop {
        IpAddr::V4(a) => {
            assert!(prefixes.iter().all(|p| p.address.is_ipv4()), "an IPv4 next hop is for IPv4 prefixes");
            attributes.extend_from_slice(&[0x40, 3, 4]);
            attributes.extend_from_slice(&a.octets());
            attributes.extend_from_slice(further);
        }
        IpAddr::V6(a) => {
            assert!(prefixes.iter().all(|p| p.address.is_ipv6()), "an IPv6 next hop is for IPv6 prefixes");
            attributes.extend_from_slice(further);
            let head = [&[0, 2, 1, 16][..], &a.octets(), &[0]].concat();
            attributes.extend_from_slice(&[0x90, 14]);
            attributes.extend_from_slice(&length(head.len() + nlri.len()));
            attributes.extend_from_slice(&head);
            attributes.append(&mut nlri);
        }
    }
    let body = [&[0, 0][..], &length(attributes.len()), &attributes, &nlri].concat();
    Message::new(UPDATE, &body)
}

/// An UPDATE that withdraws prefixes of one family.
///
/// # Panics
/// When it does not fit into a message.
pub fn withdraw(prefixes: &[Prefix]) -> Message {
    let nlri: Vec<u8> = prefixes.iter().flat_map(Prefix::wire).collect();
    if prefixes.iter().all(|p| p.address.is_ipv4()) {
        return Message::new(UPDATE, &[&length(nlri.len())[..], &nlri, &[0, 0]].concat());
    }
    let attribute = [&[0x90, 15][..], &length(nlri.len() + 3), &[0, 2, 1], &nlri].concat();
    Message::new(UPDATE, &[&[0, 0][..], &length(attribute.len()), &attribute].concat())
}

fn length(octets: usize) -> [u8; 2] {
    u16::try_from(octets).expect("it fits into a message").to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let v4: Vec<Prefix> =
            ["10.0.0.0/8", "192.0.2.128/25", "0.0.0.0/0"].map(|p| p.parse().unwrap()).to_vec();
        let m = announce(&v4, "10.0.0.1".parse().unwrap(), &[65001, 200_000], &[0x80, 4, 4, 0, 0, 0, 7]);
        let r = Routes::read(&m).unwrap();
        assert_eq!(r.announced, v4);
        assert_eq!(r.as_path(), [65001, 200_000]);
        assert_eq!(r.value(4), Some(&[0, 0, 0, 7][..]));
        assert_eq!(r.next_hop, Some("10.0.0.1".parse().unwrap()));
        assert_eq!(Routes::read(&withdraw(&v4)).unwrap().withdrawn, v4);

        let v6: Vec<Prefix> = ["2001:db8::/32", "::/0"].map(|p| p.parse().unwrap()).to_vec();
        let r = Routes::read(&announce(&v6, "2001:db8::1".parse().unwrap(), &[], &[])).unwrap();
        assert_eq!((&r.announced, r.as_path()), (&v6, Vec::new()));
        assert_eq!(Routes::read(&withdraw(&v6)).unwrap().withdrawn, v6);
        assert_eq!(v6[0].to_string(), "2001:db8::/32");
    }

    #[test]
    fn what_is_cut_off_is_not_read() {
        let m = announce(&["10.0.0.0/24".parse().unwrap()], "10.0.0.1".parse().unwrap(), &[1], &[]);
        for cut in 0..m.body().len() - 4 {
            assert!(Routes::read(&Message::new(UPDATE, &m.body()[..cut])).is_none(), "{cut}");
        }
    }
}
