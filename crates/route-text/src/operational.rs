//! OPERATIONAL messages as text: `asm afi ipv4 safi unicast advisory "maintenance at ten"`,
//! `rpcp afi ipv4 safi unicast sequence 1 counter 20`. What follows the kind are pairs, in any order.

use bgp_wire::Family;
use bgp_wire::msg::operational::{Content, Kind, MAX_ADVISORY, Operational};
use bgp_wire::text::{TextError, Word, Words};

/// The kinds, as the texts name them.
const KINDS: &str = "asm, adm, rpcq, rpcp, apcq, apcp, lpcq, lpcp";

/// Reads a message, to the end of the words.
pub fn parse_operational(words: &mut Words<'_>) -> Result<Operational, TextError> {
    let name = words.expect("the kind of the message").map_err(|e| e.hint(KINDS))?;
    let kind = Kind::from_word(name.text)
        .ok_or_else(|| TextError::new(name, "there is no such operational message").hint(KINDS))?;
    let (mut afi, mut safi, mut advisory) = (None, None, None);
    let (mut router_id, mut sequence, mut counter) = (None, None, None);
    while let Some(key) = words.next_word() {
        match key.text {
            "afi" => once(&mut afi, key, words.expect("an address family")?)?,
            "safi" => once(&mut safi, key, words.expect("a subsequent address family")?)?,
            "advisory" if kind.is_advisory() => {
                let word = words.expect("a text")?;
                if word.text.len() > MAX_ADVISORY {
                    return Err(TextError::new(key, "the text is too long").hint("2048 octets at most"));
                }
                once(&mut advisory, key, word.text)?;
            }
            "sequence" if !kind.is_advisory() => once(&mut sequence, key, number(words)?)?,
            "counter" if kind.is_counter() => once(&mut counter, key, number(words)?)?,
            "router-id" => {
                let word = words.expect("an IPv4 address")?;
                let id = word.text.parse().map_err(|_| {
                    TextError::new(word, "this is no router identifier").hint("as in router-id 192.0.2.1")
                })?;
                once(&mut router_id, key, id)?;
            }
            _ => return Err(TextError::new(key, "unknown argument").hint(needs(kind))),
        }
    }
    let missing = |what| words.end(what).hint(needs(kind));
    let (afi, safi) = (afi.ok_or_else(|| missing("afi"))?, safi.ok_or_else(|| missing("safi"))?);
    let family: Family = format!("{} {}", afi.text, safi.text)
        .parse()
        .map_err(|_| TextError::new(safi, "there is no such family").hint("as in afi ipv4 safi unicast"))?;
    let content = if kind.is_advisory() {
        Content::Advisory(advisory.ok_or_else(|| missing("advisory"))?.into())
    } else {
        if kind.is_counter() && counter.is_none() {
            return Err(missing("counter"));
        }
        let sequence = sequence.ok_or_else(|| missing("sequence"))?;
        Content::Count { router_id, sequence, counter }
    };
    Ok(Operational { kind, family: Some(family), content })
}

/// What follows a kind.
const fn needs(kind: Kind) -> &'static str {
    if kind.is_advisory() {
        "afi AFI safi SAFI advisory TEXT"
    } else if kind.is_counter() {
        "afi AFI safi SAFI sequence N counter N, and router-id ADDRESS if it is not ours"
    } else {
        "afi AFI safi SAFI sequence N, and router-id ADDRESS if it is not ours"
    }
}

fn once<T>(slot: &mut Option<T>, key: Word<'_>, value: T) -> Result<(), TextError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(TextError::new(key, "this is there twice").hint("remove one")),
    }
}

fn number(words: &mut Words<'_>) -> Result<u32, TextError> {
    let word = words.expect("a number")?;
    word.text.parse().map_err(|_| TextError::new(word, "this is no number").hint("0 to 4294967295"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Operational, TextError> {
        parse_operational(&mut Words::new(text))
    }

    #[test]
    fn messages_are_read() {
        let family = Some(Family::IPV4_UNICAST);
        assert_eq!(
            read("asm afi ipv4 safi unicast advisory \"at ten\""),
            Ok(Operational { kind: Kind::ASM, family, content: Content::Advisory("at ten".into()) })
        );
        let content = Content::Count { router_id: None, sequence: 1, counter: None };
        assert_eq!(
            read("rpcq sequence 1 afi ipv4 safi unicast"),
            Ok(Operational { kind: Kind(3), family, content })
        );
        let content = Content::Count { router_id: Some([1, 2, 3, 4].into()), sequence: 1, counter: Some(2) };
        assert_eq!(
            read("lpcp afi ipv4 safi unicast router-id 1.2.3.4 sequence 1 counter 2"),
            Ok(Operational { kind: Kind(8), family, content })
        );
    }

    #[test]
    fn wrong_ones_name_the_word() {
        for (text, word) in [
            ("", ""),
            ("ns afi ipv4 safi unicast", "ns"),
            ("asm afi ipv4 safi unicast", ""),
            ("asm afi ipv4 safi nowhere advisory x", "nowhere"),
            ("asm afi ipv4 safi unicast sequence 1", "sequence"),
            ("rpcq afi ipv4 safi unicast sequence 1 counter 2", "counter"),
            ("rpcp afi ipv4 safi unicast sequence 1", ""),
            ("rpcq afi ipv4 safi unicast sequence 4294967296", "4294967296"),
            ("rpcq afi ipv4 safi unicast router-id 1.2.3 sequence 1", "1.2.3"),
            ("rpcq afi ipv4 afi ipv4", "afi"),
        ] {
            assert_eq!(read(text).unwrap_err().word, word, "{text}");
        }
    }
}
