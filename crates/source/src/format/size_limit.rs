//! How large compressed bytes may become.

use std::{io::Read, path::Path};

use crate::error::SourceError;

/// The share of bytes that is free of any relation to the file's size: short files of constant columns are compressed to
/// almost nothing.
const FREE: u64 = 64 << 20;

/// The times that a file's bytes may become more beyond that. Texts of tables become five to twenty times as many, and
/// what is made to fill memory a thousand times.
const TIMES: u64 = 100;

/// How many bytes are made ready on a file's word; a longer text grows while it is read.
const MOST_AT_ONCE: u64 = 1 << 24;

/// The most bytes that so many compressed ones may become.
pub(crate) fn most_of(compressed: u64) -> u64 {
    FREE.saturating_add(compressed.saturating_mul(TIMES))
}

/// All bytes of a decoder, up to the limit of a file with so many compressed bytes. `stated` is the length that the file
/// itself states: 0 if it states none. It is the file's own word, and decides nothing.
pub(crate) fn read_within(
    path: &Path,
    decoder: impl Read,
    compressed: u64,
    stated: u64,
) -> Result<Vec<u8>, SourceError> {
    let most = most_of(compressed);
    let mut bytes = Vec::with_capacity(stated.min(MOST_AT_ONCE) as usize);
    let read = decoder.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > most {
        return Err(SourceError::TooLarge { path: path.to_owned(), compressed, most });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn what_is_too_large_ends_at_the_limit_whatever_the_file_states() {
        let endless = || io::repeat(b'7');
        for stated in [0, u64::MAX] {
            let error = read_within(Path::new("bomb.zip"), endless(), 1000, stated).unwrap_err();
            assert!(matches!(error, SourceError::TooLarge { compressed: 1000, .. }), "{error}");
        }
        let ordinary = read_within(Path::new("a.zip"), endless().take(5_000_000), 400_000, 0).unwrap();
        assert_eq!(ordinary.len(), 5_000_000);
    }
}
