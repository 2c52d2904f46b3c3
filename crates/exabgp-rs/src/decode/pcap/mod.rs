//! Captures in pcap and pcapng files: the messages of every BGP session in them, in one pass and bounded memory.
//!
//! Packets become segments ([`packet`]), segments become the octets of one direction of a connection ([`stream`]), and
//! the two directions are read as what their OPENs agree on ([`conversation`]).

mod conversation;
mod packet;
mod stream;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Write};
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use flate2::bufread::MultiGzDecoder;
use pcap_parser::pcapng::Block;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Linktype, PcapBlockOwned, PcapError, create_reader};

use super::Setup;
use conversation::Conversation;
use packet::Found;

/// Connections that are followed; more begin anew, so that memory is bounded.
const MAX_CONVERSATIONS: usize = 4096;

/// Octets of the reader's buffer to begin with, and at most: no packet is larger.
const BUFFER: usize = 1 << 16;
const MAX_BUFFER: usize = 1 << 24;

/// Shows every message to or from `port` in a capture; false when something in it could not be decoded or is missing.
pub(super) fn run(setup: &Setup, file: &Path, port: u16, out: &mut impl Write) -> Result<bool> {
    let raw: Box<dyn Read + Send> = if file.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).with_context(|| file.display().to_string())?)
    };
    let name = || file.display().to_string();
    let reader = probed(raw).and_then(|raw| {
        create_reader(BUFFER, raw).map_err(|_| anyhow!("this is no capture in the format of pcap or pcapng"))
    });
    let mut teller = Teller::new(setup, port);
    let result = packets(&mut *reader.with_context(name)?, &mut teller, out);
    teller.end();
    out.write_all(&teller.lines)?;
    result.with_context(name)?;
    Ok(teller.right)
}

/// The same input, whose first read gives as much as tells the format; unpacked if it is packed.
fn probed(mut raw: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>> {
    let mut head = Vec::new();
    fill(&mut raw, &mut head, 12)?;
    if head.starts_with(&[0x1F, 0x8B]) {
        let whole = BufReader::with_capacity(BUFFER, Cursor::new(head).chain(raw));
        return probed(Box::new(MultiGzDecoder::new(whole)));
    }
    // The header of a pcap file, or the first block of a pcapng file, whose length stands in it.
    let needed = match head.as_slice() {
        [0x0A, 0x0D, 0x0D, 0x0A, length @ .., 0x4D, 0x3C, 0x2B, 0x1A] => little(length),
        [0x0A, 0x0D, 0x0D, 0x0A, length @ .., 0x1A, 0x2B, 0x3C, 0x4D] => little(length).swap_bytes(),
        _ => 24,
    };
    fill(&mut raw, &mut head, usize::try_from(needed).unwrap_or(BUFFER).min(BUFFER))?;
    Ok(Box::new(Cursor::new(head).chain(raw)))
}

fn little(octets: &[u8]) -> u32 {
    octets.try_into().map_or(0, u32::from_le_bytes)
}

/// Reads until `head` has `length` octets, or there are no more.
fn fill(raw: &mut impl Read, head: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let more = length.saturating_sub(head.len());
    raw.take(u64::try_from(more).unwrap_or(u64::MAX)).read_to_end(head).map(drop)
}

/// What the packets of one interface are.
#[derive(Clone, Copy)]
struct Interface {
    link: Linktype,
    /// Units of its clock in a second.
    resolution: u64,
    /// Seconds that its clock is behind.
    offset: i64,
}

impl Interface {
    /// Seconds since 1970.
    #[expect(clippy::cast_precision_loss, reason = "a clock of 2000 needs 52 bits for microseconds")]
    fn time(self, high: u32, low: u32) -> f64 {
        let units = (u64::from(high) << 32) | u64::from(low);
        self.offset as f64 + units as f64 / self.resolution.max(1) as f64
    }
}

/// Hands every packet to the teller.
fn packets(
    reader: &mut (dyn PcapReaderIterator + Send),
    teller: &mut Teller<'_>,
    out: &mut impl Write,
) -> Result<()> {
    let mut interfaces: Vec<Interface> = Vec::new();
    let mut capacity = BUFFER;
    loop {
        match reader.next() {
            Ok((length, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(header) => {
                        let resolution =
                            if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
                        interfaces = vec![Interface { link: header.network, resolution, offset: 0 }];
                    }
                    PcapBlockOwned::Legacy(packet) => {
                        if let Some(interface) = interfaces.first() {
                            let part = Interface { offset: packet.ts_sec.into(), ..*interface };
                            teller.packet(interface.link, part.time(0, packet.ts_usec), packet.data);
                        }
                    }
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
                    PcapBlockOwned::NG(Block::InterfaceDescription(description)) => {
                        interfaces.push(Interface {
                            link: description.linktype,
                            resolution: description.ts_resolution().unwrap_or(1_000_000),
                            offset: description.ts_offset(),
                        });
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                        let place = usize::try_from(packet.if_id).unwrap_or(usize::MAX);
                        let captured = usize::try_from(packet.caplen).unwrap_or(usize::MAX);
                        if let Some(interface) = interfaces.get(place) {
                            let data = packet.data.get(..captured).unwrap_or(packet.data);
                            teller.packet(
                                interface.link,
                                interface.time(packet.ts_high, packet.ts_low),
                                data,
                            );
                        }
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                        let length = usize::try_from(packet.origlen).unwrap_or(usize::MAX);
                        if let Some(interface) = interfaces.first() {
                            // It has no time.
                            teller.packet(
                                interface.link,
                                0.0,
                                packet.data.get(..length).unwrap_or(packet.data),
                            );
                        }
                    }
                    PcapBlockOwned::NG(_) => {}
                }
                reader.consume(length);
                out.write_all(&teller.lines)?;
                teller.lines.clear();
            }
            Err(PcapError::Eof) => return Ok(()),
            Err(PcapError::Incomplete(_)) => {
                // What comes next may take its time, when a capture is read while it is made.
                out.flush()?;
                reader.refill().map_err(|_| anyhow!("the capture can't be read"))?;
            }
            Err(PcapError::BufferTooSmall) => {
                capacity = capacity.saturating_mul(2);
                if capacity > MAX_BUFFER || !reader.grow(capacity) {
                    bail!("a packet is larger than packets are");
                }
            }
            Err(PcapError::UnexpectedEof) => {
                eprintln!("the capture ends within a packet");
                teller.right = false;
                return Ok(());
            }
            Err(PcapError::ReadError) => bail!("the capture can't be read"),
            Err(_) => bail!("the capture is damaged"),
        }
    }
}

/// Tells the messages of all connections.
struct Teller<'s> {
    setup: &'s Setup,
    port: u16,
    /// By their two ends, the smaller one first.
    conversations: HashMap<(SocketAddr, SocketAddr), Conversation>,
    lines: Vec<u8>,
    right: bool,
    /// Packets of link layers that are not read, with the number of the first one's; fragments.
    other: Option<(Linktype, u64)>,
    fragments: u64,
}

impl<'s> Teller<'s> {
    fn new(setup: &'s Setup, port: u16) -> Self {
        Self {
            setup,
            port,
            conversations: HashMap::new(),
            lines: Vec::new(),
            right: true,
            other: None,
            fragments: 0,
        }
    }

    fn packet(&mut self, link: Linktype, time: f64, data: &[u8]) {
        let segment = match packet::segment(link, data) {
            Found::Segment(segment) => segment,
            Found::Nothing => return,
            Found::Fragment => {
                self.fragments = self.fragments.saturating_add(1);
                return;
            }
            Found::OtherLink => {
                let (_, count) = self.other.get_or_insert((link, 0));
                *count = count.saturating_add(1);
                return;
            }
        };
        let (from, to) = (segment.source, segment.destination);
        if from.port() != self.port && to.port() != self.port {
            return;
        }
        let key = (from.min(to), from.max(to));
        if self.conversations.len() >= MAX_CONVERSATIONS && !self.conversations.contains_key(&key) {
            self.end();
        }
        let conversation = self.conversations.entry(key).or_insert_with(|| Conversation::new(key.0, key.1));
        self.right &= conversation.segment(self.setup, &segment, time, &mut self.lines);
    }

    /// Tells what is left of all connections, and what was not looked at.
    fn end(&mut self) {
        let mut all: Vec<_> = self.conversations.drain().collect();
        all.sort_by_key(|(key, _)| *key);
        for (_, mut conversation) in all {
            self.right &= conversation.end(self.setup, &mut self.lines);
        }
        if let Some((link, count)) = self.other.take() {
            self.right = false;
            eprintln!("{count} packets are of link layers that are not read, such as {}", link.0);
        }
        if self.fragments > 0 {
            self.right = false;
            eprintln!("{} fragments of packets are not put together", std::mem::take(&mut self.fragments));
        }
    }
}
