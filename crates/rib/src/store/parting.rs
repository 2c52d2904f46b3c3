//! Withdrawals as ExaBGP has them: sent whether or not there was a route, with what was said beside the NLRI.

use std::collections::HashMap;

use bgp_wire::NlriRef;
use bgp_wire::nlri::Nlri;

use super::Store;
use crate::bits::Bits;
use crate::{Applied, Attrs, PeerId, StoreError, TargetId};

/// How many are kept. Of older ones what the store itself knows is sent: withdrawals of routes that peers may hold.
const KEPT: usize = 4096;

/// One withdrawal.
#[derive(Debug)]
pub(super) struct Parting {
    /// Version of the store then: that of the tombstone, where there is one.
    pub(super) version: u64,
    pub(super) nlri: Nlri,
    pub(super) attrs: Option<Attrs>,
    pub(super) targets: Bits,
}

impl Store {
    /// [`Store::withdraw`] where the members of `targets` that are up are to be told in any case, and of `attrs` as well
    /// where their sequence of messages has them.
    pub fn part(
        &mut self,
        targets: TargetId,
        nlri: NlriRef<'_>,
        attrs: Option<Attrs>,
    ) -> Result<Applied, StoreError> {
        let Some(narrowed) = self.sets.narrow(targets, nlri.family, &mut self.peers)? else {
            return Ok(Applied::NoTarget);
        };
        let bits = self.bits(narrowed);
        let before = self.version;
        self.withdraw(targets, nlri)?;
        if self.version == before {
            self.version += 1;
        }
        if self.partings.len() >= KEPT {
            self.partings.pop_front();
        }
        let version = self.version;
        self.partings.push_back(Parting { version, nlri: nlri.to_owned(), attrs, targets: bits });
        Ok(Applied::Withdrawn)
    }

    /// What a peer has still to be told, the last one of each NLRI.
    pub(super) fn partings(&self, peer: PeerId, from: u64) -> HashMap<&Nlri, &Parting> {
        let start = self.partings.partition_point(|p| p.version <= from);
        let all = self.partings.range(start..).filter(|p| p.targets.contains(peer));
        all.map(|p| (&p.nlri, p)).collect()
    }
}
