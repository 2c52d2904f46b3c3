//! Routing tables of the past: MRT files of type TABLE_DUMP (RFC 6396 section 4.2), read in the layout in which collectors
//! wrote them at the turn of the century, with many entries in a record whose length leaves out its first four octets.

use crate::{
    frame::{Message, UPDATE},
    update::Prefix,
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    io::Read as _,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

/// MRT type TABLE_DUMP.
const TABLE_DUMP: u16 = 12;
/// Its subtype for IPv4.
const AFI_IPV4: u16 = 1;

/// Attributes of a route, of those a table of that age has.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Attributes {
    /// ORIGIN: 0 igp, 1 egp, 2 incomplete.
    pub origin: u8,
    /// AS_PATH: whether a segment is a set, and its members. A set's members are in ascending order: it has none of its own.
    pub as_path: Vec<(bool, Vec<u32>)>,
    /// NEXT_HOP.
    pub next_hop: Option<Ipv4Addr>,
    /// MULTI_EXIT_DISC.
    pub med: Option<u32>,
    /// ATOMIC_AGGREGATE.
    pub atomic_aggregate: bool,
    /// AGGREGATOR.
    pub aggregator: Option<(u32, Ipv4Addr)>,
    /// COMMUNITIES in ascending order.
    pub communities: Vec<(u16, u16)>,
}

impl Attributes {
    /// The AS_PATH in the words of most routers: `1 2 { 3 4 }`.
    pub fn path(&self) -> String {
        let mut out = String::new();
        for (set, members) in &self.as_path {
            let words = members.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let space = if out.is_empty() { "" } else { " " };
            let _ = if *set { write!(out, "{space}{{ {words} }}") } else { write!(out, "{space}{words}") };
        }
        out
    }

    /// Adds a segment of the AS_PATH.
    pub fn segment(&mut self, set: bool, mut members: Vec<u32>) {
        if set {
            members.sort_unstable();
            members.dedup();
        }
        self.as_path.push((set, members));
    }
}

impl Attributes {
    /// The path attributes in ascending order as a session with four-octet AS numbers carries them.
    ///
    /// # Panics
    /// When an attribute is longer than 65,535 octets, which none from a file of this format is.
    pub fn wire(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut put = |flags: u8, code: u8, value: &[u8]| {
            let length = u16::try_from(value.len()).expect("an attribute of a message").to_be_bytes();
            out.extend_from_slice(&[flags | 0x10, code, length[0], length[1]]);
            out.extend_from_slice(value);
        };
        put(0x40, 1, &[self.origin]);
        let mut path = Vec::new();
        for (set, members) in &self.as_path {
            path.extend_from_slice(&[
                2 - u8::from(*set),
                u8::try_from(members.len()).expect("one octet in the file"),
            ]);
            path.extend(members.iter().flat_map(|asn| asn.to_be_bytes()));
        }
        put(0x40, 2, &path);
        if let Some(next_hop) = self.next_hop {
            put(0x40, 3, &next_hop.octets());
        }
        if let Some(med) = self.med {
            put(0x80, 4, &med.to_be_bytes());
        }
        if self.atomic_aggregate {
            put(0x40, 6, &[]);
        }
        if let Some((asn, address)) = self.aggregator {
            put(0xc0, 7, &[asn.to_be_bytes(), address.octets()].concat());
        }
        if !self.communities.is_empty() {
            let value: Vec<u8> = self
                .communities
                .iter()
                .flat_map(|(a, b)| [a.to_be_bytes(), b.to_be_bytes()].concat())
                .collect();
            put(0xc0, 8, &value);
        }
        out
    }
}

/// A view as UPDATE messages, one for each prefix.
pub fn updates(view: &View) -> Vec<u8> {
    let mut out = Vec::new();
    for (prefix, attributes) in view {
        let attributes = attributes.wire();
        let length = u16::try_from(attributes.len()).unwrap_or(u16::MAX).to_be_bytes();
        let body = [&[0, 0][..], &length, &attributes, &prefix.wire()].concat();
        out.extend_from_slice(Message::new(UPDATE, &body).bytes());
    }
    out
}

/// The same in the words of an `announce` command.
impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some(next_hop) = self.next_hop {
            write!(f, "next-hop {next_hop} ")?;
        }
        let origin = ["igp", "egp", "incomplete"].get(usize::from(self.origin)).unwrap_or(&"incomplete");
        write!(f, "origin {origin} as-path")?;
        if self.as_path.is_empty() {
            f.write_str(" [ ]")?;
        }
        for (set, members) in &self.as_path {
            let (open, close) = if *set { ('(', ')') } else { ('[', ']') };
            write!(f, " {open}")?;
            members.iter().try_for_each(|asn| write!(f, " {asn}"))?;
            write!(f, " {close}")?;
        }
        if let Some(med) = self.med {
            write!(f, " med {med}")?;
        }
        if self.atomic_aggregate {
            f.write_str(" atomic-aggregate")?;
        }
        if let Some((asn, address)) = self.aggregator {
            write!(f, " aggregator ( {asn}:{address} )")?;
        }
        if !self.communities.is_empty() {
            f.write_str(" community [")?;
            self.communities.iter().try_for_each(|(a, b)| write!(f, " {a}:{b}"))?;
            f.write_str(" ]")?;
        }
        Ok(())
    }
}

/// What one peer of the collector announced.
pub type View = BTreeMap<Prefix, Attributes>;

/// The views of all peers of a collector, by address and AS number.
pub type Views = BTreeMap<(Ipv4Addr, u16), View>;

/// Reads a compressed file. An entry that makes no sense is an error.
pub fn read(path: &Path) -> Result<Views> {
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
    parse(&bytes).with_context(|| path.display().to_string())
}

fn parse(bytes: &[u8]) -> Result<Views> {
    let mut views = Views::new();
    let mut at = Reader(bytes);
    while !at.0.is_empty() {
        // Time, type, subtype, length; view and sequence number, which the length leaves out.
        let [_, _, _, _, t1, t2, s1, s2, l1, l2, l3, l4, _, _, _, _] = at.array()?;
        let kind = (u16::from_be_bytes([t1, t2]), u16::from_be_bytes([s1, s2]));
        ensure!(kind == (TABLE_DUMP, AFI_IPV4), "a record of type {kind:?}");
        let mut record = Reader(at.take(usize::try_from(u32::from_be_bytes([l1, l2, l3, l4]))?)?);
        while !record.0.is_empty() {
            let address = Ipv4Addr::from(record.array::<4>()?).into();
            // Length, status, time.
            let [length, _, _, _, _, _] = record.array()?;
            let peer = Ipv4Addr::from(record.array::<4>()?);
            let asn = u16::from_be_bytes(record.array()?);
            let size = u16::from_be_bytes(record.array()?);
            let attributes = attributes(record.take(usize::from(size))?)?;
            views.entry((peer, asn)).or_default().insert(Prefix { address, length }, attributes);
        }
    }
    Ok(views)
}

fn attributes(bytes: &[u8]) -> Result<Attributes> {
    let mut out = Attributes::default();
    let mut at = Reader(bytes);
    while !at.0.is_empty() {
        let [flags, code] = at.array()?;
        let length = if flags & 0x10 == 0 {
            usize::from(u8::from_be_bytes(at.array()?))
        } else {
            usize::from(u16::from_be_bytes(at.array()?))
        };
        let mut value = Reader(at.take(length)?);
        match code {
            1 => [out.origin] = value.array()?,
            2 => {
                while !value.0.is_empty() {
                    let [kind, n] = value.array()?;
                    let members = (0..n).map(|_| value.array().map(u16::from_be_bytes).map(u32::from));
                    let members = members.collect::<Result<_>>()?;
                    out.segment(kind == 1, members);
                }
            }
            3 => out.next_hop = Some(value.array::<4>()?.into()),
            4 => out.med = Some(u32::from_be_bytes(value.array()?)),
            6 => out.atomic_aggregate = true,
            7 => {
                out.aggregator =
                    Some((u16::from_be_bytes(value.array()?).into(), value.array::<4>()?.into()));
            }
            8 => {
                while !value.0.is_empty() {
                    out.communities
                        .push((u16::from_be_bytes(value.array()?), u16::from_be_bytes(value.array()?)));
                }
                out.communities.sort_unstable();
                out.communities.dedup();
            }
            _ => continue,
        }
        ensure!(value.0.is_empty(), "attribute {code} is too long");
    }
    Ok(out)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n).context("the file is cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into()?)
    }
}

/// Where the shared data is: `QA_SHARED`, or `shared` beside the repository. Says aloud when the file is not there.
pub fn shared(file: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("QA_SHARED").map_or_else(beside, PathBuf::from).join(file);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("SKIPPED: there is no {file} in QA_SHARED, nor in a folder `shared` beside the repository");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(prefix: [u8; 4], length: u8, attributes: &[u8]) -> Vec<u8> {
        let size = u16::try_from(attributes.len()).unwrap().to_be_bytes();
        [&prefix[..], &[length, 1, 0, 0, 0, 9, 192, 0, 2, 1, 0, 7], &size, attributes].concat()
    }

    fn record(entries: &[Vec<u8>]) -> Vec<u8> {
        let entries = entries.concat();
        let length = u32::try_from(entries.len()).unwrap().to_be_bytes();
        [&[0, 0, 0, 1, 0, 12, 0, 1][..], &length, &[0, 0, 0, 5], &entries].concat()
    }

    #[test]
    fn a_record_has_many_entries() {
        let attributes = [
            &[0x40, 1, 1, 2][..],
            &[0x40, 2, 12, 2, 2, 0, 7, 0, 8, 1, 2, 0, 10, 0, 9],
            &[0x40, 3, 4, 192, 0, 2, 1],
            &[0x80, 4, 4, 0, 0, 0, 5],
            &[0x40, 6, 0],
            &[0xc0, 7, 6, 0, 9, 10, 0, 0, 1],
            &[0xd0, 8, 0, 8, 0, 7, 0, 2, 0, 7, 0, 1],
        ]
        .concat();
        let file =
            record(&[entry([10, 0, 0, 0], 8, &attributes), entry([10, 1, 0, 0], 16, &[0x40, 1, 1, 0])]);
        let views = parse(&[file.clone(), file.clone()].concat()).unwrap();
        let view = &views[&(Ipv4Addr::new(192, 0, 2, 1), 7)];
        assert_eq!(view.len(), 2);
        let route = &view[&"10.0.0.0/8".parse().unwrap()];
        assert_eq!(route.path(), "7 8 { 9 10 }");
        assert_eq!(
            route.to_string(),
            "next-hop 192.0.2.1 origin incomplete as-path [ 7 8 ] ( 9 10 ) med 5 atomic-aggregate \
             aggregator ( 9:10.0.0.1 ) community [ 7:1 7:2 ]"
        );
        for cut in 1..file.len() {
            assert!(parse(&file[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn another_type_of_record_is_an_error() {
        let mut file = record(&[]);
        file[5] = 13;
        assert!(parse(&file).is_err());
    }
}
