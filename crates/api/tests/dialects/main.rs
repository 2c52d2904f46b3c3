//! What dialects say of messages of all kinds, next to what the original says of the same octets.
//!
//! `original.txt` holds facts: each message as hexadecimal digits, then what exabgp 4.2.25 and 5.0.15 printed for it
//! (`qa/dialects` asks them anew), without what differs from run to run. Compared by meaning: the order of keys is free.
#[path = "../events/common.rs"]
mod common;
mod corpus;
mod exceptions;
mod link_state;
mod schema;
mod vectors;

use std::fmt::Write as _;

use api::encode::Dialect;
use api::event::{Content, Direction, Event, Format, Publisher};
use bgp_wire::DecodeCtx;
use bgp_wire::error::Notification;
use bgp_wire::msg::{open::Open, refresh::RouteRefresh, update};
use serde_json::Value;

const ORIGINAL: &str = include_str!("original.txt");

/// Writes the messages for `qa/dialects`, which asks the original.
#[test]
#[ignore = "part of qa/dialects"]
fn write_the_messages() {
    let mut text = String::new();
    for message in corpus::messages() {
        for octet in message {
            write!(text, "{octet:02x}").unwrap();
        }
        text.push('\n');
    }
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/messages"), text).unwrap();
}

/// One record of `original.txt`.
struct Record {
    message: Vec<u8>,
    /// What 4.2.25 printed, then 5.0.15; nothing where it could not read the message or printed no JSON.
    printed: [Option<Value>; 2],
}

fn records() -> Vec<Record> {
    let lines: Vec<&str> = ORIGINAL.lines().filter(|l| !l.starts_with('#')).collect();
    let json = |text: &str| (text != "-").then(|| serde_json::from_str(text).expect(text));
    let record = |r: &[&str]| Record { message: common::octets(r[0]), printed: [json(r[1]), json(r[2])] };
    lines.chunks(3).map(record).collect()
}

/// The line that a dialect makes of a received message; none when the message can't be decoded.
fn line(dialect: &str, message: &[u8]) -> Option<String> {
    line_in(dialect, message, &DecodeCtx::default())
}

/// The same in a session of its own.
fn line_in(dialect: &str, message: &[u8], ctx: &DecodeCtx) -> Option<String> {
    let dialect = Dialect::named(dialect).unwrap();
    let body = &message[19..];
    let (open, refresh, notification, update);
    let content = match message[18] {
        1 => {
            open = Open::decode(body).ok()?;
            Content::Open(&open)
        }
        2 => {
            update = update::decode(body, ctx).ok()?;
            Content::Update(&update)
        }
        3 => {
            notification = Notification::decode(body);
            Content::Notification(&notification)
        }
        _ => {
            refresh = RouteRefresh::decode(body).ok()?;
            Content::RouteRefresh(&refresh)
        }
    };
    let event = Event::Message { direction: Direction::Receive, raw: common::raw(message), content };
    let wishes = common::subscribe_all(Format::Parsed);
    let mut publisher = Publisher::new(&common::host(), &common::head(), &[((), dialect, wishes)]);
    publisher.publish(1.5, &event);
    let mut text = Vec::new();
    publisher.drain(|(), bytes, _| text.extend_from_slice(&bytes));
    Some(String::from_utf8(text).unwrap())
}

/// What of an event does not differ from run to run.
fn lasting(mut event: Value) -> Value {
    let object = event.as_object_mut().unwrap();
    for key in ["time", "host", "pid", "ppid", "counter"] {
        object.remove(key);
    }
    event
}

fn equal_to_the_original(dialect: &str, place: usize) {
    let mut compared = 0;
    let mut wrong = String::new();
    for record in records() {
        let Some(theirs) = &record.printed[place] else { continue };
        compared += 1;
        let Some(ours) = line(dialect, &record.message) else {
            let _ = writeln!(wrong, "not decoded: {theirs}");
            continue;
        };
        let ours = lasting(serde_json::from_str(&ours).unwrap_or_else(|e| panic!("{e}: {ours}")));
        if ours != *theirs && !exceptions::allowed(dialect, &ours, theirs) {
            let _ = writeln!(wrong, "ours   {ours}\ntheirs {theirs}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(compared >= 300, "{compared} messages only");
}

#[test]
fn json_of_5_0_is_the_originals() {
    equal_to_the_original("json", 1);
}

#[test]
fn json_of_4_2_is_the_originals() {
    equal_to_the_original("json-4.0.1", 0);
}
