//! Tests of the prefix-SID codec: the vectors of ExaBGP, and values that are wrong.

use super::*;
use crate::attr::testing::{emitted, parsed, printed, written};

const SID: &str = "20010db8000000000000000000000001";

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn text_gives_the_octets_of_exabgp_and_is_shown_like_there() {
    let structure = format!("050022 00 01001e 00{SID}00004800 010006 301010000000").replace(' ', "");
    let l3 = format!("05001900010015 00{SID}00004800").replace(' ', "");
    let l2 = format!("06001900010015 00{SID}00ffff00").replace(' ', "");
    let vectors = [
        ("[ 300 ]", "0100070000000000012c", "[ 300 ]"),
        (
            "[ 300, [ ( 800000,4096 ) ] ]",
            "0100070000000000012c03000800000c3500001000",
            "[ 300, [ ( 800000,4096 ) ] ]",
        ),
        (
            "[ 300, [ ( 800000,4096 ), ( 1000,10 ) ] ]",
            "0100070000000000012c03000e00000c35000010000003e800000a",
            "[ 300, [ ( 800000,4096 ), ( 1000,10 ) ] ]",
        ),
        (
            "( l3-service 2001:db8::1 0x48 [48,16,16,0,0,0] )",
            &structure,
            "[ l3-service [ sid-information [ sid:2001:db8::1 flags:0 endpoint_behavior:0x48  [ sid-structure [48,16,16,0,0,0] ] ] ]",
        ),
        (
            "( l3-service 2001:db8::1 0x48 )",
            &l3,
            "[ l3-service [ sid-information [ sid:2001:db8::1 flags:0 endpoint_behavior:0x48  ] ]",
        ),
        (
            "( l2-service 2001:db8::1 )",
            &l2,
            "[ l2-service [ sid-information [ sid:2001:db8::1 flags:0 endpoint_behavior:0xffff  ] ]",
        ),
    ];
    for (text, hex, shown) in vectors {
        let wire = parsed::<PrefixSid>(text).unwrap();
        assert_eq!(wire, octets(hex), "{text}");
        assert_eq!(PrefixSid::check(&wire, &DecodeCtx::default()), Ok(()));
        assert_eq!(printed::<PrefixSid>(&wire), format!("bgp-prefix-sid {shown}"));
        let input = written::<PrefixSid>(&wire);
        let (_, input) = input.split_once(' ').unwrap();
        assert_eq!(parsed::<PrefixSid>(input).unwrap(), wire, "{input}");
    }
}

#[test]
fn emission_is_json() {
    let sid = format!("00{SID}00001300");
    let vectors = [
        ("01000700000000000064".to_owned(), r#"{ "sr-label-index": 100 }"#),
        (
            "0100070000000000006403000800 00003e80001f40".replace(' ', ""),
            r#"{ "sr-label-index": 100, "sr-srgbs": [[16000, 8000]] }"#,
        ),
        (
            "03000e0000003e80001f400186a0001f40".to_owned(),
            r#"{ "sr-srgbs": [[16000, 8000], [100000, 8000]] }"#,
        ),
        (
            format!("0500220001001e{sid}010006281810001040"),
            r#"{ "l3-service": [ { "sid": "2001:db8::1", "flags": 0, "endpoint_behavior": 19, "structure": {"locator-block-length": 40, "locator-node-length": 24, "function-length": 16, "argument-length": 0, "transposition-length": 16, "transposition-offset": 64} } ] }"#,
        ),
        (
            format!("06001900010015{sid}"),
            r#"{ "l2-service": [ { "sid": "2001:db8::1", "flags": 0, "endpoint_behavior": 19 } ] }"#,
        ),
        ("05000700090003010203".to_owned(), r#"{ "l3-service": [ ] }"#),
        (
            format!("0500200001001c{sid}09000401020304"),
            r#"{ "l3-service": [ { "sid": "2001:db8::1", "flags": 0, "endpoint_behavior": 19 } ] }"#,
        ),
        ("630003010203".to_owned(), r#"{ "attribute-not-implemented-99": "0x010203" }"#),
        ("0100070000000000006401000700000000000065".to_owned(), r#"{ "sr-label-index": 100 }"#),
    ];
    for (hex, json) in vectors {
        let wire = octets(&hex);
        assert_eq!(PrefixSid::check(&wire, &DecodeCtx::default()), Ok(()), "{hex}");
        assert_eq!(emitted::<PrefixSid>(&wire), json);
        printed::<PrefixSid>(&wire);
    }
}

/// CVE-2023-31490 and CVE-2024-31948: lengths of TLVs that were believed.
#[test]
fn malformed_ones_are_discarded_and_never_panic() {
    let sid = format!("00{SID}00001300");
    for hex in [
        String::new(),
        "01".to_owned(),
        "0100".to_owned(),
        "010007000000".to_owned(),
        "010006000000000000".to_owned(),
        "0300020000".to_owned(),
        "030007000000000000 00".replace(' ', ""),
        "050000".to_owned(),
        "05000200 01".replace(' ', ""),
        format!("0500190001 0016{sid}").replace(' ', ""),
        format!("05001d00010019{sid}01000500"),
        format!("0500210001001d{sid}0100050102030405"),
        format!("0500230001001f{sid}01000701020304050607"),
        format!("05001800010014{}", &sid[..40]),
    ] {
        let wire = octets(&hex);
        let fault = PrefixSid::check(&wire, &DecodeCtx::default()).unwrap_err();
        assert_eq!(fault.treatment, Treatment::Discard, "{hex}");
        emitted::<PrefixSid>(&wire);
        printed::<PrefixSid>(&wire);
        written::<PrefixSid>(&wire);
    }
}

#[test]
fn wrong_text_is_refused() {
    for text in [
        "",
        "300",
        "[ ]",
        "[ 4294967296 ]",
        "[ 300, [ ] ]",
        "[ 300, [ ( 16777216,1 ) ] ]",
        "[ 300, [ ( 1,1 ) ]",
        "[ 300, [ ( 1 ) ] ]",
        "[ 300",
        "( l4-service 2001:db8::1 )",
        "( l3-service 10.0.0.1 )",
        "( l3-service 2001:db8::1 0x10000 )",
        "( l3-service 2001:db8::1 [1,2,3,4,5] )",
        "( l3-service 2001:db8::1 [1,2,3,4,5,256] )",
        "( l3-service 2001:db8::1 0x48 [1,2,3,4,5,6]",
    ] {
        assert!(parsed::<PrefixSid>(text).is_err(), "{text}");
    }
}
