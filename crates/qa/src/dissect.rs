//! Messages taken apart field by field, for people who look at a failed test. Independent of `bgp-wire` (the harness judges
//! it), total (whatever the bytes are, they are shown), and shallow: values stay hexadecimal where a number says enough.

use crate::{
    frame::{KEEPALIVE, Message, NOTIFICATION, OPEN, ROUTE_REFRESH, UPDATE},
    hex,
};
use std::{
    fmt::Write as _,
    net::{Ipv4Addr, Ipv6Addr},
};

/// One field: where it starts in the message, what it is called, its bytes, and what they mean if that is easily said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Offset from the start of the message, marker included.
    pub at: usize,
    /// Name, with the path of the fields around it.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The meaning; may be empty.
    pub meaning: String,
}

/// The fields of a message in wire order. Their bytes put together are the message.
pub fn fields(message: &Message) -> Vec<Field> {
    let mut w = Walk { bytes: message.bytes(), at: 0, end: message.bytes().len(), out: Vec::new() };
    w.take("marker", 16, |_| String::new());
    w.take("length", 2, number);
    w.take("type", 1, |_| message.name().to_owned());
    match message.kind() {
        OPEN => open(&mut w),
        UPDATE => update(&mut w),
        NOTIFICATION => {
            w.take("error code", 1, number);
            w.take("error subcode", 1, number);
            w.rest("data", ascii);
        }
        ROUTE_REFRESH => {
            w.take("AFI", 2, number);
            w.take("subtype", 1, number);
            w.take("SAFI", 1, number);
        }
        _ => {}
    }
    w.rest(if message.kind() == KEEPALIVE { "stray" } else { "rest" }, |_| String::new());
    w.out
}

/// Both messages side by side from the first field that differs, or `None` when they are equal. Four lines of context.
pub fn first_difference(expected: &Message, got: &Message) -> Option<String> {
    let (a, b) = (fields(expected), fields(got));
    // A difference of a length is the consequence of another one, so it is shown but does not count as the first.
    let same = |i: usize| match (a.get(i), b.get(i)) {
        (Some(x), Some(y)) => (x.name == y.name) && (x.bytes == y.bytes || x.name.ends_with("length")),
        _ => false,
    };
    if expected == got {
        return None;
    }
    let first = (1..a.len().max(b.len())).find(|i| !same(*i)).unwrap_or(1);
    let mut out = String::new();
    for i in first.saturating_sub(2).max(1)..(first + 3).min(a.len().max(b.len())) {
        let (x, y) = (a.get(i), b.get(i));
        if x == y {
            let _ = writeln!(out, "    {}", x.map(line).unwrap_or_default());
        } else {
            let nothing = || "(nothing)".to_owned();
            let _ = writeln!(out, "  - {}", x.map_or_else(nothing, line));
            let _ = writeln!(out, "  + {}", y.map_or_else(nothing, line));
        }
    }
    Some(out)
}

/// Every field on a line of its own.
pub fn listing(message: &Message) -> String {
    fields(message).iter().skip(1).fold(String::new(), |mut out, f| {
        let _ = writeln!(out, "    {}", line(f));
        out
    })
}

/// One line: the type, what the message says, and its bytes without the marker.
pub fn brief(message: &Message) -> String {
    let dull = ["flags", "code", "length", "type", "marker", "reserved"];
    let said: Vec<String> = fields(message)
        .into_iter()
        .filter(|f| !f.meaning.is_empty() && !dull.iter().any(|d| f.name.ends_with(d)))
        .map(|f| format!("{} {}", f.name, f.meaning))
        .collect();
    format!("{} [{}] {}", message.name(), said.join(", "), hex::show(&message.bytes()[16..]))
}

/// The expectation most like the message: same type, then the longest common run of fields at the front.
pub fn nearest<'a>(wanted: &'a [Message], got: &Message) -> Option<&'a Message> {
    let have = fields(got);
    wanted.iter().rev().max_by_key(|m| {
        let equal =
            fields(m).iter().filter(|f| have.iter().any(|h| h.name == f.name && h.bytes == f.bytes)).count();
        (m.kind() == got.kind(), equal)
    })
}

fn line(f: &Field) -> String {
    let bytes = if f.bytes.len() > 40 {
        format!("{}.. ({} octets)", hex::show(&f.bytes[..40]), f.bytes.len())
    } else {
        hex::show(&f.bytes)
    };
    let meaning = if f.meaning.is_empty() { String::new() } else { format!("  = {}", f.meaning) };
    format!("{:>4}  {:<28} {bytes}{meaning}", f.at, f.name)
}

/// A reader that never fails: a field that is cut off is shown as far as it goes.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    out: Vec<Field>,
}

impl Walk<'_> {
    fn take(&mut self, name: &str, len: usize, meaning: impl Fn(&[u8]) -> String) -> Vec<u8> {
        let stop = (self.at + len).min(self.end);
        let bytes = self.bytes[self.at..stop].to_vec();
        if !bytes.is_empty() {
            let meaning = if bytes.len() < len { "cut off".to_owned() } else { meaning(&bytes) };
            self.out.push(Field { at: self.at, name: name.to_owned(), bytes: bytes.clone(), meaning });
        }
        self.at = stop;
        bytes
    }

    fn rest(&mut self, name: &str, meaning: impl Fn(&[u8]) -> String) {
        self.take(name, self.end - self.at, meaning);
    }

    fn int(&mut self, name: &str, len: usize) -> usize {
        self.take(name, len, number).iter().fold(0, |sum, b| sum * 256 + usize::from(*b))
    }

    /// Runs `f` on the next `len` octets only, and shows what it left.
    fn within(&mut self, len: usize, f: impl FnOnce(&mut Self)) {
        let outer = self.end;
        self.end = (self.at + len).min(outer);
        f(self);
        self.rest("left over", |_| String::new());
        self.end = outer;
    }
}

fn open(w: &mut Walk) {
    w.take("version", 1, number);
    w.take("my AS", 2, number);
    w.take("hold time", 2, number);
    w.take("identifier", 4, address);
    let mut len = w.int("parameters length", 1);
    let mut wide = 1;
    if len == 255 && w.bytes.get(w.at) == Some(&255) {
        w.take("extended marker", 1, number);
        len = w.int("extended length", 2);
        wide = 2;
    }
    w.within(len, |w| {
        while w.at < w.end {
            let kind = w.int("parameter type", 1);
            let size = w.int("parameter length", wide);
            w.within(size, |w| {
                while kind == 2 && w.at < w.end {
                    let code = w.int("capability code", 1);
                    let size = w.int(&format!("capability {code} length"), 1);
                    w.take(&format!("capability {code}"), size, |_| String::new());
                }
            });
        }
    });
}

fn update(w: &mut Walk) {
    let withdrawn = w.int("withdrawn length", 2);
    w.within(withdrawn, |w| prefixes(w, "withdrawn", false));
    let attributes = w.int("attributes length", 2);
    w.within(attributes, |w| {
        while w.at < w.end {
            let flags = w.bytes[w.at];
            let code = w.bytes.get(w.at + 1).copied().unwrap_or_default();
            let name = attribute_name(code);
            w.take(&format!("{name} flags"), 1, flag_names);
            w.take(&format!("{name} code"), 1, number);
            let size = w.int(&format!("{name} length"), if flags & 0x10 == 0 { 1 } else { 2 });
            w.within(size, |w| value(w, code, &name));
        }
    });
    prefixes(w, "NLRI", false);
}

fn value(w: &mut Walk, code: u8, name: &str) {
    match code {
        14 | 15 => {
            let afi = w.int(&format!("{name} AFI"), 2);
            let safi = w.int(&format!("{name} SAFI"), 1);
            if code == 14 {
                let size = w.int(&format!("{name} next hop length"), 1);
                w.take(&format!("{name} next hop"), size, address);
                w.take(&format!("{name} reserved"), 1, number);
            }
            if matches!((afi, safi), (1 | 2, 1 | 2)) {
                prefixes(w, name, afi == 2);
            }
        }
        3 | 9 => w.rest(name, address),
        8 | 10 => {
            while w.at < w.end {
                w.take(name, 4, |b| if code == 10 { address(b) } else { pair(b) });
            }
        }
        1 | 4 | 5 => w.rest(name, number),
        _ => {}
    }
    w.rest(name, |_| String::new());
}

/// Prefixes without path identifiers: with ADD-PATH they show as odd ones, and their bytes are right all the same.
fn prefixes(w: &mut Walk, name: &str, ipv6: bool) {
    while w.at < w.end {
        let octets = usize::from(w.bytes[w.at]).div_ceil(8);
        w.take(name, 1 + octets, |b| {
            let mut full = [0u8; 16];
            let Some(place) = full.get_mut(..b.len() - 1) else { return String::new() };
            place.copy_from_slice(&b[1..]);
            if ipv6 {
                format!("{}/{}", Ipv6Addr::from(full), b[0])
            } else {
                format!("{}.{}.{}.{}/{}", full[0], full[1], full[2], full[3], b[0])
            }
        });
    }
}

fn number(b: &[u8]) -> String {
    b.iter().fold(0u64, |sum, b| (sum << 8) | u64::from(*b)).to_string()
}

fn pair(b: &[u8]) -> String {
    format!("{}:{}", number(&b[..2]), number(&b[2..]))
}

fn address(b: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(b) {
        return Ipv4Addr::from(four).to_string();
    }
    <[u8; 16]>::try_from(b).map_or_else(|_| String::new(), |sixteen| Ipv6Addr::from(sixteen).to_string())
}

fn ascii(b: &[u8]) -> String {
    b.iter().map(|c| if c.is_ascii_graphic() || *c == b' ' { char::from(*c) } else { '.' }).collect()
}

fn flag_names(b: &[u8]) -> String {
    let names = [(0x80, "optional"), (0x40, "transitive"), (0x20, "partial"), (0x10, "long")];
    names.iter().filter(|(bit, _)| b[0] & bit != 0).map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}

fn attribute_name(code: u8) -> String {
    match code {
        1 => "ORIGIN".into(),
        2 => "AS_PATH".into(),
        3 => "NEXT_HOP".into(),
        4 => "MULTI_EXIT_DISC".into(),
        5 => "LOCAL_PREF".into(),
        6 => "ATOMIC_AGGREGATE".into(),
        7 => "AGGREGATOR".into(),
        8 => "COMMUNITIES".into(),
        9 => "ORIGINATOR_ID".into(),
        10 => "CLUSTER_LIST".into(),
        14 => "MP_REACH_NLRI".into(),
        15 => "MP_UNREACH_NLRI".into(),
        16 => "EXTENDED COMMUNITIES".into(),
        17 => "AS4_PATH".into(),
        18 => "AS4_AGGREGATOR".into(),
        26 => "AIGP".into(),
        32 => "LARGE_COMMUNITY".into(),
        other => format!("attribute {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(med: u8, last: u8) -> Message {
        let attributes = [0x40, 1, 1, 0, 0x80, 4, 4, 0, 0, 0, med];
        let mut body = vec![0, 0, 0, 11];
        body.extend_from_slice(&attributes);
        body.extend_from_slice(&[24, 10, 0, last]);
        Message::new(UPDATE, &body)
    }

    #[test]
    fn the_fields_put_together_are_the_message() {
        let open = crate::open::OpenSpec::new(65000, Ipv4Addr::LOCALHOST).message();
        for m in
            [open, update(1, 2), Message::keepalive(), Message::new(NOTIFICATION, &[6, 2, 3, 65, 66, 67])]
        {
            let all: Vec<u8> = fields(&m).into_iter().flat_map(|f| f.bytes).collect();
            assert_eq!(all, m.bytes());
        }
    }

    #[test]
    fn garbage_is_shown_too() {
        // Every cut of a valid body and every single-octet change still gives all the bytes back.
        let m = update(1, 2);
        for cut in 0..m.body().len() {
            for change in 0..=255 {
                let mut body = m.body()[..=cut].to_vec();
                body[cut] = change;
                for kind in [OPEN, UPDATE, ROUTE_REFRESH] {
                    let m = Message::new(kind, &body);
                    assert_eq!(fields(&m).into_iter().flat_map(|f| f.bytes).collect::<Vec<u8>>(), m.bytes());
                }
            }
        }
    }

    #[test]
    fn the_first_difference_is_named_and_decoded() {
        let text = first_difference(&update(1, 2), &update(9, 3)).unwrap();
        let changed: Vec<&str> = text.lines().filter(|l| l.starts_with("  +")).collect();
        assert!(changed[0].contains("MULTI_EXIT_DISC") && changed[0].ends_with("= 9"), "{text}");
        assert!(first_difference(&update(1, 2), &update(1, 2)).is_none());
        let text = first_difference(&update(1, 2), &update(1, 3)).unwrap();
        assert!(
            text.contains("10.0.2.0/24") || text.contains("10.0.2/24") || text.contains("10.0.2"),
            "{text}"
        );
    }

    #[test]
    fn the_nearest_expectation_is_of_the_same_type() {
        let wanted = [Message::keepalive(), update(1, 2), update(9, 2)];
        assert_eq!(nearest(&wanted, &update(9, 3)), Some(&wanted[2]));
    }
}
