//! What the machine needs for the least that could do the work: programs without a table, a session or an error.

use super::{clock, sink::Sink, table, toml::LOCAL_AS, work::Figures};
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// A floor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Floor {
    /// The commands through a pipe.
    Pipe,
    /// Packed UPDATEs through a TCP connection, taken by the exact peer.
    Send,
    /// Commands from a pipe to packed UPDATEs on a connection, in one thread.
    Inject,
    /// UPDATEs from a connection to JSON lines in a pipe, in one thread.
    Receive,
}

impl Floor {
    /// All.
    pub const ALL: [Self; 4] = [Self::Pipe, Self::Send, Self::Inject, Self::Receive];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pipe => "floor: commands through a pipe",
            Self::Send => "floor: UPDATEs through TCP",
            Self::Inject => "floor: w1-min, pipe to packed UPDATEs",
            Self::Receive => "floor: w2-min, UPDATEs to JSON",
        }
    }

    /// Measures it with `count` routes.
    pub fn run(self, count: u32) -> Result<Figures> {
        let wall = match self {
            Self::Pipe => pipe(count)?,
            Self::Send => send(count)?,
            Self::Inject => inject(count)?,
            Self::Receive => receive(count)?,
        };
        let wall = Duration::from_nanos(wall).as_secs_f64();
        Ok(Figures { wall, ..Figures::default() })
    }
}

/// Writes everything from a thread of its own; gives when it began.
fn pour(mut to: impl Write + Send + 'static, what: Vec<u8>) -> thread::JoinHandle<std::io::Result<u64>> {
    thread::spawn(move || {
        let start = clock::now();
        to.write_all(&what).map(|()| start)
    })
}

fn begun(thread: thread::JoinHandle<std::io::Result<u64>>) -> Result<u64> {
    Ok(thread.join().map_err(|_| anyhow::anyhow!("the writer broke off"))??)
}

/// Reads everything in large pieces.
fn each_piece(mut from: impl Read, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut buffer = vec![0; 1 << 20];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            n => take(buffer.get(..n).unwrap_or_default())?,
        }
    }
}

fn connection() -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let one = TcpStream::connect(listener.local_addr()?)?;
    Ok((one, listener.accept()?.0))
}

fn pipe(count: u32) -> Result<u64> {
    let (read, write) = std::io::pipe()?;
    let writing = pour(write, table::lines(count, "announce", LOCAL_AS, 0));
    let mut lines = 0;
    each_piece(read, |piece| {
        lines += memchr::memchr_iter(b'\n', piece).count();
        Ok(())
    })?;
    ensure!(lines == count as usize, "{lines} lines");
    Ok(clock::now() - begun(writing)?)
}

/// Takes what comes as the exact peer does; gives when everything was there.
fn taken(from: TcpStream, count: u32) -> Result<u64> {
    let mut sink = Sink::new(count, false);
    sink.up(clock::now());
    each_piece(from, |piece| sink.take(piece, clock::now()))?;
    sink.check()?;
    sink.progress.complete_at.context("it is complete")
}

fn send(count: u32) -> Result<u64> {
    let (one, other) = connection()?;
    let writing = pour(one, table::updates(count, LOCAL_AS, 0));
    let end = taken(other, count)?;
    Ok(end - begun(writing)?)
}

fn inject(count: u32) -> Result<u64> {
    let (read, write) = std::io::pipe()?;
    let (mut one, other) = connection()?;
    let taking = thread::spawn(move || taken(other, count));
    let writing = pour(write, table::lines(count, "announce", LOCAL_AS, 0));
    let mut packer = Packer::default();
    let mut rest = Vec::new();
    each_piece(read, |piece| {
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', piece) {
            let line = piece.get(from..end).unwrap_or_default();
            if rest.is_empty() {
                packer.line(line)?;
            } else {
                rest.extend_from_slice(line);
                packer.line(&std::mem::take(&mut rest))?;
            }
            from = end + 1;
        }
        rest.extend_from_slice(piece.get(from..).unwrap_or_default());
        Ok(one.write_all(&std::mem::take(&mut packer.out))?)
    })?;
    packer.close();
    one.write_all(&packer.out)?;
    drop(one);
    let end = taking.join().map_err(|_| anyhow::anyhow!("the peer broke off"))??;
    Ok(end - begun(writing)?)
}

/// Neighbouring routes with the same words share a message.
#[derive(Default)]
struct Packer {
    words: Vec<u8>,
    body: Vec<u8>,
    out: Vec<u8>,
}

impl Packer {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        let rest = line.strip_prefix(b"announce route ").context("an announcement")?;
        let at = memchr::memchr(b' ', rest).context("words after the prefix")?;
        let (prefix, words) = rest.split_at(at);
        if words != self.words {
            self.close();
            self.words = words.to_vec();
            let attributes = table::attributes(&read_words(std::str::from_utf8(words)?)?);
            self.body = vec![0, 0];
            self.body.extend_from_slice(&u16::try_from(attributes.len())?.to_be_bytes());
            self.body.extend_from_slice(&attributes);
        }
        let mut numbers = [0u8; 5];
        let mut place = 0;
        for byte in prefix {
            match (byte, numbers.get_mut(place)) {
                (b'0'..=b'9', Some(n)) => *n = n.wrapping_mul(10).wrapping_add(byte - b'0'),
                _ => place += 1,
            }
        }
        let [a, b, c, d, length] = numbers;
        self.body.push(length);
        self.body.extend_from_slice([a, b, c, d].get(..usize::from(length).div_ceil(8)).unwrap_or_default());
        Ok(())
    }

    fn close(&mut self) {
        if !self.body.is_empty() {
            self.out.extend_from_slice(crate::frame::Message::new(crate::frame::UPDATE, &self.body).bytes());
            self.body.clear();
        }
    }
}

fn read_words(words: &str) -> Result<table::Set> {
    let mut set = table::Set { as_path: Vec::new(), communities: Vec::new(), med: None };
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "med" => set.med = Some(words.next().context("a number")?.parse()?),
            "as-path" => {
                for asn in words.by_ref().skip(1).take_while(|w| *w != "]") {
                    set.as_path.push(asn.parse()?);
                }
            }
            "community" => {
                for pair in words.by_ref().skip(1).take_while(|w| *w != "]") {
                    let (a, b) = pair.split_once(':').context("two halves")?;
                    set.communities.push((a.parse()?, b.parse()?));
                }
            }
            _ => {}
        }
    }
    Ok(set)
}

fn receive(count: u32) -> Result<u64> {
    let (one, other) = connection()?;
    let (read, mut write) = std::io::pipe()?;
    let counting = thread::spawn(move || -> Result<(u64, usize)> {
        let mut prefixes = 0;
        each_piece(read, |piece| {
            prefixes += memchr::memchr_iter(b'/', piece).count();
            Ok(())
        })?;
        Ok((clock::now(), prefixes))
    });
    let writing = pour(one, table::updates(count, LOCAL_AS, 0));
    let mut framer = crate::frame::Framer::default();
    let mut out = Vec::new();
    each_piece(other, |piece| {
        framer.push(piece);
        while let Some(message) = framer.message()? {
            json(message.body(), &mut out).context("an UPDATE of the table")?;
        }
        write.write_all(&out)?;
        out.clear();
        Ok(())
    })?;
    drop(write);
    let (end, prefixes) = counting.join().map_err(|_| anyhow::anyhow!("the reader broke off"))??;
    ensure!(prefixes == count as usize, "{prefixes} prefixes");
    Ok(end - begun(writing)?)
}

/// One line for an UPDATE: its AS_PATH and its prefixes.
fn json(body: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let length = usize::from(u16::from_be_bytes(*body.get(2..)?.first_chunk()?));
    let attributes = body.get(4..4 + length)?;
    out.extend_from_slice(b"{ \"as-path\": [");
    // ORIGIN is first and AS_PATH second, of one segment, in this table.
    let hops = usize::from(*attributes.get(8)?);
    for hop in attributes.get(9..9 + hops * 4)?.chunks_exact(4) {
        let _ = write!(out, " {},", u32::from_be_bytes(hop.try_into().ok()?));
    }
    out.extend_from_slice(b" 0 ], \"announce\": { \"ipv4 unicast\": { \"10.99.0.1\": [");
    let mut nlri = body.get(4 + length..)?;
    while let [bits, rest @ ..] = nlri {
        let octets = usize::from(*bits).div_ceil(8);
        let mut address = [0; 4];
        address.get_mut(..octets)?.copy_from_slice(rest.get(..octets)?);
        out.extend_from_slice(b" { \"nlri\": \"");
        for (i, octet) in address.into_iter().enumerate() {
            decimal(octet, out);
            out.push(if i == 3 { b'/' } else { b'.' });
        }
        decimal(*bits, out);
        out.extend_from_slice(b"\" },");
        nlri = rest.get(octets..)?;
    }
    out.extend_from_slice(b" ] } } }\n");
    Some(())
}

fn decimal(n: u8, out: &mut Vec<u8>) {
    if n >= 100 {
        out.push(b'0' + n / 100);
    }
    if n >= 10 {
        out.push(b'0' + n / 10 % 10);
    }
    out.push(b'0' + n % 10);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_floor_does_its_work() {
        for floor in Floor::ALL {
            let figures = floor.run(1000).unwrap();
            assert!(figures.wall > 0.0, "{floor:?}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for set in 0..100 {
            let set = table::set(set, LOCAL_AS, 0);
            assert_eq!(read_words(&table::words(&set)).unwrap(), set);
        }
    }
}
