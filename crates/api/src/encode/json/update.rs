//! UPDATE: `"update": { "attribute": {…}, "announce": {…}, "withdraw": {…} }`, members absent when empty.
//!
//! The hot path of a route collector. Consecutive UPDATEs of one peer often carry the same attributes, so the last
//! ones written are kept with their octets and copied when they come again.

use std::net::IpAddr;

use bgp_wire::Treatment;
use bgp_wire::attr::{self, NextHop};
use bgp_wire::code::AttrCode;
use bgp_wire::emit::{Emit as _, Spacing};
use bgp_wire::msg::update::{Attributes, Update};

use smallvec::SmallVec;

use super::as_path;
use super::flavor::{AsPath, Flavor};
use super::routes::{Run, announce, withdraw};

/// The attributes of the last UPDATE: their canonical octets, and the JSON made of them.
#[derive(Debug, Default)]
pub(super) struct Slot {
    key: Vec<u8>,
    json: Vec<u8>,
    treatment: Treatment,
    filled: bool,
}

impl Slot {
    /// Whether the slot holds exactly these. Canonical octets are compared, so what they were received with (the size
    /// of AS numbers, MP_REACH_NLRI between them) does not matter.
    fn holds(&self, attributes: &Attributes<'_>, treatment: Treatment) -> bool {
        if !self.filled || self.treatment != treatment {
            return false;
        }
        let mut rest = self.key.as_slice();
        for a in attributes.iter() {
            let Some((head, tail)) = rest.split_first_chunk::<6>() else { return false };
            if *head != key_head(a.flags, a.code, a.value) {
                return false;
            }
            match tail.strip_prefix(a.value) {
                Some(next) => rest = next,
                None => return false,
            }
        }
        rest.is_empty()
    }

    /// The JSON of these attributes, from `{` to `}`; empty when there is nothing to say.
    fn json(&mut self, flavor: &Flavor, attributes: &Attributes<'_>, treatment: Treatment) -> &[u8] {
        if !self.holds(attributes, treatment) {
            self.key.clear();
            self.json.clear();
            for a in attributes.iter() {
                self.key.extend_from_slice(&key_head(a.flags, a.code, a.value));
                self.key.extend_from_slice(a.value);
            }
            format(flavor, attributes, None, treatment, &mut self.json);
            self.treatment = treatment;
            self.filled = true;
        }
        &self.json
    }
}

/// Flags, code and length of one attribute of a key.
fn key_head(flags: u8, code: AttrCode, value: &[u8]) -> [u8; 6] {
    let [a, b, c, d] = u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes();
    [flags, code.0, a, b, c, d]
}

fn format(
    flavor: &Flavor,
    attributes: &Attributes<'_>,
    mut next_hop: Option<IpAddr>,
    treatment: Treatment,
    out: &mut Vec<u8>,
) {
    let mut w = flavor.writer(out);
    w.begin_object(Spacing::Wide);
    let mut empty = true;
    for a in attributes.iter().filter(|a| !attr::silent(a.code, a.value)) {
        empty = false;
        if a.code > AttrCode::NEXT_HOP
            && let Some(address) = next_hop.take()
        {
            w.key("next-hop");
            w.address(address);
        }
        if a.code == AttrCode::AS_PATH && flavor.as_path == AsPath::Flat {
            as_path::flat(a.value, &mut w);
            continue;
        }
        if attr::KNOWN.contains(&a.code) {
            w.key(a.code.name().unwrap_or("attribute"));
        } else {
            w.key(&format!("attribute-0x{:02X}-0x{:02X}", a.code.0, a.flags));
        }
        attr::emit(a.code, a.value, &mut w);
    }
    if let Some(address) = next_hop {
        empty = false;
        w.key("next-hop");
        w.address(address);
    }
    if treatment == Treatment::Withdraw && flavor.error {
        empty = false;
        w.key("error");
        w.text("treat-as-withdraw");
    }
    w.end_object();
    if empty {
        out.clear();
    }
}

/// Appends `"update": { … }`.
pub(super) fn write(flavor: &Flavor, update: &Update<'_>, slot: &mut Slot, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"update\": {");
    let empty = out.len();
    let comma = |out: &mut Vec<u8>| out.extend_from_slice(if out.len() == empty { b" " } else { b", " });
    let next_hop =
        Some(update.next_hop).filter(|_| flavor.next_hop && update.withdrawn_runs().next().is_some());
    if let Some(NextHop::Address(address)) = next_hop {
        comma(out);
        out.extend_from_slice(b"\"attribute\": ");
        format(flavor, &update.attributes, Some(address), update.treatment, out);
    } else {
        let attributes = slot.json(flavor, &update.attributes, update.treatment);
        if !attributes.is_empty() {
            comma(out);
            out.extend_from_slice(b"\"attribute\": ");
            out.extend_from_slice(attributes);
        }
    }
    let announced: SmallVec<[Run<'_>; 2]> = update.announced_runs().collect();
    if !announced.is_empty() {
        comma(out);
        out.extend_from_slice(b"\"announce\": ");
        announce(flavor, &announced, out);
        if update.leaked {
            out.extend_from_slice(b", \"route-leak\": true");
        }
    }
    let withdrawn: SmallVec<[Run<'_>; 4]> = update.withdrawn_runs().collect();
    if !withdrawn.is_empty() {
        comma(out);
        out.extend_from_slice(b"\"withdraw\": ");
        withdraw(flavor, &withdrawn, out);
    }
    out.extend_from_slice(b" }");
}
