//! How many paths to one prefix a peer takes (draft-abraitis-idr-addpath-paths-limit).

use std::collections::HashMap;

use bgp_wire::{Family, NlriRef};
use smallvec::SmallVec;

/// What tells prefixes apart: family, identifying octets, and the length that labelled routes have elsewhere.
type Prefix = (Family, Box<[u8]>, u8);

/// The limits of one session, and the paths that the peer has been sent of each prefix of the families that have one.
///
/// The paths that come first are those that are sent. One that was held back stays so until it is announced again,
/// also when another is withdrawn, as in ExaBGP.
#[derive(Debug, Default)]
pub(crate) struct PathsLimit {
    limits: Vec<(Family, u16)>,
    sent: HashMap<Prefix, SmallVec<[u32; 4]>>,
}

impl PathsLimit {
    pub(crate) fn new(limits: Vec<(Family, u16)>) -> Self {
        Self { limits, sent: HashMap::new() }
    }

    /// Whether no family has one.
    pub(crate) const fn is_empty(&self) -> bool {
        self.limits.is_empty()
    }

    fn of(&self, family: Family) -> Option<usize> {
        self.limits.iter().find(|(limited, _)| *limited == family).map(|(_, limit)| usize::from(*limit))
    }

    /// Whether the route may be sent; then it counts.
    pub(crate) fn announce(&mut self, nlri: NlriRef<'_>) -> bool {
        let Some(limit) = self.of(nlri.family) else { return true };
        let path = nlri.path_id.unwrap_or(0);
        let sent = self.sent.entry(prefix(nlri)).or_default();
        if sent.contains(&path) {
            return true;
        }
        if sent.len() >= limit {
            return false;
        }
        sent.push(path);
        true
    }

    /// Whether the peer has the route, so that a withdrawal makes sense; then it counts no longer.
    pub(crate) fn withdraw(&mut self, nlri: NlriRef<'_>) -> bool {
        if self.of(nlri.family).is_none() {
            return true;
        }
        let key = prefix(nlri);
        let Some(sent) = self.sent.get_mut(&key) else { return false };
        let path = nlri.path_id.unwrap_or(0);
        let Some(place) = sent.iter().position(|sent| *sent == path) else { return false };
        sent.swap_remove(place);
        if sent.is_empty() {
            self.sent.remove(&key);
        }
        true
    }
}

fn prefix(nlri: NlriRef<'_>) -> Prefix {
    (nlri.family, nlri.identity().into(), nlri.identity_length())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: [u8; 4] = [24, 10, 0, 0];

    fn path(family: Family, path_id: u32) -> NlriRef<'static> {
        NlriRef { family, path_id: Some(path_id), wire: &PREFIX }
    }

    #[test]
    fn the_first_paths_are_sent() {
        let (v4, v6) = (Family::IPV4_UNICAST, Family::IPV6_UNICAST);
        let mut limit = PathsLimit::new(vec![(v4, 2)]);
        let announced = [1, 2, 3, 1].map(|n| limit.announce(path(v4, n)));
        assert_eq!(announced, [true, true, false, true], "what was sent may be sent anew");
        assert!([1, 2, 3].iter().all(|n| limit.announce(path(v6, *n))), "no limit");
        assert!(!limit.withdraw(path(v4, 3)), "it was not sent");
        assert!(limit.withdraw(path(v4, 1)));
        assert!(limit.announce(path(v4, 3)));
        assert!(!limit.announce(path(v4, 1)));
        assert!(limit.withdraw(path(v4, 2)) && limit.withdraw(path(v4, 3)));
        assert!(limit.sent.is_empty(), "what the peer has not costs nothing");
    }
}
