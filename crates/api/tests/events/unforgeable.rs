//! Whatever a peer sends, a helper reads the events it should read, and no other.

use api::encode::Dialect;
use api::event::{Content, Direction, Event, Format, Publisher};
use bgp_wire::cap::RawCapability;
use bgp_wire::code::CapCode;
use bgp_wire::error::Notification;
use bgp_wire::msg::open::Open;
use bgp_wire::msg::update;
use bgp_wire::{Asn, DecodeCtx};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::{head, host, message, raw, subscribe_all};

/// What is written for an event in a dialect.
fn written(dialect: &str, event: Event<'_, '_>) -> Vec<u8> {
    let dialect = Dialect::named(dialect).unwrap();
    let mut publisher = Publisher::new(&host(), &head(), &[((), dialect, subscribe_all(Format::Parsed))]);
    publisher.publish(1.5, &event);
    let mut text = Vec::new();
    publisher.drain(|(), bytes, _| text.extend_from_slice(&bytes));
    text
}

/// The one object of the JSON dialect, with the members it must have and no others.
fn json(event: Event<'_, '_>, kind: &str, content: &str) -> Value {
    let line = written("json", event);
    let (end, line) = line.split_last().unwrap();
    assert_eq!(*end, b'\n');
    assert!(line.iter().all(|b| (b' '..=b'~').contains(b)), "{line:?}");
    let value: Value = serde_json::from_slice(line).unwrap();
    let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(value["type"], kind);
    assert_eq!(keys(&value), ["counter", "exabgp", "host", "neighbor", "pid", "ppid", "time", "type"]);
    let mut expected = vec!["address", "asn", "direction", "router-id", content];
    expected.sort_unstable();
    assert_eq!(keys(&value["neighbor"]), expected);
    value["neighbor"][content].clone()
}

/// The lines of the text dialect.
fn lines(event: Event<'_, '_>) -> Vec<String> {
    let text = written("text", event);
    assert!(text.iter().all(|b| *b == b'\n' || (b' '..=b'~').contains(b)), "{text:?}");
    String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn reasons(reason in "\\PC*|[\\x00-\\xff]*") {
        let event = Event::Down { reason: &reason };
        let line = written("json", event);
        let value: Value = serde_json::from_slice(&line).unwrap();
        prop_assert_eq!(line.split(|b| *b == b'\n').count(), 2);
        prop_assert_eq!(value["neighbor"]["reason"].as_str(), Some(&*reason));
        let lines = lines(event);
        prop_assert_eq!(lines.len(), 2);
        prop_assert!(lines[0].starts_with("neighbor 127.0.0.1 down - ") && lines[1].is_empty());
    }

    #[test]
    fn shutdown_communications(data: Vec<u8>, code in 0u8..8, subcode in 0u8..12) {
        let notification = Notification::with_data(code, subcode, data.clone());
        let octets = message(3, &data);
        let content = Content::Notification(&notification);
        let event = Event::Message { direction: Direction::Receive, raw: raw(&octets), content };
        let value = json(event, "notification", "notification");
        prop_assert_eq!(value["message"].as_str(), Some(&*notification.rendered()));
        let lines = lines(event);
        prop_assert_eq!(lines.len(), 2);
    }

    #[test]
    fn capabilities(values in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)), 0..6)) {
        let known = [1, 2, 5, 6, 64, 65, 69, 70, 73, 75, 128];
        let capabilities = values.into_iter().map(|(code, value)| {
            // Mostly codes that mean something.
            let code = if code < 200 { known[usize::from(code) % known.len()] } else { code };
            RawCapability::new(CapCode(code), value)
        });
        let open = Open::new(Asn(65000), 180, [10, 0, 0, 3].into(), capabilities.collect());
        let octets = message(1, &[]);
        for direction in [Direction::Receive, Direction::Send] {
            let event = Event::Message { direction, raw: raw(&octets), content: Content::Open(&open) };
            let value = json(event, "open", "open");
            prop_assert_eq!(value.as_object().unwrap().len(), 5);
            prop_assert_eq!(lines(event).len(), 2);
        }
    }

    #[test]
    fn updates(
        withdrawn in prop::collection::vec(any::<u8>(), 0..6),
        attributes in prop::collection::vec((any::<u8>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..24)), 0..6),
        announced in prop::collection::vec(any::<u8>(), 0..12),
    ) {
        let mut block = Vec::new();
        for (flags, code, value) in attributes {
            let code = if code < 240 { code % 40 } else { code };
            block.extend_from_slice(&[flags & 0xE0, code, u8::try_from(value.len()).unwrap()]);
            block.extend_from_slice(&value);
        }
        let mut body = Vec::new();
        body.extend_from_slice(&u16::try_from(withdrawn.len()).unwrap().to_be_bytes());
        body.extend_from_slice(&withdrawn);
        body.extend_from_slice(&u16::try_from(block.len()).unwrap().to_be_bytes());
        body.extend_from_slice(&block);
        body.extend_from_slice(&announced);
        let octets = message(2, &body);
        for asn4 in [true, false] {
            let ctx = DecodeCtx { asn4, ..DecodeCtx::default() };
            let Ok(update) = update::decode(&body, &ctx) else { continue };
            let content = Content::Update(&update);
            let event = Event::Message { direction: Direction::Receive, raw: raw(&octets), content };
            let value = json(event, "update", "message");
            prop_assert_eq!(value.as_object().unwrap().len(), 1);
            let routes = update.announcements().count() + update.withdrawals().count();
            let eor = usize::from(update.end_of_rib().is_some());
            let lines = lines(event);
            prop_assert_eq!(lines.len(), routes + eor + 3, "{:?}", lines);
            prop_assert!(lines.iter().take(lines.len() - 1).all(|l| l.starts_with("neighbor 127.0.0.1 receive update ")));
        }
    }
}
