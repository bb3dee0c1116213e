//! Digests: the names of contents.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Write},
    path::Path,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Inputs of at least this many bytes are hashed by several threads.
const PARALLEL_FROM: usize = 16 << 20;

/// The BLAKE3 digest of some bytes: equal digests mean equal bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest that consists of these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight hexadecimal digits: for people, never for a comparison.
    pub fn short(&self) -> String {
        let mut hex = self.to_string();
        hex.truncate(8);
        hex
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

/// A text that is no digest or key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a digest: 64 lower-case hexadecimal digits are expected")]
pub struct ParseDigestError(String);

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseDigestError(text.to_owned());
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(error());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (nibble(pair[0]).ok_or_else(error)?, nibble(pair[1]).ok_or_else(error)?);
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

/// The value of one digit; upper case is refused so that a digest has one spelling only.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Collects bytes and gives their digest; it is a [`Write`] that never fails.
///
/// ```
/// use backstaff_stage::{Digester, digest_bytes};
/// let mut digester = Digester::new();
/// digester.update(b"back").update(b"staff");
/// assert_eq!(digester.finish(), digest_bytes(b"backstaff"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Digester(blake3::Hasher);

impl Digester {
    /// A digester that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends bytes. Large slices are spread over rayon's current pool; the digest doesn't depend on that.
    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        if bytes.len() >= PARALLEL_FROM {
            self.0.update_rayon(bytes);
        } else {
            self.0.update(bytes);
        }
        self
    }

    /// The digest of all bytes so far.
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

impl Write for Digester {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The digest of these bytes.
pub fn digest_bytes(bytes: &[u8]) -> Digest {
    Digester::new().update(bytes).finish()
}

/// The digest of a file's content, read once in large pieces that are hashed by rayon's current pool.
///
/// The file is read and not mapped, since a foreign file may shrink meanwhile.
///
/// # Errors
///
/// What the operating system says about opening or reading the file.
pub fn digest_file(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let mut buffer = vec![0; length.saturating_add(1).clamp(1, PARALLEL_FROM)];
    let mut digester = Digester::new();
    loop {
        let filled = fill(&mut file, &mut buffer)?;
        digester.update(&buffer[..filled]);
        if filled < buffer.len() {
            return Ok(digester.finish());
        }
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_blake3() {
        // The test vector of the empty input from the BLAKE3 specification.
        let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(digest_bytes(b"").to_string(), empty);
    }

    #[test]
    fn text_and_digest_agree() {
        let digest = digest_bytes(b"sun");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json, format!("\"{digest}\""));
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        for wrong in ["", "af13", &"g".repeat(64), &digest.to_string().to_uppercase(), &"é".repeat(32)] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_has_the_digest_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for length in [0, 1, 1000, PARALLEL_FROM - 1, PARALLEL_FROM, PARALLEL_FROM + 7] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(digest_file(&path).unwrap().as_bytes(), blake3::hash(&bytes).as_bytes(), "{length}");
        }
        assert!(digest_file(&folder.path().join("absent")).is_err());
    }
}
