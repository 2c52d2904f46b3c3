//! Path attributes: one codec per attribute, one table for all, and the canonical block that routes carry.
//!
//! *Canonical* means: ascending type codes, the flags of the attribute's definition, extended length only for values
//! over 255 octets, AS numbers in four octets. NEXT_HOP, MP_REACH_NLRI, MP_UNREACH_NLRI, AS4_PATH and AS4_AGGREGATOR
//! are never in it: the first three belong to a message, the last two to a session.

pub mod aggregator;
pub mod aigp;
pub mod as_path;
pub mod atomic_aggregate;
pub mod attr_set;
pub mod bgp_ls;
mod builder;
pub mod cluster_list;
pub mod community;
pub mod extended_community;
pub mod generic;
pub mod ipv6_extended_community;
pub mod large_community;
mod list;
pub mod local_preference;
pub mod med;
pub(crate) mod number;
pub mod origin;
pub mod originator_id;
pub mod otc;
pub mod pmsi;
pub mod prefix_sid;
#[cfg(test)]
mod properties;
mod route;
mod show;
#[cfg(test)]
pub(crate) mod testing;
pub mod tunnel_encap;

use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::emit::Emit;
use crate::error::Treatment;
use crate::text::{TextError, Words};
pub use builder::AttributeBuilder;
pub use route::{NextHop, RouteAttributes};
pub use show::{emit_attributes, key, print_attributes, to_route_text};

/// The flag octet of an attribute (RFC 4271 section 4.3).
pub mod flag {
    /// Optional rather than well-known.
    pub const OPTIONAL: u8 = 0x80;
    /// Transitive.
    pub const TRANSITIVE: u8 = 0x40;
    /// The information is partial: a speaker on the way did not know the attribute.
    pub const PARTIAL: u8 = 0x20;
    /// The length field has two octets.
    pub const EXTENDED_LENGTH: u8 = 0x10;
}

/// A received attribute value that is not as its RFC says, and what is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// RFC 7606 treatment.
    pub treatment: Treatment,
    /// UPDATE error subcode, should the treatment be a reset (RFC 4271 section 6.3).
    pub subcode: u8,
    /// What is wrong, for people.
    pub reason: &'static str,
}

/// What an attribute looks like: the file of each implements this, the `attributes!` table names it.
///
/// `value` is always the octets of the attribute value. [`Attribute::emit`] and [`Attribute::print`] get canonical
/// values, and must not panic when given anything else.
pub trait Attribute {
    /// Type code. Its name in [`AttrCode`] is the one used in logs, JSON keys and text.
    const CODE: AttrCode;
    /// Flags it is sent with and must be received with, extended length and partial aside.
    const FLAGS: u8;
    /// What to do when it is received malformed (RFC 7606 section 7 and the attribute's own RFC).
    const ON_ERROR: Treatment;
    /// What to do when it is received with other flags (RFC 7606 section 3 c).
    const ON_FLAGS: Treatment = Treatment::Withdraw;
    /// Whether it has a meaning within an AS only, so that it is discarded when an external peer sends it.
    const INTERNAL: bool = false;
    /// Words that introduce it in route text; the first is the one that is printed.
    const KEYWORDS: &'static [&'static str];
    /// Whether several occurrences in one route text are merged instead of the first one standing.
    const MERGES: bool = false;

    /// Checks a received value. `Err` carries what is wrong; `fault` gives it the attribute's own treatment.
    fn check(value: &[u8], ctx: &DecodeCtx) -> Result<(), Fault>;

    /// Parses what follows the keyword and appends the canonical value.
    fn parse(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError>;

    /// Makes a canonical value of one or several parsed ones: sorts, removes duplicates. Nothing by default.
    fn normalise(_value: &mut Vec<u8>) {}

    /// Writes the value to a dialect's writer; the key is written by the caller.
    fn emit<E: Emit>(value: &[u8], out: &mut E);

    /// Whether the attribute is left out of events: an empty AS_PATH is.
    fn silent(_value: &[u8]) -> bool {
        false
    }

    /// Prints keyword and value the way ExaBGP shows them, without leading space.
    fn print(value: &[u8], out: &mut String);

    /// Prints keyword and value so that [`Attribute::parse`] gives the same octets, without leading space.
    fn print_input(value: &[u8], out: &mut String) {
        Self::print(value, out);
    }
}

/// The fault of an attribute whose value is malformed in the ordinary way: its own treatment, subcode 5
/// ("Attribute Length Error").
pub(crate) const fn fault<A: Attribute>(reason: &'static str) -> Fault {
    Fault { treatment: A::ON_ERROR, subcode: 5, reason }
}

/// Declares the attributes this program knows. The table only chooses types.
macro_rules! attributes {
    ($($module:ident::$codec:ident;)+) => {
        /// Every attribute with a codec.
        pub const KNOWN: &[AttrCode] = &[$($module::$codec::CODE),+];

        /// Flags that a known attribute is sent with.
        pub fn flags(code: AttrCode) -> Option<u8> {
            match code {
                $(<$module::$codec as Attribute>::CODE => Some(<$module::$codec as Attribute>::FLAGS),)+
                _ => None,
            }
        }

        /// What is done when a known attribute is received with other flags than its own.
        pub(crate) fn on_flags(code: AttrCode) -> Treatment {
            match code {
                $(<$module::$codec as Attribute>::CODE => <$module::$codec as Attribute>::ON_FLAGS,)+
                _ => Treatment::Accept,
            }
        }

        /// Whether an attribute has a meaning within an AS only.
        pub(crate) fn internal(code: AttrCode) -> bool {
            match code {
                $(<$module::$codec as Attribute>::CODE => <$module::$codec as Attribute>::INTERNAL,)+
                _ => false,
            }
        }

        /// Checks the received value of a known attribute; unknown ones are always fine.
        pub fn check(code: AttrCode, value: &[u8], ctx: &DecodeCtx) -> Result<(), Fault> {
            match code {
                $(<$module::$codec as Attribute>::CODE => <$module::$codec as Attribute>::check(value, ctx),)+
                _ => Ok(()),
            }
        }

        /// Parses the attribute that `keyword` introduces into `builder`; false when no attribute has this keyword.
        pub fn parse(keyword: &str, words: &mut Words<'_>, builder: &mut AttributeBuilder) -> Result<bool, TextError> {
            $(if <$module::$codec as Attribute>::KEYWORDS.contains(&keyword) {
                return builder.parse::<$module::$codec>(words).map(|()| true);
            })+
            if keyword == generic::KEYWORD {
                return generic::parse(words, builder).map(|()| true);
            }
            Ok(false)
        }

        /// Every keyword that introduces an attribute, for suggestions and help.
        pub fn keywords() -> impl Iterator<Item = &'static str> {
            let known = [$(<$module::$codec as Attribute>::KEYWORDS),+].into_iter().flatten().copied();
            known.chain([generic::KEYWORD])
        }

        /// Emits the value of one attribute; unknown ones as hexadecimal digits.
        pub fn emit<E: Emit>(code: AttrCode, value: &[u8], out: &mut E) {
            match code {
                $(<$module::$codec as Attribute>::CODE => <$module::$codec as Attribute>::emit(value, out),)+
                _ => generic::emit(value, out),
            }
        }

        /// Whether an attribute is left out of events.
        pub fn silent(code: AttrCode, value: &[u8]) -> bool {
            match code {
                $(<$module::$codec as Attribute>::CODE => <$module::$codec as Attribute>::silent(value),)+
                _ => false,
            }
        }

        /// Brings a value into canonical form: sorted, without duplicates, where the attribute says so.
        pub fn normalise(code: AttrCode, value: &mut Vec<u8>) {
            match code {
                $(<$module::$codec as Attribute>::CODE => <$module::$codec as Attribute>::normalise(value),)+
                _ => {}
            }
        }

        /// Prints one attribute so that it parses back, without leading space; see [`to_route_text`].
        fn print_input(code: AttrCode, value: &[u8], out: &mut String) {
            match code {
                $(<$module::$codec as Attribute>::CODE => <$module::$codec as Attribute>::print_input(value, out),)+
                _ => {}
            }
        }

        /// Prints one attribute the way ExaBGP shows it, without leading space.
        pub fn print(code: AttrCode, flags: u8, value: &[u8], out: &mut String) {
            match code {
                $(<$module::$codec as Attribute>::CODE => <$module::$codec as Attribute>::print(value, out),)+
                _ => generic::print(code, flags, value, out),
            }
        }
    };
}

attributes! {
    origin::Origin;
    as_path::AsPath;
    med::Med;
    local_preference::LocalPreference;
    atomic_aggregate::AtomicAggregate;
    aggregator::Aggregator;
    community::Community;
    originator_id::OriginatorId;
    cluster_list::ClusterList;
    extended_community::ExtendedCommunity;
    pmsi::Pmsi;
    tunnel_encap::TunnelEncap;
    ipv6_extended_community::Ipv6ExtendedCommunity;
    aigp::Aigp;
    bgp_ls::BgpLs;
    large_community::LargeCommunity;
    otc::Otc;
    prefix_sid::PrefixSid;
    attr_set::AttrSet;
}

/// One attribute of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawAttribute<'a> {
    /// Type code.
    pub code: AttrCode,
    /// Flag octet as it stands in the block.
    pub flags: u8,
    /// Octets of the value.
    pub value: &'a [u8],
}

/// Walks a well-formed block of attributes; stops where the octets end or make no sense.
pub fn walk(block: &[u8]) -> impl Iterator<Item = RawAttribute<'_>> {
    let mut r = crate::cursor::Reader::new(block);
    std::iter::from_fn(move || {
        let flags = r.u8("flags").ok()?;
        let code = AttrCode(r.u8("type code").ok()?);
        let length = if flags & flag::EXTENDED_LENGTH == 0 {
            usize::from(r.u8("length").ok()?)
        } else {
            usize::from(r.u16("length").ok()?)
        };
        let value = r.take(length, "value").ok()?;
        Some(RawAttribute { code, flags, value })
    })
}

/// Appends one attribute, with extended length where the value needs it or `flags` ask for it. An attribute over
/// 65,535 octets is left out: callers bound values before, a message can't hold more.
pub fn write(flags: u8, code: AttrCode, value: &[u8], out: &mut Vec<u8>) {
    match (u8::try_from(value.len()), u16::try_from(value.len())) {
        (Ok(short), _) if flags & flag::EXTENDED_LENGTH == 0 => {
            out.extend_from_slice(&[flags, code.0, short]);
        }
        (_, Ok(long)) => {
            out.extend_from_slice(&[flags | flag::EXTENDED_LENGTH, code.0]);
            out.extend_from_slice(&long.to_be_bytes());
        }
        _ => return,
    }
    out.extend_from_slice(value);
}

/// Appends one attribute in canonical form.
pub(crate) fn write_normalised(a: RawAttribute<'_>, out: &mut Vec<u8>) {
    let mut value = a.value.to_vec();
    normalise(a.code, &mut value);
    write(a.flags, a.code, &value, out);
}
