//! Lists of operators and values: numeric (RFC 8955 section 4.2.1.1) and bitmask (section 4.2.1.2).
//!
//! ```text
//!   0   1   2   3   4   5   6   7
//! +---+---+---+---+---+---+---+---+
//! | e | a |  len  | 0 |lt |gt |eq |   numeric
//! | e | a |  len  | 0 | 0 |not| m |   bitmask
//! +---+---+---+---+---+---+---+---+
//! ```

use std::fmt::Write as _;

use crate::nlri::flow::component::{Form, Kind};
use crate::nlri::flow::names;
use crate::text::{TextError, Word};

const END: u8 = 0x80;
const AND: u8 = 0x40;
const NOT: u8 = 0x02;
const MATCH: u8 = 0x01;

/// Signs of the three low bits of a numeric operator.
const SIGNS: [&str; 8] = ["false", "=", ">", ">=", "<", "<=", "!=", "true"];

/// Signs in the order in which they are tried: none may be the start of a later one.
const ENTERED: [(&str, u8); 8] =
    [(">=", 3), ("<=", 5), ("!=", 6), ("=", 1), (">", 2), ("<", 4), ("true", 7), ("false", 0)];

/// One operator and its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Term {
    /// Joined to the term before it by "and" rather than by "or".
    and: bool,
    /// The three low bits of the operator.
    operator: u8,
    value: u64,
}

fn take(octets: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (operator, rest) = octets.split_first()?;
    let width = 1_usize << ((operator >> 4) & 3);
    let (value, rest) = rest.split_at_checked(width)?;
    Some((*operator, value.iter().fold(0, |sum, octet| (sum << 8) | u64::from(*octet)), rest))
}

/// Octets up to the operator with the end bit and its value; `None` when it does not come.
pub(super) fn measure(octets: &[u8]) -> Option<usize> {
    let mut rest = octets;
    loop {
        let (operator, _, tail) = take(rest)?;
        rest = tail;
        if operator & END != 0 {
            return Some(octets.len().saturating_sub(rest.len()));
        }
    }
}

fn terms(body: &[u8]) -> impl Iterator<Item = Term> {
    let mut rest = body;
    let mut first = true;
    std::iter::from_fn(move || {
        let (operator, value, tail) = take(rest)?;
        rest = tail;
        // "in the first operator octet of a sequence it [...] MUST be treated as always unset".
        let and = operator & AND != 0 && !first;
        first = false;
        Some(Term { and, operator: operator & 7, value })
    })
}

/// The alternatives of a component as texts, and whether there is more than one term in all.
pub(super) fn print(kind: &Kind, body: &[u8]) -> (Vec<String>, bool) {
    let mut out: Vec<String> = Vec::new();
    let mut count = 0_usize;
    for term in terms(body) {
        count = count.saturating_add(1);
        match out.last_mut() {
            Some(text) if term.and => {
                text.push('&');
                print_one(kind, term, text);
            }
            _ => {
                let mut text = String::new();
                print_one(kind, term, &mut text);
                out.push(text);
            }
        }
    }
    (out, count > 1)
}

fn print_one(kind: &Kind, term: Term, out: &mut String) {
    if kind.form == Form::Bits {
        if term.operator & NOT != 0 {
            out.push('!');
        }
        if term.operator & MATCH != 0 {
            out.push('=');
        }
        print_bits(kind, term.value, out);
        return;
    }
    out.push_str(SIGNS.get(usize::from(term.operator)).unwrap_or(&""));
    // ExaBGP shows the value of a constant only where it follows an "and".
    if matches!(term.operator, 0 | 7) && !term.and {
        return;
    }
    let name = kind.values.iter().find(|(_, v)| kind.shown && u64::from(*v) == term.value);
    match name {
        Some((name, _)) => out.push_str(name),
        None => {
            let _ = write!(out, "{}", term.value);
        }
    }
}

fn print_bits(kind: &Kind, value: u64, out: &mut String) {
    let mut left = value;
    let mut separator = "";
    for (name, bit) in kind.values {
        if left & u64::from(*bit) != 0 {
            left &= !u64::from(*bit);
            let _ = write!(out, "{separator}{name}");
            separator = "+";
        }
    }
    if left != 0 {
        let _ = write!(out, "{separator}{left:#x}");
    }
}

/// Reads one word, terms joined by `&`, and appends them.
pub(super) fn parse(kind: &Kind, word: Word<'_>, out: &mut Vec<Term>) -> Result<(), TextError> {
    for (at, text) in word.text.split('&').enumerate() {
        let (operator, rest) =
            if kind.form == Form::Bits { bits_operator(text) } else { number_operator(text) };
        let constant = kind.form == Form::Number && matches!(operator, 0 | 7) && rest.is_empty();
        let value = if constant { Some(0) } else { value(kind, rest) };
        let value = value.filter(|v| *v <= kind.max).ok_or_else(|| invalid(kind, word))?;
        out.push(Term { and: at > 0, operator, value: value.into() });
    }
    Ok(())
}

fn number_operator(text: &str) -> (u8, &str) {
    let found = ENTERED.iter().find_map(|(sign, bits)| Some((*bits, text.strip_prefix(sign)?)));
    found.unwrap_or((1, text))
}

fn bits_operator(text: &str) -> (u8, &str) {
    let (not, text) = text.strip_prefix('!').map_or((0, text), |rest| (NOT, rest));
    let (exact, text) = text.strip_prefix('=').map_or((0, text), |rest| (MATCH, rest));
    (not | exact, text)
}

fn value(kind: &Kind, text: &str) -> Option<u32> {
    let one = |text: &str| (!text.is_empty()).then(|| names::value(kind.values, text)).flatten();
    if kind.form == Form::Bits {
        return text.split('+').try_fold(0, |sum, name| Some(sum | one(name)?));
    }
    one(text)
}

#[cold]
fn invalid(kind: &Kind, word: Word<'_>) -> TextError {
    let hint = if kind.form == Form::Bits {
        let names: Vec<&str> = kind.values.iter().map(|(name, _)| *name).collect();
        format!("names joined by +, after ! or = or nothing: {}", names.join(", "))
    } else {
        format!("=, !=, >, >=, < or <= and a value up to {}; join by & what must hold together", kind.max)
    };
    TextError::new(word, "invalid match of a flow rule").hint(hint)
}

/// Appends the octets of a list of terms, each value in as few octets as can be.
pub(super) fn encode(terms: &[Term], out: &mut Vec<u8>) {
    let last = terms.len().saturating_sub(1);
    for (at, term) in terms.iter().enumerate() {
        let end = if at == last { END } else { 0 };
        let and = if term.and { AND } else { 0 };
        let octets = term.value.to_be_bytes();
        let (code, width) = match term.value {
            0..=0xFF => (0_u8, 1),
            0x100..=0xFFFF => (1, 2),
            0x1_0000..=0xFFFF_FFFF => (2, 4),
            _ => (3, 8),
        };
        out.push(end | and | (code << 4) | term.operator);
        out.extend(octets.iter().skip(octets.len().saturating_sub(width)));
    }
}
