//! UPDATEs on sessions that have agreed on anything.

use api::encode::JsonWriter;
use bgp_wire::attr::emit_attributes;
use bgp_wire::emit::{Emit as _, Spacing};
use bgp_wire::msg::frame::{Frame, HEADER, frame};
use bgp_wire::msg::update::{Update, announce, decode};
use bgp_wire::{Asn, DecodeCtx, EncodeCtx, NextHop, PeerKind};

use crate::targets::{attribute, context, nlri};

/// Reads an UPDATE, shows all of it, and sends what it announces again.
pub(crate) fn update(mut data: &[u8]) {
    let ctx = context(&mut data);
    let update = match decode(data, &ctx) {
        Ok(update) => update,
        Err(error) => return assert_eq!(error.notification().code, 3, "{error}"),
    };
    let _ = update.end_of_rib();
    let mut octets = 0;
    for (_, _, route) in update.announcements().chain(update.withdrawals()) {
        nlri::show(route);
        octets += route.wire.len();
    }
    assert!(octets <= data.len(), "routes are made of the octets of the message");
    let mut json = Vec::new();
    let mut writer = JsonWriter::new(&mut json);
    writer.begin_object(Spacing::Wide);
    emit_attributes(update.attributes.iter(), &mut writer);
    writer.end_object();
    crate::json::check(&json);
    attribute::text_comes_back(&update.attributes.block());
    again(&update, &ctx);
}

/// What is read, written and read again is the same.
fn again(update: &Update<'_>, ctx: &DecodeCtx) {
    let send = EncodeCtx {
        asn4: ctx.asn4,
        add_path: ctx.add_path,
        extended_next_hop: ctx.extended_next_hop,
        families: ctx.families,
        peer: ctx.peer,
        aigp: ctx.aigp,
        local_as: Asn(65000),
        max_message: 65535,
        ..EncodeCtx::default()
    };
    for (next_hop, run) in update.announced_runs() {
        if next_hop == NextHop::Unset {
            continue;
        }
        let attributes = update.route_attributes(next_hop);
        let mut messages = Vec::new();
        // Some next hops that can be read can't be written in each family; what is written must be right.
        if announce(&send, &attributes, run.family(), run.iter(), &mut messages).is_err() {
            continue;
        }
        let expected: Vec<_> = run.iter().collect();
        let mut found = Vec::new();
        let mut rest = messages.as_slice();
        while !rest.is_empty() {
            let Ok(Frame::Complete { length, .. }) = frame(rest, u16::MAX) else {
                panic!("no message was written");
            };
            let (message, tail) = rest.split_at(length);
            rest = tail;
            let read = decode(&message[HEADER..], ctx).expect("what is written can be read");
            assert_eq!(read.errors.as_slice(), [], "nothing is wrong with what is written");
            found.extend(read.announcements().map(|(_, _, route)| route));
            if ctx.peer == PeerKind::Internal && ctx.asn4 {
                for attribute in attributes.iter() {
                    let kept = read.attributes.get(attribute.code);
                    assert_eq!(kept, Some(attribute.value), "{} is kept", attribute.code);
                }
            }
        }
        assert_eq!(found, expected, "each route comes back");
    }
}
