use super::*;
use crate::attr::testing::Json;
use crate::nlri::NlriRun;

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap())
        .collect()
}

fn parse(family: Family, text: &str) -> Result<Nlri, TextError> {
    Nlri::parse(family, &mut Words::new(text))
}

#[test]
fn octets_json_and_text() {
    let (v4, v6) = (Family::IPV4_NLRI_MPLS, Family::IPV6_NLRI_MPLS);
    let (vpn4, vpn6) = (Family::IPV4_MPLS_VPN, Family::IPV6_MPLS_VPN);
    for (family, wire, json, text) in [
        (v4, "300006410a0000", r#""10.0.0.0/24", "label": [ [100] ]"#, "10.0.0.0/24 label 100"),
        (
            v4,
            "480006400006510a0000",
            r#""10.0.0.0/24", "label": [ [100], [101] ]"#,
            "10.0.0.0/24 label [ 100 101 ]",
        ),
        (v4, "18000001", r#""0.0.0.0/0", "label": [ [0] ]"#, "0.0.0.0/0 label 0"),
        (
            v6,
            "5800064120010db800000001",
            r#""2001:db8:0:1::/64", "label": [ [100] ]"#,
            "2001:db8:0:1::/64 label 100",
        ),
        (
            vpn4,
            "700006410000fde8000000010a0000",
            r#""10.0.0.0/24", "label": [ [100] ], "rd": "65000:1""#,
            "10.0.0.0/24 label 100 rd 65000:1",
        ),
        (
            vpn4,
            "88000640000c8100010102030400010a0003",
            r#""10.0.3.0/24", "label": [ [100], [200] ], "rd": "1.2.3.4:1""#,
            "10.0.3.0/24 label [ 100 200 ] rd 1.2.3.4:1",
        ),
        (
            vpn4,
            "7000064100030001117000010a0000",
            r#""10.0.0.0/24", "label": [ [100] ], "rd": "0x0003000111700001""#,
            "10.0.0.0/24 label 100 rd 0x0003000111700001",
        ),
        (
            vpn6,
            "780006410000fde80000000120010db8",
            r#""2001:db8::/32", "label": [ [100] ], "rd": "65000:1""#,
            "2001:db8::/32 label 100 rd 65000:1",
        ),
    ] {
        let wire = hex(wire);
        let run = NlriRun::check(family, false, &wire, 0).unwrap();
        let all: Vec<_> = run.iter().collect();
        assert_eq!(all.len(), 1, "{text}");
        let mut out = Json::default();
        all[0].emit(&mut out);
        assert_eq!(out.text, format!("{{ \"nlri\": {json} }}"));
        assert_eq!(all[0].to_string(), text);
        assert_eq!(parse(family, text).unwrap().wire(), wire, "{text}");
    }
}

#[test]
fn the_path_identifier_stands_after_the_prefix() {
    let wire = hex("00000005700006410000fde8000000010a0000");
    let run = NlriRun::check(Family::IPV4_MPLS_VPN, true, &wire, 0).unwrap();
    let nlri = run.iter().next().unwrap();
    let mut out = Json::default();
    nlri.emit(&mut out);
    let json =
        r#"{ "nlri": "10.0.0.0/24", "path-information": "0.0.0.5", "label": [ [100] ], "rd": "65000:1" }"#;
    assert_eq!(out.text, json);
    assert_eq!(nlri.to_string(), "10.0.0.0/24 path-information 0.0.0.5 label 100 rd 65000:1");
}

#[test]
fn withdrawals_have_no_label_or_any() {
    // RFC 8277, RFC 3107, and a label as other speakers send it.
    for (wire, label) in [("308000000a0000", 524_288), ("300000000a0000", 0), ("300006410a0000", 100)] {
        let wire = hex(wire);
        let run = NlriRun::check(Family::IPV4_NLRI_MPLS, false, &wire, 0).unwrap();
        let nlri = run.iter().next().unwrap();
        assert_eq!(nlri.to_string(), format!("10.0.0.0/24 label {label}"));
        assert_eq!((nlri.identity(), nlri.identity_length()), (&[10, 0, 0][..], 24));
    }
    let nlri = parse(Family::IPV4_MPLS_VPN, "10.0.3.0/24 rd 65000:1").unwrap();
    assert_eq!(nlri.wire(), hex("708000000000fde8000000010a0003"));
    assert!(!has_label(nlri.as_ref()));
    assert!(has_label(parse(Family::IPV4_NLRI_MPLS, "10.0.3.0/24 label 3").unwrap().as_ref()));
}

#[test]
fn labels_do_not_identify_a_route_and_lengths_do() {
    let key = |family, text| {
        let nlri = parse(family, text).unwrap();
        (nlri.identity().to_vec(), nlri.identity_length())
    };
    let vpn = Family::IPV4_MPLS_VPN;
    let first = key(vpn, "10.0.0.0/24 label 100 rd 1:1");
    assert_eq!(first, key(vpn, "10.0.0.0/24 label [ 100 200 ] rd 1:1"));
    assert_eq!(first, key(vpn, "10.0.0.0/24 rd 1:1"));
    assert_ne!(first, key(vpn, "10.0.0.0/23 label 100 rd 1:1"));
    assert_ne!(first, key(vpn, "10.0.0.0/24 label 100 rd 1:2"));
}

#[test]
fn wrong_octets() {
    let (v4, vpn4) = (Family::IPV4_NLRI_MPLS, Family::IPV4_MPLS_VPN);
    for (family, wire) in [
        (v4, "30000641"),
        (v4, "300006400a0000"),
        (v4, "180a0000"),
        (v4, "100006"),
        (v4, "17000641"),
        (v4, "390006410a00000000"),
        (v4, "00"),
        (vpn4, "300006410a0000"),
        (vpn4, "790006410000fde8000000010a000000ff"),
        (Family::IPV6_NLRI_MPLS, "ff000641"),
    ] {
        assert!(NlriRun::check(family, false, &hex(wire), 0).is_err(), "{family} {wire}");
    }
}

#[test]
fn wrong_texts() {
    for text in [
        "",
        "10.0.0.1/24 label 1",
        "2001:db8::/32 label 1",
        "10.0.0.0/24 label",
        "10.0.0.0/24 label 1048576",
        "10.0.0.0/24 label -1",
        "10.0.0.0/24 label [ 0 100 ]",
        "10.0.0.0/24 label [ 524288 100 ]",
        "10.0.0.0/24 label [ 1 2 3 4 5 6 7 8 9 10 11 ]",
    ] {
        assert!(parse(Family::IPV4_NLRI_MPLS, text).is_err(), "{text}");
    }
    assert!(parse(Family::IPV4_MPLS_VPN, "10.0.0.0/24 rd x label 1").is_err());
}

#[test]
fn octets_of_another_shape_do_not_panic() {
    for wire in [&[][..], &[0], &[255], &[24, 1], &[255, 0, 0, 2, 3], &[8, 1, 1, 1, 1, 1, 1]] {
        for family in [Family::IPV4_NLRI_MPLS, Family::IPV6_MPLS_VPN] {
            let nlri = NlriRef { family, path_id: None, wire };
            let _ = (nlri.to_string(), nlri.identity(), nlri.identity_length(), prefix(nlri));
            nlri.emit(&mut Json::default());
        }
    }
}
