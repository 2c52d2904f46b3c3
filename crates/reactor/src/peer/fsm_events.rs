//! What the state machine reports and wants, done and told.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Instant;

use api::event::{Class, Direction, Event as Told, MessageKind};
use bgp_wire::MessageType;
use bgp_wire::negotiated::Negotiated;
use bytes::Bytes;
use peer_fsm::{Command, DownReason, Event, IoAction, Leg, State};
use rib::Fate;
use tracing::{debug, info, warn};

use super::outbound::First;
use super::sink::{publish_control, publish_sent, settle_fate};
use super::{Delivery, Happened, PeerTask, connect, time};

/// Octets packed before they are written. What is collected waits for what is packed behind it, so this is a matter
/// of latency; larger writes save little (a system call for about 1,500 routes).
const TURN: usize = 16 * 1024;

impl PeerTask {
    /// Does and tells everything that the last input brought about, then packs and writes.
    pub(super) fn settle(&mut self) {
        self.react();
        let more = self.pack();
        self.write();
        // When the socket took all that was packed, nothing else would wake this task for the rest.
        self.unfinished |= more && self.has_room_for_updates();
        self.helpers.deliver();
        self.lift_barriers();
    }

    /// Nobody waits for a peer that takes no more now.
    fn lift_barriers(&mut self) {
        if self.barriers.is_empty() {
            return;
        }
        let blocked = self.paced_until.is_some()
            || Leg::BOTH.into_iter().any(|leg| self.sockets.get(leg).is_some_and(|s| s.output.waiting() > 0));
        let receipts = &self.receipts;
        self.barriers.retain(|token| receipts.contains(token));
        if blocked {
            for token in std::mem::take(&mut self.barriers) {
                self.receipts.retain(|other| *other != token);
                self.report(Happened::Receipt(token, false));
            }
        }
    }

    /// Does and tells everything that the last input brought about.
    pub(super) fn react(&mut self) {
        loop {
            let mut quiet = true;
            while let Some(event) = self.fsm.poll_event() {
                quiet = false;
                self.event(event);
            }
            while let Some(action) = self.fsm.poll_io() {
                quiet = false;
                self.act(action);
            }
            for leg in Leg::BOTH {
                let mut control = Vec::new();
                if self.fsm.poll_transmit(leg, &mut control) > 0 {
                    quiet = false;
                    if let Some(socket) = self.sockets.get_mut(leg) {
                        socket.output.control(Bytes::from(control));
                    }
                }
            }
            if quiet {
                break;
            }
        }
    }

    fn act(&mut self, action: IoAction) {
        match action {
            IoAction::Connect => {
                let endpoint = self.settings.endpoint.clone();
                debug!(target: "network", "{}: connecting to {} port {}", self.settings.name, endpoint.peer, endpoint.port);
                self.connecting = Some(Box::pin(async move { connect::connect(&endpoint).await }));
            }
            IoAction::Close { leg, farewell } => {
                if leg == Leg::Outgoing {
                    self.connecting = None;
                }
                if let Some(socket) = self.sockets.take(leg) {
                    self.close(socket, farewell);
                }
            }
        }
    }

    fn event(&mut self, event: Event) {
        let now = time();
        match event {
            Event::State { from, to } => {
                info!(target: "peer", "{}: {} -> {}", self.settings.name, rfc_name(from), rfc_name(to));
                self.shared.update(|s| {
                    if (s.state == State::Established) != (to == State::Established) {
                        s.since = Instant::now();
                    }
                    s.state = to;
                });
                self.helpers.publish(now, &Told::Fsm { state: to.name() });
            }
            Event::Connected(leg) => {
                let local = self.local_address(leg);
                self.shared.update(|s| s.local = local);
                self.helpers.local_address(local.map(|l| l.ip()));
                info!(target: "network", "{}: connected", self.settings.name);
                self.helpers.publish(now, &Told::Connected);
            }
            Event::ConnectFailed(why) => {
                info!(target: "network", "{}: the connection failed: {why}", self.settings.name);
            }
            Event::Sent { kind, raw, .. } => {
                self.shared.sent.add(kind, 1);
                publish_control(&mut self.helpers.publisher, now, Direction::Send, kind, &raw);
            }
            Event::Negotiated(_, negotiated) => {
                self.mismatches(&negotiated);
                self.helpers.publish(now, &Told::Negotiated(&negotiated));
            }
            Event::Up(leg, negotiated) => self.up(leg, &negotiated),
            Event::RefreshReceived(refresh) => self.outbound.refresh(refresh),
            Event::NotificationReceived(_, n) => {
                warn!(target: "peer", "{}: received NOTIFICATION {n}", self.settings.name);
            }
            Event::NotificationSent(_, n) => {
                warn!(target: "peer", "{}: sent NOTIFICATION {n}", self.settings.name);
            }
            Event::Down(reason) => {
                let text = reason.to_string();
                let why = match &reason {
                    DownReason::Closed(why) => format!(" ({why})"),
                    _ => String::new(),
                };
                info!(target: "peer", "{}: down, {text}{why}", self.settings.name);
                self.helpers.publish(now, &Told::Down { reason: &text });
                for token in std::mem::take(&mut self.receipts) {
                    self.report(Happened::Receipt(token, false));
                }
                if self.outbound.down() {
                    self.retain(&reason);
                    self.report(Happened::Down);
                }
                self.shared.update(|s| s.negotiated = None);
            }
            Event::AttemptsExhausted => {
                info!(target: "peer", "{}: the last connection attempt is over", self.settings.name);
            }
            Event::Stopped => self.stopped = true,
            Event::OpenSent(..) | Event::OpenReceived(..) => {}
        }
    }

    /// Keeps the routes of a peer that may be restarting (RFC 4724 section 4.2): its connection ended, without a word.
    fn retain(&mut self, reason: &DownReason) {
        let negotiated = self.shared.status().negotiated.filter(|n| n.graceful_restart.is_some());
        match (reason, negotiated) {
            (DownReason::Closed(_), Some(negotiated)) if self.settings.adj_rib_in => {
                let fates = self.retention.lost(Instant::now(), &negotiated);
                self.settle_fates(fates);
            }
            _ => self.retention.ended(),
        }
    }

    fn settle_fates(&self, fates: Vec<Fate>) {
        for fate in fates {
            settle_fate(&self.shared, &self.common.interner, fate);
        }
    }

    /// Families that only one side has are legal and surely unwanted.
    fn mismatches(&self, negotiated: &Negotiated) {
        let (ours, theirs) = negotiated.unshared_families();
        for (families, without) in [(ours, "the peer"), (theirs, "our configuration")] {
            for family in families {
                warn!(target: "peer", "{}: no {family} routes on this session: {without} has not this family", self.settings.name);
            }
        }
    }

    fn up(&mut self, leg: Leg, negotiated: &Arc<Negotiated>) {
        let settings = &self.settings;
        self.decode = negotiated.decode_ctx(settings.aigp);
        let (self_v4, self_v6) =
            own_addresses(self.local_address(leg).map(|a| a.ip()), settings.fsm.router_id);
        let (self_v6, self_link_local) = match settings.link_local.filter(|_| negotiated.link_local) {
            Some((link_local, true)) => (Some(link_local), None),
            Some((link_local, false)) => (self_v6, Some(link_local)),
            None => (self_v6, None),
        };
        let context = bgp_wire::EncodeCtx {
            sequence: settings.sequence,
            self_link_local,
            ..negotiated.encode_ctx(settings.aigp, settings.group_updates, self_v4, self_v6)
        };
        // What we send is decoded like this by those who want to see it.
        let mirror = bgp_wire::DecodeCtx { add_path: context.add_path, ..self.decode };
        let kept = self.retention.back(Instant::now(), negotiated);
        self.shared.adj_rib_in().begin();
        match kept {
            None => self.shared.adj_rib_in().clear(),
            Some(fates) => self.settle_fates(fates),
        }
        *self.shared.delivery() = Delivery::default();
        self.shared.update(|s| s.negotiated = Some(Arc::clone(negotiated)));
        let end_of_rib = !settings.manual_eor;
        let earlier = std::mem::take(&mut self.settings.earlier);
        self.outbound.up(context, mirror, negotiated, First { end_of_rib, earlier });
        self.helpers.publish(time(), &Told::Up);
        if negotiated.operational {
            for message in &self.settings.operational {
                // Established and negotiated; what is too long is refused with the configuration.
                let _ = self.fsm.handle_command(Instant::now(), Command::Operational(Arc::clone(message)));
            }
        }
        self.report(Happened::Up);
    }

    /// Packs routes while the socket's queue has room, as many as are worth a write. Whether there may be more.
    fn pack(&mut self) -> bool {
        let Some((leg, _)) = self.fsm.established() else { return false };
        let Some(socket) = self.sockets.get_mut(leg) else { return false };
        let tell = self.helpers.publisher.wants(Class::Message(MessageKind::Update, Direction::Send));
        let mut packed_now = 0usize;
        while socket.output.has_room() && packed_now < TURN {
            if self.paced_until.is_some() {
                // The deadline that this is wakes the task.
                return false;
            }
            let Some(packed) = self.outbound.next(&self.settings.name) else { return false };
            if !self.settings.pace.is_zero() {
                let messages = u32::try_from(packed.updates).unwrap_or(u32::MAX);
                self.paced_until = Instant::now().checked_add(self.settings.pace.saturating_mul(messages));
            }
            self.shared.sent.add(MessageType::UPDATE, packed.updates);
            self.shared.sent.add(MessageType::ROUTE_REFRESH, packed.refreshes);
            if tell {
                publish_sent(&mut self.helpers.publisher, time(), &self.outbound.mirror(), &packed.bytes);
            }
            if let Some((through, refused)) = packed.through {
                self.shared.delivery().note(through, time(), refused);
            }
            self.work = self.work.saturating_add(packed.bytes.len());
            packed_now = packed_now.saturating_add(packed.bytes.len());
            socket.output.bulk(packed.bytes);
            if let Some(token) = packed.receipt {
                socket.output.receipt(token);
            }
        }
        true
    }

    fn write(&mut self) {
        for leg in Leg::BOTH {
            let Some(socket) = self.sockets.get_mut(leg) else { continue };
            let mut receipts = socket.output.receipts();
            if socket.output.waiting() == 0 {
                self.written(&receipts);
                continue;
            }
            let written = socket.output.write(&socket.stream);
            let accepted = written.unwrap_or_else(|e| {
                // What was received before is handled first, in the next turn; then the connection is given up.
                socket.ended.get_or_insert_with(|| e.to_string());
                self.unfinished = true;
                0
            });
            receipts.append(&mut socket.output.receipts());
            self.fsm.handle_written(Instant::now(), leg, accepted, socket.output.waiting() > 0);
            self.written(&receipts);
        }
    }

    /// Reports that all is written that was to be so for these.
    fn written(&mut self, receipts: &[u64]) {
        for token in receipts {
            if let Some(at) = self.receipts.iter().position(|other| other == token) {
                self.receipts.swap_remove(at);
                self.report(Happened::Receipt(*token, true));
            }
        }
    }
}

/// What "next-hop self" means on a session: our end of the connection, and our identifier for IPv4 routes over IPv6.
fn own_addresses(local: Option<IpAddr>, router_id: Ipv4Addr) -> (Option<Ipv4Addr>, Option<Ipv6Addr>) {
    match local {
        Some(IpAddr::V4(v4)) => (Some(v4), None),
        Some(IpAddr::V6(v6)) => (Some(router_id), Some(v6)),
        None => (None, None),
    }
}

/// The name that RFC 4271 section 8.2.2 writes.
const fn rfc_name(state: State) -> &'static str {
    match state {
        State::Idle => "Idle",
        State::Active => "Active",
        State::Connect => "Connect",
        State::OpenSent => "OpenSent",
        State::OpenConfirm => "OpenConfirm",
        State::Established => "Established",
    }
}
