//! Values where ExaBGP's language takes others than TOML does.

use std::num::NonZeroU32;

use bgp_wire::cap::graceful_restart::MAX_TIME;
use bgp_wire::{Afi, Family};

use crate::secret::Secret;
use crate::value::{self, Scalar, Value, refuse};

/// Octets of names.
pub(super) fn is_name(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b".-_".contains(&octet)
}

/// A truth value: the words of 5.0, and those that 6.0 adds.
pub(super) fn boolean(value: Scalar<'_>) -> Value<bool> {
    match value {
        Scalar::Text(text) if text.eq_ignore_ascii_case("yes") || text == "1" => Ok(true),
        Scalar::Text(text) if text.eq_ignore_ascii_case("no") || text == "0" => Ok(false),
        value => value::boolean(value).map_err(|refusal| value::Refusal {
            hint: "true, false, enable or disable".to_owned(),
            ..refusal
        }),
    }
}

/// `md5-base64`: `auto` is no detection, it is what leaving the line out is.
pub(super) fn auto_boolean(value: Scalar<'_>) -> Value<bool> {
    match value {
        Scalar::Text(text) if text.eq_ignore_ascii_case("auto") => Ok(false),
        value => boolean(value),
    }
}

/// A port; 0 stands for the default.
pub(super) fn port(value: Scalar<'_>) -> Value<Option<u16>> {
    match value {
        Scalar::Text("0") => Ok(None),
        value => value::port(value).map(Some),
    }
}

/// Messages a second, 0 or off for no limit.
pub(super) fn rate(value: Scalar<'_>) -> Value<Option<NonZeroU32>> {
    value::rate(value)
        .map_err(|refusal| value::Refusal { hint: "messages a second, or disable".to_owned(), ..refusal })
}

/// A TTL, or off.
pub(super) fn ttl(value: Scalar<'_>) -> Value<Option<u8>> {
    value::ttl(value).map_err(|refusal| value::Refusal {
        hint: "a number from 0 to 255, or disable".to_owned(),
        ..refusal
    })
}

/// A restart time in seconds, 0 for the hold time, or off. More than fits (RFC 4724 section 3: 12 bits) is cut.
pub(super) fn graceful_restart(value: Scalar<'_>) -> Value<Option<u16>> {
    let Scalar::Text(text) = value else { return value::graceful_restart(value) };
    match text {
        "disable" | "disabled" => Ok(None),
        _ => match text.parse::<u16>() {
            Ok(time) if !text.starts_with('+') => Ok(Some(time.min(MAX_TIME))),
            _ => refuse(value, "a restart time", "seconds from 0 to 4095 (0 for the hold time), or disable"),
        },
    }
}

/// A password.
pub(super) fn secret(value: Scalar<'_>) -> Value<Secret> {
    match value {
        Scalar::Text("") => refuse(value, "a password", "leave md5-password out to use none"),
        Scalar::Text(text) => Ok(Secret::new(text.as_bytes())),
        _ => refuse(Scalar::Other("this"), "a password", "write it in quotes"),
    }
}

/// The second word of a family whose first is known. `labeled-unicast` is 6.0's other name of `nlri-mpls`.
pub(super) fn safi(afi: &str, value: Scalar<'_>) -> Value<Family> {
    let Scalar::Text(text) = value else { return refuse(value, "an address family", "") };
    let lower = text.to_ascii_lowercase();
    let name = if lower == "labeled-unicast" { "nlri-mpls" } else { lower.as_str() };
    format!("{afi} {name}").parse().or_else(|_| {
        let known: Vec<&str> = safis(afi).collect();
        let hint = match route_text::closest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {afi} {near}?"),
            None => format!("known are {}", known.join(", ")),
        };
        refuse(Scalar::Text(text), &format!("an {afi} family"), &hint)
    })
}

/// The second words of the families that start with `afi`.
pub(super) fn safis(afi: &str) -> impl Iterator<Item = &'static str> {
    Family::ALL.iter().filter(move |f| f.afi.name() == Some(afi)).filter_map(|f| f.safi.name())
}

/// First words of families, each once.
pub(super) fn afis() -> Vec<&'static str> {
    let mut names: Vec<_> = Family::ALL.iter().filter_map(|f| f.afi.name()).collect();
    names.dedup();
    names
}

/// The AFI of next hops.
pub(super) fn next_hop_afi(family: Family, value: Scalar<'_>) -> Value<Afi> {
    match value {
        Scalar::Text("ipv4") if family.afi == Afi::IPV6 => Ok(Afi::IPV4),
        Scalar::Text("ipv6") if family.afi == Afi::IPV4 => Ok(Afi::IPV6),
        value => {
            let other = if family.afi == Afi::IPV4 { "ipv6" } else { "ipv4" };
            refuse(value, "another address family for next hops", &format!("write {other}"))
        }
    }
}
