//! UPDATE: `"update": { "attribute": {…}, "announce": {…}, "withdraw": {…} }`, members absent when empty.
//!
//! The hot path of a route collector. Consecutive UPDATEs of one peer often carry the same attributes, so the last
//! ones written are kept with their octets and copied when they come again.

use bgp_wire::attr::{self, NextHop};
use bgp_wire::code::AttrCode;
use bgp_wire::emit::{Emit as _, Spacing};
use bgp_wire::msg::update::{Attributes, Update};
use bgp_wire::nlri::NlriRun;
use bgp_wire::{Family, Treatment};
use smallvec::SmallVec;

use crate::encode::address;
use crate::encode::writer::JsonWriter;

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
    fn json(&mut self, attributes: &Attributes<'_>, treatment: Treatment) -> &[u8] {
        if !self.holds(attributes, treatment) {
            self.key.clear();
            self.json.clear();
            for a in attributes.iter() {
                self.key.extend_from_slice(&key_head(a.flags, a.code, a.value));
                self.key.extend_from_slice(a.value);
            }
            format(attributes, treatment, &mut self.json);
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

fn format(attributes: &Attributes<'_>, treatment: Treatment, out: &mut Vec<u8>) {
    let mut w = JsonWriter::new(out);
    w.begin_object(Spacing::Wide);
    let mut empty = true;
    for a in attributes.iter().filter(|a| !attr::silent(a.code, a.value)) {
        empty = false;
        if attr::KNOWN.contains(&a.code) {
            w.key(a.code.name().unwrap_or("attribute"));
        } else {
            w.key(&format!("attribute-0x{:02X}-0x{:02X}", a.code.0, a.flags));
        }
        attr::emit(a.code, a.value, &mut w);
    }
    if treatment == Treatment::Withdraw {
        empty = false;
        w.key("error");
        w.text("treat-as-withdraw");
    }
    w.end_object();
    if empty {
        out.clear();
    }
}

/// Routes of one field and where traffic for them goes.
type Runs<'a> = SmallVec<[(NextHop, NlriRun<'a>); 4]>;

/// Appends `"update": { … }`.
pub(super) fn write(update: &Update<'_>, slot: &mut Slot, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"update\": {");
    let mut comma: &[u8] = b" ";
    let mut member = |name: &[u8], out: &mut Vec<u8>| {
        out.extend_from_slice(comma);
        out.extend_from_slice(name);
        comma = b", ";
    };
    let attributes = slot.json(&update.attributes, update.treatment);
    if !attributes.is_empty() {
        member(b"\"attribute\": ", out);
        out.extend_from_slice(attributes);
    }
    let announced: Runs<'_> = update.announced_runs().collect();
    if !announced.is_empty() {
        member(b"\"announce\": ", out);
        announce(&announced, out);
    }
    let withdrawn: Runs<'_> = update.withdrawn_runs().collect();
    if !withdrawn.is_empty() {
        member(b"\"withdraw\": ", out);
        withdraw(&withdrawn, out);
    }
    out.extend_from_slice(b" }");
}

/// The families of some runs, each once, in order of first appearance.
fn families(runs: &Runs<'_>) -> SmallVec<[Family; 4]> {
    let mut families = SmallVec::new();
    for (_, run) in runs {
        if !families.contains(&run.family()) {
            families.push(run.family());
        }
    }
    families
}

fn announce(runs: &Runs<'_>, out: &mut Vec<u8>) {
    let mut w = JsonWriter::new(out);
    w.begin_object(Spacing::Wide);
    for family in families(runs) {
        w.display_key(&family);
        w.begin_object(Spacing::Wide);
        let of_family = || runs.iter().filter(|(_, run)| run.family() == family);
        let mut seen: SmallVec<[Key; 4]> = SmallVec::new();
        for key in of_family().flat_map(|(next_hop, _)| keys(*next_hop)) {
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            match key {
                Key::None => w.key("no-nexthop"),
                Key::Address(address) => w.address_key(address),
            }
            w.begin_list(Spacing::Wide);
            for (_, run) in of_family().filter(|(next_hop, _)| keys(*next_hop).contains(&key)) {
                run.iter().for_each(|nlri| nlri.emit(&mut w));
            }
            w.end_list();
        }
        w.end_object();
    }
    w.end_object();
}

fn withdraw(runs: &Runs<'_>, out: &mut Vec<u8>) {
    let mut w = JsonWriter::new(out);
    w.begin_object(Spacing::Wide);
    for family in families(runs) {
        w.display_key(&family);
        w.begin_list(Spacing::Wide);
        for (_, run) in runs.iter().filter(|(_, run)| run.family() == family) {
            run.iter().for_each(|nlri| nlri.emit(&mut w));
        }
        w.end_list();
    }
    w.end_object();
}

/// The name that routes with a next hop stand under.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    None,
    Address(std::net::IpAddr),
}

/// The keys of a next hop: two for a global and a link-local address, as the original has it.
fn keys(next_hop: NextHop) -> SmallVec<[Key; 2]> {
    match next_hop {
        NextHop::Unset | NextHop::SelfAddress => SmallVec::from_iter([Key::None]),
        NextHop::Address(address) => SmallVec::from_iter([Key::Address(address)]),
        NextHop::Pair(global, local) => {
            SmallVec::from_iter([Key::Address(global.into()), Key::Address(local.into())])
        }
    }
}

impl JsonWriter<'_> {
    /// The name of a family as key.
    fn display_key(&mut self, family: &Family) {
        match (family.afi.name(), family.safi.name()) {
            (Some(afi), Some(safi)) => {
                self.open_key();
                self.raw().extend_from_slice(afi.as_bytes());
                self.raw().push(b' ');
                self.raw().extend_from_slice(safi.as_bytes());
                self.close_key();
            }
            _ => self.key(&family.to_string()),
        }
    }

    /// An address as key.
    fn address_key(&mut self, address: std::net::IpAddr) {
        self.open_key();
        address::ip(address, self.raw());
        self.close_key();
    }
}
