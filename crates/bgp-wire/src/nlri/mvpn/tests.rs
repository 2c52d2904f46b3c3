//! Tests of the multicast VPN codec: ExaBGP's vectors, text both ways, and octets of every kind.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::attr::testing::Json;
use crate::nlri::{Nlri, NlriRun};

const FAMILY: Family = Family::IPV4_MCAST_VPN;

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn emitted(wire: &[u8]) -> String {
    let mut json = Json::default();
    Mvpn::emit(FAMILY, wire, None, &mut json);
    serde_json::from_str::<serde_json::Value>(&json.text).unwrap();
    json.text
}

fn parse(text: &str) -> Result<Nlri, TextError> {
    let mut words = Words::new(text);
    let nlri = Nlri::parse(FAMILY, &mut words)?;
    match words.next_word() {
        None => Ok(nlri),
        Some(word) => Err(TextError::new(word, "left over")),
    }
}

/// Octets, members after the common ones, text.
const VECTORS: [(&str, &str, &str); 10] = [
    (
        "010C0000FDE8000000010A000001",
        r#""name": "Intra-AS I-PMSI A-D Route", "rd": "65000:1", "originator": "10.0.0.1""#,
        "intra-as-i-pmsi rd 65000:1 originator 10.0.0.1",
    ),
    (
        "020C0000FDE8000000010000FDE9",
        r#""name": "Inter-AS I-PMSI A-D Route", "rd": "65000:1", "source-as": "65001""#,
        "inter-as-i-pmsi rd 65000:1 source-as 65001",
    ),
    (
        "03160000FDE800000001200A00000220EF0000010A000001",
        r#""name": "S-PMSI A-D Route", "rd": "65000:1", "source": "10.0.0.2", "group": "239.0.0.1", "originator": "10.0.0.1""#,
        "s-pmsi rd 65000:1 source 10.0.0.2 group 239.0.0.1 originator 10.0.0.1",
    ),
    (
        "030E0000FDE80000000100000A000001",
        r#""name": "S-PMSI A-D Route", "rd": "65000:1", "source": "*", "group": "*", "originator": "10.0.0.1""#,
        "s-pmsi rd 65000:1 source * group * originator 10.0.0.1",
    ),
    (
        "0412020C0000FDE8000000010000FDE90A000001",
        r#""name": "Leaf A-D Route", "route-key": "020C0000FDE8000000010000FDE9", "originator": "10.0.0.1""#,
        "leaf-ad route-key 0x020c0000fde8000000010000fde9 originator 10.0.0.1",
    ),
    (
        "05120000FDE800000001200A00000120E0000001",
        r#""name": "Source Active A-D Route", "rd": "65000:1", "source": "10.0.0.1", "group": "224.0.0.1""#,
        "source-ad rd 65000:1 source 10.0.0.1 group 224.0.0.1",
    ),
    (
        "06160000FDE8000000010000FDE8200A00000120E0000001",
        r#""name": "C-Multicast Shared Tree Join route", "rd": "65000:1", "source-as": "65000", "source": "10.0.0.1", "group": "224.0.0.1""#,
        "shared-join rd 65000:1 source-as 65000 rp 10.0.0.1 group 224.0.0.1",
    ),
    (
        "07160000FDE8000000010000FDE8200A00000120E0000001",
        r#""name": "C-Multicast Source Tree Join route", "rd": "65000:1", "source-as": "65000", "source": "10.0.0.1", "group": "224.0.0.1""#,
        "source-join rd 65000:1 source-as 65000 source 10.0.0.1 group 224.0.0.1",
    ),
    (
        "052A0000FDE80001869F80FD12000000000000000000000000000480FF0E0000000000000000000000000001",
        r#""name": "Source Active A-D Route", "rd": "65000:99999", "source": "fd12::4", "group": "ff0e::1""#,
        "source-ad rd 65000:99999 source fd12::4 group ff0e::1",
    ),
    (
        "072E0000FDE80001869F0000FDE880FD12000000000000000000000000000280FF0E0000000000000000000000000001",
        r#""name": "C-Multicast Source Tree Join route", "rd": "65000:99999", "source-as": "65000", "source": "fd12::2", "group": "ff0e::1""#,
        "source-join rd 65000:99999 source-as 65000 source fd12::2 group ff0e::1",
    ),
];

#[test]
fn vectors_are_emitted_as_exabgp_does_and_have_a_text() {
    for (hex, members, text) in VECTORS {
        let wire = octets(hex);
        let mut r = Reader::new(&wire);
        assert_eq!(Mvpn::split(FAMILY, &mut r).map(<[u8]>::len), Ok(wire.len()), "{hex}");
        let code = wire[0];
        let expected = format!(r#"{{ "code": {code}, "parsed": true, "raw": "{hex}", {members} }}"#);
        assert_eq!(emitted(&wire), expected);
        let nlri = parse(text).unwrap();
        assert_eq!(nlri.wire(), wire, "{text}");
        assert_eq!(nlri.to_string(), text);
    }
}

#[test]
fn the_original_order_of_words_is_read() {
    for (text, hex) in [
        (
            "source-ad source 10.99.12.2 group 239.251.255.228 rd 65000:99999",
            "05120000FDE80001869F200A630C0220EFFBFFE4",
        ),
        (
            "shared-join rp 10.99.199.1 group 239.251.255.228 rd 65000:99999 source-as 65000",
            "06160000FDE80001869F0000FDE8200A63C70120EFFBFFE4",
        ),
        (
            "source-join source 10.99.12.2 group 239.251.255.228 rd 65000:99999 source-as 65000",
            "07160000FDE80001869F0000FDE8200A630C0220EFFBFFE4",
        ),
    ] {
        assert_eq!(parse(text).unwrap().wire(), octets(hex), "{text}");
    }
}

#[test]
fn wrong_texts_are_refused_at_the_word() {
    for (text, word) in [
        ("", ""),
        ("bogus rd 1:1", "bogus"),
        ("source-ad source 10.0.0.1 group 239.0.0.1", ""),
        ("source-ad source 10.0.0 group 239.0.0.1 rd 1:1", "10.0.0"),
        ("source-ad source 10.0.0.1 source 10.0.0.1 group 239.0.0.1 rd 1:1", "source"),
        ("source-ad source * group 239.0.0.1 rd 1:1", "*"),
        ("source-join source 10.0.0.1 group 239.0.0.1 rd 1:1 source-as x", "x"),
        ("leaf-ad route-key 0x0203 originator 10.0.0.1", "0x0203"),
        ("raw 0x0503", "0x0503"),
        ("raw 05", "05"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.word, word, "{text}: {error}");
    }
}

#[test]
fn odd_routes_are_kept_and_the_next_one_is_found() {
    let odd = octets("0901AA0503AABBCC05120000FDE800000001200A00000120E0000001");
    let run = NlriRun::check(FAMILY, false, &odd, 0).unwrap();
    let all: Vec<_> = run.iter().map(|n| n.to_string()).collect();
    assert_eq!(
        all,
        ["raw 0x0901aa", "raw 0x0503aabbcc", "source-ad rd 65000:1 source 10.0.0.1 group 224.0.0.1"]
    );
    assert_eq!(emitted(&odd[..3]), r#"{ "code": 9, "parsed": false, "raw": "0901AA" }"#);
    assert!(NlriRun::check(FAMILY, false, &odd[..10], 0).is_err());
}

/// A route of any type, right or nearly so.
fn route() -> impl Strategy<Value = Vec<u8>> {
    let address = || prop_oneof![vec(any::<u8>(), 4), vec(any::<u8>(), 16)];
    let sized = move || {
        prop_oneof![
            8 => address().prop_map(|a| [vec![u8::try_from(a.len() * 8).unwrap()], a].concat()),
            1 => Just(vec![0]),
            1 => vec(any::<u8>(), 0..6),
        ]
    };
    let parts = (any::<[u8; 8]>(), any::<[u8; 4]>(), sized(), sized(), address());
    (0..9_u8, parts).prop_map(|(code, (rd, asn, source, group, ip))| {
        let value = match code {
            1 => [&rd[..], &ip].concat(),
            2 => [&rd[..], &asn].concat(),
            3 => [&rd[..], &source, &group, &ip].concat(),
            4 => [&[2, 12][..], &rd, &asn, &ip].concat(),
            5 => [&rd[..], &source, &group].concat(),
            _ => [&rd[..], &asn, &source, &group].concat(),
        };
        [vec![code, u8::try_from(value.len()).unwrap()], value].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn octets_text_octets(wire in route()) {
        let nlri = Nlri::from_wire(FAMILY, None, &wire);
        let text = nlri.to_string();
        let back = parse(&text).unwrap();
        prop_assert_eq!(back.wire(), &wire[..], "{}", text);
        prop_assert_eq!(back.to_string(), text);
        prop_assert_eq!(emitted(&wire).contains("\"parsed\": true"), read(&wire).is_some());
    }

    #[test]
    fn any_octets(octets in vec(any::<u8>(), 0..40)) {
        let mut text = String::new();
        Mvpn::print(FAMILY, &octets, None, &mut text);
        emitted(&octets);
        if let Ok(run) = NlriRun::check(FAMILY, false, &octets, 0) {
            for nlri in &run {
                let back = parse(&nlri.to_string()).unwrap();
                prop_assert_eq!(back.wire(), nlri.wire);
            }
        }
    }
}
