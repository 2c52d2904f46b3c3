//! Answers that are too long for one turn: written by a task of their own, as fast as the helper reads.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use api::command::{FamilyFilter, PrefixFilter, Rib};
use api::reply::adj_rib::{self, RouteForm, Status};
use api_process::{HelperId, Outbox, Pushed};
use bgp_wire::attr::NextHop;
use bgp_wire::negotiated::Negotiated;
use bgp_wire::{Nlri, RouteAttributes};
use bytes::Bytes;
use peer_fsm::State;
use rib::{Attrs, PeerId, SharedStore, ShowFilter, Step, Store, Sweep};
use route_text::PeerName;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Reactor;
use super::peers::PeerEntry;
use crate::peer::{Delivery, Fate, PeerShared};

/// Routes looked at under one lock.
const ROUTES: usize = 512;

/// Octets of one piece of a text.
const PIECE: usize = 64 * 1024;

/// A job has written everything.
#[derive(Debug)]
pub(super) struct Finished {
    id: HelperId,
    generation: u32,
    /// It was all that the command asked for.
    answers: bool,
}

/// Something that writes an answer.
#[derive(Debug)]
pub(super) enum Job {
    /// Nothing: it waits until there is room for answers.
    Room,
    /// A text that is there already.
    Text(Bytes),
    /// Routes of some peers.
    Routes(Box<Routes>),
}

/// Which routes are shown, and what more of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) families: FamilyFilter,
    pub(super) prefix: Option<PrefixFilter>,
    /// Whether the peer has been sent it; of the Adj-RIB-Out only.
    pub(super) status: bool,
}

/// Routes to be shown, one peer after the other.
#[derive(Debug)]
pub(super) struct Routes {
    store: SharedStore,
    rib: Rib,
    wanted: Wanted,
    form: RouteForm,
    peers: VecDeque<Shown>,
    sweep: Option<Sweep>,
    place: u32,
}

/// A peer whose routes are shown.
#[derive(Debug)]
struct Shown {
    id: PeerId,
    name: PeerName,
    shared: Arc<PeerShared>,
    /// What "next-hop self" is for IPv4 and for IPv6 routes.
    own: (Option<IpAddr>, Option<IpAddr>),
}

impl Job {
    pub(super) fn text(text: Vec<u8>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn routes<'a>(
        store: &SharedStore,
        rib: Rib,
        wanted: Wanted,
        form: RouteForm,
        peers: impl Iterator<Item = &'a PeerEntry>,
    ) -> Self {
        let shown = |peer: &PeerEntry| {
            let local = peer.shared.status().local.map(|l| l.ip()).or(peer.name().local);
            let (v4, v6) = local.map_or((None, None), |local| peer.neighbor.self_addresses(local));
            let own = (v4.map(IpAddr::from), v6.map(IpAddr::from));
            Shown { id: peer.id, name: peer.name().clone(), shared: Arc::clone(&peer.shared), own }
        };
        let peers = peers.map(shown).collect();
        let routes = Routes { store: store.clone(), rib, wanted, form, peers, sweep: None, place: 0 };
        Self::Routes(Box::new(routes))
    }

    /// Writes everything, waiting for the helper where it must; then tells the reactor.
    pub(super) async fn run(
        mut self,
        id: HelperId,
        outbox: Outbox,
        generation: u32,
        finished: mpsc::Sender<Finished>,
        token: CancellationToken,
    ) {
        let answers = !matches!(self, Self::Room);
        if !answers {
            tokio::select! {
                () = token.cancelled() => return,
                () = outbox.data_room() => {}
            }
        }
        'pieces: while let Some(piece) = self.next() {
            let mut piece = piece;
            while !piece.is_empty() {
                match outbox.push_data(generation, piece) {
                    Pushed::Full(back) => piece = back,
                    // Who asked is gone: nobody wants the rest.
                    Pushed::Closed => break 'pieces,
                    _ => break,
                }
                tokio::select! {
                    () = token.cancelled() => return,
                    () = outbox.data_room() => {}
                }
            }
            tokio::task::consume_budget().await;
        }
        let _ = finished.send(Finished { id, generation, answers }).await;
    }

    /// The next piece: whole lines, or nothing yet, after a bounded search; none when everything is written.
    fn next(&mut self) -> Option<Bytes> {
        match self {
            Self::Room => None,
            Self::Text(text) if text.is_empty() => None,
            Self::Text(text) => {
                let limit = text.len().min(PIECE);
                let lines = text.get(..limit).and_then(last_line_end);
                // A line longer than a piece goes as it is.
                let end = lines.map_or(text.len(), |at| at.saturating_add(1));
                Some(text.split_to(end))
            }
            Self::Routes(routes) => routes.next(),
        }
    }
}

fn last_line_end(head: &[u8]) -> Option<usize> {
    head.iter().rposition(|b| *b == b'\n')
}

impl Routes {
    fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::new();
        let peer = self.peers.front()?;
        let (wanted, form) = (self.wanted, self.form);
        let show = |nlri: &Nlri, attrs: &Attrs, status: Option<Status<'_>>, out: &mut Vec<u8>| {
            adj_rib::route(&peer.name, nlri.as_ref(), &resolved(attrs, nlri, peer.own), form, out);
            if let Some(status) = status.filter(|_| wanted.status) {
                adj_rib::status(status, out);
            }
        };
        let step = match self.rib {
            Rib::Out => {
                let store = self.store.read();
                let sweep = self.sweep.get_or_insert_with(|| store.sweep());
                let filter = ShowFilter { peer: Some(peer.id), ..ShowFilter::default() };
                let standing = Standing::of(peer, &store);
                let delivery = peer.shared.delivery();
                store.show(&filter, sweep, ROUTES, |r| {
                    if wanted.matches(r.nlri) {
                        show(r.nlri, r.attrs, Some(standing.status(r.nlri, r.version, &delivery)), &mut out);
                    }
                })
            }
            Rib::In => {
                let table = peer.shared.adj_rib_in();
                let budget = u32::try_from(ROUTES).unwrap_or(u32::MAX);
                table.show(None, &mut self.place, budget, |nlri, attrs| {
                    if wanted.matches(nlri) {
                        show(nlri, attrs, None, &mut out);
                    }
                })
            }
        };
        if step == Step::Done {
            self.peers.pop_front();
            self.sweep = None;
            self.place = 0;
        }
        Some(out.into())
    }
}

impl Wanted {
    fn matches(&self, nlri: &Nlri) -> bool {
        self.prefix.is_none_or(|p| p.matches(nlri.as_ref())) && self.families.matches(nlri.family())
    }
}

/// How far a peer's session is.
struct Standing {
    /// The terms of the session, if there is one.
    negotiated: Option<Arc<Negotiated>>,
    cursor: u64,
}

impl Standing {
    fn of(peer: &Shown, store: &Store) -> Self {
        let status = peer.shared.status();
        let negotiated = status.negotiated.filter(|_| status.state == State::Established);
        Self { negotiated, cursor: store.cursor(peer.id) }
    }

    fn status<'a>(&self, nlri: &Nlri, version: u64, delivery: &'a Delivery) -> Status<'a> {
        let Some(negotiated) = &self.negotiated else { return Status::Pending };
        if !negotiated.families.contains(&nlri.family()) {
            return Status::Refused("the peer has not this family");
        }
        if version > self.cursor {
            return Status::Pending;
        }
        match delivery.fate(nlri, version) {
            Fate::Sent(at) => Status::Sent(at),
            Fate::Refused(reason) => Status::Refused(reason),
            Fate::Uncertain => Status::Uncertain,
        }
    }
}

/// The attributes with "next-hop self" made an address, as far as it is known.
fn resolved(attrs: &Attrs, nlri: &Nlri, own: (Option<IpAddr>, Option<IpAddr>)) -> RouteAttributes {
    let own = if nlri.family().afi == bgp_wire::Afi::IPV4 { own.0 } else { own.1 };
    match (attrs.next_hop(), own) {
        (NextHop::SelfAddress, Some(own)) => RouteAttributes::new(NextHop::Address(own), attrs.block()),
        _ => RouteAttributes::clone(attrs),
    }
}

impl Reactor {
    /// A job is done: its command is answered, and the helper goes on.
    pub(super) fn finished(&mut self, finished: &Finished) {
        let Some(helper) = self.helpers.get_mut(&finished.id) else { return };
        helper.task = None;
        // The answer of a process that is gone is owed to nobody.
        if finished.answers && helper.answered() == finished.generation {
            helper.answer(true);
        }
    }
}
