//! Memory maps of artifacts' parts: the only file of this crate with `unsafe`.

use std::{fmt, fs::File, io, ops::Deref};

use bytes::Bytes;
use memmap2::Mmap;

/// The bytes of a part, mapped into memory: nothing is copied, and clones share the map.
///
/// They are exactly the bytes that were published; their digest was checked when the part was opened.
#[derive(Clone)]
pub struct Mapped(Bytes);

impl Mapped {
    /// Maps a whole file.
    #[expect(unsafe_code, reason = "mapping a file is unsafe; the safety comment says why it is sound here")]
    pub(crate) fn new(file: &File) -> io::Result<Self> {
        // SAFETY: a map is unsound if the file's bytes change under it. Only files of published artifacts are
        // mapped. The store writes them into a folder of its own, publishes it by a rename and never opens them for
        // writing again; what is removed stays readable through the map until it is dropped. A foreign program that
        // writes into the store's files breaks the store's contract, as it would with any database.
        let map = unsafe { Mmap::map(file)? };
        Ok(Self(Bytes::from_owner(map)))
    }

    /// The bytes in the form that shares their ownership.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapped({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_bytes_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        for content in [&b""[..], b"x", &[7; 10_000]] {
            std::fs::write(&path, content).unwrap();
            let mapped = Mapped::new(&File::open(&path).unwrap()).unwrap();
            assert_eq!(&*mapped, content);
        }
    }

    #[test]
    fn outlives_the_removal_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        std::fs::write(&path, b"still here").unwrap();
        let mapped = Mapped::new(&File::open(&path).unwrap()).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(&*mapped.clone(), b"still here");
    }
}
