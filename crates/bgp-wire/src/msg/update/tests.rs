//! UPDATEs as they are received: octets to routes and JSON, and what RFC 7606 makes of the broken ones.

use crate::attr::testing::Json;
use crate::attr::{NextHop, emit_attributes, print_attributes};
use crate::code::AttrCode;
use crate::ctx::{DecodeCtx, PeerKind};
use crate::emit::{Emit, Spacing};
use crate::error::{DecodeError, Treatment};
use crate::family::{Family, FamilySet};
use crate::msg::update::{Update, decode};

/// The attributes of the ordinary route: ORIGIN, AS_PATH 65000 65001 70000, NEXT_HOP 10.0.0.1, LOCAL_PREF 200.
const ORIGIN: &str = "40010100";
const PATH: &str = "40020e02030000fde80000fde900011170";
const NEXT_HOP: &str = "4003040a000001";
const PREFERENCE: &str = "400504000000c8";
/// 10.0.0.0/24
const ROUTE: &str = "180a0000";
/// MP_REACH_NLRI and MP_UNREACH_NLRI of 2001:db8:0:1::/64.
const REACH: &str = "800e1e0002011020010db8000000000000000000000001004020010db800000001";
const UNREACH: &str = "800f0c0002014020010db800000001";

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|d| u8::try_from(d[0] * 16 + d[1]).unwrap()).collect()
}

/// A body of withdrawn routes, attributes and NLRI, all in hexadecimal.
fn body(withdrawn: &str, attributes: &[&str], nlri: &str) -> Vec<u8> {
    let (withdrawn, attributes) = (octets(withdrawn), octets(&attributes.concat()));
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&length(&withdrawn)[..], &withdrawn, &length(&attributes), &attributes, &octets(nlri)].concat()
}

fn json(update: &Update<'_>) -> String {
    let mut json = Json::default();
    json.begin_object(Spacing::Wide);
    emit_attributes(update.attributes.iter(), &mut json);
    json.end_object();
    json.text
}

/// `+10.0.0.0/24 10.0.0.1` for announced, `-10.0.0.0/24` for withdrawn routes.
fn routes(update: &Update<'_>) -> Vec<String> {
    let announced = update.announcements().map(|(_, next_hop, n)| format!("+{n} {next_hop}"));
    announced.chain(update.withdrawals().map(|(_, _, n)| format!("-{n}"))).collect()
}

fn outcome(body: &[u8], ctx: &DecodeCtx) -> Result<Treatment, (u8, u8)> {
    decode(body, ctx).map(|u| u.treatment).map_err(|e| {
        let n = e.notification();
        (n.code, n.subcode)
    })
}

const AP: &str = r#""as-path": {"0": {"element": "as-sequence", "value": [65000, 65001, 70000]}}"#;

/// One more attribute on the ordinary route, and the JSON member it makes.
#[test]
fn attributes_become_json() {
    let aigp = DecodeCtx { aigp: true, ..DecodeCtx::default() };
    for (attribute, member) in [
        ("", ""),
        ("80040400000064", r#""med": 100"#),
        ("50050004000000c8", ""),
        ("400600", r#""atomic-aggregate": true"#),
        ("c007080000fde80a000009", r#""aggregator": "65000:10.0.0.9""#),
        ("c00808fde80001ffffff01", r#""community": [ [ 65000, 1 ], [ 65535, 65281 ] ]"#),
        ("e0080400010002", r#""community": [ [ 1, 2 ] ]"#),
        ("80 09 04 0a000007", r#""originator-id": "10.0.0.7""#),
        ("800a080101010102020202", r#""cluster-list": [ "1.1.1.1", "2.2.2.2" ]"#),
        (
            "c010100002fde8000000650002fde800000064",
            r#""extended-community": [ { "value": 842122827661412, "string": "target:65000:100" }, { "value": 842122827661413, "string": "target:65000:101" } ]"#,
        ),
        (
            "c01008123456789abcdef0",
            r#""extended-community": [ { "value": 1311768467463790320, "string": "0x123456789ABCDEF0" } ]"#,
        ),
        ("801a0b01000b0000000000000064", r#""aigp": "0x0000000000000064""#),
        ("801a0f0200040101000b0000000000000064", r#""aigp": "0x0000000000000064""#),
        (
            "c020240000fde800000001000000020000fde80000000100000002000000010000000200000003",
            r#""large-community": [ [ 1, 2 , 3 ], [ 65000, 1 , 2 ] ]"#,
        ),
        ("c06304deadbeef", r#""attribute-0x63-0xE0": "0xdeadbeef""#),
        ("e06304deadbeef", r#""attribute-0x63-0xE0": "0xdeadbeef""#),
        ("d0630004deadbeef", r#""attribute-0x63-0xE0": "0xdeadbeef""#),
        ("c06300", r#""attribute-0x63-0xE0": "0x""#),
        ("c00b080011223344556677", r#""attribute-0x0B-0xE0": "0x0011223344556677""#),
        ("c0ff0100", r#""attribute-0xFF-0xE0": "0x00""#),
        ("806304deadbeef", ""),
        // AS4_PATH and AS4_AGGREGATOR between four-octet speakers, however broken.
        ("c011080011223344556677", ""),
        ("c012080011223344556677", ""),
    ] {
        let body = body("", &[ORIGIN, PATH, NEXT_HOP, PREFERENCE, attribute], ROUTE);
        let update = decode(&body, &aigp).unwrap();
        let mut members = vec![r#""origin": "igp""#, AP, r#""local-preference": 200"#];
        if member.starts_with(r#""med""#) {
            members.insert(2, member);
        } else if !member.is_empty() {
            members.push(member);
        }
        let path_first = members.join(", ");
        if attribute.starts_with("5005") {
            assert_eq!(update.errors.len(), 1, "LOCAL_PREF is there twice");
        } else {
            assert_eq!(update.errors.len(), 0, "{attribute}: {:?}", update.errors);
        }
        assert_eq!(json(&update), format!("{{ {path_first} }}"), "{attribute}");
        assert_eq!(update.treatment, Treatment::Accept);
        assert_eq!(routes(&update), ["+10.0.0.0/24 10.0.0.1"]);
    }
}

#[test]
fn attributes_are_in_ascending_order_whatever_they_came_in() {
    let body = body("", &["c00001aa", PREFERENCE, NEXT_HOP, PATH, ORIGIN], ROUTE);
    let update = decode(&body, &DecodeCtx::default()).unwrap();
    let expected =
        format!(r#"{{ "attribute-0x00-0xE0": "0xaa", "origin": "igp", {AP}, "local-preference": 200 }}"#);
    assert_eq!(json(&update), expected);
    assert_eq!(update.attributes.raw().len(), body.len() - 4 - 4);
}

#[test]
fn attributes_become_text() {
    let path = "40022003010000fdea04010000fdec02020000fde80000fde901020000fdea0000fdeb";
    let body = body("", &[ORIGIN, path, NEXT_HOP, "c0630401020304"], ROUTE);
    let update = decode(&body, &DecodeCtx::default()).unwrap();
    let mut text = String::new();
    print_attributes(update.attributes.iter(), &mut text);
    let path = "as-path {( 65002 )} {[ 65004 ]} ( 65000 65001 ) [ 65002 65003 ]";
    assert_eq!(text, format!(" origin igp {path} attribute [ 0x63 0xE0 0x01020304 ]"));
}

/// Session, withdrawn routes, attributes, MP attributes, NLRI; the routes that they are.
type Row<'a> = (&'a DecodeCtx, &'a str, &'a [&'a str], &'a str, &'a str, &'a [&'a str]);

#[test]
fn fields_become_routes() {
    let add_path = DecodeCtx {
        add_path: [Family::IPV4_UNICAST, Family::IPV6_UNICAST].into_iter().collect(),
        ..DecodeCtx::default()
    };
    let extended =
        DecodeCtx { extended_next_hop: [Family::IPV4_UNICAST].into_iter().collect(), ..DecodeCtx::default() };
    let plain = DecodeCtx::default();
    let all: &[&str] = &[ORIGIN, PATH, NEXT_HOP, PREFERENCE];
    let mp: &[&str] = &[ORIGIN, PATH, PREFERENCE];
    let table: &[Row<'_>] = &[
        (&plain, "", all, "", "180a0000180a0001", &["+10.0.0.0/24 10.0.0.1", "+10.0.1.0/24 10.0.0.1"]),
        (&plain, "180a0000180a0001", &[], "", "", &["-10.0.0.0/24", "-10.0.1.0/24"]),
        (&plain, "180a0000", all, "", "180a0002", &["+10.0.2.0/24 10.0.0.1", "-10.0.0.0/24"]),
        (&plain, "", mp, REACH, "", &["+2001:db8:0:1::/64 2001:db8::1"]),
        (&plain, "", &[], UNREACH, "", &["-2001:db8:0:1::/64"]),
        (
            &plain,
            "",
            all,
            "800e1e0002011020010db8000000000000000000000001004020010db800000001800f0c0002014020010db800000002",
            ROUTE,
            &["+10.0.0.0/24 10.0.0.1", "+2001:db8:0:1::/64 2001:db8::1", "-2001:db8:0:2::/64"],
        ),
        (&plain, "", all, "", "180a0000140affff", &["+10.0.0.0/24 10.0.0.1", "+10.255.255.0/20 10.0.0.1"]),
        (&plain, "", mp, "800e0d000102040a00000100180a0000", "", &["+10.0.0.0/24 10.0.0.1"]),
        (&plain, "", mp, "800e0d000101040a00000100180a0000", "", &["+10.0.0.0/24 10.0.0.1"]),
        (
            &plain,
            "",
            mp,
            "800e1e0002011000000000000000000000000000000000004020010db800000001",
            "",
            &["+2001:db8:0:1::/64 ::"],
        ),
        (&plain, "", mp, "800e150002011020010db800000000000000000000000100", "", &[]),
        (&plain, "", all, "", "", &[]),
        (
            &add_path,
            "",
            all,
            "",
            "00000001180a00000a000001180a0001",
            &[
                "+10.0.0.0/24 path-information 0.0.0.1 10.0.0.1",
                "+10.0.1.0/24 path-information 10.0.0.1 10.0.0.1",
            ],
        ),
        (&add_path, "00000001180a0000", &[], "", "", &["-10.0.0.0/24 path-information 0.0.0.1"]),
        (
            &add_path,
            "",
            mp,
            "800e220002011020010db800000000000000000000000100000000054020010db800000001",
            "",
            &["+2001:db8:0:1::/64 path-information 0.0.0.5 2001:db8::1"],
        ),
        (
            &extended,
            "",
            mp,
            "800e190001011020010db800000000000000000000000100180a0000",
            "",
            &["+10.0.0.0/24 2001:db8::1"],
        ),
        (&extended, "", mp, "800e0d000101040a00000100180a0000", "", &["+10.0.0.0/24 10.0.0.1"]),
    ];
    for (ctx, withdrawn, attributes, mp, nlri, expected) in table {
        let body = body(withdrawn, &[&attributes.concat(), mp], nlri);
        let update = decode(&body, ctx).unwrap();
        assert_eq!(routes(&update), *expected);
        assert_eq!((update.treatment, update.end_of_rib()), (Treatment::Accept, None));
    }
}

#[test]
fn a_link_local_next_hop_is_kept_beside_the_global_one() {
    let reach =
        "800e2e0002012020010db8000000000000000000000001fe800000000000000000000000000001004020010db800000001";
    let body = body("", &[ORIGIN, PATH, PREFERENCE, reach], "");
    let update = decode(&body, &DecodeCtx::default()).unwrap();
    let expected = NextHop::Pair("2001:db8::1".parse().unwrap(), "fe80::1".parse().unwrap());
    assert_eq!(update.reach.unwrap().next_hop, expected);
}

#[test]
fn ends_of_rib() {
    let v6 = Some(Family::IPV6_UNICAST);
    for (hex, expected) in [
        ("00000000", Some(Family::IPV4_UNICAST)),
        ("00000006800f03000201", v6),
        ("00000007900f0003000201", v6),
        ("00000006800f03000102", Some(Family::IPV4_MULTICAST)),
        ("0000000a40010100800f03000201", None),
        ("0000000440010100", None),
        ("00020800000006800f03000201", None),
    ] {
        let body = octets(hex);
        assert_eq!(decode(&body, &DecodeCtx::default()).unwrap().end_of_rib(), expected, "{hex}");
    }
    let only_v4 =
        DecodeCtx { families: [Family::IPV4_UNICAST].into_iter().collect(), ..DecodeCtx::default() };
    assert_eq!(decode(&octets("00000006800f03000201"), &only_v4).unwrap().end_of_rib(), None);
}

/// Attributes of the ordinary route with one in the place of another, and RFC 7606's treatment.
#[test]
fn rfc_7606_treatments() {
    let internal = DecodeCtx { aigp: true, ..DecodeCtx::default() };
    let external = DecodeCtx { peer: PeerKind::External, ..internal };
    let without_aigp = DecodeCtx::default();
    let (o, p, n, l) = (ORIGIN, PATH, NEXT_HOP, PREFERENCE);
    let table: &[(&str, &DecodeCtx, &[&str], Treatment)] = &[
        ("ORIGIN 3", &internal, &["40010103", p, n, l], Treatment::Withdraw),
        ("ORIGIN of 2", &internal, &["4001020000", p, n, l], Treatment::Withdraw),
        ("ORIGIN of 0", &internal, &["400100", p, n, l], Treatment::Withdraw),
        ("ORIGIN optional", &internal, &["c0010100", p, n, l], Treatment::Withdraw),
        ("ORIGIN not transitive", &internal, &["00010100", p, n, l], Treatment::Withdraw),
        ("AS_PATH of an unknown segment", &internal, &[o, "40020609010000fde8", n, l], Treatment::Withdraw),
        ("AS_PATH cut short", &internal, &[o, "40020602030000fde8", n, l], Treatment::Withdraw),
        ("AS_PATH too long", &internal, &[o, "40020702010000fde800", n, l], Treatment::Withdraw),
        ("AS_PATH with an empty segment", &internal, &[o, "4002020200", n, l], Treatment::Withdraw),
        ("AS_PATH with AS 0", &internal, &[o, "400206020100000000", n, l], Treatment::Withdraw),
        ("AS_PATH optional", &internal, &[o, "c0020602010000fde8", n, l], Treatment::Withdraw),
        ("AS_PATH partial", &internal, &[o, "60020602010000fde8", n, l], Treatment::Accept),
        (
            "AS_PATH of confederations",
            &internal,
            &[o, "40020c03010000fdea04010000fdec", n, l],
            Treatment::Accept,
        ),
        ("AS_PATH empty", &internal, &[o, "400200", n, l], Treatment::Accept),
        ("NEXT_HOP of 3", &internal, &[o, p, "4003030a0000", l], Treatment::Withdraw),
        (
            "NEXT_HOP of 16",
            &internal,
            &[o, p, "40031020010db8000000000000000000000001", l],
            Treatment::Withdraw,
        ),
        ("NEXT_HOP 0.0.0.0", &internal, &[o, p, "40030400000000", l], Treatment::Withdraw),
        ("NEXT_HOP multicast", &internal, &[o, p, "400304e0000001", l], Treatment::Withdraw),
        ("NEXT_HOP optional", &internal, &[o, p, "8003040a000001", l], Treatment::Withdraw),
        ("MED of 3", &internal, &[o, p, n, "800403000064", l], Treatment::Withdraw),
        ("MED of 0", &internal, &[o, p, n, "800400", l], Treatment::Withdraw),
        ("MED transitive", &internal, &[o, p, n, "40040400000001", l], Treatment::Withdraw),
        ("LOCAL_PREF of 5", &internal, &[o, p, n, "40050500000000c8"], Treatment::Withdraw),
        ("LOCAL_PREF from outside", &external, &[o, p, n, l], Treatment::Discard),
        ("LOCAL_PREF of 5 from outside", &external, &[o, p, n, "40050500000000c8"], Treatment::Discard),
        ("no LOCAL_PREF", &internal, &[o, p, n], Treatment::Accept),
        ("ATOMIC_AGGREGATE of 1", &internal, &[o, p, n, "40060100"], Treatment::Discard),
        ("AGGREGATOR of 5", &internal, &[o, p, n, "c007050000000000"], Treatment::Discard),
        ("AGGREGATOR of 6", &internal, &[o, p, n, "c00706000100000001"], Treatment::Discard),
        ("AGGREGATOR of AS 0", &internal, &[o, p, n, "c0070800000000010203 04"], Treatment::Discard),
        ("AGGREGATOR not transitive", &internal, &[o, p, n, "800708000000010a000001"], Treatment::Withdraw),
        ("COMMUNITIES of 3", &internal, &[o, p, n, "c00803000100"], Treatment::Withdraw),
        ("COMMUNITIES of 0", &internal, &[o, p, n, "c00800"], Treatment::Withdraw),
        ("COMMUNITIES not transitive", &internal, &[o, p, n, "80080400010002"], Treatment::Withdraw),
        ("ORIGINATOR_ID of 3", &internal, &[o, p, n, "8009030a0000"], Treatment::Withdraw),
        ("ORIGINATOR_ID from outside", &external, &[o, p, n, "8009040a000007"], Treatment::Discard),
        ("CLUSTER_LIST of 5", &internal, &[o, p, n, "800a050101010101"], Treatment::Withdraw),
        ("CLUSTER_LIST from outside", &external, &[o, p, n, "800a0401010101"], Treatment::Discard),
        ("EXTENDED COMMUNITIES of 7", &internal, &[o, p, n, "c0100700020001000000"], Treatment::Withdraw),
        ("EXTENDED COMMUNITIES of 0", &internal, &[o, p, n, "c01000"], Treatment::Withdraw),
        ("AIGP of 10", &internal, &[o, p, n, "801a0a01000a00000000000064"], Treatment::Discard),
        ("AIGP transitive", &internal, &[o, p, n, "c01a0b01000b0000000000000064"], Treatment::Discard),
        ("AIGP where it is off", &without_aigp, &[o, p, n, "801a0a01000a00000000000064"], Treatment::Accept),
        ("LARGE_COMMUNITY of 11", &internal, &[o, p, n, "c0200b0000000100000002000000"], Treatment::Withdraw),
        ("no ORIGIN", &internal, &[p, n, l], Treatment::Withdraw),
        ("no AS_PATH", &internal, &[o, n, l], Treatment::Withdraw),
        ("no NEXT_HOP", &internal, &[o, p, l], Treatment::Withdraw),
        ("no attributes", &internal, &[], Treatment::Withdraw),
        ("longer than the field", &internal, &[o, p, n, "c00810000100"], Treatment::Withdraw),
        ("a lone octet", &internal, &[o, p, n, "c0"], Treatment::Withdraw),
        ("without its length", &internal, &[o, p, n, "d00800"], Treatment::Withdraw),
        ("ORIGIN repeated", &internal, &[o, p, n, "40010102"], Treatment::Accept),
        ("a wrong one repeated", &internal, &[o, p, n, "400103000000"], Treatment::Accept),
        ("two wrong: the worst", &internal, &[o, p, n, "40060100", "800400"], Treatment::Withdraw),
        ("MP_UNREACH of a family not negotiated", &internal, &[o, p, n, "800f0300010a"], Treatment::Discard),
        (
            "MP_REACH not optional",
            &internal,
            &[o, p, n, "400e0d000101040a00000100180a0001"],
            Treatment::Withdraw,
        ),
    ];
    for (what, ctx, attributes, expected) in table {
        let body = body("", attributes, ROUTE);
        let update = decode(&body, ctx).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(update.treatment, *expected, "{what}: {:?}", update.errors);
        let first = routes(&update).remove(0);
        let withdrawn = *expected == Treatment::Withdraw;
        assert_eq!(first, if withdrawn { "-10.0.0.0/24" } else { "+10.0.0.0/24 10.0.0.1" }, "{what}");
        // What is wrong is not shown, and never reaches a route.
        assert_eq!(update.attributes.get(AttrCode::AGGREGATOR), None, "{what}");
        assert_eq!(update.errors.iter().map(|e| e.treatment).max().unwrap_or_default(), *expected, "{what}");
    }
}

#[test]
fn what_resets_the_session() {
    let ctx = DecodeCtx::default();
    let (o, p, n, l) = (ORIGIN, PATH, NEXT_HOP, PREFERENCE);
    let table: &[(&str, Vec<u8>, (u8, u8))] = &[
        ("no room for a length", octets("0000"), (3, 1)),
        ("withdrawn routes longer than the message", octets("00ff0000"), (3, 1)),
        ("withdrawn routes leave one octet", octets("00010000"), (3, 1)),
        ("attributes longer than the message", octets("000000ff"), (3, 1)),
        ("prefix of 33 bits", body("", &[o, p, n, l], "210a00000000"), (3, 10)),
        ("prefix cut short", body("", &[o, p, n, l], "180a"), (3, 10)),
        ("withdrawn prefix of 33 bits", body("210a00000000", &[], ""), (3, 10)),
        (
            "IPv6 prefix of 129 bits",
            body("", &[o, p, l, "800e1e0002011020010db8000000000000000000000001008120010db800000001"], ""),
            (3, 10),
        ),
        ("MP_REACH twice", body("", &[o, p, l, REACH, REACH], ""), (3, 1)),
        ("MP_UNREACH twice", body("", &[UNREACH, UNREACH], ""), (3, 1)),
        ("MP_REACH too short", body("", &[o, p, l, "800e03000201"], ""), (3, 9)),
        ("MP_REACH without reserved octet", body("", &[o, p, l, "800e08000101040a000001"], ROUTE), (3, 9)),
        (
            "next hop of 8 octets",
            body("", &[o, p, l, "800e160002010820010db800000000004020010db800000001"], ""),
            (3, 9),
        ),
        (
            "IPv6 next hop not negotiated for IPv4",
            body("", &[o, p, l, "800e190001011020010db800000000000000000000000100180a0000"], ""),
            (3, 9),
        ),
        ("MP_UNREACH too short", body("", &["800f020002"], ""), (3, 9)),
        ("unknown and well-known", body("", &[o, p, n, l, "406304deadbeef"], ROUTE), (3, 2)),
        ("unknown with no flags", body("", &[o, p, n, l, "006301aa"], ROUTE), (3, 2)),
        ("an error and no routes", body("", &["40010103", p, n, l], ""), (3, 6)),
        ("an error and only withdrawn routes", body(ROUTE, &["800400"], ""), (3, 5)),
        ("an attribute too long and no routes", body("", &[o, "c00810"], ""), (3, 1)),
    ];
    for (what, body, expected) in table {
        assert_eq!(outcome(body, &ctx), Err(*expected), "{what}");
    }
}

#[test]
fn a_discarded_attribute_without_routes_is_no_reset() {
    let body = body("180a0000", &["40060100"], "");
    assert_eq!(outcome(&body, &DecodeCtx::default()), Ok(Treatment::Discard));
}

#[test]
fn families_not_negotiated_are_ignored() {
    let ctx = DecodeCtx { families: [Family::IPV4_UNICAST].into_iter().collect(), ..DecodeCtx::default() };
    let body = body("", &[ORIGIN, PATH, NEXT_HOP, REACH, UNREACH], ROUTE);
    let update = decode(&body, &ctx).unwrap();
    assert_eq!(routes(&update), ["+10.0.0.0/24 10.0.0.1"]);
    assert_eq!((update.treatment, update.errors.len()), (Treatment::Discard, 2));
    let none = DecodeCtx { families: FamilySet::EMPTY, ..ctx };
    let alone = self::body("", &["40010109", PATH, REACH], "");
    assert_eq!(outcome(&alone, &none), Ok(Treatment::Withdraw), "routes there are, so no reset");
}

#[test]
fn two_octet_sessions() {
    let ctx = DecodeCtx { asn4: false, ..DecodeCtx::default() };
    let path = "4002080203fde85ba0fde9";
    let aggregator = "c007065ba00a000001";
    let as4_aggregator = "c01208000111700a000001";
    let as4_path = "c0110a0202000111700000fde9";
    for (attributes, numbers, aggregator, treatment) in [
        (&[path][..], "65000, 23456, 65001", None, Treatment::Accept),
        (&[path, as4_path], "65000, 70000, 65001", None, Treatment::Accept),
        (
            &[path, aggregator, as4_aggregator],
            "65000, 23456, 65001",
            Some("70000:10.0.0.1"),
            Treatment::Accept,
        ),
        (
            &[path, aggregator, as4_path, as4_aggregator],
            "65000, 70000, 65001",
            Some("70000:10.0.0.1"),
            Treatment::Accept,
        ),
        (
            &[path, "c00706fde80a000001", as4_path, as4_aggregator],
            "65000, 23456, 65001",
            Some("65000:10.0.0.1"),
            Treatment::Accept,
        ),
        (&[path, aggregator], "65000, 23456, 65001", Some("23456:10.0.0.1"), Treatment::Accept),
        (&[path, "c007080000fde80a000001"], "65000, 23456, 65001", None, Treatment::Discard),
        (&[path, "c011080011223344556677"], "65000, 23456, 65001", None, Treatment::Discard),
        (&[path, "c01100"], "65000, 23456, 65001", None, Treatment::Discard),
        (
            &[path, aggregator, "c01208000000000a000001"],
            "65000, 23456, 65001",
            Some("23456:10.0.0.1"),
            Treatment::Discard,
        ),
    ] {
        let body = body("", &[&[ORIGIN, NEXT_HOP], attributes].concat(), ROUTE);
        let update = decode(&body, &ctx).unwrap();
        let aggregator = aggregator.map(|a| format!(r#", "aggregator": "{a}""#)).unwrap_or_default();
        let path = format!(r#""as-path": {{"0": {{"element": "as-sequence", "value": [{numbers}]}}}}"#);
        assert_eq!(json(&update), format!(r#"{{ "origin": "igp", {path}{aggregator} }}"#));
        assert_eq!(update.treatment, treatment);
        assert_eq!(routes(&update), ["+10.0.0.0/24 10.0.0.1"]);
    }
}

#[test]
fn errors_name_their_place() {
    let body = body("", &[ORIGIN, PATH, NEXT_HOP, "800400"], ROUTE);
    let update = decode(&body, &DecodeCtx::default()).unwrap();
    assert_eq!(update.errors[0].to_string(), "attribute med at octet 32: the length must be 4");
    let error = decode(&octets("00ff0000"), &DecodeCtx::default()).unwrap_err();
    assert!(matches!(error, DecodeError::Update { subcode: 1, .. }), "{error}");
}

#[test]
fn what_is_kept_of_a_route_is_canonical() {
    let shuffled =
        ["d0630001aa", "c00808ffffff01fde80001", "50050004000000c8", PATH, "40 01 01 00", NEXT_HOP];
    let body = body("", &shuffled, ROUTE);
    let update = decode(&body, &DecodeCtx::default()).unwrap();
    let route = update.route_attributes(update.next_hop);
    let expected = [ORIGIN, PATH, PREFERENCE, "c00808fde80001ffffff01", "e06301aa"].concat();
    assert_eq!(route.block(), octets(&expected));
}

/// RFC 9234 section 5, on the way in: what is told of routes that come from who must not pass them on.
#[test]
fn leaks_are_found() {
    use crate::cap::role::Role;
    let leaked = |role, otc: &str, family_multicast: bool| {
        let ctx =
            DecodeCtx { peer: PeerKind::External, role, peer_as: crate::Asn(65001), ..DecodeCtx::default() };
        let reach = if family_multicast { "800e0d00010204010203040018c63364" } else { "" };
        let attributes = format!("4001010040020602010000fde940030401020304{reach}{otc}");
        let nlri = if family_multicast { "" } else { "18c63364" };
        let body = octets(&format!("0000{:04x}{attributes}{nlri}", attributes.len() / 2));
        decode(&body, &ctx).unwrap().leaked
    };
    let otc = "c023040000fdea";
    assert!(leaked(Some(Role::PROVIDER), otc, false));
    assert!(leaked(Some(Role::PEER), otc, false));
    assert!(!leaked(Some(Role::PEER), "c023040000fde9", false), "the peer's own");
    assert!(!leaked(Some(Role::CUSTOMER), otc, false));
    assert!(!leaked(Some(Role::PROVIDER), "", false));
    assert!(!leaked(None, otc, false));
    assert!(!leaked(Some(Role::PROVIDER), otc, true), "unicast only");
}
