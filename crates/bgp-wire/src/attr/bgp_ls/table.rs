//! The TLVs of the BGP-LS attribute: one row each.

use super::record::{Field, Named};
use super::shape::Shape;
use crate::emit::LinkState;

/// One TLV.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) code: u16,
    /// Its word in text.
    pub(super) word: &'static str,
    /// Its keys in events; none for those that ExaBGP shows as octets.
    pub(super) keys: &'static [&'static str],
    /// Whether several become one list.
    pub(super) list: bool,
    pub(super) shape: Shape,
    /// Keys and `list` where TLVs are listed ([`LinkState::Listed`]), if they differ.
    listed: Option<(&'static [&'static str], bool)>,
}

impl Row {
    /// Its keys, and whether several become one list.
    pub(super) const fn keys(&self, way: LinkState) -> (&'static [&'static str], bool) {
        match (way, self.listed) {
            (LinkState::Listed, Some(listed)) => listed,
            _ => (self.keys, self.list),
        }
    }

    const fn listed(mut self, key: &'static [&'static str]) -> Self {
        self.listed = Some((key, true));
        self
    }

    const fn named(mut self, key: &'static [&'static str]) -> Self {
        self.listed = Some((key, false));
        self
    }
}

const fn one(code: u16, word: &'static str, keys: &'static [&'static str], shape: Shape) -> Row {
    Row { code, word, keys, list: false, shape, listed: None }
}

const fn list(code: u16, word: &'static str, keys: &'static [&'static str], shape: Shape) -> Row {
    Row { code, word, keys, list: true, shape, listed: None }
}

const FLAGS: Named = ("flags", Field::Hex(1));
const WEIGHT: Named = ("weight", Field::Number(1));
const ALGORITHM: Named = ("algorithm", Field::Number(1));
const BEHAVIOR: Named = ("behavior", Field::Number(2));
const SYSTEM: Named = ("system-id", Field::Hex(6));
const SID: Named = ("sid", Field::Address(16));
const SUBS: Named = ("", Field::Subs);
const fn reserved(octets: usize) -> Named {
    ("", Field::Reserved(octets))
}

/// Flags V and L of adjacency SIDs (RFC 9085 section 2.2.1) and of peer SIDs (RFC 9086 section 5).
const ADJ_SIDS: Named = ("sids", Field::Sids(0x20, 0x10));
const PREFIX_SIDS: Named = ("sids", Field::Sids(0x08, 0x04));
const PEER_SIDS: Named = ("sids", Field::Sids(0x80, 0x40));
const PEER: Shape = Shape::Record(&[FLAGS, WEIGHT, reserved(2), PEER_SIDS]);
const SR_RANGES: &[Named] = &[FLAGS, reserved(1), ("ranges", Field::Ranges)];

/// In the order of their types.
pub(super) const TABLE: &[Row] = &[
    one(
        258,
        "link-identifiers",
        &[],
        Shape::Record(&[("local", Field::Number(4)), ("remote", Field::Number(4))]),
    )
    .named(&["link-local-remote-identifiers"]),
    // Maximum SID depths (RFC 8814): pairs of type and value.
    one(266, "node-msd", &[], Shape::Octets),
    one(267, "link-msd", &[], Shape::Octets),
    // Node attributes (RFC 9552 table 8).
    one(1024, "node-flags", &["node-flags"], Shape::Flags(1, &["O", "T", "E", "B", "R", "V"])),
    one(1025, "opaque-node", &["opaque"], Shape::Opaque),
    one(1026, "node-name", &["node-name"], Shape::Name),
    one(1027, "area-id", &["area-id"], Shape::Area).listed(&["area-ids"]),
    list(1028, "local-router-id", &["local-te-router-ids"], Shape::Address(4)).listed(&["local-router-ids"]),
    list(1029, "local-router-id", &["local-te-router-ids"], Shape::Address(16)).listed(&["local-router-ids"]),
    one(1030, "remote-router-id", &["remote-te-router-id"], Shape::Address(4)).listed(&["remote-router-ids"]),
    one(1031, "remote-router-id", &["remote-te-router-id"], Shape::Address(16))
        .listed(&["remote-router-ids"]),
    // Segment routing (RFC 9085 section 2.1), SRv6 (RFC 9514 section 3), flexible algorithms (RFC 9351 section 3).
    one(1034, "sr-capabilities", &["sr-capability-flags", "sids"], Shape::Capabilities(SR_RANGES)),
    one(1035, "sr-algorithms", &["sr-algorithms"], Shape::Octets),
    one(1036, "sr-local-block", &[], Shape::Record(SR_RANGES)),
    one(1037, "srms-preference", &[], Shape::Number(1, 1)),
    one(1038, "srv6-capabilities", &["srv6-capabilities"], Shape::Srv6Capabilities),
    one(
        1039,
        "flex-algorithm",
        &[],
        Shape::Record(&[
            ALGORITHM,
            ("metric-type", Field::Number(1)),
            ("calculation-type", Field::Number(1)),
            ("priority", Field::Number(1)),
            SUBS,
        ]),
    ),
    one(
        1044,
        "flex-algorithm-prefix-metric",
        &[],
        Shape::Record(&[ALGORITHM, FLAGS, reserved(2), ("metric", Field::Number(4))]),
    ),
    // Link attributes (RFC 9552 table 9).
    one(1088, "admin-group", &["admin-group-mask"], Shape::Number(4, 4)),
    one(1089, "maximum-link-bandwidth", &["maximum-link-bandwidth"], Shape::Float),
    one(1090, "maximum-reservable-link-bandwidth", &["maximum-reservable-link-bandwidth"], Shape::Float),
    one(1091, "unreserved-bandwidth", &["unreserved-bandwidth"], Shape::Floats),
    one(1092, "te-metric", &["te-metric"], Shape::Number(4, 4)),
    one(1093, "link-protection", &["link-protection-flags"], Shape::LinkProtection),
    one(1094, "mpls-mask", &["mpls-mask"], Shape::Flags(1, &["LDP", "RSVP-TE"])),
    one(1095, "igp-metric", &["igp-metric"], Shape::Number(1, 3)),
    one(1096, "srlg", &["shared-risk-link-groups"], Shape::Numbers(4)),
    one(1097, "opaque-link", &["opaque-link"], Shape::Opaque),
    one(1098, "link-name", &["link-name"], Shape::Name),
    // Adjacency SIDs (RFC 9085 section 2.2), peer SIDs (RFC 9086 section 5).
    one(1099, "sr-adj", &["sr-adj"], Shape::Adjacency(&[FLAGS, WEIGHT, reserved(2), ADJ_SIDS]))
        .listed(&["sr-adjs"]),
    list(
        1100,
        "sr-adj-lan",
        &["sr-adj-lan-sids"],
        Shape::LanAdjacency(&[FLAGS, WEIGHT, reserved(2), SYSTEM, ADJ_SIDS]),
    ),
    one(1101, "peer-node-sid", &[], PEER),
    one(1102, "peer-adj-sid", &[], PEER),
    one(1103, "peer-set-sid", &[], PEER),
    // SRv6 End.X (RFC 9514 section 4).
    list(
        1106,
        "srv6-endx",
        &["srv6-endx"],
        Shape::EndX(&[BEHAVIOR, FLAGS, ALGORITHM, WEIGHT, reserved(1), SID, SUBS]),
    ),
    list(
        1107,
        "srv6-lan-endx-isis",
        &["srv6-lan-endx-isis"],
        Shape::EndX(&[BEHAVIOR, FLAGS, ALGORITHM, WEIGHT, reserved(1), SYSTEM, SID, SUBS]),
    ),
    list(
        1108,
        "srv6-lan-endx-ospf",
        &["srv6-lan-endx-ospf"],
        Shape::EndX(&[
            BEHAVIOR,
            FLAGS,
            ALGORITHM,
            WEIGHT,
            reserved(1),
            ("neighbor-id", Field::Address(4)),
            SID,
            SUBS,
        ]),
    ),
    // Performance (RFC 8571).
    one(1114, "link-delay", &[], Shape::Record(&[FLAGS, ("delay", Field::Number(3))]))
        .named(&["unidirectional-link-delay"]),
    one(
        1115,
        "link-delay-min-max",
        &[],
        Shape::Record(&[FLAGS, ("min", Field::Number(3)), reserved(1), ("max", Field::Number(3))]),
    )
    .named(&["minmax-unidirectional-link-delay"]),
    one(1116, "delay-variation", &[], Shape::Record(&[reserved(1), ("variation", Field::Number(3))]))
        .named(&["unidirectional-delay-variation"]),
    one(1117, "link-loss", &[], Shape::Record(&[FLAGS, ("loss", Field::Number(3))]))
        .named(&["unidirectional-link-loss"]),
    one(1118, "residual-bandwidth", &[], Shape::Float).named(&["unidirectional-residual-bandwidth"]),
    one(1119, "available-bandwidth", &[], Shape::Float).named(&["unidirectional-available-bandwidth"]),
    one(1120, "utilized-bandwidth", &[], Shape::Float).named(&["unidirectional-utilized-bandwidth"]),
    // Prefix attributes (RFC 9552 table 10, RFC 9085 section 2.3, RFC 9514 section 5).
    one(1152, "igp-flags", &["igp-flags"], Shape::Flags(1, &["D", "N", "L", "P"])),
    one(1153, "route-tags", &["igp-route-tags"], Shape::Numbers(4)),
    one(1154, "extended-route-tags", &["igp-extended-route-tags"], Shape::Numbers(8)),
    one(1155, "prefix-metric", &["prefix-metric"], Shape::Number(4, 4)),
    one(1156, "ospf-forwarding-address", &["ospf-forwarding-address"], Shape::Address(0)),
    one(1157, "opaque-prefix", &["opaque-prefix"], Shape::Opaque),
    one(
        1158,
        "prefix-sid",
        &["sr-prefix-flags", "sids", "undecoded-sids", "sr-algorithm"],
        Shape::PrefixSid(&[FLAGS, ALGORITHM, reserved(2), PREFIX_SIDS]),
    )
    .listed(&["sr-prefix-sids"]),
    one(1159, "sid-range", &[], Shape::Record(&[FLAGS, reserved(1), ("size", Field::Number(2)), SUBS])),
    one(
        1162,
        "srv6-locator",
        &["srv6-locator"],
        Shape::Locator(&[FLAGS, ALGORITHM, reserved(2), ("metric", Field::Number(4)), SUBS]),
    )
    .listed(&["srv6-locators"]),
    one(1170, "prefix-attribute-flags", &["sr-prefix-attribute-flags"], Shape::Flags(0, &["X", "R", "N"])),
    one(1171, "source-router-id", &["sr-source-router-id"], Shape::Address(0)),
    one(1172, "l2-bundle-member", &[], Shape::Record(&[("member", Field::Number(4)), SUBS])),
    one(1173, "extended-admin-group", &[], Shape::Numbers(4)),
    // SRv6 SIDs (RFC 9514 section 7).
    one(
        1250,
        "srv6-endpoint-behavior",
        &["srv6-endpoint-behavior"],
        Shape::Behavior(&[BEHAVIOR, FLAGS, ALGORITHM]),
    ),
    one(
        1251,
        "srv6-peer-node-sid",
        &[],
        Shape::Record(&[
            FLAGS,
            WEIGHT,
            reserved(2),
            ("peer-as", Field::Number(4)),
            ("peer-id", Field::Address(4)),
        ]),
    ),
    one(1252, "srv6-sid-structure", &["srv6-sid-structure"], Shape::Structure),
];

/// The row of a type.
pub(super) fn row(code: u16) -> Option<&'static Row> {
    TABLE.binary_search_by_key(&code, |row| row.code).ok().and_then(|i| TABLE.get(i))
}
