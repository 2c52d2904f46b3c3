//! A stream of octets cut into messages, and each of them read.

use bgp_wire::cap::role::Role;
use bgp_wire::msg::frame::{Frame, HEADER, frame};
use bgp_wire::msg::update;
use bgp_wire::{Asn, DecodeCtx, Expect, MessageType, Negotiated, Notification, Open, RouteRefresh};

use crate::targets::choice;

/// Frames one message after the other as a session does, and decodes what is whole.
pub(crate) fn stream(mut data: &[u8]) {
    let max = if choice(&mut data) & 1 == 0 { 4096 } else { 65535 };
    loop {
        match frame(data, max) {
            Ok(Frame::Complete { kind, length }) => {
                assert!((HEADER..=data.len()).contains(&length), "a message has its octets");
                let (message, rest) = data.split_at(length);
                body(kind, &message[HEADER..]);
                data = rest;
            }
            Ok(Frame::Incomplete { needed }) => {
                assert!(needed > data.len(), "the same octets are not enough again");
                return;
            }
            Err(error) => {
                assert_eq!(error.notification().code, 1, "{error}");
                return;
            }
        }
    }
}

fn body(kind: MessageType, body: &[u8]) {
    match kind {
        MessageType::OPEN => open(body),
        MessageType::UPDATE => {
            if let Err(error) = update::decode(body, &DecodeCtx::default()) {
                assert_eq!(error.notification().code, 3, "{error}");
            }
        }
        MessageType::NOTIFICATION => {
            let notification = Notification::decode(body);
            let text = notification.to_string();
            assert!(!text.contains(char::is_control), "{text:?} forges a line of the log");
            let mut out = Vec::new();
            notification.encode(&mut out);
            assert!(out.len() <= 4096);
        }
        MessageType::ROUTE_REFRESH => match RouteRefresh::decode(body) {
            Ok(refresh) => assert_eq!(RouteRefresh::decode(&refresh.encode()[HEADER..]), Ok(refresh)),
            Err(error) => assert_eq!(error.notification().code, 7, "{error}"),
        },
        _ => {}
    }
}

/// Reads an OPEN, judges it, negotiates with it and writes it again.
pub(crate) fn open(body: &[u8]) {
    let open = match Open::decode(body) {
        Ok(open) => open,
        Err(error) => {
            let code = error.notification().code;
            return assert!(matches!(code, 1 | 2), "{error}");
        }
    };
    let mut text = String::new();
    open.print(&mut text);
    assert!(!text.contains('\n'), "{text:?} forges a line");
    for role in [None, Some(Role::CUSTOMER)] {
        let (local_as, local_id) = (Asn(65000), [192, 0, 2, 1].into());
        let expect = Expect {
            peer_as: None,
            local_as,
            local_id,
            role,
            strict_role: role.is_some(),
            multisession: false,
        };
        let _ = open.validate(&expect);
    }
    let _ = open.malformed().count();
    let negotiated = Negotiated::new(open.clone(), open.clone());
    let _ = negotiated.decode_ctx(true);
    let mut again = Vec::new();
    if open.encode(&mut again).is_ok() {
        assert_eq!(Open::decode(&again[HEADER..]).as_ref(), Ok(&open), "an OPEN comes back");
    }
}
