//! The sizes that the pages of a column state, before a reader makes room for them.

use std::{fs::File, os::unix::fs::FileExt as _, path::Path};

use parquet::file::metadata::ParquetMetaData;

use crate::error::SourceError;

/// The bytes of a page that need no relation to its compressed ones. Writers make pages of a megabyte; some make one page
/// of a whole row group.
const FREE: u64 = 512 << 20;

/// The times that a page's bytes may become more beyond that.
const TIMES: u64 = 100;

/// The bytes in which a page's header is sought: the usual ones have fewer than a hundred, those with long texts among
/// their statistics more.
const HEADERS: [usize; 3] = [256, 1 << 14, 1 << 22];

/// Nested structures of a header deeper than this are none of Parquet's.
const DEEPEST: usize = 8;

/// Check that no page of a column in a row group states a size that no ordinary file has. Headers that make no sense are
/// left to the reader, which says so.
pub(super) fn check_sizes(
    path: &Path,
    file: &File,
    metadata: &ParquetMetaData,
    group: usize,
    root: usize,
) -> Result<(), SourceError> {
    let schema = metadata.file_metadata().schema_descr();
    let leaves = (0..schema.num_columns()).filter(|&leaf| schema.get_column_root_idx(leaf) == root);
    for leaf in leaves {
        let (start, length) = metadata.row_group(group).column(leaf).byte_range();
        let mut at = start;
        while at < start.saturating_add(length) {
            let Some(header) = header(file, at) else { break };
            let most = FREE.saturating_add(header.compressed.saturating_mul(TIMES));
            if header.uncompressed > most {
                return Err(SourceError::TooLarge {
                    path: path.to_owned(),
                    compressed: header.compressed,
                    most,
                });
            }
            at = at.saturating_add(header.length).saturating_add(header.compressed);
        }
    }
    Ok(())
}

/// What the header of a page says, and its own length.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    uncompressed: u64,
    compressed: u64,
    length: u64,
}

fn header(file: &File, at: u64) -> Option<Header> {
    HEADERS.into_iter().find_map(|size| {
        let mut bytes = vec![0; size];
        let n = file.read_at(&mut bytes, at).ok()?;
        parse(&bytes[..n])
    })
}

/// The header at the beginning of some bytes: a structure in Thrift's compact protocol.
///
/// - Source: apache/parquet-format, `parquet.thrift`, `PageHeader`; apache/thrift, `thrift-compact-protocol.md`.
fn parse(bytes: &[u8]) -> Option<Header> {
    let mut thrift = Compact { rest: bytes };
    let (mut uncompressed, mut compressed, mut id) = (None, None, 0);
    loop {
        let kind = thrift.field(&mut id)?;
        match (id, kind) {
            (_, STOP) => break,
            (2, I32) => uncompressed = Some(thrift.integer()?),
            (3, I32) => compressed = Some(thrift.integer()?),
            _ => thrift.skip(kind, DEEPEST)?,
        }
    }
    Some(Header {
        uncompressed: u64::try_from(uncompressed?).ok()?,
        compressed: u64::try_from(compressed?).ok()?,
        length: (bytes.len() - thrift.rest.len()) as u64,
    })
}

/// The kind of a field that ends a structure.
const STOP: u8 = 0;
const I32: u8 = 5;

/// Bytes in Thrift's compact protocol.
struct Compact<'a> {
    rest: &'a [u8],
}

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn pass(&mut self, n: usize) -> Option<()> {
        self.rest = self.rest.get(n..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn integer(&mut self) -> Option<i64> {
        let zigzag = self.varint()?;
        Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// The kind of the next field, whose number is put into `id`; [`STOP`] at the end of the structure.
    fn field(&mut self, id: &mut i64) -> Option<u8> {
        let byte = self.byte()?;
        if byte != STOP {
            *id = if byte >> 4 == 0 { self.integer()? } else { id.checked_add(i64::from(byte >> 4))? };
        }
        Some(byte & 0x0f)
    }

    fn skip(&mut self, kind: u8, deepest: usize) -> Option<()> {
        let deepest = deepest.checked_sub(1)?;
        match kind {
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.pass(8),
            8 => {
                let n = self.varint()?;
                self.pass(usize::try_from(n).ok()?)
            }
            9 | 10 => {
                let head = self.byte()?;
                let n = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                (0..n).try_for_each(|_| self.element(head & 0x0f, deepest))
            }
            12 => {
                let mut id = 0;
                loop {
                    match self.field(&mut id)? {
                        STOP => return Some(()),
                        kind => self.skip(kind, deepest)?,
                    }
                }
            }
            _ => None,
        }
    }

    /// An element of a list, in which a truth value is a byte.
    fn element(&mut self, kind: u8, deepest: usize) -> Option<()> {
        if matches!(kind, 1 | 2) { self.pass(1) } else { self.skip(kind, deepest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_to_its_end() {
        // type: 0, sizes: 1000 and 300, data_page_header: {num_values: 7, statistics: {max: "abc"}}.
        let bytes = [
            0x15, 0x00, 0x15, 0xd0, 0x0f, 0x15, 0xd8, 0x04, 0x2c, 0x15, 0x0e, 0x4c, 0x18, 0x03, b'a', b'b',
            b'c', 0x00, 0x00, 0x00, 0xff, 0xff,
        ];
        let expected = Header { uncompressed: 1000, compressed: 300, length: 20 };
        assert_eq!(parse(&bytes), Some(expected));
        assert!((0..20).all(|n| parse(&bytes[..n]).is_none()));
    }
}
