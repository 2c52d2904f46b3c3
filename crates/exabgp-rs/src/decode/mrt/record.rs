//! Records of a file.

use std::io::{BufRead, Read as _};

use anyhow::{Context as _, Result, ensure};

use super::table_dump;

/// RFC 6396 section 4.2.
pub(super) const TABLE_DUMP: u16 = 12;
/// RFC 6396 section 4.3.
pub(super) const TABLE_DUMP_V2: u16 = 13;
/// RFC 6396 section 4.4.
pub(super) const BGP4MP: u16 = 16;
/// The same with microseconds (RFC 6396 section 3).
pub(super) const BGP4MP_ET: u16 = 17;

/// More than any record of a table or a session needs: a PEER_INDEX_TABLE of 65,535 peers has 1.7 million octets. What
/// says more is no MRT file.
const MAX: u32 = 1 << 24;

/// One record.
pub(super) struct Record {
    /// Seconds since 1970.
    pub(super) time: u32,
    /// Type.
    pub(super) kind: u16,
    /// Subtype.
    pub(super) subtype: u16,
    /// Everything after the header.
    pub(super) body: Vec<u8>,
    /// A TABLE_DUMP of the layout of about the year 2000.
    pub(super) early: bool,
}

impl Record {
    /// The next one; none at the end of the file.
    pub(super) fn read(input: &mut impl BufRead) -> Result<Option<Self>> {
        if input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut head = [0; 12];
        input.read_exact(&mut head).context("the header of a record is cut short")?;
        let [a, b, c, d, kind1, kind2, sub1, sub2, l1, l2, l3, l4] = head;
        let length = u32::from_be_bytes([l1, l2, l3, l4]);
        let kind = u16::from_be_bytes([kind1, kind2]);
        ensure!(length <= MAX, "a record of {length} octets: this is no MRT file");
        let mut record = Self {
            time: u32::from_be_bytes([a, b, c, d]),
            kind,
            subtype: u16::from_be_bytes([sub1, sub2]),
            body: Vec::new(),
            early: false,
        };
        record.more(input, length.into())?;
        if kind == TABLE_DUMP && !table_dump::is_standard(&record) {
            // The length of these leaves out the view and the sequence number.
            record.more(input, 4)?;
            record.early = true;
        }
        Ok(Some(record))
    }

    fn more(&mut self, input: &mut impl BufRead, length: u64) -> Result<()> {
        let read = input.by_ref().take(length).read_to_end(&mut self.body)?;
        ensure!(u64::try_from(read)? == length, "the last record is cut short");
        Ok(())
    }
}
