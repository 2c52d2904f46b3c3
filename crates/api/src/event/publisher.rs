//! Encodes the events of one peer once for each dialect and form that anyone wants.

use std::fmt;

use bytes::Bytes;
use smallvec::SmallVec;

use super::{Class, Event, Form, Host, PeerHead, Subscription};
use crate::encode::{Dialect, Encoder, Stamp, Style};

/// Makes the events of one peer for all its helpers. `H` names a helper.
///
/// Lives with the peer: [`Publisher::publish`] each thing that happens, then [`Publisher::drain`] before doing
/// anything else that could wait. Between the two everything is kept in one buffer, whose size is that of what was
/// published: the caller decides how much it decodes in between.
pub struct Publisher<H> {
    encoders: SmallVec<[(&'static Dialect, Box<dyn Encoder>); 2]>,
    /// What to write for each class of events.
    deliveries: [SmallVec<[Delivery; 1]>; Class::COUNT],
    /// Sets of helpers that get the same things.
    audiences: Vec<SmallVec<[H; 4]>>,
    buffer: Vec<u8>,
    segments: Vec<Segment>,
    counter: u64,
}

/// One writing of an event and who gets it.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    encoder: usize,
    style: Style,
    audience: usize,
}

/// A piece of the buffer that goes to one audience.
#[derive(Clone, Copy, Debug)]
struct Segment {
    audience: usize,
    end: usize,
    events: u32,
}

impl<H: Clone + PartialEq> Publisher<H> {
    /// For the helpers in `members`; a helper that stands there twice gets what both subscriptions ask for, once.
    pub fn new(host: &Host, head: &PeerHead, members: &[(H, &'static Dialect, Subscription)]) -> Self {
        let mut publisher = Self {
            encoders: SmallVec::new(),
            deliveries: std::array::from_fn(|_| SmallVec::new()),
            audiences: Vec::new(),
            buffer: Vec::new(),
            segments: Vec::new(),
            counter: 0,
        };
        publisher.subscribe(host, head, members);
        publisher
    }

    /// Changes who hears what, or who the peer is, as a reload or a connection does; the counter goes on. What was
    /// published before must have been drained.
    pub fn subscribe(
        &mut self,
        host: &Host,
        head: &PeerHead,
        members: &[(H, &'static Dialect, Subscription)],
    ) {
        self.encoders.clear();
        self.audiences.clear();
        self.buffer.clear();
        self.segments.clear();
        let mut merged: Vec<(H, &'static Dialect, Subscription)> = Vec::new();
        for (helper, dialect, wishes) in members {
            match merged.iter_mut().find(|(h, d, _)| h == helper && d == dialect) {
                Some((_, _, all)) => *all = all.union(*wishes),
                None => merged.push((helper.clone(), dialect, *wishes)),
            }
        }
        for (class, place) in Class::all().zip(&mut self.deliveries) {
            place.clear();
            for (encoder, style, audience) in plan(class, &merged) {
                let known = self.encoders.iter().position(|(d, _)| *d == encoder);
                let encoder = known.unwrap_or_else(|| {
                    self.encoders.push((encoder, (encoder.encoder)(host, head)));
                    self.encoders.len().saturating_sub(1)
                });
                let known = self.audiences.iter().position(|a| *a == audience);
                let audience = known.unwrap_or_else(|| {
                    self.audiences.push(audience);
                    self.audiences.len().saturating_sub(1)
                });
                place.push(Delivery { encoder, style, audience });
            }
        }
    }

    /// Whether anyone wants events of this class: if not, there is no need to decode for it.
    pub fn wants(&self, class: Class) -> bool {
        usize::try_from(class.index())
            .ok()
            .and_then(|i| self.deliveries.get(i))
            .is_some_and(|d| !d.is_empty())
    }

    /// Writes an event for all who want it. `time` is in seconds since 1970.
    ///
    /// [`Event::Negotiated`] is to be published whether anyone wants it or not: it is repeated in later events for
    /// those who asked.
    pub fn publish(&mut self, time: f64, event: &Event<'_, '_>) {
        if let Event::Negotiated(negotiated) = event {
            self.encoders.iter_mut().for_each(|(_, e)| e.negotiated(negotiated));
        }
        let class = usize::try_from(event.class().index()).unwrap_or_default();
        let mut form = None;
        for delivery in self.deliveries.get(class).into_iter().flatten() {
            if matches!(event, Event::Undecoded { .. }) && delivery.style.form != Form::Packets {
                continue;
            }
            // One number for one thing told, in however many dialects; octets and meaning are two things.
            let raw = delivery.style.form == Form::Packets;
            if form != Some(raw) {
                form = Some(raw);
                self.counter = self.counter.saturating_add(1);
            }
            let Some((_, encoder)) = self.encoders.get_mut(delivery.encoder) else { continue };
            encoder.encode(Stamp { time, counter: self.counter }, event, delivery.style, &mut self.buffer);
            let end = self.buffer.len();
            match self.segments.last_mut() {
                Some(last) if last.audience == delivery.audience => {
                    last.end = end;
                    last.events = last.events.saturating_add(1);
                }
                _ => self.segments.push(Segment { audience: delivery.audience, end, events: 1 }),
            }
        }
    }

    /// Octets published and not drained.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Hands out everything published, in order: whole lines, and how many events they are. One allocation for all.
    pub fn drain(&mut self, mut deliver: impl FnMut(&H, Bytes, u32)) {
        if self.segments.is_empty() {
            return;
        }
        let all = Bytes::copy_from_slice(&self.buffer);
        let mut start = 0;
        for segment in self.segments.drain(..) {
            let piece = all.slice(start..segment.end);
            start = segment.end;
            for helper in self.audiences.get(segment.audience).into_iter().flatten() {
                deliver(helper, piece.clone(), segment.events);
            }
        }
        self.buffer.clear();
        // A burst should not hold its memory for the life of the peer.
        self.buffer.shrink_to(1 << 18);
    }
}

/// What is to be written for a class, and for whom: octets first, then meaning.
fn plan<H: Clone>(
    class: Class,
    members: &[(H, &'static Dialect, Subscription)],
) -> Vec<(&'static Dialect, Style, SmallVec<[H; 4]>)> {
    let mut plan: Vec<(&'static Dialect, Style, SmallVec<[H; 4]>)> = Vec::new();
    for (helper, dialect, wishes) in members {
        if !(dialect.tells)(class) {
            continue;
        }
        for form in wishes.forms(class) {
            let style = Style { form, negotiated: wishes.has(Class::Negotiated) };
            match plan.iter_mut().find(|(d, s, _)| d == dialect && *s == style) {
                Some((_, _, audience)) => audience.push(helper.clone()),
                None => plan.push((dialect, style, SmallVec::from_iter([helper.clone()]))),
            }
        }
    }
    plan.sort_by_key(|(_, style, _)| style.form != Form::Packets);
    plan
}

impl<H: fmt::Debug> fmt::Debug for Publisher<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("audiences", &self.audiences)
            .field("pending", &self.buffer.len())
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}
