//! A rule while its words are read.

use std::collections::BTreeMap;

use crate::code::{Afi, Safi};
use crate::family::Family;
use crate::nlri::Nlri;
use crate::nlri::flow::component::{Form, Kind};
use crate::nlri::flow::operator::{self, Term};
use crate::nlri::flow::{MAX_LENGTH, prefix, write_length};
use crate::nlri::rd::RouteDistinguisher;
use crate::text::{TextError, Word, Words};

/// The matches of one rule, and its route distinguisher, collected keyword by keyword.
///
/// Statements of one component are alternatives, a prefix excepted: it can be given once.
#[derive(Debug, Default)]
pub struct Rule {
    afi: Option<Afi>,
    /// Given from outside rather than by whether there is a route distinguisher.
    safi: Option<Safi>,
    rd: Option<[u8; 8]>,
    components: BTreeMap<u8, Body>,
}

#[derive(Debug)]
enum Body {
    Prefix(Vec<u8>),
    Terms(Vec<Term>),
}

impl Rule {
    /// A rule whose family is told by its words: the first prefix tells the address family (IPv4 when nothing does), a
    /// route distinguisher makes it a VPN's.
    pub fn new() -> Self {
        Self::default()
    }

    /// A rule of a given family.
    pub fn of(family: Family) -> Self {
        Self { afi: Some(family.afi), safi: Some(family.safi), ..Self::default() }
    }

    /// Every keyword that [`Rule::accept`] reads.
    pub fn keywords() -> impl Iterator<Item = &'static str> {
        Kind::keywords().chain(["rd", "route-distinguisher"])
    }

    /// Reads what `keyword` introduces, if it is a component or the route distinguisher; `false` when it is neither.
    pub fn accept(&mut self, keyword: Word<'_>, words: &mut Words<'_>) -> Result<bool, TextError> {
        if keyword.quoted {
            return Ok(false);
        }
        if matches!(keyword.text, "rd" | "route-distinguisher") {
            self.distinguisher(words)?;
            return Ok(true);
        }
        let Some((kind, afi)) = Kind::named(keyword.text) else {
            return Ok(false);
        };
        if let Some(afi) = afi {
            self.meet(afi, keyword)?;
        }
        if kind.form == Form::Prefix {
            words.list("a prefix", false, |word| {
                let (afi, body) = prefix::parse(word)?;
                self.meet(afi, word)?;
                // RFC 8955 section 4.2.2: a component comes at most once.
                match self.components.insert(kind.code, Body::Prefix(body)) {
                    None => Ok(()),
                    Some(_) => Err(TextError::new(word, "a flow rule has one prefix of each kind")),
                }
            })?;
            return Ok(true);
        }
        let mut terms = Vec::new();
        words.list("a match", false, |word| operator::parse(kind, word, &mut terms))?;
        // Names of bits need no brackets, as `tcp-flags SYN ACK` of exafs: none of them is a keyword.
        while kind.form == Form::Bits
            && let Some(word) = words.peek().filter(|w| !w.quoted && kind.names_bit(w.text))
        {
            words.next_word();
            operator::parse(kind, word, &mut terms)?;
        }
        if terms.is_empty() {
            return Ok(true);
        }
        match self.components.get_mut(&kind.code) {
            Some(Body::Terms(known)) => known.append(&mut terms),
            _ => {
                self.components.insert(kind.code, Body::Terms(terms));
            }
        }
        Ok(true)
    }

    fn distinguisher(&mut self, words: &mut Words<'_>) -> Result<(), TextError> {
        let word = words.expect("a route distinguisher")?;
        let error = |text| TextError::new(word, text);
        if self.safi == Some(Safi::FLOW) {
            return Err(error("a rule of family flow has no route distinguisher").hint("flow-vpn has one"));
        }
        if self.rd.is_some() {
            return Err(error("the route distinguisher is given twice"));
        }
        self.rd = Some(RouteDistinguisher::parse(word)?.0);
        Ok(())
    }

    /// Takes the address family from a word, or checks that it is the one known already.
    fn meet(&mut self, afi: Afi, word: Word<'_>) -> Result<(), TextError> {
        let known = *self.afi.get_or_insert(afi);
        if known == afi {
            return Ok(());
        }
        Err(TextError::new(word, format!("this is {afi}, the flow rule is {known}")))
    }

    /// Family and octets of the rule. `words`, read to its end, says where a missing word belongs.
    pub fn finish(self, words: &Words<'_>) -> Result<Nlri, TextError> {
        let afi = self.afi.unwrap_or(Afi::IPV4);
        let safi = match (self.safi, self.rd) {
            (Some(safi), _) => safi,
            (None, Some(_)) => Safi::FLOW_VPN,
            (None, None) => Safi::FLOW,
        };
        let mut body = Vec::new();
        match self.rd {
            Some(rd) => body.extend_from_slice(&rd),
            None if safi == Safi::FLOW_VPN => return Err(words.end("rd and a route distinguisher")),
            None => {}
        }
        if self.components.is_empty() {
            // A rule without components would match every packet: nobody means that.
            return Err(words.end("a match such as destination"));
        }
        for (code, component) in &self.components {
            body.push(*code);
            match component {
                Body::Prefix(octets) => body.extend_from_slice(octets),
                Body::Terms(terms) => operator::encode(terms, &mut body),
            }
        }
        if body.len() > MAX_LENGTH {
            return Err(words.end("a flow rule of at most 4095 octets"));
        }
        let mut wire = Vec::new();
        write_length(body.len(), &mut wire);
        wire.append(&mut body);
        Ok(Nlri::from_wire(Family { afi, safi }, None, &wire))
    }
}
