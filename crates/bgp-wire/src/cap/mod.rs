//! Capabilities (RFC 5492): one codec per capability, one table for all, unknown ones carried as they are.
//!
//! A capability that is unknown, repeated or malformed never costs the session (RFC 5492 section 3): a codec's
//! [`CapabilityCodec::check`] says what is wrong, and everything that reads capabilities skips those that fail it.
//! They stay in the OPEN all the same, so that events show what was received.

pub mod add_path;
pub mod asn4;
pub mod enhanced_refresh;
pub mod extended_message;
pub mod graceful_restart;
pub mod hostname;
pub mod link_local;
pub mod long_lived_restart;
pub mod multiprotocol;
pub mod multisession;
pub mod nexthop;
pub mod operational;
pub mod paths_limit;
pub mod role;
pub mod route_refresh;
pub mod software_version;
#[cfg(test)]
pub(crate) mod testing;
pub mod unknown;

use std::fmt::Write as _;

use crate::code::CapCode;
use crate::emit::{Emit, Spacing};
use crate::family::Family;

/// One instance of a capability as it stands in an OPEN.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RawCapability {
    /// Capability code.
    pub code: CapCode,
    /// Octets of the value; at most 255 of them fit in an OPEN, which its encoding checks.
    pub value: Box<[u8]>,
}

impl RawCapability {
    /// A capability with a value.
    pub fn new(code: CapCode, value: impl Into<Box<[u8]>>) -> Self {
        Self { code, value: value.into() }
    }

    /// A capability that says everything by being there.
    pub fn empty(code: CapCode) -> Self {
        Self { code, value: Box::new([]) }
    }
}

/// What a capability looks like: the file of each implements this, the `capabilities!` table names it.
///
/// A session's capability may come in several instances (one per family for multiprotocol), so emitting and printing
/// get the values of all of them: at least one, each having passed [`CapabilityCodec::check`]. They must not panic
/// when given anything else.
pub trait CapabilityCodec {
    /// Capability code.
    const CODE: CapCode;

    /// Checks one received value; `Err` says what is wrong, for people, and the instance is ignored.
    fn check(value: &[u8]) -> Result<(), &'static str>;

    /// Writes all instances to a dialect's writer as one value; the key is written by the caller.
    fn emit<E: Emit>(values: &[&[u8]], out: &mut E);

    /// Prints all instances as one item of the text form.
    fn print(values: &[&[u8]], out: &mut String);
}

/// Declares the capabilities this program knows. The table only chooses types.
macro_rules! capabilities {
    ($($module:ident::$codec:ident;)+) => {
        /// Every capability with a codec.
        pub const KNOWN: &[CapCode] = &[$(<$module::$codec as CapabilityCodec>::CODE),+];

        /// Checks a received value; unknown capabilities are always fine.
        pub fn check(code: CapCode, value: &[u8]) -> Result<(), &'static str> {
            match code {
                $(<$module::$codec as CapabilityCodec>::CODE => <$module::$codec as CapabilityCodec>::check(value),)+
                _ => Ok(()),
            }
        }

        /// Emits all well-formed instances of one capability, as one value.
        fn emit_known<E: Emit>(code: CapCode, values: &[&[u8]], out: &mut E) {
            match code {
                $(<$module::$codec as CapabilityCodec>::CODE => <$module::$codec as CapabilityCodec>::emit(values, out),)+
                _ => unknown::emit(code, values, out),
            }
        }

        /// Prints all well-formed instances of one capability, as one item.
        fn print_known(code: CapCode, values: &[&[u8]], out: &mut String) {
            match code {
                $(<$module::$codec as CapabilityCodec>::CODE => <$module::$codec as CapabilityCodec>::print(values, out),)+
                _ => unknown::print(code, out),
            }
        }
    };
}

capabilities! {
    multiprotocol::Multiprotocol;
    route_refresh::RouteRefresh;
    nexthop::NextHopEncoding;
    extended_message::ExtendedMessage;
    role::BgpRole;
    graceful_restart::Restart;
    asn4::Asn4;
    multisession::Multisession;
    add_path::AddPath;
    enhanced_refresh::EnhancedRefresh;
    long_lived_restart::LongLived;
    hostname::HostName;
    software_version::SoftwareVersion;
    paths_limit::PathsLimit;
    link_local::LinkLocal;
    route_refresh::CiscoRouteRefresh;
    multisession::CiscoMultisession;
    operational::Operational;
}

/// The order in which an OPEN carries its capabilities; others follow.
const SENDING_ORDER: &[CapCode] = &[
    CapCode::MULTIPROTOCOL,
    CapCode::ASN4,
    CapCode::NEXTHOP,
    CapCode::ADD_PATH,
    CapCode::PATHS_LIMIT,
    CapCode::GRACEFUL_RESTART,
    CapCode::LONG_LIVED_RESTART,
    CapCode::ROUTE_REFRESH,
    CapCode::ENHANCED_ROUTE_REFRESH,
    CapCode::OPERATIONAL,
    CapCode::EXTENDED_MESSAGE,
    CapCode::HOSTNAME,
    CapCode::SOFTWARE_VERSION,
    CapCode::LINK_LOCAL_NEXTHOP,
    CapCode::ROLE,
    CapCode::MULTISESSION,
];

/// Brings capabilities into the order that they are sent in. Instances of one code keep theirs: the peer takes the
/// order of the families from it.
pub fn sort_for_sending(capabilities: &mut [RawCapability]) {
    let place = |code| SENDING_ORDER.iter().position(|c| *c == code).unwrap_or(SENDING_ORDER.len());
    capabilities.sort_by_key(|c| place(c.code));
}

/// How the object of an OPEN's capabilities names its members.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyStyle {
    /// Decimal codes: an OPEN that was received.
    Code,
    /// Names, decimal codes where there is none: an OPEN that was sent.
    Name,
}

/// The well-formed values of one capability, in the order of the OPEN.
pub fn values(capabilities: &[RawCapability], code: CapCode) -> impl Iterator<Item = &[u8]> {
    capabilities.iter().filter(move |c| c.code == code && check(code, &c.value).is_ok()).map(|c| &*c.value)
}

/// The codes present, ascending, each once.
fn codes(capabilities: &[RawCapability]) -> Vec<CapCode> {
    let mut codes: Vec<CapCode> = capabilities.iter().map(|c| c.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Calls `each` once per code in ascending order, with the values to show and whether they are well-formed. Of a
/// capability that has only malformed instances those are shown.
fn each(capabilities: &[RawCapability], mut each: impl FnMut(CapCode, &[&[u8]], bool)) {
    for code in codes(capabilities) {
        let good: Vec<&[u8]> = values(capabilities, code).collect();
        if good.is_empty() {
            let bad: Vec<&[u8]> = capabilities.iter().filter(|c| c.code == code).map(|c| &*c.value).collect();
            each(code, &bad, false);
        } else {
            each(code, &good, true);
        }
    }
}

/// Emits the object of an OPEN's capabilities: one member per code, in ascending order of the codes.
///
/// Malformed capabilities, which have no meaning, are emitted in the form of unknown ones.
pub fn emit_capabilities<E: Emit>(capabilities: &[RawCapability], keys: KeyStyle, out: &mut E) {
    out.begin_object(Spacing::Wide);
    each(capabilities, |code, values, known| {
        let mut decimal = itoa::Buffer::new();
        let name = if keys == KeyStyle::Name { code.name() } else { None };
        out.key(name.unwrap_or_else(|| decimal.format(code.0)));
        if known {
            emit_known(code, values, out);
        } else {
            unknown::emit(code, values, out);
        }
    });
    out.end_object();
}

/// Prints an OPEN's capabilities as the text events have them: `[asn4(65000), ...]`, in ascending order of the codes.
pub fn print_capabilities(capabilities: &[RawCapability], out: &mut String) {
    out.push('[');
    let mut separator = "";
    each(capabilities, |code, values, known| {
        out.push_str(separator);
        separator = ", ";
        if known {
            print_known(code, values, out);
        } else {
            unknown::print(code, out);
        }
    });
    out.push(']');
}

/// A family as capability objects name it: `ipv4/unicast`.
pub(crate) struct Slashed(pub(crate) Family);

impl std::fmt::Display for Slashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.0.afi, self.0.safi)
    }
}

/// Prints text that a peer chose: what could end a line or drive a terminal becomes `\xNN`.
pub fn print_foreign(text: &str, out: &mut String) {
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            // Writing to a String never fails.
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
}
