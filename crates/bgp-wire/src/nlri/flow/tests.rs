use proptest::prelude::*;

use super::*;
use crate::attr::testing::Json;
use crate::nlri::{Nlri, NlriRef, NlriRun};

fn octets(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn parse(family: Family, text: &str) -> Result<Nlri, TextError> {
    let mut words = Words::new(text);
    let nlri = Nlri::parse(family, &mut words)?;
    assert_eq!(words.next_word(), None, "{text}");
    Ok(nlri)
}

fn decoded(family: Family, hex: &str) -> Result<String, DecodeError> {
    let wire = octets(hex);
    let run = NlriRun::check(family, false, &wire, 0)?;
    let mut all = run.iter();
    let text = all.next().map(|n| n.to_string()).unwrap_or_default();
    assert!(all.next().is_none());
    Ok(text)
}

fn json(family: Family, hex: &str) -> String {
    let mut out = Json::default();
    Flow::emit(family, &octets(hex), None, &mut out);
    out.text
}

#[test]
fn received_rules_are_shown() {
    for (family, hex, text) in [
        (Family::IPV4_FLOW, "0501180a0000", "flow destination-ipv4 10.0.0.0/24"),
        (
            Family::IPV4_FLOW,
            "1101180a000002200a000001038106048150",
            "flow destination-ipv4 10.0.0.0/24 source-ipv4 10.0.0.1/32 protocol =tcp port =80",
        ),
        (
            Family::IPV4_FLOW,
            "1701180a00000301068111048150050350d5020006911f90",
            "flow destination-ipv4 10.0.0.0/24 protocol [ =tcp =udp ] port =80 \
             destination-port [ >=80&<=512 ] source-port =8080",
        ),
        (
            Family::IPV4_FLOW,
            "1601180a0000050150025103520453055406554756c557",
            "flow destination-ipv4 10.0.0.0/24 destination-port [ =80 >81 >=82 <83 <=84 !=85&true86&<=87 ]",
        ),
        (Family::IPV4_FLOW, "0801180a0000058750", "flow destination-ipv4 10.0.0.0/24 destination-port true"),
        // The "and" of a first operator has no meaning.
        (Family::IPV4_FLOW, "0801180a000005c750", "flow destination-ipv4 10.0.0.0/24 destination-port true"),
        (
            Family::IPV4_FLOW,
            "0f01180a000007010881000801008104",
            "flow destination-ipv4 10.0.0.0/24 icmp-type [ =echo-request =echo-reply ] icmp-code [ =0 =4 ]",
        ),
        (
            Family::IPV4_FLOW,
            "1001180a0000090102001002010304c03f",
            "flow destination-ipv4 10.0.0.0/24 tcp-flags [ =syn ack !fin !=rst&fin+syn+rst+push+ack+urg ]",
        ),
        (
            Family::IPV4_FLOW,
            "0a01180a0000090102c110",
            "flow destination-ipv4 10.0.0.0/24 tcp-flags [ =syn&=ack ]",
        ),
        (Family::IPV4_FLOW, "0901180a000009910102", "flow destination-ipv4 10.0.0.0/24 tcp-flags =syn+ns"),
        (
            Family::IPV4_FLOW,
            "1a01180a00000a130040d504000b010a812e0c0101010201048108",
            "flow destination-ipv4 10.0.0.0/24 packet-length [ >=64&<=1024 ] dscp [ =10 =46 ] \
             fragment [ =dont-fragment =is-fragment =first-fragment =last-fragment ]",
        ),
        (Family::IPV4_FLOW, "0801180a00000c8000", "flow destination-ipv4 10.0.0.0/24 fragment "),
        (
            Family::IPV4_FLOW,
            "0801180a00000c8106",
            "flow destination-ipv4 10.0.0.0/24 fragment =is-fragment+first-fragment",
        ),
        (Family::IPV4_FLOW, "0801180a00000c8202", "flow destination-ipv4 10.0.0.0/24 fragment !is-fragment"),
        (Family::IPV4_FLOW, "0801180a00000381fe", "flow destination-ipv4 10.0.0.0/24 protocol =254"),
        (Family::IPV4_FLOW, "0b01180a000004a100000050", "flow destination-ipv4 10.0.0.0/24 port =80"),
        (Family::IPV4_FLOW, "03048150", "flow port =80"),
        (Family::IPV4_FLOW, "020100", "flow destination-ipv4 0.0.0.0/0"),
        (Family::IPV4_FLOW, "00", "flow"),
        (
            Family::IPV6_FLOW,
            "0e01400020010db800000001038106",
            "flow destination-ipv6 2001:db8:0:1::/64/0 next-header =tcp",
        ),
        // RFC 8956 section 3.8: the pattern starts at the offset.
        (
            Family::IPV6_FLOW,
            "0a01402000000001038106",
            "flow destination-ipv6 0:0:0:1::/64/32 next-header =tcp",
        ),
        (
            Family::IPV6_FLOW,
            "1a02400020010db8000000010781800881000b812e0da100001234",
            "flow source-ipv6 2001:db8:0:1::/64/0 icmp-type =128 icmp-code =0 traffic-class =46 \
             flow-label =4660",
        ),
        (
            Family::IPV4_FLOW_VPN,
            "0d0000fde80000000101180a0000",
            "flow destination-ipv4 10.0.0.0/24 rd 65000:1",
        ),
        (
            Family::IPV6_FLOW_VPN,
            "130000fde80000000101400020010db800000001",
            "flow destination-ipv6 2001:db8:0:1::/64/0 rd 65000:1",
        ),
    ] {
        assert_eq!(decoded(family, hex).as_deref(), Ok(text), "{hex}");
    }
}

#[test]
fn objects_hold_the_components_and_the_text() {
    assert_eq!(
        json(Family::IPV4_FLOW, "1701180a00000301068111048150050350d5020006911f90"),
        r#"{ "destination-ipv4": [ "10.0.0.0/24" ], "protocol": [ "=tcp", "=udp" ], "port": [ "=80" ], "destination-port": [ ">=80&<=512" ], "source-port": [ "=8080" ], "string": "flow destination-ipv4 10.0.0.0/24 protocol [ =tcp =udp ] port =80 destination-port [ >=80&<=512 ] source-port =8080" }"#
    );
    assert_eq!(
        json(Family::IPV4_FLOW_VPN, "0d0000fde80000000101180a0000"),
        r#"{ "destination-ipv4": [ "10.0.0.0/24" ], "rd": "65000:1", "string": "flow destination-ipv4 10.0.0.0/24 rd 65000:1" }"#
    );
    assert_eq!(
        json(Family::IPV4_FLOW, "0801180a00000c8000"),
        r#"{ "destination-ipv4": [ "10.0.0.0/24" ], "fragment": [ "" ], "string": "flow destination-ipv4 10.0.0.0/24 fragment " }"#
    );
}

#[test]
fn malformed_rules_are_refused() {
    for (family, hex) in [
        (Family::IPV4_FLOW, "0801180a00000e8102"),           // unknown type
        (Family::IPV4_FLOW, "0801180a00000d8102"),           // flow label, of IPv6 only
        (Family::IPV4_FLOW, "0804815001180a0000"),           // order
        (Family::IPV4_FLOW, "06048150048151"),               // the same type twice
        (Family::IPV4_FLOW, "0401180a00"),                   // prefix cut short
        (Family::IPV4_FLOW, "0601210a000000"),               // prefix length 33
        (Family::IPV4_FLOW, "03040150"),                     // no end of the list
        (Family::IPV4_FLOW, "03049150"),                     // value cut short
        (Family::IPV4_FLOW, "0104"),                         // no operator
        (Family::IPV4_FLOW, "05048150"),                     // longer than the field
        (Family::IPV4_FLOW, "f0"),                           // half a length
        (Family::IPV4_FLOW, "ffff01180a0000"),               // a long length and nothing to it
        (Family::IPV6_FLOW, "0b01204020010db8038106000000"), // offset over length
        (Family::IPV6_FLOW, "03018100"),                     // length 129
        (Family::IPV6_FLOW, "020120"),                       // no offset
        (Family::IPV4_FLOW_VPN, "070000fde8000000"),         // half a route distinguisher
    ] {
        let error = decoded(family, hex).unwrap_err().notification();
        assert_eq!((error.code, error.subcode), (3, 10), "{hex}");
    }
}

#[test]
fn entered_rules_are_sorted_and_encoded() {
    for (family, text, hex) in [
        (
            Family::IPV4_FLOW,
            "source 10.0.0.0/24 destination 10.0.1.0/24 protocol [ tcp udp ] \
             destination-port [ =80 >8080&<8088 ] tcp-flags [ syn+ack !fin ] fragment [ first-fragment ] \
             packet-length >200&<300 dscp 10 icmp-type echo-request",
            "2c01180a000102180a00000301068111050150121f90d41f9807810809001282010a02c8d4012c0b810a0c8004",
        ),
        (Family::IPV4_FLOW, "source 10.0.0.0/24 destination-port =http", "0802180a0000058150"),
        (Family::IPV4_FLOW_VPN, "rd 65000:1 source 10.0.0.0/24", "0d0000fde80000000102180a0000"),
        (Family::IPV4_FLOW, "source 10.0.0.0/24 tcp-flags SYN ACK", "0a02180a00000900028010"),
        (Family::IPV4_FLOW, "source 10.0.0.0/24 tcp-flags [ 0x20+0x8+0x1 ]", "0802180a0000098029"),
        (Family::IPV4_FLOW, "source 10.0.0.77/24", "0502180a0000"),
        (Family::IPV4_FLOW, "flow port 80 port [ ] port [ 81 82 ]", "0704015001518152"),
        (Family::IPV4_FLOW, "protocol Tcp icmp-code Host_Unreachable", "06038106088101"),
        (Family::IPV6_FLOW, "source 2001:db8::/32", "0702200020010db8"),
        (
            Family::IPV6_FLOW,
            "source 2001:db8::/32 destination 2001:db8::1/128/64 next-header tcp traffic-class 3 flow-label 100",
            "1b01804000000000000000010220002001 0db8 038106 0b8103 0d8164",
        ),
    ] {
        assert_eq!(parse(family, text).map(|n| n.wire().to_vec()), Ok(octets(hex)), "{text}");
    }
}

#[test]
fn wrong_rules_are_refused() {
    for (family, text) in [
        (Family::IPV4_FLOW, ""),
        (Family::IPV4_FLOW, "source"),
        (Family::IPV4_FLOW, "source 10.0.0.0"),
        (Family::IPV4_FLOW, "source 10.0.0.0/33"),
        (Family::IPV4_FLOW, "source 10.0.0.0/24/8"),
        (Family::IPV4_FLOW, "source 2001:db8::/32"),
        (Family::IPV4_FLOW, "source 10.0.0.0/24 source 10.0.1.0/24"),
        (Family::IPV6_FLOW, "source 2001:db8::/32/32"),
        (Family::IPV6_FLOW, "protocol tcp"),
        (Family::IPV4_FLOW, "next-header tcp"),
        (Family::IPV4_FLOW, "flow-label 1"),
        (Family::IPV4_FLOW, "port 65536"),
        (Family::IPV4_FLOW, "protocol 256"),
        (Family::IPV4_FLOW, "protocol tcp+udp"),
        (Family::IPV4_FLOW, "dscp 64"),
        (Family::IPV4_FLOW, "port !80"),
        (Family::IPV4_FLOW, "port ="),
        (Family::IPV4_FLOW, "port >=80&"),
        (Family::IPV4_FLOW, "port [ 80"),
        (Family::IPV4_FLOW, "port 0x"),
        (Family::IPV4_FLOW, "fragment not-a-fragment"),
        (Family::IPV4_FLOW, "tcp-flags syn+"),
        (Family::IPV4_FLOW, "port 80 rd 1:1"),
        (Family::IPV4_FLOW_VPN, "port 80"),
        (Family::IPV4_FLOW_VPN, "port 80 rd 1:2:3"),
        (Family::IPV4_FLOW_VPN, "port 80 rd 70000:65536"),
    ] {
        assert!(parse(family, text).is_err(), "{text}");
    }
}

#[test]
fn the_words_tell_the_family() {
    let family = |text| {
        let (mut words, mut rule) = (Words::new(text), Rule::new());
        while let Some(word) = words.next_word() {
            assert!(rule.accept(word, &mut words)?, "{text}");
        }
        rule.finish(&words).map(|n| n.family())
    };
    assert_eq!(family("port 80"), Ok(Family::IPV4_FLOW));
    assert_eq!(family("port 80 source ::/0"), Ok(Family::IPV6_FLOW));
    assert_eq!(family("source ::/0 rd 1:1"), Ok(Family::IPV6_FLOW_VPN));
    assert_eq!(family("rd 1.2.3.4:1 protocol udp"), Ok(Family::IPV4_FLOW_VPN));
    assert!(family("source ::/0 destination 10.0.0.0/8").is_err());
}

#[test]
fn long_rules_have_long_lengths() {
    let ports = |n: usize| {
        let list: Vec<String> = (0..n).map(|i| (1000 + i).to_string()).collect();
        parse(Family::IPV4_FLOW, &format!("port [ {} ]", list.join(" ")))
    };
    // A type octet and three octets for each port.
    for (n, field) in [(79, &[238][..]), (80, &[0xf0, 241]), (85, &[0xf1, 0x00]), (1364, &[0xff, 0xfd])] {
        let nlri = ports(n).unwrap();
        assert!(nlri.wire().starts_with(field), "{n}");
        let run = NlriRun::check(Family::IPV4_FLOW, false, nlri.wire(), 0).unwrap();
        assert_eq!(run.iter().map(NlriRef::to_owned).collect::<Vec<_>>(), [nlri]);
    }
    assert!(ports(1365).is_err());
    let short = Nlri::from_wire(Family::IPV4_FLOW, None, &octets("03048150"));
    let long = Nlri::from_wire(Family::IPV4_FLOW, None, &octets("f003048150"));
    assert_eq!(short.identity(), long.identity());
    assert_eq!(decoded(Family::IPV4_FLOW, "f003048150").as_deref(), Ok("flow port =80"));
}

fn families() -> impl Strategy<Value = Family> {
    prop::sample::select(vec![
        Family::IPV4_FLOW,
        Family::IPV4_FLOW_VPN,
        Family::IPV6_FLOW,
        Family::IPV6_FLOW_VPN,
    ])
}

fn numbers(max: u32) -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec!["=", ">", ">=", "<", "<=", "!="]);
    let joined = prop::collection::vec((sign, 0..=max).prop_map(|(s, n)| format!("{s}{n}")), 1..4);
    let words = prop::collection::vec(joined.prop_map(|terms| terms.join("&")), 1..100);
    words.prop_map(|words| format!("[ {} ]", words.join(" ")))
}

proptest! {
    #[test]
    fn text_to_wire_to_text_to_wire(
        family in families(), address in any::<u128>(), length in 1_u8..=128, offset in 0_u8..=127,
        ports in numbers(65535), sizes in numbers(65535), flags in 1_u16..0x200, rd in any::<u32>(),
    ) {
        let prefix = if family.afi == Afi::IPV4 {
            format!("{}/{}", std::net::Ipv4Addr::from(u32::try_from(address >> 96).unwrap()), length % 33)
        } else {
            format!("{}/{length}/{}", std::net::Ipv6Addr::from(address), offset % length)
        };
        let mut text = format!(
            "packet-length {sizes} tcp-flags [ !={flags:#x} {flags:#x} ] port {ports} source {prefix}"
        );
        if family.safi == Safi::FLOW_VPN {
            text = format!("{text} rd 65000:{rd}");
        }
        let nlri = parse(family, &text).unwrap();
        let run = NlriRun::check(family, false, nlri.wire(), 0).unwrap();
        prop_assert_eq!(run.iter().next().map(NlriRef::to_owned), Some(nlri.clone()));
        let again = parse(family, &nlri.to_string()).unwrap();
        prop_assert_eq!(again.to_string(), nlri.to_string());
        prop_assert_eq!(again, nlri);
    }

    #[test]
    fn any_octets_are_taken_as_they_are_or_refused(
        family in families(), bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        if let Ok(run) = NlriRun::check(family, false, &bytes, 0) {
            let all: Vec<u8> = run.iter().flat_map(|n| n.wire.to_vec()).collect();
            prop_assert_eq!(&all, &bytes);
        }
        // Octets that no codec has checked must not panic either.
        Nlri::from_wire(family, Some(1), &bytes).as_ref().emit(&mut Json::default());
        let _ = Nlri::from_wire(family, None, &bytes).identity();
    }

    #[test]
    fn components_of_any_octets(family in families(), kinds in prop::collection::vec((1_u8..14, any::<[u8; 4]>()), 0..6)) {
        let mut bytes = vec![0; if family.safi == Safi::FLOW_VPN { 9 } else { 1 }];
        for (kind, octets) in kinds {
            bytes.push(kind);
            bytes.extend_from_slice(&octets);
        }
        bytes[0] = u8::try_from(bytes.len() - 1).unwrap();
        if let Ok(run) = NlriRun::check(family, false, &bytes, 0) {
            let nlri = run.iter().next().unwrap();
            prop_assert_eq!(nlri.wire, &bytes);
            nlri.emit(&mut Json::default());
        }
    }

    #[test]
    fn no_text_panics(family in families(), text in "(source|port|tcp-flags|rd|\\[|\\]|[0-9a-f:./&=!<>+]{1,12}| ){0,12}") {
        let _ = Nlri::parse(family, &mut Words::new(&text));
    }
}
