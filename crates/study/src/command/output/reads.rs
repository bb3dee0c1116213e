//! What a command reads, and therefore never writes over.

use std::{
    collections::BTreeSet,
    fs,
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::{
    OutputError,
    target::{Target, folder_of},
    temporary::sweep,
};
use crate::Study;

/// The first bytes of every SQLite file.
const DATABASE: &[u8] = b"SQLite format 3\0";
/// The ends of the names of files that belong to an SQLite file.
const BESIDE_A_DATABASE: [&str; 3] = ["-wal", "-shm", "-journal"];
/// What LEAN keeps beside the folders of its resolutions.
const BESIDE_BARS_OF_LEAN: [&str; 2] = ["factor_files", "map_files"];
/// How far a read folder is looked through for names of a file.
const DEEPEST: usize = 8;
/// A study longer than this is none.
const LONGEST_STUDY: u64 = 1 << 22;

/// The device and the number of a file: what all of its names have in common.
type Identity = (u64, u64);

/// The files and folders that a command reads. Outputs that a user names are checked against them before the work
/// begins.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    paths: Vec<PathBuf>,
}

impl Study {
    /// The files and folders that the study reads, its own file among them: none of them is ever written over.
    pub fn reads(&self) -> Reads {
        Reads::of(self.file.iter().cloned().chain(self.config.paths()))
    }
}

impl Reads {
    /// A command that reads these files and folders.
    pub fn of(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        let mut paths = paths.into_iter().map(Into::into).collect::<Vec<PathBuf>>();
        // LEAN's factors and names lie beside the folder of a resolution.
        let is_of_lean = |root: &&Path| BESIDE_BARS_OF_LEAN.iter().any(|name| root.join(name).is_dir());
        let roots = paths.iter().filter_map(|path| path.parent()).filter(is_of_lean);
        let roots = roots.map(Path::to_owned).collect::<Vec<_>>();
        paths.extend(roots);
        Self { paths }
    }

    /// Check a path that the option of this name says is to be written, and sweep what an earlier command that was killed
    /// has left beside it.
    ///
    /// # Errors
    ///
    /// If it is one of the files that are read by any of its names, lies in a folder that is read or in a store, is a
    /// study or a database, or can't be written: a folder, a path in a folder that isn't there, a file without the right
    /// to write it.
    pub fn allow(&self, option: &str, path: &Path) -> Result<(), OutputError> {
        let write = |source| OutputError::Write { path: path.to_owned(), source };
        let place = match Target::of(path).map_err(write)? {
            Target::File(place) => place,
            Target::Stream(_) => return self.spare(path),
        };
        let refused =
            |why: String| Err(OutputError::Refused { option: option.to_owned(), path: path.to_owned(), why });
        if let Some(target) = identity(path) {
            self.refuse(path, target, DEEPEST)?;
        }
        if let Some(folder) = self.folder_around(&place) {
            return refused(format!("it lies in {}, whose files are read", folder.display()));
        }
        if let Some(store) = place.ancestors().skip(1).find(|folder| is_store(folder)) {
            return refused(format!("it lies in the store {}", store.display()));
        }
        if let Some(database) = database_of(&place) {
            return refused(format!("it is a database, or belongs to {}", database.display()));
        }
        if is_study(&place) {
            return refused("it is a study".to_owned());
        }
        if fs::metadata(&place).is_ok_and(|file| file.permissions().readonly()) {
            return refused("it is write-protected".to_owned());
        }
        sweep(folder_of(&place));
        Ok(())
    }

    /// Check only that a path isn't one of the files that are read, by any of its names.
    ///
    /// # Errors
    ///
    /// If it is.
    pub fn spare(&self, path: &Path) -> Result<(), OutputError> {
        let Some(target) = identity(path) else { return Ok(()) };
        // A file with one name that no link leads to is itself and nothing else.
        let is_plain = fs::symlink_metadata(path).is_ok_and(|file| file.is_file() && file.nlink() == 1);
        self.refuse(path, target, if is_plain { 0 } else { DEEPEST })
    }

    fn refuse(&self, path: &Path, target: Identity, deepest: usize) -> Result<(), OutputError> {
        let known = self.paths.iter().find(|read| holds(read, target, deepest));
        known.map_or(Ok(()), |read| {
            let why = format!("it is {}, or one of its files, which is read", read.display());
            Err(OutputError::Refused { option: String::new(), path: path.to_owned(), why })
        })
    }

    /// Check a folder that is to be filled.
    ///
    /// # Errors
    ///
    /// If it is a folder that is read, or lies in one or in a store.
    pub fn allow_folder(&self, option: &str, path: &Path) -> Result<(), OutputError> {
        let write = |source| OutputError::Write { path: path.to_owned(), source };
        let mut place = std::path::absolute(path).map_err(write)?;
        // A folder that is to be made lies where its nearest folder that is there lies.
        while !place.is_dir() && place.pop() {}
        let place = fs::canonicalize(&place).map_err(write)?;
        let refused =
            |why: String| Err(OutputError::Refused { option: option.to_owned(), path: path.to_owned(), why });
        if let Some(folder) = self.folder_around(&place.join("file")) {
            return refused(format!("it is or lies in {}, whose files are read", folder.display()));
        }
        match place.ancestors().find(|folder| is_store(folder)) {
            Some(store) => refused(format!("it lies in the store {}", store.display())),
            None => Ok(()),
        }
    }

    /// The read folder that a path lies in.
    fn folder_around(&self, place: &Path) -> Option<&Path> {
        let around = place.ancestors().skip(1).filter_map(identity).collect::<BTreeSet<_>>();
        let mut folders = self.paths.iter().filter(|read| read.is_dir());
        let found = folders.find(|read| identity(read).is_some_and(|folder| around.contains(&folder)));
        found.map(PathBuf::as_path)
    }
}

fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Whether a path is the file of this identity, or a folder that has it among its files.
fn holds(path: &Path, target: Identity, deepest: usize) -> bool {
    let Ok(found) = fs::metadata(path) else { return false };
    if !found.is_dir() {
        let beside = BESIDE_A_DATABASE.iter().filter_map(|end| identity(&with_end(path, end)));
        return (found.dev(), found.ino()) == target || beside.into_iter().any(|beside| beside == target);
    }
    let mut entries = fs::read_dir(path).into_iter().flatten().flatten();
    deepest > 0 && entries.any(|entry| holds(&entry.path(), target, deepest - 1))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The database that a file is or belongs to.
fn database_of(place: &Path) -> Option<PathBuf> {
    let text = place.to_string_lossy().into_owned();
    let owners = BESIDE_A_DATABASE.iter().filter_map(|end| text.strip_suffix(end).map(PathBuf::from));
    let mut candidates = owners.chain([place.to_owned()]);
    candidates.find(|path| begins(path, DATABASE.len()).is_some_and(|first| first == DATABASE))
}

fn is_store(folder: &Path) -> bool {
    begins(&folder.join("VERSION"), 16).is_some_and(|first| first == b"backstaff store ")
}

/// The first bytes of a regular file, if it has as many.
fn begins(path: &Path, count: usize) -> Option<Vec<u8>> {
    let mut first = vec![0; count];
    path.is_file().then_some(())?;
    fs::File::open(path).ok()?.read_exact(&mut first).ok()?;
    Some(first)
}

/// Whether a file is a study: YAML with the key `backstaff` at the top.
fn is_study(place: &Path) -> bool {
    let is_short = fs::metadata(place).is_ok_and(|file| file.is_file() && file.len() <= LONGEST_STUDY);
    let text = if is_short { fs::read(place).unwrap_or_default() } else { Vec::new() };
    let Ok(text) = std::str::from_utf8(&text) else { return false };
    let key = |line: &str| {
        let line = line.trim_start_matches(['\u{feff}', '{', ' ', '"', '\'']);
        let rest = line.strip_prefix("backstaff").map(|rest| rest.trim_start_matches(['"', '\'']));
        rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let is_at_the_top = |line: &&str| !line.starts_with(' ');
    !text.starts_with('<') && text.lines().filter(is_at_the_top).any(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn studies_are_known_by_their_first_key() {
        let folder = tempfile::tempdir().unwrap();
        let is = |text: &str| {
            let path = folder.path().join("file");
            fs::write(&path, text).unwrap();
            is_study(&path)
        };
        assert!(is("# mine\nname: x\nbackstaff: 1\n"));
        assert!(is("{backstaff: 1, name: x}"));
        assert!(is("\"backstaff\": 1\n"));
        assert!(!is("features:\n  backstaff: 1\n"));
        assert!(!is("<pre>\nbackstaff: 1\n</pre>"));
        assert!(!is("backstaffs: 1\n"));
    }

    #[test]
    fn files_of_a_database_belong_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("market.db"), [DATABASE, b"more"].concat()).unwrap();
        for name in ["market.db", "market.db-wal", "market.db-journal"] {
            assert_eq!(database_of(&at(name)), Some(at("market.db")), "{name}");
        }
        assert_eq!(database_of(&at("other.db-wal")), None);
    }
}
