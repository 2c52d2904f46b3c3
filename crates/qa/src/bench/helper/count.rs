//! The helper that counts prefixes in JSON events.

use super::{Common, Lines};
use crate::bench::{clock, table};
use anyhow::{Result, ensure};
use clap::Args;
use memchr::memmem::Finder;

/// Counts prefixes in JSON events. Says `reached TIME LINES OCTETS` each time the table is complete: announced routes count,
/// withdrawn ones are taken back, which is told by `emptied TIME`.
#[derive(Args, Clone, Debug)]
pub struct Count {
    #[command(flatten)]
    common: Common,
    /// Routes of the generated table
    #[arg(long)]
    count: u32,
}

struct Table {
    held: Vec<u64>,
    count: u32,
    n: u32,
    strange: u64,
}

impl Count {
    pub(super) fn run(&self) -> Result<()> {
        let mut harness = self.common.connect()?;
        let mut table =
            Table { held: vec![0; (self.count as usize).div_ceil(64)], count: self.count, n: 0, strange: 0 };
        let (nlri, withdraw) = (Finder::new(b"\"nlri\": \""), Finder::new(b"\"withdraw\": {"));
        let (mut lines, mut count, mut octets) = (Lines::new(), 0u64, 0);
        let (mut full, mut empty) = (false, true);
        loop {
            let more = lines.chunk(|line| {
                count += 1;
                octets += line.len();
                // The names of peers and next hops cannot forge these: quotes in strings are escaped.
                let taken_back = withdraw.find(line).unwrap_or(line.len());
                for at in nlri.find_iter(line) {
                    table.prefix(&line[at + 9..], at < taken_back);
                }
            });
            ensure!(table.strange == 0, "{} prefixes that are not of the table", table.strange);
            if !full && table.n == self.count {
                harness.say(&format!("reached {} {count} {octets}", clock::now()))?;
            } else if !empty && table.n == 0 {
                harness.say(&format!("emptied {}", clock::now()))?;
            }
            (full, empty) = (table.n == self.count, table.n == 0);
            if !more {
                return Ok(());
            }
        }
    }
}

impl Table {
    fn prefix(&mut self, text: &[u8], announced: bool) {
        let Some(i) = read(text).and_then(|(a, l)| table::index(a, l)).filter(|i| *i < self.count) else {
            self.strange += 1;
            return;
        };
        let (word, bit) = (&mut self.held[i as usize / 64], 1 << (i % 64));
        if announced && *word & bit == 0 {
            self.n += 1;
            *word |= bit;
        } else if !announced && *word & bit != 0 {
            self.n -= 1;
            *word &= !bit;
        }
    }
}

/// `a.b.c.d/l"` at the front of a text.
fn read(text: &[u8]) -> Option<(u32, u8)> {
    let (mut address, mut number, mut parts) = (0u32, 0u32, 0);
    for byte in text.iter().take(20) {
        match byte {
            b'0'..=b'9' => number = number * 10 + u32::from(byte - b'0'),
            b'.' | b'/' => {
                address = address << 8 | number & 255;
                number = 0;
                parts += 1;
            }
            b'"' => return (parts == 4).then_some((address, u8::try_from(number).ok()?)),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read() {
        assert_eq!(read(b"1.2.3.0/24\" }"), Some((0x0102_0300, 24)));
        assert_eq!(read(b"255.255.255.255/32\""), Some((u32::MAX, 32)));
        assert_eq!(read(b"2001:db8::/32\""), None);
        assert_eq!(read(b"1.2.3/24\""), None);
        assert_eq!(read(b"1.2.3.0/24"), None);
    }
}
