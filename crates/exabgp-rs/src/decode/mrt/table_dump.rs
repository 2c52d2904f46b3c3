//! TABLE_DUMP (RFC 6396 section 4.2), and the layout before it: many entries a record, whose length leaves out its
//! first four octets.

use anyhow::Result;
use bgp_wire::{Asn, Family};

use super::fields::Fields;
use super::record::Record;
use super::table_dump_v2::announce;
use super::{Source, Teller};

/// Octets of an entry before its attributes, view and sequence number not counted.
const fn fixed(v6: bool) -> usize {
    if v6 { 16 + 1 + 1 + 4 + 16 + 2 + 2 } else { 4 + 1 + 1 + 4 + 4 + 2 + 2 }
}

/// Whether the length of the record is that of one entry behind view and sequence number.
pub(super) fn is_standard(record: &Record) -> bool {
    let end = fixed(record.subtype == 2).saturating_add(4);
    let Some([high, low]) = record.body.get(end.saturating_sub(2)..end) else { return false };
    usize::from(u16::from_be_bytes([*high, *low])).saturating_add(end) == record.body.len()
}

/// Tells all entries of a record.
pub(super) fn tell(record: &Record, teller: &mut Teller<'_>) -> Result<bool> {
    let (v6, family) = match record.subtype {
        1 => (false, Family::IPV4_UNICAST),
        2 => (true, Family::IPV6_UNICAST),
        _ => return Ok(false),
    };
    let mut fields = Fields(&record.body);
    let _view_and_sequence = fields.u32()?;
    while !fields.0.is_empty() {
        let address = fields.take(if v6 { 16 } else { 4 })?;
        let bits = fields.u8()?;
        let _status = fields.u8()?;
        let time = fields.u32()?;
        let peer = fields.address(v6)?;
        let peer_as = Asn(fields.u16()?.into());
        let attributes = fields.counted()?;
        let octets = address.get(..usize::from(bits).div_ceil(8)).unwrap_or(address);
        let nlri = [&[bits], octets].concat();
        let source = Source {
            local: None,
            local_as: None,
            peer,
            peer_as,
            asn4: false,
            add_path: false,
            time: f64::from(time),
        };
        teller.message(&source, &announce(family, attributes, &nlri)?)?;
    }
    Ok(true)
}
