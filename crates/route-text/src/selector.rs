//! Neighbor selectors: `neighbor 10.0.0.1 local-as 65000, neighbor 10.0.0.2` in front of a command.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use bgp_wire::{Asn, Family};
use smallvec::{SmallVec, smallvec};

use crate::peer::{FamilyAllowed, PeerName};
use crate::{TextError, Word, Words};

/// Which neighbors a command is meant for: those that any of its groups matches.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Selector {
    groups: SmallVec<[Group; 1]>,
}

/// One `neighbor …` group: everything it names must match.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Group {
    /// None for `neighbor *`.
    peer: Option<(IpAddr, Option<u8>)>,
    local: Wanted<IpAddr>,
    local_as: Wanted<Asn>,
    peer_as: Wanted<Asn>,
    router_id: Wanted<Ipv4Addr>,
    family_allowed: Option<FamilyAllowed>,
}

/// What a group says about one member of the name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
enum Wanted<T> {
    /// Nothing: anything matches.
    #[default]
    Any,
    /// The literal `auto`: nothing is fixed in the configuration.
    Auto,
    /// This value.
    Value(T),
}

impl<T: PartialEq> Wanted<T> {
    fn matches(&self, value: Option<&T>) -> bool {
        match self {
            Self::Any => true,
            Self::Auto => value.is_none(),
            Self::Value(wanted) => value == Some(wanted),
        }
    }
}

impl Selector {
    /// Every neighbor, as `neighbor *` says.
    pub fn all() -> Self {
        Self { groups: smallvec![Group::default()] }
    }

    /// Reads the selector in front of a command, if there is one, and leaves `words` at the command.
    pub fn parse(words: &mut Words<'_>) -> Result<Option<Self>, TextError> {
        if !words.accept("neighbor") {
            return Ok(None);
        }
        let mut groups = smallvec![group(words)?];
        while words.accept(",") {
            let word = words.expect("the word neighbor")?;
            if !word.is("neighbor") {
                return Err(TextError::new(word, "the word neighbor must follow a comma"));
            }
            groups.push(group(words)?);
        }
        Ok(Some(Self { groups }))
    }

    /// Reads what follows the word `peer` of ExaBGP 6: `*`, `10.0.0.1 local-as 65000`, or several of these between
    /// brackets or with commas between them.
    pub fn parse_peers(words: &mut Words<'_>) -> Result<Self, TextError> {
        let open = words.peek().filter(|word| word.is("["));
        if open.is_some() {
            words.next_word();
        }
        let mut groups = smallvec![group(words)?];
        while words.accept(",") {
            // The word itself may be repeated, as in the older grammar.
            let _ = words.accept("peer") || words.accept("neighbor");
            groups.push(group(words)?);
        }
        if let Some(open) = open
            && !words.accept("]")
        {
            return Err(TextError::new(open, "this list of peers has no end").hint("close it with ]"));
        }
        Ok(Self { groups })
    }

    /// Whether the command is meant for this neighbor.
    pub fn matches(&self, name: &PeerName) -> bool {
        self.groups.iter().any(|group| group.matches(name))
    }
}

impl Group {
    fn matches(&self, name: &PeerName) -> bool {
        self.peer.is_none_or(|peer| peer == (name.peer, name.range))
            && self.local.matches(name.local.as_ref())
            && self.local_as.matches(name.local_as.as_ref())
            && self.peer_as.matches(name.peer_as.as_ref())
            && self.router_id.matches(name.router_id.as_ref())
            && self.family_allowed.as_ref().is_none_or(|f| *f == name.family_allowed)
    }
}

fn group(words: &mut Words<'_>) -> Result<Group, TextError> {
    let word = words.expect("a neighbor's address")?;
    let mut group = Group { peer: peer(word)?, ..Group::default() };
    while let Some(key) = words.peek() {
        if key.quoted {
            break;
        }
        match key.text {
            "local-ip" => group.local = wanted(words, "this is no IP address")?,
            "local-as" => group.local_as = as_number(words)?,
            "peer-as" => group.peer_as = as_number(words)?,
            "router-id" => group.router_id = wanted(words, "this is no router identifier")?,
            "family-allowed" => group.family_allowed = Some(family_allowed(words)?),
            "neighbor" => {
                return Err(TextError::new(key, "a second neighbor in one group matches nothing")
                    .hint("separate neighbors by commas"));
            }
            _ => break,
        }
    }
    Ok(group)
}

fn peer(word: Word<'_>) -> Result<Option<(IpAddr, Option<u8>)>, TextError> {
    if word.is("*") {
        return Ok(None);
    }
    let (address, range) = match word.text.split_once('/') {
        None => (word.text, Some(None)),
        Some((address, length)) => (address, length.parse().ok().map(Some)),
    };
    match (address.parse(), range) {
        (Ok(address), Some(range)) => Ok(Some((address, range))),
        _ => Err(TextError::new(word, "this is no neighbor").hint("an IP address, or * for all")),
    }
}

/// Reads a key, known to be there, and its value.
fn value<'a>(words: &mut Words<'a>) -> Result<Word<'a>, TextError> {
    words.next_word();
    words.expect("the value")
}

fn wanted<T: FromStr>(words: &mut Words<'_>, wrong: &'static str) -> Result<Wanted<T>, TextError> {
    let word = value(words)?;
    // ExaBGP 5 prints "None" for an automatic address, and scripts write what they read.
    if matches!(word.text, "auto" | "None") {
        return Ok(Wanted::Auto);
    }
    word.text.parse().map(Wanted::Value).map_err(|_| TextError::new(word, wrong))
}

fn as_number(words: &mut Words<'_>) -> Result<Wanted<Asn>, TextError> {
    match wanted(words, "this is no AS number")? {
        Wanted::Value(number) => Ok(Wanted::Value(Asn(number))),
        Wanted::Auto => Ok(Wanted::Auto),
        Wanted::Any => Ok(Wanted::Any),
    }
}

fn family_allowed(words: &mut Words<'_>) -> Result<FamilyAllowed, TextError> {
    let word = value(words)?;
    if word.is("in-open") {
        return Ok(FamilyAllowed::InOpen);
    }
    let family =
        |text: &str| text.split_once('-').and_then(|(afi, safi)| format!("{afi} {safi}").parse().ok());
    let families: Option<Box<[Family]>> = word.text.split('/').map(family).collect();
    families.map(FamilyAllowed::Families).ok_or_else(|| {
        TextError::new(word, "these are no families")
            .hint("in-open, or families as in ipv4-unicast/ipv6-unicast")
    })
}
