//! The table that the test speaker announces: distinct IPv4 prefixes, nine to an attribute set, as in the real one.

use std::net::Ipv4Addr;

use bgp_wire::attr::{AttributeBuilder, NextHop};
use bgp_wire::msg::update;
use bgp_wire::nlri::inet;
use bgp_wire::text::Words;
use bgp_wire::{EncodeCtx, EncodeError, Family, Nlri, RouteAttributes};

/// Prefixes that share one attribute set.
const SHARE: u32 = 9;

/// The first network; one /24 follows the other.
const FIRST: u32 = 0x1000_0000;

/// Generated routes, packed bit by bit so that a table of any size takes little memory.
#[derive(Debug)]
pub(super) struct Table {
    count: u32,
    next: u32,
    next_hop: Ipv4Addr,
}

impl Table {
    pub(super) const fn new(count: u32, next_hop: Ipv4Addr) -> Self {
        Self { count, next: 0, next_hop }
    }

    /// Whether every route was packed.
    pub(super) const fn is_done(&self) -> bool {
        self.next >= self.count
    }

    /// Packs routes until about `octets` are written.
    pub(super) fn pack(
        &mut self,
        context: &EncodeCtx,
        octets: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let until = out.len().saturating_add(octets);
        while !self.is_done() && out.len() < until {
            let end = self.next.saturating_add(SHARE).min(self.count);
            let nlris: Vec<Nlri> = (self.next..end).map(nlri).collect();
            let attributes = attributes(self.next / SHARE, self.next_hop);
            update::announce(
                context,
                &attributes,
                Family::IPV4_UNICAST,
                nlris.iter().map(Nlri::as_ref),
                out,
            )?;
            self.next = end;
        }
        Ok(())
    }
}

fn nlri(i: u32) -> Nlri {
    let address = Ipv4Addr::from(FIRST.wrapping_add(i.wrapping_shl(8)));
    inet::nlri(Family::IPV4_UNICAST, address.into(), 24)
}

/// The attributes of the `i`-th set; different for each of them.
fn attributes(i: u32, next_hop: Ipv4Addr) -> RouteAttributes {
    let mut builder = AttributeBuilder::new();
    builder.next_hop(NextHop::Address(next_hop.into()));
    let text = format!(
        "[ {} {} {} ]",
        64512,
        1000u32.saturating_add(i % 50_000),
        3000u32.saturating_add(i / 50_000)
    );
    let mut words = Words::new(&text);
    // The text is ours; a refusal would show as routes without a path in the first test.
    let _ = bgp_wire::attr::parse("as-path", &mut words, &mut builder);
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bgp_wire::DecodeCtx;
    use bgp_wire::msg::frame::{Frame, HEADER, frame};
    use std::collections::HashSet;

    #[test]
    fn every_route_is_there_once_with_nine_to_a_set() {
        let mut table = Table::new(1000, Ipv4Addr::new(192, 0, 2, 1));
        let (mut prefixes, mut sets) = (HashSet::new(), HashSet::new());
        while !table.is_done() {
            let mut out = Vec::new();
            table.pack(&EncodeCtx::default(), 4096, &mut out).unwrap();
            let mut rest = &out[..];
            while let Ok(Frame::Complete { length, .. }) = frame(rest, 4096) {
                let update = update::decode(&rest[HEADER..length], &DecodeCtx::default()).unwrap();
                sets.insert(update.attributes.raw().to_vec());
                update.announcements().for_each(|(_, _, n)| assert!(prefixes.insert(n.to_owned())));
                rest = &rest[length..];
            }
        }
        assert_eq!((prefixes.len(), sets.len()), (1000, 112));
    }
}
