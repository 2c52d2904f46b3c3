//! What becomes of a peer's routes when its session is lost: graceful restart (RFC 4724 section 4.2) and its long-lived
//! form (RFC 9494 section 4.3), on the receiving side. Sans-IO: times go in, what is to be done and a deadline come out.

use std::time::{Duration, Instant};

use bgp_wire::Family;
use bgp_wire::negotiated::Negotiated;

/// How long a peer that has come back may take for its End-of-RIB (RFC 4724 section 4.2 leaves the time to us).
const RETURN: Duration = Duration::from_mins(6);

/// What is to be done with the routes of a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Forget those that this session has not announced.
    Sweep(Family),
    /// Forget all.
    Forget(Family),
    /// Forget those with NO_LLGR; add LLGR_STALE to the others.
    LongLived(Family),
}

/// Where the stale routes of a family stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// The restart time runs; behind it the long-lived stale time, if there is one.
    Restart(Duration),
    /// The long-lived stale time runs.
    LongLived,
    /// The peer is back, its End-of-RIB is awaited.
    Back,
}

#[derive(Clone, Copy, Debug)]
struct Stale {
    family: Family,
    phase: Phase,
    until: Instant,
}

/// The stale routes of one peer.
#[derive(Clone, Debug, Default)]
pub struct Retention {
    stale: Vec<Stale>,
}

impl Retention {
    /// The session was lost without NOTIFICATION. Whatever the peer did not promise to keep is forgotten.
    pub fn lost(&mut self, now: Instant, negotiated: &Negotiated) -> Vec<Fate> {
        let mut fates = Vec::new();
        let restart = negotiated.graceful_restart.as_ref();
        for family in negotiated.families.iter().copied() {
            // RFC 4724 section 4.2: what was stale already is not kept for another round.
            if self.remove(family) {
                fates.push(Fate::Sweep(family));
            }
            let listed = restart.is_some_and(|r| r.families.iter().any(|(f, _)| *f == family));
            let long = negotiated.long_lived.iter().find(|l| l.family == family && l.time > 0);
            let long = long.map_or(Duration::ZERO, |l| Duration::from_secs(l.time.into()));
            let time = restart.filter(|_| listed).map_or(0, |r| r.time);
            if time == 0 && long.is_zero() {
                fates.push(Fate::Forget(family));
                continue;
            }
            // A time that no clock reaches is for ever.
            let Some(until) = now.checked_add(Duration::from_secs(time.into())) else { continue };
            self.stale.push(Stale { family, phase: Phase::Restart(long), until });
        }
        fates
    }

    /// The session ended in another way: nothing is kept.
    pub fn ended(&mut self) {
        self.stale.clear();
    }

    /// The peer is back. `None` when nothing was kept, so that all there is can be forgotten at once.
    pub fn back(&mut self, now: Instant, negotiated: &Negotiated) -> Option<Vec<Fate>> {
        if self.stale.is_empty() {
            return None;
        }
        let forwarding = |stale: &Stale| {
            let restart = negotiated.graceful_restart.as_ref();
            let kept = restart.is_some_and(|r| r.families.contains(&(stale.family, true)));
            let long = negotiated.long_lived.iter().any(|l| l.family == stale.family && l.forwarding);
            kept || long
        };
        let mut fates = Vec::new();
        self.stale.retain_mut(|stale| {
            if !forwarding(stale) || !negotiated.families.contains(&stale.family) {
                fates.push(Fate::Forget(stale.family));
                return false;
            }
            // RFC 9494 section 4.3: the long-lived stale time goes on.
            if stale.phase != Phase::LongLived {
                stale.until = now.checked_add(RETURN).unwrap_or(stale.until);
                stale.phase = Phase::Back;
            }
            true
        });
        Some(fates)
    }

    /// The peer has sent an End-of-RIB marker: what is still stale goes.
    pub fn end_of_rib(&mut self, family: Family) -> Option<Fate> {
        self.remove(family).then_some(Fate::Sweep(family))
    }

    /// When [`Self::due`] is to be called.
    pub fn deadline(&self) -> Option<Instant> {
        self.stale.iter().map(|stale| stale.until).min()
    }

    /// The next thing that is due, one at a time. `established`: the peer is back.
    pub fn due(&mut self, now: Instant, established: bool) -> Option<Fate> {
        let place = self.stale.iter().position(|stale| stale.until <= now)?;
        let stale = self.stale.get_mut(place)?;
        let family = stale.family;
        if let Phase::Restart(long) = stale.phase
            && !long.is_zero()
            && let Some(until) = now.checked_add(long)
        {
            (stale.phase, stale.until) = (Phase::LongLived, until);
            return Some(Fate::LongLived(family));
        }
        self.stale.remove(place);
        Some(if established { Fate::Sweep(family) } else { Fate::Forget(family) })
    }

    fn remove(&mut self, family: Family) -> bool {
        let before = self.stale.len();
        self.stale.retain(|stale| stale.family != family);
        self.stale.len() < before
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "some instant is needed to count from")]
mod tests {
    use std::net::Ipv4Addr;

    use bgp_wire::Asn;
    use bgp_wire::cap::graceful_restart::GracefulRestart;
    use bgp_wire::cap::long_lived_restart::{self, LongLivedFamily};
    use bgp_wire::cap::multiprotocol;
    use bgp_wire::msg::Open;

    use super::*;

    const V4: Family = Family::IPV4_UNICAST;
    const V6: Family = Family::IPV6_UNICAST;

    /// What both say of IPv4: restart time, long-lived stale time, and the bit of kept forwarding. IPv6 is not kept.
    fn terms(time: u16, long: Option<u32>, forwarding: bool) -> Negotiated {
        let restart =
            GracefulRestart { time, families: vec![(V4, forwarding)], ..GracefulRestart::default() };
        let mut capabilities = vec![multiprotocol::encode(V4), multiprotocol::encode(V6), restart.encode()];
        capabilities.extend(
            long.map(|time| long_lived_restart::encode(&[LongLivedFamily { family: V4, forwarding, time }])),
        );
        let open = Open::new(Asn(65000), 180, Ipv4Addr::new(10, 0, 0, 2), capabilities);
        Negotiated::new(open.clone(), open)
    }

    #[test]
    fn a_peer_that_comes_back_in_time_keeps_its_routes() {
        let (now, terms) = (Instant::now(), terms(120, None, true));
        let mut kept = Retention::default();
        assert_eq!(kept.back(now, &terms), None, "a first session");
        assert_eq!(kept.lost(now, &terms), [Fate::Forget(V6)]);
        assert_eq!(kept.deadline(), Some(now + Duration::from_mins(2)));
        let later = now + Duration::from_secs(100);
        assert_eq!(kept.due(later, false), None);
        assert_eq!(kept.back(later, &terms), Some(vec![]));
        assert_eq!(kept.deadline(), Some(later + RETURN));
        assert_eq!(kept.end_of_rib(V6), None);
        assert_eq!(kept.end_of_rib(V4), Some(Fate::Sweep(V4)));
        assert_eq!((kept.end_of_rib(V4), kept.deadline()), (None, None));
    }

    #[test]
    fn one_that_does_not_is_forgotten() {
        let (now, terms) = (Instant::now(), terms(120, None, true));
        let mut kept = Retention::default();
        kept.lost(now, &terms);
        let later = now + Duration::from_mins(2);
        assert_eq!(kept.due(later, false), Some(Fate::Forget(V4)));
        assert_eq!((kept.due(later, false), kept.back(later, &terms)), (None, None));
    }

    /// RFC 9494 section 4.3.
    #[test]
    fn long_lived_routes_are_stale_for_long() {
        let (now, terms) = (Instant::now(), terms(120, Some(86_400), true));
        let mut kept = Retention::default();
        kept.lost(now, &terms);
        let later = now + Duration::from_mins(2);
        assert_eq!(kept.due(later, false), Some(Fate::LongLived(V4)));
        assert_eq!(kept.due(later, false), None);
        let end = later + Duration::from_hours(24);
        assert_eq!(kept.deadline(), Some(end));
        let mut back = kept.clone();
        assert_eq!(back.back(later, &terms), Some(vec![]));
        assert_eq!(back.deadline(), Some(end), "its time goes on until the End-of-RIB marker");
        assert_eq!(back.due(end, true), Some(Fate::Sweep(V4)));
        assert_eq!(kept.due(end, false), Some(Fate::Forget(V4)));
    }

    #[test]
    fn without_restart_time_the_long_one_begins_at_once() {
        let now = Instant::now();
        let mut kept = Retention::default();
        kept.lost(now, &terms(0, Some(60), true));
        assert_eq!(kept.due(now, false), Some(Fate::LongLived(V4)));
        assert_eq!(
            kept.lost(now, &terms(0, Some(0), true)),
            [Fate::Sweep(V4), Fate::Forget(V4), Fate::Forget(V6)]
        );
    }

    #[test]
    fn forwarding_that_was_not_kept_ends_it() {
        let (now, kept_terms) = (Instant::now(), terms(120, Some(60), true));
        let mut kept = Retention::default();
        kept.lost(now, &kept_terms);
        assert_eq!(kept.back(now, &terms(120, Some(60), false)), Some(vec![Fate::Forget(V4)]));
        kept.lost(now, &kept_terms);
        kept.ended();
        assert_eq!(kept.deadline(), None);
    }

    /// RFC 4724 section 4.2: routes that are stale are not kept over a second restart.
    #[test]
    fn a_second_loss_keeps_only_what_was_fresh() {
        let (now, terms) = (Instant::now(), terms(120, None, true));
        let mut kept = Retention::default();
        kept.lost(now, &terms);
        kept.back(now, &terms);
        assert_eq!(kept.lost(now, &terms), [Fate::Sweep(V4), Fate::Forget(V6)]);
        assert_eq!(kept.deadline(), Some(now + Duration::from_mins(2)));
    }
}
