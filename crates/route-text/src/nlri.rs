//! NLRI that are told by words all over the line: labels and route distinguishers may stand before or after the next
//! hop, so the clause collects them and the NLRI is made when it is complete.

use bgp_wire::nlri::{inet, labelled, rd::RouteDistinguisher, vpls};
use bgp_wire::{Afi, Family, Nlri, Safi};
use smallvec::{SmallVec, smallvec};

use crate::line::route_family;
use crate::split;
use crate::{TextError, Word, Words};

/// What a clause says that goes into the NLRI.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// Labels, top first, 20 bits each; empty if none was given.
    pub labels: Box<[u32]>,
    /// Route distinguisher.
    pub rd: Option<RouteDistinguisher>,
    /// Label block of a VPLS.
    pub block: vpls::Block,
    /// Whether there are words of a segment routing policy.
    pub policy: bool,
}

/// Whether the routes of a family are prefixes with labels.
fn is_labelled(family: Family) -> bool {
    matches!(family.safi, Safi::NLRI_MPLS | Safi::MPLS_VPN)
}

/// Whether a family can become a labelled one by a word of the clause.
fn is_prefix(family: Family) -> bool {
    matches!(family.safi, Safi::UNICAST | Safi::MULTICAST)
}

/// Reads what stands where the prefix does. What is told by the clause is left out.
pub(crate) fn parse(family: Family, words: &mut Words<'_>) -> Result<Nlri, TextError> {
    if family == Family::L2VPN_VPLS {
        // Routes are shown with this word, and what is shown must be readable.
        words.accept("vpls");
        return Ok(Nlri::from_wire(family, None, &[]));
    }
    if !is_labelled(family) {
        return Nlri::parse(family, words);
    }
    let word = words.expect("a prefix")?;
    let (address, length) = inet::parse_prefix(word)?;
    if address.is_ipv4() != (family.afi == Afi::IPV4) {
        return Err(TextError::new(word, format!("this is no {} prefix", family.afi)));
    }
    let rd = (family.safi == Safi::MPLS_VPN).then(RouteDistinguisher::default);
    labelled::nlri(address, length, &[], rd).ok_or_else(|| TextError::new(word, "this is no prefix"))
}

impl Parts {
    /// Whether the clause says nothing about NLRI.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The family of a route whose line starts as one of `family`: `rd` makes a prefix one of a VPN, `label` a
    /// labelled one.
    pub(crate) fn family(&self, family: Family) -> Family {
        let prefix = is_prefix(family) || is_labelled(family);
        let vpn = self.rd.is_some() || family.safi == Safi::MPLS_VPN;
        if prefix && (vpn || !self.labels.is_empty()) { labelled::family(family.afi, vpn) } else { family }
    }

    /// Checks that a route of `family`, as [`Parts::family`] says, has what it needs. `words`, read to the end, says
    /// where the missing word belongs.
    pub(crate) fn check(&self, family: Family, announce: bool, words: &Words<'_>) -> Result<(), TextError> {
        if family == Family::L2VPN_VPLS {
            let shape = "vpls rd RD endpoint N base N offset N size N";
            return self.block.nlri(self.rd).map(drop).map_err(|what| words.end(what).hint(shape));
        }
        if self.block != vpls::Block::default() {
            let message = "endpoint, base, offset and size belong to vpls routes".into();
            return Err(TextError { message, ..words.end("") });
        }
        if self.policy && family.safi != Safi::SR_POLICY {
            let message =
                "preference, segment-list and other words of a policy belong to sr-policy routes".into();
            let hint = "a route's own preference is local-preference".into();
            return Err(TextError { message, hint, ..words.end("") });
        }
        if family.safi == Safi::MPLS_VPN && self.rd.is_none() {
            return Err(words.end("rd").hint("add rd and a route distinguisher, as in rd 65000:1"));
        }
        if announce && is_labelled(family) && self.labels.is_empty() {
            return Err(words.end("label").hint("add label and a number, as in label 100"));
        }
        Ok(())
    }

    /// The routes that `nlri`, as [`parse`] made it, stands for: complete, and in parts of `length` bits if there is
    /// one. `word` is where it stands.
    pub(crate) fn expand(
        &self,
        nlri: Nlri,
        length: Option<u8>,
        word: Word<'_>,
    ) -> Result<SmallVec<[Nlri; 1]>, TextError> {
        let family = self.family(nlri.family());
        if family == Family::L2VPN_VPLS {
            let made = self.block.nlri(self.rd);
            let made = made.map_err(|what| TextError::new(word, format!("{what} is missing")))?;
            return Ok(smallvec![made.with_path_id(nlri.path_id())]);
        }
        if !is_labelled(family) {
            return match length {
                Some(length) if is_prefix(family) => split::split(nlri, length, word),
                _ => Ok(smallvec![nlri]),
            };
        }
        let (address, own) = if is_labelled(nlri.family()) {
            labelled::prefix(nlri.as_ref())
        } else {
            inet::prefix(nlri.as_ref())
        };
        let plain = inet::nlri(route_family(address), address, own);
        let plain = match length {
            None => smallvec![plain],
            Some(length) => split::split(plain, length, word)?,
        };
        let rd = (family.safi == Safi::MPLS_VPN).then(|| self.rd.unwrap_or_default());
        let complete = |part: Nlri| {
            let (address, length) = inet::prefix(part.as_ref());
            let made = labelled::nlri(address, length, &self.labels, rd)?;
            Some(made.with_path_id(nlri.path_id()))
        };
        plain.into_iter().map(complete).collect::<Option<_>>().ok_or_else(|| {
            TextError::new(word, "this prefix can't have these labels")
                .hint("fewer labels, and 0 only as the last one")
        })
    }
}
