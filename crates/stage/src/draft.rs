//! Drafts: artifacts on their way.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use rayon::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    Digest, Digester, Field, Key, Manifest, Store, StoreError,
    digest::digest_bytes,
    earlier::Earlier,
    error::IoContext,
    layout::{MANIFEST, is_absent, is_plain},
    manifest::{Ancestor, Origin, Part, STORE_VERSION},
    store::Look,
};

/// An artifact on its way: written in a temporary folder, seen by nobody until it is whole.
///
/// A draft that is dropped leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    store: Store,
    folder: TempDir,
    manifest: Manifest,
    earlier: Option<Earlier>,
}

impl Store {
    /// Starts an artifact. Nothing of it can be seen before [`Draft::publish`].
    ///
    /// # Errors
    ///
    /// If its temporary folder can't be made.
    pub fn draft(&self, stage: &str, stage_version: u32, key: Key) -> Result<Draft, StoreError> {
        Draft::new(self, stage, stage_version, key)
    }
}

impl Draft {
    fn new(store: &Store, stage: &str, stage_version: u32, key: Key) -> Result<Self, StoreError> {
        let folder = store.workshop()?.folder()?;
        let manifest = Manifest {
            store_version: STORE_VERSION,
            stage: stage.to_owned(),
            stage_version,
            key,
            key_fields: Vec::new(),
            lineage: Vec::new(),
            parts: Vec::new(),
            info: Value::Null,
        };
        Ok(Self { store: store.clone(), folder, manifest, earlier: None })
    }

    /// The key of the artifact.
    pub fn key(&self) -> Key {
        self.manifest.key
    }

    /// Writes a part; `write` gets the file and writes all of it.
    ///
    /// The file has the part's name where that is a plain file name (`values.arrow`), and `part_2` or the like where
    /// it isn't.
    ///
    /// # Errors
    ///
    /// What `write` or the file system says ([`StoreError::DiskFull`] without space), or if the name is taken.
    pub fn write_part(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<&Part, StoreError> {
        let file = self.claim_file(name)?;
        let part = fill_part(&self.folder.path().join(&file), name, file, write)?;
        self.manifest.parts.push(part);
        Ok(&self.manifest.parts[self.manifest.parts.len() - 1])
    }

    /// From now on parts written side by side whose bytes another artifact of this stage has already become further
    /// names of its files: an artifact that differs little from an earlier one takes little time and space. Such parts
    /// are held in memory, one a thread.
    ///
    /// # Errors
    ///
    /// If the store can't be read.
    pub fn share_files(&mut self) -> Result<(), StoreError> {
        let earlier = Earlier::of_stage(&self.store, &self.manifest.stage)?;
        self.earlier = Some(earlier).filter(|earlier| !earlier.is_empty());
        Ok(())
    }

    /// Writes several parts side by side, on the threads of the current rayon pool; the artifact is the same as if they
    /// had been written one after the other.
    ///
    /// # Errors
    ///
    /// As [`Self::write_part`]; of several errors any one is returned.
    pub fn write_parts<W>(&mut self, parts: Vec<(String, W)>) -> Result<(), StoreError>
    where
        W: FnOnce(&mut dyn Write) -> io::Result<()> + Send,
    {
        let first = self.manifest.parts.len();
        let mut writers = Vec::with_capacity(parts.len());
        for (name, write) in parts {
            let file = self.claim_file(&name)?;
            // Its place and its name are taken; what the file holds is filled in below.
            self.manifest.parts.push(Part { name, file, bytes: 0, digest: Digest::from_bytes([0; 32]) });
            writers.push(write);
        }
        let (folder, earlier) = (self.folder.path(), self.earlier.as_ref());
        let written =
            self.manifest.parts[first..].par_iter_mut().zip(writers).try_for_each(|(part, write)| {
                let (name, file) = (part.name.clone(), part.file.clone());
                let path = folder.join(&file);
                *part = match earlier {
                    Some(earlier) => fill_or_link(&path, &name, file, earlier, write)?,
                    None => fill_part(&path, &name, file, write)?,
                };
                Ok(())
            });
        if written.is_err() {
            self.manifest.parts.truncate(first);
        }
        written
    }

    /// Sets the small facts about the content. They have to follow from the key: no times, no machine.
    pub fn info(&mut self, info: Value) -> &mut Self {
        self.manifest.info = info;
        self
    }

    /// Names something that the artifact was made from: another artifact by its [`Key`], or bytes by their
    /// [`Digest`].
    pub fn lineage(&mut self, label: &str, origin: impl Into<Origin>) -> &mut Self {
        self.manifest.lineage.push(Ancestor { label: label.to_owned(), origin: origin.into() });
        self
    }

    /// Sets the readable fields of the key, which later show why another key differs.
    pub fn key_fields(&mut self, fields: &[Field]) -> &mut Self {
        self.manifest.key_fields = fields.to_vec();
        self
    }

    /// Makes the artifact visible, in one step. If another process was faster, its artifact stays and ours goes.
    ///
    /// # Errors
    ///
    /// If the manifest can't be written or the folder can't be renamed; nothing is visible then.
    pub fn publish(self) -> Result<Manifest, StoreError> {
        let Self { store, folder, manifest, earlier: _ } = self;
        let path = folder.path().join(MANIFEST);
        let bytes = manifest.to_bytes().map_err(io::Error::from).at("write", &path)?;
        fs::write(&path, bytes).at("write", &path)?;

        let target = store.layout().artifact(&manifest.stage, &manifest.key);
        loop {
            match move_to(folder.path(), &target) {
                Ok(()) => {
                    // The folder has left: its guard must not look for it.
                    let _ = folder.keep();
                    return Ok(manifest);
                }
                Err(error) if is_taken(&error) => match store.look(&manifest.stage, &manifest.key)? {
                    Look::Sound(first) => return Ok(*first),
                    Look::Absent => {}
                    Look::Damaged(reason) => {
                        store.note_damage(&manifest.stage, &manifest.key, reason);
                        store.discard(&manifest.stage, &manifest.key)?;
                    }
                },
                Err(error) => return Err(StoreError::io("publish", &target, error)),
            }
        }
    }

    /// The file of a new part.
    fn claim_file(&self, name: &str) -> Result<String, StoreError> {
        if self.manifest.part(name).is_some() {
            let (stage, key) = (self.manifest.stage.clone(), self.manifest.key);
            return Err(StoreError::DuplicatePart { stage, key, part: name.to_owned() });
        }
        Ok(self.file_name(name))
    }

    /// A name that is safe on any file system and not taken, upper and lower case being one.
    fn file_name(&self, name: &str) -> String {
        let taken = |file: &str| {
            file.eq_ignore_ascii_case(MANIFEST)
                || self.manifest.parts.iter().any(|part| part.file.eq_ignore_ascii_case(file))
        };
        if is_plain(name) && !taken(name) {
            return name.to_owned();
        }
        let mut n = self.manifest.parts.len();
        while taken(&format!("part_{n}")) {
            n += 1;
        }
        format!("part_{n}")
    }
}

/// Writes the file of a part.
fn fill_part(
    path: &Path,
    name: &str,
    file: String,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<Part, StoreError> {
    let target = File::create_new(path).at("create", path)?;
    let (bytes, digest) = write_hashed(target, write).at("write", path)?;
    Ok(Part { name: name.to_owned(), file, bytes, digest })
}

/// Writes the file of a part, unless there is one of the same bytes.
fn fill_or_link(
    path: &Path,
    name: &str,
    file: String,
    earlier: &Earlier,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<Part, StoreError> {
    let mut bytes = Vec::new();
    write(&mut bytes).at("make", path)?;
    let digest = digest_bytes(&bytes);
    if !earlier.link(&digest, &bytes, path) {
        File::create_new(path).at("create", path)?.write_all(&bytes).at("write", path)?;
    }
    Ok(Part { name: name.to_owned(), file, bytes: bytes.len() as u64, digest })
}

/// Renames a folder to where artifacts lie, making the folders above it.
fn move_to(folder: &Path, target: &Path) -> io::Result<()> {
    match fs::rename(folder, target) {
        Err(error) if is_absent(&error) => {
            target.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::rename(folder, target)
        }
        moved => moved,
    }
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists)
}

/// Lets `write` fill `target` and gives the number of bytes that reached it, with their digest.
fn write_hashed<W: Write>(
    target: W,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<(u64, Digest)> {
    let hashing = Hashing { target, digester: Digester::new(), bytes: 0, failed: None };
    let mut writer = BufWriter::with_capacity(1 << 17, hashing);
    write(&mut writer)?;
    writer.flush()?;
    let Hashing { digester, bytes, .. } = writer.get_ref();
    Ok((*bytes, digester.finish()))
}

/// Hashes what the target really took.
struct Hashing<W> {
    target: W,
    digester: Digester,
    bytes: u64,
    /// The first failure. It sticks: whoever writes on after an error would leave a hole.
    failed: Option<io::ErrorKind>,
}

impl<W: Write> Hashing<W> {
    fn keep_failure<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failed.get_or_insert(error.kind());
        }
        result
    }

    fn check(&self) -> io::Result<()> {
        self.failed.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        let result = self.target.write(bytes);
        let count = self.keep_failure(result)?;
        self.digester.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.check()?;
        let result = self.target.flush();
        self.keep_failure(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyHasher, layout::names_in};

    /// Takes `room` bytes, at most seven at a time, then has no space.
    struct Full<'a> {
        taken: &'a mut Vec<u8>,
        room: usize,
    }

    impl Write for Full<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(7).min(self.room - self.taken.len());
            if count == 0 && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn content() -> Vec<u8> {
        (0..300_u32).flat_map(u32::to_le_bytes).collect()
    }

    #[test]
    fn a_full_disk_is_noticed_at_every_byte() {
        let content = content();
        for room in 0..=content.len() {
            let mut taken = Vec::new();
            let target = Full { taken: &mut taken, room };
            let written =
                write_hashed(target, |file| content.chunks(11).try_for_each(|piece| file.write_all(piece)));
            if room < content.len() {
                assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull, "{room}");
            } else {
                assert_eq!(written.unwrap(), (content.len() as u64, digest_bytes(&content)));
                assert_eq!(taken, content);
            }
        }
    }

    #[test]
    fn a_swallowed_error_is_an_error_still() {
        let mut taken = Vec::new();
        let target = Full { taken: &mut taken, room: 100 };
        let written = write_hashed(target, |file| {
            let _ = file.write_all(&content());
            let _ = file.flush();
            Ok(())
        });
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_full_device_is_called_by_its_name() {
        let full = Path::new("/dev/full");
        if full.exists() {
            let target = File::options().write(true).open(full).unwrap();
            let error = write_hashed(target, |file| file.write_all(b"x")).at("write", full).unwrap_err();
            assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
        }
    }

    fn store() -> (TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        (folder, store)
    }

    fn draft(store: &Store, content: &[u8]) -> Draft {
        let mut draft = store.draft("numbers", 1, KeyHasher::new().finish()).unwrap();
        draft.write_part("values", |file| file.write_all(content)).unwrap();
        draft
    }

    #[test]
    fn nothing_is_seen_before_it_is_published() {
        let (folder, store) = store();
        let key = KeyHasher::new().finish();
        drop(draft(&store, b"one"));
        assert_eq!(store.find("numbers", &key).unwrap(), None);
        let draft = draft(&store, b"one");
        assert_eq!(store.find("numbers", &key).unwrap(), None);
        let manifest = draft.publish().unwrap();
        assert_eq!(store.find("numbers", &key).unwrap(), Some(manifest.clone()));
        assert_eq!(&*store.open_part(&manifest, "values").unwrap(), b"one");
        drop(store);
        assert_eq!(names_in(&folder.path().join("tmp")).unwrap(), ["door"]);
    }

    #[test]
    fn a_failed_part_leaves_nothing() {
        let (folder, store) = store();
        let mut draft = draft(&store, b"one");
        let failed = draft.write_part("more", |_| Err(io::ErrorKind::StorageFull.into()));
        assert!(matches!(failed, Err(StoreError::DiskFull { .. })));
        drop(draft);
        drop(store);
        assert_eq!(names_in(&folder.path().join("tmp")).unwrap(), ["door"]);
        assert!(!folder.path().join("artifacts").exists());
    }

    #[test]
    fn parts_that_are_written_side_by_side_are_those_written_in_order() {
        let (_folder, store) = store();
        let content = |n: u8| vec![n; usize::from(n) * 100];
        let draft_of = |side_by_side: bool| {
            let mut key = KeyHasher::new();
            let key = key.bool("side by side", side_by_side).finish();
            let mut draft = store.draft("numbers", 1, key).unwrap();
            if side_by_side {
                let write = |n: u8| move |file: &mut dyn Write| file.write_all(&content(n));
                draft.write_parts((0..40).map(|n| (format!("é{n}"), write(n))).collect()).unwrap();
            } else {
                for n in 0..40 {
                    draft.write_part(&format!("é{n}"), |file| file.write_all(&content(n))).unwrap();
                }
            }
            draft.publish().unwrap()
        };
        assert_eq!(draft_of(true).parts, draft_of(false).parts);
        let mut draft = draft(&store, b"one");
        let taken = draft.write_parts(vec![("values".to_owned(), |_: &mut dyn Write| Ok(()))]);
        assert!(matches!(taken, Err(StoreError::DuplicatePart { .. })));
        let full = draft.write_parts(vec![("more".to_owned(), |_: &mut dyn Write| {
            Err(io::ErrorKind::StorageFull.into())
        })]);
        assert!(matches!(full, Err(StoreError::DiskFull { .. })));
    }

    #[test]
    fn parts_that_an_earlier_artifact_has_share_its_files() {
        use std::os::unix::fs::MetadataExt as _;

        let (_folder, store) = store();
        let publish = |run: u64, parts: [u8; 3]| {
            let key = KeyHasher::new().u64("run", run).finish();
            let mut draft = store.draft("numbers", 1, key).unwrap();
            draft.share_files().unwrap();
            let write = |n: u8| move |file: &mut dyn Write| file.write_all(&[n; 1000]);
            draft.write_parts(parts.map(|n| (format!("{n}"), write(n))).to_vec()).unwrap();
            draft.publish().unwrap()
        };
        let file = |manifest: &Manifest, n: usize| store.part_path(manifest, &manifest.parts[n]);
        let inode = |manifest: &Manifest, n: usize| fs::metadata(file(manifest, n)).unwrap().ino();
        let size = || store.stats().unwrap()[0].bytes;
        let first = publish(1, [1, 2, 3]);
        let alone = size();
        // What was damaged since is not shared.
        let mut damaged = vec![3; 1000];
        damaged[7] = 0;
        fs::write(file(&first, 2), damaged).unwrap();
        let second = publish(2, [1, 4, 3]);
        let shared = [0, 1, 2].map(|n| inode(&first, n) == inode(&second, n));
        assert_eq!(shared, [true, false, false]);
        assert_eq!(
            size() - alone - 2000,
            fs::metadata(file(&second, 0).with_file_name(MANIFEST)).unwrap().len()
        );
        let policy = crate::upkeep::GcPolicy { runs_kept: 1, grace: std::time::Duration::ZERO };
        assert_eq!(store.gc_plan(policy).unwrap().bytes(), 5000);
        store.discard("numbers", &first.key).unwrap();
        assert_eq!(store.gc_plan(policy).unwrap().bytes(), 3000);
        for (part, n) in second.parts.iter().zip([1, 4, 3]) {
            assert_eq!(&*store.open_part(&second, &part.name).unwrap(), [n; 1000]);
        }
    }

    #[test]
    fn the_first_to_publish_wins() {
        let (_folder, store) = store();
        let (first, second) = (draft(&store, b"one"), draft(&store, b"two"));
        let first = first.publish().unwrap();
        assert_eq!(second.publish().unwrap(), first);
        assert_eq!(&*store.open_part(&first, "values").unwrap(), b"one");
    }

    #[test]
    fn a_damaged_winner_is_replaced() {
        let (_folder, store) = store();
        let second = draft(&store, b"two");
        let first = draft(&store, b"one").publish().unwrap();
        fs::remove_file(store.part_path(&first, &first.parts[0])).unwrap();
        let manifest = second.publish().unwrap();
        assert_eq!(&*store.open_part(&manifest, "values").unwrap(), b"two");
        assert_eq!(store.damages().len(), 1);
    }

    #[test]
    fn parts_of_any_name_get_files_of_their_own() {
        let (_folder, store) = store();
        let mut draft = store.draft("a/b", 1, KeyHasher::new().finish()).unwrap();
        let names = ["x.arrow", "X.arrow", "../x", "", "Manifest.json", ".x", "é", "part_3"];
        for name in names {
            draft.write_part(name, |file| file.write_all(name.as_bytes())).unwrap();
        }
        assert!(matches!(draft.write_part("é", |_| Ok(())), Err(StoreError::DuplicatePart { .. })));
        let manifest = draft.publish().unwrap();
        for name in names {
            assert_eq!(&*store.open_part(&manifest, name).unwrap(), name.as_bytes());
        }
        assert_eq!(manifest.parts[0].file, "x.arrow");
        assert!(matches!(store.open_part(&manifest, "other"), Err(StoreError::NoSuchPart { .. })));
        assert!(store.find("a/b", &manifest.key).unwrap().is_some());
    }
}
