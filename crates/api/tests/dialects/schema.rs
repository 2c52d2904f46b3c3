//! The JSON Schemas of `docs/api`: made here, so that what dialects share is said once, and held against every event.

use std::path::{Path, PathBuf};

use api::encode::{Dialect, ENCODERS};
use api::event::{Event, Expired, Format, Publisher};
use bgp_wire::msg::open::Open;
use bgp_wire::negotiated::Negotiated;
use serde_json::{Value, json};

use crate::common;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api")
}

/// The dialects that are JSON.
fn dialects() -> impl Iterator<Item = &'static Dialect> {
    ENCODERS.iter().copied().filter(|d| d.name != "text")
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

/// The schema of one dialect's lines.
#[expect(clippy::too_many_lines, reason = "it is one document")]
fn schema(dialect: &Dialect) -> Value {
    let old = dialect.version == "3.4.8";
    let compact = dialect.name.ends_with("compact");
    let process =
        if old { json!({ "type": "string", "pattern": "^[0-9]+$" }) } else { json!({ "type": "integer" }) };
    let asn = if old { json!({ "type": "string" }) } else { json!({ "type": ["integer", "null"] }) };
    let pair = |of: &Value| object(&["local", "peer"], &json!({ "local": of, "peer": of }));
    let hex = json!({ "type": "string", "pattern": "^0x[0-9A-F]*$" });
    let message = json!({ "oneOf": [
        object(&["update"], &json!({ "update": { "$ref": "#/$defs/update" } })),
        object(&["eor"], &json!({ "eor": object(&["afi", "safi"], &json!({ "afi": { "type": "string" }, "safi": { "type": "string" } })) })),
        { "$ref": "#/$defs/packet" },
    ] });
    let notification = object(
        &["code", "subcode", "data"],
        &json!({ "code": { "type": "integer" }, "subcode": { "type": "integer" }, "data": hex, "message": { "type": "string" } }),
    );
    let neighbor = object(
        &["address", "asn"],
        &json!({
            "ip": { "type": "string" },
            "address": pair(&json!({ "type": ["string", "null"] })),
            "asn": pair(&asn),
            "router-id": { "type": "string", "format": "ipv4" },
            "direction": { "enum": ["receive", "send", "received", "sent", "in"] },
            "state": { "type": "string" },
            "reason": { "type": "string" },
            "code": { "type": "string", "pattern": "^[0-9]+$" },
            "name": { "type": "string" },
            "negotiated": { "$ref": "#/$defs/negotiated" },
            "open": { "$ref": "#/$defs/open" },
            "message": message,
            "notification": { "$ref": "#/$defs/notification" },
            "route-refresh": object(&["afi", "safi", "subtype"], &json!({
                "afi": { "type": "string" }, "safi": { "type": "string" }, "subtype": { "type": ["string", "integer"] } })),
            "operational": { "type": "object", "required": ["name"] },
        }),
    );
    // Routes of 3.4 are members of an object, later ones items of a list.
    let routes = if old {
        json!({ "type": "object", "additionalProperties": { "type": "object" } })
    } else if compact {
        json!({ "type": "array", "minItems": 1, "items": { "type": ["object", "string"] } })
    } else {
        json!({ "type": "array", "minItems": 1, "items": { "type": "object" } })
    };
    let as_path = if matches!(dialect.version, "3.4.8" | "4.0.1") {
        json!({ "type": "array", "items": { "type": "integer" } })
    } else {
        let segment = object(
            &["element", "value"],
            &json!({
            "element": { "enum": ["as-sequence", "as-set", "as-confed-sequence", "as-confed-set"] },
            "value": { "type": "array", "items": { "type": "integer" } } }),
        );
        json!({ "type": "object", "additionalProperties": segment })
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Events in the dialect {}", dialect.name),
        "description": dialect.summary,
        "type": "object",
        "required": ["exabgp", "time", "host", "pid", "ppid", "type"],
        "properties": {
            "exabgp": { "const": dialect.version },
            "time": { "type": "number" },
            "host": { "type": "string" },
            "pid": process,
            "ppid": process,
            "counter": { "type": "integer", "minimum": 1 },
            "type": { "type": "string" },
            "header": hex,
            "body": hex,
            "lost": { "type": "integer", "description": "events that a slow helper has missed at this place" },
            "expired": object(&[], &json!({
                "family": { "type": "string" }, "nlri": { "type": "string" }, "lease": { "type": "string" },
                "neighbors": { "type": "integer" }, "routes": { "type": "integer" } })),
            "notification": { "oneOf": [ { "const": "shutdown" }, { "$ref": "#/$defs/notification" } ] },
            "neighbor": { "$ref": "#/$defs/neighbor" },
        },
        "additionalProperties": false,
        "$defs": {
            "neighbor": neighbor,
            "notification": notification,
            "packet": object(&["header", "body"], &json!({
                "category": { "type": "integer" }, "received": { "type": "integer" }, "sent": { "type": "integer" },
                "header": hex, "body": hex })),
            "open": object(&["version", "asn", "hold_time", "router_id", "capabilities"], &json!({
                "version": { "type": "integer" }, "asn": { "type": "integer" }, "hold_time": { "type": "integer" },
                "router_id": { "type": "string" }, "capabilities": { "type": "object" } })),
            "negotiated": { "type": "object", "required": ["message_size", "hold_time", "asn4", "families"] },
            "update": object(&[], &json!({
                "attribute": { "type": "object", "properties": {
                    "origin": { "enum": ["igp", "egp", "incomplete"] },
                    "as-path": as_path,
                    "med": { "type": "integer" },
                    "local-preference": { "type": "integer" },
                    "community": { "type": "array", "items": { "type": "array", "items": { "type": "integer" } } },
                    "large-community": { "type": "array", "items": { "type": "array", "items": { "type": "integer" } } },
                    "cluster-list": { "type": "array", "items": { "type": "string" } } } },
                "announce": { "type": "object", "description": "by family, then by next hop",
                    "additionalProperties": { "type": "object", "additionalProperties": routes } },
                "route-leak": { "const": true, "description": "what is announced must not be used (RFC 9234)" },
                "withdraw": { "type": "object", "description": "by family", "additionalProperties": routes },
            })),
        },
    })
}

fn file(dialect: &Dialect) -> PathBuf {
    folder().join(format!("{}.schema.json", dialect.name))
}

fn text(dialect: &Dialect) -> String {
    let mut text = serde_json::to_string_pretty(&schema(dialect)).unwrap();
    text.push('\n');
    text
}

/// Writes the schemas anew: `cargo test -p api --test dialects write_the_schemas -- --ignored`.
#[test]
#[ignore = "writes docs/api"]
fn write_the_schemas() {
    std::fs::create_dir_all(folder()).unwrap();
    dialects().for_each(|d| std::fs::write(file(d), text(d)).unwrap());
}

#[test]
fn schemas_are_up_to_date() {
    for dialect in dialects() {
        let stored = std::fs::read_to_string(file(dialect)).unwrap_or_default();
        assert!(stored == text(dialect), "{}: run write_the_schemas", dialect.name);
    }
}

/// Lines of the events that are no received messages.
fn others(dialect: &'static Dialect) -> String {
    let open = Open::decode(&common::octets("04fde800b40a000003000000")[..10]).unwrap();
    let negotiated = Negotiated::new(open.clone(), open);
    let octets = common::message(4, &[]);
    let events = [
        Event::Connected,
        Event::Up,
        Event::Down { reason: "notification received (6,2)" },
        Event::Fsm { state: "OPENSENT" },
        Event::Negotiated(&negotiated),
        Event::Signal { number: 15, name: "SIGTERM" },
        Event::Undecoded { kind: api::event::MessageKind::Update, raw: common::raw(&octets) },
    ];
    let mut lines = Vec::new();
    for format in [Format::Parsed, Format::Packets, Format::Consolidate] {
        let wishes = common::subscribe_all(format);
        let mut publisher = Publisher::new(&common::host(), &common::head(), &[((), dialect, wishes)]);
        for event in &events {
            publisher.publish(1.5, event);
        }
        publisher.drain(|(), bytes, _| lines.extend_from_slice(&bytes));
    }
    (dialect.shutdown)(&common::host(), 2.5, &mut lines);
    (dialect.gap)(&common::host(), 2.5, 7, &mut lines);
    let nlri = bgp_wire::NlriRef { family: bgp_wire::Family::IPV4_UNICAST, path_id: None, wire: &[8, 10] };
    for (route, lease) in [(Some(nlri), None), (Some(nlri), Some("web")), (None, Some("web"))] {
        (dialect.expired)(&common::host(), 2.5, &Expired { route, lease, count: 2 }, &mut lines);
    }
    String::from_utf8(lines).unwrap()
}

#[test]
fn every_event_is_as_its_schema_says() {
    for dialect in dialects() {
        let schema = jsonschema::validator_for(&schema(dialect)).unwrap();
        let mut count = 0;
        let messages = crate::records().into_iter().filter_map(|r| crate::line(dialect.name, &r.message));
        let messages: String = messages.collect();
        for line in messages.lines().chain(others(dialect).lines()) {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            if let Err(error) = schema.validate(&value) {
                panic!("{}: {error} at {}: {line}", dialect.name, error.instance_path());
            }
            count += 1;
        }
        assert!(count > 300, "{count} lines only");
    }
}

#[test]
fn a_schema_refuses_what_is_not_the_dialects() {
    let schema = jsonschema::validator_for(&schema(Dialect::named("json").unwrap())).unwrap();
    for dialect in ["json-3.4", "json-4.0.1", "json-6.0.0"] {
        let line = crate::line(dialect, &crate::records()[0].message).unwrap();
        assert!(!schema.is_valid(&serde_json::from_str(&line).unwrap()), "{line}");
    }
}
