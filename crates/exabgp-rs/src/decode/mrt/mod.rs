//! MRT files (RFC 6396): one record in memory at a time, whatever the size of the file.
//!
//! Shown are the messages of BGP4MP (ADD-PATH of RFC 8050 among them) and the entries of TABLE_DUMP and TABLE_DUMP_V2,
//! each as the UPDATE that would have announced it. Records of other types are counted and told of at the end.

mod bgp4mp;
mod fields;
mod record;
mod table_dump;
mod table_dump_v2;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use api::encode::Stamp;
use api::event::PeerHead;
use bgp_wire::{Asn, DecodeCtx, FamilySet};
use flate2::bufread::MultiGzDecoder;

use super::Setup;
use super::show::Shower;
use record::Record;
use table_dump_v2::Peers;

/// Peers whose writers are kept; more begin anew, so that memory is bounded.
const MAX_PEERS: usize = 4096;

/// Shows every message of a file; false when something in it could not be decoded.
pub(super) fn run(setup: &Setup, file: &Path, out: &mut impl Write) -> Result<bool> {
    let raw: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).with_context(|| file.display().to_string())?)
    };
    let mut input = BufReader::with_capacity(1 << 16, raw);
    if input.fill_buf()?.starts_with(&[0x1F, 0x8B]) {
        let plain = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(input));
        return records(setup, file, plain, out);
    }
    records(setup, file, input, out)
}

fn records(setup: &Setup, file: &Path, mut input: impl BufRead, out: &mut impl Write) -> Result<bool> {
    let mut teller = Teller::new(setup);
    let mut peers = Peers::default();
    let mut skipped = 0_u64;
    let mut number = 0_u64;
    while let Some(record) = Record::read(&mut input).with_context(|| file.display().to_string())? {
        number = number.saturating_add(1);
        let told = match record.kind {
            record::TABLE_DUMP => table_dump::tell(&record, &mut teller),
            record::TABLE_DUMP_V2 => table_dump_v2::tell(&record, &mut peers, &mut teller),
            record::BGP4MP | record::BGP4MP_ET => bgp4mp::tell(&record, &mut teller),
            _ => Ok(false),
        };
        match told {
            Ok(true) => {}
            Ok(false) => skipped = skipped.saturating_add(1),
            Err(e) => teller.wrong(number, &e),
        }
        out.write_all(&teller.lines)?;
        teller.lines.clear();
    }
    if skipped > 0 {
        eprintln!("{skipped} of {number} records hold no messages that are shown here");
    }
    Ok(teller.right)
}

/// Who said something, and how it is to be read.
struct Source {
    local: Option<IpAddr>,
    local_as: Option<Asn>,
    peer: IpAddr,
    peer_as: Asn,
    /// AS numbers have four octets.
    asn4: bool,
    /// NLRI have path identifiers.
    add_path: bool,
    /// Seconds since 1970.
    time: f64,
}

/// Tells messages, with a writer for each peer.
struct Teller<'s> {
    setup: &'s Setup,
    showers: HashMap<(Option<IpAddr>, IpAddr, Asn), (Shower, u64)>,
    lines: Vec<u8>,
    right: bool,
}

impl<'s> Teller<'s> {
    fn new(setup: &'s Setup) -> Self {
        Self { setup, showers: HashMap::new(), lines: Vec::new(), right: true }
    }

    /// Tells one whole message, header included.
    fn message(&mut self, source: &Source, message: &[u8]) -> Result<()> {
        let key = (source.local, source.peer, source.peer_as);
        if self.showers.len() >= MAX_PEERS && !self.showers.contains_key(&key) {
            self.showers.clear();
        }
        let setup = self.setup;
        let (shower, counter) = self.showers.entry(key).or_insert_with(|| {
            let head = PeerHead {
                local: source.local,
                peer: source.peer,
                local_as: source.local_as,
                peer_as: Some(source.peer_as),
                router_id: None,
            };
            (Shower::new(setup.shape, setup.dialect, &setup.host, &head), 0)
        });
        *counter = counter.saturating_add(1);
        let add_path = if source.add_path { setup.session.decode.families } else { FamilySet::EMPTY };
        let ctx = DecodeCtx { asn4: source.asn4, add_path, aigp: true, ..setup.session.decode };
        let stamp = Stamp { time: source.time, counter: *counter };
        Ok(shower.message(message, &ctx, stamp, &mut self.lines)?)
    }

    /// Remembers and tells that a record could not be decoded.
    fn wrong(&mut self, number: u64, error: &anyhow::Error) {
        self.right = false;
        self.lines.extend_from_slice(b"invalid payload\n");
        eprintln!("record {number}: {error}");
    }
}
