//! What one peer has announced to us, as `show adj-rib in` shows it.

use std::sync::Arc;

use bgp_wire::nlri::Nlri;
use bgp_wire::{Family, NlriRef};

use crate::Attrs;
use crate::index::{Index, same_key};
use crate::slab::Slab;
use crate::store::Step;

/// Routes of one peer by NLRI, with the next hop and attributes that were received last. Some 60 octets a route
/// beside the (shared) attributes, none before the first.
#[derive(Debug)]
pub struct AdjRibIn {
    routes: Slab<Held>,
    index: Index,
    /// Number of the session.
    session: u32,
}

/// A route, and the session that it was last announced in.
#[derive(Debug)]
struct Held {
    nlri: Nlri,
    attrs: Attrs,
    session: u32,
}

/// What becomes of a route.
enum Verdict {
    Stays,
    Becomes(Attrs),
    Goes,
}

impl Default for AdjRibIn {
    fn default() -> Self {
        Self::new()
    }
}

impl AdjRibIn {
    /// An empty Adj-RIB-In, as at the start of a session.
    pub fn new() -> Self {
        Self { routes: Slab::new(), index: Index::default(), session: 0 }
    }

    /// Routes in it.
    pub const fn len(&self) -> usize {
        self.routes.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.routes.len() == 0
    }

    /// The peer announced a route, which replaces its former one for this NLRI. False if there is no room for it
    /// (at 2^31 routes).
    pub fn announce(&mut self, nlri: NlriRef<'_>, attrs: &Attrs) -> bool {
        let hash = self.index.hash(nlri);
        if let Some(route) = self.find(hash, nlri).and_then(|number| self.routes.get_mut(number)) {
            if route.nlri.wire() != nlri.wire {
                route.nlri = nlri.to_owned();
            }
            route.attrs = Arc::clone(attrs);
            route.session = self.session;
            return true;
        }
        let held = Held { nlri: nlri.to_owned(), attrs: Arc::clone(attrs), session: self.session };
        let number = self.routes.insert(held);
        if let Some(number) = number {
            self.index.insert(hash, number);
        }
        number.is_some()
    }

    /// The peer withdrew a route. False if it was not there.
    pub fn withdraw(&mut self, nlri: NlriRef<'_>) -> bool {
        let hash = self.index.hash(nlri);
        let Some(number) = self.find(hash, nlri) else { return false };
        self.index.remove(hash, number);
        self.routes.remove(number).is_some()
    }

    /// The attributes of a route.
    pub fn get(&self, nlri: NlriRef<'_>) -> Option<&Attrs> {
        let number = self.find(self.index.hash(nlri), nlri)?;
        self.routes.get(number).map(|held| &held.attrs)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self { session: self.session, ..Self::new() };
    }

    /// A session begins: what was announced before is stale from now on (RFC 4724 section 4.2), unless it was cleared.
    pub const fn begin(&mut self) {
        self.session = self.session.wrapping_add(1);
    }

    /// Forgets the routes of a family that no UPDATE of this session has announced.
    pub fn sweep(&mut self, family: Family) {
        let session = self.session;
        self.change(family, |held| if held.session == session { Verdict::Stays } else { Verdict::Goes });
    }

    /// Forgets the routes of a family.
    pub fn forget(&mut self, family: Family) {
        self.change(family, |_| Verdict::Goes);
    }

    /// Gives each route of a family other attributes, or forgets it.
    pub fn replace(&mut self, family: Family, mut with: impl FnMut(&Attrs) -> Option<Attrs>) {
        self.change(family, |held| with(&held.attrs).map_or(Verdict::Goes, Verdict::Becomes));
    }

    /// Looks at all routes of a family.
    fn change(&mut self, family: Family, mut judge: impl FnMut(&Held) -> Verdict) {
        for number in 0..self.routes.end() {
            let Some(held) = self.routes.get_mut(number).filter(|held| held.nlri.family() == family) else {
                continue;
            };
            match judge(held) {
                Verdict::Stays => {}
                Verdict::Becomes(attrs) => held.attrs = attrs,
                Verdict::Goes => {
                    let hash = self.index.hash(held.nlri.as_ref());
                    self.index.remove(hash, number);
                    self.routes.remove(number);
                }
            }
        }
    }

    /// Shows the next routes of a walk, looking at up to `budget` places from `next` on (0 to start). Order of first
    /// announcement as long as nothing was withdrawn.
    pub fn show(
        &self,
        family: Option<Family>,
        next: &mut u32,
        budget: u32,
        mut show: impl FnMut(&Nlri, &Attrs),
    ) -> Step {
        let end = next.saturating_add(budget.max(1)).min(self.routes.end());
        for held in (*next..end).filter_map(|number| self.routes.get(number)) {
            if family.is_none_or(|f| f == held.nlri.family()) {
                show(&held.nlri, &held.attrs);
            }
        }
        *next = end;
        if end >= self.routes.end() { Step::Done } else { Step::More }
    }

    fn find(&self, hash: u32, nlri: NlriRef<'_>) -> Option<u32> {
        self.index.find(hash, |number| self.routes.get(number).is_some_and(|held| same_key(&held.nlri, nlri)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bgp_wire::{NextHop, RouteAttributes};

    fn nlri(i: u16) -> Nlri {
        let [a, b] = i.to_be_bytes();
        Nlri::from_wire(Family::IPV4_UNICAST, None, &[24, 10, a, b])
    }

    #[test]
    fn announce_replace_withdraw_show() {
        let attrs: Vec<Attrs> = (0..2).map(|i| Arc::new(RouteAttributes::new(NextHop::Unset, [i]))).collect();
        let mut rib = AdjRibIn::new();
        (0..3000).for_each(|i| assert!(rib.announce(nlri(i).as_ref(), &attrs[0])));
        assert!(rib.announce(nlri(7).as_ref(), &attrs[1]));
        assert_eq!(rib.len(), 3000);
        assert_eq!(rib.get(nlri(7).as_ref()), Some(&attrs[1]));
        assert!(rib.withdraw(nlri(8).as_ref()) && !rib.withdraw(nlri(8).as_ref()));
        let (mut next, mut shown, mut steps) = (0, Vec::new(), 1);
        while rib.show(Some(Family::IPV4_UNICAST), &mut next, 1000, |n, _| shown.push(n.clone()))
            == Step::More
        {
            steps += 1;
        }
        assert!(steps >= 3);
        assert_eq!(shown, (0..3000).filter(|i| *i != 8).map(nlri).collect::<Vec<_>>());
        assert_eq!(rib.show(Some(Family::IPV6_UNICAST), &mut 0, 5000, |_, _| panic!("none")), Step::Done);
        rib.clear();
        assert!(rib.is_empty());
    }

    #[test]
    fn what_is_not_announced_again_is_swept() {
        let attrs: Vec<Attrs> = (0..2).map(|i| Arc::new(RouteAttributes::new(NextHop::Unset, [i]))).collect();
        let mut rib = AdjRibIn::new();
        (0..10).for_each(|i| assert!(rib.announce(nlri(i).as_ref(), &attrs[0])));
        rib.begin();
        (0..4).for_each(|i| assert!(rib.announce(nlri(i).as_ref(), &attrs[0])));
        rib.sweep(Family::IPV6_UNICAST);
        assert_eq!(rib.len(), 10);
        rib.sweep(Family::IPV4_UNICAST);
        assert_eq!(rib.len(), 4);
        assert_eq!(rib.get(nlri(4).as_ref()), None);
        let mut seen = 0;
        rib.replace(Family::IPV4_UNICAST, |_| {
            seen += 1;
            (seen > 1).then(|| Arc::clone(&attrs[1]))
        });
        assert_eq!((rib.len(), rib.get(nlri(3).as_ref())), (3, Some(&attrs[1])));
        rib.forget(Family::IPV4_UNICAST);
        assert!(rib.is_empty());
    }
}
