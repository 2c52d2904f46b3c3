//! In what the JSON dialects from 4.0.1 on differ. What they share is in the modules beside this one.

use bgp_wire::emit::LinkState;

use super::super::{
    Dialect, Encoder,
    writer::{JsonWriter, Ways},
};
use super::{Json, expired, gap, shutdown};
use crate::event::{Host, PeerHead};

/// One dialect's ways. A field per difference, so that each place that writes asks for nothing else.
#[derive(Debug)]
pub(super) struct Flavor {
    /// What events call it.
    pub(super) version: &'static str,
    /// The neighbor has our router identifier.
    pub(super) router_id: bool,
    /// How AS_PATH is told.
    pub(super) as_path: AsPath,
    /// Routes that are treated as withdrawn (RFC 7606) are told so.
    pub(super) error: bool,
    /// UPDATEs and packets repeat what was negotiated even when it was not asked for.
    pub(super) always_negotiated: bool,
    /// Labels of labelled prefixes have the whole field beside them.
    pub(super) raw_labels: bool,
    /// Routes with a link-local next hop beside the global one (RFC 2545) stand under both.
    pub(super) both_next_hops: bool,
    /// How BGP-LS is told.
    pub(super) link_state: LinkState,
    /// NEXT_HOP is among the attributes of an UPDATE that withdraws too.
    pub(super) next_hop: bool,
    /// Plain prefixes are strings.
    pub(super) compact: bool,
    /// A NOTIFICATION has its data as text too.
    pub(super) message: bool,
}

/// How AS_PATH is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AsPath {
    /// One object a segment.
    Segments,
    /// One list for all sequences and one for all sets.
    Flat,
}

pub(super) const FIVE: Flavor = Flavor {
    version: "5.0.0",
    router_id: true,
    as_path: AsPath::Segments,
    error: true,
    always_negotiated: false,
    raw_labels: false,
    both_next_hops: true,
    link_state: LinkState::Merged,
    next_hop: false,
    compact: false,
    message: true,
};

pub(super) const FIVE_COMPACT: Flavor = Flavor { compact: true, ..FIVE };

const FOUR: Flavor =
    Flavor { version: "4.0.1", router_id: false, as_path: AsPath::Flat, message: false, ..FIVE };

const SIX: Flavor = Flavor {
    version: "6.0.0",
    error: false,
    always_negotiated: true,
    raw_labels: true,
    both_next_hops: false,
    link_state: LinkState::Listed,
    next_hop: true,
    ..FIVE
};

/// Declares a row of [`super::super::ENCODERS`].
macro_rules! dialect {
    ($static:ident, $name:literal, $summary:literal, $flavor:expr) => {
        pub(in super::super) static $static: Dialect = Dialect {
            name: $name,
            version: {
                const FLAVOR: Flavor = $flavor;
                FLAVOR.version
            },
            summary: $summary,
            tells: |_| true,
            encoder: |host, peer| {
                static FLAVOR: Flavor = $flavor;
                boxed(&FLAVOR, host, peer)
            },
            shutdown: |host, time, out| {
                const FLAVOR: Flavor = $flavor;
                shutdown(FLAVOR.version, host, time, out);
            },
            gap: |host, time, lost, out| {
                const FLAVOR: Flavor = $flavor;
                gap(FLAVOR.version, host, time, lost, out);
            },
            expired: |host, time, what, out| {
                const FLAVOR: Flavor = $flavor;
                expired(FLAVOR.version, host, time, what, out);
            },
        };
    };
}

dialect!(JSON5, "json", "one JSON object per line, as ExaBGP 5.0 writes it", FIVE);
dialect!(
    JSON5_COMPACT,
    "json-compact",
    "the same with plain prefixes as strings (exabgp.api.compact)",
    FIVE_COMPACT
);
dialect!(JSON4, "json-4.0.1", "one JSON object per line, as ExaBGP 4.2 writes it", FOUR);
dialect!(
    JSON4_COMPACT,
    "json-4.0.1-compact",
    "the same with plain prefixes as strings",
    Flavor { compact: true, ..FOUR }
);
dialect!(JSON6, "json-6.0.0", "one JSON object per line, as ExaBGP 6 writes it", SIX);
dialect!(
    JSON6_COMPACT,
    "json-6.0.0-compact",
    "the same with plain prefixes as strings",
    Flavor { compact: true, ..SIX }
);

fn boxed(flavor: &'static Flavor, host: &Host, peer: &PeerHead) -> Box<dyn Encoder> {
    Box::new(Json::new(flavor, host, peer))
}

impl Flavor {
    /// A writer that writes values this way.
    pub(super) fn writer<'b>(&self, out: &'b mut Vec<u8>) -> JsonWriter<'b> {
        let Self { compact, raw_labels, link_state, .. } = *self;
        JsonWriter::with(out, Ways { compact, raw_labels, link_state, ..Ways::default() })
    }
}
