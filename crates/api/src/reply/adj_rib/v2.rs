//! The second form of JSON (`show-routes-format` v2): attributes as the text that they are written as.

use bgp_wire::attr::{self, NextHop, RawAttribute};
use bgp_wire::emit::{Emit as _, Spacing};
use bgp_wire::{AttrCode, NlriRef, RouteAttributes};
use route_text::PeerName;

use super::{write_nlri, write_path_id};
use crate::encode::JsonWriter;

/// `{"peer": {"address": …}, "route": {"nlri": {…}, "attributes": {…}}}`
pub(super) fn write(peer: &PeerName, nlri: NlriRef<'_>, attributes: &RouteAttributes, out: &mut Vec<u8>) {
    let mut w = JsonWriter::new(out);
    w.begin_object(Spacing::Tight);
    w.key("peer");
    w.begin_object(Spacing::Tight);
    w.key("address");
    w.address(peer.peer);
    w.end_object();
    w.key("route");
    w.begin_object(Spacing::Tight);
    w.key("nlri");
    w.begin_object(Spacing::Tight);
    write_nlri(nlri, &mut w);
    w.key("nexthop");
    match attributes.next_hop() {
        NextHop::Unset => w.null(),
        next_hop => w.display(&next_hop),
    }
    write_path_id(nlri, &mut w);
    w.key("family");
    w.begin_object(Spacing::Tight);
    w.key("afi");
    w.display(&nlri.family.afi);
    w.key("safi");
    w.display(&nlri.family.safi);
    w.end_object();
    w.end_object();
    w.key("attributes");
    w.begin_object(Spacing::Tight);
    for attribute in attributes.iter().filter(|a| !attr::silent(a.code, a.value)) {
        w.key(&attr::key(attribute.code, attribute.flags));
        value(attribute, &mut w);
    }
    w.end_object();
    w.end_object();
    w.end_object();
    out.push(b'\n');
}

/// An attribute as the text that it is written as: a list where it has brackets.
fn value(attribute: RawAttribute<'_>, w: &mut JsonWriter<'_>) {
    match attribute.code {
        AttrCode::AS_PATH | AttrCode::MED | AttrCode::LOCAL_PREF | AttrCode::ATOMIC_AGGREGATE => {
            return attr::emit(attribute.code, attribute.value, w);
        }
        _ => {}
    }
    let mut text = String::new();
    attr::print(attribute.code, attribute.flags, attribute.value, &mut text);
    let mut words = text.split_whitespace();
    // Its name.
    words.next();
    let words: Vec<&str> = words.collect();
    match &words[..] {
        // What has no name of its own: code, flags, octets.
        ["[", _, _, data, "]"] if text.starts_with("attribute ") => w.text(data),
        ["[", list @ .., "]"] => strings(list, w),
        ["(", one, ")"] | [one] => {
            let list = [AttrCode::COMMUNITY, AttrCode::CLUSTER_LIST, AttrCode::EXTENDED_COMMUNITY]
                .into_iter()
                .chain([AttrCode::LARGE_COMMUNITY, AttrCode::IPV6_EXTENDED_COMMUNITY])
                .any(|code| code == attribute.code);
            if list { strings(&[one], w) } else { w.text(one) }
        }
        more => w.text(&more.join(" ")),
    }
}

fn strings(list: &[&str], w: &mut JsonWriter<'_>) {
    w.begin_list(Spacing::Tight);
    for one in list {
        w.text(one);
    }
    w.end_list();
}
