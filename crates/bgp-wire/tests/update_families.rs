//! UPDATEs with routes of labelled and layer 2 families: next hops and places on the wire, both ways.
//!
//! The tables hold facts about the wire, as octets in hexadecimal.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use bgp_wire::code::Asn;
use bgp_wire::msg::update::{announce, decode, withdraw};
use bgp_wire::nlri::NlriRun;
use bgp_wire::text::Words;
use bgp_wire::{DecodeCtx, EncodeCtx, Family, NextHop, Nlri, RouteAttributes};
use proptest::prelude::*;

fn nlri(family: Family, text: &str) -> Nlri {
    Nlri::parse(family, &mut Words::new(text)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn octets(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap())
        .collect()
}

fn ctx() -> EncodeCtx {
    EncodeCtx { local_as: Asn(65000), self_v4: Some(Ipv4Addr::new(127, 0, 0, 2)), ..EncodeCtx::default() }
}

fn announced(family: Family, route: &str, next_hop: NextHop) -> String {
    let attributes = RouteAttributes::new(next_hop, Vec::new());
    let mut out = Vec::new();
    announce(&ctx(), &attributes, family, [nlri(family, route).as_ref()], &mut out).unwrap();
    hex(&out[19..])
}

fn to(address: &str) -> NextHop {
    NextHop::Address(address.parse().unwrap())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn announcements() {
    let pair = NextHop::Pair("2001:db8::1".parse().unwrap(), "fe80::1".parse().unwrap());
    for (family, route, next_hop, expected) in [
        (
            Family::IPV4_NLRI_MPLS,
            "10.0.3.0/24 label 100",
            to("1.2.3.4"),
            "00000028400101004002004003040102030440050400000064800e10000104040102030400300006410a0003",
        ),
        (
            Family::IPV4_MPLS_VPN,
            "10.0.3.0/24 rd 65000:1 label 100",
            to("1.2.3.4"),
            "00000038400101004002004003040102030440050400000064800e200001800c00000000000000000102030400700006410000fde8000000010a0003",
        ),
        (
            Family::IPV6_NLRI_MPLS,
            "2001:db8::/32 label 100",
            to("2001:db8::1"),
            "0000002e4001010040020040050400000064800e1d0002041020010db8000000000000000000000001003800064120010db8",
        ),
        (
            Family::IPV6_MPLS_VPN,
            "2001:db8::/32 label 100 rd 65000:1",
            to("2001:db8::1"),
            "0000003e4001010040020040050400000064800e2d00028018000000000000000020010db800000000000000000000000100780006410000fde80000000120010db8",
        ),
        (
            Family::IPV6_MPLS_VPN,
            "2001:db8::/32 label 100 rd 65000:1",
            pair,
            concat!(
                "000000564001010040020040050400000064800e4500028030",
                "000000000000000020010db8000000000000000000000001",
                "0000000000000000fe800000000000000000000000000001",
                "00780006410000fde80000000120010db8"
            ),
        ),
        (
            Family::L2VPN_VPLS,
            "rd 172.30.5.4:13 endpoint 5 base 10702 offset 1 size 8",
            to("192.168.201.1"),
            "0000002d4001010040020040050400000064800e1c00194104c0a8c9010000110001ac1e0504000d000500010008029ce1",
        ),
        (
            Family::L2VPN_VPLS,
            "rd 172.30.5.4:13 endpoint 5 base 10702 offset 1 size 8",
            NextHop::SelfAddress,
            "0000002d4001010040020040050400000064800e1c001941047f0000020000110001ac1e0504000d000500010008029ce1",
        ),
        (
            Family::IPV4_MCAST_VPN,
            "shared-join rp 10.99.199.1 group 239.251.255.228 rd 65000:99999 source-as 65000",
            to("10.10.6.3"),
            "00000039400101004002004003040a0a060340050400000064800e21000105040a0a06030006160000fde80001869f0000fde8200a63c70120effbffe4",
        ),
        (
            Family::IPV6_MCAST_VPN,
            "source-join source fd12::2 group ff0e::1 rd 65000:99999 source-as 65000",
            to("fd00::1"),
            "000000564001010040020040050400000064800e4500020510fd00000000000000000000000000000100072e0000fde80001869f0000fde880fd12000000000000000000000000000280ff0e0000000000000000000000000001",
        ),
        (
            Family::IPV4_MUP,
            "mup-t1st 192.168.0.2/32 rd 100:100 teid 12345 qfi 9 endpoint 10.0.0.1 source 10.0.1.1",
            to("10.0.0.2"),
            "00000041400101004002004003040a00000240050400000064800e29000155040a000002000100031c000000640000006420c0a800020000303909200a000001200a000101",
        ),
        (
            Family::IPV6_MUP,
            "mup-isd 2001::/64 rd 100:100",
            to("2001::1"),
            "0000003b4001010040020040050400000064800e2a000255102001000000000000000000000000000100010001110000006400000064402001000000000000",
        ),
        (
            Family::IPV4_SR_POLICY,
            "distinguisher 1 color 100 endpoint 1.1.1.1",
            to("2.2.2.2"),
            "000000274001010040020040050400000064800e1600014904020202020060000000010000006401010101",
        ),
        (
            Family::IPV6_SR_POLICY,
            "distinguisher 1 color 100 endpoint 2001:db8::1",
            to("2001:db8::2"),
            "0000003f4001010040020040050400000064800e2e0002491020010db8000000000000000000000002\
             00c0000000010000006420010db8000000000000000000000001",
        ),
        (
            Family::BGP_LS,
            "node protocol-id ospfv2 local-node [ autonomous-system 65000 router-id 10.0.0.1 ]",
            to("10.0.0.9"),
            "0000003b4001010040020040050400000064800e2a400447040a00000900000100\
             1d03000000000000000001000010020000040000fde8020300040a000001",
        ),
        (
            Family::BGP_LS_VPN,
            "node rd 65000:1 protocol-id ospfv2 local-node [ autonomous-system 65000 router-id 10.0.0.1 ]",
            to("10.0.0.9"),
            "0000004b4001010040020040050400000064800e3a4004480c00000000000000000a00000900000100\
             250000fde80000000103000000000000000001000010020000040000fde8020300040a000001",
        ),
    ] {
        let body = announced(family, route, next_hop);
        assert_eq!(body, expected, "{route}");
        let body = octets(&body);
        let update = decode(&body, &DecodeCtx::default()).unwrap();
        let all: Vec<_> = update.announcements().collect();
        let next_hop = if next_hop == NextHop::SelfAddress { to("127.0.0.2") } else { next_hop };
        assert_eq!(all, [(family, next_hop, nlri(family, route).as_ref())]);
    }
}

#[test]
fn withdrawals() {
    for (family, route, expected) in [
        (Family::IPV4_NLRI_MPLS, "10.0.3.0/24 label 3", "0000000d800f0a000104300000310a0003"),
        (Family::IPV4_NLRI_MPLS, "10.0.3.0/24", "0000000d800f0a000104308000000a0003"),
        (
            Family::IPV4_MPLS_VPN,
            "10.0.3.0/24 rd 65000:1",
            "00000015800f12000180708000000000fde8000000010a0003",
        ),
        (
            Family::IPV4_MCAST_VPN,
            "source-join source 10.99.12.2 group 239.251.255.228 rd 65000:99999 source-as 65000",
            "0000001e800f1b00010507160000fde80001869f0000fde8200a630c0220effbffe4",
        ),
        (
            Family::IPV4_MUP,
            "mup-t2st 10.0.0.1 rd 100:100 teid 12345/32",
            "0000001b800f18000155010004110000006400000064400a00000100003039",
        ),
        (
            Family::IPV4_SR_POLICY,
            "distinguisher 1 color 100 endpoint 1.1.1.1",
            "00000013800f1000014960000000010000006401010101",
        ),
        (
            Family::BGP_LS,
            "node protocol-id ospfv2 local-node [ autonomous-system 65000 router-id 10.0.0.1 ]",
            "00000027800f244004470001001d03000000000000000001000010020000040000fde8020300040a000001",
        ),
    ] {
        let mut out = Vec::new();
        withdraw(&ctx(), family, [nlri(family, route).as_ref()], &mut out).unwrap();
        assert_eq!(hex(&out[19..]), expected, "{route}");
        let update = decode(&out[19..], &DecodeCtx::default()).unwrap();
        assert_eq!(update.withdrawals().count(), 1);
    }
}

/// MP_REACH_NLRI with one VPN route and a next hop.
fn vpn(afi: u8, next_hop: &str) -> Vec<u8> {
    let nlri = if afi == 1 { "700006410000fde8000000010a0000" } else { "780006410000fde80000000120010db8" };
    let value = format!("{:04x}80{:02x}{next_hop}00{nlri}", afi, next_hop.len() / 2);
    let attributes = format!("4001010040020040050400000064800e{:02x}{value}", value.len() / 2);
    octets(&format!("0000{:04x}{attributes}", attributes.len() / 2))
}

#[test]
fn next_hops_of_vpn_routes() {
    let (rd, global) = ("0000000000000000", "20010db8000000000000000000000001");
    let link_local = "fe800000000000000000000000000001";
    let v4 = format!("{rd}0a000001");
    let v6 = format!("{rd}{global}");
    let pair = format!("{rd}{global}{rd}{link_local}");
    let short_pair = format!("{rd}{global}{link_local}");
    let both = NextHop::Pair("2001:db8::1".parse().unwrap(), "fe80::1".parse().unwrap());
    let extended = DecodeCtx {
        extended_next_hop: [Family::IPV4_MPLS_VPN, Family::IPV6_MPLS_VPN].into_iter().collect(),
        ..DecodeCtx::default()
    };
    for (afi, next_hop, plain, with_extended) in [
        (1, v4.as_str(), Some(to("10.0.0.1")), Some(to("10.0.0.1"))),
        (1, &v6, None, Some(to("2001:db8::1"))),
        (1, &pair, None, Some(both)),
        (1, global, None, None),
        (1, "0a000001", None, None),
        (2, &v6, Some(to("2001:db8::1")), Some(to("2001:db8::1"))),
        (2, &pair, Some(both), Some(both)),
        (2, &short_pair, Some(both), Some(both)),
        (2, &v4, None, Some(to("10.0.0.1"))),
        (2, rd, None, None),
        (2, "", None, None),
    ] {
        for (ctx, expected) in [(&DecodeCtx::default(), plain), (&extended, with_extended)] {
            let body = vpn(afi, next_hop);
            let found = decode(&body, ctx).ok().and_then(|u| u.announcements().next().map(|(_, n, _)| n));
            assert_eq!(found, expected, "{afi} {next_hop}");
        }
    }
}

const FAMILIES: [Family; 6] = [
    Family::IPV4_NLRI_MPLS,
    Family::IPV6_NLRI_MPLS,
    Family::IPV4_MPLS_VPN,
    Family::IPV6_MPLS_VPN,
    Family::L2VPN_VPLS,
    Family::IPV4_RTC,
];

/// Octets that often are NLRI: labels that end the stack, small lengths.
fn some_octets() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![any::<u8>(), Just(0), Just(1), Just(48), Just(112), Just(96), Just(17)];
    prop::collection::vec(octet, 0..60)
}

proptest! {
    #[test]
    fn any_octets_are_read_or_refused(octets in some_octets(), add_path: bool) {
        for family in FAMILIES {
            let Ok(run) = NlriRun::check(family, add_path, &octets, 0) else { continue };
            let length = |n: bgp_wire::NlriRef<'_>| n.wire.len() + if add_path { 4 } else { 0 };
            prop_assert_eq!(run.iter().map(length).sum::<usize>(), octets.len());
            for nlri in &run {
                prop_assert!(!nlri.to_string().is_empty());
                let owned = nlri.to_owned();
                prop_assert_eq!(owned.identity(), nlri.identity());
                prop_assert_eq!(owned.identity_length(), nlri.identity_length());
            }
        }
    }

    #[test]
    fn what_is_read_of_a_text_is_printed_as_that_text(
        label in 1u32..1 << 20, more in proptest::option::of(1u32..1 << 20), asn: u16, number: u32,
        address: [u8; 4], length in 0u8..=32
    ) {
        let network = bgp_wire::nlri::inet::network(address.into(), length);
        let label = match more.filter(|_| label != 0x80000) {
            Some(more) => format!("[ {label} {more} ]"),
            None => label.to_string(),
        };
        for (family, text) in [
            (Family::IPV4_NLRI_MPLS, format!("{network}/{length} label {label}")),
            (Family::IPV4_MPLS_VPN, format!("{network}/{length} label {label} rd {asn}:{number}")),
        ] {
            let nlri = nlri(family, &text);
            prop_assert_eq!(nlri.to_string(), text);
            let run = NlriRun::check(family, false, nlri.wire(), 0).unwrap();
            prop_assert_eq!(run.iter().collect::<Vec<_>>(), [nlri.as_ref()]);
        }
    }
}
