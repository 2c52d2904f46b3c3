//! Route target membership (RFC 4684): "send me VPN routes with this route target".
//!
//! Canonical octets: length in bits (0, or 32 to 96), origin AS, route target or its first octets. Length 0 is the
//! default: all route targets.

use std::fmt::{self, Write as _};

use crate::attr::Attribute;
use crate::attr::extended_community::{ExtendedCommunity, Shown};
use crate::attr::number::decimal;
use crate::cursor::Reader;
use crate::emit::{Emit, Spacing};
use crate::error::DecodeError;
use crate::family::Family;
use crate::nlri::shared;
use crate::nlri::{NlriCodec, inet};
use crate::text::{TextError, Words};

/// Codec of route target membership.
#[derive(Debug)]
pub struct Rtc;

/// Length in bits of an NLRI with a whole route target.
const FULL: u8 = 96;

/// A route target, or the octets of one that are there.
struct Target<'a>(u8, &'a [u8]);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Ok(target) = <[u8; 8]>::try_from(self.1) {
            return fmt::Display::fmt(&Shown(target), f);
        }
        f.write_str("0x")?;
        self.1.iter().try_for_each(|octet| write!(f, "{octet:02X}"))?;
        write!(f, "/{}", self.0)
    }
}

/// Origin AS, and the route target unless none is named.
fn parts(wire: &[u8]) -> (u32, Option<Target<'_>>) {
    let (bits, body) = wire.split_first().map_or((0, &[][..]), |(bits, body)| (*bits, body));
    match body.split_first_chunk::<4>() {
        None => (0, None),
        Some((origin, target)) => (
            u32::from_be_bytes(*origin),
            (!target.is_empty()).then(|| Target(bits.saturating_sub(32), target)),
        ),
    }
}

impl NlriCodec for Rtc {
    fn split<'a>(family: Family, r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let at = r.offset();
        let error = |reason| DecodeError::Nlri { family, at, reason };
        let bits = *r.rest().first().ok_or_else(|| error("the length is missing"))?;
        if !matches!(bits, 0 | 32..=FULL) {
            return Err(error("the length must be 0, or 32 to 96"));
        }
        let total = inet::octets(bits).saturating_add(1);
        r.take(total, "route target membership").map_err(|_| error("the route target is cut short"))
    }

    fn next_hop_lengths(_: Family) -> &'static [usize] {
        &[4, 16]
    }

    fn emit<E: Emit>(_: Family, wire: &[u8], path_id: Option<u32>, out: &mut E) {
        let (origin, target) = parts(wire);
        out.begin_object(Spacing::Wide);
        shared::emit_path_id(path_id, out);
        out.key("origin");
        out.number(origin.into());
        out.key("route-target");
        match target {
            Some(target) => out.display(&target),
            None => out.null(),
        }
        out.end_object();
    }

    fn print(_: Family, wire: &[u8], path_id: Option<u32>, out: &mut String) {
        match (parts(wire), wire.len()) {
            (_, 0 | 1) => out.push_str("rtc default"),
            ((origin, target), _) => {
                let _ = write!(out, "rtc origin {origin}");
                if let Some(target) = target {
                    let _ = write!(out, " route-target {target}");
                }
            }
        }
        shared::print_path_id(path_id, out);
    }

    /// Reads `default`, or `origin ASN route-target TARGET`; without route target, all of the origin's.
    fn parse(_: Family, words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        words.accept("rtc");
        let shape = "origin ASN route-target TARGET, or default";
        let word = words.expect("a route target membership")?;
        if word.is("default") {
            out.push(0);
            return Ok(());
        }
        if !word.is("origin") {
            return Err(TextError::new(word, "this is no route target membership").hint(shape));
        }
        let word = words.expect("an AS number")?;
        let origin: u32 = decimal(word.text).ok_or_else(|| TextError::new(word, "this is no AS number"))?;
        let mut target = Vec::new();
        if words.accept("route-target") {
            let word = words.peek().ok_or_else(|| words.end("a route target"))?;
            ExtendedCommunity::parse(words, &mut target)?;
            if target.len() != 8 {
                return Err(TextError::new(word, "exactly one route target is needed"));
            }
        }
        out.push(if target.is_empty() { 32 } else { FULL });
        out.extend_from_slice(&origin.to_be_bytes());
        out.extend_from_slice(&target);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::testing::Json;
    use crate::nlri::{Nlri, NlriRun};

    const FAMILY: Family = Family::IPV4_RTC;

    #[test]
    fn octets_json_and_text() {
        let full = [96, 0, 0, 0xfd, 0xe8, 0, 2, 0xfd, 0xe8, 0, 0, 0, 100];
        for (wire, json, text) in [
            (
                &full[..],
                r#"{ "origin": 65000, "route-target": "target:65000:100" }"#,
                "rtc origin 65000 route-target target:65000:100",
            ),
            (&[0], r#"{ "origin": 0, "route-target": null }"#, "rtc default"),
            (&[32, 0, 0, 0, 7], r#"{ "origin": 7, "route-target": null }"#, "rtc origin 7"),
        ] {
            let run = NlriRun::check(FAMILY, false, wire, 0).unwrap();
            let nlri = run.iter().next().unwrap();
            let mut out = Json::default();
            nlri.emit(&mut out);
            assert_eq!((out.text.as_str(), nlri.to_string().as_str()), (json, text));
            assert_eq!(Nlri::parse(FAMILY, &mut Words::new(text)).unwrap().wire(), wire);
        }
        let part = [40, 0, 0, 0, 7, 1];
        let run = NlriRun::check(FAMILY, false, &part, 0).unwrap();
        assert_eq!(run.iter().next().unwrap().to_string(), "rtc origin 7 route-target 0x01/8");
    }

    #[test]
    fn wrong_octets_and_texts() {
        for wire in [&[31, 0, 0, 0, 0][..], &[97; 14], &[96, 0], &[8, 0]] {
            assert!(NlriRun::check(FAMILY, false, wire, 0).is_err(), "{wire:?}");
        }
        for text in
            ["", "foo", "origin", "origin x", "origin 1 route-target x", "origin 1 route-target [ 1:1 2:2 ]"]
        {
            assert!(Nlri::parse(FAMILY, &mut Words::new(text)).is_err(), "{text}");
        }
    }
}
