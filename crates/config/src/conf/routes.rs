//! `static`, `announce`, `flow` and `l2vpn`: routes, in the one grammar of `route-text`. Blocks become lines.

use std::borrow::Cow;
use std::sync::Arc;

use bgp_wire::Family;
use bgp_wire::text::TextError;

use crate::clauses::{Clauses, refused};
use crate::conf::lexer::{End, Statement};
use crate::conf::reader::Reader;
use crate::conf::values;
use crate::diag::Span;
use crate::model::RouteSet;

/// What a section's routes are read by.
type Read<'f> = &'f dyn Fn(&mut Clauses, &str, Span, &mut RouteSet) -> Result<(), TextError>;

/// A route as one line, and where its parts are from.
struct Line<'a> {
    text: Cow<'a, str>,
    /// Octet of the line where a part starts, and octet of the file's text.
    parts: Vec<(usize, usize)>,
}

impl<'a> Line<'a> {
    fn of(text: &'a str, at: usize) -> Self {
        Self { text: Cow::Borrowed(text), parts: vec![(0, at)] }
    }

    fn push(&mut self, text: &str, at: usize) {
        let line = self.text.to_mut();
        line.push(' ');
        self.parts.push((line.len(), at));
        line.push_str(text);
    }

    /// Octet of the file's text for one of the line.
    fn place(&self, at: usize) -> usize {
        let after = self.parts.partition_point(|(start, _)| *start <= at);
        let part = after.checked_sub(1).and_then(|i| self.parts.get(i));
        part.map_or(at, |(start, place)| place.saturating_add(at.saturating_sub(*start)))
    }
}

/// The routes of one section, if it has any.
fn section<'a>(
    reader: &mut Reader<'a, '_>,
    name: &'static str,
    header: &Statement<'a>,
    mut each: impl FnMut(&mut Reader<'a, '_>, &Statement<'a>, &mut RouteSet),
) -> Option<Arc<RouteSet>> {
    let mut set = reader.clauses.set();
    reader.block(name, header, |reader, s| each(reader, s, &mut set));
    if set.routes().is_empty() {
        return None;
    }
    set.shrink();
    Some(Arc::new(set))
}

/// `static { route …; attributes …; sr-policy …; }`
pub(super) fn fixed<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>) -> Option<Arc<RouteSet>> {
    section(reader, "static", header, |reader, s, set| match s.keyword() {
        "route" | "attributes" | "attribute" | "sr-policy" => {
            let line = line(reader, s, Line::of(s.text, s.at), false);
            one(reader, s, &line, set, &|clauses, text, at, set| clauses.line(text, at, set));
        }
        _ => reader.unknown(s, &["route", "attributes", "sr-policy"]),
    })
}

/// `announce { ipv4 { unicast …; } }`
pub(super) fn announce<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>) -> Option<Arc<RouteSet>> {
    section(reader, "announce", header, |reader, s, set| {
        let afi = s.keyword();
        if !values::afis().contains(&afi) {
            reader.unknown(s, &values::afis());
            return;
        }
        reader.block("announce", s, |reader, s| {
            let (rest, at) = s.rest();
            let keyword = s.keyword();
            let known: Vec<&str> = values::safis(afi).collect();
            let Ok(family) = values::safi(afi, crate::value::Scalar::Text(keyword)) else {
                reader.unknown(s, &known);
                return;
            };
            let line = line(reader, s, Line::of(rest, at), false);
            one(reader, s, &line, set, &|clauses, text, at, set| clauses.of_family(family, text, at, set));
        });
    })
}

/// `flow { route NAME { match { … } then { … } } route …; }`
pub(super) fn flow<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>) -> Option<Arc<RouteSet>> {
    section(reader, "flow", header, |reader, s, set| {
        if s.keyword() != "route" {
            reader.unknown(s, &["route"]);
            return;
        }
        let line = line(reader, s, Line::of(s.text, s.at), true);
        one(reader, s, &line, set, &|clauses, text, at, set| clauses.flow(text, at, set));
    })
}

/// `l2vpn { vpls NAME { … } vpls …; }`
pub(super) fn l2vpn<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>) -> Option<Arc<RouteSet>> {
    section(reader, "l2vpn", header, |reader, s, set| {
        if s.keyword() != "vpls" {
            reader.unknown(s, &["vpls"]);
            return;
        }
        let (rest, at) = s.rest();
        let start = if s.end == End::Open && !rest.trim().is_empty() {
            // The block's name.
            let mut line = Line { text: Cow::Borrowed("name"), parts: vec![(0, s.at)] };
            line.push(rest, at);
            line
        } else {
            Line::of(rest, at)
        };
        let line = line(reader, s, start, false);
        one(reader, s, &line, set, &|clauses, text, at, set| {
            clauses.of_family(Family::L2VPN_VPLS, text, at, set)
        });
    })
}

/// The line that a statement and its block, if it has one, stand for. With `braces` the sections in it stay.
fn line<'a>(reader: &mut Reader<'a, '_>, s: &Statement<'a>, start: Line<'a>, braces: bool) -> Line<'a> {
    if s.end != End::Open {
        return start;
    }
    let mut line = start;
    if braces {
        line.push("{", s.stop);
    }
    let mut stop = s.stop;
    reader.block("route", s, |reader, inner| body(reader, inner, &mut line, braces, &mut stop));
    if braces {
        line.push("}", stop);
    }
    line
}

/// One statement within a route's block.
fn body<'a>(
    reader: &mut Reader<'a, '_>,
    s: &Statement<'a>,
    line: &mut Line<'a>,
    braces: bool,
    stop: &mut usize,
) {
    if s.end != End::Open {
        line.push(s.text, s.at);
        if braces {
            line.text.to_mut().push(';');
        }
        *stop = s.stop;
        return;
    }
    let name = match s.keyword() {
        "match" if braces && reader.section() == "route" => "match",
        "then" if braces && reader.section() == "route" => "then",
        "scope" if braces && reader.section() == "route" => "scope",
        _ => {
            let known: &[&str] = if braces { &["match", "then", "scope"] } else { &[] };
            reader.unknown(s, known);
            return;
        }
    };
    line.push(s.text, s.at);
    line.push("{", s.stop);
    reader.block(name, s, |reader, inner| body(reader, inner, line, braces, stop));
    line.push("}", *stop);
}

/// Reads the routes of a line.
fn one<'a>(
    reader: &mut Reader<'a, '_>,
    s: &Statement<'a>,
    line: &Line<'a>,
    set: &mut RouteSet,
    read: Read<'_>,
) {
    let at = reader.span(s.at, s.at.saturating_add(s.text.len()));
    if let Err(error) = read(&mut reader.clauses, &line.text, at, set) {
        let at = if error.word.is_empty() && s.end != End::Open {
            // What is missing is missing behind the last word.
            reader.span(s.stop, s.stop.saturating_add(1))
        } else if error.word.is_empty() {
            reader.keyword_at(s)
        } else {
            let start = line.place(error.at);
            let quoted = usize::from(line.text.get(error.at..).is_some_and(|t| t.starts_with(['"', '\''])));
            reader.span(start, start.saturating_add(error.word.len()).saturating_add(quoted))
        };
        reader.diags.push(refused(&error, at));
    }
}
