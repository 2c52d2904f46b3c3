//! TABLE_DUMP_V2 (RFC 6396 section 4.3, RFC 8050 section 4): an index of peers, then a record a prefix.

use std::net::IpAddr;

use anyhow::{Context as _, Result};
use bgp_wire::msg::frame::{HEADER, header};
use bgp_wire::{Asn, Family, MessageType};

use super::fields::Fields;
use super::record::Record;
use super::{Source, Teller};

/// The peers of the file, by index.
#[derive(Default)]
pub(super) struct Peers(Vec<(IpAddr, Asn)>);

/// Tells all entries of a record.
pub(super) fn tell(record: &Record, peers: &mut Peers, teller: &mut Teller<'_>) -> Result<bool> {
    let mut fields = Fields(&record.body);
    let (family, add_path) = match record.subtype {
        1 => {
            peers.0 = index(fields)?;
            return Ok(true);
        }
        2 => (Family::IPV4_UNICAST, false),
        3 => (Family::IPV4_MULTICAST, false),
        4 => (Family::IPV6_UNICAST, false),
        5 => (Family::IPV6_MULTICAST, false),
        8 => (Family::IPV4_UNICAST, true),
        9 => (Family::IPV4_MULTICAST, true),
        10 => (Family::IPV6_UNICAST, true),
        11 => (Family::IPV6_MULTICAST, true),
        _ => return Ok(false),
    };
    let _sequence = fields.u32()?;
    let prefix = fields.prefix()?;
    let entries = fields.u16()?;
    for _ in 0..entries {
        let index = usize::from(fields.u16()?);
        let time = fields.u32()?;
        let id = if add_path { fields.take(4)? } else { &[] };
        let attributes = fields.counted()?;
        let (peer, peer_as) = *peers.0.get(index).context("the peer is not in the index")?;
        let source = Source {
            local: None,
            local_as: None,
            peer,
            peer_as,
            asn4: true,
            add_path,
            time: f64::from(time),
        };
        teller.message(&source, &announce(family, attributes, &[id, prefix].concat())?)?;
    }
    Ok(true)
}

fn index(mut fields: Fields<'_>) -> Result<Vec<(IpAddr, Asn)>> {
    let _collector = fields.u32()?;
    let _view = fields.counted()?;
    let count = fields.u16()?;
    let mut peers = Vec::new();
    for _ in 0..count {
        let kind = fields.u8()?;
        let _identifier = fields.u32()?;
        let address = fields.address(kind & 1 != 0)?;
        let asn = if kind & 2 != 0 { fields.u32()? } else { fields.u16()?.into() };
        peers.push((address, Asn(asn)));
    }
    Ok(peers)
}

/// The UPDATE that announces one route with the attributes of a table's entry.
///
/// In these MP_REACH_NLRI has nothing but the next hop (RFC 6396 section 4.3.4), or, as some collectors write it, all of
/// its fields; the next hop's length is never 0, the first octet of an AFI always is.
pub(super) fn announce(family: Family, attributes: &[u8], nlri: &[u8]) -> Result<Vec<u8>> {
    let mut fields = Fields(attributes);
    let mut block = Vec::with_capacity(attributes.len());
    let mut next_hop = None;
    let mut classic = None;
    while !fields.0.is_empty() {
        let start = fields.0;
        let flags = fields.u8()?;
        let code = fields.u8()?;
        let value = if flags & 0x10 != 0 {
            fields.counted()?
        } else {
            let length = fields.u8()?;
            fields.take(length.into())?
        };
        if code == 14 {
            let mut inner = Fields(value);
            if value.first() == Some(&0) {
                inner.take(3)?;
            }
            let length = inner.u8()?;
            next_hop = Some(inner.take(length.into())?);
            continue;
        }
        if code == 3 {
            classic = Some(value);
        }
        let length = start.len().saturating_sub(fields.0.len());
        block.extend_from_slice(start.get(..length).unwrap_or_default());
    }
    let is_classic = family == Family::IPV4_UNICAST && next_hop.is_none();
    if !is_classic {
        let hop = next_hop.or(classic).unwrap_or_default();
        let [a, b] = family.afi.0.to_be_bytes();
        let mut value = vec![a, b, family.safi.0, u8::try_from(hop.len())?];
        value.extend_from_slice(hop);
        value.push(0);
        value.extend_from_slice(nlri);
        block.extend_from_slice(&[0x90, 14]);
        block.extend_from_slice(&u16::try_from(value.len())?.to_be_bytes());
        block.extend_from_slice(&value);
    }
    let field = if is_classic { nlri } else { &[] };
    let sum = [HEADER, 4, block.len(), field.len()].iter().fold(0_usize, |sum, n| sum.saturating_add(*n));
    let mut message =
        header(MessageType::UPDATE, u16::try_from(sum).context("too many attributes")?).to_vec();
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(&u16::try_from(block.len())?.to_be_bytes());
    message.extend_from_slice(&block);
    message.extend_from_slice(field);
    Ok(message)
}
