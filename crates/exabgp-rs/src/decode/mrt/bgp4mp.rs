//! BGP4MP: messages as they went over a session (RFC 6396 section 4.4, RFC 8050 section 3).

use anyhow::{Result, bail};
use bgp_wire::Asn;

use super::fields::Fields;
use super::record::{BGP4MP_ET, Record};
use super::{Source, Teller};

/// Tells the message of a record; false for changes of state.
pub(super) fn tell(record: &Record, teller: &mut Teller<'_>) -> Result<bool> {
    let mut fields = Fields(&record.body);
    let mut time = f64::from(record.time);
    if record.kind == BGP4MP_ET {
        time += f64::from(fields.u32()?) / 1e6;
    }
    // MESSAGE, MESSAGE_AS4, their LOCAL forms, then all four with ADD-PATH.
    let (asn4, add_path) = match record.subtype {
        1 | 6 => (false, false),
        4 | 7 => (true, false),
        8 | 10 => (false, true),
        9 | 11 => (true, true),
        _ => return Ok(false),
    };
    let asn = |fields: &mut Fields<'_>| -> Result<Asn> {
        Ok(Asn(if asn4 { fields.u32()? } else { fields.u16()?.into() }))
    };
    let peer_as = asn(&mut fields)?;
    let local_as = asn(&mut fields)?;
    let _interface = fields.u16()?;
    let v6 = match fields.u16()? {
        1 => false,
        2 => true,
        afi => bail!("a session over addresses of AFI {afi}"),
    };
    let peer = fields.address(v6)?;
    let local = fields.address(v6)?;
    let source = Source { local: Some(local), local_as: Some(local_as), peer, peer_as, asn4, add_path, time };
    teller.message(&source, fields.0)?;
    Ok(true)
}
