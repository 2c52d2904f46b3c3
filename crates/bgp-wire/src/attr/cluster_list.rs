//! CLUSTER_LIST (RFC 4456 section 8): optional non-transitive, cluster identifiers in the order of the way back,
//! within an AS only.
//!
//! From an external peer it is discarded; from an internal one a length that is 0 or no multiple of 4 means
//! treat-as-withdraw (RFC 7606 section 7.10).

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use crate::attr::number::ipv4;
use crate::attr::{Attribute, Fault, fault, flag, list};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::{Emit, Spacing};
use crate::error::Treatment;
use crate::text::{TextError, Words};

/// Codec of CLUSTER_LIST.
#[derive(Debug)]
pub struct ClusterList;

impl Attribute for ClusterList {
    const CODE: AttrCode = AttrCode::CLUSTER_LIST;
    const FLAGS: u8 = flag::OPTIONAL;
    const ON_ERROR: Treatment = Treatment::Withdraw;
    const KEYWORDS: &'static [&'static str] = &["cluster-list"];
    const INTERNAL: bool = true;

    fn check(value: &[u8], _: &DecodeCtx) -> Result<(), Fault> {
        if list::whole::<4>(value) {
            Ok(())
        } else {
            Err(fault::<Self>("the length must be a multiple of 4, not 0"))
        }
    }

    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        words.list("a cluster identifier", false, |word| {
            out.extend_from_slice(&ipv4(word, "invalid cluster identifier")?.octets());
            Ok(())
        })
    }

    fn emit<E: Emit>(value: &[u8], out: &mut E) {
        out.begin_list(Spacing::Wide);
        list::items::<4>(value).for_each(|id| out.address(Ipv4Addr::from(*id).into()));
        out.end_list();
    }

    fn print(value: &[u8], out: &mut String) {
        // Brackets around a single one too, unlike the other lists: so it is in the original.
        out.push_str("cluster-list [");
        for id in list::items::<4>(value) {
            let _ = write!(out, " {}", Ipv4Addr::from(*id));
        }
        out.push_str(" ]");
    }
}
