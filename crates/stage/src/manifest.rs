//! The manifest: what an artifact consists of and where it comes from.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Digest, Digester, Field, Key, digest::digest_bytes};

/// Version of the store's layout and of the manifest.
pub(crate) const STORE_VERSION: u32 = 1;

const HEAD: &[u8] = b"{\"digest\":\"";
const MIDDLE: &[u8] = b"\",\"manifest\":";
const TAIL: &[u8] = b"}\n";

/// What an artifact consists of and where it comes from; a function of its key and its content, so it holds no times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// Version of the store that it was written for.
    pub store_version: u32,
    /// Name of the stage that made the artifact.
    pub stage: String,
    /// The version of that stage.
    pub stage_version: u32,
    /// The key of the artifact.
    pub key: Key,
    /// The fields of the key, readable.
    pub key_fields: Vec<Field>,
    /// What the artifact was made from.
    pub lineage: Vec<Ancestor>,
    /// The files of the artifact, in the order in which they were written.
    pub parts: Vec<Part>,
    /// Small facts about the content, such as its number of rows.
    pub info: Value,
}

/// Something that an artifact was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// What it is to the artifact, such as `close` or `source file`.
    pub label: String,
    /// The name of the ancestor.
    pub origin: Origin,
}

/// The name of an ancestor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Another artifact; `gc` keeps it as long as its descendant is kept.
    Key(Key),
    /// Bytes that are no artifact, such as a source file.
    Digest(Digest),
}

impl From<Key> for Origin {
    fn from(key: Key) -> Self {
        Self::Key(key)
    }
}

impl From<Digest> for Origin {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

/// One file of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The name of the part within the artifact.
    pub name: String,
    /// The name of the file.
    pub file: String,
    /// The length of the file in bytes.
    pub bytes: u64,
    /// Digest of the file's bytes.
    pub digest: Digest,
}

impl Manifest {
    /// The part of this name.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// The length of all parts together in bytes.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// Digest of the names and bytes of all parts.
    ///
    /// It says nothing about how they were made: where recomputed bytes are the same, whatever is keyed by this
    /// digest is found and not computed again.
    pub fn content(&self) -> Digest {
        let mut digester = Digester::new();
        digester.update(b"backstaff content 1");
        for Part { name, digest, .. } in &self.parts {
            digester
                .update(&(name.len() as u64).to_le_bytes())
                .update(name.as_bytes())
                .update(digest.as_bytes());
        }
        digester.finish()
    }

    /// The bytes of the manifest's file: JSON with the digest of the manifest's own bytes in front.
    pub(crate) fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let body = serde_json::to_vec(self)?;
        let digest = digest_bytes(&body).to_string();
        Ok([HEAD, digest.as_bytes(), MIDDLE, &body, TAIL].concat())
    }

    /// Reads what [`Manifest::to_bytes`] wrote; any other bytes give the reason why they are no manifest.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let torn = || "its manifest is torn".to_owned();
        let rest = bytes.strip_prefix(HEAD).ok_or_else(torn)?;
        let (digest, rest) = rest.split_at_checked(64).ok_or_else(torn)?;
        let body = rest.strip_prefix(MIDDLE).and_then(|rest| rest.strip_suffix(TAIL)).ok_or_else(torn)?;
        // Compared before it is parsed: what follows only ever sees the bytes that were written.
        if digest_bytes(body).to_string().as_bytes() != digest {
            return Err("its manifest has another digest than when written".to_owned());
        }
        let manifest: Self =
            serde_json::from_slice(body).map_err(|error| format!("its manifest: {error}"))?;
        if manifest.store_version != STORE_VERSION {
            return Err(format!("its manifest has version {}", manifest.store_version));
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::KeyHasher;

    fn manifest() -> Manifest {
        let mut key = KeyHasher::new();
        key.str("name", "mean").f64("scale", 0.1);
        Manifest {
            store_version: STORE_VERSION,
            stage: "features".to_owned(),
            stage_version: 3,
            key: key.finish(),
            key_fields: key.fields().to_vec(),
            lineage: vec![
                Ancestor { label: "close".to_owned(), origin: digest_bytes(b"close").into() },
                Ancestor { label: "axis".to_owned(), origin: KeyHasher::new().finish().into() },
            ],
            parts: vec![Part {
                name: "values é".to_owned(),
                file: "values.arrow".to_owned(),
                bytes: 3,
                digest: digest_bytes(b"abc"),
            }],
            info: serde_json::json!({"rows": 12, "mean": 0.1, "max": 1.797e308, "text": "\"}\n"}),
        }
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let manifest = manifest();
        let bytes = manifest.to_bytes().unwrap();
        assert_eq!(Manifest::from_bytes(&bytes).unwrap(), manifest);
        assert!(serde_json::from_slice::<Value>(&bytes).is_ok());
    }

    #[test]
    fn every_truncation_is_noticed() {
        let bytes = manifest().to_bytes().unwrap();
        for length in 0..bytes.len() {
            assert!(Manifest::from_bytes(&bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn content_ignores_how_it_was_made() {
        let (one, mut other) = (manifest(), manifest());
        other.key = KeyHasher::new().finish();
        other.info = Value::Null;
        assert_eq!(one.content(), other.content());
        other.parts[0].digest = digest_bytes(b"abd");
        assert_ne!(one.content(), other.content());
    }

    proptest! {
        #[test]
        fn every_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8) {
            let mut bytes = manifest().to_bytes().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            prop_assert!(Manifest::from_bytes(&bytes).is_err());
        }
    }
}
