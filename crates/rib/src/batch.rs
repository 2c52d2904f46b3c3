//! Changes for one peer: copied out of the store under its lock, packed into messages outside of it.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use bgp_wire::msg::update;
use bgp_wire::nlri::Nlri;
use bgp_wire::{EncodeCtx, EncodeError, Family, NextHop, NlriRef};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use smallvec::SmallVec;

use crate::limit::PathsLimit;
use crate::segments::LogRef;
use crate::{Attrs, PeerId};

/// No further item.
const NONE: u32 = u32::MAX;

/// Changes for one peer, grouped for packing. Reuse it: once warm, filling it does not allocate.
///
/// An NLRI appears once at most, so the order of groups is free; withdrawals come first, then announcements by
/// attribute set and family in the order of their first use, each group in the order of the changes.
#[derive(Debug)]
pub struct Batch {
    pub(crate) peer: PeerId,
    pub(crate) session: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) complete: bool,
    /// Version of the store when it was collected.
    pub(crate) collected_at: u64,
    /// All of it concerns every peer that reads the same logs.
    pub(crate) shareable: bool,
    pub(crate) logs: SmallVec<[LogRef; 2]>,
    items: Vec<Item>,
    announced: Vec<Group>,
    withdrawn: SmallVec<[Group; 2]>,
    /// Places in `announced`.
    places: HashTable<u32>,
}

/// One NLRI, linked to the next one of its group.
#[derive(Debug)]
struct Item {
    nlri: Nlri,
    next: u32,
    held: bool,
}

#[derive(Debug)]
struct Group {
    family: Family,
    /// `None` for withdrawals.
    attrs: Option<Attrs>,
    /// What withdrawals say beside the NLRI, in sequences of messages that have it.
    parting: Option<Attrs>,
    first: u32,
    last: u32,
    count: u32,
}

/// A route that could not be packed, and why. It is withdrawn if the peer may hold an older version of it.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Its NLRI.
    pub nlri: Nlri,
    /// Why.
    pub error: EncodeError,
}

/// What came of packing a batch.
#[derive(Clone, Debug, Default)]
pub struct PackReport {
    /// Messages written.
    pub messages: u32,
    /// Routes in them.
    pub announced: u32,
    /// Withdrawals in them.
    pub withdrawn: u32,
    /// What could not be written.
    pub refused: Vec<Refused>,
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self {
            peer: PeerId(u32::MAX),
            session: 0,
            from: 0,
            to: 0,
            complete: false,
            collected_at: 0,
            shareable: true,
            logs: SmallVec::new(),
            items: Vec::new(),
            announced: Vec::new(),
            withdrawn: SmallVec::new(),
            places: HashTable::new(),
        }
    }

    /// Whether there is nothing to send. Such a batch is to be committed all the same: it moves the cursor.
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Changes in it.
    pub const fn len(&self) -> usize {
        self.items.len()
    }

    /// The announcements with their attributes, in the order in which they are packed.
    pub fn announcements(&self) -> impl Iterator<Item = (NlriRef<'_>, &Attrs)> {
        let groups = self.announced.iter().filter_map(|g| Some((g, g.attrs.as_ref()?)));
        groups.flat_map(|(g, attrs)| self.members(g).map(move |nlri| (nlri, attrs)))
    }

    /// The withdrawals, in the order in which they are packed.
    pub fn withdrawals(&self) -> impl Iterator<Item = NlriRef<'_>> {
        self.withdrawn.iter().flat_map(|g| self.members(g))
    }

    /// Whether a route depends on the session's own addresses.
    pub(crate) fn uses_self(&self) -> bool {
        self.announced.iter().any(|g| g.attrs.as_ref().is_some_and(|a| a.next_hop() == NextHop::SelfAddress))
    }

    /// Empties it.
    pub(crate) fn reset(&mut self, peer: PeerId, session: u64, from: u64, version: u64) {
        self.peer = peer;
        self.session = session;
        self.from = from;
        self.to = version;
        self.complete = true;
        self.collected_at = version;
        self.shareable = true;
        self.clear();
    }

    /// Lets go of routes and attributes, not of memory.
    pub(crate) fn clear(&mut self) {
        self.logs.clear();
        self.items.clear();
        self.announced.clear();
        self.withdrawn.clear();
        self.places.clear();
    }

    /// Adds an announcement; `held`: the peer may hold an older version.
    #[inline]
    pub(crate) fn announce(&mut self, nlri: &Nlri, attrs: &Attrs, held: bool) {
        let family = nlri.family();
        let item = self.push(nlri, held);
        let is = |g: &Group| g.family == family && g.attrs.as_ref().is_some_and(|a| Arc::ptr_eq(a, attrs));
        // Routes that share attributes mostly come one after the other.
        if let Some(last) = self.announced.last_mut()
            && is(last)
        {
            return last.append(&mut self.items, item);
        }
        let key = hash(attrs, family);
        let groups = &self.announced;
        let found = self.places.find(key, |place| groups.get(*place as usize).is_some_and(is)).copied();
        if let Some(group) = found.and_then(|place| self.announced.get_mut(place as usize)) {
            return group.append(&mut self.items, item);
        }
        let place = u32::try_from(self.announced.len()).unwrap_or(NONE);
        self.announced.push(Group {
            family,
            attrs: Some(Arc::clone(attrs)),
            parting: None,
            first: item,
            last: item,
            count: 1,
        });
        let groups = &self.announced;
        let rehash = |place: &u32| {
            let group = groups.get(*place as usize);
            group.and_then(|g| Some(hash(g.attrs.as_ref()?, g.family))).unwrap_or_default()
        };
        self.places.insert_unique(key, place, rehash);
    }

    pub(crate) fn withdraw(&mut self, nlri: &Nlri, parting: Option<&Attrs>) {
        let item = self.push(nlri, true);
        let family = nlri.family();
        let address = |attrs: Option<&Attrs>| attrs.map(Arc::as_ptr);
        let is = |g: &&mut Group| g.family == family && address(g.parting.as_ref()) == address(parting);
        match self.withdrawn.iter_mut().find(is) {
            Some(group) => group.append(&mut self.items, item),
            None => self.withdrawn.push(Group {
                family,
                attrs: None,
                parting: parting.cloned(),
                first: item,
                last: item,
                count: 1,
            }),
        }
    }

    /// Leaves out the paths that the peer does not take, and the withdrawals of those it was never sent; the former are
    /// returned.
    #[cold]
    pub(crate) fn limit_paths(&mut self, limit: &mut PathsLimit) -> Vec<Refused> {
        let items = std::mem::take(&mut self.items);
        let (withdrawn, announced) =
            (std::mem::take(&mut self.withdrawn), std::mem::take(&mut self.announced));
        self.places.clear();
        self.shareable = false;
        let mut refused = Vec::new();
        for group in withdrawn.iter().chain(&announced) {
            let mut next = group.first;
            while let Some(item) = items.get(next as usize) {
                match &group.attrs {
                    None if limit.withdraw(item.nlri.as_ref()) => {
                        self.withdraw(&item.nlri, group.parting.as_ref());
                    }
                    None => {}
                    Some(attrs) if limit.announce(item.nlri.as_ref()) => {
                        self.announce(&item.nlri, attrs, item.held);
                    }
                    Some(_) => {
                        let what = "the peer takes no more paths to this prefix (paths-limit)";
                        refused.push(Refused {
                            nlri: item.nlri.clone(),
                            error: EncodeError::Forbidden { what },
                        });
                    }
                }
                next = item.next;
            }
        }
        refused
    }

    fn push(&mut self, nlri: &Nlri, held: bool) -> u32 {
        let place = u32::try_from(self.items.len()).unwrap_or(NONE);
        self.items.push(Item { nlri: nlri.clone(), next: NONE, held });
        place
    }

    fn chain(&self, group: &Group) -> impl Iterator<Item = &Item> + Clone {
        let first = self.items.get(group.first as usize);
        std::iter::successors(first, |item| self.items.get(item.next as usize))
    }

    fn members(&self, group: &Group) -> impl Iterator<Item = NlriRef<'_>> + Clone {
        self.chain(group).map(|item| item.nlri.as_ref())
    }

    /// Appends the batch as whole messages to `out`.
    ///
    /// A route that cannot be encoded for this peer is left out and reported, and withdrawn if the peer may hold an
    /// older version of it: keeping that would be a lie.
    pub fn pack(&self, ctx: &EncodeCtx, out: &mut Vec<u8>) -> PackReport {
        let mut report = PackReport::default();
        if ctx.sorts() {
            self.pack_sorted(ctx, out, &mut report);
            return report;
        }
        for group in &self.withdrawn {
            let members = self.members(group);
            match update::withdraw(ctx, group.family, members, out) {
                Ok(messages) => {
                    report.messages += messages;
                    report.withdrawn += group.count;
                }
                Err(error) => report.refuse(self.members(group), &error),
            }
        }
        for group in &self.announced {
            let Some(attrs) = &group.attrs else { continue };
            let members = self.members(group);
            match update::announce(ctx, attrs, group.family, members, out) {
                Ok(messages) => {
                    report.messages += messages;
                    report.announced += group.count;
                }
                Err(_) => self.pack_one_by_one(ctx, group, attrs, out, &mut report),
            }
        }
        report
    }

    /// The same with the NLRI of each message in order: path identifier, length, prefix.
    #[cold]
    fn pack_sorted(&self, ctx: &EncodeCtx, out: &mut Vec<u8>, report: &mut PackReport) {
        for group in self.withdrawn.iter().chain(&self.announced) {
            let mut members: Vec<NlriRef<'_>> = self.members(group).collect();
            if ctx.groups(group.family) {
                members.sort_by_key(|nlri| (nlri.path_id, nlri.wire));
            }
            let (family, nlris) = (group.family, members.iter().copied());
            let packed = match (&group.attrs, group.parting.as_deref()) {
                (Some(attrs), _) => update::announce(ctx, attrs, family, nlris, out),
                (None, parting) => update::withdraw_with(ctx, parting, family, nlris, out),
            };
            match (packed, &group.attrs) {
                (Ok(messages), attrs) => {
                    report.messages += messages;
                    let count = if attrs.is_some() { &mut report.announced } else { &mut report.withdrawn };
                    *count += group.count;
                }
                (Err(_), Some(attrs)) => self.pack_one_by_one(ctx, group, attrs, out, report),
                (Err(error), None) => report.refuse(members.into_iter(), &error),
            }
        }
    }

    /// What of a group can be encoded. The reason may be one NLRI's, or the attributes'.
    #[cold]
    fn pack_one_by_one(
        &self,
        ctx: &EncodeCtx,
        group: &Group,
        attrs: &Attrs,
        out: &mut Vec<u8>,
        report: &mut PackReport,
    ) {
        for item in self.chain(group) {
            let one = std::iter::once(item.nlri.as_ref());
            match update::announce(ctx, attrs, group.family, one.clone(), out) {
                Ok(messages) => {
                    report.messages += messages;
                    report.announced += 1;
                }
                Err(error) => {
                    report.refuse(one.clone(), &error);
                    if item.held
                        && let Ok(messages) = update::withdraw(ctx, group.family, one, out)
                    {
                        report.messages += messages;
                        report.withdrawn += 1;
                    }
                }
            }
        }
    }
}

impl PackReport {
    fn refuse<'a>(&mut self, nlris: impl Iterator<Item = NlriRef<'a>>, error: &EncodeError) {
        self.refused.extend(nlris.map(|nlri| Refused { nlri: nlri.to_owned(), error: error.clone() }));
    }
}

impl Group {
    fn append(&mut self, items: &mut [Item], item: u32) {
        if let Some(last) = items.get_mut(self.last as usize) {
            last.next = item;
        }
        self.last = item;
        self.count += 1;
    }
}

/// The hash of a group's key: the address stands for the attributes.
fn hash(attrs: &Attrs, family: Family) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write_usize(Arc::as_ptr(attrs).addr());
    hasher.write_u32(u32::from(family.afi.0) << 8 | u32::from(family.safi.0));
    hasher.finish()
}
