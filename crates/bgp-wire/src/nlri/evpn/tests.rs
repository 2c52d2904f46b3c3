//! Tests of the EVPN codec: ExaBGP's decoding vectors, text both ways, and octets of every kind.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::attr::testing::Json;
use crate::nlri::{Nlri, NlriRun, inet};

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn emitted(wire: &[u8]) -> String {
    let mut json = Json::default();
    Evpn::emit(Family::L2VPN_EVPN, wire, None, &mut json);
    serde_json::from_str::<serde_json::Value>(&json.text).unwrap();
    json.text
}

fn parse(text: &str) -> Result<Nlri, TextError> {
    let mut words = Words::new(text);
    let nlri = Nlri::parse(Family::L2VPN_EVPN, &mut words)?;
    match words.next_word() {
        None => Ok(nlri),
        Some(word) => Err(TextError::new(word, "left over")),
    }
}

/// Octets, members after the common ones, text.
const VECTORS: [(&str, &str, &str); 8] = [
    (
        "011900010A00000100010011223344556677889900000000000641",
        r#""name": "Ethernet Auto-Discovery", "rd": "10.0.0.1:1", "esi": "00:11:22:33:44:55:66:77:88:99", "ethernet-tag": 0, "label": [ [100, 1601] ]"#,
        "ethernet-ad rd 10.0.0.1:1 esi 00:11:22:33:44:55:66:77:88:99 ethernet-tag 0 label 100",
    ),
    (
        "022100010A000001000100000000000000000000000000003000112233445500000641",
        r#""name": "MAC/IP advertisement", "rd": "10.0.0.1:1", "esi": "-", "ethernet-tag": 0, "mac": "00:11:22:33:44:55", "label": [ [100, 1601] ]"#,
        "mac-advertisement rd 10.0.0.1:1 esi - ethernet-tag 0 mac 00:11:22:33:44:55 label 100",
    ),
    (
        "022500010A0000010001000000000000000000000000006430001122334455200A000063000641",
        r#""name": "MAC/IP advertisement", "rd": "10.0.0.1:1", "esi": "-", "ethernet-tag": 100, "mac": "00:11:22:33:44:55", "label": [ [100, 1601] ], "ip": "10.0.0.99""#,
        "mac-advertisement rd 10.0.0.1:1 esi - ethernet-tag 100 mac 00:11:22:33:44:55 label 100 ip 10.0.0.99",
    ),
    (
        "023400010A00000100010000000000000000000000000064300011223344558020010DB8000000000000000000000001000640000651",
        r#""name": "MAC/IP advertisement", "rd": "10.0.0.1:1", "esi": "-", "ethernet-tag": 100, "mac": "00:11:22:33:44:55", "label": [ [100, 1600] ], "ip": "2001:db8::1""#,
        "mac-advertisement rd 10.0.0.1:1 esi - ethernet-tag 100 mac 00:11:22:33:44:55 label [ 0x000640 101 ] ip 2001:db8::1",
    ),
    (
        "031100010A000001000100000064200A000001",
        r#""name": "Inclusive Multicast Ethernet Tag", "rd": "10.0.0.1:1", "ethernet-tag": 100, "ip": "10.0.0.1""#,
        "multicast rd 10.0.0.1:1 ethernet-tag 100 ip 10.0.0.1",
    ),
    (
        "041700010A000001000100112233445566778899200A000001",
        r#""name": "Ethernet Segment", "rd": "10.0.0.1:1", "esi": "00:11:22:33:44:55:66:77:88:99", "ip": "10.0.0.1""#,
        "ethernet-segment rd 10.0.0.1:1 esi 00:11:22:33:44:55:66:77:88:99 ip 10.0.0.1",
    ),
    (
        "052200010A00000100010000000000000000000000000000180A0000000A000001000641",
        r#""name": "IP Prefix Advertisement", "rd": "10.0.0.1:1", "esi": "-", "ethernet-tag": 0, "label": [ [100, 1601] ], "ip": "10.0.0.0", "iplen": 24, "gateway": "10.0.0.1""#,
        "ip-prefix rd 10.0.0.1:1 esi - ethernet-tag 0 label 100 prefix 10.0.0.0/24 gateway 10.0.0.1",
    ),
    (
        "053A00010A000001000100000000000000000000000000004020010DB800000000000000000000000000000000000000000000000000000000000641",
        r#""name": "IP Prefix Advertisement", "rd": "10.0.0.1:1", "esi": "-", "ethernet-tag": 0, "label": [ [100, 1601] ], "ip": "2001:db8::", "iplen": 64, "gateway": "::""#,
        "ip-prefix rd 10.0.0.1:1 esi - ethernet-tag 0 label 100 prefix 2001:db8::/64 gateway ::",
    ),
];

#[test]
fn vectors_are_emitted_as_exabgp_does_and_have_a_text() {
    for (hex, members, text) in VECTORS {
        let wire = octets(hex);
        let mut r = Reader::new(&wire);
        assert_eq!(Evpn::split(Family::L2VPN_EVPN, &mut r).map(<[u8]>::len), Ok(wire.len()), "{hex}");
        let code = wire[0];
        assert_eq!(
            emitted(&wire),
            format!(r#"{{ "code": {code}, "parsed": true, "raw": "{hex}", {members} }}"#)
        );
        let nlri = parse(text).unwrap();
        assert_eq!(nlri.wire(), wire, "{text}");
        assert_eq!(nlri.to_string(), text);
    }
}

#[test]
fn fields_come_in_any_order_and_some_may_be_left_out() {
    let full = "mac-advertisement rd 65000:1 esi - ethernet-tag 0 mac 00:AA:BB:CC:DD:EE label 100";
    for text in [
        full,
        "mac-advertisement label 100 mac 00:aa:bb:cc:dd:ee rd 65000:1",
        "mac-advertisement label [ 100 ] mac 00:aa:bb:cc:dd:ee rd 65000:1 esi 00:00:00:00:00:00:00:00:00:00",
    ] {
        assert_eq!(parse(text).unwrap().to_string(), full);
    }
    let vni = parse("mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd:ee vni 1600").unwrap();
    assert!(vni.to_string().ends_with("label 0x000640"), "{vni}");
    let max = parse("ethernet-ad rd 1:1 ethernet-tag max label 0").unwrap();
    assert_eq!(max.to_string(), "ethernet-ad rd 1:1 esi - ethernet-tag 4294967295 label 0");
    let mut words = Words::new("multicast rd 1:1 ip 10.0.0.1 next-hop 10.0.0.1");
    Nlri::parse(Family::L2VPN_EVPN, &mut words).unwrap();
    assert_eq!(words.rest(), "next-hop 10.0.0.1");
}

#[test]
fn wrong_texts_are_refused() {
    for text in [
        "",
        "bogus rd 1:1",
        "multicast ip 10.0.0.1",
        "multicast rd 1:1",
        "multicast rd 1:1 ip 10.0.0",
        "multicast rd 1:1 rd 1:1 ip 10.0.0.1",
        "multicast rd 1:1 ip 10.0.0.1 label 5",
        "mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd label 1",
        "mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd:e+ label 1",
        "mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd:ee",
        "mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd:ee label 1048576",
        "mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd:ee label [ 1 2 3 ]",
        "mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd:ee label 1 label 2",
        "mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd:ee vni 16777216",
        "mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd:ee label 0x+00641",
        "ethernet-ad rd 1:1 esi 00:11 label 1",
        "ethernet-ad rd 1:1 ethernet-tag 4294967296 label 1",
        "ethernet-ad rd 1:1 ethernet-tag 1 label [ 1 2 ]",
        "ip-prefix rd 1:1 label 1 prefix 10.0.0.1/24",
        "ip-prefix rd 1:1 label 1 prefix 10.0.0.0/24 gateway ::",
        "raw 0x",
        "raw 0x0604010203",
        "raw 0x060401020g04",
        "raw 060401020304",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    let error = parse("multicast rd 1:1 next-hop 10.0.0.1").unwrap_err().to_string();
    assert_eq!(error, "the address (ip) must stand before this: 'next-hop'");
}

/// CVE-2026-5107: lengths inside the route that were believed.
#[test]
fn odd_routes_are_kept_as_octets_and_cost_no_other() {
    let good = octets(VECTORS[4].0);
    for odd in [
        vec![6, 4, 1, 2, 3, 4],
        vec![2, 0],
        vec![5, 1, 0],
        [&[3, 17], &good[2..14], &[33], &good[15..]].concat(),
        [&[3, 18], &good[2..], &[0]].concat(),
        octets("022100010A000001000100000000000000000000000000002F00112233445500000641"),
        octets("052200010A00000100010000000000000000000000000000210A0000000A000001000641"),
    ] {
        let hex = odd.iter().fold(String::new(), |hex, b| hex + &format!("{b:02X}"));
        let code = odd[0];
        assert_eq!(emitted(&odd), format!(r#"{{ "code": {code}, "parsed": false, "raw": "{hex}" }}"#));
        let field = [&good[..], &odd, &good].concat();
        let run = NlriRun::check(Family::L2VPN_EVPN, false, &field, 0).unwrap();
        assert_eq!(
            run.iter().map(|n| n.wire.to_vec()).collect::<Vec<_>>(),
            [good.clone(), odd.clone(), good.clone()]
        );
        let text = format!("raw 0x{}", hex.to_lowercase());
        assert_eq!(parse(&text).unwrap().wire(), odd);
        assert_eq!(parse(&text).unwrap().to_string(), text);
    }
    for short in [&[3][..], &[3, 1], &good[..good.len() - 1]] {
        let error = NlriRun::check(Family::L2VPN_EVPN, false, short, 0).unwrap_err();
        assert_eq!(error.notification().subcode, 10);
    }
}

#[test]
fn labels_and_gateways_are_no_part_of_the_key() {
    let same = |a: &str, b: &str| parse(a).unwrap().identity() == parse(b).unwrap().identity();
    let mac = "mac-advertisement rd 1:1 mac 00:aa:bb:cc:dd:ee";
    assert!(same(&format!("{mac} label 1"), &format!("{mac} label 2")));
    assert!(!same(&format!("{mac} label 1"), &format!("{mac} label 1 ip 10.0.0.1")));
    assert!(same("ethernet-ad rd 1:1 label 1", "ethernet-ad rd 1:1 label 2"));
    assert!(!same("ethernet-ad rd 1:1 label 1", "ethernet-ad rd 1:2 label 1"));
    let prefix = "ip-prefix rd 1:1 prefix 10.0.0.0/24";
    assert!(same(&format!("{prefix} label 1"), &format!("{prefix} label 2 gateway 10.0.0.1")));
    assert!(!same(&format!("{prefix} label 1"), "ip-prefix rd 1:1 prefix 10.0.0.0/25 label 1"));
    assert!(!same("multicast rd 1:1 ip 10.0.0.1", "multicast rd 1:1 ip 10.0.0.2"));
}

/// Text of any route.
fn text() -> impl Strategy<Value = String> {
    let ip = || {
        prop_oneof![
            any::<Ipv4Addr>().prop_map(|a| a.to_string()),
            any::<Ipv6Addr>().prop_map(|a| a.to_string()),
        ]
    };
    let common = (any::<u64>(), prop_oneof![Just([0; 10]), any::<[u8; 10]>()], any::<u32>());
    let inner =
        (0..1_u32 << 24, any::<[u8; 6]>(), prop::option::of(ip()), ip(), any::<[u8; 16]>(), 0..=32_u8);
    (common, inner, 0..6_usize).prop_map(|((rd, esi, tag), (label, mac, maybe, ip, address, length), kind)| {
        let rd = crate::nlri::rd::RouteDistinguisher(rd.to_be_bytes()).input();
        let esi = fields::Esi(esi);
        let [a, b, c, d, ..] = address;
        let (v4, v6) = (Ipv4Addr::from([a, b, c, d]), Ipv6Addr::from(address));
        let (v4, v6) = (inet::network(v4.into(), length), inet::network(v6.into(), length));
        let maybe = maybe.map(|ip| format!(" ip {ip}")).unwrap_or_default();
        match kind {
            0 => format!("ethernet-ad rd {rd} esi {esi} ethernet-tag {tag} label 0x{label:06x}"),
            1 => format!(
                "mac-advertisement rd {rd} esi {esi} ethernet-tag {tag} mac {} label 0x{label:06x}{maybe}",
                fields::Mac(&mac)
            ),
            2 => format!("multicast rd {rd} ethernet-tag {tag} ip {ip}"),
            3 => format!("ethernet-segment rd {rd} esi {esi} ip {ip}"),
            4 => format!("ip-prefix rd {rd} esi {esi} ethernet-tag {tag} vni {label} prefix {v4}/{length}"),
            _ => format!("ip-prefix rd {rd} label 0x{label:06x} prefix {v6}/{length} gateway {v6}"),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn text_to_wire_to_text(text in text()) {
        let nlri = parse(&text).unwrap();
        let printed = nlri.to_string();
        prop_assert_eq!(&parse(&printed).unwrap(), &nlri);
        prop_assert_eq!(parse(&printed).unwrap().to_string(), printed.clone());
        prop_assert!(!printed.starts_with("raw"));
        prop_assert!(emitted(nlri.wire()).contains(r#""parsed": true"#));
    }

    #[test]
    fn any_octets_are_kept_shown_and_parsed_back(code in 0..8_u8, value in vec(any::<u8>(), 0..70), known in any::<bool>()) {
        // Half of them have the length of a route type, so that their insides are reached.
        let lengths = [25, 33, 37, 49, 52, 17, 29, 23, 35, 34, 58];
        let value = if known {
            let mut value = value;
            let length = lengths[value.len() % lengths.len()];
            value.resize(length, 0);
            value
        } else {
            value
        };
        let wire = [&[code, u8::try_from(value.len()).unwrap()], &value[..]].concat();
        let run = NlriRun::check(Family::L2VPN_EVPN, false, &wire, 0).unwrap();
        let nlri = run.iter().next().unwrap().to_owned();
        prop_assert_eq!(nlri.wire(), &wire[..]);
        emitted(&wire);
        prop_assert_eq!(parse(&nlri.to_string()).unwrap(), nlri.clone());
        prop_assert!(wire.starts_with(nlri.identity()));
    }

    #[test]
    fn no_octets_panic(wire in vec(any::<u8>(), 0..80)) {
        emitted(&wire);
        let mut out = String::new();
        Evpn::print(Family::L2VPN_EVPN, &wire, Some(1), &mut out);
        Evpn::identity(&wire);
        let _ = NlriRun::check(Family::L2VPN_EVPN, true, &wire, 0);
    }
}
