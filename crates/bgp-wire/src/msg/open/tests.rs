//! OPENs on the wire: what we send, what others send, and what has brought daemons down.

use proptest::prelude::*;

use super::*;
use crate::cap::{
    add_path::{self, Direction},
    enhanced_refresh, extended_message, hostname, route_refresh, sort_for_sending,
    testing::Json,
};

/// The fixed fields: version 4, AS 65000, hold time 180, 10.0.0.2.
const FIXED: [u8; 9] = [4, 0xFD, 0xE8, 0, 180, 10, 0, 0, 2];

fn open(capabilities: Vec<RawCapability>) -> Open {
    Open::new(Asn(65000), 180, Ipv4Addr::new(10, 0, 0, 2), capabilities)
}

/// A body with the given optional parameters, their length in front.
fn body(parameters: &[u8]) -> Vec<u8> {
    [&FIXED[..], &[u8::try_from(parameters.len()).unwrap()], parameters].concat()
}

/// A body with one parameter that holds one capability.
fn with_capability(code: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).unwrap();
    body(&[&[2, length + 2, code, length], value].concat())
}

fn encoded(open: &Open) -> Vec<u8> {
    let mut out = vec![7];
    open.encode(&mut out).unwrap();
    assert_eq!(out.remove(0), 7, "appended");
    assert_eq!(usize::from(u16::from_be_bytes([out[16], out[17]])), out.len());
    out
}

fn subcode(body: &[u8]) -> u8 {
    let notification = Open::decode(body).unwrap_err().notification();
    assert_eq!(notification.code, 2, "{body:?}");
    notification.subcode
}

#[test]
fn every_capability_has_a_parameter_of_its_own() {
    let mut capabilities = vec![
        hostname::encode("exa", "lab"),
        extended_message::encode(),
        enhanced_refresh::encode(),
        route_refresh::encode(),
        add_path::encode(&[(Family::IPV4_UNICAST, Direction::Both), (Family::IPV6_UNICAST, Direction::Both)]),
        asn4::encode(Asn(65000)),
        multiprotocol::encode(Family::IPV4_UNICAST),
        multiprotocol::encode(Family::IPV6_UNICAST),
    ];
    sort_for_sending(&mut capabilities);
    let sent = open(capabilities);
    let expected = [
        &[0xFF; 16][..],
        &[0, 89, 1],
        &FIXED,
        &[0x3C],
        &[2, 6, 1, 4, 0, 1, 0, 1],
        &[2, 6, 1, 4, 0, 2, 0, 1],
        &[2, 6, 65, 4, 0, 0, 0xFD, 0xE8],
        &[2, 10, 69, 8, 0, 1, 1, 3, 0, 2, 1, 3],
        &[2, 2, 2, 0],
        &[2, 2, 70, 0],
        &[2, 2, 6, 0],
        &[2, 10, 73, 8, 3],
        b"exa\x03lab",
    ];
    assert_eq!(encoded(&sent), expected.concat());
    assert_eq!(Open::decode(&encoded(&sent)[19..]), Ok(sent));
}

#[test]
fn a_long_as_number_is_as_trans_in_the_field() {
    let asn = Asn(4_200_000_000);
    let sent = Open::new(asn, 90, Ipv4Addr::LOCALHOST, vec![asn4::encode(asn)]);
    assert_eq!(sent.asn, 23456);
    assert_eq!(Open::decode(&encoded(&sent)[19..]).unwrap().four_octet_asn(), asn);
}

#[test]
fn parameters_are_extended_from_255_octets_on() {
    // One capability of n octets makes n + 4 octets of parameters.
    let unknown = |n: usize| RawCapability::new(CapCode(200), vec![5; n]);
    let short = encoded(&open(vec![unknown(250)]));
    assert_eq!(short[28..33], [254, 2, 252, 200, 250]);
    let long = encoded(&open(vec![unknown(251)]));
    assert_eq!(long[28..37], [255, 255, 1, 0, 2, 0, 253, 200, 251]);
    let many = open(vec![unknown(255), unknown(0), unknown(255), unknown(255)]);
    let wire = encoded(&many);
    assert_eq!(wire[28..32], [255, 255, 3, 17]);
    assert_eq!(Open::decode(&wire[19..]), Ok(many));
}

/// RFC 9072 section 2: the format is known by the type octet, the length octet is ignored unless it is 0.
#[test]
fn extended_parameters_are_read_whatever_the_length_octet_says() {
    for length in [1, 7, 254, 255] {
        let wire = [&FIXED[..], &[length, 255, 0, 5, 2, 0, 2, 2, 0]].concat();
        assert_eq!(Open::decode(&wire), Ok(open(vec![route_refresh::encode()])), "{length}");
    }
    assert_eq!(subcode(&[&FIXED[..], &[0, 255, 0, 5, 2, 0, 2, 2, 0]].concat()), 0);
    let none = [&FIXED[..], &[255, 255, 0, 0]].concat();
    assert_eq!(Open::decode(&none), Ok(open(vec![])));
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_written() {
    let mut out = vec![1, 2, 3];
    let long = open(vec![RawCapability::new(CapCode(200), vec![0; 256])]);
    let error = long.encode(&mut out).unwrap_err();
    assert_eq!(error, EncodeError::TooLong { what: "capability", actual: 256, max: 255 });
    let many = open(vec![RawCapability::new(CapCode(200), vec![0; 255]); 16]);
    assert!(matches!(
        many.encode(&mut out),
        Err(EncodeError::TooLong { what: "OPEN", actual: 4192, max: 4096 })
    ));
    assert_eq!(out, [1, 2, 3]);
}

#[test]
fn wrong_versions_are_told_ours() {
    for version in [0, 3, 5, 255] {
        let mut wire = body(&[]);
        wire[0] = version;
        let notification = Open::decode(&wire).unwrap_err().notification();
        assert_eq!((notification.code, notification.subcode), (2, 1));
        assert_eq!(notification.data, [0, 4][..]);
    }
}

#[test]
fn short_bodies_are_bad_message_lengths() {
    for n in 0..10_u8 {
        let notification = Open::decode(&body(&[])[..usize::from(n)]).unwrap_err().notification();
        assert_eq!((notification.code, notification.subcode), (1, 2));
        assert_eq!(notification.data, [0, 19 + n][..]);
    }
    assert_eq!(Open::decode(&body(&[])), Ok(open(vec![])));
}

#[test]
fn unknown_parameters_are_unsupported() {
    for kind in (0..=254).filter(|k| *k != 2) {
        assert_eq!(subcode(&body(&[kind, 0])), 4);
        assert_eq!(subcode(&body(&[2, 2, 2, 0, kind, 1, 9])), 4, "after a good one");
    }
    assert_eq!(subcode(&[&FIXED[..], &[255, 255, 0, 3, 1, 0, 0]].concat()), 4, "in the extended format");
}

/// Lengths that disagree: optional parameters against the message, parameter against parameters, capability against
/// parameter. CVE-2022-40302, CVE-2022-40318 and CVE-2022-43681 are among them.
#[test]
fn lengths_that_disagree_are_malformed() {
    let cases: &[(&str, &[u8])] = &[
        ("parameters longer than the message", &[5]),
        ("parameters longer than the message, in the second", &[8, 2, 2, 2, 0, 2, 2]),
        ("octets after no parameters", &[0, 2, 2, 2, 0]),
        ("octets after the parameters", &[4, 2, 2, 2, 0, 9]),
        ("a lone parameter type", &[1, 2]),
        ("a lone parameter type after a good one", &[5, 2, 2, 2, 0, 2]),
        ("a parameter longer than the parameters", &[4, 2, 3, 2, 0]),
        ("a lone capability code", &[3, 2, 1, 2]),
        ("a capability longer than its parameter", &[4, 2, 2, 2, 1]),
        ("a capability that would eat the next parameter", &[8, 2, 2, 2, 4, 2, 2, 70, 0]),
        ("a lone extended type", &[1, 255]),
        ("one octet of extended length", &[255, 255, 0]),
        ("extended parameters longer than the message", &[255, 255, 0, 1]),
        ("extended: octets after the parameters", &[255, 255, 0, 0, 2]),
        ("extended: a lone parameter type", &[255, 255, 0, 1, 2]),
        ("extended: one octet of parameter length", &[255, 255, 0, 2, 2, 0]),
        ("extended: a parameter longer than the parameters", &[255, 255, 0, 5, 2, 0, 3, 2, 0]),
        ("extended: as long as can be", &[255, 255, 255, 255, 2, 255, 255, 2, 0]),
    ];
    for (what, tail) in cases {
        assert_eq!(subcode(&[&FIXED[..], tail].concat()), 0, "{what}");
    }
}

/// RFC 5492 section 3: nothing inside a capability is a reason to refuse the OPEN. The values are those that crashed
/// decoders that were not bounded by the length: CVE-2023-31489 (graceful restart and its long-lived kin, code 71),
/// CVE-2023-41361 and CVE-2025-43971 (software version), GHSA-gjrg-jjr3-56cm (four-octet AS), the host name.
#[test]
fn odd_capabilities_cost_nothing() {
    for code in 0..=255 {
        for value in [&[][..], &[0], &[255], &[0, 1, 2], &[0xFF; 5], &[0; 7], &[3, b'a'], &[255; 250]] {
            let received = Open::decode(&with_capability(code, value)).unwrap();
            assert_eq!(received.capabilities, [RawCapability::new(CapCode(code), value)]);
            assert_eq!(received.four_octet_asn(), Asn(65000));
            shown(&received);
        }
    }
    let odd = Open::decode(&with_capability(65, &[])).unwrap();
    assert_eq!(odd.malformed().collect::<Vec<_>>(), [(CapCode::ASN4, "the value has not 4 octets")]);
    assert!(!odd.has(CapCode::ASN4));
}

#[test]
fn a_parameter_may_hold_no_capability_or_many() {
    assert_eq!(Open::decode(&body(&[2, 0])), Ok(open(vec![])));
    let many = Open::decode(&body(&[2, 4, 2, 0, 70, 0, 2, 2, 6, 0])).unwrap();
    assert_eq!(
        many,
        open(vec![route_refresh::encode(), enhanced_refresh::encode(), extended_message::encode()])
    );
}

#[test]
fn repeated_capabilities_are_read_once() {
    let v4 = multiprotocol::encode(Family::IPV4_UNICAST);
    let mut twice = open(vec![v4.clone(), multiprotocol::encode(Family::IPV6_UNICAST), v4]);
    assert_eq!(twice.families(), [Family::IPV4_UNICAST, Family::IPV6_UNICAST]);
    twice.capabilities = vec![asn4::encode(Asn(1)), asn4::encode(Asn(2))];
    assert_eq!(twice.asn4(), Some(Asn(1)));
    twice.capabilities.insert(0, RawCapability::new(CapCode::ASN4, [1, 2]));
    assert_eq!(twice.asn4(), Some(Asn(1)), "a malformed one does not hide the good");
    let restart = |time| GracefulRestart { time, ..GracefulRestart::default() };
    twice.capabilities = vec![restart(5).encode(), restart(9).encode()];
    assert_eq!(twice.graceful_restart(), Some(restart(9)));
}

#[test]
fn events_show_the_fields() {
    let capabilities = vec![
        RawCapability::new(CapCode(99), [1, 2]),
        asn4::encode(Asn(65000)),
        RawCapability::new(CapCode::GRACEFUL_RESTART, [1]),
        RawCapability::new(CapCode(130), []),
    ];
    let shown_open = open(capabilities);
    let (json, text) = shown(&shown_open);
    assert_eq!(
        json,
        concat!(
            r#"{ "version": 4, "asn": 65000, "hold_time": 180, "router_id": "10.0.0.2", "capabilities": "#,
            r#"{ "64": { "name": "unknown", "iana": "unknown", "value": 64, "raw": "01" }, "#,
            r#""65": { "name": "asn4", "asn4": 65000 }, "#,
            r#""99": { "name": "unknown", "iana": "unassigned", "value": 99, "raw": "0102" }, "#,
            r#""130": { "name": "unknown", "iana": "reserved", "value": 130, "raw": "" } } }"#
        )
    );
    assert_eq!(
        text,
        "version 4 asn 65000 hold_time 180 router_id 10.0.0.2 capabilities \
         [unknown 64, asn4(65000), unassigned 99, reserved 130]"
    );
    let mut sent = Json::default();
    cap::emit_capabilities(
        &[route_refresh::encode(), RawCapability::empty(CapCode(99))],
        KeyStyle::Name,
        &mut sent,
    );
    let sent = sent.finish();
    assert!(sent.starts_with(r#"{ "route-refresh": { "name": "route-refresh""#), "{sent}");
    assert!(sent.contains(r#", "99": {"#), "{sent}");
}

/// JSON, checked to be JSON, and text, checked to be one line.
fn shown(open: &Open) -> (String, String) {
    let mut json = Json::default();
    open.emit(KeyStyle::Code, &mut json);
    let json = json.finish();
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
    let mut text = String::new();
    open.print(&mut text);
    assert!(!text.contains(char::is_control), "{text:?}");
    (json, text)
}

fn any_capability() -> impl Strategy<Value = RawCapability> {
    let known = proptest::sample::select(cap::KNOWN).prop_map(|c| c.0);
    let code = prop_oneof![known, any::<u8>()];
    let value = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..16),
        proptest::collection::vec(0..4_u8, 0..=255)
    ];
    (code, value).prop_map(|(code, value)| RawCapability::new(CapCode(code), value))
}

proptest! {
    #[test]
    fn any_octets_are_read_without_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Open::decode(&body);
    }

    /// Octets that look like an OPEN up to the parameters, of which few values are mostly small: many are read.
    #[test]
    fn any_parameters_are_read_without_panic(
        length in prop_oneof![Just(None), any::<u8>().prop_map(Some)],
        parameters in proptest::collection::vec(prop_oneof![0..8_u8, any::<u8>()], 0..200),
    ) {
        let length = length.unwrap_or(u8::try_from(parameters.len()).unwrap());
        if let Ok(open) = Open::decode(&[&FIXED[..], &[length], &parameters].concat()) {
            shown(&open);
            let wire = encoded(&open);
            prop_assert_eq!(Open::decode(&wire[19..]), Ok(open));
        }
    }

    #[test]
    fn what_is_sent_comes_back(
        asn: u16, hold_time: u16, id: u32, capabilities in proptest::collection::vec(any_capability(), 0..24),
    ) {
        let sent = Open { asn, hold_time, router_id: id.into(), capabilities };
        let mut out = Vec::new();
        if sent.encode(&mut out).is_ok() {
            prop_assert!(out.len() <= 4096);
            let read = Open::decode(&out[19..]);
            prop_assert_eq!(read.as_ref(), Ok(&sent));
        } else {
            prop_assert!(sent.capabilities.iter().map(|c| c.value.len()).sum::<usize>() > 3800);
        }
        shown(&sent);
    }
}
