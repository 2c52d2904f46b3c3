//! Packed messages that peers share.
//!
//! Peers with equal encode contexts form a class. When one has packed what lies between two versions, others of the
//! class that come to the first version take the bytes instead of packing again. The list is bounded in octets and
//! length for all classes together: a peer too far behind for it packs for itself, and costs nobody anything.

use std::collections::VecDeque;

use bgp_wire::EncodeCtx;
use bytes::Bytes;
use smallvec::SmallVec;

use crate::TargetId;
use crate::batch::PackReport;

/// Octets of packed messages kept for all classes together.
const MAX_OCTETS: usize = 8 << 20;
/// Segments kept; a look-up goes through them all.
const MAX_SEGMENTS: usize = 512;

/// Local addresses of a session, as "next-hop self" uses them.
pub(crate) type SelfAddresses = (Option<std::net::Ipv4Addr>, Option<std::net::Ipv6Addr>);

/// A log, by target set and what tells it from others that have had the number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LogRef {
    pub(crate) set: TargetId,
    pub(crate) serial: u64,
}

/// Packed messages for what happened after version `from` up to `to`.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) class: u32,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// Version of the store when it was collected.
    pub(crate) packed_at: u64,
    /// The logs that had something in the range: a reader must be subscribed to these, and have nothing in others.
    pub(crate) logs: SmallVec<[LogRef; 2]>,
    /// Set if a route has "next-hop self".
    pub(crate) own: Option<SelfAddresses>,
    pub(crate) bytes: Bytes,
    pub(crate) report: PackReport,
}

/// What a reader takes of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) to: u64,
    pub(crate) packed_at: u64,
    pub(crate) bytes: Bytes,
    pub(crate) report: PackReport,
}

#[derive(Debug, Default)]
pub(crate) struct Segments {
    /// Oldest first.
    list: VecDeque<Segment>,
    octets: usize,
    /// Context of each class and how many up peers it has.
    classes: Vec<(EncodeCtx, usize)>,
}

impl Segments {
    /// The class of a context. Local addresses don't count: they matter only to routes with "next-hop self".
    pub(crate) fn join(&mut self, ctx: &EncodeCtx) -> u32 {
        let ctx = EncodeCtx { self_v4: None, self_v6: None, ..*ctx };
        let place = self.classes.iter().position(|(c, _)| *c == ctx);
        // The place of a class without members can be given away: its segments went with the last member.
        let place = place.or_else(|| self.classes.iter().position(|(_, members)| *members == 0));
        let place = place.unwrap_or(self.classes.len());
        match self.classes.get_mut(place) {
            Some(class) => *class = (ctx, class.1 + 1),
            None => self.classes.push((ctx, 1)),
        }
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    pub(crate) fn leave(&mut self, class: u32) {
        if let Some((_, members)) = self.classes.get_mut(class as usize) {
            *members = members.saturating_sub(1);
            if *members == 0 {
                self.retain(|s| s.class != class);
            }
        }
    }

    pub(crate) const fn octets(&self) -> usize {
        self.octets
    }

    pub(crate) fn insert(&mut self, segment: Segment) {
        self.octets += segment.bytes.len();
        self.list.push_back(segment);
        while self.octets > MAX_OCTETS || self.list.len() > MAX_SEGMENTS {
            let Some(oldest) = self.list.pop_front() else { break };
            self.octets -= oldest.bytes.len();
        }
    }

    /// Keeps the segments that `keep` says.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Segment) -> bool) {
        self.list.retain(keep);
        self.octets = self.list.iter().map(|s| s.bytes.len()).sum();
    }

    pub(crate) fn find(
        &self,
        class: u32,
        from: u64,
        own: SelfAddresses,
        fits: impl Fn(&[LogRef], u64) -> bool,
    ) -> Option<Shared> {
        let mut newest_first = self.list.iter().rev();
        let found = newest_first.find(|s| {
            s.from == from && s.class == class && s.own.is_none_or(|o| o == own) && fits(&s.logs, s.to)
        })?;
        let (to, packed_at) = (found.to, found.packed_at);
        Some(Shared { to, packed_at, bytes: found.bytes.clone(), report: found.report.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(class: u32, from: u64, octets: usize) -> Segment {
        Segment {
            class,
            from,
            to: from + 10,
            packed_at: from + 10,
            logs: SmallVec::new(),
            own: None,
            bytes: vec![0; octets].into(),
            report: PackReport::default(),
        }
    }

    #[test]
    fn bounded_in_octets_and_length() {
        let mut segments = Segments::default();
        (0..40).for_each(|i| segments.insert(segment(0, i * 10, 1 << 20)));
        assert_eq!(segments.octets(), 8 << 20);
        let find = |s: &Segments, from| s.find(0, from, (None, None), |_, _| true).is_some();
        assert!(!find(&segments, 0) && find(&segments, 390) && !find(&segments, 395));
        (0..2000).for_each(|i| segments.insert(segment(0, i, 10)));
        assert_eq!(segments.list.len(), MAX_SEGMENTS);
        segments.retain(|_| false);
        assert_eq!(segments.octets(), 0);
    }

    #[test]
    fn classes_ignore_local_addresses_and_are_reused() {
        let mut segments = Segments::default();
        let ctx = EncodeCtx::default();
        let a = segments.join(&ctx);
        let b = segments.join(&EncodeCtx { self_v4: Some([127, 0, 0, 1].into()), ..ctx });
        let c = segments.join(&EncodeCtx { asn4: false, ..ctx });
        assert_eq!((a, b), (0, 0));
        assert_ne!(a, c);
        segments.insert(segment(c, 0, 10));
        segments.leave(c);
        assert_eq!(segments.octets(), 0, "segments go with the last member");
        assert_eq!(segments.join(&EncodeCtx { max_message: 65_535, ..ctx }), c);
    }

    #[test]
    fn next_hop_self_is_shared_by_equal_addresses_only() {
        let mut segments = Segments::default();
        let own = (Some([10, 0, 0, 1].into()), None);
        segments.insert(Segment { own: Some(own), ..segment(0, 0, 10) });
        assert!(segments.find(0, 0, own, |_, _| true).is_some());
        assert!(segments.find(0, 0, (Some([10, 0, 0, 2].into()), None), |_, _| true).is_none());
    }
}
