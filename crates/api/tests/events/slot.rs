//! The attributes of the last UPDATE are remembered: never for an UPDATE that has others.

use api::encode::Dialect;
use api::event::{Content, Direction, Event, Format, MessageKind, Publisher, Subscription};
use bgp_wire::DecodeCtx;
use bgp_wire::msg::update;
use proptest::prelude::*;

use crate::common::{head, host, message, raw};

fn publisher() -> Publisher<()> {
    let dialect = Dialect::named("json").unwrap();
    let wishes = Subscription::NONE.with_message(MessageKind::Update, Direction::Receive, Format::Parsed);
    Publisher::new(&host(), &head(), &[((), dialect, wishes)])
}

/// The event, after the counter.
fn written(publisher: &mut Publisher<()>, body: &[u8], asn4: bool) -> String {
    let octets = message(2, body);
    let update = update::decode(body, &DecodeCtx { asn4, ..DecodeCtx::default() }).unwrap();
    let content = Content::Update(&update);
    publisher.publish(1.5, &Event::Message { direction: Direction::Receive, raw: raw(&octets), content });
    let mut text = String::new();
    publisher.drain(|(), bytes, _| text.push_str(std::str::from_utf8(&bytes).unwrap()));
    text.split_once("\"type\"").unwrap().1.to_owned()
}

/// An UPDATE that differs from the others of the test in few octets.
fn body(origin: u8, path: u8, community: Option<u8>, prefix: u8, withdraw: bool) -> Vec<u8> {
    let mut block = vec![0x40, 1, 1, origin, 0x40, 2, 6, 2, 1, 0, 0, 0, path, 0x40, 3, 4, 10, 0, 0, 1];
    if community == Some(2) {
        // Too short: the attribute is gone and the routes are withdrawn, the others are as they were.
        block.extend_from_slice(&[0xC0, 8, 3, 0, 1, 0]);
    } else if let Some(c) = community {
        block.extend_from_slice(&[0xC0, 8, 4, 0, 1, 0, c]);
    }
    let mut body = if withdraw { vec![0, 2, 8, 11] } else { vec![0, 0] };
    body.extend_from_slice(&u16::try_from(block.len()).unwrap().to_be_bytes());
    body.extend_from_slice(&block);
    body.extend_from_slice(&[8, prefix]);
    body
}

proptest! {
    #[test]
    fn what_is_remembered_is_what_would_be_written(
        updates in prop::collection::vec(
            (0u8..4, 0u8..2, prop::option::of(0u8..3), any::<u8>(), any::<bool>(), any::<bool>()), 1..12)
    ) {
        let mut remembering = publisher();
        for (origin, path, community, prefix, withdraw, asn4) in updates {
            let body = body(origin, path, community, prefix, withdraw);
            prop_assert_eq!(written(&mut remembering, &body, asn4), written(&mut publisher(), &body, asn4));
        }
    }
}
