//! Tests of the mobile user plane codec: ExaBGP's vectors, text both ways, and octets of every kind.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::attr::testing::Json;
use crate::nlri::{Nlri, NlriRun};

const FAMILIES: [Family; 2] = [Family::IPV4_MUP, Family::IPV6_MUP];

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn emitted(family: Family, wire: &[u8]) -> String {
    let mut json = Json::default();
    Mup::emit(family, wire, None, &mut json);
    serde_json::from_str::<serde_json::Value>(&json.text).unwrap();
    json.text
}

fn parse(family: Family, text: &str) -> Result<Nlri, TextError> {
    let mut words = Words::new(text);
    let nlri = Nlri::parse(family, &mut words)?;
    match words.next_word() {
        None => Ok(nlri),
        Some(word) => Err(TextError::new(word, "left over")),
    }
}

/// Octets, name, members between code and octets, text; of IPv4 unless the text has a colon in its second word.
const VECTORS: [(&str, &str, &str, &str); 11] = [
    (
        "0100010C0000FDE800000001180A0000",
        "InterworkSegmentDiscoveryRoute",
        r#""prefix_ip_len": 24, "prefix_ip": "10.0.0.0", "rd": "65000:1""#,
        "mup-isd 10.0.0.0/24 rd 65000:1",
    ),
    (
        "010001110000FDE8000000014020010DB800000001",
        "InterworkSegmentDiscoveryRoute",
        r#""prefix_ip_len": 64, "prefix_ip": "2001:db8:0:1::", "rd": "65000:1""#,
        "mup-isd 2001:db8:0:1::/64 rd 65000:1",
    ),
    (
        "0100020C0000FDE8000000010A000001",
        "DirectSegmentDiscoveryRoute",
        r#""ip": "10.0.0.1", "rd": "65000:1""#,
        "mup-dsd 10.0.0.1 rd 65000:1",
    ),
    (
        "01000218000000640000006420010000000000000000000000000001",
        "DirectSegmentDiscoveryRoute",
        r#""ip": "2001::1", "rd": "100:100""#,
        "mup-dsd 2001::1 rd 100:100",
    ),
    (
        "010003170000FDE80000000120C0A800010000303909200A000001",
        "Type1SessionTransformedRoute",
        r#""prefix_ip_len": 32, "prefix_ip": "192.168.0.1", "teid": "12345", "qfi": "9", "rd": "65000:1", "endpoint_ip_len": 32, "endpoint_ip": "10.0.0.1", "source_ip_len": 0, "source_ip": "b''""#,
        "mup-t1st 192.168.0.1/32 rd 65000:1 teid 12345 qfi 9 endpoint 10.0.0.1",
    ),
    (
        "0100031C0000FDE80000000120C0A800010000303909200A000001200A000002",
        "Type1SessionTransformedRoute",
        r#""prefix_ip_len": 32, "prefix_ip": "192.168.0.1", "teid": "12345", "qfi": "9", "rd": "65000:1", "endpoint_ip_len": 32, "endpoint_ip": "10.0.0.1", "source_ip_len": 32, "source_ip": "10.0.0.2""#,
        "mup-t1st 192.168.0.1/32 rd 65000:1 teid 12345 qfi 9 endpoint 10.0.0.1 source 10.0.0.2",
    ),
    (
        "0100034000000064000000648020010DB8000100010000000000000002000030390980200100000000000000000000000000018020020000000000000000000000000002",
        "Type1SessionTransformedRoute",
        r#""prefix_ip_len": 128, "prefix_ip": "2001:db8:1:1::2", "teid": "12345", "qfi": "9", "rd": "100:100", "endpoint_ip_len": 128, "endpoint_ip": "2001::1", "source_ip_len": 128, "source_ip": "2002::2""#,
        "mup-t1st 2001:db8:1:1::2/128 rd 100:100 teid 12345 qfi 9 endpoint 2001::1 source 2002::2",
    ),
    (
        "010004110000FDE800000001400A00000100003039",
        "Type2SessionTransformedRoute",
        r#""endpoint_len": 64, "endpoint_ip": "10.0.0.1", "rd": "65000:1", "teid": "12345""#,
        "mup-t2st 10.0.0.1 rd 65000:1 teid 12345/32",
    ),
    (
        "010004100000006400000064370A000001003039",
        "Type2SessionTransformedRoute",
        r#""endpoint_len": 55, "endpoint_ip": "10.0.0.1", "rd": "100:100", "teid": "12345""#,
        "mup-t2st 10.0.0.1 rd 100:100 teid 12345/23",
    ),
    (
        "0100040D0000006400000064200A000001",
        "Type2SessionTransformedRoute",
        r#""endpoint_len": 32, "endpoint_ip": "10.0.0.1", "rd": "100:100", "teid": "0""#,
        "mup-t2st 10.0.0.1 rd 100:100 teid 0/0",
    ),
    (
        "0100041D0000006400000064A02001000000000000000000000000000100003039",
        "Type2SessionTransformedRoute",
        r#""endpoint_len": 160, "endpoint_ip": "2001::1", "rd": "100:100", "teid": "12345""#,
        "mup-t2st 2001::1 rd 100:100 teid 12345/32",
    ),
];

#[test]
fn vectors_are_emitted_as_exabgp_does_and_have_a_text() {
    for (hex, name, members, text) in VECTORS {
        let wire = octets(hex);
        let family = FAMILIES[usize::from(text.split(' ').nth(1).unwrap().contains(':'))];
        let mut r = Reader::new(&wire);
        assert_eq!(Mup::split(family, &mut r).map(<[u8]>::len), Ok(wire.len()), "{hex}");
        let code = wire[2];
        assert_eq!(
            emitted(family, &wire),
            format!(r#"{{ "name": "{name}", "arch": 1, "code": {code}, {members}, "raw": "{hex}" }}"#)
        );
        let nlri = parse(family, text).unwrap();
        assert_eq!(nlri.wire(), wire, "{text}");
        assert_eq!(nlri.to_string(), text);
    }
}

#[test]
fn wrong_texts_are_refused_at_the_word() {
    for (text, word) in [
        ("", ""),
        ("mup-xyz 10.0.0.0/24 rd 1:1", "mup-xyz"),
        ("mup-isd 10.0.0.1/24 rd 1:1", "10.0.0.1/24"),
        ("mup-isd 10.0.0.0/24", ""),
        ("mup-isd 2001:db8::/32 rd 1:1", "2001:db8::/32"),
        ("mup-isd 10.0.0.0/24 rd 1:1 rd 1:1", "rd"),
        ("mup-isd 10.0.0.0/24 rd 1:1 teid 1", "teid"),
        ("mup-dsd 10.0.0.0/24 rd 1:1", "10.0.0.0/24"),
        ("mup-t1st 10.0.0.0/24 rd 1:1 teid 1 qfi 256 endpoint 10.0.0.1", "256"),
        ("mup-t1st 10.0.0.0/24 rd 1:1 teid 1 qfi 9", ""),
        ("mup-t1st 10.0.0.0/24 rd 1:1 teid x qfi 9 endpoint 10.0.0.1", "x"),
        ("mup-t1st 10.0.0.0/24 rd 1:1 teid 1 qfi 9 endpoint 10.0.0", "10.0.0"),
        ("mup-t2st 10.0.0.1 rd 1:1 teid 12345", "12345"),
        ("mup-t2st 10.0.0.1 rd 1:1 teid 12345/33", "12345/33"),
        ("mup-t2st 10.0.0.1 rd 1:1 teid 12345/8", "12345/8"),
        ("mup-t2st 10.0.0.1 rd 1:1 teid 1/0", "1/0"),
        ("raw 0x01000103", "0x01000103"),
    ] {
        let error = parse(Family::IPV4_MUP, text).unwrap_err();
        assert_eq!(error.word, word, "{text}: {error}");
    }
}

#[test]
fn odd_routes_are_kept_and_the_next_one_is_found() {
    // An unknown type, an unknown architecture, a value too short, then one that is right.
    let odd = octets("0100090401020304020001000100010201020100020C0000FDE8000000010A000001");
    let run = NlriRun::check(Family::IPV4_MUP, false, &odd, 0).unwrap();
    let all: Vec<_> = run.iter().map(|n| n.to_string()).collect();
    let expected =
        ["raw 0x0100090401020304", "raw 0x02000100", "raw 0x010001020102", "mup-dsd 10.0.0.1 rd 65000:1"];
    assert_eq!(all, expected);
    assert_eq!(
        emitted(Family::IPV4_MUP, &odd[..8]),
        r#"{ "arch": 1, "code": 9, "raw": "0100090401020304" }"#
    );
    assert!(NlriRun::check(Family::IPV4_MUP, false, &odd[..10], 0).is_err());
}

#[test]
fn what_has_no_words_is_shown_and_keeps_its_octets() {
    for (hex, member) in [
        // Host bits behind the prefix; a source of no bits.
        ("0100010C0000FDE800000001170A0001", r#""prefix_ip": "10.0.0.0""#),
        ("010003180000FDE80000000120C0A800010000303909200A00000100", r#""source_ip_len": 0"#),
    ] {
        let wire = octets(hex);
        assert!(emitted(Family::IPV4_MUP, &wire).contains(member), "{hex}");
        let text = Nlri::from_wire(Family::IPV4_MUP, None, &wire).to_string();
        assert_eq!(text, format!("raw 0x{}", hex.to_lowercase()));
        assert_eq!(parse(Family::IPV4_MUP, &text).unwrap().wire(), wire);
    }
}

/// A route of any type, right or nearly so, and its family.
fn route() -> impl Strategy<Value = (Family, Vec<u8>)> {
    let sized = || {
        prop_oneof![
            4 => vec(any::<u8>(), 4).prop_map(|a| [vec![32], a].concat()),
            4 => vec(any::<u8>(), 16).prop_map(|a| [vec![128], a].concat()),
            4 => Just(Vec::new()),
            1 => vec(any::<u8>(), 0..6),
        ]
    };
    let prefix = || (0..=128_u8, vec(any::<u8>(), 16), 0..8_u8);
    let parts = (any::<[u8; 8]>(), prefix(), any::<[u8; 5]>(), sized(), sized(), 0..34_u8);
    (any::<bool>(), 0..6_u8, parts).prop_map(
        |(six, code, (rd, (length, full, odd), session, end, source, bits))| {
            let family = FAMILIES[usize::from(six)];
            let whole = if six { 128_u8 } else { 32 };
            let length = length.min(whole);
            let mut prefix = vec![length];
            prefix.extend_from_slice(&full[..usize::from(length.div_ceil(8))]);
            if odd != 0 && length % 8 != 0 {
                *prefix.last_mut().unwrap() &= 0xFF << (8 - length % 8);
            }
            let address = &full[..usize::from(whole / 8)];
            let value = match code {
                1 => [&rd[..], &prefix].concat(),
                2 => [&rd[..], address].concat(),
                3 => [&rd[..], &prefix, &session, &end, &source].concat(),
                _ => {
                    let teid = &session[..usize::from(bits.div_ceil(8)).min(5)];
                    [&rd[..], &[whole + bits], address, teid].concat()
                }
            };
            (family, [vec![1, 0, code, u8::try_from(value.len()).unwrap()], value].concat())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn octets_text_octets((family, wire) in route()) {
        let text = Nlri::from_wire(family, None, &wire).to_string();
        let back = parse(family, &text).unwrap();
        prop_assert_eq!(back.wire(), &wire[..], "{}", text);
        prop_assert_eq!(back.to_string(), text);
        prop_assert_eq!(emitted(family, &wire).contains("\"name\""), read(family, &wire).is_some());
    }

    #[test]
    fn any_octets(six in any::<bool>(), octets in vec(any::<u8>(), 0..40)) {
        let family = FAMILIES[usize::from(six)];
        let mut text = String::new();
        Mup::print(family, &octets, None, &mut text);
        emitted(family, &octets);
        if let Ok(run) = NlriRun::check(family, false, &octets, 0) {
            for nlri in &run {
                let back = parse(family, &nlri.to_string()).unwrap();
                prop_assert_eq!(back.wire(), nlri.wire);
            }
        }
    }
}
