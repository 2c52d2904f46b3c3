//! UPDATE: `{ "update": { "attribute": {…}, "announce": {…}, "withdraw": {…} } }`, routes by family and next hop.

use bgp_wire::attr::{self, NextHop};
use bgp_wire::code::AttrCode;
use bgp_wire::emit::{Emit as _, Spacing};
use bgp_wire::msg::update::Update;
use bgp_wire::nlri::NlriRun;
use bgp_wire::{Family, Treatment};

use super::route;
use crate::encode::json::flat_as_path;
use crate::encode::writer::JsonWriter;

/// Appends the message's object. `unique` numbers the routes that are not named by a prefix.
pub(super) fn write(update: &Update<'_>, unique: &mut u64, out: &mut Vec<u8>) {
    let mut w = JsonWriter::new(out);
    w.begin_object(Spacing::Wide);
    if let Some(family) = update.end_of_rib() {
        w.key("eor");
        w.begin_object(Spacing::Wide);
        w.key("afi");
        w.display(&family.afi);
        w.key("safi");
        w.display(&family.safi);
        w.end_object();
        w.end_object();
        return;
    }
    w.key("update");
    w.begin_object(Spacing::Wide);
    attributes(update, &mut w);
    let announced: Vec<_> = update.announced_runs().collect();
    if !announced.is_empty() {
        w.key("announce");
        w.begin_object(Spacing::Wide);
        by_family(&announced, &mut w, |runs, w| {
            for (i, (next_hop, _)) in runs.iter().enumerate() {
                if runs.iter().take(i).any(|(n, _)| n == next_hop) {
                    continue;
                }
                match next_hop {
                    NextHop::Address(address) => w.key(&address.to_string()),
                    NextHop::Pair(global, _) => w.key(&global.to_string()),
                    NextHop::Unset | NextHop::SelfAddress => w.key("null"),
                }
                routes(runs.iter().filter(|(n, _)| n == next_hop).map(|(_, run)| run), unique, w);
            }
        });
        w.end_object();
        if update.leaked {
            w.key("route-leak");
            w.boolean(true);
        }
    }
    let withdrawn: Vec<_> = update.withdrawn_runs().collect();
    if !withdrawn.is_empty() {
        w.key("withdraw");
        w.begin_object(Spacing::Wide);
        // The family's own object holds the routes.
        by_family_list(&withdrawn, unique, &mut w);
        w.end_object();
    }
    w.end_object();
    w.end_object();
}

fn attributes(update: &Update<'_>, w: &mut JsonWriter<'_>) {
    let mut told = update.attributes.iter().filter(|a| !attr::silent(a.code, a.value)).peekable();
    let withdraw = update.treatment == Treatment::Withdraw;
    if told.peek().is_none() && !withdraw {
        return;
    }
    w.key("attribute");
    w.begin_object(Spacing::Wide);
    for a in told {
        match a.code {
            AttrCode::AS_PATH => flat_as_path(a.value, w),
            // Plain numbers: the dialect is older than their text.
            AttrCode::EXTENDED_COMMUNITY => {
                w.key("extended-community");
                w.begin_list(Spacing::Wide);
                for octets in a.value.as_chunks::<8>().0 {
                    w.number(u64::from_be_bytes(*octets));
                }
                w.end_list();
            }
            code if attr::KNOWN.contains(&code) => {
                w.key(code.name().unwrap_or("attribute"));
                attr::emit(code, a.value, w);
            }
            code => {
                w.key(&format!("attribute-0x{:02X}-0x{:02X}", code.0, a.flags));
                attr::emit(code, a.value, w);
            }
        }
    }
    if withdraw {
        w.key("error");
        w.text("treat-as-withdraw");
    }
    w.end_object();
}

type Run<'a> = (NextHop, NlriRun<'a>);

/// Calls `each` inside of an object for the fields of each family, in the order of their first field.
fn by_family<'a>(
    runs: &[Run<'a>],
    w: &mut JsonWriter<'_>,
    mut each: impl FnMut(&[Run<'a>], &mut JsonWriter<'_>),
) {
    for (i, family) in families(runs) {
        let of_family: Vec<Run<'a>> =
            runs.iter().skip(i).filter(|(_, run)| run.family() == family).copied().collect();
        w.key(&family.to_string());
        w.begin_object(Spacing::Wide);
        each(&of_family, w);
        w.end_object();
    }
}

fn by_family_list(runs: &[Run<'_>], unique: &mut u64, w: &mut JsonWriter<'_>) {
    for (_, family) in families(runs) {
        w.key(&family.to_string());
        routes(runs.iter().map(|(_, run)| run).filter(|run| run.family() == family), unique, w);
    }
}

/// The families of the fields, each with the place of its first field.
fn families<'r>(runs: &'r [Run<'_>]) -> impl Iterator<Item = (usize, Family)> + 'r {
    let family = |(i, (_, run)): (usize, &Run<'_>)| (i, run.family());
    runs.iter()
        .enumerate()
        .map(family)
        .filter(|(i, family)| runs.iter().take(*i).all(|(_, r)| r.family() != *family))
}

/// Appends `{ "10.0.0.0/24": { }, … }`.
fn routes<'r, 'a: 'r>(runs: impl Iterator<Item = &'r NlriRun<'a>>, unique: &mut u64, w: &mut JsonWriter<'_>) {
    w.begin_object(Spacing::Wide);
    for nlri in runs.flat_map(NlriRun::iter) {
        route::write(nlri, unique, w);
    }
    w.end_object();
}
