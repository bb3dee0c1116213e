//! Witnesses of large sources: what a file looked like when its digest was taken.
//!
//! A database of eleven gigabytes takes seconds to digest. If its identity for the file system, its length, its times and
//! its first bytes are what they were, that digest still holds. A witness saves work and enters no key: it is a claim
//! of the file system, and who doubts it deletes the folder `witnesses` of the store, or asks for no witness.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use crate::{Digest, Store, digest_bytes, digest_file};

/// Smaller files are digested, which costs as little as looking for a witness.
const WORTH_A_WITNESS: u64 = 16 << 20;

/// A change this long after the last one gives a file another time; within it both may carry the same time.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// How many first bytes are compared: `SQLite` counts its transactions there.
const HEAD: usize = 100;

/// The look of a file when it was last read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Witness {
    path: String,
    device: u64,
    inode: u64,
    length: u64,
    changed: (i64, i64),
    status_changed: (i64, i64),
    head: Vec<u8>,
    digest: String,
}

impl Store {
    /// The digest of a file, from its witness where there is one that fits, else from its bytes.
    ///
    /// # Errors
    ///
    /// What the operating system says about reading the file. A witness that can't be read or written is passed over.
    pub fn digest_source(&self, path: &Path) -> io::Result<Digest> {
        let mut file = File::open(path)?;
        if file.metadata()?.len() < WORTH_A_WITNESS {
            return digest_file(path);
        }
        let seen = look(path, &mut file)?;
        let name = digest_bytes(seen.path.as_bytes()).to_string();
        let place = self.layout().witnesses().join(&name);
        let known = fs::read(&place).ok().and_then(|bytes| serde_json::from_slice::<Witness>(&bytes).ok());
        if let Some(known) = known {
            let digest = known.digest.parse::<Digest>();
            if let (true, Ok(digest)) = (Witness { digest: String::new(), ..known } == seen, digest) {
                return Ok(digest);
            }
        }
        let digest = digest_file(path)?;
        // A file that changed meanwhile, or just before, is not vouched for.
        if is_settled(&file)? && look(path, &mut File::open(path)?)? == seen {
            self.remember(&place, &Witness { digest: digest.to_string(), ..seen });
        }
        Ok(digest)
    }

    /// Write a witness as a whole or not at all; a store that can't be written has none.
    fn remember(&self, place: &Path, witness: &Witness) {
        let written = || -> io::Result<()> {
            fs::create_dir_all(self.layout().witnesses())?;
            let text = serde_json::to_vec(witness)?;
            let new = place.with_extension(std::process::id().to_string());
            fs::write(&new, text)?;
            fs::rename(&new, place)
        };
        let _ = written();
    }
}

fn look(path: &Path, file: &mut File) -> io::Result<Witness> {
    let metadata = file.metadata()?;
    let mut head = Vec::with_capacity(HEAD);
    file.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(Witness {
        path: path.canonicalize()?.to_string_lossy().into_owned(),
        device: metadata.dev(),
        inode: metadata.ino(),
        length: metadata.len(),
        changed: (metadata.mtime(), metadata.mtime_nsec()),
        status_changed: (metadata.ctime(), metadata.ctime_nsec()),
        head,
        digest: String::new(),
    })
}

fn is_settled(file: &File) -> io::Result<bool> {
    let changed = file.metadata()?.modified()?;
    Ok(SystemTime::now().duration_since(changed).is_ok_and(|age| age >= SETTLED_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that is worth a witness, last changed long ago.
    fn settled(path: &Path, byte: u8, seconds: u64) {
        fs::write(path, vec![byte; WORTH_A_WITNESS as usize]).unwrap();
        let then = SystemTime::now() - Duration::from_secs(seconds);
        File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn an_unchanged_file_is_vouched_for_and_a_changed_one_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store")).unwrap();
        let path = folder.path().join("large.db");
        settled(&path, 1, 100);
        let first = store.digest_source(&path).unwrap();
        assert_eq!(first, digest_file(&path).unwrap());
        assert_eq!(fs::read_dir(store.layout().witnesses()).unwrap().count(), 1);
        assert_eq!(store.digest_source(&path).unwrap(), first);
        // Another content of the same length, as old as the first.
        settled(&path, 2, 100);
        assert_eq!(store.digest_source(&path).unwrap(), digest_file(&path).unwrap());
    }

    #[test]
    fn a_false_witness_is_believed_only_as_far_as_it_fits() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store")).unwrap();
        let path = folder.path().join("large.db");
        settled(&path, 1, 100);
        let right = store.digest_source(&path).unwrap();
        let witness = fs::read_dir(store.layout().witnesses()).unwrap().next().unwrap().unwrap().path();
        fs::write(&witness, "{}").unwrap();
        assert_eq!(store.digest_source(&path).unwrap(), right);
    }

    #[test]
    fn a_file_that_has_just_changed_has_no_witness() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store")).unwrap();
        let path = folder.path().join("large.db");
        settled(&path, 1, 0);
        store.digest_source(&path).unwrap();
        assert!(!store.layout().witnesses().exists());
    }
}
