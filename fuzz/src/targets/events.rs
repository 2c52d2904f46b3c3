//! Events about hostile messages: every dialect writes whole lines, of JSON where it says so.

use std::sync::LazyLock;

use api::encode::{Dialect, ENCODERS};
use api::event::{
    Content, Direction, Event, Format, Host, MessageKind, PeerHead, Publisher, Raw, Subscription,
};
use bgp_wire::msg::update;
use bgp_wire::{Asn, Notification, Open, RouteRefresh};

use crate::targets::{choice, context};

const KINDS: [MessageKind; 4] =
    [MessageKind::Update, MessageKind::Open, MessageKind::Notification, MessageKind::Refresh];

static HOST: LazyLock<Host> = LazyLock::new(|| Host { name: "host".into(), pid: 1000, ppid: 999 });

/// The octets as the body of a message, told to one helper of each dialect.
pub(crate) fn events(mut data: &[u8]) {
    let kind = KINDS[usize::from(choice(&mut data) & 3)];
    let ctx = context(&mut data);
    let head = PeerHead {
        local: Some([192, 0, 2, 2].into()),
        peer: [192, 0, 2, 1].into(),
        local_as: Some(Asn(65000)),
        peer_as: Some(Asn(65001)),
        router_id: Some([192, 0, 2, 1].into()),
    };
    let wishes = Subscription::NONE.with_message(kind, Direction::Receive, Format::Consolidate);
    let members: Vec<(usize, &'static Dialect, Subscription)> =
        ENCODERS.iter().enumerate().map(|(n, dialect)| (n, *dialect, wishes)).collect();
    let mut publisher = Publisher::new(&HOST, &head, &members);
    let raw = Raw { header: &[0xFF; 19], body: data };
    let mut tell = |content: Content<'_, '_>| {
        publisher.publish(1.5, &Event::Message { direction: Direction::Receive, raw, content });
    };
    match kind {
        MessageKind::Open => {
            let Ok(open) = Open::decode(data) else { return };
            tell(Content::Open(&open));
        }
        MessageKind::Notification => tell(Content::Notification(&Notification::decode(data))),
        MessageKind::Refresh => {
            let Ok(refresh) = RouteRefresh::decode(data) else { return };
            tell(Content::RouteRefresh(&refresh));
        }
        _ => {
            let Ok(update) = update::decode(data, &ctx) else { return };
            tell(Content::Update(&update));
        }
    }
    publisher.drain(|n, bytes, _| {
        assert_eq!(bytes.last(), Some(&b'\n'), "whole lines");
        let dialect = ENCODERS[*n];
        let octets = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        for line in octets.split(|b| *b == b'\n') {
            match dialect.name {
                "text" => assert!(std::str::from_utf8(line).is_ok(), "text is UTF-8"),
                "json-3.4" => crate::json::check_with_routes_as_keys(line),
                _ => crate::json::check(line),
            }
        }
    });
}
