//! What a session has to send: routes as the cursor finds them, refreshes, and markers in their places between them.

use std::collections::VecDeque;

use bgp_wire::msg::keepalive;
use bgp_wire::msg::refresh::{RefreshSubtype, RouteRefresh};
use bgp_wire::msg::update;
use bgp_wire::negotiated::{Negotiated, Refresh};
use bgp_wire::{DecodeCtx, EncodeCtx, Family, Nlri};
use bytes::Bytes;
use rib::{Attrs, Next, PackReport, PeerId, PeerReader, READ_BUDGET, Refused, SharedStore, Walk};
use tracing::{debug, warn};

/// Refused routes that are named in the log for one packing; the rest is counted.
const NAMED: usize = 3;

/// The outbound side of a peer.
#[derive(Debug)]
pub(super) struct Outbound {
    store: SharedStore,
    id: PeerId,
    session: Option<Session>,
}

/// The outbound side of one session.
#[derive(Debug)]
struct Session {
    reader: PeerReader,
    mirror: DecodeCtx,
    families: Vec<Family>,
    enhanced: bool,
    /// The initial End-of-RIB markers (RFC 4724 section 2) are still to be sent.
    initial_eor: bool,
    /// Markers that helpers asked for, each behind the routes of its version.
    markers: VecDeque<(Marker, u64)>,
    /// Families to be sent again; each at most once, so that a flood of requests costs one answer.
    refreshes: VecDeque<Family>,
    walk: Option<Refreshing>,
}

/// Something that stands behind the routes of a version.
#[derive(Clone, Copy, Debug)]
enum Marker {
    /// An End-of-RIB marker.
    EndOfRib(Family),
    /// Nothing that is sent: the reactor is told when what is before it has been written.
    Receipt(u64),
    /// The same, behind refreshes that have been asked for as well.
    Barrier(u64),
}

/// What a session begins with, beside the routes.
#[derive(Debug)]
pub(super) struct First {
    /// End-of-RIB markers behind them.
    pub(super) end_of_rib: bool,
    /// What each comes after (see [`PeerReader::precede`]).
    pub(super) earlier: Vec<(Nlri, Attrs)>,
}

/// A refresh under way.
#[derive(Debug)]
struct Refreshing {
    family: Family,
    walk: Walk,
    walked: bool,
}

/// Whole messages to be queued.
#[derive(Debug)]
pub(super) struct Messages {
    pub(super) bytes: Bytes,
    /// UPDATEs among them.
    pub(super) updates: u64,
    /// ROUTE-REFRESH markers among them.
    pub(super) refreshes: u64,
    /// To be reported when these and all before them have been written.
    pub(super) receipt: Option<u64>,
    /// The version of the store that the peer is brought to, and what was not written on the way.
    pub(super) through: Option<(u64, Vec<Refused>)>,
}

impl Messages {
    fn updates(bytes: impl Into<Bytes>, updates: u64) -> Self {
        Self { bytes: bytes.into(), updates, refreshes: 0, receipt: None, through: None }
    }

    fn marker(family: Family, subtype: RefreshSubtype) -> Self {
        let bytes = RouteRefresh { family, subtype }.encode();
        Self { refreshes: 1, ..Self::updates(Bytes::copy_from_slice(&bytes), 0) }
    }
}

impl Outbound {
    pub(super) fn new(store: &SharedStore, id: PeerId) -> Self {
        Self { store: store.clone(), id, session: None }
    }

    /// The session is established.
    pub(super) fn up(
        &mut self,
        context: EncodeCtx,
        mirror: DecodeCtx,
        negotiated: &Negotiated,
        first: First,
    ) {
        // The old reader takes the peer down when it is dropped: that must come first.
        self.session = None;
        let mut reader = self.store.peer_up(self.id, context);
        reader.limit_paths(negotiated.paths_limit.clone());
        reader.precede(first.earlier);
        self.session = Some(Session {
            reader,
            mirror,
            families: negotiated.families.clone(),
            enhanced: negotiated.refresh == Refresh::Enhanced,
            initial_eor: first.end_of_rib,
            markers: VecDeque::new(),
            refreshes: VecDeque::new(),
            walk: None,
        });
    }

    /// The session is over; whether there was one.
    pub(super) fn down(&mut self) -> bool {
        self.session.take().is_some()
    }

    /// Whether changes of the store concern the peer now.
    pub(super) const fn wants_news(&self) -> bool {
        self.session.is_some()
    }

    /// How what is sent can be decoded.
    pub(super) fn mirror(&self) -> DecodeCtx {
        self.session.as_ref().map_or_else(DecodeCtx::default, |s| s.mirror)
    }

    /// A helper wants an End-of-RIB marker behind the routes that are in the store now.
    pub(super) fn end_of_rib(&mut self, family: Family) {
        let version = self.store.read().version();
        if let Some(session) = &mut self.session {
            session.markers.push_back((Marker::EndOfRib(family), version));
        }
    }

    /// The reactor wants to hear when everything that is in the store now has been written. False without session.
    pub(super) fn receipt(&mut self, token: u64) -> bool {
        let version = self.store.read().version();
        let Some(session) = &mut self.session else { return false };
        session.markers.push_back((Marker::Receipt(token), version));
        true
    }

    /// The same, refreshes included.
    pub(super) fn barrier(&mut self, token: u64) -> bool {
        let version = self.store.read().version();
        let Some(session) = &mut self.session else { return false };
        session.markers.push_back((Marker::Barrier(token), version));
        true
    }

    /// The peer asks for its routes again, or marks a refresh of its own (which concerns only those who keep routes).
    pub(super) fn refresh(&mut self, refresh: RouteRefresh) {
        if refresh.subtype == RefreshSubtype::Query {
            self.flush(Some(refresh.family));
        }
    }

    /// Sends everything of one family, or of all, again.
    pub(super) fn flush(&mut self, family: Option<Family>) {
        let Some(session) = &mut self.session else { return };
        let wanted = session.families.iter().copied().filter(|f| family.is_none_or(|one| one == *f));
        for family in wanted.collect::<Vec<_>>() {
            if !session.refreshes.contains(&family) {
                session.refreshes.push_back(family);
            }
        }
    }

    /// The next messages; none when the peer has everything.
    pub(super) fn next(&mut self, name: &str) -> Option<Messages> {
        let session = self.session.as_mut()?;
        loop {
            if let Some(messages) = session.refreshing(name) {
                return Some(messages);
            }
            match session.reader.next(READ_BUDGET) {
                Next::More => {}
                Next::Messages(packed) => {
                    // The caller has room for what it asked for: from here the messages own it.
                    session.reader.commit(&packed);
                    complain(name, &packed.report);
                    let through = Some((packed.through(), packed.report.refused));
                    let messages = Messages::updates(packed.bytes, packed.report.messages.into());
                    return Some(Messages { through, ..messages });
                }
                Next::UpToDate(version) => return session.marker(version),
            }
        }
    }
}

impl Session {
    /// The next messages of a refresh that is not walked to its end.
    fn refreshing(&mut self, name: &str) -> Option<Messages> {
        loop {
            let refreshing = self.walk.as_mut().filter(|r| !r.walked)?;
            match self.reader.next_of_walk(&mut refreshing.walk, READ_BUDGET) {
                Next::More => {}
                Next::Messages(packed) => {
                    complain(name, &packed.report);
                    if !packed.bytes.is_empty() {
                        return Some(Messages::updates(packed.bytes, packed.report.messages.into()));
                    }
                }
                Next::UpToDate(_) => refreshing.walked = true,
            }
        }
    }

    /// What is due once the peer has everything up to `version`: markers, and the beginning of the next refresh.
    fn marker(&mut self, version: u64) -> Option<Messages> {
        if self.initial_eor && version >= self.reader.initial() {
            self.initial_eor = false;
            return Some(self.initial_markers());
        }
        let refreshing = self.walk.is_some() || !self.refreshes.is_empty();
        let waits = |marker: &Marker| refreshing && matches!(marker, Marker::Barrier(_));
        if self.markers.front().is_some_and(|(marker, at)| *at <= version && !waits(marker)) {
            return match self.markers.pop_front()?.0 {
                Marker::EndOfRib(family) => {
                    let mut out = Vec::new();
                    update::end_of_rib(family, &mut out);
                    Some(Messages::updates(out, 1))
                }
                Marker::Receipt(token) | Marker::Barrier(token) => {
                    Some(Messages { receipt: Some(token), ..Messages::updates(Bytes::new(), 0) })
                }
            };
        }
        if let Some(refreshing) = &self.walk {
            if refreshing.walk.complete_at().is_some_and(|at| version < at) {
                return None;
            }
            let family = refreshing.family;
            self.walk = None;
            if self.enhanced {
                return Some(Messages::marker(family, RefreshSubtype::End));
            }
        }
        let family = self.refreshes.pop_front()?;
        self.walk = Some(Refreshing { family, walk: self.reader.walk(Some(family)), walked: false });
        if self.enhanced {
            return Some(Messages::marker(family, RefreshSubtype::Begin));
        }
        // Without markers the walk itself comes next.
        Some(Messages::updates(Bytes::new(), 0))
    }

    fn initial_markers(&self) -> Messages {
        if self.families.is_empty() {
            // No family, no marker: the original says so with a KEEPALIVE.
            return Messages::updates(Bytes::copy_from_slice(&keepalive()), 0);
        }
        let mut out = Vec::new();
        self.families.iter().for_each(|family| update::end_of_rib(*family, &mut out));
        Messages::updates(out, u64::try_from(self.families.len()).unwrap_or(0))
    }
}

/// Routes that can't be sent to this peer: said, never silently dropped.
fn complain(name: &str, report: &PackReport) {
    for refused in report.refused.iter().take(NAMED) {
        warn!(target: "rib", "{name}: {} is not sent: {}", refused.nlri, refused.error);
    }
    let more = report.refused.len().saturating_sub(NAMED);
    if more > 0 {
        warn!(target: "rib", "{name}: {more} more routes are not sent, for such reasons");
    }
    if report.messages > 0 {
        debug!(target: "rib", "{name}: {} announced, {} withdrawn", report.announced, report.withdrawn);
    }
}
