//! Values as both configuration languages write them: text, or what TOML already knows to be a number or a truth.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use bgp_wire::cap::long_lived_restart::MAX_TIME as MAX_STALE_TIME;
use bgp_wire::cap::role::Role;
use bgp_wire::{Afi, Asn, Family};

use crate::env::ApiVersion;
use crate::model::{AddPath, AoAlgorithm, Encoder, OnExit, Overflow};

/// A value as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scalar<'a> {
    /// A string.
    Text(&'a str),
    /// A number.
    Number(i128),
    /// A truth value.
    Truth(bool),
    /// Something that is never right where a scalar is wanted; its name.
    Other(&'static str),
}

/// Why a value is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) hint: String,
}

pub(crate) type Value<T> = Result<T, Refusal>;

impl std::fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Number(number) => number.fmt(f),
            Self::Truth(truth) => truth.fmt(f),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// "`value` is no `what`", and what would be one.
pub(crate) fn refuse<T>(value: Scalar<'_>, what: &str, hint: &str) -> Value<T> {
    let message = match value {
        Scalar::Other(kind) => format!("{kind} can't be {what}"),
        value => format!("{value} is not {what}"),
    };
    Err(Refusal { message, hint: hint.to_owned() })
}

/// Any text.
pub(crate) fn string(value: Scalar<'_>) -> Value<String> {
    match value {
        Scalar::Text(text) => Ok(text.to_owned()),
        value => refuse(value, "a string", "write it in quotes"),
    }
}

/// A text that says something.
pub(crate) fn name(value: Scalar<'_>) -> Value<String> {
    match value {
        Scalar::Text("") => refuse(value, "a name", "a text that is not empty"),
        value => string(value),
    }
}

/// A truth value; the words of ExaBGP's language are understood too.
pub(crate) fn boolean(value: Scalar<'_>) -> Value<bool> {
    let is = |text: &str, words: &[&str]| words.iter().any(|w| text.eq_ignore_ascii_case(w));
    match value {
        Scalar::Truth(truth) => Ok(truth),
        Scalar::Text(text) if is(text, &["true", "enable", "enabled"]) => Ok(true),
        Scalar::Text(text) if is(text, &["false", "disable", "disabled"]) => Ok(false),
        value => refuse(value, "a truth value", "true or false"),
    }
}

/// Whether a value is one of the ways to say "off".
fn is_off(value: Scalar<'_>) -> bool {
    matches!(value, Scalar::Truth(false) | Scalar::Text("false" | "disable" | "disabled"))
}

fn number(value: Scalar<'_>) -> Option<i128> {
    match value {
        Scalar::Number(number) => Some(number),
        Scalar::Text(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

fn ranged<T: TryFrom<i128>>(
    value: Scalar<'_>,
    what: &str,
    hint: &str,
    valid: impl Fn(&T) -> bool,
) -> Value<T> {
    let number = number(value).and_then(|n| T::try_from(n).ok()).filter(valid);
    number.map_or_else(|| refuse(value, what, hint), Ok)
}

/// Octets of memory or disk.
pub(crate) fn octets(value: Scalar<'_>) -> Value<u64> {
    ranged(value, "a number of octets", "a number from 4096 up", |n: &u64| *n >= 4096)
}

/// A link-local IPv6 address.
pub(crate) fn link_local(value: Scalar<'_>) -> Value<Ipv6Addr> {
    match value {
        Scalar::Text(text) => match text.parse::<Ipv6Addr>() {
            Ok(address) if address.is_unicast_link_local() => Ok(address),
            _ => refuse(value, "a link-local address", "one of fe80::/10"),
        },
        value => refuse(value, "a link-local address", "one of fe80::/10"),
    }
}

/// A family, and how many paths to one prefix of it are taken.
pub(crate) fn add_path_family(value: Scalar<'_>) -> Value<(Family, Option<u16>)> {
    let Scalar::Text(text) = value else { return family(value).map(|family| (family, None)) };
    let Some((name, limit)) = text.split_once(" limit ") else {
        return family(value).map(|family| (family, None));
    };
    let limit = ranged(Scalar::Text(limit), "a number of paths", "1 to 65535, as in limit 10", |n| *n > 0)?;
    Ok((family(Scalar::Text(name))?, Some(limit)))
}

/// How long routes are kept at most, in seconds (RFC 9494 section 3: 24 bits), or off.
pub(crate) fn long_lived(value: Scalar<'_>) -> Value<Option<u32>> {
    if is_off(value) {
        return Ok(None);
    }
    let hint = "seconds from 1 to 16777215, or false";
    ranged(value, "a stale time", hint, |time| (1..=MAX_STALE_TIME).contains(time)).map(Some)
}

/// The number of a TCP-AO key.
pub(crate) fn key_id(value: Scalar<'_>) -> Value<u8> {
    ranged(value, "a key identifier", "0 to 255", |_| true)
}

/// An algorithm of TCP-AO.
pub(crate) fn ao_algorithm(value: Scalar<'_>) -> Value<AoAlgorithm> {
    let known = AoAlgorithm::ALL;
    let found = known.iter().find(|(name, _)| matches!(value, Scalar::Text(text) if text == *name));
    match found {
        Some((_, algorithm)) => Ok(*algorithm),
        None => refuse(value, "an algorithm", "hmac-sha-1-96, aes-128-cmac-96 or hmac-sha-256"),
    }
}

/// What we are to the peer (RFC 9234 section 3).
pub(crate) fn role(value: Scalar<'_>) -> Value<Role> {
    let role = match value {
        Scalar::Text(text) => Role::from_name(text),
        _ => None,
    };
    role.map_or_else(|| refuse(value, "a role", "what we are: provider, customer, peer, rs, rs-client"), Ok)
}

/// A TCP port.
pub(crate) fn port(value: Scalar<'_>) -> Value<u16> {
    ranged(value, "a port", "a number from 1 to 65535", |n| *n != 0)
}

/// A hold time in seconds (RFC 4271 section 4.2: "either zero or at least three seconds").
pub(crate) fn hold_time(value: Scalar<'_>) -> Value<u16> {
    ranged(value, "a hold time", "seconds: 0 for none, or 3 to 65535", |n| *n == 0 || *n >= 3)
}

/// Seconds.
pub(crate) fn seconds(value: Scalar<'_>) -> Value<u16> {
    ranged(value, "a time", "seconds from 0 to 65535", |_| true)
}

/// A TTL, or off.
pub(crate) fn ttl(value: Scalar<'_>) -> Value<Option<u8>> {
    if is_off(value) {
        return Ok(None);
    }
    ranged(value, "a TTL", "a number from 0 to 255, or false", |_: &u8| true).map(Some)
}

/// Messages a second, or off.
pub(crate) fn rate(value: Scalar<'_>) -> Value<Option<NonZeroU32>> {
    if is_off(value) {
        return Ok(None);
    }
    ranged(value, "a rate", "messages a second, or false", |_: &u32| true).map(NonZeroU32::new)
}

/// Neighbors of a range, or any number.
pub(crate) fn range_limit(value: Scalar<'_>) -> Value<Option<NonZeroU32>> {
    if is_off(value) {
        return Ok(None);
    }
    ranged(value, "a number of neighbors", "a number from 1 on, or false", |n: &u32| *n > 0)
        .map(NonZeroU32::new)
}

/// Graceful restart: a time in seconds, 0 or true for that of the hold time, or off.
pub(crate) fn graceful_restart(value: Scalar<'_>) -> Value<Option<u16>> {
    if is_off(value) {
        return Ok(None);
    }
    if let Scalar::Truth(true) = value {
        return Ok(Some(0));
    }
    // RFC 4724 section 3: the restart time has 12 bits.
    ranged(value, "a restart time", "seconds from 0 to 4095 (0 for the hold time), or false", |n| *n <= 4095)
        .map(Some)
}

/// `auto`, or something else.
pub(crate) fn auto<T>(value: Scalar<'_>, other: impl Fn(Scalar<'_>) -> Value<T>) -> Value<Option<T>> {
    match value {
        Scalar::Text("auto") => Ok(None),
        value => other(value).map(Some),
    }
}

/// An AS number, or `auto`.
pub(crate) fn auto_asn(value: Scalar<'_>) -> Value<Option<Asn>> {
    auto(value, asn)
}

/// An AS number: plain, or `high.low` (RFC 5396).
pub(crate) fn asn(value: Scalar<'_>) -> Value<Asn> {
    let dotted = |text: &str| {
        let (high, low) = text.split_once('.')?;
        let (high, low): (u16, u16) = (high.parse().ok()?, low.parse().ok()?);
        Some(Asn((u32::from(high) << 16) | u32::from(low)))
    };
    let plain = number(value).and_then(|n| u32::try_from(n).ok()).map(Asn);
    let asn = match value {
        Scalar::Text(text) => plain.or_else(|| dotted(text)),
        _ => plain,
    };
    asn.map_or_else(
        || refuse(value, "an AS number", "a number up to 4294967295, \"HIGH.LOW\", or \"auto\""),
        Ok,
    )
}

/// An IP address.
pub(crate) fn ip(value: Scalar<'_>) -> Value<IpAddr> {
    match value {
        Scalar::Text(text) => text.parse().ok(),
        _ => None,
    }
    .map_or_else(|| refuse(value, "an IP address", "as in \"192.0.2.1\" or \"2001:db8::1\""), Ok)
}

/// An IP address, or `auto`.
pub(crate) fn auto_ip(value: Scalar<'_>) -> Value<Option<IpAddr>> {
    auto(value, ip)
}

/// A peer: an address, or an address and the length of a range that starts there.
pub(crate) fn peer(value: Scalar<'_>) -> Value<(IpAddr, Option<u8>)> {
    let Scalar::Text(text) = value else { return ip(value).map(|ip| (ip, None)) };
    let Some((address, length)) = text.split_once('/') else { return ip(value).map(|ip| (ip, None)) };
    let address: Option<IpAddr> = address.parse().ok();
    let bits = |address: &IpAddr| if address.is_ipv4() { 32u8 } else { 128 };
    match (address, length.parse::<u8>()) {
        (Some(address), Ok(length)) if length == bits(&address) => Ok((address, None)),
        (Some(address), Ok(length)) if length < bits(&address) => Ok((address, Some(length))),
        _ => refuse(value, "a peer", "an IP address, or a range as in \"192.0.2.0/24\""),
    }
}

/// A router identifier (RFC 6286 section 2.1: "a 4-octet, unsigned, non-zero integer").
pub(crate) fn router_id(value: Scalar<'_>) -> Value<Ipv4Addr> {
    match value {
        Scalar::Text(text) => text.parse().ok().filter(|id: &Ipv4Addr| !id.is_unspecified()),
        _ => None,
    }
    .map_or_else(|| refuse(value, "a router identifier", "an IPv4 address that is not 0.0.0.0"), Ok)
}

/// A name for the host name capability: letters, digits, dots and hyphens.
pub(crate) fn host_name(value: Scalar<'_>) -> Value<String> {
    let text = string(value)?;
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let bytes = text.as_bytes();
    let ends = edge(bytes.first().copied()) && edge(bytes.last().copied());
    // One octet holds the length (draft-walton-bgp-hostname-capability).
    if ends && text.bytes().all(inner) && !text.contains("..") && text.len() <= 255 {
        Ok(text)
    } else {
        refuse(value, "a host name", "letters, digits, single dots and hyphens, at most 255")
    }
}

/// A family, as in `ipv4 unicast`.
pub(crate) fn family(value: Scalar<'_>) -> Value<Family> {
    let Scalar::Text(text) = value else {
        return refuse(value, "an address family", "as in \"ipv4 unicast\"");
    };
    text.parse().or_else(|_| {
        let names: Vec<String> = Family::ALL.iter().map(ToString::to_string).collect();
        // "ipv4" alone is no misspelling: what comes first is the usual one.
        let begun = names.iter().map(String::as_str).find(|n| n.split(' ').next() == Some(text));
        let near = begun.or_else(|| route_text::closest(text, names.iter().map(String::as_str)));
        let hint = match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("known are {}", names.join(", ")),
        };
        refuse(value, "an address family", &hint)
    })
}

/// A family and the AFI of its next hops, as in `ipv4 unicast ipv6` (RFC 8950).
pub(crate) fn next_hop(value: Scalar<'_>) -> Value<(Family, Afi)> {
    let hint = "as in \"ipv4 unicast ipv6\"";
    let Scalar::Text(text) = value else { return refuse(value, "a family and a next hop's", hint) };
    let Some((name, afi)) = text.rsplit_once(' ') else {
        return refuse(value, "a family and a next hop's", hint);
    };
    let family = family(Scalar::Text(name))?;
    match afi {
        "ipv4" if family.afi == Afi::IPV6 => Ok((family, Afi::IPV4)),
        "ipv6" if family.afi == Afi::IPV4 => Ok((family, Afi::IPV6)),
        _ => refuse(value, "a family and the other family's next hop", hint),
    }
}

/// Directions of ADD-PATH.
pub(crate) fn add_path(value: Scalar<'_>) -> Value<AddPath> {
    match value {
        Scalar::Text("send") => Ok(AddPath::Send),
        Scalar::Text("receive") => Ok(AddPath::Receive),
        Scalar::Text("send/receive") => Ok(AddPath::Both),
        value if is_off(value) => Ok(AddPath::Disabled),
        Scalar::Text("receive/send") => {
            refuse(value, "an ADD-PATH direction", "did you mean \"send/receive\"?")
        }
        value => {
            refuse(value, "an ADD-PATH direction", "\"send\", \"receive\", \"send/receive\" or \"disable\"")
        }
    }
}

/// The form of events.
pub(crate) fn encoder(value: Scalar<'_>) -> Value<Encoder> {
    match value {
        Scalar::Text(text) if let Some(encoder) = Encoder::named(text) => Ok(encoder),
        value => {
            refuse(value, "an encoder", "\"json\", \"text\", or json of another version as in \"json-4.0.1\"")
        }
    }
}

/// What happens to unread events.
pub(crate) fn api_version(value: Scalar<'_>) -> Value<ApiVersion> {
    match value {
        Scalar::Number(4) | Scalar::Text("4") => Ok(ApiVersion::V4),
        Scalar::Number(6) | Scalar::Text("6") => Ok(ApiVersion::V6),
        value => refuse(value, "a version of the API", "4 or 6"),
    }
}

/// What becomes of a process's routes.
pub(crate) fn on_exit(value: Scalar<'_>) -> Value<OnExit> {
    let after = |text: &str| {
        let seconds = text.strip_prefix("withdraw-after ")?.trim();
        if seconds.starts_with('+') { None } else { seconds.parse().ok() }
    };
    match value {
        Scalar::Text("keep") => Ok(OnExit::Keep),
        Scalar::Text("withdraw") => Ok(OnExit::Withdraw),
        Scalar::Text(text) if after(text).is_some() => {
            Ok(after(text).map_or(OnExit::Keep, OnExit::WithdrawAfter))
        }
        value => refuse(value, "a way to end", "\"keep\", \"withdraw\" or \"withdraw-after SECONDS\""),
    }
}

/// What is done with events that are not read.
pub(crate) fn overflow(value: Scalar<'_>) -> Value<Overflow> {
    match value {
        Scalar::Text("spill") => Ok(Overflow::Spill),
        Scalar::Text("block") => Ok(Overflow::Block),
        Scalar::Text("gap") => Ok(Overflow::Gap),
        value => refuse(value, "an overflow policy", "\"spill\", \"block\" or \"gap\""),
    }
}
